//! Types of what modules import and export.
//!
//! They are those of the abstract syntax with an engine behind them: a type that refers to another carries it.

mod defined;
mod external;
mod field;
mod heap;

pub use defined::{ArrayType, FuncType, StructType};
pub use external::{
    ExportType, ExternType, GlobalType, ImportType, MemoryType, MemoryTypeBuilder, TableType, TagType,
};
pub use field::{FieldType, Finality, Mutability, StorageType};
pub use heap::HeapType;

use crate::{Engine, Val};
use std::fmt::{self, Display, Formatter};
use terrane_syntax::types as syntax;

/// The type of a value.
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#value-types)
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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

/// The type of a reference.
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#reference-types)
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RefType {
    is_nullable: bool,
    heap_type: HeapType,
}

/// The nullable references to abstract heap types, as types of references and of values.
macro_rules! abstract_refs {
    ($($name:ident $heap:ident $what:literal)*) => {
        impl RefType { $(
            #[doc = concat!($what, " or null.")]
            pub const $name: Self = Self::new(true, HeapType::$heap);
        )* }

        impl ValType { $(
            #[doc = concat!($what, " or null.")]
            pub const $name: Self = Self::Ref(RefType::$name);
        )* }
    };
}

abstract_refs! {
    FUNCREF Func "A function"
    NULLFUNCREF NoFunc "No function"
    EXTERNREF Extern "A value of the host"
    NULLEXTERNREF NoExtern "No value of the host"
    ANYREF Any "Any value of the guest's heap"
    EQREF Eq "A value that can be compared"
    I31REF I31 "An unboxed integer"
    STRUCTREF Struct "A structure"
    ARRAYREF Array "An array"
    NULLREF None "No value of the guest's heap"
    EXNREF Exn "An exception"
    NULLEXNREF NoExn "No exception"
}

/// Questions that one variant answers with yes.
macro_rules! is_variant {
    ($($name:ident $variant:pat, $what:literal;)*) => { $(
        #[doc = concat!("Is this ", $what, "?")]
        pub fn $name(&self) -> bool {
            matches!(self, $variant)
        }
    )* };
}
use is_variant;

impl ValType {
    is_variant! {
        is_num Self::I32 | Self::I64 | Self::F32 | Self::F64, "an integer or a float";
        is_i32 Self::I32, "`i32`";
        is_i64 Self::I64, "`i64`";
        is_f32 Self::F32, "`f32`";
        is_f64 Self::F64, "`f64`";
        is_v128 Self::V128, "`v128`";
        is_ref Self::Ref(_), "a reference type";
        is_funcref Self::Ref(RefType { is_nullable: true, heap_type: HeapType::Func }), "`funcref`";
        is_externref Self::Ref(RefType { is_nullable: true, heap_type: HeapType::Extern }), "`externref`";
        is_anyref Self::Ref(RefType { is_nullable: true, heap_type: HeapType::Any }), "`anyref`";
    }

    /// The reference type, if this is one.
    pub fn as_ref(&self) -> Option<&RefType> {
        match self {
            Self::Ref(rt) => Some(rt),
            _ => None,
        }
    }

    /// The reference type.
    ///
    /// # Panics
    /// If this is none.
    #[track_caller]
    pub fn unwrap_ref(&self) -> &RefType {
        self.as_ref().unwrap_or_else(|| panic!("expected a reference type, found {self}"))
    }

    /// Is this type `other`, or a subtype of it? `==` asks whether the two are the same.
    ///
    /// # Panics
    /// If they are of different engines.
    pub fn matches(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ref(rt), Self::Ref(other)) => rt.matches(other),
            _ => self == other,
        }
    }

    /// Zero, or null; `None` for references that cannot be null.
    pub fn default_value(&self) -> Option<Val> {
        Val::default_for_ty(self)
    }

    /// Is there no type of another engine in it?
    pub(crate) fn belongs_to(&self, engine: &Engine) -> bool {
        self.as_ref().is_none_or(|rt| rt.heap_type.belongs_to(engine))
    }

    pub(crate) fn from_syntax(engine: &Engine, t: syntax::ValType) -> Self {
        match t {
            syntax::ValType::I32 => Self::I32,
            syntax::ValType::I64 => Self::I64,
            syntax::ValType::F32 => Self::F32,
            syntax::ValType::F64 => Self::F64,
            syntax::ValType::V128 => Self::V128,
            syntax::ValType::Ref(rt) => Self::Ref(RefType::from_syntax(engine, rt)),
        }
    }

    pub(crate) fn to_syntax(&self) -> syntax::ValType {
        match self {
            Self::I32 => syntax::ValType::I32,
            Self::I64 => syntax::ValType::I64,
            Self::F32 => syntax::ValType::F32,
            Self::F64 => syntax::ValType::F64,
            Self::V128 => syntax::ValType::V128,
            Self::Ref(rt) => syntax::ValType::Ref(rt.to_syntax()),
        }
    }
}

impl Display for ValType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.to_syntax().fmt(f)
    }
}

impl From<RefType> for ValType {
    fn from(rt: RefType) -> Self {
        Self::Ref(rt)
    }
}

impl RefType {
    /// A reference to something of that heap type, or null if `is_nullable`.
    pub const fn new(is_nullable: bool, heap_type: HeapType) -> Self {
        Self { is_nullable, heap_type }
    }

    /// May it be null?
    pub fn is_nullable(&self) -> bool {
        self.is_nullable
    }

    /// What it refers to.
    pub fn heap_type(&self) -> &HeapType {
        &self.heap_type
    }

    /// Is this type `other`, or a subtype of it? `==` asks whether the two are the same.
    ///
    /// # Panics
    /// If they are of different engines.
    pub fn matches(&self, other: &Self) -> bool {
        (!self.is_nullable || other.is_nullable) && self.heap_type.matches(&other.heap_type)
    }

    pub(crate) fn from_syntax(engine: &Engine, rt: syntax::RefType) -> Self {
        Self { is_nullable: rt.nullable, heap_type: HeapType::from_syntax(engine, rt.heap) }
    }

    pub(crate) fn to_syntax(&self) -> syntax::RefType {
        syntax::RefType { nullable: self.is_nullable, heap: self.heap_type.to_syntax() }
    }
}

impl Display for RefType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.to_syntax().fmt(f)
    }
}
