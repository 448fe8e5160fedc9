//! Errors on their way through guests, what they say, and backtraces.

use std::num::NonZeroUsize;
use terrane::error::Context;
use terrane::{
    Caller, Config, Engine, Error, ErrorKind, Extern, Func, Instance, Linker, Module, Result, Store, Trap,
    TypedFunc, WasmBacktrace, bail, ensure, format_err,
};

fn instance<T>(store: &mut Store<T>, text: &str, imports: &[Extern]) -> Instance {
    let module = Module::new(store.engine(), text).expect("a valid module");
    Instance::new(store, &module, imports).expect("imports that fit")
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("disk {disk} is full")]
struct Full {
    disk: u32,
}

#[derive(Debug, thiserror::Error)]
#[error("cannot save")]
struct Save(#[source] Full);

/// Calls the host's `f` through two functions of its own.
const NESTED: &str = r#"(module $guest
    (import "" "f" (func $f (param i32)))
    (func $inner (param i32) (call $f (local.get 0)))
    (func $outer (export "run") (param i32) (call $inner (local.get 0))))"#;

/// A guest whose host function calls it again until `n` is 0, and then does what `last` says.
fn nested<T: 'static>(
    store: &mut Store<T>,
    last: impl Fn(&mut Caller<'_, T>) -> Result<()> + Send + Sync + 'static,
) -> TypedFunc<i32, ()> {
    let f = Func::wrap(&mut *store, move |mut caller: Caller<'_, T>, n: i32| -> Result<()> {
        if n == 0 {
            return last(&mut caller);
        }
        let run = caller.get_export("run").and_then(Extern::into_func).expect("it is exported");
        run.typed::<i32, ()>(&caller)?.call(&mut caller, n - 1).with_context(|| format!("level {n}"))
    });
    instance(store, NESTED, &[f.into()]).get_typed_func(store, "run").unwrap()
}

fn names(backtrace: &WasmBacktrace) -> Vec<&str> {
    backtrace.frames().iter().map(|frame| frame.func_name().expect("a name")).collect()
}

#[test]
fn errors_come_back_through_several_nestings() {
    let mut store = Store::new(&Engine::default(), ());
    let run = nested(&mut store, |_| Err(Save(Full { disk: 3 }).into()));
    let mut error = run.call(&mut store, 2).unwrap_err();
    assert_eq!(error.downcast_ref::<Save>().unwrap().0, Full { disk: 3 });
    assert_eq!(error.to_string(), "level 2");
    assert_eq!(format!("{error:#}"), "level 2: level 1: cannot save: disk 3 is full");
    assert_eq!(error.root_cause().downcast_ref(), Some(&Full { disk: 3 }));
    // One backtrace, of everything from the innermost on.
    assert_eq!(names(error.backtrace().unwrap()), ["inner", "outer", "inner", "outer", "inner", "outer"]);
    let text = format!("{error:?}");
    assert!(
        text.starts_with(
            "level 2\n\nCaused by:\n    level 1\n    cannot save\n    disk 3 is full\n\nwasm backtrace:\n    0: 0x"
        ),
        "{text}"
    );
    assert_eq!(text.matches("wasm backtrace").count(), 1);
    error.downcast_mut::<Save>().unwrap().0.disk = 4;
    assert_eq!(error.downcast::<Save>().unwrap().0.disk, 4);
}

#[test]
fn traps_come_back_with_code_and_backtrace() {
    let mut store = Store::new(&Engine::default(), ());
    let traps = instance(&mut store, r#"(module $m (func $boom (export "boom") unreachable))"#, &[]);
    let boom = traps.get_typed_func::<(), ()>(&store, "boom").unwrap();
    let run = nested(&mut store, move |caller| boom.call(caller, ()));
    let error = run.call(&mut store, 1).unwrap_err();
    let trap = *error.downcast_ref::<Trap>().unwrap();
    assert_eq!((trap, trap.code(), Trap::from_code(1)), (Trap::Unreachable, 1, Some(Trap::Unreachable)));
    assert_eq!(names(error.backtrace().unwrap()), ["boom", "inner", "outer", "inner", "outer"]);
    assert_eq!(error.backtrace().unwrap().frames()[0].module().name(), Some("m"));
    // An error of the host's function in place of the trap: what it says counts, the cause is one of its causes.
    let replaced = nested(&mut store, move |caller| match boom.call(caller, ()) {
        Err(error) => Err(format_err!("the plug-in is broken: {error:#}")),
        Ok(()) => Ok(()),
    });
    let error = replaced.call(&mut store, 0).unwrap_err();
    assert!(!error.is::<Trap>());
    assert_eq!(error.to_string(), "the plug-in is broken: unreachable");
    assert_eq!(names(error.backtrace().unwrap()), ["inner", "outer"]);
}

#[test]
fn errors_of_the_host_alone_have_no_backtrace() {
    let mut store = Store::new(&Engine::default(), ());
    let fail = Func::wrap(&mut store, || -> Result<()> { bail!(Full { disk: 1 }) });
    let error = fail.call(&mut store, &[], &mut []).unwrap_err();
    assert!(error.backtrace().is_none() && error.downcast_ref::<WasmBacktrace>().is_none());
    assert_eq!(format!("{error:?}"), "disk 1 is full");
}

#[test]
fn backtraces_on_demand() {
    let mut store = Store::new(&Engine::default(), Vec::new());
    assert!(WasmBacktrace::capture(&store).frames().is_empty());
    let run = nested(&mut store, |caller| {
        let backtrace = WasmBacktrace::capture(&*caller);
        caller.data_mut().push(backtrace);
        Ok(())
    });
    for n in 0..3 {
        run.call(&mut store, n).unwrap();
    }
    assert!(WasmBacktrace::force_capture(&store).frames().is_empty());
    // The guest went on; what was captured is looked at only now.
    let lengths: Vec<_> = store.data().iter().map(|backtrace| backtrace.frames().len()).collect();
    assert_eq!(lengths, [2, 4, 6]);
    let backtrace = &store.data()[0];
    assert_eq!(names(backtrace), ["inner", "outer"]);
    assert_eq!(
        backtrace.to_string(),
        "wasm backtrace:\n    0: 0x2c - guest!inner\n    1: 0x33 - guest!outer"
    );
    let offsets: Vec<_> = backtrace.frames().iter().map(|f| (f.func_index(), f.func_offset())).collect();
    assert_eq!(offsets, [(1, Some(3)), (2, Some(3))]);
    // Called by the host itself, and by a start function.
    let capture = Func::wrap(&mut store, |caller: Caller<'_, Vec<WasmBacktrace>>| {
        WasmBacktrace::capture(&caller).frames().len() as u32
    });
    let by_host = capture.typed::<(), u32>(&store).unwrap();
    assert_eq!(by_host.call(&mut store, ()).unwrap(), 0);
    let text = r#"(module (import "" "f" (func $f (result i32))) (global (export "n") (mut i32) (i32.const 9))
        (func $start (global.set 0 (call $f))) (start $start))"#;
    let started = instance(&mut store, text, &[capture.into()]);
    assert_eq!(started.get_global(&store, "n").unwrap().get(&mut store).i32(), Some(1));
}

#[test]
fn backtraces_as_long_as_configured() {
    for limit in [0, 1, 3] {
        let engine = Engine::new(Config::new().wasm_backtrace_max_frames(NonZeroUsize::new(limit))).unwrap();
        let mut store = Store::new(&engine, ());
        let run = nested(&mut store, move |caller| {
            let captured = WasmBacktrace::capture(&*caller).frames().len();
            ensure!(captured == limit, "{captured}");
            ensure!(WasmBacktrace::force_capture(&*caller).frames().len() == 4);
            Err(Trap::IntegerOverflow.into())
        });
        let error = run.call(&mut store, 1).unwrap_err();
        assert!(error.is::<Trap>(), "{error:?}");
        assert_eq!(error.backtrace().map_or(0, |backtrace| backtrace.frames().len()), limit);
    }
}

#[test]
fn words_on_the_way_up() {
    let parsed: Result<i32> = "x".parse::<i32>().context("the answer");
    assert_eq!(format!("{:#}", parsed.unwrap_err()), "the answer: invalid digit found in string");
    let missing = None::<i32>.with_context(|| "nothing there").unwrap_err();
    assert_eq!(missing.to_string(), "nothing there");
    assert!(matches!(missing.kind(), ErrorKind::Host(_)));
    let again: Result<()> = Err(missing).context("outer");
    assert_eq!(format!("{:?}", again.unwrap_err()), "outer\n\nCaused by:\n    nothing there");
    assert_eq!(Some(5).context("not used").unwrap(), 5);
    fn check(n: u32) -> Result<u32> {
        ensure!(n != 1, Full { disk: n });
        ensure!(n != 2);
        if n == 3 {
            bail!("{} is {what}", n, what = "three");
        }
        Ok(n)
    }
    assert_eq!(check(1).unwrap_err().downcast::<Full>().unwrap(), Full { disk: 1 });
    assert_eq!(check(2).unwrap_err().to_string(), "condition failed: `n != 2`");
    assert_eq!(check(3).unwrap_err().to_string(), "3 is three");
    assert_eq!(check(4).unwrap(), 4);
}

#[test]
fn errors_pass_through_what_knows_only_boxes() {
    let mut store = Store::new(&Engine::default(), ());
    let boom = instance(&mut store, r#"(module $m (func $boom (export "boom") unreachable))"#, &[]);
    let boom = boom.get_typed_func::<(), ()>(&store, "boom").unwrap();
    let error = boom.call(&mut store, ()).context("outer").unwrap_err();
    let boxed: Box<dyn std::error::Error + Send + Sync> = error.into();
    assert_eq!(boxed.to_string(), "outer");
    assert_eq!(boxed.source().unwrap().to_string(), "unreachable");
    // A host function may fail with a box.
    let message = format!("{boxed:?}");
    assert!(message.contains("Caused by:\n    unreachable\n\nwasm backtrace:\n    0: 0x"), "{message}");
}

#[test]
fn what_a_person_sees() {
    // From the text of a module to the bottom of a chain: each message says what, where, and what was expected.
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    linker
        .func_wrap("fs", "read", |n: u32| -> Result<u32> {
            Err(Error::from(Full { disk: n }).context(format_args!("reading file {n}")))
        })
        .unwrap();
    let text = r#"(module $app (import "fs" "read" (func $read (param i32) (result i32)))
        (func $load (param i32) (result i32) (call $read (local.get 0)))
        (func $main (export "main") (result i32) (call $load (i32.const 7))))"#;
    let mut store = Store::new(&engine, ());
    let module = Module::new(&engine, text).unwrap();
    let app = linker.instantiate(&mut store, &module).unwrap();
    let main = app.get_typed_func::<(), i32>(&store, "main").unwrap();
    let error = main.call(&mut store, ()).context("running `app`").unwrap_err();
    assert_eq!(
        format!("{error:?}"),
        "running `app`\n\nCaused by:\n    reading file 7\n    disk 7 is full\n\n\
         wasm backtrace:\n    0: 0x37 - app!load\n    1: 0x3e - app!main"
    );
    assert_eq!(format!("{error:#}"), "running `app`: reading file 7: disk 7 is full");
    assert_eq!(format!("{error}"), "running `app`");
}
