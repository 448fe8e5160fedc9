//! What structures and arrays have in common: objects of the heap.

use super::{GcHeapOutOfMemory, Handle};
use crate::store::StoreOpaque;
use crate::{Error, Result, Val};
use std::fmt::Display;
use std::ptr::NonNull;
use std::sync::Arc;
use terrane_runtime::{Layout, Object, RawVal, Shape, Trap};
use terrane_syntax::types::{DefTypeInfo, FieldType};

impl StoreOpaque {
    /// How objects of a type lie in memory, which the store keeps as long as it lives.
    ///
    /// # Errors
    /// If its objects cannot be made without descriptors.
    pub(super) fn layout(&mut self, info: &Arc<DefTypeInfo>) -> Result<Arc<Layout>> {
        if info.sub.descriptor.is_some() {
            return Err(Error::usage("objects of a type with a descriptor are made by guests only"));
        }
        let make = || Arc::new(Layout::of(info).expect("a structure or an array"));
        Ok(self.layouts.entry(info.def).or_insert_with(make).clone())
    }

    /// A new object, all zeros and nulls, of `len` elements if it is an array.
    ///
    /// # Errors
    /// If there is no room for it.
    pub(super) fn alloc_object(&mut self, layout: &Arc<Layout>, len: u32) -> Result<NonNull<Object>> {
        let kept = Arc::as_ptr(layout);
        debug_assert!(self.layouts.values().any(|layout| Arc::as_ptr(layout) == kept));
        // SAFETY: the store keeps the layout.
        let made = unsafe { self.runtime.alloc_object(kept, len, &[]) };
        made.map_err(|trap| self.heap_full(trap, layout.size(len)))
    }

    /// The error that an object of `bytes` bytes could not be made.
    pub(super) fn heap_full(&mut self, trap: Trap, bytes: Option<usize>) -> Error {
        let bytes = bytes.map_or(u64::MAX, |bytes| bytes as u64);
        self.refused(|| match trap {
            Trap::OutOfMemory => GcHeapOutOfMemory::new((), bytes).into(),
            _ => trap.into(),
        })
    }
}

/// The structure or array that a handle of that kind keeps.
///
/// # Errors
/// If its scope has ended, or it is of another store.
pub(super) fn object(handle: Handle, store: &StoreOpaque, shape: Shape) -> Result<NonNull<Object>> {
    let raw = handle.raw(store)?;
    Ok(raw.as_object().filter(|_| raw.is_shape(shape)).expect("*kind*: an object of that shape"))
}

/// What the type of a live object stands for.
pub(super) fn info(object: &Object) -> &Arc<DefTypeInfo> {
    object.layout().info().expect("structures and arrays have a type")
}

/// A value as a field or element of that type holds it.
///
/// # Errors
/// If it is not of that type; `what` it is for says the message.
pub(super) fn to_field(
    store: &StoreOpaque,
    field: FieldType,
    val: Val,
    what: impl Display,
) -> Result<RawVal> {
    val.to_raw(store, field.storage.unpack(), what)
}

/// The value of a field or an element of that type.
///
/// # Safety
/// It is of that type, and of that store.
pub(super) unsafe fn from_field(store: &mut StoreOpaque, field: FieldType, raw: RawVal) -> Val {
    // SAFETY: the caller's.
    unsafe { Val::from_raw(store, field.storage.unpack(), raw) }
}

/// # Errors
/// If `field` may not be written; `what` it is says the message.
pub(super) fn check_mutable(field: FieldType, what: impl Display) -> Result<()> {
    if field.mutable { Ok(()) } else { Err(Error::usage(format_args!("{what} is immutable"))) }
}

/// What of all fields or elements of an object is still to come.
pub(super) struct Values<'a, F> {
    pub(super) store: &'a mut StoreOpaque,
    /// Reads the value at an index.
    pub(super) read: F,
    pub(super) range: std::ops::Range<u32>,
}

impl<F: Fn(&mut StoreOpaque, u32) -> Val> Iterator for Values<'_, F> {
    type Item = Val;

    fn next(&mut self) -> Option<Val> {
        let i = self.range.next()?;
        Some((self.read)(self.store, i))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.range.len();
        (len, Some(len))
    }
}

impl<F: Fn(&mut StoreOpaque, u32) -> Val> ExactSizeIterator for Values<'_, F> {}
