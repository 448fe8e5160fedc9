//! Memories and tables that guests import, share, or do not have.

use terrane::{Engine, Linker, Module, Result, Store};
use terrane_assemblyscript::{ArrayBuffer, AsCtx, AsInstance, Function, Managed, TypedArray, add_to_linker};

/// A guest with an allocator that never frees, and with whatever memory and table it says.
fn guest(memory: &str) -> Result<(Store<AsCtx>, AsInstance)> {
    let engine = Engine::default();
    let text = format!(
        r#"(module
            {memory}
            (global $top (mut i32) (i32.const 0x1000))
            (global (export "__rtti_base") i32 (i32.const 16))
            (global $started (mut i32) (i32.const 0))
            (type $number (func (result i32)))
            (func $seven (type $number) (i32.const 7))
            (elem (i32.const 1) func $seven)
            (func (export "__new") (param $size i32) (param $id i32) (result i32) (local $at i32)
                (local.set $at (global.get $top))
                (global.set $top
                    (i32.and (i32.add (i32.add (local.get $at) (local.get $size)) (i32.const 47)) (i32.const -16)))
                (i32.store (i32.sub (local.get $at) (i32.const 8)) (local.get $id))
                (i32.store (i32.sub (local.get $at) (i32.const 4)) (local.get $size))
                (local.get $at))
            (func (export "__pin") (param i32) (result i32) (local.get 0))
            (func (export "__unpin") (param i32))
            (func (export "begin")
                (i32.store (i32.const 16) (i32.const 4))
                (i32.store (i32.const 20) (i32.const 32))
                (i32.store (i32.const 24) (i32.const 32))
                (i32.store (i32.const 28) (i32.const 32))
                (i32.store (i32.const 0xf8) (i32.const 3))
                (i32.store (i32.const 0xfc) (i32.const 8))
                (i32.store (i32.const 0x100) (i32.const 1))
                (global.set $started (i32.const 1)))
            (func (export "same") (param i32) (result i32) (local.get 0))
            (func (export "started") (result i32) (global.get $started)))"#
    );
    let module = Module::new(&engine, text)?;
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |ctx: &mut AsCtx| ctx)?;
    let mut store = Store::new(&engine, AsCtx::default());
    let instance = AsInstance::builder().start("begin").instantiate(&mut store, &linker, &module)?;
    Ok((store, instance))
}

/// Strings go in and out, and the function value at 0x100 leads to a function.
fn check(memory: &str) -> Result<(Store<AsCtx>, AsInstance)> {
    let (mut store, instance) = guest(memory)?;
    assert!(instance.call::<_, bool>(&mut store, "started", ())?);
    assert_eq!(instance.call::<_, String>(&mut store, "same", "in and out")?, "in and out");
    let seven: Function<(), i32> = instance.call(&mut store, "same", 0x100)?;
    assert_eq!(seven.call(&mut store, ())?, 7);
    Ok((store, instance))
}

#[test]
fn own() -> Result<()> {
    let (mut store, instance) = check(r#"(memory (export "memory") 1) (table (export "table") 2 funcref)"#)?;
    let bytes = instance.make(&mut store, &ArrayBuffer(vec![1, 2, 3]))?;
    bytes.view(&mut store)?[1] = 9;
    assert_eq!(bytes.read(&mut store)?.0, [1, 9, 3]);
    Ok(())
}

#[test]
fn imported() -> Result<()> {
    check(r#"(import "env" "memory" (memory 1)) (import "env" "table" (table 2 funcref))"#)?;
    Ok(())
}

#[test]
fn shared() -> Result<()> {
    let memory = r#"(import "env" "memory" (memory 1 2 shared)) (table (export "table") 2 funcref)"#;
    let (mut store, instance) = check(memory)?;
    let bytes = instance.make(&mut store, &ArrayBuffer(vec![1, 2, 3]))?;
    assert_eq!(bytes.read(&mut store)?.0, [1, 2, 3]);
    let error = bytes.view(&mut store).unwrap_err();
    assert_eq!(error.to_string(), "there are no views of shared memories: read and write copies");
    Ok(())
}

#[test]
fn none() {
    let (mut store, instance) = guest(r#"(memory (export "memory") 1) (table 2 funcref)"#).unwrap();
    let error = instance.call::<_, Function<(), i32>>(&mut store, "same", 0x100).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the module has no table that it exports or imports: build it with --exportTable"
    );
    let object: Managed<TypedArray<u8>> = instance.call(&mut store, "same", 0x100).unwrap();
    assert!(object.view(&mut store).unwrap_err().to_string().starts_with("expected a typed array of u8"));
}
