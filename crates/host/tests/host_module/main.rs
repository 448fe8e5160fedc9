//! Modules that the host writes.

mod asynchronous;
mod env;
mod globals;
mod items;
mod macros;
mod memories;
mod slices;
mod state;

use terrane::{Engine, HostModule, Instance, Linker, Module, Result, Store};

/// An instance of the module `text`, linked to a host module; and what holds that.
fn instantiate<T: 'static, M: HostModule<T>>(
    store: &mut Store<T>,
    module: M,
    text: &str,
) -> Result<(Instance, M::Handle)> {
    let engine = store.engine().clone();
    let mut linker = Linker::new(&engine);
    let handle = linker.host_module(module)?;
    let module = Module::new(&engine, text).expect("a valid module");
    Ok((linker.instantiate(store, &module)?, handle))
}

/// Calls the export `run`, which takes and returns nothing.
fn run<T: 'static>(store: &mut Store<T>, instance: Instance) -> Result<()> {
    instance.get_typed_func::<(), ()>(&mut *store, "run")?.call(store, ())
}

/// A store of an engine of its own.
fn store<T: 'static>(data: T) -> Store<T> {
    Store::new(&Engine::default(), data)
}
