//! Structures and arrays.
//!
//! [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#aggregate-reference-instructions)

use terrane_syntax::types::{FieldType, HeapType, RefType, StorageType, match_storagetype};
use terrane_syntax::{DataIdx, ElemIdx, FieldIdx, TypeIdx, limits};

use crate::Result;
use crate::context::unknown;
use crate::func::FuncValidator;
use crate::invalid::{Invalid, Mismatch, Space};
use crate::packed::Packed;

const I32: Packed = Packed::I32;

/// The type of what reading the field gives.
pub(super) fn unpack(field: FieldType) -> Packed {
    field.storage.unpack().into()
}

/// Structures.
impl<'c> FuncValidator<'c> {
    /// `(ref null x)`
    fn nullable(&self, x: TypeIdx) -> Result<Packed> {
        Ok(RefType::null(HeapType::Def(self.at(self.context.def(x))?)).into())
    }

    pub(super) fn push_new(&mut self, x: TypeIdx) -> Result {
        let def = self.at(self.context.def(x))?;
        self.push(RefType::non_null(self.context.exact(def)).into());
        Ok(())
    }

    /// An error if structures of the type are made with a descriptor.
    fn check_no_descriptor(&self, x: TypeIdx) -> Result {
        match self.at(self.context.ty(x))?.sub.descriptor {
            None => Ok(()),
            Some(_) => self.fail(Invalid::DescriptorRequired(x)),
        }
    }

    pub(super) fn fields(&self, x: TypeIdx) -> Result<&'c [FieldType]> {
        self.at(self.context.fields(x))
    }

    fn field(&self, x: TypeIdx, i: FieldIdx) -> Result<FieldType> {
        let fields = self.fields(x)?;
        match fields.get(i.index()) {
            Some(field) => Ok(*field),
            None => self.fail(unknown(Space::Field, i.0, fields.len())),
        }
    }

    /// An error unless the storage is packed or is not, as `packed` says.
    fn check_packing(&self, field: FieldType, packed: bool) -> Result {
        let is_packed = matches!(field.storage, StorageType::I8 | StorageType::I16);
        if is_packed == packed {
            return Ok(());
        }
        let expected = if packed { "packed storage" } else { "unpacked storage" };
        let found = match field.storage {
            StorageType::Val(t) => StorageType::Val(self.context.open(t)),
            storage => storage,
        };
        self.fail(Mismatch::Packing { expected, found })
    }

    pub(super) fn check_default(&self, field: FieldType) -> Result {
        match field.storage.unpack() {
            t if t.is_defaultable() => Ok(()),
            t => self.fail(Mismatch::NoDefault(self.context.open(t))),
        }
    }

    /// `struct.new x : [t*] -> [(ref x)]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-struct-new)
    pub(crate) fn struct_new(&mut self, x: TypeIdx) -> Result {
        let fields = self.fields(x)?;
        self.check_no_descriptor(x)?;
        fields.iter().rev().try_for_each(|field| self.pop(unpack(*field)))?;
        self.push_new(x)
    }

    /// `struct.new_default x : [] -> [(ref x)]`, where all fields have default values.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-struct-new_default)
    pub(crate) fn struct_new_default(&mut self, x: TypeIdx) -> Result {
        let fields = self.fields(x)?;
        self.check_no_descriptor(x)?;
        fields.iter().try_for_each(|field| self.check_default(*field))?;
        self.push_new(x)
    }

    /// `struct.get x i : [(ref null x)] -> [t]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-struct-get)
    pub(crate) fn struct_get(&mut self, x: TypeIdx, i: FieldIdx) -> Result {
        let field = self.field(x, i)?;
        self.check_packing(field, false)?;
        self.op1(self.nullable(x)?, unpack(field))
    }

    /// `struct.get_sx x i : [(ref null x)] -> [i32]`, where the field is packed.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-struct-get)
    pub(crate) fn struct_get_packed(&mut self, x: TypeIdx, i: FieldIdx) -> Result {
        let field = self.field(x, i)?;
        self.check_packing(field, true)?;
        self.op1(self.nullable(x)?, unpack(field))
    }

    /// `struct.set x i : [(ref null x) t] -> []`, where the field is mutable.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-struct-set)
    pub(crate) fn struct_set(&mut self, x: TypeIdx, i: FieldIdx) -> Result {
        let field = self.field(x, i)?;
        if !field.mutable {
            return self.fail(Invalid::ImmutableField { ty: x, field: i.0 });
        }
        self.op(&[self.nullable(x)?, unpack(field)], &[])
    }
}

/// Arrays.
impl FuncValidator<'_> {
    fn array(&self, x: TypeIdx) -> Result<FieldType> {
        self.at(self.context.array(x))
    }

    /// The elements of an array type, which can be written.
    fn mutable_array(&self, x: TypeIdx) -> Result<FieldType> {
        let field = self.array(x)?;
        if field.mutable { Ok(field) } else { self.fail(Invalid::ImmutableArray(x)) }
    }

    /// An error unless bytes can be read into the elements.
    fn check_plain(&self, x: TypeIdx, field: FieldType) -> Result {
        match field.storage {
            StorageType::Val(t) if t.is_ref() => self.fail(Invalid::ArrayOfReferences(x)),
            _ => Ok(()),
        }
    }

    /// An error unless the elements of a segment match those of an array.
    fn check_elem(&self, y: ElemIdx, field: FieldType) -> Result {
        let rt = self.at(self.context.elem(y))?;
        self.check_packing(field, false)?;
        self.check_match(rt.into(), unpack(field))
    }

    /// `array.new x : [t i32] -> [(ref x)]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-array-new)
    pub(crate) fn array_new(&mut self, x: TypeIdx) -> Result {
        let t = unpack(self.array(x)?);
        self.pop_all(&[t, I32])?;
        self.push_new(x)
    }

    /// `array.new_default x : [i32] -> [(ref x)]`, where elements have a default value.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-array-new_default)
    pub(crate) fn array_new_default(&mut self, x: TypeIdx) -> Result {
        self.check_default(self.array(x)?)?;
        self.pop(I32)?;
        self.push_new(x)
    }

    /// `array.new_fixed x n : [t^n] -> [(ref x)]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-array-new_fixed)
    pub(crate) fn array_new_fixed(&mut self, x: TypeIdx, n: u32) -> Result {
        let t = unpack(self.array(x)?);
        if n > limits::ARRAY_NEW_FIXED {
            return self.fail(Invalid::TooMany {
                what: "operands of array.new_fixed",
                max: limits::ARRAY_NEW_FIXED.into(),
                found: n.into(),
            });
        }
        (0..n).try_for_each(|_| self.pop(t))?;
        self.push_new(x)
    }

    /// `array.new_data x y : [i32 i32] -> [(ref x)]`, where elements are not references.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-array-new_data)
    pub(crate) fn array_new_data(&mut self, x: TypeIdx, y: DataIdx) -> Result {
        self.check_plain(x, self.array(x)?)?;
        self.at(self.context.data(y))?;
        self.pop_all(&[I32, I32])?;
        self.push_new(x)
    }

    /// `array.new_elem x y : [i32 i32] -> [(ref x)]`, where the segment's elements match the array's.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-array-new_elem)
    pub(crate) fn array_new_elem(&mut self, x: TypeIdx, y: ElemIdx) -> Result {
        self.check_elem(y, self.array(x)?)?;
        self.pop_all(&[I32, I32])?;
        self.push_new(x)
    }

    /// `array.get x : [(ref null x) i32] -> [t]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-array-get)
    pub(crate) fn array_get(&mut self, x: TypeIdx) -> Result {
        let field = self.array(x)?;
        self.check_packing(field, false)?;
        self.op(&[self.nullable(x)?, I32], &[unpack(field)])
    }

    /// `array.get_sx x : [(ref null x) i32] -> [i32]`, where elements are packed.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-array-get)
    pub(crate) fn array_get_packed(&mut self, x: TypeIdx) -> Result {
        let field = self.array(x)?;
        self.check_packing(field, true)?;
        self.op(&[self.nullable(x)?, I32], &[unpack(field)])
    }

    /// `array.set x : [(ref null x) i32 t] -> []`, where elements are mutable.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-array-set)
    pub(crate) fn array_set(&mut self, x: TypeIdx) -> Result {
        let field = self.mutable_array(x)?;
        self.op(&[self.nullable(x)?, I32, unpack(field)], &[])
    }

    /// `array.len : [(ref null array)] -> [i32]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-array-len)
    pub(crate) fn array_len(&mut self) -> Result {
        self.op1(RefType::null(HeapType::Array).into(), I32)
    }

    /// `array.fill x : [(ref null x) i32 t i32] -> []`, where elements are mutable.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-array-fill)
    pub(crate) fn array_fill(&mut self, x: TypeIdx) -> Result {
        let field = self.mutable_array(x)?;
        self.op(&[self.nullable(x)?, I32, unpack(field), I32], &[])
    }

    /// `array.copy x y : [(ref null x) i32 (ref null y) i32 i32] -> []`, where elements of `x` are mutable
    /// and those of `y` match them.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-array-copy)
    pub(crate) fn array_copy(&mut self, x: TypeIdx, y: TypeIdx) -> Result {
        let dst = self.mutable_array(x)?;
        let src = self.array(y)?;
        if !match_storagetype(&self.context.types, src.storage, dst.storage) {
            return self.fail(Invalid::ArrayCopy { dst: x, src: y });
        }
        self.op(&[self.nullable(x)?, I32, self.nullable(y)?, I32, I32], &[])
    }

    /// `array.init_data x y : [(ref null x) i32 i32 i32] -> []`, where elements are mutable and not
    /// references.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-array-init_data)
    pub(crate) fn array_init_data(&mut self, x: TypeIdx, y: DataIdx) -> Result {
        self.check_plain(x, self.mutable_array(x)?)?;
        self.at(self.context.data(y))?;
        self.op(&[self.nullable(x)?, I32, I32, I32], &[])
    }

    /// `array.init_elem x y : [(ref null x) i32 i32 i32] -> []`, where elements are mutable and the
    /// segment's match them.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-array-init_elem)
    pub(crate) fn array_init_elem(&mut self, x: TypeIdx, y: ElemIdx) -> Result {
        self.check_elem(y, self.mutable_array(x)?)?;
        self.op(&[self.nullable(x)?, I32, I32, I32], &[])
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::check;

    #[test]
    fn structures_are_made_read_and_written() {
        check(
            "(type $s (struct (field i32) (field (mut i8)))) (func (result (ref $s)) (struct.new $s (i32.const 1) (i32.const 2)))",
            "",
        );
        check(
            "(type $s (struct (field i32) (field (mut i8)))) (func (result (ref $s)) (struct.new_default $s))",
            "",
        );
        check(
            "(type $s (struct (field i32) (field (mut i8)) (field (ref $s)))) (func (param (ref null $s)) (result i32) (struct.set $s 1 (local.get 0) (i32.const 1)) (struct.get_u $s 1 (local.get 0)))",
            "",
        );
        check(
            "(type $s (struct (field i32) (field (mut i8)) (field (ref $s)))) (func (param (ref null $s)) (result i32) (struct.get $s 0 (struct.get $s 2 (local.get 0))))",
            "",
        );
        check(
            "(type $s (struct (field i32) (field (mut i8)) (field (ref $s)))) (func (drop (struct.new $s (i32.const 1) (i64.const 2) (unreachable))))",
            "",
        );
        check(
            "(type $s (struct (field i32) (field (mut i8)) (field (ref $s)))) (func (drop (struct.new $s (i32.const 1) (i32.const 2) (ref.null none))))",
            "type mismatch: expected (ref 0), found nullref",
        );
        check(
            "(type $s (struct (field i32) (field (mut i8)) (field (ref $s)))) (func (drop (struct.new_default $s)))",
            "type mismatch: expected a type with a default value, found (ref 0)",
        );
        check(
            "(type $s (struct (field i32) (field (mut i8)) (field (ref $s)))) (func (param (ref $s)) (drop (struct.get $s 1 (local.get 0))))",
            "type mismatch: expected unpacked storage, found i8",
        );
        check(
            "(type $s (struct (field i32) (field (mut i8)) (field (ref $s)))) (func (param (ref $s)) (drop (struct.get_s $s 0 (local.get 0))))",
            "type mismatch: expected packed storage, found i32",
        );
        check(
            "(type $s (struct (field i32) (field (mut i8)) (field (ref $s)))) (func (param (ref $s)) (drop (struct.get $s 3 (local.get 0))))",
            "unknown field 3: there are 3",
        );
        check(
            "(type $s (struct (field i32) (field (mut i8)) (field (ref $s)))) (func (param (ref $s)) (struct.set $s 0 (local.get 0) (i32.const 0)))",
            "immutable field: field 0 of type 0 cannot be written",
        );
        check(
            "(type $s (struct (field i32) (field (mut i8)) (field (ref $s)))) (func (param anyref) (drop (struct.get $s 0 (local.get 0))))",
            "type mismatch: expected (ref null 0), found anyref",
        );
        check(
            "(type $a (array i8)) (func (drop (struct.new $a)))",
            "type mismatch: expected a structure type, found type 0",
        );
    }

    #[test]
    fn arrays_are_made() {
        check("(type $a (array i8)) (func (result (ref $a)) (array.new $a (i32.const 1) (i32.const 2)))", "");
        check(
            "(type $a (array f64)) (func (result (ref $a)) (array.new_fixed $a 2 (f64.const 1) (f64.const 2)))",
            "",
        );
        check("(type $a (array f64)) (func (result (ref $a)) (array.new_default $a (i32.const 2)))", "");
        check(
            "(type $a (array i8)) (data $d \"\") (func (result (ref $a)) (array.new_data $a $d (i32.const 0) (i32.const 0)))",
            "",
        );
        check(
            "(type $a (array funcref)) (elem $e func) (func (result (ref $a)) (array.new_elem $a $e (i32.const 0) (i32.const 0)))",
            "",
        );
        check(
            "(type $a (array f64)) (func (drop (array.new_fixed $a 2 (f64.const 1))))",
            "type mismatch: expected f64, found nothing",
        );
        check(
            "(type $a (array f64)) (func unreachable (drop (array.new_fixed $a 10001)))",
            "too many operands of array.new_fixed: expected at most 10000, found 10001",
        );
        check(
            "(type $a (array (ref func))) (func (drop (array.new_default $a (i32.const 2))))",
            "type mismatch: expected a type with a default value, found (ref func)",
        );
        check(
            "(type $a (array funcref)) (data $d \"\") (func (drop (array.new_data $a $d (i32.const 0) (i32.const 0))))",
            "array type is not numeric or vector: type 0 has references as elements",
        );
        check(
            "(type $a (array externref)) (elem $e func) (func (drop (array.new_elem $a $e (i32.const 0) (i32.const 0))))",
            "type mismatch: expected externref, found (ref func)",
        );
        check(
            "(type $s (struct)) (func (drop (array.new_default $s (i32.const 2))))",
            "type mismatch: expected an array type, found type 0",
        );
    }

    #[test]
    fn arrays_are_read_and_written() {
        check(
            "(type $a (array (mut i16))) (func (param (ref null $a)) (array.set $a (local.get 0) (i32.const 0) (array.get_s $a (local.get 0) (array.len (local.get 0)))))",
            "",
        );
        check(
            "(type $a (array (mut f32))) (func (param (ref null $a)) (array.fill $a (local.get 0) (i32.const 0) (f32.const 0) (i32.const 0)))",
            "",
        );
        check(
            "(type $a (array i16)) (func (param (ref null $a)) (array.set $a (local.get 0) (i32.const 0) (i32.const 0)))",
            "immutable array: elements of type 0 cannot be written",
        );
        check(
            "(type $a (array i16)) (func (param (ref null $a)) (array.fill $a (local.get 0) (i32.const 0) (i32.const 0) (i32.const 0)))",
            "immutable array: elements of type 0 cannot be written",
        );
        check(
            "(type $a (array i16)) (func (param (ref null $a)) (drop (array.get $a (local.get 0) (i32.const 0))))",
            "type mismatch: expected unpacked storage, found i16",
        );
        check(
            "(func (param anyref) (drop (array.len (local.get 0))))",
            "type mismatch: expected arrayref, found anyref",
        );
    }

    #[test]
    fn arrays_are_copied_and_initialised() {
        check(
            "(type $a (array (mut funcref))) (type $b (array nullfuncref)) (func (param (ref $a) (ref $b)) (array.copy $a $b (local.get 0) (i32.const 0) (local.get 1) (i32.const 0) (i32.const 0)))",
            "",
        );
        check(
            "(type $a (array (mut nullfuncref))) (type $b (array funcref)) (func (param (ref $a) (ref $b)) (array.copy $a $b (local.get 0) (i32.const 0) (local.get 1) (i32.const 0) (i32.const 0)))",
            "array types do not match: elements of type 1 cannot be copied to type 0",
        );
        check(
            "(type $a (array (mut i32))) (data $d \"\") (func (param (ref $a)) (array.init_data $a $d (local.get 0) (i32.const 0) (i32.const 0) (i32.const 0)))",
            "",
        );
        check(
            "(type $a (array i32)) (data $d \"\") (func (param (ref $a)) (array.init_data $a $d (local.get 0) (i32.const 0) (i32.const 0) (i32.const 0)))",
            "immutable array: elements of type 0 cannot be written",
        );
        check(
            "(type $a (array (mut funcref))) (elem $e func) (func (param (ref $a)) (array.init_elem $a $e (local.get 0) (i32.const 0) (i32.const 0) (i32.const 0)))",
            "",
        );
        check(
            "(type $a (array (mut i8))) (elem $e func) (func (param (ref $a)) (array.init_elem $a $e (local.get 0) (i32.const 0) (i32.const 0) (i32.const 0)))",
            "type mismatch: expected unpacked storage, found i8",
        );
        check(
            "(type $a (array (mut i32))) (func (param (ref $a)) (array.init_data $a 2 (local.get 0) (i32.const 0) (i32.const 0) (i32.const 0)))",
            "unknown data segment 2: there are 0",
        );
    }
}
