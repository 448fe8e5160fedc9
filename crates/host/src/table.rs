//! Tables.

use crate::store::StoreOpaque;
use crate::val::mismatch;
use crate::{AsContext, AsContextMut, Error, Ref, Result, TableType};
use terrane_runtime::{StoreId, TableAddr, TableInst};

/// A table in a store: references that guest and host share, to functions above all.
///
/// It is a handle, `Copy`, and of use with its own store only.
///
/// ```
/// use terrane::{Engine, Instance, Module, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (table (export "callbacks") 2 funcref)
///         (elem (i32.const 1) $double)
///         (func $double (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let callbacks = instance.get_table(&mut store, "callbacks").unwrap();
/// let double = *callbacks.get(&mut store, 1).unwrap().as_func().unwrap().unwrap();
/// assert_eq!(double.typed::<i32, i32>(&store)?.call(&mut store, 21)?, 42);
/// assert!(callbacks.get(&mut store, 0).unwrap().is_null());
/// assert!(callbacks.get(&mut store, 2).is_none());
/// # Ok::<(), terrane::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Table {
    pub(crate) store: StoreId,
    pub(crate) addr: TableAddr,
}

impl Table {
    /// A new table of the type's smallest size, every element `init`.
    ///
    /// # Errors
    /// - [`ErrorKind::Usage`](crate::ErrorKind::Usage): `init` is not of the element type, no module could have a
    ///   table of that type, or it is of another engine.
    /// - [`ErrorKind::Trap`](crate::ErrorKind::Trap): a limit of the store does not allow it.
    pub fn new(mut store: impl AsContextMut, ty: TableType, init: Ref) -> Result<Self> {
        Self::new_in(store.as_context_mut().opaque_mut(), ty, init)
    }

    pub(crate) fn new_in(store: &mut StoreOpaque, ty: TableType, init: Ref) -> Result<Self> {
        if ty.maximum().is_some_and(|max| ty.minimum() > max) {
            return Err(Error::usage(format_args!("there can be no {ty}")));
        }
        if !ty.element().heap_type().belongs_to(&store.engine) {
            return Err(Error::usage("the type of the elements is of another engine"));
        }
        let ty = ty.to_syntax();
        let init = init.to_raw(store, ty.elem, "elements")?;
        match store.runtime.alloc_table(ty, init) {
            Ok(addr) => Ok(Self { store: store.id(), addr }),
            Err(trap) => Err(store.not_made(trap, "this table")),
        }
    }

    /// Its type, whose smallest size is its size.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn ty(&self, store: impl AsContext) -> TableType {
        let store = store.as_context().opaque();
        TableType::from_syntax(&store.engine, self.inst(store).ty())
    }

    /// Its number of elements.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn size(&self, store: impl AsContext) -> u64 {
        self.inst(store.as_context().opaque()).size()
    }

    /// The element at `index`, if there is one.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn get(&self, mut store: impl AsContextMut, index: u64) -> Option<Ref> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        let inst = self.inst(store);
        let (elem, raw) = (inst.ty().elem, inst.get(index).ok()?);
        // SAFETY: what is in a table is of its type and of its store.
        Some(unsafe { Ref::from_raw(store, elem, raw) })
    }

    /// Writes the element at `index`.
    ///
    /// # Errors
    /// - [`ErrorKind::Trap`](crate::ErrorKind::Trap): there is no such element.
    /// - [`ErrorKind::Usage`](crate::ErrorKind::Usage): `value` is not of the element type.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn set(&self, mut store: impl AsContextMut, index: u64, value: Ref) -> Result<()> {
        self.with(store.as_context_mut().opaque_mut(), value, |table, raw| Ok(table.set(index, raw)?))
    }

    /// Adds `delta` elements `init`, and returns the number of elements before.
    ///
    /// # Errors
    /// If the table's type or a limit of the store does not allow it, or `init` is not of the element type. An
    /// error of the store's [`ResourceLimiter`](crate::ResourceLimiter) comes back unchanged.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64, init: Ref) -> Result<u64> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        let raw = self.with(store, init, |_, raw| Ok(raw))?;
        let size = self.inst(store).size();
        store.runtime.grow_table(self.addr, delta, raw).ok_or_else(|| {
            store.refused(|| Error::usage(format_args!("a table of {size} elements cannot grow by {delta}")))
        })
    }

    /// Writes `len` elements from `index` on, all `value`.
    ///
    /// # Errors
    /// - [`ErrorKind::Trap`](crate::ErrorKind::Trap): they are not all there; nothing is written then.
    /// - [`ErrorKind::Usage`](crate::ErrorKind::Usage): `value` is not of the element type.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn fill(&self, mut store: impl AsContextMut, index: u64, value: Ref, len: u64) -> Result<()> {
        self.with(store.as_context_mut().opaque_mut(), value, |table, raw| Ok(table.fill(index, raw, len)?))
    }

    /// Copies `len` elements from `src_index` on in `src` to `dst_index` on in `dst`, which may be the same table.
    ///
    /// # Errors
    /// - [`ErrorKind::Trap`](crate::ErrorKind::Trap): they are not all there; nothing is written then.
    /// - [`ErrorKind::Usage`](crate::ErrorKind::Usage): the elements are of different types.
    ///
    /// # Panics
    /// If one of them is of another store.
    pub fn copy(
        mut store: impl AsContextMut,
        dst: &Self,
        dst_index: u64,
        src: &Self,
        src_index: u64,
        len: u64,
    ) -> Result<()> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        let (to, from) = (dst.inst(store).ty().elem, src.inst(store).ty().elem);
        if to != from {
            return Err(mismatch("elements", to, from));
        }
        if dst == src {
            return Ok(store.runtime.table_mut(dst.addr).copy_within(dst_index, src_index, len)?);
        }
        let (to, from) = store.runtime.two_tables(dst.addr, src.addr);
        Ok(to.init(dst_index, from.elems(), src_index, len)?)
    }

    /// Does something with `value` as an element of this table.
    fn with<R>(
        &self,
        store: &mut StoreOpaque,
        value: Ref,
        f: impl FnOnce(&mut TableInst, terrane_runtime::Ref) -> Result<R>,
    ) -> Result<R> {
        let elem = self.inst(store).ty().elem;
        let raw = value.to_raw(store, elem, "elements")?;
        f(store.runtime.table_mut(self.addr), raw)
    }

    #[track_caller]
    fn inst<'a>(&self, store: &'a StoreOpaque) -> &'a TableInst {
        store.check(self.store);
        store.runtime.table(self.addr)
    }
}
