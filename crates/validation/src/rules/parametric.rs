//! [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#parametric-instructions)

use terrane_syntax::types::ValType;

use crate::Result;
use crate::func::FuncValidator;
use crate::invalid::Invalid;
use crate::packed::Packed;

impl FuncValidator<'_> {
    /// `nop : [] -> []`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-nop)
    #[inline]
    pub(crate) fn nop(&mut self) -> Result {
        Ok(())
    }

    /// `unreachable : [t1*] -> [t2*]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-unreachable)
    #[inline]
    pub(crate) fn unreachable(&mut self) -> Result {
        self.set_unreachable();
        Ok(())
    }

    /// `drop : [t] -> []`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-drop)
    #[inline]
    pub(crate) fn drop(&mut self) -> Result {
        self.pop_any().map(|_| ())
    }

    /// `select : [t t i32] -> [t]`, where `t` is a number or vector type.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-select)
    #[inline]
    pub(crate) fn select(&mut self) -> Result {
        self.pop(Packed::I32)?;
        let t2 = self.pop_any()?;
        let t1 = self.pop_any()?;
        if t1 == t2 && t1.is_num_or_vec() {
            self.push(t1);
            return Ok(());
        }
        self.select_slow(t1, t2)
    }

    /// `select` of operands that are not of one number or vector type, so that one had better be bottom.
    #[inline(never)]
    fn select_slow(&mut self, t1: Packed, t2: Packed) -> Result {
        for t in [t1, t2] {
            if !(t.is_num_or_vec() || t.is_bot()) {
                return self.fail_sort("a number or vector", t);
            }
        }
        if t1.is_bot() {
            self.push(t2);
            return Ok(());
        }
        self.check_match(t2, t1)?;
        self.push(t1);
        Ok(())
    }

    /// `select t : [t t i32] -> [t]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-select)
    pub(crate) fn select_t(&mut self, ts: &[ValType]) -> Result {
        let [t] = ts else { return self.fail(Invalid::SelectArity(ts.len())) };
        let t = Packed::from(self.at(self.context.close_valtype(*t))?);
        self.op(&[t, t, Packed::I32], &[t])
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::check;

    #[test]
    fn drop_takes_anything() {
        check("(func (drop (i32.const 1)) (drop (ref.null func)))", "");
        check("(func unreachable drop)", "");
        check("(func drop)", "type mismatch: expected an operand, found nothing");
        check("(func (i32.const 1) (block drop))", "type mismatch: expected an operand, found nothing");
    }

    #[test]
    fn select_takes_two_numbers_or_vectors_of_one_type() {
        check("(func (result f32) (select (f32.const 1) (f32.const 2) (i32.const 0)))", "");
        check("(func (param v128) (result v128) (select (local.get 0) (local.get 0) (i32.const 0)))", "");
        check("(func (result f32) unreachable select)", "");
        check("(func (result f32) unreachable (f32.const 1) (i32.const 0) select)", "");
        check(
            "(func (result f64) unreachable (f32.const 1) (i32.const 0) select)",
            "type mismatch: expected f64, found f32",
        );
        check(
            "(func (drop (select (f32.const 1) (f64.const 2) (i32.const 0))))",
            "type mismatch: expected f32, found f64",
        );
        check(
            "(func (drop (select (f32.const 1) (f32.const 2) (i64.const 0))))",
            "type mismatch: expected i32, found i64",
        );
        check(
            "(func (param funcref) (drop (select (local.get 0) (local.get 0) (i32.const 0))))",
            "type mismatch: expected a number or vector, found funcref",
        );
    }

    #[test]
    fn select_with_a_type_takes_that_type() {
        check(
            "(func (param funcref) (drop (select (result funcref) (local.get 0) (ref.null nofunc) (i32.const 0))))",
            "",
        );
        check(
            "(func (param funcref) (drop (select (result externref) (local.get 0) (local.get 0) (i32.const 0))))",
            "type mismatch: expected externref, found funcref",
        );
        check("(func (select (result) (i32.const 0)))", "invalid result arity: expected 1 type, found 0");
        check(
            "(func (drop (select (result i32 i32) (i32.const 0) (i32.const 0) (i32.const 0))))",
            "invalid result arity: expected 1 type, found 2",
        );
        check("(func (drop (select (result (ref 7)) (unreachable))))", "unknown type 7: there is 1");
    }
}
