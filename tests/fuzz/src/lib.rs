//! Random modules, for each layer by itself and for the whole beside another engine.
//!
//! [`targets`] are functions of bytes that must not panic: what `cargo fuzz` calls (`tests/fuzz/targets`), and tests.
//! [`differential`] runs modules that `wasm-smith` makes of random bytes here and in wasmtime, and compares all that a
//! host can see of them: `cargo xtask fuzz differential`.

#[cfg(feature = "oracle")]
pub mod differential;
#[cfg(feature = "oracle")]
mod engine;
pub mod generate;
#[cfg(feature = "oracle")]
mod outcome;
pub mod random;
pub mod targets;
mod wasi;
