//! What is done at the deadline of an epoch.

use super::{StoreContextMut, StoreInner};
use crate::{Error, Result};
use std::error::Error as StdError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use terrane_interpreter::AtDeadline;

/// What becomes of a guest that has reached the deadline of its store: see
/// [`Store::epoch_deadline_callback`](crate::Store::epoch_deadline_callback).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpdateDeadline {
    /// It traps with [`Trap::Interrupt`](crate::Trap::Interrupt).
    Interrupt,
    /// It goes on, and the next deadline is so many ticks from now, at least one.
    Continue(u64),
    /// The same, but an asynchronous or resumable call stops first, so that others have their turn. Another call traps.
    Yield(u64),
}

/// Who is asked, with the store that is lent.
pub(super) struct Asked<T: 'static, F> {
    /// Of the store that owns this, so it lives longer.
    pub(super) store: NonNull<StoreInner<T>>,
    pub(super) callback: F,
}

// SAFETY: it changes threads only with the store that owns it, which does so only if `T` is `Send`.
unsafe impl<T, F: Send> Send for Asked<T, F> {}

impl<T: 'static, F: FnMut(StoreContextMut<'_, T>) -> Result<UpdateDeadline>> Asked<T, F> {
    pub(super) fn ask(&mut self) -> Result<AtDeadline, Box<dyn StdError + Send + Sync>> {
        let opaque = || {
            // SAFETY: *exclusive*: the guest that asks waits, and holds no references.
            unsafe { &mut (*self.store.as_ptr()).opaque }
        };
        let scope = opaque().runtime.roots.open();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            // SAFETY: as above.
            (self.callback)(unsafe { StoreContextMut::from_ptr(self.store) })
        }));
        opaque().runtime.roots.close(scope);
        match outcome {
            Ok(Ok(UpdateDeadline::Interrupt)) => Ok(AtDeadline::Interrupt),
            Ok(Ok(UpdateDeadline::Continue(ticks))) => Ok(AtDeadline::Continue(ticks)),
            Ok(Ok(UpdateDeadline::Yield(ticks))) => Ok(AtDeadline::Yield(ticks)),
            Ok(Err(error)) => Err(error.into_boxed()),
            Err(payload) => {
                opaque().panic = Some(payload);
                // Never seen: who called the guest goes on with the panic.
                Err(Error::msg("a panic at the deadline").into_boxed())
            }
        }
    }
}
