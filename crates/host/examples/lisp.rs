//! Runs a program with a Lisp interpreter that is itself a guest, written in C. It prints and tells the time through
//! two functions of this host.
//!
//! ```text
//! cargo run --example lisp -- tests/guests/lisp/programs/queens.lisp
//! ```

use std::io::Write;
use std::time::Instant;
use terrane::{Caller, Engine, Error, Extern, Linker, Module, Result, Store};

const GUEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/guests/lisp/lisp.wasm");
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/guests/lisp/programs/queens.lisp");

fn main() -> Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| PROGRAM.to_owned());
    let source = std::fs::read(&path).map_err(|error| Error::msg(format!("{path}: {error}")))?;

    let engine = Engine::default();
    let module = Module::from_file(&engine, GUEST)?;
    let mut linker = Linker::new(&engine);
    linker.func_wrap("env", "print", print)?;
    // The store's data is when we began, and every host function can see it.
    linker.func_wrap("env", "now", |caller: Caller<'_, Instant>| caller.data().elapsed().as_secs_f64())?;

    let mut store = Store::new(&engine, Instant::now());
    let instance = linker.instantiate(&mut store, &module)?;
    let input = instance.get_typed_func::<u32, u32>(&mut store, "input")?;
    let run = instance.get_typed_func::<u32, i32>(&mut store, "run")?;
    let memory = instance.get_memory(&mut store, "memory").ok_or_else(|| Error::msg("no memory"))?;

    let length = u32::try_from(source.len()).map_err(|_| Error::msg("the program is too long"))?;
    let at = input.call(&mut store, length)?;
    memory.write(&mut store, at as usize, &source)?;
    match run.call(&mut store, length)? {
        0 => Ok(()),
        _ => Err(Error::msg("the program failed")),
    }
}

/// Writes a range of the guest's memory to the standard output.
fn print(mut caller: Caller<'_, Instant>, text: u32, length: u32) -> Result<()> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory);
    let memory = memory.ok_or_else(|| Error::msg("no memory"))?;
    let bytes = memory.data(&caller).get(text as usize..).and_then(|rest| rest.get(..length as usize));
    let bytes = bytes.ok_or_else(|| Error::msg("print: outside the memory"))?;
    std::io::stdout().write_all(bytes).map_err(|error| Error::msg(error.to_string()))
}
