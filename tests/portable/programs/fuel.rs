//! Guests that may run only so long, counted in instructions.

use terrane_portable::binary;
use wasm::{Caller, Config, Engine, Linker, Module, Result, Store, Trap};

pub(crate) fn main() -> Result<()> {
    let mut config = Config::new();
    config.consume_fuel(true);
    let engine = Engine::new(&config)?;
    let module = Module::new(
        &engine,
        binary(
            r#"(module
                (import "host" "expensive" (func $expensive))
                (func $fibonacci (export "fibonacci") (param $n i32) (result i32)
                    (if (i32.lt_s (local.get $n) (i32.const 2)) (then (return (local.get $n))))
                    (i32.add
                        (call $fibonacci (i32.sub (local.get $n) (i32.const 1)))
                        (call $fibonacci (i32.sub (local.get $n) (i32.const 2)))))
                (func (export "expensive") (call $expensive)))"#,
        ),
    )?;
    let mut linker = Linker::<()>::new(&engine);
    linker.func_wrap("host", "expensive", |mut caller: Caller<'_, ()>| -> Result<()> {
        let fuel = caller.get_fuel()?;
        caller.set_fuel(fuel.saturating_sub(5_000))
    })?;
    let mut store = Store::new(&engine, ());
    store.set_fuel(10_000)?;
    let instance = linker.instantiate(&mut store, &module)?;
    let fibonacci = instance.get_typed_func::<i32, i32>(&mut store, "fibonacci")?;

    let mut last = 0;
    for n in 1.. {
        let before = store.get_fuel()?;
        match fibonacci.call(&mut store, n) {
            Ok(_) => assert!(store.get_fuel()? < before),
            Err(error) => {
                assert_eq!(error.downcast::<Trap>()?, Trap::OutOfFuel);
                break;
            }
        }
        last = n;
    }
    assert!((5..25).contains(&last), "{last}");

    // With more it goes on, and host functions charge for what they do.
    store.set_fuel(10_000)?;
    assert_eq!(fibonacci.call(&mut store, 10)?, 55);
    store.set_fuel(10_000)?;
    instance.get_typed_func::<(), ()>(&mut store, "expensive")?.call(&mut store, ())?;
    assert!((4_000..5_000).contains(&store.get_fuel()?));
    Ok(())
}
