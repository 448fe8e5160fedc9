//! Exception instances.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/runtime.html#exception-instances)

use crate::gc::{Object, class_of};
use crate::{Ref, Store, TagAddr, Trap};

/// An exception in a store: its tag, and what it carries. An object of the heap.
#[repr(transparent)]
pub struct ExnInst(Object);

impl ExnInst {
    /// The tag that it was thrown with.
    #[inline]
    pub fn tag(&self) -> TagAddr {
        TagAddr(self.0.id())
    }

    /// The words of the values that it carries: one each, two for vectors, the low half first.
    #[inline]
    pub fn payload(&self) -> &[u64] {
        let words = self.0.layout().words() as usize;
        // SAFETY: *live-object*: the layout says how many words there are, and nobody changes them.
        unsafe { std::slice::from_raw_parts(Object::payload(&self.0).cast(), words) }
    }
}

impl Store {
    /// A new exception of a tag, that carries values of its parameters' types. What is not reachable otherwise than from
    /// `payload` is kept.
    ///
    /// # Errors
    /// [`Trap::OutOfMemory`] if the limiter or the machine does not give more memory.
    ///
    /// # Panics
    /// If `tag` is of another store, or `payload` is not as long as the tag says.
    pub fn alloc_exn(&mut self, tag: TagAddr, payload: &[u64]) -> Result<Ref, Trap> {
        let layout = &raw const self.tag(tag).layout;
        // SAFETY: tags stay where they are as long as the store lives.
        let bytes = unsafe {
            assert_eq!(payload.len(), (*layout).words() as usize, "the words of the tag's parameters");
            (*layout).size(0).ok_or(Trap::OutOfMemory)?
        };
        let object = match self.take_cell(class_of(bytes)) {
            Some(cell) => cell,
            None => self.find_cell(bytes, payload)?,
        };
        // SAFETY: the cell has that many bytes, and is ours; the layout is the store's.
        unsafe {
            Object::init(object.as_ptr(), layout, tag.0, 0);
            let to = Object::payload(object.as_ptr()).cast::<u64>();
            to.copy_from_nonoverlapping(payload.as_ptr(), payload.len());
        }
        Ok(Ref::exn(object))
    }

    /// The exception that a reference of this store refers to, if it is not null.
    ///
    /// # Safety
    /// It is an `exnref` of this store.
    #[inline]
    pub unsafe fn exn(&self, r: Ref) -> Option<&ExnInst> {
        // SAFETY: the caller's; exceptions do not move, and are not changed.
        r.as_exn().map(|object| unsafe { object.cast::<ExnInst>().as_ref() })
    }
}
