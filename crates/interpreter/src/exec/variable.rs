//! Globals. Field: index at 12.

use super::operand::{Class, Dst, Imm32, Src, Value};
use super::ops::Op2;
use super::state::{Regs, handlers};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The cell of the global whose index is the field at 12.
#[inline(always)]
unsafe fn cell(s: &Regs) -> *mut u64 {
    // SAFETY: the index is valid in the running instance; a global begins with its value.
    unsafe { (*s.ctx).globals.add(s.field::<u32>(12) as usize).read().as_ptr().cast::<u64>() }
}

/// Reads a global. One of one word may be shared with other threads (*live-cell*).
///
/// # Safety
/// It is the cell of a global that holds such a value.
#[inline(always)]
unsafe fn read<V: Value>(cell: *mut u64) -> V {
    // SAFETY: the caller's.
    unsafe {
        if matches!(V::CLASS, Class::V128) {
            return V::load(cell);
        }
        V::load(&AtomicU64::from_ptr(cell).load(Relaxed))
    }
}

/// Writes a global: as for [`read`].
///
/// # Safety
/// As for [`read`].
#[inline(always)]
unsafe fn write<V: Value>(value: V, cell: *mut u64) {
    // SAFETY: the caller's.
    unsafe {
        if matches!(V::CLASS, Class::V128) {
            return value.store(cell);
        }
        AtomicU64::from_ptr(cell).store(value.to_bits(), Relaxed);
    }
}

handlers! {
    fn global_get [V: Value, D: Dst] (s) {
        let v: V = read(cell(&s));
        D::put(&mut s, v);
        s.next(2)
    }

    /// A global and the immediate at 16.
    fn global_get_op [O: Op2, D: Dst] (s) {
        match O::apply(read(cell(&s)), Imm32::<16>::get(&s)) {
            Ok(v) => {
                D::put(&mut s, v);
                s.next(3)
            }
            Err(trap) => s.trap(trap),
        }
    }

    /// An operand and the immediate at 16.
    fn global_set_op [O: Op2, A: Src] (s) {
        match O::apply(A::get(&s), Imm32::<16>::get(&s)) {
            Ok(v) => {
                write(v, cell(&s));
                s.next(3)
            }
            Err(trap) => s.trap(trap),
        }
    }

    fn global_set [V: Value, A: Src, const WORDS: usize] (s) {
        write(A::get::<V>(&s), cell(&s));
        s.next(WORDS)
    }
}
