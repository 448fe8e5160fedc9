//! Chooses how handlers go from one to the next.

use std::env;

/// Tail calls become jumps only where the optimiser runs, and only on targets that pass all of a
/// handler's arguments in registers: elsewhere a loop carries the state from handler to handler. Handlers that
/// compute vectors or work on arrays need more of the optimiser: before it is done, lanes and the outcome of checks are
/// in memory of the handler's own.
///
/// Below level 2 generic functions come compiled from the crates below, where those use them too, and are not inlined: a
/// handler that hands one the address of a local cannot end in a jump. Which do changes with every crate below.
fn main() {
    println!("cargo::rustc-check-cfg=cfg(terrane_trampoline)");
    println!("cargo::rustc-check-cfg=cfg(terrane_vector_trampoline)");
    println!("cargo::rerun-if-changed=build.rs");
    let optimised = env::var("OPT_LEVEL").is_ok_and(|level| matches!(level.as_str(), "2" | "3"));
    let arch = env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let miri = env::var("CARGO_CFG_MIRI").is_ok();
    if !optimised {
        println!("cargo::rustc-cfg=terrane_vector_trampoline");
    }
    if !optimised || miri || !matches!(arch.as_str(), "x86_64" | "aarch64") {
        println!("cargo::rustc-cfg=terrane_trampoline");
    }
}
