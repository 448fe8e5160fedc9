//! Calls that can stop half-way, and be told to go on.

use super::asynchronous::{Nested, advance, start};
use super::{Func, TypedFunc, WasmParams, WasmResults};
use crate::store::StoreOpaque;
use crate::val::{read_vals, write_vals};
use crate::{AsContextMut, Error, FuncType, Result, Val};
use std::any::Any;
use std::fmt;
use std::ptr::NonNull;
use terrane_interpreter::{Activation, ExecError, Progress, Suspension};
use terrane_runtime::HostOutcome;

/// What a resumable call has come to: see [`TypedFunc::call_resumable`].
#[derive(Debug)]
pub enum Resumable<R> {
    /// The function has returned.
    Finished(R),
    /// It has stopped half-way.
    Suspended(SuspendedCall<R>),
}

impl<R> Resumable<R> {
    /// The results, if it is finished.
    pub fn finished(self) -> Option<R> {
        match self {
            Self::Finished(results) => Some(results),
            Self::Suspended(_) => None,
        }
    }

    /// The call, if it has stopped.
    pub fn suspended(self) -> Option<SuspendedCall<R>> {
        match self {
            Self::Finished(_) => None,
            Self::Suspended(call) => Some(call),
        }
    }
}

/// Returned by a function of the host as its error, it suspends the resumable call in which the function was called:
/// the results of the function are asked for from whoever made the call, with the payload, which may be anything. To
/// any other call it is an error.
///
/// References in the payload should be [`OwnedRooted`](crate::OwnedRooted): the scope of the function's own ends.
pub struct Suspend(Box<dyn Any + Send + Sync>);

impl Suspend {
    /// With a payload.
    pub fn new(payload: impl Any + Send + Sync) -> Self {
        Self(Box::new(payload))
    }

    /// The payload, if it is a `P`.
    pub fn payload<P: Any>(&self) -> Option<&P> {
        self.0.downcast_ref()
    }

    /// The payload, if it is a `P`.
    ///
    /// # Errors
    /// Itself, if it is something else.
    pub fn into_payload<P: Any>(self) -> Result<P, Self> {
        self.0.downcast().map(|payload| *payload).map_err(Self)
    }
}

impl fmt::Debug for Suspend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suspend").finish_non_exhaustive()
    }
}

impl fmt::Display for Suspend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a function of the host wants to suspend a call that cannot be: use `call_resumable`")
    }
}

impl std::error::Error for Suspend {}

/// Why a call has stopped half-way.
#[derive(Debug)]
#[non_exhaustive]
pub enum SuspendedBy {
    /// There is not enough fuel for what comes next. Give the store more, and resume with no values.
    OutOfFuel {
        /// How much there must be, at least: otherwise the call stops again at once.
        required: u64,
    },
    /// It has run for as long as it may at a time: see
    /// [`Store::fuel_async_yield_interval`](crate::Store::fuel_async_yield_interval) and
    /// [`Store::epoch_deadline_async_yield_and_update`](crate::Store::epoch_deadline_async_yield_and_update). Resume with
    /// no values.
    Yield,
    /// A function of the host wants it. Resume with that function's results.
    Host(Suspend),
}

/// A call that has stopped half-way, and can go on: see [`TypedFunc::call_resumable`].
///
/// It keeps a stack for the guest's frames. Dropped, the call is over: its frames are forgotten, and nothing more
/// happens. The store may be used for anything else meanwhile, also for other resumable calls, and for collections,
/// which do not free what the frames hold.
pub struct SuspendedCall<R> {
    activation: Activation,
    func: Func,
    by: Option<SuspendedBy>,
    read: fn(&mut StoreOpaque, Func, &[u64]) -> R,
}

impl<R> SuspendedCall<R> {
    /// Why it has stopped; `None` when it is over.
    pub fn by(&self) -> Option<&SuspendedBy> {
        self.by.as_ref()
    }

    /// What the function of the host suspended it with, if one did and that is a `P`.
    pub fn payload<P: Any>(&self) -> Option<&P> {
        match &self.by {
            Some(SuspendedBy::Host(suspend)) => suspend.payload(),
            _ => None,
        }
    }

    /// Goes on, until the function returns or the call stops again; with `values`, the results of the function of the
    /// host that has suspended it, or nothing if it was something else that did. The results, if the function has
    /// returned; otherwise [`by`](Self::by) says why the call has stopped again.
    ///
    /// # Errors
    /// - [`ErrorKind::Usage`](crate::ErrorKind::Usage): the values are not as many, or not of the types, as the function
    ///   of the host has results; then the call still stands where it stood. Or the call is over.
    /// - As for [`TypedFunc::call`]. Then the call is over.
    ///
    /// # Panics
    /// If the call is of another store; and with whatever a host function panics that it calls.
    pub fn resume(&mut self, mut store: impl AsContextMut, values: &[Val]) -> Result<Option<R>> {
        let mut context = store.as_context_mut();
        context.opaque().check(self.func.store);
        let outcome = match &self.by {
            Some(SuspendedBy::Host(_)) => {
                let (func, slots) = self.activation.pending().expect("it waits for a function of the host");
                let ty = func.info().as_func().expect("a function has a function type");
                write_vals(context.opaque(), &ty.results, values, slots, "result")?;
                Some(HostOutcome::Done)
            }
            Some(_) if values.is_empty() => None,
            Some(_) => {
                return Err(Error::usage("expected no values to resume with: no function waits for them"));
            }
            None => return Err(over()),
        };
        self.go(context.opaque_ptr(), outcome)
    }

    /// Goes on as if the function of the host that has suspended it had failed with `error`: a
    /// [`ThrownException`](crate::ThrownException) may be caught by the guest, all else ends the call.
    ///
    /// # Errors
    /// As for [`resume`](Self::resume).
    ///
    /// # Panics
    /// As for [`resume`](Self::resume).
    pub fn resume_with_error(&mut self, mut store: impl AsContextMut, error: Error) -> Result<Option<R>> {
        let mut context = store.as_context_mut();
        context.opaque().check(self.func.store);
        match &self.by {
            Some(SuspendedBy::Host(_)) => (),
            Some(_) => return Err(Error::usage("no function of the host has suspended the call")),
            None => return Err(over()),
        }
        let outcome = super::host::failed(context.opaque_mut(), error, false);
        self.go(context.opaque_ptr(), Some(outcome))
    }

    fn go(&mut self, store: NonNull<StoreOpaque>, outcome: Option<HostOutcome>) -> Result<Option<R>> {
        // SAFETY: the store is the one in which it began; it stands still, and results are in place.
        self.run(store, |activation, _| unsafe { activation.resume(outcome) })
    }

    fn run(
        &mut self,
        store: NonNull<StoreOpaque>,
        run: impl FnOnce(&mut Activation, NonNull<StoreOpaque>) -> Result<Progress, ExecError>,
    ) -> Result<Option<R>> {
        let nested = Nested::new(store)?;
        self.by = None;
        let progress = advance(store, &mut self.activation, None, run)?;
        drop(nested);
        // SAFETY: *exclusive*: the guest stands still, and the caller has the store.
        let store = unsafe { &mut *store.as_ptr() };
        self.by = match progress {
            Progress::Done => return Ok(Some((self.read)(store, self.func, self.activation.slots()))),
            Progress::Suspended(Suspension::Fuel) => {
                Some(SuspendedBy::OutOfFuel { required: store.thread.fuel_needed() })
            }
            Progress::Suspended(Suspension::Yield) => Some(SuspendedBy::Yield),
            Progress::Suspended(Suspension::Host) => store.suspend.take().map(SuspendedBy::Host),
        };
        Ok(None)
    }

    /// Begins a call.
    fn begin(
        func: Func,
        slots: Box<[u64]>,
        store: NonNull<StoreOpaque>,
        read: fn(&mut StoreOpaque, Func, &[u64]) -> R,
    ) -> Result<Resumable<R>> {
        // SAFETY: *exclusive*: the caller has the store.
        let inst = unsafe { (*store.as_ptr()).runtime.func_ptr(func.addr) };
        let mut activation = Activation::new(inst, slots);
        activation.suspend_without_fuel();
        let mut call = Self { activation, func, by: None, read };
        // SAFETY: the function is of the store, and its arguments are of the right types, as the caller says.
        let results = call.run(store, |activation, store| unsafe { start(activation, store) })?;
        Ok(results.map_or_else(|| Resumable::Suspended(call), Resumable::Finished))
    }
}

#[cold]
fn over() -> Error {
    Error::usage("the call is over: it cannot be resumed")
}

impl<R> fmt::Debug for SuspendedCall<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SuspendedCall")
            .field("func", &self.func)
            .field("by", &self.by)
            .finish_non_exhaustive()
    }
}

impl Func {
    /// Calls it with `params`, as [`call`](Self::call) does; but the call may stop half-way, and go on later: see
    /// [`TypedFunc::call_resumable`].
    ///
    /// # Errors
    /// As for [`call`](Self::call).
    ///
    /// # Panics
    /// As for [`call`](Self::call).
    pub fn call_resumable(
        &self,
        mut store: impl AsContextMut,
        params: &[Val],
    ) -> Result<Resumable<Box<[Val]>>> {
        let mut context = store.as_context_mut();
        let slots = self.words_of(context.opaque(), params, None)?;
        SuspendedCall::begin(*self, slots, context.opaque_ptr(), |store, func, slots| {
            let ty = FuncType::from_def(&store.engine, store.runtime.func(func.addr).ty);
            let mut vals = Vec::with_capacity(ty.syntax().results.len());
            // SAFETY: these are the results of the function.
            unsafe { read_vals(store, &ty.syntax().results, slots, |_, val| vals.push(val)) };
            vals.into()
        })
    }
}

impl<Params: WasmParams, Results: WasmResults> TypedFunc<Params, Results> {
    /// Calls it, as [`call`](Self::call) does; but the call may stop half-way, and go on later. It stops when the fuel is
    /// used up, when it was told to let others have their turn, and when a function of the host returns [`Suspend`] as
    /// its error.
    ///
    /// Only this call stops: one that a function of the host makes with [`call`](Self::call) meanwhile ends with the
    /// [`Suspend`] as its error, as with any other. Asynchronous functions of the host cannot be called: for those there
    /// is [`call_async`](Self::call_async).
    ///
    /// # Errors
    /// As for [`call`](Self::call).
    ///
    /// # Panics
    /// As for [`call`](Self::call).
    ///
    /// ```
    /// use terrane::{Engine, Linker, Module, Resumable, Store, Suspend, Val};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module
    ///         (import "host" "ask" (func $ask (param i32) (result i32)))
    ///         (func (export "sum") (result i32)
    ///             (i32.add (call $ask (i32.const 1)) (call $ask (i32.const 2)))))"#,
    /// )?;
    /// let mut linker = Linker::new(&engine);
    /// linker.func_wrap("host", "ask", |question: i32| Err::<i32, _>(Suspend::new(question)))?;
    /// let mut store = Store::new(&engine, ());
    /// let sum = linker.instantiate(&mut store, &module)?.get_typed_func::<(), i32>(&mut store, "sum")?;
    ///
    /// let Resumable::Suspended(mut call) = sum.call_resumable(&mut store, ())? else { panic!("it asks") };
    /// assert_eq!(call.payload(), Some(&1));
    /// assert_eq!(call.resume(&mut store, &[Val::I32(40)])?, None);
    /// assert_eq!(call.payload(), Some(&2));
    /// assert_eq!(call.resume(&mut store, &[Val::I32(2)])?, Some(42));
    /// # Ok::<(), terrane::Error>(())
    /// ```
    pub fn call_resumable(&self, mut store: impl AsContextMut, params: Params) -> Result<Resumable<Results>> {
        let mut context = store.as_context_mut();
        let slots = self.words_of(context.opaque(), params)?;
        SuspendedCall::begin(*self.func(), slots, context.opaque_ptr(), |store, _, slots| {
            // SAFETY: these are the results of the function, which is of this type.
            unsafe { Results::load(store, slots) }
        })
    }
}
