//! Functions of guests and of the host.

mod asynchronous;
mod call;
mod caller;
mod host;
mod into_func;
mod resumable;
mod traced;
mod typed;
mod wasm_ty;

pub use caller::Caller;
pub use into_func::{IntoFunc, WasmRet};
pub use resumable::{Resumable, Suspend, SuspendedBy, SuspendedCall};
pub use typed::{TypedFunc, WasmParams, WasmResults};
pub use wasm_ty::{LiveNumber, WasmTy};

pub(crate) use asynchronous::{CallAsync, PendingHost};
pub(crate) use call::invoke;
pub(crate) use host::HostFunc;

use crate::store::StoreOpaque;
use crate::val::{read_vals, total_words, write_vals};
use crate::{AsContext, AsContextMut, Error, FuncType, Result, Val};
use std::ptr::NonNull;
use terrane_runtime::{FuncAddr, FuncInst, Ref, StoreId};

/// A function in a store: of a guest, or of the host.
///
/// It is a handle, `Copy`, and of use with its own store only.
///
/// ```
/// use terrane::{Engine, Func, Instance, Module, Store, Val};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "" "next" (func $next (param i32) (result i32)))
///         (func (export "after_next") (param i32) (result i32)
///             (call $next (call $next (local.get 0)))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let next = Func::wrap(&mut store, |x: i32| x + 1);
/// let instance = Instance::new(&mut store, &module, &[next.into()])?;
///
/// // Call it with values, their number and types checked with each call:
/// let after_next = instance.get_func(&mut store, "after_next").unwrap();
/// let mut results = [Val::I32(0)];
/// after_next.call(&mut store, &[Val::I32(5)], &mut results)?;
/// assert_eq!(results[0].i32(), Some(7));
///
/// // Or check once, and call with numbers:
/// let after_next = after_next.typed::<i32, i32>(&store)?;
/// assert_eq!(after_next.call(&mut store, 40)?, 42);
/// # Ok::<(), terrane::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Func {
    pub(crate) store: StoreId,
    pub(crate) addr: FuncAddr,
}

/// Up to so many words of arguments or results need no space of the store's.
const FEW: usize = 16;

impl Func {
    /// A function of the host from a closure that takes and returns values of any types: those of `ty`, which are
    /// checked.
    ///
    /// The results are zeros and nulls of their types when the closure is called, and must be of them when it
    /// returns.
    ///
    /// # Panics
    /// If `ty` is of another engine.
    ///
    /// ```
    /// use terrane::{Engine, Func, FuncType, Store, Val, ValType};
    ///
    /// let engine = Engine::default();
    /// let mut store = Store::new(&engine, ());
    /// let ty = FuncType::new(&engine, [ValType::I32, ValType::I32], [ValType::I32]);
    /// let sum = Func::new(&mut store, ty, |_caller, params, results| {
    ///     results[0] = Val::I32(params[0].unwrap_i32() + params[1].unwrap_i32());
    ///     Ok(())
    /// });
    /// assert_eq!(sum.typed::<(i32, i32), i32>(&store)?.call(&mut store, (40, 2))?, 42);
    /// # Ok::<(), terrane::Error>(())
    /// ```
    pub fn new<T: 'static>(
        mut store: impl AsContextMut<Data = T>,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        let host = HostFunc::new(ty, func);
        host.alloc(store.as_context_mut().opaque_mut())
    }

    /// A function of the host from a closure over numbers and references, from which its type is known: see
    /// [`IntoFunc`].
    pub fn wrap<T: 'static, Params, Results>(
        mut store: impl AsContextMut<Data = T>,
        func: impl IntoFunc<T, Params, Results>,
    ) -> Self {
        let mut store = store.as_context_mut();
        let host = func.into_func(store.engine());
        host.alloc(store.opaque_mut())
    }

    /// Its type.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn ty(&self, store: impl AsContext) -> FuncType {
        let store = store.as_context().opaque();
        store.check(self.store);
        FuncType::from_def(&store.engine, store.runtime.func(self.addr).ty)
    }

    /// Calls it with `params`, and puts what it returns into `results`, which must be as many.
    ///
    /// # Errors
    /// - [`ErrorKind::Usage`](crate::ErrorKind::Usage): the number or a type of `params`, or the number of
    ///   `results`, is not that of the function.
    /// - [`ErrorKind::Trap`](crate::ErrorKind::Trap): it trapped.
    /// - What a host function failed with that it called, unchanged.
    ///
    /// # Panics
    /// If it is of another store; and with whatever a host function panics that it calls.
    pub fn call(&self, mut store: impl AsContextMut, params: &[Val], results: &mut [Val]) -> Result<()> {
        let mut context = store.as_context_mut();
        let store = context.opaque();
        store.check(self.store);
        let inst = store.runtime.func_ptr(self.addr);
        let info = store.runtime.func(self.addr).info_to_keep();
        let ty = info.as_func().expect("a function has a function type");
        check_results(ty.results.len(), results.len())?;
        let len = total_words(&ty.params).max(total_words(&ty.results));
        let (mut few, mut many) = ([0; FEW], Vec::new());
        let slots = if len <= FEW {
            &mut few[..len]
        } else {
            many = context.opaque_mut().words.pop().unwrap_or_default();
            many.resize(len, 0);
            &mut many[..len]
        };
        let store = context.opaque();
        write_vals(store, &ty.params, params, slots, "argument")?;
        // SAFETY: the arguments are of the parameters' types, and the function is of the store.
        unsafe {
            invoke(context.opaque_ptr(), inst, slots)?;
            read_vals(context.opaque_mut(), &ty.results, slots, |i, val| results[i] = val);
        }
        if len > FEW {
            context.opaque_mut().words.push(many);
        }
        Ok(())
    }

    /// The words of these arguments, with room for the results; which must be so many, if that is given.
    ///
    /// # Errors
    /// If these are not the numbers and the types.
    ///
    /// # Panics
    /// If it is of another store.
    fn words_of(&self, store: &StoreOpaque, params: &[Val], results: Option<usize>) -> Result<Box<[u64]>> {
        store.check(self.store);
        let info = store.runtime.func(self.addr).info();
        let ty = info.as_func().expect("a function has a function type");
        check_results(ty.results.len(), results.unwrap_or(ty.results.len()))?;
        let mut slots = vec![0; total_words(&ty.params).max(total_words(&ty.results))].into_boxed_slice();
        write_vals(store, &ty.params, params, &mut slots, "argument")?;
        Ok(slots)
    }

    /// The same function, its type checked once and for all: [`TypedFunc`].
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage), if the function does not take `Params`, or does not return
    /// `Results`.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn typed<Params: WasmParams, Results: WasmResults>(
        &self,
        store: impl AsContext,
    ) -> Result<TypedFunc<Params, Results>> {
        let store = store.as_context().opaque();
        store.check(self.store);
        TypedFunc::check(*self, store)
    }

    /// As guests hold it, if it is of that store.
    #[inline]
    pub(crate) fn to_raw(self, store: &StoreOpaque) -> Option<Ref> {
        (self.store == store.id()).then(|| Ref::func(store.runtime.func_ptr(self.addr)))
    }

    /// The function at `ptr`.
    ///
    /// # Safety
    /// It is one of that store, which is there.
    #[inline]
    pub(crate) unsafe fn from_ptr(store: StoreId, ptr: NonNull<FuncInst>) -> Self {
        // SAFETY: the caller's.
        Self { store, addr: unsafe { ptr.as_ref() }.addr }
    }
}

/// Is there space for the results?
fn check_results(expected: usize, found: usize) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    Err(Error::usage(format_args!(
        "expected space for the results, which are {expected}, found space for {found}"
    )))
}
