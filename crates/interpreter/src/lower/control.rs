//! Blocks and branches.
//!
//! A label is a position where paths meet: all of them come with the operands settled, the label's own in
//! the canonical slots at its height. A block to which nothing branches is no label.

use super::emit::Copy;
use super::operand::{Entry, Opd, Place};
use super::{Lowering, NONE, class};
use crate::catches::{RegionIdx, Unbound};
use crate::exec::control as exec;
use crate::exec::operand::{Class, Reg, Slot};
use terrane_syntax::LabelIdx;
use terrane_syntax::types::{BlockType, FuncType};
use terrane_validation::Context;

/// A block that is open.
#[derive(Clone, Copy)]
pub(super) struct Ctrl {
    pub(super) kind: Kind,
    pub(super) sig: Sig,
    /// Entries on the stack below its parameters.
    pub(super) height: usize,
    /// The branches to its end.
    pub(super) exits: u32,
    /// What is caught and goes on at its end.
    pub(super) catches: Unbound,
    /// The innermost region that protects what is in it.
    pub(super) region: RegionIdx,
    /// Of an `if`: the branch to its `else`.
    otherwise: u32,
    /// How many locals were surely written when it began.
    pub(super) written: usize,
    /// The last `br_table` that needed moves before it branched here, and where they are.
    stub: (u32, u32),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Func,
    Block,
    /// The position of its header.
    Loop(u32),
    If,
    Else,
    TryTable,
    /// The body of a `try`.
    Try,
    /// A handler of a `try`, whose body was that region.
    Catch(RegionIdx),
}

/// What an instruction is to the structure of the code.
#[derive(Clone, Copy)]
pub(super) enum Structure {
    /// It begins a block.
    Begins,
    /// It ends one.
    Ends,
    /// It ends an arm of one.
    Else,
    /// Neither.
    None,
}

/// The type of a block.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Sig {
    #[default]
    Empty,
    /// One result.
    One(Class),
    Type(terrane_syntax::TypeIdx),
    /// The function's own.
    Func,
}

impl Sig {
    pub(super) fn of(bt: BlockType) -> Self {
        match bt {
            BlockType::Empty => Self::Empty,
            BlockType::Value(t) => Self::One(class(t)),
            BlockType::Type(x) => Self::Type(x),
        }
    }
}

impl Lowering {
    fn func_type<'c>(&self, context: &'c Context, sig: Sig) -> Option<&'c FuncType> {
        match sig {
            Sig::Type(x) => context.type_func(x),
            Sig::Func => context.func_type(self.func),
            Sig::Empty | Sig::One(_) => None,
        }
    }

    /// How many parameters and results a block has.
    pub(super) fn arity(&self, context: &Context, sig: Sig) -> (usize, usize) {
        match sig {
            Sig::Empty => (0, 0),
            Sig::One(_) => (0, 1),
            _ => self.func_type(context, sig).map_or((0, 0), |ft| (ft.params.len(), ft.results.len())),
        }
    }

    /// How many operands a branch to a block takes.
    pub(super) fn label_arity(&self, context: &Context, i: usize) -> usize {
        let ctrl = &self.ctrls[i];
        let (params, results) = self.arity(context, ctrl.sig);
        if let Kind::Loop(_) = ctrl.kind { params } else { results }
    }

    fn push_params(&mut self, context: &Context, sig: Sig) {
        if let (Sig::Type(_), Some(ft)) = (sig, self.func_type(context, sig)) {
            ft.params.iter().for_each(|t| self.push_slot(class(*t)));
        }
    }

    fn push_results(&mut self, context: &Context, sig: Sig) {
        match (sig, self.func_type(context, sig)) {
            (Sig::One(class), _) => self.push_slot(class),
            (_, Some(ft)) => ft.results.iter().for_each(|t| self.push_slot(class(*t))),
            _ => (),
        }
    }

    /// Opens the block that is the function itself.
    pub(super) fn enter_func(&mut self) {
        self.open(Kind::Func, Sig::Func, 0);
        self.open_fuel();
    }

    fn open(&mut self, kind: Kind, sig: Sig, height: usize) {
        let region = self.ctrls.last().map_or(RegionIdx::NONE, |ctrl| ctrl.region);
        self.open_in(region, kind, sig, height);
    }

    /// Opens a block inside of which that region is the innermost.
    pub(super) fn open_in(&mut self, region: RegionIdx, kind: Kind, sig: Sig, height: usize) {
        self.ctrls.push(Ctrl {
            kind,
            sig,
            height,
            exits: NONE,
            catches: Unbound::EMPTY,
            region,
            otherwise: NONE,
            written: self.written.len(),
            stub: (0, 0),
        });
    }

    /// Begins a label here.
    pub(super) fn label(&mut self) {
        self.end_region();
        self.forget_mirrors();
        self.open_fuel();
    }

    pub(super) fn block(&mut self, context: &Context, bt: BlockType) {
        let sig = Sig::of(bt);
        let height = self.stack.len() - self.arity(context, sig).0;
        self.open(Kind::Block, sig, height);
    }

    pub(super) fn loop_(&mut self, context: &Context, bt: BlockType) {
        let sig = Sig::of(bt);
        let height = self.stack.len() - self.arity(context, sig).0;
        self.settle_all();
        self.end_region();
        self.open(Kind::Loop(self.code.len() as u32), sig, height);
        self.label();
        if self.config.interruptible {
            self.emit(exec::check_interrupt, 0, 0, 0);
        }
    }

    pub(super) fn if_(&mut self, context: &Context, bt: BlockType) {
        let sig = Sig::of(bt);
        let cond = self.pop();
        let cond = self.condition(cond);
        self.settle_all();
        let height = self.stack.len() - self.arity(context, sig).0;
        let base = self.branch_if(cond.not());
        self.open(Kind::If, sig, height);
        let otherwise = self.fixup(base, NONE);
        self.innermost_mut().otherwise = otherwise;
        self.open_fuel();
    }

    pub(super) fn innermost(&self) -> &Ctrl {
        self.ctrls.last().expect("the function is a block")
    }

    pub(super) fn innermost_mut(&mut self) -> &mut Ctrl {
        self.ctrls.last_mut().expect("the function is a block")
    }

    pub(super) fn else_(&mut self, context: &Context) {
        if !self.unreachable {
            self.settle_all();
            let base = self.emit(exec::br, 0, 0, 0);
            let exits = self.innermost().exits;
            let exits = self.fixup(base, exits);
            self.innermost_mut().exits = exits;
        }
        self.unreachable = false;
        let (sig, height, otherwise, written) = {
            let ctrl = self.innermost_mut();
            ctrl.kind = Kind::Else;
            (ctrl.sig, ctrl.height, std::mem::replace(&mut ctrl.otherwise, NONE), ctrl.written)
        };
        self.truncate(height);
        self.push_params(context, sig);
        self.settled = self.stack.len();
        self.forget_written(written);
        self.end_region();
        self.bind(otherwise);
        self.label();
    }

    pub(super) fn end(&mut self, context: &Context) {
        let handler = matches!(self.innermost().kind, Kind::Catch(_));
        if handler && !self.unreachable {
            self.settle_all();
            self.move_results(context);
        }
        let ctrl = self.ctrls.pop().expect("valid code");
        if ctrl.kind == Kind::Func {
            return self.end_func(context, &ctrl);
        }
        let is_label = ctrl.exits != NONE || ctrl.otherwise != NONE || !ctrl.catches.is_empty();
        if !is_label && !handler {
            return self.end_plain(context, &ctrl);
        }
        if !self.unreachable {
            self.settle_all();
        }
        self.leave_try(&ctrl);
        self.unreachable = false;
        self.truncate(ctrl.height);
        self.push_results(context, ctrl.sig);
        self.settled = self.stack.len();
        self.forget_written(ctrl.written);
        self.end_region();
        self.bind(ctrl.exits);
        self.bind(ctrl.otherwise);
        self.bind_catches(ctrl.catches);
        self.label();
    }

    /// Ends a block to whose end nothing branches.
    fn end_plain(&mut self, context: &Context, ctrl: &Ctrl) {
        self.leave_try(ctrl);
        if self.unreachable {
            self.truncate(ctrl.height);
            self.push_results(context, ctrl.sig);
        }
    }

    fn end_func(&mut self, context: &Context, ctrl: &Ctrl) {
        if ctrl.exits != NONE {
            if !self.unreachable {
                self.settle_all();
            }
            self.unreachable = false;
            self.truncate(0);
            self.push_results(context, Sig::Func);
            self.settled = self.stack.len();
            self.end_region();
            self.bind(ctrl.exits);
            self.label();
        }
        if !self.unreachable {
            self.return_(context);
        }
        if !ctrl.catches.is_empty() {
            // Apart, so that what returns without an exception need not meet it.
            self.unreachable = false;
            self.truncate(0);
            self.push_results(context, Sig::Func);
            self.settled = self.stack.len();
            self.end_region();
            self.bind_catches(ctrl.catches);
            self.label();
            self.return_(context);
        }
        self.close_fuel();
        self.func_sig = self.single_result(context);
    }

    fn single_result(&self, context: &Context) -> Sig {
        match self.func_type(context, Sig::Func).map(|ft| &*ft.results) {
            Some([t]) => Sig::One(class(*t)),
            _ => Sig::Empty,
        }
    }

    /// Locals written since then are not surely written any more.
    pub(super) fn forget_written(&mut self, since: usize) {
        for x in self.written.drain(since..) {
            self.locals[x as usize].written = false;
        }
    }

    /// In unreachable code, looks for its end; is the instruction still part of it?
    pub(super) fn skip(&mut self, structure: Structure) -> bool {
        match structure {
            Structure::Begins => self.skipped += 1,
            Structure::Ends if self.skipped > 0 => self.skipped -= 1,
            Structure::Ends => return false,
            Structure::Else => return self.skipped > 0,
            Structure::None => (),
        }
        true
    }

    /// What follows cannot be reached.
    pub(super) fn set_unreachable(&mut self) {
        let height = self.ctrls.last().map_or(0, |ctrl| ctrl.height);
        self.truncate(height);
        self.unreachable = true;
        self.end_region();
    }

    pub(super) fn unreachable_(&mut self) {
        self.emit(exec::unreachable, 0, 0, 0);
        self.set_unreachable();
    }

    /// The position among the open blocks of a label.
    pub(super) fn ctrl_at(&self, l: LabelIdx) -> usize {
        self.ctrls.len() - 1 - l.index()
    }

    /// Adds a branch to those that lead to a label.
    fn link_branch(&mut self, base: u32, i: usize) {
        self.link_half(base * 2 + 3, base, i);
    }

    fn link_half(&mut self, at: u32, base: u32, i: usize) {
        match self.ctrls[i].kind {
            Kind::Loop(target) => self.set_distance(at, base, target),
            _ => self.ctrls[i].exits = self.fixup_at(at, base, self.ctrls[i].exits),
        }
    }

    /// Must the operands of a branch be moved before it can be taken?
    pub(super) fn needs_moves(&self, i: usize, arity: usize) -> bool {
        arity > 0 && self.stack.len() - arity != self.ctrls[i].height
    }

    /// The canonical slot of the entry at a height: of one that there is, or of the next one.
    pub(super) fn slot_at(&self, height: usize) -> u32 {
        self.stack.get(height).map_or(self.top(), |entry| entry.slot)
    }

    /// Moves the top `arity` entries, which are settled, down to the slots of a label.
    pub(super) fn emit_moves(&mut self, i: usize, arity: usize) {
        let mut to = self.stack[self.ctrls[i].height].slot;
        for k in self.stack.len() - arity..self.stack.len() {
            let Entry { class, slot, .. } = self.stack[k];
            self.emit_copy(Copy::Slot(class, slot), to);
            to += class.words();
        }
    }

    pub(super) fn br(&mut self, context: &Context, l: LabelIdx) {
        let i = self.ctrl_at(l);
        if self.ctrls[i].kind == Kind::Func {
            return self.return_(context);
        }
        let arity = self.label_arity(context, i);
        self.settle_all();
        if self.needs_moves(i, arity) {
            self.emit_moves(i, arity);
        }
        let base = self.emit(exec::br, 0, 0, 0);
        self.link_branch(base, i);
        self.set_unreachable();
    }

    pub(super) fn br_if(&mut self, context: &Context, l: LabelIdx) {
        let i = self.ctrl_at(l);
        let cond = self.pop();
        let cond = self.condition(cond);
        self.settle_all();
        self.conditional(context, i, |s, taken| s.branch_if(if taken { cond } else { cond.not() }));
    }

    /// Emits a branch to a label that is taken on a condition. `branch` emits it, to be taken if the condition
    /// holds, or, when its argument is `false`, if it does not; its position.
    pub(super) fn conditional(
        &mut self,
        context: &Context,
        i: usize,
        branch: impl FnOnce(&mut Self, bool) -> u32,
    ) {
        let arity = self.label_arity(context, i);
        let returns = self.ctrls[i].kind == Kind::Func && arity > 0;
        if returns || self.needs_moves(i, arity) || self.config.tracing {
            let skip = branch(self, false);
            let list = self.fixup(skip, NONE);
            self.trace_branch(i, true);
            if returns {
                self.emit_return(context);
            } else {
                if self.needs_moves(i, arity) {
                    self.emit_moves(i, arity);
                }
                let base = self.emit(exec::br, 0, 0, 0);
                self.link_branch(base, i);
            }
            self.end_region();
            self.forget_mirrors();
            self.bind(list);
            self.trace_branch(i, false);
        } else {
            let base = branch(self, true);
            self.link_branch(base, i);
        }
        self.open_fuel();
    }

    pub(super) fn br_table(&mut self, context: &Context, ls: &[LabelIdx], l: LabelIdx) {
        let index = self.pop();
        let opd = self.no_const(index);
        self.settle_all();
        let opd = self.near_opd(Class::Int, opd, 0);
        let base = match opd {
            Opd::Slot(slot) => {
                let slot = self.field(slot);
                self.emit(exec::br_table::<Slot<8>>, slot, 0, ls.len() as u32)
            }
            _ => self.emit(exec::br_table::<Reg>, 0, 0, ls.len() as u32),
        };
        let words = (ls.len() + 2) / 2;
        for _ in 0..words {
            self.raw(0);
        }
        self.end_region();
        self.tables += 1;
        for (k, l) in ls.iter().chain([&l]).enumerate() {
            self.table_target(context, base, base * 2 + 4 + k as u32, *l);
        }
        self.set_unreachable();
    }

    /// Makes an entry of a branch table lead to a label, by way of moves where the label needs them.
    fn table_target(&mut self, context: &Context, base: u32, at: u32, l: LabelIdx) {
        let i = self.ctrl_at(l);
        let arity = self.label_arity(context, i);
        let returns = self.ctrls[i].kind == Kind::Func && arity > 0;
        if !returns && !self.needs_moves(i, arity) {
            return self.link_half(at, base, i);
        }
        if self.ctrls[i].stub.0 != self.tables {
            self.end_region();
            self.forget_mirrors();
            self.ctrls[i].stub = (self.tables, self.code.len() as u32);
            if returns {
                self.emit_return(context);
            } else {
                self.emit_moves(i, arity);
                let br = self.emit(exec::br, 0, 0, 0);
                self.link_branch(br, i);
            }
        }
        let stub = self.ctrls[i].stub.1;
        self.set_distance(at, base, stub);
    }

    pub(super) fn return_(&mut self, context: &Context) {
        self.emit_return(context);
        self.set_unreachable();
    }

    /// Are the entries of the stack all where they belong? For checks.
    pub(super) fn is_settled(&self, from: usize) -> bool {
        self.stack[from..].iter().all(|entry| matches!(entry.place, Place::Slot { .. }))
    }
}
