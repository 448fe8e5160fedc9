//! The locals of a function: their types, and which of them have been set.

use alloc::vec::Vec;
use terrane_syntax::LocalIdx;

use crate::context::BitSet;
use crate::packed::Packed;

/// How many locals are found by index; those beyond are found by bisection, so that a few bytes that
/// declare many locals cost little.
const NEAR: usize = 512;

/// The locals of a function, parameters first.
#[derive(Debug, Default)]
pub(crate) struct Locals {
    /// The types of the first locals.
    near: Vec<Packed>,
    /// Runs of locals of one type: the index behind the last, and the type.
    runs: Vec<(u32, Packed)>,
    params: u32,
    /// Those without a default value that have been set.
    initialised: BitSet,
}

impl Locals {
    /// Forgets everything but the allocations.
    pub(crate) fn clear(&mut self) {
        self.near.clear();
        self.runs.clear();
        self.initialised.clear();
        self.params = 0;
    }

    /// Appends parameters: they come first, and have values.
    pub(crate) fn push_params(&mut self, params: &[Packed]) {
        for t in params {
            self.push(1, *t);
        }
        self.params = params.len() as u32;
    }

    /// Appends `count` locals. The caller sees to it that there are not too many.
    pub(crate) fn push(&mut self, count: u32, t: Packed) {
        if count == 0 {
            return;
        }
        let near = NEAR.saturating_sub(self.near.len()).min(count as usize);
        self.near.resize(self.near.len() + near, t);
        self.runs.push((self.len() + count, t));
    }

    pub(crate) fn len(&self) -> u32 {
        self.runs.last().map_or(0, |run| run.0)
    }

    /// The type of a local.
    #[inline]
    pub(crate) fn get(&self, x: LocalIdx) -> Option<Packed> {
        match self.near.get(x.index()) {
            Some(t) => Some(*t),
            None => self.get_far(x),
        }
    }

    #[inline(never)]
    fn get_far(&self, x: LocalIdx) -> Option<Packed> {
        let i = self.runs.partition_point(|run| run.0 <= x.0);
        self.runs.get(i).map(|run| run.1)
    }

    /// Has a local without default value got one?
    pub(crate) fn is_initialised(&self, x: LocalIdx) -> bool {
        x.0 < self.params || self.initialised.contains(x.0)
    }

    pub(crate) fn initialise(&mut self, x: LocalIdx) {
        self.initialised.insert(x.0);
    }

    pub(crate) fn reset(&mut self, x: LocalIdx) {
        self.initialised.remove(x.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_and_far_locals_are_found() {
        let mut locals = Locals::default();
        locals.push_params(&[Packed::I64]);
        locals.push(600, Packed::I32);
        locals.push(0, Packed::V128);
        locals.push(49_000, Packed::F64);
        let at = |x| locals.get(LocalIdx(x));
        assert_eq!(at(0), Some(Packed::I64));
        assert_eq!(at(1), Some(Packed::I32));
        assert_eq!(at(511), Some(Packed::I32));
        assert_eq!(at(512), Some(Packed::I32));
        assert_eq!(at(600), Some(Packed::I32));
        assert_eq!(at(601), Some(Packed::F64));
        assert_eq!(at(49_600), Some(Packed::F64));
        assert_eq!(at(49_601), None);
        assert_eq!(at(u32::MAX), None);
        assert_eq!(locals.len(), 49_601);
    }
}
