//! What the numeric instructions compute, as pure functions.
//!
//! A function is named after its instruction: `i32.div_s` is [`i32_div_s`]. Integers are uninterpreted, as
//! in the spec: `u32` and `u64`, read as signed where the name says `_s`. Tests and comparisons give a
//! `bool`, which is the spec's 0 or 1. A function whose instruction can trap returns `Result<_, Trap>`.
//!
//! Where the spec leaves the bits of a NaN open, so do these functions, within what it allows: NaNs
//! propagate as the host's floating-point unit does it. [`f32_canonicalize_nan`] and
//! [`f64_canonicalize_nan`] take that freedom away.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/numerics.html)

mod conversion;
mod float;
mod integer;
mod vector;
mod wide;

pub use conversion::*;
pub use float::*;
pub use integer::*;
pub use vector::*;
pub use wide::*;
