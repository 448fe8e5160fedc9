//! Waiting, in a way that can be interrupted.

use crate::program::Program;
use crate::ready::{self, Ready};
use crate::table::Descriptor;
use crate::types::{Errno, Result};
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};
use terrane::Interrupts;

/// What can end a wait before its time.
#[derive(Clone, Copy)]
pub(crate) struct Wait<'a> {
    pub(crate) interrupts: &'a Interrupts,
    pub(crate) program: &'a Program,
}

/// Descriptors of the host's system, to be read (`true`) or written.
pub(crate) type Awaited<'a> = [(&'a Descriptor, bool)];

impl Wait<'_> {
    /// # Errors
    /// If the guest is to stop: it does so where it goes on.
    pub(crate) fn check(self) -> Result {
        let stops = self.program.is_over() || self.interrupts.is_interrupted();
        if stops { Err(Errno::Intr) } else { Ok(()) }
    }

    /// Does something that waits, and has it woken whenever it has to look whether to go on.
    fn watched<R>(self, waker: Waker, wait: impl FnOnce() -> R) -> R {
        let _watch = self.interrupts.watch(waker.clone());
        let _sleeping = self.program.watch(waker);
        wait()
    }

    /// Sleeps.
    pub(crate) fn sleep(self, duration: Duration) -> Result {
        let until = Instant::now().checked_add(duration);
        self.watched(Arc::new(Unpark(thread::current())).into(), || {
            loop {
                self.check()?;
                match until.map(|until| until.saturating_duration_since(Instant::now())) {
                    Some(Duration::ZERO) => return Ok(()),
                    Some(left) => thread::park_timeout(left),
                    // Longer than clocks can say.
                    None => thread::park(),
                }
            }
        })
    }

    /// Waits until one of these is ready, or the time is up; what each is ready for then.
    pub(crate) fn ready(self, these: &Awaited<'_>, timeout: Option<Duration>) -> Result<Vec<Option<Ready>>> {
        let now = ready::poll(these, Some(Duration::ZERO), None)?;
        if timeout == Some(Duration::ZERO) || now.iter().any(Option::is_some) {
            return Ok(now);
        }
        let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let (waker, bell) = ready::bell()?;
        self.watched(waker, || {
            loop {
                self.check()?;
                let left = until.map(|until| until.saturating_duration_since(Instant::now()));
                let ready = ready::poll(these, left, Some(&bell))?;
                if left == Some(Duration::ZERO) || ready.iter().any(Option::is_some) {
                    return Ok(ready);
                }
            }
        })
    }

    /// # Errors
    /// If something cannot be read or written without waiting.
    pub(crate) fn is_ready(self, descriptor: &Descriptor, reading: bool) -> Result {
        if ready::may_wait(descriptor, reading) {
            let ready = self.ready(&[(descriptor, reading)], Some(Duration::ZERO))?;
            ready[0].map(drop).ok_or(Errno::Again)?;
        }
        Ok(())
    }

    /// Waits until something can be read or written without waiting, if that can be known.
    pub(crate) fn until_ready(self, descriptor: &Descriptor, reading: bool) -> Result {
        if ready::may_wait(descriptor, reading) {
            self.ready(&[(descriptor, reading)], None)?;
        }
        Ok(())
    }
}

/// Wakes a thread that is parked.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
