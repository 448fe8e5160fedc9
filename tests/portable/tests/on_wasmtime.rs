//! The programs on wasmtime.

extern crate wasmtime as wasm;

#[path = "../programs/mod.rs"]
mod programs;
