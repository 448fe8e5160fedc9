//! Two guests linked to each other: they share a memory, a counter and a function, and each sees what the other does.
//!
//! ```text
//! cargo run --example linking
//! ```

use terrane::{Engine, Linker, Module, Result, Store};

/// A log in memory: `append` adds a number, `entries` counts them.
const LOG: &str = r#"(module
    (memory (export "memory") 1)
    (global $entries (export "entries") (mut i32) (i32.const 0))
    (func (export "append") (param i32)
        (i32.store (i32.shl (global.get $entries) (i32.const 2)) (local.get 0))
        (global.set $entries (i32.add (global.get $entries) (i32.const 1)))))"#;

/// Appends squares, and sums up what is in the log by itself.
const USER: &str = r#"(module
    (import "log" "memory" (memory 1))
    (import "log" "entries" (global $entries (mut i32)))
    (import "log" "append" (func $append (param i32)))
    (func (export "append_square") (param i32)
        (call $append (i32.mul (local.get 0) (local.get 0))))
    (func (export "sum") (result i32) (local $i i32) (local $sum i32)
        (block $done
            (loop $next
                (br_if $done (i32.ge_u (local.get $i) (global.get $entries)))
                (local.set $sum
                    (i32.add (local.get $sum) (i32.load (i32.shl (local.get $i) (i32.const 2)))))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br $next)))
        (local.get $sum)))"#;

#[allow(clippy::print_stdout)]
fn main() -> Result<()> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);

    // All exports of the one are imports for the other.
    let log = linker.instantiate(&mut store, &Module::new(&engine, LOG)?)?;
    linker.instance(&mut store, "log", log)?;
    let user = linker.instantiate(&mut store, &Module::new(&engine, USER)?)?;

    let append = log.get_typed_func::<i32, ()>(&mut store, "append")?;
    let append_square = user.get_typed_func::<i32, ()>(&mut store, "append_square")?;
    let sum = user.get_typed_func::<(), i32>(&mut store, "sum")?;
    append.call(&mut store, 1000)?;
    for n in 1..=3 {
        append_square.call(&mut store, n)?;
    }
    let sum = sum.call(&mut store, ())?;
    println!("sum of the log: {sum}");
    assert_eq!(sum, 1000 + 1 + 4 + 9);

    // Without the log, the user cannot be: the error says all that it misses.
    let error = Linker::new(&engine).instantiate(&mut store, &Module::new(&engine, USER)?).unwrap_err();
    println!("{error}");
    assert_eq!(error.to_string().lines().count(), 3);
    Ok(())
}
