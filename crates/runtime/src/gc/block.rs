//! Blocks: where objects are.
//!
//! Invariant *cells*: from [`FIRST`] to `bump` a block is a row of cells of `cell` bytes, each either an object or, by
//! its id, free; behind that it is untouched. A block for one large object has one cell.

use super::object::{FREE, Object};
use std::alloc::{Layout as Memory, alloc, dealloc};
use std::ptr::NonNull;

/// Blocks begin at multiples of this, and those for small objects are of this size.
pub(super) const BLOCK: usize = 1 << 16;
/// Cells begin at multiples of this.
pub(super) const GRAIN: usize = 16;
/// Where in a block the first cell is.
pub(super) const FIRST: usize = size_of::<Block>().next_multiple_of(GRAIN);
/// How many bytes of cells are made ready at a time in an untouched block: what nobody needs is not touched.
const CHUNK: usize = 4096;

/// The head of a block.
#[repr(C, align(16))]
pub(super) struct Block {
    /// Bytes from one cell to the next.
    pub(super) cell: usize,
    /// Bytes of the block.
    pub(super) bytes: usize,
    /// Where cells that were never used begin, in bytes from the start of the block.
    bump: usize,
    /// A bit for every grain: is the object that begins there reachable?
    marks: [u64; BLOCK / GRAIN / 64],
}

/// A free cell.
#[repr(C)]
pub(super) struct Free {
    pub(super) next: *mut Free,
    id: u32,
}

impl Free {
    /// Makes a cell a free one.
    ///
    /// # Safety
    /// Nobody uses the cell.
    unsafe fn put(at: *mut Self, next: *mut Self) {
        // SAFETY: the caller's; cells are at least of this size.
        unsafe { at.write(Self { next, id: FREE }) }
    }
}

fn memory(bytes: usize) -> Option<Memory> {
    Memory::from_size_align(bytes, BLOCK).ok()
}

impl Block {
    /// A block for cells of that many bytes, or for one that is larger than a block.
    pub(super) fn new(cell: usize) -> Option<NonNull<Self>> {
        let bytes = BLOCK.max(cell.checked_add(FIRST)?);
        // SAFETY: it is not empty.
        let block = NonNull::new(unsafe { alloc(memory(bytes)?) })?.cast::<Self>();
        block.as_ptr().expose_provenance();
        // SAFETY: just made, and large enough for the head.
        unsafe { block.write(Self { cell, bytes, bump: FIRST, marks: [0; _] }) };
        Some(block)
    }

    /// Gives the block's memory back.
    ///
    /// # Safety
    /// Nobody uses it any more.
    pub(super) unsafe fn free(this: NonNull<Self>) {
        // SAFETY: the caller's; it came from `new`.
        unsafe {
            let memory = memory(this.as_ref().bytes).expect("as it was made");
            dealloc(this.as_ptr().cast(), memory);
        }
    }

    /// The block that a cell is in.
    pub(super) fn of(object: *const Object) -> *mut Self {
        object.map_addr(|at| at & !(BLOCK - 1)).cast::<Self>().cast_mut()
    }

    /// Is there an object at that offset from the start of the block?
    ///
    /// # Safety
    /// It is a block.
    pub(super) unsafe fn has_object(this: *const Self, offset: usize) -> bool {
        let Some(from) = offset.checked_sub(FIRST) else { return false };
        // SAFETY: the caller's; *cells*.
        unsafe {
            offset < (*this).bump
                && from % (*this).cell == 0
                && (*this.byte_add(offset).cast::<Object>()).id() != FREE
        }
    }

    /// Marks the object at that offset; was it unmarked?
    pub(super) fn mark(&mut self, offset: usize) -> bool {
        let (i, bit) = (offset / GRAIN / 64, 1 << (offset / GRAIN % 64));
        let new = self.marks[i] & bit == 0;
        self.marks[i] |= bit;
        new
    }

    fn is_marked(&self, offset: usize) -> bool {
        self.marks[offset / GRAIN / 64] & 1 << (offset / GRAIN % 64) != 0
    }

    /// Is there a mark?
    pub(super) fn is_marked_anywhere(&self) -> bool {
        self.marks.iter().any(|marks| *marks != 0)
    }

    /// Forgets all marks; was there one?
    pub(super) fn unmark(&mut self) -> bool {
        let any = self.is_marked_anywhere();
        self.marks = [0; _];
        any
    }

    /// Makes the block one of untouched cells of that many bytes.
    pub(super) fn reset(&mut self, cell: usize) {
        (self.cell, self.bump) = (cell, FIRST);
    }

    /// Frees the cells that are not marked, and forgets the marks: the free ones, linked in order, how many they
    /// are, and whether any cell is in use.
    ///
    /// # Safety
    /// Nobody uses the objects that are not marked.
    pub(super) unsafe fn sweep(this: NonNull<Self>) -> (*mut Free, usize, bool) {
        // SAFETY: *cells*; the caller's.
        unsafe {
            let block = this.as_ptr();
            let (mut free, mut n, mut used) = (std::ptr::null_mut(), 0, false);
            let mut offset = (*block).bump;
            while offset > FIRST {
                offset -= (*block).cell;
                if (*block).is_marked(offset) {
                    used = true;
                } else {
                    let at = block.byte_add(offset).cast();
                    Free::put(at, free);
                    (free, n) = (at, n + 1);
                }
            }
            (*block).marks = [0; _];
            (free, n, used)
        }
    }

    /// Makes some of the untouched cells free ones; they, linked in order, or null if there are none left, and how
    /// many they are.
    ///
    /// # Safety
    /// The block is the caller's to change.
    pub(super) unsafe fn touch(this: NonNull<Self>) -> (*mut Free, usize) {
        // SAFETY: *cells*.
        unsafe {
            let block = this.as_ptr();
            let (cell, start) = ((*block).cell, (*block).bump);
            let fit = ((*block).bytes - start) / cell;
            let n = fit.min((CHUNK / cell).max(1));
            (*block).bump = start + n * cell;
            let mut free = std::ptr::null_mut();
            for i in (0..n).rev() {
                let at = block.byte_add(start + i * cell).cast();
                Free::put(at, free);
                free = at;
            }
            (free, n)
        }
    }
}
