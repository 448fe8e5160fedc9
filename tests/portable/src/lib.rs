//! Ten small programs, in `programs`, that compile and run against Terrane and against wasmtime: the tests `on_terrane`
//! and `on_wasmtime` differ in what they call `wasm`, and in nothing else.

use wast::Wat;
use wast::parser::{ParseBuffer, parse};

/// A module from the text format: wasmtime is built without it here.
///
/// # Panics
/// If it is none.
pub fn binary(text: &str) -> Vec<u8> {
    let buffer = ParseBuffer::new(text).expect("tokens");
    let mut wat: Wat = parse(&buffer).expect("a module");
    wat.encode().expect("a module")
}
