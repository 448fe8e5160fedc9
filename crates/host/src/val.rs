//! Values that carry their type.

use crate::store::StoreOpaque;
use crate::{
    AnyRef, AsContext, Engine, Error, ExnRef, ExternRef, Func, GcRef, HeapType, RefType, Result, Rooted,
    ValType,
};
use std::fmt;
use terrane_runtime::RawVal;
use terrane_syntax::types::{self as syntax, match_reftype};

/// A value of a guest, with its type.
///
/// Floats are kept as bits, so that a NaN stays the NaN it is; `Val::from(1.5)` makes one of a float.
///
/// ```
/// use terrane::Val;
///
/// assert_eq!(Val::from(1.5f64).f64(), Some(1.5));
/// assert_eq!(Val::I32(-1).i64(), None);
/// assert_eq!(Val::from(7u32).unwrap_i32(), 7);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Val {
    /// 32-bit integer.
    I32(i32),
    /// 64-bit integer.
    I64(i64),
    /// 32-bit float, its bits.
    F32(u32),
    /// 64-bit float, its bits.
    F64(u64),
    /// 128-bit vector.
    V128(V128),
    /// Function or null.
    FuncRef(Option<Func>),
    /// Value of the host or null.
    ExternRef(Option<Rooted<ExternRef>>),
    /// Exception or null.
    ExnRef(Option<Rooted<ExnRef>>),
    /// Value of a guest's heap or null.
    AnyRef(Option<Rooted<AnyRef>>),
}

/// A reference, with its type.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Ref {
    /// Function or null.
    Func(Option<Func>),
    /// Value of the host or null.
    Extern(Option<Rooted<ExternRef>>),
    /// Exception or null.
    Exn(Option<Rooted<ExnRef>>),
    /// Value of a guest's heap or null.
    Any(Option<Rooted<AnyRef>>),
}

/// A vector of 128 bits, the first lane in the lowest ones.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct V128(u128);

impl V128 {
    /// The vector as a number.
    pub const fn as_u128(self) -> u128 {
        self.0
    }
}

impl From<u128> for V128 {
    fn from(bits: u128) -> Self {
        Self(bits)
    }
}

impl From<V128> for u128 {
    fn from(v: V128) -> Self {
        v.0
    }
}

impl fmt::Debug for V128 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "V128({:#034x})", self.0)
    }
}

/// For each variant that is a number: the accessors, and the conversions.
macro_rules! numbers {
    ($($variant:ident $get:ident $unwrap:ident $ty:ty: $bits:ident => $value:expr;)*) => {
        impl Val { $(
            #[doc = concat!("The `", stringify!($ty), "`, if it is one.")]
            #[inline]
            pub fn $get(&self) -> Option<$ty> {
                match self {
                    Self::$variant($bits) => Some($value),
                    _ => None,
                }
            }

            #[doc = concat!("The `", stringify!($ty), "`.\n\n# Panics\nIf it is not one.")]
            #[inline]
            #[track_caller]
            pub fn $unwrap(&self) -> $ty {
                match self.$get() {
                    Some(value) => value,
                    None => self.is_no(stringify!($ty)),
                }
            }
        )* }
    };
}

numbers! {
    I32 i32 unwrap_i32 i32: value => *value;
    I64 i64 unwrap_i64 i64: value => *value;
    F32 f32 unwrap_f32 f32: bits => f32::from_bits(*bits);
    F64 f64 unwrap_f64 f64: bits => f64::from_bits(*bits);
    V128 v128 unwrap_v128 V128: value => *value;
}

/// Conversions into values.
macro_rules! val_from {
    ($($ty:ty: $value:ident => $val:expr;)*) => { $(
        impl From<$ty> for Val {
            #[inline]
            fn from($value: $ty) -> Self {
                $val
            }
        }
    )* };
}

val_from! {
    i32: x => Self::I32(x);
    u32: x => Self::I32(x.cast_signed());
    i64: x => Self::I64(x);
    u64: x => Self::I64(x.cast_signed());
    f32: x => Self::F32(x.to_bits());
    f64: x => Self::F64(x.to_bits());
    V128: x => Self::V128(x);
    Func: x => Self::FuncRef(Some(x));
    Option<Func>: x => Self::FuncRef(x);
    Rooted<ExternRef>: x => Self::ExternRef(Some(x));
    Option<Rooted<ExternRef>>: x => Self::ExternRef(x);
    Rooted<ExnRef>: x => Self::ExnRef(Some(x));
    Option<Rooted<ExnRef>>: x => Self::ExnRef(x);
    Rooted<AnyRef>: x => Self::AnyRef(Some(x));
    Option<Rooted<AnyRef>>: x => Self::AnyRef(x);
    Ref: r => match r {
        Ref::Func(func) => Self::FuncRef(func),
        Ref::Extern(value) => Self::ExternRef(value),
        Ref::Any(value) => Self::AnyRef(value),
        Ref::Exn(exn) => Self::ExnRef(exn),
    };
}

impl From<Func> for Ref {
    fn from(func: Func) -> Self {
        Self::Func(Some(func))
    }
}

impl From<Rooted<AnyRef>> for Ref {
    fn from(value: Rooted<AnyRef>) -> Self {
        Self::Any(Some(value))
    }
}

impl From<Rooted<ExternRef>> for Ref {
    fn from(value: Rooted<ExternRef>) -> Self {
        Self::Extern(Some(value))
    }
}

impl From<Rooted<ExnRef>> for Ref {
    fn from(exn: Rooted<ExnRef>) -> Self {
        Self::Exn(Some(exn))
    }
}

impl Val {
    /// A null function.
    pub fn null_func_ref() -> Self {
        Self::FuncRef(None)
    }

    /// A null value of the host.
    pub fn null_extern_ref() -> Self {
        Self::ExternRef(None)
    }

    /// A null exception.
    pub fn null_exn_ref() -> Self {
        Self::ExnRef(None)
    }

    /// A null value of a guest's heap.
    pub fn null_any_ref() -> Self {
        Self::AnyRef(None)
    }

    /// The null of a heap type, if this version of the library has values of it.
    pub fn null_ref(heap_type: &HeapType) -> Option<Self> {
        Ref::null(heap_type).map(Self::from)
    }

    /// Zero, or null; `None` for references that cannot be null.
    pub fn default_for_ty(ty: &ValType) -> Option<Self> {
        match ty {
            ValType::I32 => Some(Self::I32(0)),
            ValType::I64 => Some(Self::I64(0)),
            ValType::F32 => Some(Self::F32(0)),
            ValType::F64 => Some(Self::F64(0)),
            ValType::V128 => Some(Self::V128(V128(0))),
            ValType::Ref(rt) if rt.is_nullable() => Self::null_ref(rt.heap_type()),
            ValType::Ref(_) => None,
        }
    }

    /// The value's type. A null is of the type of all references of its kind.
    ///
    /// # Panics
    /// If it refers into another store.
    pub fn ty(&self, store: impl AsContext) -> ValType {
        match self {
            Self::I32(_) => ValType::I32,
            Self::I64(_) => ValType::I64,
            Self::F32(_) => ValType::F32,
            Self::F64(_) => ValType::F64,
            Self::V128(_) => ValType::V128,
            Self::FuncRef(func) => ValType::Ref(Ref::Func(*func).ty(store)),
            Self::ExternRef(value) => ValType::Ref(Ref::Extern(*value).ty(store)),
            Self::ExnRef(exn) => ValType::Ref(Ref::Exn(*exn).ty(store)),
            Self::AnyRef(value) => ValType::Ref(Ref::Any(*value).ty(store)),
        }
    }

    /// The reference, if it is one.
    pub fn ref_(self) -> Option<Ref> {
        match self {
            Self::FuncRef(func) => Some(Ref::Func(func)),
            Self::ExternRef(value) => Some(Ref::Extern(value)),
            Self::ExnRef(exn) => Some(Ref::Exn(exn)),
            Self::AnyRef(value) => Some(Ref::Any(value)),
            _ => None,
        }
    }

    /// The function or null, if it is one.
    pub fn funcref(&self) -> Option<Option<&Func>> {
        match self {
            Self::FuncRef(func) => Some(func.as_ref()),
            _ => None,
        }
    }

    /// The function, or `None` for null.
    ///
    /// # Panics
    /// If it is neither.
    #[track_caller]
    pub fn unwrap_funcref(&self) -> Option<&Func> {
        self.funcref().unwrap_or_else(|| self.is_no("funcref"))
    }

    /// The value of the host or null, if it is one.
    pub fn externref(&self) -> Option<Option<&Rooted<ExternRef>>> {
        match self {
            Self::ExternRef(value) => Some(value.as_ref()),
            _ => None,
        }
    }

    /// The value of the host, or `None` for null.
    ///
    /// # Panics
    /// If it is neither.
    #[track_caller]
    pub fn unwrap_externref(&self) -> Option<&Rooted<ExternRef>> {
        self.externref().unwrap_or_else(|| self.is_no("externref"))
    }

    /// The exception or null, if it is one.
    pub fn exnref(&self) -> Option<Option<&Rooted<ExnRef>>> {
        match self {
            Self::ExnRef(exn) => Some(exn.as_ref()),
            _ => None,
        }
    }

    /// The exception, or `None` for null.
    ///
    /// # Panics
    /// If it is neither.
    #[track_caller]
    pub fn unwrap_exnref(&self) -> Option<&Rooted<ExnRef>> {
        self.exnref().unwrap_or_else(|| self.is_no("exnref"))
    }

    /// The value of a guest's heap or null, if it is one.
    pub fn anyref(&self) -> Option<Option<&Rooted<AnyRef>>> {
        match self {
            Self::AnyRef(value) => Some(value.as_ref()),
            _ => None,
        }
    }

    /// The value of a guest's heap, or `None` for null.
    ///
    /// # Panics
    /// If it is neither.
    #[track_caller]
    pub fn unwrap_anyref(&self) -> Option<&Rooted<AnyRef>> {
        self.anyref().unwrap_or_else(|| self.is_no("anyref"))
    }

    #[cold]
    #[track_caller]
    fn is_no(&self, expected: &str) -> ! {
        panic!("expected a value of type {expected}, found {self:?}")
    }

    /// The value as the store holds it, if it has that type; in words what it is, if not.
    pub(crate) fn to_raw(self, store: &StoreOpaque, ty: syntax::ValType) -> Result<RawVal, String> {
        use syntax::ValType as T;
        match (self, ty) {
            (Self::I32(x), T::I32) => Ok(u64::from(x.cast_unsigned()).into()),
            (Self::I64(x), T::I64) => Ok(x.cast_unsigned().into()),
            (Self::F32(bits), T::F32) => Ok(u64::from(bits).into()),
            (Self::F64(bits), T::F64) => Ok(bits.into()),
            (Self::V128(v), T::V128) => Ok(RawVal([v.0 as u64, (v.0 >> 64) as u64])),
            (_, T::Ref(rt)) => match self.ref_() {
                Some(r) => r.to_raw(store, rt).map(RawVal::from),
                None => Err(self.sort().to_owned()),
            },
            _ => Err(self.sort().to_owned()),
        }
    }

    /// The value that the store holds as `raw`.
    ///
    /// # Safety
    /// It is of type `ty` and of that store.
    pub(crate) unsafe fn from_raw(store: &mut StoreOpaque, ty: syntax::ValType, raw: RawVal) -> Self {
        use syntax::ValType as T;
        let word = raw.word();
        match ty {
            T::I32 => Self::I32((word as u32).cast_signed()),
            T::I64 => Self::I64(word.cast_signed()),
            T::F32 => Self::F32(word as u32),
            T::F64 => Self::F64(word),
            T::V128 => Self::V128(V128(u128::from(raw.0[1]) << 64 | u128::from(word))),
            // SAFETY: the caller's.
            T::Ref(rt) => unsafe { Ref::from_raw(store, rt, raw.as_ref()) }.into(),
        }
    }

    /// What it is, in the words of types.
    fn sort(&self) -> &'static str {
        match self {
            Self::I32(_) => "i32",
            Self::I64(_) => "i64",
            Self::F32(_) => "f32",
            Self::F64(_) => "f64",
            Self::V128(_) => "v128",
            Self::FuncRef(_) => "funcref",
            Self::ExternRef(_) => "externref",
            Self::ExnRef(_) => "exnref",
            Self::AnyRef(_) => "anyref",
        }
    }
}

/// The hierarchies of reference types.
enum Top {
    Func,
    Extern,
    Any,
    Exn,
}

impl Top {
    /// The hierarchy of a heap type.
    fn of(store: &StoreOpaque, ht: syntax::HeapType) -> Self {
        use syntax::HeapType as H;
        match ht {
            H::Func | H::NoFunc => Self::Func,
            H::Extern | H::NoExtern => Self::Extern,
            H::Exn | H::NoExn => Self::Exn,
            H::Def(dt) | H::ExactDef(dt) if store.engine.type_info(dt).as_func().is_some() => Self::Func,
            _ => Self::Any,
        }
    }
}

/// The most precise heap type that is known of a value of the hierarchy of `any`.
fn heap_type_of(r: terrane_runtime::Ref) -> syntax::HeapType {
    match r.as_object() {
        // SAFETY: *live-object*: a root keeps it.
        Some(object) => syntax::HeapType::Def(syntax::DefType::from_id(unsafe { object.as_ref() }.id())),
        None if r.as_i31().is_some() => syntax::HeapType::I31,
        None => syntax::HeapType::Any,
    }
}

impl Ref {
    /// The null of a heap type, if this version of the library has values of it.
    pub fn null(heap_type: &HeapType) -> Option<Self> {
        match heap_type {
            HeapType::Func | HeapType::ConcreteFunc(_) | HeapType::ExactFunc(_) | HeapType::NoFunc => {
                Some(Self::Func(None))
            }
            HeapType::Extern | HeapType::NoExtern => Some(Self::Extern(None)),
            HeapType::Exn | HeapType::NoExn => Some(Self::Exn(None)),
            _ => Some(Self::Any(None)),
        }
    }

    /// Is it null?
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Func(None) | Self::Extern(None) | Self::Any(None) | Self::Exn(None))
    }

    /// The function or null, if it is one.
    pub fn as_func(&self) -> Option<Option<&Func>> {
        match self {
            Self::Func(func) => Some(func.as_ref()),
            _ => None,
        }
    }

    /// The value of the host or null, if it is one.
    pub fn as_extern(&self) -> Option<Option<&Rooted<ExternRef>>> {
        match self {
            Self::Extern(value) => Some(value.as_ref()),
            _ => None,
        }
    }

    /// The exception or null, if it is one.
    pub fn as_exn(&self) -> Option<Option<&Rooted<ExnRef>>> {
        match self {
            Self::Exn(exn) => Some(exn.as_ref()),
            _ => None,
        }
    }

    /// The value of a guest's heap or null, if it is one.
    pub fn as_any(&self) -> Option<Option<&Rooted<AnyRef>>> {
        match self {
            Self::Any(value) => Some(value.as_ref()),
            _ => None,
        }
    }

    /// The reference's type. A null is of the type of all references of its kind.
    ///
    /// # Panics
    /// If it refers into another store, or the scope that kept it has ended.
    pub fn ty(&self, store: impl AsContext) -> RefType {
        match self {
            Self::Any(None) => RefType::new(true, HeapType::None),
            Self::Any(Some(value)) => {
                let store = store.as_context().opaque();
                let r = value.handle().raw(store).unwrap_or_else(|error| panic!("{error}"));
                RefType::new(false, HeapType::from_syntax(&store.engine, heap_type_of(r)))
            }
            Self::Func(None) => RefType::new(true, HeapType::NoFunc),
            Self::Func(Some(func)) => RefType::new(false, HeapType::ConcreteFunc(func.ty(store))),
            Self::Extern(None) => RefType::new(true, HeapType::NoExtern),
            Self::Extern(Some(_)) => RefType::new(false, HeapType::Extern),
            Self::Exn(None) => RefType::new(true, HeapType::NoExn),
            Self::Exn(Some(_)) => RefType::new(false, HeapType::Exn),
        }
    }

    /// The reference as the store holds it, if it has that type; in words what it is, if not.
    pub(crate) fn to_raw(
        self,
        store: &StoreOpaque,
        rt: syntax::RefType,
    ) -> Result<terrane_runtime::Ref, String> {
        let (found, raw) = match self {
            Self::Func(None) => (syntax::RefType::null(syntax::HeapType::NoFunc), terrane_runtime::Ref::NULL),
            Self::Extern(None) => {
                (syntax::RefType::null(syntax::HeapType::NoExtern), terrane_runtime::Ref::NULL)
            }
            Self::Exn(None) => (syntax::RefType::null(syntax::HeapType::NoExn), terrane_runtime::Ref::NULL),
            Self::Func(Some(func)) => {
                let raw = func.to_raw(store).ok_or("a function of another store")?;
                let ty = syntax::HeapType::Def(store.runtime.func(func.addr).ty);
                (syntax::RefType::non_null(if rt.heap.is_exact() { ty.exact() } else { ty }), raw)
            }
            Self::Extern(Some(value)) => {
                let raw = value.handle().raw(store).map_err(|error| error.to_string())?;
                (syntax::RefType::non_null(syntax::HeapType::Extern), raw)
            }
            Self::Exn(Some(exn)) => {
                let raw = exn.handle().raw(store).map_err(|error| error.to_string())?;
                (syntax::RefType::non_null(syntax::HeapType::Exn), raw)
            }
            Self::Any(None) => (syntax::RefType::null(syntax::HeapType::None), terrane_runtime::Ref::NULL),
            Self::Any(Some(value)) => {
                let raw = value.handle().raw(store).map_err(|error| error.to_string())?;
                let ty = heap_type_of(raw);
                (syntax::RefType::non_null(if rt.heap.is_exact() { ty.exact() } else { ty }), raw)
            }
        };
        if matches_ref(&store.engine, found, rt) { Ok(raw) } else { Err(found.to_string()) }
    }

    /// The reference that the store holds as `raw` in a place of type `rt`.
    ///
    /// # Safety
    /// It is of that type and of that store.
    pub(crate) unsafe fn from_raw(
        store: &mut StoreOpaque,
        rt: syntax::RefType,
        raw: terrane_runtime::Ref,
    ) -> Self {
        let some = !raw.is_null();
        match Top::of(store, rt.heap) {
            // SAFETY: the caller's.
            Top::Func => Self::Func(raw.as_func().map(|func| unsafe { Func::from_ptr(store.id(), func) })),
            Top::Extern => Self::Extern(some.then(|| Rooted::new(store, raw))),
            Top::Any => Self::Any(some.then(|| Rooted::new(store, raw))),
            Top::Exn => Self::Exn(some.then(|| Rooted::new(store, raw))),
        }
    }
}

/// `found <: expected`, without a look at the engine's types where that is obvious.
fn matches_ref(engine: &Engine, found: syntax::RefType, expected: syntax::RefType) -> bool {
    use syntax::HeapType as H;
    match (found.heap, expected.heap) {
        _ if found.nullable && !expected.nullable => false,
        (H::Def(_), H::Func) => true,
        (a, b) if a == b => true,
        _ => match_reftype(&*engine.types(), found, expected),
    }
}

/// How many words a value of a type takes among arguments and results.
#[inline]
pub(crate) fn words(ty: syntax::ValType) -> usize {
    if ty == syntax::ValType::V128 { 2 } else { 1 }
}

/// How many words values of these types take.
pub(crate) fn total_words(types: &[syntax::ValType]) -> usize {
    types.iter().map(|ty| words(*ty)).sum()
}

/// Writes values of these types into the words of arguments or results.
///
/// # Errors
/// If one is not of its type, or there are more or fewer; `what` they are is for the message.
pub(crate) fn write_vals(
    store: &StoreOpaque,
    types: &[syntax::ValType],
    vals: &[Val],
    slots: &mut [u64],
    what: &str,
) -> Result<()> {
    if types.len() != vals.len() {
        let (expected, found) = (types.len(), vals.len());
        let s = if expected == 1 { "" } else { "s" };
        return Err(Error::usage(format_args!("expected {expected} {what}{s}, found {found}")));
    }
    let mut at = 0;
    for (i, (ty, val)) in types.iter().zip(vals).enumerate() {
        let raw = val.to_raw(store, *ty).map_err(|found| {
            Error::usage(format_args!("type mismatch: {what} {i} must be of type {ty}, found {found}"))
        })?;
        let n = words(*ty);
        slots[at..at + n].copy_from_slice(&raw.0[..n]);
        at += n;
    }
    Ok(())
}

/// The values of these types in the words of arguments or results.
///
/// # Safety
/// They are of these types and of that store.
pub(crate) unsafe fn read_vals(
    store: &mut StoreOpaque,
    types: &[syntax::ValType],
    slots: &[u64],
    mut put: impl FnMut(usize, Val),
) {
    let mut at = 0;
    for (i, ty) in types.iter().enumerate() {
        let mut raw = RawVal::default();
        let n = words(*ty);
        raw.0[..n].copy_from_slice(&slots[at..at + n]);
        // SAFETY: the caller's.
        put(i, unsafe { Val::from_raw(store, *ty, raw) });
        at += n;
    }
}
