//! Locals and globals.

use super::emit::{Copy, LastOp, Step};
use super::operand::{Entry, Opd, Place, Popped};
use super::{Lowering, NONE, class};
use crate::exec::numeric::{Binary, Pair};
use crate::exec::operand::{Class, Reg, Slot, ToBoth, ToReg, Value, Wide};
use crate::exec::ops::{self, Op2, Special};
use crate::exec::state::Handler;
use crate::exec::variable as exec;
use terrane_runtime::numerics::V128;
use terrane_syntax::{GlobalIdx, LocalIdx};
use terrane_validation::Context;

impl Lowering {
    /// Pushes a description of the local; it is read when it is used.
    pub(super) fn local_get(&mut self, x: LocalIdx) {
        let i = self.stack.len() as u32;
        let local = &mut self.locals[x.index()];
        local.needs_zero |= !local.written;
        let (class, below) = (local.class, local.pending);
        local.pending = i;
        self.push(class, Place::Local { x: x.0, below });
    }

    pub(super) fn local_set(&mut self, x: LocalIdx) {
        let entry = self.pop_entry();
        self.set_local(x.0, entry);
    }

    pub(super) fn local_tee(&mut self, x: LocalIdx) {
        self.local_set(x);
        self.local_get(x);
    }

    /// Gives a local a popped entry's value: best by having the instruction that made it write the local.
    fn set_local(&mut self, x: u32, entry: Entry) {
        self.mark_written(x);
        let Entry { place, class, slot } = entry;
        if matches!(place, Place::Local { x: y, .. } if x == y) {
            return;
        }
        let flushed = self.flush_pending(x);
        let local = &self.locals[x as usize];
        let (to, accessed) = (local.slot, local.accessed);
        let movable = |def: u32| !flushed && def != NONE && def >= self.region && accessed <= def;
        match place {
            Place::Acc { def, both: Some(both) } if movable(def) && self.fits(to) => {
                self.patch_dst(def, both, to);
                self.forget_slot(class, to);
                self.mirror[class as usize] = to;
                self.note_step(def, to);
                self.combine_adds();
                self.locals[x as usize].accessed = def;
                return;
            }
            Place::Slot { def } if movable(def) && self.fits(to) => {
                self.retarget(def, to);
                self.forget_slot(class, to);
                if self.mirror[class as usize] == slot {
                    self.mirror[class as usize] = to;
                }
                self.locals[x as usize].accessed = def;
                return;
            }
            Place::Acc { .. } => self.emit_copy(Copy::Reg(class), to),
            Place::Slot { .. } => self.set_from_slot(class, slot, to),
            Place::Const(bits) => self.emit_copy(Copy::Const(bits), to),
            Place::Local { x: y, .. } => {
                let from = self.read_local(y);
                self.set_from_slot(class, from, to);
            }
        }
        self.locals[x as usize].accessed = self.code.len() as u32;
    }

    fn set_from_slot(&mut self, class: Class, from: u32, to: u32) {
        if self.mirrored(class) == from {
            // The accumulator has both afterwards; remember the one that is likelier to be read.
            self.emit_copy(Copy::Reg(class), to);
        } else {
            self.emit_copy(Copy::Slot(class, from), to);
        }
    }

    /// Reads a local, for all entries that stand for it, before it is overwritten; whether there were any.
    fn flush_pending(&mut self, x: u32) -> bool {
        let any = self.locals[x as usize].pending != NONE;
        while self.locals[x as usize].pending != NONE {
            let i = self.locals[x as usize].pending;
            self.settle(i as usize);
        }
        any
    }

    /// Remembers an addition of a constant to a local in place, if that is what the last instruction is.
    fn note_step(&mut self, def: u32, slot: u32) {
        let Some(LastOp::Binary(op, a, Opd::Const(c))) = self.last_op(def) else { return };
        let by = match op.special {
            Special::Add32 => Some(c as u32 as i32),
            Special::Add64 => i32::try_from(c as i64).ok(),
            _ => None,
        };
        let in_place = a == Opd::Slot(slot) || a == Opd::Reg && self.last.mirror == slot;
        if let (Some(by), true) = (by, in_place) {
            self.last_step = Step { pos: def, end: self.code.len() as u32, slot, by, wide: op.wide };
        }
        // Its result is in a local now: it is not to be taken back.
        self.last.op = None;
    }

    /// Notes that a local is surely written from here on, until the end of the block.
    fn mark_written(&mut self, x: u32) {
        if !self.locals[x as usize].written {
            self.locals[x as usize].written = true;
            self.written.push(x);
        }
    }

    pub(super) fn global_get(&mut self, context: &Context, x: GlobalIdx) {
        let class = class(context.globals()[x.index()].val);
        if self.mirrored(class) == mirrored_global(x) {
            return self.push_acc(class, NONE, None);
        }
        self.emit_def(class, gets(class), 0, x.0, None);
        self.last.op = Some(LastOp::GlobalGet(x));
    }

    pub(super) fn global_set(&mut self, _context: &Context, x: GlobalIdx) {
        let a = self.pop();
        if let Some(LastOp::Binary(op, b, Opd::Const(c))) = self.last_op(a.def)
            && let Some((handlers, imm)) = global_adds(op, c)
        {
            self.take_back(Class::Int);
            return self.set_sum(handlers, b, imm, x);
        }
        let [slot, reg, wide] = sets(a.class);
        match self.near_opd(a.class, a.opd, 0) {
            Opd::Slot(a) => {
                let a = self.field(a);
                self.emit(slot, a, 0, x.0);
                self.forget_globals();
            }
            Opd::Reg => {
                self.emit(reg, 0, 0, x.0);
                self.forget_globals();
                if self.mirrored(a.class) == NONE {
                    self.mirror[a.class as usize] = mirrored_global(x);
                }
            }
            Opd::Const(bits) => {
                self.emit(wide, 0, 0, x.0);
                self.raw(bits);
                self.forget_globals();
            }
        }
    }

    /// Sets a global to the sum of an operand and a constant.
    fn set_sum(&mut self, handlers: &GlobalAdds, a: Opd, imm: i32, x: GlobalIdx) {
        let [slot, reg] = handlers.set;
        let (handler, a) = match self.near_opd(Class::Int, a, 0) {
            Opd::Slot(a) => (slot, self.field(a)),
            _ => (reg, 0),
        };
        self.emit(handler, a, 0, x.0);
        self.raw(u64::from(imm.cast_unsigned()));
        self.forget_globals();
    }

    /// Combines reading a global, just emitted, with the addition of a constant to it; was that possible?
    pub(super) fn global_plus(&mut self, op: &'static Binary, a: Popped, b: Popped) -> bool {
        let Opd::Const(c) = b.opd else { return false };
        let Some(LastOp::GlobalGet(x)) = self.last_op(a.def) else { return false };
        let Some((handlers, imm)) = global_adds(op, c) else { return false };
        self.take_back(Class::Int);
        self.emit_def(Class::Int, handlers.get, 0, x.0, Some(u64::from(imm.cast_unsigned())));
        true
    }

    /// The accumulators mirror globals no more: one may be the same as another, under another index.
    pub(super) fn forget_globals(&mut self) {
        for mirror in &mut self.mirror {
            if *mirror != NONE && *mirror >= GLOBALS {
                *mirror = NONE;
            }
        }
    }
}

/// The slots, of which there are none, that stand for globals among what the accumulators mirror.
pub(super) const GLOBALS: u32 = 1 << 31;

/// What stands for a global that an accumulator mirrors. Nothing does for one of an index so large that there is none.
fn mirrored_global(x: GlobalIdx) -> u32 {
    GLOBALS | x.0
}

/// The handlers that add a constant to a global on its way.
struct GlobalAdds {
    /// Reading it.
    get: Pair,
    /// Setting it to the sum of a slot, of the accumulator.
    set: [Handler; 2],
}

impl GlobalAdds {
    const fn of<O: Op2>() -> Self {
        Self {
            get: [exec::global_get_op::<O, ToReg>, exec::global_get_op::<O, ToBoth>],
            set: [exec::global_set_op::<O, Slot<8>>, exec::global_set_op::<O, Reg>],
        }
    }
}

/// What an operation with a constant is on globals, if it is an addition of one of 32 bits.
fn global_adds(op: &Binary, c: u64) -> Option<(&'static GlobalAdds, i32)> {
    match op.special {
        Special::Add32 => Some((&const { GlobalAdds::of::<ops::I32Add>() }, c as u32 as i32)),
        Special::Add64 => {
            Some((&const { GlobalAdds::of::<ops::I64Add>() }, i32::try_from(c.cast_signed()).ok()?))
        }
        _ => None,
    }
}

/// The handlers of `global.get`.
fn gets(class: Class) -> Pair {
    fn of<V: Value>() -> Pair {
        [exec::global_get::<V, ToReg>, exec::global_get::<V, ToBoth>]
    }
    match class {
        Class::Int => of::<u64>(),
        Class::F32 => of::<f32>(),
        Class::F64 => of::<f64>(),
        Class::V128 => of::<V128>(),
    }
}

/// The handlers of `global.set`: from a slot, the accumulator, an immediate.
fn sets(class: Class) -> [Handler; 3] {
    fn of<V: Value>() -> [Handler; 3] {
        [exec::global_set::<V, Slot<8>, 2>, exec::global_set::<V, Reg, 2>, exec::global_set::<V, Wide<16>, 3>]
    }
    match class {
        Class::Int => of::<u64>(),
        Class::F32 => of::<f32>(),
        Class::F64 => of::<f64>(),
        Class::V128 => of::<V128>(),
    }
}
