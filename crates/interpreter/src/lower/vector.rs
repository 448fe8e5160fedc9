//! Vector instructions.

use super::Lowering;
use super::emit::LastOp;
use super::operand::{Opd, Place, Popped};
use crate::exec::memory::LoadTable;
use crate::exec::numeric::{Binary, Form};
use crate::exec::operand::Class;
use crate::exec::vector::{CONSTANT, Lane, Mixed, Shuffles, Ternary, Tested};
use terrane_syntax::{LaneIdx, MemArg, V128Bits};
use terrane_validation::Context;

impl Lowering {
    /// Puts the entry that is `depth` below the top into its slot if it is only in the accumulator.
    fn settle_acc_at(&mut self, depth: usize) {
        let i = self.stack.len() - 1 - depth;
        if matches!(self.stack[i].place, Place::Acc { .. }) {
            self.settle(i);
        }
    }

    /// A popped operand in a slot that an instruction can name; its field.
    fn slot_field(&mut self, popped: Popped, i: u32) -> u16 {
        let slot = self.in_slot(popped);
        let slot = self.near(popped.class, slot, i);
        self.field(slot)
    }

    /// `v128.const`
    pub(super) fn vconst(&mut self, c: V128Bits) {
        let [low, high] = words(c.0);
        self.emit_def(Class::V128, CONSTANT, 0, 0, Some(low));
        self.append(high);
        self.last.op = Some(LastOp::Vector([low, high]));
    }

    /// A binary operation whose second operand, or one that may stand there, is the constant that was just emitted:
    /// makes that an immediate. Has it?
    pub(super) fn with_vector(&mut self, op: &'static Binary) -> bool {
        let [below, top] = [2, 1].map(|depth| self.stack[self.stack.len() - depth].place);
        let local = matches!(top, Place::Local { .. });
        let constant = match (below, top) {
            (_, Place::Acc { def, .. }) => def,
            (Place::Acc { def, .. }, _) if op.commutes && local => def,
            _ => return false,
        };
        let Some(LastOp::Vector([low, high])) = self.last_op(constant) else { return false };
        let other = local.then(|| self.pop().local);
        self.pop();
        self.take_back(Class::V128);
        // What the accumulator mirrored before the constant, it mirrors again now.
        let a = match other {
            Some(x) => Opd::Slot(self.read_local(x)),
            None => self.pop().opd,
        };
        let (form, a) = match self.near_opd(Class::V128, a, 0) {
            Opd::Slot(slot) => (Form::SlotWide, self.field(slot)),
            _ => (Form::RegWide, 0),
        };
        self.emit_def(op.result, op.forms[form as usize], a, 0, Some(low));
        self.append(high);
        true
    }

    /// A test, which may become the condition of a branch.
    pub(super) fn test(&mut self, test: &'static Tested) {
        let a = self.pop().opd;
        self.test_of(test, a);
    }

    /// Emits a test as a value.
    pub(super) fn test_of(&mut self, test: &'static Tested, a: Opd) {
        self.unary_of(&test.value, a);
        self.last.op = Some(LastOp::Test(test, a));
    }

    /// Appends a word to the instruction that was just emitted.
    fn append(&mut self, raw: u64) {
        self.raw(raw);
        self.last.end = self.code.len() as u32;
    }

    pub(super) fn ternary(&mut self, op: &'static Ternary) {
        // Of the three at most one is in the accumulator: it stays there, unless it is the second.
        self.settle_acc_at(1);
        let (c, b, a) = (self.pop(), self.pop(), self.pop());
        let last = c.opd == Opd::Reg && (c.def != super::NONE || a.opd != Opd::Reg);
        let first = a.opd == Opd::Reg && !last;
        let pair = match (first, last) {
            (true, _) => op.first,
            (_, true) => op.last,
            _ => op.slots,
        };
        let b = self.slot_field(b, 1);
        let a = if first { 0 } else { self.slot_field(a, 0) };
        let c = if last { 0 } else { self.slot_field(c, 2) };
        self.emit_def(Class::V128, pair, a, u32::from(b) | u32::from(c) << 16, None);
        self.canonicalize(op.canonicalize);
    }

    pub(super) fn shift(&mut self, op: &Mixed) {
        self.settle_acc_at(0);
        let (n, a) = (self.pop(), self.pop());
        let (column, n) = match n.opd {
            Opd::Const(bits) => (1, bits as u32),
            _ => (0, u32::from(self.slot_field(n, 1))),
        };
        self.mixed(op, column, a, n);
    }

    /// Emits an operation on a vector and a number.
    fn mixed(&mut self, op: &Mixed, column: usize, a: Popped, field: u32) {
        let (row, a) = match self.near_opd(Class::V128, a.opd, 0) {
            Opd::Slot(slot) => (0, self.field(slot)),
            _ => (1, 0),
        };
        self.emit_def(Class::V128, op[row][column], a, field, None);
    }

    pub(super) fn replace_lane(&mut self, op: &Mixed, i: LaneIdx) {
        let (x, a) = (self.pop(), self.pop());
        self.replace_lane_of(op, i, a, x);
    }

    fn replace_lane_of(&mut self, op: &Mixed, i: LaneIdx, a: Popped, x: Popped) {
        let (column, x) = match self.no_const(x) {
            Opd::Slot(slot) => {
                let slot = self.near(x.class, slot, 1);
                (0, self.field(slot))
            }
            _ => (1, 0),
        };
        self.mixed(op, column, a, u32::from(x) | u32::from(i.0) << 16);
    }

    pub(super) fn extract_lane(&mut self, op: &'static Lane, i: LaneIdx) {
        self.settle_acc_at(0);
        let a = self.pop();
        let a = self.slot_field(a, 0);
        self.emit_def(op.result, op.pair, a, u32::from(op.offset(i.0)), None);
    }

    /// `i8x16.swizzle`
    pub(super) fn swizzle(&mut self) {
        let (a, b) = self.pop_two();
        let (form, a, b) = self.two_vectors(a, b);
        self.emit_def(Class::V128, Shuffles::get().swizzle[form], a, u32::from(b), None);
    }

    /// `i8x16.shuffle`
    pub(super) fn shuffle(&mut self, lanes: [LaneIdx; 16]) {
        let (a, b) = self.pop_two();
        let same = a.opd == b.opd;
        if same || lanes.iter().all(|lane| lane.0 < 16) || lanes.iter().all(|lane| lane.0 >= 16) {
            let v = if same || lanes[0].0 < 16 { a } else { b };
            return self.permute(v, lanes.map(|lane| lane.0 % 16));
        }
        let (form, a, b) = self.two_vectors(a, b);
        // What is not a lane of the operand gives zero.
        let [of_a, of_b] =
            [0, 16].map(|first| lanes.map(|lane| if lane.0 / 16 * 16 == first { lane.0 % 16 } else { 0x80 }));
        let ([first, second], of_b) = (words(of_a), words(of_b));
        self.emit_def(Class::V128, Shuffles::get().shuffle[form], a, u32::from(b), Some(first));
        self.append(second);
        of_b.into_iter().for_each(|word| self.append(word));
    }

    /// A shuffle of one vector.
    fn permute(&mut self, v: Popped, lanes: [u8; 16]) {
        let (form, v) = match self.near_opd(Class::V128, v.opd, 0) {
            Opd::Slot(slot) => (0, self.field(slot)),
            _ => (1, 0),
        };
        let [low, high] = words(lanes);
        self.emit_def(Class::V128, Shuffles::get().permute[form], v, 0, Some(low));
        self.append(high);
    }

    /// Which handler takes two popped vectors, and their fields.
    fn two_vectors(&mut self, a: Popped, b: Popped) -> (usize, u16, u16) {
        match (self.near_opd(a.class, a.opd, 0), self.near_opd(b.class, b.opd, 1)) {
            (Opd::Slot(a), Opd::Slot(b)) => (0, self.field(a), self.field(b)),
            (Opd::Reg, Opd::Slot(b)) => (1, 0, self.field(b)),
            (Opd::Slot(a), _) => (2, self.field(a), 0),
            _ => unreachable!("vectors are no constants; `pop_two` gives the accumulator once"),
        }
    }

    /// Loads a number and replaces a lane by it.
    pub(super) fn load_lane(
        &mut self,
        load: &'static LoadTable,
        replace: &Mixed,
        m: MemArg,
        i: LaneIdx,
        context: &Context,
    ) {
        let a = self.pop();
        self.load(load, m, context);
        if a.local != super::NONE {
            // Its reader stands later.
            self.read_local(a.local);
        }
        let x = self.pop();
        self.replace_lane_of(replace, i, a, x);
    }
}

/// The words of a vector, the low one first.
fn words(bytes: [u8; 16]) -> [u64; 2] {
    [0, 8].map(|at| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i])))
}
