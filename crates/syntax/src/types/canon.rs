//! Recursive types in canonical form: equal types have equal [`DefType`]s.
//!
//! [`Types`] interns whole recursive groups, one set per engine. A [`ModuleTypes`] is what one module
//! sees of it: its own index space, and the information behind it, readable without a lock.
//!
//! [Spec](https://webassembly.github.io/spec/core/valid/conventions.html#defined-types)

use super::*;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A defined type in canonical form, as a number in the [`Types`] that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefType(u32);

impl DefType {
    /// The number: comparing two is comparing the types.
    #[inline]
    pub fn id(self) -> u32 {
        self.0
    }

    /// The type with that number, as [`id`](Self::id) gave it. Another number stands for no type.
    #[inline]
    pub fn from_id(id: u32) -> Self {
        Self(id)
    }
}

/// What a [`DefType`] stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefTypeInfo {
    /// The type itself.
    pub def: DefType,
    /// The type unrolled and closed: every type it names is a [`HeapType::Def`].
    pub sub: SubType,
    /// The chain of supertypes from the root to the direct supertype: the *display*, in which a
    /// subtype test is one look-up.
    pub supers: Box<[DefType]>,
}

impl DefTypeInfo {
    /// The function type, if it is one.
    pub fn as_func(&self) -> Option<&FuncType> {
        match &self.sub.comp {
            CompType::Func(ft) => Some(ft),
            _ => None,
        }
    }

    /// The fields of a structure; of an array, one that stands for all elements; of a function, none.
    pub fn fields(&self) -> &[FieldType] {
        match &self.sub.comp {
            CompType::Struct(fields) => fields,
            CompType::Array(field) => core::slice::from_ref(field),
            CompType::Func(_) => &[],
        }
    }
}

/// Something that knows what canonical types stand for.
pub trait Resolve {
    /// What `dt` stands for.
    ///
    /// # Panics
    /// If `dt` was made by other [`Types`].
    fn info(&self, dt: DefType) -> &DefTypeInfo;
}

/// Why a recursive group could not be rolled up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollError {
    /// It names a type that is neither in the group nor before it.
    UnknownType(TypeIdx),
}

/// The canonical types of an engine. It only grows.
#[derive(Debug, Default)]
pub struct Types {
    infos: Vec<Arc<DefTypeInfo>>,
    /// From a group, rolled up, to its first type.
    groups: BTreeMap<RecType, DefType>,
}

impl Types {
    /// No types.
    pub fn new() -> Self {
        Self::default()
    }

    /// The canonical types of a group that starts at the end of `before`, the module's types so far.
    ///
    /// # Errors
    /// If the group names a type beyond its own end.
    pub fn roll(&mut self, before: &[DefType], rec: &RecType) -> Result<Vec<DefType>, RollError> {
        let len = rec.0.len();
        let rolled = rec.0.iter().map(|st| close_subtype(st, &mut |x| roll_idx(x, before, len)));
        let rolled = RecType(rolled.collect::<Result<_, _>>()?);
        let first = match self.groups.get(&rolled) {
            Some(first) => first.0,
            None => self.intern(rolled),
        };
        Ok((first..first + len as u32).map(DefType).collect())
    }

    /// The canonical type of a function type that is closed already.
    pub fn func(&mut self, ft: FuncType) -> DefType {
        self.closed(SubType::plain(CompType::Func(ft)))
    }

    /// The canonical type of a type that is closed already, and so not recursive.
    pub fn closed(&mut self, st: SubType) -> DefType {
        let rolled = RecType([st].into());
        match self.groups.get(&rolled) {
            Some(first) => *first,
            None => DefType(self.intern(rolled)),
        }
    }

    fn intern(&mut self, rolled: RecType) -> u32 {
        let first = self.infos.len() as u32;
        for st in &rolled.0 {
            let def = DefType(self.infos.len() as u32);
            let sub = unroll(st, first);
            let supers = self.display(&sub);
            self.infos.push(Arc::new(DefTypeInfo { def, sub, supers }));
        }
        self.groups.insert(rolled, DefType(first));
        first
    }

    /// The supertypes of a type whose direct supertype is known already. A type that names itself or a
    /// later one as its supertype is invalid, which validation reports; here its chain just ends.
    fn display(&self, sub: &SubType) -> Box<[DefType]> {
        let Some(HeapType::Def(parent)) = sub.supertype else { return Box::default() };
        let Some(info) = self.infos.get(parent.0 as usize) else { return Box::default() };
        info.supers.iter().copied().chain([parent]).collect()
    }

    /// What `dt` stands for, to keep.
    pub fn get(&self, dt: DefType) -> Arc<DefTypeInfo> {
        self.infos[dt.0 as usize].clone()
    }
}

impl Resolve for Types {
    fn info(&self, dt: DefType) -> &DefTypeInfo {
        &self.infos[dt.0 as usize]
    }
}

/// An index as a group that begins after `before` writes it.
fn roll_idx(x: TypeIdx, before: &[DefType], len: usize) -> Result<HeapType, RollError> {
    match before.get(x.index()) {
        Some(dt) => Ok(HeapType::Def(*dt)),
        None if x.index() < before.len() + len => Ok(HeapType::Rec((x.index() - before.len()) as u32)),
        None => Err(RollError::UnknownType(x)),
    }
}

/// Replaces references inside the group by the types that they stand for.
fn unroll(st: &SubType, first: u32) -> SubType {
    let heap = &mut |ht| match ht {
        HeapType::Rec(i) => HeapType::Def(DefType(first + i)),
        HeapType::ExactRec(i) => HeapType::ExactDef(DefType(first + i)),
        _ => ht,
    };
    map_subtype(st, &mut |ht| Ok::<_, core::convert::Infallible>(heap(ht))).unwrap_or_else(|e| match e {})
}

fn close_subtype<E>(st: &SubType, f: &mut impl FnMut(TypeIdx) -> Result<HeapType, E>) -> Result<SubType, E> {
    map_subtype(st, &mut |ht| match ht {
        HeapType::Type(x) => f(x),
        HeapType::Exact(x) => f(x).map(HeapType::exact),
        _ => Ok(ht),
    })
}

/// A type with every heap type in it mapped.
fn map_subtype<E>(st: &SubType, f: &mut impl FnMut(HeapType) -> Result<HeapType, E>) -> Result<SubType, E> {
    let [supertype, describes, descriptor] = [st.supertype, st.describes, st.descriptor];
    let supertype = supertype.map(&mut *f).transpose()?;
    let describes = describes.map(&mut *f).transpose()?;
    let descriptor = descriptor.map(&mut *f).transpose()?;
    let comp = match &st.comp {
        CompType::Func(ft) => CompType::Func(FuncType {
            params: map_valtypes(&ft.params, f)?,
            results: map_valtypes(&ft.results, f)?,
        }),
        CompType::Array(field) => CompType::Array(map_field(*field, f)?),
        CompType::Struct(fields) => {
            CompType::Struct(fields.iter().map(|field| map_field(*field, f)).collect::<Result<_, _>>()?)
        }
    };
    Ok(SubType { is_final: st.is_final, supertype, describes, descriptor, comp })
}

fn map_valtypes<E>(
    ts: &[ValType],
    f: &mut impl FnMut(HeapType) -> Result<HeapType, E>,
) -> Result<Box<[ValType]>, E> {
    ts.iter().map(|t| map_valtype(*t, f)).collect()
}

fn map_valtype<E>(t: ValType, f: &mut impl FnMut(HeapType) -> Result<HeapType, E>) -> Result<ValType, E> {
    match t {
        ValType::Ref(rt) => Ok(ValType::Ref(RefType { heap: f(rt.heap)?, ..rt })),
        _ => Ok(t),
    }
}

fn map_field<E>(
    field: FieldType,
    f: &mut impl FnMut(HeapType) -> Result<HeapType, E>,
) -> Result<FieldType, E> {
    let storage = match field.storage {
        StorageType::Val(t) => StorageType::Val(map_valtype(t, f)?),
        packed => packed,
    };
    Ok(FieldType { storage, ..field })
}

/// The types of one module: its index space, and what its types stand for.
#[derive(Clone, Debug, Default)]
pub struct ModuleTypes {
    defs: Vec<DefType>,
    infos: Vec<Arc<DefTypeInfo>>,
    /// The same, to be found by what they are.
    by_id: BTreeMap<DefType, Arc<DefTypeInfo>>,
}

impl ModuleTypes {
    /// No types.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a recursive group to the index space.
    ///
    /// # Errors
    /// If the group names a type beyond its own end.
    pub fn push(&mut self, types: &mut Types, rec: &RecType) -> Result<(), RollError> {
        let defs = types.roll(&self.defs, rec)?;
        for dt in defs {
            let info = types.get(dt);
            self.by_id.insert(dt, info.clone());
            self.defs.push(dt);
            self.infos.push(info);
        }
        Ok(())
    }

    /// How many types there are.
    pub fn len(&self) -> usize {
        self.defs.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.defs.is_empty()
    }

    /// The canonical type at an index, if there is one.
    #[inline]
    pub fn def(&self, x: TypeIdx) -> Option<DefType> {
        self.defs.get(x.index()).copied()
    }

    /// What the type at an index stands for, if there is one.
    #[inline]
    pub fn get(&self, x: TypeIdx) -> Option<&Arc<DefTypeInfo>> {
        self.infos.get(x.index())
    }

    /// What a type that the module has stands for.
    #[inline]
    pub fn by_def(&self, dt: DefType) -> Option<&DefTypeInfo> {
        self.by_id.get(&dt).map(|info| &**info)
    }

    /// `t` with indices replaced by the types they stand for; `Err` with the first index that is unknown.
    ///
    /// # Errors
    /// If there is no type at an index that `t` names.
    #[inline]
    pub fn close_valtype(&self, t: ValType) -> Result<ValType, TypeIdx> {
        match t {
            ValType::Ref(rt) => Ok(ValType::Ref(self.close_reftype(rt)?)),
            _ => Ok(t),
        }
    }

    /// See [`close_valtype`](Self::close_valtype).
    ///
    /// # Errors
    /// If there is no type at an index that `rt` names.
    pub fn close_reftype(&self, rt: RefType) -> Result<RefType, TypeIdx> {
        Ok(RefType { heap: self.close_heaptype(rt.heap)?, ..rt })
    }

    /// See [`close_valtype`](Self::close_valtype).
    ///
    /// # Errors
    /// If there is no type at an index that `ht` names.
    pub fn close_heaptype(&self, ht: HeapType) -> Result<HeapType, TypeIdx> {
        match ht {
            HeapType::Type(x) => self.def(x).map(HeapType::Def).ok_or(x),
            HeapType::Exact(x) => self.def(x).map(HeapType::ExactDef).ok_or(x),
            _ => Ok(ht),
        }
    }
}

impl Resolve for ModuleTypes {
    fn info(&self, dt: DefType) -> &DefTypeInfo {
        self.by_id.get(&dt).expect("a type of this module")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn array_of(ht: HeapType) -> CompType {
        let storage = StorageType::Val(ValType::Ref(RefType::null(ht)));
        CompType::Array(FieldType { mutable: false, storage })
    }

    #[test]
    fn equal_groups_are_one_type() {
        let mut types = Types::new();
        let mut module = ModuleTypes::new();
        for i in 0..2 {
            let rec = RecType([SubType::plain(array_of(HeapType::Type(TypeIdx(i))))].into());
            module.push(&mut types, &rec).unwrap();
        }
        assert_eq!(module.def(TypeIdx(0)), module.def(TypeIdx(1)), "both refer to themselves");
        let info = module.get(TypeIdx(0)).unwrap();
        assert_eq!(info.sub.comp, array_of(HeapType::Def(info.def)));
    }

    #[test]
    fn types_are_small() {
        assert_eq!((size_of::<HeapType>(), size_of::<ValType>()), (8, 12));
    }

    #[test]
    fn clauses_are_part_of_a_type() {
        let (mut types, mut module) = (Types::new(), ModuleTypes::new());
        let plain = || SubType::plain(CompType::Struct(Box::default()));
        let index = |i| Some(HeapType::Type(TypeIdx(i)));
        for first in [0, 2] {
            let described = SubType { descriptor: index(first + 1), ..plain() };
            let descriptor = SubType { describes: index(first), ..plain() };
            module.push(&mut types, &RecType([described, descriptor].into())).unwrap();
        }
        module.push(&mut types, &RecType([plain(), plain()].into())).unwrap();
        let [a, b, c, d, e, _] = [0, 1, 2, 3, 4, 5].map(|i| module.def(TypeIdx(i)).unwrap());
        assert_eq!([a, b], [c, d], "the same clauses");
        assert!(a != e && b != e, "no clauses");
        assert_eq!(types.info(a).sub.descriptor, Some(HeapType::Def(b)));
        assert_eq!(types.info(b).sub.describes, Some(HeapType::Def(a)));
    }

    #[test]
    fn unknown_types_are_found() {
        let rec = RecType([SubType::plain(array_of(HeapType::Type(TypeIdx(1))))].into());
        assert_eq!(Types::new().roll(&[], &rec), Err(RollError::UnknownType(TypeIdx(1))));
    }

    #[test]
    fn a_display_answers_subtype_tests() {
        let mut types = Types::new();
        let mut module = ModuleTypes::new();
        let sub = |supertype| SubType { supertype, ..SubType::open(CompType::Struct(Box::default())) };
        let group = vec![
            sub(None),
            sub(Some(HeapType::Type(TypeIdx(0)))),
            sub(Some(HeapType::Type(TypeIdx(1)))),
            sub(Some(HeapType::Type(TypeIdx(0)))),
        ];
        module.push(&mut types, &RecType(group.into())).unwrap();
        let [a, b, c, d] = [0, 1, 2, 3].map(|i| module.def(TypeIdx(i)).unwrap());
        for (sub, sup, expected) in
            [(c, a, true), (c, b, true), (a, c, false), (d, b, false), (d, a, true), (b, b, true)]
        {
            assert_eq!(match_deftype(&types, sub, sup), expected, "{sub:?} <: {sup:?}");
            assert_eq!(match_deftype(&module, sub, sup), expected);
            assert_eq!(match_heaptype(&types, HeapType::ExactDef(sub), HeapType::Def(sup)), expected);
            assert!(!match_heaptype(&types, HeapType::Def(sub), HeapType::ExactDef(sup)));
            assert_eq!(match_heaptype(&types, HeapType::ExactDef(sub), HeapType::ExactDef(sup)), sub == sup);
            assert!(match_heaptype(&types, HeapType::None, HeapType::ExactDef(sup)));
            assert!(!match_heaptype(&types, HeapType::NoFunc, HeapType::ExactDef(sup)));
            assert!(match_heaptype(&types, HeapType::ExactDef(sub), HeapType::Struct));
        }
    }
}
