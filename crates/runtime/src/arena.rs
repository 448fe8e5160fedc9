//! Storage for instances that never move.

use smallvec::SmallVec;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// Instances in the order of their addresses, each at one place for as long as the arena lives.
///
/// Invariant *pinned*: every pointer in `items` came from `Box::leak`, is freed by `drop` alone, and
/// stays the one from which all references are derived, so that running code may keep copies of it.
pub(crate) struct Arena<T> {
    /// Inline as long as they are few, as in many a store.
    items: SmallVec<[NonNull<T>; 2]>,
    _owns: PhantomData<T>,
}

impl<T> Arena<T> {
    pub(crate) fn new() -> Self {
        Self { items: SmallVec::new(), _owns: PhantomData }
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn push(&mut self, item: T) -> usize {
        self.items.push(NonNull::from(Box::leak(Box::new(item))));
        self.items.len() - 1
    }

    /// Where the item stays.
    #[inline]
    pub(crate) fn ptr(&self, i: usize) -> NonNull<T> {
        self.items[i]
    }

    #[inline]
    pub(crate) fn get(&self, i: usize) -> &T {
        // SAFETY: *pinned*; `&self` rules out `&mut` to the same item from this arena.
        unsafe { self.items[i].as_ref() }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, i: usize) -> &mut T {
        // SAFETY: *pinned*; `&mut self` rules out other references from this arena.
        unsafe { self.items[i].as_mut() }
    }

    /// All items, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        // SAFETY: as for `get`.
        self.items.iter().map(|item| unsafe { item.as_ref() })
    }

    /// Two different items at once.
    pub(crate) fn get_two_mut(&mut self, i: usize, j: usize) -> (&mut T, &T) {
        assert_ne!(i, j, "two different items");
        // SAFETY: *pinned*; the two are different, and `&mut self` rules out others.
        unsafe { (self.items[i].as_mut(), self.items[j].as_ref()) }
    }
}

impl<T> Drop for Arena<T> {
    fn drop(&mut self) {
        for item in &self.items {
            // SAFETY: *pinned*: it came from `Box::leak`, and nothing else frees it.
            drop(unsafe { Box::from_raw(item.as_ptr()) });
        }
    }
}

// SAFETY: the arena owns its items as a `Vec<Box<T>>` would.
unsafe impl<T: Send> Send for Arena<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Arena<T> {}
