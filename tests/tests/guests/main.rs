//! Real programs, each against what it does elsewhere.

mod kotlin;
mod lisp;
mod rabin;
mod text;
mod wasi;

use terrane::{CompilationMode, Config, Engine, Store};

/// Engines of all modes, and one whose guests use up fuel and can be interrupted.
fn engines() -> Vec<Engine> {
    let modes = [CompilationMode::Eager, CompilationMode::LazyLowering, CompilationMode::Lazy];
    let mut configs = modes.map(|mode| Config::new().compilation_mode(mode).clone()).to_vec();
    configs.push(Config::new().consume_fuel(true).epoch_interruption(true).clone());
    configs.iter().map(|config| Engine::new(config).expect("a valid configuration")).collect()
}

/// A store of that engine, with fuel enough where fuel counts; elsewhere, giving it some is an error.
fn store<T>(engine: &Engine, data: T) -> Store<T> {
    let mut store = Store::new(engine, data);
    let _ = store.set_fuel(u64::MAX);
    store
}
