//! Handles in the wrong hands, wrong arities, host functions that panic or give up half-way: each an error or a panic
//! that says so, and everything works afterwards.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use terrane::{
    AsContextMut, Caller, Engine, Error, ErrorKind, Extern, ExternRef, Func, FuncType, Global, GlobalType,
    Imports, Instance, Linker, Memory, MemoryType, Module, Mutability, OwnedRooted, Ref, RefType, Result,
    RootScope, SharedMemory, Store, StructRef, StructRefPre, StructType, Table, TableType, Tag, TagType,
    Trap, Val, ValType, WasmBacktrace,
};

fn instance<T>(store: &mut Store<T>, text: &str, imports: &[Extern]) -> Instance {
    let module = Module::new(store.engine(), text).expect("a valid module");
    Instance::new(store, &module, imports).expect("imports that fit")
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).expect("a message")
}

/// What it panics with.
#[track_caller]
fn panic_of<R>(f: impl FnOnce() -> R) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(f)) else { panic!("it did not panic") };
    message(&*panic).to_owned()
}

/// One of each, in a store.
struct Things {
    instance: Instance,
    func: Func,
    memory: Memory,
    table: Table,
    global: Global,
    tag: Tag,
}

fn things(store: &mut Store<()>) -> Things {
    let engine = store.engine().clone();
    let func = Func::wrap(&mut *store, || 1);
    let memory = Memory::new(&mut *store, MemoryType::new(1, None)).unwrap();
    let ty = TableType::new(RefType::FUNCREF, 1, None);
    let table = Table::new(&mut *store, ty, Ref::Func(None)).unwrap();
    let ty = GlobalType::new(ValType::I32, Mutability::Var);
    let global = Global::new(&mut *store, ty, Val::I32(1)).unwrap();
    let tag = Tag::new(&mut *store, &TagType::new(FuncType::new(&engine, [], []))).unwrap();
    let instance = instance(store, r#"(module (func (export "f")))"#, &[]);
    Things { instance, func, memory, table, global, tag }
}

/// Every use of every handle with a store that it does not belong to.
fn all_misuses(t: &Things, s: &mut Store<()>) -> Vec<(&'static str, String)> {
    let engine = s.engine().clone();
    let mut linker = Linker::<()>::new(&engine);
    let mut all = Vec::new();
    macro_rules! misuse {
        ($($what:expr),* $(,)?) => { $(all.push((stringify!($what), panic_of(|| { let _ = $what; })));)* };
    }
    misuse![
        t.instance.get_export(&*s, "f"),
        t.instance.get_func(&*s, "f"),
        t.instance.get_typed_func::<(), ()>(&*s, "f"),
        t.instance.exports(&*s).count(),
        t.instance.module(&*s).name(),
        t.func.ty(&*s).params().len(),
        t.func.typed::<(), i32>(&*s),
        t.func.call(&mut *s, &[], &mut [Val::I32(0)]),
        t.memory.size(&*s),
        t.memory.ty(&*s).minimum(),
        t.memory.data(&*s).len(),
        t.memory.data_mut(&mut *s).len(),
        t.memory.data_ptr(&*s).is_null(),
        t.memory.data_size(&*s),
        t.memory.grow(&mut *s, 1),
        t.memory.read(&*s, 0, &mut [0]),
        t.memory.write(&mut *s, 0, &[0]),
        t.memory.read_pod::<u32>(&*s, 0),
        t.memory.write_pod(&mut *s, 0, 1_u32),
        t.memory.slice(&*s, 0, 1).map(<[u8]>::len),
        t.memory.str(&*s, 0, 1).map(str::len),
        t.table.size(&*s),
        t.table.get(&mut *s, 0).is_some(),
        t.table.set(&mut *s, 0, Ref::Func(None)),
        t.table.grow(&mut *s, 1, Ref::Func(None)),
        t.table.fill(&mut *s, 0, Ref::Func(None), 1),
        Table::copy(&mut *s, &t.table, 0, &t.table, 0, 1),
        t.global.get(&mut *s).i32(),
        t.global.set(&mut *s, Val::I32(2)),
        t.global.ty(&*s).mutability(),
        t.tag.ty(&*s).ty().params().len(),
        linker.define(&*s, "", "f", t.func).map(drop),
        linker.instance(&*s, "", t.instance).map(drop),
        Imports::<()>::new().instance(&*s, "", t.instance).names().count(),
        Extern::from(t.memory).ty(&*s).memory().is_some(),
        Instance::new(
            &mut *s,
            &Module::new(&engine, r#"(module (import "" "" (memory 1)))"#).unwrap(),
            &[t.memory.into()]
        ),
    ];
    all
}

#[test]
fn handles_are_of_use_with_their_own_store_only() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let theirs = things(&mut store);
    let mut other = Store::new(&engine, ());
    // So that there is something at the same places.
    let ours = things(&mut other);
    for gone in [false, true] {
        if gone {
            // A store that is gone is like any other: nothing finds it again.
            drop(std::mem::replace(&mut store, Store::new(&engine, ())));
        }
        let all = all_misuses(&theirs, &mut other);
        assert_eq!(all.len(), 36);
        for (what, message) in all {
            assert_eq!(message, "a handle was used with another store than the one it belongs to", "{what}");
        }
    }
    // Nothing has happened to the store.
    assert_eq!(ours.memory.size(&other), 1);
    assert_eq!(ours.global.get(&mut other).i32(), Some(1));
    let mut results = [Val::I32(0)];
    ours.func.call(&mut other, &[], &mut results).unwrap();
    assert_eq!(results[0].i32(), Some(1));
    // Comparing them is no use.
    assert_ne!(theirs.memory, ours.memory);
    assert_ne!(theirs.func, ours.func);
}

#[test]
fn references_of_another_store_are_errors() {
    let engine = Engine::default();
    let mut other = Store::new(&engine, ());
    let foreign_func = Func::wrap(&mut other, || {});
    let foreign = ExternRef::new(&mut other, 5).unwrap();
    let mut store = Store::new(&engine, ());
    let expected = "a reference was used with another store than the one it belongs to";
    let table = Table::new(&mut store, TableType::new(RefType::FUNCREF, 1, None), Ref::Func(None)).unwrap();
    let error = table.set(&mut store, 0, foreign_func.into()).unwrap_err();
    assert_eq!(error.to_string(), expected);
    let ty = GlobalType::new(ValType::EXTERNREF, Mutability::Var);
    let global = Global::new(&mut store, ty, Val::null_extern_ref()).unwrap();
    assert_eq!(global.set(&mut store, Val::ExternRef(Some(foreign))).unwrap_err().to_string(), expected);
    assert_eq!(foreign.data(&store).unwrap_err().to_string(), expected);
    // A host function that returns one.
    let returns = Func::wrap(&mut store, move || Some(foreign_func));
    let error = returns.typed::<(), Option<Func>>(&store).unwrap().call(&mut store, ()).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn what_outlives_its_store() {
    let engine = Engine::new(terrane::Config::new().epoch_interruption(true)).unwrap();
    let mut store = Store::new(&engine, ());
    let handle = store.interrupt_handle().unwrap();
    let guest = instance(
        &mut store,
        r#"(module $gone (memory (export "m") 1 1 shared) (func $boom (export "boom") unreachable))"#,
        &[],
    );
    let shared: SharedMemory = guest.get_shared_memory(&store, "m").unwrap();
    let error = guest.get_func(&store, "boom").unwrap().call(&mut store, &[], &mut []).unwrap_err();
    let pre = StructRefPre::new(&mut store, StructType::new(&engine, []).unwrap());
    let object = StructRef::new(&mut RootScope::new(&mut store), &pre, &[]).unwrap();
    let kept: OwnedRooted<StructRef> = {
        let mut scope = RootScope::new(&mut store);
        let object = StructRef::new(&mut scope, &pre, &[]).unwrap();
        object.to_owned_rooted(&mut scope).unwrap()
    };
    assert!(object.field(&mut store, 0).is_err(), "its scope has ended");
    drop(store);
    handle.interrupt();
    shared.write(0, b"still there").unwrap();
    assert_eq!(shared.read_str(0, 11).unwrap(), "still there");
    let frames = error.downcast_ref::<WasmBacktrace>().unwrap().frames();
    assert_eq!((frames[0].func_name(), frames[0].module().name()), (Some("boom"), Some("gone")));
    let mut other = Store::new(&engine, ());
    assert!(kept.ty(&other).is_err());
    assert!(kept.field(&mut other, 0).is_err());
    drop(kept);
}

#[test]
fn wrong_numbers_of_values() {
    let mut store = Store::new(&Engine::default(), ());
    let text = r#"(module (func (export "f") (param i32 i64) (result f32) (f32.const 1)))"#;
    let f = instance(&mut store, text, &[]).get_func(&store, "f").unwrap();
    let (a, b) = (Val::I32(1), Val::I64(2));
    for (params, results, expected) in [
        (&[][..], 1, "expected 2 arguments, found 0"),
        (&[a], 1, "expected 2 arguments, found 1"),
        (&[a, b, b], 1, "expected 2 arguments, found 3"),
        (&[b, a], 1, "type mismatch: argument 0 must be of type i32, found i64"),
        (&[a, b], 0, "expected space for the results, which are 1, found space for 0"),
        (&[a, b], 2, "expected space for the results, which are 1, found space for 2"),
    ] {
        let error = f.call(&mut store, params, &mut vec![a; results]).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert!(matches!(error.kind(), ErrorKind::Usage(_)));
    }
    let error = f.typed::<(i32, i64, i32), f32>(&store).unwrap_err();
    assert_eq!(error.to_string(), "expected a function [i32 i64 i32] -> [f32], found [i32 i64] -> [f32]");
    assert!(f.typed::<(i32, i64), (f32, f32)>(&store).is_err());
    assert!(f.typed::<(), ()>(&store).is_err());
    f.typed::<(i32, i64), f32>(&store).unwrap().call(&mut store, (1, 2)).unwrap();
}

/// Calls the host's `f`, and writes to memory before and after.
const AROUND: &str = r#"(module
    (import "" "f" (func $f (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "run") (param i32) (result i32)
        (i32.store8 (i32.const 0) (i32.add (i32.load8_u (i32.const 0)) (i32.const 1)))
        (call $f (local.get 0))
        (i32.store8 (i32.const 1) (i32.add (i32.load8_u (i32.const 1)) (i32.const 1)))))"#;

#[test]
fn a_panic_leaves_everything_usable() {
    let engine = Engine::default();
    let ty = FuncType::new(&engine, [ValType::I32], [ValType::I32]);
    let mut store = Store::new(&engine, 0_i32);
    let typed = Func::wrap(&mut store, |mut caller: Caller<'_, i32>, x: i32| {
        *caller.data_mut() += 1;
        // Something on the heap, in a scope that the panic leaves.
        ExternRef::new(&mut caller, vec![x; 100]).unwrap();
        assert!(x >= 0, "negative: {x}");
        x
    });
    let dynamic = Func::new(&mut store, ty, |mut caller, params, results| {
        *caller.data_mut() += 1;
        assert!(params[0].unwrap_i32() >= 0, "negative: {}", params[0].unwrap_i32());
        results[0] = params[0];
        Ok(())
    });
    for f in [typed, dynamic] {
        let guest = instance(&mut store, AROUND, &[f.into()]);
        let memory = guest.get_memory(&store, "memory").unwrap();
        let run = guest.get_typed_func::<i32, i32>(&store, "run").unwrap();
        *store.data_mut() = 0;
        for round in 1..=100_u8 {
            assert_eq!(panic_of(|| run.call(&mut store, -1)), "negative: -1");
            // The guest has stopped where it was, and what it wrote stays.
            assert_eq!(memory.slice(&store, 0, 2).unwrap(), [2 * round - 1, round - 1]);
            assert_eq!(run.call(&mut store, 5).unwrap(), 5);
            store.gc(None).unwrap();
        }
        assert_eq!(*store.data(), 200);
        // Called by the host itself.
        assert_eq!(panic_of(|| f.call(&mut store, &[Val::I32(-2)], &mut [Val::I32(0)])), "negative: -2");
        let mut results = [Val::I32(0)];
        f.call(&mut store, &[Val::I32(3)], &mut results).unwrap();
        assert_eq!(results[0].i32(), Some(3));
    }
}

#[test]
fn panics_with_any_payload_from_any_depth() {
    #[derive(Debug, PartialEq)]
    struct Payload(u8);
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let deep = Func::wrap(&mut store, |mut caller: Caller<'_, ()>, n: i32| -> Result<i32> {
        if n == 0 {
            std::panic::panic_any(Payload(7));
        }
        let run = caller.get_export("run").and_then(Extern::into_func).expect("it is exported");
        let run = run.typed::<i32, i32>(&caller)?;
        run.call(&mut caller, n - 1)
    });
    let guest = instance(&mut store, AROUND, &[deep.into()]);
    let run = guest.get_typed_func::<i32, i32>(&store, "run").unwrap();
    for depth in [0, 1, 30] {
        let panic = catch_unwind(AssertUnwindSafe(|| run.call(&mut store, depth))).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&Payload(7)));
    }
    // During instantiation.
    let start = Func::wrap(&mut store, || -> () { std::panic::panic_any(Payload(8)) });
    let module = Module::new(&engine, r#"(module (import "" "f" (func $f)) (start $f))"#).unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| Instance::new(&mut store, &module, &[start.into()])));
    assert_eq!(panic.unwrap_err().downcast_ref(), Some(&Payload(8)));
    // And a host function may catch what another one has panicked with.
    let catches = Func::wrap(&mut store, move |mut caller: Caller<'_, ()>, n: i32| {
        catch_unwind(AssertUnwindSafe(|| run.call(&mut caller, n))).map_or(-1, |result| result.unwrap())
    });
    let outer = instance(&mut store, AROUND, &[catches.into()]);
    let outer = outer.get_typed_func::<i32, i32>(&store, "run").unwrap();
    assert_eq!(outer.call(&mut store, 3).unwrap(), -1);
}

#[test]
fn a_host_function_that_gives_up_half_way() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, Vec::new());
    // Writes two of three bytes, grows the memory, and fails.
    let half = Func::wrap(&mut store, |mut caller: Caller<'_, Vec<usize>>, fail: i32| -> Result<i32> {
        let memory = caller.get_export("memory").and_then(Extern::into_memory).expect("a memory");
        memory.write(&mut caller, 10, b"ab")?;
        memory.grow(&mut caller, 1)?;
        let size = memory.data_size(&caller);
        caller.data_mut().push(size);
        if fail != 0 {
            memory.write(&mut caller, size - 1, b"too long")?;
        }
        memory.write(&mut caller, 12, b"c")?;
        Ok(1)
    });
    let guest = instance(&mut store, AROUND, &[half.into()]);
    let memory = guest.get_memory(&store, "memory").unwrap();
    let run = guest.get_typed_func::<i32, i32>(&store, "run").unwrap();
    let error = run.call(&mut store, 1).unwrap_err();
    assert!(error.is::<terrane::MemoryAccessError>());
    // What it did is done, what it did not do is not, and the guest went no further.
    assert_eq!(memory.slice(&store, 10, 3).unwrap(), b"ab\0");
    assert_eq!(memory.slice(&store, 0, 2).unwrap(), [1, 0]);
    assert_eq!((memory.size(&store), store.data().as_slice()), (2, &[131_072][..]));
    assert_eq!(run.call(&mut store, 0).unwrap(), 1);
    assert_eq!(memory.slice(&store, 10, 3).unwrap(), b"abc");
    assert_eq!(memory.slice(&store, 0, 2).unwrap(), [2, 1]);

    // Results that were written before an error, or that are wrong, do not arrive.
    let ty = FuncType::new(&engine, [ValType::I32], [ValType::I32]);
    let early = Func::new(&mut store, ty, |_, params, results| {
        results[0] = Val::I32(77);
        match params[0].unwrap_i32() {
            0 => Err(Trap::IntegerOverflow.into()),
            1 => {
                results[0] = Val::F32(0);
                Ok(())
            }
            _ => Err(Error::msg("no")),
        }
    });
    for (n, expected) in
        [(0, "integer overflow"), (1, "type mismatch: result 0 must be of type i32, found f32"), (2, "no")]
    {
        let mut results = [Val::I32(5)];
        let error = early.call(&mut store, &[Val::I32(n)], &mut results).unwrap_err();
        assert_eq!((error.to_string().as_str(), results[0].i32()), (expected, Some(5)));
    }
}

#[test]
fn linkers_and_modules_of_another_engine() {
    let (engine, other) = (Engine::default(), Engine::default());
    let module = Module::new(&other, "(module)").unwrap();
    let mut linker = Linker::<()>::new(&engine);
    assert!(panic_of(|| linker.instantiate_pre(&module)).contains("another engine"));
    assert!(panic_of(|| linker.instantiate(Store::new(&engine, ()), &module)).contains("another engine"));
    let ty = FuncType::new(&other, [], []);
    assert!(panic_of(|| linker.func_new("", "", ty, |_, _, _| Ok(())).map(drop)).contains("another engine"));
    linker.func_wrap("", "f", || {}).unwrap();
    let mut store = Store::new(&other, ());
    assert!(panic_of(|| linker.get(store.as_context_mut(), "", "f")).contains("another engine"));
    let f = Func::wrap(&mut store, || {});
    f.call(&mut store, &[], &mut []).unwrap();
}
