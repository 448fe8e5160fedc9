//! Stopping a guest that does not stop: by the epoch, and by a callback that says how long it may go on.

use std::time::Duration;
use terrane_portable::binary;
use wasm::{Config, Engine, Instance, Module, Result, Store, Trap, UpdateDeadline};

pub(crate) fn main() -> Result<()> {
    let mut config = Config::new();
    config.epoch_interruption(true);
    let engine = Engine::new(&config)?;
    let module = Module::new(&engine, binary(r#"(module (func (export "run") (loop (br 0))))"#))?;
    let mut store = Store::new(&engine, 0);
    store.set_epoch_deadline(1);
    let instance = Instance::new(&mut store, &module, &[])?;
    let run = instance.get_typed_func::<(), ()>(&mut store, "run")?;

    let clock = engine.clone();
    let ticks = std::thread::spawn(move || {
        for _ in 0..8 {
            std::thread::sleep(Duration::from_millis(20));
            clock.increment_epoch();
        }
    });
    let error = run.call(&mut store, ()).unwrap_err();
    assert_eq!(error.downcast::<Trap>()?, Trap::Interrupt);

    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut store| {
        *store.data_mut() += 1;
        if *store.data() < 3 { Ok(UpdateDeadline::Continue(1)) } else { Err(Trap::Interrupt.into()) }
    });
    let error = run.call(&mut store, ()).unwrap_err();
    assert_eq!(error.downcast::<Trap>()?, Trap::Interrupt);
    assert_eq!(*store.data(), 3);
    ticks.join().expect("no panic");
    Ok(())
}
