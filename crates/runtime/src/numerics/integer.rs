//! Operations on integers.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/numerics.html#integer-operations)

/// Defines every operation for both widths. `Int` is an operand's type, `Signed` the same width with a sign.
macro_rules! define_int_ops {
    ($($(#[$doc:meta])* $i32:ident $i64:ident ($($x:ident),+) -> $ret:ty $body:block)*) => {
        mod w32 {
            use crate::Trap;
            type Int = u32;
            type Signed = i32;
            $($(#[$doc])* #[inline] pub fn $i32($($x: Int),+) -> $ret $body)*
        }
        mod w64 {
            use crate::Trap;
            type Int = u64;
            type Signed = i64;
            $($(#[$doc])* #[inline] pub fn $i64($($x: Int),+) -> $ret $body)*
        }
        pub use w32::*;
        pub use w64::*;
    };
}

define_int_ops! {
    /// [`iadd`](https://webassembly.github.io/spec/core/exec/numerics.html#op-iadd): `a + b`, wrapping.
    i32_add i64_add (a, b) -> Int { a.wrapping_add(b) }

    /// [`isub`](https://webassembly.github.io/spec/core/exec/numerics.html#op-isub): `a - b`, wrapping.
    i32_sub i64_sub (a, b) -> Int { a.wrapping_sub(b) }

    /// [`imul`](https://webassembly.github.io/spec/core/exec/numerics.html#op-imul): `a * b`, wrapping.
    i32_mul i64_mul (a, b) -> Int { a.wrapping_mul(b) }

    /// [`idiv_s`](https://webassembly.github.io/spec/core/exec/numerics.html#op-idiv-s): `a / b`, signed,
    /// towards zero.
    ///
    /// # Errors
    /// [`Trap::IntegerDivideByZero`]; [`Trap::IntegerOverflow`] if `a` is the smallest number and `b` is -1.
    i32_div_s i64_div_s (a, b) -> Result<Int, Trap> {
        if b == 0 {
            return Err(Trap::IntegerDivideByZero);
        }
        if b == Int::MAX {
            // By -1: the negative, if there is one. On its own, so that the division needs no look at `a`.
            return (a as Signed).checked_neg().map(|quotient| quotient as Int).ok_or(Trap::IntegerOverflow);
        }
        Ok((a as Signed).wrapping_div(b as Signed) as Int)
    }

    /// [`idiv_u`](https://webassembly.github.io/spec/core/exec/numerics.html#op-idiv-u): `a / b`, unsigned.
    ///
    /// # Errors
    /// [`Trap::IntegerDivideByZero`]
    i32_div_u i64_div_u (a, b) -> Result<Int, Trap> { a.checked_div(b).ok_or(Trap::IntegerDivideByZero) }

    /// [`irem_s`](https://webassembly.github.io/spec/core/exec/numerics.html#op-irem-s): the remainder of
    /// `a / b`, signed; it has the sign of `a`.
    ///
    /// # Errors
    /// [`Trap::IntegerDivideByZero`]
    i32_rem_s i64_rem_s (a, b) -> Result<Int, Trap> {
        if b == 0 { Err(Trap::IntegerDivideByZero) } else { Ok((a as Signed).wrapping_rem(b as Signed) as Int) }
    }

    /// [`irem_u`](https://webassembly.github.io/spec/core/exec/numerics.html#op-irem-u): the remainder of
    /// `a / b`, unsigned.
    ///
    /// # Errors
    /// [`Trap::IntegerDivideByZero`]
    i32_rem_u i64_rem_u (a, b) -> Result<Int, Trap> { a.checked_rem(b).ok_or(Trap::IntegerDivideByZero) }

    /// [`iand`](https://webassembly.github.io/spec/core/exec/numerics.html#op-iand)
    i32_and i64_and (a, b) -> Int { a & b }

    /// [`ior`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ior)
    i32_or i64_or (a, b) -> Int { a | b }

    /// [`ixor`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ixor)
    i32_xor i64_xor (a, b) -> Int { a ^ b }

    /// [`ishl`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ishl): `a << b`, with `b`
    /// modulo the width.
    i32_shl i64_shl (a, b) -> Int { a.wrapping_shl(b as u32) }

    /// [`ishr_s`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ishr-s): `a >> b`, copying
    /// the sign, with `b` modulo the width.
    i32_shr_s i64_shr_s (a, b) -> Int { (a as Signed).wrapping_shr(b as u32) as Int }

    /// [`ishr_u`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ishr-u): `a >> b`, filling
    /// with zeros, with `b` modulo the width.
    i32_shr_u i64_shr_u (a, b) -> Int { a.wrapping_shr(b as u32) }

    /// [`irotl`](https://webassembly.github.io/spec/core/exec/numerics.html#op-irotl)
    i32_rotl i64_rotl (a, b) -> Int { a.rotate_left(b as u32 % Int::BITS) }

    /// [`irotr`](https://webassembly.github.io/spec/core/exec/numerics.html#op-irotr)
    i32_rotr i64_rotr (a, b) -> Int { a.rotate_right(b as u32 % Int::BITS) }

    /// [`iclz`](https://webassembly.github.io/spec/core/exec/numerics.html#op-iclz): leading zeros, the
    /// width if `a` is 0.
    i32_clz i64_clz (a) -> Int { a.leading_zeros() as Int }

    /// [`ictz`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ictz): trailing zeros, the
    /// width if `a` is 0.
    i32_ctz i64_ctz (a) -> Int { a.trailing_zeros() as Int }

    /// [`ipopcnt`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ipopcnt): how many bits
    /// are 1.
    i32_popcnt i64_popcnt (a) -> Int { a.count_ones() as Int }

    /// [`iextend8_s`](https://webassembly.github.io/spec/core/exec/numerics.html#op-iextendn-s): the low 8
    /// bits, as a signed number.
    i32_extend8_s i64_extend8_s (a) -> Int { a as i8 as Int }

    /// [`iextend16_s`](https://webassembly.github.io/spec/core/exec/numerics.html#op-iextendn-s): the low
    /// 16 bits, as a signed number.
    i32_extend16_s i64_extend16_s (a) -> Int { a as i16 as Int }

    /// [`ieqz`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ieqz)
    i32_eqz i64_eqz (a) -> bool { a == 0 }

    /// [`ieq`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ieq)
    i32_eq i64_eq (a, b) -> bool { a == b }

    /// [`ine`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ine)
    i32_ne i64_ne (a, b) -> bool { a != b }

    /// [`ilt_s`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ilt-s)
    i32_lt_s i64_lt_s (a, b) -> bool { (a as Signed) < b as Signed }

    /// [`ilt_u`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ilt-u)
    i32_lt_u i64_lt_u (a, b) -> bool { a < b }

    /// [`igt_s`](https://webassembly.github.io/spec/core/exec/numerics.html#op-igt-s)
    i32_gt_s i64_gt_s (a, b) -> bool { a as Signed > b as Signed }

    /// [`igt_u`](https://webassembly.github.io/spec/core/exec/numerics.html#op-igt-u)
    i32_gt_u i64_gt_u (a, b) -> bool { a > b }

    /// [`ile_s`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ile-s)
    i32_le_s i64_le_s (a, b) -> bool { a as Signed <= b as Signed }

    /// [`ile_u`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ile-u)
    i32_le_u i64_le_u (a, b) -> bool { a <= b }

    /// [`ige_s`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ige-s)
    i32_ge_s i64_ge_s (a, b) -> bool { a as Signed >= b as Signed }

    /// [`ige_u`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ige-u)
    i32_ge_u i64_ge_u (a, b) -> bool { a >= b }
}

/// [`iextend32_s`](https://webassembly.github.io/spec/core/exec/numerics.html#op-iextendn-s): the low 32
/// bits, as a signed number.
#[inline]
pub fn i64_extend32_s(a: u64) -> u64 {
    a as i32 as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Trap;
    use proptest::prelude::*;

    /// Numbers at which operations change their behaviour, and any others.
    fn int() -> impl Strategy<Value = u64> {
        const EDGES: &[u64] = &[0, 1, 2, 7, 8, 31, 32, 33, 63, 64, 65, 0x7f, 0x80, 0x7fff, 0x8000, 0xffff];
        let edge = prop::sample::select(EDGES);
        let near = (prop::sample::select(&[31_u32, 32, 63]), -1..=1_i64);
        prop_oneof![
            edge.clone(),
            edge.prop_map(u64::wrapping_neg),
            near.prop_map(|(bit, delta)| (1_u64 << bit).wrapping_add_signed(delta)),
            any::<u64>(),
        ]
    }

    fn bit(a: u128, i: u32) -> bool {
        a >> i & 1 == 1
    }

    proptest! {
        #[test]
        fn operations_are_arithmetic_modulo_the_width(a in int(), b in int()) {
            /// The spec's definitions, on numbers wide enough to hold every intermediate result.
            macro_rules! check {
                ($Int:ty, $Signed:ty, $add:ident $sub:ident $mul:ident $and:ident $or:ident $xor:ident
                 $shl:ident $shr_s:ident $shr_u:ident $rotl:ident $rotr:ident) => {{
                    let (a, b) = (a as $Int, b as $Int);
                    let n = <$Int>::BITS;
                    let (ua, ub) = (u128::from(a), u128::from(b));
                    let sa = i128::from(a as $Signed);
                    let k = (ub % u128::from(n)) as u32;
                    prop_assert_eq!($add(a, b), (ua + ub) as $Int);
                    prop_assert_eq!($sub(a, b), ((1 << n) + ua - ub) as $Int);
                    prop_assert_eq!($mul(a, b), (ua * ub) as $Int);
                    prop_assert_eq!($shl(a, b), (ua << k) as $Int);
                    prop_assert_eq!($shr_u(a, b), (ua >> k) as $Int);
                    prop_assert_eq!($shr_s(a, b), (sa >> k) as $Int);
                    prop_assert_eq!($rotl(a, b), (ua << k | ua >> (n - k)) as $Int);
                    prop_assert_eq!($rotr(a, b), (ua >> k | ua << (n - k)) as $Int);
                    for i in 0..n {
                        let (p, q) = (bit(ua, i), bit(ub, i));
                        prop_assert_eq!(bit($and(a, b).into(), i), p && q);
                        prop_assert_eq!(bit($or(a, b).into(), i), p || q);
                        prop_assert_eq!(bit($xor(a, b).into(), i), p != q);
                    }
                }};
            }
            check!(u32, i32, i32_add i32_sub i32_mul i32_and i32_or i32_xor
                   i32_shl i32_shr_s i32_shr_u i32_rotl i32_rotr);
            check!(u64, i64, i64_add i64_sub i64_mul i64_and i64_or i64_xor
                   i64_shl i64_shr_s i64_shr_u i64_rotl i64_rotr);
        }

        #[test]
        fn division_truncates(a in int(), b in int()) {
            macro_rules! check {
                ($Int:ty, $Signed:ty, $div_s:ident $div_u:ident $rem_s:ident $rem_u:ident) => {{
                    let (a, b) = (a as $Int, b as $Int);
                    let (sa, sb) = (i128::from(a as $Signed), i128::from(b as $Signed));
                    if b == 0 {
                        let trap = Err(Trap::IntegerDivideByZero);
                        prop_assert_eq!([$div_s(a, b), $div_u(a, b), $rem_s(a, b), $rem_u(a, b)], [trap; 4]);
                    } else {
                        let quotient = <$Signed>::try_from(sa / sb).map(|q| q as $Int);
                        prop_assert_eq!($div_s(a, b), quotient.map_err(|_| Trap::IntegerOverflow));
                        prop_assert_eq!($div_u(a, b), Ok((u128::from(a) / u128::from(b)) as $Int));
                        prop_assert_eq!($rem_s(a, b), Ok((sa % sb) as $Int));
                        prop_assert_eq!($rem_u(a, b), Ok((u128::from(a) % u128::from(b)) as $Int));
                    }
                }};
            }
            check!(u32, i32, i32_div_s i32_div_u i32_rem_s i32_rem_u);
            check!(u64, i64, i64_div_s i64_div_u i64_rem_s i64_rem_u);
        }

        #[test]
        fn bits_are_counted_and_extended(a in int()) {
            macro_rules! check {
                ($Int:ty, $clz:ident $ctz:ident $popcnt:ident $extend8:ident $extend16:ident) => {{
                    let a = a as $Int;
                    let bits: Vec<bool> = (0..<$Int>::BITS).map(|i| bit(a.into(), i)).collect();
                    prop_assert_eq!($clz(a), bits.iter().rev().take_while(|&&b| !b).count() as $Int);
                    prop_assert_eq!($ctz(a), bits.iter().take_while(|&&b| !b).count() as $Int);
                    prop_assert_eq!($popcnt(a), bits.iter().filter(|&&b| b).count() as $Int);
                    let extend = |from: u32| {
                        let low = i128::from(a) & ((1 << from) - 1);
                        (low - if bit(a.into(), from - 1) { 1 << from } else { 0 }) as $Int
                    };
                    prop_assert_eq!($extend8(a), extend(8));
                    prop_assert_eq!($extend16(a), extend(16));
                    if <$Int>::BITS == 64 {
                        prop_assert_eq!(i64_extend32_s(a.into()), extend(32) as u64);
                    }
                }};
            }
            check!(u32, i32_clz i32_ctz i32_popcnt i32_extend8_s i32_extend16_s);
            check!(u64, i64_clz i64_ctz i64_popcnt i64_extend8_s i64_extend16_s);
        }

        #[test]
        fn comparisons_compare_numbers(a in int(), b in int()) {
            macro_rules! check {
                ($Int:ty, $Signed:ty, $eqz:ident $eq:ident $ne:ident $lt_s:ident $lt_u:ident $gt_s:ident
                 $gt_u:ident $le_s:ident $le_u:ident $ge_s:ident $ge_u:ident) => {{
                    for (a, b) in [(a as $Int, b as $Int), (a as $Int, a as $Int)] {
                        let (ua, ub) = (i128::from(a), i128::from(b));
                        let (sa, sb) = (i128::from(a as $Signed), i128::from(b as $Signed));
                        prop_assert_eq!($eqz(a), ua == 0);
                        prop_assert_eq!([$eq(a, b), $ne(a, b)], [ua == ub, ua != ub]);
                        prop_assert_eq!([$lt_s(a, b), $gt_s(a, b)], [sa - sb < 0, sa - sb > 0]);
                        prop_assert_eq!([$le_s(a, b), $ge_s(a, b)], [sa - sb <= 0, sa - sb >= 0]);
                        prop_assert_eq!([$lt_u(a, b), $gt_u(a, b)], [ua - ub < 0, ua - ub > 0]);
                        prop_assert_eq!([$le_u(a, b), $ge_u(a, b)], [ua - ub <= 0, ua - ub >= 0]);
                    }
                }};
            }
            check!(u32, i32, i32_eqz i32_eq i32_ne i32_lt_s i32_lt_u i32_gt_s i32_gt_u
                   i32_le_s i32_le_u i32_ge_s i32_ge_u);
            check!(u64, i64, i64_eqz i64_eq i64_ne i64_lt_s i64_lt_u i64_gt_s i64_gt_u
                   i64_le_s i64_le_u i64_ge_s i64_ge_u);
        }
    }

    #[test]
    fn the_smallest_number_divided_by_minus_one() {
        assert_eq!(i32_div_s(1 << 31, u32::MAX), Err(Trap::IntegerOverflow));
        assert_eq!(i64_div_s(1 << 63, u64::MAX), Err(Trap::IntegerOverflow));
        assert_eq!(i32_rem_s(1 << 31, u32::MAX), Ok(0));
        assert_eq!(i64_rem_s(1 << 63, u64::MAX), Ok(0));
    }
}
