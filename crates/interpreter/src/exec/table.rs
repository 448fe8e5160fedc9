//! Tables. Field: index of the table at 12.

use super::memory::operands;
use super::operand::{Dst, Src};
use super::state::{Regs, handlers};
use std::ptr::NonNull;
use terrane_runtime::{ElemInst, Ref, TableInst, Trap};

/// The table whose index is the field at `at`.
#[inline(always)]
unsafe fn table<'a>(s: &Regs, at: usize) -> &'a mut TableInst {
    // SAFETY: the index is valid; nothing else refers to the table while a handler runs.
    unsafe { (*s.ctx).table(s.field::<u32>(at)).as_mut() }
}

handlers! {
    /// Index in slot 8.
    fn table_get [A: Src, D: Dst] (s) {
        match table(&s, 12).get(A::get::<u64>(&s)) {
            Ok(r) => {
                D::put(&mut s, r.0);
                s.next(2)
            }
            Err(trap) => s.trap(trap),
        }
    }

    /// Index and value in the two slots from 8 on.
    fn table_set [] (s) {
        let [i, r] = s.slot(8).cast::<[u64; 2]>().read();
        match table(&s, 12).set(i, Ref(r)) {
            Ok(()) => s.next(2),
            Err(trap) => s.trap(trap),
        }
    }

    fn table_size [D: Dst] (s) {
        let size = table(&s, 12).size();
        D::put(&mut s, size);
        s.next(2)
    }

    /// Value and count in the two slots from 8 on; the result for failure at 16.
    fn table_grow [] (s) {
        s.r0 = grow(&s);
        if (*s.ctx).is_refused() {
            return s.tail(super::memory::failed);
        }
        s.next(3)
    }

    /// Start, value and count in the three slots from 8 on.
    fn table_fill [] (s) {
        let [i, r, n] = operands(&s);
        match table(&s, 12).fill(i, Ref(r), n) {
            Ok(()) => s.next(2),
            Err(trap) => s.trap(trap),
        }
    }

    /// The source table at 16.
    fn table_copy [] (s) {
        match copy(&s) {
            Ok(()) => s.next(3),
            Err(trap) => s.trap(trap),
        }
    }

    /// The element segment at 16.
    fn table_init [] (s) {
        let [d, i, n] = operands(&s);
        let instance = &*(*s.ctx).instance;
        match table(&s, 12).init(d, &instance.elems[s.field::<u32>(16) as usize].refs, i, n) {
            Ok(()) => s.next(3),
            Err(trap) => s.trap(trap),
        }
    }

    /// The element segment at 12.
    fn elem_drop [] (s) {
        drop_elem(&s);
        s.next(2)
    }
}

#[inline(never)]
unsafe fn drop_elem(s: &Regs) {
    // SAFETY: the index is valid; nothing else refers to the segment while a handler runs.
    unsafe {
        let instance = &mut *(*s.ctx).instance.cast_mut();
        instance.elems[s.field::<u32>(12) as usize] = ElemInst::default();
    }
}

#[inline(never)]
unsafe fn grow(s: &Regs) -> u64 {
    // SAFETY: as for `table`.
    unsafe {
        let [r, delta] = s.slot(8).cast::<[u64; 2]>().read();
        let table = (*s.ctx).table(s.field::<u32>(12));
        let grown = (*s.ctx).store.as_mut().grow_table_at(table, delta, Ref(r));
        grown.unwrap_or_else(|| s.field::<u64>(16))
    }
}

#[inline(never)]
unsafe fn copy(s: &Regs) -> Result<(), Trap> {
    // SAFETY: as for `table`; two tables are only borrowed at once if they are different.
    unsafe {
        let [d, i, n] = operands(s);
        let from: NonNull<TableInst> = (*s.ctx).table(s.field::<u32>(16));
        if from == (*s.ctx).table(s.field::<u32>(12)) {
            table(s, 12).copy_within(d, i, n)
        } else {
            table(s, 12).init(d, from.as_ref().elems(), i, n)
        }
    }
}
