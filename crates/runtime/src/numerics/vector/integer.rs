//! Operations on vectors of integers, and on all of a vector's bits.

use super::{V128, lanewise, map, zip};

lanewise! {
    /// [`iadd`](https://webassembly.github.io/spec/core/exec/numerics.html#op-iadd)
    [i8x16_add: u8, i16x8_add: u16, i32x4_add: u32, i64x2_add: u64] (a, b) { a.wrapping_add(b) }

    /// [`isub`](https://webassembly.github.io/spec/core/exec/numerics.html#op-isub)
    [i8x16_sub: u8, i16x8_sub: u16, i32x4_sub: u32, i64x2_sub: u64] (a, b) { a.wrapping_sub(b) }

    /// [`imul`](https://webassembly.github.io/spec/core/exec/numerics.html#op-imul)
    [i16x8_mul: u16, i32x4_mul: u32, i64x2_mul: u64] (a, b) { a.wrapping_mul(b) }

    /// [`ineg`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ineg)
    [i8x16_neg: u8, i16x8_neg: u16, i32x4_neg: u32, i64x2_neg: u64] (a) { a.wrapping_neg() }

    /// [`iabs`](https://webassembly.github.io/spec/core/exec/numerics.html#op-iabs)
    [i8x16_abs: i8, i16x8_abs: i16, i32x4_abs: i32, i64x2_abs: i64] (a) { a.wrapping_abs() }

    /// [`iadd_sat`](https://webassembly.github.io/spec/core/exec/numerics.html#op-iadd_sat)
    [i8x16_add_sat_s: i8, i16x8_add_sat_s: i16] (a, b) { a.saturating_add(b) }

    /// [`iadd_sat`](https://webassembly.github.io/spec/core/exec/numerics.html#op-iadd_sat)
    [i8x16_add_sat_u: u8, i16x8_add_sat_u: u16] (a, b) { a.saturating_add(b) }

    /// [`isub_sat`](https://webassembly.github.io/spec/core/exec/numerics.html#op-isub_sat)
    [i8x16_sub_sat_s: i8, i16x8_sub_sat_s: i16] (a, b) { a.saturating_sub(b) }

    /// [`isub_sat`](https://webassembly.github.io/spec/core/exec/numerics.html#op-isub_sat)
    [i8x16_sub_sat_u: u8, i16x8_sub_sat_u: u16] (a, b) { a.saturating_sub(b) }

    /// [`imin`](https://webassembly.github.io/spec/core/exec/numerics.html#op-imin)
    [i8x16_min_s: i8, i16x8_min_s: i16, i32x4_min_s: i32] (a, b) { a.min(b) }

    /// [`imin`](https://webassembly.github.io/spec/core/exec/numerics.html#op-imin)
    [i8x16_min_u: u8, i16x8_min_u: u16, i32x4_min_u: u32] (a, b) { a.min(b) }

    /// [`imax`](https://webassembly.github.io/spec/core/exec/numerics.html#op-imax)
    [i8x16_max_s: i8, i16x8_max_s: i16, i32x4_max_s: i32] (a, b) { a.max(b) }

    /// [`imax`](https://webassembly.github.io/spec/core/exec/numerics.html#op-imax)
    [i8x16_max_u: u8, i16x8_max_u: u16, i32x4_max_u: u32] (a, b) { a.max(b) }

    /// [`ieq`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ieq)
    [i8x16_eq: u8, i16x8_eq: u16, i32x4_eq: u32, i64x2_eq: u64] (a, b) { if a == b { !0 } else { 0 } }

    /// [`ine`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ine)
    [i8x16_ne: u8, i16x8_ne: u16, i32x4_ne: u32, i64x2_ne: u64] (a, b) { if a != b { !0 } else { 0 } }

    /// [`ilt`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ilt)
    [i8x16_lt_s: i8, i16x8_lt_s: i16, i32x4_lt_s: i32, i64x2_lt_s: i64] (a, b) { if a < b { !0 } else { 0 } }

    /// [`igt`](https://webassembly.github.io/spec/core/exec/numerics.html#op-igt)
    [i8x16_gt_s: i8, i16x8_gt_s: i16, i32x4_gt_s: i32, i64x2_gt_s: i64] (a, b) { if a > b { !0 } else { 0 } }

    /// [`ile`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ile)
    [i8x16_le_s: i8, i16x8_le_s: i16, i32x4_le_s: i32, i64x2_le_s: i64] (a, b) { if a <= b { !0 } else { 0 } }

    /// [`ige`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ige)
    [i8x16_ge_s: i8, i16x8_ge_s: i16, i32x4_ge_s: i32, i64x2_ge_s: i64] (a, b) { if a >= b { !0 } else { 0 } }

    /// [`ilt`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ilt)
    [i8x16_lt_u: u8, i16x8_lt_u: u16, i32x4_lt_u: u32] (a, b) { if a < b { !0 } else { 0 } }

    /// [`igt`](https://webassembly.github.io/spec/core/exec/numerics.html#op-igt)
    [i8x16_gt_u: u8, i16x8_gt_u: u16, i32x4_gt_u: u32] (a, b) { if a > b { !0 } else { 0 } }

    /// [`ile`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ile)
    [i8x16_le_u: u8, i16x8_le_u: u16, i32x4_le_u: u32] (a, b) { if a <= b { !0 } else { 0 } }

    /// [`ige`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ige)
    [i8x16_ge_u: u8, i16x8_ge_u: u16, i32x4_ge_u: u32] (a, b) { if a >= b { !0 } else { 0 } }

    /// [`ipopcnt`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ipopcnt)
    [i8x16_popcnt: u8] (a) {
        let pairs = a - (a >> 1 & 0x55);
        let nibbles = (pairs & 0x33) + (pairs >> 2 & 0x33);
        (nibbles + (nibbles >> 4)) & 0xf
    }

    /// [`iavgr`](https://webassembly.github.io/spec/core/exec/numerics.html#op-iavgr)
    [i8x16_avgr_u: u8 => u8] (a, b) { (u16::from(a) + u16::from(b)).div_ceil(2) as u8 }

    /// [`iavgr`](https://webassembly.github.io/spec/core/exec/numerics.html#op-iavgr)
    [i16x8_avgr_u: u16 => u16] (a, b) { (u32::from(a) + u32::from(b)).div_ceil(2) as u16 }

    /// [`iq15mulr_sat`](https://webassembly.github.io/spec/core/exec/numerics.html#op-iq15mulr_sat): the product of fractions, rounded
    [i16x8_q15mulr_sat_s: i16] (a, b) { ((i32::from(a) * i32::from(b) + 0x4000) >> 15).min(0x7fff) as i16 }
}

/// Defines shifts of all lanes, by a number of bits modulo their width.
macro_rules! shifts {
    ($(#[$doc:meta] [$($name:ident: $L:ty),+] $op:ident)*) => { $($(
        #[$doc]
        #[inline]
        pub fn $name(a: V128, n: u32) -> V128 {
            let n = n % <$L>::BITS;
            map::<$L, $L, { 16 / size_of::<$L>() }>(a, |a| a.$op(n))
        }
    )+)* };
}

shifts! {
    /// [`ishl`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ishl)
    [i8x16_shl: u8, i16x8_shl: u16, i32x4_shl: u32, i64x2_shl: u64] wrapping_shl

    /// [`ishr`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ishr)
    [i8x16_shr_s: i8, i16x8_shr_s: i16, i32x4_shr_s: i32, i64x2_shr_s: i64] wrapping_shr

    /// [`ishr`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ishr)
    [i8x16_shr_u: u8, i16x8_shr_u: u16, i32x4_shr_u: u32, i64x2_shr_u: u64] wrapping_shr
}

/// [`inot`](https://webassembly.github.io/spec/core/exec/numerics.html#op-inot)
#[inline]
pub fn v128_not(a: V128) -> V128 {
    map::<u64, u64, 2>(a, |a| !a)
}

/// [`iand`](https://webassembly.github.io/spec/core/exec/numerics.html#op-iand)
#[inline]
pub fn v128_and(a: V128, b: V128) -> V128 {
    zip::<u64, u64, 2>(a, b, |a, b| a & b)
}

/// [`iandnot`](https://webassembly.github.io/spec/core/exec/numerics.html#op-iandnot)
#[inline]
pub fn v128_andnot(a: V128, b: V128) -> V128 {
    zip::<u64, u64, 2>(a, b, |a, b| a & !b)
}

/// [`ior`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ior)
#[inline]
pub fn v128_or(a: V128, b: V128) -> V128 {
    zip::<u64, u64, 2>(a, b, |a, b| a | b)
}

/// [`ixor`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ixor)
#[inline]
pub fn v128_xor(a: V128, b: V128) -> V128 {
    zip::<u64, u64, 2>(a, b, |a, b| a ^ b)
}

/// [`ibitselect`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ibitselect): the bits of `a` where `c` has ones, of `b` where it has zeros
#[inline]
pub fn v128_bitselect(a: V128, b: V128, c: V128) -> V128 {
    v128_or(v128_and(a, c), v128_andnot(b, c))
}

/// Is any bit one?
#[inline]
pub fn v128_any_true(a: V128) -> bool {
    let [low, high] = a.lanes::<u64, 2>();
    low | high != 0
}

/// Defines `all_true`: is no lane zero?
macro_rules! all_true {
    ($($name:ident: $L:ty;)*) => { $(
        /// Is no lane zero?
        #[inline]
        pub fn $name(a: V128) -> bool {
            let zeros = map::<$L, $L, { 16 / size_of::<$L>() }>(a, |a| if a == 0 { !0 } else { 0 });
            !v128_any_true(zeros)
        }
    )* };
}

all_true! {
    i8x16_all_true: u8;
    i16x8_all_true: u16;
    i32x4_all_true: u32;
    i64x2_all_true: u64;
}
