//! Types: groups, chains and structures at the limits and past them, and objects that no heap holds.
//!
//! That they are read in linear time shows in these tests' ending at all.

use crate::shared::{MIB, leb, refused, section, traps};
use terrane::{Config, Engine, Instance, Module, Store, StoreLimitsBuilder, Trap};
use terrane_tests::counting::peak;

/// A module of a type section alone, of so many recursive groups.
fn types(groups: u64, content: &[u8]) -> Vec<u8> {
    let content = [&leb(groups), content].concat();
    section(1, content.len() as u64, &content)
}

/// A recursive group of so many types.
fn group(count: u64, content: &[u8]) -> Vec<u8> {
    [&[0x4e], &leb(count)[..], content].concat()
}

/// `(struct)`
const EMPTY: &[u8] = &[0x5f, 0];

/// A structure with that field, which cannot be written.
fn with_field(field: &[u8]) -> Vec<u8> {
    [&[0x5f, 1], field, &[0]].concat()
}

/// `(ref null x)`
fn ref_null(x: u64) -> Vec<u8> {
    // As a signed number: no index here has the bit of the sign.
    let mut index = leb(x);
    if index.last().is_some_and(|byte| byte & 0x40 != 0) {
        *index.last_mut().expect("a byte") |= 0x80;
        index.push(0);
    }
    [&[0x63], &index[..]].concat()
}

#[track_caller]
fn accepted(bytes: impl AsRef<[u8]>, most: usize) {
    let engine = Engine::default();
    let (result, held) = peak(|| Module::new(&engine, bytes.as_ref()).map(drop));
    result.expect("a good module");
    assert!(held <= most, "{held} bytes were held, of at most {most}");
}

#[test]
fn a_group_of_100_000_types_that_refer_to_each_other() {
    let count = 100_000;
    let content: Vec<u8> = (0..count).flat_map(|i| with_field(&ref_null((i * 7919 + 1) % count))).collect();
    accepted(types(1, &group(count, &content)), 256 * MIB);
    // Twice the same: the second is recognised.
    let twice = [group(count, &content), group(count, &content)].concat();
    accepted(types(2, &twice), 256 * MIB);
}

#[test]
fn a_group_of_more_types_than_there_may_be() {
    let content = EMPTY.repeat(1_000_001);
    refused(types(1, &group(1_000_001, &content)), "too many types", 512 * MIB);
    refused(types(1_000_001, &content), "too many", 1024 * MIB);
}

#[test]
fn a_group_that_claims_4_billion_types() {
    refused(types(1, &group(0xffff_ffff, EMPTY)), "", MIB);
    refused(types(1, &[&[0x5f], &leb(0xffff_ffff)[..]].concat()), "", MIB); // fields
    refused(types(1, &[&[0x50], &leb(0xffff_ffff)[..]].concat()), "malformed definition type", MIB); // supertypes
}

/// A chain of types below each other: `depth` steps from the last to the first.
fn chain(depth: usize) -> String {
    let below = (1..=depth).map(|i| format!("(type (sub {} (struct)))", i - 1));
    format!("(module (type (sub (struct))) {})", below.collect::<String>())
}

#[test]
fn a_chain_of_supertypes_at_the_limit_and_past_it() {
    accepted(chain(63), 8 * MIB);
    refused(chain(64), "too many supertypes above one another: expected at most 63, found 64", 8 * MIB);
    refused(chain(100_000), "too many supertypes above one another", 512 * MIB);
}

#[test]
fn many_types_below_a_deep_one() {
    // Each knows all that are above it, which is what bounds their depth.
    let deep = chain(62);
    let leaves = "(type (sub 62 (struct)))".repeat(20_000);
    accepted(deep.trim_end_matches(')').to_owned() + ")))" + &leaves + ")", 256 * MIB);
}

#[test]
fn types_that_are_their_own_supertype_or_descriptor() {
    refused("(module (rec (type $t (sub $t (struct)))))", "unknown type 0", MIB);
    refused("(module (rec (type $a (sub $b (struct))) (type $b (sub $a (struct)))))", "unknown type 1", MIB);
    let engine = Engine::new(Config::new().wasm_custom_descriptors(true)).unwrap();
    let error =
        Module::new(&engine, "(module (type $t (describes $t) (descriptor $t) (struct)))").unwrap_err();
    assert!(error.to_string().contains("forward use of described type"), "{error}");
}

#[test]
fn types_that_refer_to_themselves() {
    accepted("(module (type $t (struct (field (ref $t)))) (type $a (array (ref null $a))))", MIB);
    accepted("(module (type $f (func (param (ref $f)) (result (ref $f)))))", MIB);
    refused("(module (type $f (func (param (ref 1)))) (type (struct)))", "unknown type 1", MIB);
}

#[test]
fn structures_at_the_limit_of_fields_and_past_it() {
    let fields = |count: usize| format!("(module (type (struct {})))", "(field i8)".repeat(count));
    accepted(fields(10_000), 64 * MIB);
    refused(fields(10_001), "fields", 64 * MIB);
}

#[test]
fn a_structure_of_10_000_fields_is_made_and_read() {
    let text = format!(
        "(module (type $t (struct {}))
           (func (export \"run\") (result i64)
             (struct.get $t 9999 (struct.new $t {}))))",
        "(field i64)".repeat(10_000),
        (0..10_000).map(|i| format!("(i64.const {i})")).collect::<String>(),
    );
    let engine = Engine::default();
    let module = Module::new(&engine, text).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let run = instance.get_typed_func::<(), i64>(&mut store, "run").unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), 9999);
}

#[test]
fn many_clauses_of_one_group() {
    // A type is described by the next, ten thousand times.
    let clauses = (0..10_000).map(|i| match i {
        0 => "(type (descriptor 1) (struct))".to_owned(),
        9_999 => "(type (describes 9998) (struct))".to_owned(),
        _ => format!("(type (describes {}) (descriptor {}) (struct))", i - 1, i + 1),
    });
    let text = format!("(module (rec {}))", clauses.collect::<String>());
    let engine = Engine::new(Config::new().wasm_custom_descriptors(true)).unwrap();
    Module::new(&engine, text).unwrap();
}

#[test]
fn arrays_that_no_heap_holds() {
    let engine = Engine::default();
    let made = [
        "(type $t (array i8)) (func (export \"run\") (drop (array.new_default $t (i32.const -1))))",
        "(type $t (array (mut i64))) (func (export \"run\") (drop (array.new $t (i64.const 1) (i32.const -1))))",
        "(type $t (array v128)) (func (export \"run\") (drop (array.new_default $t (i32.const -1))))",
        "(type $t (array anyref)) (func (export \"run\") (drop (array.new_default $t (i32.const -1))))",
    ];
    for text in made {
        let module = Module::new(&engine, format!("(module {text})")).unwrap();
        let limits = StoreLimitsBuilder::new().gc_heap_size(64 * MIB).build();
        let mut store = Store::new(&engine, limits);
        store.limiter(|limits| limits);
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let run = instance.get_typed_func::<(), ()>(&mut store, "run").unwrap();
        let (result, held) = peak(|| run.call(&mut store, ()));
        traps(result, Trap::OutOfMemory);
        assert!(held < 65 * MIB, "{held} bytes were held");
    }
}

#[test]
fn segments_that_no_array_can_take() {
    let engine = Engine::default();
    let bulk = [
        ("(array.new_data $t $d (i32.const 1) (i32.const -1))", Trap::OutOfBoundsMemoryAccess),
        ("(array.new_data $t $d (i32.const -1) (i32.const -1))", Trap::OutOfBoundsMemoryAccess),
    ];
    for (instr, trap) in bulk {
        let text = format!(
            "(module (type $t (array (mut i16))) (data $d \"abc\") (func (export \"run\") (drop {instr})))"
        );
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let run = instance.get_typed_func::<(), ()>(&mut store, "run").unwrap();
        traps(run.call(&mut store, ()), trap);
    }
}

#[test]
fn more_operands_of_array_new_fixed_than_there_may_be() {
    let text = |n: usize| {
        format!(
            "(module (type $t (array i8)) (func (drop (array.new_fixed $t {n} {}))))",
            "(i32.const 1)".repeat(n)
        )
    };
    accepted(text(10_000), 64 * MIB);
    refused(text(10_001), "too many operands of array.new_fixed", 64 * MIB);
}
