//! Stopping running guests from elsewhere.

use std::fmt;
use std::sync::Arc;
use std::task::Waker;
use terrane_interpreter::{Interrupt, Thread, Watching};

/// Interrupts the guests of one store, from any thread.
///
/// ```
/// use std::time::Duration;
/// use terrane::{Config, Engine, Instance, Module, Store, Trap};
///
/// let engine = Engine::new(Config::new().epoch_interruption(true))?;
/// let module = Module::new(&engine, r#"(module (func (export "spin") (loop (br 0))))"#)?;
/// let mut store = Store::new(&engine, ());
/// let spin = Instance::new(&mut store, &module, &[])?.get_typed_func::<(), ()>(&store, "spin")?;
///
/// let handle = store.interrupt_handle()?;
/// std::thread::spawn(move || {
///     std::thread::sleep(Duration::from_millis(10));
///     handle.interrupt();
/// });
/// let error = spin.call(&mut store, ()).unwrap_err();
/// assert_eq!(error.downcast_ref(), Some(&Trap::Interrupt));
/// # Ok::<(), terrane::Error>(())
/// ```
#[derive(Clone)]
pub struct InterruptHandle(pub(super) Arc<Interrupt>);

impl InterruptHandle {
    pub(super) fn new(interrupt: Arc<Interrupt>) -> Self {
        Self(interrupt)
    }

    /// Makes the guest that runs, or else the next one, trap with [`Trap::Interrupt`](crate::Trap::Interrupt). One that
    /// waits for something in a shared memory is woken for that.
    pub fn interrupt(&self) {
        self.0.interrupt();
    }
}

impl fmt::Debug for InterruptHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InterruptHandle").finish_non_exhaustive()
    }
}

/// What may want the guests of a store to stop, for host functions that wait for something: see
/// [`Caller::interrupts`](crate::Caller::interrupts). The host alone cannot be interrupted; one that waits should look up
/// when it is told to, and return if the guest [is interrupted](Self::is_interrupted), which traps where it goes on then.
///
/// ```
/// use std::thread::{self, Thread};
/// use std::time::Duration;
/// use std::{sync::Arc, task::Wake};
/// use terrane::{Caller, Config, Engine, Linker, Module, Store, Trap};
///
/// struct Unpark(Thread);
///
/// impl Wake for Unpark {
///     fn wake(self: Arc<Self>) {
///         self.0.unpark();
///     }
/// }
///
/// let engine = Engine::new(Config::new().epoch_interruption(true))?;
/// let mut linker = Linker::new(&engine);
/// linker.func_wrap("host", "wait", |caller: Caller<'_, ()>| {
///     let interrupts = caller.interrupts();
///     let _watching = interrupts.watch(Arc::new(Unpark(thread::current())).into());
///     while !interrupts.is_interrupted() {
///         thread::park();
///     }
/// })?;
/// let module = Module::new(
///     &engine,
///     r#"(module (import "host" "wait" (func $wait)) (func (export "run") (call $wait) (loop (br 0))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let run = linker.instantiate(&mut store, &module)?.get_typed_func::<(), ()>(&store, "run")?;
/// let handle = store.interrupt_handle()?;
/// thread::spawn(move || {
///     thread::sleep(Duration::from_millis(10));
///     handle.interrupt();
/// });
/// assert_eq!(run.call(&mut store, ()).unwrap_err().downcast_ref(), Some(&Trap::Interrupt));
/// # Ok::<(), terrane::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Interrupts(terrane_interpreter::Interrupts);

impl Interrupts {
    pub(super) fn of(thread: &Thread) -> Self {
        Self(thread.interrupts())
    }

    /// Is the guest to stop, as somebody said so, or a deadline has passed? Deadlines are those that the store had when this
    /// was asked for.
    pub fn is_interrupted(&self) -> bool {
        self.0.is_interrupted()
    }

    /// Has `waker` woken whenever that may have changed, until what this returns is dropped. What has changed before is not
    /// told: look then. There is one waker at a time; the one before is back afterwards.
    pub fn watch(&self, waker: Waker) -> InterruptWatch<'_> {
        InterruptWatch(self.0.watch(waker))
    }
}

/// While it lives, a waker is woken: see [`Interrupts::watch`].
#[must_use = "nobody is woken any more when it is dropped"]
pub struct InterruptWatch<'i>(
    #[expect(dead_code, reason = "for what it does when it is dropped")] Watching<'i>,
);

impl fmt::Debug for InterruptWatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InterruptWatch").finish_non_exhaustive()
    }
}
