//! The code under construction.

use super::operand::{Opd, copy_reg};
use super::{Lowering, NONE, SCRATCH};
use crate::code::Word;
use crate::exec::numeric::{self, Binary, Pair, Relation};
use crate::exec::operand::Class;
use crate::exec::ops::Special;
use crate::exec::state::Handler;
use crate::exec::vector::Tested;
use crate::exec::{control, parametric, trace};
use terrane_syntax::GlobalIdx;

/// A field that is to hold the distance to a label, in bytes from the start of its instruction.
pub(super) struct Fixup {
    /// The half word.
    pub(super) at: u32,
    /// The instruction.
    pub(super) base: u32,
    /// The next fixup of the same label.
    pub(super) next: u32,
}

/// What the last instruction was, if it can be taken back to be combined with the next.
#[derive(Default)]
pub(super) struct Last {
    /// Its position; the code ends behind it.
    pub(super) pos: u32,
    pub(super) end: u32,
    pub(super) op: Option<LastOp>,
    /// What the accumulator mirrored before.
    pub(super) mirror: u32,
}

/// An operation and its operands.
#[derive(Clone, Copy)]
pub(super) enum LastOp {
    Binary(&'static Binary, Opd, Opd),
    Relation(&'static Relation, Opd, Opd),
    Test(&'static Tested, Opd),
    GlobalGet(GlobalIdx),
    /// A vector, by its words.
    Vector([u64; 2]),
}

/// The last addition of a constant to a local in place.
#[derive(Clone, Copy, Default)]
pub(super) struct Step {
    pub(super) pos: u32,
    pub(super) end: u32,
    pub(super) slot: u32,
    pub(super) by: i32,
    /// Is it of 64 bits? A comparison of the sum need not be: `i64.extend_i32_u` is no instruction.
    pub(super) wide: bool,
}

/// What a copy copies.
#[derive(Clone, Copy)]
pub(super) enum Copy {
    Slot(Class, u32),
    Const(u64),
    Reg(Class),
}

impl Lowering {
    /// Can an instruction name that slot?
    pub(super) fn fits(&self, slot: u32) -> bool {
        slot <= u32::from(u16::MAX)
    }

    /// A slot as a field. One that does not fit makes the function start over.
    pub(super) fn field(&mut self, slot: u32) -> u16 {
        u16::try_from(slot).unwrap_or_else(|_| {
            self.overflow = true;
            0
        })
    }

    /// Makes sure that operand `i` of an instruction can be named, by moving it to scratch slots.
    pub(super) fn near(&mut self, class: Class, slot: u32, i: u32) -> u32 {
        debug_assert!(2 * i + 1 < SCRATCH);
        if !self.far || self.fits(slot) {
            return slot;
        }
        let scratch = self.link + 1 + 2 * i;
        self.emit_copy(Copy::Slot(class, slot), scratch);
        scratch
    }

    /// The same for an operand that may be elsewhere.
    pub(super) fn near_opd(&mut self, class: Class, opd: Opd, i: u32) -> Opd {
        match opd {
            Opd::Slot(slot) => Opd::Slot(self.near(class, slot, i)),
            _ => opd,
        }
    }

    /// Appends an instruction: its handler, and its first word of fields. Its position.
    pub(super) fn emit(&mut self, handler: Handler, a: u16, b: u16, c: u32) -> u32 {
        let pos = self.code.len() as u32;
        self.code.push(Word { handler });
        self.raw(u64::from(a) | u64::from(b) << 16 | u64::from(c) << 32);
        pos
    }

    /// Appends a word.
    pub(super) fn raw(&mut self, raw: u64) {
        self.code.push(Word { raw });
    }

    /// Appends an instruction that leaves its result in the accumulator, and pushes that. `fields` appends
    /// the words after the handler.
    pub(super) fn emit_def(&mut self, class: Class, pair: Pair, a: u16, c: u32, wide: Option<u64>) -> u32 {
        self.save_acc(class);
        let mirror = self.mirrored(class);
        let pos = self.emit(pair[0], a, 0, c);
        if let Some(wide) = wide {
            self.raw(wide);
        }
        self.push_acc(class, pos, Some(pair[1]));
        self.last = Last { pos, end: self.code.len() as u32, op: None, mirror };
        pos
    }

    /// Makes the instruction at `def` write its result to a slot as well.
    pub(super) fn patch_dst(&mut self, def: u32, both: Handler, slot: u32) {
        self.code[def as usize] = Word { handler: both };
        self.retarget(def, slot);
        let adds_const = |op: &LastOp| matches!(op, LastOp::Binary(op, Opd::Slot(_), Opd::Const(_)) if op.special == Special::Add32);
        if self.last.pos == def && self.last.op.as_ref().is_some_and(adds_const) {
            self.adds = [self.adds[1], def];
        }
    }

    /// Combines two additions of constants, each into a slot, if the last two instructions are such. The
    /// second one's position is then no instruction's any more.
    pub(super) fn combine_adds(&mut self) {
        let [first, second] = self.adds;
        let adjacent = first != NONE && first + 2 == second && second as usize + 2 == self.code.len();
        if !adjacent || first < self.region {
            return;
        }
        // SAFETY: the second word of every instruction is fields, which are plain bits.
        let [a, b] = [first, second].map(|pos| unsafe { self.code[pos as usize + 1].raw });
        self.code.truncate(first as usize);
        self.code.push(Word { handler: numeric::add_two });
        self.raw(a & 0xffff_ffff | b << 32);
        self.raw(a >> 32 | b >> 32 << 32);
        self.adds = [NONE; 2];
        self.last_step = Step::default();
    }

    /// Changes the slot that the instruction at `def` writes its result to.
    pub(super) fn retarget(&mut self, def: u32, slot: u32) {
        let slot = self.field(slot);
        let word = &mut self.code[def as usize + 1];
        // SAFETY: the second word of every instruction is fields, which are plain bits.
        let raw = unsafe { word.raw };
        *word = Word { raw: raw & !(0xffff << 16) | u64::from(slot) << 16 };
    }

    /// The operation that made a popped operand, if it was the last instruction and can be taken back.
    pub(super) fn last_op(&self, def: u32) -> Option<LastOp> {
        let fits = def != NONE && self.last.pos == def && self.last.end as usize == self.code.len();
        if fits && self.last.pos >= self.region { self.last.op } else { None }
    }

    /// Takes back the last instruction, whose result was just popped.
    pub(super) fn take_back(&mut self, class: Class) {
        let pos = self.last.pos;
        self.code.truncate(pos as usize);
        self.mirror[class as usize] = self.last.mirror;
        self.last.op = None;
        if let Some(offsets) = &mut self.offsets {
            for (at, _) in offsets.iter_mut().rev().take_while(|(at, _)| *at > pos) {
                *at = pos;
            }
        }
    }

    /// Copies to a slot, two copies in one instruction where they follow each other.
    pub(super) fn emit_copy(&mut self, from: Copy, to: u32) {
        let class = match from {
            Copy::Slot(_, slot) if slot == to => return,
            Copy::Slot(class, slot) => {
                self.copy_slot(class, slot, to);
                class
            }
            Copy::Const(bits) => {
                self.copy_const(bits, to);
                Class::Int
            }
            Copy::Reg(class) if self.fits(to) => {
                let to = self.field(to);
                self.emit(copy_reg(class), 0, to, 0);
                class
            }
            Copy::Reg(class) => {
                let scratch = self.last_scratch(class);
                self.emit_copy(Copy::Reg(class), scratch);
                self.copy_slot(class, scratch, to);
                class
            }
        };
        self.forget_slot(class, to);
        if let Copy::Reg(class) = from {
            self.mirror[class as usize] = to;
        }
    }

    /// The last scratch slots that hold a value.
    fn last_scratch(&self, class: Class) -> u32 {
        self.link + 1 + SCRATCH - class.words()
    }

    fn copy_slot(&mut self, class: Class, from: u32, to: u32) {
        if !self.fits(from) || !self.fits(to) {
            self.overflow = true;
            for i in 0..class.words() {
                self.emit(parametric::copy_far, 0, 0, from + i);
                self.raw(u64::from(to + i));
            }
            return;
        }
        let (from, to) = (from as u16, to as u16);
        if class == Class::V128 {
            self.emit(parametric::copy_vector, from, to, 0);
            return;
        }
        if self.last_copy != NONE
            && self.last_copy >= self.region
            && self.last_copy as usize + 2 == self.code.len()
        {
            let at = self.last_copy as usize;
            self.last_copy = NONE;
            self.code[at] = Word { handler: parametric::copy_two };
            // SAFETY: the second word of every instruction is fields, which are plain bits.
            let raw = unsafe { self.code[at + 1].raw };
            self.code[at + 1] = Word { raw: raw | u64::from(from) << 32 | u64::from(to) << 48 };
            return;
        }
        self.last_copy = self.emit(parametric::copy, from, to, 0);
    }

    fn copy_const(&mut self, bits: u64, to: u32) {
        if !self.fits(to) {
            let scratch = self.last_scratch(Class::Int);
            self.copy_const(bits, scratch);
            return self.copy_slot(Class::Int, scratch, to);
        }
        let to = self.field(to);
        match i32::try_from(bits as i64) {
            Ok(imm) => {
                self.emit(parametric::copy_imm, 0, to, imm as u32);
            }
            Err(_) => {
                self.emit(parametric::copy_wide, 0, to, 0);
                self.raw(bits);
            }
        }
    }

    /// Ends the straight-line code: nothing before is changed or combined any more.
    pub(super) fn end_region(&mut self) {
        self.region = self.code.len() as u32;
    }

    /// Adds the branch at `base`, whose distance is its field at 12, to a list of fixups.
    pub(super) fn fixup(&mut self, base: u32, list: u32) -> u32 {
        self.fixup_at(base * 2 + 3, base, list)
    }

    /// Adds the half word `at` of the instruction at `base` to a list of fixups.
    pub(super) fn fixup_at(&mut self, at: u32, base: u32, next: u32) -> u32 {
        self.fixups.push(Fixup { at, base, next });
        self.fixups.len() as u32 - 1
    }

    /// Makes all branches of a list lead here.
    pub(super) fn bind(&mut self, mut list: u32) {
        let here = self.code.len() as u32;
        while list != NONE {
            let Fixup { at, base, next } = self.fixups[list as usize];
            self.set_distance(at, base, here);
            list = next;
        }
    }

    /// Writes the distance from the instruction at `base` to `target` into a half word.
    pub(super) fn set_distance(&mut self, at: u32, base: u32, target: u32) {
        let distance = (i64::from(target) - i64::from(base)) as i32 * 8;
        self.set_half(at, distance as u32);
    }

    /// Writes a half word.
    pub(super) fn set_half(&mut self, at: u32, half: u32) {
        let word = &mut self.code[at as usize / 2];
        // SAFETY: distances are in words of fields.
        let raw = unsafe { word.raw };
        let shift = at % 2 * 32;
        *word = Word { raw: raw & !(0xffff_ffff << shift) | u64::from(half) << shift };
    }

    /// What the function does before its first instruction, known only after its last.
    pub(super) fn emit_prologue(&mut self) {
        self.prologue.clear();
        let mut emit = |handler: Handler, a: u16, d: u16, c: u32| {
            let raw = u64::from(a) | u64::from(d) << 16 | u64::from(c) << 32;
            self.prologue.extend([Word { handler }, Word { raw }]);
        };
        if self.config.tracing {
            let (func, offset) = (self.func.0, self.first_offset.unwrap_or(0));
            emit(trace::trace::<trace::Call>, func as u16, (func >> 16) as u16, offset);
        }
        if let Some(depth) = self.config.max_call_depth {
            emit(control::enter_depth, 0, 0, depth);
        }
        if self.config.interruptible {
            emit(control::check_interrupt, 0, 0, 0);
        }
        let zeroed = self.locals.iter().filter(|local| local.needs_zero);
        let first = zeroed.clone().map(|local| local.slot).min();
        let end = zeroed.map(|local| local.slot + local.class.words()).max();
        match (first, end) {
            (Some(first), Some(end)) if first + 1 == end => emit(parametric::zero_one, 0, first as u16, 0),
            (Some(first), Some(end)) => emit(parametric::zero, first as u16, 0, end - first),
            _ => (),
        }
    }

    /// Begins to count fuel for the code that follows.
    pub(super) fn open_fuel(&mut self) {
        if self.config.consume_fuel {
            self.close_fuel();
            self.fuel_site = self.emit(control::consume_fuel, 0, 0, 0);
            // Where a run may stop, and the host set them.
            self.forget_globals();
            self.end_region();
        }
    }

    /// Ends the count of fuel for the code before.
    pub(super) fn close_fuel(&mut self) {
        if self.fuel_site != NONE {
            self.set_half(self.fuel_site * 2 + 3, self.fuel);
        }
        self.fuel = 0;
    }
}
