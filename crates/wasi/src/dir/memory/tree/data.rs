//! What is in files.

use super::{NodeKind, Tree};
use crate::types::{Errno, Result};

impl Tree {
    pub(in super::super) fn read(&mut self, ino: u64, into: &mut [u8], at: u64) -> Result<usize> {
        let now = (self.clock)();
        let node = self.node_mut(ino)?;
        let NodeKind::File(bytes) = &node.kind else { return Err(Errno::IsDir) };
        let from = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
        let len = into.len().min(bytes.len() - from);
        into[..len].copy_from_slice(&bytes[from..from + len]);
        node.atim = now;
        Ok(len)
    }

    /// Writes at a place or at the end: how much, and where the end of it is.
    pub(in super::super) fn write(&mut self, ino: u64, from: &[u8], at: Option<u64>) -> Result<(usize, u64)> {
        let NodeKind::File(bytes) = &self.node(ino)?.kind else { return Err(Errno::IsDir) };
        let (size, at) = (bytes.len() as u64, at.unwrap_or(bytes.len() as u64));
        let end = at.checked_add(from.len() as u64).ok_or(Errno::FBig)?;
        if from.is_empty() {
            return Ok((0, at));
        }
        if end > size {
            self.set_size(ino, end)?;
        }
        let now = (self.clock)();
        let node = self.node_mut(ino)?;
        if let NodeKind::File(bytes) = &mut node.kind {
            bytes[at as usize..end as usize].copy_from_slice(from);
        }
        (node.mtim, node.ctim) = (now, now);
        Ok((from.len(), end))
    }

    pub(in super::super) fn set_size(&mut self, ino: u64, size: u64) -> Result {
        let size = usize::try_from(size).map_err(|_| Errno::FBig)?;
        let NodeKind::File(bytes) = &self.node(ino)?.kind else { return Err(Errno::IsDir) };
        let old = bytes.len();
        let (more, less) = (size.saturating_sub(old), old.saturating_sub(size));
        self.take(more)?;
        let now = (self.clock)();
        let node = self.nodes.get_mut(&ino).ok_or(Errno::NoEnt)?;
        let NodeKind::File(bytes) = &mut node.kind else { return Err(Errno::IsDir) };
        let reserved = bytes.try_reserve(more).map_err(|_| Errno::NoSpc);
        self.used = self.used.saturating_sub(if reserved.is_ok() { less } else { more });
        reserved?;
        bytes.resize(size, 0);
        (node.mtim, node.ctim) = (now, now);
        Ok(())
    }
}
