//! What a store's calls run on.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/runtime.html#configurations)

use crate::ctx::Ctx;
use crate::lower::Lowering;
use std::ptr::{NonNull, null, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Stops a run from another thread.
#[derive(Debug, Default)]
pub struct Interrupt {
    pub(crate) flag: AtomicBool,
}

impl Interrupt {
    /// Makes the run that is under way, or the next one, trap with
    /// [`Trap::Interrupt`](terrane_runtime::Trap::Interrupt), if its code was compiled to look for that.
    pub fn interrupt(&self) {
        self.flag.store(true, Ordering::Release);
    }
}

/// The guest's stack and what bounds a run: one per store. Runs nest on it.
///
/// Invariant *stack*: `base .. end` is one allocation of `words` words, or all three are null and the
/// allocation is still to come; `top` is inside it. `reserve` is the only writer of `base` and `end`.
pub struct Thread {
    base: *mut u64,
    pub(crate) end: *mut u64,
    /// Where the next run's frames begin.
    pub(crate) top: *mut u64,
    words: usize,
    /// The run under way.
    pub(crate) current: *const Ctx,
    pub(crate) fuel: u64,
    /// Calls under way, where that is counted.
    pub(crate) depth: u32,
    pub(crate) interrupt: Arc<Interrupt>,
    pub(crate) epoch: Arc<AtomicU64>,
    pub(crate) deadline: u64,
    pub(crate) lowering: Lowering,
}

// SAFETY: *stack*: it owns what it points to; `current` is null while no run is under way.
unsafe impl Send for Thread {}

/// The most bytes a stack may have: what is asked of it then always fits 32 bits.
const MAX_STACK: usize = 1 << 30;

impl Thread {
    /// A thread with a stack of that many bytes, at most 1 GiB, which is reserved at its first call.
    pub fn new(stack_bytes: usize) -> Self {
        Self {
            base: null_mut(),
            end: null_mut(),
            top: null_mut(),
            words: (stack_bytes.min(MAX_STACK) / 8).max(1),
            current: null(),
            fuel: 0,
            depth: 0,
            interrupt: Arc::default(),
            epoch: Arc::default(),
            deadline: u64::MAX,
            lowering: Lowering::new(),
        }
    }

    /// The fuel that is left.
    pub fn fuel(&self) -> u64 {
        self.fuel
    }

    /// Sets the fuel that is left.
    pub fn set_fuel(&mut self, fuel: u64) {
        self.fuel = fuel;
    }

    /// Stops runs of this thread from elsewhere.
    pub fn interrupt_handle(&self) -> Arc<Interrupt> {
        self.interrupt.clone()
    }

    /// Makes `epoch` the clock that [`set_deadline`](Self::set_deadline) speaks of.
    pub fn set_epoch(&mut self, epoch: Arc<AtomicU64>) {
        self.epoch = epoch;
    }

    /// Makes runs trap once the epoch is at least `deadline`.
    pub fn set_deadline(&mut self, deadline: u64) {
        self.deadline = deadline;
    }

    /// Makes sure that there is a stack.
    pub(crate) fn reserve(&mut self) {
        if self.base.is_null() {
            // Zeroed memory of this size comes from the system untouched, and costs nothing until used.
            let stack = NonNull::from(Box::leak(vec![0_u64; self.words].into_boxed_slice()));
            self.base = stack.as_ptr().cast();
            self.top = self.base;
            // SAFETY: one past the allocation.
            self.end = unsafe { self.base.add(self.words) };
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        if !self.base.is_null() {
            let stack = std::ptr::slice_from_raw_parts_mut(self.base, self.words);
            // SAFETY: *stack*: it came from `Box::leak`.
            drop(unsafe { Box::from_raw(stack) });
        }
    }
}

impl std::fmt::Debug for Thread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Thread").field("stack_bytes", &(self.words * 8)).field("fuel", &self.fuel).finish()
    }
}
