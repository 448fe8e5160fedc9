//! How much a store's guests may have.

use super::StoreInner;
use crate::{Error, Result};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use terrane_runtime::{Limiter, LimiterError};

/// Decides how large memories and tables may become, and how many things there may be in a store.
pub trait ResourceLimiter: Send + Sync {
    /// May a memory have `desired` bytes, up from `current`, if its type allows `maximum`? New memories are asked
    /// about too, with a `current` of 0.
    ///
    /// # Errors
    /// What then makes the host's call fail with that error: to [`Memory::grow`](crate::Memory::grow) and the like, or to
    /// the guest that asked, which ends there. (A no makes `memory.grow` return -1, and the guest goes on.)
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool>;

    /// May a table have `desired` elements, up from `current`, if its type allows `maximum`? New tables are asked
    /// about too, with a `current` of 0.
    ///
    /// # Errors
    /// As for [`memory_growing`](Self::memory_growing).
    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool>;

    /// May the heap of structures, arrays and exceptions have `desired` bytes, up from `current`? If not, even after a
    /// collection, the guest's allocation traps. Unless implemented, the heap is asked for as a memory would be.
    ///
    /// # Errors
    /// As for [`memory_growing`](Self::memory_growing).
    fn gc_heap_growing(&mut self, current: usize, desired: usize) -> Result<bool> {
        self.memory_growing(current, desired, None)
    }

    /// A memory could not grow, though [`memory_growing`](Self::memory_growing) has allowed it or was not asked: its type
    /// does not allow it, or the host has no room, as `error` says. Unless implemented, nothing happens:
    /// `memory.grow` returns -1, and [`Memory::grow`](crate::Memory::grow) an error.
    ///
    /// # Errors
    /// What then ends the guest that wanted it to grow, instead of the -1; the host's call fails with it too.
    fn memory_grow_failed(&mut self, error: Error) -> Result<()> {
        let _ = error;
        Ok(())
    }

    /// A table could not grow, in the same way.
    ///
    /// # Errors
    /// As for [`memory_grow_failed`](Self::memory_grow_failed).
    fn table_grow_failed(&mut self, error: Error) -> Result<()> {
        let _ = error;
        Ok(())
    }

    /// The most instances there may be in the store.
    fn instances(&self) -> usize {
        StoreLimits::default().limits.instances
    }

    /// The most tables there may be in the store.
    fn tables(&self) -> usize {
        StoreLimits::default().limits.tables
    }

    /// The most memories there may be in the store.
    fn memories(&self) -> usize {
        StoreLimits::default().limits.memories
    }
}

/// Fixed limits, to be put into a store's data and given to [`Store::limiter`](crate::Store::limiter).
///
/// ```
/// use terrane::{Engine, Memory, MemoryType, Store, StoreLimits, StoreLimitsBuilder};
///
/// struct Host {
///     limits: StoreLimits,
/// }
///
/// let limits = StoreLimitsBuilder::new().memory_size(2 << 16).build();
/// let mut store = Store::new(&Engine::default(), Host { limits });
/// store.limiter(|host| &mut host.limits);
/// let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
/// assert_eq!(memory.grow(&mut store, 1)?, 1);
/// assert!(memory.grow(&mut store, 1).is_err());
/// # Ok::<(), terrane::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct StoreLimits {
    limits: terrane_runtime::StoreLimits,
    trap_on_grow_failure: bool,
}

/// Builds [`StoreLimits`].
#[derive(Clone, Debug, Default)]
pub struct StoreLimitsBuilder(StoreLimits);

impl StoreLimitsBuilder {
    /// Begins with the default limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// At most so many bytes in each memory.
    #[must_use]
    pub fn memory_size(mut self, limit: usize) -> Self {
        self.0.limits.memory_size = limit as u64;
        self
    }

    /// At most so many elements in each table.
    #[must_use]
    pub fn table_elements(mut self, limit: usize) -> Self {
        self.0.limits.table_elements = limit as u64;
        self
    }

    /// At most so many bytes for the heap of structures, arrays and exceptions.
    #[must_use]
    pub fn gc_heap_size(mut self, limit: usize) -> Self {
        self.0.limits.gc_heap_size = limit as u64;
        self
    }

    /// At most so many instances.
    #[must_use]
    pub fn instances(mut self, limit: usize) -> Self {
        self.0.limits.instances = limit;
        self
    }

    /// At most so many tables.
    #[must_use]
    pub fn tables(mut self, limit: usize) -> Self {
        self.0.limits.tables = limit;
        self
    }

    /// At most so many memories.
    #[must_use]
    pub fn memories(mut self, limit: usize) -> Self {
        self.0.limits.memories = limit;
        self
    }

    /// Whether a guest ends with an error when a memory or table of it cannot grow, be it for these limits or for another
    /// reason, instead of being told by -1.
    #[must_use]
    pub fn trap_on_grow_failure(mut self, trap: bool) -> Self {
        self.0.trap_on_grow_failure = trap;
        self
    }

    /// The limits.
    pub fn build(self) -> StoreLimits {
        self.0
    }
}

impl StoreLimits {
    /// The answer, which may be an error instead of a no.
    fn answer(&self, desired: usize, limit: u64, what: &str) -> Result<bool> {
        match desired as u64 <= limit {
            false if self.trap_on_grow_failure => {
                Err(Error::msg(format_args!("{desired} {what} were wanted, the limit is {limit}")))
            }
            answer => Ok(answer),
        }
    }

    fn failed(&self, error: Error) -> Result<()> {
        if self.trap_on_grow_failure { Err(error) } else { Ok(()) }
    }
}

impl ResourceLimiter for StoreLimits {
    fn memory_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        self.answer(desired, self.limits.memory_size, "bytes of memory")
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        self.answer(desired, self.limits.table_elements, "elements of a table")
    }

    fn memory_grow_failed(&mut self, error: Error) -> Result<()> {
        self.failed(error)
    }

    fn table_grow_failed(&mut self, error: Error) -> Result<()> {
        self.failed(error)
    }

    fn gc_heap_growing(&mut self, _current: usize, desired: usize) -> Result<bool> {
        Ok(desired as u64 <= self.limits.gc_heap_size)
    }

    fn instances(&self) -> usize {
        self.limits.instances
    }

    fn tables(&self) -> usize {
        self.limits.tables
    }

    fn memories(&self) -> usize {
        self.limits.memories
    }
}

/// Where a limiter, a tracer, or who is told that a memory has grown, leaves what it panicked with, for the host to find
/// when control is back with it.
#[derive(Default)]
pub(crate) struct Panicked(OnceLock<Arc<Mutex<Payload>>>);

type Payload = Option<Box<dyn Any + Send>>;

impl Clone for Panicked {
    /// The same place.
    fn clone(&self) -> Self {
        Self(self.0.get_or_init(Arc::default).clone().into())
    }
}

impl Panicked {
    fn slot(&self) -> MutexGuard<'_, Payload> {
        self.0.get_or_init(Arc::default).lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves a panic there.
    pub(crate) fn put(&self, payload: Box<dyn Any + Send>) {
        *self.slot() = Some(payload);
    }

    /// What `f` returns, or an error in place of its panic, which must not unwind through a guest.
    pub(super) fn catch<R>(&self, f: impl FnOnce() -> Result<R>) -> Result<R, LimiterError> {
        match catch_unwind(AssertUnwindSafe(f)) {
            Ok(answer) => answer.map_err(Error::into_boxed),
            Err(payload) => {
                self.put(payload);
                Err("the limiter panicked".into())
            }
        }
    }

    /// Goes on with the panic of a limiter, if there was one since this was last called.
    ///
    /// # Panics
    /// Then.
    pub(crate) fn resume(&self) {
        // Nobody who could panic was given a place that is not there.
        let payload = self.0.get().and_then(|_| self.slot().take());
        if let Some(payload) = payload {
            resume_unwind(payload);
        }
    }
}

/// A limiter that is a part of the data of the store whose runtime has this one.
pub(super) struct Adapter<T, F> {
    /// Of the store that owns this adapter, so it lives longer.
    store: NonNull<StoreInner<T>>,
    limiter: F,
    panicked: Panicked,
    instances: usize,
    tables: usize,
    memories: usize,
}

// SAFETY: it changes threads only with the store that owns it, which does so only if `T` is `Send`.
unsafe impl<T, F: Send> Send for Adapter<T, F> {}

impl<T, F: FnMut(&mut T) -> &mut dyn ResourceLimiter> Adapter<T, F> {
    pub(super) fn new(store: NonNull<StoreInner<T>>, limiter: F, panicked: Panicked) -> Self {
        let mut adapter = Self { store, limiter, panicked, instances: 0, tables: 0, memories: 0 };
        let limits = adapter.limiter();
        let (instances, tables, memories) = (limits.instances(), limits.tables(), limits.memories());
        Self { instances, tables, memories, ..adapter }
    }

    fn limiter(&mut self) -> &mut dyn ResourceLimiter {
        // SAFETY: whoever makes the runtime's store ask has the store to itself (*exclusive*), and holds no
        // reference to its data: while a guest runs, nobody does (*pinned-store*), and the host's functions that
        // can end up here have only borrowed the rest of the store.
        (self.limiter)(unsafe { &mut (*self.store.as_ptr()).data })
    }

    fn answer<R>(
        &mut self,
        ask: impl FnOnce(&mut dyn ResourceLimiter) -> Result<R>,
    ) -> Result<R, LimiterError> {
        let panicked = self.panicked.clone();
        panicked.catch(|| ask(self.limiter()))
    }
}

impl<T, F: (FnMut(&mut T) -> &mut dyn ResourceLimiter) + Send> Limiter for Adapter<T, F> {
    fn memory_growing(
        &mut self,
        current: u64,
        desired: u64,
        maximum: Option<u64>,
    ) -> Result<bool, LimiterError> {
        let (current, desired, maximum) = sizes(current, desired, maximum);
        self.answer(|limiter| limiter.memory_growing(current, desired, maximum))
    }

    fn table_growing(
        &mut self,
        current: u64,
        desired: u64,
        maximum: Option<u64>,
    ) -> Result<bool, LimiterError> {
        let (current, desired, maximum) = sizes(current, desired, maximum);
        self.answer(|limiter| limiter.table_growing(current, desired, maximum))
    }

    fn gc_heap_growing(&mut self, current: u64, desired: u64) -> Result<bool, LimiterError> {
        let (current, desired, _) = sizes(current, desired, None);
        self.answer(|limiter| limiter.gc_heap_growing(current, desired))
    }

    fn memory_grow_failed(&mut self, why: LimiterError) -> Result<(), LimiterError> {
        self.answer(|limiter| limiter.memory_grow_failed(Error::from_boxed(why)))
    }

    fn table_grow_failed(&mut self, why: LimiterError) -> Result<(), LimiterError> {
        self.answer(|limiter| limiter.table_grow_failed(Error::from_boxed(why)))
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}

/// Sizes that the host could not address are as good as the largest that it can.
fn sizes(current: u64, desired: u64, maximum: Option<u64>) -> (usize, usize, Option<usize>) {
    let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    (size(current), size(desired), maximum.map(size))
}
