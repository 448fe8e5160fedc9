//! Numeric instructions.

use super::emit::{Copy, LastOp};
use super::operand::{Opd, Popped};
use super::{Lowering, NONE};
use crate::exec::numeric::{Binary, Form, Pair, Relation, Table, Unary};
use crate::exec::operand::Class;
use crate::exec::ops::{self, Special};
use crate::exec::vector::Tested;

/// The condition of a branch.
#[derive(Clone, Copy)]
pub(super) enum Cond {
    Relation(&'static Relation, Opd, Opd),
    Test(&'static Tested, Opd),
}

impl Cond {
    /// The condition that holds when this one does not.
    pub(super) fn not(self) -> Self {
        match self {
            Self::Relation(op, x, y) => Self::Relation((op.not)(), x, y),
            Self::Test(test, x) => Self::Test((test.not)(), x),
        }
    }
}

/// An immediate operand's field.
enum Imm {
    /// 32 bits, sign-extended.
    Short(u32),
    /// 64 bits.
    Wide(u64),
}

impl Imm {
    fn of(class: Class, bits: u64) -> Self {
        match (class, i32::try_from(bits as i64)) {
            (Class::F64 | Class::V128, _) => Self::Wide(bits),
            (Class::F32, _) => Self::Short(bits as u32),
            (Class::Int, Ok(imm)) => Self::Short(imm as u32),
            (Class::Int, Err(_)) => Self::Wide(bits),
        }
    }
}

impl Lowering {
    pub(super) fn unary(&mut self, op: &'static Unary) {
        let a = self.pop();
        match a.opd {
            Opd::Const(bits) => match (op.fold)(bits) {
                Some(bits) => self.push_const(op.result, bits),
                None => {
                    let slot = self.in_slot(a);
                    self.unary_of(op, Opd::Slot(slot));
                }
            },
            opd => self.unary_of(op, opd),
        }
        self.canonicalize(op.canonicalize);
    }

    /// Makes NaNs canonical of the result of the last instruction, where that is wanted.
    pub(super) fn canonicalize(&mut self, op: Option<fn() -> &'static Unary>) {
        if let (true, Some(op)) = (self.config.canonicalize_nans, op) {
            self.unary(op());
        }
    }

    pub(super) fn unary_of(&mut self, op: &'static Unary, a: Opd) {
        match self.near_opd(op.operand, a, 0) {
            Opd::Slot(slot) => {
                let a = self.field(slot);
                self.emit_def(op.result, op.slot, a, 0, None);
            }
            _ => {
                self.emit_def(op.result, op.reg, 0, 0, None);
            }
        }
    }

    /// `i64.extend_i32_u`: slots and accumulators hold 32-bit integers zero-extended.
    pub(super) fn retype(&mut self) {}

    pub(super) fn binary(&mut self, op: &'static Binary) {
        if op.operand == Class::V128 && self.with_vector(op) {
            return self.canonicalize(op.canonicalize);
        }
        let (mut a, mut b) = self.pop_two();
        if let (Opd::Const(x), Opd::Const(y)) = (a.opd, b.opd)
            && let Some(bits) = (op.fold)(x, y)
        {
            self.push_const(op.result, bits);
            return self.canonicalize(op.canonicalize);
        }
        let mut op = op;
        if let Some(pos) = self.add_shifted(op, a, b) {
            debug_assert_eq!(self.last.pos, pos);
            return;
        }
        if op.commutes && matches!(a.opd, Opd::Const(_)) {
            (a, b) = (b, a);
        }
        if let (Special::Sub32 | Special::Sub64, Opd::Const(y)) = (op.special, b.opd) {
            (op, b.opd) = add_of_negated(op.special, y);
        }
        if self.global_plus(op, a, b) {
            return;
        }
        let pos = self.binary_of(op, a, b);
        self.last.op = Some(LastOp::Binary(op, a.opd, b.opd));
        debug_assert_eq!(self.last.pos, pos);
        self.canonicalize(op.canonicalize);
    }

    /// Combines a shift by a constant, just emitted, with the addition of its result; the position.
    fn add_shifted(&mut self, op: &'static Binary, a: Popped, b: Popped) -> Option<u32> {
        let (shifted, other) = if a.opd == Opd::Reg && a.def != NONE { (a, b) } else { (b, a) };
        let Some(LastOp::Binary(shl, x, Opd::Const(k))) = self.last_op(shifted.def) else { return None };
        if other.opd == Opd::Reg {
            return None;
        }
        let fused = match (op.special, shl.special, k) {
            (Special::Add32, Special::Shl32, 1) => &Table::<ops::I32AddShl<1>>::BINARY,
            (Special::Add32, Special::Shl32, 2) => &Table::<ops::I32AddShl<2>>::BINARY,
            (Special::Add32, Special::Shl32, 3) => &Table::<ops::I32AddShl<3>>::BINARY,
            (Special::Add64, Special::Shl64, 1) => &Table::<ops::I64AddShl<1>>::BINARY,
            (Special::Add64, Special::Shl64, 2) => &Table::<ops::I64AddShl<2>>::BINARY,
            (Special::Add64, Special::Shl64, 3) => &Table::<ops::I64AddShl<3>>::BINARY,
            _ => return None,
        };
        self.take_back(Class::Int);
        if other.local != NONE {
            // Its reader stands earlier now.
            self.read_local(other.local);
        }
        let pos = self.binary_of(fused, Popped { opd: x, ..shifted }, other);
        self.last.op = Some(LastOp::Binary(fused, x, other.opd));
        Some(pos)
    }

    /// Emits a binary operation and pushes its result; its position.
    fn binary_of(&mut self, op: &'static Binary, a: Popped, b: Popped) -> u32 {
        let (a, b) = match (a.opd, b.opd) {
            // Not folded, since it traps: one operand must be somewhere.
            (Opd::Const(_), Opd::Const(_)) => (Opd::Slot(self.in_slot(a)), b.opd),
            (x, y) => (x, y),
        };
        let (a, b) = (self.near_opd(op.operand, a, 0), self.near_opd(op.operand, b, 1));
        let (form, slot, short, wide) = self.form(op, a, b);
        self.emit_def(op.result, op.forms[form as usize], slot, short, wide)
    }

    /// The form of a binary operation, and its fields.
    fn form(&mut self, op: &Binary, a: Opd, b: Opd) -> (Form, u16, u32, Option<u64>) {
        let imm = |bits| match Imm::of(op.operand, bits) {
            Imm::Short(short) => (short, None),
            // Of an immediate that is extended to 64 bits, 32-bit operations look at the low half only.
            Imm::Wide(bits) if !op.wide => (bits as u32, None),
            Imm::Wide(bits) => (0, Some(bits)),
        };
        match (a, b) {
            (Opd::Slot(a), Opd::Slot(b)) => (Form::SlotSlot, self.field(a), u32::from(self.field(b)), None),
            (Opd::Reg, Opd::Slot(b)) => (Form::RegSlot, 0, u32::from(self.field(b)), None),
            (Opd::Slot(a), Opd::Reg) if op.commutes => (Form::RegSlot, 0, u32::from(self.field(a)), None),
            (Opd::Slot(a), Opd::Reg) => (Form::SlotReg, self.field(a), 0, None),
            (Opd::Slot(a), Opd::Const(c)) => {
                let (short, wide) = imm(c);
                (if wide.is_some() { Form::SlotWide } else { Form::SlotImm }, self.field(a), short, wide)
            }
            (Opd::Reg, Opd::Const(c)) => {
                let (short, wide) = imm(c);
                (if wide.is_some() { Form::RegWide } else { Form::RegImm }, 0, short, wide)
            }
            (Opd::Const(c), Opd::Slot(b)) => {
                let (short, wide) = imm(c);
                (if wide.is_some() { Form::WideSlot } else { Form::ImmSlot }, self.field(b), short, wide)
            }
            (Opd::Const(c), _) => {
                let (short, wide) = imm(c);
                (if wide.is_some() { Form::WideReg } else { Form::ImmReg }, 0, short, wide)
            }
            (Opd::Reg, Opd::Reg) => unreachable!("`pop_two` gives the accumulator once"),
        }
    }

    /// An operation on `N` 64-bit halves, in slots, that gives two: the low one in its slot, the high one in the
    /// accumulator.
    pub(super) fn wide<const N: usize>(&mut self, pair: Pair) {
        let operands = self.pop_slots::<N>();
        let low = self.top();
        self.save_acc(Class::Int);
        let to = if self.fits(low) { low } else { self.link + 1 + N as u32 };
        let to_field = self.field(to);
        let pos = self.emit(pair[0], operands[0], 0, u32::from(operands[1]) | u32::from(to_field) << 16);
        if let [_, _, c, d] = operands[..] {
            self.raw(u64::from(c) | u64::from(d) << 16);
        }
        self.forget_slot(Class::Int, low);
        self.push_slot(Class::Int);
        self.push_acc(Class::Int, pos, Some(pair[1]));
        if to != low {
            self.emit_copy(Copy::Slot(Class::Int, to), low);
        }
    }

    pub(super) fn relation(&mut self, op: &'static Relation) {
        let (a, b) = self.pop_two();
        if let (Opd::Const(x), Opd::Const(y)) = (a.opd, b.opd) {
            return self.push_const(Class::Int, (op.value.fold)(x, y).unwrap_or_default());
        }
        self.relation_of(op, a, b);
    }

    /// Emits a comparison as a value, constants on the right, and pushes its result.
    fn relation_of(&mut self, op: &'static Relation, a: Popped, b: Popped) {
        let (op, a, b) = match a.opd {
            Opd::Const(_) => ((op.swapped)(), b, a),
            _ => (op, a, b),
        };
        self.binary_of(&op.value, a, b);
        self.last.op = Some(LastOp::Relation(op, a.opd, b.opd));
    }

    /// `eqz`, also of references: turns a comparison round, tests bits, or compares with zero.
    pub(super) fn eqz(&mut self, eq: &'static Relation) {
        let a = self.pop();
        if let Opd::Const(bits) = a.opd {
            return self.push_const(Class::Int, u64::from(bits == 0));
        }
        match self.last_op(a.def) {
            Some(LastOp::Relation(op, x, y)) => {
                self.take_back(Class::Int);
                self.relation_again((op.not)(), a, x, y);
            }
            Some(LastOp::Binary(op, x, y)) if bit_test(op).is_some() => {
                self.take_back(Class::Int);
                self.relation_again((bit_test(op).unwrap_or(eq).not)(), a, x, y);
            }
            Some(LastOp::Test(test, x)) => {
                self.take_back(Class::Int);
                self.test_of((test.not)(), x);
            }
            _ => self.relation_again(eq, a, a.opd, Opd::Const(0)),
        }
    }

    /// Emits a comparison of operands that were popped before.
    fn relation_again(&mut self, op: &'static Relation, like: Popped, x: Opd, y: Opd) {
        let class = op.value.operand;
        let [a, b] = [x, y].map(|opd| Popped { opd, class, ..like });
        self.relation_of(op, a, b);
    }

    /// A popped condition: the comparison or test that made it, if that can be taken back, or a comparison with
    /// zero.
    pub(super) fn condition(&mut self, cond: Popped) -> Cond {
        match self.last_op(cond.def) {
            Some(LastOp::Relation(op, x, y)) => {
                self.take_back(Class::Int);
                Cond::Relation(op, x, y)
            }
            Some(LastOp::Binary(op, x, y)) if bit_test(op).is_some() => {
                self.take_back(Class::Int);
                Cond::Relation(bit_test(op).expect("just looked"), x, y)
            }
            Some(LastOp::Test(test, x)) => {
                self.take_back(Class::Int);
                Cond::Test(test, x)
            }
            _ => {
                let opd = self.no_const(cond);
                Cond::Relation(&Table::<ops::I32Ne>::RELATION, opd, Opd::Const(0))
            }
        }
    }

    /// Emits a branch that is taken if the condition holds; its position.
    pub(super) fn branch_if(&mut self, cond: Cond) -> u32 {
        match cond {
            Cond::Relation(op, x, y) => self.branch_if_relation(op, x, y),
            Cond::Test(test, x) => {
                let (form, a) = match self.near_opd(Class::V128, x, 0) {
                    Opd::Slot(slot) => (0, self.field(slot)),
                    _ => (1, 0),
                };
                let pos = self.emit(test.branch[form], a, 0, 0);
                self.end_region();
                pos
            }
        }
    }

    fn branch_if_relation(&mut self, op: &'static Relation, x: Opd, y: Opd) -> u32 {
        if let Some(pos) = self.step_and_branch(op, x, y) {
            return pos;
        }
        let class = op.value.operand;
        let (x, y) = (self.near_opd(class, x, 0), self.near_opd(class, y, 1));
        let (form, a, b, wide) = match (x, y) {
            (Opd::Slot(a), Opd::Slot(b)) => (Form::SlotSlot, self.field(a), self.field(b), None),
            (Opd::Reg, Opd::Slot(b)) => (Form::RegSlot, 0, self.field(b), None),
            (Opd::Slot(a), Opd::Reg) => (Form::SlotReg, self.field(a), 0, None),
            (x, Opd::Const(c)) => {
                let (reg, a) = match x {
                    Opd::Slot(a) => (false, self.field(a)),
                    _ => (true, 0),
                };
                match short(op, c) {
                    Some(imm) => (if reg { Form::RegImm } else { Form::SlotImm }, a, imm as u16, None),
                    None => (if reg { Form::RegWide } else { Form::SlotWide }, a, 0, Some(c)),
                }
            }
            _ => unreachable!("constants stand on the right, the accumulator once"),
        };
        let pos = self.emit(op.branch[form as usize], a, b, 0);
        if let Some(wide) = wide {
            self.raw(wide);
        }
        self.end_region();
        pos
    }

    /// Combines the addition of a constant to a local, just emitted, with a branch on the sum.
    fn step_and_branch(&mut self, op: &'static Relation, x: Opd, y: Opd) -> Option<u32> {
        let step = self.last_step;
        let handlers = op.step?;
        let adjacent = step.end as usize == self.code.len() && step.end > 0 && step.pos >= self.region;
        let fits = adjacent && op.value.wide == step.wide;
        if !fits || x != Opd::Reg || self.mirrored(Class::Int) != step.slot || !self.fits(step.slot) {
            return None;
        }
        let (handler, b) = match y {
            Opd::Slot(b) if b != step.slot && self.fits(b) => (handlers[0], b as u16),
            Opd::Const(c) => (handlers[1], short(op, c)? as u16),
            _ => return None,
        };
        self.code.truncate(step.pos as usize);
        let pos = self.emit(handler, step.slot as u16, b, 0);
        self.raw(u64::from(step.by as u32));
        self.end_region();
        Some(pos)
    }
}

/// A constant as the 16-bit immediate of a branch.
fn short(op: &Relation, bits: u64) -> Option<i16> {
    match op.value.operand {
        Class::Int if op.value.wide => i16::try_from(bits as i64).ok(),
        Class::Int => i16::try_from(bits as u32 as i32).ok(),
        Class::F32 | Class::F64 | Class::V128 => None,
    }
}

/// Subtracting a constant is adding its negative.
fn add_of_negated(special: Special, y: u64) -> (&'static Binary, Opd) {
    match special {
        Special::Sub64 => (&Table::<ops::I64Add>::BINARY, Opd::Const(y.wrapping_neg())),
        _ => (&Table::<ops::I32Add>::BINARY, Opd::Const(u64::from((y as u32).wrapping_neg()))),
    }
}

/// The test whether a conjunction has any bits.
fn bit_test(op: &Binary) -> Option<&'static Relation> {
    match op.special {
        Special::And32 => Some(&Table::<ops::I32AnyBit>::RELATION),
        Special::And64 => Some(&Table::<ops::I64AnyBit>::RELATION),
        _ => None,
    }
}
