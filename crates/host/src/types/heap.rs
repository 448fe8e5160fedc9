//! Heap types.

use super::{ArrayType, FuncType, StructType, is_variant};
use crate::Engine;
use std::fmt::{self, Display, Formatter};
use terrane_syntax::types::{self as syntax, CompType, Types, match_heaptype};

/// What a reference refers to.
///
/// Each is in one of four hierarchies, of `func`, `extern`, `any` and `exn`, with a type at the bottom that has no
/// values, only null.
///
/// ```
/// use terrane::HeapType;
///
/// assert!(HeapType::I31.matches(&HeapType::Eq) && HeapType::Eq.matches(&HeapType::Any));
/// assert!(!HeapType::Extern.matches(&HeapType::Any));
/// assert_eq!(HeapType::Struct.bottom(), HeapType::None);
/// ```
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#heap-types)
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeapType {
    /// Values of the host.
    Extern,
    /// None of the values of the host.
    NoExtern,
    /// All functions.
    Func,
    /// Functions of one type.
    ConcreteFunc(FuncType),
    /// Functions of one type, and of none below it.
    ExactFunc(FuncType),
    /// No function.
    NoFunc,
    /// All values of the guest's heap.
    Any,
    /// What can be compared.
    Eq,
    /// Unboxed 31-bit integers.
    I31,
    /// All arrays.
    Array,
    /// Arrays of one type.
    ConcreteArray(ArrayType),
    /// Arrays of one type, and of none below it.
    ExactArray(ArrayType),
    /// All structures.
    Struct,
    /// Structures of one type.
    ConcreteStruct(StructType),
    /// Structures of one type, and of none below it.
    ExactStruct(StructType),
    /// None of the values of the guest's heap.
    None,
    /// Exceptions.
    Exn,
    /// No exception.
    NoExn,
}

/// For each kind of types that modules define: the questions whether it is one.
macro_rules! concrete {
    ($($concrete:ident $ty:ident $is:ident $get:ident $unwrap:ident)*) => {
        impl HeapType { $(
            #[doc = concat!("Is this one [`", stringify!($ty), "`], with its subtypes?")]
            pub fn $is(&self) -> bool {
                matches!(self, Self::$concrete(_))
            }

            #[doc = concat!("The [`", stringify!($ty), "`], if this is one with its subtypes.")]
            pub fn $get(&self) -> Option<&$ty> {
                match self {
                    Self::$concrete(ty) => Some(ty),
                    _ => None,
                }
            }

            #[doc = concat!("The [`", stringify!($ty), "`].\n\n# Panics\nIf this is none.")]
            #[track_caller]
            pub fn $unwrap(&self) -> &$ty {
                self.$get().unwrap_or_else(|| panic!(concat!("expected a ", stringify!($ty), ", found {}"), self))
            }
        )* }

        $(impl From<$ty> for HeapType {
            fn from(ty: $ty) -> Self {
                Self::$concrete(ty)
            }
        })*
    };
}

concrete! {
    ConcreteFunc FuncType is_concrete_func as_concrete_func unwrap_concrete_func
    ConcreteArray ArrayType is_concrete_array as_concrete_array unwrap_concrete_array
    ConcreteStruct StructType is_concrete_struct as_concrete_struct unwrap_concrete_struct
}

impl HeapType {
    is_variant! {
        is_extern Self::Extern, "`extern`";
        is_func Self::Func, "`func`";
        is_no_func Self::NoFunc, "`nofunc`";
        is_any Self::Any, "`any`";
        is_i31 Self::I31, "`i31`";
        is_none Self::None, "`none`";
        is_exn Self::Exn, "`exn`";
        is_no_exn Self::NoExn, "`noexn`";
        is_top Self::Any | Self::Extern | Self::Func | Self::Exn, "the top of its hierarchy";
        is_bottom Self::None | Self::NoExtern | Self::NoFunc | Self::NoExn, "the bottom of its hierarchy";
    }

    /// Is this a type that a module or the host defined?
    pub fn is_concrete(&self) -> bool {
        self.engine().is_some()
    }

    /// Is this none of those that a module or the host defined?
    pub fn is_abstract(&self) -> bool {
        !self.is_concrete()
    }

    /// The top of this type's hierarchy, a supertype of all in it.
    #[must_use]
    pub fn top(&self) -> Self {
        match self {
            Self::Func | Self::ConcreteFunc(_) | Self::ExactFunc(_) | Self::NoFunc => Self::Func,
            Self::Extern | Self::NoExtern => Self::Extern,
            Self::Exn | Self::NoExn => Self::Exn,
            Self::Any | Self::Eq | Self::I31 | Self::None => Self::Any,
            Self::Array | Self::ConcreteArray(_) | Self::ExactArray(_) => Self::Any,
            Self::Struct | Self::ConcreteStruct(_) | Self::ExactStruct(_) => Self::Any,
        }
    }

    /// The bottom of this type's hierarchy, a subtype of all in it.
    #[must_use]
    pub fn bottom(&self) -> Self {
        match self.top() {
            Self::Func => Self::NoFunc,
            Self::Extern => Self::NoExtern,
            Self::Exn => Self::NoExn,
            _ => Self::None,
        }
    }

    /// Is this type `other`, or a subtype of it? `==` asks whether the two are the same.
    ///
    /// # Panics
    /// If they are of different engines.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/matching.html#heap-types)
    pub fn matches(&self, other: &Self) -> bool {
        let (ht1, ht2) = (self.to_syntax(), other.to_syntax());
        match (self.engine(), other.engine()) {
            (Some(engine), Some(other)) => {
                assert!(Engine::same(engine, other), "types of different engines cannot be compared");
                match_heaptype(&*engine.types(), ht1, ht2)
            }
            (Some(engine), None) | (None, Some(engine)) => match_heaptype(&*engine.types(), ht1, ht2),
            (None, None) => match_heaptype(&Types::new(), ht1, ht2),
        }
    }

    /// The engine of the type, if it is one that was defined.
    fn engine(&self) -> Option<&Engine> {
        match self {
            Self::ConcreteFunc(ty) | Self::ExactFunc(ty) => Some(ty.engine()),
            Self::ConcreteArray(ty) | Self::ExactArray(ty) => Some(ty.engine()),
            Self::ConcreteStruct(ty) | Self::ExactStruct(ty) => Some(ty.engine()),
            _ => None,
        }
    }

    /// Is it no type of another engine?
    pub(crate) fn belongs_to(&self, engine: &Engine) -> bool {
        self.engine().is_none_or(|own| Engine::same(own, engine))
    }

    pub(crate) fn from_syntax(engine: &Engine, ht: syntax::HeapType) -> Self {
        use syntax::HeapType as H;
        match ht {
            H::Extern => Self::Extern,
            H::NoExtern => Self::NoExtern,
            H::Func => Self::Func,
            H::NoFunc => Self::NoFunc,
            H::Any => Self::Any,
            H::Eq => Self::Eq,
            H::I31 => Self::I31,
            H::Array => Self::Array,
            H::Struct => Self::Struct,
            H::None => Self::None,
            H::Exn => Self::Exn,
            H::NoExn => Self::NoExn,
            H::Def(dt) => {
                let info = engine.type_info(dt);
                match info.sub.comp {
                    CompType::Func(_) => Self::ConcreteFunc(FuncType::from_info(engine, info)),
                    CompType::Array(_) => Self::ConcreteArray(ArrayType::from_info(engine, info)),
                    CompType::Struct(_) => Self::ConcreteStruct(StructType::from_info(engine, info)),
                }
            }
            H::ExactDef(dt) => match Self::from_syntax(engine, H::Def(dt)) {
                Self::ConcreteFunc(ty) => Self::ExactFunc(ty),
                Self::ConcreteArray(ty) => Self::ExactArray(ty),
                Self::ConcreteStruct(ty) => Self::ExactStruct(ty),
                other => other,
            },
            H::Type(_) | H::Rec(_) | H::Exact(_) | H::ExactRec(_) | H::Bot => {
                unreachable!("closed types name no index")
            }
        }
    }

    pub(crate) fn to_syntax(&self) -> syntax::HeapType {
        use syntax::HeapType as H;
        match self {
            Self::Extern => H::Extern,
            Self::NoExtern => H::NoExtern,
            Self::Func => H::Func,
            Self::NoFunc => H::NoFunc,
            Self::Any => H::Any,
            Self::Eq => H::Eq,
            Self::I31 => H::I31,
            Self::Array => H::Array,
            Self::Struct => H::Struct,
            Self::None => H::None,
            Self::Exn => H::Exn,
            Self::NoExn => H::NoExn,
            Self::ConcreteFunc(ty) => H::Def(ty.def()),
            Self::ConcreteArray(ty) => H::Def(ty.def()),
            Self::ConcreteStruct(ty) => H::Def(ty.def()),
            Self::ExactFunc(ty) => H::ExactDef(ty.def()),
            Self::ExactArray(ty) => H::ExactDef(ty.def()),
            Self::ExactStruct(ty) => H::ExactDef(ty.def()),
        }
    }
}

impl Display for HeapType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.to_syntax().fmt(f)
    }
}
