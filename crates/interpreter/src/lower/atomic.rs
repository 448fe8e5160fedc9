//! Atomic memory instructions: their operands are in slots.

use super::Lowering;
use super::operand::Place;
use crate::exec::atomic::{self as exec, Access, Handlers};
use crate::exec::numeric::Pair;
use crate::exec::operand::Class;
use crate::exec::state::Handler;
use terrane_runtime::AtomicNum;
use terrane_syntax::MemArg;

impl Lowering {
    /// Pops integers and makes sure that they are in slots; the fields of those, the first one's first.
    pub(super) fn pop_slots<const N: usize>(&mut self) -> [u16; N] {
        for i in self.stack.len() - N..self.stack.len() {
            // By what put it there, which costs no instruction.
            if let Place::Acc { .. } = self.stack[i].place {
                self.settle(i);
            }
        }
        let mut fields = [0; N];
        for i in (0..N).rev() {
            let popped = self.pop();
            let slot = self.in_slot(popped);
            let slot = self.near(Class::Int, slot, i as u32);
            fields[i] = self.field(slot);
        }
        fields
    }

    /// An access with a result: by how many operands it has beside the address.
    pub(super) fn atomic_access<O: Access>(&mut self, m: MemArg) {
        match O::OPERANDS {
            0 => self.atomic::<1>(Handlers::<O>::ACCESS, m),
            1 => self.atomic::<2>(Handlers::<O>::ACCESS, m),
            _ => self.atomic::<3>(Handlers::<O>::ACCESS, m),
        }
    }

    pub(super) fn atomic_store<O: Access>(&mut self, m: MemArg) {
        let operands = self.pop_slots::<2>();
        self.emit_atomic(Handlers::<O>::STORE, operands, m);
    }

    pub(super) fn atomic_notify(&mut self, m: MemArg) {
        self.atomic::<2>(exec::NOTIFY, m);
    }

    pub(super) fn atomic_wait<T: AtomicNum>(&mut self, m: MemArg) {
        self.atomic::<3>(exec::waits::<T>(), m);
    }

    pub(super) fn atomic_fence(&mut self) {
        self.emit(exec::atomic_fence, 0, 0, 0);
    }

    /// An instruction of `N` operands, the address among them, and a result.
    fn atomic<const N: usize>(&mut self, pair: Pair, m: MemArg) {
        let operands = self.pop_slots::<N>();
        self.save_acc(Class::Int);
        let pos = self.emit_atomic(pair[0], operands, m);
        self.push_acc(Class::Int, pos, Some(pair[1]));
    }

    fn emit_atomic<const N: usize>(&mut self, handler: Handler, operands: [u16; N], m: MemArg) -> u32 {
        let field = |i: usize| u32::from(operands.get(i).copied().unwrap_or(0));
        let pos = self.emit(handler, operands[0], 0, field(1) | field(2) << 16);
        self.raw(m.offset);
        self.raw(u64::from(m.memory.0));
        pos
    }
}
