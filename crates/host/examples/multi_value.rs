//! Several results: of host functions, of guests' functions, by type and by value.
//!
//! ```text
//! cargo run --example multi_value
//! ```

use terrane::{Engine, Func, Instance, Module, Result, Store, Val};

/// `round_trip` turns a time in seconds into minutes and seconds, which the host does, and back.
const GUEST: &str = r#"(module
    (import "" "div_rem" (func $div_rem (param i32 i32) (result i32 i32)))
    (func $minutes (export "minutes") (param i32) (result i32 i32)
        (call $div_rem (local.get 0) (i32.const 60)))
    (func (export "round_trip") (param i32) (result i32) (local $seconds i32)
        (call $minutes (local.get 0))
        (local.set $seconds)
        (i32.mul (i32.const 60))
        (i32.add (local.get $seconds))))"#;

#[allow(clippy::print_stdout)]
fn main() -> Result<()> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let div_rem = Func::wrap(&mut store, |a: i32, b: i32| (a / b, a % b));
    let instance = Instance::new(&mut store, &Module::new(&engine, GUEST)?, &[div_rem.into()])?;

    // By type: a tuple comes back.
    let minutes = instance.get_typed_func::<i32, (i32, i32)>(&mut store, "minutes")?;
    let (m, s) = minutes.call(&mut store, 754)?;
    println!("754 seconds are {m}:{s:02} minutes");

    // By value: space for the results is given.
    let mut results = [Val::I32(0), Val::I32(0)];
    minutes.func().call(&mut store, &[Val::I32(3599)], &mut results)?;
    println!("3599 seconds are {}:{:02} minutes", results[0].unwrap_i32(), results[1].unwrap_i32());

    let round_trip = instance.get_typed_func::<i32, i32>(&mut store, "round_trip")?;
    println!("and back: {}", round_trip.call(&mut store, 754)?);
    Ok(())
}
