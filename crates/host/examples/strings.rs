//! Strings both ways: the host gives a guest strings, in memory that the guest's own allocator finds, and reads the
//! strings that it gets back; and a host function is given one.
//!
//! ```text
//! cargo run --example strings
//! ```

use terrane::{Caller, Engine, Error, Extern, Module, Result, Store, imports};

/// Joins two strings with a space between them, and tells the host.
const GUEST: &str = r#"(module
    (import "host" "note" (func $note (param i32 i32)))
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 1024))
    (func $alloc (export "alloc") (param $size i32) (result i32)
        (global.get $free)
        (global.set $free (i32.add (global.get $free) (local.get $size))))
    (func (export "join") (param $a i32) (param $a_len i32) (param $b i32) (param $b_len i32)
        (result i32 i32)
        (local $to i32) (local $len i32)
        (local.set $len (i32.add (i32.add (local.get $a_len) (local.get $b_len)) (i32.const 1)))
        (local.set $to (call $alloc (local.get $len)))
        (memory.copy (local.get $to) (local.get $a) (local.get $a_len))
        (i32.store8 (i32.add (local.get $to) (local.get $a_len)) (i32.const 0x20))
        (memory.copy
            (i32.add (local.get $to) (i32.add (local.get $a_len) (i32.const 1)))
            (local.get $b)
            (local.get $b_len))
        (call $note (local.get $to) (local.get $len))
        (local.get $to)
        (local.get $len)))"#;

/// A string at `at` in the memory of whoever calls.
fn string_of(caller: &mut Caller<'_, Vec<String>>, at: u32, len: u32) -> Result<String> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory);
    let memory = memory.ok_or_else(|| Error::msg("the guest exports no memory"))?;
    // A wrong address or length, or bytes that are no UTF-8, are an error that says so: never a panic.
    Ok(memory.read_str(caller, at as usize, len as usize)?)
}

#[allow(clippy::print_stdout)]
fn main() -> Result<()> {
    let engine = Engine::default();
    let imports = imports! {
        "host" => {
            "note" => |mut caller: Caller<'_, Vec<String>>, at: u32, len: u32| -> Result<()> {
                let note = string_of(&mut caller, at, len)?;
                caller.data_mut().push(note);
                Ok(())
            },
        },
    };
    let mut store = Store::new(&engine, Vec::new());
    let instance = imports.instantiate(&mut store, &Module::new(&engine, GUEST)?)?;
    let memory = instance.get_memory(&mut store, "memory").expect("it is exported");
    let alloc = instance.get_typed_func::<u32, u32>(&mut store, "alloc")?;
    let join = instance.get_typed_func::<(u32, u32, u32, u32), (u32, u32)>(&mut store, "join")?;

    let (a, a_len) = memory.alloc_str(&mut store, &alloc, "Grüße")?;
    let (b, b_len) = memory.alloc_str(&mut store, &alloc, "aus 🌍")?;
    let (at, len) = join.call(&mut store, (a, a_len, b, b_len))?;
    let joined = memory.str(&store, at as usize, len as usize)?;
    println!("{joined}");
    assert_eq!(joined, "Grüße aus 🌍");
    assert_eq!(store.data(), &["Grüße aus 🌍"]);

    // Half of a character is no string, and the host function's error comes back through the guest.
    let error = join.call(&mut store, (a, 3, b, 3)).unwrap_err();
    println!("{error}");
    assert!(error.to_string().starts_with("invalid UTF-8: of the 7 bytes at "));
    Ok(())
}
