//! Exceptions between guests and the host.

use std::num::NonZeroU32;
use terrane::{
    AsContextMut, Caller, Config, Engine, Error, ErrorKind, ExnRef, ExnRefPre, ExnType, FuncType, Instance,
    Linker, Module, OwnedRooted, Result, RootScope, Rooted, Store, Tag, TagType, ThrownException, Trap, V128,
    Val, ValType,
};

/// A store, a tag `[i32]` that is `host.e`, and an instance with these functions of the host beside it.
struct Setup {
    store: Store<Vec<i32>>,
    tag: Tag,
    linker: Linker<Vec<i32>>,
}

impl Setup {
    fn new() -> Self {
        Self::with(&mut Config::new())
    }

    fn with(config: &mut Config) -> Self {
        let engine = Engine::new(config).unwrap();
        let mut store = Store::new(&engine, Vec::new());
        let ty = TagType::new(FuncType::new(&engine, [ValType::I32], []));
        let tag = Tag::new(&mut store, &ty).unwrap();
        let mut linker = Linker::new(&engine);
        linker.define(&store, "host", "e", tag).unwrap();
        Self { store, tag, linker }
    }

    fn instance(&mut self, body: &str) -> Instance {
        let text = format!(r#"(module (import "host" "e" (tag $e (param i32))) {body})"#);
        let module = Module::new(self.store.engine(), text).unwrap();
        self.linker.instantiate(&mut self.store, &module).unwrap()
    }

    fn call(&mut self, instance: Instance, name: &str, x: i32) -> Result<i32> {
        instance.get_typed_func::<i32, i32>(&mut self.store, name)?.call(&mut self.store, x)
    }
}

/// Throws an exception of a tag `[i32]`.
fn throw(caller: &mut Caller<'_, Vec<i32>>, tag: Tag, x: i32) -> Result<i32> {
    let ty = ExnType::from_tag_type(&tag.ty(&*caller))?;
    let pre = ExnRefPre::new(&mut *caller, ty);
    let exn = ExnRef::new(&mut *caller, &pre, &tag, &[Val::I32(x)])?;
    Ok(caller.as_context_mut().throw(exn)?)
}

fn thrown(error: &Error) -> &OwnedRooted<ExnRef> {
    error.downcast_ref::<ThrownException>().unwrap_or_else(|| panic!("no exception: {error}")).exception()
}

#[test]
fn an_uncaught_exception_has_a_tag_and_values() {
    let mut setup = Setup::new();
    let instance = setup.instance(
        r#"(func $inner (throw $e (i32.const 5)))
        (func (export "f") (param i32) (result i32) (call $inner) (i32.const 0))
        (tag $many (export "many") (param i32 i64 f32 f64 funcref externref))
        (func $many (export "g") (param externref)
            (throw $many (i32.const -1) (i64.const -2) (f32.const 3) (f64.const 4) (ref.func $many) (local.get 0)))"#,
    );
    let error = setup.call(instance, "f", 0).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Exception(_)));
    assert_eq!(error.to_string(), "uncaught exception");
    let frames = error.backtrace().unwrap().frames();
    assert_eq!((frames.len(), frames[0].func_name()), (2, Some("inner")));
    assert_eq!(thrown(&error).tag(&mut setup.store).unwrap(), setup.tag);
    assert_eq!(thrown(&error).field(&mut setup.store, 0).unwrap().i32(), Some(5));
    let message = thrown(&error).field(&mut setup.store, 1).unwrap_err().to_string();
    assert_eq!(message, "there is no field 1 in an exception that carries 1 values");
    assert!(setup.store.has_pending_exception());
    let pending = setup.store.take_pending_exception().unwrap();
    assert!(Rooted::ref_eq(&setup.store, &pending, thrown(&error)).unwrap());
    assert!(setup.store.take_pending_exception().is_none());

    let value = terrane::ExternRef::new(&mut setup.store, 7_u8).unwrap();
    let g = instance.get_func(&mut setup.store, "g").unwrap();
    let error = g.call(&mut setup.store, &[value.into()], &mut []).unwrap_err();
    let fields: Vec<_> = thrown(&error).fields(&mut setup.store).unwrap().collect();
    assert_eq!(fields.len(), 6);
    assert_eq!((fields[0].unwrap_i32(), fields[1].unwrap_i64()), (-1, -2));
    assert_eq!((fields[2].unwrap_f32(), fields[3].unwrap_f64()), (3.0, 4.0));
    assert!(fields[4].unwrap_funcref().is_some());
    let found = fields[5].unwrap_externref().unwrap();
    assert_eq!(found.data(&setup.store).unwrap().unwrap().downcast_ref(), Some(&7_u8));
    let many = instance.get_tag(&setup.store, "many").unwrap();
    assert_eq!(thrown(&error).tag(&mut setup.store).unwrap(), many);
    assert_eq!(thrown(&error).ty(&setup.store).unwrap().tag_type(), many.ty(&setup.store));
}

#[test]
fn guests_catch_what_the_host_throws() {
    let mut setup = Setup::new();
    let tag = setup.tag;
    let linker = &mut setup.linker;
    linker
        .func_wrap("host", "throw", move |mut c: Caller<'_, Vec<i32>>, x: i32| throw(&mut c, tag, x))
        .unwrap();
    let instance = setup.instance(
        r#"(import "host" "throw" (func $throw (param i32) (result i32)))
        (func (export "catch") (param i32) (result i32)
            (block $h (result i32)
                (try_table (result i32) (catch $e $h) (call $throw (local.get 0)))
                (unreachable)))
        (func $tail (param i32) (result i32)
            (block $h (result i32)
                (try_table (catch $e $h) (return_call $throw (local.get 0)))
                (unreachable))
            (unreachable))
        (func (export "catch-tail") (param i32) (result i32)
            try (result i32)
                local.get 0
                call $tail
            catch $e
                i32.const 1
                i32.add
            end)
        (export "throw" (func $throw))
        (export "tail" (func $tail))"#,
    );
    assert_eq!(setup.call(instance, "catch", 3).unwrap(), 3);
    assert_eq!(setup.call(instance, "catch-tail", 3).unwrap(), 4);
    for name in ["throw", "tail"] {
        let error = setup.call(instance, name, 8).unwrap_err();
        assert_eq!(thrown(&error).field(&mut setup.store, 0).unwrap().i32(), Some(8), "{name}");
    }
}

#[test]
fn the_host_catches_what_guests_throw_and_passes_it_on() {
    let mut setup = Setup::new();
    let call = |name: &'static str| {
        move |mut caller: Caller<'_, Vec<i32>>, x: i32| -> Result<i32> {
            let func = caller.get_export(name).unwrap().into_func().unwrap().typed::<i32, i32>(&caller)?;
            func.call(&mut caller, x)
        }
    };
    let pass = call("inner");
    setup.linker.func_wrap("host", "pass", pass).unwrap();
    setup
        .linker
        .func_wrap("host", "swallow", move |mut caller: Caller<'_, Vec<i32>>, x: i32| -> Result<i32> {
            let func = caller.get_export("inner").unwrap().into_func().unwrap().typed::<i32, i32>(&caller)?;
            match func.call(&mut caller, x) {
                Err(error) if error.is::<ThrownException>() => {
                    let exn = caller.as_context_mut().take_pending_exception().unwrap();
                    let value = exn.field(&mut caller, 0)?.unwrap_i32();
                    caller.data_mut().push(value);
                    Ok(-value)
                }
                other => other,
            }
        })
        .unwrap();
    setup
        .linker
        .func_wrap("host", "wrap", move |mut caller: Caller<'_, Vec<i32>>, x: i32| -> Result<i32> {
            let func = caller.get_export("inner").unwrap().into_func().unwrap().typed::<i32, i32>(&caller)?;
            func.call(&mut caller, x).map_err(|error| error.context("on the way"))
        })
        .unwrap();
    let instance = setup.instance(
        r#"(import "host" "pass" (func $pass (param i32) (result i32)))
        (import "host" "swallow" (func $swallow (param i32) (result i32)))
        (import "host" "wrap" (func $wrap (param i32) (result i32)))
        (func $inner (export "inner") (param i32) (result i32)
            (if (i32.eqz (local.get 0)) (then (unreachable)))
            (if (i32.lt_s (local.get 0) (i32.const 100)) (then (throw $e (local.get 0))))
            (local.get 0))
        (func (export "catch") (param i32) (result i32)
            (block $h (result i32)
                (try_table (result i32) (catch $e $h) (call $pass (local.get 0)))
                (i32.const 1000)
                (i32.add)
                (return)))
        (func (export "swallow") (param i32) (result i32)
            (block $h (result i32)
                (try_table (result i32) (catch $e $h) (call $swallow (local.get 0)))
                (return))
            (unreachable))
        (func (export "uncaught") (param i32) (result i32) (call $wrap (local.get 0)))"#,
    );
    assert_eq!(setup.call(instance, "catch", 7).unwrap(), 7);
    assert_eq!(setup.call(instance, "catch", 100).unwrap(), 1100);
    assert_eq!(setup.call(instance, "swallow", 8).unwrap(), -8);
    assert_eq!(setup.call(instance, "swallow", 200).unwrap(), 200);
    assert_eq!(setup.store.data(), &[8]);
    assert!(!setup.store.has_pending_exception());
    // A trap is none, on whatever way.
    let error = setup.call(instance, "catch", 0).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::Unreachable));
    // What the host says about it stays, and so does where it began.
    let error = setup.call(instance, "uncaught", 9).unwrap_err();
    assert_eq!(format!("{error:#}"), "on the way: uncaught exception");
    assert_eq!(error.backtrace().unwrap().frames()[0].func_name(), Some("inner"));
    assert_eq!(thrown(&error).field(&mut setup.store, 0).unwrap().i32(), Some(9));
}

#[test]
fn errors_of_the_host_are_not_caught() {
    let mut setup = Setup::new();
    let fail = |_: i32| -> Result<i32> { Err(Error::msg("the disk is full")) };
    setup.linker.func_wrap("host", "fail", fail).unwrap();
    let instance = setup.instance(
        r#"(import "host" "fail" (func $fail (param i32) (result i32)))
        (func (export "f") (param i32) (result i32)
            (block $h (try_table (result i32) (catch_all $h) (call $fail (local.get 0))) (return))
            (i32.const 0))
        (func (export "g") (param i32) (result i32)
            try (result i32)
                local.get 0
                call $fail
            catch_all
                i32.const 0
            end)"#,
    );
    for name in ["f", "g"] {
        assert_eq!(setup.call(instance, name, 1).unwrap_err().to_string(), "the disk is full");
    }
}

#[test]
fn the_depth_of_calls_is_counted_right() {
    let mut setup = Setup::with(Config::new().max_call_depth(Some(50)));
    let tag = setup.tag;
    let linker = &mut setup.linker;
    linker
        .func_wrap("host", "throw", move |mut c: Caller<'_, Vec<i32>>, x: i32| throw(&mut c, tag, x))
        .unwrap();
    let instance = setup.instance(
        r#"(import "host" "throw" (func $throw (param i32) (result i32)))
        (func $down (export "down") (param i32) (result i32)
            (if (i32.eqz (local.get 0)) (then (throw $e (i32.const 1))))
            (call $down (i32.sub (local.get 0) (i32.const 1))))
        (func $down-to-host (param i32) (result i32)
            (if (i32.eqz (local.get 0)) (then (return_call $throw (i32.const 1))))
            (call $down-to-host (i32.sub (local.get 0) (i32.const 1))))
        (func (export "f") (param $n i32) (result i32) (local $i i32)
            (loop $l
                (block $h (result i32)
                    (try_table (catch $e $h)
                        (if (i32.and (local.get $i) (i32.const 1))
                            (then (drop (call $down (local.get $n))))
                            (else (drop (call $down-to-host (local.get $n))))))
                    (unreachable))
                (local.set $i (i32.add (local.get $i)))
                (br_if $l (i32.lt_u (local.get $i) (i32.const 1000))))
            (local.get $i))"#,
    );
    assert_eq!(setup.call(instance, "f", 48).unwrap(), 1000);
    let error = setup.call(instance, "f", 49).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::CallStackExhausted));
    assert!(setup.call(instance, "down", 40).unwrap_err().is::<ThrownException>());
    assert_eq!(setup.call(instance, "f", 48).unwrap(), 1000);
}

#[test]
fn fuel_runs_out_in_a_loop_that_only_throws() {
    let mut setup = Setup::with(Config::new().consume_fuel(true));
    let instance = setup.instance(
        r#"(func (export "f") (param i32) (result i32)
            (loop $l (try_table (catch_all $l) (throw $e (i32.const 1))))
            (unreachable))"#,
    );
    setup.store.set_fuel(10_000).unwrap();
    let error = setup.call(instance, "f", 1).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::AllFuelConsumed));
}

#[test]
fn exceptions_are_freed_and_kept() {
    for zeal in [None, NonZeroU32::new(1), NonZeroU32::new(3)] {
        let rounds = if zeal.is_some() { 500 } else { 1_000_000 };
        let mut setup = Setup::with(Config::new().gc_zeal_alloc_counter(zeal));
        let instance = setup.instance(
            r#"(tag $x (param exnref i64))
            (global $kept (mut exnref) (ref.null exn))
            (func $make (param i32) (result exnref)
                (block $h (result exnref) (try_table (catch_all_ref $h) (throw $e (local.get 0))) (unreachable)))
            (func $nest (param exnref) (result exnref)
                (block $h (result exnref)
                    (try_table (catch_all_ref $h) (throw $x (local.get 0) (i64.const 6)))
                    (unreachable)))
            (func (export "run") (param i32) (result i32)
                (global.set $kept (call $nest (call $nest (call $make (i32.const 77)))))
                (loop $l
                    (drop (call $nest (call $make (local.get 0))))
                    (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
                (i32.const 0))
            (func (export "kept") (param i32) (result i32)
                (block $e (result i32)
                    (try_table (catch $e $e)
                        (block $x (result exnref i64)
                            (try_table (catch $x $x)
                                (block $y (result exnref i64)
                                    (try_table (catch $x $y) (throw_ref (global.get $kept)))
                                    (unreachable))
                                (drop)
                                (throw_ref))
                            (unreachable))
                        (drop)
                        (throw_ref))
                    (unreachable)))
            (func (export "throw") (param i32) (result i32) (throw $e (local.get 0)))"#,
        );
        let error = setup.call(instance, "throw", 5).unwrap_err();
        setup.call(instance, "run", rounds).unwrap();
        assert_eq!(setup.call(instance, "kept", 0).unwrap(), 77);
        assert_eq!(thrown(&error).field(&mut setup.store, 0).unwrap().i32(), Some(5));
        for i in 0..rounds.min(20_000) {
            let mut scope = RootScope::new(&mut setup.store);
            let f = instance.get_typed_func::<i32, i32>(&mut scope, "throw").unwrap();
            assert!(f.call(&mut scope, i).is_err());
        }
        setup.store.gc(None).unwrap();
        assert_eq!(thrown(&error).field(&mut setup.store, 0).unwrap().i32(), Some(5));
        assert!(setup.store.gc_heap_size() < 16 << 20, "{}", setup.store.gc_heap_size());
    }
}

#[test]
fn references_to_exceptions_are_values() -> Result<()> {
    let mut setup = Setup::new();
    let instance = setup.instance(
        r#"(global (export "g") (mut exnref) (ref.null exn))
        (table (export "t") 1 exnref)
        (func (export "catch") (param i32) (result exnref)
            (block $h (result exnref) (try_table (catch_all_ref $h) (throw $e (local.get 0))) (unreachable)))
        (func (export "value") (param exnref) (result i32)
            (block $h (result i32) (try_table (catch $e $h) (throw_ref (local.get 0))) (unreachable)))"#,
    );
    type Exn = Option<Rooted<ExnRef>>;
    let store = &mut setup.store;
    let catch = instance.get_typed_func::<i32, Exn>(&mut *store, "catch")?;
    let value = instance.get_typed_func::<Exn, i32>(&mut *store, "value")?;
    let exn = catch.call(&mut *store, 4)?;
    assert_eq!(value.call(&mut *store, exn)?, 4);
    let null = value.call(&mut *store, None).unwrap_err();
    assert_eq!(null.downcast_ref(), Some(&Trap::NullExceptionReference));
    let global = instance.get_global(&mut *store, "g").unwrap();
    assert!(matches!(global.get(&mut *store), Val::ExnRef(None)));
    global.set(&mut *store, exn.into())?;
    let found = global.get(&mut *store).unwrap_exnref().copied();
    assert_eq!(value.call(&mut *store, found)?, 4);
    let table = instance.get_table(&mut *store, "t").unwrap();
    table.set(&mut *store, 0, exn.unwrap().into())?;
    let found = table.get(&mut *store, 0).unwrap().as_exn().unwrap().copied();
    assert_eq!(value.call(&mut *store, found)?, 4);
    let error = table.set(&mut *store, 0, terrane::Ref::Func(None)).unwrap_err();
    assert!(error.to_string().contains("exnref"), "{error}");
    Ok(())
}

#[test]
fn what_the_host_throws_is_checked() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let ty = ExnType::new(&engine, [ValType::I32, ValType::V128]).unwrap();
    let tag = Tag::new(&mut store, &ty.tag_type()).unwrap();
    let pre = ExnRefPre::new(&mut store, ty);
    let vector = Val::V128(V128::from(1_u128 << 100 | 5));
    let exn = ExnRef::new(&mut store, &pre, &tag, &[Val::I32(1), vector]).unwrap();
    assert_eq!(exn.field(&mut store, 1).unwrap().unwrap_v128().as_u128(), 1 << 100 | 5);
    let error = ExnRef::new(&mut store, &pre, &tag, &[Val::I32(1)]).unwrap_err();
    assert_eq!(error.to_string(), "expected 2 fields, found 1");
    let error = ExnRef::new(&mut store, &pre, &tag, &[Val::I64(1), vector]).unwrap_err();
    assert_eq!(error.to_string(), "type mismatch: field 0 must be of type i32, found i64");
    let other = ExnType::new(&engine, []).unwrap();
    let other = Tag::new(&mut store, &other.tag_type()).unwrap();
    let error = ExnRef::new(&mut store, &pre, &other, &[]).unwrap_err();
    assert_eq!(error.to_string(), "expected a tag [i32 v128] -> [], found one [] -> []");
    let results = TagType::new(FuncType::new(&engine, [], [ValType::I32]));
    assert!(ExnType::from_tag_type(&results).is_err());
    assert!(Tag::new(&mut store, &results).is_err());
}

#[test]
fn instances_whose_start_throws_are_not_made() {
    let mut setup = Setup::new();
    let text = r#"(module (import "host" "e" (tag $e (param i32)))
        (func $start (throw $e (i32.const 3))) (start $start))"#;
    let module = Module::new(setup.store.engine(), text).unwrap();
    let error = setup.linker.instantiate(&mut setup.store, &module).unwrap_err();
    assert_eq!(thrown(&error).field(&mut setup.store, 0).unwrap().i32(), Some(3));
}

#[test]
fn features_can_be_switched_off() {
    let new = "(module (tag $e) (func (block (try_table (catch $e 0) (throw $e)))))";
    let legacy = "(module (tag $e) (func try throw $e catch $e end))";
    let mut config = Config::new();
    config.wasm_legacy_exceptions(false);
    let engine = Engine::new(&config).unwrap();
    assert!(Module::new(&engine, new).is_ok());
    let error = Module::new(&engine, legacy).unwrap_err();
    assert!(error.to_string().contains("legacy-exceptions"), "{error}");
    config.wasm_legacy_exceptions(true).wasm_gc(false).wasm_exceptions(false);
    let engine = Engine::new(&config).unwrap();
    let error = Module::new(&engine, new).unwrap_err();
    assert!(error.to_string().contains("exceptions"), "{error}");
}
