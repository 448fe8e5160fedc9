//! Immediates of instructions that are more than an index or a type.
//!
//! [Spec](https://webassembly.github.io/spec/core/syntax/instructions.html)

use crate::{LabelIdx, MemIdx, TagIdx};

/// Where a memory instruction accesses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MemArg {
    /// Added to the address, in bytes.
    pub offset: u64,
    /// The memory.
    pub memory: MemIdx,
    /// Base-two logarithm of the alignment that the address is expected to have.
    pub align: u32,
}

/// A handler of `try_table`.
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/instructions.html#control-instructions)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Catch {
    /// Exceptions of a tag, by their values.
    Catch {
        /// The tag.
        tag: TagIdx,
        /// Where to go.
        label: LabelIdx,
    },
    /// Exceptions of a tag, by their values and themselves.
    CatchRef {
        /// The tag.
        tag: TagIdx,
        /// Where to go.
        label: LabelIdx,
    },
    /// All exceptions.
    CatchAll {
        /// Where to go.
        label: LabelIdx,
    },
    /// All exceptions, themselves.
    CatchAllRef {
        /// Where to go.
        label: LabelIdx,
    },
}
