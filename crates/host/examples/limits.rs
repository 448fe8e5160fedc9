//! A plug-in that is not trusted: it gets so much memory, so much fuel and so much stack, and no more.
//!
//! ```text
//! cargo run --example limits
//! ```

use terrane::{Config, Engine, Instance, Module, Result, Store, StoreLimits, StoreLimitsBuilder, Trap};

const GUEST: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "spin") (loop (br 0)))
    (func $down (export "down") (call $down)))"#;

/// The host's data: the limits are a part of it.
struct Host {
    limits: StoreLimits,
}

#[allow(clippy::print_stdout)]
fn main() -> Result<()> {
    let engine = Engine::new(Config::new().consume_fuel(true).max_wasm_stack(64 << 10))?;
    let module = Module::new(&engine, GUEST)?;

    let limits = StoreLimitsBuilder::new().memory_size(10 << 16).instances(1).build();
    let mut store = Store::new(&engine, Host { limits });
    store.limiter(|host| &mut host.limits);
    store.set_fuel(1_000_000)?;
    let instance = Instance::new(&mut store, &module, &[])?;

    let grow = instance.get_typed_func::<i32, i32>(&mut store, "grow")?;
    let (nine, another) = (grow.call(&mut store, 9)?, grow.call(&mut store, 1)?);
    println!("9 pages more: {nine}, and another one: {another}");
    assert_eq!((nine, another), (1, -1));

    let down = instance.get_typed_func::<(), ()>(&mut store, "down")?;
    let error = down.call(&mut store, ()).unwrap_err();
    println!("endless recursion: {error}");
    assert_eq!(error.downcast_ref(), Some(&Trap::CallStackExhausted));

    let spin = instance.get_typed_func::<(), ()>(&mut store, "spin")?;
    let error = spin.call(&mut store, ()).unwrap_err();
    println!("an endless loop: {error}");
    assert_eq!(error.downcast_ref(), Some(&Trap::AllFuelConsumed));
    assert!(store.get_fuel()? < 10);

    // With new fuel it goes on; the instance is as it was.
    store.set_fuel(1_000)?;
    assert_eq!(grow.call(&mut store, 0)?, 10);
    let error = Instance::new(&mut store, &module, &[]).unwrap_err();
    println!("a second instance: {error}");
    assert_eq!(error.downcast_ref(), Some(&Trap::MemoryAllocationFailed));
    Ok(())
}
