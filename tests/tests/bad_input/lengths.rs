//! Lengths that nothing stands behind, and those at the limits.

use crate::shared::{HEADER, MIB, leb, refused, section, traps, with_body};
use terrane::{Engine, Instance, Module, Store, Trap};
use terrane_tests::counting::peak;

#[test]
fn a_section_that_claims_10_gb() {
    for id in 0..=12 {
        refused(section(id, 10 << 30, b"\x01"), "integer", MIB);
        refused(section(id, 0xffff_ffff, b"\x01"), "length out of bounds", MIB);
    }
}

#[test]
fn a_vector_that_claims_4_billion_elements() {
    for id in 1..=11 {
        if id == 8 {
            continue; // the start section is no vector
        }
        let content = leb(0xffff_ffff);
        let bytes = section(id, content.len() as u64, &content);
        let engine = Engine::default();
        let (result, held) = peak(|| Module::new(&engine, &bytes).map(drop));
        result.expect_err("a vector without elements");
        assert!(held < MIB, "section {id}: {held} bytes were held");
    }
}

#[test]
fn inner_vectors_that_claim_4_billion_elements() {
    let claim = leb(0xffff_ffff);
    let in_section = |id: u8, before: &[u8]| {
        let content = [before, &claim].concat();
        refused(section(id, content.len() as u64, &content), "", MIB);
    };
    in_section(1, b"\x01\x60"); // parameters
    in_section(1, b"\x01\x60\x00"); // results
    in_section(2, b"\x01"); // the name of an imported module
    in_section(2, b"\x01\x00"); // the name of an import
    in_section(7, b"\x01"); // the name of an export
    in_section(9, b"\x01\x01\x00"); // elements
    in_section(11, b"\x01\x01"); // bytes
    in_section(0, b""); // the name of a custom section
}

#[test]
fn bodies_that_claim_too_much() {
    let claim = leb(0xffff_ffff);
    refused(with_body(&claim), "", MIB); // groups of locals
    refused(with_body(&[b"\x01", &claim[..], b"\x7f\x0b"].concat()), "locals", MIB);
    // twice 2^31 locals: the sum wraps in 32 bits
    let half = leb(0x8000_0000);
    refused(with_body(&[b"\x02", &half[..], b"\x7f", &half[..], b"\x7f\x0b"].concat()), "locals", MIB);
    refused(with_body(&[b"\x00\x41\x00\x0e", &claim[..], b"\x0b"].concat()), "", MIB); // br_table
    refused(with_body(&[b"\x00\x00\x1c", &claim[..], b"\x0b"].concat()), "", MIB); // select
    // a function that claims to be larger than its section
    let bytes = [HEADER, b"\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x06\x01", &claim].concat();
    refused(bytes, "", MIB);
}

#[test]
fn names_at_and_over_the_limit() {
    let export = |length: usize| {
        let name = "x".repeat(length);
        format!(r#"(module (func (export "{name}")))"#)
    };
    Module::new(&Engine::default(), export(100_000)).unwrap();
    refused(export(100_001), "", 8 * MIB);
}

#[test]
fn the_largest_number_of_locals_and_one_more() {
    let with_locals = |count: u64| with_body(&[b"\x01", &leb(count)[..], b"\x7e\x0b"].concat());
    Module::new(&Engine::default(), with_locals(50_000)).unwrap();
    refused(with_locals(50_001), "locals", MIB);
}

#[test]
fn minimal_sizes_that_no_machine_has() {
    refused("(module (memory 65537))", "memory size", MIB);
    refused("(module (memory 1 65537))", "memory size", MIB);
    // 64 MiB of memories of 4 GiB each: a hundred of them are reserved or refused, but never touched
    let engine = Engine::default();
    let module = Module::new(&engine, format!("(module {})", "(memory 65536)".repeat(100))).unwrap();
    let mut store = Store::new(&engine, ());
    let (result, held) = peak(|| Instance::new(&mut store, &module, &[]).map(drop));
    drop(result);
    assert!(held < 4 * MIB, "{held} bytes were held");
    // ten million elements is what other engines allow; four billion must not be tried
    let module = Module::new(&engine, "(module (table 4294967295 funcref))");
    let (result, held) = peak(|| module.and_then(|module| Instance::new(&mut store, &module, &[]).map(drop)));
    result.expect_err("a table of 4 billion elements");
    assert!(held < MIB, "{held} bytes were held");
}

#[test]
fn segments_outside_their_memory_and_table() {
    let link = |text: &str, trap: Trap| {
        let engine = Engine::default();
        let module = Module::new(&engine, text).unwrap();
        traps(Instance::new(&mut Store::new(&engine, ()), &module, &[]).map(drop), trap);
    };
    link(r#"(module (memory 1) (data (i32.const 65536) "x"))"#, Trap::OutOfBoundsMemoryAccess);
    link(r#"(module (memory 1) (data (i32.const -1) "x"))"#, Trap::OutOfBoundsMemoryAccess);
    link("(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))", Trap::OutOfBoundsTableAccess);
    link("(module (table 1 funcref) (func $f) (elem (i32.const -1) $f $f))", Trap::OutOfBoundsTableAccess);
}
