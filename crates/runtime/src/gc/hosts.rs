//! Values of the host that guests hold references to.

use crate::HostAddr;
use std::any::Any;

type Value = Box<dyn Any + Send + Sync>;

/// Values of the host, by address. Those that nobody can reach are dropped by a collection, and their addresses given
/// to others.
#[derive(Default)]
pub(crate) struct Hosts {
    values: Vec<Option<Value>>,
    free: Vec<u32>,
    marks: Vec<bool>,
    /// When to collect: if so many are there.
    threshold: usize,
}

/// So many are always there before it is worth to look which can be dropped.
const MIN_THRESHOLD: usize = 1 << 12;

impl Hosts {
    /// Is it time for a collection before one more is added?
    pub(crate) fn is_due(&self) -> bool {
        self.free.is_empty() && self.values.len() >= self.threshold.max(MIN_THRESHOLD)
    }

    pub(crate) fn push(&mut self, value: Value) -> HostAddr {
        match self.free.pop() {
            Some(i) => {
                self.values[i as usize] = Some(value);
                HostAddr(i)
            }
            None => {
                self.values.push(Some(value));
                HostAddr::from(self.values.len() - 1)
            }
        }
    }

    pub(crate) fn get(&self, a: HostAddr) -> Option<&(dyn Any + Send + Sync)> {
        self.values.get(a.index())?.as_deref()
    }

    pub(crate) fn get_mut(&mut self, a: HostAddr) -> Option<&mut (dyn Any + Send + Sync)> {
        self.values.get_mut(a.index())?.as_deref_mut()
    }

    /// Before a collection: nothing is marked.
    pub(super) fn unmark(&mut self) {
        self.marks.clear();
        self.marks.resize(self.values.len(), false);
    }

    /// Notes that a value can be reached, if there is one at that address.
    pub(super) fn mark(&mut self, a: HostAddr) {
        if let Some(mark) = self.marks.get_mut(a.index()) {
            *mark = true;
        }
    }

    /// Takes out the values that are not marked, for the caller to drop.
    pub(super) fn sweep(&mut self) -> Vec<Value> {
        let mut dead = Vec::new();
        for (i, mark) in self.marks.iter().enumerate() {
            if !mark && let Some(value) = self.values[i].take() {
                dead.push(value);
                self.free.push(i as u32);
            }
        }
        self.threshold = (self.values.len() - self.free.len()) * 2;
        dead
    }
}
