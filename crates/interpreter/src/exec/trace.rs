//! Instructions that are compiled in to tell a tracer what those behind them do. They leave everything as it is.

use super::state::{FAILED, Regs, handlers};
use crate::trace::{
    AccessKind, Ending, TraceEvent, begin_func, begin_instr, begin_tail_call, end_func, tell,
};
use terrane_syntax::{FuncIdx, LabelIdx, MemIdx, Opcode};

/// How an [`AccessKind`] is written in a field.
pub(crate) const KINDS: [AccessKind; 3] = [AccessKind::Load, AccessKind::Store, AccessKind::Update];

/// Goes on after an instruction of `words` words, with the registers that are in `ctx`; or ends the run.
#[inline(always)]
unsafe fn go_on(s: Regs, stop: bool, words: usize) -> u64 {
    // SAFETY: *code-valid*; the registers are those of before.
    unsafe { if stop { FAILED } else { (*s.ctx).regs.next(words) } }
}

/// The 32-bit slot whose number is the field at `at`.
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

handlers! {
    /// First byte of the opcode at 8, what follows it at 10, byte offset at 12.
    #[cold]
    #[inline(never)]
    fn trace_instr [] (s) {
        (*s.ctx).regs = s;
        let opcode = Opcode::prefixed(s.field::<u16>(8) as u8, s.field(10));
        let stop = begin_instr(s.ctx, opcode, s.field(12));
        go_on(s, stop, 2)
    }

    /// Index of the function at 8, byte offset of its first instruction at 12.
    #[cold]
    #[inline(never)]
    fn trace_call [] (s) {
        (*s.ctx).regs = s;
        let stop = begin_func(s.ctx, FuncIdx(s.field(8)), s.field(12));
        go_on(s, stop, 2)
    }

    #[cold]
    #[inline(never)]
    fn trace_return [] (s) {
        (*s.ctx).regs = s;
        let stop = end_func(s.ctx, Ending::Return);
        go_on(s, stop, 2)
    }

    #[cold]
    #[inline(never)]
    fn trace_tail_call [] (s) {
        (*s.ctx).regs = s;
        begin_tail_call(s.ctx);
        go_on(s, false, 2)
    }

    /// At 8: is it taken? Label at 12.
    #[cold]
    #[inline(never)]
    fn trace_branch [] (s) {
        (*s.ctx).regs = s;
        let label = Some(LabelIdx(s.field(12)));
        let stop = tell(s.ctx, &TraceEvent::Branch { taken: s.field::<u16>(8) != 0, label });
        go_on(s, stop, 2)
    }

    /// Slot of the condition at 12.
    #[cold]
    #[inline(never)]
    fn trace_if [] (s) {
        (*s.ctx).regs = s;
        let taken = slot(&s, 12) as u32 != 0;
        let stop = tell(s.ctx, &TraceEvent::Branch { taken, label: None });
        go_on(s, stop, 2)
    }

    /// Number of words at 8, slot of the index at 12, number of labels before the default one at 16, then they.
    #[cold]
    #[inline(never)]
    fn trace_table [] (s) {
        (*s.ctx).regs = s;
        let i = (slot(&s, 12) as u32).min(s.field(16));
        let label = Some(LabelIdx(s.field(20 + i as usize * 4)));
        let stop = tell(s.ctx, &TraceEvent::Branch { taken: true, label });
        go_on(s, stop, (*s.ctx).regs.field::<u32>(8) as usize)
    }

    /// Number of bytes at 28.
    #[cold]
    #[inline(never)]
    fn trace_access [] (s) {
        (*s.ctx).regs = s;
        let stop = tell(s.ctx, &access(&s, u64::from(s.field::<u32>(28))));
        go_on(s, stop, 4)
    }

    /// Slot of the number of bytes at 28.
    #[cold]
    #[inline(never)]
    fn trace_range [] (s) {
        (*s.ctx).regs = s;
        let stop = tell(s.ctx, &access(&s, slot(&s, 28)));
        go_on(s, stop, 4)
    }
}
