//! Calls and returns.
//!
//! The last word of every call is: offset of the new frame in bytes (32 bits), slot in it for the return
//! address (16 bits), index slot (16 bits). A return finds the offset there, through the return address.

use super::operand::{Src, Value};
use super::state::{CONTINUE, DONE, FAILED, Handler, Regs, SUSPENDED, handlers};
use crate::code::{Cell, Header, Word};
use crate::ctx::{Ctx, Failure, Saved, Suspension};
use crate::trace::{TraceEvent, trace_host};
use crate::unwind::{Thrown, throw_from_tail, throw_ref};
use std::ptr::NonNull;
use terrane_runtime::numerics::V128;
use terrane_runtime::{FuncInst, FuncKind, HostCall, HostOutcome, Trap};

/// The frame offset in the last word of the call that `ret` returns to.
///
/// # Safety
/// `ret` is a return address.
#[inline(always)]
pub(crate) unsafe fn frame_offset(ret: *const Word) -> usize {
    // SAFETY: *code-valid*: a call's last word stands before its return address.
    unsafe { ret.sub(1).cast::<u32>().read() as usize }
}

/// Two words that stand for a call whose return does something special.
#[repr(C)]
pub(crate) struct Landing([Word; 2]);

// SAFETY: nothing in it changes.
unsafe impl Sync for Landing {}

/// Where the outermost frame returns to.
pub(crate) static HALT: Landing = Landing([Word { raw: 0 }, Word { handler: halt }]);
/// Where a frame returns to that was called from another instance.
pub(crate) static CROSS: Landing = Landing([Word { raw: 0 }, Word { handler: cross_return }]);

impl Landing {
    /// The return address.
    #[inline]
    pub(crate) fn ret(&'static self) -> *const Word {
        &raw const self.0[1]
    }

    /// The return address as a slot holds it.
    #[inline]
    pub(crate) fn link(&'static self) -> u64 {
        self.ret().expose_provenance() as u64
    }
}

/// A return address out of a slot.
#[inline(always)]
pub(crate) fn ret_of(link: u64) -> *const Word {
    std::ptr::with_exposed_provenance(link as usize)
}

/// Goes on in the function whose cell is `cell`, returning to `ret`. The new frame is where the last word
/// of the running call, which has `WORDS` words, says.
#[inline(always)]
unsafe fn enter<const WORDS: usize>(mut s: Regs, cell: *const Cell, ret: u64) -> u64 {
    // SAFETY: *code-valid*; the check establishes *frame-fits* for the callee.
    unsafe {
        // Written so that everything stays in registers that no caller wants kept.
        s.r1 = cell as u64;
        s.fp = super::opaque(s.fp.byte_add(s.field::<u32>(WORDS * 8 - 8) as usize)).cast_mut();
        let header: *const Header = (*cell).get();
        if s.fp as usize + (*header).frame as usize > (*s.ctx).stack_end as usize {
            s.fp = s.fp.byte_sub(s.field::<u32>(WORDS * 8 - 8) as usize);
            return s.tail(enter_slow);
        }
        *s.fp.add(usize::from(s.field::<u16>(WORDS * 8 - 4))) = ret;
        s.ip = header.add(1).cast();
        s.dispatch()
    }
}

/// Calls a function that may be of any instance, or the host's.
#[inline(always)]
unsafe fn call_func<const WORDS: usize>(mut s: Regs, func: NonNull<FuncInst>) -> u64 {
    // SAFETY: *code-valid*; functions live as long as the store.
    unsafe {
        let func = func.as_ptr();
        if (*func).instance != (*s.ctx).instance {
            s.r1 = func as u64;
            return s.tail(call_foreign::<WORDS>);
        }
        let ret = s.ip.add(WORDS).expose_provenance() as u64;
        enter::<WORDS>(s, (*func).code.cast(), ret)
    }
}

/// The function that a table has at an index, if it is of the right type.
#[inline(always)]
unsafe fn lookup(s: &Regs, i: u64) -> Result<NonNull<FuncInst>, Trap> {
    // SAFETY: as for `element`.
    unsafe {
        let func = element(s, i)?;
        if func.as_ref().ty.id() == s.field::<u32>(12) {
            Ok(func)
        } else {
            Err(Trap::IndirectCallTypeMismatch)
        }
    }
}

/// The function that a table has at an index.
#[inline(always)]
unsafe fn element(s: &Regs, i: u64) -> Result<NonNull<FuncInst>, Trap> {
    // SAFETY: the table's index is valid; what it holds lives as long as the store.
    unsafe {
        let table = (*s.ctx).table(s.field::<u32>(8));
        let elems = table.as_ref().elems();
        // Not by `usize::try_from`: with little optimisation its result has a place in memory, and a handler with
        // such a place does not end in a jump.
        if i >= elems.len() as u64 {
            return Err(Trap::UndefinedElement);
        }
        let r = *elems.get_unchecked(i as usize);
        NonNull::new(std::ptr::with_exposed_provenance_mut::<FuncInst>(r.0 as usize))
            .ok_or(Trap::UninitializedElement)
    }
}

/// The same, if the function's type is a subtype of the right one. Rare: types are final unless they say otherwise.
#[inline(never)]
unsafe fn lookup_subtype(s: &Regs, i: u64) -> Result<NonNull<FuncInst>, Trap> {
    // SAFETY: as for `element`.
    unsafe {
        let func = element(s, i)?;
        let info = func.as_ref().info();
        let wanted = s.field::<u32>(12);
        if info.def.id() == wanted || info.supers.iter().any(|sup| sup.id() == wanted) {
            Ok(func)
        } else {
            Err(Trap::IndirectCallTypeMismatch)
        }
    }
}

/// The function that a reference refers to.
#[inline(always)]
fn func_of(r: u64) -> Option<NonNull<FuncInst>> {
    NonNull::new(std::ptr::with_exposed_provenance_mut(r as usize))
}

/// Moves slots down the frame.
///
/// Not by `for`: in a build with debug assertions its iterator would keep a handler from ending in a jump.
/// They are few: one at a time is faster than many at once, with all that it takes to begin.
///
/// # Safety
/// The slots are in the frame, and `to` is not above `from`.
#[inline(always)]
unsafe fn move_down(mut to: *mut u64, mut from: *mut u64, len: usize) {
    // SAFETY: *frame-fits*.
    unsafe {
        let end = to.add(len);
        while to != end {
            *to = *from;
            (to, from) = (to.add(1), super::opaque(from.add(1)).cast_mut());
        }
    }
}

/// The slots of a tail call: first argument, number of words, old and new slot of the return address.
/// Fields: 32 bits at 16, 16 bits at 20, 22 and 24; the slot of an index at 26.
struct Tail {
    from: usize,
    len: usize,
    old_link: usize,
    new_link: usize,
}

impl Tail {
    #[inline(always)]
    unsafe fn of(s: &Regs) -> Self {
        // SAFETY: *code-valid*.
        unsafe {
            let field = |at| usize::from(s.field::<u16>(at));
            Self {
                from: s.field::<u32>(16) as usize,
                len: field(20),
                old_link: field(22),
                new_link: field(24),
            }
        }
    }

    /// Moves the arguments to where the callee expects them; the return address.
    #[inline(always)]
    unsafe fn shift(&self, fp: *mut u64) -> u64 {
        // SAFETY: *frame-fits*.
        unsafe {
            let ret = *fp.add(self.old_link);
            move_down(fp, fp.add(self.from), self.len);
            ret
        }
    }
}

/// Goes on in a function in place of the running one.
#[inline(always)]
unsafe fn tail_call_func(mut s: Regs, func: NonNull<FuncInst>) -> u64 {
    // SAFETY: as for `call_func`.
    unsafe {
        let func = func.as_ptr();
        if (*func).instance != (*s.ctx).instance {
            s.r1 = func as u64;
            return s.tail(tail_call_foreign);
        }
        tail_enter(s, (*func).code.cast())
    }
}

#[inline(always)]
unsafe fn tail_enter(mut s: Regs, cell: *const Cell) -> u64 {
    // SAFETY: as for `enter`.
    unsafe {
        let header: *const Header = (*cell).get();
        if s.fp as usize + (*header).frame as usize > (*s.ctx).stack_end as usize {
            s.r1 = cell as u64;
            return s.tail(enter_slow);
        }
        let tail = Tail::of(&s);
        let ret = tail.shift(s.fp);
        *s.fp.add(tail.new_link) = ret;
        s.ip = header.add(1).cast();
        s.dispatch()
    }
}

handlers! {
    /// Cell at 8.
    fn call [] (s) {
        let ret = s.ip.add(3).expose_provenance() as u64;
        enter::<3>(s, s.field::<*const Cell>(8), ret)
    }

    /// An imported function, by its index at 8.
    fn call_import [] (s) {
        let func = (*s.ctx).func(s.field::<u32>(8));
        call_func::<3>(s, func)
    }

    /// Table at 8, type at 12.
    fn call_indirect [A: Src] (s) {
        match lookup(&s, A::get::<u64>(&s)) {
            Ok(func) => call_func::<3>(s, func),
            Err(_) => s.tail(call_subtype::<A>),
        }
    }

    #[cold]
    #[inline(never)]
    fn call_subtype [A: Src] (s) {
        match lookup_subtype(&s, A::get::<u64>(&s)) {
            Ok(func) => call_func::<3>(s, func),
            Err(trap) => s.trap(trap),
        }
    }

    fn call_ref [A: Src] (s) {
        match func_of(A::get::<u64>(&s)) {
            Some(func) => call_func::<3>(s, func),
            None => s.trap(Trap::NullFunctionReference),
        }
    }

    /// Cell at 8.
    fn return_call [] (s) {
        tail_enter(s, s.field::<*const Cell>(8))
    }

    fn return_call_import [] (s) {
        let func = (*s.ctx).func(s.field::<u32>(8));
        tail_call_func(s, func)
    }

    fn return_call_indirect [A: Src] (s) {
        match lookup(&s, A::get::<u64>(&s)) {
            Ok(func) => tail_call_func(s, func),
            Err(_) => s.tail(return_call_subtype::<A>),
        }
    }

    #[cold]
    #[inline(never)]
    fn return_call_subtype [A: Src] (s) {
        match lookup_subtype(&s, A::get::<u64>(&s)) {
            Ok(func) => tail_call_func(s, func),
            Err(trap) => s.trap(trap),
        }
    }

    fn return_call_ref [A: Src] (s) {
        match func_of(A::get::<u64>(&s)) {
            Some(func) => tail_call_func(s, func),
            None => s.trap(Trap::NullFunctionReference),
        }
    }

    /// The result, if there is one, is in its accumulator. Return address in slot 8.
    fn ret [] (s) {
        let ret = ret_of(*s.slot(8));
        s.fp = s.fp.byte_sub(frame_offset(ret));
        s.ip = ret;
        s.dispatch()
    }

    /// The result is in slot 10, or an immediate.
    fn ret_value [V: Value, A: Src] (s) {
        A::get::<V>(&s).to_reg(&mut s);
        let ret = ret_of(*s.slot(8));
        s.fp = s.fp.byte_sub(frame_offset(ret));
        s.ip = ret;
        s.dispatch()
    }

    /// Several results: as many words as the number at 10, from the slot at 12 (32 bits) on.
    fn ret_many [] (s) {
        let ret = ret_of(*s.slot(8));
        let from = s.fp.add(s.field::<u32>(12) as usize);
        move_down(s.fp, from, usize::from(s.field::<u16>(10)));
        s.fp = s.fp.byte_sub(frame_offset(ret));
        s.ip = ret;
        s.dispatch()
    }

    /// Ends the run.
    fn halt [] (s) {
        (*s.ctx).regs = s;
        DONE
    }

    /// Goes back to the instance that made the call.
    #[inline(never)]
    fn cross_return [] (s) {
        let Saved { ip, fp, instance } = (*s.ctx).leave();
        (s.ip, s.fp) = (ip, fp);
        s.mem = (*s.ctx).enter(instance);
        s.dispatch()
    }

    /// The callee is not lowered yet, or there is no room for its frame. Its cell is in `r1`.
    #[cold]
    #[inline(never)]
    fn enter_slow [] (s) {
        let cell = s.r1 as *const Cell;
        if !(*cell).is_lazy() {
            return s.trap(Trap::CallStackExhausted);
        }
        if (*s.ctx).compile(cell) {
            return s.dispatch();
        }
        s.tail(super::memory::failed)
    }

    /// Calls the function in `r1`, which is the host's or another instance's.
    #[inline(never)]
    fn call_foreign [const WORDS: usize] (s) {
        let func = s.r1 as *const FuncInst;
        let fp = s.fp.byte_add(s.field::<u32>(WORDS * 8 - 8) as usize);
        let ret = s.ip.add(WORDS);
        if (*func).instance.is_null() {
            (*s.ctx).regs = s;
            s.r1 = call_host(s.ctx, func, fp, None);
            if s.r1 != DONE {
                return s.tail(host_stopped::<WORDS>);
            }
            s.r0 = *fp;
            s.f0 = f64::load(fp);
            s.s0 = f32::load(fp);
            s.v0 = V128::load(fp);
            s.mem = (*s.ctx).reload_memory();
            s.ip = ret;
            return s.dispatch();
        }
        let cell: *const Cell = (*func).code.cast();
        if !room(&s, cell, fp) {
            return if (*cell).is_lazy() && compile_foreign(&s, func) {
                s.dispatch()
            } else {
                s.tail(foreign_failed)
            };
        }
        (*s.ctx).save(Saved { ip: ret, fp: s.fp, instance: (*s.ctx).instance });
        s.mem = (*s.ctx).enter((*func).instance);
        enter::<WORDS>(s, cell, CROSS.link())
    }

    /// Goes on in the function in `r1`, which is the host's or another instance's, in place of the
    /// running one.
    #[inline(never)]
    fn tail_call_foreign [] (s) {
        let func = s.r1 as *const FuncInst;
        let tail = Tail::of(&s);
        if (*func).instance.is_null() {
            let ret = *s.fp.add(tail.old_link);
            (*s.ctx).regs = s;
            s.r1 = call_host(s.ctx, func, s.fp.add(tail.from), Some(tail.old_link as u16));
            if s.r1 != DONE {
                return s.tail(host_stopped::<0>);
            }
            let results = s.fp.add(tail.from);
            s.r0 = *results;
            s.f0 = f64::load(results);
            s.s0 = f32::load(results);
            s.v0 = V128::load(results);
            std::ptr::copy(results, s.fp, (*func).slots as usize);
            s.mem = (*s.ctx).reload_memory();
            s.ip = ret_of(ret);
            s.fp = s.fp.byte_sub(frame_offset(s.ip));
            return s.dispatch();
        }
        let cell: *const Cell = (*func).code.cast();
        if !room(&s, cell, s.fp) {
            return if (*cell).is_lazy() && compile_foreign(&s, func) {
                s.dispatch()
            } else {
                s.tail(foreign_failed)
            };
        }
        let ret = tail.shift(s.fp);
        if ret != CROSS.link() {
            let ret = ret_of(ret);
            let fp = s.fp.byte_sub(frame_offset(ret));
            (*s.ctx).save(Saved { ip: ret, fp, instance: (*s.ctx).instance });
        }
        s.mem = (*s.ctx).enter((*func).instance);
        *s.fp.add(tail.new_link) = CROSS.link();
        s.ip = (*cell).get().add(1).cast();
        s.dispatch()
    }

    /// A function of the host failed, is not done yet, or threw an exception that is caught: `r1` says which. It was
    /// called by an instruction of `WORDS` words, or, if these are 0, in place of the running function.
    #[cold]
    #[inline(never)]
    fn host_stopped [const WORDS: usize] (s) {
        if s.r1 == CONTINUE {
            return (*s.ctx).regs.dispatch();
        }
        // To go on is to make the call again, for which its outcome is there then.
        (*s.ctx).pause.handler = Some(if WORDS == 0 { tail_call_foreign } else { call_foreign::<WORDS> });
        s.r1
    }

    /// A call to another instance could not be made: for want of room, or because compiling failed.
    #[cold]
    #[inline(never)]
    fn foreign_failed [] (s) {
        if (*s.ctx).has_failed() { s.tail(super::memory::failed) } else { s.trap(Trap::CallStackExhausted) }
    }
}

/// Is there room for the frame of a function that is lowered?
unsafe fn room(s: &Regs, cell: *const Cell, fp: *mut u64) -> bool {
    // SAFETY: *code-valid*.
    unsafe { fp as usize + (*(*cell).get()).frame as usize <= (*s.ctx).stack_end as usize }
}

/// Lowers a function of another instance.
#[cold]
#[inline(never)]
unsafe fn compile_foreign(s: &Regs, func: *const FuncInst) -> bool {
    // SAFETY: the function's instance keeps its cell alive.
    unsafe { (*s.ctx).compile_in((*func).instance, (*func).code.cast()) }
}

/// Calls a function of the host with its arguments at `fp`, where its results go. The registers are in `ctx`: a handler
/// that lent them out would keep a stack frame for them, and not end in a jump. In place of the running function, if
/// `tail` says in which slot the return address of that is.
///
/// [`DONE`]; or [`FAILED`]; or [`SUSPENDED`]; or [`CONTINUE`], where an exception that the function threw is caught.
#[inline(never)]
unsafe fn call_host(ctx: *mut Ctx, func: *const FuncInst, fp: *mut u64, tail: Option<u16>) -> u64 {
    // SAFETY: the slots are above everything that is in use, and checked to be inside the stack.
    unsafe {
        let regs = (*ctx).regs;
        let len = (*func).slots as usize;
        // The first two slots are read as the result, if there is one or not.
        if fp as usize + len.max(2) * 8 > (*ctx).stack_end as usize {
            (*ctx).fail(regs, Failure::Trap(Trap::CallStackExhausted));
            return FAILED;
        }
        let FuncKind::Host(host) = &(*func).kind else { unreachable!("only the host's have no instance") };
        (*(*ctx).thread.as_ptr()).top = fp.add(len);
        (*ctx).park(fp.add(len));
        let outcome = if (*ctx).pause.outcome.is_some() {
            resumed(ctx, func)
        } else {
            let (store, caller) = ((*ctx).store, NonNull::new((*ctx).instance.cast_mut()));
            let slots = std::slice::from_raw_parts_mut(fp, len);
            host.call(HostCall { store, caller, can_suspend: (*ctx).pause.allowed, slots })
        };
        let failure = match outcome {
            HostOutcome::Done => return DONE,
            HostOutcome::Pending if !(*ctx).pause.allowed => {
                Failure::Host("a function of the host waits where it must not".into())
            }
            HostOutcome::Pending => {
                let pause = &mut (*ctx).pause;
                (pause.why, pause.end) = (Suspension::Host, fp.add(len));
                pause.host = Some((NonNull::new_unchecked(func.cast_mut()), fp));
                return SUSPENDED;
            }
            HostOutcome::Trap(trap) => Failure::Trap(trap),
            HostOutcome::Error(error) => Failure::Host(error),
            HostOutcome::Exception(exn) => {
                let thrown = match tail {
                    Some(link) => throw_from_tail(ctx, exn, link),
                    None => throw_ref(ctx, exn),
                };
                return if thrown == Thrown::Caught { CONTINUE } else { FAILED };
            }
        };
        (*ctx).fail(regs, failure);
        FAILED
    }
}

/// How the function of the host has ended for which the run had stopped.
#[cold]
#[inline(never)]
unsafe fn resumed(ctx: *mut Ctx, func: *const FuncInst) -> HostOutcome {
    // SAFETY: the caller's; the thread outlives the run.
    unsafe {
        let outcome = (*ctx).pause.outcome.take().unwrap_or(HostOutcome::Trap(Trap::Unreachable));
        let thread = (*ctx).thread;
        let event = TraceEvent::HostReturn((*func).addr, matches!(outcome, HostOutcome::Done));
        if thread.as_ref().tracer.is_some() && trace_host(thread, &event) {
            // Never seen: who called the guest goes on with the tracer's panic.
            return HostOutcome::Trap(Trap::Unreachable);
        }
        outcome
    }
}

/// The handlers that return one value of a type: from a slot, from an immediate.
pub(crate) const fn ret_values<V: Value>() -> [Handler; 2] {
    [ret_value::<V, super::operand::Slot<10>>, ret_value::<V, super::operand::Wide<16>>]
}
