//! A live global: a number that host and guest share, and that each may change while the guest runs.
//!
//! ```text
//! cargo run --example live_global
//! ```

use std::sync::Arc;
use terrane::{Engine, HostGlobal, HostItems, HostModule, Linker, LiveCell, Module, Result, Store};

/// Climbs, a metre at a time, until the target is reached; and counts the metres.
const GUEST: &str = r#"(module
    (import "flight" "altitude" (global $altitude (mut i32)))
    (import "flight" "target" (global $target (mut i32)))
    (func (export "climb")
        (loop $next
            (if (i32.lt_s (global.get $altitude) (global.get $target)) (then
                (global.set $altitude (i32.add (global.get $altitude) (i32.const 1)))
                (br $next))))))"#;

#[derive(Default)]
struct Flight {
    altitude: LiveCell<i32>,
    target: LiveCell<i32>,
}

impl<T: 'static> HostModule<T> for Flight {
    type Handle = Arc<Self>;

    fn name(&self) -> &str {
        "flight"
    }

    fn globals(&self) -> HostItems<HostGlobal> {
        let globals = [("altitude", &self.altitude), ("target", &self.target)];
        globals.into_iter().map(|(name, cell)| (name, HostGlobal::live(cell))).collect()
    }
}

#[allow(clippy::print_stdout)]
fn main() -> Result<()> {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    let flight = linker.host_module(Flight::default())?;
    flight.target.set(100);

    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &Module::new(&engine, GUEST)?)?;
    let climb = instance.get_typed_func::<(), ()>(&mut store, "climb")?;
    climb.call(&mut store, ())?;
    assert_eq!(flight.altitude.get(), 100);

    // Cells need no store: another thread watches the guest, and sends it on when it has arrived.
    let watcher = std::thread::spawn({
        let flight = flight.clone();
        move || {
            while flight.altitude.get() < 200 {
                std::hint::spin_loop();
            }
            flight.target.set(500_000);
        }
    });
    flight.target.set(400_000);
    climb.call(&mut store, ())?;
    watcher.join().expect("it does not panic");
    climb.call(&mut store, ())?;
    assert_eq!(flight.altitude.get(), 500_000);
    println!("altitude: {} m", flight.altitude.get());
    Ok(())
}
