//! A guest's threads, and how it ends.

use crate::lock::lock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::task::Waker;
use terrane::{Error, InterruptHandle};

/// The threads of one guest: all end with it.
#[derive(Default)]
pub(crate) struct Program {
    over: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Why it has ended, if that is an error that nobody has taken.
    error: Option<Error>,
    /// By their numbers: the threads that run, and how they can be stopped.
    threads: Vec<(u32, Option<InterruptHandle>)>,
    /// Who sleeps, by what was drawn for them.
    sleepers: Vec<(u64, Waker)>,
    drawn: u64,
    /// How many threads have been started.
    started: u32,
}

/// The number of the thread that the program begins with.
pub(crate) const MAIN: u32 = 0;

/// The largest number that a thread can have.
const MAX_THREAD: u32 = (1 << 29) - 1;

impl Program {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Has it ended? Then no thread of it does anything more.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Begins anew.
    pub(crate) fn begin(&self) {
        let mut state = self.state();
        (state.error, state.started) = (None, 0);
        self.over.store(false, Ordering::Release);
    }

    /// Ends it, unless it has ended: this is why, then.
    pub(crate) fn end(&self, error: Option<Error>) {
        let mut state = self.state();
        if self.is_over() {
            return;
        }
        state.error = error;
        self.over.store(true, Ordering::Release);
        state.threads.iter().filter_map(|(_, handle)| handle.as_ref()).for_each(InterruptHandle::interrupt);
        state.sleepers.iter().for_each(|(_, waker)| waker.wake_by_ref());
    }

    /// Why it has ended.
    pub(crate) fn take_error(&self) -> Option<Error> {
        self.state().error.take()
    }

    /// The number of a new thread, if there may be another one. Until it [leaves](Self::leave), it counts.
    pub(crate) fn new_thread(&self, most: usize) -> Option<u32> {
        let mut state = self.state();
        let threads = state.threads.iter().filter(|(number, _)| *number != MAIN).count();
        if self.is_over() || threads >= most || state.started >= MAX_THREAD {
            return None;
        }
        state.started += 1;
        let number = state.started;
        state.threads.push((number, None));
        Some(number)
    }

    /// A thread is about to run, and how it can be stopped. May it still?
    pub(crate) fn enter(&self, number: u32, interrupt: Option<InterruptHandle>) -> bool {
        let mut state = self.state();
        state.threads.retain(|(other, _)| *other != number);
        state.threads.push((number, interrupt));
        !self.is_over()
    }

    /// A thread has ended.
    pub(crate) fn leave(&self, number: u32) {
        self.state().threads.retain(|(other, _)| *other != number);
    }

    /// A thread sleeps, until what this returns is dropped: it is woken when the program ends.
    pub(crate) fn watch(&self, waker: Waker) -> Sleeping<'_> {
        let mut state = self.state();
        state.drawn += 1;
        let id = state.drawn;
        state.sleepers.push((id, waker));
        Sleeping { program: self, id }
    }
}

/// See [`Program::watch`].
pub(crate) struct Sleeping<'a> {
    program: &'a Program,
    id: u64,
}

impl Drop for Sleeping<'_> {
    fn drop(&mut self) {
        self.program.state().sleepers.retain(|(id, _)| *id != self.id);
    }
}
