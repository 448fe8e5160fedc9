//! The heap at its limit.

use std::fmt;

/// There is no room on the heap of structures, arrays and exceptions for what the host was to make, even after a
/// collection. Carries what was to go there, `()` for all but values of the host.
///
/// It is found in an [`Error`](crate::Error) by `error.downcast_ref::<GcHeapOutOfMemory<()>>()`. Once references were
/// given up, another attempt may succeed.
pub struct GcHeapOutOfMemory<T> {
    inner: T,
    bytes_needed: u64,
}

impl<T> GcHeapOutOfMemory<T> {
    pub(crate) fn new(inner: T, bytes_needed: u64) -> Self {
        Self { inner, bytes_needed }
    }

    /// What was to go onto the heap.
    pub fn into_inner(self) -> T {
        self.inner
    }

    /// What was to go onto the heap, and the error without it, as [`Store::gc`](crate::Store::gc) takes it.
    pub fn take_inner(self) -> (T, GcHeapOutOfMemory<()>) {
        (self.inner, GcHeapOutOfMemory::new((), self.bytes_needed))
    }
}

impl<T> fmt::Debug for GcHeapOutOfMemory<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<T> fmt::Display for GcHeapOutOfMemory<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.bytes_needed;
        write!(f, "the heap of objects is at its limit, and a collection did not make room for {bytes} bytes")
    }
}

impl<T> std::error::Error for GcHeapOutOfMemory<T> {}
