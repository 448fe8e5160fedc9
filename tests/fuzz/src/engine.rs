//! The engines.

pub(crate) mod terrane;
pub(crate) mod wasmtime;
