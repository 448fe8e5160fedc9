//! Recursive types, and the types of tables and memories.
//!
//! [Spec](https://webassembly.github.io/spec/core/valid/types.html)

use alloc::vec::Vec;
use terrane_syntax::types::{
    AddrType, CompType, FieldType, FuncType, HeapType, Limits, MemType, RecType, RefType, RollError,
    StorageType, SubType, TableType, Types, ValType, match_comptype,
};
use terrane_syntax::{Feature, TypeIdx, limits};

mod descriptors;

use super::{Found, ModuleValidator, at, too_many};
use crate::Result;
use crate::context::{Context, unknown};
use crate::invalid::{Invalid, Space};

impl ModuleValidator {
    /// A recursive group of types, which is made canonical among `types`.
    ///
    /// # Errors
    /// If the group is not [valid], or too large.
    ///
    /// [valid]: https://webassembly.github.io/spec/core/valid/types.html#recursive-types
    pub fn rec_type(&mut self, offset: usize, types: &mut Types, rec: &RecType) -> Result {
        at(offset, self.context.push_rec_type(types, rec))
    }
}

impl Context {
    fn push_rec_type(&mut self, types: &mut Types, rec: &RecType) -> Found {
        let first = self.types.len();
        at_most("types in a recursive group", limits::REC_GROUP_SIZE, rec.0.len())?;
        at_most("types", limits::TYPES, first + rec.0.len())?;
        if rec.0.len() != 1 {
            self.enabled(Feature::Gc, "a recursive group of types")?;
        }
        self.rec_groups += 1;
        at_most("recursive groups of types", limits::REC_GROUPS, self.rec_groups)?;
        rec.0.iter().try_for_each(|st| self.check_subtype_form(st))?;
        self.check_clauses(rec)?;
        self.check_subtype_depths(rec)?;
        self.types
            .push(types, rec)
            .map_err(|RollError::UnknownType(x)| unknown(Space::Type, x.0, first + rec.0.len()))?;
        for (i, st) in rec.0.iter().enumerate() {
            let x = TypeIdx((first + i) as u32);
            let comp = &self.types.get(x).expect("just pushed").sub.comp;
            self.signatures.push(comp);
            self.check_supertype(x, st)?;
        }
        Ok(())
    }

    /// What can be said of a type without looking at others: its size, and the features it needs.
    fn check_subtype_form(&self, st: &SubType) -> Found {
        if !st.is_final || st.supertype.is_some() {
            self.enabled(Feature::Gc, "a sub type")?;
        }
        match &st.comp {
            CompType::Func(ft) => self.check_functype_form(ft),
            CompType::Array(field) => {
                self.enabled(Feature::Gc, "an array type")?;
                self.check_field_form(*field)
            }
            CompType::Struct(fields) => {
                self.enabled(Feature::Gc, "a structure type")?;
                at_most("fields of a structure", limits::STRUCT_FIELDS, fields.len())?;
                fields.iter().try_for_each(|field| self.check_field_form(*field))
            }
        }
    }

    fn check_functype_form(&self, ft: &FuncType) -> Found {
        at_most("parameters", limits::PARAMS, ft.params.len())?;
        at_most("results", limits::RESULTS, ft.results.len())?;
        if ft.results.len() > 1 && !self.features.contains(Feature::MultiValue) {
            return Err(Invalid::ResultArity(ft.results.len()));
        }
        ft.params.iter().chain(&ft.results).try_for_each(|t| self.check_valtype_form(*t))
    }

    fn check_field_form(&self, field: FieldType) -> Found {
        match field.storage {
            StorageType::Val(t) => self.check_valtype_form(t),
            StorageType::I8 | StorageType::I16 => Ok(()),
        }
    }

    /// Like [`Context::close_valtype`], but types that are named by index are not looked for.
    fn check_valtype_form(&self, t: ValType) -> Found {
        match t {
            ValType::Ref(RefType { heap: HeapType::Type(_), .. }) => {
                self.enabled(Feature::FunctionReferences, "a typed reference")
            }
            ValType::Ref(RefType { heap: HeapType::Exact(_), .. }) => {
                self.enabled(Feature::CustomDescriptors, "an exact type")
            }
            _ => self.close_valtype(t).map(|_| ()),
        }
    }

    /// The declared supertypes of a group that comes next stand before their subtypes, and not too many
    /// above one another. This must be known before the group is made canonical, which lists them all.
    fn check_subtype_depths(&self, rec: &RecType) -> Found {
        if rec.0.iter().all(|st| st.supertype.is_none()) {
            return Ok(());
        }
        let first = self.types.len();
        let mut depths = Vec::new();
        for (i, st) in rec.0.iter().enumerate() {
            let depth = match supertype_before(first + i, st)? {
                None => 0,
                Some(sup) => match sup.index().checked_sub(first) {
                    Some(in_group) => depths[in_group] + 1,
                    None => self.ty(sup)?.supers.len() + 1,
                },
            };
            at_most("supertypes above one another", limits::SUBTYPE_DEPTH, depth)?;
            depths.push(depth);
        }
        Ok(())
    }

    /// The declared supertype of the type at `x` is not final, and is matched.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/types.html#sub-types)
    fn check_supertype(&self, x: TypeIdx, st: &SubType) -> Found {
        let Some(sup) = supertype_before(x.index(), st)? else { return Ok(()) };
        let (info, super_info) = (self.ty(x)?, self.ty(sup)?);
        if super_info.sub.is_final {
            return Err(Invalid::FinalSuper { sub: x, sup });
        }
        if !match_comptype(&self.types, &info.sub.comp, &super_info.sub.comp) {
            return Err(Invalid::SubType { sub: x, sup });
        }
        self.check_clauses_match(x, sup)
    }

    /// A table type closed, if it is valid.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/types.html#table-types)
    pub(super) fn close_tabletype(&self, tt: TableType) -> Found<TableType> {
        let elem = self.close_reftype(tt.elem)?;
        let max = match tt.addr {
            AddrType::I32 => u64::from(u32::MAX),
            AddrType::I64 => {
                self.enabled(Feature::Memory64, "a 64-bit table")?;
                u64::MAX
            }
        };
        check_limits(tt.limits, max, |max, found| Invalid::TableSize { max, found })?;
        Ok(TableType { elem, ..tt })
    }

    /// An error unless a memory type is valid.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/types.html#memory-types)
    pub(super) fn check_memtype(&self, mt: MemType) -> Found {
        match mt.page_size_log2 {
            16 => {}
            0 => self.enabled(Feature::CustomPageSizes, "a custom page size")?,
            log2 => return Err(Invalid::PageSize(log2)),
        }
        if mt.addr == AddrType::I64 {
            self.enabled(Feature::Memory64, "a 64-bit memory")?;
        }
        check_limits(mt.limits, mt.max_pages(), |max, found| Invalid::MemorySize { max, found })?;
        if mt.shared {
            self.enabled(Feature::Threads, "a shared memory")?;
            if mt.limits.max.is_none() {
                return Err(Invalid::SharedWithoutMax);
            }
        }
        Ok(())
    }
}

/// An error unless the limits are within `range` and in order.
///
/// [Spec](https://webassembly.github.io/spec/core/valid/types.html#limits)
fn check_limits(l: Limits, range: u64, too_large: impl Fn(u64, u64) -> Invalid) -> Found {
    if l.min > range {
        return Err(too_large(range, l.min));
    }
    match l.max {
        Some(max) if max > range => Err(too_large(range, max)),
        Some(max) if max < l.min => Err(Invalid::MinAboveMax { min: l.min, max }),
        _ => Ok(()),
    }
}

/// The declared supertype of a type that `count` others stand before, if there is one; it is among them.
fn supertype_before(count: usize, st: &SubType) -> Found<Option<TypeIdx>> {
    match st.supertype {
        None => Ok(None),
        Some(HeapType::Type(sup)) if sup.index() < count => Ok(Some(sup)),
        Some(HeapType::Type(sup)) => Err(unknown(Space::Type, sup.0, count)),
        Some(ht) => Err(Invalid::InternalType(ht)),
    }
}

/// An error if `count` is more than `max`.
pub(super) fn at_most(what: &'static str, max: usize, count: usize) -> Found {
    too_many(what, max + 1, count).map_err(|_| Invalid::TooMany {
        what,
        max: max as u64,
        found: count as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::check;
    use alloc::string::String;
    use terrane_syntax::Features;

    #[test]
    fn types_name_only_types_before_their_end() {
        check("(rec (type $a (struct (field (ref $b)))) (type $b (struct (field (ref $a)))))", "");
        check("(type (func (param (ref 1)))) (type (struct))", "unknown type 1: there is 1");
        check("(rec (type (struct)) (type (array (ref 2))))", "unknown type 2: there are 2");
    }

    #[test]
    fn sub_types_match_their_super_type() {
        check("(type $a (sub (struct (field i32)))) (type $b (sub $a (struct (field i32) (field i64))))", "");
        check(
            "(type $a (sub (func (param nullfuncref) (result funcref)))) (type (sub $a (func (param funcref) (result nullfuncref))))",
            "",
        );
        check("(type $a (sub (array funcref))) (type (sub $a (array nullfuncref)))", "");
        check(
            "(type $a (sub (array (mut funcref)))) (type (sub $a (array (mut nullfuncref))))",
            "sub type 1 does not match super type 0",
        );
        check(
            "(type $a (sub (struct (field i32) (field i64)))) (type $b (sub $a (struct (field i32))))",
            "sub type 1 does not match super type 0",
        );
        check("(type $a (sub (func))) (type $b (sub $a (struct)))", "sub type 1 does not match super type 0");
        check(
            "(type $a (struct)) (type $b (sub $a (struct)))",
            "sub type 1 does not match super type 0, which is final",
        );
        check("(rec (type $a (sub $b (struct))) (type $b (sub (struct))))", "unknown type 1: there are 0");
        check("(rec (type $a (sub $a (struct))))", "unknown type 0: there are 0");
    }

    #[test]
    fn limits_are_in_range_and_in_order() {
        check("(memory 1 65536) (memory 65536) (memory i64 0x1000000000000) (table 4294967295 funcref)", "");
        check("(memory 2 1)", "size minimum must not be greater than maximum: 2 is greater than 1");
        check("(table 2 1 funcref)", "size minimum must not be greater than maximum: 2 is greater than 1");
        check("(memory 65537)", "memory size must be at most 65536 pages (4GiB): found 65537");
        check("(memory 1 65537)", "memory size must be at most 65536 pages (4GiB): found 65537");
        check(
            "(memory i64 0x1000000000001)",
            "memory size must be at most 281474976710656 pages: found 281474976710657",
        );
        check("(memory 4294967295 (pagesize 1))", "");
        check(
            "(memory 4294967296 (pagesize 1))",
            "memory size must be at most 4294967295 pages: found 4294967296",
        );
        check("(import \"\" \"\" (memory i64 0xFFFFFFFFFFFFFFFF (pagesize 1)))", "");
        check("(table 4294967296 funcref)", "table size must be at most 4294967295: found 4294967296");
        check("(memory 1 2 shared)", "");
    }

    #[test]
    fn chains_of_super_types_are_bounded() {
        let mut chain = String::from("(type (sub (struct)))");
        for i in 0..limits::SUBTYPE_DEPTH {
            chain += &alloc::format!("(type (sub {i} (struct)))");
        }
        check(&chain, "");
        chain += &alloc::format!("(type (sub {} (struct)))", limits::SUBTYPE_DEPTH);
        check(&chain, "too many supertypes above one another: expected at most 63, found 64");
    }

    #[test]
    fn memory_types_that_have_no_text_are_refused_too() {
        let mt = MemType { shared: true, ..MemType::new(1, None) };
        assert_eq!(Context::new(Features::all()).check_memtype(mt), Err(Invalid::SharedWithoutMax));
        let mt = MemType { page_size_log2: 3, ..MemType::new(1, None) };
        assert_eq!(Context::new(Features::all()).check_memtype(mt), Err(Invalid::PageSize(3)));
    }

    /// A chain of subtypes in one group, from `x` on.
    fn chain(x: u32, len: u32) -> RecType {
        let sub = |i| SubType {
            supertype: (i > 0).then(|| HeapType::Type(TypeIdx(x + i - 1))),
            ..SubType::open(CompType::Struct([].into()))
        };
        RecType((0..len).map(sub).collect())
    }

    #[test]
    fn a_long_chain_in_one_group_is_refused_before_it_costs_anything() {
        let mut types = Types::new();
        let mut module = ModuleValidator::new(Features::all());
        let depth = limits::SUBTYPE_DEPTH as u32;
        module.rec_type(0, &mut types, &chain(0, depth + 1)).unwrap();
        let error = module.rec_type(0, &mut types, &chain(depth + 1, 100_000)).unwrap_err();
        assert!(matches!(error.kind(), Invalid::TooMany { max: 63, found: 64, .. }), "{error}");
    }
}
