//! The Rust types that are values of guests.

use crate::reference::other_store;
use crate::store::StoreOpaque;
use crate::{
    AnyRef, ArrayRef, EqRef, ExnRef, ExternRef, Func, GcRef, I31, NoExtern, NoFunc, NoneRef, OwnedRooted,
    Result, Rooted, StructRef, V128,
};
use terrane_runtime::Ref;
use terrane_syntax::types::{HeapType, RefType, ValType};

/// A Rust type that stands for a type of guests, in typed functions and in closures.
///
/// | Rust | WebAssembly |
/// |---|---|
/// | `i32`, `u32` | `i32` |
/// | `bool` | `i32`: 0 is false, everything else true |
/// | `i64`, `u64` | `i64` |
/// | `f32` | `f32` |
/// | `f64` | `f64` |
/// | [`V128`] | `v128` |
/// | [`Func`] | `(ref func)` |
/// | [`Rooted<ExternRef>`](Rooted) | `(ref extern)` |
/// | [`Rooted<ExnRef>`](Rooted) | `(ref exn)` |
/// | [`Rooted<AnyRef>`](Rooted) | `(ref any)` |
/// | [`Rooted<EqRef>`](Rooted) | `(ref eq)` |
/// | [`Rooted<StructRef>`](Rooted) | `(ref struct)` |
/// | [`Rooted<ArrayRef>`](Rooted) | `(ref array)` |
/// | [`I31`] | `(ref i31)` |
/// | `Option<`[`NoFunc`]`>` | `nullfuncref` |
/// | `Option<`[`NoExtern`]`>` | `nullexternref` |
/// | `Option<`[`NoneRef`]`>` | `nullref` |
///
/// An `Option` of a reference is the same that may be null: `Option<Func>` is `funcref`. [`OwnedRooted`] may stand for
/// [`Rooted`] everywhere.
///
/// Types that modules define have no Rust types: where a guest's function wants a reference to one of them, a typed
/// function takes any reference of the same hierarchy, and looks at each call whether it fits.
///
/// # Safety
/// Only this crate implements it: values come from and go to memory that guests read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no type of guests",
    label = "guests have numbers, vectors and references: see `WasmTy`"
)]
pub unsafe trait WasmTy: Send + Sized {
    /// The type of guests.
    #[doc(hidden)]
    const TYPE: ValType;

    /// Words that a value takes among arguments and results.
    #[doc(hidden)]
    const WORDS: usize = 1;

    /// Reads a value from its words.
    ///
    /// # Safety
    /// They are [`WORDS`](Self::WORDS) many, and hold a value of that type, of that store.
    #[doc(hidden)]
    unsafe fn load(store: &mut StoreOpaque, words: &[u64]) -> Self;

    /// Writes a value to its words, [`WORDS`](Self::WORDS) many.
    ///
    /// # Errors
    /// If it belongs to another store.
    #[doc(hidden)]
    fn store(self, store: &StoreOpaque, words: &mut [u64]) -> Result<()>;
}

/// A number of up to 64 bits, which guests and the host can share: see [`LiveCell`](crate::LiveCell).
pub trait LiveNumber: WasmTy + Copy + 'static {
    /// The number that is in a word.
    #[doc(hidden)]
    fn from_word(word: u64) -> Self;

    /// The word that it is in.
    #[doc(hidden)]
    fn to_word(self) -> u64;
}

/// Numbers: how one is made of a word, and the word of one. Words of 32 bits are zero-extended.
macro_rules! numbers {
    ($($ty:ty, $variant:ident: $word:ident => $load:expr, $x:ident => $store:expr;)*) => { $(
        impl LiveNumber for $ty {
            #[inline(always)]
            fn from_word($word: u64) -> Self {
                $load
            }

            #[inline(always)]
            fn to_word(self) -> u64 {
                let $x = self;
                $store
            }
        }

        // SAFETY: what is written is a word of that type.
        unsafe impl WasmTy for $ty {
            const TYPE: ValType = ValType::$variant;

            #[inline(always)]
            unsafe fn load(_: &mut StoreOpaque, words: &[u64]) -> Self {
                Self::from_word(words[0])
            }

            #[inline(always)]
            fn store(self, _: &StoreOpaque, words: &mut [u64]) -> Result<()> {
                words[0] = self.to_word();
                Ok(())
            }
        }
    )* };
}

numbers! {
    i32, I32: word => (word as u32).cast_signed(), x => x.cast_unsigned().into();
    u32, I32: word => word as u32, x => x.into();
    bool, I32: word => word as u32 != 0, x => x.into();
    i64, I64: word => word.cast_signed(), x => x.cast_unsigned();
    u64, I64: word => word, x => x;
    f32, F32: word => f32::from_bits(word as u32), x => x.to_bits().into();
    f64, F64: word => f64::from_bits(word), x => x.to_bits();
}

// SAFETY: what is written are two words, the low half first.
unsafe impl WasmTy for V128 {
    const TYPE: ValType = ValType::V128;
    const WORDS: usize = 2;

    #[inline]
    unsafe fn load(_: &mut StoreOpaque, words: &[u64]) -> Self {
        Self::from(u128::from(words[1]) << 64 | u128::from(words[0]))
    }

    #[inline]
    fn store(self, _: &StoreOpaque, words: &mut [u64]) -> Result<()> {
        (words[0], words[1]) = (self.as_u128() as u64, (self.as_u128() >> 64) as u64);
        Ok(())
    }
}

/// References: how one is made of a word, and as what it is stored.
macro_rules! references {
    ($($ty:ty, $heap:ident: $store_:ident, $r:ident => $load:expr;)*) => { $(
        // SAFETY: what is written is a reference of that type, and of that store.
        unsafe impl WasmTy for Option<$ty> {
            const TYPE: ValType = ValType::Ref(RefType::null(HeapType::$heap));

            #[inline]
            unsafe fn load($store_: &mut StoreOpaque, words: &[u64]) -> Self {
                let $r = Ref(words[0]);
                $load
            }

            #[inline]
            fn store(self, store: &StoreOpaque, words: &mut [u64]) -> Result<()> {
                match self {
                    Some(value) => value.store(store, words),
                    None => {
                        words[0] = Ref::NULL.0;
                        Ok(())
                    }
                }
            }
        }

        // SAFETY: what is written is a reference of that type, not null, and of that store.
        unsafe impl WasmTy for $ty {
            const TYPE: ValType = ValType::Ref(RefType::non_null(HeapType::$heap));

            #[inline]
            unsafe fn load(store: &mut StoreOpaque, words: &[u64]) -> Self {
                // SAFETY: the caller's.
                unsafe { Option::<$ty>::load(store, words) }.expect("a type that excludes null")
            }

            #[inline]
            fn store(self, store: &StoreOpaque, words: &mut [u64]) -> Result<()> {
                words[0] = self.to_ref(store)?.0;
                Ok(())
            }
        }
    )* };
}

references! {
    // SAFETY: the caller's: a function of that store.
    Func, Func: store, r => r.as_func().map(|ptr| unsafe { Func::from_ptr(store.id(), ptr) });
    I31, I31: _store, r => r.as_i31().map(I31::wrapping_u32);
    NoFunc, NoFunc: _store, _r => None;
    NoExtern, NoExtern: _store, _r => None;
    NoneRef, None: _store, _r => None;
}

/// The same for what is rooted, in either way.
macro_rules! rooted {
    ($($name:ident $heap:ident)*) => {
        references! { $(
            Rooted<$name>, $heap: store, r => (!r.is_null()).then(|| Rooted::new(store, r));
            OwnedRooted<$name>, $heap: store, r => (!r.is_null()).then(|| OwnedRooted::new(store, r));
        )* }
    };
}

rooted! {
    ExternRef Extern
    ExnRef Exn
    AnyRef Any
    EqRef Eq
    StructRef Struct
    ArrayRef Array
}

impl Func {
    pub(crate) fn to_ref(self, store: &StoreOpaque) -> Result<Ref> {
        self.to_raw(store).ok_or_else(other_store)
    }
}

impl<T: GcRef> Rooted<T> {
    fn to_ref(self, store: &StoreOpaque) -> Result<Ref> {
        self.handle().raw(store)
    }
}

impl<T: GcRef> OwnedRooted<T> {
    fn to_ref(&self, store: &StoreOpaque) -> Result<Ref> {
        self.handle().raw(store)
    }
}

impl I31 {
    fn to_ref(self, _: &StoreOpaque) -> Result<Ref> {
        Ok(Ref::i31(self.get_u32()))
    }
}
