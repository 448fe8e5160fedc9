//! Conversions between shapes of vectors, and operations whose lanes are wider than those of their operands.

use super::super::{i32_trunc_sat_f64_s, i32_trunc_sat_f64_u};
#[cfg(target_arch = "x86_64")]
use super::v128_xor;
use super::{V128, from_fn, i32x4_add, map};

/// The greatest `f32` that is a number of 32 bits.
const U32_GREATEST: f32 = 4_294_967_040.0;

/// Defines what gives the lower or the higher half of the lanes, converted: `name: From, count => To, count, first`.
macro_rules! halves {
    ($($(#[$doc:meta])* $name:ident: $A:ty, $n:literal => $R:ty, $half:literal, $first:literal;)*) => { $(
        $(#[$doc])*
        #[inline]
        pub fn $name(a: V128) -> V128 {
            let a = a.lanes::<$A, $n>();
            from_fn::<$R, $half>(|i| <$R>::from(a[$first + i]))
        }
    )* };
}

halves! {
    /// [`extend`](https://webassembly.github.io/spec/core/exec/numerics.html#op-extend-s)
    i16x8_extend_low_i8x16_s: i8, 16 => i16, 8, 0;
    /// [`extend`](https://webassembly.github.io/spec/core/exec/numerics.html#op-extend-u)
    i16x8_extend_low_i8x16_u: u8, 16 => u16, 8, 0;
    /// [`extend`](https://webassembly.github.io/spec/core/exec/numerics.html#op-extend-s)
    i16x8_extend_high_i8x16_s: i8, 16 => i16, 8, 8;
    /// [`extend`](https://webassembly.github.io/spec/core/exec/numerics.html#op-extend-u)
    i16x8_extend_high_i8x16_u: u8, 16 => u16, 8, 8;
    /// [`extend`](https://webassembly.github.io/spec/core/exec/numerics.html#op-extend-s)
    i32x4_extend_low_i16x8_s: i16, 8 => i32, 4, 0;
    /// [`extend`](https://webassembly.github.io/spec/core/exec/numerics.html#op-extend-u)
    i32x4_extend_low_i16x8_u: u16, 8 => u32, 4, 0;
    /// [`extend`](https://webassembly.github.io/spec/core/exec/numerics.html#op-extend-s)
    i32x4_extend_high_i16x8_s: i16, 8 => i32, 4, 4;
    /// [`extend`](https://webassembly.github.io/spec/core/exec/numerics.html#op-extend-u)
    i32x4_extend_high_i16x8_u: u16, 8 => u32, 4, 4;
    /// [`extend`](https://webassembly.github.io/spec/core/exec/numerics.html#op-extend-s)
    i64x2_extend_low_i32x4_s: i32, 4 => i64, 2, 0;
    /// [`extend`](https://webassembly.github.io/spec/core/exec/numerics.html#op-extend-u)
    i64x2_extend_low_i32x4_u: u32, 4 => u64, 2, 0;
    /// [`extend`](https://webassembly.github.io/spec/core/exec/numerics.html#op-extend-s)
    i64x2_extend_high_i32x4_s: i32, 4 => i64, 2, 2;
    /// [`extend`](https://webassembly.github.io/spec/core/exec/numerics.html#op-extend-u)
    i64x2_extend_high_i32x4_u: u32, 4 => u64, 2, 2;
    /// [`promote`](https://webassembly.github.io/spec/core/exec/numerics.html#op-promote)
    f64x2_promote_low_f32x4: f32, 4 => f64, 2, 0;
    /// [`convert`](https://webassembly.github.io/spec/core/exec/numerics.html#op-convert-s)
    f64x2_convert_low_i32x4_s: i32, 4 => f64, 2, 0;
    /// [`convert`](https://webassembly.github.io/spec/core/exec/numerics.html#op-convert-u)
    f64x2_convert_low_i32x4_u: u32, 4 => f64, 2, 0;
}

/// Defines the products of the lower or the higher half of the lanes, which are of twice the width.
macro_rules! products {
    ($($name:ident: $A:ty, $n:literal => $R:ty, $half:literal, $first:literal;)*) => { $(
        /// The products of half of the lanes, of twice the width.
        #[inline]
        pub fn $name(a: V128, b: V128) -> V128 {
            let (a, b) = (a.lanes::<$A, $n>(), b.lanes::<$A, $n>());
            from_fn::<$R, $half>(|i| {
                <$R>::from(a[$first + i]).wrapping_mul(<$R>::from(b[$first + i]))
            })
        }
    )* };
}

products! {
    i16x8_extmul_low_i8x16_s: i8, 16 => i16, 8, 0;
    i16x8_extmul_low_i8x16_u: u8, 16 => u16, 8, 0;
    i16x8_extmul_high_i8x16_s: i8, 16 => i16, 8, 8;
    i16x8_extmul_high_i8x16_u: u8, 16 => u16, 8, 8;
    i32x4_extmul_low_i16x8_s: i16, 8 => i32, 4, 0;
    i32x4_extmul_low_i16x8_u: u16, 8 => u32, 4, 0;
    i32x4_extmul_high_i16x8_s: i16, 8 => i32, 4, 4;
    i32x4_extmul_high_i16x8_u: u16, 8 => u32, 4, 4;
    i64x2_extmul_low_i32x4_u: u32, 4 => u64, 2, 0;
    i64x2_extmul_high_i32x4_u: u32, 4 => u64, 2, 2;
}

/// The product of signed numbers, by way of unsigned ones, for which every x86-64 has an instruction.
#[inline(always)]
fn product(a: i32, b: i32) -> i64 {
    let unsigned = u64::from(a as u32).wrapping_mul(u64::from(b as u32));
    let high = ((a >> 31) & b).wrapping_add((b >> 31) & a);
    unsigned.wrapping_sub(u64::from(high as u32) << 32) as i64
}

/// The products of half of the lanes, of twice the width.
#[inline]
pub fn i64x2_extmul_low_i32x4_s(a: V128, b: V128) -> V128 {
    let (a, b) = (a.lanes::<i32, 4>(), b.lanes::<i32, 4>());
    from_fn::<i64, 2>(|i| product(a[i], b[i]))
}

/// The products of half of the lanes, of twice the width.
#[inline]
pub fn i64x2_extmul_high_i32x4_s(a: V128, b: V128) -> V128 {
    let (a, b) = (a.lanes::<i32, 4>(), b.lanes::<i32, 4>());
    from_fn::<i64, 2>(|i| product(a[2 + i], b[2 + i]))
}

/// Defines the sums of neighbours, which are of twice the width.
macro_rules! sums {
    ($($name:ident: $A:ty, $n:literal => $R:ty, $half:literal;)*) => { $(
        /// The sums of neighbours, of twice the width.
        #[inline]
        pub fn $name(a: V128) -> V128 {
            let a = a.lanes::<$A, $n>();
            from_fn::<$R, $half>(|i| <$R>::from(a[2 * i]) + <$R>::from(a[2 * i + 1]))
        }
    )* };
}

sums! {
    i16x8_extadd_pairwise_i8x16_s: i8, 16 => i16, 8;
    i16x8_extadd_pairwise_i8x16_u: u8, 16 => u16, 8;
    i32x4_extadd_pairwise_i16x8_s: i16, 8 => i32, 4;
    i32x4_extadd_pairwise_i16x8_u: u16, 8 => u32, 4;
}

/// Defines what narrows the lanes of two vectors to half their width, to the nearest number in range.
macro_rules! narrow {
    ($($name:ident: $A:ty, $n:literal => $R:ty, $twice:literal;)*) => { $(
        /// [`narrow`](https://webassembly.github.io/spec/core/exec/numerics.html#op-narrow-s)
        #[inline]
        pub fn $name(a: V128, b: V128) -> V128 {
            let (a, b) = (a.lanes::<$A, $n>(), b.lanes::<$A, $n>());
            from_fn::<$R, $twice>(|i| {
                let x = if i < $n { a[i] } else { b[i - $n] };
                x.clamp(<$A>::from(<$R>::MIN), <$A>::from(<$R>::MAX)) as $R
            })
        }
    )* };
}

narrow! {
    i8x16_narrow_i16x8_s: i16, 8 => i8, 16;
    i8x16_narrow_i16x8_u: i16, 8 => u8, 16;
    i16x8_narrow_i32x4_s: i32, 4 => i16, 8;
}

/// [`narrow`](https://webassembly.github.io/spec/core/exec/numerics.html#op-narrow-s)
#[inline]
pub fn i16x8_narrow_i32x4_u(a: V128, b: V128) -> V128 {
    // By way of signed numbers, for which every x86-64 has an instruction.
    let [a, b] = [a, b].map(|x| map::<i32, i32, 4>(x, |x| x.clamp(0, 0xffff) - 0x8000));
    map::<u16, u16, 8>(i16x8_narrow_i32x4_s(a, b), |x| x ^ 0x8000)
}

/// [`convert`](https://webassembly.github.io/spec/core/exec/numerics.html#op-convert-s)
#[inline]
pub fn f32x4_convert_i32x4_s(a: V128) -> V128 {
    map::<i32, f32, 4>(a, |a| a as f32)
}

/// [`trunc_sat`](https://webassembly.github.io/spec/core/exec/numerics.html#op-trunc-sat-s)
#[inline]
pub fn i32x4_trunc_sat_f32x4_s(a: V128) -> V128 {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::{_mm_castsi128_ps, _mm_cvttps_epi32};
        let number = map::<f32, u32, 4>(a, |a| if a.is_nan() { 0 } else { a.to_bits() });
        // Of what is out of range it gives the least number: all bits of which are to be turned round above.
        // SAFETY: every x86-64 has SSE2.
        let truncated = V128(unsafe { _mm_cvttps_epi32(_mm_castsi128_ps(number.0)) });
        let above = map::<f32, u32, 4>(number, |a| if a >= 2_147_483_648.0 { !0 } else { 0 });
        v128_xor(truncated, above)
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        map::<f32, i32, 4>(a, |a| a as i32)
    }
}

/// [`trunc_sat`](https://webassembly.github.io/spec/core/exec/numerics.html#op-trunc-sat-s): the two other lanes are zero
#[inline]
pub fn i32x4_trunc_sat_f64x2_s_zero(a: V128) -> V128 {
    let [a, b] = a.lanes::<f64, 2>().map(i32_trunc_sat_f64_s);
    V128::from_lanes([a, b, 0, 0])
}

/// [`convert`](https://webassembly.github.io/spec/core/exec/numerics.html#op-convert-u)
#[inline]
pub fn f32x4_convert_i32x4_u(a: V128) -> V128 {
    map::<u32, f32, 4>(a, |a| a as f32)
}

/// [`trunc_sat`](https://webassembly.github.io/spec/core/exec/numerics.html#op-trunc-sat-u)
#[inline]
pub fn i32x4_trunc_sat_f32x4_u(a: V128) -> V128 {
    map::<f32, u32, 4>(a, |a| {
        let x = if a > 0.0 { a } else { 0.0 };
        let x = if x > U32_GREATEST { U32_GREATEST } else { x };
        // SAFETY: it is in range.
        let truncated = unsafe { x.to_int_unchecked::<u32>() };
        truncated | if a > U32_GREATEST { !0 } else { 0 }
    })
}

/// [`trunc_sat`](https://webassembly.github.io/spec/core/exec/numerics.html#op-trunc-sat-u): the two other lanes are zero
#[inline]
pub fn i32x4_trunc_sat_f64x2_u_zero(a: V128) -> V128 {
    let [a, b] = a.lanes::<f64, 2>().map(i32_trunc_sat_f64_u);
    V128::from_lanes([a, b, 0, 0])
}

/// [`demote`](https://webassembly.github.io/spec/core/exec/numerics.html#op-demote): the two other lanes are zero
#[inline]
pub fn f32x4_demote_f64x2_zero(a: V128) -> V128 {
    let [a, b] = a.lanes::<f64, 2>().map(|a| a as f32);
    V128::from_lanes([a, b, 0.0, 0.0])
}

/// The sums of the products of neighbours.
#[inline]
pub fn i32x4_dot_i16x8_s(a: V128, b: V128) -> V128 {
    let (a, b) = (a.lanes::<i16, 8>(), b.lanes::<i16, 8>());
    let product = |i: usize| i32::from(a[i]) * i32::from(b[i]);
    from_fn::<i32, 4>(|i| product(2 * i).wrapping_add(product(2 * i + 1)))
}

/// The sums of the products of neighbours, saturating, both operands signed: as the deterministic profile has it.
#[inline]
pub fn i16x8_relaxed_dot_i8x16_i7x16_s(a: V128, b: V128) -> V128 {
    let (a, b) = (a.lanes::<i8, 16>(), b.lanes::<i8, 16>());
    let product = |i: usize| i16::from(a[i]) * i16::from(b[i]);
    from_fn::<i16, 8>(|i| product(2 * i).saturating_add(product(2 * i + 1)))
}

/// The sums of four products of neighbours and a lane of `c`: as the deterministic profile has it.
#[inline]
pub fn i32x4_relaxed_dot_i8x16_i7x16_add_s(a: V128, b: V128, c: V128) -> V128 {
    let products = i16x8_relaxed_dot_i8x16_i7x16_s(a, b);
    i32x4_add(i32x4_extadd_pairwise_i16x8_s(products), c)
}
