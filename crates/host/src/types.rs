//! Types of what modules import and export.
//!
//! They are those of the abstract syntax with an engine behind them: a type that refers to another carries it.

mod external;

pub use external::{
    ExportType, ExternType, GlobalType, ImportType, MemoryType, MemoryTypeBuilder, Mutability, TableType,
    TagType,
};

use crate::Engine;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;
use terrane_syntax::types::{self as syntax, CompType, DefTypeInfo};

/// The type of a value.
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#value-types)
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// A function or null.
    pub const FUNCREF: Self = Self::Ref(RefType::FUNCREF);
    /// A value of the host or null.
    pub const EXTERNREF: Self = Self::Ref(RefType::EXTERNREF);

    /// Is this an integer or a float?
    pub fn is_num(&self) -> bool {
        matches!(self, Self::I32 | Self::I64 | Self::F32 | Self::F64)
    }

    /// Is this a reference type?
    pub fn is_ref(&self) -> bool {
        matches!(self, Self::Ref(_))
    }

    /// The reference type, if this is one.
    pub fn as_ref(&self) -> Option<&RefType> {
        match self {
            Self::Ref(rt) => Some(rt),
            _ => None,
        }
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

/// The type of a reference.
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#reference-types)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefType {
    is_nullable: bool,
    heap_type: HeapType,
}

impl RefType {
    /// A function or null.
    pub const FUNCREF: Self = Self::new(true, HeapType::Func);
    /// A value of the host or null.
    pub const EXTERNREF: Self = Self::new(true, HeapType::Extern);

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

/// What a reference refers to.
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#heap-types)
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// All structures.
    Struct,
    /// Arrays or structures of one type.
    Concrete(AggregateType),
    /// Arrays or structures of one type, and of none below it.
    Exact(AggregateType),
    /// None of the values of the guest's heap.
    None,
    /// Exceptions.
    Exn,
    /// No exception.
    NoExn,
}

impl HeapType {
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
                    CompType::Func(_) => Self::ConcreteFunc(FuncType { engine: engine.clone(), info }),
                    _ => Self::Concrete(AggregateType { engine: engine.clone(), info }),
                }
            }
            H::ExactDef(dt) => match Self::from_syntax(engine, H::Def(dt)) {
                Self::ConcreteFunc(ft) => Self::ExactFunc(ft),
                Self::Concrete(at) => Self::Exact(at),
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
            Self::ConcreteFunc(ft) => H::Def(ft.info.def),
            Self::Concrete(at) => H::Def(at.info.def),
            Self::ExactFunc(ft) => H::ExactDef(ft.info.def),
            Self::Exact(at) => H::ExactDef(at.info.def),
        }
    }
}

impl Display for HeapType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.to_syntax().fmt(f)
    }
}

/// The type of an array or a structure.
#[derive(Clone)]
pub struct AggregateType {
    engine: Engine,
    info: Arc<DefTypeInfo>,
}

/// The type of a function: parameters and results.
///
/// ```
/// use terrane::{Engine, FuncType, ValType};
///
/// let engine = Engine::default();
/// let ty = FuncType::new(&engine, [ValType::I32, ValType::I64], [ValType::F64]);
/// assert_eq!(ty.param(1), Some(ValType::I64));
/// assert_eq!(ty.to_string(), "[i32 i64] -> [f64]");
/// assert_eq!(ty, FuncType::new(&engine, [ValType::I32, ValType::I64], [ValType::F64]));
/// ```
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#function-types)
#[derive(Clone)]
pub struct FuncType {
    pub(crate) engine: Engine,
    pub(crate) info: Arc<DefTypeInfo>,
}

impl FuncType {
    /// The type with these parameters and results.
    ///
    /// # Panics
    /// If one of them belongs to another engine.
    pub fn new(
        engine: &Engine,
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> Self {
        let close = |t: ValType| {
            assert!(t.belongs_to(engine), "a type of another engine");
            t.to_syntax()
        };
        let params: Box<[_]> = params.into_iter().map(close).collect();
        let results: Box<[_]> = results.into_iter().map(close).collect();
        let def = engine.define_func_type(syntax::FuncType { params, results });
        Self { engine: engine.clone(), info: engine.type_info(def) }
    }

    pub(crate) fn from_def(engine: &Engine, def: syntax::DefType) -> Self {
        Self { engine: engine.clone(), info: engine.type_info(def) }
    }

    pub(crate) fn syntax(&self) -> &syntax::FuncType {
        self.info.as_func().expect("made of function types only")
    }

    /// The engine it was made with.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Types of the parameters.
    pub fn params(&self) -> impl ExactSizeIterator<Item = ValType> + '_ {
        self.syntax().params.iter().map(|t| ValType::from_syntax(&self.engine, *t))
    }

    /// Type of parameter `i`, if there is one.
    pub fn param(&self, i: usize) -> Option<ValType> {
        self.params().nth(i)
    }

    /// Types of the results.
    pub fn results(&self) -> impl ExactSizeIterator<Item = ValType> + '_ {
        self.syntax().results.iter().map(|t| ValType::from_syntax(&self.engine, *t))
    }

    /// Type of result `i`, if there is one.
    pub fn result(&self, i: usize) -> Option<ValType> {
        self.results().nth(i)
    }
}

/// A type is equal to those of the same canonical number, of the same engine.
macro_rules! impl_by_definition {
    ($($name:ident)*) => { $(
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.info.def == other.info.def && Engine::same(&self.engine, &other.engine)
            }
        }

        impl Eq for $name {}

        impl Display for $name {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                match &self.info.sub.comp {
                    CompType::Func(ft) => ft.fmt(f),
                    comp => comp.fmt(f),
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    )* };
}

impl_by_definition!(FuncType AggregateType);

impl ValType {
    /// Is there no type of another engine in it?
    pub(crate) fn belongs_to(&self, engine: &Engine) -> bool {
        match self {
            Self::Ref(rt) => match &rt.heap_type {
                HeapType::ConcreteFunc(ft) | HeapType::ExactFunc(ft) => Engine::same(&ft.engine, engine),
                HeapType::Concrete(at) | HeapType::Exact(at) => Engine::same(&at.engine, engine),
                _ => true,
            },
            _ => true,
        }
    }
}
