//! Copying and filling bytes that other threads may access at the same time.
//!
//! All accesses are relaxed atomics: a race gives some mixture of the bytes, as the spec has it, and is no
//! undefined behaviour. Whole words are accessed at once where addresses allow it.
//!
//! [Spec](https://webassembly.github.io/threads/core/exec/relaxed.html)

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::Relaxed};

const WORD: usize = size_of::<usize>();

/// Copies `n` bytes, as if to a place apart first.
///
/// # Safety
/// - The `n` bytes from `src` and from `dst` are valid for reads and writes.
/// - While this runs, others access them by atomic operations only.
pub(super) unsafe fn copy(dst: *mut u8, src: *const u8, n: usize) {
    let src = src.cast_mut();
    let together = (dst as usize).wrapping_sub(src as usize).is_multiple_of(WORD);
    let backwards = (dst as usize).wrapping_sub(src as usize) < n;
    // SAFETY: `for_each_part` keeps below `n`, and gives words only where `dst`, and with it `src`, is aligned.
    for_each_part(if together { head(dst) } else { n }, n, backwards, |at, whole| unsafe {
        if whole {
            word(dst, at).store(word(src, at).load(Relaxed), Relaxed);
        } else {
            byte(dst, at).store(byte(src, at).load(Relaxed), Relaxed);
        }
    });
}

/// Writes `n` times `value`.
///
/// # Safety
/// As for [`copy`], for `dst`.
pub(super) unsafe fn fill(dst: *mut u8, value: u8, n: usize) {
    let values = usize::from_ne_bytes([value; WORD]);
    // SAFETY: as in `copy`.
    for_each_part(head(dst), n, false, |at, whole| unsafe {
        if whole { word(dst, at).store(values, Relaxed) } else { byte(dst, at).store(value, Relaxed) }
    });
}

/// Reads `into.len()` bytes.
///
/// # Safety
/// As for [`copy`], for `src`.
pub(super) unsafe fn load(into: &mut [u8], src: *const u8) {
    let src = src.cast_mut();
    // SAFETY: as in `copy`.
    for_each_part(head(src), into.len(), false, |at, whole| unsafe {
        if whole {
            into[at..at + WORD].copy_from_slice(&word(src, at).load(Relaxed).to_ne_bytes());
        } else {
            into[at] = byte(src, at).load(Relaxed);
        }
    });
}

/// Writes `from.len()` bytes.
///
/// # Safety
/// As for [`copy`], for `dst`.
pub(super) unsafe fn store(dst: *mut u8, from: &[u8]) {
    // SAFETY: as in `copy`.
    for_each_part(head(dst), from.len(), false, |at, whole| unsafe {
        if whole {
            let mut bytes = [0; WORD];
            bytes.copy_from_slice(&from[at..at + WORD]);
            word(dst, at).store(usize::from_ne_bytes(bytes), Relaxed);
        } else {
            byte(dst, at).store(from[at], Relaxed);
        }
    });
}

/// Bytes before the first aligned word.
fn head(ptr: *const u8) -> usize {
    (ptr as usize).wrapping_neg() % WORD
}

/// Calls `part(at, whole)` for each part of `0..n`, which begins at `at` and is a word if `whole`, else a byte.
/// Words begin at `head` plus a multiple of the word size.
fn for_each_part(head: usize, n: usize, backwards: bool, mut part: impl FnMut(usize, bool)) {
    let head = head.min(n);
    let tail = n - (n - head) % WORD;
    if backwards {
        (tail..n).rev().for_each(|at| part(at, false));
        (head..tail).step_by(WORD).rev().for_each(|at| part(at, true));
        (0..head).rev().for_each(|at| part(at, false));
    } else {
        (0..head).for_each(|at| part(at, false));
        (head..tail).step_by(WORD).for_each(|at| part(at, true));
        (tail..n).for_each(|at| part(at, false));
    }
}

/// # Safety
/// The byte at `ptr + at` is valid for reads and writes, and accessed atomically only, while `'a` lasts.
unsafe fn byte<'a>(ptr: *mut u8, at: usize) -> &'a AtomicU8 {
    // SAFETY: by the caller.
    unsafe { AtomicU8::from_ptr(ptr.add(at)) }
}

/// # Safety
/// As for [`byte`], for the whole word, which is aligned.
unsafe fn word<'a>(ptr: *mut u8, at: usize) -> &'a AtomicUsize {
    // SAFETY: by the caller.
    let ptr = unsafe { ptr.add(at) };
    debug_assert!((ptr as usize).is_multiple_of(WORD));
    // SAFETY: by the caller.
    unsafe { AtomicUsize::from_ptr(ptr.cast()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0, 1, 2, … in an aligned place.
    fn numbers() -> ([usize; 8], Vec<u8>) {
        let bytes: Vec<u8> = (0..(8 * WORD) as u8).collect();
        let mut words = [0; 8];
        // SAFETY: as many bytes as the words have.
        unsafe { store(words.as_mut_ptr().cast(), &bytes) };
        (words, bytes)
    }

    #[test]
    fn copies_overlap_in_either_direction() {
        for n in [0, 1, 7, 8, 9, 16, 23, 31] {
            for (d, s) in (0..20).flat_map(|d| (0..20).map(move |s| (d, s))) {
                let (mut words, mut expected) = numbers();
                let base: *mut u8 = words.as_mut_ptr().cast();
                // SAFETY: `20 + 31` bytes are there, on hosts with 64-bit words and others.
                unsafe { copy(base.wrapping_add(d % 12), base.wrapping_add(s % 12), n.min(20)) };
                expected.copy_within(s % 12..s % 12 + n.min(20), d % 12);
                let mut found = vec![0; expected.len()];
                // SAFETY: as many bytes as the words have.
                unsafe { load(&mut found, base) };
                assert_eq!(found, expected, "copy of {n} from {s} to {d}");
            }
        }
    }

    #[test]
    fn fill_and_unaligned_access() {
        for (at, n) in (0..10).flat_map(|at| (0..20).map(move |n| (at, n))) {
            let (mut words, mut expected) = numbers();
            let base: *mut u8 = words.as_mut_ptr().cast();
            let mut found = vec![0; n];
            // SAFETY: `10 + 20` bytes are there.
            unsafe {
                fill(base.wrapping_add(at), 0xaa, n);
                load(&mut found, base.wrapping_add(at));
                assert_eq!(found, vec![0xaa; n]);
                found.fill(0xbb);
                store(base.wrapping_add(at), &found);
            }
            expected[at..at + n].fill(0xbb);
            let mut found = vec![0; expected.len()];
            // SAFETY: as many bytes as the words have.
            unsafe { load(&mut found, base) };
            assert_eq!(found, expected);
        }
    }
}
