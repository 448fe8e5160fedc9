//! Imports, exports and what instances share.

use terrane::{
    Config, Engine, ErrorKind, Extern, ExternType, Func, FuncType, Global, GlobalType, Instance, Link,
    Linker, Memory, MemoryType, Module, Mutability, Ref, RefType, Store, Table, TableType, Trap, Val,
    ValType,
};

fn module(engine: &Engine, text: &str) -> Module {
    Module::new(engine, text).expect("a valid module")
}

#[test]
fn one_error_lists_every_bad_import() {
    let engine = Engine::default();
    let module = module(
        &engine,
        r#"(module
            (import "a" "f" (func (param i32)))
            (import "a" "g" (func (result i64)))
            (import "b" "m" (memory 2 3))
            (import "b" "t" (table 1 externref))
            (import "b" "x" (global (mut i32)))
            (import "b" "y" (global f32)))"#,
    );
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker.func_wrap("a", "f", |_: i32| ()).unwrap();
    let memory = Memory::new(&mut store, MemoryType::new(1, Some(3))).unwrap();
    let table = Table::new(&mut store, TableType::new(RefType::FUNCREF, 1, None), Ref::Func(None)).unwrap();
    let ty = GlobalType::new(ValType::I32, Mutability::Const);
    let global = Global::new(&mut store, ty, Val::I32(0)).unwrap();
    linker.define(&store, "b", "m", memory).unwrap();
    linker.define(&store, "b", "t", table).unwrap();
    linker.define(&store, "b", "x", global).unwrap();
    let error = linker.instantiate(&mut store, &module).unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown import: `a` `g` must be a func [] -> [i64], and nothing was given for it\n\
         incompatible import type: `b` `m` must be a memory {min 2, max 3}, but is a memory {min 1, max 3}\n\
         incompatible import type: `b` `t` must be a table {min 1} externref, but is a table {min 1} funcref\n\
         incompatible import type: `b` `x` must be a global (mut i32), but is a global i32\n\
         unknown import: `b` `y` must be a global f32, and nothing was given for it",
    );
    let ErrorKind::Link(error) = error.kind() else { panic!("{error:?}") };
    assert_eq!(error.imports().len(), 5);
    assert!(matches!(&error.imports()[0], Link::Unknown { name, .. } if name == "g"));

    // All there, but of the wrong type; and too few.
    linker.func_wrap("a", "g", || 1i64).unwrap();
    linker.func_wrap("b", "y", || 1f32).unwrap();
    let error = linker.instantiate(&mut store, &module).unwrap_err();
    assert!(
        error.to_string().ends_with("`b` `y` must be a global f32, but is a func [] -> [f32]"),
        "{error}"
    );
    let error = Instance::new(&mut store, &module, &[memory.into()]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "1 imports were given where the module has 6\n\
         incompatible import type: `a` `f` must be a func [i32] -> [], but is a memory {min 1, max 3}\n\
         unknown import: `a` `g` must be a func [] -> [i64], and nothing was given for it\n\
         unknown import: `b` `m` must be a memory {min 2, max 3}, and nothing was given for it\n\
         unknown import: `b` `t` must be a table {min 1} externref, and nothing was given for it\n\
         unknown import: `b` `x` must be a global (mut i32), and nothing was given for it\n\
         unknown import: `b` `y` must be a global f32, and nothing was given for it",
    );
}

#[test]
fn names_are_taken_unless_shadowing_is_allowed() {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    linker.func_wrap("m", "f", || 1).unwrap();
    assert_eq!(linker.func_wrap("m", "f", || 2).unwrap_err().to_string(), "`m` `f` is defined already");
    linker.allow_shadowing(true).func_wrap("m", "f", || 3).unwrap();
    linker.alias("m", "f", "n", "g").unwrap();
    linker.alias_module("n", "o").unwrap();
    assert!(linker.alias("m", "x", "n", "y").is_err());
    assert!(linker.alias_module("x", "y").is_err());

    let mut store = Store::new(&engine, ());
    let g = linker.get(&mut store, "o", "g").unwrap().into_func().unwrap();
    assert_eq!(g.typed::<(), i32>(&store).unwrap().call(&mut store, ()).unwrap(), 3);
    // A function of the linker is put into a store once.
    assert_eq!(linker.get(&mut store, "m", "f").unwrap().into_func(), Some(g));
    let names: Vec<_> = linker.iter(&mut store).map(|(module, name, _)| format!("{module}.{name}")).collect();
    assert_eq!(names, ["m.f", "n.g", "o.g"]);
    let missing = linker.get(&mut store, "n", "G").unwrap_err();
    assert_eq!(missing.to_string(), "`n` `G` is not defined; did you mean `n` `g`?");
}

#[test]
fn unknown_imports_as_traps() {
    let engine = Engine::default();
    let module = module(
        &engine,
        r#"(module (import "env" "missing" (func $f (param i32) (result i64)))
            (func (export "run") (result i64) (call $f (i32.const 1))))"#,
    );
    let mut linker = Linker::<()>::new(&engine);
    linker.define_unknown_imports_as_traps(&module).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let error = instance.get_typed_func::<(), i64>(&store, "run").unwrap().call(&mut store, ()).unwrap_err();
    assert_eq!(error.to_string(), "unknown import: `env` `missing` has not been defined");
}

#[test]
fn default_functions() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, 0);
    let mut linker = Linker::<i32>::new(&engine);
    linker
        .func_wrap("cmd", "_start", |mut caller: terrane::Caller<'_, i32>| *caller.data_mut() += 1)
        .unwrap();
    let start = linker.get_default(&mut store, "cmd").unwrap();
    start.call(&mut store, &[], &mut []).unwrap();
    linker.get_default(&mut store, "nothing").unwrap().call(&mut store, &[], &mut []).unwrap();
    assert_eq!(*store.data(), 1);
}

#[test]
fn instances_share_memories_tables_and_globals_with_the_host() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let text = r#"(module
        (import "" "m" (memory 1))
        (import "" "t" (table 2 funcref))
        (import "" "g" (global $g (mut i64)))
        (func (export "step")
            (i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))
            (global.set $g (i64.mul (global.get $g) (i64.const 2)))
            (drop (memory.grow (i32.const 1)))
            (drop (table.grow (ref.null func) (i32.const 3)))))"#;
    let memory = Memory::new(&mut store, MemoryType::new(1, Some(4))).unwrap();
    let table = Table::new(&mut store, TableType::new(RefType::FUNCREF, 2, None), Ref::Func(None)).unwrap();
    let global =
        Global::new(&mut store, GlobalType::new(ValType::I64, Mutability::Var), Val::I64(3)).unwrap();
    let imports = [memory.into(), table.into(), global.into()];
    let module = module(&engine, text);
    let steps: Vec<_> = (0..2)
        .map(|_| {
            let instance = Instance::new(&mut store, &module, &imports).unwrap();
            instance.get_typed_func::<(), ()>(&store, "step").unwrap()
        })
        .collect();
    memory.write(&mut store, 0, &40u64.to_le_bytes()).unwrap();
    for step in &steps {
        step.call(&mut store, ()).unwrap();
    }
    assert_eq!(memory.data(&store)[0], 42);
    assert_eq!(global.get(&mut store).i64(), Some(12));
    assert_eq!((memory.size(&store), table.size(&store)), (3, 8));
    assert_eq!(memory.ty(&store).minimum(), 3);
    assert_eq!(Extern::from(memory).ty(&store).to_string(), "memory {min 3, max 4}");
    // What the host does, the guest sees at once.
    assert_eq!(memory.grow(&mut store, 1).unwrap(), 3);
    assert_eq!(
        memory.grow(&mut store, 1).unwrap_err().to_string(),
        "memory size must be at most 4 pages of 65536 bytes, found 5",
    );
    global.set(&mut store, Val::I64(-1)).unwrap();
    steps[0].call(&mut store, ()).unwrap();
    assert_eq!(global.get(&mut store).i64(), Some(-2));
}

#[test]
fn a_failed_instantiation_leaves_what_it_wrote() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let table = Table::new(&mut store, TableType::new(RefType::FUNCREF, 2, None), Ref::Func(None)).unwrap();
    let broken = module(
        &engine,
        r#"(module $broken (import "" "t" (table 2 funcref)) (memory 1)
            (elem (i32.const 0) $boom)
            (data (i32.const 65536) "x")
            (func $boom unreachable))"#,
    );
    let error = Instance::new(&mut store, &broken, &[table.into()]).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::OutOfBoundsMemoryAccess));
    drop(broken);
    // Its function lives on in the table, with its code and its name.
    let boom = *table.get(&mut store, 0).unwrap().as_func().unwrap().unwrap();
    let error = boom.call(&mut store, &[], &mut []).unwrap_err();
    assert_eq!(error.backtrace().unwrap().frames()[0].func_name(), Some("boom"));
}

#[test]
fn start_functions_run_and_can_fail() {
    let engine = Engine::default();
    let mut linker = Linker::<Vec<i32>>::new(&engine);
    let note = |mut caller: terrane::Caller<'_, Vec<i32>>, x: i32| caller.data_mut().push(x);
    linker.func_wrap("", "note", note).unwrap();
    let mut store = Store::new(&engine, Vec::new());
    let good = r#"(module (import "" "note" (func $note (param i32)))
        (start $s) (func $s (call $note (i32.const 7))))"#;
    linker.instantiate(&mut store, &module(&engine, good)).unwrap();
    let bad = r#"(module $m (import "" "note" (func $note (param i32)))
        (start $s) (func $s (call $note (i32.const 8)) unreachable))"#;
    let error = linker.instantiate(&mut store, &module(&engine, bad)).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::Unreachable));
    assert!(format!("{error:?}").contains("m!s"));
    assert_eq!(store.data(), &[7, 8]);
}

#[test]
fn types_of_imports_and_exports() {
    let engine = Engine::default();
    let module = module(
        &engine,
        r#"(module $types
            (import "a" "f" (func (param i32 f64) (result externref)))
            (import "a" "m" (memory 1 2))
            (table (export "t") 1 9 funcref)
            (global (export "g") (mut i64) (i64.const 1))
            (export "f" (func 0)) (export "m" (memory 0))
            (@custom "note" "one") (@custom "note" "two"))"#,
    );
    let imports: Vec<_> =
        module.imports().map(|i| format!("{} {} {}", i.module(), i.name(), i.ty())).collect();
    assert_eq!(imports, ["a f func [i32 f64] -> [externref]", "a m memory {min 1, max 2}"]);
    let exports: Vec<_> = module.exports().map(|e| format!("{} {}", e.name(), e.ty())).collect();
    assert_eq!(
        exports,
        [
            "t table {min 1, max 9} funcref",
            "g global (mut i64)",
            "f func [i32 f64] -> [externref]",
            "m memory {min 1, max 2}",
        ],
    );
    let ty = FuncType::new(&engine, [ValType::I32, ValType::F64], [ValType::EXTERNREF]);
    assert_eq!(module.get_export("f"), Some(ExternType::Func(ty)));
    assert_eq!(module.get_export("x"), None);
    assert_eq!(module.custom_sections("note").collect::<Vec<_>>(), [b"one", b"two"]);

    // Something can be made of every type.
    let mut store = Store::new(&engine, ());
    let imports: Vec<_> =
        module.imports().map(|import| import.ty().default_value(&mut store).unwrap()).collect();
    let instance = Instance::new(&mut store, &module, &imports).unwrap();
    assert_eq!(instance.module(&store).name(), Some("types"));
    let f = instance.get_func(&store, "f").unwrap();
    let mut results = [Val::I32(0)];
    f.call(&mut store, &[Val::I32(1), Val::F64(0)], &mut results).unwrap();
    assert!(results[0].unwrap_externref().is_none());
}

#[test]
fn many_exports_are_found() {
    let engine = Engine::default();
    let funcs: String =
        (0..100).map(|i| format!(r#"(func (export "f{i}") (result i32) i32.const {i})"#)).collect();
    let module = module(&engine, &format!("(module {funcs})"));
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    for i in [0, 7, 99] {
        let f = instance.get_typed_func::<(), i32>(&store, &format!("f{i}")).unwrap();
        assert_eq!(f.call(&mut store, ()).unwrap(), i);
    }
    assert!(instance.get_export(&store, "f100").is_none());
    assert_eq!(instance.exports(&store).len(), 100);
}

#[test]
fn a_module_serves_many_stores_on_many_threads() {
    for mode in [terrane::CompilationMode::Eager, terrane::CompilationMode::Lazy] {
        let engine = Engine::new(Config::new().compilation_mode(mode)).unwrap();
        let mut linker = Linker::new(&engine);
        linker.func_wrap("", "add", |a: i32, b: i32| a + b).unwrap();
        let module = module(
            &engine,
            r#"(module (import "" "add" (func $add (param i32 i32) (result i32)))
                (func (export "double") (param i32) (result i32) (call $add (local.get 0) (local.get 0))))"#,
        );
        std::thread::scope(|scope| {
            for n in 0..8 {
                let (engine, linker, module) = (&engine, &linker, &module);
                scope.spawn(move || {
                    let mut store = Store::new(engine, ());
                    let instance = linker.instantiate(&mut store, module).unwrap();
                    let double = instance.get_typed_func::<i32, i32>(&store, "double").unwrap();
                    assert_eq!(double.call(&mut store, n).unwrap(), 2 * n);
                });
            }
        });
    }
}

#[test]
fn stores_change_threads() {
    fn is_send<T: Send>(_: &T) {}
    fn is_sync<T: Sync>(_: &T) {}
    let engine = Engine::default();
    let module = module(&engine, r#"(module (func (export "f") (result i32) i32.const 5))"#);
    is_sync(&module);
    is_sync(&engine);
    let mut store = Store::new(&engine, ());
    is_send(&store);
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let result = std::thread::spawn(move || {
        instance.get_typed_func::<(), i32>(&store, "f").unwrap().call(&mut store, ())
    });
    assert_eq!(result.join().unwrap().unwrap(), 5);
}

#[test]
#[should_panic = "another engine"]
fn a_module_of_another_engine() {
    let module = module(&Engine::default(), "(module)");
    Instance::new(Store::new(&Engine::default(), ()), &module, &[]).ok();
}

#[test]
#[should_panic = "another store"]
fn an_import_of_another_store() {
    let engine = Engine::default();
    let func = Func::wrap(Store::new(&engine, ()), || {});
    let module = module(&engine, r#"(module (import "" "" (func)))"#);
    Instance::new(Store::new(&engine, ()), &module, &[func.into()]).ok();
}
