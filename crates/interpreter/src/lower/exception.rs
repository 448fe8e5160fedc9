//! Throwing and catching.
//!
//! What protects a stretch of code is a table beside it, and entering that stretch is no instruction. A handler can
//! be reached from every call in it: so the entries of the stack below it are settled when it is entered, and the
//! straight line ends at every call, for no local may be written earlier than it says.

use super::control::{Ctrl, Kind, Sig};
use super::{Lowering, words};
use crate::catches::{Clause, RegionIdx, Unbound};
use crate::exec::exception as exec;
use crate::exec::operand::Class;
use terrane_syntax::types::{BlockType, ValType};
use terrane_syntax::{Catch, LabelIdx, TagIdx};
use terrane_validation::Context;

/// What exceptions of a tag carry.
fn payload(context: &Context, x: TagIdx) -> &[ValType] {
    &context.tag_type(x).expect("valid code").params
}

impl Lowering {
    /// From here on, `region` is the innermost one.
    fn enter_region(&mut self, region: RegionIdx) {
        self.end_region();
        self.catches.begin(self.code.len() as u32, region);
    }

    /// A new region around what follows.
    fn protect(&mut self) -> RegionIdx {
        self.settle_all();
        let outer = self.innermost().region;
        let region = self.catches.region(outer);
        self.enter_region(region);
        region
    }

    /// After an instruction that may throw: a handler must not see what is only done behind it.
    pub(super) fn may_have_thrown(&mut self) {
        if self.innermost().region != RegionIdx::NONE {
            self.end_region();
        }
    }

    pub(super) fn try_table(&mut self, context: &Context, bt: BlockType, cs: &[Catch]) {
        let sig = Sig::of(bt);
        let region = self.protect();
        // The labels of the clauses are those outside.
        for c in cs {
            self.clause(context, region, *c);
        }
        let height = self.stack.len() - self.arity(context, sig).0;
        self.open_in(region, Kind::TryTable, sig, height);
    }

    fn clause(&mut self, context: &Context, region: RegionIdx, c: Catch) {
        let (tag, with_ref, l) = match c {
            Catch::Catch { tag, label } => (Some(tag), false, label),
            Catch::CatchRef { tag, label } => (Some(tag), true, label),
            Catch::CatchAll { label } => (None, false, label),
            Catch::CatchAllRef { label } => (None, true, label),
        };
        let i = self.ctrl_at(l);
        let first = self.slot_at(self.ctrls[i].height);
        let exn = first + tag.map_or(0, |tag| words(payload(context, tag)));
        self.frame = self.frame.max(exn + 1);
        let clause = Clause::new(tag.map(|x| x.0), tag.map(|_| first), with_ref.then_some(exn));
        match self.ctrls[i].kind {
            Kind::Loop(target) => self.catches.add(region, clause, target),
            _ => {
                let list = self.ctrls[i].catches;
                self.ctrls[i].catches = self.catches.add_unbound(region, clause, list);
            }
        }
    }

    /// The clauses in `list` go on here.
    pub(super) fn bind_catches(&mut self, list: Unbound) {
        self.catches.bind(list, self.code.len() as u32);
    }

    /// Ends what a block protects, if it does.
    pub(super) fn leave_try(&mut self, ctrl: &Ctrl) {
        if matches!(ctrl.kind, Kind::Try | Kind::TryTable) {
            let outer = self.innermost().region;
            self.enter_region(outer);
        }
    }

    pub(super) fn try_(&mut self, context: &Context, bt: BlockType) {
        let sig = Sig::of(bt);
        let region = self.protect();
        let height = self.stack.len() - self.arity(context, sig).0;
        self.open_in(region, Kind::Try, sig, height);
    }

    /// Begins a handler: for a tag, or for all exceptions. The exception itself is kept in an entry below what it
    /// carries, for `rethrow`.
    pub(super) fn catch(&mut self, context: &Context, tag: Option<TagIdx>) {
        if !self.unreachable {
            self.leave_part(context);
        }
        self.unreachable = false;
        let i = self.ctrls.len() - 1;
        let Ctrl { kind, height, written, region, .. } = self.ctrls[i];
        let region = match kind {
            Kind::Catch(handled) => handled,
            _ => {
                self.ctrls[i].region = self.ctrls[i - 1].region;
                self.ctrls[i].kind = Kind::Catch(region);
                region
            }
        };
        self.truncate(height);
        self.enter_region(self.ctrls[i].region);
        self.forget_written(written);
        let (exn, first) = (self.top(), self.top() + 1);
        self.push_slot(Class::Int);
        let params = tag.map_or(&[][..], |x| payload(context, x));
        params.iter().for_each(|t| self.push_slot(super::class(*t)));
        self.settled = self.stack.len();
        let clause = Clause::new(tag.map(|x| x.0), tag.map(|_| first), Some(exn));
        self.catches.add(region, clause, self.code.len() as u32);
        self.label();
    }

    /// Leaves the body or a handler of a `try` at its end, for the end of the whole.
    fn leave_part(&mut self, context: &Context) {
        self.settle_all();
        self.move_results(context);
        let base = self.emit(crate::exec::control::br, 0, 0, 0);
        let exits = self.innermost().exits;
        let exits = self.fixup(base, exits);
        self.innermost_mut().exits = exits;
    }

    /// Moves the results of a handler down to where the results of the block are to be: below them there is the
    /// exception.
    pub(super) fn move_results(&mut self, context: &Context) {
        let i = self.ctrls.len() - 1;
        let results = self.label_arity(context, i);
        if self.needs_moves(i, results) {
            self.emit_moves(i, results);
        }
    }

    /// Ends a `try` without handlers: what it protects is handled as if it were in the block `l`.
    pub(super) fn delegate(&mut self, context: &Context, l: LabelIdx) {
        let region = self.innermost().region;
        let to = self.ctrls[self.ctrls.len() - 2 - l.index()].region;
        self.catches.delegate(region, to);
        self.end(context);
    }

    pub(super) fn rethrow(&mut self, l: LabelIdx) {
        let i = self.ctrl_at(l);
        let exn = self.stack[self.ctrls[i].height].slot;
        self.emit_throw_ref(exn);
    }

    pub(super) fn throw(&mut self, context: &Context, x: TagIdx) {
        let first = self.settle_args(payload(context, x).len());
        self.emit(exec::throw, 0, 0, x.0);
        self.raw(u64::from(first));
        self.set_unreachable();
    }

    pub(super) fn throw_ref(&mut self) {
        let exn = self.pop();
        let slot = self.in_slot(exn);
        self.emit_throw_ref(slot);
    }

    fn emit_throw_ref(&mut self, slot: u32) {
        let slot = self.near(Class::Int, slot, 0);
        let slot = self.field(slot);
        self.emit(exec::throw_ref, slot, 0, 0);
        self.set_unreachable();
    }
}
