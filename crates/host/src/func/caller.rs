//! What host functions know of who called them.

use crate::instance::{export_of, memory_of};
use crate::store::{StoreContext, StoreContextMut, StoreOpaque};
use crate::{AsContext, AsContextMut, Engine, Extern, GcHeapOutOfMemory, Interrupts, Result};
use terrane_runtime::ModuleAddr;

/// Whoever called a host function: its store, and the exports of its instance.
///
/// A closure given to [`Func::wrap`](crate::Func::wrap) or [`Linker::func_wrap`](crate::Linker::func_wrap) can take
/// it as its first argument. It leads to the store wherever a function asks for one, so a host function can call
/// guests, instantiate modules, and do everything else.
///
/// ```
/// use terrane::{Caller, Engine, Extern, Linker, Module, Result, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "host" "print" (func $print (param i32 i32)))
///         (memory (export "memory") 1)
///         (data (i32.const 8) "Hello!")
///         (func (export "run") (call $print (i32.const 8) (i32.const 6))))"#,
/// )?;
/// let mut linker = Linker::new(&engine);
/// linker.func_wrap("host", "print", |mut caller: Caller<'_, String>, at: u32, len: u32| -> Result<()> {
///     let memory = caller.get_export("memory").and_then(Extern::into_memory).expect("a memory");
///     let mut bytes = vec![0; len as usize];
///     memory.read(&caller, at as usize, &mut bytes)?;
///     caller.data_mut().push_str(&String::from_utf8(bytes)?);
///     Ok(())
/// })?;
/// let mut store = Store::new(&engine, String::new());
/// let instance = linker.instantiate(&mut store, &module)?;
/// instance.get_typed_func::<(), ()>(&mut store, "run")?.call(&mut store, ())?;
/// assert_eq!(store.data(), "Hello!");
/// # Ok::<(), terrane::Error>(())
/// ```
pub struct Caller<'a, T: 'static> {
    store: StoreContextMut<'a, T>,
    instance: Option<ModuleAddr>,
}

impl<'a, T: 'static> Caller<'a, T> {
    #[inline]
    pub(crate) fn new(store: StoreContextMut<'a, T>, instance: Option<ModuleAddr>) -> Self {
        Self { store, instance }
    }

    /// The same for a shorter time.
    #[inline]
    pub(crate) fn reborrow(&mut self) -> Caller<'_, T> {
        Caller { store: self.store.as_context_mut(), instance: self.instance }
    }

    #[inline]
    pub(crate) fn opaque(&self) -> &StoreOpaque {
        self.store.opaque()
    }

    #[inline]
    pub(crate) fn opaque_mut(&mut self) -> &mut StoreOpaque {
        self.store.opaque_mut()
    }

    /// The rest of the store, the host's data, and the calling instance.
    pub(crate) fn split(&mut self) -> (&mut StoreOpaque, &mut T, Option<ModuleAddr>) {
        let (store, data) = self.store.as_context_mut().split();
        (store, data, self.instance)
    }

    /// The calling instance's export of that name; `None` if there is none, or if the host made the call.
    pub fn get_export(&mut self, name: &str) -> Option<Extern> {
        export_of(self.store.opaque(), self.instance?, name)
    }

    /// The host's data.
    #[inline]
    pub fn data(&self) -> &T {
        self.store.data()
    }

    /// The host's data, to change it.
    #[inline]
    pub fn data_mut(&mut self) -> &mut T {
        self.store.data_mut()
    }

    /// The store's engine.
    pub fn engine(&self) -> &Engine {
        self.store.engine()
    }

    /// What may want the guest to stop, for a host function that waits for something.
    pub fn interrupts(&self) -> Interrupts {
        self.as_context().interrupts()
    }

    /// The first memory of the calling instance, whether it exports it or not; `None` if it has none, or if the
    /// host made the call.
    pub fn memory(&mut self) -> Option<Extern> {
        memory_of(self.store.opaque(), self.instance?)
    }

    /// How much fuel is left.
    ///
    /// # Errors
    /// If the engine is not configured to [`consume_fuel`](crate::Config::consume_fuel).
    pub fn get_fuel(&self) -> Result<u64> {
        self.store.get_fuel()
    }

    /// Takes fuel, as if the guest had used it up, so that a host function can charge for its work: how much is left.
    ///
    /// # Errors
    /// - [`Trap::AllFuelConsumed`](crate::Trap::AllFuelConsumed): there is less; nothing is left then.
    /// - If the engine is not configured to [`consume_fuel`](crate::Config::consume_fuel).
    pub fn consume_fuel(&mut self, fuel: u64) -> Result<u64> {
        self.store.consume_fuel(fuel)
    }

    /// How much fuel guests may use from now on.
    ///
    /// # Errors
    /// If the engine is not configured to [`consume_fuel`](crate::Config::consume_fuel).
    pub fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        self.store.set_fuel(fuel)
    }

    /// See [`Store::gc`](crate::Store::gc).
    ///
    /// # Errors
    /// None yet.
    pub fn gc(&mut self, why: Option<&GcHeapOutOfMemory<()>>) -> Result<()> {
        self.store.gc(why)
    }
}

impl<T: 'static> AsContext for Caller<'_, T> {
    type Data = T;

    #[inline]
    fn as_context(&self) -> StoreContext<'_, T> {
        self.store.as_context()
    }
}

impl<T: 'static> AsContextMut for Caller<'_, T> {
    #[inline]
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        self.store.as_context_mut()
    }
}
