//! A module compiled once that runs in many threads, and a memory that they share.

use terrane_portable::binary;
use wasm::{Caller, Config, Engine, Linker, MemoryType, Module, Result, SharedMemory, Store};

const THREADS: u32 = 4;
const TIMES: u32 = 500;

pub(crate) fn main() -> Result<()> {
    let mut config = Config::new();
    config.wasm_threads(true).shared_memory(true);
    let engine = Engine::new(&config)?;
    let module = Module::new(
        &engine,
        binary(
            r#"(module
                (import "env" "memory" (memory 1 1 shared))
                (import "env" "thread" (func $thread (result i32)))
                (func (export "run") (param $times i32)
                    (loop $next
                        (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
                        (drop (i32.atomic.rmw.add
                            (i32.mul (call $thread) (i32.const 4)) (i32.const 1)))
                        (local.set $times (i32.sub (local.get $times) (i32.const 1)))
                        (br_if $next (local.get $times)))))"#,
        ),
    )?;
    let memory = SharedMemory::new(&engine, MemoryType::shared(1, 1))?;
    let mut linker = Linker::<u32>::new(&engine);
    linker.func_wrap("env", "thread", |caller: Caller<'_, u32>| *caller.data())?;
    let threads: Vec<_> = (1..=THREADS)
        .map(|n| {
            let (engine, module, mut linker, memory) =
                (engine.clone(), module.clone(), linker.clone(), memory.clone());
            std::thread::spawn(move || -> Result<()> {
                let mut store = Store::new(&engine, n);
                linker.define(&mut store, "env", "memory", memory)?;
                let instance = linker.instantiate(&mut store, &module)?;
                instance.get_typed_func::<u32, ()>(&mut store, "run")?.call(&mut store, TIMES)
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("no panic")?;
    }
    let count = |n: usize| {
        let bytes = &memory.data()[4 * n..4 * n + 4];
        // SAFETY: all threads have ended, so nobody writes.
        u32::from_le_bytes(std::array::from_fn(|i| unsafe { *bytes[i].get() }))
    };
    assert_eq!(count(0), THREADS * TIMES);
    assert!((1..=THREADS as usize).all(|n| count(n) == TIMES));
    assert_eq!((memory.size(), memory.data_size()), (1, 65536));
    assert!(memory.grow(1).is_err());
    assert_eq!(memory.atomic_notify(0, 1)?, 0);
    Ok(())
}
