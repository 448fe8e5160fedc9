//! Moving values, and `select`.

use super::operand::{Dst, Reg, Slot, Src, ToBoth, ToReg, Value, Wide};
use super::state::{Handler, handlers};
use terrane_runtime::numerics::V128;

handlers! {
    /// Slot 8 to slot 10.
    fn copy [] (s) {
        *s.slot(10) = *s.slot(8);
        s.next(2)
    }

    /// Slot 8 to slot 10, then slot 12 to slot 14.
    fn copy_two [] (s) {
        *s.slot(10) = *s.slot(8);
        *s.slot(14) = *s.slot(12);
        s.next(2)
    }

    /// The 32-bit immediate at 12, sign-extended, to slot 10.
    fn copy_imm [] (s) {
        *s.slot(10) = i64::from(s.field::<i32>(12)) as u64;
        s.next(2)
    }

    /// The 64-bit immediate at 16 to slot 10.
    fn copy_wide [] (s) {
        *s.slot(10) = s.field::<u64>(16);
        s.next(3)
    }

    /// A vector from slot 8 on to slot 10 on.
    fn copy_vector [] (s) {
        let v = V128::load(s.slot(8));
        v.store(s.slot(10));
        s.next(2)
    }

    /// The accumulator to slot 10.
    fn copy_reg [V: Value] (s) {
        V::from_reg(&s).store(s.slot(10));
        s.next(2)
    }

    /// Slots whose numbers do not fit the usual fields: the one at 12 to the one at 16.
    fn copy_far [] (s) {
        *s.fp.add(s.field::<u32>(16) as usize) = *s.fp.add(s.field::<u32>(12) as usize);
        s.next(3)
    }

    /// Zeros from slot 8 on, as many as the number at 12.
    fn zero [] (s) {
        let first = s.fp.add(usize::from(s.field::<u16>(8)));
        std::ptr::write_bytes(first, 0, s.field::<u32>(12) as usize);
        s.next(2)
    }

    /// One zero, in slot 10.
    fn zero_one [] (s) {
        *s.slot(10) = 0;
        s.next(2)
    }

    fn select [V: Value, A: Src, B: Src, C: Src, D: Dst, const WORDS: usize] (s) {
        let (a, b) = (A::get::<V>(&s), B::get::<V>(&s));
        let chosen = if C::get::<bool>(&s) { a } else { b };
        D::put(&mut s, chosen);
        s.next(WORDS)
    }
}

/// The handlers of `select` for a type, by whether the operands are immediates, then by whether the
/// condition is in the register.
pub(crate) struct Select(pub(crate) [[[Handler; 2]; 2]; 4]);

impl Select {
    /// `[slot, slot]`, `[slot, wide]`, `[wide, slot]`, `[wide, wide]`
    pub(crate) const fn of<V: Value>() -> Self {
        Self([
            conds::<V, Slot<8>, Slot<12>, 2>(),
            conds::<V, Slot<8>, Wide<16>, 3>(),
            conds::<V, Wide<16>, Slot<12>, 3>(),
            conds::<V, Wide<16>, Wide<24>, 4>(),
        ])
    }

    /// The same of vectors, which are never immediates.
    pub(crate) const VECTOR: Self = Self([conds::<V128, Slot<8>, Slot<12>, 2>(); 4]);
}

const fn conds<V: Value, A: Src, B: Src, const WORDS: usize>() -> [[Handler; 2]; 2] {
    [
        [select::<V, A, B, Slot<14>, ToReg, WORDS>, select::<V, A, B, Slot<14>, ToBoth, WORDS>],
        [select::<V, A, B, Reg, ToReg, WORDS>, select::<V, A, B, Reg, ToBoth, WORDS>],
    ]
}
