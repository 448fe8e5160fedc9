//! Structures and arrays.

use super::operand::{Opd, Popped};
use super::{Lowering, NONE};
use crate::exec::aggregate::{self as exec, Element, Fields, Gets, Long, Packed, Sets, Word};
use crate::exec::control;
use crate::exec::numeric::Pair;
use crate::exec::operand::{Class, ToBoth, ToReg};
use crate::exec::state::Handler;
use std::sync::Arc;
use terrane_runtime::numerics::V128;
use terrane_runtime::{Field, Layout, Object, class_of};
use terrane_syntax::types::{StorageType, ValType};
use terrane_syntax::{DataIdx, ElemIdx, FieldIdx, TypeIdx};
use terrane_validation::Context;

/// The handlers that read what is stored so.
fn gets(storage: StorageType, signed: bool) -> &'static Gets {
    match storage {
        StorageType::I8 if signed => const { &Gets::of::<Packed<i8>, Element<i8>>() },
        StorageType::I8 => const { &Gets::of::<Packed<u8>, Element<u8>>() },
        StorageType::I16 if signed => const { &Gets::of::<Packed<i16>, Element<i16>>() },
        StorageType::I16 => const { &Gets::of::<Packed<u16>, Element<u16>>() },
        StorageType::Val(ValType::I32) => const { &Gets::of::<Word<u32>, Element<u32>>() },
        StorageType::Val(ValType::F32) => const { &Gets::of::<Word<f32>, Element<f32>>() },
        StorageType::Val(ValType::F64) => const { &Gets::of::<Word<f64>, Element<f64>>() },
        StorageType::Val(ValType::V128) => const { &Gets::of::<Word<V128>, Long>() },
        StorageType::Val(_) => const { &Gets::of::<Word<u64>, Element<u64>>() },
    }
}

/// The handlers that write what is stored so.
fn sets(storage: StorageType) -> &'static Sets {
    match storage {
        StorageType::I8 => const { &Sets::of::<Word<u32>, Element<u8>>() },
        StorageType::I16 => const { &Sets::of::<Word<u32>, Element<u16>>() },
        StorageType::Val(ValType::I32) => const { &Sets::of::<Word<u32>, Element<u32>>() },
        StorageType::Val(ValType::F32) => const { &Sets::of::<Word<f32>, Element<f32>>() },
        StorageType::Val(ValType::F64) => const { &Sets::of::<Word<f64>, Element<f64>>() },
        StorageType::Val(ValType::V128) => const { &Sets::of::<Word<V128>, Long>() },
        StorageType::Val(_) => const { &Sets::of::<Word<u64>, Element<u64>>() },
    }
}

impl Lowering {
    /// How objects of a type lie in memory.
    fn layout(&self, x: TypeIdx) -> Arc<Layout> {
        self.layouts[x.index()].clone().expect("valid code")
    }

    /// Appends the words behind those of every allocation: the layout, which the module's code keeps, and what else is
    /// needed.
    fn allocation(&mut self, layout: &Arc<Layout>, rest: u64) {
        self.raw(Arc::as_ptr(layout).expose_provenance() as u64);
        self.raw(rest);
        self.last.end = self.code.len() as u32;
    }

    /// Puts the top `n` entries into their slots, and pops them; the first one's slot.
    fn settled(&mut self, n: usize) -> u32 {
        let height = self.stack.len() - n;
        for i in (height..self.stack.len()).rev() {
            self.settle(i);
        }
        self.truncate(height);
        self.top()
    }

    pub(super) fn struct_new(&mut self, context: &Context, x: TypeIdx) {
        let n = context.type_struct(x).expect("valid code").len();
        self.emit_struct_new::<exec::Given>(x, n);
    }

    pub(super) fn struct_new_default(&mut self, x: TypeIdx) {
        self.emit_struct_new::<exec::Zeros>(x, 0);
    }

    pub(super) fn struct_new_desc(&mut self, context: &Context, x: TypeIdx) {
        let n = context.type_struct(x).expect("valid code").len();
        self.check_descriptor();
        self.emit_struct_new::<exec::Given>(x, n + 1);
    }

    pub(super) fn struct_new_default_desc(&mut self, x: TypeIdx) {
        self.check_descriptor();
        self.emit_struct_new::<exec::Described>(x, 1);
    }

    /// Emits what makes a structure of the top `n` operands, and pushes it.
    fn emit_struct_new<F: Fields>(&mut self, x: TypeIdx, n: usize) {
        let live = self.top();
        let first = self.settled(n);
        let pair: Pair = [exec::struct_new::<F, ToReg>, exec::struct_new::<F, ToBoth>];
        let layout = self.layout(x);
        let class = class_of(size_of::<Object>() + layout.words() as usize * 8);
        self.emit_def(Class::Int, pair, 0, live, None);
        // No structure has as many fields as 16 bits can count.
        let words = u64::from(layout.words() as u16);
        self.allocation(&layout, class as u64 | words << 16 | u64::from(first) << 32);
    }

    fn field_of(&self, x: TypeIdx, i: usize) -> Field {
        self.layout(x).fields()[i]
    }

    pub(super) fn struct_get(&mut self, x: TypeIdx, i: FieldIdx, signed: bool) {
        let field = self.field_of(x, i.index());
        let gets = gets(field.storage, signed);
        let object = self.pop();
        let (place, slot) = self.object(object);
        self.emit_def(gets.class, gets.field[place], slot, payload_offset(field), None);
    }

    /// Where a reference is: the index of the handler, and the field.
    fn object(&mut self, popped: Popped) -> (usize, u16) {
        self.operand(popped, 0)
    }

    /// The same of operand `i` of an instruction.
    fn operand(&mut self, popped: Popped, i: u32) -> (usize, u16) {
        let opd = self.no_const(popped);
        match self.near_opd(popped.class, opd, i) {
            Opd::Slot(slot) => (0, self.field(slot)),
            _ => (1, 0),
        }
    }

    pub(super) fn struct_set(&mut self, x: TypeIdx, i: FieldIdx) {
        let field = self.field_of(x, i.index());
        let (object, value) = self.pop_two();
        let (row, slot) = self.object(object);
        let (column, value) = self.operand(value, 1);
        self.emit(sets(field.storage).field[row][column], slot, value, payload_offset(field));
    }

    pub(super) fn array_get(&mut self, x: TypeIdx, signed: bool) {
        let gets = gets(self.field_of(x, 0).storage, signed);
        let (array, index) = self.pop_two();
        let imm = match index.opd {
            Opd::Const(c) => i32::try_from(c).ok(),
            _ => None,
        };
        let (row, slot) = self.object(array);
        let (form, index) = match imm {
            Some(imm) => (2, imm as u32),
            None => {
                let (column, slot) = self.operand(index, 1);
                (column, u32::from(slot))
            }
        };
        let form = match (row, form) {
            (0, form) => form,
            (_, 2) => 4,
            _ => 3,
        };
        self.emit_def(gets.class, gets.element[form], slot, index, None);
    }

    pub(super) fn array_set(&mut self, x: TypeIdx) {
        let sets = sets(self.field_of(x, 0).storage);
        for i in self.stack.len() - 3..self.stack.len() - 1 {
            // Of three operands only the last may be in the accumulator.
            if matches!(self.stack[i].place, super::operand::Place::Acc { .. }) {
                self.settle(i);
            }
        }
        let value = self.pop();
        let (index, array) = (self.pop(), self.pop());
        let array = self.in_slot(array);
        let array = self.near(Class::Int, array, 0);
        let array = self.field(array);
        let (row, index) = match (index.opd, value.opd) {
            // Both are what the accumulator mirrors.
            (Opd::Reg, Opd::Reg) if index.class == value.class => {
                let slot = self.mirrored(index.class);
                (0, self.field(slot))
            }
            _ => self.operand(index, 1),
        };
        let (column, value) = self.operand(value, 2);
        self.emit(sets.element[row][column], array, index, u32::from(value));
    }

    /// Emits what makes an array of the top `n` operands, and pushes it.
    fn emit_array_new(&mut self, handler: Handler, x: TypeIdx, n: usize, rest: u32) {
        let live = self.top();
        let first = self.settled(n);
        self.save_acc(Class::Int);
        self.emit(handler, 0, 0, live);
        let layout = self.layout(x);
        self.allocation(&layout, u64::from(rest) | u64::from(first) << 32);
        self.push_acc(Class::Int, NONE, None);
    }

    /// Charges for as many elements as the operand on top of the stack says.
    fn charge_length(&mut self) {
        if !self.config.consume_fuel {
            return;
        }
        let i = self.stack.len() - 1;
        self.settle(i);
        let slot = self.stack[i].slot;
        let slot = self.near(Class::Int, slot, 0);
        let slot = self.field(slot);
        self.emit(control::consume_fuel_by_length, slot, 0, 0);
    }

    pub(super) fn array_new(&mut self, x: TypeIdx) {
        self.charge_length();
        self.emit_array_new(exec::array_new::<exec::Filled>, x, 2, 0);
    }

    pub(super) fn array_new_default(&mut self, x: TypeIdx) {
        self.charge_length();
        self.emit_array_new(exec::array_new::<exec::Default>, x, 1, 0);
    }

    pub(super) fn array_new_fixed(&mut self, x: TypeIdx, n: u32) {
        self.emit_array_new(exec::array_new::<exec::Fixed>, x, n as usize, n);
    }

    pub(super) fn array_new_data(&mut self, x: TypeIdx, y: DataIdx) {
        self.charge_length();
        self.emit_array_new(exec::array_new::<exec::Data>, x, 2, y.0);
    }

    pub(super) fn array_new_elem(&mut self, x: TypeIdx, y: ElemIdx) {
        self.charge_length();
        self.emit_array_new(exec::array_new::<exec::Elem>, x, 2, y.0);
    }

    fn emit_array_bulk(&mut self, handler: Handler, n: usize, rest: u32) {
        self.charge_length();
        let first = self.settled(n);
        self.emit(handler, 0, 0, rest);
        self.raw(u64::from(first));
    }

    pub(super) fn array_fill(&mut self, x: TypeIdx) {
        let words = self.field_of(x, 0).words();
        self.emit_array_bulk(exec::array_bulk::<exec::Fill>, 4, words);
    }

    pub(super) fn array_copy(&mut self) {
        self.emit_array_bulk(exec::array_bulk::<exec::Copy>, 5, 0);
    }

    pub(super) fn array_init_data(&mut self, y: DataIdx) {
        self.emit_array_bulk(exec::array_bulk::<exec::InitData>, 4, y.0);
    }

    pub(super) fn array_init_elem(&mut self, y: ElemIdx) {
        self.emit_array_bulk(exec::array_bulk::<exec::InitElem>, 4, y.0);
    }
}

/// Bytes from the end of an object's header to a field.
fn payload_offset(field: Field) -> u32 {
    field.offset - size_of::<Object>() as u32
}
