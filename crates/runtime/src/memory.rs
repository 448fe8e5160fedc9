//! Memories.
//!
//! A memory has address space reserved for all it can become, where the host allows it, so that growing
//! neither moves nor copies it, and what was never touched costs nothing. Otherwise it is a growable buffer.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/runtime.html#memory-instances)

mod atomic;
mod buffer;
mod bytes;
mod config;
mod pool;
#[cfg_attr(not(all(unix, target_pointer_width = "64", not(miri))), path = "memory/no_reservation.rs")]
mod reservation;
mod space;
mod wait;

#[cfg(test)]
mod tests;

pub use atomic::AtomicNum;
pub use config::MemConfig;
pub use wait::{Sleeper, Wait};

use crate::Trap;
use space::Space;
use std::{
    fmt, ptr, slice,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicPtr, AtomicUsize, Ordering},
    },
};
use terrane_syntax::types::{Limits, MemType};
use wait::Waiters;

/// Why a memory cannot be made, or cannot grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MemError {
    /// More than the memory's type, or any memory with such addresses, allows.
    #[error("memory size must be at most {max} pages of {page_size} bytes, found {pages}")]
    TooLarge {
        /// The size asked for, in pages.
        pages: u64,
        /// The largest size allowed, in pages.
        max: u64,
        /// Bytes in a page.
        page_size: u64,
    },
    /// The caller's limit forbids it.
    #[error("memory growth denied: a size of {bytes} bytes is above the limit")]
    Denied {
        /// The size asked for, in bytes.
        bytes: u64,
    },
    /// The host has no room.
    #[error("memory allocation failed: the host refused a memory of {pages} pages of {page_size} bytes")]
    Refused {
        /// The size asked for, in pages.
        pages: u64,
        /// Bytes in a page.
        page_size: u64,
    },
}

/// Where a memory's bytes are now, for code that accesses them without the [`MemInst`].
///
/// It stays at one address as long as the memory lives.
///
/// Invariant *mem-live*: the `len` bytes from `base` are initialised, readable and writable, and belong to the
/// memory alone. [`MemInst::new`] and [`MemInst::grow`] are the only functions that write these fields, and
/// both preserve it. `len` never decreases; if the memory is shared, `base` never changes.
#[repr(C)]
pub struct MemHeader {
    base: AtomicPtr<u8>,
    len: AtomicUsize,
}

impl MemHeader {
    /// The first byte. [`MemInst::grow`] can move it, unless the memory is shared.
    #[inline]
    pub fn base(&self) -> *mut u8 {
        self.base.load(Ordering::Relaxed)
    }

    /// Length in bytes. If the memory is shared, another thread can increase it at any time.
    #[inline]
    pub fn len(&self) -> usize {
        // Pairs with `grow`: who sees the new length may access that far.
        self.len.load(Ordering::Acquire)
    }

    /// Is the memory of length 0?
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A memory.
///
/// An unshared memory has one handle, which therefore borrows like a vector of bytes. A shared one can have
/// many, in several threads: see [`Self::share`].
///
/// [Spec](https://webassembly.github.io/spec/core/exec/runtime.html#memory-instances)
pub struct MemInst {
    inner: Arc<Inner>,
}

struct Inner {
    header: MemHeader,
    /// As it was declared.
    ty: MemType,
    /// In bytes, by the type and by what fits the host's address space.
    max: usize,
    /// Locked while the memory grows.
    space: Mutex<Space>,
    /// Who waits on it, if it is shared.
    waiters: Waiters,
}

/// Making, growing, sizes.
impl MemInst {
    /// Allocates a memory, all zero.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/exec/modules.html#alloc-mem)
    ///
    /// # Errors
    /// - [`MemError::TooLarge`]: the type's minimum is above its maximum or what its addresses can reach.
    /// - [`MemError::Refused`]: the host has no room.
    pub fn new(ty: MemType, config: &MemConfig) -> Result<Self, MemError> {
        let (min, max) = (ty.limits.min, max_pages(&ty));
        let page_size = ty.page_size();
        if min > max {
            return Err(MemError::TooLarge { pages: min, max, page_size });
        }
        // Lengths are representable in the addresses of slices.
        let bytes = |pages: u64| {
            let bytes = usize::try_from(u128::from(pages) << ty.page_size_log2).ok();
            bytes.filter(|&bytes| isize::try_from(bytes).is_ok())
        };
        let refused = MemError::Refused { pages: min, page_size };
        let len = bytes(min).ok_or(refused)?;
        let max = bytes(max).unwrap_or(isize::MAX as usize & !(ty.page_size() as usize - 1));
        let space = Space::new(len, max, ty.shared, config).ok_or(refused)?;
        let header = MemHeader { base: AtomicPtr::new(space.base().as_ptr()), len: AtomicUsize::new(len) };
        let waiters = Waiters::default();
        Ok(Self { inner: Arc::new(Inner { header, ty, max, space: Mutex::new(space), waiters }) })
    }

    /// Grows the memory by `delta` pages, zeros, and returns the size before, in pages.
    ///
    /// `allow` is asked first, with the length in bytes now and then; it can forbid it. It is not asked about what
    /// the type forbids. The first byte can move, unless the memory is shared: read [`Self::base`] again, also
    /// after an error.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/exec/modules.html#grow-mem)
    ///
    /// # Errors
    /// The length and the bytes are as before after each of these:
    /// - [`MemError::TooLarge`]: more than the type allows.
    /// - [`MemError::Denied`]: more than `allow` allows.
    /// - [`MemError::Refused`]: the host has no room.
    pub fn grow(&mut self, delta: u64, allow: impl FnOnce(u64, u64) -> bool) -> Result<u64, MemError> {
        let bytes = self.len_after(delta)? as u64;
        // Before the lock: `allow` may do anything, and even panic.
        if !allow(self.len() as u64, bytes) {
            return Err(MemError::Denied { bytes });
        }
        let mut space = self.inner.space.lock().unwrap_or_else(PoisonError::into_inner);
        // Again, since another thread may have been faster.
        let (old, new) = (self.len(), self.len_after(delta)?);
        let grown = space.grow(old, new);
        // This preserves *mem-live* by *space*. If the memory is shared, `base` is what it was.
        self.inner.header.base.store(space.base().as_ptr(), Ordering::Relaxed);
        if !grown {
            let page_size = self.inner.ty.page_size();
            return Err(MemError::Refused { pages: new as u64 / page_size, page_size });
        }
        self.inner.header.len.store(new, Ordering::Release);
        Ok(old as u64 >> self.inner.ty.page_size_log2)
    }

    /// The length in bytes after growing by `delta` pages, if the type allows it.
    fn len_after(&self, delta: u64) -> Result<usize, MemError> {
        let Inner { ty, max, .. } = &*self.inner;
        let bytes = self.len() as u128 + (u128::from(delta) << ty.page_size_log2);
        match usize::try_from(bytes) {
            Ok(bytes) if bytes <= *max => Ok(bytes),
            _ => {
                let pages = self.size().saturating_add(delta);
                Err(MemError::TooLarge { pages, max: max_pages(ty), page_size: ty.page_size() })
            }
        }
    }

    /// Another handle of this memory, if it is shared.
    pub fn share(&self) -> Option<Self> {
        self.is_shared().then(|| Self { inner: Arc::clone(&self.inner) })
    }

    /// Is it of a shared type?
    #[inline]
    pub fn is_shared(&self) -> bool {
        self.inner.ty.shared
    }

    /// Are these handles of one memory?
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// The type, whose minimum is the size now.
    pub fn ty(&self) -> MemType {
        let ty = self.inner.ty;
        MemType { limits: Limits { min: self.size(), ..ty.limits }, ..ty }
    }

    /// Size in pages.
    pub fn size(&self) -> u64 {
        self.len() as u64 >> self.inner.ty.page_size_log2
    }

    /// Length in bytes.
    #[inline]
    pub fn len(&self) -> usize {
        self.inner.header.len()
    }

    /// Is it of length 0?
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first byte. [`Self::grow`] can move it, unless the memory is shared.
    #[inline]
    pub fn base(&self) -> *mut u8 {
        self.inner.header.base()
    }

    /// Base and length, at an address that is valid as long as the memory lives.
    #[inline]
    pub fn header(&self) -> &MemHeader {
        &self.inner.header
    }
}

/// Access.
///
/// Bounds are checked before anything is written. The operations on ranges follow the instructions of the same
/// names, and trap as they do.
impl MemInst {
    /// All bytes.
    ///
    /// # Panics
    /// If the memory is shared, since other threads may write to it: see [`Self::read`].
    #[inline]
    pub fn data(&self) -> &[u8] {
        self.assert_unshared();
        // SAFETY: by *mem-live*; only this handle exists, so nobody grows or writes while `self` is borrowed.
        unsafe { slice::from_raw_parts(self.base(), self.len()) }
    }

    /// All bytes.
    ///
    /// # Panics
    /// If the memory is shared, since other threads may access it: see [`Self::write`].
    #[inline]
    pub fn data_mut(&mut self) -> &mut [u8] {
        self.assert_unshared();
        // SAFETY: by *mem-live*; only this handle exists, and it is borrowed mutably.
        unsafe { slice::from_raw_parts_mut(self.base(), self.len()) }
    }

    /// Reads `into.len()` bytes from address `at` on.
    ///
    /// # Errors
    /// [`Trap::OutOfBoundsMemoryAccess`]
    pub fn read(&self, at: u64, into: &mut [u8]) -> Result<(), Trap> {
        let src = self.range(at, into.len() as u64)?;
        // SAFETY: `range` has checked, by *mem-live*; `into` is elsewhere, being borrowed mutably.
        unsafe {
            if self.is_shared() {
                bytes::load(into, src);
            } else {
                ptr::copy_nonoverlapping(src, into.as_mut_ptr(), into.len());
            }
        }
        Ok(())
    }

    /// Writes `from` to address `at` on.
    ///
    /// # Errors
    /// [`Trap::OutOfBoundsMemoryAccess`]
    pub fn write(&mut self, at: u64, from: &[u8]) -> Result<(), Trap> {
        let dst = self.range(at, from.len() as u64)?;
        // SAFETY: `range` has checked, by *mem-live*; `from` is elsewhere, since `data` borrows and `self` is
        // borrowed mutably.
        unsafe {
            if self.is_shared() {
                bytes::store(dst, from);
            } else {
                ptr::copy_nonoverlapping(from.as_ptr(), dst, from.len());
            }
        }
        Ok(())
    }

    /// `memory.fill`: writes `value` to the `n` bytes from `at` on.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/exec/instructions.html#exec-memory-fill)
    ///
    /// # Errors
    /// [`Trap::OutOfBoundsMemoryAccess`]
    pub fn fill(&mut self, at: u64, value: u8, n: u64) -> Result<(), Trap> {
        let dst = self.range(at, n)?;
        // SAFETY: `range` has checked, by *mem-live*, so that `n` fits `usize`.
        unsafe {
            if self.is_shared() {
                bytes::fill(dst, value, n as usize)
            } else {
                dst.write_bytes(value, n as usize)
            }
        }
        Ok(())
    }

    /// `memory.copy` inside one memory: `n` bytes from `s` on to `d` on, as if to a place apart first.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/exec/instructions.html#exec-memory-copy)
    ///
    /// # Errors
    /// [`Trap::OutOfBoundsMemoryAccess`]
    pub fn copy_within(&mut self, d: u64, s: u64, n: u64) -> Result<(), Trap> {
        let (src, dst) = (self.range(s, n)?, self.range(d, n)?);
        // SAFETY: both ranges are checked; the memory is borrowed mutably, and atomic if it is shared.
        unsafe { copy(dst, src, n as usize, self.is_shared()) };
        Ok(())
    }

    /// `memory.copy` between two memories: `n` bytes from `s` on in `src` to `d` on in `self`.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/exec/instructions.html#exec-memory-copy)
    ///
    /// # Errors
    /// [`Trap::OutOfBoundsMemoryAccess`]
    pub fn copy_from(&mut self, d: u64, src: &Self, s: u64, n: u64) -> Result<(), Trap> {
        let (from, to) = (src.range(s, n)?, self.range(d, n)?);
        // SAFETY: both ranges are checked; if either is shared, the copy is atomic, else they are two memories.
        unsafe { copy(to, from, n as usize, self.is_shared() || src.is_shared()) };
        Ok(())
    }

    /// `memory.init`: `n` bytes from `s` on in `segment` to `d` on. A dropped segment is an empty one.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/exec/instructions.html#exec-memory-init)
    ///
    /// # Errors
    /// [`Trap::OutOfBoundsMemoryAccess`], also for a range outside the segment.
    pub fn init(&mut self, d: u64, segment: &[u8], s: u64, n: u64) -> Result<(), Trap> {
        let range = checked_range(s, n, segment.len()).ok_or(Trap::OutOfBoundsMemoryAccess)?;
        self.write(d, &segment[range])
    }

    /// The address of byte `at`, if all of `at..at + n` is inside.
    fn range(&self, at: u64, n: u64) -> Result<*mut u8, Trap> {
        // The length first: a shared memory's never decreases, so what is inside stays inside.
        let range = checked_range(at, n, self.len()).ok_or(Trap::OutOfBoundsMemoryAccess)?;
        // SAFETY: `range.start <= len`, by *mem-live*.
        Ok(unsafe { self.base().add(range.start) })
    }

    #[cfg(test)]
    fn is_reserved(&self) -> bool {
        self.inner.space.lock().unwrap().is_reserved()
    }

    fn assert_unshared(&self) {
        assert!(!self.is_shared(), "the bytes of a shared memory cannot be borrowed");
    }
}

impl fmt::Debug for MemInst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemInst").field("ty", &self.ty()).field("len", &self.len()).finish_non_exhaustive()
    }
}

/// `at..at + n`, if it is inside `0..len`.
fn checked_range(at: u64, n: u64, len: usize) -> Option<std::ops::Range<usize>> {
    let end = at.checked_add(n).filter(|&end| end <= len as u64)?;
    Some(at as usize..end as usize)
}

/// # Safety
/// Both ranges are valid for reads and writes. If they are `shared`, others access them by atomic operations
/// only, else nobody does meanwhile.
unsafe fn copy(dst: *mut u8, src: *const u8, n: usize, shared: bool) {
    // SAFETY: by the caller.
    unsafe { if shared { bytes::copy(dst, src, n) } else { ptr::copy(src, dst, n) } }
}

/// How many pages a memory of that type can have at most.
fn max_pages(ty: &MemType) -> u64 {
    let pages = ty.max_pages();
    ty.limits.max.map_or(pages, |max| max.min(pages))
}
