//! A guest that calls a function of the host.
//!
//! ```text
//! cargo run --example hello
//! ```

use terrane::{Engine, Linker, Module, Result, Store};

const GUEST: &str = r#"(module
    (import "host" "hello" (func $hello (param i32)))
    (func (export "run")
        (call $hello (i32.const 1))
        (call $hello (i32.const 2))))"#;

#[allow(clippy::print_stdout)]
fn main() -> Result<()> {
    let engine = Engine::default();
    let module = Module::new(&engine, GUEST)?;

    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "hello", |n: i32| println!("Hello from the host, for the {n}. time!"))?;

    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module)?;
    let run = instance.get_typed_func::<(), ()>(&mut store, "run")?;
    run.call(&mut store, ())
}
