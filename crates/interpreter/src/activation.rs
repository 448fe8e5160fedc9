//! Runs that can stop half-way, and go on later.
//!
//! Such a run has a stack of its own, so any number of them can stand still at the same time, and go on in any order.

use crate::ctx::{Ctx, Suspension};
use crate::exec::state::{CONTINUE, DONE, FAILED, SUSPENDED};
use crate::invoke::{ExecError, explain, host_error, no_stack, prepare, read_results, run};
use crate::thread::{OwnStack, Thread};
use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;
use terrane_runtime::{FuncInst, FuncKind, HostCall, HostOutcome, Store, SuspendedFrames, Trap};

/// A call that can stop half-way.
///
/// Dropped before its end, it never goes on: its frames are forgotten.
pub struct Activation {
    func: NonNull<FuncInst>,
    /// The arguments, then the results.
    slots: Box<[u64]>,
    /// The run, if the function is a guest's.
    run: Option<Run>,
    /// Calls under way in it.
    depth: u32,
    /// Does it stop when there is no fuel?
    without_fuel: bool,
}

/// A run on a stack of its own.
struct Run {
    ctx: Box<Ctx>,
    stack: Arc<OwnStack>,
    /// The stack, as the store knows it.
    frames: Arc<dyn SuspendedFrames>,
}

/// What has become of an [`Activation`].
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// The results are in its [`slots`](Activation::slots).
    Done,
    /// It has stopped, and can go on.
    Suspended(Suspension),
}

// SAFETY: it points to things of the store, and to its own stack. Whoever lets it go on has the store.
unsafe impl Send for Activation {}
// SAFETY: through a shared reference nothing is changed.
unsafe impl Sync for Activation {}

impl Activation {
    /// A call of `func` with the arguments in `slots`, which are as for [`invoke`](crate::invoke()). It has not begun.
    pub fn new(func: NonNull<FuncInst>, slots: Box<[u64]>) -> Self {
        Self { func, slots, run: None, depth: 0, without_fuel: false }
    }

    /// Lets it stop for want of fuel, rather than trap.
    pub fn suspend_without_fuel(&mut self) {
        self.without_fuel = true;
    }

    /// The results, when it is done.
    pub fn slots(&self) -> &[u64] {
        &self.slots
    }

    /// The same, to keep.
    pub fn take_slots(&mut self) -> Box<[u64]> {
        std::mem::take(&mut self.slots)
    }

    /// The function of the host for which it waits, and the slots for the results of that.
    pub fn pending(&mut self) -> Option<(&FuncInst, &mut [u64])> {
        let (func, slots) = match &self.run {
            Some(run) => run.ctx.pause.host?,
            None => (self.func, self.slots.as_mut_ptr()),
        };
        // SAFETY: functions live as long as the store; the slots are on the stack that is kept, or our own.
        unsafe {
            let func = func.as_ref();
            Some((func, std::slice::from_raw_parts_mut(slots, func.slots as usize)))
        }
    }

    /// Runs it, until its end or until it stops.
    ///
    /// # Errors
    /// As for [`invoke`](crate::invoke()).
    ///
    /// # Safety
    /// As for [`invoke`](crate::invoke()); and it has not begun yet.
    pub unsafe fn start(
        &mut self,
        store: NonNull<Store>,
        thread: NonNull<Thread>,
    ) -> Result<Progress, ExecError> {
        // SAFETY: the caller's.
        unsafe {
            let func = self.func.as_ref();
            if let FuncKind::Host(host) = &func.kind {
                let call = HostCall { store, caller: None, can_suspend: true, slots: &mut self.slots };
                return host_ended(host.call(call));
            }
            let Some(stack) = thread.as_ref().own_stack() else { return Err(no_stack()) };
            let stack = Arc::new(stack);
            let frames: Arc<dyn SuspendedFrames> = stack.clone();
            (*store.as_ptr()).add_suspended(frames.clone());
            let mut ctx = Box::new(Ctx::new(store, thread));
            ctx.stack_end = stack.end();
            (ctx.pause.allowed, ctx.pause.without_fuel) = (true, self.without_fuel);
            self.depth = thread.as_ref().depth;
            self.run = Some(Run { ctx, stack, frames });
            self.go(|ctx, func, fp, slots| match prepare(ctx, func, fp, slots) {
                Some(regs) => run(regs),
                None => FAILED,
            })
        }
    }

    /// Goes on where it has stopped: if it waited for a function of the host, with how that has ended.
    ///
    /// # Errors
    /// As for [`invoke`](crate::invoke()).
    ///
    /// # Safety
    /// As for [`invoke`](crate::invoke()), with the same store and thread as when it began; it stands still, and
    /// results of the function are in the slots that [`pending`](Self::pending) gave.
    pub unsafe fn resume(&mut self, outcome: Option<HostOutcome>) -> Result<Progress, ExecError> {
        if self.run.is_none() {
            return host_ended(outcome.unwrap_or(HostOutcome::Trap(Trap::Unreachable)));
        }
        // SAFETY: the caller's.
        unsafe {
            self.go(|ctx, _, _, _| {
                let handler = (*ctx).unpause(outcome);
                let status = handler.map_or(CONTINUE, |handler| (*ctx).regs.tail(handler));
                if status == CONTINUE { run((*ctx).regs) } else { status }
            })
        }
    }

    /// Goes over to the stack of its own for as long as `f` takes, which runs the machine.
    unsafe fn go(
        &mut self,
        f: impl FnOnce(*mut Ctx, *const FuncInst, *mut u64, &mut [u64]) -> u64,
    ) -> Result<Progress, ExecError> {
        let Some(Run { ctx, stack, frames }) = &mut self.run else { return Ok(Progress::Done) };
        let ctx = &raw mut **ctx;
        // SAFETY: the caller's; what the store and the thread are told is taken back below.
        unsafe {
            let (mut store, mut thread) = ((*ctx).store, (*ctx).thread);
            store.as_mut().set_aside();
            let outer = thread.as_mut().go_over(stack, self.depth);
            (*ctx).parent = thread.as_ref().current;
            thread.as_mut().current = ctx;
            stack.set_used(0);
            let status = f(ctx, self.func.as_ptr(), stack.base.as_ptr(), &mut self.slots);
            let result = match status {
                DONE => {
                    read_results(ctx, self.func.as_ptr(), stack.base.as_ptr(), &mut self.slots);
                    Ok(Progress::Done)
                }
                SUSPENDED => {
                    stack.set_used((*ctx).pause.end.offset_from(stack.base.as_ptr()) as usize);
                    Ok(Progress::Suspended((*ctx).pause.why))
                }
                _ => Err(explain((*ctx).take_failure(), &*ctx)),
            };
            // The one that it was nested in may be over when it goes on.
            (*ctx).parent = std::ptr::null();
            self.depth = thread.as_mut().go_back(&outer);
            store.as_mut().take_back();
            if !matches!(result, Ok(Progress::Suspended(_))) {
                store.as_mut().remove_suspended(frames);
            }
            result
        }
    }
}

/// What has become of a call of a function of the host from the host.
fn host_ended(outcome: HostOutcome) -> Result<Progress, ExecError> {
    match outcome {
        HostOutcome::Done => Ok(Progress::Done),
        HostOutcome::Pending => Ok(Progress::Suspended(Suspension::Host)),
        outcome => Err(host_error(outcome)),
    }
}

impl fmt::Debug for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Activation").field("depth", &self.depth).finish_non_exhaustive()
    }
}
