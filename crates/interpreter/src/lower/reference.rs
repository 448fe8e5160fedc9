//! References: null checks, tests, casts, and branches on them.

use super::Lowering;
use super::numeric::Cond;
use super::operand::{Entry, Opd};
use crate::exec::numeric::{Pair, Table};
use crate::exec::operand::{Class, Reg, Slot, ToBoth, ToReg};
use crate::exec::ops;
use crate::exec::reference::{self as exec, EXACT, Kind, OfFunc, OfObject, OfSort, Sort};
use crate::exec::state::Handler;
use terrane_syntax::types::{CompType, HeapType, RefType};
use terrane_syntax::{BrCast, FuncIdx, LabelIdx};
use terrane_validation::Context;

/// A type that references are tested for: the handlers, and their fields.
struct Target {
    handlers: &'static Handlers,
    id: u32,
    depth: u16,
    nullable: bool,
}

/// The handlers of one kind of types, for a reference in a slot, and in the accumulator.
struct Handlers {
    test: [Pair; 2],
    cast: [Handler; 2],
    /// By whether the branch is taken if the reference is of the type.
    branch: [[Handler; 2]; 2],
}

impl Handlers {
    const fn of<K: Kind>() -> Self {
        Self {
            test: [
                [exec::ref_test::<K, Slot<8>, ToReg>, exec::ref_test::<K, Slot<8>, ToBoth>],
                [exec::ref_test::<K, Reg, ToReg>, exec::ref_test::<K, Reg, ToBoth>],
            ],
            cast: [exec::ref_cast::<K, Slot<8>>, exec::ref_cast::<K, Reg>],
            branch: [
                [exec::br_on_cast::<K, Slot<8>, false>, exec::br_on_cast::<K, Reg, false>],
                [exec::br_on_cast::<K, Slot<8>, true>, exec::br_on_cast::<K, Reg, true>],
            ],
        }
    }
}

impl Target {
    fn of(context: &Context, rt: RefType) -> Self {
        let nullable = rt.nullable;
        let HeapType::Type(x) = rt.heap.inexact() else {
            let handlers = const { &Handlers::of::<OfSort>() };
            return Self { handlers, id: sort(rt.heap) as u32, depth: 0, nullable };
        };
        let info = context.types().get(x).expect("valid code");
        let handlers = match info.sub.comp {
            CompType::Func(_) => const { &Handlers::of::<OfFunc>() },
            _ => const { &Handlers::of::<OfObject>() },
        };
        let depth = if rt.heap.is_exact() { EXACT } else { info.supers.len() as u16 };
        Self { handlers, id: info.def.id(), depth, nullable }
    }
}

/// What an abstract heap type says of a reference of its hierarchy.
fn sort(ht: HeapType) -> Sort {
    match ht {
        HeapType::Eq => Sort::Eq,
        HeapType::I31 => Sort::I31,
        HeapType::Struct => Sort::Struct,
        HeapType::Array => Sort::Array,
        HeapType::None | HeapType::NoFunc | HeapType::NoExtern | HeapType::NoExn => Sort::None,
        _ => Sort::All,
    }
}

impl Lowering {
    pub(super) fn ref_func(&mut self, x: FuncIdx) {
        let pair = [exec::ref_func::<ToReg>, exec::ref_func::<ToBoth>];
        self.emit_def(Class::Int, [pair[0], pair[1]], 0, x.0, None);
    }

    /// Pops a reference to look at it, and says where it is: the index of the handler, and the field. What it was,
    /// to put it back.
    fn look_at(&mut self) -> (usize, u16, Entry) {
        let entry = *self.stack.last().expect("valid code");
        let popped = self.pop();
        let opd = self.no_const(popped);
        let (i, slot) = self.place(opd);
        (i, slot, entry)
    }

    fn place(&mut self, opd: Opd) -> (usize, u16) {
        match self.near_opd(Class::Int, opd, 0) {
            Opd::Slot(slot) => (0, self.field(slot)),
            _ => (1, 0),
        }
    }

    pub(super) fn ref_as_non_null(&mut self) {
        let (i, slot, entry) = self.look_at();
        let handlers = [exec::ref_as_non_null::<Slot<8>>, exec::ref_as_non_null::<Reg>];
        self.emit(handlers[i], slot, 0, 0);
        self.restore(entry);
    }

    pub(super) fn ref_test(&mut self, context: &Context, rt: RefType) {
        let target = Target::of(context, rt);
        let popped = self.pop();
        let opd = self.no_const(popped);
        let (i, slot) = self.place(opd);
        let rest = u64::from(target.depth) | u64::from(target.nullable) << 16;
        self.emit_def(Class::Int, target.handlers.test[i], slot, target.id, Some(rest));
    }

    pub(super) fn ref_cast(&mut self, context: &Context, rt: RefType) {
        let target = Target::of(context, rt);
        let (i, slot, entry) = self.look_at();
        self.emit(target.handlers.cast[i], slot, target.depth, target.id);
        self.raw(u64::from(target.nullable));
        self.restore(entry);
    }

    /// The reference on top of the stack, where all entries are settled.
    fn settled_top(&mut self) -> Opd {
        self.settle_all();
        let entry = *self.stack.last().expect("valid code");
        let popped = self.pop();
        self.restore(entry);
        popped.opd
    }

    pub(super) fn br_on_cast(&mut self, context: &Context, cast: BrCast, on_success: bool) {
        let target = Target::of(context, cast.rt2);
        let opd = self.settled_top();
        let i = self.ctrl_at(cast.l);
        self.conditional(context, i, |s, taken| {
            let (place, slot) = s.place(opd);
            let holds = usize::from(taken == on_success);
            let pos = s.emit(target.handlers.branch[holds][place], slot, target.depth, 0);
            s.raw(u64::from(target.id) | u64::from(target.nullable) << 32);
            s.end_region();
            pos
        });
    }

    /// Traps if the reference on top of the stack is null, which is to be a descriptor.
    pub(super) fn check_descriptor(&mut self) {
        let (i, slot, entry) = self.look_at();
        let handlers = [exec::check_descriptor::<Slot<8>>, exec::check_descriptor::<Reg>];
        self.emit(handlers[i], slot, 0, 0);
        self.restore(entry);
    }

    /// Pops the descriptor that something is cast with, and is no null; its slot. What is below it is in its slot too.
    fn cast_descriptor(&mut self) -> u32 {
        self.check_descriptor();
        let n = self.stack.len();
        self.settle(n - 1);
        self.settle(n - 2);
        self.pop_entry().slot
    }

    /// The fields of the reference on top of the stack, and of a descriptor.
    fn described(&mut self, descriptor: u32) -> (u16, u16) {
        let slot = self.stack.last().expect("valid code").slot;
        let [slot, descriptor] = [self.near(Class::Int, slot, 0), self.near(Class::Int, descriptor, 1)];
        (self.field(slot), self.field(descriptor))
    }

    pub(super) fn ref_cast_desc_eq(&mut self, nullable: bool) {
        let descriptor = self.cast_descriptor();
        let (slot, descriptor) = self.described(descriptor);
        self.emit(exec::ref_cast_desc_eq, slot, descriptor, u32::from(nullable));
    }

    pub(super) fn br_on_cast_desc_eq(&mut self, context: &Context, cast: BrCast, on_success: bool) {
        self.check_descriptor();
        self.settle_all();
        let descriptor = self.pop_entry().slot;
        let i = self.ctrl_at(cast.l);
        self.conditional(context, i, |s, taken| {
            let (slot, descriptor) = s.described(descriptor);
            let handlers = [exec::br_on_cast_desc_eq::<false>, exec::br_on_cast_desc_eq::<true>];
            let pos = s.emit(handlers[usize::from(taken == on_success)], slot, descriptor, 0);
            s.raw(u64::from(cast.rt2.nullable));
            s.end_region();
            pos
        });
    }

    pub(super) fn br_on_non_null(&mut self, context: &Context, l: LabelIdx) {
        let opd = self.settled_top();
        let i = self.ctrl_at(l);
        self.conditional(context, i, |s, taken| s.branch_on_null(opd, !taken));
        self.pop_entry();
    }

    pub(super) fn br_on_null(&mut self, context: &Context, l: LabelIdx) {
        let opd = self.settled_top();
        let i = self.ctrl_at(l);
        // The label is given what is below the reference.
        let entry = self.pop_entry();
        self.conditional(context, i, |s, taken| s.branch_on_null(opd, taken));
        self.restore(entry);
    }

    /// Emits a branch that is taken if the reference is null, or if it is not; its position.
    fn branch_on_null(&mut self, opd: Opd, if_null: bool) -> u32 {
        let eq = &Table::<ops::I64Eq>::RELATION;
        let is_null = Cond::Relation(eq, opd, Opd::Const(0));
        self.branch_if(if if_null { is_null } else { is_null.not() })
    }
}
