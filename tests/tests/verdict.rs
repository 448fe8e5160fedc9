//! What is a valid module? Decoding and validation together say the same as `wasmparser`, whatever the bytes.

mod common;

use common::{Mutation, cases, mutate, mutation, oracle_features, scalar_features, seed, smith};
use proptest::prelude::*;
use terrane_binary::{Body, decode_module};
use terrane_syntax::types::Types;
use terrane_syntax::{Feature, Features, FuncIdx};
use terrane_tests::guest;
use terrane_validation::{FuncAllocations, FuncValidator, check_module};

/// Decodes and validates all of a module.
fn check(bytes: &[u8], features: Features) -> Result<(), String> {
    let module = decode_module(bytes, features).map_err(|error| error.to_string())?;
    let (context, _) =
        check_module(&module, &mut Types::new(), features).map_err(|error| error.to_string())?;
    let imported = context.funcs().len() - module.funcs.len();
    let mut allocations = FuncAllocations::default();
    for (i, func) in module.funcs.iter().enumerate() {
        let x = FuncIdx(u32::try_from(imported + i).expect("few functions"));
        let body = Body::new(bytes, func.body.clone(), features, module.data_count.is_some());
        let mut validator = FuncValidator::new(&context, x, allocations);
        check_body(body, &mut validator)?;
        allocations = validator.into_allocations();
    }
    Ok(())
}

fn check_body(body: Body<'_>, validator: &mut FuncValidator<'_>) -> Result<(), String> {
    let mut locals = body.locals().map_err(|error| error.to_string())?;
    let mut offset = locals.offset();
    while let Some((count, ty)) = locals.next().transpose().map_err(|error| error.to_string())? {
        validator.locals(offset, count, ty).map_err(|error| error.to_string())?;
        offset = locals.offset();
    }
    let mut instrs = locals.into_instrs().map_err(|error| error.to_string())?;
    while let Some((offset, instr)) = instrs.next().map_err(|error| error.to_string())? {
        validator.instr(offset, &instr).map_err(|error| error.to_string())?;
    }
    let end = instrs.into_reader().offset();
    validator.finish(end).map_err(|error| error.to_string())
}

/// Bytes as a failed test should show them.
struct Hex<'a>(&'a [u8]);

impl std::fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The two verdicts, if they differ.
fn disagreement(bytes: &[u8], features: Features) -> Option<String> {
    let ours = check(bytes, features);
    let theirs = wasmparser::Validator::new_with_features(oracle_features(features)).validate_all(bytes);
    match (ours, theirs) {
        (Ok(()), Ok(_)) | (Err(_), Err(_)) => None,
        (ours, theirs) => Some(format!("ours: {ours:?}, theirs: {:?}, of {}", theirs.err(), Hex(bytes))),
    }
}

/// The sets of features that are tried.
fn features() -> impl Strategy<Value = Features> {
    prop_oneof![
        Just(Features::wasm1()),
        Just(scalar_features()),
        Just(Features::wasm2()),
        Just(Features::wasm3()),
        Just(Features::wasm3().with(Feature::Threads)),
        Just(
            Features::all()
                .without(Feature::CompactImports)
                .without(Feature::CustomDescriptors)
                .without(Feature::StackSwitching)
        ),
    ]
}

fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    prop::collection::vec(mutation(), 1..5)
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn of_random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..256), features in features()) {
        prop_assert_eq!(disagreement(&bytes, features), None);
        let bytes = [b"\0asm\x01\0\0\0", &bytes[..]].concat();
        prop_assert_eq!(disagreement(&bytes, features), None);
    }

    #[test]
    fn of_random_bodies(code in prop::collection::vec(any::<u8>(), 0..32), features in features()) {
        // [i32 i64] -> [i32], with a memory, a table and a global to speak of
        let length = u8::try_from(code.len()).expect("a short body");
        let bytes = [
            &b"\0asm\x01\0\0\0\x01\x07\x01\x60\x02\x7f\x7e\x01\x7f\x03\x02\x01\0\x04\x04\x01\x70\0\x05\x05\x03\x01\0\x01"[..],
            b"\x06\x06\x01\x7f\x01\x41\0\x0b",
            &[0x0a, length + 4, 1, length + 2, 0][..],
            &code,
            b"\x0b",
        ].concat();
        prop_assert_eq!(disagreement(&bytes, features), None);
    }

    #[test]
    fn of_generated_modules(seed in seed(), features in features()) {
        if let Some(bytes) = smith(&seed, features, false) {
            prop_assert_eq!(check(&bytes, features), Ok(()), "{:?}", features);
            // With fewer features than it was made for it may still be valid, or not.
            prop_assert_eq!(disagreement(&bytes, Features::wasm1()), None);
            prop_assert_eq!(disagreement(&bytes, scalar_features()), None);
        }
    }

    #[test]
    fn of_generated_modules_with_bad_functions(seed in seed(), features in features()) {
        if let Some(bytes) = smith(&seed, features, true) {
            prop_assert_eq!(disagreement(&bytes, features), None);
        }
    }

    #[test]
    fn of_mutated_modules(seed in seed(), features in features(), mutations in mutations()) {
        if let Some(bytes) = smith(&seed, features, false) {
            prop_assert_eq!(disagreement(&mutate(bytes, &mutations), features), None);
        }
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn of_mutated_guests(which in 0..3usize, mutations in mutations(), features in features()) {
        let name = ["rabin/rabin.wasm", "lisp/lisp.wasm", "text/text.wasm"][which];
        prop_assert_eq!(disagreement(&mutate(guest(name), &mutations), features), None);
    }
}

#[test]
fn of_the_guests() {
    for name in ["rabin/rabin.wasm", "lisp/lisp.wasm", "text/text.wasm"] {
        assert_eq!(check(&guest(name), Features::wasm2()), Ok(()), "{name}");
    }
    assert_eq!(check(&guest("rabin/rabin.wasm"), Features::wasm1()), Ok(()));
}
