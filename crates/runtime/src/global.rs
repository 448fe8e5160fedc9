//! Global instances.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/runtime.html#global-instances)

use crate::RawVal;
use terrane_syntax::types::GlobalType;

/// A global in a store: a cell that all who import it share.
#[repr(C)]
pub struct GlobalInst {
    /// Its value. First, so that a pointer to the instance is one to the value.
    pub value: RawVal,
    /// Its type, closed.
    pub ty: GlobalType,
}
