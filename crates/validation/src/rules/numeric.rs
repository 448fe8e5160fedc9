//! [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#numeric-instructions)

use crate::Result;
use crate::func::FuncValidator;
use crate::packed::Packed;

impl FuncValidator<'_> {
    /// `t.const c : [] -> [t]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-const)
    #[inline]
    pub(crate) fn const_<C>(&mut self, _: C, t: Packed) -> Result {
        self.push(t);
        Ok(())
    }

    /// `t.unop : [t] -> [t]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-unop)
    #[inline]
    pub(crate) fn unop(&mut self, t: Packed) -> Result {
        self.op1(t, t)
    }

    /// `t.binop : [t t] -> [t]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-binop)
    #[inline]
    pub(crate) fn binop(&mut self, t: Packed) -> Result {
        self.op2(t, t)
    }

    /// `t.testop : [t] -> [i32]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-testop)
    #[inline]
    pub(crate) fn testop(&mut self, t: Packed) -> Result {
        self.op1(t, Packed::I32)
    }

    /// `t.relop : [t t] -> [i32]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-relop)
    #[inline]
    pub(crate) fn relop(&mut self, t: Packed) -> Result {
        self.op2(t, Packed::I32)
    }

    /// `t2.cvtop_t1 : [t1] -> [t2]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-cvtop)
    #[inline]
    pub(crate) fn cvtop(&mut self, from: Packed, to: Packed) -> Result {
        self.op1(from, to)
    }

    /// `i64.add128`, `i64.sub128 : [i64 i64 i64 i64] -> [i64 i64]`
    ///
    /// [Proposal](https://github.com/WebAssembly/wide-arithmetic)
    pub(crate) fn wide_binop(&mut self) -> Result {
        self.op(&[Packed::I64; 4], &[Packed::I64; 2])
    }

    /// `i64.mul_wide_sx : [i64 i64] -> [i64 i64]`
    ///
    /// [Proposal](https://github.com/WebAssembly/wide-arithmetic)
    pub(crate) fn wide_mul(&mut self) -> Result {
        self.op(&[Packed::I64; 2], &[Packed::I64; 2])
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::check;

    #[test]
    fn operators_take_and_give_their_types() {
        check("(func (result i32) (i32.add (i32.const 1) (i32.clz (i32.const 2))))", "");
        check("(func (result i32) (f64.lt (f64.const 1) (f64.const 2)))", "");
        check("(func (result i32) (i64.eqz (i64.const 1)))", "");
        check("(func (result f32) (f32.demote_f64 (f64.const 1)))", "");
        check(
            "(func (result i32) (i32.add (i32.const 1) (i64.const 2)))",
            "type mismatch: expected i32, found i64",
        );
        check(
            "(func (result i32) (i32.add (i64.const 1) (i32.const 2)))",
            "type mismatch: expected i32, found i64",
        );
        check("(func (result i32) (i32.add (i32.const 1)))", "type mismatch: expected i32, found nothing");
        check(
            "(func (result i32) (f64.lt (f64.const 1) (f32.const 2)))",
            "type mismatch: expected f64, found f32",
        );
        check("(func (result i64) (i64.eqz (i64.const 1)))", "type mismatch: expected i64, found i32");
        check("(func (result f32) (f32.demote_f64 (f32.const 1)))", "type mismatch: expected f64, found f32");
        check("(func (drop (f32.neg (i32.const 1))))", "type mismatch: expected f32, found i32");
    }

    #[test]
    fn wide_arithmetic_works_on_pairs() {
        check(
            "(func (param i64) (result i64 i64) (i64.add128 (local.get 0) (local.get 0) (local.get 0) (local.get 0)))",
            "",
        );
        check("(func (param i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 0)))", "");
        check(
            "(func (param i64) (result i64 i64) (i64.sub128 (local.get 0) (local.get 0) (local.get 0)))",
            "type mismatch: expected i64, found nothing",
        );
        check(
            "(func (param i32) (result i64 i64) (i64.mul_wide_s (i64.const 1) (local.get 0)))",
            "type mismatch: expected i64, found i32",
        );
    }

    #[test]
    fn unreachable_code_has_operands_of_any_type() {
        check("(func (result i32) unreachable i32.add)", "");
        check("(func (result i32) unreachable (i32.const 1) i32.add)", "");
        check("(func (result i32) unreachable i64.eqz)", "");
        check(
            "(func (result i32) unreachable (i64.const 1) i32.add)",
            "type mismatch: expected i32, found i64",
        );
        check("(func (result i64) unreachable i64.eqz)", "type mismatch: expected i64, found i32");
    }
}
