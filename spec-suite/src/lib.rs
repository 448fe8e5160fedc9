//! The scripts that the engine is tested with: the official suite, pinned, in all its versions and proposals, and our
//! own for what it does not cover. Also, which of them are expected to fail, and why.

mod expected;
mod generate;
mod sets;

pub use expected::{Expectations, Verdict};
pub use sets::{Script, folder, scripts};
