//! Blocks and calls.
//!
//! [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#control-instructions)

use terrane_syntax::types::{BlockType, HeapType, RefType};
use terrane_syntax::{FuncIdx, TableIdx, TypeIdx};

use crate::Result;
use crate::context::{Signature, TypeList};
use crate::func::FuncValidator;
use crate::invalid::Invalid;
use crate::packed::Packed;
use crate::stack::CtrlKind;

impl<'c> FuncValidator<'c> {
    /// Opens a block of the given kind and type.
    #[inline]
    pub(crate) fn enter(&mut self, kind: CtrlKind, bt: BlockType) -> Result {
        let (start, end) = self.at(self.context.block_type(bt))?;
        self.push_ctrl(kind, start, end)
    }

    /// `block bt instr* end : [t1*] -> [t2*]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-block)
    #[inline]
    pub(crate) fn block(&mut self, bt: BlockType) -> Result {
        self.enter(CtrlKind::Block, bt)
    }

    /// `loop bt instr* end : [t1*] -> [t2*]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-loop)
    #[inline]
    pub(crate) fn loop_(&mut self, bt: BlockType) -> Result {
        self.enter(CtrlKind::Loop, bt)
    }

    /// `if bt instr1* else instr2* end : [t1* i32] -> [t2*]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-if)
    #[inline]
    pub(crate) fn if_(&mut self, bt: BlockType) -> Result {
        let (start, end) = self.at(self.context.block_type(bt))?;
        self.pop(Packed::I32)?;
        self.push_ctrl(CtrlKind::If, start, end)
    }

    /// The second half of an `if`, which has the same type as the first.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-if)
    #[inline]
    pub(crate) fn else_(&mut self) -> Result {
        let ctrl = self.pop_ctrl()?;
        if ctrl.kind != CtrlKind::If {
            return self.fail(Invalid::Unmatched { instr: "else" });
        }
        self.operands.truncate(ctrl.height());
        self.open_ctrl(CtrlKind::Else, ctrl.start, ctrl.end, ctrl.height());
        self.push_all(ctrl.start.get(self.context))
    }

    /// The end of a block, whose results are on the stack. An `if` without `else` has an empty one.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-if)
    #[inline]
    pub(crate) fn end(&mut self) -> Result {
        let ctrl = self.pop_ctrl()?;
        if ctrl.kind == CtrlKind::If && ctrl.start != ctrl.end {
            return self.check_match_all(ctrl.start.get(self.context), ctrl.end.get(self.context));
        }
        Ok(())
    }

    /// `return : [t1* t*] -> [t2*]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-return)
    #[inline]
    pub(crate) fn return_(&mut self) -> Result {
        let ts = self.body_results();
        self.pop_all(ts.get(self.context))?;
        self.set_unreachable();
        Ok(())
    }

    /// The results of the body at hand.
    #[inline]
    fn body_results(&self) -> TypeList {
        self.controls.first().map_or(TypeList::EMPTY, |ctrl| ctrl.end)
    }

    #[inline]
    fn apply(&mut self, Signature { params, results }: Signature<'_>) -> Result {
        self.pop_all(params)?;
        self.push_all(results)
    }

    /// Calls, and returns what the function returns.
    fn tail_apply(&mut self, Signature { params, results }: Signature<'_>) -> Result {
        self.pop_all(params)?;
        self.check_match_all(results, self.body_results().get(self.context))?;
        self.set_unreachable();
        Ok(())
    }

    fn func_signature(&self, x: FuncIdx) -> Result<Signature<'c>> {
        let ty = self.at(self.context.func(x))?;
        self.at(self.context.signature(ty))
    }

    /// The type at index `y` of functions in a table, the index into which is popped.
    fn indirect_signature(&mut self, y: TypeIdx, x: TableIdx) -> Result<Signature<'c>> {
        let tt = *self.at(self.context.table(x))?;
        self.check_match(tt.elem.into(), RefType::FUNCREF.into())?;
        let signature = self.at(self.context.signature(y))?;
        self.pop(tt.addr.val().into())?;
        Ok(signature)
    }

    /// The type at index `x` of a function, a reference to which is popped.
    fn ref_signature(&mut self, x: TypeIdx) -> Result<Signature<'c>> {
        let signature = self.at(self.context.signature(x))?;
        let def = self.at(self.context.def(x))?;
        self.pop(RefType::null(HeapType::Def(def)).into())?;
        Ok(signature)
    }

    /// `call x : [t1*] -> [t2*]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-call)
    #[inline]
    pub(crate) fn call(&mut self, x: FuncIdx) -> Result {
        let signature = self.func_signature(x)?;
        self.apply(signature)
    }

    /// `call_indirect x y : [t1* at] -> [t2*]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-call_indirect)
    #[inline]
    pub(crate) fn call_indirect(&mut self, y: TypeIdx, x: TableIdx) -> Result {
        let signature = self.indirect_signature(y, x)?;
        self.apply(signature)
    }

    /// `call_ref x : [t1* (ref null x)] -> [t2*]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-call_ref)
    pub(crate) fn call_ref(&mut self, x: TypeIdx) -> Result {
        let signature = self.ref_signature(x)?;
        self.apply(signature)
    }

    /// `return_call x : [t3* t1*] -> [t4*]`, and its results are the caller's.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-return_call)
    pub(crate) fn return_call(&mut self, x: FuncIdx) -> Result {
        let signature = self.func_signature(x)?;
        self.tail_apply(signature)
    }

    /// `return_call_indirect x y : [t3* t1* at] -> [t4*]`, and its results are the caller's.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-return_call_indirect)
    pub(crate) fn return_call_indirect(&mut self, y: TypeIdx, x: TableIdx) -> Result {
        let signature = self.indirect_signature(y, x)?;
        self.tail_apply(signature)
    }

    /// `return_call_ref x : [t3* t1* (ref null x)] -> [t4*]`, and its results are the caller's.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-return_call_ref)
    pub(crate) fn return_call_ref(&mut self, x: TypeIdx) -> Result {
        let signature = self.ref_signature(x)?;
        self.tail_apply(signature)
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::check;

    #[test]
    fn blocks_take_and_give_their_types() {
        check("(func (result i32) (block (result i32) (i32.const 1)))", "");
        check("(func (result i64) (i32.const 1) (block (param i32) (result i64) (i64.extend_i32_u)))", "");
        check(
            "(func (result i32) (block (result i32) (i64.const 1)))",
            "type mismatch: expected i32, found i64",
        );
        check("(func (result i32) (block (result i32)))", "type mismatch: expected i32, found nothing");
        check(
            "(func (block (i32.const 1)))",
            "type mismatch: expected the end of the block's results, found 1 more value",
        );
        check(
            "(func (i32.const 1) (i32.const 2))",
            "type mismatch: expected the end of the block's results, found 2 more values",
        );
        check("(func (i64.const 1) (loop (param i32) (drop)))", "type mismatch: expected i32, found i64");
        check(
            "(func (result i32) (i32.const 1) (block (result i32)))",
            "type mismatch: expected i32, found nothing",
        );
        check("(func (block (type 7)))", "unknown type 7: there is 1");
        check(
            "(type $s (struct)) (func (block (type $s)))",
            "type mismatch: expected a function type, found type 0",
        );
        check(
            "(func (param nullfuncref) (result funcref) (local.get 0) (block (param funcref) (result funcref)))",
            "",
        );
        check(
            "(func (param nullfuncref) (result nullfuncref) (local.get 0) (block (param funcref) (result funcref)))",
            "type mismatch: expected nullfuncref, found funcref",
        );
    }

    #[test]
    fn both_halves_of_an_if_agree() {
        check(
            "(func (result i32) (if (result i32) (i32.const 1) (then (i32.const 2)) (else (i32.const 3))))",
            "",
        );
        check("(func (result i32) (i32.const 1) (if (param i32) (result i32) (i32.const 1) (then)))", "");
        check(
            "(func (result i32) (if (result i32) (i32.const 1) (then (i32.const 2))))",
            "type mismatch: expected 1 values, found 0",
        );
        check(
            "(func (result i64) (i32.const 1) (if (param i32) (result i64) (i32.const 1) (then (i64.extend_i32_u))))",
            "type mismatch: expected i64, found i32",
        );
        check(
            "(func (result i32) (if (result i32) (i32.const 1) (then (i32.const 2)) (else (i64.const 3))))",
            "type mismatch: expected i32, found i64",
        );
        check(
            "(func (result i32) (if (result i32) (i32.const 1) (then (unreachable)) (else)))",
            "type mismatch: expected i32, found nothing",
        );
        check("(func (if (i64.const 1) (then)))", "type mismatch: expected i32, found i64");
    }

    #[test]
    fn calls_take_parameters_and_give_results() {
        check("(func $f (param i32 i64) (result f32 f64) (call $f (i32.const 1) (i64.const 2)))", "");
        check(
            "(func $f (param i32 i64) (call $f (i32.const 1) (i32.const 2)))",
            "type mismatch: expected i64, found i32",
        );
        check(
            "(func $f (param i32 i64) (call $f (i64.const 2)))",
            "type mismatch: expected i32, found nothing",
        );
        check("(func (call 3))", "unknown function 3: there is 1");
        check("(func (result i32) (return (i32.const 1)))", "");
        check("(func (result i32) (return))", "type mismatch: expected i32, found nothing");
        check(
            "(func (result i32) (block (i64.const 1) (return)) (unreachable))",
            "type mismatch: expected i32, found i64",
        );
    }

    #[test]
    fn indirect_calls_go_through_tables_of_functions() {
        check(
            "(table 1 funcref) (type $t (func (param i32))) (func (call_indirect (type $t) (i32.const 1) (i32.const 0)))",
            "",
        );
        check("(table i64 1 funcref) (func (call_indirect (i64.const 0)))", "");
        check(
            "(table 1 funcref) (func (call_indirect (i64.const 0)))",
            "type mismatch: expected i32, found i64",
        );
        check(
            "(table 1 externref) (func (call_indirect (i32.const 0)))",
            "type mismatch: expected funcref, found externref",
        );
        check("(func (call_indirect (i32.const 0)))", "unknown table 0: there are 0");
        check(
            "(table 1 funcref) (func (call_indirect (type 9) (i32.const 0)))",
            "unknown type 9: there is 1",
        );
        check(
            "(type $t (func (result i32))) (func (param (ref null $t)) (result i32) (call_ref $t (local.get 0)))",
            "",
        );
        check(
            "(type $t (func (result i32))) (func (param funcref) (result i32) (call_ref $t (local.get 0)))",
            "type mismatch: expected (ref null 0), found funcref",
        );
    }

    #[test]
    fn tail_calls_give_what_the_caller_gives() {
        check("(func $f (param i32) (result i64) (return_call $f (local.get 0)))", "");
        check(
            "(func $f (param i32) (result i64) (return_call $f (local.get 0)) (i32.eqz))",
            "type mismatch: expected i64, found i32",
        );
        check(
            "(func $f (result i32) (i32.const 0)) (func (result i64) (return_call $f))",
            "type mismatch: expected i64, found i32",
        );
        check(
            "(func $f (result i32) (i32.const 0)) (func (return_call $f))",
            "type mismatch: expected 0 values, found 1",
        );
        check("(table 1 funcref) (func (result i32) (return_call_indirect (result i32) (i32.const 0)))", "");
        check(
            "(table 1 funcref) (func (result i32) (return_call_indirect (i32.const 0)))",
            "type mismatch: expected 1 values, found 0",
        );
        check(
            "(type $t (func (result i32))) (func (param (ref $t)) (result i32) (return_call_ref $t (local.get 0)))",
            "",
        );
        check(
            "(type $t (func (result nullfuncref))) (func (param (ref $t)) (result funcref) (return_call_ref $t (local.get 0)))",
            "",
        );
    }
}
