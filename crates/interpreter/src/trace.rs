//! Tracing: telling somebody what runs do, step by step.
//!
//! Code that is compiled for it has instructions that do nothing else; other code knows nothing of it.

use crate::ctx::{Ctx, Failure};
use crate::thread::Thread;
use std::any::Any;
use std::ops::ControlFlow;
use std::ptr::NonNull;
use terrane_runtime::{FuncAddr, ModuleInst, TagAddr, Trap};
use terrane_syntax::{FuncIdx, LabelIdx, MemIdx, Opcode};

/// Somebody who is told what the runs of a [`Thread`] do.
///
/// Every [`TraceEvent::Call`] is followed by one [`TraceEvent::Return`], and they nest, also when a run fails or an
/// exception leaves functions. Only a run that is dropped before it has ended leaves calls without a return. Functions
/// of the host are told of by whoever made them, with [`trace_host`].
pub trait Trace: Any + Send {
    /// Something happens at `place`, which is missing if a run traps before its first function begins.
    ///
    /// With [`ControlFlow::Break`] the run ends as if it trapped; nothing that a run that is ending anyway can heed.
    fn event(&mut self, place: Option<TracePlace<'_>>, event: &TraceEvent) -> ControlFlow<()>;
}

/// Where something happens: in the innermost function of a guest.
#[derive(Clone, Copy)]
pub struct TracePlace<'a> {
    /// Whose function it is.
    pub instance: &'a ModuleInst,
    /// The function, by its index.
    pub func: FuncIdx,
    /// Where in the module the instruction is that began last in this call, in bytes.
    pub offset: usize,
    /// How many functions of guests are under way, this one counted, in this run and in those that wait for it.
    pub depth: usize,
}

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceEvent {
    /// An instruction begins.
    Instr(Opcode),
    /// A branch is decided. An `if` has no label.
    Branch {
        /// Is it taken? An `if` is, if its condition holds.
        taken: bool,
        /// Where it leads.
        label: Option<LabelIdx>,
    },
    /// An instruction is about to access a memory, or to trap because it cannot.
    Access {
        /// Which memory.
        memory: MemIdx,
        /// The first byte, the instruction's offset added.
        address: u64,
        /// How many bytes.
        len: u64,
        /// What for.
        kind: AccessKind,
    },
    /// A function of a guest begins.
    Call,
    /// A function of a guest ends.
    Return(Ending),
    /// A function of the host begins.
    HostCall(FuncAddr),
    /// A function of the host ends; did it return?
    HostReturn(FuncAddr, bool),
    /// An exception is thrown.
    Throw {
        /// Of which tag.
        tag: TagAddr,
        /// Will a function of this run go on with it?
        caught: bool,
    },
    /// The run traps.
    Trap(Trap),
}

/// What an instruction does with bytes of a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessKind {
    /// It reads them.
    Load,
    /// It writes them.
    Store,
    /// It reads and then writes them, in one atomic step.
    Update,
}

/// How a function ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// It returns.
    Return,
    /// It calls another one in its place.
    TailCall,
    /// An exception, a trap or a failure of the host leaves it.
    Unwind,
}

/// A function under way.
pub(crate) struct Traced {
    pub(crate) instance: *const ModuleInst,
    pub(crate) func: FuncIdx,
    pub(crate) offset: u32,
    pub(crate) fp: *mut u64,
    /// Is it about to call another function in its place?
    pub(crate) tail: bool,
}

/// The functions under way.
unsafe fn functions<'c>(ctx: *mut Ctx) -> &'c mut Vec<Traced> {
    // SAFETY: the caller's.
    unsafe { &mut (*ctx).traced }
}

/// Tells the thread's tracer, if it has one, of something in a run; whether the run is to end.
///
/// # Safety
/// The machine stands still, its registers in `ctx`.
pub(crate) unsafe fn tell(ctx: *mut Ctx, event: &TraceEvent) -> bool {
    // SAFETY: the caller's; the thread outlives the run, and nothing else uses its tracer.
    unsafe {
        let flow = event_in((*ctx).thread, ctx, event);
        if flow.is_break() && !(*ctx).has_failed() {
            let regs = (*ctx).regs;
            // Who wanted it knows why.
            (*ctx).fail(regs, Failure::Trap(Trap::Unreachable));
        }
        flow.is_break()
    }
}

/// Tells of something in the run of `ctx`, or outside of any if that is null.
#[inline(never)]
unsafe fn event_in(thread: NonNull<Thread>, ctx: *const Ctx, event: &TraceEvent) -> ControlFlow<()> {
    // SAFETY: the caller's; instances live as long as the store.
    unsafe {
        let Some(tracer) = &mut (*thread.as_ptr()).tracer else { return ControlFlow::Continue(()) };
        let place = |traced: &Traced| TracePlace {
            instance: &*traced.instance,
            func: traced.func,
            offset: traced.offset as usize,
            depth: depth(ctx),
        };
        let traced = ctx.as_ref().and_then(|ctx| ctx.traced.last());
        tracer.event(traced.map(place), event)
    }
}

/// How many functions are under way in a run and in those that it is nested in.
unsafe fn depth(ctx: *const Ctx) -> usize {
    let mut depth = 0;
    // SAFETY: the caller's; who made a run waits for it.
    let mut next = unsafe { ctx.as_ref() };
    while let Some(ctx) = next {
        depth += ctx.traced.len();
        // SAFETY: as above.
        next = unsafe { ctx.parent.as_ref() };
    }
    depth
}

/// Tells of a call that a guest makes of a function of the host: of its beginning, or of its end. `true` if the run
/// is to end.
///
/// # Safety
/// The thread is valid, its innermost run waits for that function, and its tracer is not in use.
pub unsafe fn trace_host(thread: NonNull<Thread>, event: &TraceEvent) -> bool {
    // SAFETY: the caller's.
    unsafe {
        let ctx = (*thread.as_ptr()).current.cast_mut();
        let stop = event_in(thread, ctx, event).is_break();
        let replaced = functions(ctx).last().is_some_and(|traced| traced.tail);
        if replaced && matches!(event, TraceEvent::HostReturn(_, true)) {
            return end_func(ctx, Ending::TailCall) | stop;
        }
        stop
    }
}

/// An instruction begins.
pub(crate) unsafe fn begin_instr(ctx: *mut Ctx, opcode: Opcode, offset: u32) -> bool {
    // SAFETY: the caller's.
    unsafe {
        if let Some(traced) = functions(ctx).last_mut() {
            traced.offset = offset;
        }
        tell(ctx, &TraceEvent::Instr(opcode))
    }
}

/// A function begins, whose first instruction is at `offset`.
pub(crate) unsafe fn begin_func(ctx: *mut Ctx, func: FuncIdx, offset: u32) -> bool {
    // SAFETY: the caller's.
    unsafe {
        let replaced = functions(ctx).last().is_some_and(|traced| traced.tail);
        let stop = replaced && end_func(ctx, Ending::TailCall);
        let (instance, fp) = ((*ctx).instance, (*ctx).regs.fp);
        functions(ctx).push(Traced { instance, func, offset, fp, tail: false });
        tell(ctx, &TraceEvent::Call) | stop
    }
}

/// The innermost function ends.
pub(crate) unsafe fn end_func(ctx: *mut Ctx, ending: Ending) -> bool {
    // SAFETY: the caller's.
    unsafe {
        let stop = tell(ctx, &TraceEvent::Return(ending));
        functions(ctx).pop();
        stop
    }
}

/// The innermost function is about to call another one in its place. It ends when that begins.
pub(crate) unsafe fn begin_tail_call(ctx: *mut Ctx) {
    // SAFETY: the caller's.
    if let Some(traced) = unsafe { functions(ctx).last_mut() } {
        traced.tail = true;
    }
}

/// An exception of `tag` is thrown, which the function whose frame is at `catcher` goes on with, if there is one.
pub(crate) fn thrown(ctx: &mut Ctx, tag: TagAddr, catcher: Option<*mut u64>) {
    if ctx.traced.is_empty() {
        return;
    }
    // SAFETY: the machine stands still, as its frames are being looked at.
    unsafe {
        tell(ctx, &TraceEvent::Throw { tag, caught: catcher.is_some() });
        while ctx.traced.last().is_some_and(|traced| catcher.is_some_and(|fp| fp != traced.fp)) {
            end_func(ctx, Ending::Unwind);
        }
    }
}

/// The run has failed.
pub(crate) fn failed(ctx: &mut Ctx, failure: &Failure) {
    // SAFETY: the run is over.
    unsafe {
        if let Failure::Trap(trap) = failure {
            tell(ctx, &TraceEvent::Trap(*trap));
        }
        while !ctx.traced.is_empty() {
            end_func(ctx, Ending::Unwind);
        }
    }
}
