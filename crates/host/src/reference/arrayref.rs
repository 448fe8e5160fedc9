//! Arrays.

use super::object::{Values, check_mutable, from_field, info, object, to_field};
use super::rooted::gc_refs;
use super::{Handle, Rooted};
use crate::store::StoreOpaque;
use crate::{ArrayType, AsContext, AsContextMut, Engine, Error, Result, StoreContextMut, Val};
use std::ptr::NonNull;
use std::sync::Arc;
use terrane_runtime::{Layout, Object, Ref, Shape, StoreId};
use terrane_syntax::types::{FieldType, StorageType};

/// An array, of a guest or of the host.
///
/// ```
/// use terrane::{ArrayRef, ArrayRefPre, ArrayType, Engine, FieldType, Mutability, StorageType, Store, Val};
///
/// let engine = Engine::default();
/// let mut store = Store::new(&engine, ());
/// let bytes = ArrayType::new(&engine, FieldType::new(Mutability::Var, StorageType::I8));
/// let pre = ArrayRefPre::new(&mut store, bytes);
/// let array = ArrayRef::new(&mut store, &pre, &Val::I32(7), 3)?;
/// array.set(&mut store, 1, Val::I32(-1))?;
/// let elems: Vec<i32> = array.elems(&mut store)?.map(|elem| elem.unwrap_i32()).collect();
/// assert_eq!(elems, [7, 255, 7]);
/// assert!(array.get(&mut store, 3).is_err());
/// # Ok::<(), terrane::Error>(())
/// ```
///
/// [Spec](https://webassembly.github.io/spec/core/exec/runtime.html#array-instances)
#[derive(Clone, Copy)]
pub struct ArrayRef(Handle);

gc_refs!(ArrayRef);

/// Makes arrays of one type in one store.
#[derive(Clone, Debug)]
pub struct ArrayRefPre {
    store: StoreId,
    ty: ArrayType,
    layout: Arc<Layout>,
}

impl ArrayRefPre {
    /// For arrays of that type in that store.
    ///
    /// # Panics
    /// If the type is of another engine.
    #[track_caller]
    pub fn new(mut store: impl AsContextMut, ty: ArrayType) -> Self {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        assert!(Engine::same(ty.engine(), &store.engine), "an array type of another engine");
        let layout = store.layout(ty.info()).unwrap_or_else(|error| panic!("{error}"));
        Self { store: store.id(), ty, layout }
    }

    fn field(&self) -> FieldType {
        self.ty.info().fields()[0]
    }

    /// # Errors
    /// If the elements are no bytes.
    fn check_bytes(&self) -> Result<()> {
        check_bytes(self.field())
    }
}

/// # Errors
/// If such elements are no bytes.
fn check_bytes(field: FieldType) -> Result<()> {
    match field.storage {
        StorageType::I8 => Ok(()),
        found => {
            Err(Error::usage(format_args!("type mismatch: expected an array of i8, found one of {found}")))
        }
    }
}

/// So many elements.
///
/// # Errors
/// If no array has as many.
fn length(len: usize) -> Result<u32> {
    let most = u32::MAX;
    u32::try_from(len)
        .map_err(|_| Error::usage(format_args!("expected at most {most} elements, found {len}")))
}

impl ArrayRef {
    /// A new array of `len` elements, all `elem`: `array.new`. Values of packed elements are [`Val::I32`], of which the
    /// low bits count.
    ///
    /// # Errors
    /// - [`ErrorKind::Usage`](crate::ErrorKind::Usage): `elem` is not of the type that `pre` says.
    /// - [`GcHeapOutOfMemory<()>`](crate::GcHeapOutOfMemory): there is no room for it, even after a collection.
    ///
    /// # Panics
    /// If `pre` is of another store.
    pub fn new(
        mut store: impl AsContextMut,
        pre: &ArrayRefPre,
        elem: &Val,
        len: u32,
    ) -> Result<Rooted<Self>> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        store.check(pre.store);
        let raw = to_field(store, pre.field(), *elem, "the element")?;
        let mut object = store.alloc_object(&pre.layout, len)?;
        // SAFETY: *live-object*: just made.
        unsafe { object.as_mut() }.fill(0, raw, len)?;
        Ok(Rooted::new(store, Ref::object(object)))
    }

    /// A new array of these elements: `array.new_fixed`. Values of packed elements are [`Val::I32`], of which the low
    /// bits count.
    ///
    /// # Errors
    /// - [`ErrorKind::Usage`](crate::ErrorKind::Usage): an element is not of the type that `pre` says.
    /// - [`GcHeapOutOfMemory<()>`](crate::GcHeapOutOfMemory): there is no room for it, even after a collection.
    ///
    /// # Panics
    /// If `pre` is of another store.
    pub fn new_fixed(mut store: impl AsContextMut, pre: &ArrayRefPre, elems: &[Val]) -> Result<Rooted<Self>> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        store.check(pre.store);
        let mut object = store.alloc_object(&pre.layout, length(elems.len())?)?;
        for (i, elem) in elems.iter().enumerate() {
            let raw = to_field(store, pre.field(), *elem, format_args!("element {i}"))?;
            // SAFETY: *live-object*: just made, and nothing was allocated since.
            unsafe { object.as_mut() }.set_elem(i as u32, raw)?;
        }
        Ok(Rooted::new(store, Ref::object(object)))
    }

    /// A new array of bytes, which are copied at once.
    ///
    /// # Errors
    /// - [`ErrorKind::Usage`](crate::ErrorKind::Usage): the elements that `pre` says are not of type `i8`.
    /// - [`GcHeapOutOfMemory<()>`](crate::GcHeapOutOfMemory): there is no room for it, even after a collection.
    ///
    /// # Panics
    /// If `pre` is of another store.
    pub fn new_from_i8_slice(
        mut store: impl AsContextMut,
        pre: &ArrayRefPre,
        elems: &[u8],
    ) -> Result<Rooted<Self>> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        store.check(pre.store);
        pre.check_bytes()?;
        let len = length(elems.len())?;
        let mut object = store.alloc_object(&pre.layout, len)?;
        // SAFETY: *live-object*: just made.
        unsafe { object.as_mut() }.init_data(0, elems, 0, len)?;
        Ok(Rooted::new(store, Ref::object(object)))
    }

    /// Copies all elements of an array of bytes into `dst`, which must be as long.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage): the elements are not of type `i8`, or not as many as `dst` has
    /// room for; its scope has ended, or it is of another store.
    pub fn copy_to_i8_slice(&self, store: impl AsContextMut, dst: &mut [u8]) -> Result<()> {
        let store = store.as_context().opaque();
        let (object, ty) = self.elem_type(store)?;
        check_bytes(ty)?;
        // SAFETY: *live-object*: the handle's root keeps it.
        let bytes = unsafe { object.as_ref() }.bytes();
        if bytes.len() != dst.len() {
            let (expected, found) = (bytes.len(), dst.len());
            return Err(Error::usage(format_args!(
                "expected space for the elements, which are {expected}, found space for {found}"
            )));
        }
        dst.copy_from_slice(bytes);
        Ok(())
    }

    /// Its type.
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    pub fn ty(&self, store: impl AsContext) -> Result<ArrayType> {
        let store = store.as_context().opaque();
        // SAFETY: *live-object*: the handle's root keeps it.
        let object = unsafe { self.object(store)?.as_ref() };
        Ok(ArrayType::from_info(&store.engine, info(object).clone()))
    }

    /// Is its type `ty`, or a subtype of it?
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    ///
    /// # Panics
    /// If `ty` is of another engine.
    pub fn matches_ty(&self, store: impl AsContext, ty: &ArrayType) -> Result<bool> {
        Ok(self.ty(store)?.matches(ty))
    }

    /// How many elements it has.
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    pub fn len(&self, store: impl AsContext) -> Result<u32> {
        // SAFETY: *live-object*: the handle's root keeps it.
        Ok(unsafe { self.object(store.as_context().opaque())?.as_ref() }.len())
    }

    /// Has it no elements?
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    pub fn is_empty(&self, store: impl AsContext) -> Result<bool> {
        Ok(self.len(store)? == 0)
    }

    /// The values of its elements: see [`get`](Self::get).
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    pub fn elems<'a, T: 'static>(
        &'a self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> Result<impl ExactSizeIterator<Item = Val> + 'a> {
        let (store, _) = store.into().split();
        let (object, ty) = self.elem_type(store)?;
        // SAFETY: *live-object*: the handle's root keeps it.
        let len = unsafe { object.as_ref() }.len();
        // SAFETY: the same, as long as nothing else is done with the store; the element is there.
        let read = move |store: &mut StoreOpaque, i| unsafe {
            from_field(store, ty, object.as_ref().elem(i).expect("below the length"))
        };
        Ok(Values { store, read, range: 0..len })
    }

    /// The value of an element. That of a packed one is a [`Val::I32`], zero-extended.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage): there is none at that index; its scope has ended, or it is of
    /// another store.
    pub fn get(&self, mut store: impl AsContextMut, index: u32) -> Result<Val> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        let (object, ty) = self.elem_type(store)?;
        // SAFETY: *live-object*: the handle's root keeps it.
        let object = unsafe { object.as_ref() };
        let raw = object.elem(index).map_err(|_| no_element(object, index))?;
        // SAFETY: what is in an array is of its type and of its store.
        Ok(unsafe { from_field(store, ty, raw) })
    }

    /// Writes an element. The value of a packed one is a [`Val::I32`], of which the low bits count.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage): there is none at that index, the elements are immutable, or the
    /// value is not of their type; the scope of the array or the value has ended, or one is of another store.
    pub fn set(&self, mut store: impl AsContextMut, index: u32, value: Val) -> Result<()> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        let (mut object, ty) = self.elem_type(store)?;
        check_mutable(ty, format_args!("element {index}"))?;
        let raw = to_field(store, ty, value, format_args!("element {index}"))?;
        // SAFETY: *live-object*: the handle's root keeps it.
        let object = unsafe { object.as_mut() };
        object.set_elem(index, raw).map_err(|_| no_element(object, index))
    }

    /// The array, and the type of its elements.
    fn elem_type(&self, store: &StoreOpaque) -> Result<(NonNull<Object>, FieldType)> {
        let object = self.object(store)?;
        // SAFETY: *live-object*: the handle's root keeps it.
        let ty = info(unsafe { object.as_ref() }).fields()[0];
        Ok((object, ty))
    }

    fn object(&self, store: &StoreOpaque) -> Result<NonNull<Object>> {
        object(self.0, store, Shape::Array)
    }
}

/// The error that there is no element at an index.
fn no_element(array: &Object, index: u32) -> Error {
    Error::usage(format_args!("there is no element {index} in an array of {} elements", array.len()))
}
