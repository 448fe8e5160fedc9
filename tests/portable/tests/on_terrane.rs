//! The programs on Terrane.

extern crate terrane as wasm;

#[path = "../programs/mod.rs"]
mod programs;
