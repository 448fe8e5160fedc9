//! Structures.

use super::object::{Values, check_mutable, from_field, info, object, to_field};
use super::rooted::gc_refs;
use super::{Handle, Rooted};
use crate::store::StoreOpaque;
use crate::{AsContext, AsContextMut, Engine, Error, Result, StoreContextMut, StructType, Val};
use std::ptr::NonNull;
use std::sync::Arc;
use terrane_runtime::{Layout, Object, Ref, Shape, StoreId};
use terrane_syntax::types::FieldType;

/// A structure, of a guest or of the host.
///
/// ```
/// use terrane::{Engine, FieldType, Instance, Module, Mutability, Rooted, StorageType, Store};
/// use terrane::{StructRef, StructRefPre, StructType, Val, ValType};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (type $point (struct (field $x (mut i32)) (field $y (mut i32))))
///         (func (export "sum") (param $p (ref $point)) (result i32)
///             (i32.add (struct.get $point $x (local.get $p)) (struct.get $point $y (local.get $p)))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
///
/// // Types are equal if they are alike: this is the guest's.
/// let field = FieldType::new(Mutability::Var, ValType::I32.into());
/// let point = StructRefPre::new(&mut store, StructType::new(&engine, [field.clone(), field])?);
/// let p = StructRef::new(&mut store, &point, &[Val::I32(1), Val::I32(2)])?;
/// p.set_field(&mut store, 1, Val::I32(41))?;
/// let sum = instance.get_typed_func::<Rooted<StructRef>, i32>(&mut store, "sum")?;
/// assert_eq!(sum.call(&mut store, p)?, 42);
/// # Ok::<(), terrane::Error>(())
/// ```
///
/// [Spec](https://webassembly.github.io/spec/core/exec/runtime.html#structure-instances)
#[derive(Clone, Copy)]
pub struct StructRef(Handle);

gc_refs!(StructRef);

/// Makes structures of one type in one store.
#[derive(Clone, Debug)]
pub struct StructRefPre {
    store: StoreId,
    ty: StructType,
    layout: Arc<Layout>,
}

impl StructRefPre {
    /// For structures of that type in that store.
    ///
    /// # Panics
    /// If the type is of another engine, or has a custom descriptor: only guests make such structures.
    #[track_caller]
    pub fn new(mut store: impl AsContextMut, ty: StructType) -> Self {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        assert!(Engine::same(ty.engine(), &store.engine), "a structure type of another engine");
        let layout = store.layout(ty.info()).unwrap_or_else(|error| panic!("{error}"));
        Self { store: store.id(), ty, layout }
    }
}

impl StructRef {
    /// A new structure with these fields. Values of packed fields are [`Val::I32`], of which the low bits count.
    ///
    /// # Errors
    /// - [`ErrorKind::Usage`](crate::ErrorKind::Usage): the fields are not as many, or not of the types that `pre` says.
    /// - [`GcHeapOutOfMemory<()>`](crate::GcHeapOutOfMemory): there is no room for it, even after a collection.
    ///
    /// # Panics
    /// If `pre` is of another store.
    pub fn new(mut store: impl AsContextMut, pre: &StructRefPre, fields: &[Val]) -> Result<Rooted<Self>> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        store.check(pre.store);
        let types = pre.ty.info().fields();
        if types.len() != fields.len() {
            let (expected, found) = (types.len(), fields.len());
            let s = if expected == 1 { "" } else { "s" };
            return Err(Error::usage(format_args!("expected {expected} field{s}, found {found}")));
        }
        let mut object = store.alloc_object(&pre.layout, 0)?;
        for (i, (ty, val)) in types.iter().zip(fields).enumerate() {
            let raw = to_field(store, *ty, *val, format_args!("field {i}"))?;
            // SAFETY: *live-object*: just made, and nothing was allocated since.
            unsafe { object.as_mut() }.set_field(i, raw);
        }
        Ok(Rooted::new(store, Ref::object(object)))
    }

    /// Its type.
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    pub fn ty(&self, store: impl AsContext) -> Result<StructType> {
        let store = store.as_context().opaque();
        // SAFETY: *live-object*: the handle's root keeps it.
        let object = unsafe { self.object(store)?.as_ref() };
        Ok(StructType::from_info(&store.engine, info(object).clone()))
    }

    /// Is its type `ty`, or a subtype of it?
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    ///
    /// # Panics
    /// If `ty` is of another engine.
    pub fn matches_ty(&self, store: impl AsContext, ty: &StructType) -> Result<bool> {
        Ok(self.ty(store)?.matches(ty))
    }

    /// The values of its fields: see [`field`](Self::field).
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    pub fn fields<'a, T: 'static>(
        &'a self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> Result<impl ExactSizeIterator<Item = Val> + 'a> {
        let (store, _) = store.into().split();
        let object = self.object(store)?;
        // SAFETY: *live-object*: the handle's root keeps it.
        let len = info(unsafe { object.as_ref() }).fields().len() as u32;
        // SAFETY: the same, as long as nothing else is done with the store.
        let read = move |store: &mut StoreOpaque, i| unsafe { read(store, object, i as usize) };
        Ok(Values { store, read, range: 0..len })
    }

    /// The value of a field. That of a packed one is a [`Val::I32`], zero-extended.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage): there is none at that index; its scope has ended, or it is of
    /// another store.
    pub fn field(&self, mut store: impl AsContextMut, index: usize) -> Result<Val> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        let (object, _) = self.field_type(store, index)?;
        // SAFETY: *live-object*: the handle's root keeps it; the field is there.
        Ok(unsafe { read(store, object, index) })
    }

    /// Writes a field. The value of a packed one is a [`Val::I32`], of which the low bits count.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage): there is none at that index, it is immutable, or the value is not
    /// of its type; the scope of the structure or the value has ended, or one is of another store.
    pub fn set_field(&self, mut store: impl AsContextMut, index: usize, value: Val) -> Result<()> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        let (mut object, ty) = self.field_type(store, index)?;
        check_mutable(ty, format_args!("field {index}"))?;
        let raw = to_field(store, ty, value, format_args!("field {index}"))?;
        // SAFETY: *live-object*: the handle's root keeps it.
        unsafe { object.as_mut() }.set_field(index, raw);
        Ok(())
    }

    /// The structure, and the type of a field of it.
    fn field_type(&self, store: &StoreOpaque, index: usize) -> Result<(NonNull<Object>, FieldType)> {
        let object = self.object(store)?;
        // SAFETY: *live-object*: the handle's root keeps it.
        let types = info(unsafe { object.as_ref() }).fields();
        let ty = types.get(index).copied().ok_or_else(|| {
            let len = types.len();
            Error::usage(format_args!("there is no field {index} in a structure of {len} fields"))
        })?;
        Ok((object, ty))
    }

    fn object(&self, store: &StoreOpaque) -> Result<NonNull<Object>> {
        object(self.0, store, Shape::Struct)
    }
}

/// The value of a field.
///
/// # Safety
/// *live-object*, of that store; there is such a field.
unsafe fn read(store: &mut StoreOpaque, object: NonNull<Object>, i: usize) -> Val {
    // SAFETY: the caller's.
    unsafe {
        let object = object.as_ref();
        from_field(store, info(object).fields()[i], object.field(i))
    }
}
