//! Calls and returns.
//!
//! The arguments of a call, settled at the top of the stack, are the first slots of the callee's frame.

use super::operand::Opd;
use super::{Lowering, class, words};
use crate::exec::call as exec;
use crate::exec::control::leave_depth;
use crate::exec::operand::{Class, Reg, Slot};
use crate::exec::state::Handler;
use crate::exec::trace::{Return, TailCall, trace};
use terrane_runtime::numerics::V128;
use terrane_syntax::types::FuncType;
use terrane_syntax::{FuncIdx, TableIdx, TypeIdx};
use terrane_validation::Context;

/// What is called: the handler for a call and for a tail call, and the word that says what.
struct Callee {
    handlers: [Handler; 2],
    word: u64,
}

impl Lowering {
    /// A function of the module: by its cell if it defines it, by its index if it imports it.
    fn callee(&self, context: &Context, x: FuncIdx) -> Callee {
        match x.index().checked_sub(context.imports().funcs) {
            Some(i) => Callee {
                handlers: [exec::call, exec::return_call],
                word: self.cells + i as u64 * size_of::<crate::code::Cell>() as u64,
            },
            None => Callee { handlers: [exec::call_import, exec::return_call_import], word: u64::from(x.0) },
        }
    }

    /// The function at the popped index in a table; the field of the index's slot.
    fn indirect(&mut self, context: &Context, y: TypeIdx, x: TableIdx) -> (Callee, u16) {
        let index = self.pop();
        let opd = self.no_const(index);
        let ty = context.types().def(y).map_or(0, |def| def.id());
        let word = u64::from(x.0) | u64::from(ty) << 32;
        match self.near_opd(Class::Int, opd, 0) {
            Opd::Slot(slot) => {
                let handlers = [exec::call_indirect::<Slot<22>>, exec::return_call_indirect::<Slot<26>>];
                (Callee { handlers, word }, self.field(slot))
            }
            _ => (
                Callee { handlers: [exec::call_indirect::<Reg>, exec::return_call_indirect::<Reg>], word },
                0,
            ),
        }
    }

    /// The popped function reference; the field of its slot.
    fn by_ref(&mut self) -> (Callee, u16) {
        let func = self.pop();
        let opd = self.no_const(func);
        match self.near_opd(Class::Int, opd, 0) {
            Opd::Slot(slot) => {
                let handlers = [exec::call_ref::<Slot<22>>, exec::return_call_ref::<Slot<26>>];
                (Callee { handlers, word: 0 }, self.field(slot))
            }
            _ => (Callee { handlers: [exec::call_ref::<Reg>, exec::return_call_ref::<Reg>], word: 0 }, 0),
        }
    }

    pub(super) fn call_ref(&mut self, context: &Context, x: TypeIdx) {
        let ft = context.type_func(x).expect("valid code");
        let (callee, func) = self.by_ref();
        self.emit_call(&callee, ft, func);
    }

    pub(super) fn return_call_ref(&mut self, context: &Context, x: TypeIdx) {
        let ft = context.type_func(x).expect("valid code");
        let (callee, func) = self.by_ref();
        self.emit_tail_call(&callee, ft, func);
    }

    pub(super) fn call(&mut self, context: &Context, x: FuncIdx) {
        let ft = context.func_type(x).expect("valid code");
        let callee = self.callee(context, x);
        self.emit_call(&callee, ft, 0);
    }

    pub(super) fn call_indirect(&mut self, context: &Context, y: TypeIdx, x: TableIdx) {
        let ft = context.type_func(y).expect("valid code");
        let (callee, index) = self.indirect(context, y, x);
        self.emit_call(&callee, ft, index);
    }

    /// Puts the arguments into their slots and pops them; the first one's slot.
    pub(super) fn settle_args(&mut self, n: usize) -> u32 {
        let height = self.stack.len() - n;
        for i in (height..self.stack.len()).rev() {
            self.settle(i);
        }
        self.truncate(height);
        self.top()
    }

    fn emit_call(&mut self, callee: &Callee, ft: &FuncType, index: u16) {
        let args = self.settle_args(ft.params.len());
        self.save_accs();
        let link = u64::from(words(&ft.params));
        self.code.push(crate::code::Word { handler: callee.handlers[0] });
        self.raw(callee.word);
        self.raw((u64::from(args) * 8) | link << 32 | u64::from(index) << 48);
        // Room for results that are more than the arguments.
        self.frame = self.frame.max(args + words(&ft.results));
        self.forget_mirrors();
        self.may_have_thrown();
        match &*ft.results {
            [t] => self.push_acc(class(*t), super::NONE, None),
            ts => ts.iter().for_each(|t| self.push_slot(class(*t))),
        }
    }

    pub(super) fn return_call(&mut self, context: &Context, x: FuncIdx) {
        let ft = context.func_type(x).expect("valid code");
        let callee = self.callee(context, x);
        self.emit_tail_call(&callee, ft, 0);
    }

    pub(super) fn return_call_indirect(&mut self, context: &Context, y: TypeIdx, x: TableIdx) {
        let ft = context.type_func(y).expect("valid code");
        let (callee, index) = self.indirect(context, y, x);
        self.emit_tail_call(&callee, ft, index);
    }

    fn emit_tail_call(&mut self, callee: &Callee, ft: &FuncType, index: u16) {
        let args = self.settle_args(ft.params.len());
        self.leave(true);
        let n = u64::from(words(&ft.params));
        self.code.push(crate::code::Word { handler: callee.handlers[1] });
        self.raw(callee.word);
        self.raw(u64::from(args) | n << 32 | u64::from(self.link) << 48);
        self.raw(n | u64::from(index) << 16);
        self.set_unreachable();
    }

    /// Emits what is to be done before the function ends, by another one in its place if `tail`.
    fn leave(&mut self, tail: bool) {
        if self.config.tracing {
            self.emit(if tail { trace::<TailCall> } else { trace::<Return> }, 0, 0, 0);
        }
        // Calls are counted where their depth is bounded: one less.
        if self.config.max_call_depth.is_some() {
            self.emit(leave_depth, 0, 0, 0);
        }
    }

    /// Emits a return with the operands on top of the stack, and leaves them there.
    pub(super) fn emit_return(&mut self, context: &Context) {
        let ft = context.func_type(self.func).expect("valid code");
        let link = self.link as u16;
        match ft.results.len() {
            0 => {
                self.leave(false);
                self.emit(exec::ret, link, 0, 0);
            }
            1 => self.emit_return_one(link),
            n => {
                let from = self.stack.len() - n;
                for i in (from..self.stack.len()).rev() {
                    self.settle(i);
                }
                debug_assert!(self.is_settled(from));
                self.leave(false);
                let slot = self.stack[from].slot;
                self.emit(exec::ret_many, link, words(&ft.results) as u16, slot);
            }
        }
    }

    fn emit_return_one(&mut self, link: u16) {
        let entry = *self.stack.last().expect("valid code");
        let result = self.pop();
        let [from_slot, imm] = ret_values(result.class);
        self.leave(false);
        match self.near_opd(result.class, result.opd, 0) {
            Opd::Reg => {
                self.emit(exec::ret, link, 0, 0);
            }
            Opd::Slot(slot) => {
                let slot = self.field(slot);
                self.emit(from_slot, link, slot, 0);
            }
            Opd::Const(bits) => {
                self.emit(imm, link, 0, 0);
                self.raw(bits);
            }
        }
        self.restore(entry);
    }
}

/// The handlers that return a value: from a slot, an immediate.
fn ret_values(class: Class) -> [Handler; 2] {
    match class {
        Class::Int => exec::ret_values::<u64>(),
        Class::F32 => exec::ret_values::<f32>(),
        Class::F64 => exec::ret_values::<f64>(),
        Class::V128 => exec::ret_values::<V128>(),
    }
}
