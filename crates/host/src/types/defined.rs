//! Types that modules and the host define: of functions, structures and arrays.

use super::{FieldType, Finality, Mutability, StorageType, ValType};
use crate::{Engine, Error, Result};
use std::fmt::{self, Display, Formatter};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use terrane_syntax::limits;
use terrane_syntax::types::{
    self as syntax, CompType, DefType, DefTypeInfo, HeapType, SubType, match_comptype, match_deftype,
};

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

/// The type of a structure: its fields.
///
/// Two are equal if they have equal fields, finality and supertypes, and were not defined in groups of types that
/// differ otherwise.
///
/// ```
/// use terrane::{Engine, FieldType, Finality, Mutability, StorageType, StructType, ValType};
///
/// let engine = Engine::default();
/// let x = FieldType::new(Mutability::Var, ValType::I32.into());
/// let y = FieldType::new(Mutability::Const, StorageType::I8);
/// let point = StructType::with_finality_and_supertype(&engine, Finality::NonFinal, None, [x.clone()])?;
/// let pixel =
///     StructType::with_finality_and_supertype(&engine, Finality::Final, Some(&point), [x, y.clone()])?;
/// assert!(pixel.matches(&point) && !point.matches(&pixel));
/// assert_eq!(pixel.field(1), Some(y));
/// assert_eq!(pixel.to_string(), "struct (mut i32) i8");
/// # Ok::<(), terrane::Error>(())
/// ```
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#aggregate-types)
#[derive(Clone)]
pub struct StructType {
    engine: Engine,
    info: Arc<DefTypeInfo>,
}

/// The type of an array: its elements.
///
/// ```
/// use terrane::{ArrayType, Engine, FieldType, Mutability, StorageType};
///
/// let ty = ArrayType::new(&Engine::default(), FieldType::new(Mutability::Var, StorageType::I16));
/// assert!(ty.element_type().is_i16() && ty.mutability().is_var());
/// assert_eq!(ty.to_string(), "array (mut i16)");
/// ```
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#aggregate-types)
#[derive(Clone)]
pub struct ArrayType {
    engine: Engine,
    info: Arc<DefTypeInfo>,
}

/// What all defined types have. A type is equal to those of the same canonical number, of the same engine.
macro_rules! defined_types {
    ($($name:ident)*) => { $(
        impl $name {
            /// The engine it was made with.
            pub fn engine(&self) -> &Engine {
                &self.engine
            }

            /// May another type declare this one its supertype?
            pub fn finality(&self) -> Finality {
                if self.info.sub.is_final { Finality::Final } else { Finality::NonFinal }
            }

            /// The supertype that it declares, if it does.
            pub fn supertype(&self) -> Option<Self> {
                let sup = *self.info.supers.last()?;
                Some(Self::from_def(&self.engine, sup))
            }

            /// What stands behind `info`, which must be of this kind.
            pub(crate) fn from_info(engine: &Engine, info: Arc<DefTypeInfo>) -> Self {
                Self { engine: engine.clone(), info }
            }

            /// The canonical type, which must be of this kind.
            pub(crate) fn from_def(engine: &Engine, def: DefType) -> Self {
                Self::from_info(engine, engine.type_info(def))
            }

            /// The canonical type.
            pub(crate) fn def(&self) -> DefType {
                self.info.def
            }

            /// The same with this one for a supertype.
            fn define(
                engine: &Engine,
                finality: Finality,
                supertype: Option<&Self>,
                comp: CompType,
            ) -> Result<Self> {
                let supertype = supertype.map(|sup| (&sup.engine, &*sup.info));
                Ok(Self::from_info(engine, define(engine, finality, supertype, comp)?))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.info.def == other.info.def && Engine::same(&self.engine, &other.engine)
            }
        }

        impl Eq for $name {}

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.info.def.hash(state);
            }
        }

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

defined_types!(FuncType StructType ArrayType);

/// The canonical form of a type of that composition.
///
/// # Errors
/// If it cannot have that supertype.
fn define(
    engine: &Engine,
    finality: Finality,
    supertype: Option<(&Engine, &DefTypeInfo)>,
    comp: CompType,
) -> Result<Arc<DefTypeInfo>> {
    if let Some((other, sup)) = supertype {
        if !Engine::same(engine, other) {
            return Err(Error::usage("the supertype is a type of another engine"));
        }
        let found = &sup.sub;
        if found.is_final {
            return Err(Error::usage(format_args!("the supertype is final: {}", found.comp)));
        }
        if found.descriptor.is_some() || found.describes.is_some() {
            return Err(Error::usage("types with descriptors have subtypes only in modules"));
        }
        if sup.supers.len() >= limits::SUBTYPE_DEPTH {
            let depth = limits::SUBTYPE_DEPTH;
            return Err(Error::usage(format_args!("the chain of supertypes is longer than {depth}")));
        }
        if !match_comptype(&*engine.types(), &comp, &found.comp) {
            return Err(Error::usage(format_args!(
                "a type must match its supertype: expected a subtype of {}, found {comp}",
                found.comp
            )));
        }
    }
    let supertype = supertype.map(|(_, sup)| HeapType::Def(sup.def));
    Ok(engine.define(SubType { is_final: finality.is_final(), supertype, ..SubType::open(comp) }))
}

/// The fields without the engine.
///
/// # Errors
/// If one is of another engine.
fn close_fields(
    engine: &Engine,
    fields: impl IntoIterator<Item = FieldType>,
) -> Result<Box<[syntax::FieldType]>> {
    let close = |(i, field): (usize, FieldType)| match field.belongs_to(engine) {
        true => Ok(field.to_syntax()),
        false => Err(Error::usage(format_args!("the type of field {i} is of another engine"))),
    };
    fields.into_iter().enumerate().map(close).collect()
}

/// The types without the engine.
///
/// # Errors
/// If one is of another engine.
fn close_types(
    engine: &Engine,
    types: impl IntoIterator<Item = ValType>,
    what: &str,
) -> Result<Box<[syntax::ValType]>> {
    let close = |(i, t): (usize, ValType)| match t.belongs_to(engine) {
        true => Ok(t.to_syntax()),
        false => Err(Error::usage(format_args!("the type of {what} {i} is of another engine"))),
    };
    types.into_iter().enumerate().map(close).collect()
}

/// Are two types of one engine?
#[track_caller]
fn same_engine(a: &Engine, b: &Engine) {
    assert!(Engine::same(a, b), "types of different engines cannot be compared");
}

/// What the types of objects have.
macro_rules! aggregate_types {
    ($($name:ident)*) => { $(
        impl $name {
            /// Is this type `other`, or a subtype of it?
            ///
            /// # Panics
            /// If they are of different engines.
            pub fn matches(&self, other: &Self) -> bool {
                same_engine(&self.engine, &other.engine);
                match_deftype(&*self.engine.types(), self.info.def, other.info.def)
            }

            pub(crate) fn info(&self) -> &Arc<DefTypeInfo> {
                &self.info
            }
        }
    )* };
}

aggregate_types!(StructType ArrayType);

impl FuncType {
    /// The type with these parameters and results, final and without a supertype.
    ///
    /// # Panics
    /// If one of them is a type of another engine.
    pub fn new(
        engine: &Engine,
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> Self {
        Self::with_finality_and_supertype(engine, Finality::Final, None, params, results)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// The type with these parameters and results, and that supertype.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage): the supertype is final or does not match, or something is of
    /// another engine.
    pub fn with_finality_and_supertype(
        engine: &Engine,
        finality: Finality,
        supertype: Option<&Self>,
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> Result<Self> {
        let params = close_types(engine, params, "parameter")?;
        let results = close_types(engine, results, "result")?;
        let comp = CompType::Func(syntax::FuncType { params, results });
        Self::define(engine, finality, supertype, comp)
    }

    pub(crate) fn syntax(&self) -> &syntax::FuncType {
        self.info.as_func().expect("made of function types only")
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

    /// Could a function of this type stand where one of the type `other` is expected: are its parameters supertypes
    /// and its results subtypes? Whether this type declares the other its supertype,
    /// [`HeapType::matches`](crate::HeapType::matches) tells.
    ///
    /// # Panics
    /// If they are of different engines.
    pub fn matches(&self, other: &Self) -> bool {
        same_engine(&self.engine, &other.engine);
        self == other || match_comptype(&*self.engine.types(), &self.info.sub.comp, &other.info.sub.comp)
    }
}

impl StructType {
    /// The type with these fields, final and without a supertype.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage): there are more than 10,000, or one is of another engine.
    pub fn new(engine: &Engine, fields: impl IntoIterator<Item = FieldType>) -> Result<Self> {
        Self::with_finality_and_supertype(engine, Finality::Final, None, fields)
    }

    /// The type with these fields, and that supertype, whose fields come first.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage): the supertype is final or does not match, there are more than
    /// 10,000 fields, or something is of another engine.
    pub fn with_finality_and_supertype(
        engine: &Engine,
        finality: Finality,
        supertype: Option<&Self>,
        fields: impl IntoIterator<Item = FieldType>,
    ) -> Result<Self> {
        let fields = close_fields(engine, fields)?;
        if fields.len() > limits::STRUCT_FIELDS {
            let (most, found) = (limits::STRUCT_FIELDS, fields.len());
            return Err(Error::usage(format_args!("expected at most {most} fields, found {found}")));
        }
        Self::define(engine, finality, supertype, CompType::Struct(fields))
    }

    /// Types of the fields.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = FieldType> + '_ {
        self.info.fields().iter().map(|field| FieldType::from_syntax(&self.engine, *field))
    }

    /// Type of field `i`, if there is one.
    pub fn field(&self, i: usize) -> Option<FieldType> {
        self.fields().nth(i)
    }
}

impl ArrayType {
    /// The type with such elements, final and without a supertype.
    ///
    /// # Panics
    /// If `field_type` is of another engine.
    pub fn new(engine: &Engine, field_type: FieldType) -> Self {
        Self::with_finality_and_supertype(engine, Finality::Final, None, field_type)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// The type with such elements, and that supertype.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage): the supertype is final or does not match, or something is of
    /// another engine.
    pub fn with_finality_and_supertype(
        engine: &Engine,
        finality: Finality,
        supertype: Option<&Self>,
        field_type: FieldType,
    ) -> Result<Self> {
        let field = close_fields(engine, [field_type])?[0];
        Self::define(engine, finality, supertype, CompType::Array(field))
    }

    /// Type of the elements.
    pub fn field_type(&self) -> FieldType {
        FieldType::from_syntax(&self.engine, self.info.fields()[0])
    }

    /// May the elements be written?
    pub fn mutability(&self) -> Mutability {
        self.field_type().mutability()
    }

    /// What the elements hold.
    pub fn element_type(&self) -> StorageType {
        self.field_type().element_type().clone()
    }
}
