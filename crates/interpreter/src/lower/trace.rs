//! Instructions that tell a tracer what those behind them do.

use super::Lowering;
use super::control::Structure;
use crate::exec::state::Handler;
use crate::exec::trace as exec;
use crate::trace::AccessKind;
use terrane_syntax::{LabelIdx, MemArg, MemIdx, Opcode};

/// What an instruction does that a tracer is told of, beside that it begins.
pub(super) enum Watch<'a> {
    Nothing,
    /// It accesses that many bits of a memory; on top of the address there are that many operands.
    Access(AccessKind, MemArg, u32, usize),
    /// It accesses as many bytes as the top operand says, from addresses on that have so many operands above them.
    Ranges(&'a [(AccessKind, MemIdx, usize)]),
    If,
    Branch(LabelIdx),
    Table(&'a [LabelIdx], LabelIdx),
}

/// The bits of a type's values in memory.
macro_rules! bits {
    (I32) => {
        32
    };
    (I64) => {
        64
    };
    (F32) => {
        32
    };
    (F64) => {
        64
    };
}
pub(super) use bits;

/// What an instruction does that a tracer is told of, by its rule.
macro_rules! watch {
    (load ($t:tt) $m:ident) => {
        Watch::Access(AccessKind::Load, $m, bits!($t), 0)
    };
    (load_pack ($t:tt, $n:literal) $m:ident) => {
        Watch::Access(AccessKind::Load, $m, $n, 0)
    };
    (store ($t:tt) $m:ident) => {
        Watch::Access(AccessKind::Store, $m, bits!($t), 1)
    };
    (store_pack ($t:tt, $n:literal) $m:ident) => {
        Watch::Access(AccessKind::Store, $m, $n, 1)
    };
    (vload ($n:literal) $m:ident) => {
        Watch::Access(AccessKind::Load, $m, $n, 0)
    };
    (vstore () $m:ident) => {
        Watch::Access(AccessKind::Store, $m, 128, 1)
    };
    (vload_lane ($n:literal) $m:ident $l:ident) => {
        Watch::Access(AccessKind::Load, $m, $n, 1)
    };
    (vstore_lane ($n:literal) $m:ident $l:ident) => {
        Watch::Access(AccessKind::Store, $m, $n, 1)
    };
    (atomic_load ($t:tt, $n:literal) $m:ident) => {
        Watch::Access(AccessKind::Load, $m, $n, 0)
    };
    (atomic_store ($t:tt, $n:literal) $m:ident) => {
        Watch::Access(AccessKind::Store, $m, $n, 1)
    };
    (atomic_rmw ($t:tt, $n:literal) $m:ident) => {
        Watch::Access(AccessKind::Update, $m, $n, 1)
    };
    (atomic_cmpxchg ($t:tt, $n:literal) $m:ident) => {
        Watch::Access(AccessKind::Update, $m, $n, 2)
    };
    (atomic_wait ($t:tt, $n:literal) $m:ident) => {
        Watch::Access(AccessKind::Load, $m, $n, 2)
    };
    (memory_fill () $x:ident) => {
        Watch::Ranges(&[(AccessKind::Store, $x, 2)])
    };
    (memory_copy () $x:ident $y:ident) => {
        Watch::Ranges(&[(AccessKind::Load, $y, 1), (AccessKind::Store, $x, 2)])
    };
    (memory_init () $y:ident $x:ident) => {
        Watch::Ranges(&[(AccessKind::Store, $x, 2)])
    };
    (if_ () $bt:ident) => {
        Watch::If
    };
    (br () $l:ident) => {
        Watch::Branch($l)
    };
    (br_table () $ls:ident $l:ident) => {
        Watch::Table($ls, $l)
    };
    ($rule:ident $args:tt $($imm:ident)*) => {
        Watch::Nothing
    };
}
pub(super) use watch;

impl Lowering {
    /// Emits what tells of the instruction that is lowered next.
    #[cold]
    #[inline(never)]
    pub(super) fn trace(&mut self, offset: usize, opcode: Opcode, structure: Structure, watch: Watch<'_>) {
        // The binary format has no modules that are larger.
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        self.first_offset.get_or_insert(offset);
        if matches!(structure, Structure::Ends | Structure::Else) {
            // They stand for the structure, and are nothing that is executed.
            return;
        }
        let code = opcode.code().unwrap_or(0) as u16;
        self.emit(exec::trace::<exec::Instr>, opcode.first_byte().into(), code, offset);
        match watch {
            Watch::Nothing => (),
            Watch::Access(kind, m, bits, above) => {
                self.settle_top(above + 1);
                self.trace_access(exec::trace::<exec::Access>, kind, m, above, bits / 8);
            }
            Watch::Ranges(ranges) => {
                self.settle_top(3);
                let len = self.slot_below(0);
                for (kind, memory, above) in ranges {
                    let m = MemArg { memory: *memory, ..MemArg::default() };
                    self.trace_access(exec::trace::<exec::Range>, *kind, m, *above, len);
                }
            }
            Watch::If => {
                self.settle_top(1);
                let slot = self.slot_below(0);
                self.emit(exec::trace::<exec::If>, 0, 0, slot);
            }
            Watch::Branch(l) => {
                self.emit(exec::trace::<exec::Branch>, 1, 0, l.0);
            }
            Watch::Table(ls, l) => self.trace_table(ls, l),
        }
    }

    /// Emits what tells whether a branch to the block `i` is taken, where that is traced.
    pub(super) fn trace_branch(&mut self, i: usize, taken: bool) {
        if self.config.tracing {
            let label = self.ctrls.len() - 1 - i;
            self.emit(exec::trace::<exec::Branch>, taken.into(), 0, label as u32);
        }
    }

    fn trace_table(&mut self, ls: &[LabelIdx], l: LabelIdx) {
        self.settle_top(1);
        let slot = self.slot_below(0);
        let mut halves = vec![ls.len() as u32];
        halves.extend(ls.iter().chain([&l]).map(|l| l.0));
        let words = 2 + halves.len().div_ceil(2) as u32;
        self.emit(exec::trace::<exec::Table>, words as u16, (words >> 16) as u16, slot);
        for pair in halves.chunks(2) {
            let high = pair.get(1).copied().unwrap_or(0);
            self.raw(u64::from(pair[0]) | u64::from(high) << 32);
        }
    }

    /// Emits what tells of an access; `len` is the field for how long it is.
    fn trace_access(&mut self, handler: Handler, kind: AccessKind, m: MemArg, above: usize, len: u32) {
        let kind = exec::KINDS.iter().position(|other| *other == kind).unwrap_or(0);
        let slot = self.slot_below(above);
        self.emit(handler, kind as u16, 0, m.memory.0);
        self.raw(m.offset);
        self.raw(u64::from(slot) | u64::from(len) << 32);
    }

    /// Puts the top `n` entries into their slots.
    fn settle_top(&mut self, n: usize) {
        for i in (self.stack.len() - n..self.stack.len()).rev() {
            self.settle(i);
        }
    }

    /// The slot of the entry that has `above` entries above it.
    fn slot_below(&self, above: usize) -> u32 {
        self.stack[self.stack.len() - 1 - above].slot
    }
}
