//! Invocation: from the host into the guest and back.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/modules.html#invocation)

use crate::backtrace::Backtrace;
use crate::code::{Cell, Header, ResultPlace};
use crate::ctx::{Ctx, Failure};
use crate::exec::call::HALT;
use crate::exec::state::{CONTINUE, DONE, Regs};
use crate::thread::Thread;
use std::error::Error;
use std::ptr::NonNull;
use terrane_runtime::{FuncInst, FuncKind, HostCall, HostOutcome, Ref, Store, Trap};

/// Why a call did not return.
#[derive(Debug)]
pub enum ExecError {
    /// The guest trapped.
    Trap {
        /// Why.
        trap: Trap,
        /// Where.
        backtrace: Backtrace,
    },
    /// Nobody caught an exception.
    Exception {
        /// The exception: of the store in which the call was.
        exn: Ref,
        /// Where it was thrown.
        backtrace: Backtrace,
    },
    /// A function of the host failed, or a function that was to be compiled at its first call is invalid.
    Host {
        /// What it failed with.
        error: Box<dyn Error + Send + Sync>,
        /// Where.
        backtrace: Backtrace,
    },
}

/// Calls `func` with the arguments in `slots`, a word each: integers zero-extended, floats as their bits,
/// references as [`Ref`](terrane_runtime::Ref). Leaves the results in `slots`, from its start.
///
/// # Errors
/// If the guest traps, nobody catches an exception, a function of the host fails, a function cannot be compiled, or
/// there is no room for the guest's stack.
///
/// # Safety
/// - `store` and `thread` are valid, and nobody but the functions of the host that this call calls uses
///   them until it returns. A thread is used with one store only.
/// - `func` belongs to `store`, and `slots` holds arguments of its parameters' types and has as many words
///   as its parameters and as its results.
pub unsafe fn invoke(
    store: NonNull<Store>,
    mut thread: NonNull<Thread>,
    func: NonNull<FuncInst>,
    slots: &mut [u64],
) -> Result<(), ExecError> {
    // SAFETY: the caller's.
    unsafe {
        let func = func.as_ptr();
        if (*func).instance.is_null() {
            return call_host(store, func, slots);
        }
        if !thread.as_mut().reserve() {
            return Err(no_stack());
        }
        let mut ctx = Ctx::new(store, thread);
        let (top, current, depth) = (thread.as_ref().top, thread.as_ref().current, thread.as_ref().depth);
        let run = &raw mut ctx;
        thread.as_mut().current = run;
        let mut store = store;
        let parked = store.as_mut().park(&[]);
        let done = start(run, func, top, slots);
        // The frames are gone, and those of the runs that wait for this one are as they were.
        store.as_mut().park(parked);
        let failure = (!done).then(|| ctx.take_failure());
        let error = failure.map(|failure| explain(failure, &ctx));
        let thread = thread.as_mut();
        (thread.top, thread.current, thread.depth) = (top, current, depth);
        match error {
            None => Ok(()),
            Some(error) => Err(error),
        }
    }
}

/// Why a call cannot even begin.
#[cold]
pub(crate) fn no_stack() -> ExecError {
    ExecError::Trap { trap: Trap::CallStackExhausted, backtrace: Backtrace::default() }
}

/// Runs a function in a frame at `fp`; whether it came to its end.
unsafe fn start(ctx: *mut Ctx, func: *const FuncInst, fp: *mut u64, slots: &mut [u64]) -> bool {
    // SAFETY: the caller's.
    unsafe {
        let Some(regs) = prepare(ctx, func, fp, slots) else { return false };
        let done = run(regs) == DONE;
        if done {
            read_results(ctx, func, fp, slots);
        }
        done
    }
}

/// Makes a frame at `fp` for a function, with its arguments; the registers to run it with. `None`, and the failure is
/// recorded, if it cannot be run.
#[inline]
pub(crate) unsafe fn prepare(
    ctx: *mut Ctx,
    func: *const FuncInst,
    fp: *mut u64,
    slots: &[u64],
) -> Option<Regs> {
    // SAFETY: the caller's.
    unsafe {
        let mem = (*ctx).enter((*func).instance);
        let cell: *const Cell = (*func).code.cast();
        let regs = Regs::new(HALT.ret(), fp, mem, ctx);
        if (*cell).is_lazy() && !(*ctx).compile(cell) {
            (*ctx).regs = regs;
            return None;
        }
        let header: *const Header = (*cell).get();
        let need = ((*header).frame as usize).max(slots.len() * 8);
        if fp as usize + need > (*ctx).stack_end as usize {
            (*ctx).fail(regs, Failure::Trap(Trap::CallStackExhausted));
            return None;
        }
        fp.copy_from_nonoverlapping(slots.as_ptr(), slots.len());
        *fp.add(usize::from((*header).link)) = HALT.link();
        Some(Regs { ip: header.add(1).cast(), ..regs })
    }
}

/// Reads the results of a function that has returned to a machine that has stopped.
#[inline]
pub(crate) unsafe fn read_results(ctx: *const Ctx, func: *const FuncInst, fp: *const u64, slots: &mut [u64]) {
    // SAFETY: the caller's.
    unsafe {
        let regs = &(*ctx).regs;
        let header = (*(*func).code.cast::<Cell>()).get();
        match ((*header).result, slots.first_mut()) {
            (ResultPlace::Int, Some(slot)) => *slot = regs.r0,
            (ResultPlace::F32, Some(slot)) => *slot = u64::from(regs.s0.to_bits()),
            (ResultPlace::F64, Some(slot)) => *slot = regs.f0.to_bits(),
            (ResultPlace::V128, Some(_)) => slots[..2].copy_from_slice(&regs.v0.lanes::<u64, 2>()),
            _ => slots.as_mut_ptr().copy_from_nonoverlapping(fp, slots.len()),
        }
    }
}

/// Runs the machine until it stops: in one go, or one handler at a time.
pub(crate) unsafe fn run(mut regs: Regs) -> u64 {
    // SAFETY: the caller's.
    unsafe {
        loop {
            let status = regs.tail((*regs.ip).handler);
            if status != CONTINUE {
                return status;
            }
            regs = (*regs.ctx).regs;
        }
    }
}

#[cold]
pub(crate) fn explain(failure: Failure, ctx: &Ctx) -> ExecError {
    let backtrace = Backtrace::of(ctx);
    match failure {
        Failure::Trap(trap) => ExecError::Trap { trap, backtrace },
        Failure::Exception(exn) => ExecError::Exception { exn, backtrace },
        Failure::Host(error) => ExecError::Host { error, backtrace },
    }
}

/// Calls a function of the host from the host.
unsafe fn call_host(
    store: NonNull<Store>,
    func: *const FuncInst,
    slots: &mut [u64],
) -> Result<(), ExecError> {
    // SAFETY: the caller's.
    let FuncKind::Host(host) = (unsafe { &(*func).kind }) else {
        unreachable!("only the host's have no instance")
    };
    match host.call(HostCall { store, caller: None, can_suspend: false, slots }) {
        HostOutcome::Done => Ok(()),
        outcome => Err(host_error(outcome)),
    }
}

/// Why a call of a function of the host from the host did not return.
pub(crate) fn host_error(outcome: HostOutcome) -> ExecError {
    let backtrace = Backtrace::default();
    match outcome {
        HostOutcome::Trap(trap) => ExecError::Trap { trap, backtrace },
        HostOutcome::Exception(exn) => ExecError::Exception { exn, backtrace },
        HostOutcome::Error(error) => ExecError::Host { error, backtrace },
        HostOutcome::Done | HostOutcome::Pending => {
            ExecError::Host { error: "a function of the host waits where it must not".into(), backtrace }
        }
    }
}
