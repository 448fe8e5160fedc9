//! Host functions that call guests that call host functions, and so on; and everything else that host functions do.

use terrane::{
    AsContextMut, Caller, Config, Engine, Extern, Func, FuncType, Instance, Linker, Memory, Module, Ref,
    Result, Store, Trap, TypedFunc, Val, ValType,
};

fn instance<T>(store: &mut Store<T>, text: &str, imports: &[Extern]) -> Instance {
    let module = Module::new(store.engine(), text).expect("a valid module");
    Instance::new(store, &module, imports).expect("imports that fit")
}

/// Host and guest call each other `n` levels deep; each level adds one.
const PING_PONG: &str = r#"(module
    (import "" "pong" (func $pong (param i32) (result i32)))
    (func (export "ping") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0))
            (then (i32.const 0))
            (else (i32.add (i32.const 1) (call $pong (i32.sub (local.get 0) (i32.const 1))))))))"#;

/// That, with a host function that takes so many bytes of stack.
fn ping_pong<const BYTES: usize>(config: &Config) -> (Store<()>, TypedFunc<i32, i32>) {
    let mut store = Store::new(&Engine::new(config).unwrap(), ());
    let pong = Func::wrap(&mut store, |mut caller: Caller<'_, ()>, n: i32| -> Result<i32> {
        let stack = std::hint::black_box([n as u8; BYTES]);
        let ping = caller.get_export("ping").and_then(Extern::into_func).expect("it is exported");
        let sum = ping.typed::<i32, i32>(&caller)?.call(&mut caller, n)?;
        assert_eq!(std::hint::black_box(stack)[BYTES / 2], n as u8);
        Ok(sum)
    });
    let guest = instance(&mut store, PING_PONG, &[pong.into()]);
    let ping = guest.get_typed_func(&store, "ping").unwrap();
    (store, ping)
}

fn exhausted<R: std::fmt::Debug>(result: Result<R>) {
    assert_eq!(result.unwrap_err().downcast_ref(), Some(&Trap::CallStackExhausted));
}

#[test]
fn a_thousand_levels() {
    let thread = std::thread::Builder::new().stack_size(64 << 20);
    let deep = || {
        let (mut store, ping) = ping_pong::<1>(Config::new().max_host_stack(48 << 20).max_nested_calls(3000));
        assert_eq!(ping.call(&mut store, 2999).unwrap(), 2999);
        // One more is one too many.
        exhausted(ping.call(&mut store, 3000));
        assert_eq!(ping.call(&mut store, 2999).unwrap(), 2999);
    };
    thread.spawn(deep).unwrap().join().unwrap();
}

#[test]
fn the_host_stack_does_not_overflow() {
    fn check<const BYTES: usize>() {
        let (mut store, ping) = ping_pong::<BYTES>(&Config::new());
        for _ in 0..3 {
            exhausted(ping.call(&mut store, 100_000));
            assert_eq!(ping.call(&mut store, 1).unwrap(), 1);
        }
    }
    // What threads have if nobody says otherwise.
    for check in [check::<1>, check::<1000>, check::<20_000>, check::<100_000>] {
        std::thread::Builder::new().stack_size(2 << 20).spawn(check).unwrap().join().unwrap();
    }
    // Less of it, if so configured.
    let (mut store, ping) = ping_pong::<10_000>(Config::new().max_host_stack(256 << 10));
    assert_eq!(ping.call(&mut store, 2).unwrap(), 2);
    exhausted(ping.call(&mut store, 40));
}

#[test]
fn a_call_goes_on_on_another_thread() {
    let mut store = Store::new(&Engine::new(Config::new().max_host_stack(100_000)).unwrap(), ());
    let pong = Func::wrap(&mut store, |mut caller: Caller<'_, ()>, n: i32| -> Result<i32> {
        let ping = caller.get_export("ping").and_then(Extern::into_func).expect("it is exported");
        let ping = ping.typed::<i32, i32>(&caller)?;
        // A stack at quite another place.
        std::thread::scope(|scope| scope.spawn(|| ping.call(&mut caller, n)).join().expect("no panic"))
    });
    let ping =
        instance(&mut store, PING_PONG, &[pong.into()]).get_typed_func::<i32, i32>(&store, "ping").unwrap();
    assert_eq!(ping.call(&mut store, 20).unwrap(), 20);
}

#[test]
fn what_nested_calls_change_is_seen() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    // Grows the caller's memory and table through the caller's exports, and by itself.
    let grow = Func::wrap(&mut store, |mut caller: Caller<'_, ()>| -> Result<()> {
        let grow = caller.get_export("grow").and_then(Extern::into_func).expect("it is exported");
        grow.call(&mut caller, &[], &mut [])?;
        let memory = caller.get_export("memory").and_then(Extern::into_memory).expect("it is exported");
        memory.grow(&mut caller, 1)?;
        memory.write(&mut caller, 3 * 65536 - 1, &[42])?;
        let table = caller.get_export("table").and_then(Extern::into_table).expect("it is exported");
        table.grow(&mut caller, 1, Ref::Func(None))?;
        let global = caller.get_export("global").and_then(Extern::into_global).expect("it is exported");
        global.set(&mut caller, Val::I64(7))
    });
    let guest = instance(
        &mut store,
        r#"(module
            (import "" "grow" (func $host))
            (memory (export "memory") 1) (table (export "table") 1 funcref)
            (global $g (export "global") (mut i64) (i64.const 1))
            (func (export "grow") (drop (memory.grow (i32.const 1))) (drop (table.grow (ref.null func) (i32.const 1))))
            (func (export "run") (result i32 i32 i32 i64) (local i32)
                (local.set 0 (i32.load8_u (i32.const 0)))
                (call $host)
                (i32.load8_u (i32.const 196607)) (memory.size) (table.size) (global.get $g)))"#,
        &[grow.into()],
    );
    let run = guest.get_typed_func::<(), (i32, i32, i32, i64)>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), (42, 3, 3, 7));
}

#[test]
fn host_functions_call_what_they_are_given() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::<()>::new(&engine);
    // A function as an argument; one out of the caller's table; one of the caller's exports.
    linker
        .func_wrap("host", "fold", |mut caller: Caller<'_, ()>, f: Func, n: i32| -> Result<i32> {
            let f = f.typed::<(i32, i32), i32>(&caller)?;
            (0..n).try_fold(0, |sum, i| f.call(&mut caller, (sum, i)))
        })
        .unwrap()
        .func_wrap("host", "at", |mut caller: Caller<'_, ()>, i: u64, x: i32| -> Result<i32> {
            let table = caller.get_export("ops").and_then(Extern::into_table).expect("it is exported");
            match table.get(&mut caller, i) {
                Some(Ref::Func(Some(f))) => f.typed::<i32, i32>(&caller)?.call(&mut caller, x),
                _ => Err(Trap::UninitializedElement.into()),
            }
        })
        .unwrap()
        .func_wrap("host", "adder", |mut caller: Caller<'_, ()>, n: i32| {
            // A function that is made anew; the guest may keep it.
            Func::wrap(caller.as_context_mut(), move |x: i32| x + n)
        })
        .unwrap();
    let module = Module::new(
        &engine,
        r#"(module
            (type $op (func (param i32) (result i32)))
            (import "host" "fold" (func $fold (param (ref func) i32) (result i32)))
            (import "host" "at" (func $at (param i64 i32) (result i32)))
            (import "host" "adder" (func $adder (param i32) (result (ref func))))
            (table $ops (export "ops") 3 funcref)
            (elem (table $ops) (i32.const 0) func $double)
            (elem declare func $plus)
            (func $double (type $op) (i32.mul (local.get 0) (i32.const 2)))
            (func $plus (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
            (func (export "run") (result i32 i32 i32)
                (table.set $ops (i32.const 1) (call $adder (i32.const 100)))
                (call $fold (ref.func $plus) (i32.const 5))
                (call $at (i64.const 0) (i32.const 21))
                (call_indirect $ops (type $op) (i32.const 1) (i32.const 1)))
            (func (export "null") (result i32) (call $at (i64.const 2) (i32.const 1))))"#,
    );
    let guest = linker.instantiate(&mut store, &module.unwrap()).unwrap();
    let run = guest.get_typed_func::<(), (i32, i32, i32)>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), (10, 42, 101));
    let null = guest.get_typed_func::<(), i32>(&store, "null").unwrap();
    assert!(null.call(&mut store, ()).unwrap_err().is::<Trap>());
    assert_eq!(run.call(&mut store, ()).unwrap(), (10, 42, 101));
}

#[test]
fn host_functions_load_modules_that_import_from_their_caller() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, 0);
    let ty = FuncType::new(&engine, [ValType::I32], [ValType::I32]);
    let load = Func::new(&mut store, ty, |mut caller: Caller<'_, u32>, params, results| {
        *caller.data_mut() += 1;
        let text = format!(
            r#"(module
                (import "caller" "memory" (memory 1))
                (import "caller" "add" (func $add (param i32) (result i32)))
                (start $start)
                (func $start (i32.store (i32.const 4) (i32.const {})))
                (func (export "run") (result i32) (call $add (i32.load (i32.const 4)))))"#,
            params[0].unwrap_i32()
        );
        let module = Module::new(caller.engine(), text)?;
        let mut linker = Linker::new(caller.engine());
        for name in ["memory", "add"] {
            let item = caller.get_export(name).expect("it is exported");
            linker.define(&caller, "caller", name, item)?;
        }
        let instance = linker.instantiate(&mut caller, &module)?;
        let run = instance.get_typed_func::<(), i32>(&caller, "run")?;
        results[0] = run.call(&mut caller, ())?.into();
        Ok(())
    });
    let guest = instance(
        &mut store,
        r#"(module
            (import "" "load" (func $load (param i32) (result i32)))
            (memory (export "memory") 1) (global $n (mut i32) (i32.const 0))
            (func (export "add") (param i32) (result i32)
                (global.set $n (i32.add (global.get $n) (local.get 0))) (global.get $n))
            (func (export "run") (result i32)
                (drop (call $load (i32.const 20)))
                (call $load (i32.add (i32.load (i32.const 4)) (i32.const 2)))))"#,
        &[load.into()],
    );
    let run = guest.get_typed_func::<(), i32>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), 42);
    assert_eq!(*store.data(), 2);
    let memory: Memory = guest.get_memory(&store, "memory").unwrap();
    assert_eq!(memory.read_pod::<i32>(&store, 4).unwrap(), 22);
}

#[test]
fn what_fails_inside_need_not_fail_outside() {
    let engine = Engine::new(Config::new().consume_fuel(true)).unwrap();
    let mut store = Store::new(&engine, Vec::new());
    store.set_fuel(100_000).unwrap();
    let attempt = Func::wrap(&mut store, |mut caller: Caller<'_, Vec<String>>, f: Func| -> Result<i32> {
        // Little fuel for the one, and what is left of all for the others.
        let all = caller.get_fuel()?;
        caller.set_fuel(1000)?;
        let result = f.call(&mut caller, &[], &mut []);
        let used = 1000 - caller.get_fuel()?;
        caller.set_fuel(all - used)?;
        let failed = result.is_err();
        if let Err(error) = result {
            caller.data_mut().push(error.to_string());
        }
        Ok(failed.into())
    });
    let guest = instance(
        &mut store,
        r#"(module
            (import "" "attempt" (func $attempt (param (ref func)) (result i32)))
            (elem declare func $good $bad $endless $deep)
            (func $good)
            (func $bad unreachable)
            (func $endless (loop (br 0)))
            (func $deep (call $deep))
            (func (export "run") (result i32)
                (i32.add (i32.add (call $attempt (ref.func $good)) (call $attempt (ref.func $bad)))
                    (i32.add (call $attempt (ref.func $endless)) (call $attempt (ref.func $deep))))))"#,
        &[attempt.into()],
    );
    let run = guest.get_typed_func::<(), i32>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), 3);
    assert_eq!(store.data()[..2], ["unreachable", "all fuel consumed"]);
    assert_eq!(store.data().len(), 3);
    let left = store.get_fuel().unwrap();
    assert!((97_000..99_000).contains(&left), "{left}");
}
