//! What a store's calls run on.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/runtime.html#configurations)

use crate::ctx::Ctx;
use crate::lower::Lowering;
use crate::trace::Trace;
use std::alloc::{Layout, alloc_zeroed};
use std::error::Error;
use std::num::NonZeroU64;
use std::ptr::{NonNull, null, null_mut};
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;
use std::time::Instant;
use terrane_runtime::{Sleeper, SuspendedFrames};

/// Stops a run from another thread.
#[derive(Debug, Default)]
pub struct Interrupt {
    /// Why to stop: [`STOP`](Self::STOP), [`LOOK`](Self::LOOK), or both.
    reasons: AtomicU8,
    /// What the run sleeps on while it waits for something in a shared memory.
    pub(crate) sleeper: Arc<Sleeper>,
}

impl Interrupt {
    /// Somebody said so.
    const STOP: u8 = 1;
    /// It may be late: see [`Thread::set_time_limit`].
    const LOOK: u8 = 2;

    /// Makes the run that is under way look at the clock, or else the next one.
    pub fn look_at_the_clock(&self) {
        self.reasons.fetch_or(Self::LOOK, Ordering::Release);
        self.sleeper.wake();
    }

    /// Makes the run that is under way, or the next one, trap with
    /// [`Trap::Interrupt`](terrane_runtime::Trap::Interrupt), if its code was compiled to look for that.
    pub fn interrupt(&self) {
        self.reasons.fetch_or(Self::STOP, Ordering::Release);
        self.sleeper.wake();
    }
}

/// What may want a thread's runs to stop, for a function of the host that waits for something.
#[derive(Clone, Debug)]
pub struct Interrupts {
    interrupt: Arc<Interrupt>,
    shared: Arc<Shared>,
    deadline: u64,
    time_limit: Option<Instant>,
}

impl Interrupts {
    /// Is the run to stop?
    pub fn is_interrupted(&self) -> bool {
        let reasons = self.interrupt.reasons.load(Ordering::Acquire);
        let late = || self.time_limit.is_some_and(|limit| Instant::now() >= limit);
        reasons & Interrupt::STOP != 0
            || (reasons & Interrupt::LOOK != 0 && late())
            || self.shared.epoch.now() >= self.deadline
    }

    /// Has `waker` woken whenever that may have changed, until what this returns is dropped. What changed before is not
    /// told: ask then.
    pub fn watch(&self, waker: Waker) -> Watching<'_> {
        let sleeper = &self.interrupt.sleeper;
        let before = sleeper.set_waker(Some(waker));
        Watching { _watch: self.shared.epoch.watch(sleeper), sleeper, before }
    }
}

/// See [`Interrupts::watch`].
pub struct Watching<'i> {
    _watch: Watch<'i>,
    sleeper: &'i Sleeper,
    before: Option<Waker>,
}

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        self.sleeper.set_waker(self.before.take());
    }
}

/// What a run does that has reached its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtDeadline {
    /// It traps.
    Interrupt,
    /// It goes on; the next deadline is so many ticks from now, at least one.
    Continue(u64),
    /// The same, but a run that can be suspended is so first, and another one traps.
    Yield(u64),
}

/// Is asked at the deadline what to do. An error ends the run.
pub type OnDeadline = Box<dyn FnMut() -> Result<AtDeadline, Box<dyn Error + Send + Sync>> + Send>;

/// A clock that can end runs: see [`Thread::set_deadline`].
#[derive(Debug, Default)]
pub struct Epoch {
    now: AtomicU64,
    /// How many are in `sleepers`, so that ticks without any take no lock.
    count: AtomicUsize,
    /// What those sleep on who wait for something in a shared memory, and may have to stop.
    sleepers: Mutex<Vec<Arc<Sleeper>>>,
}

impl Epoch {
    /// What time it is: how many ticks there were.
    pub fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    /// A tick.
    pub fn increment(&self) {
        // Either this sees a sleeper, or that sleeper sees this tick: see `watch`.
        self.now.fetch_add(1, Ordering::SeqCst);
        if self.count.load(Ordering::SeqCst) > 0 {
            self.sleepers().iter().for_each(|sleeper| sleeper.wake());
        }
    }

    /// Wakes a sleeper at every tick, until what this returns is dropped.
    pub(crate) fn watch(&self, sleeper: &Arc<Sleeper>) -> Watch<'_> {
        self.sleepers().push(sleeper.clone());
        self.count.fetch_add(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        Watch { epoch: self, sleeper: sleeper.clone() }
    }

    fn sleepers(&self) -> MutexGuard<'_, Vec<Arc<Sleeper>>> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Epoch::watch`].
pub(crate) struct Watch<'e> {
    epoch: &'e Epoch,
    sleeper: Arc<Sleeper>,
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let mut sleepers = self.epoch.sleepers();
        if let Some(i) = sleepers.iter().position(|sleeper| Arc::ptr_eq(sleeper, &self.sleeper)) {
            sleepers.swap_remove(i);
            self.epoch.count.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Stacks for threads, all of one size. What a thread has done with, the next one gets: asking the system
/// for a stack and giving it back takes longer than many a short run.
#[derive(Debug)]
struct Stacks {
    words: usize,
    free: Mutex<Vec<Box<[u64]>>>,
}

/// The most bytes a stack may have: what is asked of it then always fits 32 bits.
const MAX_STACK: usize = 1 << 30;

impl Stacks {
    /// How many bytes of stacks are kept that nobody uses.
    const KEPT: usize = 16 << 20;

    /// Stacks of that many bytes, at most 1 GiB.
    fn new(stack_bytes: usize) -> Self {
        Self { words: (stack_bytes.min(MAX_STACK) / 8).max(1), free: Mutex::default() }
    }

    fn free(&self) -> MutexGuard<'_, Vec<Box<[u64]>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A stack, with whatever is in it: a frame is written before it is read.
    /// `None` if the system has no room for one.
    fn take(&self) -> Option<Box<[u64]>> {
        if let Some(kept) = self.free().pop() {
            return Some(kept);
        }
        let layout = Layout::array::<u64>(self.words).ok()?;
        // Zeroed memory of this size comes from the system untouched, and costs nothing until used.
        // SAFETY: a stack has at least one word; zeros are words.
        unsafe {
            let words = NonNull::new(alloc_zeroed(layout))?.cast::<u64>();
            Some(Box::from_raw(NonNull::slice_from_raw_parts(words, self.words).as_ptr()))
        }
    }

    fn put(&self, stack: Box<[u64]>) {
        let mut free = self.free();
        if free.len() * self.words * 8 < Self::KEPT {
            free.push(stack);
        }
    }
}

/// What the threads of an engine share: a clock that can end their runs, and the stacks that they take.
#[derive(Debug)]
pub struct Shared {
    pub(crate) epoch: Epoch,
    stacks: Stacks,
}

impl Shared {
    /// With stacks of that many bytes, at most 1 GiB.
    pub fn new(stack_bytes: usize) -> Self {
        Self { epoch: Epoch::default(), stacks: Stacks::new(stack_bytes) }
    }

    /// The clock that [`Thread::set_deadline`] speaks of.
    pub fn epoch(&self) -> &Epoch {
        &self.epoch
    }
}

/// The guest's stack and what bounds a run: one per store. Runs nest on it.
///
/// Invariant *stack*: `base .. end` is a stack of `shared`, or all three are null and it is still to come;
/// `top` is inside it. `reserve` is the only writer of `base` and `end`.
pub struct Thread {
    pub(crate) base: *mut u64,
    pub(crate) end: *mut u64,
    /// Where the next run's frames begin.
    pub(crate) top: *mut u64,
    pub(crate) shared: Arc<Shared>,
    /// The run under way.
    pub(crate) current: *const Ctx,
    pub(crate) fuel: u64,
    /// How much an instruction needed when there was less.
    pub(crate) fuel_needed: u64,
    /// Fuel that is left beside that, and is had so much at a time.
    fuel_reserve: u64,
    fuel_interval: Option<NonZeroU64>,
    /// Calls under way, where that is counted.
    pub(crate) depth: u32,
    /// There once somebody may want to stop runs.
    interrupt: OnceLock<Arc<Interrupt>>,
    pub(crate) deadline: u64,
    /// By how much the deadline moves when a run that can be suspended has reached it, and was.
    deadline_interval: Option<u64>,
    pub(crate) on_deadline: Option<OnDeadline>,
    time_limit: Option<Instant>,
    /// For functions that are lowered at their first call, once there was one.
    pub(crate) lowering: Option<Box<Lowering>>,
    pub(crate) tracer: Option<Box<dyn Trace>>,
}

// SAFETY: *stack*: it owns what it points to; `current` is null while no run is under way.
unsafe impl Send for Thread {}

impl Thread {
    /// A thread that takes a stack at its first call, and gives it back when it is dropped.
    #[inline]
    pub fn new(shared: Arc<Shared>) -> Self {
        Self {
            base: null_mut(),
            end: null_mut(),
            top: null_mut(),
            shared,
            current: null(),
            fuel: 0,
            fuel_needed: 0,
            fuel_reserve: 0,
            fuel_interval: None,
            depth: 0,
            interrupt: OnceLock::new(),
            deadline: u64::MAX,
            deadline_interval: None,
            on_deadline: None,
            time_limit: None,
            lowering: None,
            tracer: None,
        }
    }

    /// The fuel that is left.
    pub fn fuel(&self) -> u64 {
        self.fuel.saturating_add(self.fuel_reserve)
    }

    /// Sets the fuel that is left.
    pub fn set_fuel(&mut self, fuel: u64) {
        (self.fuel, self.fuel_reserve, self.fuel_needed) = (0, fuel, 0);
        self.refuel();
    }

    /// Has runs that can be suspended be so whenever they have used up so much fuel, though there is more.
    pub fn set_fuel_interval(&mut self, interval: Option<NonZeroU64>) {
        self.fuel_interval = interval;
        self.set_fuel(self.fuel());
    }

    /// Takes fuel from the reserve. Is there then as much as the running instruction needs?
    pub(crate) fn refuel(&mut self) -> bool {
        let missing = self.fuel_needed.saturating_sub(self.fuel);
        let most = self.fuel_interval.map_or(u64::MAX, NonZeroU64::get).max(missing);
        let more = self.fuel_reserve.min(most);
        self.fuel_reserve -= more;
        self.fuel = self.fuel.saturating_add(more);
        more >= missing
    }

    /// How much fuel there must be, at least, for a run to go on that has stopped for want of it.
    pub fn fuel_needed(&self) -> u64 {
        self.fuel_needed
    }

    /// Has runs that can be suspended be so at the deadline, and the next one be so many ticks later; or trap there.
    pub fn set_deadline_interval(&mut self, ticks: Option<u64>) {
        (self.deadline_interval, self.on_deadline) = (ticks, None);
    }

    /// Has runs trap that are told to [look at the clock](Interrupt::look_at_the_clock) when it is that late.
    pub fn set_time_limit(&mut self, limit: Option<Instant>) {
        self.time_limit = limit;
    }

    /// Is a run to trap that has stopped to see whether it is to? If not, it may be for the deadline that it stopped.
    pub(crate) fn take_interrupt(&self) -> bool {
        let Some(interrupt) = self.interrupt.get() else { return false };
        let reasons = interrupt.reasons.swap(0, Ordering::Acquire);
        let late =
            reasons & Interrupt::LOOK != 0 && self.time_limit.is_some_and(|limit| Instant::now() >= limit);
        if late {
            // It stays that late.
            interrupt.reasons.fetch_or(Interrupt::LOOK, Ordering::Relaxed);
        }
        late || reasons & Interrupt::STOP != 0
    }

    /// Has runs ask at the deadline what to do. Meanwhile, which may be for other runs of this thread, none is asked about:
    /// they trap there.
    pub fn set_on_deadline(&mut self, ask: OnDeadline) {
        (self.deadline_interval, self.on_deadline) = (None, Some(ask));
    }

    /// Moves the deadline, if that has passed and such is wanted. Is it?
    pub(crate) fn extend_deadline(&mut self) -> bool {
        let now = self.shared.epoch.now();
        match self.deadline_interval {
            Some(ticks) if now >= self.deadline => {
                // A run that stops at the same place again would never go on.
                self.deadline = now.saturating_add(ticks.max(1));
                true
            }
            _ => false,
        }
    }

    /// Stops runs of this thread from elsewhere.
    pub fn interrupt_handle(&self) -> Arc<Interrupt> {
        self.interrupt.get_or_init(Arc::default).clone()
    }

    /// What may want runs of this thread to stop.
    pub fn interrupts(&self) -> Interrupts {
        let (interrupt, shared) = (self.interrupt_handle(), self.shared.clone());
        Interrupts { interrupt, shared, deadline: self.deadline, time_limit: self.time_limit }
    }

    /// Is there a reason to stop, other than the epoch?
    #[inline]
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupt.get().is_some_and(|interrupt| interrupt.reasons.load(Ordering::Relaxed) != 0)
    }

    /// Makes runs trap once the epoch is at least `deadline`.
    pub fn set_deadline(&mut self, deadline: u64) {
        self.deadline = deadline;
    }

    /// Goes over to another stack, for a run on it that is at a depth of calls; what to give [`go_back`](Self::go_back)
    /// afterwards.
    pub(crate) fn go_over(&mut self, stack: &OwnStack, depth: u32) -> Outer {
        let outer =
            Outer { base: self.base, end: self.end, top: self.top, current: self.current, depth: self.depth };
        self.base = stack.base.as_ptr();
        self.top = self.base;
        self.end = stack.end();
        self.depth = depth;
        outer
    }

    /// Undoes [`go_over`](Self::go_over); the depth of calls of the run that was on the stack.
    pub(crate) fn go_back(&mut self, outer: &Outer) -> u32 {
        (self.base, self.end, self.top) = (outer.base, outer.end, outer.top);
        self.current = outer.current;
        std::mem::replace(&mut self.depth, outer.depth)
    }

    /// A stack for one run, if there is room for one.
    pub(crate) fn own_stack(&self) -> Option<OwnStack> {
        let stack = NonNull::from(Box::leak(self.shared.stacks.take()?));
        Some(OwnStack {
            base: stack.cast(),
            words: stack.len(),
            used: AtomicUsize::new(0),
            shared: self.shared.clone(),
        })
    }

    /// Has `tracer` told what runs do, if their code was compiled for that; what was told before.
    pub fn set_tracer(&mut self, tracer: Option<Box<dyn Trace>>) -> Option<Box<dyn Trace>> {
        std::mem::replace(&mut self.tracer, tracer)
    }

    /// Who is told what runs do.
    pub fn tracer_mut(&mut self) -> Option<&mut dyn Trace> {
        self.tracer.as_deref_mut()
    }

    /// Makes sure that there is a stack. Is there?
    #[inline]
    pub(crate) fn reserve(&mut self) -> bool {
        if self.base.is_null() {
            let Some(stack) = self.shared.stacks.take() else { return false };
            let stack = NonNull::from(Box::leak(stack));
            self.base = stack.as_ptr().cast();
            self.top = self.base;
            // SAFETY: one past the allocation.
            self.end = unsafe { self.base.add(stack.len()) };
        }
        true
    }
}

/// Where a thread was before it went over to another stack.
pub(crate) struct Outer {
    base: *mut u64,
    end: *mut u64,
    top: *mut u64,
    current: *const Ctx,
    depth: u32,
}

/// A stack for one run, which can stop half-way and go on later.
///
/// Invariant *own-stack*: `base .. base + words` is a stack of `shared`. While the run stands still, the first `used`
/// words are only read; while it goes on, `used` is 0.
pub(crate) struct OwnStack {
    pub(crate) base: NonNull<u64>,
    words: usize,
    used: AtomicUsize,
    shared: Arc<Shared>,
}

// SAFETY: *own-stack*.
unsafe impl Send for OwnStack {}
// SAFETY: *own-stack*.
unsafe impl Sync for OwnStack {}

impl OwnStack {
    /// One past it.
    pub(crate) fn end(&self) -> *mut u64 {
        // SAFETY: *own-stack*.
        unsafe { self.base.as_ptr().add(self.words) }
    }

    /// Says how much of it is in use while its run stands still.
    pub(crate) fn set_used(&self, words: usize) {
        debug_assert!(words <= self.words, "own-stack");
        self.used.store(words, Ordering::Release);
    }
}

impl SuspendedFrames for OwnStack {
    fn words(&self) -> &[u64] {
        // SAFETY: *own-stack*.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), self.used.load(Ordering::Acquire)) }
    }
}

impl Drop for OwnStack {
    fn drop(&mut self) {
        let stack = std::ptr::slice_from_raw_parts_mut(self.base.as_ptr(), self.words);
        // SAFETY: *own-stack*: it came from `Box::leak`.
        self.shared.stacks.put(unsafe { Box::from_raw(stack) });
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        if !self.base.is_null() {
            let stack = std::ptr::slice_from_raw_parts_mut(self.base, self.shared.stacks.words);
            // SAFETY: *stack*: it came from `Box::leak`.
            self.shared.stacks.put(unsafe { Box::from_raw(stack) });
        }
    }
}

impl std::fmt::Debug for Thread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Thread")
            .field("stack_bytes", &(self.shared.stacks.words * 8))
            .field("fuel", &self.fuel)
            .finish()
    }
}
