//! Calls that stop half-way and go on: resumable ones, and asynchronous ones.

mod asynchronous;
mod later;
mod resumable;
mod turns;

use terrane::{Config, Engine, Instance, Linker, Module, Store};

/// An instance of a module in the text format, with what is in a linker.
fn instance<T: 'static>(linker: &Linker<T>, store: &mut Store<T>, text: &str) -> Instance {
    let module = Module::new(linker.engine(), text).unwrap();
    linker.instantiate(store, &module).unwrap()
}

/// An engine that collects at every allocation, so that nothing lives that should not by luck.
fn zealous() -> Engine {
    Engine::new(Config::new().gc_zeal_alloc_counter(std::num::NonZeroU32::new(1))).unwrap()
}
