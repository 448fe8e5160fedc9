//! Structures with descriptors.
//!
//! [Spec](https://github.com/WebAssembly/custom-descriptors)

use terrane_syntax::types::{HeapType, RefType};
use terrane_syntax::{BrCast, TypeIdx};

use super::aggregate::unpack;
use super::branch::difference;
use crate::Result;
use crate::func::FuncValidator;
use crate::invalid::Invalid;

impl FuncValidator<'_> {
    /// The type of the descriptors of a closed type, if it has them.
    fn descriptor(&self, ht: HeapType) -> Option<HeapType> {
        let HeapType::Def(dt) = ht.inexact() else { return None };
        self.context.types.by_def(dt)?.sub.descriptor
    }

    /// Pops the descriptor of a new structure, which must describe it and nothing below it.
    fn pop_new_descriptor(&mut self, x: TypeIdx) -> Result {
        match self.at(self.context.ty(x))?.sub.descriptor {
            Some(y) => self.pop(RefType::null(y.exact()).into()).map(|_| ()),
            None => self.fail(Invalid::DescriptorRefused(x)),
        }
    }

    /// `struct.new_desc x : [t* (ref null (exact y))] -> [(ref (exact x))]`, where `y` describes `x`.
    pub(crate) fn struct_new_desc(&mut self, x: TypeIdx) -> Result {
        let fields = self.fields(x)?;
        self.pop_new_descriptor(x)?;
        fields.iter().rev().try_for_each(|field| self.pop(unpack(*field)))?;
        self.push_new(x)
    }

    /// `struct.new_default_desc x : [(ref null (exact y))] -> [(ref (exact x))]`, where `y` describes `x`, and all
    /// fields have default values.
    pub(crate) fn struct_new_default_desc(&mut self, x: TypeIdx) -> Result {
        let fields = self.fields(x)?;
        self.pop_new_descriptor(x)?;
        fields.iter().try_for_each(|field| self.check_default(*field))?;
        self.push_new(x)
    }

    /// `ref.get_desc x : [(ref null (exact_1 x))] -> [(ref (exact_1 y))]`, where `y` describes `x`.
    pub(crate) fn ref_get_desc(&mut self, x: TypeIdx) -> Result {
        let info = self.at(self.context.ty(x))?;
        let Some(y) = info.sub.descriptor else { return self.fail(Invalid::NoDescriptor(x)) };
        let ht = HeapType::Def(info.def);
        let rt = self.pop_ref()?.into();
        self.check_match(rt, RefType::null(ht).into())?;
        let exact = self.matches(rt, RefType::null(ht.exact()).into());
        self.push(RefType::non_null(if exact { y.exact() } else { y }).into());
        Ok(())
    }

    /// Pops the descriptor with which something is cast to `ht`, which is `found` in the module: the descriptor is
    /// exact if the target is.
    fn pop_cast_descriptor(&mut self, ht: HeapType, found: HeapType) -> Result {
        let Some(y) = self.descriptor(ht) else {
            return self.fail(Invalid::CastWithoutDescriptor(found.inexact()));
        };
        self.pop(RefType::null(if ht.is_exact() { y.exact() } else { y }).into()).map(|_| ())
    }

    /// `ref.cast_desc_eq rt : [rt' (ref null (exact_1 y))] -> [rt]`, where `rt` refers to `(exact_1 x)`, `y`
    /// describes `x`, and `rt` and `rt'` are of one hierarchy.
    pub(crate) fn ref_cast_desc_eq(&mut self, ht: HeapType, nullable: bool) -> Result {
        let heap = self.at(self.context.close_heaptype(ht))?;
        self.pop_cast_descriptor(heap, ht)?;
        self.pop(RefType::null(self.top_of(heap)).into())?;
        self.push(RefType { nullable, heap }.into());
        Ok(())
    }

    /// `br_on_cast_desc_eq l rt1 rt2 : [t* rt1 (ref null (exact_1 y))] -> [t* rt3]`, where `t* rt2` matches the
    /// type of label `l`, `rt3` is what `rt1` is if not `rt2`, `rt2` refers to `(exact_1 x)`, and `y` describes `x`.
    pub(crate) fn br_on_cast_desc_eq(&mut self, c: BrCast) -> Result {
        let (rt1, rt2) = self.cast_types(c)?;
        self.pop_cast_descriptor(rt2.heap, c.rt2.heap)?;
        self.br_on(c.l, rt1, rt2, difference(rt1, rt2))
    }

    /// `br_on_cast_desc_eq_fail l rt1 rt2 : [t* rt1 (ref null (exact_1 y))] -> [t* rt2]`, where `t* rt3` matches
    /// the type of label `l`, `rt3` is what `rt1` is if not `rt2`, `rt2` refers to `(exact_1 x)`, and `y` describes
    /// `x`.
    pub(crate) fn br_on_cast_desc_eq_fail(&mut self, c: BrCast) -> Result {
        let (rt1, rt2) = self.cast_types(c)?;
        self.pop_cast_descriptor(rt2.heap, c.rt2.heap)?;
        self.br_on(c.l, rt1, difference(rt1, rt2), rt2)
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::check;

    /// `$a` is described by `$b`; below them are `$c` and `$d`.
    const TYPES: &str =
        "(rec (type $a (sub (descriptor $b) (struct (field i32)))) (type $b (sub (describes $a) (struct)))
        (type $c (sub $a (descriptor $d) (struct (field i32)))) (type $d (sub $b (describes $c) (struct))))";

    #[track_caller]
    fn check_func(func: &str, expected: &str) {
        check(&alloc::format!("{TYPES} {func}"), expected);
    }

    #[test]
    fn structures_are_made_with_their_descriptor() {
        check_func("(func (result (ref (exact $a))) (struct.new_desc $a (i32.const 1) (struct.new $b)))", "");
        check_func("(global (ref $a) (struct.new_default_desc $a (struct.new $b)))", "");
        check_func(
            "(func (result (ref $a)) (struct.new $a (i32.const 1)))",
            "type with descriptor requires descriptor allocation: type 0 has a descriptor",
        );
        check_func(
            "(func (result (ref $b)) (struct.new_default_desc $b (struct.new $b)))",
            "type without descriptor requires non-descriptor allocation: type 1 has none",
        );
        check_func(
            "(func (param (ref $b)) (result (ref $a)) (struct.new_default_desc $a (local.get 0)))",
            "type mismatch: expected (ref null (exact 1)), found (ref 1)",
        );
        check_func(
            "(func (result (ref $a)) (struct.new_default_desc $a (struct.new $d)))",
            "type mismatch: expected (ref null (exact 1)), found (ref (exact 3))",
        );
    }

    #[test]
    fn a_descriptor_is_as_exact_as_what_it_describes() {
        check_func(
            "(func (param (ref null (exact $a))) (result (ref (exact $b))) (ref.get_desc $a (local.get 0)))",
            "",
        );
        check_func("(func (param (ref $c)) (result (ref $b)) (ref.get_desc $a (local.get 0)))", "");
        check_func("(func (result (ref (exact $d))) (ref.get_desc $c (unreachable)))", "");
        check_func(
            "(func (param (ref (exact $c))) (result (ref (exact $b))) (ref.get_desc $a (local.get 0)))",
            "type mismatch: expected (ref (exact 1)), found (ref 1)",
        );
        check_func(
            "(func (param (ref $b)) (drop (ref.get_desc $b (local.get 0))))",
            "type without descriptor: type 1 has none",
        );
        check_func("(func (drop (ref.get_desc 9 (unreachable))))", "unknown type 9: there are 5");
    }

    #[test]
    fn casts_take_the_descriptor_of_their_target() {
        check_func(
            "(func (param anyref (ref null $d)) (result (ref $a)) (ref.cast_desc_eq (ref $a) (local.get 0) (local.get 1)))",
            "",
        );
        check_func(
            "(func (param anyref (ref $b)) (drop (ref.cast_desc_eq (ref (exact $a)) (local.get 0) (local.get 1))))",
            "type mismatch: expected (ref null (exact 1)), found (ref 1)",
        );
        check_func(
            "(func (param anyref (ref $b)) (drop (ref.cast_desc_eq (ref null $b) (local.get 0) (local.get 1))))",
            "type 1 does not have a descriptor",
        );
        check_func(
            "(func (param anyref (ref $b)) (result anyref) (br_on_cast_desc_eq 0 anyref (ref $a) (local.get 0) (local.get 1)))",
            "",
        );
        check_func(
            "(func (param funcref (ref $b)) (result funcref) (br_on_cast_desc_eq_fail 0 funcref (ref $a) (local.get 0) (local.get 1)))",
            "type mismatch: expected funcref, found (ref 0)",
        );
        check_func(
            "(func (param anyref (ref $b)) (result anyref) (br_on_cast_desc_eq_fail 0 anyref eqref (local.get 0) (local.get 1)))",
            "type eq does not have a descriptor",
        );
    }
}
