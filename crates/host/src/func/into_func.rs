//! Closures as functions of the host.

use super::host::HostFunc;
use super::{Caller, WasmParams, WasmTy};
use crate::store::StoreOpaque;
use crate::{Engine, Error, FuncType, Result, ValType};

/// Hands the macro `$consumer` the type variables of each number of parameters or results, 0 to 16.
macro_rules! for_each_arity {
    ($consumer:ident) => {
        $consumer!();
        $consumer!(A1);
        $consumer!(A1 A2);
        $consumer!(A1 A2 A3);
        $consumer!(A1 A2 A3 A4);
        $consumer!(A1 A2 A3 A4 A5);
        $consumer!(A1 A2 A3 A4 A5 A6);
        $consumer!(A1 A2 A3 A4 A5 A6 A7);
        $consumer!(A1 A2 A3 A4 A5 A6 A7 A8);
        $consumer!(A1 A2 A3 A4 A5 A6 A7 A8 A9);
        $consumer!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10);
        $consumer!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11);
        $consumer!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12);
        $consumer!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13);
        $consumer!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14);
        $consumer!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15);
        $consumer!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16);
    };
}
pub(super) use for_each_arity;

/// A closure that can be a function of the host: of up to 16 [`WasmTy`], with or without a [`Caller`] before them,
/// that returns a [`WasmRet`].
pub trait IntoFunc<T, Params, Results>: Send + Sync + 'static {
    /// The function, for stores of an engine.
    #[doc(hidden)]
    fn into_func(self, engine: &Engine) -> HostFunc;
}

/// What a closure that is a function of the host can return: nothing, a [`WasmTy`], a tuple of up to 16, or a
/// `Result` with one of these and any error.
#[diagnostic::on_unimplemented(
    message = "a function of the host cannot return `{Self}` to guests",
    label = "expected `()`, a `WasmTy`, a tuple of them, or a `Result` of one of these and an error"
)]
pub trait WasmRet: Sized {
    /// What it is if it is no error.
    #[doc(hidden)]
    type Results: WasmParams;

    /// Writes the results to their words.
    ///
    /// # Errors
    /// If it is an error, or refers into another store.
    #[doc(hidden)]
    fn store_ret(self, store: &StoreOpaque, words: &mut [u64]) -> Result<()>;
}

impl<R: WasmTy> WasmRet for R {
    type Results = R;

    #[inline(always)]
    fn store_ret(self, store: &StoreOpaque, words: &mut [u64]) -> Result<()> {
        WasmTy::store(self, store, words)
    }
}

impl<R: WasmRet, E: Into<Error>> WasmRet for Result<R, E> {
    type Results = R::Results;

    #[inline(always)]
    fn store_ret(self, store: &StoreOpaque, words: &mut [u64]) -> Result<()> {
        match self {
            Ok(results) => results.store_ret(store, words),
            Err(error) => Err(error.into()),
        }
    }
}

pub(super) fn func_type<Params: WasmParams, Results: WasmParams>(engine: &Engine) -> FuncType {
    let types = |types: &'static [terrane_syntax::types::ValType]| {
        types.iter().map(|t| ValType::from_syntax(engine, *t))
    };
    FuncType::new(engine, types(Params::TYPES), types(Results::TYPES))
}

macro_rules! tuple_rets {
    ($($t:ident)*) => {
        impl<$($t: WasmTy),*> WasmRet for ($($t,)*) {
            type Results = Self;

            #[inline(always)]
            fn store_ret(self, store: &StoreOpaque, words: &mut [u64]) -> Result<()> {
                WasmParams::store(self, store, words)
            }
        }
    };
}

macro_rules! closures {
    ($($t:ident)*) => {
        impl<T: 'static, F, $($t: WasmTy,)* R: WasmRet> IntoFunc<T, ($($t,)*), R> for F
        where
            F: Fn($($t),*) -> R + Send + Sync + 'static,
        {
            #[allow(non_snake_case)]
            fn into_func(self, engine: &Engine) -> HostFunc {
                let with_caller = move |_: Caller<'_, T>, $($t: $t),*| self($($t),*);
                IntoFunc::<T, (Caller<'_, T>, $($t,)*), R>::into_func(with_caller, engine)
            }
        }

        impl<T: 'static, F, $($t: WasmTy,)* R: WasmRet> IntoFunc<T, (Caller<'_, T>, $($t,)*), R> for F
        where
            F: Fn(Caller<'_, T>, $($t),*) -> R + Send + Sync + 'static,
        {
            #[allow(non_snake_case, unused_variables, unused_mut, unused_assignments)]
            fn into_func(self, engine: &Engine) -> HostFunc {
                let ty = func_type::<($($t,)*), R::Results>(engine);
                HostFunc::of_slots(ty, move |mut caller: Caller<'_, T>, slots: &mut [u64]| {
                    let mut at = 0;
                    $(
                        // SAFETY: guests are valid, so arguments are of the parameters' types.
                        let $t = unsafe { $t::load(caller.opaque_mut(), &slots[at..at + $t::WORDS]) };
                        at += $t::WORDS;
                    )*
                    let ret = self(caller.reborrow(), $($t),*);
                    ret.store_ret(caller.opaque(), slots)
                })
            }
        }
    };
}

for_each_arity!(tuple_rets);
for_each_arity!(closures);
