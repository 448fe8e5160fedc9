//! Memories, tables and tags of host modules; names.

use super::{instantiate, run, store};
use std::sync::Arc;
use terrane::{
    Engine, Extern, Func, FuncType, HeapType, HostFunction, HostItems, HostMemory, HostModule, HostTable,
    HostTag, Linker, Memory, MemoryType, Module, Ref, RefType, SharedMemory, Store, StoreLimits,
    StoreLimitsBuilder, Table, TableType, ValType,
};

/// A module `m` with what the fields say.
#[derive(Debug, Default)]
struct Items {
    memories: HostItems<HostMemory>,
    tables: HostItems<HostTable>,
    tags: HostItems<HostTag>,
}

impl<T: 'static> HostModule<T> for Items {
    type Handle = Arc<Self>;

    fn name(&self) -> &str {
        "m"
    }

    fn memories(&self) -> HostItems<HostMemory> {
        self.memories.clone()
    }

    fn tables(&self) -> HostItems<HostTable> {
        self.tables.clone()
    }

    fn tags(&self) -> HostItems<HostTag> {
        self.tags.clone()
    }
}

fn memory(memory: impl Into<HostMemory>) -> Items {
    Items { memories: [("memory", memory.into())].into(), ..Items::default() }
}

fn table(table: impl Into<HostTable>) -> Items {
    Items { tables: [("table", table.into())].into(), ..Items::default() }
}

const COUNT: &str = r#"(module
    (import "m" "memory" (memory $memory 1))
    (export "memory" (memory $memory))
    (func (export "run") (i32.store8 (i32.const 0) (i32.add (i32.load8_u (i32.const 0)) (i32.const 1)))))"#;

#[test]
fn a_memory_of_a_type_is_one_for_each_store() {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    linker.host_module(memory(MemoryType::new(1, Some(2)))).unwrap();
    let module = Module::new(&engine, COUNT).unwrap();
    for _ in 0..2 {
        let mut store = Store::new(&engine, ());
        for count in 1..4 {
            let instance = linker.instantiate(&mut store, &module).unwrap();
            run(&mut store, instance).unwrap();
            let memory = instance.get_memory(&mut store, "memory").unwrap();
            assert_eq!(memory.data(&store)[0], count);
            assert_eq!(
                linker.get(&mut store, "m", "memory").ok().and_then(Extern::into_memory),
                Some(memory)
            );
        }
    }
}

#[test]
fn a_memory_that_there_is() {
    let mut store = store(());
    let there = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    there.write(&mut store, 0, &[41]).unwrap();
    let (instance, _) = instantiate(&mut store, memory(there), COUNT).unwrap();
    run(&mut store, instance).unwrap();
    assert_eq!(there.data(&store)[0], 42);
}

#[test]
fn a_shared_memory_is_one_for_all_stores() {
    let engine = Engine::default();
    let there = SharedMemory::new(&engine, MemoryType::shared(1, 1)).unwrap();
    let mut linker = Linker::<()>::new(&engine);
    linker.host_module(memory(there.clone())).unwrap();
    let text = COUNT.replace("$memory 1", "$memory 1 1 shared");
    let module = Module::new(&engine, text).unwrap();
    for _ in 0..2 {
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        run(&mut store, instance).unwrap();
    }
    let mut count = [0];
    there.read(0, &mut count).unwrap();
    assert_eq!(count, [2]);
}

#[test]
fn limits_flags_and_reference_types_are_checked() {
    let error = |module: Items, import: &str| {
        let text = format!("(module (import \"m\" {import}))");
        instantiate(&mut store(()), module, &text).unwrap_err().to_string()
    };
    assert_eq!(
        error(memory(MemoryType::new(1, Some(3))), "\"memory\" (memory 2 3)"),
        "incompatible import type: `m` `memory` must be a memory {min 2, max 3}, but is a memory {min 1, max 3}"
    );
    assert_eq!(
        error(memory(MemoryType::new(1, None)), "\"memory\" (memory 1 3)"),
        "incompatible import type: `m` `memory` must be a memory {min 1, max 3}, but is a memory {min 1}"
    );
    assert_eq!(
        error(memory(MemoryType::new(1, Some(1))), "\"memory\" (memory 1 1 shared)"),
        "incompatible import type: `m` `memory` must be a memory {min 1, max 1} shared, but is a memory {min 1, max 1}"
    );
    assert_eq!(
        error(table(TableType::new(RefType::FUNCREF, 1, None)), "\"table\" (table 1 externref)"),
        "incompatible import type: `m` `table` must be a table {min 1} externref, but is a table {min 1} funcref"
    );
    assert_eq!(
        error(table(TableType::new(RefType::FUNCREF, 1, None)), "\"table\" (table 2 funcref)"),
        "incompatible import type: `m` `table` must be a table {min 2} funcref, but is a table {min 1} funcref"
    );
}

#[test]
fn tables_and_what_is_in_them() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let double = Func::wrap(&mut store, |x: i32| 2 * x);
    let ty = TableType::new(RefType::FUNCREF, 2, None);
    let text = r#"(module
        (type $f (func (param i32) (result i32)))
        (import "m" "table" (table 2 funcref))
        (func (export "call") (param i32) (result i32)
            (call_indirect (type $f) (i32.const 21) (local.get 0))))"#;
    let there = Table::new(&mut store, ty.clone(), Ref::Func(Some(double))).unwrap();
    for module in [table(there), table(HostTable::new(ty.clone(), Ref::Func(Some(double))))] {
        let (instance, _) = instantiate(&mut store, module, text).unwrap();
        let call = instance.get_typed_func::<i32, i32>(&mut store, "call").unwrap();
        assert_eq!(call.call(&mut store, 1).unwrap(), 42);
    }
    // Of nulls; and of references that cannot be null.
    let (instance, _) = instantiate(&mut store, table(ty), text).unwrap();
    let call = instance.get_typed_func::<i32, i32>(&mut store, "call").unwrap();
    assert!(call.call(&mut store, 1).unwrap_err().to_string().contains("uninitialized element"));
    let non_null = TableType::new(RefType::new(false, HeapType::Func), 2, None);
    let error = instantiate(&mut store, table(non_null), text).unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        "the import `m` `table` cannot be made: there is no default value for table {min 2} (ref func)"
    );
}

#[test]
fn tags_are_the_same_for_all_instances_of_a_store() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let module = Items { tags: [("tag", HostTag::new([ValType::I32]))].into(), ..Items::default() };
    let mut linker = Linker::new(&engine);
    linker.host_module(module).unwrap();
    let thrower = Module::new(
        &engine,
        r#"(module
            (import "m" "tag" (tag $tag (param i32)))
            (func (export "throw") (throw $tag (i32.const 42))))"#,
    );
    linker.module(&mut store, "thrower", &thrower.unwrap()).unwrap();
    let catcher = Module::new(
        &engine,
        r#"(module
            (import "m" "tag" (tag $tag (param i32)))
            (import "thrower" "throw" (func $throw))
            (func (export "catch") (result i32)
                (block $caught (result i32)
                    (try_table (catch $tag $caught) (call $throw))
                    (i32.const 0))))"#,
    );
    let catcher = linker.instantiate(&mut store, &catcher.unwrap()).unwrap();
    let catch = catcher.get_typed_func::<(), i32>(&mut store, "catch").unwrap();
    assert_eq!(catch.call(&mut store, ()).unwrap(), 42);
}

#[test]
fn a_limit_of_the_store_does_not_allow_it() {
    let mut store = store(StoreLimitsBuilder::new().memory_size(1 << 16).build());
    store.limiter(|limits: &mut StoreLimits| limits);
    let error = instantiate(&mut store, memory(MemoryType::new(2, None)), COUNT).unwrap_err();
    let text = format!("{error:#}");
    assert!(text.starts_with("the import `m` `memory` cannot be made: the store's limits"), "{text}");
}

#[test]
fn names_are_taken_once() {
    #[derive(Debug)]
    struct Twice;

    impl<T: 'static> HostModule<T> for Twice {
        type Handle = Arc<Self>;

        fn name(&self) -> &str {
            "m"
        }

        fn functions(_: &Arc<Self>) -> HostItems<HostFunction<T>> {
            [("memory", HostFunction::wrap(|| 1i32))].into()
        }

        fn memories(&self) -> HostItems<HostMemory> {
            [("memory", MemoryType::new(1, None).into())].into()
        }
    }

    let mut linker = Linker::<()>::new(&Engine::default());
    let error = linker.host_module(Twice).unwrap_err();
    assert_eq!(error.to_string(), "the host module `m` has two things named `memory`");
    linker.host_module(memory(MemoryType::new(1, None))).unwrap();
    let error = linker.host_module(memory(MemoryType::new(1, None))).unwrap_err();
    assert_eq!(error.to_string(), "`m` `memory` is defined already");
    // Nothing of a module is defined if one of its names is taken.
    let both = Items {
        memories: [("other", MemoryType::new(1, None).into())].into(),
        tables: [("memory", TableType::new(RefType::FUNCREF, 1, None).into())].into(),
        ..Items::default()
    };
    assert!(linker.host_module(both).is_err());
    assert!(linker.get(Store::new(linker.engine(), ()), "m", "other").is_err());
    linker.allow_shadowing(true).host_module(memory(MemoryType::new(1, None))).unwrap();
}

/// What can be told without a store is told before there is one.
#[test]
fn prepared_instances_check_what_they_can() {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    linker.host_module(memory(MemoryType::new(1, Some(2)))).unwrap();
    let pre = linker.instantiate_pre(&Module::new(&engine, COUNT).unwrap()).unwrap();
    for _ in 0..2 {
        let mut store = Store::new(&engine, ());
        let instance = pre.instantiate(&mut store).unwrap();
        run(&mut store, instance).unwrap();
        assert_eq!(instance.get_memory(&mut store, "memory").unwrap().data(&store)[0], 1);
    }
    let shared = Module::new(&engine, COUNT.replace("$memory 1", "$memory 1 1 shared")).unwrap();
    let error = linker.instantiate_pre(&shared).unwrap_err();
    assert!(error.to_string().starts_with("incompatible import type: `m` `memory`"), "{error}");
}

#[test]
fn types_of_another_engine() {
    struct Foreign(ValType);

    impl<T: 'static> HostModule<T> for Foreign {
        type Handle = Arc<Self>;

        fn name(&self) -> &str {
            "m"
        }

        fn functions(this: &Arc<Self>) -> HostItems<HostFunction<T>> {
            [("f", HostFunction::with_caller([this.0.clone()], [], |_, _, _| Ok(())))].into()
        }
    }

    let of = |engine: &Engine| {
        let ty = FuncType::new(engine, [ValType::I32], []);
        Foreign(RefType::new(true, HeapType::ConcreteFunc(ty)).into())
    };
    let (engine, other) = (Engine::default(), Engine::default());
    assert!(Linker::<()>::new(&engine).host_module(of(&engine)).is_ok());
    let error = Linker::<()>::new(&engine).host_module(of(&other)).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("another engine"), "{error}");
}
