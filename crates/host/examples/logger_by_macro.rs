//! A host module written by the attribute `host_module`: the logger of `logger_by_hand`, and what goes wrong in it.
//!
//! ```text
//! cargo run --example logger_by_macro
//! ```

use terrane::{Engine, Linker, MemoryAccessError, Module, Result, Store, host_module};

const GUEST: &str = r#"(module
    (import "logger" "log" (func $log (param i32 i32 i32)))
    (memory 1)
    (data (i32.const 16) "startedalmost full")
    (func (export "run")
        (call $log (i32.const 0) (i32.const 16) (i32.const 7))
        (call $log (i32.const 1) (i32.const 23) (i32.const 11)))
    (func (export "bad")
        (call $log (i32.const 0) (i32.const 65530) (i32.const 7))))"#;

/// What guests have logged.
#[derive(Default)]
struct Logger {
    lines: Vec<String>,
}

#[host_module]
impl Logger {
    fn log(&mut self, level: u32, text: &str) {
        let level = ["info", "warning"].get(level as usize).unwrap_or(&"error");
        self.lines.push(format!("{level}: {text}"));
    }
}

#[allow(clippy::print_stdout)]
fn main() -> Result<()> {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    let logger = linker.host_module(Logger::default())?;

    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &Module::new(&engine, GUEST)?)?;
    instance.get_typed_func::<(), ()>(&mut store, "run")?.call(&mut store, ())?;

    // A string that is not inside the memory never gets to the logger.
    let error = instance.get_typed_func::<(), ()>(&mut store, "bad")?.call(&mut store, ()).unwrap_err();
    assert!(error.is::<MemoryAccessError>());
    println!("{error:#}");

    let lines = logger.with(|logger| logger.lines.clone())?;
    assert_eq!(lines, ["info: started", "warning: almost full"]);
    println!("{}", lines.join("\n"));
    Ok(())
}
