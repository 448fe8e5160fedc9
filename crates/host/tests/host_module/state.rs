//! The module that functions by the attribute `host_module` have, and their callers.

use super::macros::{LOG, Logger};
use super::{instantiate, run, store};
use std::sync::atomic::{AtomicUsize, Ordering};
use terrane::{
    Caller, Engine, ErrorKind, Extern, HostCell, Instance, Linker, Module, Result, Store, host_module,
};

/// Data of stores that have a log.
trait HasLog {
    fn log(&mut self) -> &mut Vec<String>;
}

impl HasLog for Vec<String> {
    fn log(&mut self) -> &mut Vec<String> {
        self
    }
}

#[derive(Default)]
struct WithCaller {
    calls: AtomicUsize,
}

#[host_module]
impl WithCaller {
    fn nothing<D>(&self, _: Caller<'_, D>) {}

    /// What is in memory is copied, so that the caller can be used beside it.
    fn log<D: HasLog>(&self, mut caller: Caller<'_, D>, message: &str, bytes: &[u8]) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        caller.data_mut().log().push(format!("{message} {bytes:?}"));
    }

    /// Calls the guest, which calls this module again.
    fn again(&self, depth: u32, caller: &mut Caller<'_, impl HasLog + Clone>) -> Result<u32> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let again = caller.get_export("again").and_then(Extern::into_func).expect("an export");
        match depth {
            0 => Ok(0),
            _ => Ok(again.typed::<u32, u32>(&*caller)?.call(caller, depth - 1)? + 1),
        }
    }
}

#[test]
fn callers_of_any_data_and_entering_again() {
    let mut store = store(Vec::<String>::new());
    let text = r#"(module
        (import "with_caller" "log" (func $log (param i32 i32 i32 i32)))
        (import "with_caller" "again" (func $again (param i32) (result i32)))
        (import "with_caller" "nothing" (func))
        (memory 1)
        (data (i32.const 8) "abc")
        (func (export "again") (param i32) (result i32)
            (call $log (i32.const 8) (i32.const 3) (i32.const 9) (i32.const 1))
            (call $again (local.get 0))))"#;
    let (instance, module) = instantiate(&mut store, WithCaller::default(), text).unwrap();
    let again = instance.get_typed_func::<u32, u32>(&mut store, "again").unwrap();
    assert_eq!(again.call(&mut store, 5).unwrap(), 5);
    assert_eq!(store.data().len(), 6);
    assert_eq!(store.data()[5], "abc [98]");
    assert_eq!(module.calls.load(Ordering::Relaxed), 12);
}

#[derive(Default)]
struct Counter {
    count: u32,
}

#[host_module]
impl Counter {
    fn add(&mut self, n: u32) -> u32 {
        self.count += n;
        self.count
    }

    fn get(&self) -> u32 {
        self.count
    }

    /// Calls the guest's `f` while the counter is borrowed to be changed.
    fn with_mut(&mut self, mut caller: Caller<'_, String>) -> Result<()> {
        call_f(&mut caller)
    }

    /// The same while it is only looked at.
    fn with(&self, mut caller: Caller<'_, String>) -> Result<()> {
        call_f(&mut caller)
    }

    fn panics(&mut self) {
        self.count += 1;
        panic!("as it should");
    }
}

fn call_f(caller: &mut Caller<'_, String>) -> Result<()> {
    let f = caller.get_export("f").and_then(Extern::into_func).expect("an export");
    f.typed::<(), ()>(&*caller)?.call(caller, ())
}

fn counter(f: &str) -> (Store<String>, Instance, HostCell<Counter>) {
    let mut store = store(String::new());
    let text = format!(
        r#"(module
            (import "counter" "add" (func $add (param i32) (result i32)))
            (import "counter" "get" (func $get (result i32)))
            (import "counter" "with_mut" (func $with_mut))
            (import "counter" "with" (func $with))
            (import "counter" "panics" (func $panics))
            (func (export "f") (drop {f}))
            (func (export "with_mut") (call $with_mut))
            (func (export "panics") (call $panics))
            (func (export "run") (drop (call $add (i32.const 2))) (call $with)))"#
    );
    let (instance, counter) = instantiate(&mut store, Counter::default(), &text).unwrap();
    (store, instance, counter)
}

#[test]
fn a_module_that_changes_cannot_be_entered_again() {
    for (f, name, fits) in [
        ("(call $get)", "run", true),
        ("(call $add (i32.const 1))", "run", false),
        ("(call $get)", "with_mut", false),
        ("(call $add (i32.const 1))", "with_mut", false),
    ] {
        let (mut store, instance, counter) = counter(f);
        let func = instance.get_typed_func::<(), ()>(&mut store, name).unwrap();
        let result = func.call(&mut store, ());
        assert_eq!(result.is_ok(), fits, "{f} {name}");
        if let Err(error) = result {
            assert!(matches!(error.kind(), ErrorKind::Usage(_)));
            assert!(error.to_string().contains("Counter` is in use"), "{error}");
        }
        // It is free again.
        assert_eq!(counter.with(|counter| counter.count).unwrap(), if name == "run" { 2 } else { 0 });
        run(&mut store, instance).unwrap_or(());
    }
}

#[test]
fn a_panic_leaves_the_module_free() {
    let (mut store, instance, counter) = counter("(i32.const 0)");
    let panics = instance.get_typed_func::<(), ()>(&mut store, "panics").unwrap();
    let call = std::panic::AssertUnwindSafe(|| panics.call(&mut store, ()));
    assert_eq!(*std::panic::catch_unwind(call).unwrap_err().downcast::<&str>().unwrap(), "as it should");
    run(&mut store, instance).unwrap();
    assert_eq!(counter.with(|counter| counter.count).unwrap(), 3);
}

#[test]
fn threads_share_a_module() {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    let logger = linker.host_module(Logger::default()).unwrap();
    let module = Module::new(&engine, LOG).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut store = Store::new(&engine, ());
                let instance = linker.instantiate(&mut store, &module).unwrap();
                let log = instance.get_typed_func::<(u32, u32), ()>(&mut store, "log").unwrap();
                (0..100).for_each(|_| log.call(&mut store, (8, 7)).unwrap());
            });
        }
    });
    assert_eq!(logger.with(|logger| logger.lines.len()).unwrap(), 400);
}
