//! Many instances: one after the other, and at the same time.
//!
//! What they take is read from the process, which is why this is a program of its own, and its tests take turns.

use std::sync::{Mutex, MutexGuard, PoisonError};
use terrane::{Engine, Instance, Linker, Module, Result, Store, StoreLimits, StoreLimitsBuilder};

/// One test at a time: memory is the process's.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A small module with a bit of everything.
const SMALL: &str = r#"(module
    (import "env" "twice" (func $twice (param i32) (result i32)))
    (type $f (func (param i32) (result i32)))
    (memory (export "memory") 1)
    (table funcref (elem $run $twice))
    (global $calls (export "calls") (mut i32) (i32.const 0))
    (data (i32.const 16) "some data")
    (func $run (export "run") (param i32) (result i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (i32.store (i32.const 0) (local.get 0))
        (call_indirect (type $f) (i32.load (i32.const 0)) (i32.const 1))))"#;

fn linker(engine: &Engine) -> Linker<StoreLimits> {
    let mut linker = Linker::new(engine);
    linker.func_wrap("env", "twice", |x: i32| 2 * x).unwrap();
    linker
}

/// A store for as many instances as one likes.
fn store(engine: &Engine) -> Store<StoreLimits> {
    let limits = StoreLimitsBuilder::new().instances(1 << 20).memories(1 << 20).tables(1 << 20).build();
    let mut store = Store::new(engine, limits);
    store.limiter(|limits| limits);
    store
}

fn run(store: &mut Store<StoreLimits>, instance: Instance, x: i32) -> Result<i32> {
    instance.get_typed_func::<i32, i32>(&*store, "run")?.call(store, x)
}

/// Bytes that the process has in memory.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096
}

#[cfg(target_os = "linux")]
#[test]
fn a_hundred_thousand_instances_leave_nothing_behind() {
    let _turn = turn();
    let engine = Engine::default();
    let module = Module::new(&engine, SMALL).unwrap();
    let linker = linker(&engine);
    let mut before = 0;
    for i in 0..100_000 {
        let mut store = store(&engine);
        let instance = linker.instantiate(&mut store, &module).unwrap();
        if i % 16 == 0 {
            assert_eq!(run(&mut store, instance, i).unwrap(), 2 * i);
        }
        if i == 1000 {
            before = resident();
        }
    }
    // A leak of a few words for each would be as much.
    let grown = resident().saturating_sub(before);
    assert!(grown < 4 << 20, "{grown} bytes more than after the first thousand");
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_store_took_is_free_with_it() {
    let _turn = turn();
    let engine = Engine::default();
    let module = Module::new(&engine, SMALL).unwrap();
    let linker = linker(&engine);
    let mut before = 0;
    for round in 0..8 {
        let mut store = store(&engine);
        for i in 0..1000 {
            let instance = linker.instantiate(&mut store, &module).unwrap();
            assert_eq!(run(&mut store, instance, i).unwrap(), 2 * i);
        }
        drop(store);
        if round == 1 {
            before = resident();
        }
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 4 << 20, "{grown} bytes more than after the second round");
}

#[test]
fn ten_thousand_live_at_once() {
    let _turn = turn();
    let engine = Engine::default();
    let module = Module::new(&engine, SMALL).unwrap();
    let linker = linker(&engine);
    let mut all: Vec<_> = (0..10_000)
        .map(|_| {
            let mut store = store(&engine);
            let instance = linker.instantiate(&mut store, &module).unwrap();
            (store, instance)
        })
        .collect();
    // Each has its own memory and its own globals.
    for (i, (store, instance)) in all.iter_mut().enumerate() {
        assert_eq!(run(store, *instance, i as i32).unwrap(), 2 * i as i32);
    }
    for (i, (store, instance)) in all.iter_mut().enumerate() {
        let memory = instance.get_memory(&mut *store, "memory").unwrap();
        assert_eq!(memory.data(&*store)[..4], (i as u32).to_le_bytes());
        let calls = instance.get_global(&mut *store, "calls").unwrap();
        assert_eq!(calls.get(store).unwrap_i32(), 1);
    }
}

#[test]
fn ten_thousand_live_in_one_store() {
    let _turn = turn();
    let engine = Engine::default();
    let module = Module::new(&engine, SMALL).unwrap();
    let linker = linker(&engine);
    let mut store = store(&engine);
    let all: Vec<_> = (0..10_000).map(|_| linker.instantiate(&mut store, &module).unwrap()).collect();
    for (i, instance) in all.iter().enumerate() {
        assert_eq!(run(&mut store, *instance, i as i32).unwrap(), 2 * i as i32);
    }
    for (i, instance) in all.iter().enumerate() {
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        assert_eq!(memory.data(&store)[..4], (i as u32).to_le_bytes());
    }
}

/// Reservations are limited to what leaves mappings for others; the memories after that are buffers.
#[test]
fn more_memories_than_reservations() {
    let _turn = turn();
    let engine = Engine::default();
    let module = r#"(module (memory (export "memory") 1)
        (func (export "run") (param i32) (result i32)
            (i32.store (i32.const 65532) (local.get 0))
            (drop (memory.grow (i32.const 3)))
            (i32.add (i32.load (i32.const 65532)) (i32.load (i32.const 262140)))))"#;
    let module = Module::new(&engine, module).unwrap();
    let mut store = store(&engine);
    let all: Vec<_> = (0..20_000).map(|_| Instance::new(&mut store, &module, &[]).unwrap()).collect();
    for (i, instance) in all.iter().enumerate().step_by(100) {
        assert_eq!(run(&mut store, *instance, i as i32).unwrap(), i as i32);
    }
    // There are mappings left.
    std::thread::spawn(|| vec![1_u8; 1 << 24].len()).join().unwrap();
}

/// Where the host refuses address space, memories are buffers, and where it refuses those, that is an error.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
#[test]
fn without_address_space_there_are_buffers_and_then_errors() {
    let _turn = turn();
    if std::env::var_os("TERRANE_TEST_LITTLE_SPACE").is_none() {
        // The limit is on a process: this test again, in one with 4 GiB, of which no reservation can be had.
        let me = std::env::current_exe().unwrap();
        let script = r#"ulimit -v 4000000 && exec "$0" --exact "$1" --nocapture"#;
        let name = "without_address_space_there_are_buffers_and_then_errors";
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", script]).arg(me).arg(name).env("TERRANE_TEST_LITTLE_SPACE", "1");
        let output = shell.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{output:?}");
        return;
    }
    let engine = Engine::default();
    let small = Module::new(&engine, SMALL).unwrap();
    let large = r#"(module (memory (export "memory") 8192)
        (func (export "grow") (result i32) (memory.grow (i32.const 8192))))"#;
    let large = Module::new(&engine, large).unwrap();
    let linker = linker(&engine);
    let mut all = Vec::new();
    for i in 0..1000 {
        let mut store = store(&engine);
        let instance = linker.instantiate(&mut store, &small).unwrap();
        assert_eq!(run(&mut store, instance, i).unwrap(), 2 * i);
        all.push(store);
    }
    // 512 MiB each, so there is room for a few; then for none.
    let mut refused = None;
    for _ in 0..8 {
        let mut store = store(&engine);
        match linker.instantiate(&mut store, &large) {
            Ok(instance) => {
                let grow = instance.get_typed_func::<(), i32>(&store, "grow").unwrap();
                let before = grow.call(&mut store, ()).unwrap();
                assert!(before == 8192 || before == -1, "{before}");
                all.push(store);
            }
            Err(error) => refused = Some(error),
        }
    }
    let message = refused.expect("eight times 512 MiB do not fit 4 GiB").to_string();
    assert!(message.contains("memory"), "{message}");
    // What there is goes on.
    let mut store = store(&engine);
    let instance = linker.instantiate(&mut store, &small).unwrap();
    assert_eq!(run(&mut store, instance, 21).unwrap(), 42);
}
