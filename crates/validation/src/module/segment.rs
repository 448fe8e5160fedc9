//! Element and data segments.
//!
//! [Spec](https://webassembly.github.io/spec/core/valid/modules.html#element-segments)

use terrane_syntax::types::{HeapType, RefType, ValType, match_reftype};
use terrane_syntax::{Data, DataMode, Elem, ElemItems, ElemMode, Feature, FuncIdx, limits};

use super::types::at_most;
use super::{Found, ModuleValidator, at, too_many};
use crate::Result;
use crate::context::Context;
use crate::func::FuncAllocations;
use crate::invalid::Mismatch;

impl ModuleValidator {
    /// An element segment.
    ///
    /// # Errors
    /// If its elements or its offset are not [valid].
    ///
    /// [valid]: https://webassembly.github.io/spec/core/valid/modules.html#element-segments
    pub fn elem(&mut self, offset: usize, elem: &Elem) -> Result {
        at(offset, too_many("element segments", limits::ELEM_SEGMENTS, self.context.elems.len()))?;
        at(offset, at_most("elements of a segment", limits::ELEM_SEGMENT_SIZE, elem.items.len()))?;
        let rt = at(offset, self.context.close_elemtype(elem))?;
        self.elem_items(offset, rt, &elem.items)?;
        match &elem.mode {
            ElemMode::Passive => at(offset, self.context.enabled(Feature::BulkMemory, "a passive segment"))?,
            ElemMode::Declarative => {
                at(offset, self.context.enabled(Feature::ReferenceTypes, "a declarative segment"))?;
            }
            ElemMode::Active { table, offset: expr } => {
                let tt = *at(offset, self.context.table(*table))?;
                at(offset, self.context.check_reftype(rt, tt.elem))?;
                self.const_expr(expr, tt.addr.val())?;
            }
        }
        self.context.elems.push(rt);
        Ok(())
    }

    fn elem_items(&mut self, offset: usize, rt: RefType, items: &ElemItems) -> Result {
        match items {
            ElemItems::Funcs(xs) => xs.iter().try_for_each(|x| at(offset, self.context.elem_func(*x, rt))),
            ElemItems::Exprs(exprs) => {
                exprs.iter().try_for_each(|expr| self.const_expr(expr, ValType::Ref(rt)))
            }
        }
    }
}

impl Context {
    /// The type of a segment's elements. Plain functions are never null, whether types can say so or not.
    fn close_elemtype(&self, elem: &Elem) -> Found<RefType> {
        match elem.items {
            ElemItems::Funcs(_) if elem.ty.heap == HeapType::Func => Ok(elem.ty),
            _ => self.close_reftype(elem.ty),
        }
    }

    /// A function as an element of type `rt`, which declares it.
    fn elem_func(&mut self, x: FuncIdx, rt: RefType) -> Found {
        let ty = self.func(x)?;
        if rt.heap != HeapType::Func {
            self.check_reftype(self.func_ref(x, self.def(ty)?), rt)?;
        }
        self.refs.insert(x.0);
        Ok(())
    }

    /// An error unless `found <: expected`.
    fn check_reftype(&self, found: RefType, expected: RefType) -> Found {
        if match_reftype(&self.types, found, expected) {
            return Ok(());
        }
        let [expected, found] = [expected, found].map(|rt| self.open(ValType::Ref(rt)));
        Err(Mismatch::Type { expected, found }.into())
    }

    /// Validates a data segment, found at `offset`. It comes behind the code, when the context is shared.
    ///
    /// # Errors
    /// If there is no such memory, or the segment's own offset is not [valid].
    ///
    /// [valid]: https://webassembly.github.io/spec/core/valid/modules.html#data-segments
    pub fn check_data(&self, offset: usize, data: &Data) -> Result {
        match &data.mode {
            DataMode::Passive => at(offset, self.enabled(Feature::BulkMemory, "a passive segment")),
            DataMode::Active { memory, offset: expr } => {
                let mt = at(offset, self.mem(*memory))?;
                self.const_expr(expr, mt.addr.val().into(), &mut FuncAllocations::default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::check;

    #[test]
    fn elements_match_their_segment_and_table() {
        check(
            "(table 1 funcref) (func $f) (elem (i32.const 0) $f) (elem func $f) (elem declare func $f) (elem funcref (ref.null func) (item ref.func $f))",
            "",
        );
        check("(table i64 1 funcref) (elem (i64.const 0) func)", "");
        check(
            "(table 1 externref) (elem (i32.const 0) func)",
            "type mismatch: expected externref, found (ref func)",
        );
        check("(table 1 funcref) (elem (i64.const 0) func)", "type mismatch: expected i32, found i64");
        check("(elem (i32.const 0) func)", "unknown table 0: there are 0");
        check("(elem func 2)", "unknown function 2: there are 0");
        check("(elem externref (item (ref.null extern)))", "");
        check("(elem externref (item (ref.null func)))", "type mismatch: expected externref, found funcref");
        check("(type $t (func)) (func $f (type $t)) (elem (ref $t) (ref.func $f))", "");
        check(
            "(type $t (func (param i32))) (func $f) (elem (ref $t) (ref.func $f))",
            "type mismatch: expected (ref 0), found (ref (exact 1))",
        );
    }

    #[test]
    fn active_data_goes_into_a_memory() {
        check("(memory 1) (data (i32.const 0) \"a\") (data \"b\")", "");
        check("(memory i64 1) (data (i64.const 0) \"a\")", "");
        check("(memory 1) (data (i64.const 0) \"a\")", "type mismatch: expected i32, found i64");
        check("(data (i32.const 0) \"a\")", "unknown memory 0: there are 0");
        check("(memory 1) (data (global.get 0) \"a\")", "unknown global 0: there are 0");
    }
}
