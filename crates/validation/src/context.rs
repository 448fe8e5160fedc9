//! The context of validation, `C` in the spec: what a module has, by index.

use alloc::vec::Vec;
use terrane_syntax::types::{
    BlockType, CompType, DefType, DefTypeInfo, FieldType, FuncType, GlobalType, HeapType, MemType,
    ModuleTypes, RefType, TableType, ValType,
};
use terrane_syntax::{
    DataIdx, ElemIdx, Feature, Features, FuncIdx, GlobalIdx, ImportCounts, MemIdx, TableIdx, TagIdx, TypeIdx,
};

use crate::invalid::{Invalid, Mismatch, Space};
use crate::packed::Packed;

/// What validation knows of a module outside of function bodies. All types in it are closed.
///
/// It is complete once the sections before the code have been checked; all bodies share it then.
///
/// [Spec](https://webassembly.github.io/spec/core/valid/conventions.html#contexts)
#[derive(Clone, Debug)]
pub struct Context {
    pub(crate) features: Features,
    pub(crate) types: ModuleTypes,
    pub(crate) rec_groups: usize,
    pub(crate) signatures: Signatures,
    pub(crate) funcs: Vec<TypeIdx>,
    pub(crate) tables: Vec<TableType>,
    pub(crate) mems: Vec<MemType>,
    pub(crate) globals: Vec<GlobalType>,
    pub(crate) tags: Vec<TypeIdx>,
    pub(crate) elems: Vec<RefType>,
    pub(crate) data_count: Option<u32>,
    pub(crate) refs: BitSet,
    /// Imported functions that are of exactly their type.
    pub(crate) exact_imports: BitSet,
    pub(crate) imports: ImportCounts,
}

/// What a context has: for the host and for lowering.
impl Context {
    pub(crate) fn new(features: Features) -> Self {
        Self {
            features,
            types: ModuleTypes::new(),
            rec_groups: 0,
            signatures: Signatures::default(),
            funcs: Vec::new(),
            tables: Vec::new(),
            mems: Vec::new(),
            globals: Vec::new(),
            tags: Vec::new(),
            elems: Vec::new(),
            data_count: None,
            refs: BitSet::default(),
            exact_imports: BitSet::default(),
            imports: ImportCounts::default(),
        }
    }

    /// The features that the module may use.
    pub fn features(&self) -> Features {
        self.features
    }

    /// The module's types.
    pub fn types(&self) -> &ModuleTypes {
        &self.types
    }

    /// The types of all functions, imports first.
    pub fn funcs(&self) -> &[TypeIdx] {
        &self.funcs
    }

    /// The types of all tables, imports first.
    pub fn tables(&self) -> &[TableType] {
        &self.tables
    }

    /// The types of all memories, imports first.
    pub fn mems(&self) -> &[MemType] {
        &self.mems
    }

    /// The types of all globals, imports first.
    pub fn globals(&self) -> &[GlobalType] {
        &self.globals
    }

    /// The types of all tags, imports first.
    pub fn tags(&self) -> &[TypeIdx] {
        &self.tags
    }

    /// The element types of all element segments.
    pub fn elems(&self) -> &[RefType] {
        &self.elems
    }

    /// The number of data segments, if it was announced before the code.
    pub fn data_count(&self) -> Option<u32> {
        self.data_count
    }

    /// How many things of each kind are imported.
    pub fn imports(&self) -> ImportCounts {
        self.imports
    }

    /// Does the module mention function `x` outside of bodies, so that `ref.func` may refer to it?
    pub fn is_declared_ref(&self, x: FuncIdx) -> bool {
        self.refs.contains(x.0)
    }

    /// The type of a function.
    pub fn func_type(&self, x: FuncIdx) -> Option<&FuncType> {
        self.type_func(*self.funcs.get(x.index())?)
    }

    /// The type of a tag: its parameters are what an exception carries.
    pub fn tag_type(&self, x: TagIdx) -> Option<&FuncType> {
        self.type_func(*self.tags.get(x.index())?)
    }

    /// The function type at an index of the type space, if it is one.
    pub fn type_func(&self, x: TypeIdx) -> Option<&FuncType> {
        self.types.get(x)?.as_func()
    }

    /// The fields of the structure type at an index, if it is one.
    pub fn type_struct(&self, x: TypeIdx) -> Option<&[FieldType]> {
        match &self.types.get(x)?.sub.comp {
            CompType::Struct(fields) => Some(fields),
            _ => None,
        }
    }

    /// The elements of the array type at an index, if it is one.
    pub fn type_array(&self, x: TypeIdx) -> Option<FieldType> {
        match self.types.get(x)?.sub.comp {
            CompType::Array(field) => Some(field),
            _ => None,
        }
    }
}

/// Look-ups that fail as the rules fail.
impl Context {
    pub(crate) fn ty(&self, x: TypeIdx) -> Result<&DefTypeInfo, Invalid> {
        match self.types.get(x) {
            Some(info) => Ok(info),
            None => Err(unknown(Space::Type, x.0, self.types.len())),
        }
    }

    pub(crate) fn def(&self, x: TypeIdx) -> Result<DefType, Invalid> {
        self.ty(x).map(|info| info.def)
    }

    #[inline]
    pub(crate) fn func(&self, x: FuncIdx) -> Result<TypeIdx, Invalid> {
        match self.funcs.get(x.index()) {
            Some(ty) => Ok(*ty),
            None => Err(unknown(Space::Func, x.0, self.funcs.len())),
        }
    }

    #[inline]
    pub(crate) fn table(&self, x: TableIdx) -> Result<&TableType, Invalid> {
        match self.tables.get(x.index()) {
            Some(tt) => Ok(tt),
            None => Err(unknown(Space::Table, x.0, self.tables.len())),
        }
    }

    #[inline]
    pub(crate) fn mem(&self, x: MemIdx) -> Result<&MemType, Invalid> {
        match self.mems.get(x.index()) {
            Some(mt) => Ok(mt),
            None => Err(unknown(Space::Mem, x.0, self.mems.len())),
        }
    }

    #[inline]
    pub(crate) fn global(&self, x: GlobalIdx) -> Result<&GlobalType, Invalid> {
        match self.globals.get(x.index()) {
            Some(gt) => Ok(gt),
            None => Err(unknown(Space::Global, x.0, self.globals.len())),
        }
    }

    pub(crate) fn tag(&self, x: TagIdx) -> Result<TypeIdx, Invalid> {
        match self.tags.get(x.index()) {
            Some(ty) => Ok(*ty),
            None => Err(unknown(Space::Tag, x.0, self.tags.len())),
        }
    }

    pub(crate) fn elem(&self, x: ElemIdx) -> Result<RefType, Invalid> {
        match self.elems.get(x.index()) {
            Some(rt) => Ok(*rt),
            None => Err(unknown(Space::Elem, x.0, self.elems.len())),
        }
    }

    pub(crate) fn data(&self, x: DataIdx) -> Result<(), Invalid> {
        match self.data_count {
            None => Err(Invalid::DataCountRequired),
            Some(n) if x.0 >= n => Err(unknown(Space::Data, x.0, n as usize)),
            Some(_) => Ok(()),
        }
    }

    /// The function type at an index, packed.
    #[inline]
    pub(crate) fn signature(&self, x: TypeIdx) -> Result<Signature<'_>, Invalid> {
        match self.signatures.get(x) {
            Some(signature) => Ok(signature),
            None => Err(self.not_a(x, "a function type")),
        }
    }

    pub(crate) fn fields(&self, x: TypeIdx) -> Result<&[FieldType], Invalid> {
        self.type_struct(x).ok_or_else(|| self.not_a(x, "a structure type"))
    }

    pub(crate) fn array(&self, x: TypeIdx) -> Result<FieldType, Invalid> {
        self.type_array(x).ok_or_else(|| self.not_a(x, "an array type"))
    }

    #[cold]
    fn not_a(&self, x: TypeIdx, expected: &'static str) -> Invalid {
        match self.types.get(x) {
            Some(_) => Mismatch::Composite { expected, found: x }.into(),
            None => unknown(Space::Type, x.0, self.types.len()),
        }
    }
}

/// What is known of values beyond the type that they are asked for.
impl Context {
    /// The type of what is made to be of type `dt` and of none below it.
    ///
    /// Without types that say so, that is nothing more than being of type `dt`.
    #[inline]
    pub(crate) fn exact(&self, dt: DefType) -> HeapType {
        if self.features.contains(Feature::CustomDescriptors) {
            HeapType::ExactDef(dt)
        } else {
            HeapType::Def(dt)
        }
    }

    /// The type of a reference to a function of type `dt`.
    pub(crate) fn func_ref(&self, x: FuncIdx, dt: DefType) -> RefType {
        let exact = x.index() >= self.imports.funcs || self.exact_imports.contains(x.0);
        RefType::non_null(if exact { self.exact(dt) } else { HeapType::Def(dt) })
    }
}

/// Types that the module writes, closed; an error if they are not [valid].
///
/// [valid]: https://webassembly.github.io/spec/core/valid/types.html
impl Context {
    #[inline]
    pub(crate) fn close_valtype(&self, t: ValType) -> Result<ValType, Invalid> {
        match t {
            ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64 => Ok(t),
            ValType::V128 => self.enabled(Feature::Simd, "v128").map(|()| t),
            ValType::Ref(rt) => {
                self.enabled(Feature::ReferenceTypes, "a reference type")?;
                self.close_reftype(rt).map(ValType::Ref)
            }
        }
    }

    pub(crate) fn close_reftype(&self, rt: RefType) -> Result<RefType, Invalid> {
        if !rt.nullable {
            self.enabled(Feature::FunctionReferences, "a reference type that excludes null")?;
        }
        Ok(RefType { heap: self.close_heaptype(rt.heap)?, ..rt })
    }

    pub(crate) fn close_heaptype(&self, ht: HeapType) -> Result<HeapType, Invalid> {
        use HeapType::*;
        match ht {
            Func => {}
            Extern => self.enabled(Feature::ReferenceTypes, "externref")?,
            Type(_) => self.enabled(Feature::FunctionReferences, "a typed reference")?,
            Exn | NoExn => self.enabled(Feature::Exceptions, "exnref")?,
            Any | Eq | I31 | Struct | Array | None | NoFunc | NoExtern => {
                self.enabled(Feature::Gc, "a heap type other than func and extern")?;
            }
            Exact(_) => self.enabled(Feature::CustomDescriptors, "an exact type")?,
            Def(_) | Rec(_) | ExactDef(_) | ExactRec(_) | Bot => return Err(Invalid::InternalType(ht)),
        }
        self.types.close_heaptype(ht).map_err(|x| unknown(Space::Type, x.0, self.types.len()))
    }

    #[inline]
    pub(crate) fn enabled(&self, feature: Feature, what: &'static str) -> Result<(), Invalid> {
        if self.features.contains(feature) { Ok(()) } else { Err(Invalid::Disabled { feature, what }) }
    }
}

#[cold]
pub(crate) fn unknown(space: Space, index: u32, count: usize) -> Invalid {
    Invalid::Unknown { space, index, count }
}

/// A set of small numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct BitSet(Vec<u64>);

impl BitSet {
    pub(crate) fn insert(&mut self, i: u32) {
        let word = i as usize / 64;
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (i % 64);
    }

    pub(crate) fn remove(&mut self, i: u32) {
        if let Some(word) = self.0.get_mut(i as usize / 64) {
            *word &= !(1 << (i % 64));
        }
    }

    pub(crate) fn contains(&self, i: u32) -> bool {
        self.0.get(i as usize / 64).is_some_and(|word| word & (1 << (i % 64)) != 0)
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

/// A function type in packed form.
#[derive(Clone, Copy)]
pub(crate) struct Signature<'c> {
    pub(crate) params: &'c [Packed],
    pub(crate) results: &'c [Packed],
}

/// All function types of a module, packed, behind one another, so that a call copies nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signatures {
    types: Vec<Packed>,
    /// Per type index: where the parameters start, where the results start, and where they end.
    /// Empty and without start for other types than functions.
    spans: Vec<Option<[u32; 3]>>,
}

impl Signatures {
    pub(crate) fn push(&mut self, comp: &CompType) {
        let CompType::Func(ft) = comp else {
            self.spans.push(None);
            return;
        };
        let start = self.types.len() as u32;
        self.types.extend(ft.params.iter().map(|t| Packed::from(*t)));
        let middle = self.types.len() as u32;
        self.types.extend(ft.results.iter().map(|t| Packed::from(*t)));
        self.spans.push(Some([start, middle, self.types.len() as u32]));
    }

    #[inline]
    pub(crate) fn get(&self, x: TypeIdx) -> Option<Signature<'_>> {
        let [start, middle, end] = (*self.spans.get(x.index())?)?.map(|i| i as usize);
        Some(Signature { params: self.types.get(start..middle)?, results: self.types.get(middle..end)? })
    }

    pub(crate) fn block(&self, x: TypeIdx) -> Option<(TypeList, TypeList)> {
        let [start, middle, end] = (*self.spans.get(x.index())?)?;
        Some((TypeList::Many(start, middle), TypeList::Many(middle, end)))
    }
}

/// A list of types that needs no allocation: of any length in [`Signatures`], or a single one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TypeList {
    One(Packed),
    Many(u32, u32),
}

impl TypeList {
    pub(crate) const EMPTY: Self = Self::Many(0, 0);

    #[inline]
    pub(crate) fn get<'a>(&'a self, context: &'a Context) -> &'a [Packed] {
        match self {
            Self::One(t) => core::slice::from_ref(t),
            Self::Many(start, end) => {
                context.signatures.types.get(*start as usize..*end as usize).unwrap_or(&[])
            }
        }
    }
}

impl Context {
    /// Parameters and results of a block.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/types.html#block-types)
    #[inline]
    pub(crate) fn block_type(&self, bt: BlockType) -> Result<(TypeList, TypeList), Invalid> {
        match bt {
            BlockType::Empty => Ok((TypeList::EMPTY, TypeList::EMPTY)),
            BlockType::Value(t) => Ok((TypeList::EMPTY, TypeList::One(Packed::from(self.close_valtype(t)?)))),
            BlockType::Type(x) => {
                self.enabled(Feature::MultiValue, "a block type by index")?;
                self.signatures.block(x).ok_or_else(|| self.not_a(x, "a function type"))
            }
        }
    }
}
