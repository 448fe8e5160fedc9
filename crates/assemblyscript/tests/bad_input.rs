//! Guests that say what is not so: an error, never a panic, and nothing read outside their memory.

use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use terrane::{Engine, Instance, Module, Store};
use terrane_assemblyscript::{
    ArrayBuffer, AsError, AsInstance, AsRecord, Era, Function, Limits, Managed, StaticArray, TypedArray,
    Utf16, Value,
};

/// Where the classes are, and how many: object, buffer, string, view, array of i32, of objects, map, set, static array.
const CLASSES: [u32; 9] = [0x20, 0x20, 0x20, 0, 0x902, 0x4102, 0x82_0910, 0x908, 0x904];

/// A guest whose memory holds these words, whose allocator returns `alloc`, and whose `same` returns what it is given.
fn guest(words: &[(u32, u32)], rtti: i32, alloc: &str) -> (Store<()>, AsInstance) {
    guest_with(words, rtti, alloc, AsInstance::builder().limits(Limits { depth: 16, bytes: 1 << 16 }))
}

fn guest_with(
    words: &[(u32, u32)],
    rtti: i32,
    alloc: &str,
    builder: &terrane_assemblyscript::AsInstanceBuilder,
) -> (Store<()>, AsInstance) {
    let engine = Engine::default();
    let text = format!(
        r#"(module
            (memory (export "memory") 1 1)
            (table (export "table") 2 funcref)
            (global (export "__rtti_base") i32 (i32.const {rtti}))
            (func (export "__new") (param $size i32) (param $id i32) (result i32) {alloc})
            (func (export "__pin") (param i32) (result i32) (local.get 0))
            (func (export "__unpin") (param i32))
            (func (export "same") (param i32) (result i32) (local.get 0)))"#
    );
    let module = Module::new(&engine, text).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let memory = instance.get_memory(&store, "memory").unwrap();
    let classes = (1..).zip(CLASSES).map(|(i, flags)| (rtti.cast_unsigned().wrapping_add(4 * i), flags));
    let count = (rtti.cast_unsigned(), CLASSES.len() as u32);
    for (at, word) in classes.chain([count]).chain(words.iter().copied()) {
        let _ = memory.write(&mut store, at as usize, &word.to_le_bytes());
    }
    let instance = builder.wrap(&mut store, instance).unwrap();
    (store, instance)
}

const RTTI: i32 = 16;
const NO_ALLOC: &str = "(i32.const 0)";

/// What reading an object at 0x100 fails with, if that is what is in memory.
fn error<T: terrane_assemblyscript::Lift>(words: &[(u32, u32)]) -> String {
    let (mut store, instance) = guest(words, RTTI, NO_ALLOC);
    assert_eq!(instance.era(), Era::V0_24);
    match instance.read::<T>(&mut store, 0x100) {
        Ok(_) => panic!("there is no such object"),
        Err(error) => {
            assert!(error.downcast_ref::<AsError>().is_some(), "{error:?}");
            error.to_string()
        }
    }
}

/// An object at 0x100: its class and its size, then its fields.
fn object(id: u32, size: u32, fields: &[u32]) -> Vec<(u32, u32)> {
    let fields = (0x40..).map(|i| i * 4).zip(fields.iter().copied());
    [(0xf8, id), (0xfc, size)].into_iter().chain(fields).collect()
}

#[test]
fn pointers_that_lead_nowhere() {
    let (mut store, instance) = guest(&[], RTTI, NO_ALLOC);
    let mut read = |pointer: u32| instance.read::<String>(&mut store, pointer).unwrap_err().to_string();
    assert_eq!(read(0), "null found where a string was expected: use an `Option` if it may be null");
    assert_eq!(read(8), "no object at 0x8: an object is at a multiple of 16, but not at zero");
    assert_eq!(read(0x101), "no object at 0x101: an object is at a multiple of 16, but not at zero");
    assert!(read(0x1_0010).starts_with("no object at 0x10008:"), "{}", read(0x1_0010));
    assert!(read(0xffff_fff0).starts_with("no object at 0xffffffe8:"));
}

#[test]
fn headers_that_cannot_be() {
    assert_eq!(
        error::<String>(&object(2, 0xffff_ff00, &[])),
        "no object at 0x100: 4294967040 bytes from 0x100 on are not inside the memory of 0x10000 bytes"
    );
    assert_eq!(
        error::<String>(&object(9, 4, &[])),
        "no object at 0x100: its class would be 9, but the module has 9 classes"
    );
    assert_eq!(
        error::<String>(&object(1, 4, &[])),
        "expected a string at 0x100, found an object of class 1, a buffer"
    );
    assert_eq!(
        error::<ArrayBuffer>(&object(5, 16, &[])),
        "expected a buffer at 0x100, found an object of class 5, an array of objects"
    );
    assert_eq!(
        error::<String>(&object(2, 3, &[])),
        "the object at 0x100 is broken: a string cannot have 3 bytes"
    );
    assert_eq!(
        error::<String>(&object(2, 4, &[0xdc00_0041])),
        "the string at 0x100 has half of a pair, 0xdc00, as unit 1: read it as `Utf16`"
    );
}

#[test]
fn arrays_that_cannot_be() {
    assert_eq!(
        error::<Vec<i32>>(&object(4, 12, &[])),
        "the object at 0x100 is broken: an array has 16 bytes, this has 12"
    );
    assert_eq!(
        error::<Vec<i32>>(&object(4, 16, &[0x200, 0x200, 16, 0xffff_ffff])),
        "the object at 0x100 is broken: its length is -1"
    );
    assert_eq!(
        error::<Vec<i32>>(&object(4, 16, &[0x200, 0x200, 16, 0x7fff_ffff])),
        "the object at 0x100 is broken: 8589934588 bytes from 0x200 on are not inside the memory of 0x10000 bytes"
    );
    assert_eq!(
        error::<Vec<i32>>(&object(4, 16, &[0x200, 0xffff_fff0, 16, 8])),
        "the object at 0x100 is broken: 32 bytes from 0xfffffff0 on are not inside the memory of 0x10000 bytes"
    );
    // An array that is in itself.
    assert!(
        error::<Vec<Vec<Vec<i32>>>>(&object(5, 16, &[0x100, 0x100, 16, 1])).contains("expected an array")
    );
}

#[test]
fn collections_that_cannot_be() {
    assert_eq!(
        error::<BTreeSet<i32>>(&object(7, 24, &[0, 0, 0x200, 4, 2, 3])),
        "the object at 0x100 is broken: it says that it has 3 entries, but there are at most 2"
    );
    assert!(
        error::<BTreeMap<String, i32>>(&object(6, 24, &[0, 0, 0x200, 0, 0xffff_ffff, 0]))
            .contains("are not inside")
    );
    assert_eq!(
        error::<BTreeMap<i32, i32>>(&object(6, 24, &[])),
        "expected a map of i32 to i32 at 0x100, found an object of class 6, a map of objects to i32"
    );
}

#[test]
fn cycles_and_avalanches_come_to_an_end() {
    // An array that is its own element, and one that has itself twice: 2^depth values.
    for len in [1, 2] {
        let mut words = object(5, 16, &[0x200, 0x200, 8, len]);
        words.extend([(0x200, 0x100), (0x204, 0x100)]);
        let (mut store, instance) = guest(&words, RTTI, NO_ALLOC);
        let error = instance.read_value(&mut store, 0x100).unwrap_err();
        assert_eq!(error.to_string(), "a value is deeper than the limit of 16: is it a cycle?");
    }
    // 100 elements that are all one large string.
    let mut words = object(5, 16, &[0x400, 0x400, 400, 100]);
    words.extend((0..100).map(|i| (0x400 + 4 * i, 0x1000)));
    words.extend([(0xff8, 2), (0xffc, 0x2000)]);
    let (mut store, instance) = guest(&words, RTTI, NO_ALLOC);
    let error = instance.read::<Vec<Utf16>>(&mut store, 0x100).unwrap_err();
    assert_eq!(error.to_string(), "a value is larger than the limit of 65536: is it a cycle?");
}

#[derive(AsRecord, Debug)]
struct List {
    _next: Option<Box<List>>,
}

#[test]
fn records_that_cannot_be() {
    assert_eq!(
        error::<List>(&object(0, 2, &[])),
        "the object at 0x100 is broken: its fields take 2 bytes, those of `List` take 4"
    );
    assert_eq!(
        error::<List>(&object(2, 4, &[])),
        "expected an object like `List` at 0x100, found an object of class 2, a string"
    );
    let error = error::<List>(&object(0, 4, &[0x100]));
    assert_eq!(error, "a value is deeper than the limit of 16: is it a cycle?");
    let (mut store, instance) = guest(&[], RTTI, NO_ALLOC);
    let error = instance.make(&mut store, &List { _next: None }).unwrap_err().to_string();
    assert!(error.starts_with("the module has no class for `List`: export its id"), "{error}");
}

#[test]
fn type_information_that_cannot_be() {
    let (mut store, instance) = guest(&[(16, 0x7fff_ffff)], RTTI, NO_ALLOC);
    let error = instance.read::<String>(&mut store, 0x100).unwrap_err().to_string();
    assert!(
        error.starts_with("broken type information at 0x10: it says that there are 2147483647 classes"),
        "{error}"
    );
    for rtti in [-4, 0x1_0000, 0xfffe] {
        let (mut store, instance) = guest(&[(0xf8, 2), (0xfc, 0)], rtti, NO_ALLOC);
        let error = instance.read::<String>(&mut store, 0x100).unwrap_err().to_string();
        assert!(error.starts_with("broken type information at 0x"), "{error}");
    }
}

#[test]
fn allocators_that_cannot_be() {
    let error = |alloc: &str| {
        let (mut store, instance) = guest(&object(2, 2, &[]), RTTI, alloc);
        let result = instance.call::<_, String>(&mut store, "same", "abc");
        let error = result.unwrap_err();
        assert!(
            matches!(error.downcast_ref(), Some(AsError::Allocation { allocator: "__new", .. })),
            "{error:?}"
        );
        error.to_string()
    };
    assert_eq!(
        error("(i32.const 0)"),
        "the guest's `__new` returned 0x0 for 6 bytes: there is no object at zero"
    );
    assert_eq!(
        error("(i32.const 0x100)"),
        "the guest's `__new` returned 0x100 for 6 bytes: the object there has 2 bytes"
    );
    assert!(error("(i32.const 0xfffffff0)").contains("no object at 0xffffff"));
    assert!(error("(i32.const 0x107)").contains("a multiple of 16"));
    let (mut store, instance) = guest(&[], RTTI, "unreachable");
    let error = instance.call::<_, String>(&mut store, "same", "abc").unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&terrane::Trap::Unreachable));
}

#[test]
fn modules_without_a_runtime() {
    let engine = Engine::default();
    let text = r#"(module
        (memory (export "memory") 1)
        (data (i32.const 0xf8) "\02\00\00\00\04\00\00\00h\00i\00")
        (func (export "same") (param i32) (result i32) (local.get 0))
        (func (export "text") (result i32) (i32.const 0x100)))"#;
    let mut store = Store::new(&engine, ());
    let module = Module::new(&engine, text).unwrap();
    assert_eq!(Era::of_module(&module), None);
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let instance = AsInstance::new(&mut store, instance).unwrap();
    assert!(!instance.has_runtime());
    assert_eq!(instance.call::<_, String>(&mut store, "text", ()).unwrap(), "hi");
    let error = instance.call::<_, String>(&mut store, "same", "abc").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the module does not export `__new`, which is needed to make objects: build it with --exportRuntime"
    );
    let error = instance.call::<_, Managed>(&mut store, "text", ()).unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(AsError::NoRuntime { name: "__pin", .. })));
    // Nothing says that a function is an object, so this is an index, of a table that is not there.
    let error = instance.call::<_, Function<(), ()>>(&mut store, "text", ()).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&AsError::NoTable));

    let instance = Instance::new(&mut store, &Module::new(&engine, "(module)").unwrap(), &[]).unwrap();
    let instance = AsInstance::new(&mut store, instance).unwrap();
    let error = instance.read::<String>(&mut store, 0x100).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&AsError::NoMemory));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is in memory, reading anything from anywhere ends, in a value or an error.
    #[test]
    fn any_memory(
        words in prop::collection::vec(
            prop_oneof![0_u32..10, (0_u32..64).prop_map(|i| i * 16), 0_u32..0x400, any::<u32>()],
            256,
        ),
        era in prop::sample::select(vec![Era::V0_9, Era::V0_10, Era::V0_17, Era::V0_18, Era::V0_23, Era::V0_24]),
        rtti in 0_i32..0x500,
    ) {
        let words: Vec<(u32, u32)> = (0..).map(|i| i * 4).zip(words).collect();
        let mut builder = AsInstance::builder();
        builder.era(era).limits(Limits { depth: 16, bytes: 1 << 14 });
        let (mut store, instance) = guest_with(&words, rtti, NO_ALLOC, &builder);
        for pointer in (0..0x440).step_by(16) {
            let store = &mut store;
            if let Ok(value) = instance.read_value(&mut *store, pointer) {
                prop_assert!(matches!(value, Value::Null) == (pointer == 0));
            }
            let _ = instance.read::<String>(&mut *store, pointer);
            let _ = instance.read::<Vec<Vec<Utf16>>>(&mut *store, pointer);
            let _ = instance.read::<StaticArray<u64>>(&mut *store, pointer);
            let _ = instance.read::<TypedArray<f32>>(&mut *store, pointer);
            let _ = instance.read::<BTreeMap<String, Vec<i32>>>(&mut *store, pointer);
            let _ = instance.read::<BTreeSet<u8>>(&mut *store, pointer);
            let _ = instance.read::<List>(&mut *store, pointer);
            let _ = instance.read::<Function<i32, i32>>(&mut *store, pointer);
        }
    }
}
