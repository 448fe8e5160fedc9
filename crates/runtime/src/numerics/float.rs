//! Operations on floats.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/numerics.html#floating-point-operations)

/// Whether the target rounds a float to a whole number in one instruction. Where it does not, the standard
/// library calls a function, which costs more than computing it here, and more in a caller that would
/// otherwise need no stack frame.
const ROUNDS_IN_HARDWARE: bool = cfg!(any(target_feature = "sse4.1", target_arch = "aarch64"));

/// Defines every operation for both widths. `Float` is an operand's type, `Bits` the integer of that width.
macro_rules! define_float_ops {
    ($($(#[$doc:meta])* $f32:ident $f64:ident ($($x:ident),+) -> $ret:ty $body:block)*) => {
        mod w32 {
            use super::ROUNDS_IN_HARDWARE;
            type Float = f32;
            type Bits = u32;
            $($(#[$doc])* #[inline] pub fn $f32($($x: Float),+) -> $ret $body)*
            define_float_ops!(@private);
        }
        mod w64 {
            use super::ROUNDS_IN_HARDWARE;
            type Float = f64;
            type Bits = u64;
            $($(#[$doc])* #[inline] pub fn $f64($($x: Float),+) -> $ret $body)*
            define_float_ops!(@private);
        }
        pub use w32::*;
        pub use w64::*;
    };
    (@private) => {
        /// The quiet bit of a NaN, alone.
        const QUIET: Bits = 1 << (Float::MANTISSA_DIGITS - 2);
        /// The least power of two from which on every float is a whole number.
        const WHOLE: Float = ((1 as Bits) << (Float::MANTISSA_DIGITS - 1)) as Float;

        /// `a`, quiet if it is a NaN.
        #[inline]
        fn quieten(a: Float) -> Float {
            if a.is_nan() { Float::from_bits(a.to_bits() | QUIET) } else { a }
        }

        /// `a` rounded to the nearest whole number, ties to even; the sign of a zero is unspecified.
        /// Requires `|a| < WHOLE`. Adding `WHOLE` leaves no bits for a fraction, so the sum is rounded.
        #[inline]
        fn round(a: Float) -> Float {
            let magic = WHOLE.copysign(a);
            (a + magic) - magic
        }
    };
}

define_float_ops! {
    /// [`fadd`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fadd)
    f32_add f64_add (a, b) -> Float { a + b }

    /// [`fsub`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fsub)
    f32_sub f64_sub (a, b) -> Float { a - b }

    /// [`fmul`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fmul)
    f32_mul f64_mul (a, b) -> Float { a * b }

    /// [`fdiv`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fdiv)
    f32_div f64_div (a, b) -> Float { a / b }

    /// [`fmin`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fmin): NaN if either is NaN;
    /// -0 is less than +0.
    f32_min f64_min (a, b) -> Float {
        if a.is_nan() || b.is_nan() {
            return a + b;
        }
        // These are the same number, unless both operands are zeros: then one is `a` and the other `b`.
        let (x, y) = (if a < b { a } else { b }, if b < a { b } else { a });
        Float::from_bits(x.to_bits() | y.to_bits())
    }

    /// [`fmax`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fmax): NaN if either is NaN;
    /// +0 is greater than -0.
    f32_max f64_max (a, b) -> Float {
        if a.is_nan() || b.is_nan() {
            return a + b;
        }
        // As in the minimum.
        let (x, y) = (if a > b { a } else { b }, if b > a { b } else { a });
        Float::from_bits(x.to_bits() & y.to_bits())
    }

    /// [`fcopysign`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fcopysign): `a` with the
    /// sign of `b`, all other bits kept.
    f32_copysign f64_copysign (a, b) -> Float { a.copysign(b) }

    /// [`fabs`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fabs): clears the sign bit, also
    /// of a NaN.
    f32_abs f64_abs (a) -> Float { a.abs() }

    /// [`fneg`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fneg): flips the sign bit, also
    /// of a NaN.
    f32_neg f64_neg (a) -> Float { -a }

    /// [`fsqrt`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fsqrt)
    f32_sqrt f64_sqrt (a) -> Float { a.sqrt() }

    /// [`fceil`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fceil): the nearest whole
    /// number that is not less.
    f32_ceil f64_ceil (a) -> Float {
        if ROUNDS_IN_HARDWARE {
            a.ceil()
        } else if a.abs() < WHOLE {
            let near = round(a);
            (near + if near < a { 1.0 } else { 0.0 }).copysign(a)
        } else {
            quieten(a)
        }
    }

    /// [`ffloor`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ffloor): the nearest whole
    /// number that is not greater.
    f32_floor f64_floor (a) -> Float {
        if ROUNDS_IN_HARDWARE {
            a.floor()
        } else if a.abs() < WHOLE {
            let near = round(a);
            (near - if near > a { 1.0 } else { 0.0 }).copysign(a)
        } else {
            quieten(a)
        }
    }

    /// [`ftrunc`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ftrunc): the nearest whole
    /// number that is not farther from zero.
    f32_trunc f64_trunc (a) -> Float {
        if ROUNDS_IN_HARDWARE {
            a.trunc()
        } else if a.abs() < WHOLE {
            let near = round(a.abs());
            (near - if near > a.abs() { 1.0 } else { 0.0 }).copysign(a)
        } else {
            quieten(a)
        }
    }

    /// [`fnearest`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fnearest): the nearest whole
    /// number, ties to even.
    f32_nearest f64_nearest (a) -> Float {
        if ROUNDS_IN_HARDWARE {
            a.round_ties_even()
        } else if a.abs() < WHOLE {
            round(a).copysign(a)
        } else {
            quieten(a)
        }
    }

    /// [`feq`](https://webassembly.github.io/spec/core/exec/numerics.html#op-feq)
    f32_eq f64_eq (a, b) -> bool { a == b }

    /// [`fne`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fne)
    f32_ne f64_ne (a, b) -> bool { a != b }

    /// [`flt`](https://webassembly.github.io/spec/core/exec/numerics.html#op-flt)
    f32_lt f64_lt (a, b) -> bool { a < b }

    /// [`fgt`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fgt)
    f32_gt f64_gt (a, b) -> bool { a > b }

    /// [`fle`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fle)
    f32_le f64_le (a, b) -> bool { a <= b }

    /// [`fge`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fge)
    f32_ge f64_ge (a, b) -> bool { a >= b }

    /// The positive canonical NaN if `a` is a NaN, else `a`: for the
    /// [deterministic profile](https://webassembly.github.io/spec/core/appendix/profiles.html), where every
    /// operation that can make or pass on a NaN (arithmetic, rounding, `min`, `max`, `sqrt`, `demote`,
    /// `promote`) gives this one. `abs`, `neg` and `copysign` keep a NaN's bits there too.
    f32_canonicalize_nan f64_canonicalize_nan (a) -> Float {
        const CANONICAL: Bits = Float::INFINITY.to_bits() | QUIET;
        if a.is_nan() { Float::from_bits(CANONICAL) } else { a }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::{cmp::Ordering, hint::black_box};

    /// Zeros, infinities, NaNs of every kind, numbers around which rounding changes, and any others.
    fn float() -> impl Strategy<Value = f64> {
        let edges = [
            0,
            1,
            0x3fe << 52,
            0x3ff << 52,
            0x3ff8 << 48,
            0x7ff << 52,
            0x7ff8 << 48,
            0x7ff4 << 48,
            0x7ff << 52 | 1,
        ];
        let whole = prop::sample::select(&[1_u64, 2, 1 << 22, 1 << 23, 1 << 24, 1 << 51, 1 << 52, 1 << 53]);
        let magnitude = prop_oneof![
            prop::sample::select(edges.map(f64::from_bits).to_vec()),
            (whole, -9..=9_i32).prop_map(|(whole, quarters)| whole as f64 + f64::from(quarters) / 4.0),
            any::<f64>(),
            any::<u64>().prop_map(f64::from_bits),
        ];
        (magnitude, any::<bool>()).prop_map(|(a, negative)| black_box(if negative { -a } else { a }))
    }

    /// `f64` to `f32`, keeping the kind of a NaN.
    fn narrow(a: f64) -> f32 {
        let payload = (a.to_bits() >> 29 | u64::from(a.to_bits() & 1 == 1)) as u32 & 0x7f_ffff;
        let nan = (a.to_bits() >> 32) as u32 & 1 << 31 | 0x7f80_0000 | payload;
        if a.is_nan() { black_box(f32::from_bits(nan)) } else { a as f32 }
    }

    macro_rules! float_tests {
        ($tests:ident, $Float:ty, $Bits:ty, $of:expr, $canonicalize:ident, $min:ident $max:ident $sqrt:ident
         $ceil:ident $floor:ident $trunc:ident $nearest:ident $abs:ident $neg:ident $copysign:ident
         $add:ident $sub:ident $mul:ident $div:ident
         $eq:ident $ne:ident $lt:ident $gt:ident $le:ident $ge:ident) => {
            mod $tests {
                use super::*;

                const SIGN: $Bits = 1 << (<$Bits>::BITS - 1);
                const QUIET: $Bits = 1 << (<$Float>::MANTISSA_DIGITS - 2);
                const CANONICAL: $Bits = <$Float>::INFINITY.to_bits() | QUIET;

                fn is_canonical(a: $Float) -> bool {
                    a.to_bits() & !SIGN == CANONICAL
                }

                /// Is `result` what the spec's `nans` allows for these operands? That is the same bits as
                /// `number`, or if that is a NaN, a quiet one, and canonical unless an operand was not.
                fn allowed(result: $Float, number: $Float, operands: &[$Float]) -> bool {
                    if !number.is_nan() {
                        return result.to_bits() == number.to_bits();
                    }
                    let noncanonical = operands.iter().any(|&a| a.is_nan() && !is_canonical(a));
                    result.is_nan() && result.to_bits() & QUIET != 0 && (is_canonical(result) || noncanonical)
                }

                /// The lesser and the greater.
                fn sort(a: $Float, b: $Float) -> ($Float, $Float) {
                    match a.total_cmp(&b) {
                        _ if a.is_nan() || b.is_nan() => (<$Float>::NAN, <$Float>::NAN),
                        Ordering::Greater => (b, a),
                        _ => (a, b),
                    }
                }

                proptest! {
                    #[test]
                    fn rounding(a in float()) {
                        let a = $of(a);
                        prop_assert!(allowed($ceil(a), a.ceil(), &[a]), "ceil {}", $ceil(a));
                        prop_assert!(allowed($floor(a), a.floor(), &[a]), "floor {}", $floor(a));
                        prop_assert!(allowed($trunc(a), a.trunc(), &[a]), "trunc {}", $trunc(a));
                        prop_assert!(allowed($nearest(a), a.round_ties_even(), &[a]), "nearest {}", $nearest(a));
                        prop_assert!(allowed($sqrt(a), a.sqrt(), &[a]), "sqrt {}", $sqrt(a));
                    }

                    #[test]
                    fn minimum_and_maximum(a in float(), b in float(), same: bool) {
                        let a = $of(a);
                        let b = if same { $copysign(a, $of(b)) } else { $of(b) };
                        let (min, max) = sort(a, b);
                        prop_assert!(allowed($min(a, b), min, &[a, b]), "{a} min {b} = {}", $min(a, b));
                        prop_assert!(allowed($max(a, b), max, &[a, b]), "{a} max {b} = {}", $max(a, b));
                    }

                    #[test]
                    fn arithmetic(a in float(), b in float()) {
                        let (a, b) = ($of(a), $of(b));
                        prop_assert!(allowed($add(a, b), a + b, &[a, b]));
                        prop_assert!(allowed($sub(a, b), a - b, &[a, b]));
                        prop_assert!(allowed($mul(a, b), a * b, &[a, b]));
                        prop_assert!(allowed($div(a, b), a / b, &[a, b]));
                        prop_assert_eq!($sub(a, b).to_bits() & !SIGN, $add(a, $neg(b)).to_bits() & !SIGN);
                        prop_assert_eq!($add(a, a).to_bits(), $mul(a, black_box(2.0)).to_bits());
                    }

                    #[test]
                    fn signs_are_bits(a in float(), b in float()) {
                        let (a, b) = ($of(a), $of(b));
                        prop_assert_eq!($abs(a).to_bits(), a.to_bits() & !SIGN);
                        prop_assert_eq!($neg(a).to_bits(), a.to_bits() ^ SIGN);
                        prop_assert_eq!($copysign(a, b).to_bits(), a.to_bits() & !SIGN | b.to_bits() & SIGN);
                    }

                    #[test]
                    fn comparisons(a in float(), b in float(), same: bool) {
                        let a = $of(a);
                        let b = if same { a } else { $of(b) };
                        let order = a.partial_cmp(&b);
                        prop_assert_eq!([$eq(a, b), $ne(a, b)], [order == Some(Ordering::Equal), order != Some(Ordering::Equal)]);
                        prop_assert_eq!([$lt(a, b), $gt(a, b)], [order == Some(Ordering::Less), order == Some(Ordering::Greater)]);
                        prop_assert_eq!($le(a, b), order.is_some_and(Ordering::is_le));
                        prop_assert_eq!($ge(a, b), order.is_some_and(Ordering::is_ge));
                    }

                    #[test]
                    fn canonical_nan(a in float()) {
                        let a = $of(a);
                        prop_assert_eq!($canonicalize(a).to_bits(), if a.is_nan() { CANONICAL } else { a.to_bits() });
                    }
                }
            }
        };
    }

    float_tests!(f32_tests, f32, u32, narrow, f32_canonicalize_nan, f32_min f32_max f32_sqrt
        f32_ceil f32_floor f32_trunc f32_nearest f32_abs f32_neg f32_copysign f32_add f32_sub f32_mul f32_div
        f32_eq f32_ne f32_lt f32_gt f32_le f32_ge);
    float_tests!(f64_tests, f64, u64, std::convert::identity, f64_canonicalize_nan, f64_min f64_max f64_sqrt
        f64_ceil f64_floor f64_trunc f64_nearest f64_abs f64_neg f64_copysign f64_add f64_sub f64_mul f64_div
        f64_eq f64_ne f64_lt f64_gt f64_le f64_ge);

    /// Oracles that share nothing with the code above: a few values by hand.
    #[test]
    fn by_hand() {
        let bits =
            |f: fn(f64) -> f64| [-1.5, -0.5, -0.0, 0.0, 0.5, 1.5, 2.5].map(|a| f(black_box(a)).to_bits());
        assert_eq!(bits(f64_nearest), [-2.0, -0.0, -0.0, 0.0, 0.0, 2.0, 2.0].map(f64::to_bits));
        assert_eq!(bits(f64_ceil), [-1.0, -0.0, -0.0, 0.0, 1.0, 2.0, 3.0].map(f64::to_bits));
        assert_eq!(bits(f64_floor), [-2.0, -1.0, -0.0, 0.0, 0.0, 1.0, 2.0].map(f64::to_bits));
        assert_eq!(bits(f64_trunc), [-1.0, -0.0, -0.0, 0.0, 0.0, 1.0, 2.0].map(f64::to_bits));
        assert_eq!(f32_nearest(8_388_607.5).to_bits(), 8_388_608_f32.to_bits());
        assert_eq!(f32_nearest(4_194_304.5).to_bits(), 4_194_304_f32.to_bits());
        assert_eq!(f64_min(0.0, -0.0).to_bits(), 1 << 63);
        assert_eq!(f64_max(-0.0, 0.0).to_bits(), 0);
        assert_eq!(f64_div(1.0, -0.0), f64::NEG_INFINITY);
        assert_eq!(f64_add(1e308, 1e308), f64::INFINITY);
    }
}
