//! Two modules linked to each other by a linker; prepared instances, commands, aliases, what is missing.

use terrane_portable::binary;
use wasm::{Caller, Engine, ExternType, Linker, Module, Result, Store};

pub(crate) fn main() -> Result<()> {
    let engine = Engine::default();
    let library = Module::new(
        &engine,
        binary(
            r#"(module
                (import "host" "log" (func $log (param i32)))
                (global (export "offset") i32 (i32.const 100))
                (func (export "double") (param i32) (result i32)
                    (call $log (local.get 0))
                    (i32.mul (local.get 0) (i32.const 2))))"#,
        ),
    )?;
    let program = Module::new(
        &engine,
        binary(
            r#"(module
                (import "library" "double" (func $double (param i32) (result i32)))
                (import "library" "offset" (global $offset i32))
                (func (export "run") (result i32)
                    (i32.add (call $double (i32.const 21)) (global.get $offset))))"#,
        ),
    )?;
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "log", |mut caller: Caller<'_, Vec<i32>>, x: i32| caller.data_mut().push(x))?;
    let mut store = Store::new(&engine, Vec::new());
    assert!(linker.instantiate(&mut store, &program).is_err());

    linker.module(&mut store, "library", &library)?;
    let instance = linker.instantiate(&mut store, &program)?;
    assert_eq!(instance.get_typed_func::<(), i32>(&mut store, "run")?.call(&mut store, ())?, 142);
    let pre = linker.instantiate_pre(&program)?;
    for _ in 0..3 {
        let instance = pre.instantiate(&mut store)?;
        instance.get_typed_func::<(), i32>(&mut store, "run")?.call(&mut store, ())?;
    }
    assert_eq!(store.data(), &[21; 4]);

    linker.alias("library", "double", "twice", "")?;
    assert!(linker.func_wrap("twice", "", || ()).is_err());
    linker.allow_shadowing(true).func_wrap("twice", "", || 7_i32)?;
    let twice = linker.get_default(&mut store, "twice")?;
    assert_eq!(twice.typed::<(), i32>(&store)?.call(&mut store, ())?, 7);

    let command = Module::new(
        &engine,
        binary(
            r#"(module
                (import "missing" "f" (func $f))
                (global $calls (mut i32) (i32.const 0))
                (func (export "_start") (call $f))
                (func (export "calls") (result i32)
                    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                    (global.get $calls)))"#,
        ),
    )?;
    linker.define_unknown_imports_as_traps(&command)?;
    linker.module(&mut store, "command", &command)?;
    let calls = linker.get(&mut store, "command", "calls")?.into_func().expect("a function");
    let calls = calls.typed::<(), i32>(&store)?;
    assert_eq!((calls.call(&mut store, ())?, calls.call(&mut store, ())?), (1, 1));
    let start = linker.get_default(&mut store, "command")?;
    assert!(start.call(&mut store, &[], &mut []).is_err());

    let imports: Vec<_> = program.imports().map(|import| (import.module(), import.name())).collect();
    assert_eq!(imports, [("library", "double"), ("library", "offset")]);
    assert!(matches!(program.get_export("run"), Some(ExternType::Func(ty)) if ty.params().len() == 0));
    Ok(())
}
