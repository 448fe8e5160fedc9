//! Guests that run away.

use crate::shared::{MIB, fuelled, run, traps};
use terrane::{Caller, Engine, Error, Func, Instance, Module, Result, Store, Trap};
use terrane_tests::counting::peak;

#[test]
fn infinite_recursion_traps() {
    let recursions = [
        "(func $f (export \"run\") (result i32) (call $f))",
        "(func $f (export \"run\") (result i32) (i32.add (call $f) (call $f)))",
        "(func $f (export \"run\") (result i32) (call $g)) (func $g (result i32) (drop (call $f)) (i32.const 1))",
        "(table funcref (elem $f)) (func $f (export \"run\") (result i32) (call_indirect (result i32) (i32.const 0)))",
        "(func $f (param i64 i64 i64) (result i32) (local f64 f64) (call $f (i64.const 1) (i64.const 2) (i64.const 3)))
         (func (export \"run\") (result i32) (call $f (i64.const 0) (i64.const 0) (i64.const 0)))",
    ];
    for text in recursions {
        let engine = Engine::default();
        let (result, held) = peak(|| run(&engine, format!("(module {text})")));
        traps(result, Trap::CallStackExhausted);
        assert!(held < 256 * MIB, "{held} bytes were held");
    }
}

#[test]
fn recursion_with_large_frames_traps() {
    // 50,000 locals per frame: the stack's size gives out before its depth.
    let locals = "i64 ".repeat(49_999);
    let text = format!("(module (func $f (export \"run\") (result i32) (local {locals}) (call $f)))");
    let engine = Engine::default();
    let (result, held) = peak(|| run(&engine, text));
    traps(result, Trap::CallStackExhausted);
    assert!(held < 256 * MIB, "{held} bytes were held");
}

#[test]
fn the_engine_works_after_an_exhausted_stack() {
    let engine = Engine::default();
    let text = "(module
        (func $f (export \"down\") (param i32) (result i32)
            (if (result i32) (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 42)))))";
    let module = Module::new(&engine, text).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let down = instance.get_typed_func::<i32, i32>(&mut store, "down").unwrap();
    for _ in 0..3 {
        traps(down.call(&mut store, -1), Trap::CallStackExhausted);
        assert_eq!(down.call(&mut store, 100).unwrap(), 42);
    }
}

#[test]
fn recursion_in_a_start_function_traps() {
    let engine = Engine::default();
    let module = Module::new(&engine, "(module (func $f (call $f)) (start $f))").unwrap();
    let result = Instance::new(&mut Store::new(&engine, ()), &module, &[]);
    traps(result.map(drop), Trap::CallStackExhausted);
}

#[test]
fn recursion_through_the_host_traps() {
    // Each turn goes guest, host, guest: this one does use the native stack, and is bounded too.
    let engine = Engine::default();
    let text = "(module (import \"\" \"again\" (func $again (result i32))) (func (export \"run\") (result i32) (call $again)))";
    let module = Module::new(&engine, text).unwrap();
    let mut store = Store::new(&engine, None::<Instance>);
    let again = Func::wrap(&mut store, |mut caller: Caller<'_, Option<Instance>>| -> Result<i32> {
        let instance = caller.data().ok_or_else(|| Error::msg("no instance"))?;
        instance.get_typed_func::<(), i32>(&mut caller, "run")?.call(&mut caller, ())
    });
    let instance = Instance::new(&mut store, &module, &[again.into()]).unwrap();
    *store.data_mut() = Some(instance);
    let run = instance.get_typed_func::<(), i32>(&mut store, "run").unwrap();
    traps(run.call(&mut store, ()), Trap::CallStackExhausted);
}

#[test]
fn endless_loops_run_out_of_fuel() {
    let endless = [
        "(func (export \"run\") (result i32) (loop (br 0)) (i32.const 0))",
        "(func $f (export \"run\") (result i32) (return_call $f))",
        "(func $f (export \"run\") (result i32) (return_call $g)) (func $g (result i32) (return_call $f))",
        "(table funcref (elem $f)) (func $f (export \"run\") (result i32) (return_call_indirect (result i32) (i32.const 0)))",
        "(func (export \"run\") (result i32) (local i32)
            (loop (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (i32.const 1))) (local.get 0))",
        "(func (export \"run\") (result i32) (loop (br_table 0 0 0 (i32.const 1))) (i32.const 0))",
    ];
    let engine = fuelled();
    for text in endless {
        let module = Module::new(&engine, format!("(module {text})")).unwrap();
        let mut store = Store::new(&engine, ());
        store.set_fuel(1_000_000).unwrap();
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let run = instance.get_typed_func::<(), i32>(&mut store, "run").unwrap();
        traps(run.call(&mut store, ()), Trap::AllFuelConsumed);
        // Once more, with some of it back.
        store.set_fuel(1_000).unwrap();
        traps(run.call(&mut store, ()), Trap::AllFuelConsumed);
    }
}

#[test]
fn a_start_function_that_loops_runs_out_of_fuel() {
    let engine = fuelled();
    let module = Module::new(&engine, "(module (func $f (loop (br 0))) (start $f))").unwrap();
    let mut store = Store::new(&engine, ());
    store.set_fuel(1_000_000).unwrap();
    traps(Instance::new(&mut store, &module, &[]).map(drop), Trap::AllFuelConsumed);
}

#[test]
fn fuel_that_was_never_given_stops_at_once() {
    let engine = fuelled();
    traps(run(&engine, "(module (func (export \"run\") (result i32) (i32.const 0)))"), Trap::AllFuelConsumed);
}

#[test]
fn bulk_operations_cost_fuel_by_their_length() {
    // Otherwise a few instructions would keep the machine busy for as long as they like.
    let engine = fuelled();
    let operations = [
        "(memory.fill (i32.const 0) (i32.const 1) (local.get 0))",
        "(memory.copy (i32.const 0) (i32.const 1) (local.get 0))",
        "(table.fill (i32.const 0) (ref.null func) (local.get 0))",
        "(table.copy (i32.const 0) (i32.const 1) (local.get 0))",
    ];
    for operation in operations {
        let text = format!(
            "(module (memory 16) (table 1000000 funcref) (func (export \"run\") (param i32) {operation}))"
        );
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let run = instance.get_typed_func::<i32, ()>(&mut store, "run").unwrap();
        let mut cost = |length: i32| {
            store.set_fuel(1 << 40).unwrap();
            run.call(&mut store, length).unwrap();
            (1 << 40) - store.get_fuel().unwrap()
        };
        let (short, long) = (cost(0), cost(900_000));
        assert!(short < 100 && long > 1000, "{operation}: {short} for nothing, {long} for 900,000");
        store.set_fuel(1000).unwrap();
        traps(run.call(&mut store, 900_000), Trap::AllFuelConsumed);
    }
}
