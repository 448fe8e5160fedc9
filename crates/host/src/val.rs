//! Values that carry their type.

use crate::store::StoreOpaque;
use crate::{
    AnyRef, ArrayRef, AsContext, Engine, EqRef, Error, ExnRef, ExternRef, Func, HeapType, RefType, Result,
    Rooted, StructRef, ValType,
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
    u128: x => Self::V128(x.into());
    Ref: r => match r {
        Ref::Func(func) => Self::FuncRef(func),
        Ref::Extern(value) => Self::ExternRef(value),
        Ref::Any(value) => Self::AnyRef(value),
        Ref::Exn(exn) => Self::ExnRef(exn),
    };
}

/// Conversions of references, into references and values that may be null.
macro_rules! ref_from {
    ($($ty:ty: $variant:ident;)*) => { $(
        impl From<$ty> for Ref {
            fn from(r: $ty) -> Self {
                Self::$variant(Some(r.into()))
            }
        }

        impl From<Option<$ty>> for Ref {
            fn from(r: Option<$ty>) -> Self {
                Self::$variant(r.map(Into::into))
            }
        }

        impl From<$ty> for Val {
            #[inline]
            fn from(r: $ty) -> Self {
                Ref::from(r).into()
            }
        }

        impl From<Option<$ty>> for Val {
            #[inline]
            fn from(r: Option<$ty>) -> Self {
                Ref::from(r).into()
            }
        }
    )* };
}

ref_from! {
    Func: Func;
    Rooted<ExternRef>: Extern;
    Rooted<ExnRef>: Exn;
    Rooted<AnyRef>: Any;
    Rooted<EqRef>: Any;
    Rooted<StructRef>: Any;
    Rooted<ArrayRef>: Any;
}

/// For each variant: is a reference one, and which?
macro_rules! refs {
    ($($variant:ident $ty:ty, $what:literal $is:ident $get:ident $unwrap:ident;)*) => {
        impl Ref { $(
            #[doc = concat!("Is it ", $what, ", or null of that kind?")]
            pub fn $is(&self) -> bool {
                matches!(self, Self::$variant(_))
            }

            #[doc = concat!("It as ", $what, " or null, if it is one.")]
            pub fn $get(&self) -> Option<Option<&$ty>> {
                match self {
                    Self::$variant(r) => Some(r.as_ref()),
                    _ => None,
                }
            }

            #[doc = concat!("It as ", $what, ", or `None` for null.\n\n# Panics\nIf it is neither.")]
            #[track_caller]
            pub fn $unwrap(&self) -> Option<&$ty> {
                self.$get().unwrap_or_else(|| panic!(concat!("expected ", $what, ", found {:?}"), self))
            }
        )* }
    };
}

refs! {
    Func Func, "a function" is_func as_func unwrap_func;
    Extern Rooted<ExternRef>, "a value of the host" is_extern as_extern unwrap_extern;
    Exn Rooted<ExnRef>, "an exception" is_exn as_exn unwrap_exn;
    Any Rooted<AnyRef>, "a value of a guest's heap" is_any as_any unwrap_any;
}

impl Val {
    /// A null function.
    pub const fn null_func_ref() -> Self {
        Self::FuncRef(None)
    }

    /// A null value of the host.
    pub const fn null_extern_ref() -> Self {
        Self::ExternRef(None)
    }

    /// A null exception.
    pub const fn null_exn_ref() -> Self {
        Self::ExnRef(None)
    }

    /// A null value of a guest's heap.
    pub const fn null_any_ref() -> Self {
        Self::AnyRef(None)
    }

    /// The null of a heap type.
    pub fn null_ref(heap_type: &HeapType) -> Self {
        Ref::null(heap_type).into()
    }

    /// Zero, or null; `None` for references that cannot be null.
    pub fn default_for_ty(ty: &ValType) -> Option<Self> {
        match ty {
            ValType::I32 => Some(Self::I32(0)),
            ValType::I64 => Some(Self::I64(0)),
            ValType::F32 => Some(Self::F32(0)),
            ValType::F64 => Some(Self::F64(0)),
            ValType::V128 => Some(Self::V128(V128(0))),
            ValType::Ref(rt) if rt.is_nullable() => Some(Self::null_ref(rt.heap_type())),
            ValType::Ref(_) => None,
        }
    }

    /// The value's type: as precise as the store knows it. A null is of the bottom of its hierarchy.
    ///
    /// # Errors
    /// If it is a reference whose scope has ended, or of another store.
    ///
    /// # Panics
    /// If it is a function of another store.
    pub fn ty(&self, store: impl AsContext) -> Result<ValType> {
        Ok(match self {
            Self::I32(_) => ValType::I32,
            Self::I64(_) => ValType::I64,
            Self::F32(_) => ValType::F32,
            Self::F64(_) => ValType::F64,
            Self::V128(_) => ValType::V128,
            Self::FuncRef(func) => Ref::Func(*func).ty(store)?.into(),
            Self::ExternRef(value) => Ref::Extern(*value).ty(store)?.into(),
            Self::ExnRef(exn) => Ref::Exn(*exn).ty(store)?.into(),
            Self::AnyRef(value) => Ref::Any(*value).ty(store)?.into(),
        })
    }

    /// Is its type `ty`, or a subtype of it?
    ///
    /// # Errors
    /// As for [`ty`](Self::ty).
    ///
    /// # Panics
    /// If it is a function of another store, or `ty` of another engine.
    pub fn matches_ty(&self, store: impl AsContext, ty: &ValType) -> Result<bool> {
        match (self.ref_(), ty) {
            (Some(r), ValType::Ref(rt)) => r.matches_ty(store, rt),
            _ => Ok(self.ty(store)? == *ty),
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

    /// The value as the store holds it.
    ///
    /// # Errors
    /// If it is not of type `ty`, as `what` it is for must be, its scope has ended, or it is of another store.
    pub(crate) fn to_raw(
        self,
        store: &StoreOpaque,
        ty: syntax::ValType,
        what: impl fmt::Display,
    ) -> Result<RawVal> {
        use syntax::ValType as T;
        match (self, ty) {
            (Self::I32(x), T::I32) => Ok(u64::from(x.cast_unsigned()).into()),
            (Self::I64(x), T::I64) => Ok(x.cast_unsigned().into()),
            (Self::F32(bits), T::F32) => Ok(u64::from(bits).into()),
            (Self::F64(bits), T::F64) => Ok(bits.into()),
            (Self::V128(v), T::V128) => Ok(RawVal([v.0 as u64, (v.0 >> 64) as u64])),
            (_, T::Ref(rt)) if let Some(r) = self.ref_() => r.to_raw(store, rt, what).map(RawVal::from),
            _ => Err(mismatch(what, ty, self.sort())),
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

/// The error that a value is not of the type that `what` it is for must be.
#[cold]
pub(crate) fn mismatch(
    what: impl fmt::Display,
    expected: impl fmt::Display,
    found: impl fmt::Display,
) -> Error {
    Error::usage(format_args!("type mismatch: {what} must be of type {expected}, found {found}"))
}

/// The hierarchies of reference types.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Top {
    Func,
    Extern,
    Any,
    Exn,
}

impl Top {
    /// The hierarchy of a heap type.
    pub(crate) fn of(store: &StoreOpaque, ht: syntax::HeapType) -> Self {
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
pub(crate) fn heap_type_of(r: terrane_runtime::Ref) -> syntax::HeapType {
    match r.as_object() {
        // SAFETY: *live-object*: a root keeps it.
        Some(object) => syntax::HeapType::Def(syntax::DefType::from_id(unsafe { object.as_ref() }.id())),
        None if r.as_i31().is_some() => syntax::HeapType::I31,
        None => syntax::HeapType::Any,
    }
}

/// The most precise type that is known of a reference in a place of that heap type.
pub(crate) fn ref_type_of(
    store: &StoreOpaque,
    place: syntax::HeapType,
    r: terrane_runtime::Ref,
) -> syntax::RefType {
    use syntax::{HeapType as H, RefType as R};
    let (bottom, found) = match Top::of(store, place) {
        // SAFETY: functions live as long as their store.
        Top::Func => (H::NoFunc, r.as_func().map_or(H::Func, |func| H::Def(unsafe { func.as_ref() }.ty))),
        Top::Extern => (H::NoExtern, H::Extern),
        Top::Exn => (H::NoExn, H::Exn),
        Top::Any => (H::None, heap_type_of(r)),
    };
    if r.is_null() { R::null(bottom) } else { R::non_null(found) }
}

impl Ref {
    /// The null of a heap type.
    pub fn null(heap_type: &HeapType) -> Self {
        match heap_type.top() {
            HeapType::Func => Self::Func(None),
            HeapType::Extern => Self::Extern(None),
            HeapType::Exn => Self::Exn(None),
            _ => Self::Any(None),
        }
    }

    /// Is it null?
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Func(None) | Self::Extern(None) | Self::Any(None) | Self::Exn(None))
    }

    /// Is it not null?
    pub fn is_non_null(&self) -> bool {
        !self.is_null()
    }

    /// The reference's type: as precise as the store knows it. A null is of the bottom of its hierarchy.
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    ///
    /// # Panics
    /// If it is a function of another store.
    pub fn ty(&self, store: impl AsContext) -> Result<RefType> {
        let store = store.as_context().opaque();
        let (rt, _) = self.resolve(store)?;
        Ok(RefType::from_syntax(&store.engine, rt))
    }

    /// Is its type `ty`, or a subtype of it?
    ///
    /// # Errors
    /// As for [`ty`](Self::ty).
    ///
    /// # Panics
    /// If it is a function of another store, or `ty` of another engine.
    pub fn matches_ty(&self, store: impl AsContext, ty: &RefType) -> Result<bool> {
        let store = store.as_context().opaque();
        assert!(ty.heap_type().belongs_to(&store.engine), "a type of another engine");
        let (rt, _) = self.resolve(store)?;
        Ok(matches_ref(&store.engine, rt, ty.to_syntax()))
    }

    /// The reference's type, and as the store holds it.
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    fn resolve(self, store: &StoreOpaque) -> Result<(syntax::RefType, terrane_runtime::Ref)> {
        use syntax::HeapType as H;
        let (place, raw) = match self {
            Self::Func(func) => (H::Func, func.map(|func| func.to_ref(store))),
            Self::Extern(value) => (H::Extern, value.map(|value| value.handle().raw(store))),
            Self::Exn(exn) => (H::Exn, exn.map(|exn| exn.handle().raw(store))),
            Self::Any(value) => (H::Any, value.map(|value| value.handle().raw(store))),
        };
        let raw = raw.transpose()?.unwrap_or(terrane_runtime::Ref::NULL);
        Ok((ref_type_of(store, place, raw), raw))
    }

    /// The reference as the store holds it.
    ///
    /// # Errors
    /// If it is not of type `rt`, as `what` it is for must be, its scope has ended, or it is of another store.
    pub(crate) fn to_raw(
        self,
        store: &StoreOpaque,
        rt: syntax::RefType,
        what: impl fmt::Display,
    ) -> Result<terrane_runtime::Ref> {
        let (found, raw) = self.resolve(store)?;
        if matches_ref(&store.engine, found, rt) { Ok(raw) } else { Err(mismatch(what, rt, found)) }
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

/// `found <: expected`, where `found` is the type of a value, without a look at the engine's types where that is
/// obvious.
pub(crate) fn matches_ref(engine: &Engine, found: syntax::RefType, expected: syntax::RefType) -> bool {
    use syntax::HeapType as H;
    // Of a value the type is known exactly.
    let exact = syntax::RefType { heap: found.heap.exact(), ..found };
    let found = if expected.heap.is_exact() { exact } else { found };
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

/// The arguments of a function of the host, and behind them zeros and nulls for its results.
///
/// # Safety
/// As for [`read_vals`].
pub(crate) unsafe fn arguments(
    store: &mut StoreOpaque,
    sig: &syntax::FuncType,
    slots: &[u64],
    vals: &mut Vec<Val>,
) {
    // SAFETY: the caller's; all zeros are a value of any type.
    unsafe {
        read_vals(store, &sig.params, slots, |_, val| vals.push(val));
        vals.extend(sig.results.iter().map(|t| Val::from_raw(store, *t, RawVal::default())));
    }
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
        let raw = val.to_raw(store, *ty, format_args!("{what} {i}"))?;
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
