//! Stopping running guests from elsewhere.

use std::fmt;
use std::sync::Arc;
use terrane_interpreter::Interrupt;

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
