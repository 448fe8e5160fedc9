use super::{instance, zealous};
use std::sync::Arc;
use terrane::{
    AnyRef, Caller, Config, CountingTracer, Engine, Error, ErrorKind, ExnRef, ExnRefPre, ExnType, ExternRef,
    Func, FuncType, Linker, Module, OwnedRooted, Resumable, RootScope, Rooted, Store, Suspend, SuspendedBy,
    SuspendedCall, Tag, TagType, Trap, Val, ValType,
};

const ASK: &str = r#"(import "host" "ask" (func $ask (param i32) (result i32)))"#;

/// A host whose function `ask` suspends with its argument.
fn asking(engine: &Engine) -> Linker<()> {
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "ask", |question: i32| Err::<i32, _>(Suspend::new(question))).unwrap();
    linker
}

fn suspended<R>(call: Resumable<R>) -> SuspendedCall<R> {
    call.suspended().expect("it should have stopped")
}

fn call<R>(text: &str) -> (Store<()>, SuspendedCall<R>)
where
    R: terrane::WasmResults,
{
    let linker = asking(&Engine::default());
    let mut store = Store::new(linker.engine(), ());
    let instance = instance(&linker, &mut store, text);
    let run = instance.get_typed_func::<(), R>(&mut store, "run").unwrap();
    let call = suspended(run.call_resumable(&mut store, ()).unwrap());
    (store, call)
}

#[test]
fn every_kind_of_call_goes_on() {
    let (mut store, mut call) = call::<i32>(&format!(
        r#"(module {ASK}
            (type $t (func (param i32) (result i32)))
            (table funcref (elem $ask $deep))
            (elem declare func $ask)
            (func $deep (param i32) (result i32) (i32.mul (call $ask (local.get 0)) (i32.const 10)))
            (func $tail (param i32) (result i32) (return_call $ask (local.get 0)))
            (func $tail_indirect (param i32) (result i32)
                (return_call_indirect (type $t) (local.get 0) (i32.const 0)))
            (func (export "run") (result i32) (local $sum i32)
                (local.set $sum (call $ask (i32.const 1)))
                (local.set $sum (i32.add (call $deep (i32.const 2)) (local.get $sum)))
                (local.set $sum (i32.add (call $tail (i32.const 3)) (local.get $sum)))
                (local.set $sum (i32.add (local.get $sum)
                    (call_indirect (type $t) (i32.const 4) (i32.const 0))))
                (local.set $sum (i32.add (local.get $sum)
                    (call_ref $t (i32.const 5) (ref.func $ask))))
                (i32.add (local.get $sum) (call $tail_indirect (i32.const 6)))))"#,
    ));
    for question in 1..=6 {
        assert_eq!(call.payload(), Some(&question));
        let result = call.resume(&mut store, &[Val::I32(question * 100)]).unwrap();
        assert_eq!(result, (question == 6).then_some(100 + 2000 + 300 + 400 + 500 + 600));
    }
    assert!(call.by().is_none());
    let error = call.resume(&mut store, &[]).unwrap_err();
    assert_eq!(error.to_string(), "the call is over: it cannot be resumed");
}

#[test]
fn calls_between_instances_go_on() {
    let engine = Engine::default();
    let mut linker = asking(&engine);
    let mut store = Store::new(&engine, ());
    let library = instance(
        &linker,
        &mut store,
        &format!(
            r#"(module {ASK} (memory 1) (global $g (mut i32) (i32.const 7))
                (func (export "twice") (param i32) (result i32)
                    (i32.store (i32.const 0) (call $ask (local.get 0)))
                    (global.set $g (i32.add (global.get $g) (call $ask (local.get 0))))
                    (i32.add (i32.load (i32.const 0)) (global.get $g))))"#,
        ),
    );
    linker.instance(&mut store, "library", library).unwrap();
    let user = instance(
        &linker,
        &mut store,
        r#"(module
            (import "library" "twice" (func $twice (param i32) (result i32)))
            (memory 1)
            (func (export "run") (result i32)
                (i32.store (i32.const 0) (i32.const 1000))
                (i32.add (call $twice (i32.const 3)) (i32.load (i32.const 0)))))"#,
    );
    let run = user.get_typed_func::<(), i32>(&mut store, "run").unwrap();
    let mut call = suspended(run.call_resumable(&mut store, ()).unwrap());
    assert_eq!(call.resume(&mut store, &[Val::I32(20)]).unwrap(), None);
    assert_eq!(call.resume(&mut store, &[Val::I32(3)]).unwrap(), Some(1030));
}

#[test]
fn calls_go_on_in_any_order() {
    let linker = asking(&Engine::default());
    let mut store = Store::new(linker.engine(), ());
    let text = format!(
        r#"(module {ASK}
            (func $deep (export "run") (param i32 i32) (result i32)
                (if (i32.eqz (local.get 0)) (then (return (call $ask (local.get 1)))))
                (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)) (local.get 1)))))"#,
    );
    let instance = instance(&linker, &mut store, &text);
    let run = instance.get_typed_func::<(i32, i32), i32>(&mut store, "run").unwrap();
    let mut calls: Vec<_> =
        (0..50).map(|i| suspended(run.call_resumable(&mut store, (i * 10, i)).unwrap())).collect();
    // Some are dropped, the others go on from the middle outwards.
    let mut i = 0;
    calls.retain(|_| {
        i += 1;
        i % 3 != 0
    });
    while !calls.is_empty() {
        let mut call = calls.remove(calls.len() / 2);
        let i = *call.payload::<i32>().unwrap();
        assert_eq!(call.resume(&mut store, &[Val::I32(i)]).unwrap(), Some(i * 11));
    }
}

#[test]
fn the_store_can_be_used_meanwhile() {
    let (mut store, mut call) = call::<i32>(&format!(
        r#"(module {ASK} (memory (export "m") 1 8)
            (func (export "run") (result i32)
                (i32.store (i32.const 4) (i32.const 5))
                (drop (call $ask (i32.const 0)))
                (i32.add (i32.load (i32.const 70000)) (i32.load (i32.const 4)))))"#,
    ));
    // The memory may move; other calls use the stack of the store.
    let other = Func::wrap(&mut store, |x: i32| x + 1);
    assert_eq!(other.typed::<i32, i32>(&store).unwrap().call(&mut store, 1).unwrap(), 2);
    let engine = store.engine().clone();
    let module = Module::new(&engine, "(module (func (export \"f\") (result i32) (i32.const 3)))").unwrap();
    let instance = terrane::Instance::new(&mut store, &module, &[]).unwrap();
    let f = instance.get_typed_func::<(), i32>(&mut store, "f").unwrap();
    assert_eq!(f.call(&mut store, ()).unwrap(), 3);
    assert_eq!(f.call_resumable(&mut store, ()).unwrap().finished(), Some(3));

    let error = call.resume(&mut store, &[]).unwrap_err();
    assert_eq!(error.to_string(), "expected 1 result, found 0");
    let error = call.resume(&mut store, &[Val::I64(0)]).unwrap_err();
    assert_eq!(error.to_string(), "type mismatch: result 0 must be of type i32, found i64");
    assert_eq!(call.payload(), Some(&0), "it stands where it stood");
    let error = call.resume(&mut store, &[Val::I32(0)]).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::OutOfBoundsMemoryAccess));
    assert_eq!(error.backtrace().unwrap().frames().len(), 1);
}

#[test]
fn a_memory_that_grows_meanwhile_is_seen() {
    let linker = asking(&Engine::default());
    let mut store = Store::new(linker.engine(), ());
    let instance = instance(
        &linker,
        &mut store,
        &format!(
            r#"(module {ASK} (memory (export "m") 1)
                (func (export "run") (result i32)
                    (drop (call $ask (i32.const 0)))
                    (i32.load (i32.const 70000))))"#,
        ),
    );
    let run = instance.get_typed_func::<(), i32>(&mut store, "run").unwrap();
    let mut call = suspended(run.call_resumable(&mut store, ()).unwrap());
    let memory = instance.get_memory(&mut store, "m").unwrap();
    memory.grow(&mut store, 100).unwrap();
    memory.write(&mut store, 70000, &42_u32.to_le_bytes()).unwrap();
    assert_eq!(call.resume(&mut store, &[Val::I32(0)]).unwrap(), Some(42));
}

#[test]
fn what_frames_hold_is_not_collected() {
    let engine = zealous();
    let linker = asking(&engine);
    let mut store = Store::new(&engine, ());
    let instance = instance(
        &linker,
        &mut store,
        &format!(
            r#"(module {ASK}
                (type $box (struct (field i32)))
                (func (export "run") (param externref) (result i32 externref) (local $b (ref null $box))
                    (local.set $b (struct.new $box (i32.const 40)))
                    (drop (call $ask (i32.const 0)))
                    (i32.add (struct.get $box 0 (local.get $b)) (i32.const 2))
                    (local.get 0)))"#,
        ),
    );
    let run = instance
        .get_typed_func::<Option<OwnedRooted<ExternRef>>, (i32, Option<Rooted<ExternRef>>)>(&mut store, "run")
        .unwrap();
    let value = Arc::new(());
    let start = |store: &mut Store<()>| {
        let rooted = {
            let mut scope = RootScope::new(&mut *store);
            ExternRef::new(&mut scope, value.clone()).unwrap().to_owned_rooted(&mut scope).unwrap()
        };
        suspended(run.call_resumable(store, Some(rooted)).unwrap())
    };
    let mut call = start(&mut store);
    let dropped = start(&mut store);
    for _ in 0..3 {
        // Another call's objects would take the place of those that were freed.
        drop(start(&mut store));
        store.gc(None).unwrap();
    }
    assert_eq!(Arc::strong_count(&value), 3);
    drop(dropped);
    store.gc(None).unwrap();
    assert_eq!(Arc::strong_count(&value), 2, "the frames of a call that was dropped hold nothing");
    let (sum, found) = call.resume(&mut store, &[Val::I32(0)]).unwrap().unwrap();
    assert_eq!(sum, 42);
    assert!(found.unwrap().data(&store).unwrap().unwrap().is::<Arc<()>>());
}

#[test]
fn it_can_go_on_with_an_error_or_an_exception() {
    let engine = Engine::default();
    let mut linker = asking(&engine);
    let mut store = Store::new(&engine, ());
    let ty = FuncType::new(&engine, [ValType::I32], []);
    let tag = Tag::new(&mut store, &TagType::new(ty.clone())).unwrap();
    linker.define(&store, "host", "tag", tag).unwrap();
    let instance = instance(
        &linker,
        &mut store,
        &format!(
            r#"(module {ASK} (import "host" "tag" (tag $tag (param i32)))
                (func (export "run") (result i32)
                    (block $caught (result i32)
                        (try_table (result i32) (catch $tag $caught) (call $ask (i32.const 0))))))"#,
        ),
    );
    let run = instance.get_typed_func::<(), i32>(&mut store, "run").unwrap();
    let mut call = suspended(run.call_resumable(&mut store, ()).unwrap());
    let exn_type = ExnType::from_tag_type(&TagType::new(ty)).unwrap();
    let pre = ExnRefPre::new(&mut store, exn_type);
    let exn = ExnRef::new(&mut store, &pre, &tag, &[Val::I32(5)]).unwrap();
    let thrown = store.as_thrown(exn);
    assert_eq!(call.resume_with_error(&mut store, thrown).unwrap(), Some(5));

    let mut call = suspended(run.call_resumable(&mut store, ()).unwrap());
    let error = call.resume_with_error(&mut store, Error::msg("no answer")).unwrap_err();
    assert_eq!(error.to_string(), "no answer");
    assert!(error.backtrace().is_some());
    assert!(call.by().is_none());
}

trait AsThrown {
    fn as_thrown(&mut self, exn: Rooted<ExnRef>) -> Error;
}

impl AsThrown for Store<()> {
    fn as_thrown(&mut self, exn: Rooted<ExnRef>) -> Error {
        self.throw::<()>(exn).unwrap_err().into()
    }
}

#[test]
fn fuel_can_be_refilled() {
    let engine = Engine::new(Config::new().consume_fuel(true)).unwrap();
    let linker = Linker::new(&engine);
    let mut store = Store::new(&engine, ());
    let instance = instance(
        &linker,
        &mut store,
        r#"(module
            (memory 1)
            (func $add (param i64 i64) (result i64) (i64.add (local.get 0) (local.get 1)))
            (func (export "sum") (param i64) (result i64) (local $sum i64)
                (loop $next
                    (local.set $sum (call $add (local.get $sum) (local.get 0)))
                    (memory.fill (i32.const 0) (i32.const 1) (i32.const 4096))
                    (local.set 0 (i64.sub (local.get 0) (i64.const 1)))
                    (br_if $next (i64.ne (local.get 0) (i64.const 0))))
                (local.get $sum)))"#,
    );
    let sum = instance.get_typed_func::<i64, i64>(&mut store, "sum").unwrap();
    let mut call = suspended(sum.call_resumable(&mut store, 1000).unwrap());
    let mut refills = 0;
    let sum = loop {
        let Some(&SuspendedBy::OutOfFuel { required }) = call.by() else { panic!("{call:?}") };
        assert!((1..997).contains(&required));
        let error = call.resume(&mut store, &[Val::I32(0)]).unwrap_err();
        assert_eq!(error.to_string(), "expected no values to resume with: no function waits for them");
        store.set_fuel(997).unwrap();
        refills += 1;
        if let Some(sum) = call.resume(&mut store, &[]).unwrap() {
            break sum;
        }
    };
    assert_eq!(sum, 500_500);
    assert!(refills > 50, "{refills}");
}

#[test]
fn dynamic_calls_go_on() {
    let engine = Engine::default();
    let linker = asking(&engine);
    let mut store = Store::new(&engine, ());
    let instance = instance(
        &linker,
        &mut store,
        &format!(
            r#"(module {ASK}
                (func (export "run") (param i32 v128) (result v128 i32 f64)
                    (local.get 1) (call $ask (local.get 0)) (f64.const 1.5)))"#,
        ),
    );
    let run = instance.get_func(&mut store, "run").unwrap();
    let error = run.call_resumable(&mut store, &[]).unwrap_err();
    assert_eq!(error.to_string(), "expected 2 arguments, found 0");
    let v128 = Val::V128(0x1234_u128.into());
    let mut call = suspended(run.call_resumable(&mut store, &[Val::I32(6), v128]).unwrap());
    let results = call.resume(&mut store, &[Val::I32(7)]).unwrap().unwrap();
    assert!(matches!(&results[..], [Val::V128(v), Val::I32(7), Val::F64(_)] if v.as_u128() == 0x1234));
}

#[test]
fn a_function_of_the_host_can_be_called_itself() {
    let mut store = Store::new(&Engine::default(), ());
    let ask = Func::wrap(&mut store, |x: i32| Err::<i64, _>(Suspend::new(x)));
    let ask = ask.typed::<i32, i64>(&store).unwrap();
    let mut call = suspended(ask.call_resumable(&mut store, 3).unwrap());
    assert_eq!(call.payload(), Some(&3));
    assert_eq!(call.resume(&mut store, &[Val::I64(9)]).unwrap(), Some(9));
}

#[test]
fn only_resumable_calls_can_be_suspended() {
    let linker = asking(&Engine::default());
    let mut store = Store::new(linker.engine(), ());
    let instance = instance(
        &linker,
        &mut store,
        &format!(r#"(module {ASK} (func (export "run") (result i32) (call $ask (i32.const 8))))"#),
    );
    let run = instance.get_typed_func::<(), i32>(&mut store, "run").unwrap();
    let error = run.call(&mut store, ()).unwrap_err();
    assert_eq!(error.downcast_ref::<Suspend>().unwrap().payload(), Some(&8));
    assert!(error.to_string().contains("use `call_resumable`"), "{error}");

    // A function of the host is in between: the inner call is over, and the outer one stops in that function.
    let outer = Func::wrap(&mut store, move |mut caller: Caller<'_, ()>| run.call(&mut caller, ()));
    let outer = outer.typed::<(), i32>(&store).unwrap();
    let mut call = suspended(outer.call_resumable(&mut store, ()).unwrap());
    assert_eq!(call.payload(), Some(&8));
    assert_eq!(call.resume(&mut store, &[Val::I32(1)]).unwrap(), Some(1));
}

#[test]
fn a_call_may_outlive_its_store() {
    let (store, call) = call::<i32>(&format!(
        r#"(module {ASK} (func (export "run") (result i32) (call $ask (i32.const 0))))"#,
    ));
    drop(store);
    let text = format!("{call:?}");
    assert!(text.contains("SuspendedCall"), "{text}");
}

#[test]
#[should_panic = "another store"]
fn a_call_belongs_to_its_store() {
    let (store, mut call) = call::<i32>(&format!(
        r#"(module {ASK} (func (export "run") (result i32) (call $ask (i32.const 0))))"#,
    ));
    let mut other = Store::new(store.engine(), ());
    let _ = call.resume(&mut other, &[Val::I32(0)]);
}

#[test]
fn calls_move_between_threads() {
    let (mut store, mut call) = call::<i32>(&format!(
        r#"(module {ASK} (func (export "run") (result i32) (call $ask (i32.const 0))))"#,
    ));
    let handle = std::thread::spawn(move || call.resume(&mut store, &[Val::I32(4)]).unwrap());
    assert_eq!(handle.join().unwrap(), Some(4));
}

#[test]
fn the_depth_of_calls_is_that_of_the_call() {
    let engine = Engine::new(Config::new().max_call_depth(Some(20))).unwrap();
    let linker = asking(&engine);
    let mut store = Store::new(&engine, ());
    let instance = instance(
        &linker,
        &mut store,
        &format!(
            r#"(module {ASK}
                (func $deep (export "run") (param i32) (result i32)
                    (if (i32.eqz (local.get 0)) (then (return (call $ask (i32.const 0)))))
                    (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1))))))"#,
        ),
    );
    let run = instance.get_typed_func::<i32, i32>(&mut store, "run").unwrap();
    let mut calls: Vec<_> = (0..5).map(|_| suspended(run.call_resumable(&mut store, 15).unwrap())).collect();
    for call in &mut calls {
        assert_eq!(call.resume(&mut store, &[Val::I32(0)]).unwrap(), Some(15));
    }
    let error = run.call_resumable(&mut store, 20).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Trap(Trap::CallStackExhausted)));
}

#[test]
fn results_can_be_references() {
    let engine = zealous();
    let mut linker = Linker::new(&engine);
    let ty = FuncType::new(&engine, [], [ValType::ANYREF]);
    linker.func_new("host", "get", ty, |_, _, _| Err(Suspend::new(()).into())).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = instance(
        &linker,
        &mut store,
        r#"(module
            (import "host" "get" (func $get (result anyref)))
            (type $pair (struct (field anyref) (field anyref)))
            (func (export "run") (result anyref)
                (struct.get $pair 1 (struct.new $pair (call $get) (call $get)))))"#,
    );
    let run = instance.get_typed_func::<(), Option<Rooted<AnyRef>>>(&mut store, "run").unwrap();
    let mut call = suspended(run.call_resumable(&mut store, ()).unwrap());
    for i in [1, 2] {
        let value = AnyRef::from_i31(&mut store, terrane::I31::wrapping_u32(i));
        if let Some(result) = call.resume(&mut store, &[value.into()]).unwrap() {
            assert_eq!(result.unwrap().as_i31(&store).unwrap().unwrap().get_u32(), 2);
        }
    }
    assert!(call.by().is_none());
}

#[test]
fn a_tracer_is_told_of_every_call_once() {
    let engine = Engine::new(Config::new().tracing(true)).unwrap();
    let linker = asking(&engine);
    let mut store = Store::new(&engine, ());
    store.set_tracer(Box::new(CountingTracer::default())).unwrap();
    let instance = instance(
        &linker,
        &mut store,
        &format!(
            r#"(module {ASK}
                (func $tail (result i32) (return_call $ask (i32.const 0)))
                (func (export "run") (result i32) (i32.add (call $tail) (call $ask (i32.const 1)))))"#,
        ),
    );
    let run = instance.get_typed_func::<(), i32>(&mut store, "run").unwrap();
    let mut call = suspended(run.call_resumable(&mut store, ()).unwrap());
    assert_eq!(call.resume(&mut store, &[Val::I32(40)]).unwrap(), None);
    assert_eq!(call.resume(&mut store, &[Val::I32(2)]).unwrap(), Some(42));
    let counts = store.tracer_mut().unwrap().downcast_mut::<CountingTracer>().unwrap();
    assert_eq!((counts.calls, counts.returns), (2, 2));
    assert_eq!((counts.host_calls, counts.host_returns), (2, 2));
}

#[test]
fn a_global_that_is_set_meanwhile_is_seen() {
    let engine = Engine::new(Config::new().consume_fuel(true)).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = instance(
        &Linker::new(&engine),
        &mut store,
        r#"(module (global $g (export "g") (mut i32) (i32.const 0))
            (func (export "run") (param i32) (result i32)
                (global.set $g (i32.mul (local.get 0) (i32.const 3)))
                (block $no (br_if $no (i32.eqz (local.get 0))) (return (global.get $g)))
                (i32.const -1)))"#,
    );
    let run = instance.get_typed_func::<i32, i32>(&mut store, "run").unwrap();
    // The fuel is just enough for what comes before the branch.
    for fuel in 0.. {
        store.set_fuel(fuel).unwrap();
        let Resumable::Suspended(mut call) = run.call_resumable(&mut store, 5).unwrap() else { break };
        let global = instance.get_global(&mut store, "g").unwrap();
        let was_set = global.get(&mut store).unwrap_i32() == 15;
        global.set(&mut store, Val::I32(77)).unwrap();
        store.set_fuel(100).unwrap();
        let result = call.resume(&mut store, &[]).unwrap();
        assert_eq!(result, Some(if was_set { 77 } else { 15 }), "with fuel for {fuel}");
        global.set(&mut store, Val::I32(0)).unwrap();
    }
}
