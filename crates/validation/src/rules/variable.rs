//! [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#variable-instructions)

use terrane_syntax::{GlobalIdx, LocalIdx};

use crate::Result;
use crate::context::unknown;
use crate::func::FuncValidator;
use crate::invalid::{Invalid, Space};
use crate::packed::Packed;

impl FuncValidator<'_> {
    /// `local.get x : [] -> [t]`, and the local has been set.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-local-get)
    #[inline]
    pub(crate) fn local_get(&mut self, x: LocalIdx) -> Result {
        let t = self.local_type(x)?;
        if !t.is_defaultable() && !self.locals.is_initialised(x) {
            return self.fail(Invalid::UninitializedLocal(x));
        }
        self.push(t);
        Ok(())
    }

    /// `local.set x : [t] -> []`, and the local has been set from here.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-local-set)
    #[inline]
    pub(crate) fn local_set(&mut self, x: LocalIdx) -> Result {
        let t = self.local_type(x)?;
        self.pop(t)?;
        self.initialise(x, t);
        Ok(())
    }

    /// `local.tee x : [t] -> [t]`, and the local has been set from here.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-local-tee)
    #[inline]
    pub(crate) fn local_tee(&mut self, x: LocalIdx) -> Result {
        let t = self.local_type(x)?;
        self.op1(t, t)?;
        self.initialise(x, t);
        Ok(())
    }

    #[inline]
    fn local_type(&self, x: LocalIdx) -> Result<Packed> {
        match self.locals.get(x) {
            Some(t) => Ok(t),
            None => self.fail(unknown(Space::Local, x.0, self.locals.len() as usize)),
        }
    }

    #[inline]
    fn initialise(&mut self, x: LocalIdx, t: Packed) {
        if !t.is_defaultable() && !self.locals.is_initialised(x) {
            self.locals.initialise(x);
            self.inits.push(x);
        }
    }

    /// Forgets that locals were set, all but the first `len` of them: the block ends that set them.
    #[cold]
    pub(crate) fn reset_inits(&mut self, len: usize) {
        for x in self.inits.drain(len..) {
            self.locals.reset(x);
        }
    }

    /// `global.get x : [] -> [t]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-global-get)
    #[inline]
    pub(crate) fn global_get(&mut self, x: GlobalIdx) -> Result {
        let gt = self.at(self.context.global(x))?;
        self.push(gt.val.into());
        Ok(())
    }

    /// `global.set x : [t] -> []`, and the global is mutable.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-global-set)
    #[inline]
    pub(crate) fn global_set(&mut self, x: GlobalIdx) -> Result {
        let gt = self.at(self.context.global(x))?;
        if !gt.mutable {
            return self.fail(Invalid::ImmutableGlobal(x.0));
        }
        self.pop(gt.val.into())
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::check;

    #[test]
    fn locals_have_types() {
        check(
            "(func (param i32) (local i64) (local.set 1 (i64.extend_i32_u (local.tee 0 (local.get 0)))))",
            "",
        );
        check(
            "(func (param i32) (local i64) (local.set 1 (local.get 0)))",
            "type mismatch: expected i64, found i32",
        );
        check(
            "(func (param i32) (drop (local.tee 0 (i64.const 0))))",
            "type mismatch: expected i32, found i64",
        );
        check("(func (param i32) (local i64) (drop (local.get 2)))", "unknown local 2: there are 2");
        check("(func (local.set 0 (i32.const 0)))", "unknown local 0: there are 0");
    }

    #[test]
    fn non_null_locals_are_set_before_use() {
        check("(func (param (ref func)) (drop (local.get 0)))", "");
        check(
            "(func (param (ref func)) (local (ref func)) (local.set 1 (local.get 0)) (drop (local.get 1)))",
            "",
        );
        check(
            "(func (param (ref func)) (local (ref func)) (drop (local.tee 1 (local.get 0))) (block (drop (local.get 1))))",
            "",
        );
        check("(func (local (ref func)) (drop (local.get 0)))", "uninitialized local 0");
        check(
            "(func (param (ref func)) (local (ref func)) (block (local.set 1 (local.get 0))) (drop (local.get 1)))",
            "uninitialized local 1",
        );
        check(
            "(func (param (ref func)) (local (ref func)) (if (i32.const 0) (then (local.set 1 (local.get 0))) (else (drop (local.get 1)))))",
            "uninitialized local 1",
        );
        check("(func (local (ref func)) unreachable (drop (local.get 0)))", "uninitialized local 0");
        check(
            "(func (param (ref func)) (local funcref i32 (ref func)) (local.set 3 (local.get 0)) (drop (local.get 3)) (drop (local.get 1)))",
            "",
        );
    }

    #[test]
    fn globals_have_types_and_may_be_mutable() {
        check("(global $g (mut i32) (i32.const 0)) (func (global.set $g (global.get $g)))", "");
        check(
            "(global $g i32 (i32.const 0)) (func (global.set $g (i32.const 1)))",
            "immutable global: global 0 cannot be written",
        );
        check(
            "(global $g (mut i32) (i32.const 0)) (func (global.set $g (i64.const 1)))",
            "type mismatch: expected i32, found i64",
        );
        check("(func (drop (global.get 1)))", "unknown global 1: there are 0");
        check("(func (global.set 0 (i32.const 1)))", "unknown global 0: there are 0");
    }
}
