//! Guests that only compute, and let others have their turn.

use super::instance;
use super::later::poll_times;
use std::pin::pin;
use terrane::{Config, Engine, Linker, Resumable, Store, SuspendedBy, Trap, TypedFunc};

const COUNT: &str = r#"(module
    (func (export "count") (param i32) (result i32) (local $i i32)
        (loop $next
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $next (i32.lt_u (local.get $i) (local.get 0))))
        (local.get $i)))"#;

fn counter(config: &Config) -> (Store<()>, TypedFunc<u32, u32>) {
    let engine = Engine::new(config).unwrap();
    let mut store = Store::new(&engine, ());
    let count = instance(&Linker::new(&engine), &mut store, COUNT);
    let count = count.get_typed_func(&mut store, "count").unwrap();
    (store, count)
}

#[test]
fn by_fuel() {
    let (mut store, count) = counter(Config::new().consume_fuel(true));
    let error = store.fuel_async_yield_interval(Some(0)).unwrap_err();
    assert_eq!(error.to_string(), "the fuel to use up at a time must not be 0");
    store.set_fuel(1_000_000).unwrap();
    store.fuel_async_yield_interval(Some(1000)).unwrap();
    assert_eq!(store.get_fuel().unwrap(), 1_000_000);
    // A call that cannot stop does not, and has all of it.
    assert_eq!(count.call(&mut store, 10_000).unwrap(), 10_000);
    let left = store.get_fuel().unwrap();
    assert!((900_000..1_000_000).contains(&left), "{left}");
    let used = 1_000_000 - left;

    {
        let mut call = pin!(count.call_async(&mut store, 10_000));
        assert!(poll_times(call.as_mut(), 5).is_none());
        let times = (5..).find(|_| poll_times(call.as_mut(), 1).is_some()).unwrap();
        assert!((used / 1000 - 2..=used / 1000 + 2).contains(&times), "{times} of {used}");
    }
    assert_eq!(store.get_fuel().unwrap(), left - used);

    let Resumable::Suspended(mut call) = count.call_resumable(&mut store, 10_000).unwrap() else { panic!() };
    assert!(matches!(call.by(), Some(SuspendedBy::Yield)));
    while call.resume(&mut store, &[]).unwrap().is_none() {}

    store.set_fuel(500).unwrap();
    let error = poll_times(pin!(count.call_async(&mut store, 10_000)), 1).unwrap().unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::AllFuelConsumed));
    assert!(error.backtrace().is_some());
}

#[test]
fn by_deadline() {
    let (mut store, count) = counter(Config::new().epoch_interruption(true));
    let engine = store.engine().clone();
    store.set_epoch_deadline(1);
    // At least one tick, or the run would never go on.
    store.epoch_deadline_async_yield_and_update(0);
    engine.increment_epoch();
    {
        let mut call = pin!(count.call_async(&mut store, 10_000));
        assert!(poll_times(call.as_mut(), 1).is_none(), "the deadline was there already");
        assert_eq!(poll_times(call.as_mut(), 1).unwrap().unwrap(), 10_000);
    }
    engine.increment_epoch();
    let error = count.call(&mut store, 10_000).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::Interrupt), "a call that cannot stop");
    // To be interrupted is something else.
    store.interrupt_handle().unwrap().interrupt();
    let error = poll_times(pin!(count.call_async(&mut store, 10_000)), 1).unwrap().unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::Interrupt));
}
