//! Waiting for something in a shared memory, and waking who waits.
//!
//! Who waits stands in a queue that belongs to the memory: so it does not matter in which store, engine or thread
//! either side runs. They are woken in the order in which they came.
//!
//! [Proposal](https://github.com/WebAssembly/threads/blob/main/proposals/threads/Overview.md#wait-and-notify-operators)

use super::{AtomicNum, MemInst};
use crate::Trap;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

/// How a wait ended: the discriminant is the instruction's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Wait {
    /// Somebody notified.
    Ok = 0,
    /// Something else than expected was there: it never began.
    Mismatch = 1,
    /// The time was up.
    TimedOut = 2,
}

/// What a thread sleeps on while it waits. Whoever else has it can have the thread look up.
#[derive(Debug, Default)]
pub struct Sleeper {
    woken: Mutex<bool>,
    changed: Condvar,
    /// Wakes the thread if it waits for something else, which the host knows.
    waker: Mutex<Option<Waker>>,
}

impl Sleeper {
    /// Has the thread look whether it is to go on: now, if it sleeps, else when it next would.
    pub fn wake(&self) {
        *lock(&self.woken) = true;
        self.changed.notify_one();
        // Who is woken may come for the lock.
        let waker = lock(&self.waker).clone();
        waker.iter().for_each(Waker::wake_by_ref);
    }

    /// Who else is to be [woken](Self::wake), from now on; who was.
    pub fn set_waker(&self, waker: Option<Waker>) -> Option<Waker> {
        std::mem::replace(&mut *lock(&self.waker), waker)
    }

    /// Sleeps until [`wake`](Self::wake) has been called since this last returned, or until then.
    fn sleep(&self, until: Option<Instant>) {
        let mut woken = lock(&self.woken);
        while !*woken {
            woken = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => break,
                Some(left) => {
                    self.changed.wait_timeout(woken, left).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(woken).unwrap_or_else(PoisonError::into_inner),
            };
        }
        *woken = false;
    }
}

/// Who waits on a memory, by address, each queue in order of arrival and none of them empty.
#[derive(Debug, Default)]
pub(super) struct Waiters(Mutex<HashMap<u64, VecDeque<Arc<Waiter>>>>);

#[derive(Debug)]
struct Waiter {
    sleeper: Arc<Sleeper>,
    /// Was it taken out of the queue by somebody who notified?
    notified: AtomicBool,
}

impl Waiters {
    /// Takes a waiter out; `false` if somebody who notified was faster.
    fn remove(&self, at: u64, waiter: &Arc<Waiter>) -> bool {
        let mut queues = lock(&self.0);
        let Some(queue) = queues.get_mut(&at) else { return false };
        let Some(i) = queue.iter().position(|other| Arc::ptr_eq(other, waiter)) else { return false };
        queue.remove(i);
        if queue.is_empty() {
            queues.remove(&at);
        }
        true
    }
}

impl MemInst {
    /// `memory.atomic.waitN`: if `expected` is at `at`, sleeps until somebody [notifies](Self::notify), or `timeout` is
    /// over.
    ///
    /// Whenever `sleeper` is woken, `is_interrupted` is asked whether to give up.
    ///
    /// # Errors
    /// In this order: [`Trap::UnalignedAtomic`], [`Trap::OutOfBoundsMemoryAccess`], [`Trap::ExpectedSharedMemory`];
    /// [`Trap::Interrupt`] if it was to give up.
    pub fn wait<T: AtomicNum>(
        &self,
        at: u64,
        expected: T,
        timeout: Option<Duration>,
        sleeper: &Arc<Sleeper>,
        mut is_interrupted: impl FnMut() -> bool,
    ) -> Result<Wait, Trap> {
        let place = self.atomic_place(at, T::SIZE)?;
        if !self.is_shared() {
            return Err(Trap::ExpectedSharedMemory);
        }
        // What is later than a clock can say is never.
        let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let waiters = &self.inner.waiters;
        let waiter = Arc::new(Waiter { sleeper: sleeper.clone(), notified: AtomicBool::new(false) });
        {
            // Nobody can notify between the look and the place in the queue.
            let mut queues = lock(&waiters.0);
            // SAFETY: `atomic_place` has checked.
            if unsafe { T::load(place) } != expected {
                return Ok(Wait::Mismatch);
            }
            queues.entry(at).or_default().push_back(waiter.clone());
        }
        let outcome = loop {
            if waiter.notified.load(Ordering::Acquire) {
                return Ok(Wait::Ok);
            }
            if is_interrupted() {
                break Err(Trap::Interrupt);
            }
            if until.is_some_and(|until| Instant::now() >= until) {
                break Ok(Wait::TimedOut);
            }
            sleeper.sleep(until);
        };
        // Who was notified at the last moment counts among those woken: it must not be said to have timed out.
        match (waiters.remove(at, &waiter), outcome) {
            (false, Ok(_)) => Ok(Wait::Ok),
            (_, outcome) => outcome,
        }
    }

    /// `memory.atomic.notify`: wakes at most `count` of those who wait at `at`, first who came first; how many.
    ///
    /// Nobody waits on a memory that is not shared.
    ///
    /// # Errors
    /// In this order: [`Trap::UnalignedAtomic`], [`Trap::OutOfBoundsMemoryAccess`].
    pub fn notify(&self, at: u64, count: u32) -> Result<u32, Trap> {
        self.atomic_place(at, u32::SIZE)?;
        let mut queues = lock(&self.inner.waiters.0);
        let Some(queue) = queues.get_mut(&at) else { return Ok(0) };
        let woken = queue.len().min(count as usize);
        for waiter in queue.drain(..woken) {
            waiter.notified.store(true, Ordering::Release);
            waiter.sleeper.wake();
        }
        if queue.is_empty() {
            queues.remove(&at);
        }
        Ok(woken as u32)
    }

    /// Where an atomic access to `size` bytes at `at` goes.
    fn atomic_place(&self, at: u64, size: u64) -> Result<*mut u8, Trap> {
        if !at.is_multiple_of(size) {
            return Err(Trap::UnalignedAtomic);
        }
        self.range(at, size)
    }
}

/// Locks. A panic leaves nothing half done that these protect.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemConfig;
    use std::sync::mpsc::channel;
    use std::thread;
    use terrane_syntax::types::MemType;

    fn shared() -> MemInst {
        MemInst::new(MemType { shared: true, ..MemType::new(1, Some(1)) }, &MemConfig::default()).unwrap()
    }

    fn wait(mem: &MemInst, at: u64, timeout: Option<Duration>) -> Result<Wait, Trap> {
        mem.wait(at, 0_u32, timeout, &Arc::default(), || false)
    }

    /// Waits until so many wait.
    fn until_waiting(mem: &MemInst, count: usize) {
        while lock(&mem.inner.waiters.0).values().map(VecDeque::len).sum::<usize>() < count {
            thread::yield_now();
        }
    }

    #[test]
    fn checks_come_in_order() {
        let mem = shared();
        let now = Some(Duration::ZERO);
        assert_eq!(wait(&mem, 65537, now), Err(Trap::UnalignedAtomic));
        assert_eq!(wait(&mem, 65536, now), Err(Trap::OutOfBoundsMemoryAccess));
        assert_eq!(wait(&mem, 65532, now), Ok(Wait::TimedOut));
        assert_eq!(mem.wait(65532, 0_u64, now, &Arc::default(), || false), Err(Trap::UnalignedAtomic));
        assert_eq!(mem.wait(0, 1_u64, None, &Arc::default(), || false), Ok(Wait::Mismatch));
        assert_eq!(mem.notify(2, 1), Err(Trap::UnalignedAtomic));
        assert_eq!(mem.notify(u64::MAX - 3, 1), Err(Trap::OutOfBoundsMemoryAccess));
        let unshared = MemInst::new(MemType::new(1, None), &MemConfig::default()).unwrap();
        assert_eq!(wait(&unshared, 2, now), Err(Trap::UnalignedAtomic));
        assert_eq!(wait(&unshared, 65536, now), Err(Trap::OutOfBoundsMemoryAccess));
        assert_eq!(wait(&unshared, 0, now), Err(Trap::ExpectedSharedMemory));
        assert_eq!(unshared.notify(0, u32::MAX), Ok(0));
    }

    #[test]
    fn who_came_first_is_woken_first() {
        let mem = shared();
        let (tell, told) = channel();
        thread::scope(|scope| {
            for i in 0..3 {
                let (theirs, tell) = (mem.share().unwrap(), tell.clone());
                scope.spawn(move || {
                    assert_eq!(wait(&theirs, 8, None), Ok(Wait::Ok));
                    tell.send(i).unwrap();
                });
                until_waiting(&mem, i + 1);
            }
            assert_eq!(mem.notify(4, u32::MAX), Ok(0));
            assert_eq!(mem.notify(8, 0), Ok(0));
            for i in 0..2 {
                assert_eq!(mem.notify(8, 1), Ok(1));
                assert_eq!(told.recv(), Ok(i));
            }
            assert_eq!(mem.notify(8, u32::MAX), Ok(1));
            assert_eq!(mem.notify(8, u32::MAX), Ok(0));
        });
    }

    #[test]
    fn an_interruption_ends_a_wait_and_leaves_no_trace() {
        let mem = shared();
        let (sleeper, flag) = (Arc::<Sleeper>::default(), AtomicBool::new(false));
        thread::scope(|scope| {
            let waiting = scope.spawn(|| mem.wait(0, 0_u32, None, &sleeper, || flag.load(Ordering::SeqCst)));
            until_waiting(&mem, 1);
            // Without a reason it sleeps on.
            sleeper.wake();
            flag.store(true, Ordering::SeqCst);
            sleeper.wake();
            assert_eq!(waiting.join().unwrap(), Err(Trap::Interrupt));
        });
        assert_eq!(mem.notify(0, u32::MAX), Ok(0));
    }
}
