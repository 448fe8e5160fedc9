//! Calls between host and guest, in both directions and through each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use terrane::{
    AsContext, AsContextMut, Caller, Config, Engine, Error, ErrorKind, Extern, ExternRef, Func, FuncType,
    Instance, Linker, Module, Result, Rooted, Store, Trap, TypedFunc, Val, ValType,
};

/// An instance of a module in the text format that imports nothing but what is given.
fn instance<T>(store: &mut Store<T>, text: &str, imports: &[Extern]) -> Instance {
    let module = Module::new(store.engine(), text).expect("a valid module");
    Instance::new(store, &module, imports).expect("imports that fit")
}

/// The error must say this, and be of this kind.
#[track_caller]
fn check_error<R: std::fmt::Debug>(result: Result<R>, usage: bool, expected: &str) {
    let error = result.expect_err("it must fail");
    assert_eq!(error.to_string(), expected);
    assert_eq!(matches!(error.kind(), ErrorKind::Usage(_)), usage, "{error:?}");
}

#[test]
fn every_number_passes_unchanged_both_ways() {
    let mut store = Store::new(&Engine::default(), ());
    let negate = Func::wrap(&mut store, |a: i32, b: i64, c: f32, d: f64| (!a, !b, -c, -d));
    let through = instance(
        &mut store,
        r#"(module
            (import "" "f" (func $f (param i32 i64 f32 f64) (result i32 i64 f32 f64)))
            (func (export "f") (param i32 i64 f32 f64) (result i32 i64 f32 f64)
                (call $f (local.get 0) (local.get 1) (local.get 2) (local.get 3))))"#,
        &[negate.into()],
    );
    let f = through.get_typed_func::<(i32, i64, f32, f64), (i32, i64, f32, f64)>(&store, "f").unwrap();
    for (a, b, c, d) in
        [(0, 0, 0.0, 0.0), (i32::MIN, i64::MIN, f32::MAX, f64::MIN_POSITIVE), (-1, -1, 0.5, -2.5)]
    {
        assert_eq!(f.call(&mut store, (a, b, c, d)).unwrap(), (!a, !b, -c, -d));
    }
    // The bits of NaNs as well, and by values too.
    let nan = f32::from_bits(0x7fa0_0001);
    let (.., c, _) = f.call(&mut store, (0, 0, nan, 0.0)).unwrap();
    assert_eq!(c.to_bits() & 0x7fff_ffff, 0x7fa0_0001);
    let mut results = [Val::I32(0); 4];
    let params = [Val::I32(-7), Val::I64(7), Val::F32(0xff80_0000), Val::from(1.25f64)];
    f.func().call(&mut store, &params, &mut results).unwrap();
    assert_eq!((results[0].i32(), results[1].i64()), (Some(6), Some(-8)));
    assert_eq!((results[2].f32(), results[3].f64()), (Some(f32::INFINITY), Some(-1.25)));
}

#[test]
fn sixteen_parameters_and_results() {
    let mut store = Store::new(&Engine::default(), ());
    type Sixteen = (u32, u64, u32, u64, u32, u64, u32, u64, u32, u64, u32, u64, u32, u64, u32, u64);
    #[rustfmt::skip]
    #[allow(clippy::too_many_arguments)]
    fn rotate(a: u32, b: u64, c: u32, d: u64, e: u32, f: u64, g: u32, h: u64,
              i: u32, j: u64, k: u32, l: u64, m: u32, n: u64, o: u32, p: u64) -> Sixteen {
        (o, p, a, b, c, d, e, f, g, h, i, j, k, l, m, n)
    }
    let rotate = Func::wrap(&mut store, rotate);
    let types = "i32 i64 i32 i64 i32 i64 i32 i64 i32 i64 i32 i64 i32 i64 i32 i64";
    let gets: String = (0..16).map(|i| format!("(local.get {i})")).collect();
    let text = format!(
        r#"(module (import "" "f" (func $f (param {types}) (result {types})))
            (func (export "f") (param {types}) (result {types}) (call $f {gets})))"#
    );
    let f = instance(&mut store, &text, &[rotate.into()])
        .get_typed_func::<Sixteen, Sixteen>(&store, "f")
        .unwrap();
    let given = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    let (o, p, a, b, .., m, n) = f.call(&mut store, given).unwrap();
    assert_eq!((o, p, a, b, m, n), (15, 16, 1, 2, 13, 14));
}

#[test]
fn more_values_than_typed_functions_have() {
    let mut store = Store::new(&Engine::default(), ());
    let params = "(param i32) ".repeat(100);
    let results = "(result i32) ".repeat(100);
    let gets: String = (0..100).rev().map(|i| format!("(local.get {i})")).collect();
    let text = format!(r#"(module (func (export "f") {params} {results} {gets}))"#);
    let f = instance(&mut store, &text, &[]).get_func(&store, "f").unwrap();
    let given: Vec<_> = (0..100).map(Val::I32).collect();
    let mut back = vec![Val::I32(0); 100];
    f.call(&mut store, &given, &mut back).unwrap();
    assert!(back.iter().rev().zip(0..).all(|(val, i)| val.i32() == Some(i)));
}

#[test]
fn wrong_numbers_and_types() {
    let mut store = Store::new(&Engine::default(), ());
    let instance = instance(
        &mut store,
        r#"(module (func (export "f") (export "greet") (param i32) (result i64) i64.const 1)
            (memory (export "m") 1))"#,
        &[],
    );
    let f = instance.get_func(&store, "f").unwrap();
    let mut one = [Val::I32(0)];
    let mut call = |params: &[Val]| f.call(&mut store, params, &mut one);
    check_error(call(&[]), true, "expected 1 argument, found 0");
    check_error(call(&[Val::I64(0)]), true, "type mismatch: argument 0 must be of type i32, found i64");
    check_error(
        call(&[Val::null_func_ref()]),
        true,
        "type mismatch: argument 0 must be of type i32, found funcref",
    );
    let expected = "expected space for the results, which are 1, found space for 0";
    check_error(f.call(&mut store, &[Val::I32(0)], &mut []), true, expected);
    let get = |name| instance.get_typed_func::<i32, i32>(&store, name).map(drop);
    check_error(get("f"), true, "`f`: expected a function [i32] -> [i32], found [i32] -> [i64]");
    check_error(get("m"), true, "`m`: expected a function, found a memory {min 1}");
    check_error(get("x"), true, "`x`: expected a function, found no such export");
    let expected = "`greeet`: expected a function, found no such export; did you mean `greet`?";
    check_error(get("greeet"), true, expected);
}

#[test]
fn dynamic_functions_must_return_what_they_say() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let ty = FuncType::new(&engine, [], [ValType::I32]);
    let wrong = Func::new(&mut store, ty.clone(), |_, _, results| {
        results[0] = Val::I64(1);
        Ok(())
    });
    let nothing = Func::new(&mut store, ty, |_, _, _| Ok(()));
    let mut results = [Val::I32(1)];
    let expected = "type mismatch: result 0 must be of type i32, found i64";
    check_error(wrong.call(&mut store, &[], &mut results), true, expected);
    nothing.call(&mut store, &[], &mut results).unwrap();
    assert_eq!(results[0].i32(), Some(0));
}

/// Host and guest call each other `n` levels deep; each level adds one.
const PING_PONG: &str = r#"(module
    (import "" "pong" (func $pong (param i32) (result i32)))
    (func (export "ping") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0))
            (then (i32.const 0))
            (else (i32.add (i32.const 1) (call $pong (i32.sub (local.get 0) (i32.const 1))))))))"#;

#[test]
fn re_entrancy_at_depth() {
    let engine = Engine::default();
    let mut linker = Linker::<u32>::new(&engine);
    linker
        .func_wrap("", "pong", |mut caller: Caller<'_, u32>, n: i32| -> Result<i32> {
            *caller.data_mut() += 1;
            let ping = caller.get_export("ping").and_then(Extern::into_func).expect("the guest's export");
            // Values and numbers take turns.
            if n % 2 == 0 {
                return ping.typed::<i32, i32>(&caller)?.call(&mut caller, n);
            }
            let mut results = [Val::I32(0)];
            ping.call(&mut caller, &[n.into()], &mut results)?;
            Ok(results[0].unwrap_i32())
        })
        .unwrap();
    let mut store = Store::new(&engine, 0);
    let module = Module::new(&engine, PING_PONG).unwrap();
    let ping = linker.instantiate(&mut store, &module).unwrap();
    let ping = ping.get_typed_func::<i32, i32>(&store, "ping").unwrap();
    assert_eq!(ping.call(&mut store, 150).unwrap(), 150);
    assert_eq!(*store.data(), 150);
    // Deeper than calls may nest, it traps, and everything still works.
    let error = ping.call(&mut store, 10_000).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::CallStackExhausted));
    assert_eq!(ping.call(&mut store, 3).unwrap(), 3);
}

#[test]
fn nested_calls_are_configurable() {
    let engine = Engine::new(Config::new().max_nested_calls(3)).unwrap();
    let mut linker = Linker::<()>::new(&engine);
    linker
        .func_wrap("", "pong", |mut caller: Caller<'_, ()>, n: i32| -> Result<i32> {
            let ping = caller.get_export("ping").and_then(Extern::into_func).expect("the guest's export");
            ping.typed::<i32, i32>(&caller)?.call(&mut caller, n)
        })
        .unwrap();
    let mut store = Store::new(&engine, ());
    let module = Module::new(&engine, PING_PONG).unwrap();
    let ping = linker.instantiate(&mut store, &module).unwrap();
    let ping = ping.get_typed_func::<i32, i32>(&store, "ping").unwrap();
    assert_eq!(ping.call(&mut store, 2).unwrap(), 2);
    assert!(ping.call(&mut store, 3).unwrap_err().is::<Trap>());
}

#[test]
fn host_functions_compile_and_instantiate() {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    linker
        .func_wrap("", "eval", |mut caller: Caller<'_, ()>, n: i32| -> Result<i32> {
            let text = format!(r#"(module (memory 1) (func (export "n") (result i32) i32.const {n}))"#);
            let module = Module::new(caller.engine(), text)?;
            let instance = Instance::new(&mut caller, &module, &[])?;
            instance.get_typed_func::<(), i32>(&caller, "n")?.call(&mut caller, ())
        })
        .unwrap();
    let mut store = Store::new(&engine, ());
    let module = Module::new(
        &engine,
        r#"(module (import "" "eval" (func $eval (param i32) (result i32)))
            (func (export "f") (result i32) (i32.add (call $eval (i32.const 40)) (call $eval (i32.const 2)))))"#,
    );
    let instance = linker.instantiate(&mut store, &module.unwrap()).unwrap();
    let f = instance.get_typed_func::<(), i32>(&store, "f").unwrap();
    assert_eq!(f.call(&mut store, ()).unwrap(), 42);
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("status {0}")]
struct Status(i32);

/// A guest that calls the host's `f`, through a function of its own.
const CALLS_F: &str = r#"(module $guest
    (import "" "f" (func $f (param i32)))
    (func $inner (param i32) (call $f (local.get 0)))
    (func $outer (export "run") (param i32) (call $inner (local.get 0))))"#;

fn calls_f<T>(store: &mut Store<T>, f: Func) -> TypedFunc<i32, ()> {
    instance(store, CALLS_F, &[f.into()]).get_typed_func(&store, "run").unwrap()
}

#[test]
fn errors_of_host_functions_come_back_unchanged() {
    let mut store = Store::new(&Engine::default(), ());
    let fail = Func::wrap(&mut store, |status: i32| if status == 0 { Ok(()) } else { Err(Status(status)) });
    let run = calls_f(&mut store, fail);
    run.call(&mut store, 0).unwrap();
    let error = run.call(&mut store, 7).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Status(7)));
    let names: Vec<_> = error
        .backtrace()
        .unwrap()
        .frames()
        .iter()
        .map(|frame| frame.func_name().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["inner", "outer"]);
    let text = format!("{error:?}");
    assert!(text.starts_with("status 7\n\nwasm backtrace:\n    0: 0x"), "{text}");
    assert!(text.contains(" - guest!inner\n    1: 0x"), "{text}");
    run.call(&mut store, 0).unwrap();
}

#[test]
fn errors_keep_context_and_traps_are_traps() {
    let mut store = Store::new(&Engine::default(), ());
    let fail = Func::wrap(&mut store, |n: i32| -> Result<()> {
        match n {
            0 => Err(Error::from(Status(1)).context("while counting")),
            _ => Err(Trap::IntegerOverflow.into()),
        }
    });
    let run = calls_f(&mut store, fail);
    assert_eq!(format!("{:#}", run.call(&mut store, 0).unwrap_err()), "while counting: status 1");
    let error = run.call(&mut store, 1).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Trap(Trap::IntegerOverflow)));
    assert_eq!(error.backtrace().unwrap().frames().len(), 2);
}

#[test]
fn a_panic_resumes_in_the_host_and_the_store_stays_sound() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, 0);
    let boom = Func::wrap(&mut store, |mut caller: Caller<'_, i32>, n: i32| {
        *caller.data_mut() += 1;
        assert!(n < 0, "boom {n}");
    });
    let run = calls_f(&mut store, boom);
    // From the host, and again through a guest that a host function has called.
    let relay = Func::wrap(&mut store, move |mut caller: Caller<'_, i32>, n: i32| run.call(&mut caller, n));
    let outer = calls_f(&mut store, relay);
    for call in [run, outer] {
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call.call(&mut store, 5)));
        let payload = result.unwrap_err();
        assert_eq!(payload.downcast_ref::<String>().unwrap(), "boom 5");
        call.call(&mut store, -1).unwrap();
    }
    assert_eq!(*store.data(), 4);
}

#[test]
fn callbacks_through_tables_and_references() {
    let mut store = Store::new(&Engine::default(), ());
    let guest = instance(
        &mut store,
        r#"(module
            (type $op (func (param i32) (result i32)))
            (table (export "ops") 4 funcref)
            (elem (i32.const 0) $inc)
            (func $inc (type $op) (i32.add (local.get 0) (i32.const 1)))
            (func (export "pick") (param i32) (result funcref) (table.get (local.get 0)))
            (func (export "put") (param i32 funcref) (table.set (local.get 0) (local.get 1)))
            (func (export "apply") (param i32 i32) (result i32)
                (call_indirect (type $op) (local.get 1) (local.get 0))))"#,
        &[],
    );
    let pick = guest.get_typed_func::<u32, Option<Func>>(&store, "pick").unwrap();
    let put = guest.get_typed_func::<(u32, Option<Func>), ()>(&store, "put").unwrap();
    let apply = guest.get_typed_func::<(u32, i32), i32>(&store, "apply").unwrap();
    let inc = pick.call(&mut store, 0).unwrap().expect("not null");
    assert_eq!(inc.typed::<i32, i32>(&store).unwrap().call(&mut store, 41).unwrap(), 42);
    assert_eq!(pick.call(&mut store, 1).unwrap(), None);

    let square = Func::wrap(&mut store, |x: i32| x * x);
    put.call(&mut store, (2, Some(square))).unwrap();
    assert_eq!(apply.call(&mut store, (2, 12)).unwrap(), 144);
    assert_eq!(pick.call(&mut store, 2).unwrap(), Some(square));

    let table = guest.get_table(&store, "ops").unwrap();
    table.set(&mut store, 3, inc.into()).unwrap();
    assert_eq!(apply.call(&mut store, (3, 1)).unwrap(), 2);
    let wrong = Func::wrap(&mut store, |_: i64| ());
    table.set(&mut store, 3, wrong.into()).unwrap();
    let error = apply.call(&mut store, (3, 1)).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::IndirectCallTypeMismatch));
}

#[test]
fn host_values_are_given_back() {
    let mut store = Store::new(&Engine::default(), ());
    type Value = Option<Rooted<ExternRef>>;
    let same = instance(
        &mut store,
        r#"(module (global $kept (mut externref) (ref.null extern))
            (func (export "swap") (param externref) (result externref)
                (global.get $kept) (global.set $kept (local.get 0))))"#,
        &[],
    );
    let swap = same.get_typed_func::<Value, Value>(&store, "swap").unwrap();
    let value = ExternRef::new(&mut store, vec![1, 2, 3]).unwrap();
    assert!(swap.call(&mut store, Some(value)).unwrap().is_none());
    let back = swap.call(&mut store, None).unwrap().expect("what was put there");
    assert!(Rooted::ref_eq(&store, &back, &value).unwrap());
    let data = back.data_mut(&mut store).unwrap().unwrap().downcast_mut::<Vec<i32>>().unwrap();
    data.push(4);
    let data = value.data(&store).unwrap().unwrap();
    assert_eq!(data.downcast_ref::<Vec<i32>>().unwrap(), &[1, 2, 3, 4]);
}

#[test]
fn what_closures_hold_is_dropped_with_the_store() {
    let held = Arc::new(AtomicU32::new(0));
    let mut store = Store::new(&Engine::default(), held.clone());
    let in_closure = held.clone();
    let count = Func::wrap(&mut store, move || in_closure.fetch_add(1, Ordering::Relaxed));
    ExternRef::new(&mut store, held.clone()).unwrap();
    count.typed::<(), u32>(&store).unwrap().call(&mut store, ()).unwrap();
    assert_eq!(Arc::strong_count(&held), 4);
    drop(store);
    assert_eq!(Arc::strong_count(&held), 1);
    assert_eq!(held.load(Ordering::Relaxed), 1);
}

#[test]
fn contexts_pass_through_functions() {
    fn is_of(store: impl AsContext, engine: &Engine) -> bool {
        Engine::same(store.as_context().engine(), engine)
    }
    fn wrap<T: 'static>(mut store: impl AsContextMut<Data = T>) -> Func {
        assert!(!is_of(&store, &Engine::default()));
        Func::wrap(store.as_context_mut(), || {})
    }
    let mut store = Store::new(&Engine::default(), ());
    let func = wrap(&mut store);
    func.call(store.as_context_mut(), &[], &mut []).unwrap();
}

#[test]
#[should_panic = "another store"]
fn a_function_of_another_store() {
    let engine = Engine::default();
    let func = Func::wrap(Store::new(&engine, ()), || {});
    func.call(Store::new(&engine, ()), &[], &mut []).ok();
}

#[test]
#[should_panic = "another store"]
fn a_typed_function_of_another_store() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let func = Func::wrap(&mut store, || {}).typed::<(), ()>(&store).unwrap();
    func.call(Store::new(&engine, ()), ()).ok();
}

#[test]
#[should_panic = "another store"]
fn a_memory_after_its_store_is_gone() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let memory =
        instance(&mut store, r#"(module (memory (export "m") 1))"#, &[]).get_memory(&store, "m").unwrap();
    drop(store);
    memory.size(Store::new(&engine, ()));
}

#[test]
fn references_of_another_store_are_refused() {
    let engine = Engine::default();
    let mut other = Store::new(&engine, ());
    let (foreign, value) = (Func::wrap(&mut other, || {}), ExternRef::new(&mut other, 1).unwrap());
    let mut store = Store::new(&engine, ());
    let guest = instance(&mut store, r#"(module (func (export "f") (param funcref externref)))"#, &[]);
    let f = guest.get_typed_func::<(Option<Func>, Option<Rooted<ExternRef>>), ()>(&store, "f").unwrap();
    let expected = "a reference was used with another store than the one it belongs to";
    check_error(f.call(&mut store, (Some(foreign), None)), true, expected);
    check_error(f.call(&mut store, (None, Some(value))), true, expected);
    check_error(
        f.func().call(&mut store, &[Val::FuncRef(Some(foreign)), Val::null_extern_ref()], &mut []),
        true,
        expected,
    );
    f.call(&mut store, (None, None)).unwrap();
}
