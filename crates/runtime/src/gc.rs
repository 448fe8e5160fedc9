//! The heap of structures, arrays and exceptions, and the collector that frees what nobody can reach.
//!
//! Objects never move. Small ones live in blocks of cells of one size, large ones in blocks of their own. A
//! collection marks what can be reached from the roots (the store's globals, tables and element segments, the host's
//! [`Roots`], and the stacks of guests) and then sweeps: a block at a time, when cells of its size are needed.
//!
//! Stacks are scanned conservatively: a word that looks like a reference to an object which is there keeps it. All
//! else is scanned precisely, by type.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/runtime.html#heap-allocations)

mod access;
mod block;
mod collect;
mod heap;
mod hosts;
mod layout;
mod object;
mod roots;
#[cfg(test)]
mod tests;

pub use collect::SuspendedFrames;
pub(crate) use heap::LazyHeap;
pub use heap::{CLASSES, class_of};
pub(crate) use hosts::Hosts;
pub use layout::{Field, Layout, Shape};
pub use object::Object;
pub use roots::{RootIdx, Roots};
