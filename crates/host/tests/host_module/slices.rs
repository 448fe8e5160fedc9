//! Bytes and plain data in guests' memories, for functions by the attribute `host_module`.

use super::{instantiate, store};
use terrane::{
    Engine, ErrorKind, Instance, Linker, Memory, MemoryAccessError, MemoryType, Module, Result, Store, Val,
    host_module,
};

struct Bytes;

#[host_module]
impl Bytes {
    fn sum(&self, bytes: &[u8]) -> u32 {
        bytes.iter().map(|byte| u32::from(*byte)).sum()
    }

    fn fill(&self, bytes: &mut [u8], value: u32) {
        bytes.fill(value as u8);
    }

    fn append(&self, into: &mut [u8], from: &[u8]) -> bool {
        let fits = from.len() <= into.len();
        if fits {
            into[..from.len()].copy_from_slice(from);
        }
        fits
    }

    fn equal(&self, a: &[u8], b: &[u8]) -> bool {
        a == b
    }

    fn total(&self, numbers: &[f64], more: Vec<u16>, last: Option<&[i32]>) -> f64 {
        let last = last.map_or(1000.0, |numbers| numbers.iter().copied().map(f64::from).sum());
        numbers.iter().sum::<f64>() + more.into_iter().map(f64::from).sum::<f64>() + last
    }

    /// From memory 1, unless it says.
    #[memory(1)]
    fn copy(&self, from: &[u8], #[memory(0)] to: &mut [u8]) {
        to.copy_from_slice(from);
    }

    fn maybe(&self, bytes: Option<&mut [u8]>) -> bool {
        bytes.map(|bytes| bytes.fill(9)).is_some()
    }
}

const BYTES: &str = r#"(module
    (import "bytes" "sum" (func $sum (param i32 i32) (result i32)))
    (import "bytes" "fill" (func $fill (param i32 i32 i32)))
    (import "bytes" "append" (func $append (param i32 i32 i32 i32) (result i32)))
    (import "bytes" "equal" (func $equal (param i32 i32 i32 i32) (result i32)))
    (import "bytes" "total" (func $total (param i32 i32 i32 i32 i32 i32) (result f64)))
    (import "bytes" "copy" (func $copy (param i32 i32 i32 i32)))
    (import "bytes" "maybe" (func $maybe (param i32 i32) (result i32)))
    (MEMORIES)
    (data (i32.const 100) "\01\02\03\04")
    (export "memory" (memory 0))
    (export "sum" (func $sum)) (export "fill" (func $fill)) (export "append" (func $append))
    (export "equal" (func $equal)) (export "total" (func $total)) (export "copy" (func $copy))
    (export "maybe" (func $maybe))
    (func (export "call_sum") (param i32 i32) (result i32) (call $sum (local.get 0) (local.get 1)))
    (func (export "call_fill") (param i32 i32 i32) (call $fill (local.get 0) (local.get 1) (local.get 2)))
    (func (export "call_append") (param i32 i32 i32 i32) (result i32)
        (call $append (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "call_equal") (param i32 i32 i32 i32) (result i32)
        (call $equal (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "call_total") (param i32 i32 i32 i32 i32 i32) (result f64)
        (call $total (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)))
    (func (export "call_copy") (param i32 i32 i32 i32)
        (call $copy (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "call_maybe") (param i32 i32) (result i32) (call $maybe (local.get 0) (local.get 1))))"#;

fn bytes(memories: &str) -> (Store<()>, Instance) {
    let mut store = store(());
    let text = BYTES.replace("(MEMORIES)", memories);
    let (instance, _) = instantiate(&mut store, Bytes, &text).unwrap();
    (store, instance)
}

/// Calls an export over numbers, and returns the first of its results.
fn call(store: &mut Store<()>, instance: Instance, name: &str, args: &[u32]) -> Result<Val> {
    let func = instance.get_func(&mut *store, name).expect("a function");
    let args: Vec<_> = args.iter().map(|arg| Val::from(*arg)).collect();
    let mut results = vec![Val::I32(0); func.ty(&*store).results().len()];
    func.call(store, &args, &mut results)?;
    Ok(results.first().copied().unwrap_or(Val::I32(0)))
}

#[test]
fn slices_of_bytes() {
    let (mut store, instance) = bytes("(memory 1) (memory 1)");
    assert_eq!(call(&mut store, instance, "call_sum", &[100, 4]).unwrap().unwrap_i32(), 10);
    call(&mut store, instance, "call_fill", &[102, 10, 0x107]).unwrap();
    assert_eq!(call(&mut store, instance, "call_sum", &[0, 65536]).unwrap().unwrap_i32(), 73);
    assert_eq!(call(&mut store, instance, "call_append", &[110, 2, 100, 2]).unwrap().unwrap_i32(), 1);
    assert_eq!(call(&mut store, instance, "call_append", &[110, 2, 100, 3]).unwrap().unwrap_i32(), 0);
    assert_eq!(call(&mut store, instance, "call_equal", &[110, 2, 100, 2]).unwrap().unwrap_i32(), 1);
    assert_eq!(call(&mut store, instance, "call_maybe", &[0, 7]).unwrap().unwrap_i32(), 0);
    assert_eq!(call(&mut store, instance, "call_maybe", &[1, 7]).unwrap().unwrap_i32(), 1);
    let memory = instance.get_memory(&store, "memory").unwrap();
    assert_eq!(memory.data(&store)[..9], [0, 9, 9, 9, 9, 9, 9, 9, 0]);
    assert_eq!(memory.data(&store)[100..113], [1, 2, 7, 7, 7, 7, 7, 7, 7, 7, 1, 2, 0]);
}

#[test]
fn slices_that_overlap() {
    let (mut store, instance) = bytes("(memory 1) (memory 1)");
    // What is not changed may.
    assert_eq!(call(&mut store, instance, "call_equal", &[100, 4, 100, 4]).unwrap().unwrap_i32(), 1);
    for (at, len) in [(100, 4), (99, 2), (103, 9), (101, 2), (90, 100)] {
        let error = call(&mut store, instance, "call_append", &[100, 4, at, len]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Usage(_)));
        assert_eq!(
            error.to_string(),
            "arguments `into` and `from` overlap in the guest's memory, and `into` can be changed"
        );
    }
    for (at, len) in [(104, 1), (96, 4), (100, 0), (102, 0)] {
        call(&mut store, instance, "call_append", &[100, 4, at, len]).unwrap();
    }
}

#[test]
fn memories_by_index() {
    let (mut store, instance) = bytes("(memory 1) (memory 1) (data (memory 1) (i32.const 8) \"xyz\")");
    call(&mut store, instance, "call_copy", &[8, 3, 8, 3]).unwrap();
    let memory = instance.get_memory(&store, "memory").unwrap();
    assert_eq!(&memory.data(&store)[8..11], b"xyz");
    // A guest that does not have as many.
    let (mut store, instance) = bytes("(memory 1)");
    let error = call(&mut store, instance, "call_copy", &[8, 3, 8, 3]).unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        "argument `from`: memory 1 was asked for of an instance that has 1 memories"
    );
}

/// The same memory twice: what overlaps is found by where it is, not by the index.
#[test]
fn one_memory_under_two_indices() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker.host_module(Bytes).unwrap();
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    linker.define(&store, "m", "m", memory).unwrap();
    let text = BYTES.replace("(MEMORIES)", r#"(import "m" "m" (memory 1)) (import "m" "m" (memory 1))"#);
    let instance = linker.instantiate(&mut store, &Module::new(&engine, text).unwrap()).unwrap();
    let error = call(&mut store, instance, "call_copy", &[8, 3, 10, 3]).unwrap_err();
    assert!(error.to_string().contains("overlap"), "{error}");
    memory.write(&mut store, 8, b"abc").unwrap();
    call(&mut store, instance, "call_copy", &[8, 3, 11, 3]).unwrap();
    assert_eq!(&memory.data(&store)[8..14], b"abcabc");
}

#[test]
fn slices_of_numbers() {
    let (mut store, instance) = bytes("(memory 1)");
    let memory = instance.get_memory(&store, "memory").unwrap();
    // Not aligned.
    for (at, number) in [(1001, 1.5f64), (1009, -0.25)] {
        memory.write(&mut store, at, &number.to_le_bytes()).unwrap();
    }
    memory.write(&mut store, 2001, &[1, 0, 255, 255]).unwrap();
    memory.write(&mut store, 3003, &(-7i32).to_le_bytes()).unwrap();
    let total = call(&mut store, instance, "call_total", &[1001, 2, 2001, 2, 3003, 1]).unwrap();
    assert_eq!(total.unwrap_f64(), 1.25 + 65536.0 - 7.0);
    let total = call(&mut store, instance, "call_total", &[1, 0, 2, 0, 0, 1]).unwrap();
    assert_eq!(total.unwrap_f64(), 1000.0);
    // As many elements, not bytes.
    call(&mut store, instance, "call_total", &[65536 - 16, 2, 2, 0, 0, 0]).unwrap();
    for (at, len) in [(65536 - 15, 2), (0, 8193), (8, u32::MAX), (u32::MAX, u32::MAX)] {
        let error = call(&mut store, instance, "call_total", &[at, len, 2, 0, 0, 0]).unwrap_err();
        assert!(error.is::<MemoryAccessError>(), "{error}");
    }
}

#[test]
fn shared_memories_are_copied() {
    let (mut store, instance) = bytes("(memory 1 1 shared)");
    assert_eq!(call(&mut store, instance, "call_sum", &[100, 4]).unwrap().unwrap_i32(), 10);
    assert_eq!(call(&mut store, instance, "call_equal", &[100, 4, 100, 4]).unwrap().unwrap_i32(), 1);
    let error = call(&mut store, instance, "call_fill", &[100, 4, 0]).unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        "argument `bytes`: memory 0 of the calling instance is shared, so its bytes cannot be borrowed, only copied"
    );
}
