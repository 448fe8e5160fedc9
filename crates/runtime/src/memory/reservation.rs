//! Reserved address space, on 64-bit Unix hosts.

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};
use std::ops::Range;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering};

/// As much as this stays committed when a reservation is cleared for its next user: zeroing few bytes is
/// cheaper than giving their pages back and taking new ones.
const KEPT: usize = 1 << 16;

/// Who is given so many bytes at once is given large pages, if the host has such: taking small ones one by one, as
/// they are first touched, takes longer than much of what is then done with them.
const LARGE: usize = 8 << 20;

/// A range of address space that belongs to one memory.
///
/// Invariant *reserved*: `size` and `committed` are multiples of the host's page size, and
/// `used <= committed <= size`; the `size` bytes from `base` are private anonymous mappings that nobody else
/// knows of, the first `committed` of them readable and writable, the others inaccessible. Users write to the
/// first `used` bytes only, so all others are zero.
#[derive(Debug)]
pub(super) struct Reservation {
    base: NonNull<u8>,
    size: usize,
    committed: usize,
    used: usize,
    _place: Place,
}

/// How many reservations a process has at most. Each takes two mappings, of which Linux by default allows 65,530: half
/// of them are left for everything else that needs some, such as threads and large allocations.
const MOST: usize = 1 << 14;

/// One of the places for reservations, taken.
#[derive(Debug)]
struct Place(());

static TAKEN: AtomicUsize = AtomicUsize::new(0);

impl Place {
    fn take() -> Option<Self> {
        // Given back if it is one too many.
        let before = TAKEN.fetch_add(1, Ordering::Relaxed);
        let place = Self(());
        (before < MOST).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        TAKEN.fetch_sub(1, Ordering::Relaxed);
    }
}

// SAFETY: what `base` points to belongs to the reservation alone, by *reserved*.
unsafe impl Send for Reservation {}

impl Reservation {
    /// Reserves at least `size` bytes, none of them committed. `None` if the host refuses, or `size` is 0.
    pub(super) fn new(size: usize) -> Option<Self> {
        let size = round_up(size)?;
        let place = Place::take()?;
        let flags = MapFlags::PRIVATE | no_reserve();
        // SAFETY: a new mapping where the host likes it touches no other.
        let base = unsafe { mmap_anonymous(ptr::null_mut(), size, ProtFlags::empty(), flags) }.ok()?;
        Some(Self { base: NonNull::new(base.cast())?, size, committed: 0, used: 0, _place: place })
    }

    /// The first byte. It stays where it is, except in [`Self::enlarge`].
    pub(super) fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// In bytes.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// How many bytes the user was given.
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// Gives the user the first `len` bytes. Does it succeed?
    #[must_use]
    pub(super) fn commit(&mut self, len: usize) -> bool {
        debug_assert!(len <= self.size);
        let done = len <= self.committed || self.make_accessible(len);
        if done {
            self.used = self.used.max(len);
        }
        done
    }

    fn make_accessible(&mut self, len: usize) -> bool {
        debug_assert!(self.committed < len && len <= self.size);
        let Some(committed) = round_up(len) else { return false };
        // SAFETY: `committed <= size`, as both are rounded up to the host's page size; so this changes a part
        // of our own mapping, by *reserved*.
        let done = unsafe {
            let new = self.base.add(self.committed).as_ptr().cast();
            mprotect(new, committed - self.committed, MprotectFlags::READ | MprotectFlags::WRITE)
        };
        if done.is_ok() {
            if committed - self.committed >= LARGE {
                self.prefer_large_pages(self.committed..committed);
            }
            self.committed = committed;
        }
        done.is_ok()
    }

    #[cfg(target_os = "linux")]
    fn prefer_large_pages(&self, range: Range<usize>) {
        use rustix::mm::{Advice, madvise};
        // SAFETY: a part of our own mapping, by *reserved*, of which nothing is changed but how it is backed.
        let _ = unsafe {
            madvise(self.base.add(range.start).as_ptr().cast(), range.len(), Advice::LinuxHugepage)
        };
    }

    #[cfg(not(target_os = "linux"))]
    fn prefer_large_pages(&self, _: Range<usize>) {}

    /// Moves the committed bytes to a new reservation of at least `size` bytes. Does it succeed? If not,
    /// nothing has changed.
    #[must_use]
    pub(super) fn enlarge(&mut self, size: usize) -> bool {
        debug_assert!(size >= self.size);
        let Some(mut new) = Self::new(size) else { return false };
        if self.committed == 0 || !self.move_pages(&mut new) {
            if !new.commit(self.used) {
                return false;
            }
            // SAFETY: both are accessible that far by *reserved*, and disjoint.
            unsafe { ptr::copy_nonoverlapping(self.base.as_ptr(), new.base.as_ptr(), self.used) };
        }
        *self = new;
        true
    }

    /// Hands the committed pages to `new`, without copying what is in them. Does it succeed?
    #[cfg(target_os = "linux")]
    fn move_pages(&mut self, new: &mut Self) -> bool {
        use rustix::mm::{MremapFlags, mremap_fixed};
        debug_assert!(new.committed == 0 && self.committed <= new.size);
        let (from, to, len) = (self.base.as_ptr(), new.base.as_ptr(), self.committed);
        // SAFETY: both ranges belong to the two reservations alone, by *reserved*.
        let moved = unsafe { mremap_fixed(from.cast(), len, len, MremapFlags::MAYMOVE, to.cast()) };
        if moved.is_err() {
            return false;
        }
        (new.committed, new.used) = (len, self.used);
        // The pages have left a hole in `self`, which therefore ends where it began to be uncommitted.
        // SAFETY: `committed <= size` by *reserved*.
        self.base = unsafe { self.base.add(len) };
        (self.size, self.committed, self.used) = (self.size - len, 0, 0);
        true
    }

    #[cfg(not(target_os = "linux"))]
    fn move_pages(&mut self, _: &mut Self) -> bool {
        false
    }

    /// Takes all bytes from the user, makes them zero, and gives back the pages of most. Does it succeed? If
    /// not, drop the reservation.
    #[must_use]
    pub(super) fn clear(&mut self) -> bool {
        let kept = self.used.min(KEPT);
        if self.used > kept && !self.discard() {
            return false;
        }
        // SAFETY: that much is accessible, initialised, and the user's no more, by *reserved*.
        clear(unsafe { slice::from_raw_parts_mut(self.base.as_ptr(), kept) });
        self.used = 0;
        true
    }

    /// Makes the bytes from `KEPT` on zero, and gives back their pages. They stay accessible: measured, that
    /// is six times as fast as making a memory of 1 MiB accessible anew. Does it succeed?
    #[cfg(target_os = "linux")]
    fn discard(&mut self) -> bool {
        use rustix::mm::{Advice, madvise};
        debug_assert!(KEPT < self.used && KEPT.is_multiple_of(rustix::param::page_size()));
        // SAFETY: a part of our own mapping, by *reserved*, whose pages become zeros.
        unsafe {
            let rest = self.base.add(KEPT).as_ptr().cast();
            madvise(rest, self.used - KEPT, Advice::LinuxDontNeed).is_ok()
        }
    }

    /// Makes the bytes from `KEPT` on zero, and gives back their pages. Does it succeed?
    #[cfg(not(target_os = "linux"))]
    fn discard(&mut self) -> bool {
        debug_assert!(KEPT < self.used && KEPT.is_multiple_of(rustix::param::page_size()));
        let flags = MapFlags::PRIVATE | MapFlags::FIXED | no_reserve();
        // SAFETY: this replaces a part of our own mapping, by *reserved*.
        let done = unsafe {
            let rest = self.base.add(KEPT).as_ptr().cast();
            mmap_anonymous(rest, self.committed - KEPT, ProtFlags::empty(), flags)
        };
        if done.is_ok() {
            self.committed = KEPT;
        }
        done.is_ok()
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.size > 0 {
            // SAFETY: the range is ours alone, by *reserved*, and whoever borrowed from it is gone.
            let done = unsafe { munmap(self.base.as_ptr().cast(), self.size) };
            debug_assert!(done.is_ok(), "munmap of a mapping of ours: {done:?}");
        }
    }
}

/// Makes bytes zero that for the most part are: many a memory is hardly written to. Measured, reading 64 KiB of zeros
/// takes a third of the time that writing them takes, and what was never written to needs no pages.
fn clear(bytes: &mut [u8]) {
    for chunk in bytes.chunks_mut(1 << 12) {
        // All bytes are the next one, and the last one is zero: a comparison of slices is the fastest loop there is.
        let (last, rest) = (chunk.len() - 1, &chunk[1..]);
        if chunk[last] != 0 || chunk[..last] != *rest {
            chunk.fill(0);
        }
    }
}

/// The next multiple of the host's page size; `None` if there is none.
fn round_up(len: usize) -> Option<usize> {
    len.checked_next_multiple_of(rustix::param::page_size())
}

/// Where the host can be told not to set memory aside for what may never be touched, this tells it.
fn no_reserve() -> MapFlags {
    cfg_select! {
        any(target_os = "linux", target_os = "android", target_vendor = "apple", target_os = "netbsd") => {
            MapFlags::NORESERVE
        }
        _ => MapFlags::empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads byte `at`.
    fn get(r: &Reservation, at: usize) -> u8 {
        assert!(at < r.committed);
        // SAFETY: committed.
        unsafe { r.base.add(at).read() }
    }

    /// Writes byte `at`.
    fn set(r: &mut Reservation, at: usize, byte: u8) {
        assert!(at < r.committed);
        // SAFETY: committed.
        unsafe { r.base.add(at).write(byte) }
    }

    #[test]
    fn nothing_cannot_be_reserved() {
        assert!(Reservation::new(0).is_none());
    }

    #[test]
    fn too_much_cannot_be_reserved() {
        assert!(Reservation::new(isize::MAX as usize).is_none());
        assert!(Reservation::new(usize::MAX).is_none());
    }

    #[test]
    fn commits_keep_what_is_there() {
        let mut r = Reservation::new(1 << 32).unwrap();
        assert!(r.commit(1));
        set(&mut r, 0, 7);
        assert!(r.commit(1 << 20));
        assert_eq!((get(&r, 0), get(&r, (1 << 20) - 1)), (7, 0));
        assert!(r.commit(1 << 32));
        assert_eq!(get(&r, (1 << 32) - 1), 0);
    }

    #[test]
    fn cleared_is_as_new() {
        for len in [1, KEPT, KEPT + 1, 10 * KEPT] {
            let mut r = Reservation::new(1 << 24).unwrap();
            assert!(r.commit(len));
            for at in [0, len / 2, len - 1] {
                set(&mut r, at, 9);
            }
            assert!(r.clear());
            assert_eq!(r.used(), 0);
            assert!(r.commit(len));
            assert!((0..len).all(|at| get(&r, at) == 0));
        }
    }

    #[test]
    fn enlarging_moves_the_contents() {
        for len in [0, 1, 5 << 16] {
            let mut r = Reservation::new(5 << 16).unwrap();
            assert!(r.commit(len));
            (0..len).for_each(|at| set(&mut r, at, at as u8));
            assert!(r.enlarge(1 << 30));
            assert!(r.size() >= 1 << 30 && r.commit(1 << 30));
            assert!((0..len).all(|at| get(&r, at) == at as u8));
            assert_eq!(get(&r, (1 << 30) - 1), 0);
        }
    }

    #[test]
    fn a_refused_enlargement_changes_nothing() {
        let mut r = Reservation::new(1 << 16).unwrap();
        assert!(r.commit(1));
        set(&mut r, 0, 3);
        assert!(!r.enlarge(isize::MAX as usize));
        assert_eq!((get(&r, 0), r.size()), (3, 1 << 16));
    }
}
