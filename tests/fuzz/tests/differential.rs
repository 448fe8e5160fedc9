//! Modules with a fixed seed do here what they do in wasmtime.

use terrane_fuzz::differential::{Case, Counts};
use terrane_fuzz::targets;

/// Whoever changes it looks at other modules.
const SEED: u64 = 3;
const CASES: u64 = 3_000;

#[test]
fn modules_do_what_they_do_in_wasmtime() {
    let mut counts = Counts::default();
    for number in 0..CASES {
        match Case::new(SEED, number).run() {
            Ok(count) => counts.add(count),
            Err(difference) => panic!(
                "case {number} differs in the {difference}\nto see it again: \
                 cargo xtask fuzz differential --seed {SEED} --case {number}"
            ),
        }
    }
    // If these are too low, hardly anything was compared.
    assert!(counts.modules >= CASES * 8 / 10, "{counts}");
    assert!(counts.inconclusive <= counts.modules / 5, "{counts}");
    assert!(counts.returned >= CASES / 2 && counts.states >= CASES, "{counts}");
}

#[test]
fn targets_take_any_bytes() {
    for number in 0..300 {
        let mut case = Case::new(SEED, number);
        for target in
            [targets::decode, targets::validate, targets::run, targets::smith, targets::differential]
        {
            target(&case.bytes);
        }
        let Some(module) = case.module() else { continue };
        targets::decode(&module);
        targets::validate(&module);
        targets::run(&module);
        // Then a module that is not quite one.
        let at = case.bytes.len() % module.len();
        case.bytes = module;
        case.bytes[at] ^= 1 << (number % 8);
        targets::decode(&case.bytes);
        targets::validate(&case.bytes);
        targets::run(&case.bytes);
    }
    targets::script(b"(module) (assert_invalid (module (func (result i32))) \"type mismatch\")");
}
