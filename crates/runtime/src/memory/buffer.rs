//! The fallback where no address space can be reserved: a growable buffer.

use std::{
    alloc::{Layout, alloc_zeroed, dealloc, realloc},
    ptr::NonNull,
};

/// Enough for every atomic access.
const ALIGN: usize = 8;

/// Bytes on the heap.
///
/// Invariant *buffer*: `base` is an allocation with the layout of `capacity` that belongs to the buffer, or
/// dangles, aligned, while `capacity` is 0.
#[derive(Debug)]
pub(super) struct Buffer {
    base: NonNull<u8>,
    capacity: usize,
}

// SAFETY: the allocation belongs to the buffer alone.
unsafe impl Send for Buffer {}

impl Buffer {
    /// No bytes.
    pub(super) const EMPTY: Self = Self { base: NonNull::<u64>::dangling().cast(), capacity: 0 };

    /// `capacity` zeros. `None` if the host refuses.
    pub(super) fn new(capacity: usize) -> Option<Self> {
        if capacity == 0 {
            return Some(Self::EMPTY);
        }
        // SAFETY: the layout's size is not 0.
        let base = NonNull::new(unsafe { alloc_zeroed(layout(capacity)?) })?;
        Some(Self { base, capacity })
    }

    /// The first byte.
    pub(super) fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// In bytes.
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Makes `capacity` at least `len`, and if it can, more than that, up to `max`, so that growing step by
    /// step copies little. Keeps the contents; may move them; what is new is not initialised. Does it succeed?
    #[must_use]
    pub(super) fn reserve(&mut self, len: usize, max: usize) -> bool {
        let ample = self.capacity.saturating_mul(2).min(max).max(len);
        len <= self.capacity || self.reallocate(ample) || self.reallocate(len)
    }

    fn reallocate(&mut self, capacity: usize) -> bool {
        debug_assert!(capacity > self.capacity);
        if self.capacity == 0 {
            let new = Self::new(capacity);
            return new.map(|new| *self = new).is_some();
        }
        let (Some(old), Some(_)) = (layout(self.capacity), layout(capacity)) else { return false };
        // SAFETY: by *buffer*, `base` has the layout `old`; `capacity` is not 0 and fits a layout.
        let base = unsafe { realloc(self.base.as_ptr(), old, capacity) };
        let Some(base) = NonNull::new(base) else { return false };
        (self.base, self.capacity) = (base, capacity);
        true
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let (1.., Some(layout)) = (self.capacity, layout(self.capacity)) {
            // SAFETY: by *buffer*.
            unsafe { dealloc(self.base.as_ptr(), layout) }
        }
    }
}

/// The layout of an allocation of `capacity` bytes; `None` if it cannot be so large.
fn layout(capacity: usize) -> Option<Layout> {
    Layout::from_size_align(capacity, ALIGN).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growing_keeps_the_contents_and_doubles() {
        let mut buffer = Buffer::new(3).unwrap();
        // SAFETY: three bytes are there.
        unsafe { buffer.base.add(2).write(5) };
        assert!(buffer.reserve(4, 100));
        assert_eq!(buffer.capacity, 6);
        assert!(buffer.reserve(40, 100) && buffer.reserve(41, 60));
        assert_eq!(buffer.capacity, 60);
        // SAFETY: sixty bytes are there, the first three of them initialised.
        assert_eq!(unsafe { [buffer.base.read(), buffer.base.add(2).read()] }, [0, 5]);
    }

    #[test]
    fn too_much_is_refused_and_changes_nothing() {
        assert!(Buffer::new(isize::MAX as usize - 8).is_none());
        assert!(Buffer::new(usize::MAX).is_none());
        let mut buffer = Buffer::new(1).unwrap();
        assert!(!buffer.reserve(usize::MAX, usize::MAX));
        assert_eq!(buffer.capacity, 1);
    }

    #[test]
    fn nothing_becomes_something() {
        let mut buffer = Buffer::new(0).unwrap();
        assert_eq!(buffer.base.as_ptr() as usize % ALIGN, 0);
        assert!(buffer.reserve(8, 8));
        // SAFETY: eight zeros are there, since the allocation is new.
        assert_eq!(unsafe { buffer.base.add(7).read() }, 0);
    }
}
