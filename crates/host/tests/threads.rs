//! Shared memories between threads of the host, each with a store of its own.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};
use terrane::{
    Config, Engine, Extern, ExternType, Instance, Linker, Memory, MemoryType, Module, Result, SharedMemory,
    Store, Trap, WaitResult,
};

/// What nothing here takes, unless it hangs.
const LONG: Duration = Duration::from_secs(60);

fn shared(engine: &Engine, pages: u32) -> SharedMemory {
    SharedMemory::new(engine, MemoryType::shared(1, pages)).unwrap()
}

fn instance(engine: &Engine, module: &Module, memory: &SharedMemory) -> (Store<()>, Instance) {
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, module, &[memory.clone().into()]).unwrap();
    (store, instance)
}

fn word(memory: &SharedMemory, at: usize) -> u32 {
    let mut bytes = [0; 4];
    memory.read(at, &mut bytes).unwrap();
    u32::from_le_bytes(bytes)
}

/// A lock that sleeps when it is held (0 free, 1 held, 2 held and somebody may sleep), around a plain counter.
const MUTEX: &str = r#"(module
    (import "env" "memory" (memory 1 1 shared))
    (func $lock (local $seen i32)
        (if (local.tee $seen (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 0) (i32.const 1)))
            (then
                (if (i32.ne (local.get $seen) (i32.const 2))
                    (then (local.set $seen (i32.atomic.rmw.xchg (i32.const 0) (i32.const 2)))))
                (block $done (loop $again
                    (br_if $done (i32.eqz (local.get $seen)))
                    (drop (memory.atomic.wait32 (i32.const 0) (i32.const 2) (i64.const -1)))
                    (local.set $seen (i32.atomic.rmw.xchg (i32.const 0) (i32.const 2)))
                    (br $again))))))
    (func $unlock
        (if (i32.eq (i32.atomic.rmw.xchg (i32.const 0) (i32.const 0)) (i32.const 2))
            (then (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))))
    (func (export "count") (param $n i32)
        (loop $again
            (call $lock)
            (i32.store (i32.const 64) (i32.add (i32.load (i32.const 64)) (i32.const 1)))
            (call $unlock)
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#;

#[test]
fn a_lock_of_the_guests_own() {
    // Half of them on another engine: what is shared is the memory.
    let engines = [Engine::default(), Engine::default()];
    let memory = shared(&engines[0], 1);
    let (threads, rounds) = (4, 5000);
    thread::scope(|scope| {
        for i in 0..threads {
            let (engine, memory) = (&engines[i % 2], &memory);
            scope.spawn(move || {
                let module = Module::new(engine, MUTEX).unwrap();
                let (mut store, instance) = instance(engine, &module, memory);
                let count = instance.get_typed_func::<i32, ()>(&store, "count").unwrap();
                count.call(&mut store, rounds).unwrap();
            });
        }
    });
    assert_eq!((word(&memory, 64), word(&memory, 0)), (threads as u32 * rounds as u32, 0));
}

/// A ring of eight items: head at 0, tail at 4; who finds it empty or full sleeps on the other side's counter.
const QUEUE: &str = r#"(module
    (import "env" "memory" (memory 1 1 shared))
    (func $slot (param $i i32) (result i32)
        (i32.add (i32.const 64) (i32.shl (i32.and (local.get $i) (i32.const 7)) (i32.const 3))))
    (func (export "produce") (param $n i64) (local $head i32) (local $tail i32) (local $i i64)
        (loop $next
            (loop $full
                (local.set $tail (i32.atomic.load (i32.const 4)))
                (if (i32.eq (i32.sub (local.get $head) (local.get $tail)) (i32.const 8))
                    (then
                        (drop (memory.atomic.wait32 (i32.const 4) (local.get $tail) (i64.const -1)))
                        (br $full))))
            (local.set $i (i64.add (local.get $i) (i64.const 1)))
            (i64.store (call $slot (local.get $head)) (local.get $i))
            (local.set $head (i32.add (local.get $head) (i32.const 1)))
            (i32.atomic.store (i32.const 0) (local.get $head))
            (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))
            (br_if $next (i64.lt_u (local.get $i) (local.get $n)))))
    (func (export "consume") (param $n i64) (result i64)
        (local $head i32) (local $tail i32) (local $i i64) (local $sum i64)
        (loop $next
            (loop $empty
                (local.set $head (i32.atomic.load (i32.const 0)))
                (if (i32.eq (local.get $head) (local.get $tail))
                    (then
                        (drop (memory.atomic.wait32 (i32.const 0) (local.get $head) (i64.const -1)))
                        (br $empty))))
            (local.set $sum (i64.add
                (i64.mul (local.get $sum) (i64.const 3)) (i64.load (call $slot (local.get $tail)))))
            (local.set $tail (i32.add (local.get $tail) (i32.const 1)))
            (i32.atomic.store (i32.const 4) (local.get $tail))
            (drop (memory.atomic.notify (i32.const 4) (i32.const 1)))
            (br_if $next (i64.lt_u (local.tee $i (i64.add (local.get $i) (i64.const 1))) (local.get $n))))
        (local.get $sum)))"#;

#[test]
fn a_producer_and_a_consumer() {
    let engine = Engine::default();
    let (memory, module) = (shared(&engine, 1), Module::new(&engine, QUEUE).unwrap());
    let n = 20_000;
    let sum = thread::scope(|scope| {
        scope.spawn(|| {
            let (mut store, instance) = instance(&engine, &module, &memory);
            instance.get_typed_func::<i64, ()>(&store, "produce").unwrap().call(&mut store, n).unwrap();
        });
        let (mut store, instance) = instance(&engine, &module, &memory);
        instance.get_typed_func::<i64, i64>(&store, "consume").unwrap().call(&mut store, n).unwrap()
    });
    // Its value depends on the order of the items.
    assert_eq!(sum, (1..=n).fold(0_i64, |sum, i| sum.wrapping_mul(3).wrapping_add(i)));
}

const WAITER: &str = r#"(module
    (import "env" "memory" (memory 1 4 shared))
    (func (export "wait") (param $nanoseconds i64) (result i32)
        (i32.atomic.store (i32.const 4) (i32.const 1))
        (memory.atomic.wait32 (i32.const 0) (i32.const 0) (local.get $nanoseconds)))
    (func (export "spin") (loop (br 0)))
    (func (export "size") (result i32) (memory.size)))"#;

/// Runs `wait` with that timeout on a thread; `meanwhile` gets the store's handles once it is about to wait.
fn waiting<T: Send>(
    config: &Config,
    timeout: i64,
    prepare: impl FnOnce(&mut Store<()>) -> T + Send,
    meanwhile: impl FnOnce(&Engine, &SharedMemory, T),
) -> Result<i32> {
    let engine = Engine::new(config).unwrap();
    let memory = shared(&engine, 4);
    let (tell, told) = channel();
    thread::scope(|scope| {
        let (engine, memory) = (&engine, &memory);
        let waiter = scope.spawn(move || {
            let module = Module::new(engine, WAITER).unwrap();
            let (mut store, instance) = instance(engine, &module, memory);
            tell.send(prepare(&mut store)).unwrap();
            instance.get_typed_func::<i64, i32>(&store, "wait").unwrap().call(&mut store, timeout)
        });
        let prepared = told.recv().unwrap();
        while word(memory, 4) == 0 {
            thread::yield_now();
        }
        meanwhile(engine, memory, prepared);
        waiter.join().unwrap()
    })
}

#[test]
fn a_wait_ends_by_notification_from_the_host() {
    let result = waiting(
        &Config::new(),
        -1,
        |_| (),
        |_, memory, ()| {
            while memory.atomic_notify(0, 1).unwrap() == 0 {
                thread::yield_now();
            }
        },
    );
    assert_eq!(result.unwrap(), 0);
}

#[test]
fn a_wait_ends_when_its_time_is_up() {
    let start = Instant::now();
    assert_eq!(waiting(&Config::new(), 20_000_000, |_| (), |_, _, ()| ()).unwrap(), 2);
    assert!(start.elapsed() >= Duration::from_millis(20));
}

#[test]
fn a_wait_can_be_interrupted() {
    let handle = |store: &mut Store<()>| store.interrupt_handle().unwrap();
    for early in [true, false] {
        let result = waiting(Config::new().epoch_interruption(true), -1, handle, |_, _, handle| {
            // Now and when it surely sleeps; neither may be missed.
            thread::sleep(Duration::from_millis(if early { 0 } else { 30 }));
            handle.interrupt();
        });
        assert_eq!(result.unwrap_err().downcast_ref(), Some(&Trap::Interrupt));
    }
}

#[test]
fn a_wait_ends_at_the_deadline_of_its_epoch() {
    let deadline = |store: &mut Store<()>| store.set_epoch_deadline(3);
    let result = waiting(Config::new().epoch_interruption(true), -1, deadline, |engine, _, ()| {
        for _ in 0..3 {
            thread::sleep(Duration::from_millis(5));
            engine.increment_epoch();
        }
    });
    assert_eq!(result.unwrap_err().downcast_ref(), Some(&Trap::Interrupt));
}

#[test]
fn the_host_waits_too() {
    let engine = Engine::default();
    let memory = shared(&engine, 1);
    assert_eq!(memory.atomic_wait32(0, 1, None), Ok(WaitResult::Mismatch));
    assert_eq!(memory.atomic_wait64(8, 0, Some(Duration::ZERO)), Ok(WaitResult::TimedOut));
    assert_eq!(memory.atomic_wait32(2, 0, None), Err(Trap::UnalignedAtomic));
    assert_eq!(memory.atomic_wait64(1 << 32, 0, None), Err(Trap::OutOfBoundsMemoryAccess));
    assert_eq!(memory.atomic_notify(65536, 1), Err(Trap::OutOfBoundsMemoryAccess));
    thread::scope(|scope| {
        let waiter = scope.spawn(|| memory.atomic_wait32(0, 0, Some(LONG)));
        while memory.atomic_notify(0, u32::MAX).unwrap() == 0 {
            thread::yield_now();
        }
        assert_eq!(waiter.join().unwrap(), Ok(WaitResult::Ok));
    });
}

#[test]
fn growing_is_seen_everywhere() {
    let engine = Engine::default();
    let (memory, module) = (shared(&engine, 4), Module::new(&engine, WAITER).unwrap());
    let before = memory.data().as_ptr();
    let (mut store, instance) = instance(&engine, &module, &memory);
    let size = instance.get_typed_func::<(), i32>(&store, "size").unwrap();
    assert_eq!(memory.clone().grow(2).unwrap(), 1);
    assert_eq!((size.call(&mut store, ()).unwrap(), memory.size(), memory.data_size()), (3, 3, 3 * 65536));
    assert_eq!(memory.data().as_ptr(), before);
    assert!(memory.grow(2).is_err());
    assert_eq!(memory.ty().minimum(), 3);
    memory.write(2 * 65536, b"there").unwrap();
    let cell = memory.data()[2 * 65536].get();
    // SAFETY: it is aligned, as four of it are, and accessed by atomics alone.
    let there = unsafe { AtomicU32::from_ptr(cell.cast()) }.load(Ordering::SeqCst);
    assert_eq!(there.to_le_bytes(), *b"ther");
    assert!(memory.write(3 * 65536 - 1, b"ab").is_err());
}

#[test]
fn imported_exported_linked() {
    let engine = Engine::default();
    let memory = shared(&engine, 2);
    let module = Module::new(
        &engine,
        r#"(module (import "env" "memory" (memory 1 2 shared)) (import "env" "again" (memory 1 2 shared))
            (export "first" (memory 0)) (export "second" (memory 1))
            (memory (export "own") 1 1 shared))"#,
    )
    .unwrap();
    let mut linker = Linker::new(&engine);
    // It belongs to no store: one linker serves several.
    linker.define(Store::new(&engine, ()), "env", "memory", memory.clone()).unwrap();
    linker.alias("env", "memory", "env", "again").unwrap();
    for _ in 0..2 {
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        for name in ["first", "second"] {
            let export = instance.get_export(&mut store, name).unwrap();
            assert_eq!(export, Extern::from(memory.clone()));
            assert!(matches!(export.ty(&store), ExternType::Memory(ty) if ty.is_shared()));
        }
        let own = instance.get_shared_memory(&mut store, "own").unwrap();
        assert_ne!(own, memory);
        assert!(instance.get_memory(&mut store, "own").is_none());
    }
    let mut store = Store::new(&engine, ());
    let unshared = Memory::new(&mut store, MemoryType::new(1, Some(2))).unwrap();
    let error = Instance::new(&mut store, &module, &[unshared.into(), memory.into()]).unwrap_err();
    let text = "incompatible import type: `env` `memory` must be a memory {min 1, max 2} shared, \
        but is a memory {min 1, max 2}";
    assert_eq!(error.to_string(), text);
}

#[test]
fn what_cannot_be_shared() {
    let engine = Engine::default();
    let error = |ty| SharedMemory::new(&engine, ty).unwrap_err().to_string();
    assert_eq!(
        error(MemoryType::new(1, Some(1))),
        "a shared memory cannot be of type memory {min 1, max 1}, which is not shared"
    );
    assert_eq!(
        error(MemoryType::shared(2, 1)),
        "there can be no memory {min 2, max 1} shared: at most 65536 pages"
    );
    let error = MemoryType::builder().shared(true).build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "there can be no memory {min 0} shared: a shared memory must have a maximum"
    );
    let error = Memory::new(Store::new(&engine, ()), MemoryType::shared(1, 1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a memory of type memory {min 1, max 1} shared is made by SharedMemory::new"
    );
}

#[test]
fn shared_memories_can_be_switched_off() {
    let engine = Engine::new(Config::new().shared_memory(false)).unwrap();
    let error = SharedMemory::new(&engine, MemoryType::shared(1, 1)).unwrap_err();
    assert_eq!(error.to_string(), "shared memories are switched off: see Config::shared_memory");
}
