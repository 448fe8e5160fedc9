//! [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#reference-instructions)

use terrane_syntax::FuncIdx;
use terrane_syntax::types::{HeapType, RefType};

use crate::Result;
use crate::func::FuncValidator;
use crate::invalid::Invalid;
use crate::packed::Packed;

impl FuncValidator<'_> {
    /// `ref.null ht : [] -> [(ref null ht)]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-ref-null)
    pub(crate) fn ref_null(&mut self, ht: HeapType) -> Result {
        let ht = self.at(self.context.close_heaptype(ht))?;
        self.push(RefType::null(ht).into());
        Ok(())
    }

    /// `ref.is_null : [(ref null ht)] -> [i32]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-ref-is_null)
    pub(crate) fn ref_is_null(&mut self) -> Result {
        self.pop_ref()?;
        self.push(Packed::I32);
        Ok(())
    }

    /// `ref.func x : [] -> [(ref dt)]`, where the module mentions `x` outside of bodies.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-ref-func)
    pub(crate) fn ref_func(&mut self, x: FuncIdx) -> Result {
        let ty = self.at(self.context.func(x))?;
        let def = self.at(self.context.def(ty))?;
        if !self.context.refs.contains(x.0) {
            return self.fail(Invalid::UndeclaredRef(x.0));
        }
        self.push(self.context.func_ref(x, def).into());
        Ok(())
    }

    /// `ref.eq : [eqref eqref] -> [i32]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-ref-eq)
    pub(crate) fn ref_eq(&mut self) -> Result {
        self.op2(RefType::null(HeapType::Eq).into(), Packed::I32)
    }

    /// `ref.as_non_null : [(ref null ht)] -> [(ref ht)]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-ref-as_non_null)
    pub(crate) fn ref_as_non_null(&mut self) -> Result {
        let rt = self.pop_ref()?;
        self.push(RefType::non_null(rt.heap).into());
        Ok(())
    }

    /// `ref.test rt : [rt'] -> [i32]`, where `rt` and `rt'` are of one hierarchy.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-ref-test)
    pub(crate) fn ref_test(&mut self, ht: HeapType, nullable: bool) -> Result {
        self.pop_castable(RefType { nullable, heap: ht })?;
        self.push(Packed::I32);
        Ok(())
    }

    /// `ref.cast rt : [rt'] -> [rt]`, where `rt` and `rt'` are of one hierarchy.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-ref-cast)
    pub(crate) fn ref_cast(&mut self, ht: HeapType, nullable: bool) -> Result {
        let rt = self.pop_castable(RefType { nullable, heap: ht })?;
        self.push(rt.into());
        Ok(())
    }

    /// Pops a reference of the hierarchy of `rt`, and closes `rt`.
    fn pop_castable(&mut self, rt: RefType) -> Result<RefType> {
        let heap = self.at(self.context.close_heaptype(rt.heap))?;
        self.pop(RefType::null(self.top_of(heap)).into())?;
        Ok(RefType { heap, ..rt })
    }

    /// The greatest type of the hierarchy of a heap type.
    pub(super) fn top_of(&self, ht: HeapType) -> HeapType {
        use HeapType::{Any, Exn, Extern, Func};
        let tops = [Any, Func, Extern, Exn];
        let below = |top: &HeapType| self.matches(RefType::null(ht).into(), RefType::null(*top).into());
        tops.into_iter().find(below).unwrap_or(Any)
    }

    /// `any.convert_extern : [(ref null1? extern)] -> [(ref null2? any)]`, null as the operand is.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-any-convert_extern)
    pub(crate) fn any_convert_extern(&mut self) -> Result {
        self.convert(HeapType::Extern, HeapType::Any)
    }

    /// `extern.convert_any : [(ref null1? any)] -> [(ref null2? extern)]`, null as the operand is.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-extern-convert_any)
    pub(crate) fn extern_convert_any(&mut self) -> Result {
        self.convert(HeapType::Any, HeapType::Extern)
    }

    fn convert(&mut self, from: HeapType, to: HeapType) -> Result {
        let rt = self.pop_ref()?;
        self.check_match(rt.into(), RefType::null(from).into())?;
        self.push(RefType { heap: to, ..rt }.into());
        Ok(())
    }

    /// `ref.i31 : [i32] -> [(ref i31)]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-ref-i31)
    pub(crate) fn ref_i31(&mut self) -> Result {
        self.op1(Packed::I32, RefType::non_null(HeapType::I31).into())
    }

    /// `i31.get_sx : [(ref null i31)] -> [i32]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-i31-get_sx)
    pub(crate) fn i31_get(&mut self) -> Result {
        self.op1(RefType::null(HeapType::I31).into(), Packed::I32)
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::check;

    #[test]
    fn references_are_made_and_tested() {
        check("(func (result i32) (ref.is_null (ref.null extern)))", "");
        check("(elem declare func $f) (func $f (result (ref func)) (ref.func $f))", "");
        check("(func $f (export \"f\") (result (ref func)) (ref.func $f))", "");
        check(
            "(type $t (func)) (elem declare func $f) (func $f (type $t)) (func (result (ref $t)) (ref.func $f))",
            "",
        );
        check("(func (result (ref func)) (ref.as_non_null (ref.null func)))", "");
        check("(func (param eqref) (result i32) (ref.eq (local.get 0) (ref.null none)))", "");
        check(
            "(func $f (result funcref) (ref.func $f))",
            "undeclared function reference: function 0 occurs in no export, global, table or element segment",
        );
        check("(func (drop (ref.func 3)))", "unknown function 3: there is 1");
        check(
            "(func (result i32) (ref.is_null (i32.const 0)))",
            "type mismatch: expected a reference, found i32",
        );
        check(
            "(func (param anyref) (result i32) (ref.eq (local.get 0) (local.get 0)))",
            "type mismatch: expected eqref, found anyref",
        );
        check("(func (drop (ref.null 4)))", "unknown type 4: there is 1");
    }

    #[test]
    fn casts_stay_in_their_hierarchy() {
        check(
            "(type $s (struct)) (func (param anyref) (result (ref null $s)) (ref.cast (ref null $s) (local.get 0)))",
            "",
        );
        check("(func (param funcref) (result i32) (ref.test (ref nofunc) (local.get 0)))", "");
        check(
            "(type $s (struct)) (func (param anyref) (result (ref $s)) (ref.cast (ref null $s) (local.get 0)))",
            "type mismatch: expected (ref 0), found (ref null 0)",
        );
        check(
            "(func (param funcref) (result i32) (ref.test anyref (local.get 0)))",
            "type mismatch: expected anyref, found funcref",
        );
        check(
            "(func (param anyref) (drop (ref.cast (ref extern) (local.get 0))))",
            "type mismatch: expected externref, found anyref",
        );
    }

    #[test]
    fn references_are_converted() {
        check("(func (param externref) (result anyref) (any.convert_extern (local.get 0)))", "");
        check("(func (param (ref any)) (result (ref extern)) (extern.convert_any (local.get 0)))", "");
        check(
            "(func (param anyref) (result (ref extern)) (extern.convert_any (local.get 0)))",
            "type mismatch: expected (ref extern), found externref",
        );
        check(
            "(func (param funcref) (result anyref) (any.convert_extern (local.get 0)))",
            "type mismatch: expected externref, found funcref",
        );
        check("(func (result i32) (i31.get_s (ref.i31 (i32.const 1))))", "");
        check(
            "(func (param anyref) (result i32) (i31.get_u (local.get 0)))",
            "type mismatch: expected i31ref, found anyref",
        );
    }
}
