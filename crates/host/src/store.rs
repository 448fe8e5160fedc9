//! Stores: what instances live in, and the host's data beside them.
//!
//! Invariant *pinned-store*: a [`StoreInner`] stays where `Store::new` boxed it until the [`Store`] is dropped.
//! Every pointer to it is a copy of the one from then, and references derived from it end before a guest runs, so
//! host functions that a guest calls may derive new ones.
//!
//! Invariant *exclusive*: a context is made from a borrow of the store (or from another context, or for a host
//! function, whose guest waits), shared for [`StoreContext`] and exclusive for [`StoreContextMut`], and lasts no
//! longer. Whoever holds a pointer to the store holds it from such a context.

mod context;
mod deadline;
mod growth;
mod interrupt;
pub(crate) mod limits;
mod nesting;
mod timer;

pub use context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
pub use deadline::UpdateDeadline;
pub use growth::MemoryGrowth;
pub use interrupt::{InterruptHandle, InterruptWatch, Interrupts};
pub use limits::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};

use crate::func::PendingHost;
use crate::linker::Maker;
use crate::trace::{self, Tracer};
use crate::{
    Engine, Error, ExnRef, Extern, GcHeapOutOfMemory, Module, OwnedRooted, Result, Suspend, Trap, Val,
};
use deadline::Asked;
use growth::Listener;
use limits::{Adapter, Panicked};
use nesting::Nesting;
use smallvec::SmallVec;
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU64;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::Context;
use std::time::Instant;
use terrane_interpreter::Thread;
use terrane_runtime::{FuncAddr, Layout, OnGrow, StoreId};
use terrane_syntax::types::DefType;
use timer::Alarm;

/// Instances, everything they are made of, and the data of the host that its functions can get at.
///
/// All handles ([`Instance`](crate::Instance), [`Func`](crate::Func), [`Memory`](crate::Memory), …) belong to one
/// store, and what they stand for lives as long as it: nothing is freed before. Make a store per task, and drop it
/// with the task. To use a handle takes its store, so that there is no using it afterwards:
///
/// ```compile_fail,E0382
/// use terrane::{Memory, Store};
///
/// fn too_late(memory: Memory, store: Store<()>) -> u64 {
///     drop(store);
///     memory.size(&store)
/// }
/// ```
///
/// and to use it with another store panics, where it says so, or is an error.
///
/// ```
/// use terrane::{Caller, Engine, Func, Store};
///
/// let engine = Engine::default();
/// let mut store = Store::new(&engine, 40);
/// let add = Func::wrap(&mut store, |mut caller: Caller<'_, i32>, x: i32| *caller.data_mut() += x);
/// add.typed::<i32, ()>(&store)?.call(&mut store, 2)?;
/// assert_eq!(store.into_data(), 42);
/// # Ok::<(), terrane::Error>(())
/// ```
pub struct Store<T: 'static> {
    inner: NonNull<StoreInner<T>>,
    _owns: PhantomData<StoreInner<T>>,
}

/// What a store is, at a place of its own. In this order: a pointer to it is one to what does not depend on `T`.
#[repr(C)]
pub(crate) struct StoreInner<T> {
    pub(crate) opaque: StoreOpaque,
    pub(crate) data: T,
}

/// What of a store does not depend on the type of the host's data.
pub struct StoreOpaque {
    pub(crate) runtime: terrane_runtime::Store,
    pub(crate) thread: Thread,
    pub(crate) engine: Engine,
    nesting: Nesting,
    /// The modules that there are instances of, in the order of their places.
    pub(crate) modules: SmallVec<[Module; 2]>,
    /// By the place of their closure: functions of linkers that are in this store already.
    pub(crate) host_funcs: BTreeMap<usize, FuncAddr>,
    /// By the place of what made them: what host modules have, and is in this store already.
    pub(crate) host_items: BTreeMap<usize, (Maker, Extern)>,
    /// By type: how objects lie in memory that the host has made. They stay as long as the store.
    pub(crate) layouts: BTreeMap<DefType, Arc<Layout>>,
    /// Space for the values of calls that are not typed, and for their words: as much as was needed at once so far.
    pub(crate) vals: Vec<Vec<Val>>,
    pub(crate) words: Vec<Vec<u64>>,
    /// The exception that was thrown last, if it was not taken or caught.
    pub(crate) pending_exception: Option<OwnedRooted<ExnRef>>,
    /// The error as which it last came through the host: how it began.
    pub(crate) thrown: Option<Error>,
    /// Who is to be woken when a host function is to go on: while an asynchronous call goes on.
    pub(crate) async_context: Option<NonNull<Context<'static>>>,
    /// The host function that is not done yet, on its way to who waits for it.
    pub(crate) pending_host: Option<Box<PendingHost>>,
    /// Why a host function wants the call to stop, on its way to who made that.
    pub(crate) suspend: Option<Suspend>,
    /// What a host function panicked with, on its way to the host through guests.
    pub(crate) panic: Option<Box<dyn Any + Send>>,
    /// What the host's limiter or tracer panicked with, if one has.
    pub(crate) limiter: Panicked,
    /// Wakes guests at the deadline of the clock.
    alarm: Option<Box<Alarm>>,
}

// SAFETY: a store owns what is in it as a box would (*pinned-store*), and what does not depend on `T` is `Send`.
unsafe impl<T: Send> Send for Store<T> {}
// SAFETY: as above; through a shared store nothing is changed.
unsafe impl<T: Sync> Sync for Store<T> {}

impl<T: 'static> Store<T> {
    /// An empty store with the host's data.
    pub fn new(engine: &Engine, data: T) -> Self {
        let thread = Thread::new(engine.shared().clone());
        let mut runtime = terrane_runtime::Store::with_mem_config(engine.memory_config().clone());
        runtime.set_gc_zeal(engine.config().gc_zeal);
        let opaque = StoreOpaque {
            runtime,
            thread,
            engine: engine.clone(),
            nesting: Nesting::default(),
            modules: SmallVec::new(),
            host_funcs: BTreeMap::new(),
            host_items: BTreeMap::new(),
            layouts: BTreeMap::new(),
            vals: Vec::new(),
            words: Vec::new(),
            pending_exception: None,
            thrown: None,
            async_context: None,
            pending_host: None,
            suspend: None,
            panic: None,
            limiter: Panicked::default(),
            alarm: None,
        };
        let inner = NonNull::from(Box::leak(Box::new(StoreInner { opaque, data })));
        // SAFETY: just made, and nobody else knows of it.
        unsafe { (*inner.as_ptr()).opaque.runtime.host_data = inner.as_ptr().cast() };
        Self { inner, _owns: PhantomData }
    }

    /// The engine it was made with.
    pub fn engine(&self) -> &Engine {
        &self.opaque().engine
    }

    /// The host's data.
    pub fn data(&self) -> &T {
        // SAFETY: *exclusive*.
        unsafe { &(*self.inner.as_ptr()).data }
    }

    /// The host's data, to change it.
    pub fn data_mut(&mut self) -> &mut T {
        // SAFETY: *exclusive*.
        unsafe { &mut (*self.inner.as_ptr()).data }
    }

    /// Takes the store down, and returns the host's data.
    pub fn into_data(self) -> T {
        let inner = std::mem::ManuallyDrop::new(self).inner;
        // SAFETY: *pinned-store*: it came from a box, and `drop` does not run.
        let StoreInner { opaque, data } = *unsafe { Box::from_raw(inner.as_ptr()) };
        drop(opaque);
        data
    }

    pub(crate) fn opaque(&self) -> &StoreOpaque {
        // SAFETY: *exclusive*.
        unsafe { &(*self.inner.as_ptr()).opaque }
    }

    pub(crate) fn ptr(&self) -> NonNull<StoreInner<T>> {
        self.inner
    }

    /// Lets `limiter`, a part of the host's data, decide how large memories and tables may become, and how many
    /// there may be. The numbers of things are read now, the sizes are asked for as they come up.
    ///
    /// Without it, the limits of [`StoreLimits::default`] hold.
    pub fn limiter(
        &mut self,
        limiter: impl (FnMut(&mut T) -> &mut dyn ResourceLimiter) + Send + Sync + 'static,
    ) {
        let panicked = self.opaque().limiter.clone();
        let adapter = Adapter::new(self.inner, limiter, panicked);
        let mut context = self.as_context_mut();
        let store = context.opaque_mut();
        store.runtime.set_limiter(Box::new(adapter));
    }

    /// Calls `callback` whenever a memory of this store has grown, made to by a guest or by the host: to refresh
    /// [pointers](crate::Memory#when-a-memory-grows), to account for it, to log it. Whoever was called before is not called
    /// any more. Without it, nothing is lost.
    ///
    /// A memory that is shared may also be made to grow by [`SharedMemory::grow`](crate::SharedMemory::grow) or by another
    /// store, of which this one is not told.
    ///
    /// If it panics, the guest ends there, and the panic goes on in the host.
    ///
    /// ```
    /// use terrane::{Engine, Memory, MemoryType, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), 0);
    /// store.on_memory_grow(|total, growth| *total += growth.new_size - growth.old_size);
    /// let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
    /// memory.grow(&mut store, 2)?;
    /// assert_eq!(*store.data(), 131072);
    /// # Ok::<(), terrane::Error>(())
    /// ```
    pub fn on_memory_grow(&mut self, callback: impl FnMut(&mut T, MemoryGrowth) + Send + Sync + 'static) {
        let (id, panicked) = (self.opaque().id(), self.opaque().limiter.clone());
        let mut listener = Listener::new(self.inner, id, callback, panicked);
        let tell: OnGrow = Box::new(move |addr, mem, old_size| listener.tell(addr, mem, old_size));
        self.as_context_mut().opaque_mut().runtime.set_on_grow(Some(tell));
    }

    /// How much fuel is left.
    ///
    /// # Errors
    /// If the engine is not configured to [`consume_fuel`](crate::Config::consume_fuel).
    pub fn get_fuel(&self) -> Result<u64> {
        self.as_context().get_fuel()
    }

    /// How much fuel guests may use from now on. A store begins with none.
    ///
    /// # Errors
    /// If the engine is not configured to [`consume_fuel`](crate::Config::consume_fuel).
    ///
    /// ```
    /// use terrane::{Config, Engine, Instance, Module, Store, Trap};
    ///
    /// let engine = Engine::new(Config::new().consume_fuel(true))?;
    /// let module = Module::new(&engine, r#"(module (func (export "spin") (loop (br 0))))"#)?;
    /// let mut store = Store::new(&engine, ());
    /// store.set_fuel(1000)?;
    /// let spin = Instance::new(&mut store, &module, &[])?.get_typed_func::<(), ()>(&store, "spin")?;
    /// let error = spin.call(&mut store, ()).unwrap_err();
    /// assert_eq!(error.downcast_ref(), Some(&Trap::AllFuelConsumed));
    /// assert_eq!(store.get_fuel()?, 0);
    /// # Ok::<(), terrane::Error>(())
    /// ```
    pub fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        self.as_context_mut().set_fuel(fuel)
    }

    /// Takes fuel, as if guests had used it up: how much is left.
    ///
    /// # Errors
    /// - [`Trap::AllFuelConsumed`]: there is less; nothing is left then.
    /// - If the engine is not configured to [`consume_fuel`](crate::Config::consume_fuel).
    pub fn consume_fuel(&mut self, fuel: u64) -> Result<u64> {
        self.as_context_mut().consume_fuel(fuel)
    }

    /// Lets asynchronous and resumable calls stop whenever they have used up so much fuel, so that others have their
    /// turn, though there is more; `None`, which holds at first, for never.
    ///
    /// # Errors
    /// If the engine is not configured to [`consume_fuel`](crate::Config::consume_fuel), or `interval` is 0.
    pub fn fuel_async_yield_interval(&mut self, interval: Option<u64>) -> Result<()> {
        self.as_context_mut().fuel_async_yield_interval(interval)
    }

    /// Lets asynchronous and resumable calls stop at the [deadline](Self::set_epoch_deadline), rather than trap, so that
    /// others have their turn; the next deadline is `ticks` later, at least one. Other calls trap at the deadline as before.
    pub fn epoch_deadline_async_yield_and_update(&mut self, ticks: u64) {
        self.as_context_mut().epoch_deadline_async_yield_and_update(ticks);
    }

    /// Has guests trap with [`Trap::Interrupt`] when it is that late, also those that wait for something in a shared memory,
    /// and from then on until another deadline is set, or none. A thread of the process, asleep until then, sees to it.
    ///
    /// This is about time as clocks have it. The deadlines of epochs are about ticks, whose maker decides how long they
    /// are; they cost a store less, and one ticker serves all of an engine.
    ///
    /// # Errors
    /// If the engine is not configured for [`epoch_interruption`](crate::Config::epoch_interruption), or the host has no
    /// thread for it.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use terrane::{Config, Engine, Instance, Module, Store, Trap};
    ///
    /// let engine = Engine::new(Config::new().epoch_interruption(true))?;
    /// let module = Module::new(&engine, r#"(module (func (export "spin") (loop (br 0))))"#)?;
    /// let mut store = Store::new(&engine, ());
    /// let spin = Instance::new(&mut store, &module, &[])?.get_typed_func::<(), ()>(&store, "spin")?;
    /// store.set_deadline(Instant::now() + Duration::from_millis(10))?;
    /// assert_eq!(spin.call(&mut store, ()).unwrap_err().downcast_ref(), Some(&Trap::Interrupt));
    /// store.set_deadline(None)?;
    /// # Ok::<(), terrane::Error>(())
    /// ```
    pub fn set_deadline(&mut self, deadline: impl Into<Option<Instant>>) -> Result<()> {
        self.as_context_mut().opaque_mut().set_deadline(deadline.into())
    }

    /// Has guests trap with [`Trap::Interrupt`] at the [deadline](Self::set_epoch_deadline), as they do if nothing else is
    /// said.
    pub fn epoch_deadline_trap(&mut self) {
        self.as_context_mut().epoch_deadline_trap();
    }

    /// Has guests ask `callback` at the [deadline](Self::set_epoch_deadline) what to do. Like a function of the host it may
    /// call guests and do everything else; if one of these reaches a deadline meanwhile, it traps. An error ends the guest
    /// and comes back from the call unchanged, and a panic goes on there.
    ///
    /// ```
    /// use terrane::{Config, Engine, Instance, Module, Store, Trap, UpdateDeadline};
    ///
    /// let engine = Engine::new(Config::new().epoch_interruption(true))?;
    /// let module = Module::new(&engine, r#"(module (func (export "spin") (loop (br 0))))"#)?;
    /// let mut store = Store::new(&engine, 0);
    /// store.set_epoch_deadline(0);
    /// store.epoch_deadline_callback(|mut store| {
    ///     *store.data_mut() += 1;
    ///     Ok(if *store.data() < 3 { UpdateDeadline::Continue(1) } else { UpdateDeadline::Interrupt })
    /// });
    /// let spin = Instance::new(&mut store, &module, &[])?.get_typed_func::<(), ()>(&store, "spin")?;
    /// std::thread::spawn(move || (0..9).for_each(|_| {
    ///     std::thread::sleep(std::time::Duration::from_millis(1));
    ///     engine.increment_epoch();
    /// }));
    /// assert!(spin.call(&mut store, ()).unwrap_err().is::<Trap>());
    /// assert_eq!(*store.data(), 3);
    /// # Ok::<(), terrane::Error>(())
    /// ```
    pub fn epoch_deadline_callback(
        &mut self,
        callback: impl FnMut(StoreContextMut<'_, T>) -> Result<UpdateDeadline> + Send + Sync + 'static,
    ) {
        let mut asked = Asked { store: self.inner, callback };
        self.as_context_mut().opaque_mut().thread.set_on_deadline(Box::new(move || asked.ask()));
    }

    /// Lets guests be interrupted when [`Engine::increment_epoch`] has been called `ticks` times from now on, also those
    /// that wait for something in a shared memory. A store has no deadline until one is set.
    pub fn set_epoch_deadline(&mut self, ticks: u64) {
        self.as_context_mut().set_epoch_deadline(ticks);
    }

    /// Frees every structure, array, exception and value of the host that neither guests nor the host can reach. The
    /// collector also runs by itself, when so much was allocated that it is worth it; `why`, an allocation that
    /// failed, is of no consequence yet.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use terrane::{Engine, ExternRef, RootScope, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let value = Arc::new("a value of the host");
    /// ExternRef::new(&mut RootScope::new(&mut store), value.clone())?;
    /// assert_eq!(Arc::strong_count(&value), 2);
    /// store.gc(None)?;
    /// assert_eq!(Arc::strong_count(&value), 1);
    /// # Ok::<(), terrane::Error>(())
    /// ```
    ///
    /// # Errors
    /// None yet.
    pub fn gc(&mut self, why: Option<&GcHeapOutOfMemory<()>>) -> Result<()> {
        self.as_context_mut().gc(why)
    }

    /// How many bytes the heap of structures, arrays and exceptions takes.
    pub fn gc_heap_size(&self) -> u64 {
        self.opaque().runtime.gc_heap_size()
    }

    /// Has `tracer` told what the guests of this store do, from now on, instead of the one before.
    ///
    /// # Errors
    /// If the engine is not configured for [`tracing`](crate::Config::tracing).
    pub fn set_tracer(&mut self, tracer: Box<dyn Tracer>) -> Result<()> {
        if !self.engine().config().tracing {
            return Err(Error::usage("tracing is not configured: see Config::tracing"));
        }
        let store = self.inner.cast();
        let mut context = self.as_context_mut();
        let opaque = context.opaque_mut();
        let adapter = trace::Adapter::new(tracer, store, opaque.id(), opaque.limiter.clone());
        opaque.thread.set_tracer(Some(Box::new(adapter)));
        Ok(())
    }

    /// The tracer, to look at it.
    pub fn tracer_mut(&mut self) -> Option<&mut dyn Tracer> {
        // SAFETY: *exclusive*.
        let opaque = unsafe { &mut (*self.inner.as_ptr()).opaque };
        let adapter: &mut dyn Any = opaque.thread.tracer_mut()?;
        adapter.downcast_mut::<trace::Adapter>().map(trace::Adapter::tracer_mut)
    }

    /// Takes the tracer away: nobody is told any more.
    pub fn take_tracer(&mut self) -> Option<Box<dyn Tracer>> {
        let adapter: Box<dyn Any> = self.as_context_mut().opaque_mut().thread.set_tracer(None)?;
        adapter.downcast::<trace::Adapter>().ok().map(|adapter| adapter.into_tracer())
    }

    /// A handle that interrupts this store's guests, from any thread.
    ///
    /// # Errors
    /// If the engine is not configured for [`epoch_interruption`](crate::Config::epoch_interruption).
    pub fn interrupt_handle(&self) -> Result<InterruptHandle> {
        self.opaque().interrupt_handle()
    }
}

/// With an engine of its own.
impl<T: Default + 'static> Default for Store<T> {
    fn default() -> Self {
        Self::new(&Engine::default(), T::default())
    }
}

impl<T: 'static> Drop for Store<T> {
    fn drop(&mut self) {
        // SAFETY: *pinned-store*: it came from a box, and only `into_data`, which keeps this from running, frees it
        // otherwise.
        drop(unsafe { Box::from_raw(self.inner.as_ptr()) });
    }
}

impl<T: fmt::Debug> fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("data", self.data()).finish_non_exhaustive()
    }
}

impl StoreOpaque {
    pub(crate) fn id(&self) -> StoreId {
        self.runtime.id()
    }

    /// Is `id` this store? If not, a handle is used with a store that it does not belong to.
    #[inline]
    #[track_caller]
    pub(crate) fn check(&self, id: StoreId) {
        if id != self.runtime.id() {
            wrong_store();
        }
    }

    pub(crate) fn get_fuel(&self) -> Result<u64> {
        self.check_fuel()?;
        Ok(self.thread.fuel())
    }

    pub(crate) fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        self.check_fuel()?;
        self.thread.set_fuel(fuel);
        Ok(())
    }

    /// The error for something that is more than the store may have: the limiter's own, or else `otherwise`.
    ///
    /// # Panics
    /// If the limiter did.
    pub(crate) fn refused(&mut self, otherwise: impl FnOnce() -> Error) -> Error {
        self.limiter.resume();
        self.runtime.take_refusal().map_or_else(otherwise, Error::from_boxed)
    }

    /// The error for `what` could not be made.
    pub(crate) fn not_made(&mut self, trap: Trap, what: &str) -> Error {
        self.refused(|| match trap {
            Trap::MemoryAllocationFailed => Error::from(trap)
                .context(format_args!("the store's limits or the host's memory do not allow {what}")),
            _ => trap.into(),
        })
    }

    pub(crate) fn set_fuel_interval(&mut self, interval: Option<u64>) -> Result<()> {
        self.check_fuel()?;
        let interval = interval.map(|n| {
            NonZeroU64::new(n).ok_or_else(|| Error::usage("the fuel to use up at a time must not be 0"))
        });
        self.thread.set_fuel_interval(interval.transpose()?);
        Ok(())
    }

    pub(crate) fn consume_fuel(&mut self, fuel: u64) -> Result<u64> {
        let left = self.get_fuel()?.checked_sub(fuel);
        self.set_fuel(left.unwrap_or(0))?;
        Ok(left.ok_or(Trap::AllFuelConsumed)?)
    }

    fn check_fuel(&self) -> Result<()> {
        if self.engine.config().consume_fuel {
            return Ok(());
        }
        Err(Error::usage("fuel is not configured: see Config::consume_fuel"))
    }

    pub(crate) fn set_epoch_deadline(&mut self, ticks: u64) {
        if !self.engine.config().epoch_interruption {
            return;
        }
        self.thread.set_deadline(self.engine.epoch().now().saturating_add(ticks));
    }

    fn set_deadline(&mut self, deadline: Option<Instant>) -> Result<()> {
        let interrupt = self.interrupt_handle()?.0;
        self.thread.set_time_limit(deadline);
        let Some(at) = deadline else {
            self.alarm = None;
            return Ok(());
        };
        self.alarm = Alarm::new(at, &interrupt).map(Box::new);
        match &self.alarm {
            Some(_) => Ok(()),
            None => Err(Error::usage("there is no thread to look at the clock")),
        }
    }

    fn interrupt_handle(&self) -> Result<InterruptHandle> {
        if !self.engine.config().epoch_interruption {
            return Err(Error::usage("interruption is not configured: see Config::epoch_interruption"));
        }
        Ok(InterruptHandle::new(self.thread.interrupt_handle()))
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn wrong_store() -> ! {
    panic!("a handle was used with another store than the one it belongs to")
}
