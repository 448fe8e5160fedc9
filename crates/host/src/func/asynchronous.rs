//! Asynchronous calls: of functions of the host that are futures, from calls that are futures.
//!
//! A guest that calls such a function stops where it is when that is not done, and its call is pending: nobody waits
//! on a thread or a stack of the host's. Polled again, the call polls the function, and when that is done, the guest
//! goes on.
//!
//! Invariant *own-future*: the future of a host function, whose borrow of the store is not known to its type any more,
//! is only kept by the [`CallAsync`] in which it was made, which has the store borrowed for as long as it lives, and
//! uses it only to let the guest go on when the future is over.

use super::call::failure;
use super::host::{HostFunc, Site, failed, panicked};
use super::{Caller, Func, TypedFunc, WasmParams, WasmResults, WasmRet};
use crate::store::{StoreContextMut, StoreOpaque};
use crate::val::{arguments, read_vals, write_vals};
use crate::{AsContextMut, Engine, Error, FuncType, Result, Trap, Val};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use terrane_interpreter::{Activation, ExecError, Progress, Suspension};
use terrane_runtime::{FuncInst, HostCall, HostFn, HostOutcome, Store};

/// Writes the results of a function of the host to their words.
type WriteResults = Box<dyn FnOnce(&mut StoreOpaque, &mut [u64]) -> Result<()> + Send>;

/// A function of the host under way.
type HostFuture<'a> = Pin<Box<dyn Future<Output = WriteResults> + Send + 'a>>;

/// A function of the host that is not done yet, and the scope of references that it has begun.
pub(crate) struct PendingHost {
    future: HostFuture<'static>,
    scope: usize,
}

impl HostFunc {
    /// One that reads its arguments from the words they come in, and is a future then.
    fn of_future<T: 'static, F>(ty: FuncType, func: F) -> Self
    where
        F: for<'a> Fn(Caller<'a, T>, &[u64]) -> HostFuture<'a> + Send + Sync + 'static,
    {
        Self::of(ty, OfFuture { func, _data: PhantomData })
    }

    /// One of a closure over numbers and references that returns a future.
    pub(crate) fn wrap_async<T: 'static, Params, Ret, F>(engine: &Engine, func: F) -> Self
    where
        F: for<'a> Fn(Caller<'a, T>, Params) -> Box<dyn Future<Output = Ret> + Send + 'a>
            + Send
            + Sync
            + 'static,
        Params: WasmResults,
        Ret: WasmRet + Send + 'static,
    {
        let ty = super::into_func::func_type::<Params, Ret::Results>(engine);
        Self::of_future(ty, move |mut caller: Caller<'_, T>, slots| {
            // SAFETY: guests are valid, so arguments are of the parameters' types.
            let params = unsafe { Params::load(caller.opaque_mut(), slots) };
            let future = Pin::from(func(caller, params));
            Box::pin(async move {
                let ret = future.await;
                Box::new(move |store: &mut StoreOpaque, words: &mut [u64]| ret.store_ret(store, words)) as _
            })
        })
    }

    /// One of a closure over values that returns a future.
    pub(crate) fn new_async<T: Send + 'static, F>(ty: FuncType, func: F) -> Self
    where
        F: for<'a> Fn(
                Caller<'a, T>,
                &'a [Val],
                &'a mut [Val],
            ) -> Box<dyn Future<Output = Result<()>> + Send + 'a>
            + Send
            + Sync
            + 'static,
    {
        let (dynamic, func) = (ty.clone(), Arc::new(func));
        Self::of_future(ty, move |mut caller: Caller<'_, T>, slots| {
            let (ty, func) = (dynamic.clone(), func.clone());
            let mut vals = Vec::new();
            // SAFETY: guests are valid, so arguments are of the parameters' types.
            unsafe { arguments(caller.opaque_mut(), ty.syntax(), slots, &mut vals) };
            Box::pin(async move {
                let (params, results) = vals.split_at_mut(ty.syntax().params.len());
                let outcome = Pin::from(func(caller, params, results)).await;
                Box::new(move |store: &mut StoreOpaque, words: &mut [u64]| {
                    outcome?;
                    let sig = ty.syntax();
                    write_vals(store, &sig.results, &vals[sig.params.len()..], words, "result")
                }) as _
            })
        })
    }
}

/// A closure that returns a future, as stores have it.
struct OfFuture<T, F> {
    func: F,
    _data: PhantomData<fn(T)>,
}

impl<T: 'static, F> HostFn for OfFuture<T, F>
where
    F: for<'a> Fn(Caller<'a, T>, &[u64]) -> HostFuture<'a> + Send + Sync + 'static,
{
    fn call(&self, call: HostCall<'_>) -> HostOutcome {
        // SAFETY: *same-data*.
        let at = unsafe { Site::<T>::of(&call) };
        // SAFETY: *exclusive*.
        let context = unsafe { at.opaque() }.async_context.filter(|_| call.can_suspend);
        let Some(mut context) = context else {
            let message =
                "an asynchronous function of the host was called by a call that is not: use `call_async`";
            return HostOutcome::Error(Error::usage(message).into_boxed());
        };
        let begin = || {
            // SAFETY: *exclusive*: the guest that made the call waits, and holds no references.
            let store = unsafe { StoreContextMut::from_ptr(at.store) };
            let mut future = (self.func)(Caller::new(store, at.instance), call.slots);
            // SAFETY: whoever polls this call has put the context there for as long as that takes.
            let done = future.as_mut().poll(unsafe { context.as_mut() });
            // SAFETY: *own-future*; the closure outlives it, as the store has that as long as it lives.
            (done, unsafe { std::mem::transmute::<HostFuture<'_>, HostFuture<'static>>(future) })
        };
        let outcome = catch_unwind(AssertUnwindSafe(begin));
        // SAFETY: *exclusive*: the closure has ended, or waits.
        let store = unsafe { at.opaque() };
        match outcome {
            Ok((Poll::Pending, future)) => {
                store.pending_host = Some(Box::new(PendingHost { future, scope: at.scope }));
                HostOutcome::Pending
            }
            Ok((Poll::Ready(write), future)) => {
                drop(future);
                ended(store, at.scope, write, call.slots)
            }
            Err(payload) => {
                store.runtime.roots.close(at.scope);
                panicked(store, payload)
            }
        }
    }
}

/// How a function of the host has ended that was a future.
fn ended(store: &mut StoreOpaque, scope: usize, write: WriteResults, slots: &mut [u64]) -> HostOutcome {
    let result = write(store, slots);
    store.runtime.roots.close(scope);
    match result {
        Ok(()) => HostOutcome::Done,
        Err(error) => failed(store, error, false),
    }
}

/// A call that is a future: of the words of the results.
pub(crate) struct CallAsync<'a, T: 'static> {
    store: StoreContextMut<'a, T>,
    activation: Activation,
    state: State,
}

enum State {
    New,
    /// A function of the host is not done yet.
    Waiting(PendingHost),
    /// It was somebody else's turn.
    Yielded,
    Over,
}

impl<'a, T: 'static> CallAsync<'a, T> {
    /// A call of `func` with the arguments in `slots`.
    ///
    /// # Safety
    /// As for [`invoke`](super::invoke): the function is of the store, and the arguments of its parameters' types.
    pub(crate) unsafe fn new(
        store: StoreContextMut<'a, T>,
        func: NonNull<FuncInst>,
        slots: Box<[u64]>,
    ) -> Self {
        Self { store, activation: Activation::new(func, slots), state: State::New }
    }

    /// Lets the guest run.
    fn go(
        &mut self,
        context: &mut Context<'_>,
        run: impl FnOnce(&mut Activation, NonNull<StoreOpaque>) -> Result<Progress, ExecError>,
    ) -> Result<Progress> {
        let context = NonNull::from(context).cast::<Context<'static>>();
        advance(self.store.opaque_ptr(), &mut self.activation, Some(context), run)
    }

    /// Lets the function of the host go on that the guest waits for; how it has ended, if it has.
    fn poll_host(&mut self, mut pending: PendingHost, context: &mut Context<'_>) -> Poll<HostOutcome> {
        let polled = catch_unwind(AssertUnwindSafe(|| pending.future.as_mut().poll(context)));
        match polled {
            Ok(Poll::Pending) => {
                self.state = State::Waiting(pending);
                Poll::Pending
            }
            Ok(Poll::Ready(write)) => {
                drop(pending.future);
                let (_, slots) = self.activation.pending().expect("it waits for a function of the host");
                Poll::Ready(ended(self.store.opaque_mut(), pending.scope, write, slots))
            }
            Err(payload) => {
                self.store.opaque_mut().runtime.roots.close(pending.scope);
                resume_unwind(payload)
            }
        }
    }

    fn step(&mut self, context: &mut Context<'_>) -> Poll<Result<Progress>> {
        let progress = match std::mem::replace(&mut self.state, State::Over) {
            // SAFETY: as `new` demands; the context is of a store that is borrowed for this call.
            State::New => self.go(context, |activation, store| unsafe { start(activation, store) }),
            // SAFETY: as above; it stands still.
            State::Yielded => self.go(context, |activation, _| unsafe { activation.resume(None) }),
            State::Waiting(pending) => {
                let outcome = ready!(self.poll_host(pending, context));
                // SAFETY: as above; its results are in place.
                self.go(context, |activation, _| unsafe { activation.resume(Some(outcome)) })
            }
            State::Over => panic!("polled after it was over"),
        };
        Poll::Ready(progress)
    }
}

/// Begins a call.
///
/// # Safety
/// As for [`Activation::start`]: nobody else uses the store meanwhile.
pub(super) unsafe fn start(
    activation: &mut Activation,
    store: NonNull<StoreOpaque>,
) -> Result<Progress, ExecError> {
    let p = store.as_ptr();
    // SAFETY: the caller's. Only pointers to the parts are made: host functions will derive references.
    unsafe {
        let runtime: NonNull<Store> = NonNull::new_unchecked(&raw mut (*p).runtime);
        activation.start(runtime, NonNull::new_unchecked(&raw mut (*p).thread))
    }
}

/// A call that is nested in those under way, until it is dropped.
pub(super) struct Nested(NonNull<StoreOpaque>);

impl Nested {
    /// # Errors
    /// If there are too many of them, one inside the other.
    pub(super) fn new(mut store: NonNull<StoreOpaque>) -> Result<Self> {
        // SAFETY: *exclusive*: the caller has borrowed the store, for longer than this lives.
        unsafe { store.as_mut() }.enter()?;
        Ok(Self(store))
    }
}

impl Drop for Nested {
    fn drop(&mut self) {
        // SAFETY: as above.
        unsafe { self.0.as_mut() }.leave();
    }
}

/// Lets a guest run that can stop half-way; on behalf of an asynchronous call, if there is a context.
///
/// # Errors
/// If it traps, nobody catches an exception, or a host function fails.
pub(super) fn advance(
    store: NonNull<StoreOpaque>,
    activation: &mut Activation,
    context: Option<NonNull<Context<'static>>>,
    run: impl FnOnce(&mut Activation, NonNull<StoreOpaque>) -> Result<Progress, ExecError>,
) -> Result<Progress> {
    let p = store.as_ptr();
    // SAFETY: *exclusive*: the pointer is from a context that the caller has borrowed; no reference is held while the
    // guest runs.
    unsafe {
        let outer = std::mem::replace(&mut (*p).async_context, context);
        let result = run(activation, store);
        (*p).async_context = outer;
        result.map_err(|error| failure(&mut *p, error))
    }
}

impl<T: 'static> Future for CallAsync<'_, T> {
    type Output = Result<Box<[u64]>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        // Also what the functions of the host do that it waits for is nested in this call.
        let nested = Nested::new(this.store.opaque_ptr())?;
        let progress = ready!(this.step(context))?;
        drop(nested);
        match progress {
            Progress::Done => Poll::Ready(Ok(this.activation.take_slots())),
            Progress::Suspended(Suspension::Host) => {
                let pending = this.store.opaque_mut().pending_host.take();
                this.state = State::Waiting(*pending.expect("a future of the host is pending"));
                Poll::Pending
            }
            Progress::Suspended(Suspension::Yield) => {
                this.state = State::Yielded;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Progress::Suspended(Suspension::Fuel) => Poll::Ready(Err(Trap::AllFuelConsumed.into())),
        }
    }
}

impl<T: 'static> Drop for CallAsync<'_, T> {
    fn drop(&mut self) {
        if let State::Waiting(PendingHost { future, scope }) = std::mem::replace(&mut self.state, State::Over)
        {
            // It may use the store until it is gone.
            drop(future);
            self.store.opaque_mut().runtime.roots.close(scope);
        }
    }
}

impl Func {
    /// A function of the host from a closure over numbers and references that returns a future: see
    /// [`Linker::func_wrap_async`](crate::Linker::func_wrap_async).
    pub fn wrap_async<T: 'static, Params, Ret, F>(mut store: impl AsContextMut<Data = T>, func: F) -> Self
    where
        F: for<'a> Fn(Caller<'a, T>, Params) -> Box<dyn Future<Output = Ret> + Send + 'a>
            + Send
            + Sync
            + 'static,
        Params: WasmResults,
        Ret: WasmRet + Send + 'static,
    {
        let mut store = store.as_context_mut();
        HostFunc::wrap_async(store.engine(), func).alloc(store.opaque_mut())
    }

    /// A function of the host from a closure over values, those of `ty`, that returns a future.
    ///
    /// It can be called from asynchronous calls only: see [`TypedFunc::call_async`].
    ///
    /// # Panics
    /// If `ty` is of another engine.
    pub fn new_async<T: Send + 'static, F>(
        mut store: impl AsContextMut<Data = T>,
        ty: FuncType,
        func: F,
    ) -> Self
    where
        F: for<'a> Fn(
                Caller<'a, T>,
                &'a [Val],
                &'a mut [Val],
            ) -> Box<dyn Future<Output = Result<()>> + Send + 'a>
            + Send
            + Sync
            + 'static,
    {
        HostFunc::new_async(ty, func).alloc(store.as_context_mut().opaque_mut())
    }

    /// Calls it with `params`, and puts what it returns into `results`, as [`call`](Self::call) does; but functions of
    /// the host that it calls may be asynchronous: see [`TypedFunc::call_async`].
    ///
    /// # Errors
    /// As for [`call`](Self::call).
    ///
    /// # Panics
    /// As for [`call`](Self::call).
    pub async fn call_async(
        &self,
        mut store: impl AsContextMut<Data: Send>,
        params: &[Val],
        results: &mut [Val],
    ) -> Result<()> {
        let mut store = store.as_context_mut();
        let slots = self.words_of(store.opaque(), params, Some(results.len()))?;
        // SAFETY: `words_of` has looked.
        let call = unsafe { self.start_async(&mut store, slots) };
        let slots = call.await?;
        let info = store.opaque().runtime.func(self.addr).info_to_keep();
        let ty = info.as_func().expect("a function has a function type");
        // SAFETY: these are the results of the function.
        unsafe { read_vals(store.opaque_mut(), &ty.results, &slots, |i, val| results[i] = val) };
        Ok(())
    }

    /// # Safety
    /// The function is of the store, and the arguments in `slots` are of its parameters' types.
    pub(crate) unsafe fn start_async<'a, T: 'static>(
        self,
        store: &'a mut StoreContextMut<'_, T>,
        slots: Box<[u64]>,
    ) -> CallAsync<'a, T> {
        let func = store.opaque().runtime.func_ptr(self.addr);
        // SAFETY: the caller's.
        unsafe { CallAsync::new(store.as_context_mut(), func, slots) }
    }
}

impl<Params: WasmParams, Results: WasmResults> TypedFunc<Params, Results> {
    /// Calls it, as [`call`](Self::call) does; but functions of the host that it calls may be asynchronous
    /// ([`Linker::func_wrap_async`](crate::Linker::func_wrap_async)). While one of these is not done, the guest stands
    /// still, and so does this future: it takes no thread and no stack of the host's, and runs on any executor.
    ///
    /// Dropping the future ends the call: the function of the host that it waits for is dropped, and the guest's frames
    /// are forgotten. The store can be used as before.
    ///
    /// A guest that only computes does so in one go, unless it is told to let others have their turn, by
    /// [`Store::fuel_async_yield_interval`](crate::Store::fuel_async_yield_interval) or
    /// [`Store::epoch_deadline_async_yield_and_update`](crate::Store::epoch_deadline_async_yield_and_update).
    ///
    /// # Errors
    /// As for [`call`](Self::call).
    ///
    /// # Panics
    /// As for [`call`](Self::call).
    pub async fn call_async(
        &self,
        mut store: impl AsContextMut<Data: Send>,
        params: Params,
    ) -> Result<Results> {
        let mut store = store.as_context_mut();
        let slots = self.words_of(store.opaque(), params)?;
        // SAFETY: the function is of this type, by `check` and `words_of`.
        let call = unsafe { self.func().start_async(&mut store, slots) };
        let slots = call.await?;
        // SAFETY: these are the results of the function.
        Ok(unsafe { Results::load(store.opaque_mut(), &slots) })
    }
}
