//! Exception instances.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/runtime.html#exception-instances)

use crate::{Ref, Store, TagAddr, Trap};
use std::ptr::NonNull;

/// An exception in a store: its tag, and what it carries. Aligned so that a reference to it has room for a tag.
#[repr(C, align(16))]
pub struct ExnInst {
    tag: TagAddr,
    payload: Box<[u64]>,
}

impl ExnInst {
    /// The tag that it was thrown with.
    #[inline]
    pub fn tag(&self) -> TagAddr {
        self.tag
    }

    /// The words of the values that it carries: one each, two for vectors, the low half first.
    #[inline]
    pub fn payload(&self) -> &[u64] {
        &self.payload
    }
}

impl Store {
    /// A new exception of a tag, that carries values of its parameters' types.
    ///
    /// # Errors
    /// If there is no room for it.
    ///
    /// # Panics
    /// If `tag` is of another store, or `payload` is not as long as the tag says.
    pub fn alloc_exn(&mut self, tag: TagAddr, payload: &[u64]) -> Result<Ref, Trap> {
        assert_eq!(payload.len(), self.tag(tag).words(), "the words of the tag's parameters");
        let i = self.exns.push(ExnInst { tag, payload: payload.into() });
        Ok(Ref::exn(self.exns.ptr(i)))
    }

    /// The exception that a reference of this store refers to, if it is not null.
    ///
    /// # Safety
    /// It is an `exnref` of this store.
    #[inline]
    pub unsafe fn exn(&self, r: Ref) -> Option<&ExnInst> {
        // SAFETY: the caller's; exceptions do not move, and are not changed.
        r.as_exn().map(|exn| unsafe { NonNull::as_ref(&exn) })
    }
}
