//! Bytes that host and guest share: the guest turns letters upside down, so to speak, where the host has put them.
//!
//! ```text
//! cargo run --example memory
//! ```

use terrane::{Engine, Error, Instance, Module, Result, Store};

/// Swaps upper and lower case in place.
const GUEST: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "swap_case") (param $at i32) (param $length i32)
        (local $end i32) (local $byte i32)
        (local.set $end (i32.add (local.get $at) (local.get $length)))
        (block $done
            (loop $next
                (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
                (local.set $byte (i32.load8_u (local.get $at)))
                ;; Is it a letter, whichever its case?
                (if (i32.lt_u
                        (i32.sub (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x61))
                        (i32.const 26))
                    (then (i32.store8 (local.get $at) (i32.xor (local.get $byte) (i32.const 0x20)))))
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br $next)))))"#;

#[allow(clippy::print_stdout)]
fn main() -> Result<()> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &Module::new(&engine, GUEST)?, &[])?;
    let memory = instance.get_memory(&mut store, "memory").ok_or_else(|| Error::msg("no memory"))?;
    let swap_case = instance.get_typed_func::<(u32, u32), ()>(&mut store, "swap_case")?;

    let text = "Hello from Linear Memory";
    memory.write(&mut store, 16, text.as_bytes())?;
    swap_case.call(&mut store, (16, text.len() as u32))?;

    // The bytes are a slice, until the guest runs again.
    let swapped = &memory.data(&store)[16..16 + text.len()];
    println!("{}", String::from_utf8_lossy(swapped));
    assert_eq!(swapped, b"hELLO FROM lINEAR mEMORY");

    // So are numbers, and structures of them.
    memory.write_slice(&mut store, 100, &[0x6162_6364_u32, 7])?;
    swap_case.call(&mut store, (100, 8))?;
    assert_eq!(memory.read_pod::<u32>(&store, 100)?, 0x4142_4344);

    // Outside of the memory there is nothing, for the host as for the guest.
    let error = memory.write(&mut store, 65_530, text.as_bytes()).unwrap_err();
    println!("{error}");
    assert_eq!(error.memory_size(), 65_536);
    let error = swap_case.call(&mut store, (65_530, 10)).unwrap_err();
    println!("{error}");
    assert!(error.is::<terrane::Trap>());
    Ok(())
}
