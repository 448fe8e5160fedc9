//! `drop` and `select`.

use super::Lowering;
use super::operand::{Opd, Place, Popped};
use crate::exec::operand::Class;
use crate::exec::parametric::Select;

impl Lowering {
    pub(super) fn drop_(&mut self) {
        self.pop_entry();
    }

    pub(super) fn select(&mut self) {
        let cond = self.pop();
        for i in self.stack.len() - 2..self.stack.len() {
            if matches!(self.stack[i].place, Place::Acc { .. }) {
                self.settle(i);
            }
        }
        let (b, a) = (self.pop(), self.pop());
        let class = a.class;
        let cond_in_reg = cond.opd == Opd::Reg;
        // The accumulator can hold the condition while the operands come from slots.
        let (a, wide_a) = self.chosen(a, 0);
        let (b, wide_b) = self.chosen(b, 1);
        let cond = if cond_in_reg { Opd::Reg } else { self.no_const(cond) };
        let (cond_in_reg, c) = match self.near_opd(Class::Int, cond, 2) {
            Opd::Slot(slot) => (false, self.field(slot)),
            _ => (true, 0),
        };
        let shape = usize::from(wide_a.is_some()) * 2 + usize::from(wide_b.is_some());
        let pair = selects(class).0[shape][usize::from(cond_in_reg)];
        self.emit_def(class, pair, a, u32::from(b) | u32::from(c) << 16, wide_a.or(wide_b));
        if let (Some(_), Some(b)) = (wide_a, wide_b) {
            self.raw(b);
            self.last.end = self.code.len() as u32;
        }
    }

    /// An operand of `select`: the field of its slot, or its bits.
    fn chosen(&mut self, popped: Popped, scratch: u32) -> (u16, Option<u64>) {
        if let Opd::Const(bits) = popped.opd {
            return (0, Some(bits));
        }
        let slot = self.in_slot(popped);
        let slot = self.near(popped.class, slot, scratch);
        (self.field(slot), None)
    }
}

/// The handlers of `select`.
fn selects(class: Class) -> &'static Select {
    match class {
        Class::Int => &const { Select::of::<u64>() },
        Class::F32 => &const { Select::of::<f32>() },
        Class::F64 => &const { Select::of::<f64>() },
        Class::V128 => &Select::VECTOR,
    }
}
