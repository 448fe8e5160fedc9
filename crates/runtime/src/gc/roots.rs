//! What the host holds on to.

use crate::Ref;
use std::sync::{Arc, Weak};

/// References that the host holds: in scopes that end in the order opposite to that in which they began, and owned
/// ones, which live as long as their owner.
#[derive(Default)]
pub struct Roots {
    scoped: Vec<(Ref, u32)>,
    /// Counts the scopes that have ended, so that a handle that outlived its own is found out.
    generation: u32,
    owned: Vec<(Ref, Weak<()>)>,
    free: Vec<u32>,
    /// Look for owners that are gone when so many are there.
    threshold: usize,
}

/// Where a root of a scope is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RootIdx {
    index: u32,
    generation: u32,
}

impl Roots {
    /// Holds a reference until the innermost scope ends.
    #[inline]
    pub fn push(&mut self, r: Ref) -> RootIdx {
        let index = self.scoped.len() as u32;
        self.scoped.push((r, self.generation));
        RootIdx { index, generation: self.generation }
    }

    /// The reference, if its scope has not ended.
    #[inline]
    pub fn get(&self, root: RootIdx) -> Option<Ref> {
        let (r, generation) = *self.scoped.get(root.index as usize)?;
        (generation == root.generation).then_some(r)
    }

    /// Begins a scope: what to end it with.
    #[inline]
    pub fn open(&self) -> usize {
        self.scoped.len()
    }

    /// Ends the scope that [`open`](Self::open) began: what was pushed since then is held no longer.
    #[inline]
    pub fn close(&mut self, scope: usize) {
        if self.scoped.len() > scope {
            self.scoped.truncate(scope);
            self.generation = self.generation.wrapping_add(1);
        }
    }

    /// Holds a reference as long as the owner lives; where it is.
    pub fn own(&mut self, r: Ref) -> (u32, Arc<()>) {
        let owner = Arc::new(());
        let root = (r, Arc::downgrade(&owner));
        if self.free.is_empty() && self.owned.len() >= self.threshold.max(64) {
            self.trim();
        }
        let index = match self.free.pop() {
            Some(i) => {
                self.owned[i as usize] = root;
                i
            }
            None => {
                self.owned.push(root);
                self.owned.len() as u32 - 1
            }
        };
        (index, owner)
    }

    /// The reference that an owner holds.
    ///
    /// # Panics
    /// If the owner is not of these roots.
    pub fn owned(&self, index: u32) -> Ref {
        self.owned[index as usize].0
    }

    /// Forgets the references of owners that are gone.
    fn trim(&mut self) {
        for (i, (r, owner)) in self.owned.iter_mut().enumerate() {
            if owner.strong_count() == 0 && !r.is_null() {
                *r = Ref::NULL;
                self.free.push(i as u32);
            }
        }
        self.threshold = (self.owned.len() - self.free.len()) * 2;
    }

    /// Every reference that is held.
    pub(super) fn visit(&mut self, mut f: impl FnMut(Ref)) {
        self.trim();
        self.scoped.iter().for_each(|(r, _)| f(*r));
        self.owned.iter().for_each(|(r, _)| f(*r));
    }
}
