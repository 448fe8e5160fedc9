//! Table and reference instructions.

use super::memory::minus_one;
use super::operand::Opd;
use super::{Lowering, NONE};
use crate::exec::operand::{Class, Reg, Slot, ToBoth, ToReg};
use crate::exec::table as exec;
use terrane_syntax::{ElemIdx, TableIdx};
use terrane_validation::Context;

impl Lowering {
    pub(super) fn table_get(&mut self, x: TableIdx) {
        let index = self.pop();
        let opd = self.no_const(index);
        let (pair, slot) = match self.near_opd(Class::Int, opd, 0) {
            Opd::Slot(slot) => {
                ([exec::table_get::<Slot<8>, ToReg>, exec::table_get::<Slot<8>, ToBoth>], self.field(slot))
            }
            _ => ([exec::table_get::<Reg, ToReg>, exec::table_get::<Reg, ToBoth>], 0),
        };
        let pair: crate::exec::numeric::Pair = [pair[0], pair[1]];
        self.emit_def(Class::Int, pair, slot, x.0, None);
    }

    pub(super) fn table_set(&mut self, x: TableIdx) {
        let first = self.settled_operands(2);
        self.emit(exec::table_set, first, 0, x.0);
    }

    pub(super) fn table_size(&mut self, x: TableIdx) {
        let pair = [exec::table_size::<ToReg>, exec::table_size::<ToBoth>];
        self.emit_def(Class::Int, [pair[0], pair[1]], 0, x.0, None);
    }

    pub(super) fn table_grow(&mut self, context: &Context, x: TableIdx) {
        let first = self.settled_operands(2);
        self.save_acc(Class::Int);
        self.emit(exec::table_grow, first, 0, x.0);
        self.raw(minus_one(context.tables()[x.index()].addr));
        self.push_acc(Class::Int, NONE, None);
    }

    pub(super) fn table_fill(&mut self, x: TableIdx) {
        self.bulk(exec::table_fill, x.0, None);
    }

    pub(super) fn table_copy(&mut self, x: TableIdx, y: TableIdx) {
        self.bulk(exec::table_copy, x.0, Some(y.0));
    }

    pub(super) fn table_init(&mut self, x: TableIdx, y: ElemIdx) {
        self.bulk(exec::table_init, x.0, Some(y.0));
    }

    pub(super) fn elem_drop(&mut self, x: ElemIdx) {
        self.emit(exec::elem_drop, 0, 0, x.0);
    }
}
