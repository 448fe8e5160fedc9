//! Guests that lie about their objects, or have none: errors that say what is wrong, and never a panic.

use crate::support::Guest;
use std::collections::BTreeMap;
use std::fmt::Write;
use terrane::{Engine, Linker, Module, Result, Store};
use terrane_assemblyscript::{
    Abort, ArrayBuffer, AsCtx, AsError, AsInstance, Function, Lift, Limits, Managed, StaticArray, TypedArray,
    add_to_linker,
};

/// Where the type information is, and what it says: classes of compilers from 0.24 on.
const RTTI: u32 = 64;
const OBJECT: u32 = 0;
const ARRAY_BUFFER: u32 = 1;
const STRING: u32 = 2;
const I32S: u32 = 4;
const STRINGS: u32 = 5;
const MAP: u32 = 6;
const BYTES: u32 = 7;
const STATIC: u32 = 8;
const FUNCTION: u32 = 9;
const FLAGS: [u32; 10] = [0x20, 0x20, 0x20, 0, 0x902, 0x4102, 0x12_0910, 0x41, 0x924, 0];

/// Memory of 64 KiB with objects in it.
struct Memory(String);

impl Memory {
    fn new() -> Self {
        let mut memory = Self(String::new());
        memory.words(RTTI, &[FLAGS.len() as u32]);
        memory.words(RTTI + 4, &FLAGS);
        memory
    }

    fn words(&mut self, at: u32, words: &[u32]) {
        let bytes = words.iter().flat_map(|word| word.to_le_bytes());
        let text: String = bytes.map(|byte| format!("\\{byte:02x}")).collect();
        writeln!(self.0, "(data (i32.const {at}) \"{text}\")").unwrap();
    }

    /// An object that says that it has `size` bytes.
    fn object(mut self, at: u32, id: u32, size: u32, words: &[u32]) -> Self {
        self.words(at - 8, &[id, size]);
        self.words(at, words);
        self
    }
}

/// A module with a runtime that makes what it is told to: objects at `next`, of the class and size that were asked for.
fn module(memory: &Memory, more: &str) -> String {
    format!(
        r#"(module
            (memory (export "memory") 1)
            (global (export "__rtti_base") i32 (i32.const {RTTI}))
            (global $next (export "next") (mut i32) (i32.const 8192))
            (func (export "__new") (param $size i32) (param $id i32) (result i32) (local $at i32)
                (local.set $at (global.get $next))
                (i32.store (i32.sub (local.get $at) (i32.const 8)) (local.get $id))
                (i32.store (i32.sub (local.get $at) (i32.const 4)) (local.get $size))
                (global.set $next
                    (i32.and
                        (i32.add (i32.add (local.get $at) (local.get $size)) (i32.const 47))
                        (i32.const -16)))
                (local.get $at))
            (func (export "__pin") (param i32) (result i32) (local.get 0))
            (func (export "__unpin") (param i32))
            (func (export "__collect"))
            (func (export "same") (param i32) (result i32) (local.get 0))
            {}
            {more})"#,
        memory.0
    )
}

fn instantiate(wat: &str) -> (Store<AsCtx>, AsInstance) {
    let engine = Engine::default();
    let module = Module::new(&engine, wat).unwrap();
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |ctx: &mut AsCtx| ctx).unwrap();
    let mut store = Store::new(&engine, AsCtx::default());
    let instance = AsInstance::instantiate(&mut store, &linker, &module).unwrap();
    (store, instance)
}

/// Why the object at an address cannot be read as a `T`.
fn reading<T: Lift + std::fmt::Debug>(memory: Memory, pointer: u32) -> String {
    let (mut store, instance) = instantiate(&module(&memory, ""));
    let error = instance.read::<T>(&mut store, pointer).unwrap_err();
    assert!(error.downcast_ref::<AsError>().is_some(), "{error:?}");
    // Read by its type information alone it is no better, or no object that says what it is.
    let _ = instance.read_value(&mut store, pointer).is_ok();
    error.to_string()
}

#[test]
fn pointers_that_are_no_objects() {
    let check = |pointer: u32, message: &str| {
        let found = reading::<String>(Memory::new(), pointer);
        assert_eq!(found, message, "{pointer:#x}");
        for found in [
            reading::<Vec<i32>>(Memory::new(), pointer),
            reading::<Vec<Vec<String>>>(Memory::new(), pointer),
            reading::<TypedArray<u8>>(Memory::new(), pointer),
            reading::<StaticArray<i32>>(Memory::new(), pointer),
            reading::<ArrayBuffer>(Memory::new(), pointer),
            reading::<BTreeMap<i32, i32>>(Memory::new(), pointer),
            reading::<Managed>(Memory::new(), pointer),
        ] {
            assert!(found.starts_with("no object at ") || found.starts_with("null found"), "{found}");
        }
    };
    check(0, "null found where a string was expected: use an `Option` if it may be null");
    check(4, "no object at 0x4: an object is at a multiple of 16, but not at zero");
    check(1025, "no object at 0x401: an object is at a multiple of 16, but not at zero");
    // Whatever lies beyond the memory.
    for pointer in [0x1_0010, 0x7fff_fff0, 0xffff_fff0] {
        let found = reading::<String>(Memory::new(), pointer);
        assert!(found.starts_with("no object at "), "{found}");
    }
    let found = reading::<String>(Memory::new().object(1024, 10, 4, &[]), 1024);
    assert_eq!(found, "no object at 0x400: its class would be 10, but the module has 10 classes");
}

#[test]
fn sizes_that_cannot_be() {
    let found = reading::<String>(Memory::new().object(1024, STRING, u32::MAX, &[]), 1024);
    assert!(
        found.contains("4294967295 bytes from 0x400 on are not inside the memory of 0x10000 bytes"),
        "{found}"
    );
    let found = reading::<String>(Memory::new().object(1024, STRING, 3, &[]), 1024);
    assert_eq!(found, "the object at 0x400 is broken: a string cannot have 3 bytes");
    let found = reading::<String>(Memory::new().object(0xfff0, STRING, 18, &[]), 0xfff0);
    assert!(found.contains("not inside the memory"), "{found}");
    let found = reading::<Vec<i32>>(Memory::new().object(1024, I32S, 8, &[1040, 1040]), 1024);
    assert_eq!(found, "the object at 0x400 is broken: an array has 16 bytes, this has 8");
    let found = reading::<BTreeMap<i32, i32>>(Memory::new().object(1024, MAP, 16, &[]), 1024);
    assert_eq!(found, "the object at 0x400 is broken: a map has 24 bytes, this has 16");
}

#[test]
fn lengths_that_cannot_be() {
    let array = |start: u32, bytes: u32, len: u32| {
        let memory = Memory::new().object(2048, ARRAY_BUFFER, 32, &[1, 2, 3]);
        memory.object(1024, I32S, 16, &[2048, start, bytes, len])
    };
    let (mut store, instance) = instantiate(&module(&array(2048, 32, 3), ""));
    assert_eq!(instance.read::<Vec<i32>>(&mut store, 1024).unwrap(), [1, 2, 3]);
    let found = reading::<Vec<i32>>(array(2048, 32, u32::MAX), 1024);
    assert_eq!(found, "the object at 0x400 is broken: its length is -1");
    for (start, bytes, len) in [(2048, 32, 0x7fff_ffff), (0xffff_fffc, 32, 1), (0xfffc, 32, 2)] {
        let found = reading::<Vec<i32>>(array(start, bytes, len), 1024);
        assert!(found.starts_with("the object at 0x400 is broken: "), "{found}");
        assert!(found.contains("not inside the memory of 0x10000 bytes"), "{found}");
    }
    let view = |start: u32, bytes: u32| Memory::new().object(1024, BYTES, 12, &[2048, start, bytes]);
    let found = reading::<TypedArray<u8>>(view(2048, u32::MAX), 1024);
    assert_eq!(found, "the object at 0x400 is broken: its length is -1");
    let found = reading::<TypedArray<u8>>(view(0x1_0000, 1), 1024);
    assert!(found.contains("not inside the memory"), "{found}");
}

#[test]
fn maps_that_cannot_be() {
    let map = |entries: u32, capacity: u32, offset: u32, count: u32| {
        let memory = Memory::new().object(2048, ARRAY_BUFFER, 24, &[5, 50, 0, 6, 60, 1]);
        memory.object(1024, MAP, 24, &[2048, 3, entries, capacity, offset, count])
    };
    let (mut store, instance) = instantiate(&module(&map(2048, 2, 2, 1), ""));
    let read: BTreeMap<i32, i32> = instance.read(&mut store, 1024).unwrap();
    assert_eq!(read, BTreeMap::from([(5, 50)]));
    for (entries, capacity, offset, count) in [
        (2048, 2, 0x7fff_ffff, 1),
        (2048, u32::MAX, u32::MAX, u32::MAX),
        (0xffff_fff0, 2, 2, 1),
        (0xfff8, 2, 2, 1),
    ] {
        let found = reading::<BTreeMap<i32, i32>>(map(entries, capacity, offset, count), 1024);
        assert!(found.starts_with("the object at 0x400 is broken: "), "{found}");
    }
    let found = reading::<BTreeMap<i32, i32>>(map(2048, 2, 1, 2), 1024);
    assert!(found.contains("2 entries, but there are at most 1"), "{found}");
}

#[test]
fn objects_of_other_classes() {
    let string = || Memory::new().object(1024, STRING, 4, &[0x42_0041]);
    let (mut store, instance) = instantiate(&module(&string(), ""));
    assert_eq!(instance.read::<String>(&mut store, 1024).unwrap(), "AB");
    for found in [
        reading::<Vec<i32>>(string(), 1024),
        reading::<TypedArray<u8>>(string(), 1024),
        reading::<StaticArray<i32>>(string(), 1024),
        reading::<ArrayBuffer>(string(), 1024),
        reading::<BTreeMap<i32, i32>>(string(), 1024),
    ] {
        assert!(found.starts_with("expected "), "{found}");
        assert!(found.ends_with(" at 0x400, found an object of class 2, a string"), "{found}");
    }
    let strings = || Memory::new().object(1024, STRINGS, 16, &[2048, 2048, 0, 0]);
    let found = reading::<Vec<i32>>(strings(), 1024);
    assert_eq!(found, "expected an array of i32 at 0x400, found an object of class 5, an array of objects");
    let found = reading::<String>(strings(), 1024);
    assert_eq!(found, "expected a string at 0x400, found an object of class 5, an array of objects");
    let numbers = Memory::new().object(1024, STATIC, 8, &[1, 2]);
    let found = reading::<StaticArray<i64>>(numbers, 1024);
    assert_eq!(
        found,
        "expected a static array of i64 at 0x400, found an object of class 8, a static array of i32"
    );
    let found = reading::<String>(Memory::new().object(1024, OBJECT, 0, &[]), 1024);
    assert_eq!(found, "expected a string at 0x400, found an object of class 0, a class");
}

#[test]
fn arrays_in_themselves() {
    let memory = Memory::new().object(2048, ARRAY_BUFFER, 32, &[1024]);
    let memory = memory.object(1024, STRINGS, 16, &[2048, 2048, 32, 1]);
    let (mut store, instance) = instantiate(&module(&memory, ""));
    let error = instance.read_value(&mut store, 1024).unwrap_err();
    assert!(error.to_string().ends_with("is it a cycle?"), "{error}");
    let error = instance.read::<Vec<Vec<Vec<String>>>>(&mut store, 1024).unwrap_err();
    assert!(error.to_string().starts_with("expected a string at 0x400"), "{error}");

    // Few objects, of which each has many times the next.
    let mut memory = Memory::new();
    for i in 0..8_u32 {
        let (array, buffer) = (1024 + i * 512, 1024 + i * 512 + 64);
        memory = memory.object(buffer, ARRAY_BUFFER, 256, &[array + 512; 64]);
        memory = memory.object(array, STRINGS, 16, &[buffer, buffer, 256, 64]);
    }
    memory = memory.object(1024 + 8 * 512, STRING, 0, &[]);
    let engine = Engine::default();
    let module = Module::new(&engine, module(&memory, "")).unwrap();
    let mut store = Store::new(&engine, ());
    let limits = Limits { bytes: 1 << 20, ..Limits::default() };
    let instance =
        AsInstance::builder().limits(limits).instantiate(&mut store, &Linker::new(&engine), &module);
    let error = instance.unwrap().read_value(&mut store, 1024).unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(AsError::Limit { .. })), "{error}");
}

#[test]
fn type_information_that_is_cut_off() {
    for (base, count, expected) in [
        (0xfffc, 1_u32, "it says that there are 1 classes"),
        (0x8000, u32::MAX, "it says that there are 4294967295 classes"),
        (0x8000, 0x4000_0000, "it says that there are 1073741824 classes"),
        (0x1_0000, 0, "0x10000"),
        (0xffff_fffe, 0, "0xfffffffe"),
    ] {
        let mut memory = Memory::new().object(1024, I32S, 16, &[2048, 2048, 0, 0]);
        if base < 0x1_0000 {
            memory.words(base, &[count]);
        }
        let wat =
            module(&memory, "").replace(&format!("(i32.const {RTTI}))"), &format!("(i32.const {base}))"));
        let (mut store, instance) = instantiate(&wat);
        let errors = [
            instance.read::<Vec<i32>>(&mut store, 1024).unwrap_err(),
            instance.call::<_, u32>(&mut store, "same", vec![1, 2]).unwrap_err(),
            instance.read_value(&mut store, 1024).unwrap_err(),
        ];
        for error in errors {
            let text = error.to_string();
            assert!(matches!(error.downcast_ref(), Some(AsError::TypeInfo { .. })), "{base:#x}: {text}");
            assert!(text.contains(expected), "{base:#x}: {text}");
        }
    }
}

#[test]
fn allocators_that_fail() {
    for (at, expected) in [
        (0_u32, "the guest's `__new` returned 0x0 for 8 bytes: "),
        (8, "the guest's `__new` returned 0x8 for 8 bytes: "),
        (0xffff_fff0, "the guest's `__new` returned 0xfffffff0 for 8 bytes: "),
        (0x1_0000, "the guest's `__new` returned 0x10000 for 8 bytes: "),
        (1024, "the guest's `__new` returned 0x400 for 8 bytes: the object there has class 5, not 2"),
        (2048, "the guest's `__new` returned 0x800 for 8 bytes: the object there has 4 bytes"),
    ] {
        let memory = Memory::new().object(1024, STRINGS, 16, &[]).object(2048, STRING, 4, &[]);
        let wat = module(&memory, "").replace("\"__new\"", "\"other\"");
        let allocator = format!(r#"(func (export "__new") (param i32 i32) (result i32) (i32.const {at})))"#);
        let (mut store, instance) = instantiate(&(wat.strip_suffix(')').unwrap().to_owned() + &allocator));
        let error = instance.call::<_, u32>(&mut store, "same", "four").unwrap_err();
        let text = error.to_string();
        assert!(matches!(error.downcast_ref(), Some(AsError::Allocation { .. })), "{at:#x}: {text}");
        assert!(text.starts_with(expected), "{at:#x}: {text}");
        assert_eq!(instance.pinned(), 0);
    }
}

#[test]
fn no_runtime_memory_or_table() {
    let (mut store, instance) =
        instantiate(r#"(module (func (export "same") (param i32) (result i32) (local.get 0)))"#);
    assert!(!instance.has_runtime());
    let text = |error: terrane::Error| error.to_string();
    assert_eq!(
        text(instance.call::<_, u32>(&mut store, "same", "text").unwrap_err()),
        "the module does not export `__new`, which is needed to make objects: build it with --exportRuntime",
    );
    assert_eq!(
        text(instance.call::<_, String>(&mut store, "same", 16_u32).unwrap_err()),
        "the module has no memory that it exports or imports as `env` `memory`",
    );
    assert_eq!(instance.call::<_, u32>(&mut store, "same", 16_u32).unwrap(), 16);
    assert_eq!(instance.call::<_, Option<String>>(&mut store, "same", 0_u32).unwrap(), None);

    let memory = Memory::new().object(1024, FUNCTION, 8, &[1, 0]);
    let (mut store, instance) = instantiate(&module(&memory, ""));
    assert_eq!(
        text(instance.read::<Function<(), ()>>(&mut store, 1024).unwrap_err()),
        "the module has no table that it exports or imports: build it with --exportTable",
    );
}

#[test]
fn functions_that_are_none() {
    let table = r#"
        (table (export "table") 3 funcref)
        (func $answer (result i32) (i32.const 42))
        (elem (i32.const 1) $answer)"#;
    let of_index = |index: u32| {
        let memory = Memory::new().object(1024, FUNCTION, 8, &[index, 0]);
        instantiate(&module(&memory, table))
    };
    let (mut store, instance) = of_index(1);
    let answer: Function<(), i32> = instance.read(&mut store, 1024).unwrap();
    assert_eq!(answer.call(&mut store, ()).unwrap(), 42);
    let error = instance.read::<Function<(i64,), ()>>(&mut store, 1024).unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(AsError::WrongType { .. })), "{error}");
    for (index, expected) in [
        (2, "the function value 0x400 leads to no function: element 2 of the table is null"),
        (3, "the function value 0x400 leads to no function: the table has no element 3"),
        (u32::MAX, "the function value 0x400 leads to no function: the table has no element 4294967295"),
    ] {
        let (mut store, instance) = of_index(index);
        let error = instance.read::<Function<(), i32>>(&mut store, 1024).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    let (mut store, instance) = of_index(1);
    for pointer in [0, 4, 1040, 0xffff_fff0] {
        let error = instance.read::<Function<(), i32>>(&mut store, pointer).unwrap_err();
        assert!(error.downcast_ref::<AsError>().is_some(), "{error:?}");
    }
}

#[test]
fn runtimes_of_other_types() {
    // The names are there, but not what they stand for.
    let (mut store, instance) = instantiate(
        r#"(module
            (memory (export "memory") 1)
            (global (export "__rtti_base") f64 (f64.const 64))
            (global (export "__setArgumentsLength") i32 (i32.const 0))
            (func (export "__new") (param i64) (result i64) (local.get 0))
            (func (export "__pin"))
            (table (export "__unpin") 1 funcref)
            (func (export "same") (param i32) (result i32) (local.get 0)))"#,
    );
    assert!(!instance.has_runtime());
    let error = instance.call::<_, u32>(&mut store, "same", "text").unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(AsError::NoRuntime { .. })), "{error}");
    assert_eq!(instance.call::<_, i32>(&mut store, "same", 5).unwrap(), 5);
}

#[test]
fn messages_that_cannot_be_read() {
    let imports = r#"(module
        (import "env" "abort" (func $abort (param i32 i32 i32 i32)))
        (import "env" "trace" (func $trace (param i32 i32 f64 f64 f64 f64 f64)))
        (import "env" "console.log" (func $log (param i32)))
        (func (export "abort") (param i32 i32) (call $abort (local.get 0) (local.get 1) (i32.const 7) (i32.const 9)))
        (func (export "log") (param i32) (call $log (local.get 0)))
        (func (export "trace") (param i32 i32)
            (call $trace (local.get 0) (local.get 1)
                (f64.const 1) (f64.const 2) (f64.const 3) (f64.const 4) (f64.const 5)))"#;
    let memory = Memory::new().object(1024, STRING, 6, &[0x42_0041, 0xd800]);
    let (mut store, instance) = instantiate(&module(&memory, "").replacen("(module", imports, 1));
    for pointer in [0, 1, 1025, 0x7fff_fff0, u32::MAX] {
        for count in [0, 5, 6, -1, i32::MAX] {
            instance.call::<_, ()>(&mut store, "trace", (pointer, count)).unwrap();
        }
        instance.call::<_, ()>(&mut store, "log", pointer).unwrap();
        let error = instance.call::<_, ()>(&mut store, "abort", (pointer, pointer)).unwrap_err();
        let abort: &Abort = error.downcast_ref().unwrap();
        assert_eq!((abort.message.as_deref(), abort.line, abort.column), (None, 7, 9), "{pointer:#x}");
    }
    let error = instance.call::<_, ()>(&mut store, "abort", (1024, 1024)).unwrap_err();
    assert_eq!(error.to_string(), "abort: AB\u{fffd} at AB\u{fffd}:7:9");
}

#[test]
fn handles_elsewhere() -> Result<()> {
    let memory = || Memory::new().object(1024, STRING, 4, &[0x42_0041]);
    let (mut store, instance) = instantiate(&module(&memory(), ""));
    let (mut other_store, other) = instantiate(&module(&memory(), ""));
    let handle: Managed<String> = instance.call(&mut store, "same", 1024)?;
    assert_eq!(handle.read(&mut store)?, "AB");
    let error = other.call::<_, u32>(&mut other_store, "same", &handle).unwrap_err();
    assert_eq!(error.to_string(), "an object was used with another instance than its own");
    let error = handle.read(&mut other_store).unwrap_err();
    assert_eq!(error.to_string(), "an instance was used with another store than its own");
    let error = instance.call::<_, u32>(&mut other_store, "same", 1).unwrap_err();
    assert_eq!(error.to_string(), "an instance was used with another store than its own");
    drop(store);
    drop(handle);
    Ok(())
}

#[test]
fn wrong_uses_of_guests_of_every_era() -> Result<()> {
    for guest in Guest::usual() {
        let (mut store, instance) = guest.instance()?;
        let wrong = [
            instance.call::<_, Vec<i32>>(&mut store, "splitWords", "a b").unwrap_err(),
            instance.call::<_, String>(&mut store, "upTo", 3).unwrap_err(),
            instance.call::<_, Vec<u32>>(&mut store, "upTo", 3).unwrap_err(),
            instance.call::<_, ArrayBuffer>(&mut store, "emptyString", ()).unwrap_err(),
            instance.call::<_, BTreeMap<i32, i32>>(&mut store, "upTo", 3).unwrap_err(),
            instance.call::<_, BTreeMap<String, u8>>(&mut store, "makeSquares", 3).unwrap_err(),
            instance.call::<_, String>(&mut store, "noString", false).unwrap_err(),
            instance.call::<_, String>(&mut store, "loneSurrogates", ()).unwrap_err(),
            instance.call::<_, i32>(&mut store, "joinStrings", 1.5).unwrap_err(),
            instance.call::<_, i32>(&mut store, "joinString", ("a", "b")).unwrap_err(),
            instance.get::<String>(&mut store, "THIRD").unwrap_err(),
            instance.set(&mut store, "ANSWER", 43).unwrap_err(),
        ];
        for error in wrong {
            let known = error.downcast_ref::<AsError>().is_some();
            assert!(known || error.to_string().contains("immutable"), "{}: {error:?}", guest.file);
        }
        assert_eq!(instance.pinned(), 0, "{}", guest.file);
        assert_eq!(
            instance.call::<_, String>(&mut store, "joinStrings", ("a", "b"))?,
            "ab",
            "{}",
            guest.file
        );
    }
    Ok(())
}
