//! A host function, an export, and data of the host.

use terrane_portable::binary;
use wasm::{Caller, Engine, Func, Instance, Module, Result, Store};

struct Host {
    name: String,
    count: usize,
}

pub(crate) fn main() -> Result<()> {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        binary(r#"(module (import "" "hello" (func $hello)) (func (export "run") (call $hello)))"#),
    )?;
    let mut store = Store::new(&engine, Host { name: "hello, world".to_string(), count: 0 });
    let hello = Func::wrap(&mut store, |mut caller: Caller<'_, Host>| {
        caller.data_mut().count += 1;
        assert_eq!(caller.data().name, "hello, world");
    });
    let instance = Instance::new(&mut store, &module, &[hello.into()])?;
    let run = instance.get_typed_func::<(), ()>(&mut store, "run")?;
    run.call(&mut store, ())?;
    run.call(&mut store, ())?;
    assert_eq!(store.data().count, 2);
    Ok(())
}
