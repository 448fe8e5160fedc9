//! Host modules by the attribute `host_module`.

use super::{instantiate, run, store};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use terrane::{
    Caller, Engine, ErrorKind, Extern, ExternRef, Func, GuestStringError, HostCell, Instance, Linker, Memory,
    MemoryAccessError, MemoryType, Module, Result, Rooted, Store, V128, Val, host_module,
};

struct Numbers;

#[host_module]
impl Numbers {
    fn all(a: i32, b: u32, c: i64, d: u64, e: f32, f: f64, g: bool) -> f64 {
        f64::from(a) + f64::from(b) + c as f64 + d as f64 + f64::from(e) + f + f64::from(u8::from(g))
    }

    fn swap(&self, v: V128, x: u32) -> (u32, V128, bool) {
        (x + 1, V128::from(!v.as_u128()), x != 0)
    }

    #[name = "no-identifier"]
    fn renamed(&self) {}

    fn r#loop() -> u64 {
        u64::MAX
    }
}

#[test]
fn numbers() {
    let mut store = store(());
    let text = r#"(module
        (import "numbers" "all" (func $all (param i32 i32 i64 i64 f32 f64 i32) (result f64)))
        (import "numbers" "swap" (func $swap (param v128 i32) (result i32 v128 i32)))
        (import "numbers" "no-identifier" (func $renamed))
        (import "numbers" "loop" (func $loop (result i64)))
        (func (export "all") (result f64)
            (call $renamed)
            (call $all (i32.const -1) (i32.const -1) (i64.const -1) (i64.const 1) (f32.const 0.5)
                (f64.const 0.25) (i32.const 8)))
        (func (export "swap") (param i32) (result i32 v128 i32)
            (call $swap (v128.const i64x2 -1 0) (local.get 0)))
        (func (export "loop") (result i64) (call $loop)))"#;
    let (instance, _) = instantiate(&mut store, Numbers, text).unwrap();
    let all = instance.get_typed_func::<(), f64>(&mut store, "all").unwrap();
    assert_eq!(all.call(&mut store, ()).unwrap(), 4294967294.0 + 0.75 + 1.0);
    let swap = instance.get_typed_func::<u32, (u32, V128, bool)>(&mut store, "swap").unwrap();
    let high = V128::from(u128::from(u64::MAX) << 64);
    assert_eq!(swap.call(&mut store, 0).unwrap(), (1, high, false));
    assert_eq!(swap.call(&mut store, u32::MAX - 1).unwrap(), (u32::MAX, high, true));
    let r#loop = instance.get_typed_func::<(), u64>(&mut store, "loop").unwrap();
    assert_eq!(r#loop.call(&mut store, ()).unwrap(), u64::MAX);
}

#[derive(Debug, Default)]
struct Logger {
    lines: Vec<String>,
}

#[host_module(name = "log")]
impl Logger {
    fn log(&mut self, message: &str) {
        self.lines.push(message.to_owned());
    }

    fn both(&mut self, first: String, level: i32, second: Option<&str>) -> u32 {
        self.lines.push(format!("{first} {level} {second:?}"));
        self.lines.len() as u32
    }

    fn count(&self) -> u32 {
        self.lines.len() as u32
    }
}

const LOG: &str = r#"(module
    (import "log" "log" (func $log (param i32 i32)))
    (import "log" "both" (func $both (param i32 i32 i32 i32 i32) (result i32)))
    (import "log" "count" (func $count (result i32)))
    (memory 1)
    (data (i32.const 8) "Gr\c3\bc\c3\9fe")
    (func (export "log") (param i32 i32) (call $log (local.get 0) (local.get 1)))
    (func (export "both") (param i32 i32) (result i32)
        (drop (call $both (i32.const 8) (i32.const 2) (i32.const 7) (local.get 0) (local.get 1)))
        (call $count)))"#;

#[test]
fn strings_and_state() {
    let mut store = store(());
    let (instance, logger) = instantiate(&mut store, Logger::default(), LOG).unwrap();
    let log = instance.get_typed_func::<(u32, u32), ()>(&mut store, "log").unwrap();
    let both = instance.get_typed_func::<(u32, u32), u32>(&mut store, "both").unwrap();
    log.call(&mut store, (8, 7)).unwrap();
    log.call(&mut store, (65536, 0)).unwrap();
    assert_eq!(both.call(&mut store, (10, 2)).unwrap(), 3);
    assert_eq!(both.call(&mut store, (0, u32::MAX)).unwrap(), 4);
    let lines = logger.with(|logger| logger.lines.clone()).unwrap();
    assert_eq!(lines, ["Grüße", "", "Gr 7 Some(\"ü\")", "Gr 7 None"]);
    assert_eq!(logger.with_mut(|logger| logger.lines.drain(..).count()).unwrap(), 4);
}

#[test]
fn bad_strings() {
    let mut store = store(());
    let (instance, logger) = instantiate(&mut store, Logger::default(), LOG).unwrap();
    let log = instance.get_typed_func::<(u32, u32), ()>(&mut store, "log").unwrap();
    // Past the end, by one and by far, and with sums that wrap.
    for (at, len) in [(65536, 1), (65535, 2), (0, 65537), (u32::MAX, 1), (u32::MAX, 2), (1, u32::MAX)] {
        let error = log.call(&mut store, (at, len)).unwrap_err();
        assert!(error.is::<MemoryAccessError>());
        assert_eq!(
            format!("{error:#}"),
            format!(
                "argument `message`: out of bounds memory access: {len} bytes at {at:#x} of a memory of 65536 bytes"
            )
        );
    }
    // In the midst of a letter.
    let error = log.call(&mut store, (8, 3)).unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(GuestStringError::Utf8 { index: 2, .. })));
    assert_eq!(
        format!("{error:#}"),
        "argument `message`: invalid UTF-8: of the 3 bytes at 0x8, byte 2 is 0xc3"
    );
    assert_eq!(logger.with(|logger| logger.lines.len()).unwrap(), 0);
}

#[test]
fn a_guest_without_memory() {
    let mut store = store(());
    let text = r#"(module
        (import "log" "log" (func $log (param i32 i32)))
        (import "log" "count" (func $count (result i32)))
        (func (export "run") (call $log (i32.const 0) (call $count))))"#;
    let (instance, _) = instantiate(&mut store, Logger::default(), text).unwrap();
    let error = run(&mut store, instance).unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        "argument `message`: memory 0 was asked for of an instance that has 0 memories"
    );
}

struct Bytes;

#[host_module]
impl Bytes {
    fn sum(&self, bytes: &[u8]) -> u32 {
        bytes.iter().map(|byte| u32::from(*byte)).sum()
    }

    fn fill(&self, bytes: &mut [u8], value: u32) {
        bytes.fill(value as u8);
    }

    fn append(&self, into: &mut [u8], from: &[u8]) -> bool {
        let fits = from.len() <= into.len();
        if fits {
            into[..from.len()].copy_from_slice(from);
        }
        fits
    }

    fn equal(&self, a: &[u8], b: &[u8]) -> bool {
        a == b
    }

    fn total(&self, numbers: &[f64], more: Vec<u16>, last: Option<&[i32]>) -> f64 {
        let last = last.map_or(1000.0, |numbers| numbers.iter().copied().map(f64::from).sum());
        numbers.iter().sum::<f64>() + more.into_iter().map(f64::from).sum::<f64>() + last
    }

    /// From memory 1, unless it says.
    #[memory(1)]
    fn copy(&self, from: &[u8], #[memory(0)] to: &mut [u8]) {
        to.copy_from_slice(from);
    }

    fn maybe(&self, bytes: Option<&mut [u8]>) -> bool {
        bytes.map(|bytes| bytes.fill(9)).is_some()
    }
}

const BYTES: &str = r#"(module
    (import "bytes" "sum" (func $sum (param i32 i32) (result i32)))
    (import "bytes" "fill" (func $fill (param i32 i32 i32)))
    (import "bytes" "append" (func $append (param i32 i32 i32 i32) (result i32)))
    (import "bytes" "equal" (func $equal (param i32 i32 i32 i32) (result i32)))
    (import "bytes" "total" (func $total (param i32 i32 i32 i32 i32 i32) (result f64)))
    (import "bytes" "copy" (func $copy (param i32 i32 i32 i32)))
    (import "bytes" "maybe" (func $maybe (param i32 i32) (result i32)))
    (MEMORIES)
    (data (i32.const 100) "\01\02\03\04")
    (export "memory" (memory 0))
    (export "sum" (func $sum)) (export "fill" (func $fill)) (export "append" (func $append))
    (export "equal" (func $equal)) (export "total" (func $total)) (export "copy" (func $copy))
    (export "maybe" (func $maybe))
    (func (export "call_sum") (param i32 i32) (result i32) (call $sum (local.get 0) (local.get 1)))
    (func (export "call_fill") (param i32 i32 i32) (call $fill (local.get 0) (local.get 1) (local.get 2)))
    (func (export "call_append") (param i32 i32 i32 i32) (result i32)
        (call $append (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "call_equal") (param i32 i32 i32 i32) (result i32)
        (call $equal (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "call_total") (param i32 i32 i32 i32 i32 i32) (result f64)
        (call $total (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)))
    (func (export "call_copy") (param i32 i32 i32 i32)
        (call $copy (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "call_maybe") (param i32 i32) (result i32) (call $maybe (local.get 0) (local.get 1))))"#;

fn bytes(memories: &str) -> (Store<()>, Instance) {
    let mut store = store(());
    let text = BYTES.replace("(MEMORIES)", memories);
    let (instance, _) = instantiate(&mut store, Bytes, &text).unwrap();
    (store, instance)
}

/// Calls an export over numbers, and returns the first of its results.
fn call(store: &mut Store<()>, instance: Instance, name: &str, args: &[u32]) -> Result<Val> {
    let func = instance.get_func(&mut *store, name).expect("a function");
    let args: Vec<_> = args.iter().map(|arg| Val::from(*arg)).collect();
    let mut results = vec![Val::I32(0); func.ty(&*store).results().len()];
    func.call(store, &args, &mut results)?;
    Ok(results.first().copied().unwrap_or(Val::I32(0)))
}

#[test]
fn slices_of_bytes() {
    let (mut store, instance) = bytes("(memory 1) (memory 1)");
    assert_eq!(call(&mut store, instance, "call_sum", &[100, 4]).unwrap().unwrap_i32(), 10);
    call(&mut store, instance, "call_fill", &[102, 10, 0x107]).unwrap();
    assert_eq!(call(&mut store, instance, "call_sum", &[0, 65536]).unwrap().unwrap_i32(), 73);
    assert_eq!(call(&mut store, instance, "call_append", &[110, 2, 100, 2]).unwrap().unwrap_i32(), 1);
    assert_eq!(call(&mut store, instance, "call_append", &[110, 2, 100, 3]).unwrap().unwrap_i32(), 0);
    assert_eq!(call(&mut store, instance, "call_equal", &[110, 2, 100, 2]).unwrap().unwrap_i32(), 1);
    assert_eq!(call(&mut store, instance, "call_maybe", &[0, 7]).unwrap().unwrap_i32(), 0);
    assert_eq!(call(&mut store, instance, "call_maybe", &[1, 7]).unwrap().unwrap_i32(), 1);
    let memory = instance.get_memory(&store, "memory").unwrap();
    assert_eq!(memory.data(&store)[..9], [0, 9, 9, 9, 9, 9, 9, 9, 0]);
    assert_eq!(memory.data(&store)[100..113], [1, 2, 7, 7, 7, 7, 7, 7, 7, 7, 1, 2, 0]);
}

#[test]
fn slices_that_overlap() {
    let (mut store, instance) = bytes("(memory 1) (memory 1)");
    // What is not changed may.
    assert_eq!(call(&mut store, instance, "call_equal", &[100, 4, 100, 4]).unwrap().unwrap_i32(), 1);
    for (at, len) in [(100, 4), (99, 2), (103, 9), (101, 2), (90, 100)] {
        let error = call(&mut store, instance, "call_append", &[100, 4, at, len]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Usage(_)));
        assert_eq!(
            error.to_string(),
            "arguments `into` and `from` overlap in the guest's memory, and `into` can be changed"
        );
    }
    for (at, len) in [(104, 1), (96, 4), (100, 0), (102, 0)] {
        call(&mut store, instance, "call_append", &[100, 4, at, len]).unwrap();
    }
}

#[test]
fn memories_by_index() {
    let (mut store, instance) = bytes("(memory 1) (memory 1) (data (memory 1) (i32.const 8) \"xyz\")");
    call(&mut store, instance, "call_copy", &[8, 3, 8, 3]).unwrap();
    let memory = instance.get_memory(&store, "memory").unwrap();
    assert_eq!(&memory.data(&store)[8..11], b"xyz");
    // A guest that does not have as many.
    let (mut store, instance) = bytes("(memory 1)");
    let error = call(&mut store, instance, "call_copy", &[8, 3, 8, 3]).unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        "argument `from`: memory 1 was asked for of an instance that has 1 memories"
    );
}

/// The same memory twice: what overlaps is found by where it is, not by the index.
#[test]
fn one_memory_under_two_indices() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker.host_module(Bytes).unwrap();
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    linker.define(&store, "m", "m", memory).unwrap();
    let text = BYTES.replace("(MEMORIES)", r#"(import "m" "m" (memory 1)) (import "m" "m" (memory 1))"#);
    let instance = linker.instantiate(&mut store, &Module::new(&engine, text).unwrap()).unwrap();
    let error = call(&mut store, instance, "call_copy", &[8, 3, 10, 3]).unwrap_err();
    assert!(error.to_string().contains("overlap"), "{error}");
    memory.write(&mut store, 8, b"abc").unwrap();
    call(&mut store, instance, "call_copy", &[8, 3, 11, 3]).unwrap();
    assert_eq!(&memory.data(&store)[8..14], b"abcabc");
}

#[test]
fn slices_of_numbers() {
    let (mut store, instance) = bytes("(memory 1)");
    let memory = instance.get_memory(&store, "memory").unwrap();
    // Not aligned.
    for (at, number) in [(1001, 1.5f64), (1009, -0.25)] {
        memory.write(&mut store, at, &number.to_le_bytes()).unwrap();
    }
    memory.write(&mut store, 2001, &[1, 0, 255, 255]).unwrap();
    memory.write(&mut store, 3003, &(-7i32).to_le_bytes()).unwrap();
    let total = call(&mut store, instance, "call_total", &[1001, 2, 2001, 2, 3003, 1]).unwrap();
    assert_eq!(total.unwrap_f64(), 1.25 + 65536.0 - 7.0);
    let total = call(&mut store, instance, "call_total", &[1, 0, 2, 0, 0, 1]).unwrap();
    assert_eq!(total.unwrap_f64(), 1000.0);
    // As many elements, not bytes.
    call(&mut store, instance, "call_total", &[65536 - 16, 2, 2, 0, 0, 0]).unwrap();
    for (at, len) in [(65536 - 15, 2), (0, 8193), (8, u32::MAX), (u32::MAX, u32::MAX)] {
        let error = call(&mut store, instance, "call_total", &[at, len, 2, 0, 0, 0]).unwrap_err();
        assert!(error.is::<MemoryAccessError>(), "{error}");
    }
}

#[test]
fn shared_memories_are_copied() {
    let (mut store, instance) = bytes("(memory 1 1 shared)");
    assert_eq!(call(&mut store, instance, "call_sum", &[100, 4]).unwrap().unwrap_i32(), 10);
    assert_eq!(call(&mut store, instance, "call_equal", &[100, 4, 100, 4]).unwrap().unwrap_i32(), 1);
    let error = call(&mut store, instance, "call_fill", &[100, 4, 0]).unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        "argument `bytes`: memory 0 of the calling instance is shared, so its bytes cannot be borrowed, only copied"
    );
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("division of {0} by zero")]
struct ByZero(i32);

struct Results;

#[host_module]
impl Results {
    fn divide(&self, a: i32, b: i32) -> Result<(i32, i32), ByZero> {
        if b == 0 { Err(ByZero(a)) } else { Ok((a / b, a % b)) }
    }

    fn identity(&self, value: Option<Rooted<ExternRef>>) -> Option<Rooted<ExternRef>> {
        value
    }

    fn function(&self, f: Func) -> Option<Func> {
        Some(f)
    }
}

#[test]
fn errors_and_references() {
    let mut store = store(());
    let text = r#"(module
        (import "results" "divide" (func $divide (param i32 i32) (result i32 i32)))
        (import "results" "identity" (func $identity (param externref) (result externref)))
        (import "results" "function" (func $function (param (ref func)) (result funcref)))
        (elem declare func $divide)
        (func (export "divide") (param i32 i32) (result i32 i32)
            (drop (call $function (ref.func $divide)))
            (call $divide (local.get 0) (local.get 1)))
        (func (export "identity") (param externref) (result externref) (call $identity (local.get 0))))"#;
    let (instance, _) = instantiate(&mut store, Results, text).unwrap();
    let divide = instance.get_typed_func::<(i32, i32), (i32, i32)>(&mut store, "divide").unwrap();
    assert_eq!(divide.call(&mut store, (-7, 2)).unwrap(), (-3, -1));
    let error = divide.call(&mut store, (7, 0)).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&ByZero(7)));
    let value = ExternRef::new(&mut store, "a value").unwrap();
    type Value = Option<Rooted<ExternRef>>;
    let identity = instance.get_typed_func::<Value, Value>(&mut store, "identity").unwrap();
    let back = identity.call(&mut store, Some(value)).unwrap().unwrap();
    assert_eq!(*back.data(&store).unwrap().unwrap().downcast_ref::<&str>().unwrap(), "a value");
    assert!(identity.call(&mut store, None).unwrap().is_none());
}

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
    /// What is in memory is copied, so that the caller can be used beside it.
    fn log<D: HasLog>(&self, mut caller: Caller<'_, D>, message: &str, bytes: &[u8]) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        caller.data_mut().log().push(format!("{message} {bytes:?}"));
    }

    /// Calls the guest, which calls this module again.
    fn again(&self, depth: u32, caller: &mut Caller<'_, impl HasLog>) -> Result<u32> {
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

/// A type with variables, conditions and other items.
struct Generic<W> {
    writer: Mutex<W>,
}

#[host_module(name = "out", crate = terrane)]
impl<W: std::io::Write + Send + 'static> Generic<W>
where
    W: Clone,
{
    const TIMES: usize = 2;

    fn write(&self, bytes: &[u8]) -> std::io::Result<()> {
        let mut writer = self.writer.lock().unwrap();
        (0..Self::TIMES).try_for_each(|_| writer.write_all(bytes))
    }

    #[cfg(any())]
    fn missing(&self) {}

    #[cfg(not(any()))]
    fn missing(&self) {}
}

#[test]
fn types_with_variables() {
    let mut store = store(());
    let text = r#"(module
        (import "out" "write" (func $write (param i32 i32)))
        (import "out" "missing" (func))
        (memory 1)
        (data (i32.const 8) "xy")
        (func (export "run") (call $write (i32.const 8) (i32.const 2))))"#;
    let module = Generic { writer: Mutex::new(Vec::<u8>::new()) };
    let (instance, module) = instantiate(&mut store, module, text).unwrap();
    run(&mut store, instance).unwrap();
    assert_eq!(*module.writer.lock().unwrap(), b"xyxy");
}
