//! Globals. Field: index at 12.

use super::operand::{Dst, Src, Value};
use super::state::{Regs, handlers};

/// The cell of the global whose index is the field at 12.
#[inline(always)]
unsafe fn cell(s: &Regs) -> *mut u64 {
    // SAFETY: the index is valid in the running instance; a global begins with its value.
    unsafe { (*s.ctx).globals.add(s.field::<u32>(12) as usize).read().as_ptr().cast::<u64>() }
}

handlers! {
    fn global_get [V: Value, D: Dst] (s) {
        let v = V::load(cell(&s));
        D::put(&mut s, v);
        s.next(2)
    }

    fn global_set [V: Value, A: Src, const WORDS: usize] (s) {
        A::get::<V>(&s).store(cell(&s));
        s.next(WORDS)
    }
}
