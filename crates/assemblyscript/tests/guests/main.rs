//! What guests of every era ask of the host, hold on to, and do wrong.

#[path = "../support/mod.rs"]
mod support;

mod bad_input;
mod bindings;
mod collector;
mod leaks;
mod plain;
mod wasi;
mod world;
