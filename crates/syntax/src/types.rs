//! Types.
//!
//! A type that names another does so by its index in the module ([`HeapType::Type`]) as long as it is
//! read from a module, and by its canonical [`DefType`] once it is closed: two closed types are equal
//! exactly if they are the same bits.
//!
//! [Spec](https://webassembly.github.io/spec/core/syntax/types.html)

mod canon;
mod display;
mod matching;

pub use canon::{DefType, DefTypeInfo, ModuleTypes, Resolve, RollError, Types};
pub use matching::*;

use crate::{TypeIdx, limits};
use alloc::boxed::Box;

/// A number, a vector or a reference.
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#value-types)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValType {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// 128-bit vector.
    V128,
    /// Reference.
    Ref(RefType),
}

impl ValType {
    /// `(ref null func)`
    pub const FUNCREF: Self = Self::Ref(RefType::FUNCREF);
    /// `(ref null extern)`
    pub const EXTERNREF: Self = Self::Ref(RefType::EXTERNREF);

    /// Does a local of this type start with a default value? All do but non-null references.
    #[inline]
    pub fn is_defaultable(self) -> bool {
        !matches!(self, Self::Ref(rt) if !rt.nullable)
    }

    /// Is this a reference type?
    #[inline]
    pub fn is_ref(self) -> bool {
        matches!(self, Self::Ref(_))
    }
}

/// A reference to something of a heap type, or null if `nullable`.
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#reference-types)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefType {
    /// May it be null?
    pub nullable: bool,
    /// What it refers to.
    pub heap: HeapType,
}

impl RefType {
    /// `(ref null func)`
    pub const FUNCREF: Self = Self::null(HeapType::Func);
    /// `(ref null extern)`
    pub const EXTERNREF: Self = Self::null(HeapType::Extern);

    /// `(ref null ht)`
    pub const fn null(heap: HeapType) -> Self {
        Self { nullable: true, heap }
    }

    /// `(ref ht)`
    pub const fn non_null(heap: HeapType) -> Self {
        Self { nullable: false, heap }
    }
}

/// What a reference refers to.
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#heap-types)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HeapType {
    /// Any internal value.
    Any,
    /// What `ref.eq` compares.
    Eq,
    /// Unboxed 31-bit integers.
    I31,
    /// All structures.
    Struct,
    /// All arrays.
    Array,
    /// Below all internal types.
    None,
    /// All functions.
    Func,
    /// Below all functions.
    NoFunc,
    /// Host values.
    Extern,
    /// Below all host values.
    NoExtern,
    /// Exceptions.
    Exn,
    /// Below all exceptions.
    NoExn,
    /// A type of the module, by index: not yet closed.
    Type(TypeIdx),
    /// A defined type in canonical form: closed.
    Def(DefType),
    /// The `i`th type of the recursive group that contains this one: only inside canonical groups.
    Rec(u32),
    /// Like [`Type`](Self::Type), but none of its subtypes.
    ///
    /// [Spec](https://github.com/WebAssembly/custom-descriptors)
    Exact(TypeIdx),
    /// Like [`Def`](Self::Def), but none of its subtypes.
    ExactDef(DefType),
    /// Like [`Rec`](Self::Rec), but none of its subtypes.
    ExactRec(u32),
    /// Below every heap type; arises only in validation, from unreachable code.
    Bot,
}

impl HeapType {
    /// The type without its subtypes. Only types that a module defines can be without them.
    #[must_use]
    pub fn exact(self) -> Self {
        match self {
            Self::Type(x) => Self::Exact(x),
            Self::Def(dt) => Self::ExactDef(dt),
            Self::Rec(i) => Self::ExactRec(i),
            other => other,
        }
    }

    /// The type with its subtypes.
    #[must_use]
    pub fn inexact(self) -> Self {
        match self {
            Self::Exact(x) => Self::Type(x),
            Self::ExactDef(dt) => Self::Def(dt),
            Self::ExactRec(i) => Self::Rec(i),
            other => other,
        }
    }

    /// Are subtypes left out?
    pub fn is_exact(self) -> bool {
        self != self.inexact()
    }
}

/// The type of a block.
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/instructions.html#control-instructions)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BlockType {
    /// `[] -> []`
    #[default]
    Empty,
    /// `[] -> [t]`
    Value(ValType),
    /// The function type at that index.
    Type(TypeIdx),
}

/// `[t1*] -> [t2*]`
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#function-types)
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FuncType {
    /// Parameter types.
    pub params: Box<[ValType]>,
    /// Result types.
    pub results: Box<[ValType]>,
}

impl FuncType {
    /// The function type with these parameters and results.
    pub fn new(params: impl Into<Box<[ValType]>>, results: impl Into<Box<[ValType]>>) -> Self {
        Self { params: params.into(), results: results.into() }
    }
}

/// What a field holds: a value, or a packed integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StorageType {
    /// A value.
    Val(ValType),
    /// 8 bits.
    I8,
    /// 16 bits.
    I16,
}

impl StorageType {
    /// The type of the value that reading the field gives.
    pub fn unpack(self) -> ValType {
        match self {
            Self::Val(t) => t,
            Self::I8 | Self::I16 => ValType::I32,
        }
    }
}

/// A field of a structure, or the elements of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldType {
    /// May it be written?
    pub mutable: bool,
    /// What it holds.
    pub storage: StorageType,
}

/// A composite type.
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#composite-types)
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CompType {
    /// A function.
    Func(FuncType),
    /// A structure, by its fields.
    Struct(Box<[FieldType]>),
    /// An array, by its elements.
    Array(FieldType),
}

/// A composite type with its place in the hierarchy of types.
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#recursive-types)
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubType {
    /// May no other type declare this one its supertype?
    pub is_final: bool,
    /// The declared supertype, if any.
    pub supertype: Option<HeapType>,
    /// The type that this one's values describe, if any.
    ///
    /// [Spec](https://github.com/WebAssembly/custom-descriptors)
    pub describes: Option<HeapType>,
    /// The type of what describes this one's values, if something does.
    pub descriptor: Option<HeapType>,
    /// The type itself.
    pub comp: CompType,
}

impl SubType {
    /// A final type without a supertype, as types are when nothing else is said.
    pub fn plain(comp: CompType) -> Self {
        Self { is_final: true, ..Self::open(comp) }
    }

    /// A type without a supertype that others may declare theirs.
    pub fn open(comp: CompType) -> Self {
        Self { is_final: false, supertype: None, describes: None, descriptor: None, comp }
    }
}

/// A group of types that may refer to each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecType(pub Box<[SubType]>);

/// Whether addresses into a memory or table are of 32 or 64 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddrType {
    /// 32 bits.
    #[default]
    I32,
    /// 64 bits.
    I64,
}

impl AddrType {
    /// The type of an address as a value.
    #[inline]
    pub fn val(self) -> ValType {
        match self {
            Self::I32 => ValType::I32,
            Self::I64 => ValType::I64,
        }
    }

    /// The smaller of two address types.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        Ord::min(self, other)
    }
}

/// How small and how large: pages of a memory, elements of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Limits {
    /// At the start.
    pub min: u64,
    /// At most, if there is a maximum.
    pub max: Option<u64>,
}

/// The type of a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemType {
    /// 32 or 64 bits of address.
    pub addr: AddrType,
    /// Size in pages.
    pub limits: Limits,
    /// May several threads use it?
    pub shared: bool,
    /// Base-two logarithm of the page size in bytes: 16, or 0.
    pub page_size_log2: u8,
}

impl MemType {
    /// An unshared 32-bit memory with pages of 64 KiB.
    pub const fn new(min: u64, max: Option<u64>) -> Self {
        Self { addr: AddrType::I32, limits: Limits { min, max }, shared: false, page_size_log2: 16 }
    }

    /// Bytes in a page.
    pub fn page_size(&self) -> u64 {
        1 << self.page_size_log2
    }

    /// How many pages any memory with such addresses and pages can have.
    ///
    /// With pages of a byte it is one less than there are addresses, so that the address type can say how many.
    pub fn max_pages(&self) -> u64 {
        match (self.addr, self.page_size_log2) {
            (AddrType::I32, 0) => u64::from(u32::MAX),
            (AddrType::I64, 0) => u64::MAX,
            (AddrType::I32, _) => limits::MEMORY32_PAGES,
            (AddrType::I64, _) => limits::MEMORY64_PAGES,
        }
    }
}

/// The type of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableType {
    /// 32 or 64 bits of address.
    pub addr: AddrType,
    /// Number of elements.
    pub limits: Limits,
    /// What its elements are.
    pub elem: RefType,
}

/// The type of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GlobalType {
    /// May it be written?
    pub mutable: bool,
    /// What it holds.
    pub val: ValType,
}

/// The type of something imported or exported, closed.
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#external-types)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExternType {
    /// A function of that type or one below it.
    Func(DefType),
    /// A function of exactly that type.
    ///
    /// [Spec](https://github.com/WebAssembly/custom-descriptors)
    FuncExact(DefType),
    /// A table.
    Table(TableType),
    /// A memory.
    Mem(MemType),
    /// A global.
    Global(GlobalType),
    /// A tag, by the type of function that throws it.
    Tag(DefType),
}

/// The types of a module's imports and exports, closed, in module order.
///
/// [Spec](https://webassembly.github.io/spec/core/valid/modules.html#valid-module)
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleType {
    /// What it needs.
    pub imports: alloc::vec::Vec<ExternType>,
    /// What it offers.
    pub exports: alloc::vec::Vec<ExternType>,
}
