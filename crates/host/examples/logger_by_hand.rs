//! A host module written by hand: a logger, over the guest's memory.
//!
//! ```text
//! cargo run --example logger_by_hand
//! ```

use terrane::{Engine, HostCell, HostFunction, HostItems, HostModule, Linker, Module, Result, Store};
use terrane::{Trap, ValType};

const GUEST: &str = r#"(module
    (import "logger" "log" (func $log (param i32 i32 i32)))
    (memory 1)
    (data (i32.const 16) "startedalmost full")
    (func (export "run")
        (call $log (i32.const 0) (i32.const 16) (i32.const 7))
        (call $log (i32.const 1) (i32.const 23) (i32.const 11))))"#;

/// What guests have logged.
#[derive(Default)]
struct Logger {
    lines: Vec<String>,
}

impl<T: 'static> HostModule<T> for Logger {
    // Its functions change it, so they have it by a cell.
    type Handle = HostCell<Self>;

    fn name(&self) -> &str {
        "logger"
    }

    fn functions(logger: &HostCell<Self>) -> HostItems<HostFunction<T>> {
        let logger = logger.clone();
        // A level, and a string: where it is in memory, and how long.
        let log =
            HostFunction::new([const { ValType::I32 }; 3], [], move |memory, _data, params, _results| {
                let [level, at, len] = [0, 1, 2].map(|i| params[i].unwrap_i32().cast_unsigned() as usize);
                let bytes = memory.get(at..).and_then(|bytes| bytes.get(..len));
                let text = std::str::from_utf8(bytes.ok_or(Trap::OutOfBoundsMemoryAccess)?)?;
                let level = ["info", "warning"].get(level).unwrap_or(&"error");
                logger.with_mut(|logger| logger.lines.push(format!("{level}: {text}")))
            });
        HostItems::from([("log", log)])
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

    let lines = logger.with(|logger| logger.lines.clone())?;
    assert_eq!(lines, ["info: started", "warning: almost full"]);
    println!("{}", lines.join("\n"));
    Ok(())
}
