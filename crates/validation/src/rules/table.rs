//! [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#table-instructions)

use terrane_syntax::types::{RefType, TableType};
use terrane_syntax::{ElemIdx, TableIdx};

use crate::Result;
use crate::func::FuncValidator;
use crate::packed::Packed;

impl FuncValidator<'_> {
    /// The address type of a table and the type of its elements.
    fn table(&self, x: TableIdx) -> Result<(Packed, Packed)> {
        let TableType { addr, elem, .. } = self.at(self.context.table(x))?;
        Ok((addr.val().into(), Packed::reftype(*elem)))
    }

    /// `table.get x : [at] -> [t]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-table-get)
    pub(crate) fn table_get(&mut self, x: TableIdx) -> Result {
        let (at, t) = self.table(x)?;
        self.op1(at, t)
    }

    /// `table.set x : [at t] -> []`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-table-set)
    pub(crate) fn table_set(&mut self, x: TableIdx) -> Result {
        let (at, t) = self.table(x)?;
        self.op(&[at, t], &[])
    }

    /// `table.size x : [] -> [at]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-table-size)
    pub(crate) fn table_size(&mut self, x: TableIdx) -> Result {
        let (at, _) = self.table(x)?;
        self.push(at);
        Ok(())
    }

    /// `table.grow x : [t at] -> [at]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-table-grow)
    pub(crate) fn table_grow(&mut self, x: TableIdx) -> Result {
        let (at, t) = self.table(x)?;
        self.op(&[t, at], &[at])
    }

    /// `table.fill x : [at t at] -> []`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-table-fill)
    pub(crate) fn table_fill(&mut self, x: TableIdx) -> Result {
        let (at, t) = self.table(x)?;
        self.op(&[at, t, at], &[])
    }

    /// `table.copy x y : [at1 at2 at] -> []`, where `at` is the smaller of the two, and the elements of
    /// `y` match those of `x`.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-table-copy)
    pub(crate) fn table_copy(&mut self, x: TableIdx, y: TableIdx) -> Result {
        let (at1, t1) = self.table(x)?;
        let (at2, t2) = self.table(y)?;
        self.check_match(t2, t1)?;
        let n = if at1 == at2 { at1 } else { Packed::I32 };
        self.op(&[at1, at2, n], &[])
    }

    /// `table.init x y : [at i32 i32] -> []`, where the elements of the segment match those of the table.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-table-init)
    pub(crate) fn table_init(&mut self, y: ElemIdx, x: TableIdx) -> Result {
        let (at, t) = self.table(x)?;
        let rt: RefType = self.at(self.context.elem(y))?;
        self.check_match(rt.into(), t)?;
        self.op(&[at, Packed::I32, Packed::I32], &[])
    }

    /// `elem.drop x : [] -> []`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-elem-drop)
    pub(crate) fn elem_drop(&mut self, x: ElemIdx) -> Result {
        self.at(self.context.elem(x)).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::check;

    #[test]
    fn tables_are_accessed_by_their_types() {
        check("(table 1 funcref) (func (table.set 0 (i32.const 0) (table.get 0 (i32.const 0))))", "");
        check("(table i64 1 funcref) (func (table.set 0 (i64.const 0) (table.get 0 (i64.const 0))))", "");
        check(
            "(table 1 funcref) (func (drop (table.get 0 (i64.const 0))))",
            "type mismatch: expected i32, found i64",
        );
        check(
            "(table 1 funcref) (func (param externref) (table.set 0 (i32.const 0) (local.get 0)))",
            "type mismatch: expected funcref, found externref",
        );
        check("(func (drop (table.get 0 (i32.const 0))))", "unknown table 0: there are 0");
        check("(table i64 1 funcref) (func (result i64) (table.size 0))", "");
        check("(table i64 1 funcref) (func (result i64) (table.grow 0 (ref.null func) (i64.const 1)))", "");
        check(
            "(table 1 funcref) (func (result i32) (table.grow 0 (i32.const 1) (ref.null func)))",
            "type mismatch: expected i32, found funcref",
        );
        check("(table 1 externref) (func (table.fill 0 (i32.const 0) (ref.null extern) (i32.const 1)))", "");
        check(
            "(table 1 externref) (func (table.fill 0 (i32.const 0) (ref.null func) (i32.const 1)))",
            "type mismatch: expected externref, found funcref",
        );
    }

    #[test]
    fn tables_are_copied_and_filled_from_matching_elements() {
        check(
            "(table 1 funcref) (table i64 1 nullfuncref) (func (table.copy 0 1 (i32.const 0) (i64.const 0) (i32.const 0)))",
            "",
        );
        check(
            "(table 1 funcref) (table i64 1 nullfuncref) (func (table.copy 1 0 (i64.const 0) (i32.const 0) (i32.const 0)))",
            "type mismatch: expected nullfuncref, found funcref",
        );
        check(
            "(table i64 1 funcref) (table i64 1 funcref) (func (table.copy 0 1 (i64.const 0) (i64.const 0) (i32.const 0)))",
            "type mismatch: expected i64, found i32",
        );
        check(
            "(table i64 1 funcref) (elem $e func) (func (table.init 0 $e (i64.const 0) (i32.const 0) (i32.const 0)) (elem.drop $e))",
            "",
        );
        check(
            "(table 1 externref) (elem $e func) (func (table.init 0 $e (i32.const 0) (i32.const 0) (i32.const 0)))",
            "type mismatch: expected externref, found (ref func)",
        );
        check(
            "(table 1 funcref) (func (table.init 0 4 (i32.const 0) (i32.const 0) (i32.const 0)))",
            "unknown elem segment 4: there are 0",
        );
        check("(func (elem.drop 1))", "unknown elem segment 1: there are 0");
    }
}
