//! Objects: a header, then fields or elements.
//!
//! Invariant *live-object*: a pointer to an [`Object`] that running code or a root holds is one to a cell that the heap
//! gave out and has not taken back; its header was written by [`Object::init`], and its layout outlives the store's
//! heap, since instances, tags and the host's types keep the layouts that they use.

use super::layout::{Layout, Shape};
use crate::Ref;
use terrane_syntax::types::DefType;

/// Bytes of an object's header.
pub(super) const HEADER: usize = size_of::<Object>();

/// The header of an object; fields or elements follow.
#[repr(C, align(16))]
pub struct Object {
    layout: *const Layout,
    id: u32,
    len: u32,
}

/// The `id` of a cell that is no object.
pub(super) const FREE: u32 = u32::MAX;

impl Object {
    /// Makes a cell an object. Its fields or elements are still to be written.
    ///
    /// # Safety
    /// `at` is a cell of the heap with room for an object of that layout and length.
    #[inline(always)]
    pub unsafe fn init(at: *mut Self, layout: *const Layout, id: u32, len: u32) {
        // SAFETY: the caller's.
        unsafe { at.write(Self { layout, id, len }) }
    }

    /// How it lies in memory.
    #[inline(always)]
    pub fn layout(&self) -> &Layout {
        // SAFETY: *live-object*.
        unsafe { &*self.layout }
    }

    /// Its type's number, or its tag's.
    #[inline(always)]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// How many elements an array has.
    #[inline(always)]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Is it an array without elements, or no array?
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What it is.
    #[inline]
    pub fn shape(&self) -> Shape {
        self.layout().shape
    }

    /// Its descriptor, if it has one.
    #[inline(always)]
    pub fn descriptor(&self) -> Option<Ref> {
        let word = self.layout().descriptor()?;
        // SAFETY: *live-object*: the layout says that the word is there.
        Some(unsafe { *Self::payload(self).cast::<Ref>().add(word as usize) })
    }

    /// Gives it a descriptor, if objects of its type have one.
    pub fn set_descriptor(&mut self, descriptor: Ref) {
        if let Some(word) = self.layout().descriptor() {
            // SAFETY: *live-object*: the layout says that the word is there.
            unsafe { *Self::payload(self).cast::<Ref>().add(word as usize) = descriptor };
        }
    }

    /// Is it of the type number `id`, which has `depth` supertypes, or of a subtype? With a greater depth than types
    /// have: exactly of that type?
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/matching.html#defined-types)
    #[inline(always)]
    pub fn is_a(&self, id: u32, depth: usize) -> bool {
        self.id == id || self.layout().supers().get(depth).is_some_and(|sup| *sup == DefType::from_id(id))
    }

    /// Where its fields or elements are.
    #[inline(always)]
    pub fn payload(this: *const Self) -> *mut u8 {
        // The pointer may be one to the header alone, but that to the block was exposed.
        std::ptr::with_exposed_provenance_mut(this.addr() + HEADER)
    }
}
