//! A guest with several memories.

use terrane_portable::binary;
use wasm::{Config, Engine, Instance, Module, Result, Store, Trap};

pub(crate) fn main() -> Result<()> {
    let mut config = Config::new();
    config.wasm_multi_memory(true);
    let engine = Engine::new(&config)?;
    let mut store = Store::new(&engine, ());
    let module = Module::new(
        &engine,
        binary(
            r#"(module
                (memory (export "memory0") 2 3)
                (memory (export "memory1") 2 4)
                (func (export "size0") (result i32) (memory.size 0))
                (func (export "load0") (param i32) (result i32) (i32.load8_s 0 (local.get 0)))
                (func (export "load1") (param i32) (result i32) (i32.load8_s 1 (local.get 0)))
                (func (export "mirror") (param i32 i32)
                    (memory.copy 1 0 (local.get 0) (local.get 0) (local.get 1)))
                (data (memory 0) (i32.const 0x1000) "\01\02\03\04")
                (data (memory 1) (i32.const 0x1000) "\04\03\02\01"))"#,
        ),
    )?;
    let instance = Instance::new(&mut store, &module, &[])?;
    let memory0 = instance.get_memory(&mut store, "memory0").expect("it is exported");
    let memory1 = instance.get_memory(&mut store, "memory1").expect("it is exported");
    let size0 = instance.get_typed_func::<(), i32>(&mut store, "size0")?;
    let load0 = instance.get_typed_func::<i32, i32>(&mut store, "load0")?;
    let load1 = instance.get_typed_func::<i32, i32>(&mut store, "load1")?;
    let mirror = instance.get_typed_func::<(i32, i32), ()>(&mut store, "mirror")?;

    assert_eq!((load0.call(&mut store, 0x1001)?, load1.call(&mut store, 0x1001)?), (2, 3));
    memory0.data_mut(&mut store)[0x1001] = 77;
    mirror.call(&mut store, (0x1000, 4))?;
    assert_eq!(&memory1.data(&store)[0x1000..0x1004], [1, 77, 3, 4]);

    memory0.grow(&mut store, 1)?;
    assert_eq!((size0.call(&mut store, ())?, memory1.size(&store)), (3, 2));
    assert_eq!(load0.call(&mut store, 0x2_0000)?, 0);
    let trap = load1.call(&mut store, 0x2_0000).unwrap_err();
    assert_eq!(trap.downcast::<Trap>()?, Trap::MemoryOutOfBounds);
    Ok(())
}
