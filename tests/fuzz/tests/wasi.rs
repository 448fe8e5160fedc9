//! Calls of WASI with a fixed seed.

use terrane_fuzz::random::Random;
use terrane_fuzz::targets;

/// Whoever changes it looks at other calls.
const SEED: u64 = 5;
const CASES: u64 = 150;

#[test]
fn directories_of_both_kinds_are_the_same() {
    let calls = (0..CASES).map(|number| targets::wasi(&Random::new(SEED, number).bytes(8_000)));
    let calls: usize = calls.sum();
    // If it is less, hardly anything was tried.
    assert!(calls > 30 * CASES as usize, "{calls} calls have succeeded");
}
