//! Globals and tags.

use crate::store::StoreOpaque;
use crate::{AsContext, AsContextMut, Error, GlobalType, Result, TagType, Val};
use terrane_runtime::{GlobalAddr, StoreId, TagAddr};

/// A global in a store: a cell that all who import it share.
///
/// It is a handle, `Copy`, and of use with its own store only.
///
/// ```
/// use terrane::{Engine, Global, GlobalType, Mutability, Store, Val, ValType};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let ty = GlobalType::new(ValType::I64, Mutability::Var);
/// let counter = Global::new(&mut store, ty, Val::I64(41))?;
/// counter.set(&mut store, Val::I64(42))?;
/// assert_eq!(counter.get(&mut store).i64(), Some(42));
/// assert!(counter.set(&mut store, Val::I32(0)).is_err());
/// # Ok::<(), terrane::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Global {
    pub(crate) store: StoreId,
    pub(crate) addr: GlobalAddr,
}

impl Global {
    /// A new global that holds `val`.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage): `val` is not of the global's type, or that is of another
    /// engine.
    pub fn new(mut store: impl AsContextMut, ty: GlobalType, val: Val) -> Result<Self> {
        Self::new_in(store.as_context_mut().opaque_mut(), ty, val)
    }

    pub(crate) fn new_in(store: &mut StoreOpaque, ty: GlobalType, val: Val) -> Result<Self> {
        if !ty.content().belongs_to(&store.engine) {
            return Err(Error::usage("the type of the global is of another engine"));
        }
        let ty = ty.to_syntax();
        let raw = val.to_raw(store, ty.val, "the global's value")?;
        let addr = store.runtime.alloc_global(ty, raw);
        Ok(Self { store: store.id(), addr })
    }

    /// Its type.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn ty(&self, store: impl AsContext) -> GlobalType {
        let store = store.as_context().opaque();
        store.check(self.store);
        GlobalType::from_syntax(&store.engine, store.runtime.global(self.addr).ty)
    }

    /// What it holds.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn get(&self, mut store: impl AsContextMut) -> Val {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        store.check(self.store);
        let inst = store.runtime.global(self.addr);
        let (ty, value) = (inst.ty.val, inst.get());
        // SAFETY: a global holds a value of its type and of its store.
        unsafe { Val::from_raw(store, ty, value) }
    }

    /// Makes it hold `val`.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage): the global is immutable, or `val` is not of its type.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn set(&self, mut store: impl AsContextMut, val: Val) -> Result<()> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        store.check(self.store);
        let ty = store.runtime.global(self.addr).ty;
        if !ty.mutable {
            return Err(Error::usage("immutable global: it cannot be set"));
        }
        let raw = val.to_raw(store, ty.val, "the global's value")?;
        store.runtime.global(self.addr).set(raw);
        Ok(())
    }
}

/// A tag in a store, by which exceptions are told apart. Equal only to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tag {
    pub(crate) store: StoreId,
    pub(crate) addr: TagAddr,
}

impl Tag {
    /// A new tag.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage): its type is of another engine, or has results.
    pub fn new(mut store: impl AsContextMut, ty: &TagType) -> Result<Self> {
        Self::new_in(store.as_context_mut().opaque_mut(), ty)
    }

    pub(crate) fn new_in(store: &mut StoreOpaque, ty: &TagType) -> Result<Self> {
        let func = ty.ty();
        if !crate::Engine::same(func.engine(), &store.engine) || func.results().len() > 0 {
            return Err(Error::usage(format_args!("there can be no tag {func} in this store")));
        }
        let addr = store.runtime.alloc_tag(func.info.def, func.syntax());
        Ok(Self { store: store.id(), addr })
    }

    /// Its type.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn ty(&self, store: impl AsContext) -> TagType {
        let store = store.as_context().opaque();
        store.check(self.store);
        TagType::new(crate::FuncType::from_def(&store.engine, store.runtime.tag(self.addr).ty))
    }
}
