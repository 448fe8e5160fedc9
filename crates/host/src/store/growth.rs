//! Being told that memories have grown.

use super::StoreInner;
use super::limits::Panicked;
use crate::{Extern, Memory, SharedMemory};
use std::ptr::NonNull;
use terrane_runtime::{LimiterError, MemAddr, MemInst, StoreId};

/// That a memory has grown: see [`Store::on_memory_grow`](crate::Store::on_memory_grow).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryGrowth {
    /// The memory: an [`Extern::Memory`] or an [`Extern::SharedMemory`].
    pub memory: Extern,
    /// How many bytes it had.
    pub old_size: usize,
    /// How many bytes it has now.
    pub new_size: usize,
}

/// Who wants to be told, with the store whose data it is given.
pub(super) struct Listener<T, F> {
    /// Of the store that owns this, so it lives longer.
    store: NonNull<StoreInner<T>>,
    id: StoreId,
    callback: F,
    panicked: Panicked,
}

// SAFETY: it changes threads only with the store that owns it, which does so only if `T` is `Send`.
unsafe impl<T, F: Send> Send for Listener<T, F> {}

impl<T, F: FnMut(&mut T, MemoryGrowth)> Listener<T, F> {
    pub(super) fn new(store: NonNull<StoreInner<T>>, id: StoreId, callback: F, panicked: Panicked) -> Self {
        Self { store, id, callback, panicked }
    }

    pub(super) fn tell(&mut self, addr: MemAddr, mem: &MemInst, old_size: usize) -> Result<(), LimiterError> {
        let memory = match mem.share() {
            Some(shared) => SharedMemory::from_inst(shared).into(),
            None => Memory { store: self.id, addr }.into(),
        };
        let growth = MemoryGrowth { memory, old_size, new_size: mem.len() };
        // SAFETY: as for a limiter: whoever makes the runtime's store grow a memory has the store to itself
        // (*exclusive*), and holds no reference to its data.
        let data = unsafe { &mut (*self.store.as_ptr()).data };
        self.panicked.catch(|| {
            (self.callback)(data, growth);
            Ok(())
        })
    }
}
