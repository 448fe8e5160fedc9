//! Functions whose type is known to Rust.

use super::{Func, WasmTy, invoke};
use crate::store::StoreOpaque;
use crate::val::{Top, matches_ref, mismatch, ref_type_of, words};
use crate::{AsContextMut, Error, Result};
use std::fmt;
use std::marker::PhantomData;
use terrane_runtime::Ref;
use terrane_syntax::types::{FuncType, HeapType, RefType, ValType, match_reftype};

/// A function that takes `Params` and returns `Results`, as was checked when it was made by
/// [`Func::typed`] or [`Instance::get_typed_func`](crate::Instance::get_typed_func): a call only moves numbers.
///
/// `Params` is a [`WasmTy`] or a tuple of them; so is `Results`, `()` for none.
///
/// ```
/// use terrane::{Engine, Instance, Module, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module (func (export "div_rem") (param i32 i32) (result i32 i32)
///         (i32.div_u (local.get 0) (local.get 1))
///         (i32.rem_u (local.get 0) (local.get 1))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let div_rem = instance.get_typed_func::<(u32, u32), (u32, u32)>(&mut store, "div_rem")?;
/// assert_eq!(div_rem.call(&mut store, (17, 5))?, (3, 2));
///
/// let error = instance.get_typed_func::<u32, u32>(&mut store, "div_rem").unwrap_err();
/// assert_eq!(
///     format!("{error:#}"),
///     "`div_rem`: expected a function [i32] -> [i32], found [i32 i32] -> [i32 i32]",
/// );
/// # Ok::<(), terrane::Error>(())
/// ```
pub struct TypedFunc<Params, Results> {
    func: Func,
    /// Are there arguments whose types must be looked at in each call?
    dynamic: bool,
    _type: PhantomData<fn(Params) -> Results>,
}

impl<Params, Results> Clone for TypedFunc<Params, Results> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Params, Results> Copy for TypedFunc<Params, Results> {}

impl<Params, Results> fmt::Debug for TypedFunc<Params, Results> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedFunc").field(&self.func).finish()
    }
}

impl<Params, Results> From<TypedFunc<Params, Results>> for Func {
    fn from(typed: TypedFunc<Params, Results>) -> Self {
        typed.func
    }
}

impl<Params: WasmParams, Results: WasmResults> TypedFunc<Params, Results> {
    /// Checks that `func`, which is of that store, is of this type.
    pub(crate) fn check(func: Func, store: &StoreOpaque) -> Result<Self> {
        let info = store.engine.type_info(store.runtime.func(func.addr).ty);
        let found = info.as_func().expect("a function has a function type");
        let fits = Params::TYPES.len() == found.params.len()
            && Results::TYPES.len() == found.results.len()
            && Params::TYPES.iter().zip(&found.params).all(|(t, param)| may_match(store, *t, *param))
            && Results::TYPES.iter().zip(&found.results).all(|(t, result)| matches(store, *result, *t));
        if !fits {
            let expected = FuncType::new(Params::TYPES, Results::TYPES);
            return Err(Error::usage(format_args!("expected a function {expected}, found {found}")));
        }
        let mut params = Params::TYPES.iter().zip(&found.params);
        let dynamic = !params.all(|(t, param)| matches(store, *t, *param));
        Ok(Self { func, dynamic, _type: PhantomData })
    }

    /// The function without its type.
    pub fn func(&self) -> &Func {
        &self.func
    }

    /// Calls it.
    ///
    /// # Errors
    /// - [`ErrorKind::Trap`](crate::ErrorKind::Trap): it trapped.
    /// - What a host function failed with that it called, unchanged.
    /// - [`ErrorKind::Usage`](crate::ErrorKind::Usage): an argument refers into another store.
    ///
    /// # Panics
    /// If it is of another store; and with whatever a host function panics that it calls.
    #[inline]
    pub fn call(&self, mut store: impl AsContextMut, params: Params) -> Result<Results> {
        let mut store = store.as_context_mut();
        store.opaque().check(self.func.store);
        // As little to clear as possible: most functions have few parameters and results.
        match const { if Params::WORDS > Results::WORDS { Params::WORDS } else { Results::WORDS } } {
            0..=2 => self.call_in(&mut store, params, &mut [0; 2]),
            3..=8 => self.call_in(&mut store, params, &mut [0; 8]),
            _ => self.call_in(&mut store, params, &mut [0; 2 * MOST]),
        }
    }

    /// The words of arguments, with room for the results.
    ///
    /// # Errors
    /// If one refers into another store, or is not of its parameter's type.
    ///
    /// # Panics
    /// If the function is of another store.
    pub(super) fn words_of(&self, store: &StoreOpaque, params: Params) -> Result<Box<[u64]>> {
        store.check(self.func.store);
        let mut slots = vec![0; Params::WORDS.max(Results::WORDS)].into_boxed_slice();
        params.store(store, &mut slots)?;
        if self.dynamic {
            check_refs(store, self.func, &slots)?;
        }
        Ok(slots)
    }

    #[inline(always)]
    fn call_in(&self, store: &mut impl AsContextMut, params: Params, slots: &mut [u64]) -> Result<Results> {
        let mut context = store.as_context_mut();
        let func = context.opaque().runtime.func_ptr(self.func.addr);
        params.store(context.opaque(), slots)?;
        if self.dynamic {
            check_refs(context.opaque(), self.func, slots)?;
        }
        // SAFETY: the function is of the store and of this type, by `check` and `check_refs`; there is room for `WORDS` of both.
        unsafe {
            invoke(context.opaque_ptr(), func, slots)?;
            Ok(Results::load(context.opaque_mut(), slots))
        }
    }
}

/// May a value of type `t` be one of type `param`, which a look at it can tell? References of the same hierarchy may
/// be one of a type that was defined.
fn may_match(store: &StoreOpaque, t: ValType, param: ValType) -> bool {
    let heaps = match (t, param) {
        (ValType::Ref(t), ValType::Ref(param)) => Some((t.heap, param.heap)),
        _ => None,
    };
    let defined = heaps.filter(|(_, heap)| matches!(heap, HeapType::Def(_) | HeapType::ExactDef(_)));
    defined.is_some_and(|(t, heap)| Top::of(store, t) == Top::of(store, heap)) || matches(store, t, param)
}

/// Looks whether the references among the arguments are of the parameters' types.
#[cold]
fn check_refs(store: &StoreOpaque, func: Func, slots: &[u64]) -> Result<()> {
    let info = store.engine.type_info(store.runtime.func(func.addr).ty);
    let mut at = 0;
    for (i, param) in info.as_func().expect("a function has a function type").params.iter().enumerate() {
        if let ValType::Ref(rt) = *param {
            let found = ref_type_of(store, rt.heap, Ref(slots[at]));
            if !matches_ref(&store.engine, found, rt) {
                return Err(mismatch(format_args!("argument {i}"), rt, found));
            }
        }
        at += words(*param);
    }
    Ok(())
}

/// `t1 <: t2`, of closed types.
fn matches(store: &StoreOpaque, t1: ValType, t2: ValType) -> bool {
    match (t1, t2) {
        _ if t1 == t2 => true,
        (ValType::Ref(RefType { .. }), ValType::Ref(RefType { .. })) => {
            let (ValType::Ref(rt1), ValType::Ref(rt2)) = (t1, t2) else { return false };
            match_reftype(&*store.engine.types(), rt1, rt2)
        }
        _ => false,
    }
}

/// The most parameters or results that typed functions and closures can have.
pub(super) const MOST: usize = 16;

/// Parameters of a typed function: a [`WasmTy`], or a tuple of up to 16.
///
/// # Safety
/// Only this crate implements it.
pub unsafe trait WasmParams: Sized {
    /// The types of guests.
    #[doc(hidden)]
    const TYPES: &'static [ValType];

    /// Words they take.
    #[doc(hidden)]
    const WORDS: usize;

    /// Writes them to their words.
    ///
    /// # Errors
    /// If one belongs to another store.
    #[doc(hidden)]
    fn store(self, store: &StoreOpaque, words: &mut [u64]) -> Result<()>;
}

/// Results of a typed function: a [`WasmTy`], or a tuple of up to 16, `()` for none.
///
/// # Safety
/// Only this crate implements it.
pub unsafe trait WasmResults: WasmParams {
    /// Reads them from their words.
    ///
    /// # Safety
    /// They are there, and of these types and of that store.
    #[doc(hidden)]
    unsafe fn load(store: &mut StoreOpaque, words: &[u64]) -> Self;
}

// SAFETY: as for `T`.
unsafe impl<T: WasmTy> WasmParams for T {
    const TYPES: &'static [ValType] = &[T::TYPE];
    const WORDS: usize = T::WORDS;

    #[inline(always)]
    fn store(self, store: &StoreOpaque, words: &mut [u64]) -> Result<()> {
        WasmTy::store(self, store, words)
    }
}

// SAFETY: as for `T`.
unsafe impl<T: WasmTy> WasmResults for T {
    #[inline(always)]
    unsafe fn load(store: &mut StoreOpaque, words: &[u64]) -> Self {
        // SAFETY: the caller's.
        unsafe { <T as WasmTy>::load(store, words) }
    }
}

macro_rules! tuples {
    ($($t:ident)*) => {
        // SAFETY: each is written to the words behind those of the ones before.
        unsafe impl<$($t: WasmTy),*> WasmParams for ($($t,)*) {
            const TYPES: &'static [ValType] = &[$($t::TYPE),*];
            const WORDS: usize = 0 $(+ $t::WORDS)*;

            #[inline(always)]
            #[allow(non_snake_case, unused_variables, unused_mut, unused_assignments)]
            fn store(self, store: &StoreOpaque, words: &mut [u64]) -> Result<()> {
                let ($($t,)*) = self;
                let mut at = 0;
                $(
                    WasmTy::store($t, store, &mut words[at..at + $t::WORDS])?;
                    at += $t::WORDS;
                )*
                Ok(())
            }
        }

        // SAFETY: each is read from where it is written.
        unsafe impl<$($t: WasmTy),*> WasmResults for ($($t,)*) {
            #[inline(always)]
            #[allow(unused_variables, unused_mut, unused_assignments, clippy::unused_unit)]
            unsafe fn load(store: &mut StoreOpaque, words: &[u64]) -> Self {
                let mut at = 0;
                ($({
                    // SAFETY: the caller's.
                    let value = unsafe { <$t as WasmTy>::load(store, &words[at..at + $t::WORDS]) };
                    at += $t::WORDS;
                    value
                },)*)
            }
        }
    };
}

super::into_func::for_each_arity!(tuples);
