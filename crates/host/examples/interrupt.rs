//! Stopping a guest that runs: from another thread, at a deadline, and by a callback that is asked now and then.
//!
//! ```text
//! cargo run --example interrupt
//! ```

use std::time::{Duration, Instant};
use terrane::{Config, Engine, Instance, Module, Result, Store, Trap, UpdateDeadline};

const GUEST: &str = r#"(module (func (export "spin") (loop (br 0))))"#;

/// The host's data: how often it was asked.
struct Host {
    asked: u32,
}

#[allow(clippy::print_stdout)]
fn main() -> Result<()> {
    let engine = Engine::new(Config::new().epoch_interruption(true))?;
    let mut store = Store::new(&engine, Host { asked: 0 });
    let instance = Instance::new(&mut store, &Module::new(&engine, GUEST)?, &[])?;
    let spin = instance.get_typed_func::<(), ()>(&mut store, "spin")?;

    // By somebody else.
    let handle = store.interrupt_handle()?;
    let user = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        handle.interrupt();
    });
    let error = spin.call(&mut store, ()).unwrap_err();
    user.join().expect("no panic");
    println!("interrupted: {error}");
    assert_eq!(error.downcast_ref(), Some(&Trap::Interrupt));

    // When it is late.
    let started = Instant::now();
    store.set_deadline(started + Duration::from_millis(20))?;
    let error = spin.call(&mut store, ()).unwrap_err();
    println!("late: {error}, after {:?}", started.elapsed());
    assert!(error.is::<Trap>() && started.elapsed() >= Duration::from_millis(20));
    store.set_deadline(None)?;

    // One ticker for all stores of an engine; each store says what its ticks mean.
    let clock = engine.clone();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(5));
            clock.increment_epoch();
        }
    });
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut store| {
        store.data_mut().asked += 1;
        Ok(if store.data().asked < 3 { UpdateDeadline::Continue(1) } else { UpdateDeadline::Interrupt })
    });
    let error = spin.call(&mut store, ()).unwrap_err();
    println!("asked {} times: {error}", store.data().asked);
    assert_eq!(store.data().asked, 3);
    Ok(())
}
