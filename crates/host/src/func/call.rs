//! From the host into guests.

use crate::backtrace::WasmBacktrace;
use crate::store::StoreOpaque;
use crate::{Error, Result, Trap};
use std::panic::resume_unwind;
use std::ptr::NonNull;
use terrane_interpreter::ExecError;
use terrane_runtime::FuncInst;

/// Calls `func` with the arguments that are in `slots`, where its results are afterwards.
///
/// # Errors
/// If it traps, nobody catches an exception, or a host function fails.
///
/// # Panics
/// If a host function panicked that it called.
///
/// # Safety
/// *exclusive*: the store is the caller's, who holds no reference to a part of it. `func` is of the store, the
/// arguments are of its parameters' types, and there is room for them and for the results.
#[inline]
pub(crate) unsafe fn invoke(
    store: NonNull<StoreOpaque>,
    func: NonNull<FuncInst>,
    slots: &mut [u64],
) -> Result<()> {
    let p = store.as_ptr();
    // SAFETY: the caller's. Only pointers to the parts are made: host functions will derive references.
    unsafe {
        (*p).enter()?;
        let runtime = NonNull::new_unchecked(&raw mut (*p).runtime);
        let thread = NonNull::new_unchecked(&raw mut (*p).thread);
        let result = terrane_interpreter::invoke(runtime, thread, func, slots);
        (*p).leave();
        result.map_err(|error| failure(&mut *p, error))
    }
}

/// What a call failed with.
///
/// # Panics
/// If a host function panicked that it called.
#[cold]
#[inline(never)]
pub(super) fn failure(store: &mut StoreOpaque, error: ExecError) -> Error {
    // A panic of the limiter goes on from here.
    store.limiter.resume();
    if let Some(payload) = store.panic.take() {
        resume_unwind(payload);
    }
    let (error, backtrace) = match error {
        // The heap could not grow, for the limiter's reasons.
        ExecError::Trap { trap: Trap::OutOfMemory, backtrace } => {
            (store.refused(|| Trap::OutOfMemory.into()), backtrace)
        }
        ExecError::Trap { trap, backtrace } => (Error::from(trap), backtrace),
        ExecError::Exception { exn, backtrace } => (store.uncaught(exn), backtrace),
        ExecError::Host { error, backtrace } => (Error::from_boxed(error), backtrace),
    };
    error.with_backtrace(WasmBacktrace::limited(store, &backtrace))
}
