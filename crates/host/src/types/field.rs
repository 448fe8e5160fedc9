//! Fields of structures and elements of arrays.

use super::{RefType, ValType, is_variant};
use crate::Engine;
use std::fmt::{self, Display, Formatter};
use terrane_syntax::types as syntax;

/// May a global, a field or an element be written?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mutability {
    /// No.
    Const,
    /// Yes.
    Var,
}

impl Mutability {
    is_variant! {
        is_const Self::Const, "`Const`";
        is_var Self::Var, "`Var`";
    }

    pub(crate) fn from_syntax(mutable: bool) -> Self {
        if mutable { Self::Var } else { Self::Const }
    }
}

/// May another type declare a type its supertype?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Finality {
    /// No.
    Final,
    /// Yes.
    NonFinal,
}

impl Finality {
    is_variant! {
        is_final Self::Final, "`Final`";
        is_non_final Self::NonFinal, "`NonFinal`";
    }
}

/// What a field or an element holds: a value, or a packed integer.
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#storage-types)
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StorageType {
    /// 8 bits of an integer.
    I8,
    /// 16 bits of an integer.
    I16,
    /// A value.
    ValType(ValType),
}

impl StorageType {
    is_variant! {
        is_i8 Self::I8, "`i8`";
        is_i16 Self::I16, "`i16`";
        is_val_type Self::ValType(_), "a value's type";
    }

    /// The value's type, if it is one.
    pub fn as_val_type(&self) -> Option<&ValType> {
        match self {
            Self::ValType(ty) => Some(ty),
            _ => None,
        }
    }

    /// The value's type.
    ///
    /// # Panics
    /// If it is a packed integer.
    #[track_caller]
    pub fn unwrap_val_type(&self) -> &ValType {
        self.as_val_type().unwrap_or_else(|| panic!("expected the type of a value, found {self}"))
    }

    /// The type of the value that reading it gives: `i32` for packed integers.
    pub fn unpack(&self) -> &ValType {
        self.as_val_type().unwrap_or(&ValType::I32)
    }

    /// Is this type `other`, or a subtype of it?
    ///
    /// # Panics
    /// If they are of different engines.
    pub fn matches(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::ValType(ty), Self::ValType(other)) => ty.matches(other),
            _ => self == other,
        }
    }

    fn from_syntax(engine: &Engine, zt: syntax::StorageType) -> Self {
        match zt {
            syntax::StorageType::I8 => Self::I8,
            syntax::StorageType::I16 => Self::I16,
            syntax::StorageType::Val(t) => Self::ValType(ValType::from_syntax(engine, t)),
        }
    }

    fn to_syntax(&self) -> syntax::StorageType {
        match self {
            Self::I8 => syntax::StorageType::I8,
            Self::I16 => syntax::StorageType::I16,
            Self::ValType(ty) => syntax::StorageType::Val(ty.to_syntax()),
        }
    }
}

impl From<ValType> for StorageType {
    fn from(ty: ValType) -> Self {
        Self::ValType(ty)
    }
}

impl From<RefType> for StorageType {
    fn from(rt: RefType) -> Self {
        Self::ValType(rt.into())
    }
}

impl Display for StorageType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.to_syntax().fmt(f)
    }
}

/// The type of a field of a structure, or of the elements of an array.
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#field-types)
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldType {
    mutability: Mutability,
    element_type: StorageType,
}

impl FieldType {
    /// One that holds an `element_type`.
    pub fn new(mutability: Mutability, element_type: StorageType) -> Self {
        Self { mutability, element_type }
    }

    /// May it be written?
    pub fn mutability(&self) -> Mutability {
        self.mutability
    }

    /// What it holds.
    pub fn element_type(&self) -> &StorageType {
        &self.element_type
    }

    /// Is this type `other`, or a subtype of it? Those that may be written have no subtypes but themselves.
    ///
    /// # Panics
    /// If they are of different engines.
    pub fn matches(&self, other: &Self) -> bool {
        let (sub, sup) = (&self.element_type, &other.element_type);
        self.mutability == other.mutability
            && sub.matches(sup)
            && (self.mutability.is_const() || sup.matches(sub))
    }

    /// Is there no type of another engine in it?
    pub(super) fn belongs_to(&self, engine: &Engine) -> bool {
        self.element_type.unpack().belongs_to(engine)
    }

    pub(crate) fn from_syntax(engine: &Engine, ft: syntax::FieldType) -> Self {
        let element_type = StorageType::from_syntax(engine, ft.storage);
        Self { mutability: Mutability::from_syntax(ft.mutable), element_type }
    }

    pub(super) fn to_syntax(&self) -> syntax::FieldType {
        syntax::FieldType { mutable: self.mutability.is_var(), storage: self.element_type.to_syntax() }
    }
}

impl Display for FieldType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.to_syntax().fmt(f)
    }
}
