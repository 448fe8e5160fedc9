//! Instructions that are compiled in to tell a tracer what those behind them do. They leave everything as it is.

use super::state::{FAILED, Regs, handlers};
use crate::ctx::Ctx;
use crate::trace::{
    AccessKind, Ending, TraceEvent, begin_func, begin_instr, begin_tail_call, end_func, tell,
};
use terrane_syntax::{FuncIdx, LabelIdx, MemIdx, Opcode};

/// How an [`AccessKind`] is written in a field.
pub(crate) const KINDS: [AccessKind; 3] = [AccessKind::Load, AccessKind::Store, AccessKind::Update];

/// What an instruction tells.
pub(crate) trait Tell {
    /// Tells it, at the instruction at which the machine stands; how many words that has, and whether the run is to
    /// end.
    ///
    /// # Safety
    /// The registers, which are in `ctx`, are at such an instruction.
    unsafe fn tell(ctx: *mut Ctx, s: &Regs) -> (usize, bool);
}

handlers! {
    #[cold]
    #[inline(never)]
    fn trace [T: Tell] (s) {
        (*s.ctx).regs = s;
        match told::<T>(s.ctx) {
            0 => FAILED,
            words => (*s.ctx).regs.next(words),
        }
    }
}

/// Tells something; how many words to go on by, or 0 if the run is to end. A handler that did this itself would need a
/// stack frame.
#[inline(never)]
unsafe fn told<T: Tell>(ctx: *mut Ctx) -> usize {
    // SAFETY: the caller's.
    unsafe {
        let regs = (*ctx).regs;
        let (words, stop) = T::tell(ctx, &regs);
        if stop { 0 } else { words }
    }
}

/// The value of the slot whose number is the 32-bit field at `at`.
unsafe fn slot(s: &Regs, at: usize) -> u64 {
    // SAFETY: *code-valid*, *frame-fits*.
    unsafe { *s.fp.add(s.field::<u32>(at) as usize) }
}

/// An access of `len` bytes. Kind at 8, memory at 12, offset at 16, slot of the address at 24.
unsafe fn access(s: &Regs, len: u64) -> TraceEvent {
    // SAFETY: *code-valid*, *frame-fits*.
    unsafe {
        // Beyond all addresses an access traps in any case.
        let address = slot(s, 24).saturating_add(s.field::<u64>(16));
        let kind = KINDS[usize::from(s.field::<u16>(8))];
        TraceEvent::Access { memory: MemIdx(s.field(12)), address, len, kind }
    }
}

/// Defines what instructions tell.
macro_rules! tells {
    ($($(#[$attr:meta])* $name:ident ($ctx:ident, $s:ident) $body:block)*) => { $(
        $(#[$attr])*
        pub(crate) enum $name {}

        impl Tell for $name {
            unsafe fn tell($ctx: *mut Ctx, $s: &Regs) -> (usize, bool) {
                // SAFETY: the caller's; *code-valid*, *frame-fits*.
                unsafe { $body }
            }
        }
    )* };
}

tells! {
    /// First byte of the opcode at 8, what follows it at 10, byte offset at 12.
    Instr(ctx, s) {
        let opcode = Opcode::prefixed(s.field::<u16>(8) as u8, s.field(10));
        (2, begin_instr(ctx, opcode, s.field(12)))
    }

    /// Index of the function at 8, byte offset of its first instruction at 12.
    Call(ctx, s) {
        (2, begin_func(ctx, FuncIdx(s.field(8)), s.field(12)))
    }

    Return(ctx, _s) {
        (2, end_func(ctx, Ending::Return))
    }

    TailCall(ctx, _s) {
        begin_tail_call(ctx);
        (2, false)
    }

    /// At 8: is it taken? Label at 12.
    Branch(ctx, s) {
        let label = Some(LabelIdx(s.field(12)));
        (2, tell(ctx, &TraceEvent::Branch { taken: s.field::<u16>(8) != 0, label }))
    }

    /// Slot of the condition at 12.
    If(ctx, s) {
        let taken = slot(s, 12) as u32 != 0;
        (2, tell(ctx, &TraceEvent::Branch { taken, label: None }))
    }

    /// Number of words at 8, slot of the index at 12, number of labels before the default one at 16, then they.
    Table(ctx, s) {
        let i = (slot(s, 12) as u32).min(s.field(16));
        let label = Some(LabelIdx(s.field(20 + i as usize * 4)));
        (s.field::<u32>(8) as usize, tell(ctx, &TraceEvent::Branch { taken: true, label }))
    }

    /// Number of bytes at 28.
    Access(ctx, s) {
        (4, tell(ctx, &access(s, u64::from(s.field::<u32>(28)))))
    }

    /// Slot of the number of bytes at 28.
    Range(ctx, s) {
        (4, tell(ctx, &access(s, slot(s, 28))))
    }
}
