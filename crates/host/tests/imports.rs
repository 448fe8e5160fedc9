//! Import objects, prepared instances, commands, and what errors say about names.

use terrane::{
    Caller, Engine, ErrorKind, Func, FuncType, Global, GlobalType, Imports, Instance, Link, Linker, Memory,
    MemoryType, Module, Mutability, Result, SharedMemory, Store, Val, ValType, imports,
};

fn module(engine: &Engine, text: &str) -> Module {
    Module::new(engine, text).expect("a valid module")
}

/// Imports one of everything, and adds it all up.
const SUM: &str = r#"(module
    (import "env" "memory" (memory 1))
    (import "env" "shared" (memory 1 1 shared))
    (import "env" "base" (global $base i32))
    (import "env" "none" (func $none))
    (import "env" "five" (func $five (result i32)))
    (import "math" "add" (func $add (param i32 i32) (result i32)))
    (import "math" "note" (func $note (param i32)))
    (func (export "run") (result i32)
        (call $none)
        (call $note (i32.const 7))
        (call $add (call $add (i32.load (i32.const 0)) (i32.load 1 (i32.const 0)))
            (call $add (global.get $base) (call $five)))))"#;

#[test]
fn an_import_object_of_everything() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, Vec::new());
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    memory.write(&mut store, 0, &[1]).unwrap();
    let shared = SharedMemory::new(&engine, MemoryType::shared(1, 1)).unwrap();
    shared.write(0, &[10]).unwrap();
    let ty = GlobalType::new(ValType::I32, Mutability::Const);
    let base = Global::new(&mut store, ty, Val::I32(100)).unwrap();
    let five = FuncType::new(&engine, [], [ValType::I32]);
    let five = Func::new(&mut store, five, |_, _, results| {
        results[0] = Val::I32(5);
        Ok(())
    });
    let imports = imports! {
        "env" => {
            "memory" => memory,
            "shared" => shared,
            "base" => base,
            "five" => five,
            "none" => || {},
        },
        "math" => {
            "add" => |a: i32, b: i32| a + b,
            "note" => |mut caller: Caller<'_, Vec<i32>>, x: i32| caller.data_mut().push(x),
        },
        "nothing" => {},
    };
    let sum = module(&engine, SUM);
    for _ in 0..2 {
        let instance = imports.instantiate(&mut store, &sum).unwrap();
        let run = instance.get_typed_func::<(), i32>(&store, "run").unwrap();
        assert_eq!(run.call(&mut store, ()).unwrap(), 116);
    }
    assert_eq!(store.data(), &[7, 7]);
    // A closure is put into a store once.
    assert_eq!(imports.get(&mut store, "math", "add"), imports.get(&mut store, "math", "add"));
    assert!(imports.get(&mut store, "math", "memory").is_none());
    assert_eq!(imports.names().last(), Some(("math", "note")));
    assert!(format!("{imports:?}").contains("\"memory\""));
}

#[test]
fn an_import_object_built_by_methods() {
    let mut imports = Imports::new();
    for version in 1..=3 {
        imports.define("api", &format!("v{version}"), move || version);
    }
    // The last one counts.
    imports
        .define("api", "v2", || 20)
        .define("api", "fails", || -> Result<i32> { Err(terrane::Error::msg("no")) });
    let text = r#"(module (import "api" "v1" (func $v1 (result i32))) (import "api" "v2" (func $v2 (result i32)))
        (func (export "run") (result i32) (i32.add (call $v1) (call $v2))))"#;
    // It knows no engine.
    for engine in [Engine::default(), Engine::default()] {
        let mut store = Store::new(&engine, ());
        let instance = imports.instantiate(&mut store, &module(&engine, text)).unwrap();
        let run = instance.get_typed_func::<(), i32>(&store, "run").unwrap();
        assert_eq!(run.call(&mut store, ()).unwrap(), 21);
        // All of an instance, for another.
        let mut more = Imports::new();
        more.instance(&store, "lib", instance);
        let user = module(
            &engine,
            r#"(module (import "lib" "run" (func $run (result i32))) (export "again" (func $run)))"#,
        );
        let user = more.instantiate(&mut store, &user).unwrap();
        let again = user.get_typed_func::<(), i32>(&store, "again").unwrap();
        assert_eq!(again.call(&mut store, ()).unwrap(), 21);
    }
}

#[test]
fn imports_are_shared_by_threads() {
    let imports: Imports<()> = imports! { "" => { "f" => |x: i64| x + 1 } };
    std::thread::scope(|scope| {
        for n in 0..4 {
            let imports = &imports;
            scope.spawn(move || {
                let engine = Engine::default();
                let mut store = Store::new(&engine, ());
                let f = imports.get(&mut store, "", "f").unwrap().into_func().unwrap();
                assert_eq!(f.typed::<i64, i64>(&store).unwrap().call(&mut store, n).unwrap(), n + 1);
            });
        }
    });
}

#[test]
fn one_error_for_all_imports_with_hints() {
    let engine = Engine::default();
    let text = r#"(module
        (import "env" "memroy" (memory 1))
        (import "env" "log" (func (param i32)))
        (import "evn" "log" (func (param f32)))
        (import "wasi" "now" (func (result i64)))
        (import "env" "unheard_of" (func)))"#;
    let expected = "unknown import: `env` `memroy` must be a memory {min 1}, and nothing was given for it; \
         did you mean `env` `memory`?\n\
         incompatible import type: `env` `log` must be a func [i32] -> [], but is a func [f32] -> []\n\
         unknown import: `evn` `log` must be a func [f32] -> [], and nothing was given for it; \
         did you mean `env` `log`?\n\
         unknown import: `wasi` `now` must be a func [] -> [i64], and nothing was given for it; \
         did you mean `time` `now`?\n\
         unknown import: `env` `unheard_of` must be a func [] -> [], and nothing was given for it";
    let mut store = Store::new(&engine, ());
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    let imports = imports! {
        "env" => { "memory" => memory, "log" => |_: f32| () },
        "time" => { "now" => || 0_i64 },
    };
    let module = module(&engine, text);
    let error = imports.instantiate(&mut store, &module).unwrap_err();
    assert_eq!(error.to_string(), expected);
    let ErrorKind::Link(error) = error.kind() else { panic!("{error:?}") };
    let Link::Unknown { nearest: Some(nearest), .. } = &error.imports()[0] else { panic!("{error:?}") };
    assert_eq!((&*nearest.0, &*nearest.1), ("env", "memory"));

    // A linker says the same, also before there is a store.
    let mut linker = Linker::new(&engine);
    linker.define(&store, "env", "memory", memory).unwrap();
    linker.func_wrap("env", "log", |_: f32| ()).unwrap();
    linker.func_wrap("time", "now", || 0_i64).unwrap();
    assert_eq!(linker.instantiate(&mut store, &module).unwrap_err().to_string(), expected);
    assert_eq!(linker.instantiate_pre(&module).unwrap_err().to_string(), expected);
}

#[test]
fn lists_that_are_too_long() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let f = Func::wrap(&mut store, || {});
    let one = module(&engine, r#"(module (import "" "f" (func (param i32))))"#);
    let error = Instance::new(&mut store, &one, &[f.into(), f.into()]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "2 imports were given where the module has 1\n\
         incompatible import type: `` `f` must be a func [i32] -> [], but is a func [] -> []",
    );
}

#[test]
fn a_module_with_many_bad_imports() {
    let engine = Engine::default();
    let imports: String =
        (0..20_000).map(|i| format!(r#"(import "environment_of_mine" "function_{i:05}" (func))"#)).collect();
    let module = module(&engine, &format!("(module {imports})"));
    let mut linker = Linker::<()>::new(&engine);
    for i in 0..2_000 {
        linker.func_wrap("environment_of_mine", &format!("function-{i:05}"), || {}).unwrap();
    }
    let error = linker.instantiate(Store::new(&engine, ()), &module).unwrap_err();
    let text = error.to_string();
    assert_eq!(text.lines().count(), 20_000);
    assert_eq!(text.matches("did you mean").count(), 16);
    assert!(text.lines().nth(9).unwrap().ends_with("did you mean `environment_of_mine` `function-00009`?"));
}

#[test]
fn prepared_instances() {
    let engine = Engine::default();
    let mut linker = Linker::<i32>::new(&engine);
    linker.func_wrap("", "f", |caller: Caller<'_, i32>| *caller.data()).unwrap();
    let calls = module(&engine, r#"(module (import "" "f" (func $f (result i32))) (export "f" (func $f)))"#);
    let pre = linker.instantiate_pre(&calls).unwrap();
    // What changes later is not seen.
    linker.allow_shadowing(true).func_wrap("", "f", || -1).unwrap();
    for n in 0..3 {
        let mut store = Store::new(&engine, n);
        let instance = pre.clone().instantiate(&mut store).unwrap();
        let f = instance.get_typed_func::<(), i32>(&store, "f").unwrap();
        assert_eq!(f.call(&mut store, ()).unwrap(), n);
    }
    assert_eq!(pre.module().imports().len(), 1);

    // A memory may have grown before the instance is made; if it has not, that is an error then.
    let mut store = Store::new(&engine, 0);
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    linker.define(&store, "", "m", memory).unwrap();
    let large = module(&engine, r#"(module (import "" "m" (memory 2)))"#);
    let pre = linker.instantiate_pre(&large).unwrap();
    assert!(matches!(pre.instantiate(&mut store).unwrap_err().kind(), ErrorKind::Link(_)));
    memory.grow(&mut store, 1).unwrap();
    pre.instantiate(&mut store).unwrap();
    // Other types cannot change.
    let wrong = module(&engine, r#"(module (import "" "m" (memory 1 5)))"#);
    assert!(matches!(linker.instantiate_pre(&wrong).unwrap_err().kind(), ErrorKind::Link(_)));
}

#[test]
#[should_panic = "another store"]
fn a_prepared_instance_with_something_of_another_store() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    let mut linker = Linker::new(&engine);
    linker.define(&store, "", "m", memory).unwrap();
    let pre = linker.instantiate_pre(&module(&engine, r#"(module (import "" "m" (memory 1)))"#)).unwrap();
    pre.instantiate(Store::new(&engine, ())).ok();
}

#[test]
fn commands_and_reactors() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, Vec::new());
    let mut linker = Linker::<Vec<i32>>::new(&engine);
    let note = |mut caller: Caller<'_, Vec<i32>>, x: i32| caller.data_mut().push(x);
    linker.func_wrap("", "note", note).unwrap();
    let text = r#"(module (import "" "note" (func $note (param i32)))
        (global $n (mut i32) (i32.const 0)) (memory (export "memory") 1)
        (func (export "_start") (global.set $n (i32.add (global.get $n) (i32.const 1)))
            (call $note (global.get $n))))"#;
    // A command has a new instance for every call.
    linker.module(&mut store, "command", &module(&engine, text)).unwrap();
    assert!(store.data().is_empty());
    let start = linker.get_default(&mut store, "command").unwrap();
    for _ in 0..2 {
        start.call(&mut store, &[], &mut []).unwrap();
    }
    assert!(linker.get(&mut store, "command", "memory").is_err());
    // A reactor is initialised once.
    let reactor = text.replace("_start", "_initialize");
    linker.module(&mut store, "reactor", &module(&engine, &reactor)).unwrap();
    let initialize = linker.get(&mut store, "reactor", "_initialize").unwrap().into_func().unwrap();
    initialize.call(&mut store, &[], &mut []).unwrap();
    linker.get(&mut store, "reactor", "memory").unwrap();
    assert_eq!(store.data(), &[1, 1, 1, 2]);

    let mut error = |text: &str| linker.module(&mut store, "x", &module(&engine, text)).unwrap_err();
    assert!(
        error(r#"(module (func (export "_start")) (func (export "_initialize")))"#)
            .to_string()
            .contains("not both")
    );
    assert_eq!(
        error(r#"(module (memory (export "_start") 1))"#).to_string(),
        "`_start` must be a function, but is a memory {min 1}",
    );
    assert_eq!(
        error(r#"(module (func (export "_start")) (global (export "g") i32 (i32.const 0)))"#).to_string(),
        "a command exports `g`, a global i32, to nobody",
    );
    let failed = error(r#"(module (func (export "_initialize") unreachable))"#);
    assert_eq!(format!("{failed:#}"), "`x` `_initialize`: unreachable");
    let failed = error(r#"(module (func (export "_initialize") (param i32)))"#);
    assert_eq!(format!("{failed:#}"), "`x` `_initialize`: expected a function [] -> [], found [i32] -> []");
    linker.allow_unknown_exports(true);
    let text = r#"(module (func (export "_start")) (global (export "g") i32 (i32.const 0)))"#;
    linker.module(&mut store, "y", &module(&engine, text)).unwrap();
}

#[test]
fn unknown_imports_as_default_values() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::<()>::new(&engine);
    linker.func_wrap("env", "known", || 5).unwrap();
    let text = r#"(module
        (import "env" "known" (func $known (result i32)))
        (import "env" "zero" (func $zero (param f64) (result i32 externref)))
        (import "env" "memory" (memory 1))
        (import "env" "table" (table 3 funcref))
        (import "env" "global" (global $global i64))
        (func (export "run") (result i32) (drop (call $zero (f64.const 1)))
            (i32.add (call $known) (i32.wrap_i64 (global.get $global)))
            (i32.add)))"#;
    let user = module(&engine, text);
    linker.define_unknown_imports_as_default_values(&mut store, &user).unwrap();
    let instance = linker.instantiate(&mut store, &user).unwrap();
    assert_eq!(instance.get_typed_func::<(), i32>(&store, "run").unwrap().call(&mut store, ()).unwrap(), 5);

    let none = module(&engine, r#"(module (import "env" "f" (func (result (ref extern)))))"#);
    let error = linker.define_unknown_imports_as_default_values(&mut store, &none).unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        "unknown import: `env` `f`: there is no default value for func [] -> [(ref extern)]",
    );
    // As traps: what is no function is still missing.
    let memory = module(&engine, r#"(module (import "x" "f" (func)) (import "x" "m" (memory 1)))"#);
    linker.define_unknown_imports_as_traps(&memory).unwrap();
    let error = linker.instantiate(&mut store, &memory).unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown import: `x` `m` must be a memory {min 1}, and nothing was given for it",
    );
}

#[test]
fn what_is_mistyped_fails_when_it_is_called() {
    let engine = Engine::default();
    let text = r#"(module
        (import "net" "send" (func $send (param i64)))
        (import "net" "close" (func $close (result i32)))
        (func (export "send") (call $send (i64.const 1)))
        (func (export "close") (result i32) (call $close)))"#;
    let module = Module::new(&engine, text).unwrap();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("net", "send", |_: i32| ()).unwrap();
    linker.func_wrap("net", "close", || 7).unwrap();
    let mut store = Store::new(&engine, ());
    linker.define_mistyped_imports_as_traps(&mut store, &module).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let close = instance.get_typed_func::<(), i32>(&mut store, "close").unwrap();
    assert_eq!(close.call(&mut store, ()).unwrap(), 7);
    let send = instance.get_typed_func::<(), ()>(&mut store, "send").unwrap();
    let error = send.call(&mut store, ()).unwrap_err().to_string();
    assert!(error.starts_with("unknown import: `net` `send` is not a func [i64] -> []"), "{error}");
}
