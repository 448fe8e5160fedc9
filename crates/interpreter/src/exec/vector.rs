//! Vector instructions, beside those that are unary and binary operations like any other.
//!
//! Fields as of numeric instructions; a third slot at 14.

use super::numeric::{Pair, Table, Unary};
use super::operand::{Class, Dst, Imm32, Reg, Slot, Src, ToBoth, ToReg, Value};
use super::state::{Handler, Regs, handlers};
use super::vector_ops::{Extract, Op3, Passes, Replace, Shift, Test};
use std::marker::PhantomData;
use terrane_runtime::numerics::{V128, has_swizzle, i8x16_swizzle, i8x16_swizzle_fast, v128_or};

handlers! {
    fn op3 [O: Op3, A: Src, C: Src, D: Dst] (s) {
        let v = O::apply(A::get(&s), Slot::<12>::get(&s), C::get(&s));
        D::put(&mut s, v);
        s.next_vector(2)
    }

    /// Branches if a vector passes a test. Slot at 8, target at 12.
    fn br_test [O: Test, A: Src] (s) {
        if O::holds(A::get(&s)) {
            s.branch()
        } else {
            s.fall_through(2)
        }
    }

    fn shift [O: Shift, A: Src, N: Src, D: Dst] (s) {
        let v = O::apply(A::get(&s), N::get(&s));
        D::put(&mut s, v);
        s.next_vector(2)
    }

    /// The number of the lane at 14.
    fn replace [O: Replace, A: Src, X: Src, D: Dst] (s) {
        let v = O::apply(A::get(&s), s.field::<u16>(14) as u8, X::get(&s));
        D::put(&mut s, v);
        s.next_vector(2)
    }

    /// Of a vector from slot 8 on, what is as many bytes further as the field at 12 says.
    fn extract [O: Extract, D: Dst] (s) {
        let v = O::read(s.slot(8).cast::<u8>().add(usize::from(s.field::<u16>(12))));
        D::put(&mut s, v);
        s.next_vector(2)
    }

    /// The vector at 16.
    fn constant [D: Dst] (s) {
        let v = V128::from_lanes(s.field::<[u64; 2]>(16));
        D::put(&mut s, v);
        s.next_vector(4)
    }

    /// The lanes of `a` that the vector at 16 names, and those of `b` that the one at 32 names.
    fn shuffle [A: Src, B: Src, D: Dst] (s) {
        shuffle_by::<A, B, D>(s, i8x16_swizzle)
    }

    #[cfg_attr(target_arch = "x86_64", target_feature(enable = "ssse3"))]
    fn shuffle_fast [A: Src, B: Src, D: Dst] (s) {
        shuffle_by::<A, B, D>(s, |a, b| i8x16_swizzle_fast(a, b))
    }

    /// The lanes of `a` that the vector at 16 names.
    fn permute [A: Src, D: Dst] (s) {
        permute_by::<A, D>(s, i8x16_swizzle)
    }

    #[cfg_attr(target_arch = "x86_64", target_feature(enable = "ssse3"))]
    fn permute_fast [A: Src, D: Dst] (s) {
        permute_by::<A, D>(s, |a, b| i8x16_swizzle_fast(a, b))
    }

    /// The lanes of `a` that `b` names.
    fn swizzle [A: Src, B: Src, D: Dst] (s) {
        swizzle_by::<A, B, D>(s, i8x16_swizzle)
    }

    #[cfg_attr(target_arch = "x86_64", target_feature(enable = "ssse3"))]
    fn swizzle_fast [A: Src, B: Src, D: Dst] (s) {
        swizzle_by::<A, B, D>(s, |a, b| i8x16_swizzle_fast(a, b))
    }
}

#[inline(always)]
unsafe fn shuffle_by<A: Src, B: Src, D: Dst>(mut s: Regs, swizzle: impl Fn(V128, V128) -> V128) -> u64 {
    // SAFETY: *code-valid*, *frame-fits*.
    unsafe {
        let a = swizzle(A::get(&s), V128::from_lanes(s.field::<[u64; 2]>(16)));
        let b = swizzle(B::get(&s), V128::from_lanes(s.field::<[u64; 2]>(32)));
        D::put(&mut s, v128_or(a, b));
        s.next_vector(6)
    }
}

#[inline(always)]
unsafe fn permute_by<A: Src, D: Dst>(mut s: Regs, swizzle: impl Fn(V128, V128) -> V128) -> u64 {
    // SAFETY: *code-valid*, *frame-fits*.
    unsafe {
        let v = swizzle(A::get(&s), V128::from_lanes(s.field::<[u64; 2]>(16)));
        D::put(&mut s, v);
        s.next_vector(4)
    }
}

#[inline(always)]
unsafe fn swizzle_by<A: Src, B: Src, D: Dst>(mut s: Regs, swizzle: impl Fn(V128, V128) -> V128) -> u64 {
    // SAFETY: *code-valid*, *frame-fits*.
    unsafe {
        let v = swizzle(A::get(&s), B::get(&s));
        D::put(&mut s, v);
        s.next_vector(2)
    }
}

/// The handlers of an operation on three vectors: all in slots, the first or the last in the accumulator.
pub(crate) struct Ternary {
    pub(crate) slots: Pair,
    pub(crate) first: Pair,
    pub(crate) last: Pair,
    /// What makes NaNs canonical of the result, if it can be one.
    pub(crate) canonicalize: Option<fn() -> &'static Unary>,
}

impl Ternary {
    pub(crate) const fn of<O: Op3>() -> Self {
        Self {
            slots: op3_pair::<O, Slot<8>, Slot<14>>(),
            first: op3_pair::<O, Reg, Slot<14>>(),
            last: op3_pair::<O, Slot<8>, Reg>(),
            canonicalize: O::CANONICALIZE,
        }
    }
}

const fn op3_pair<O: Op3, A: Src, C: Src>() -> Pair {
    [op3::<O, A, C, ToReg>, op3::<O, A, C, ToBoth>]
}

/// The handlers of a test: as a value, and as the condition of a branch, of a slot and of the accumulator.
pub(crate) struct Tested {
    pub(crate) value: Unary,
    pub(crate) branch: [Handler; 2],
    /// The test that a vector passes when it does not pass this one.
    pub(crate) not: fn() -> &'static Tested,
}

/// The tables of a test.
pub(crate) struct TestTable<O>(PhantomData<O>);

impl<O: Test> TestTable<O> {
    pub(crate) const TESTED: Tested = Tested {
        value: Table::<Passes<O>>::UNARY,
        branch: [br_test::<O, Slot<8>>, br_test::<O, Reg>],
        not: || &TestTable::<O::Not>::TESTED,
    };
}

/// The handlers of an operation on a vector and a number: by whether the vector is in the accumulator, then by
/// whether the number is in a slot, or an immediate or in the accumulator.
pub(crate) type Mixed = [[Pair; 2]; 2];

pub(crate) const fn shifts<O: Shift>() -> Mixed {
    const fn pair<O: Shift, A: Src, N: Src>() -> Pair {
        [shift::<O, A, N, ToReg>, shift::<O, A, N, ToBoth>]
    }
    [
        [pair::<O, Slot<8>, Slot<12>>(), pair::<O, Slot<8>, Imm32<12>>()],
        [pair::<O, Reg, Slot<12>>(), pair::<O, Reg, Imm32<12>>()],
    ]
}

pub(crate) const fn replaces<O: Replace>() -> Mixed {
    const fn pair<O: Replace, A: Src, X: Src>() -> Pair {
        [replace::<O, A, X, ToReg>, replace::<O, A, X, ToBoth>]
    }
    [
        [pair::<O, Slot<8>, Slot<12>>(), pair::<O, Slot<8>, Reg>()],
        [pair::<O, Reg, Slot<12>>(), pair::<O, Reg, Reg>()],
    ]
}

/// The handlers that read a lane.
pub(crate) struct Lane {
    pub(crate) result: Class,
    pub(crate) pair: Pair,
    /// Base-two logarithm of the number of bytes.
    pub(crate) log2: u32,
}

impl Lane {
    pub(crate) const fn of<O: Extract>() -> Self {
        Self { result: O::R::CLASS, pair: [extract::<O, ToReg>, extract::<O, ToBoth>], log2: O::LOG2 }
    }

    /// Where lane `i` is, in bytes from the vector's first slot.
    pub(crate) fn offset(&self, i: u8) -> u16 {
        let (size, at) = (1 << self.log2, u16::from(i) << self.log2);
        if cfg!(target_endian = "little") { at } else { at / 8 * 8 + (8 - size - at % 8) }
    }
}

/// What rearranges lanes. Of two operands, there are handlers for two slots, the accumulator and a slot, a slot and the
/// accumulator; of one, for a slot and the accumulator.
pub(crate) struct Shuffles {
    pub(crate) shuffle: [Pair; 3],
    pub(crate) permute: [Pair; 2],
    pub(crate) swizzle: [Pair; 3],
}

macro_rules! shuffles {
    ($shuffle:ident $permute:ident $swizzle:ident) => {
        Shuffles {
            shuffle: shuffles!(two $shuffle),
            permute: [
                [$permute::<Slot<8>, ToReg>, $permute::<Slot<8>, ToBoth>],
                [$permute::<Reg, ToReg>, $permute::<Reg, ToBoth>],
            ],
            swizzle: shuffles!(two $swizzle),
        }
    };
    (two $name:ident) => {
        [
            [$name::<Slot<8>, Slot<12>, ToReg>, $name::<Slot<8>, Slot<12>, ToBoth>],
            [$name::<Reg, Slot<12>, ToReg>, $name::<Reg, Slot<12>, ToBoth>],
            [$name::<Slot<8>, Reg, ToReg>, $name::<Slot<8>, Reg, ToBoth>],
        ]
    };
}

impl Shuffles {
    /// Those of this host.
    pub(crate) fn get() -> &'static Self {
        static PLAIN: Shuffles = shuffles!(shuffle permute swizzle);
        static FAST: Shuffles = shuffles!(shuffle_fast permute_fast swizzle_fast);
        if has_swizzle() { &FAST } else { &PLAIN }
    }
}

pub(crate) const CONSTANT: Pair = [constant::<ToReg>, constant::<ToBoth>];
