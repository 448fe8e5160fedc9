//! Branches.
//!
//! [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#control-instructions)

use terrane_syntax::types::RefType;
use terrane_syntax::{BrCast, Feature, LabelIdx};

use crate::Result;
use crate::context::TypeList;
use crate::func::FuncValidator;
use crate::invalid::Mismatch;
use crate::packed::Packed;

impl<'c> FuncValidator<'c> {
    /// `br l : [t1* t*] -> [t2*]`, where `t*` is the type of label `l`.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-br)
    #[inline]
    pub(crate) fn br(&mut self, l: LabelIdx) -> Result {
        let ts = self.label_types(l)?;
        self.pop_all(ts.get(self.context))?;
        self.set_unreachable();
        Ok(())
    }

    /// `br_if l : [t* i32] -> [t*]`, where `t*` is the type of label `l`.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-br_if)
    #[inline]
    pub(crate) fn br_if(&mut self, l: LabelIdx) -> Result {
        let ts = self.label_types(l)?;
        self.pop(Packed::I32)?;
        self.retype(ts.get(self.context))
    }

    /// `br_table l* l : [t1* t* i32] -> [t2*]`, where `t*` matches the types of all labels.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-br_table)
    pub(crate) fn br_table(&mut self, ls: &[LabelIdx], l: LabelIdx) -> Result {
        self.pop(Packed::I32)?;
        let default = self.label_types(l)?;
        self.br_tables += 1;
        ls.iter().try_for_each(|l| self.br_table_label(*l, &default))?;
        self.pop_all(default.get(self.context))?;
        self.set_unreachable();
        Ok(())
    }

    /// One label of a `br_table`. The same label is looked at once, however often it occurs.
    #[inline]
    fn br_table_label(&mut self, l: LabelIdx, default: &TypeList) -> Result {
        let ctrl = self.label(l)?;
        if ctrl.br_table == self.br_tables {
            return Ok(());
        }
        let ts = *ctrl.label_list();
        let i = self.controls.len() - 1 - l.index();
        self.controls[i].br_table = self.br_tables;
        let default = default.get(self.context);
        if !self.context.features.contains(Feature::ReferenceTypes) {
            // In WebAssembly 1.0 all labels were of one type, which makes a difference in unreachable code:
            // https://www.w3.org/TR/wasm-core-1/#valid-br-table
            self.check_match_all(ts.get(self.context), default)?;
        }
        self.check_operands(ts.get(self.context), default.len())
    }

    /// An error unless there are `arity` types in `ts` and the operands on top match them.
    fn check_operands(&self, ts: &[Packed], arity: usize) -> Result {
        if ts.len() != arity {
            return self.fail(Mismatch::Arity { expected: arity, found: ts.len() });
        }
        for (depth, expected) in ts.iter().rev().enumerate() {
            match self.operand(depth) {
                Some(found) => self.check_match(found, *expected)?,
                None if self.is_unreachable() => return Ok(()),
                None => return self.fail_missing(*expected),
            }
        }
        Ok(())
    }

    /// `br_on_null l : [t* (ref null ht)] -> [t* (ref ht)]`, where `t*` is the type of label `l`.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-br_on_null)
    pub(crate) fn br_on_null(&mut self, l: LabelIdx) -> Result {
        let ts = self.label_types(l)?;
        let rt = self.pop_ref()?;
        self.retype(ts.get(self.context))?;
        self.push(RefType::non_null(rt.heap).into());
        Ok(())
    }

    /// `br_on_non_null l : [t* (ref null ht)] -> [t*]`, where `t* (ref ht)` is the type of label `l`.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-br_on_non_null)
    pub(crate) fn br_on_non_null(&mut self, l: LabelIdx) -> Result {
        let list = self.label_types(l)?;
        let rt = self.pop_ref()?;
        let ts = self.branch_with(&list, RefType::non_null(rt.heap))?;
        self.retype(ts)
    }

    /// `br_on_cast l rt1 rt2 : [t* rt1] -> [t* rt3]`, where `t* rt2` matches the type of label `l`, and
    /// `rt3` is what `rt1` is if not `rt2`.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-br_on_cast)
    pub(crate) fn br_on_cast(&mut self, c: BrCast) -> Result {
        let (rt1, rt2) = self.cast_types(c)?;
        self.br_on(c.l, rt1, rt2, difference(rt1, rt2))
    }

    /// `br_on_cast_fail l rt1 rt2 : [t* rt1] -> [t* rt2]`, where `t* rt3` matches the type of label `l`,
    /// and `rt3` is what `rt1` is if not `rt2`.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-br_on_cast_fail)
    pub(crate) fn br_on_cast_fail(&mut self, c: BrCast) -> Result {
        let (rt1, rt2) = self.cast_types(c)?;
        self.br_on(c.l, rt1, difference(rt1, rt2), rt2)
    }

    /// The types of a cast, the second of which matches the first.
    ///
    /// With custom descriptors it is enough for both to be of one [hierarchy].
    ///
    /// [hierarchy]: https://github.com/WebAssembly/custom-descriptors/pull/92
    pub(super) fn cast_types(&self, c: BrCast) -> Result<(RefType, RefType)> {
        let rt1 = self.at(self.context.close_reftype(c.rt1))?;
        let rt2 = self.at(self.context.close_reftype(c.rt2))?;
        if self.context.features.contains(Feature::CustomDescriptors) {
            self.check_match(rt2.into(), RefType::null(self.top_of(rt1.heap)).into())?;
        } else {
            self.check_match(rt2.into(), rt1.into())?;
        }
        Ok((rt1, rt2))
    }

    /// Branches to `l` with a `taken` or goes on with an `other`.
    pub(super) fn br_on(&mut self, l: LabelIdx, operand: RefType, taken: RefType, other: RefType) -> Result {
        let list = self.label_types(l)?;
        let ts = self.branch_with(&list, taken)?;
        self.pop(operand.into())?;
        self.retype(ts)?;
        self.push(other.into());
        Ok(())
    }

    /// The types that a label takes beside its last, which `rt` matches.
    fn branch_with<'a>(&self, list: &'a TypeList, rt: RefType) -> Result<&'a [Packed]>
    where
        'c: 'a,
    {
        match list.get(self.context).split_last() {
            Some((t, ts)) => self.check_match(rt.into(), *t).map(|()| ts),
            None => self.fail(Mismatch::Arity { expected: 1, found: 0 }),
        }
    }
}

/// What a `rt1` is that is not a `rt2`.
///
/// [Spec](https://webassembly.github.io/spec/core/valid/conventions.html#aux-reftypediff)
pub(super) fn difference(rt1: RefType, rt2: RefType) -> RefType {
    if rt2.nullable { RefType::non_null(rt1.heap) } else { rt1 }
}

#[cfg(test)]
mod tests {
    use crate::tests::{check, check_with};
    use terrane_syntax::{Feature, Features};

    #[test]
    fn branches_take_what_the_label_takes() {
        check("(func (result i32) (block (result i32) (br 0 (i32.const 1))))", "");
        check("(func (loop (param) (br 0)))", "");
        check("(func (result i32) (loop (result i32) (br 0)))", "");
        check("(func (param i64) (br_if 0 (local.get 0)))", "type mismatch: expected i32, found i64");
        check("(func (result i32) (br 0 (i64.const 1)))", "type mismatch: expected i32, found i64");
        check("(func (result i32) (br_if 0 (i32.const 1) (i32.const 0)))", "");
        check("(func (result i32) (br_if 0 (i32.const 0)))", "type mismatch: expected i32, found nothing");
        check("(func (block (br 2)))", "unknown label 2: there are 2");
        check("(func (br_if 4294967295 (i32.const 0)))", "unknown label 4294967295: there is 1");
        check(
            "(func (param nullfuncref) (result nullfuncref) (block (result funcref) (br_if 0 (local.get 0) (i32.const 0)) (br 1)))",
            "type mismatch: expected nullfuncref, found funcref",
        );
    }

    #[test]
    fn all_labels_of_a_br_table_agree() {
        check("(func (block (block (br_table 0 1 2 1 (i32.const 0)))))", "");
        check("(func (result i32) (block (result i32) (br_table 0 1 0 (i32.const 7) (i32.const 0))))", "");
        check(
            "(func (result i32) (block (br_table 0 1 (i32.const 7) (i32.const 0))) (i32.const 1))",
            "type mismatch: expected 1 values, found 0",
        );
        check(
            "(func (result i32) (block (result i64) (br_table 0 1 (i32.const 7) (i32.const 0))) (drop) (i32.const 1))",
            "type mismatch: expected i64, found i32",
        );
        check(
            "(func (result i32) (block (result i64) unreachable (br_table 0 1 1)) (drop) (i32.const 1))",
            "",
        );
        check("(func (br_table 0 5 0 (i32.const 0)))", "unknown label 5: there is 1");
        check("(func (br_table 0 5 (i32.const 0)))", "unknown label 5: there is 1");
        check("(func (br_table 0 (i64.const 0)))", "type mismatch: expected i32, found i64");
    }

    #[test]
    fn branches_on_null_refine_the_operand() {
        check(
            "(func (param funcref) (result (ref func)) (block (return (br_on_null 0 (local.get 0)))) (unreachable))",
            "",
        );
        check(
            "(func (param funcref) (result (ref func)) (br_on_non_null 0 (local.get 0)) (unreachable))",
            "",
        );
        check(
            "(func (param i32) (block (drop (br_on_null 0 (local.get 0)))))",
            "type mismatch: expected a reference, found i32",
        );
        check(
            "(func (param externref) (result (ref func)) (br_on_non_null 0 (local.get 0)) (unreachable))",
            "type mismatch: expected (ref func), found (ref extern)",
        );
        check(
            "(func (param funcref) (br_on_non_null 0 (local.get 0)))",
            "type mismatch: expected 1 values, found 0",
        );
        check("(func (result (ref func)) unreachable (br_on_non_null 0) unreachable)", "");
    }

    #[test]
    fn branches_on_casts_refine_the_operand() {
        check(
            "(func (param anyref) (result (ref i31)) (drop (br_on_cast 0 anyref (ref i31) (local.get 0))) (unreachable))",
            "",
        );
        check("(func (param anyref) (result anyref) (br_on_cast_fail 0 anyref (ref i31) (local.get 0)))", "");
        check(
            "(func (param anyref) (result (ref any)) (br_on_cast_fail 0 anyref (ref null i31) (local.get 0)) (drop) (unreachable))",
            "",
        );
        check(
            "(func (param anyref) (result anyref) (br_on_cast 0 anyref funcref (local.get 0)))",
            "type mismatch: expected anyref, found funcref",
        );
        check(
            "(func (param anyref) (result (ref any)) (drop (br_on_cast_fail 0 anyref (ref i31) (local.get 0))) (unreachable))",
            "type mismatch: expected (ref any), found anyref",
        );
        check(
            "(func (param eqref) (result eqref) (br_on_cast 0 anyref (ref i31) (local.get 0)))",
            "type mismatch: expected eqref, found anyref",
        );
        check(
            "(func (param funcref) (result anyref) (br_on_cast 0 anyref (ref i31) (local.get 0)))",
            "type mismatch: expected anyref, found funcref",
        );
    }

    #[test]
    fn the_target_of_a_cast_is_below_its_operand() {
        let func = "(func (param eqref) (result anyref) (br_on_cast 0 eqref anyref (local.get 0)))";
        check_with(Features::wasm3(), func, "type mismatch: expected eqref, found anyref");
        check_with(Features::wasm3().with(Feature::CustomDescriptors), func, "");
    }
}
