//! What guests import: traces, consoles, clocks, random numbers, functions of the host; and how they end.

use crate::support::{Guest, Notes, linker};
use std::sync::{Arc, Mutex};
use terrane::{Engine, I32Exit, Result, Store};
use terrane_assemblyscript::{Abort, AsCtx, AsInstance, Clock, TypedArray};

/// A clock that goes on by a millisecond at every look.
#[derive(Default)]
struct Ticks(f64);

impl Clock for Ticks {
    fn now(&mut self) -> f64 {
        1_600_000_000_000.25
    }

    fn monotonic(&mut self) -> f64 {
        self.0 += 1.0;
        self.0
    }
}

type Lines = Arc<Mutex<Vec<String>>>;

/// A context that writes everything down.
fn written() -> (Lines, AsCtx) {
    let lines = Lines::default();
    let (traces, console) = (lines.clone(), lines.clone());
    let ctx = AsCtx::builder()
        .trace(move |message, numbers| traces.lock().unwrap().push(format!("{message} {numbers:?}")))
        .console(move |level, text| console.lock().unwrap().push(format!("{level:?}: {text}")))
        .clock(Ticks::default())
        .random(|bytes: &mut [u8]| bytes.fill(0x40))
        .build();
    (lines, ctx)
}

fn take(lines: &Lines) -> Vec<String> {
    std::mem::take(&mut *lines.lock().unwrap())
}

#[test]
fn traces() -> Result<()> {
    for guest in Guest::full() {
        let (lines, ctx) = written();
        let (mut store, instance) = guest.instance_with(ctx)?;
        instance.call::<_, ()>(&mut store, "traceTwice", ())?;
        assert_eq!(take(&lines), ["plain []", "numbers [1.0, 2.5, -3.0, 4e30, 0.1]"], "{}", guest.file);
    }
    Ok(())
}

#[test]
fn time_and_random_numbers() -> Result<()> {
    for guest in Guest::full() {
        let (_, ctx) = written();
        let (mut store, instance) = guest.instance_with(ctx)?;
        let now = instance.call::<_, f64>(&mut store, "timeNow", ())?;
        assert_eq!(now, 1_600_000_000_000.0, "{}", guest.file);
        // 0.9 has no seed, and wants to be told one.
        if guest.minor() > 9 {
            let numbers: [f64; 2] = [(), ()].map(|()| instance.call(&mut store, "random", ()).unwrap());
            assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)), "{}: {numbers:?}", guest.file);
            assert_ne!(numbers[0], numbers[1], "{}", guest.file);
        }
    }
    Ok(())
}

#[test]
fn consoles() -> Result<()> {
    for guest in Guest::full().filter(|guest| guest.minor() >= 20) {
        let (lines, ctx) = written();
        let (mut store, instance) = guest.instance_with(ctx)?;
        instance.call::<_, ()>(&mut store, "sayAll", "wörd")?;
        let said = [
            "Log: wörd",
            "Debug: wörd debug",
            "Info: wörd info",
            "Warn: wörd warn",
            "Error: wörd error",
            "Error: Assertion failed: but this",
        ];
        assert_eq!(take(&lines), said, "{}", guest.file);
        instance.call::<_, ()>(&mut store, "measure", ())?;
        assert_eq!(take(&lines), ["Log: watch: 1ms", "Log: watch: 2ms"], "{}", guest.file);
        assert_eq!(instance.call::<_, f64>(&mut store, "elapsed", ())?, 4.0);
        let bytes: TypedArray<u8> = instance.call(&mut store, "randomBytes", 5)?;
        assert_eq!(bytes.0, [0x40; 5], "{}", guest.file);
        let error = instance.call::<_, ()>(&mut store, "exit", 3).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&I32Exit(3)), "{}", guest.file);
    }
    Ok(())
}

#[test]
fn functions_of_the_host_read_strings() -> Result<()> {
    for guest in Guest::usual() {
        let engine = Engine::default();
        let mut store = Store::new(&engine, AsCtx::default());
        let notes = Notes::default();
        let linker = linker(&mut store, &notes)?;
        let instance = AsInstance::instantiate(&mut store, &linker, &guest.load(&engine))?;
        instance.call::<_, ()>(&mut store, "noteTwice", "höhö")?;
        assert_eq!(*notes.lock().unwrap(), ["höhö", "höhöhöhö"], "{}", guest.file);
    }
    Ok(())
}

#[test]
fn an_abort_says_where() -> Result<()> {
    for guest in Guest::usual() {
        let (mut store, instance) = guest.instance()?;
        let error = instance.call::<_, ()>(&mut store, "fail", "too bad").unwrap_err();
        let abort: &Abort = error.downcast_ref().unwrap();
        assert_eq!(abort.message.as_deref(), Some("too bad"), "{}", guest.file);
        let place = format!("common/world.ts:{}:{}", abort.line, abort.column);
        assert_eq!(abort.to_string(), format!("abort: too bad at {place}"), "{}", guest.file);
        assert!(error.backtrace().is_some(), "{}", guest.file);
    }
    Ok(())
}

#[test]
fn memory_that_grows_under_the_host() -> Result<()> {
    for guest in Guest::full() {
        let (mut store, instance) = guest.instance()?;
        let pages = instance.call::<_, i32>(&mut store, "pagesOfMemory", ())?;
        instance.call::<_, ()>(&mut store, "hold", "kept")?;
        assert_eq!(instance.call::<_, i32>(&mut store, "growMemory", 3)?, pages, "{}", guest.file);
        assert_eq!(instance.call::<_, String>(&mut store, "held", ())?, "kept", "{}", guest.file);
        // Larger than the memory was: the allocator has to grow it while the host writes.
        let large = "x".repeat(1 << 20);
        assert_eq!(instance.call::<_, String>(&mut store, "echoString", &large)?, large, "{}", guest.file);
        assert!(instance.call::<_, i32>(&mut store, "pagesOfMemory", ())? > pages + 3, "{}", guest.file);
    }
    Ok(())
}
