//! Exceptions: those of WebAssembly 3.0, and as they were first shipped.
//!
//! [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#control-instructions)

use terrane_syntax::types::{BlockType, HeapType, RefType};
use terrane_syntax::{Catch, LabelIdx, TagIdx};

use crate::Result;
use crate::func::FuncValidator;
use crate::invalid::{Invalid, Mismatch};
use crate::packed::Packed;
use crate::stack::CtrlKind;

impl<'c> FuncValidator<'c> {
    /// What an exception of a tag carries.
    fn tag_params(&self, x: TagIdx) -> Result<&'c [Packed]> {
        let ty = self.at(self.context.tag(x))?;
        Ok(self.at(self.context.signature(ty))?.params)
    }

    /// `throw x : [t1* t*] -> [t2*]`, where `t*` is what the tag carries.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-throw)
    pub(crate) fn throw(&mut self, x: TagIdx) -> Result {
        let params = self.tag_params(x)?;
        self.pop_all(params)?;
        self.set_unreachable();
        Ok(())
    }

    /// `throw_ref : [t1* exnref] -> [t2*]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-throw_ref)
    pub(crate) fn throw_ref(&mut self) -> Result {
        self.pop(RefType::null(HeapType::Exn).into())?;
        self.set_unreachable();
        Ok(())
    }

    /// `try_table bt catch* instr* end : [t1*] -> [t2*]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-try_table)
    pub(crate) fn try_table(&mut self, bt: BlockType, cs: &[Catch]) -> Result {
        cs.iter().try_for_each(|c| self.catch_clause(*c))?;
        self.enter(CtrlKind::TryTable, bt)
    }

    /// A clause of `try_table`, whose label takes what the clause gives.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-catch)
    fn catch_clause(&self, c: Catch) -> Result {
        let (params, with_ref, l) = match c {
            Catch::Catch { tag, label } => (self.tag_params(tag)?, false, label),
            Catch::CatchRef { tag, label } => (self.tag_params(tag)?, true, label),
            Catch::CatchAll { label } => (&[][..], false, label),
            Catch::CatchAllRef { label } => (&[][..], true, label),
        };
        let list = self.label_types(l)?;
        let mut ts = list.get(self.context);
        if with_ref {
            let Some((t, rest)) = ts.split_last() else {
                return self.fail(Mismatch::Arity { expected: 0, found: params.len() + 1 });
            };
            self.check_match(RefType::non_null(HeapType::Exn).into(), *t)?;
            ts = rest;
        }
        self.check_match_all(params, ts)
    }

    /// `try bt instr* … end : [t1*] -> [t2*]`
    ///
    /// [Proposal](https://github.com/WebAssembly/exception-handling/blob/main/proposals/exception-handling/legacy/Exceptions.md)
    pub(crate) fn try_(&mut self, bt: BlockType) -> Result {
        self.enter(CtrlKind::Try, bt)
    }

    /// `catch x`: the handler begins with what the tag carries.
    ///
    /// [Proposal](https://github.com/WebAssembly/exception-handling/blob/main/proposals/exception-handling/legacy/Exceptions.md)
    pub(crate) fn catch(&mut self, x: TagIdx) -> Result {
        let params = self.tag_params(x)?;
        self.handler(CtrlKind::Catch, "catch")?;
        self.push_all(params)
    }

    /// `catch_all`: the handler begins with nothing.
    ///
    /// [Proposal](https://github.com/WebAssembly/exception-handling/blob/main/proposals/exception-handling/legacy/Exceptions.md)
    pub(crate) fn catch_all(&mut self) -> Result {
        self.handler(CtrlKind::CatchAll, "catch_all")
    }

    /// Goes on from the body of a `try`, or from a handler before, to its next handler.
    fn handler(&mut self, kind: CtrlKind, instr: &'static str) -> Result {
        let ctrl = self.pop_ctrl()?;
        if !matches!(ctrl.kind, CtrlKind::Try | CtrlKind::Catch) {
            return self.fail(Invalid::Unmatched { instr });
        }
        self.operands.truncate(ctrl.height());
        self.open_ctrl(kind, ctrl.start, ctrl.end, ctrl.height());
        Ok(())
    }

    /// `delegate l` ends a `try` that has no handlers; `l` counts from outside of it.
    ///
    /// [Proposal](https://github.com/WebAssembly/exception-handling/blob/main/proposals/exception-handling/legacy/Exceptions.md)
    pub(crate) fn delegate(&mut self, l: LabelIdx) -> Result {
        let ctrl = self.pop_ctrl()?;
        if ctrl.kind != CtrlKind::Try {
            return self.fail(Invalid::Unmatched { instr: "delegate" });
        }
        self.label(l).map(|_| ())
    }

    /// `rethrow l : [t1*] -> [t2*]`, inside the handler that `l` names.
    ///
    /// [Proposal](https://github.com/WebAssembly/exception-handling/blob/main/proposals/exception-handling/legacy/Exceptions.md)
    pub(crate) fn rethrow(&mut self, l: LabelIdx) -> Result {
        if !matches!(self.label(l)?.kind, CtrlKind::Catch | CtrlKind::CatchAll) {
            return self.fail(Invalid::RethrowLabel(l.0));
        }
        self.set_unreachable();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::check;

    #[test]
    fn exceptions_carry_what_their_tag_says() {
        check("(tag $t (param i32)) (func (throw $t (i32.const 1)))", "");
        check(
            "(tag $t (param i32)) (func (throw $t (i64.const 1)))",
            "type mismatch: expected i32, found i64",
        );
        check("(func (throw 0))", "unknown tag 0: there are 0");
        check("(func (param exnref) (throw_ref (local.get 0)))", "");
        check(
            "(func (param anyref) (throw_ref (local.get 0)))",
            "type mismatch: expected exnref, found anyref",
        );
    }

    #[test]
    fn handlers_branch_with_what_they_catch() {
        check(
            "(tag $t (param i32)) (func (result i32) (try_table (result i32) (catch $t 0) (i32.const 1)))",
            "",
        );
        check(
            "(tag $t (param i32)) (func (result i32 exnref) (try_table (catch_ref $t 0)) (unreachable))",
            "",
        );
        check(
            "(func (block (try_table (catch_all 0))) (drop (block (result exnref) (try_table (catch_all_ref 0)) (unreachable))))",
            "",
        );
        check(
            "(tag $t (param i32)) (func (result i64) (try_table (catch $t 0)) (unreachable))",
            "type mismatch: expected i64, found i32",
        );
        check(
            "(tag $t (param i32)) (func (result i32 exnref) (try_table (catch $t 0)) (unreachable))",
            "type mismatch: expected 2 values, found 1",
        );
        check("(tag $t) (func (try_table (catch_ref $t 0)))", "type mismatch: expected 0 values, found 1");
        check("(func (try_table (catch_all 1)))", "unknown label 1: there is 1");
        check("(func (try_table (catch 3 0)))", "unknown tag 3: there are 0");
    }

    #[test]
    fn legacy_handlers_continue_a_try() {
        check(
            "(tag $t (param i32)) (func (result i32) try (result i32) i32.const 1 catch $t catch_all rethrow 0 end)",
            "",
        );
        check("(func try unreachable delegate 0)", "");
        check(
            "(tag $t (param i32)) (func (result i64) try (result i64) i64.const 1 catch $t end)",
            "type mismatch: expected i64, found i32",
        );
        check("(func try unreachable delegate 1)", "unknown label 1: there is 1");
        check("(func (block (rethrow 0)))", "invalid rethrow label: label 0 is not a catch block");
        check("(func try rethrow 0 catch_all end)", "invalid rethrow label: label 0 is not a catch block");
    }
}
