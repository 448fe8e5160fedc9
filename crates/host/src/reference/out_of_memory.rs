//! The heap at its limit.

use std::fmt;

/// There is no room on the heap of structures and arrays, even after a collection. Carries what was to go there.
#[derive(Debug)]
pub struct GcHeapOutOfMemory<T> {
    inner: T,
}

impl<T> GcHeapOutOfMemory<T> {
    #[allow(dead_code, reason = "for what the host allocates")]
    pub(crate) fn new(inner: T) -> Self {
        Self { inner }
    }

    /// What was to go onto the heap.
    pub fn into_inner(self) -> T {
        self.inner
    }
}

impl<T> fmt::Display for GcHeapOutOfMemory<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the heap of structures and arrays is at its limit, and a collection did not help")
    }
}

impl<T: fmt::Debug> std::error::Error for GcHeapOutOfMemory<T> {}
