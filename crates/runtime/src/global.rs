//! Global instances.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/runtime.html#global-instances)

use crate::RawVal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use terrane_syntax::types::GlobalType;

/// A global in a store: a cell that all who import it share.
///
/// Invariant *live-cell*: a global of one word can be shared with the host and with other stores, and so with other
/// threads; all accesses to its value are atomic, in any order. One of two words belongs to one store.
#[repr(C, align(16))]
#[derive(Debug)]
pub struct GlobalInst {
    /// Its value. First, so that a pointer to the instance is one to the value.
    value: [AtomicU64; 2],
    /// Its type, closed.
    pub ty: GlobalType,
}

impl GlobalInst {
    /// One of type `ty` that holds `value`.
    pub fn new(ty: GlobalType, value: RawVal) -> Self {
        Self { value: value.0.map(AtomicU64::new), ty }
    }

    /// What it holds.
    #[inline]
    pub fn get(&self) -> RawVal {
        RawVal(self.value.each_ref().map(|word| word.load(Relaxed)))
    }

    /// Makes it hold `value`, which is of its type.
    #[inline]
    pub fn set(&self, value: RawVal) {
        for (word, new) in self.value.iter().zip(value.0) {
            word.store(new, Relaxed);
        }
    }
}

/// The globals of a store, each at one place for as long as it has an owner: the store is one.
#[derive(Default)]
pub(crate) struct Globals(Vec<Arc<GlobalInst>>);

impl Globals {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn get(&self, i: usize) -> &Arc<GlobalInst> {
        &self.0[i]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &GlobalInst> {
        self.0.iter().map(|global| &**global)
    }

    pub(crate) fn push(&mut self, global: Arc<GlobalInst>) -> usize {
        self.0.push(global);
        self.0.len() - 1
    }
}
