use super::later::{Later, poll_times};
use super::zealous;
use futures::executor::block_on;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use terrane::{
    AsContextMut, Caller, Engine, Error, ExternRef, Func, FuncType, Instance, Linker, Module, OwnedRooted,
    Result, Rooted, Store, Trap, TypedFunc, Val, ValType,
};

/// A linker with `host.wait`, which waits as often as its first argument says and returns the second.
fn waiting(engine: &Engine) -> Linker<Vec<i32>> {
    let mut linker = Linker::new(engine);
    linker
        .func_wrap_async("host", "wait", |mut caller: Caller<'_, Vec<i32>>, (times, x): (u32, i32)| {
            Box::new(async move {
                caller.data_mut().push(x);
                Later(times).await;
                caller.data_mut().push(-x);
                x
            })
        })
        .unwrap();
    linker
}

const WAIT: &str = r#"(import "host" "wait" (func $wait (param i32 i32) (result i32)))"#;

async fn instance<T: Send + 'static>(
    linker: &Linker<T>,
    store: &mut Store<T>,
    text: &str,
) -> Result<Instance> {
    let module = Module::new(linker.engine(), text)?;
    linker.instantiate_async(store, &module).await
}

async fn run_of<T: Send + 'static>(
    linker: &Linker<T>,
    store: &mut Store<T>,
    text: &str,
) -> TypedFunc<(), i32> {
    let instance = instance(linker, store, text).await.unwrap();
    instance.get_typed_func(store, "run").unwrap()
}

#[test]
fn the_guest_waits_for_the_host() {
    let engine = Engine::default();
    let linker = waiting(&engine);
    let mut store = Store::new(&engine, Vec::new());
    let sum = block_on(async {
        let text = format!(
            r#"(module {WAIT}
                (func $tail (result i32) (return_call $wait (i32.const 1) (i32.const 30)))
                (func (export "run") (result i32)
                    (i32.add
                        (i32.add (call $wait (i32.const 0) (i32.const 1)) (call $wait (i32.const 3) (i32.const 11)))
                        (call $tail))))"#,
        );
        let run = run_of(&linker, &mut store, &text).await;
        run.call_async(&mut store, ()).await.unwrap()
    });
    assert_eq!(sum, 42);
    assert_eq!(store.data(), &[1, -1, 11, -11, 30, -30]);
}

#[test]
fn start_functions_may_wait() {
    let engine = Engine::default();
    let linker = waiting(&engine);
    let mut store = Store::new(&engine, Vec::new());
    let text = format!(
        r#"(module {WAIT}
            (global (export "g") (mut i32) (i32.const 0))
            (func $start (global.set 0 (call $wait (i32.const 2) (i32.const 9))))
            (start $start))"#,
    );
    let instance = block_on(instance(&linker, &mut store, &text)).unwrap();
    let global = instance.get_global(&mut store, "g").unwrap();
    assert_eq!(global.get(&mut store).unwrap_i32(), 9);
    let module = Module::new(&engine, &text).unwrap();
    let error = linker.instantiate(&mut store, &module).unwrap_err();
    assert!(error.to_string().contains("use `call_async`"), "{error}");
    block_on(linker.instantiate_pre(&module).unwrap().instantiate_async(&mut store)).unwrap();
}

#[test]
fn functions_that_wait_may_call_the_guest() {
    let engine = Engine::default();
    let mut linker = waiting(&engine);
    linker
        .func_wrap_async("host", "call", |mut caller: Caller<'_, Vec<i32>>, (n,): (i32,)| {
            Box::new(async move {
                Later(1).await;
                let run = caller.get_export("run").unwrap().into_func().unwrap();
                let run = run.typed::<i32, i32>(&caller)?;
                let result = run.call_async(&mut caller, n - 1).await?;
                Later(1).await;
                Ok::<_, Error>(result + 1)
            })
        })
        .unwrap();
    let mut store = Store::new(&engine, Vec::new());
    let text = format!(
        r#"(module {WAIT} (import "host" "call" (func $call (param i32) (result i32)))
            (func (export "run") (param i32) (result i32)
                (drop (call $wait (i32.const 1) (local.get 0)))
                (if (result i32) (local.get 0)
                    (then (i32.add (call $call (local.get 0)) (call $wait (i32.const 1) (i32.const 100))))
                    (else (i32.const 0)))))"#,
    );
    let result = block_on(async {
        let instance = instance(&linker, &mut store, &text).await?;
        let run = instance.get_typed_func::<i32, i32>(&mut store, "run")?;
        run.call_async(&mut store, 5).await
    });
    assert_eq!(result.unwrap(), 505);
}

#[test]
fn errors_exceptions_and_values_come_back() {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    let ty = FuncType::new(&engine, [ValType::I64, ValType::F64], [ValType::F64, ValType::I64]);
    linker
        .func_new_async("host", "swap", ty, |_, params, results| {
            Box::new(async move {
                Later(1).await;
                if params[0].unwrap_i64() == 13 {
                    return Err(Error::msg("not that"));
                }
                results.copy_from_slice(&[params[1], params[0]]);
                Ok(())
            })
        })
        .unwrap();
    let mut store = Store::new(&engine, ());
    block_on(async {
        let text = r#"(module
            (import "host" "swap" (func $swap (param i64 f64) (result f64 i64)))
            (func (export "run") (param i64 f64) (result f64 i64) (call $swap (local.get 0) (local.get 1))))"#;
        let instance = instance(&linker, &mut store, text).await.unwrap();
        let run = instance.get_func(&mut store, "run").unwrap();
        let mut results = [Val::I32(0), Val::I32(0)];
        let params = [Val::I64(5), Val::F64(1.5_f64.to_bits())];
        run.call_async(&mut store, &params, &mut results).await.unwrap();
        assert_eq!((results[0].unwrap_f64(), results[1].unwrap_i64()), (1.5, 5));
        let params = [Val::I64(13), Val::F64(0)];
        let error = run.call_async(&mut store, &params, &mut results).await.unwrap_err();
        assert_eq!(error.to_string(), "not that");
        assert_eq!(error.backtrace().unwrap().frames().len(), 1);
        let error = run.call_async(&mut store, &params, &mut []).await.unwrap_err();
        assert_eq!(error.to_string(), "expected space for the results, which are 2, found space for 0");
    });
}

#[test]
fn only_asynchronous_calls_wait() {
    let engine = Engine::default();
    let linker = waiting(&engine);
    let mut store = Store::new(&engine, Vec::new());
    let text = format!(
        r#"(module {WAIT} (func (export "run") (result i32) (call $wait (i32.const 0) (i32.const 1))))"#
    );
    let run = block_on(run_of(&linker, &mut store, &text));
    for error in [run.call(&mut store, ()).unwrap_err(), run.call_resumable(&mut store, ()).unwrap_err()] {
        assert_eq!(
            error.to_string(),
            "an asynchronous function of the host was called by a call that is not: use `call_async`",
        );
    }
    // Nor does a call that is made by a function that does not wait.
    let outer = Func::wrap(&mut store, move |mut caller: Caller<'_, Vec<i32>>| run.call(&mut caller, ()));
    let outer = outer.typed::<(), i32>(&store).unwrap();
    assert!(block_on(outer.call_async(&mut store, ())).is_err());
    assert!(store.data().is_empty());
}

/// Counts when it is dropped.
struct Guard(Arc<AtomicU32>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_call_can_be_dropped_at_any_time() {
    let engine = Engine::default();
    let drops = Arc::new(AtomicU32::new(0));
    let mut linker = waiting(&engine);
    let counted = drops.clone();
    linker
        .func_wrap_async("host", "forever", move |mut caller: Caller<'_, Vec<i32>>, (): ()| {
            let guard = Guard(counted.clone());
            Box::new(async move {
                let _guard = guard;
                let data = caller.data_mut();
                while data.len() < 1000 {
                    data.push(0);
                    Later(1).await;
                }
            })
        })
        .unwrap();
    let mut store = Store::new(&engine, Vec::new());
    let text = r#"(module (import "host" "forever" (func $forever))
        (func $deep (param i32)
            (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (call $forever))))
        (func (export "run") (result i32) (call $deep (i32.const 100)) (i32.const 0)))"#;
    let run = block_on(run_of(&linker, &mut store, text));
    for i in 0..50 {
        let mut call = Box::pin(run.call_async(&mut store, ()));
        assert!(poll_times(call.as_mut(), i).is_none());
        drop(call);
        assert_eq!(drops.load(Ordering::Relaxed), i.min(i));
        // The store is as good as new.
        assert_eq!(store.data_mut().drain(..).len(), i as usize);
        let add = Func::wrap(&mut store, |x: i32| x + 1);
        assert_eq!(add.typed::<i32, i32>(&store).unwrap().call(&mut store, 1).unwrap(), 2);
    }
    // Forgotten, it does no harm either.
    let mut call = Box::pin(run.call_async(&mut store, ()));
    assert!(poll_times(call.as_mut(), 3).is_none());
    std::mem::forget(call);
    store.gc(None).unwrap();
    assert_eq!(store.into_data().len(), 3);
}

#[test]
fn panics_go_to_who_polls() {
    let engine = Engine::default();
    let mut linker = waiting(&engine);
    linker
        .func_wrap_async("host", "panic", |_: Caller<'_, Vec<i32>>, (times,): (u32,)| {
            Box::new(async move {
                Later(times).await;
                if times < 9 {
                    panic!("after {times}");
                }
            })
        })
        .unwrap();
    let mut store = Store::new(&engine, Vec::new());
    let text = r#"(module (import "host" "panic" (func $panic (param i32)))
        (func (export "run") (param i32) (call $panic (local.get 0))))"#;
    let instance = block_on(instance(&linker, &mut store, text)).unwrap();
    let run = instance.get_typed_func::<u32, ()>(&mut store, "run").unwrap();
    for times in [0, 1, 3] {
        let call = std::panic::AssertUnwindSafe(|| block_on(run.call_async(&mut store, times)));
        let payload = std::panic::catch_unwind(call).unwrap_err();
        assert_eq!(payload.downcast_ref::<String>().unwrap(), &format!("after {times}"));
    }
    block_on(run.call_async(&mut store, 9)).unwrap();
}

#[test]
fn references_live_while_their_function_waits() {
    let engine = zealous();
    let mut linker = Linker::<()>::new(&engine);
    linker
        .func_wrap_async(
            "host",
            "keep",
            |mut caller: Caller<'_, ()>, (value, times): (Option<Rooted<ExternRef>>, u32)| {
                Box::new(async move {
                    Later(times).await;
                    caller.as_context_mut().gc(None)?;
                    let value = value.unwrap();
                    assert_eq!(value.data(&caller)?.unwrap().downcast_ref(), Some(&"kept"));
                    Ok::<_, Error>(Some(value))
                })
            },
        )
        .unwrap();
    let mut store = Store::new(&engine, ());
    block_on(async {
        let text = r#"(module
            (import "host" "keep" (func $keep (param externref i32) (result externref)))
            (type $box (struct (field externref)))
            (func (export "run") (param externref) (result externref) (local $b (ref null $box))
                (local.set $b (struct.new $box (local.get 0)))
                (drop (call $keep (local.get 0) (i32.const 0)))
                (drop (call $keep (local.get 0) (i32.const 2)))
                (struct.get $box 0 (local.get $b))))"#;
        let instance = instance(&linker, &mut store, text).await.unwrap();
        let run = instance
            .get_typed_func::<Option<Rooted<ExternRef>>, Option<OwnedRooted<ExternRef>>>(&mut store, "run")
            .unwrap();
        let value = ExternRef::new(&mut store, "kept").unwrap();
        let result = run.call_async(&mut store, Some(value)).await.unwrap().unwrap();
        assert_eq!(result.data(&store).unwrap().unwrap().downcast_ref(), Some(&"kept"));
    });
}

#[test]
fn calls_of_many_stores_wait_at_the_same_time() {
    let engine = Engine::default();
    let linker = waiting(&engine);
    let text = format!(
        r#"(module {WAIT} (func (export "run") (result i32) (call $wait (i32.const 3) (i32.const 1))))"#
    );
    let module = Module::new(&engine, &text).unwrap();
    let task = |linker: Linker<Vec<i32>>, module: Module| async move {
        let mut store = Store::new(linker.engine(), Vec::new());
        let instance = linker.instantiate_async(&mut store, &module).await.unwrap();
        let run = instance.get_typed_func::<(), i32>(&mut store, "run").unwrap();
        run.call_async(&mut store, ()).await.unwrap()
    };
    // On one thread, in turns.
    let mut tasks: Vec<_> = (0..20).map(|_| Box::pin(task(linker.clone(), module.clone()))).collect();
    let mut sum = 0;
    while !tasks.is_empty() {
        tasks.retain_mut(|task| match poll_times(task.as_mut(), 1) {
            Some(x) => {
                sum += x;
                false
            }
            None => true,
        });
    }
    assert_eq!(sum, 20);
    // A future moves between threads.
    let mut moving = Box::pin(task(linker, module));
    assert!(poll_times(moving.as_mut(), 1).is_none());
    assert_eq!(std::thread::spawn(move || block_on(moving)).join().unwrap(), 1);
}

#[test]
fn a_trap_after_waiting_has_its_place() {
    let engine = Engine::default();
    let linker = waiting(&engine);
    let mut store = Store::new(&engine, Vec::new());
    let text = format!(
        r#"(module {WAIT}
            (func $inner (result i32) (drop (call $wait (i32.const 1) (i32.const 1))) (unreachable))
            (func $run (export "run") (result i32) (call $inner)))"#,
    );
    let run = block_on(run_of(&linker, &mut store, &text));
    let error = block_on(run.call_async(&mut store, ())).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::Unreachable));
    let names: Vec<_> = error.backtrace().unwrap().frames().iter().map(|frame| frame.func_name()).collect();
    assert_eq!(names, [Some("inner"), Some("run")]);
    let polled = pin!(run.call_async(&mut store, ()));
    assert!(poll_times(polled, 0).is_none());
}

#[test]
fn endless_nesting_ends_in_a_trap() {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    linker
        .func_wrap_async("host", "again", |mut caller: Caller<'_, ()>, (times,): (u32,)| {
            Box::new(async move {
                // The first time by waiting before each call, so that no two of them begin in the same poll.
                Later(times).await;
                let run = caller.get_export("run").unwrap().into_func().unwrap();
                run.typed::<u32, ()>(&caller)?.call_async(&mut caller, times).await
            })
        })
        .unwrap();
    let mut store = Store::new(&engine, ());
    let text = r#"(module (import "host" "again" (func $again (param i32)))
        (func (export "run") (param i32) (call $again (local.get 0))))"#;
    let instance = block_on(instance(&linker, &mut store, text)).unwrap();
    let run = instance.get_typed_func::<u32, ()>(&mut store, "run").unwrap();
    for times in [1, 0] {
        let error = block_on(run.call_async(&mut store, times)).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Trap::CallStackExhausted));
    }
}
