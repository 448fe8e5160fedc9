//! What the host holds on to.

use crate::Ref;
use std::sync::{Arc, Weak};

/// References that the host holds: in scopes that end in the order opposite to that in which they began, and owned
/// ones, which live as long as their owner.
///
/// No place is ever mistaken for another: each time that one is used anew, it is so under a new number.
#[derive(Default)]
pub struct Roots {
    scoped: Vec<(Ref, u64)>,
    /// Counts the scopes that have ended, so that a handle that outlived its own is found out.
    generation: u64,
    owned: Vec<Owned>,
    /// Counts the owners, for the same reason.
    owners: u64,
    free: Vec<u32>,
    /// Look for owners that are gone when so many are there.
    threshold: usize,
}

/// A reference, its owner, and which one that is.
struct Owned {
    r: Ref,
    owner: Weak<()>,
    generation: u64,
}

/// Where a root is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RootIdx {
    generation: u64,
    index: u32,
    owned: bool,
}

impl Roots {
    /// Holds a reference until the innermost scope ends.
    #[inline]
    pub fn push(&mut self, r: Ref) -> RootIdx {
        let index = self.scoped.len() as u32;
        self.scoped.push((r, self.generation));
        RootIdx { generation: self.generation, index, owned: false }
    }

    /// The reference, if its scope has not ended and its owner is there.
    #[inline]
    pub fn get(&self, root: RootIdx) -> Option<Ref> {
        if root.owned {
            let Owned { r, owner, generation } = self.owned.get(root.index as usize)?;
            return (*generation == root.generation && owner.strong_count() > 0).then_some(*r);
        }
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
            self.generation += 1;
        }
    }

    /// Makes room for so many more references in scopes.
    pub fn reserve(&mut self, additional: usize) {
        self.scoped.reserve(additional);
    }

    /// Holds a reference as long as the owner lives; where it is.
    pub fn own(&mut self, r: Ref) -> (RootIdx, Arc<()>) {
        let owner = Arc::new(());
        self.owners += 1;
        let generation = self.owners;
        let root = Owned { r, owner: Arc::downgrade(&owner), generation };
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
        (RootIdx { generation, index, owned: true }, owner)
    }

    /// Forgets the references of owners that are gone.
    fn trim(&mut self) {
        for (i, root) in self.owned.iter_mut().enumerate() {
            if root.owner.strong_count() == 0 && !root.r.is_null() {
                root.r = Ref::NULL;
                self.free.push(i as u32);
            }
        }
        self.threshold = (self.owned.len() - self.free.len()) * 2;
    }

    /// Every reference that is held.
    pub(super) fn visit(&mut self, mut f: impl FnMut(Ref)) {
        self.trim();
        self.scoped.iter().for_each(|(r, _)| f(*r));
        self.owned.iter().for_each(|root| f(root.r));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_that_is_gone_holds_nothing() {
        let mut roots = Roots::default();
        let (first, owner) = roots.own(Ref::i31(1));
        assert_eq!(roots.get(first), Some(Ref::i31(1)));
        drop(owner);
        assert_eq!(roots.get(first), None, "not trimmed yet");
        let mut held = Vec::new();
        roots.visit(|r| held.push(r));
        assert_eq!(held, [Ref::NULL]);
        let (second, _owner) = roots.own(Ref::i31(2));
        assert_eq!(second.index, first.index);
        assert_eq!([first, second].map(|root| roots.get(root)), [None, Some(Ref::i31(2))]);
    }
}
