//! Every engine behind one small trait, one file per engine.
//!
//! All are given their fastest settings that still validate and sandbox: see the head of each file. All compile on
//! one thread, none has fuel or interruption switched on.

mod terrane;
mod tinywasm;
#[cfg(feature = "wasm3")]
mod wasm3;
mod wasmi;
mod wasmtime;

use crate::module::Wasm;
use crate::{Failure, Result};

/// When function bodies are validated and brought into the engine's own form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// All of it before the module is ready.
    Eager,
    /// Validated at once, lowered at the first call.
    LazyLowering,
    /// Both at the first call.
    Lazy,
}

impl Mode {
    pub(crate) const ALL: [Self; 3] = [Self::Eager, Self::LazyLowering, Self::Lazy];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Eager => "eager",
            Self::LazyLowering => "lazy lowering",
            Self::Lazy => "lazy",
        }
    }

    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

/// What the benchmark knows of an engine before it starts one.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// Name and version of the crate it comes from.
    pub(crate) version: &'static str,
    /// How it is configured, in one line.
    pub(crate) settings: String,
    /// The modes it has; it executes in the first.
    pub(crate) modes: &'static [Mode],
    pub(crate) open: fn(Mode) -> Result<Box<dyn Engine>>,
    /// Decodes and validates without compiling, where the engine's API can do that.
    pub(crate) validate: Option<Validate>,
}

/// Decodes and validates a module, and keeps nothing.
pub(crate) type Validate = fn(&[u8]) -> Result;

/// A configured engine, able to load modules.
pub(crate) trait Engine {
    /// From bytes to something that can be instantiated.
    fn load(&self, wasm: &Wasm) -> Result<Box<dyn Module>>;
}

/// A loaded module.
pub(crate) trait Module {
    /// Makes an instance in a store of its own. [`host_function`] answers the import `env.host`; a call to any other import traps.
    fn instantiate(&self) -> Result<Box<dyn Instance>>;
}

/// An instance with its store.
pub(crate) trait Instance {
    /// Calls the export `run`.
    fn run(&mut self, n: i32) -> Result<i64>;

    /// Calls the typed export `step` so many times, each with the result before.
    fn step(&mut self, times: u32) -> Result<i32>;
}

/// What the import `env.host` does on every engine.
pub(crate) fn host_function(x: i32) -> i32 {
    x.wrapping_mul(3) ^ 0x55
}

/// Whether an import is the one that [`host_function`] answers.
fn is_host_function(module: &str, name: &str) -> bool {
    (module, name) == ("env", "host")
}

/// The message of a trap in an import that only stands in for the real one.
const STUB: &str = "this import only stands in for the real one";

/// An engine's error as ours: only its text matters here.
fn failed(error: impl std::fmt::Display) -> Failure {
    format!("{error:#}").into()
}

/// All engines of this build, in the order of the tables' columns.
pub(crate) fn all() -> Vec<Peer> {
    vec![
        terrane::peer(),
        wasmi::peer(),
        #[cfg(feature = "wasm3")]
        wasm3::peer(),
        tinywasm::peer(),
        wasmtime::pulley(),
        wasmtime::cranelift(),
    ]
}
