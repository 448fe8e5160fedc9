//! One module on several threads, each with a store of its own, over one shared memory: guests take tickets until there
//! are no more, and none is taken twice.
//!
//! ```text
//! cargo run --example threads
//! ```

use std::thread;
use terrane::{Engine, Instance, MemoryType, Module, Result, SharedMemory, Store};

const GUEST: &str = r#"(module
    (import "env" "memory" (memory 1 1 shared))
    ;; The next ticket is at 0; for each, who took it is in a byte behind that.
    (func (export "take") (param $me i32) (param $tickets i32) (result i32)
        (local $ticket i32) (local $taken i32)
        (loop $next
            (local.set $ticket (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
            (if (i32.lt_u (local.get $ticket) (local.get $tickets))
                (then
                    (i32.atomic.store8 offset=4 (local.get $ticket) (local.get $me))
                    (local.set $taken (i32.add (local.get $taken) (i32.const 1)))
                    (br $next))))
        (local.get $taken)))"#;

const THREADS: u32 = 4;
const TICKETS: u32 = 10_000;

fn work(module: &Module, memory: &SharedMemory, me: u32) -> Result<u32> {
    let mut store = Store::new(module.engine(), ());
    let instance = Instance::new(&mut store, module, &[memory.clone().into()])?;
    instance.get_typed_func::<(u32, u32), u32>(&mut store, "take")?.call(&mut store, (me, TICKETS))
}

#[allow(clippy::print_stdout)]
fn main() -> Result<()> {
    let engine = Engine::default();
    let module = Module::new(&engine, GUEST)?;
    let memory = SharedMemory::new(&engine, MemoryType::shared(1, 1))?;

    let taken: Result<Vec<u32>> = thread::scope(|scope| {
        let (module, memory) = (&module, &memory);
        let threads: Vec<_> = (1..=THREADS).map(|me| scope.spawn(move || work(module, memory, me))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    let taken = taken?;
    println!("tickets by thread: {taken:?}");
    assert_eq!(taken.iter().sum::<u32>(), TICKETS);

    // The host looks at the same memory.
    let mut owners = vec![0; TICKETS as usize];
    memory.read(4, &mut owners)?;
    for (me, taken) in (1..=THREADS).zip(taken) {
        assert_eq!(owners.iter().filter(|owner| u32::from(**owner) == me).count(), taken as usize);
    }
    Ok(())
}
