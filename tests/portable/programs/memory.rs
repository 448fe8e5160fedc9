//! Reading, writing and growing a memory, from both sides; what is out of bounds.

use terrane_portable::binary;
use wasm::{Instance, Memory, MemoryType, Module, Result, Store, Trap};

pub(crate) fn main() -> Result<()> {
    let mut store: Store<()> = Store::default();
    let module = Module::new(
        store.engine(),
        binary(
            r#"(module
                (memory (export "memory") 2 3)
                (func (export "size") (result i32) (memory.size))
                (func (export "load") (param i32) (result i32) (i32.load8_s (local.get 0)))
                (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
                (data (i32.const 0x1000) "\01\02\03\04"))"#,
        ),
    )?;
    let instance = Instance::new(&mut store, &module, &[])?;
    let memory = instance.get_memory(&mut store, "memory").expect("it is exported");
    let size = instance.get_typed_func::<(), i32>(&mut store, "size")?;
    let load = instance.get_typed_func::<i32, i32>(&mut store, "load")?;
    let write = instance.get_typed_func::<(i32, i32), ()>(&mut store, "store")?;

    assert_eq!((memory.size(&store), memory.data_size(&store), memory.page_size(&store)), (2, 0x2_0000, 65536));
    assert_eq!(&memory.data(&store)[0x1000..0x1004], [1, 2, 3, 4]);
    assert_eq!(load.call(&mut store, 0x1003)?, 4);
    let trap = load.call(&mut store, 0x2_0000).unwrap_err();
    assert_eq!(trap.downcast_ref::<Trap>(), Some(&Trap::MemoryOutOfBounds));

    memory.data_mut(&mut store)[0x1003] = 5;
    write.call(&mut store, (0x1002, 6))?;
    memory.write(&mut store, 0x1000, &[8, 7])?;
    let mut bytes = [0; 4];
    memory.read(&store, 0x1000, &mut bytes)?;
    assert_eq!(bytes, [8, 7, 6, 5]);
    assert!(memory.read(&store, 0x1_ffff, &mut bytes).is_err());

    assert_eq!(memory.grow(&mut store, 1)?, 2);
    assert_eq!(size.call(&mut store, ())?, 3);
    assert_eq!(load.call(&mut store, 0x2_0000)?, 0);
    assert!(memory.grow(&mut store, 1).is_err());

    let fresh = Memory::new(&mut store, MemoryType::new(5, Some(5)))?;
    let ty = fresh.ty(&store);
    assert_eq!((ty.minimum(), ty.maximum(), ty.is_64(), ty.is_shared()), (5, Some(5), false, false));
    let (bytes, ()) = fresh.data_and_store_mut(&mut store);
    assert!(bytes.iter().all(|byte| *byte == 0));
    Ok(())
}
