//! Dynamic functions over the memories of the guest that calls.

use super::{instantiate, run, store};
use std::sync::Arc;
use terrane::{
    Engine, ErrorKind, Extern, GuestMemories, HostFunction, HostItems, HostModule, Linker, MemoryAccessError,
    MemoryType, Module, Result, Store, Val, ValType,
};

/// Functions over memory 0 and over all memories, each of which also is in the host's data what it was given.
struct Dynamic;

impl HostModule<Vec<String>> for Dynamic {
    type Handle = Arc<Self>;

    fn name(&self) -> &str {
        "m"
    }

    fn functions(_: &Arc<Self>) -> HostItems<HostFunction<Vec<String>>> {
        let single = || {
            HostFunction::new(
                [ValType::I32],
                [ValType::I32],
                |memory, data: &mut Vec<String>, params, results| {
                    data.push(format!("one of {} bytes", memory.len()));
                    let at = params[0].unwrap_i32() as usize;
                    results[0] = Val::I32(memory.get(at).copied().map_or(-1, i32::from));
                    if let Some(byte) = memory.get_mut(at) {
                        *byte += 1;
                    }
                    Ok(())
                },
            )
        };
        HostItems::from([("single", single()), ("either", single())])
    }

    fn functions_multi(_: &Arc<Self>) -> HostItems<HostFunction<Vec<String>>> {
        let multi = || {
            HostFunction::multi(
                [ValType::I32],
                [ValType::I32],
                |memories, data: &mut Vec<String>, _, results| {
                    data.push(format!("{} memories", memories.len()));
                    results[0] = Val::I32(memories.len() as i32);
                    Ok(())
                },
            )
        };
        HostItems::from([("multi", multi()), ("either", multi())])
    }
}

fn calls(memories: &str) -> String {
    format!(
        r#"(module
            (import "m" "single" (func $single (param i32) (result i32)))
            (import "m" "multi" (func $multi (param i32) (result i32)))
            (import "m" "either" (func $either (param i32) (result i32)))
            {memories}
            (func (export "run")
                (drop (call $single (i32.const 8)))
                (drop (call $single (i32.const 8)))
                (drop (call $multi (i32.const 8)))
                (drop (call $either (i32.const 8)))))"#
    )
}

#[test]
fn memory_0_and_all_memories() {
    let mut store = store(Vec::new());
    // Neither of them exported; memory 0 has one page, memory 1 two.
    let (instance, _) = instantiate(&mut store, Dynamic, &calls("(memory 1) (memory 2)")).unwrap();
    run(&mut store, instance).unwrap();
    // A name that is in both maps is the function over all memories.
    assert_eq!(store.data()[..], ["one of 65536 bytes", "one of 65536 bytes", "2 memories", "2 memories"]);
}

#[test]
fn writes_arrive_in_memory_0() {
    let mut store = store(Vec::new());
    let text = calls("(memory 1) (memory (export \"memory\") 1)");
    let text = text.replace("(memory 1)", "(memory (export \"first\") 1)");
    let (instance, _) = instantiate(&mut store, Dynamic, &text).unwrap();
    run(&mut store, instance).unwrap();
    let first = instance.get_memory(&mut store, "first").unwrap();
    let second = instance.get_memory(&mut store, "memory").unwrap();
    assert_eq!((first.data(&store)[8], second.data(&store)[8]), (2, 0));
}

#[test]
fn a_module_without_memory_calls_both() {
    let mut store = store(Vec::new());
    let (instance, _) = instantiate(&mut store, Dynamic, &calls("")).unwrap();
    run(&mut store, instance).unwrap();
    assert_eq!(store.data()[..], ["one of 0 bytes", "one of 0 bytes", "0 memories", "0 memories"]);
}

#[test]
fn the_host_calls_both() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker.host_module(Dynamic).unwrap();
    let mut store = Store::new(&engine, Vec::new());
    for (name, result) in [("single", -1), ("multi", 0)] {
        let func = linker.get(&mut store, "m", name).ok().and_then(Extern::into_func).unwrap();
        let func = func.typed::<i32, i32>(&store).unwrap();
        assert_eq!(func.call(&mut store, 0).unwrap(), result);
    }
    assert_eq!(store.data()[..], ["one of 0 bytes", "0 memories"]);
}

#[test]
fn a_shared_memory_is_not_borrowed() {
    let mut store = store(Vec::new());
    let (instance, _) = instantiate(&mut store, Dynamic, &calls("(memory 1 1 shared)")).unwrap();
    let error = run(&mut store, instance).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Usage(_)));
    assert_eq!(
        error.to_string(),
        "memory 0 of the calling instance is shared, so its bytes cannot be borrowed, only copied"
    );
    assert_eq!(store.data().len(), 0);
}

/// A module `m` with one function `run` over all memories.
struct Run<F>(F);

impl<F: Fn(GuestMemories<'_>) -> Result<()> + Clone + Send + Sync + 'static> HostModule<()> for Run<F> {
    type Handle = Arc<Self>;

    fn name(&self) -> &str {
        "m"
    }

    fn functions_multi(this: &Arc<Self>) -> HostItems<HostFunction<()>> {
        let func = this.0.clone();
        [("run", HostFunction::multi([], [], move |memories, _, _, _| func(memories)))].into()
    }
}

/// Calls `func` with memories that the text declares.
fn with_memories(
    memories: &str,
    func: impl Fn(GuestMemories<'_>) -> Result<()> + Clone + Send + Sync + 'static,
) -> Result<()> {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker.host_module(Run(func))?;
    let mut store = Store::new(&engine, ());
    let memory = terrane::Memory::new(&mut store, MemoryType::new(1, None))?;
    linker.define(&store, "m", "memory", memory)?;
    let text =
        format!(r#"(module (import "m" "run" (func $run)) {memories} (func (export "run") (call $run)))"#);
    let module = Module::new(&engine, text).expect("a valid module");
    let instance = linker.instantiate(&mut store, &module)?;
    run(&mut store, instance)
}

#[test]
fn two_memories_at_once() {
    with_memories("(memory 1) (memory 2)", |mut memories| {
        let (a, b) = memories.pair_mut(1, 0)?;
        assert_eq!((a.len(), b.len()), (2 << 16, 1 << 16));
        a[3] = 7;
        b.copy_from_slice(&a[..1 << 16]);
        assert_eq!(memories.get(0)?[3], 7);
        memories.get_mut(0)?[3] = 8;
        assert_eq!(memories.get(1)?[3], 7);
        assert_eq!(memories.ty(1)?.minimum(), 2);
        Ok(())
    })
    .unwrap();
}

#[test]
fn one_memory_under_two_indices() {
    with_memories(r#"(import "m" "memory" (memory 1)) (import "m" "memory" (memory 1))"#, |mut memories| {
        memories.get_mut(0)?[5] = 9;
        assert_eq!(memories.get(1)?[5], 9);
        let error = memories.pair_mut(0, 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "memories 0 and 1 of the calling instance are the same, so their bytes cannot both be borrowed to \
             change them"
        );
        assert!(memories.pair_mut(1, 1).is_err());
        // A copy may overlap.
        memories.write(0, 0, b"abcdef")?;
        memories.copy((0, 0), (1, 2), 4)?;
        assert_eq!(&memories.get(0)?[..6], b"ababcd");
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_is_not_there() {
    with_memories("(memory 1)", |mut memories| {
        let error = memories.get(1).unwrap_err().to_string();
        assert_eq!(error, "memory 1 was asked for of an instance that has 1 memories");
        assert_eq!(memories.get_mut(1).unwrap_err().to_string(), error);
        assert_eq!(memories.pair_mut(0, 1).unwrap_err().to_string(), error);
        assert_eq!(memories.ty(1).unwrap_err().to_string(), error);

        // At the end and past it, also past the end of addresses.
        memories.read(0, 65535, &mut [0])?;
        memories.write(0, 65536, &[])?;
        memories.copy((0, 0), (0, 65534), 2)?;
        for (at, len) in [(65536, 1), (65535, 2), (usize::MAX, 1), (usize::MAX, 2)] {
            for error in [
                memories.read(0, at, &mut vec![0; len]).unwrap_err(),
                memories.write(0, at, &vec![0; len]).unwrap_err(),
                memories.copy((0, at), (0, 0), len).unwrap_err(),
                memories.copy((0, 0), (0, at), len).unwrap_err(),
            ] {
                assert!(error.is::<MemoryAccessError>(), "{error}");
            }
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn shared_memories_are_copied() {
    with_memories("(memory 1) (memory 1 1 shared)", |mut memories| {
        assert!(memories.ty(1)?.is_shared());
        assert!(memories.get(1).is_err() && memories.get_mut(1).is_err());
        assert!(memories.pair_mut(0, 1).is_err());
        memories.write(1, 4, b"abc")?;
        memories.copy((1, 4), (0, 8), 3)?;
        memories.copy((1, 4), (1, 5), 3)?;
        let mut bytes = [0; 4];
        memories.read(1, 4, &mut bytes)?;
        assert_eq!((&memories.get(0)?[8..11], &bytes), (&b"abc"[..], b"aabc"));
        Ok(())
    })
    .unwrap();
}
