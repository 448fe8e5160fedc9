//! Memory instructions.

use super::emit::LastOp;
use super::operand::{Opd, Popped};
use super::{Lowering, NONE};
use crate::exec::control;
use crate::exec::memory as exec;
use crate::exec::memory::{LoadTable, StoreTable};
use crate::exec::numeric::Pair;
use crate::exec::operand::{Class, ToBoth, ToReg};
use crate::exec::ops::Special;
use crate::exec::state::Handler;
use terrane_syntax::types::AddrType;
use terrane_syntax::{DataIdx, MemArg, MemIdx};
use terrane_validation::Context;

/// An address in the near form, with the offset.
enum Near {
    Slot(u32, u32),
    Reg(u32),
    /// Nothing but the offset.
    Fixed(u32),
}

/// The place in a table of handlers of those for addresses of that type.
fn width(addr: AddrType) -> usize {
    match addr {
        AddrType::I32 => 0,
        AddrType::I64 => 1,
    }
}

impl Lowering {
    pub(super) fn load(&mut self, op: &'static LoadTable, m: MemArg, context: &Context) {
        let addr = self.pop();
        if self.load_sum(op, m, addr) {
            return;
        }
        let forms = &op.near[width(context.mems()[m.memory.index()].addr)];
        match near_addr(m, addr) {
            Some(Near::Slot(slot, offset)) => {
                let slot = self.near(Class::Int, slot, 0);
                let slot = self.field(slot);
                self.emit_def(op.class, forms.slot, slot, offset, None);
            }
            Some(Near::Reg(offset)) => {
                self.emit_def(op.class, forms.reg, 0, offset, None);
            }
            Some(Near::Fixed(offset)) => {
                self.emit_def(op.class, forms.zero, 0, offset, None);
            }
            None => self.load_far(op, m, addr),
        }
    }

    /// Combines an addition, just emitted, with the load from the sum.
    fn load_sum(&mut self, op: &'static LoadTable, m: MemArg, addr: Popped) -> bool {
        let Some(LastOp::Binary(add, x, y)) = self.last_op(addr.def) else { return false };
        let (Ok(offset), MemIdx(0)) = (u16::try_from(m.offset), m.memory) else { return false };
        let Some((pair, a, b)) = sum_form(op, add.special, x, y) else { return false };
        self.take_back(Class::Int);
        self.emit_def(op.class, pair, a, u32::from(b) | u32::from(offset) << 16, None);
        true
    }

    fn load_far(&mut self, op: &'static LoadTable, m: MemArg, addr: Popped) {
        let opd = self.no_const(addr);
        let (pair, slot) = match self.near_opd(Class::Int, opd, 0) {
            Opd::Slot(slot) => (op.far_slot, self.field(slot)),
            _ => (op.far_reg, 0),
        };
        self.emit_def(op.class, pair, slot, 0, Some(m.offset));
        self.far_memory(m);
    }

    /// Appends the word that names the memory of an access in the far form.
    fn far_memory(&mut self, m: MemArg) {
        self.raw(u64::from(m.memory.0));
        self.last.end = self.code.len() as u32;
    }

    pub(super) fn store(&mut self, op: &'static StoreTable, m: MemArg, context: &Context) {
        let (addr, value) = self.pop_two();
        let Some(near) = near_addr(m, addr) else { return self.store_far(op, m, addr, value) };
        let (row, slot, offset) = match near {
            Near::Slot(slot, offset) => (0, self.near(Class::Int, slot, 0), offset),
            Near::Reg(offset) => (1, 0, offset),
            Near::Fixed(offset) => (2, 0, offset),
        };
        let slot = self.field(slot);
        let (column, value) = self.stored(op, value);
        let forms = &op.near[width(context.mems()[m.memory.index()].addr)];
        self.emit(forms[row][column], slot, value, offset);
    }

    /// The column of a stored value in the table of handlers, and its field.
    fn stored(&mut self, op: &StoreTable, value: Popped) -> (usize, u16) {
        match value.opd {
            Opd::Reg => (1, 0),
            Opd::Const(bits) if op.short(bits) => (2, bits as u16),
            _ => {
                let opd = self.no_const(value);
                let Opd::Slot(slot) = self.near_opd(op.class, opd, 1) else {
                    unreachable!("constants went to a slot")
                };
                (0, self.field(slot))
            }
        }
    }

    fn store_far(&mut self, op: &'static StoreTable, m: MemArg, addr: Popped, value: Popped) {
        let opd = self.no_const(addr);
        let (row, slot) = match self.near_opd(Class::Int, opd, 0) {
            Opd::Slot(slot) => (0, self.field(slot)),
            _ => (1, 0),
        };
        let opd = self.no_const(value);
        let (column, value) = match self.near_opd(op.class, opd, 1) {
            Opd::Slot(slot) => (0, self.field(slot)),
            _ => (1, 0),
        };
        self.emit(op.far[row][column], slot, value, 0);
        self.raw(m.offset);
        self.raw(u64::from(m.memory.0));
    }

    pub(super) fn memory_size(&mut self, x: MemIdx) {
        let pair = [exec::memory_size::<ToReg>, exec::memory_size::<ToBoth>];
        self.emit_def(Class::Int, pair, 0, x.0, None);
    }

    pub(super) fn memory_grow(&mut self, context: &Context, x: MemIdx) {
        let delta = self.pop();
        let slot = self.in_slot(delta);
        let slot = self.near(Class::Int, slot, 0);
        let failure = minus_one(context.mems()[x.index()].addr);
        self.save_acc(Class::Int);
        let slot = self.field(slot);
        self.emit(exec::memory_grow, slot, 0, x.0);
        self.raw(failure);
        self.push_acc(Class::Int, NONE, None);
    }

    /// Pops three operands and emits a bulk operation on them.
    pub(super) fn bulk(&mut self, handler: Handler, x: u32, y: Option<u32>) {
        let first = self.settled_operands(3);
        if self.config.consume_fuel {
            let length = self.field(u32::from(first) + 2);
            self.emit(control::consume_fuel_by_length, length, 0, 0);
        }
        self.emit(handler, first, 0, x);
        if let Some(y) = y {
            self.raw(u64::from(y));
        }
    }

    /// Puts the top `n` entries into slots that follow each other, and pops them; the first one's field.
    /// They are no vectors.
    pub(super) fn settled_operands(&mut self, n: usize) -> u16 {
        let height = self.stack.len() - n;
        debug_assert!(self.stack[height..].iter().all(|entry| entry.class != Class::V128));
        for i in (height..self.stack.len()).rev() {
            self.settle(i);
        }
        let mut first = self.stack[height].slot;
        if self.far && !self.fits(first + n as u32) {
            for i in 0..n as u32 {
                self.emit_copy(super::emit::Copy::Slot(Class::Int, first + i), self.link + 1 + i);
            }
            first = self.link + 1;
        }
        self.truncate(height);
        self.field(first)
    }

    pub(super) fn memory_fill(&mut self, context: &Context, x: MemIdx) {
        let near = is_near(context, x);
        self.bulk(if near { exec::memory_fill_near } else { exec::memory_fill }, x.0, None);
    }

    pub(super) fn memory_copy(&mut self, context: &Context, x: MemIdx, y: MemIdx) {
        let near = is_near(context, x) && x == y;
        self.bulk(if near { exec::memory_copy_near } else { exec::memory_copy }, x.0, Some(y.0));
    }

    pub(super) fn memory_init(&mut self, x: MemIdx, y: DataIdx) {
        self.bulk(exec::memory_init, x.0, Some(y.0));
    }

    pub(super) fn data_drop(&mut self, x: DataIdx) {
        self.emit(exec::data_drop, 0, 0, x.0);
    }
}

impl StoreTable {
    /// Is a constant what its low 16 bits, sign-extended, are?
    fn short(&self, bits: u64) -> bool {
        let value = if self.narrow { i64::from(bits as u32 as i32) } else { bits as i64 };
        self.class == Class::Int && i16::try_from(value).is_ok()
    }
}

/// The address of an access to memory 0 with a 32-bit offset.
fn near_addr(m: MemArg, addr: Popped) -> Option<Near> {
    if m.memory != MemIdx(0) {
        return None;
    }
    let offset = u32::try_from(m.offset).ok()?;
    Some(match addr.opd {
        Opd::Reg => Near::Reg(offset),
        Opd::Slot(slot) => Near::Slot(slot, offset),
        Opd::Const(c) => Near::Fixed(u32::try_from(c.checked_add(m.offset)?).ok()?),
    })
}

/// The handlers of a load from a sum, and the fields of its operands.
///
/// An addition of 32 bits stands before an access with 64-bit addresses if its result was extended, which is no
/// instruction: so the addition decides, not the memory.
fn sum_form(op: &LoadTable, special: Special, x: Opd, y: Opd) -> Option<(Pair, u16, u16)> {
    let near = |slot: u32| u16::try_from(slot).ok();
    let (addr, shift) = match special {
        Special::Add32 => (AddrType::I32, 0),
        Special::Add64 => (AddrType::I64, 0),
        Special::AddShl32(k) => (AddrType::I32, usize::from(k)),
        Special::AddShl64(k) => (AddrType::I64, usize::from(k)),
        _ => return None,
    };
    let forms = &op.near[width(addr)];
    match (shift, x, y) {
        (0, Opd::Slot(a), Opd::Slot(b)) => Some((forms.sum_slot, near(a)?, near(b)?)),
        (0, Opd::Reg, Opd::Slot(b)) | (0, Opd::Slot(b), Opd::Reg) => Some((forms.sum_reg, 0, near(b)?)),
        (0, x, Opd::Const(c)) => {
            let c = if addr == AddrType::I32 { i64::from(c as u32 as i32) } else { c as i64 };
            let plus = i16::try_from(c).ok()? as u16;
            match x {
                Opd::Slot(a) => Some((forms.plus_slot, near(a)?, plus)),
                Opd::Reg => Some((forms.plus_reg, 0, plus)),
                Opd::Const(_) => None,
            }
        }
        (k @ 1.., Opd::Slot(a), Opd::Slot(b)) => Some((forms.scaled_slot[k - 1], near(a)?, near(b)?)),
        (k @ 1.., Opd::Reg, Opd::Slot(b)) => Some((forms.scaled_reg[k - 1], 0, near(b)?)),
        _ => None,
    }
}

/// Is that memory 0, for this thread alone, with 32-bit addresses?
fn is_near(context: &Context, x: MemIdx) -> bool {
    let mt = context.mems()[x.index()];
    x == MemIdx(0) && mt.addr == AddrType::I32 && !mt.shared
}

/// What growing gives when it fails, as a value of the address type.
pub(super) fn minus_one(addr: AddrType) -> u64 {
    match addr {
        AddrType::I32 => u64::from(u32::MAX),
        AddrType::I64 => u64::MAX,
    }
}
