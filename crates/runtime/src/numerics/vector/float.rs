//! Operations on vectors of floats. None of them branches on a lane: so they are computed on all lanes at once.

use super::V128;

/// Defines every operation for both widths. `Float` is an operand's lane, `Bits` the integer of that width.
macro_rules! define_float_ops {
    ($(#[$doc:meta] $f32:ident $f64:ident ($($x:ident),+) -> $R:ident $body:block)*) => {
        mod w32 {
            use super::V128;
            type Float = f32;
            type Bits = u32;
            $( define_float_ops!(@op #[$doc] $f32 ($($x),+) -> $R $body); )*
            define_float_ops!(@private);
        }
        mod w64 {
            use super::V128;
            type Float = f64;
            type Bits = u64;
            $( define_float_ops!(@op #[$doc] $f64 ($($x),+) -> $R $body); )*
            define_float_ops!(@private);
        }
        pub use w32::*;
        pub use w64::*;
    };
    (@op #[$doc:meta] $name:ident ($a:ident) -> $R:ident $body:block) => {
        #[$doc]
        #[inline]
        pub fn $name(a: V128) -> V128 {
            super::super::map::<Float, $R, { 16 / size_of::<Float>() }>(a, |$a| $body)
        }
    };
    (@op #[$doc:meta] $name:ident ($a:ident, $b:ident) -> $R:ident $body:block) => {
        #[$doc]
        #[inline]
        pub fn $name(a: V128, b: V128) -> V128 {
            super::super::zip::<Float, $R, { 16 / size_of::<Float>() }>(a, b, |$a, $b| $body)
        }
    };
    (@private) => {
        /// All bits, or none.
        #[inline(always)]
        fn mask(yes: bool) -> Bits {
            if yes { !0 } else { 0 }
        }

        /// One or the other, both being known.
        #[inline(always)]
        fn select(yes: bool, a: Bits, b: Bits) -> Float {
            Float::from_bits(a & mask(yes) | b & !mask(yes))
        }

        /// A NaN if one of the operands is, otherwise the number.
        #[inline(always)]
        fn number_or_nan(a: Float, b: Float, number: Bits) -> Float {
            select(a.is_nan() || b.is_nan(), (a + b).to_bits(), number)
        }

        /// `a` rounded to the nearest whole number, ties to even; quiet if it is a NaN.
        #[inline(always)]
        fn round(a: Float) -> Float {
            // Adding it leaves no bits for a fraction, so the sum is rounded; greater numbers have none.
            let magic = Float::from_bits(WHOLE.to_bits() & mask(a.abs() < WHOLE));
            ((a.abs() + magic) - magic).copysign(a)
        }

        /// The least power of two from which on every float is a whole number.
        const WHOLE: Float = ((1 as Bits) << (Float::MANTISSA_DIGITS - 1)) as Float;
    };
}

define_float_ops! {
    /// [`fadd`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fadd)
    f32x4_add f64x2_add (a, b) -> Float { a + b }

    /// [`fsub`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fsub)
    f32x4_sub f64x2_sub (a, b) -> Float { a - b }

    /// [`fmul`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fmul)
    f32x4_mul f64x2_mul (a, b) -> Float { a * b }

    /// [`fdiv`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fdiv)
    f32x4_div f64x2_div (a, b) -> Float { a / b }

    /// [`fmin`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fmin)
    f32x4_min f64x2_min (a, b) -> Float {
        // These are the same number, unless both operands are zeros: then one is `a` and the other `b`.
        let (x, y) = (if a < b { a } else { b }, if b < a { b } else { a });
        number_or_nan(a, b, x.to_bits() | y.to_bits())
     }

    /// [`fmax`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fmax)
    f32x4_max f64x2_max (a, b) -> Float {
        // As in the minimum.
        let (x, y) = (if a > b { a } else { b }, if b > a { b } else { a });
        number_or_nan(a, b, x.to_bits() & y.to_bits())
     }

    /// [`fpmin`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fpmin): the bits of one operand
    f32x4_pmin f64x2_pmin (a, b) -> Float { if b < a { b } else { a } }

    /// [`fpmax`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fpmax): the bits of one operand
    f32x4_pmax f64x2_pmax (a, b) -> Float { if a < b { b } else { a } }

    /// [`fabs`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fabs)
    f32x4_abs f64x2_abs (a) -> Float { a.abs() }

    /// [`fneg`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fneg)
    f32x4_neg f64x2_neg (a) -> Float { -a }

    /// [`fsqrt`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fsqrt)
    f32x4_sqrt f64x2_sqrt (a) -> Float { a.sqrt() }

    /// [`fceil`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fceil)
    f32x4_ceil f64x2_ceil (a) -> Float {
        let near = round(a);
        (near + Float::from_bits(Float::to_bits(1.0) & mask(near < a))).copysign(a)
     }

    /// [`ffloor`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ffloor)
    f32x4_floor f64x2_floor (a) -> Float {
        let near = round(a);
        (near - Float::from_bits(Float::to_bits(1.0) & mask(near > a))).copysign(a)
     }

    /// [`ftrunc`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ftrunc)
    f32x4_trunc f64x2_trunc (a) -> Float {
        let near = round(a.abs());
        (near - Float::from_bits(Float::to_bits(1.0) & mask(near > a.abs()))).copysign(a)
     }

    /// [`fnearest`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fnearest)
    f32x4_nearest f64x2_nearest (a) -> Float { round(a) }

    /// [`feq`](https://webassembly.github.io/spec/core/exec/numerics.html#op-feq)
    f32x4_eq f64x2_eq (a, b) -> Bits { mask(a == b) }

    /// [`fne`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fne)
    f32x4_ne f64x2_ne (a, b) -> Bits { mask(a != b) }

    /// [`flt`](https://webassembly.github.io/spec/core/exec/numerics.html#op-flt)
    f32x4_lt f64x2_lt (a, b) -> Bits { mask(a < b) }

    /// [`fgt`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fgt)
    f32x4_gt f64x2_gt (a, b) -> Bits { mask(a > b) }

    /// [`fle`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fle)
    f32x4_le f64x2_le (a, b) -> Bits { mask(a <= b) }

    /// [`fge`](https://webassembly.github.io/spec/core/exec/numerics.html#op-fge)
    f32x4_ge f64x2_ge (a, b) -> Bits { mask(a >= b) }

    /// The positive canonical NaN in place of every NaN.
    f32x4_canonicalize_nan f64x2_canonicalize_nan (a) -> Float {
        const CANONICAL: Bits = Float::INFINITY.to_bits() | 1 << (Float::MANTISSA_DIGITS - 2);
        select(a.is_nan(), CANONICAL, a.to_bits())
    }
}

/// [`frelaxed_madd`](https://webassembly.github.io/spec/core/exec/numerics.html#op-frelaxed_madd): rounded twice, as in the deterministic profile.
#[inline]
pub fn f32x4_relaxed_madd(a: V128, b: V128, c: V128) -> V128 {
    f32x4_add(f32x4_mul(a, b), c)
}

/// [`frelaxed_nmadd`](https://webassembly.github.io/spec/core/exec/numerics.html#op-frelaxed_nmadd): rounded twice, as in the deterministic profile.
#[inline]
pub fn f32x4_relaxed_nmadd(a: V128, b: V128, c: V128) -> V128 {
    f32x4_add(f32x4_mul(f32x4_neg(a), b), c)
}

/// [`frelaxed_madd`](https://webassembly.github.io/spec/core/exec/numerics.html#op-frelaxed_madd): rounded twice, as in the deterministic profile.
#[inline]
pub fn f64x2_relaxed_madd(a: V128, b: V128, c: V128) -> V128 {
    f64x2_add(f64x2_mul(a, b), c)
}

/// [`frelaxed_nmadd`](https://webassembly.github.io/spec/core/exec/numerics.html#op-frelaxed_nmadd): rounded twice, as in the deterministic profile.
#[inline]
pub fn f64x2_relaxed_nmadd(a: V128, b: V128, c: V128) -> V128 {
    f64x2_add(f64x2_mul(f64x2_neg(a), b), c)
}
