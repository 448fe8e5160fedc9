//! Throwing: finding out who catches an exception, and going on there.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/instructions.html#exec-throw-ref)

use crate::catches::Clause;
use crate::code::Place;
use crate::ctx::{Ctx, Failure, code_of};
use crate::frames::Frames;
use crate::trace;
use terrane_runtime::{ExnInst, Ref, TagAddr, Trap};

/// What became of an exception: the machine goes on with the registers in [`Ctx`], or the run is over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thrown {
    Caught,
    Uncaught,
}

/// Who catches an exception.
struct Catcher {
    place: Place,
    clause: Clause,
    fp: *mut u64,
    instance: *const terrane_runtime::ModuleInst,
    crossings: usize,
    /// How many counted calls end with that.
    left: u32,
}

/// Throws an exception of a tag of the running instance, which carries what is in the slots from `payload` on.
///
/// # Safety
/// The machine stands still, in an instruction that throws, its registers in `ctx`. The instance has such a tag.
pub(crate) unsafe fn throw(ctx: *mut Ctx, tag: usize, payload: *const u64) -> Thrown {
    // SAFETY: the caller's; the store is the run's.
    unsafe {
        let tag = (&(*(*ctx).instance).tags)[tag];
        let words = (*ctx).store.as_ref().tag(tag).words();
        // Behind what it carries there is nothing: that is where the frames end.
        (*ctx).park(payload.add(words));
        let payload = std::slice::from_raw_parts(payload, words);
        match (*ctx).store.as_mut().alloc_exn(tag, payload) {
            Ok(exn) => throw_ref(ctx, exn),
            Err(trap) => fail(ctx, Failure::Trap(trap)),
        }
    }
}

/// Throws an exception, or traps if it is null.
///
/// # Safety
/// The machine stands still, in an instruction that throws or calls, its registers in `ctx`. The exception is of
/// the run's store.
pub(crate) unsafe fn throw_ref(ctx: *mut Ctx, exn: Ref) -> Thrown {
    // SAFETY: the caller's.
    unsafe {
        let Some(inst) = (*ctx).store.as_ref().exn(exn) else {
            return fail(ctx, Failure::Trap(Trap::NullExceptionReference));
        };
        let catcher = find(&*ctx, inst.tag(), None);
        trace::thrown(&mut *ctx, inst.tag(), catcher.as_ref().map(|catcher| catcher.fp));
        match catcher {
            Some(catcher) => catch(&mut *ctx, exn, inst, &catcher),
            None => fail(ctx, Failure::Exception(exn)),
        }
    }
}

/// Throws an exception out of a function that was called in place of the running one, whose frame it has left:
/// the return address is in slot `link`.
///
/// # Safety
/// As for [`throw_ref`].
pub(crate) unsafe fn throw_from_tail(ctx: *mut Ctx, exn: Ref, link: u16) -> Thrown {
    // SAFETY: the caller's.
    unsafe {
        let inst = (*ctx).store.as_ref().exn(exn).expect("functions of the host throw exceptions, not null");
        let catcher = find(&*ctx, inst.tag(), Some(link));
        trace::thrown(&mut *ctx, inst.tag(), catcher.as_ref().map(|catcher| catcher.fp));
        match catcher {
            Some(catcher) => catch(&mut *ctx, exn, inst, &catcher),
            None => fail(ctx, Failure::Exception(exn)),
        }
    }
}

#[cold]
unsafe fn fail(ctx: *mut Ctx, failure: Failure) -> Thrown {
    // SAFETY: the caller's.
    unsafe {
        let regs = (*ctx).regs;
        (*ctx).fail(regs, failure);
    }
    Thrown::Uncaught
}

/// Looks for who catches an exception of a tag, from the innermost frame outwards; with `left`, from the caller of
/// the innermost frame, whose return address is in that slot. Nothing is changed.
unsafe fn find(ctx: &Ctx, tag: TagAddr, left: Option<u16>) -> Option<Catcher> {
    let mut frames = Frames::innermost(ctx);
    let mut calls = 0;
    // SAFETY: the machine stands still, so its frames are whole.
    unsafe {
        if let Some(link) = left
            && !frames.caller(link)
        {
            return None;
        }
        loop {
            let place = frames.place()?;
            let instance = &*frames.instance;
            if let Some(clause) =
                place.catches.and_then(|catches| (*catches).find(place.at, |x| instance.tags[x] == tag))
            {
                let Frames { fp, instance, crossings, .. } = frames;
                return Some(Catcher { place, clause: *clause, fp, instance, crossings, left: calls });
            }
            calls += u32::from(code_of(instance).config().max_call_depth.is_some());
            if !frames.caller((*place.header).link) {
                return None;
            }
        }
    }
}

/// Goes on where an exception is caught: with what it carries in the slots that the clause says.
unsafe fn catch(ctx: &mut Ctx, exn: Ref, inst: &ExnInst, catcher: &Catcher) -> Thrown {
    // SAFETY: *frame-fits*: the lowering has made room for the slots of its clauses.
    unsafe {
        let fp = catcher.fp;
        if let Some(slot) = catcher.clause.payload {
            let payload = inst.payload();
            fp.add(slot as usize).copy_from_nonoverlapping(payload.as_ptr(), payload.len());
        }
        if let Some(slot) = catcher.clause.exn {
            *fp.add(slot as usize) = exn.0;
        }
        ctx.thread.as_mut().depth -= catcher.left;
        ctx.leave_to(catcher.crossings);
        ctx.regs.mem = ctx.enter(catcher.instance);
        ctx.regs.fp = fp;
        ctx.regs.ip = catcher.place.header.cast::<crate::code::Word>().add(catcher.clause.target());
    }
    Thrown::Caught
}
