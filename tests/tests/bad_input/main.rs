//! Hostile modules: each ends in a clear error (or runs, where it is merely odd), in bounded memory.
//!
//! Time is bounded by these tests' ending at all; how fast they are is the benchmarks' matter.

#[path = "../common/mod.rs"]
mod common;
mod deep;
mod growing;
mod lengths;
mod random;
mod runaway;
mod shared;
mod types;

use terrane_tests::counting::Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;
