//! Exceptions: throwing them, and finding out who handles them.

use super::Reference;
use super::code::Op;
use super::exec::Frame;
use crate::engine::Word;
use terrane_runtime::Trap;
use terrane_syntax::{Catch, Instr, LabelIdx, TagIdx};

/// What ends the execution of a function, if nobody handles it.
pub(crate) enum Stop {
    Trap(Trap),
    /// An exception of the store.
    Exception(usize),
}

impl From<Trap> for Stop {
    fn from(trap: Trap) -> Self {
        Self::Trap(trap)
    }
}

impl Frame<'_> {
    /// Does an instruction on exceptions, if it is one. References to them are an index plus one, or 0.
    pub(super) fn exceptions(
        &mut self,
        store: &mut Reference,
        at: usize,
        instr: Instr<'static>,
    ) -> Result<bool, Stop> {
        match instr {
            Instr::Throw { x } => {
                let tag = self.tag(store, x);
                let payload = self.stack.split_off(self.stack.len() - store.tags[tag].len());
                store.exns.push((tag, payload));
                return Err(Stop::Exception(store.exns.len() - 1));
            }
            Instr::ThrowRef {} => {
                let exn = (self.pop() as usize).checked_sub(1).ok_or(Trap::NullExceptionReference)?;
                return Err(Stop::Exception(exn));
            }
            Instr::Rethrow { l } => {
                let label = &self.labels[self.labels.len() - 1 - l.index()];
                return Err(Stop::Exception(label.handled.expect("valid code")));
            }
            Instr::Try { bt } => self.enter(store, at, bt, false),
            // The end of the body or of a handler: on to the block's `end`.
            Instr::Catch { .. } | Instr::CatchAll {} => {
                let at = self.labels[self.labels.len() - 1].at;
                self.pc = self.code.blocks[&at].1;
            }
            Instr::Delegate { .. } => _ = self.labels.pop(),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn tag(&self, store: &Reference, x: TagIdx) -> usize {
        store.modules[self.instance].tags[x.index()]
    }

    /// Goes on where an exception is handled, from the innermost label outwards, or gives it back.
    pub(super) fn handle(&mut self, store: &Reference, exn: usize) -> Result<(), Stop> {
        let (tag, payload) = &store.exns[exn];
        let mut i = self.labels.len();
        while i > 1 {
            i -= 1;
            let (at, height) = (self.labels[i].at, self.labels[i].height);
            if let Op::TryTable(_, cs) = &self.code.ops[at] {
                for c in cs {
                    let (x, with_ref, l) = match *c {
                        Catch::Catch { tag, label } => (Some(tag), false, label),
                        Catch::CatchRef { tag, label } => (Some(tag), true, label),
                        Catch::CatchAll { label } => (None, false, label),
                        Catch::CatchAllRef { label } => (None, true, label),
                    };
                    if x.is_none_or(|x| self.tag(store, x) == *tag) {
                        self.labels.truncate(i);
                        self.stack.truncate(height);
                        self.stack.extend(x.iter().flat_map(|_| payload));
                        self.stack.extend(with_ref.then_some(exn as Word + 1));
                        self.branch(l);
                        return Ok(());
                    }
                }
                continue;
            }
            let Some(try_) = self.code.tries.get(&at).filter(|_| self.labels[i].handled.is_none()) else {
                continue;
            };
            if let Some(LabelIdx(l)) = try_.delegate {
                // As if it had been thrown in that block.
                i -= l as usize;
                continue;
            }
            let fits = |x: &Option<TagIdx>| x.is_none_or(|x| self.tag(store, x) == *tag);
            if let Some((x, at)) = try_.handlers.iter().find(|(x, _)| fits(x)) {
                self.labels.truncate(i + 1);
                self.labels[i].handled = Some(exn);
                self.stack.truncate(height);
                self.stack.extend(x.iter().flat_map(|_| payload));
                self.pc = at + 1;
                return Ok(());
            }
        }
        Err(Stop::Exception(exn))
    }
}
