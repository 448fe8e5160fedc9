//! A guest with two memories: a function of the host mirrors the one in the other.
//!
//! ```text
//! cargo run --example mirrored_memories
//! ```

use std::sync::Arc;
use terrane::{Engine, HostFunction, HostItems, HostModule, Linker, Module, Result, Store, ValType};

/// Writes to its first memory, has it mirrored, and reads from its second.
const GUEST: &str = r#"(module
    (import "mirror" "flush" (func $flush (param i32 i32)))
    (memory $front 1)
    (memory $back 1)
    (func (export "run") (result i32)
        (i32.store $front (i32.const 1000) (i32.const 42))
        (call $flush (i32.const 1000) (i32.const 4))
        ;; What comes later is not mirrored.
        (i32.store $front (i32.const 1000) (i32.const 7))
        (i32.load $back (i32.const 1000))))"#;

/// `flush(at, len)` copies bytes of memory 0 to the same place in memory 1. The host's data counts them.
struct Mirror;

impl HostModule<usize> for Mirror {
    type Handle = Arc<Self>;

    fn name(&self) -> &str {
        "mirror"
    }

    fn functions_multi(_: &Arc<Self>) -> HostItems<HostFunction<usize>> {
        let flush = HostFunction::multi(
            [const { ValType::I32 }; 2],
            [],
            |mut memories, flushed, params, _results| {
                let [at, len] = [0, 1].map(|i| params[i].unwrap_i32().cast_unsigned() as usize);
                memories.copy((0, at), (1, at), len)?;
                *flushed += len;
                Ok(())
            },
        );
        HostItems::from([("flush", flush)])
    }
}

#[allow(clippy::print_stdout)]
fn main() -> Result<()> {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker.host_module(Mirror)?;

    let mut store = Store::new(&engine, 0);
    let instance = linker.instantiate(&mut store, &Module::new(&engine, GUEST)?)?;
    let run = instance.get_typed_func::<(), i32>(&mut store, "run")?;
    assert_eq!(run.call(&mut store, ())?, 42);
    assert_eq!(*store.data(), 4);
    println!("mirrored: {} bytes", store.data());
    Ok(())
}
