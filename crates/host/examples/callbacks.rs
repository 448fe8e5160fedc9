//! Tables and function references: the host calls functions that a guest gives it, and puts its own where the guest
//! calls them.
//!
//! ```text
//! cargo run --example callbacks
//! ```

use terrane::{Caller, Engine, Func, Linker, Module, Ref, Result, Store, Trap};

/// Subscribes two functions to events, and calls whatever is in its table of operations.
const GUEST: &str = r#"(module
    (type $op (func (param i32) (result i32)))
    (import "events" "subscribe" (func $subscribe (param (ref func))))
    (table (export "ops") 3 funcref)
    (elem (i32.const 0) $double)
    (elem declare func $sum $count)
    (global $total (export "total") (mut i32) (i32.const 0))
    (global $events (export "events") (mut i32) (i32.const 0))
    (func $double (type $op) (i32.mul (local.get 0) (i32.const 2)))
    (func $sum (param $x i32) (global.set $total (i32.add (global.get $total) (local.get $x))))
    (func $count (param i32) (global.set $events (i32.add (global.get $events) (i32.const 1))))
    (func (export "start")
        (call $subscribe (ref.func $sum))
        (call $subscribe (ref.func $count)))
    (func (export "apply") (param $op i32) (param $x i32) (result i32)
        (call_indirect (type $op) (local.get $x) (local.get $op))))"#;

/// The host's data: who wants to know.
type Subscribers = Vec<Func>;

#[allow(clippy::print_stdout)]
fn main() -> Result<()> {
    let engine = Engine::default();
    let mut linker = Linker::<Subscribers>::new(&engine);
    linker.func_wrap("events", "subscribe", |mut caller: Caller<'_, Subscribers>, f: Func| {
        caller.data_mut().push(f);
    })?;
    let mut store = Store::new(&engine, Vec::new());
    let instance = linker.instantiate(&mut store, &Module::new(&engine, GUEST)?)?;
    instance.get_typed_func::<(), ()>(&mut store, "start")?.call(&mut store, ())?;

    // The host calls the guest's functions, which it knows only from what it was given.
    for event in [3, 4, 5] {
        for f in store.data().clone() {
            f.typed::<i32, ()>(&store)?.call(&mut store, event)?;
        }
    }
    for (name, expected) in [("total", 12), ("events", 3)] {
        let global = instance.get_global(&mut store, name).expect("it is exported");
        println!("{name}: {}", global.get(&mut store).unwrap_i32());
        assert_eq!(global.get(&mut store).unwrap_i32(), expected);
    }

    // The guest calls the host's function, out of its own table, and the host the guest's.
    let apply = instance.get_typed_func::<(u32, i32), i32>(&mut store, "apply")?;
    let ops = instance.get_table(&mut store, "ops").expect("it is exported");
    let square = Func::wrap(&mut store, |x: i32| x * x);
    ops.set(&mut store, 1, square.into())?;
    println!(
        "double and square of 7: {}, {}",
        apply.call(&mut store, (0, 7))?,
        apply.call(&mut store, (1, 7))?
    );
    assert_eq!(apply.call(&mut store, (1, 7))?, 49);
    let Some(Ref::Func(Some(double))) = ops.get(&mut store, 0) else { panic!("a function") };
    assert_eq!(double.typed::<i32, i32>(&store)?.call(&mut store, 8)?, 16);

    // What is not there, or of another type, traps.
    let error = apply.call(&mut store, (2, 7)).unwrap_err();
    println!("the third: {error}");
    assert_eq!(error.downcast_ref(), Some(&Trap::UninitializedElement));
    let wrong = Func::wrap(&mut store, |_: i64| ());
    ops.set(&mut store, 2, wrong.into())?;
    let error = apply.call(&mut store, (2, 7)).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::IndirectCallTypeMismatch));
    Ok(())
}
