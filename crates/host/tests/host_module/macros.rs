//! Host modules by the attribute `host_module`.

use super::{instantiate, run, store};
use std::sync::Mutex;
use terrane::{ExternRef, Func, GuestStringError, MemoryAccessError, Result, Rooted, V128, host_module};

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
pub(super) struct Logger {
    pub(super) lines: Vec<String>,
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

pub(super) const LOG: &str = r#"(module
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
