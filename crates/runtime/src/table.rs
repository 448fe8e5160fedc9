//! Table instances.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/runtime.html#table-instances)

use crate::{Ref, Trap};
use terrane_syntax::limits;
use terrane_syntax::types::TableType;

/// A table in a store.
pub struct TableInst {
    ty: TableType,
    elems: Vec<Ref>,
}

impl TableInst {
    /// A table of the type's minimal size, every element `init`; `None` if there is no room for it.
    pub fn new(ty: TableType, init: Ref) -> Option<Self> {
        let mut table = Self { ty, elems: Vec::new() };
        table.extend(ty.limits.min, init)?;
        Some(table)
    }

    /// Its type, with the minimum it has grown to.
    pub fn ty(&self) -> TableType {
        let mut ty = self.ty;
        ty.limits.min = self.size();
        ty
    }

    /// Number of elements.
    #[inline]
    pub fn size(&self) -> u64 {
        self.elems.len() as u64
    }

    /// All elements.
    #[inline]
    pub fn elems(&self) -> &[Ref] {
        &self.elems
    }

    /// The most elements it may ever have.
    pub fn maximum(&self) -> u64 {
        self.ty.limits.max.unwrap_or(u64::MAX).min(limits::TABLE_SIZE)
    }

    fn extend(&mut self, delta: u64, init: Ref) -> Option<()> {
        let size = self.size().checked_add(delta).filter(|size| *size <= self.maximum())?;
        let delta = usize::try_from(delta).ok()?;
        self.elems.try_reserve(delta).ok()?;
        self.elems.resize(size as usize, init);
        Some(())
    }

    /// Adds `delta` elements; the size before, or `None` if that is not possible.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/exec/modules.html#growing-tables)
    pub fn grow(&mut self, delta: u64, init: Ref) -> Option<u64> {
        let size = self.size();
        self.extend(delta, init).map(|()| size)
    }

    /// The element at `i`.
    ///
    /// # Errors
    /// If there is none.
    #[inline]
    pub fn get(&self, i: u64) -> Result<Ref, Trap> {
        let i = usize::try_from(i).map_err(|_| Trap::OutOfBoundsTableAccess)?;
        self.elems.get(i).copied().ok_or(Trap::OutOfBoundsTableAccess)
    }

    /// Writes the element at `i`.
    ///
    /// # Errors
    /// If there is none.
    #[inline]
    pub fn set(&mut self, i: u64, r: Ref) -> Result<(), Trap> {
        let elem = usize::try_from(i).ok().and_then(|i| self.elems.get_mut(i));
        *elem.ok_or(Trap::OutOfBoundsTableAccess)? = r;
        Ok(())
    }

    /// `table.fill`
    ///
    /// # Errors
    /// If the range is not inside the table; nothing is written then.
    pub fn fill(&mut self, i: u64, r: Ref, n: u64) -> Result<(), Trap> {
        let range = range(i, n, self.elems.len())?;
        self.elems[range].fill(r);
        Ok(())
    }

    /// `table.init`: copies `n` of `refs` from `s` on to `d`.
    ///
    /// # Errors
    /// If a range is not inside its side; nothing is written then.
    pub fn init(&mut self, d: u64, refs: &[Ref], s: u64, n: u64) -> Result<(), Trap> {
        let from = range(s, n, refs.len())?;
        let to = range(d, n, self.elems.len())?;
        self.elems[to].copy_from_slice(&refs[from]);
        Ok(())
    }

    /// `table.copy` inside one table.
    ///
    /// # Errors
    /// If a range is not inside the table; nothing is written then.
    pub fn copy_within(&mut self, d: u64, s: u64, n: u64) -> Result<(), Trap> {
        let from = range(s, n, self.elems.len())?;
        let to = range(d, n, self.elems.len())?;
        self.elems.copy_within(from, to.start);
        Ok(())
    }
}

/// `i .. i + n`, if that lies in `0 .. len`.
fn range(i: u64, n: u64, len: usize) -> Result<std::ops::Range<usize>, Trap> {
    match i.checked_add(n) {
        Some(end) if end <= len as u64 => Ok(i as usize..end as usize),
        _ => Err(Trap::OutOfBoundsTableAccess),
    }
}
