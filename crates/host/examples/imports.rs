//! Imports and exports: an object of everything that a guest is given, as in JavaScript, and what it gives back.
//!
//! ```text
//! cargo run --example imports
//! ```

use terrane::{Caller, Engine, Memory, MemoryType, Module, Result, Store, imports};

/// Asks the host for prices, and leaves the sum of a list of them in memory.
const GUEST: &str = r#"(module
    (import "env" "memory" (memory 1))
    (import "env" "log" (func $log (param i32)))
    (import "shop" "price" (func $price (param i32) (result i32)))
    (global (export "currency") i32 (i32.const 978))
    (func (export "total") (param $first i32) (param $last i32)
        (loop $next
            (i32.store (i32.const 0)
                (i32.add (i32.load (i32.const 0)) (call $price (local.get $first))))
            (call $log (i32.load (i32.const 0)))
            (local.set $first (i32.add (local.get $first) (i32.const 1)))
            (br_if $next (i32.le_s (local.get $first) (local.get $last))))))"#;

#[allow(clippy::print_stdout)]
fn main() -> Result<()> {
    let engine = Engine::default();
    let module = Module::new(&engine, GUEST)?;

    // What the guest wants is known before it runs.
    for import in module.imports() {
        println!("imports {} {}: {}", import.module(), import.name(), import.ty());
    }

    let mut store = Store::new(&engine, Vec::new());
    let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
    let discount = 5;
    let imports = imports! {
        "env" => {
            "memory" => memory,
            "log" => |mut caller: Caller<'_, Vec<i32>>, x: i32| caller.data_mut().push(x),
        },
        "shop" => {
            "price" => move |article: i32| 100 * article - discount,
        },
    };
    let instance = imports.instantiate(&mut store, &module)?;
    instance.get_typed_func::<(i32, i32), ()>(&mut store, "total")?.call(&mut store, (1, 3))?;

    println!("logged: {:?}", store.data());
    assert_eq!(store.data(), &[95, 290, 585]);
    let mut total = [0; 4];
    memory.read(&store, 0, &mut total)?;
    assert_eq!(i32::from_le_bytes(total), 585);
    let currency = instance.get_global(&mut store, "currency").expect("it is exported");
    assert_eq!(currency.get(&mut store).unwrap_i32(), 978);

    // What is missing or wrong, all at once.
    let imports = imports! { "env" => { "log" => |_: f64| (), "memroy" => memory } };
    let error = imports.instantiate(&mut store, &module).unwrap_err();
    println!("{error}");
    assert_eq!(error.to_string().lines().count(), 3);
    assert!(error.to_string().contains("did you mean `env` `memroy`?"));
    Ok(())
}
