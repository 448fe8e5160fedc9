//! Conversions between number types.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/numerics.html#conversions)

use crate::Trap;

/// [`wrap`](https://webassembly.github.io/spec/core/exec/numerics.html#op-wrap): the low 32 bits.
#[inline]
pub fn i32_wrap_i64(a: u64) -> u32 {
    a as u32
}

/// [`extend_s`](https://webassembly.github.io/spec/core/exec/numerics.html#op-extend-s)
#[inline]
pub fn i64_extend_i32_s(a: u32) -> u64 {
    a as i32 as u64
}

/// [`extend_u`](https://webassembly.github.io/spec/core/exec/numerics.html#op-extend-u)
#[inline]
pub fn i64_extend_i32_u(a: u32) -> u64 {
    u64::from(a)
}

/// Defines the conversions of floats to integers: `trapping saturating (Float => Number => Int, low..high)`.
/// A float is in range if it lies between `low` and `high`, both exclusive: the nearest floats whose integer
/// part `Number` cannot represent.
macro_rules! define_truncs {
    ($($trunc:ident $trunc_sat:ident ($Float:ty => $Number:ty => $Int:ty, $low:expr, $high:expr);)*) => {$(
        /// [`trunc`](https://webassembly.github.io/spec/core/exec/numerics.html#op-trunc-u), towards zero.
        ///
        /// # Errors
        /// [`Trap::InvalidConversionToInteger`] for NaN; [`Trap::IntegerOverflow`] if the result is out of
        /// range.
        #[inline]
        pub fn $trunc(a: $Float) -> Result<$Int, Trap> {
            if a > $low && a < $high {
                // Not `a as $Number`, which compiles to the whole of `trunc_sat`, five instructions more.
                // SAFETY: `a` is not NaN, and its integer part is in range.
                Ok(unsafe { a.to_int_unchecked::<$Number>() } as $Int)
            } else if a.is_nan() {
                Err(Trap::InvalidConversionToInteger)
            } else {
                Err(Trap::IntegerOverflow)
            }
        }

        /// [`trunc_sat`](https://webassembly.github.io/spec/core/exec/numerics.html#op-trunc-sat-u), towards
        /// zero: NaN gives 0, what is out of range the nearest number in range.
        #[inline]
        pub fn $trunc_sat(a: $Float) -> $Int {
            a as $Number as $Int
        }
    )*};
}

define_truncs! {
    i32_trunc_f32_s i32_trunc_sat_f32_s (f32 => i32 => u32, -2_147_483_904.0, 2_147_483_648.0);
    i32_trunc_f32_u i32_trunc_sat_f32_u (f32 => u32 => u32, -1.0, 4_294_967_296.0);
    i32_trunc_f64_s i32_trunc_sat_f64_s (f64 => i32 => u32, -2_147_483_649.0, 2_147_483_648.0);
    i32_trunc_f64_u i32_trunc_sat_f64_u (f64 => u32 => u32, -1.0, 4_294_967_296.0);
    i64_trunc_f32_s i64_trunc_sat_f32_s (f32 => i64 => u64, -9_223_373_136_366_403_584.0, 9_223_372_036_854_775_808.0);
    i64_trunc_f32_u i64_trunc_sat_f32_u (f32 => u64 => u64, -1.0, 18_446_744_073_709_551_616.0);
    i64_trunc_f64_s i64_trunc_sat_f64_s (f64 => i64 => u64, -9_223_372_036_854_777_856.0, 9_223_372_036_854_775_808.0);
    i64_trunc_f64_u i64_trunc_sat_f64_u (f64 => u64 => u64, -1.0, 18_446_744_073_709_551_616.0);
}

/// Defines the conversions of integers to floats, to the nearest float, ties to even.
macro_rules! define_converts {
    ($($name:ident ($Int:ty => $Number:ty => $Float:ty);)*) => {$(
        /// [`convert`](https://webassembly.github.io/spec/core/exec/numerics.html#op-convert-u)
        #[inline]
        pub fn $name(a: $Int) -> $Float {
            a as $Number as $Float
        }
    )*};
}

define_converts! {
    f32_convert_i32_s (u32 => i32 => f32);
    f32_convert_i32_u (u32 => u32 => f32);
    f32_convert_i64_s (u64 => i64 => f32);
    f32_convert_i64_u (u64 => u64 => f32);
    f64_convert_i32_s (u32 => i32 => f64);
    f64_convert_i32_u (u32 => u32 => f64);
    f64_convert_i64_s (u64 => i64 => f64);
    f64_convert_i64_u (u64 => u64 => f64);
}

/// [`demote`](https://webassembly.github.io/spec/core/exec/numerics.html#op-demote): to the nearest, ties to
/// even.
#[inline]
pub fn f32_demote_f64(a: f64) -> f32 {
    a as f32
}

/// [`promote`](https://webassembly.github.io/spec/core/exec/numerics.html#op-promote)
#[inline]
pub fn f64_promote_f32(a: f32) -> f64 {
    f64::from(a)
}

/// [`reinterpret`](https://webassembly.github.io/spec/core/exec/numerics.html#op-reinterpret)
#[inline]
pub fn i32_reinterpret_f32(a: f32) -> u32 {
    a.to_bits()
}

/// [`reinterpret`](https://webassembly.github.io/spec/core/exec/numerics.html#op-reinterpret)
#[inline]
pub fn i64_reinterpret_f64(a: f64) -> u64 {
    a.to_bits()
}

/// [`reinterpret`](https://webassembly.github.io/spec/core/exec/numerics.html#op-reinterpret)
#[inline]
pub fn f32_reinterpret_i32(a: u32) -> f32 {
    f32::from_bits(a)
}

/// [`reinterpret`](https://webassembly.github.io/spec/core/exec/numerics.html#op-reinterpret)
#[inline]
pub fn f64_reinterpret_i64(a: u64) -> f64 {
    f64::from_bits(a)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The integer part of a finite float, computed on its bits; `None` if it is far out of every range.
    fn integer_part(a: f64) -> Option<i128> {
        let exponent = (a.to_bits() >> 52 & 0x7ff) as i32 - 1075;
        let mantissa = i128::from(a.to_bits() & ((1 << 52) - 1) | 1 << 52);
        let magnitude = match exponent {
            ..-52 => 0,
            -52..0 => mantissa >> -exponent,
            0..=64 => mantissa << exponent,
            _ => return None,
        };
        Some(if a.is_sign_negative() { -magnitude } else { magnitude })
    }

    /// Floats around powers of two and near whole numbers, and any others.
    fn float() -> impl Strategy<Value = f64> {
        let near = (any::<bool>(), 0..=70, -3..=3_i64, -3..=3_i32);
        prop_oneof![
            near.clone().prop_map(|(negative, bit, ulps, _)| {
                let a = f64::from_bits(2_f64.powi(bit).to_bits().wrapping_add_signed(ulps));
                if negative { -a } else { a }
            }),
            near.prop_map(|(negative, bit, _, quarters)| {
                let a = 2_f64.powi(bit) + f64::from(quarters) / 4.0;
                if negative { -a } else { a }
            }),
            any::<f64>(),
            any::<u64>().prop_map(f64::from_bits),
        ]
    }

    /// The float next to `a` away from zero.
    fn next_f32(a: f32) -> f32 {
        f32::from_bits(a.to_bits() + 1)
    }

    proptest! {
        #[test]
        fn trunc_cuts_the_fraction_off(a in float()) {
            macro_rules! check {
                ($Number:ty, $Int:ty, $trunc:ident, $trunc_sat:ident, $a:expr) => {{
                    let a = $a;
                    let whole = if f64::from(a).is_finite() { integer_part(a.into()) } else { None };
                    let expected = match whole.map(<$Number>::try_from) {
                        _ if a.is_nan() => Err(Trap::InvalidConversionToInteger),
                        Some(Ok(n)) => Ok(n as $Int),
                        _ => Err(Trap::IntegerOverflow),
                    };
                    prop_assert_eq!($trunc(a), expected);
                    let nearest = if a > 0.0 { <$Number>::MAX } else { <$Number>::MIN };
                    let otherwise = if a.is_nan() { 0 } else { nearest as $Int };
                    prop_assert_eq!($trunc_sat(a), expected.unwrap_or(otherwise));
                }};
            }
            for b in [a as f32, next_f32(a as f32), -next_f32(a as f32)] {
                check!(i32, u32, i32_trunc_f32_s, i32_trunc_sat_f32_s, b);
                check!(u32, u32, i32_trunc_f32_u, i32_trunc_sat_f32_u, b);
                check!(i64, u64, i64_trunc_f32_s, i64_trunc_sat_f32_s, b);
                check!(u64, u64, i64_trunc_f32_u, i64_trunc_sat_f32_u, b);
            }
            check!(i32, u32, i32_trunc_f64_s, i32_trunc_sat_f64_s, a);
            check!(u32, u32, i32_trunc_f64_u, i32_trunc_sat_f64_u, a);
            check!(i64, u64, i64_trunc_f64_s, i64_trunc_sat_f64_s, a);
            check!(u64, u64, i64_trunc_f64_u, i64_trunc_sat_f64_u, a);
        }

        #[test]
        fn convert_rounds_to_the_nearest(bits: u64, shift in 0..64_u32) {
            let a = bits >> shift;
            macro_rules! check {
                ($Int:ty, $Number:ty, $name:ident, $Float:ty) => {{
                    let exact = i128::from(a as $Int as $Number);
                    let x = $name(a as $Int);
                    let error = (integer_part(x.into()).unwrap() - exact).abs();
                    for neighbour in [x.next_down(), x.next_up()] {
                        let other = (integer_part(neighbour.into()).unwrap() - exact).abs();
                        prop_assert!(error < other || error == other && x.to_bits() & 1 == 0);
                    }
                }};
            }
            check!(u32, i32, f32_convert_i32_s, f32);
            check!(u32, u32, f32_convert_i32_u, f32);
            check!(u64, i64, f32_convert_i64_s, f32);
            check!(u64, u64, f32_convert_i64_u, f32);
            check!(u64, i64, f64_convert_i64_s, f64);
            check!(u64, u64, f64_convert_i64_u, f64);
            prop_assert_eq!(integer_part(f64_convert_i32_s(a as u32)), Some(i128::from(a as i32)));
            prop_assert_eq!(integer_part(f64_convert_i32_u(a as u32)), Some(i128::from(a as u32)));
        }

        #[test]
        fn reinterpret_keeps_the_bits(a: u64) {
            prop_assert_eq!(i64_reinterpret_f64(f64_reinterpret_i64(a)), a);
            prop_assert_eq!(i32_reinterpret_f32(f32_reinterpret_i32(a as u32)), a as u32);
        }

        #[test]
        fn widths_change(a: u64) {
            prop_assert_eq!(u128::from(i32_wrap_i64(a)), u128::from(a) % (1 << 32));
            prop_assert_eq!(i64_extend_i32_s(a as u32) as i64, i64::from(a as i32));
            prop_assert_eq!(i64_extend_i32_u(a as u32), a % (1 << 32));
        }
    }

    #[test]
    fn the_last_float_in_range() {
        assert_eq!(i32_trunc_f64_s(2_147_483_647.9), Ok(0x7fff_ffff));
        assert_eq!(i32_trunc_f64_s(-2_147_483_648.9), Ok(0x8000_0000));
        assert_eq!(i32_trunc_f64_s(-2_147_483_649.0), Err(Trap::IntegerOverflow));
        assert_eq!(i32_trunc_f32_s(-2_147_483_648.0), Ok(0x8000_0000));
        assert_eq!(i32_trunc_f32_s(2_147_483_648.0), Err(Trap::IntegerOverflow));
        assert_eq!(i64_trunc_f32_s(-9_223_372_036_854_775_808.0), Ok(1 << 63));
        assert_eq!(i64_trunc_f64_s(-9_223_372_036_854_775_808.0), Ok(1 << 63));
        assert_eq!(i64_trunc_f64_u(-0.999), Ok(0));
        assert_eq!(i64_trunc_f64_u(-1.0), Err(Trap::IntegerOverflow));
        assert_eq!(i64_trunc_f64_u(18_446_744_073_709_549_568.0), Ok(0xffff_ffff_ffff_f800));
        assert_eq!(i64_trunc_f64_u(f64::INFINITY), Err(Trap::IntegerOverflow));
        assert_eq!(i64_trunc_f64_u(f64::NAN), Err(Trap::InvalidConversionToInteger));
    }

    #[test]
    fn demote_and_promote() {
        assert_eq!(f32_demote_f64(1e300), f32::INFINITY);
        assert_eq!(f32_demote_f64(f64::from(f32::MAX) * (1.0 + 1e-9)), f32::MAX);
        assert_eq!(f32_demote_f64(1e-300).to_bits(), 0);
        assert_eq!(f32_demote_f64(-1e-300).to_bits(), 1 << 31);
        assert_eq!(f64_promote_f32(f32::from_bits(1)), 2_f64.powi(-149));
    }

    /// A signalling NaN comes out quiet; a canonical one stays canonical.
    #[test]
    fn demote_and_promote_nan() {
        use std::hint::black_box;
        let quiet = |bits: u32| f64_promote_f32(black_box(f32::from_bits(bits))).to_bits();
        assert_eq!(quiet(0x7fa0_0000) >> 51 & 0x1fff, 0xfff);
        assert_eq!(quiet(0x7fc0_0000) << 1, 0x7ff8 << 49);
        let quiet = |bits: u64| f32_demote_f64(black_box(f64::from_bits(bits))).to_bits();
        assert_eq!(quiet(0x7ff4 << 48) >> 22 & 0x3ff, 0x1ff);
        assert_eq!(quiet(0x7ff8 << 48) << 1, 0x7fc << 21);
    }
}
