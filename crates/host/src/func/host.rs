//! Functions of the host, before they are in a store; and the way from guests into them.
//!
//! Invariant *same-data*: a [`HostFunc`] made for the data type `T` is put only into stores of that data. The types
//! of `Func::new`, `Func::wrap` and `Linker<T>` see to it.

use super::traced::Traced;
use super::{Caller, Func, Suspend};
use crate::store::{StoreContextMut, StoreInner, StoreOpaque};
use crate::val::{arguments, total_words, write_vals};
use crate::{Engine, Error, FuncType, Result, Val};
use std::any::Any;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::Arc;
use terrane_runtime::{HostCall, HostFn, HostOutcome, ModuleAddr, Trap};

/// A function of the host that can be put into stores.
#[derive(Clone)]
pub struct HostFunc {
    pub(crate) ty: FuncType,
    host: Arc<dyn HostFn>,
}

impl HostFunc {
    /// One whose arguments and results are values.
    pub(crate) fn new<T: 'static>(
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        let dynamic = ty.clone();
        Self::of_slots(ty, move |caller, slots| with_vals(&dynamic, caller, slots, &func))
    }

    /// One that reads its arguments from the words they come in, and writes its results there.
    pub(crate) fn of_slots<T: 'static, F>(ty: FuncType, func: F) -> Self
    where
        F: Fn(Caller<'_, T>, &mut [u64]) -> Result<()> + Send + Sync + 'static,
    {
        Self::of(ty, OfSlots { func, _data: PhantomData })
    }

    pub(super) fn of(ty: FuncType, host: impl HostFn + 'static) -> Self {
        Self { ty, host: Arc::new(host) }
    }

    /// The same function for stores of that engine.
    ///
    /// # Panics
    /// If it takes or returns references to types that another engine has defined.
    pub(crate) fn for_engine(&self, engine: &Engine) -> Self {
        let mut func = self.clone();
        if !Engine::same(engine, &self.ty.engine) {
            func.ty = FuncType::new(engine, self.ty.params(), self.ty.results());
        }
        func
    }

    /// Puts it into a store.
    ///
    /// # Panics
    /// If it was made with another engine.
    pub(crate) fn alloc(&self, store: &mut StoreOpaque) -> Func {
        assert!(Engine::same(&self.ty.engine, &store.engine), "a function type of another engine");
        let sig = self.ty.syntax();
        let words = total_words(&sig.params).max(total_words(&sig.results));
        let (info, slots) = (self.ty.info.clone(), words as u32);
        let addr = if store.engine.config().tracing {
            let traced = Arc::new(Traced::new(self.host.clone()));
            let addr = store.runtime.alloc_host_func(info, slots, traced.clone());
            traced.set_addr(addr);
            addr
        } else {
            store.runtime.alloc_host_func(info, slots, self.host.clone())
        };
        Func { store: store.id(), addr }
    }

    /// The same, if it is not in the store already.
    pub(crate) fn alloc_once(&self, store: &mut StoreOpaque) -> Func {
        // The store keeps the closure, so its place stays its own.
        let place = Arc::as_ptr(&self.host).cast::<()>() as usize;
        if let Some(addr) = store.host_funcs.get(&place) {
            return Func { store: store.id(), addr: *addr };
        }
        let func = self.alloc(store);
        store.host_funcs.insert(place, func.addr);
        func
    }
}

/// A closure over words, as stores have it: of the data type nothing is left to see.
struct OfSlots<T, F> {
    func: F,
    _data: PhantomData<fn(T)>,
}

impl<T: 'static, F> HostFn for OfSlots<T, F>
where
    F: Fn(Caller<'_, T>, &mut [u64]) -> Result<()> + Send + Sync + 'static,
{
    #[inline]
    fn call(&self, call: HostCall<'_>) -> HostOutcome {
        // SAFETY: *same-data*.
        let at = unsafe { Site::<T>::of(&call) };
        let run = || {
            // SAFETY: *exclusive*: the guest that made the call waits, and holds no references.
            let store = unsafe { StoreContextMut::from_ptr(at.store) };
            (self.func)(Caller::new(store, at.instance), call.slots)
        };
        // What guests run on knows no unwinding. The closure's own state may be left half-way: as after any panic
        // that is caught, that is up to the closure. The store's is not.
        let outcome = catch_unwind(AssertUnwindSafe(run));
        // SAFETY: the closure has ended.
        let store = unsafe { at.opaque() };
        store.runtime.roots.close(at.scope);
        match outcome {
            Ok(Ok(())) => HostOutcome::Done,
            Ok(Err(error)) => failed(store, error, call.can_suspend),
            Err(payload) => panicked(store, payload),
        }
    }
}

/// Where a function of the host is called: the store, the instance, and the scope of references that it begins.
pub(super) struct Site<T: 'static> {
    pub(super) store: NonNull<StoreInner<T>>,
    pub(super) instance: Option<ModuleAddr>,
    pub(super) scope: usize,
}

impl<T: 'static> Site<T> {
    /// Begins a call.
    ///
    /// # Safety
    /// *same-data*: the store's data is a `T`.
    #[inline]
    pub(super) unsafe fn of(call: &HostCall<'_>) -> Self {
        // SAFETY: the store is there, and ours until we return: *exclusive*: the guest that made the call waits, and
        // holds no references. `Store::new` put this pointer there, which can be used for all of the store. The
        // instance is there as long as the store.
        unsafe {
            let store: NonNull<StoreInner<T>> =
                NonNull::new_unchecked((*call.store.as_ptr()).host_data.cast());
            let instance = call.caller.map(|inst| (*inst.as_ptr()).addr);
            let scope = (*store.as_ptr()).opaque.runtime.roots.open();
            Self { store, instance, scope }
        }
    }

    /// The store.
    ///
    /// # Safety
    /// *exclusive*: nobody else uses it meanwhile.
    #[inline]
    pub(super) unsafe fn opaque<'a>(&self) -> &'a mut StoreOpaque {
        // SAFETY: the caller's.
        unsafe { &mut (*self.store.as_ptr()).opaque }
    }
}

/// A panic of a closure: who called the guest goes on with it.
#[cold]
pub(super) fn panicked(store: &mut StoreOpaque, payload: Box<dyn Any + Send>) -> HostOutcome {
    store.panic = Some(payload);
    // Never seen.
    HostOutcome::Trap(Trap::Unreachable)
}

/// What a closure failed with: an exception of the store is one for guests too, and it may only want to wait.
#[cold]
pub(super) fn failed(store: &mut StoreOpaque, error: Error, can_suspend: bool) -> HostOutcome {
    if can_suspend && store.async_context.is_none() && error.is::<Suspend>() {
        store.suspend = error.downcast().ok();
        return HostOutcome::Pending;
    }
    match store.thrown_by(&error) {
        Some(raw) => {
            store.thrown = Some(error);
            HostOutcome::Exception(raw)
        }
        None => HostOutcome::Error(error.into_boxed()),
    }
}

/// Calls a closure over values with the words of its arguments.
fn with_vals<T: 'static>(
    ty: &FuncType,
    mut caller: Caller<'_, T>,
    slots: &mut [u64],
    func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()>,
) -> Result<()> {
    let sig = ty.syntax();
    debug_assert!(slots.len() >= total_words(&sig.params).max(total_words(&sig.results)));
    let store = caller.opaque_mut();
    // Taken for the time of the call: nested calls take others.
    let mut vals = store.vals.pop().unwrap_or_default();
    vals.clear();
    // SAFETY: guests are valid, so arguments are of the parameters' types.
    unsafe { arguments(store, sig, slots, &mut vals) };
    let (params, results) = vals.split_at_mut(sig.params.len());
    let outcome = func(caller.reborrow(), params, results)
        .and_then(|()| write_vals(caller.opaque(), &sig.results, results, slots, "result"));
    caller.opaque_mut().vals.push(vals);
    outcome
}
