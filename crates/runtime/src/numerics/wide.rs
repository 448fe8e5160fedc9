//! Operations on pairs of 64-bit integers, of the wide-arithmetic proposal. Pairs are (low half, high half).

/// `i64.add128`: the sum, modulo 2^128.
#[inline]
pub fn i64_add128(a: (u64, u64), b: (u64, u64)) -> (u64, u64) {
    split(join(a).wrapping_add(join(b)))
}

/// `i64.sub128`: the difference, modulo 2^128.
#[inline]
pub fn i64_sub128(a: (u64, u64), b: (u64, u64)) -> (u64, u64) {
    split(join(a).wrapping_sub(join(b)))
}

/// `i64.mul_wide_s`: the whole product of two signed numbers.
#[inline]
pub fn i64_mul_wide_s(a: u64, b: u64) -> (u64, u64) {
    split((i128::from(a as i64) * i128::from(b as i64)) as u128)
}

/// `i64.mul_wide_u`: the whole product of two unsigned numbers.
#[inline]
pub fn i64_mul_wide_u(a: u64, b: u64) -> (u64, u64) {
    split(u128::from(a) * u128::from(b))
}

fn join((low, high): (u64, u64)) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

fn split(a: u128) -> (u64, u64) {
    (a as u64, (a >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MAX: u64 = u64::MAX;

    #[test]
    fn carries_and_borrows_cross_the_halves() {
        assert_eq!(i64_add128((MAX, 0), (1, 0)), (0, 1));
        assert_eq!(i64_add128((MAX, MAX), (1, 0)), (0, 0));
        assert_eq!(i64_sub128((0, 1), (1, 0)), (MAX, 0));
        assert_eq!(i64_sub128((0, 0), (1, 0)), (MAX, MAX));
    }

    #[test]
    fn products_have_a_high_half() {
        assert_eq!(i64_mul_wide_u(MAX, MAX), (1, MAX - 1));
        assert_eq!(i64_mul_wide_s(MAX, MAX), (1, 0));
        assert_eq!(i64_mul_wide_s(1 << 63, 1 << 63), (0, 1 << 62));
        assert_eq!(i64_mul_wide_s(1 << 63, 1), (1 << 63, MAX));
    }

    proptest! {
        /// Long addition and multiplication, by halves of halves.
        #[test]
        fn as_on_paper(a: (u64, u64), b: (u64, u64)) {
            let (low, carry) = a.0.overflowing_add(b.0);
            let sum = (low, a.1.wrapping_add(b.1).wrapping_add(carry.into()));
            prop_assert_eq!(i64_add128(a, b), sum);
            prop_assert_eq!(i64_sub128(sum, b), a);

            let (x, y) = (a.0, b.0);
            let digits = |n: u64| [n & 0xffff_ffff, n >> 32];
            let (mut low, mut high) = (0_u64, 0_u64);
            for (i, p) in digits(x).into_iter().enumerate() {
                for (j, q) in digits(y).into_iter().enumerate() {
                    let part = match i + j {
                        0 => (p * q, 0),
                        1 => ((p * q) << 32, (p * q) >> 32),
                        _ => (0, p * q),
                    };
                    (low, high) = i64_add128((low, high), part);
                }
            }
            prop_assert_eq!(i64_mul_wide_u(x, y), (low, high));
            // A negative factor counts 2^64 too much.
            let mut signed_high = high;
            if (x as i64) < 0 { signed_high = signed_high.wrapping_sub(y) }
            if (y as i64) < 0 { signed_high = signed_high.wrapping_sub(x) }
            prop_assert_eq!(i64_mul_wide_s(x, y), (low, signed_high));
        }
    }
}
