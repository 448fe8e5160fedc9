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
/// If the guest traps, nobody catches an exception, a function of the host fails, or a function cannot be compiled.
///
/// # Panics
/// If the guest's stack cannot be allocated.
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
        thread.as_mut().reserve();
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

/// Runs a function in a frame at `fp`; whether it came to its end.
unsafe fn start(ctx: *mut Ctx, func: *const FuncInst, fp: *mut u64, slots: &mut [u64]) -> bool {
    // SAFETY: the caller's.
    unsafe {
        let mem = (*ctx).enter((*func).instance);
        let cell: *const Cell = (*func).code.cast();
        let regs = Regs::new(HALT.ret(), fp, mem, ctx);
        if (*cell).is_lazy() && !(*ctx).compile(cell) {
            (*ctx).regs = regs;
            return false;
        }
        let header: *const Header = (*cell).get();
        let need = ((*header).frame as usize).max(slots.len() * 8);
        if fp as usize + need > (*ctx).stack_end as usize {
            (*ctx).fail(regs, Failure::Trap(Trap::CallStackExhausted));
            return false;
        }
        fp.copy_from_nonoverlapping(slots.as_ptr(), slots.len());
        *fp.add(usize::from((*header).link)) = HALT.link();
        let status = run(Regs { ip: header.add(1).cast(), ..regs });
        if status == DONE {
            let regs = &(*ctx).regs;
            match ((*header).result, slots.first_mut()) {
                (ResultPlace::Int, Some(slot)) => *slot = regs.r0,
                (ResultPlace::F32, Some(slot)) => *slot = u64::from(regs.s0.to_bits()),
                (ResultPlace::F64, Some(slot)) => *slot = regs.f0.to_bits(),
                (ResultPlace::V128, Some(_)) => slots[..2].copy_from_slice(&regs.v0.lanes::<u64, 2>()),
                _ => slots.as_mut_ptr().copy_from_nonoverlapping(fp, slots.len()),
            }
        }
        status == DONE
    }
}

/// Runs the machine until it stops: in one go, or one handler at a time.
unsafe fn run(mut regs: Regs) -> u64 {
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
fn explain(failure: Failure, ctx: &Ctx) -> ExecError {
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
    let backtrace = Backtrace::default();
    match host.call(HostCall { store, caller: None, slots }) {
        HostOutcome::Done => Ok(()),
        HostOutcome::Trap(trap) => Err(ExecError::Trap { trap, backtrace }),
        HostOutcome::Exception(exn) => Err(ExecError::Exception { exn, backtrace }),
        HostOutcome::Error(error) => Err(ExecError::Host { error, backtrace }),
    }
}
