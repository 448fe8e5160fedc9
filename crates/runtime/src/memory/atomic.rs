//! Atomic accesses to memories, all sequentially consistent, by the width of what they access.
//!
//! Invariant *racy*: guests' plain accesses to a shared memory are plain accesses of the host, and race with those of
//! other threads where the guest does not order them. WebAssembly defines what such a race gives (some mixture of the
//! bytes written), and every machine that we compile for does just that; nothing that the host relies on is ever read
//! from a guest's memory without a copy being made first. The host itself accesses shared memories by atomic
//! operations only: these, and those of `bytes`.
//!
//! [Proposal](https://github.com/WebAssembly/threads/blob/main/proposals/threads/Overview.md)

use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering::SeqCst};

/// A number that memory is accessed as atomically. In memory it is little-endian, here as the host has it.
///
/// # Safety
/// Of all its functions: `at` is aligned to the size of the number, readable and writable, and other accesses to it at
/// the same time are atomic, of this size, or *racy*.
#[allow(clippy::missing_safety_doc, reason = "it stands above, for all of them")]
pub trait AtomicNum: Copy + Eq {
    /// Bytes.
    const SIZE: u64 = size_of::<Self>() as u64;
    /// The low bits of a slot.
    fn wrap(bits: u64) -> Self;
    /// Zero-extended.
    fn extend(self) -> u64;
    /// Reads.
    unsafe fn load(at: *mut u8) -> Self;
    /// Writes.
    unsafe fn store(at: *mut u8, value: Self);
    /// Adds; what was there before.
    unsafe fn add(at: *mut u8, value: Self) -> Self;
    /// Subtracts; what was there before.
    unsafe fn sub(at: *mut u8, value: Self) -> Self;
    /// Conjunction; what was there before.
    unsafe fn and(at: *mut u8, value: Self) -> Self;
    /// Disjunction; what was there before.
    unsafe fn or(at: *mut u8, value: Self) -> Self;
    /// Exclusive disjunction; what was there before.
    unsafe fn xor(at: *mut u8, value: Self) -> Self;
    /// Exchanges; what was there before.
    unsafe fn xchg(at: *mut u8, value: Self) -> Self;
    /// Writes `replacement` if `expected` is there; what was there before.
    unsafe fn cmpxchg(at: *mut u8, expected: Self, replacement: Self) -> Self;
}

macro_rules! atomics {
    ($($num:ident $atomic:ident)*) => { $(
        impl AtomicNum for $num {
            #[inline(always)]
            fn wrap(bits: u64) -> Self {
                bits as Self
            }
            #[inline(always)]
            fn extend(self) -> u64 {
                u64::from(self)
            }
            #[inline(always)]
            unsafe fn load(at: *mut u8) -> Self {
                // SAFETY: the caller's.
                Self::from_le(unsafe { $atomic::from_ptr(at.cast()) }.load(SeqCst))
            }
            #[inline(always)]
            unsafe fn store(at: *mut u8, value: Self) {
                // SAFETY: the caller's.
                unsafe { $atomic::from_ptr(at.cast()) }.store(value.to_le(), SeqCst);
            }
            #[inline(always)]
            unsafe fn add(at: *mut u8, value: Self) -> Self {
                // SAFETY: the caller's.
                let cell = unsafe { $atomic::from_ptr(at.cast()) };
                if cfg!(target_endian = "little") {
                    return cell.fetch_add(value, SeqCst);
                }
                let sum = |old| Some(Self::from_le(old).wrapping_add(value).to_le());
                Self::from_le(cell.fetch_update(SeqCst, SeqCst, sum).unwrap_or_else(|old| old))
            }
            #[inline(always)]
            unsafe fn sub(at: *mut u8, value: Self) -> Self {
                // SAFETY: the caller's.
                unsafe { Self::add(at, value.wrapping_neg()) }
            }
            #[inline(always)]
            unsafe fn and(at: *mut u8, value: Self) -> Self {
                // SAFETY: the caller's.
                Self::from_le(unsafe { $atomic::from_ptr(at.cast()) }.fetch_and(value.to_le(), SeqCst))
            }
            #[inline(always)]
            unsafe fn or(at: *mut u8, value: Self) -> Self {
                // SAFETY: the caller's.
                Self::from_le(unsafe { $atomic::from_ptr(at.cast()) }.fetch_or(value.to_le(), SeqCst))
            }
            #[inline(always)]
            unsafe fn xor(at: *mut u8, value: Self) -> Self {
                // SAFETY: the caller's.
                Self::from_le(unsafe { $atomic::from_ptr(at.cast()) }.fetch_xor(value.to_le(), SeqCst))
            }
            #[inline(always)]
            unsafe fn xchg(at: *mut u8, value: Self) -> Self {
                // SAFETY: the caller's.
                Self::from_le(unsafe { $atomic::from_ptr(at.cast()) }.swap(value.to_le(), SeqCst))
            }
            #[inline(always)]
            unsafe fn cmpxchg(at: *mut u8, expected: Self, replacement: Self) -> Self {
                // SAFETY: the caller's.
                let cell = unsafe { $atomic::from_ptr(at.cast()) };
                let done = cell.compare_exchange(expected.to_le(), replacement.to_le(), SeqCst, SeqCst);
                Self::from_le(done.unwrap_or_else(|old| old))
            }
        }
    )* };
}

atomics! {
    u8 AtomicU8
    u16 AtomicU16
    u32 AtomicU32
    u64 AtomicU64
}

#[cfg(test)]
mod tests {
    use super::AtomicNum;

    fn check<T: AtomicNum + std::fmt::Debug>(first: u64, value: u64) {
        let mut cell = first.to_le();
        let at: *mut u8 = (&raw mut cell).cast();
        let (old, value) = (T::wrap(first), T::wrap(value));
        // SAFETY: eight bytes of our own are there.
        unsafe {
            assert_eq!(T::load(at), old);
            assert_eq!(T::add(at, value), old);
            assert_eq!(T::sub(at, value), T::wrap(old.extend().wrapping_add(value.extend())));
            assert_eq!(T::and(at, value), old);
            assert_eq!(T::or(at, old), T::wrap(old.extend() & value.extend()));
            assert_eq!(T::xor(at, value), old);
            assert_eq!(T::xchg(at, old), T::wrap(old.extend() ^ value.extend()));
            assert_eq!(T::cmpxchg(at, value, T::wrap(0)), old);
            assert_eq!(T::cmpxchg(at, old, value), old);
            assert_eq!(T::load(at), value);
            T::store(at, old);
        }
        assert_eq!(u64::from_le(cell), first, "nothing beside it is touched");
    }

    #[test]
    fn each_width_is_little_endian_and_touches_no_more() {
        let (first, value) = (0x8182_8384_8586_8788, 0xfefd_fcfb_faf9_f8f7);
        check::<u8>(first, value);
        check::<u16>(first, value);
        check::<u32>(first, value);
        check::<u64>(first, value);
    }
}
