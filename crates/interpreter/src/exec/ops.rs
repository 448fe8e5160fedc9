//! What each numeric instruction computes: the instruction's name in the table, its types, and the
//! function of `numerics` that does it. The table of instructions refers to every one of these.

use super::numeric::{Operands, Table, Unary};
use super::operand::Value;
use terrane_runtime::Trap;
use terrane_runtime::numerics::{self as num, V128};

/// A unary operation.
pub(crate) trait Op1 {
    type A: Value;
    type R: Value;
    /// What makes NaNs canonical of the result, if it can be one.
    const CANONICALIZE: Option<fn() -> &'static Unary> = None;
    fn apply(a: Self::A) -> Result<Self::R, Trap>;
}

/// A binary operation.
pub(crate) trait Op2 {
    type A: Value;
    type R: Value;
    /// Do the operands commute?
    const COMMUTES: bool;
    /// What the lowering makes of it beside the plain form.
    const SPECIAL: Special = Special::None;
    /// Are there constants that 32 bits do not hold?
    const WIDE: bool = size_of::<Self::A>() == 8;
    /// What makes NaNs canonical of the result, if it can be one.
    const CANONICALIZE: Option<fn() -> &'static Unary> = None;
    fn apply(a: Self::A, b: Self::A) -> Result<Self::R, Trap>;
}

/// Binary operations that the lowering knows how to combine with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Special {
    None,
    Add32,
    Add64,
    Sub32,
    Sub64,
    And32,
    And64,
    Shl32,
    Shl64,
    /// `a << k`, plus `b`.
    AddShl32(u8),
    AddShl64(u8),
}

/// An operation whose result is of 128 bits: of two or four halves, low ones first, the low and the high half.
pub(crate) trait WideOp {
    type A: Operands;
    fn apply(a: Self::A) -> (u64, u64);
}

/// A comparison.
pub(crate) trait Rel: Sized {
    type A: Value;
    type Not: Rel<A = Self::A>;
    type Swapped: Rel<A = Self::A>;
    fn holds(a: Self::A, b: Self::A) -> bool;
}

/// A comparison as a value.
pub(crate) struct Holds<O>(std::marker::PhantomData<O>);

impl<O: Rel> Op2 for Holds<O> {
    type A = O::A;
    type R = bool;
    const COMMUTES: bool = false;
    #[inline(always)]
    fn apply(a: O::A, b: O::A) -> Result<bool, Trap> {
        Ok(O::holds(a, b))
    }
}

/// The negation of a comparison of floats, which is none of the comparisons itself.
pub(crate) struct Not<O>(std::marker::PhantomData<O>);

impl<O: Rel> Rel for Not<O> {
    type A = O::A;
    type Not = O;
    type Swapped = Not<O::Swapped>;
    #[inline(always)]
    fn holds(a: O::A, b: O::A) -> bool {
        !O::holds(a, b)
    }
}

/// The operation whose result can be a NaN, which `$shape` makes canonical.
macro_rules! canonicalize {
    ($shape:ident) => {
        const CANONICALIZE: Option<fn() -> &'static Unary> = Some(|| &Table::<super::ops::$shape>::UNARY);
    };
}
pub(super) use canonicalize;

macro_rules! unary {
    ($($name:ident $a:ty => $r:ty = $f:ident $([canonicalize $shape:ident])?;)*) => { $(
        pub(crate) struct $name;
        impl Op1 for $name {
            type A = $a;
            type R = $r;
            $(canonicalize!($shape);)?
            #[inline(always)]
            fn apply(a: $a) -> Result<$r, Trap> { Ok(num::$f(a)) }
        }
    )* };
}

macro_rules! unary_trapping {
    ($($name:ident $a:ty => $r:ty = $f:ident;)*) => { $(
        pub(crate) struct $name;
        impl Op1 for $name {
            type A = $a;
            type R = $r;
            #[inline(always)]
            fn apply(a: $a) -> Result<$r, Trap> { num::$f(a) }
        }
    )* };
}

macro_rules! binary {
    ($commutes:literal; $($name:ident $t:ty = $f:ident $(, $special:ident)? $([canonicalize $shape:ident])?;)*) => { $(
        pub(crate) struct $name;
        impl Op2 for $name {
            type A = $t;
            type R = $t;
            const COMMUTES: bool = $commutes;
            $(const SPECIAL: Special = Special::$special;)?
            $(canonicalize!($shape);)?
            #[inline(always)]
            fn apply(a: $t, b: $t) -> Result<$t, Trap> { Ok(num::$f(a, b)) }
        }
    )* };
}

macro_rules! binary_trapping {
    ($($name:ident $t:ty = $f:ident;)*) => { $(
        pub(crate) struct $name;
        impl Op2 for $name {
            type A = $t;
            type R = $t;
            const COMMUTES: bool = false;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> Result<$t, Trap> { num::$f(a, b) }
        }
    )* };
}

macro_rules! wide {
    ($($name:ident $a:ty = |$halves:pat_param| $f:expr;)*) => { $(
        pub(crate) struct $name;
        impl WideOp for $name {
            type A = $a;
            #[inline(always)]
            fn apply($halves: $a) -> (u64, u64) { $f }
        }
    )* };
}

macro_rules! relation {
    ($($name:ident $t:ty = $f:ident, $not:ty, $swapped:ty;)*) => { $(
        pub(crate) struct $name;
        impl Rel for $name {
            type A = $t;
            type Not = $not;
            type Swapped = $swapped;
            #[inline(always)]
            fn holds(a: $t, b: $t) -> bool { num::$f(a, b) }
        }
    )* };
}

unary! {
    I32Clz u32 => u32 = i32_clz;
    I32Ctz u32 => u32 = i32_ctz;
    I32Popcnt u32 => u32 = i32_popcnt;
    I32Extend8S u32 => u32 = i32_extend8_s;
    I32Extend16S u32 => u32 = i32_extend16_s;
    I64Clz u64 => u64 = i64_clz;
    I64Ctz u64 => u64 = i64_ctz;
    I64Popcnt u64 => u64 = i64_popcnt;
    I64Extend8S u64 => u64 = i64_extend8_s;
    I64Extend16S u64 => u64 = i64_extend16_s;
    I64Extend32S u64 => u64 = i64_extend32_s;
    F32Abs f32 => f32 = f32_abs;
    F32Neg f32 => f32 = f32_neg;
    F32Ceil f32 => f32 = f32_ceil [canonicalize F32];
    F32Floor f32 => f32 = f32_floor [canonicalize F32];
    F32Trunc f32 => f32 = f32_trunc [canonicalize F32];
    F32Nearest f32 => f32 = f32_nearest [canonicalize F32];
    F32Sqrt f32 => f32 = f32_sqrt [canonicalize F32];
    F64Abs f64 => f64 = f64_abs;
    F64Neg f64 => f64 = f64_neg;
    F64Ceil f64 => f64 = f64_ceil [canonicalize F64];
    F64Floor f64 => f64 = f64_floor [canonicalize F64];
    F64Trunc f64 => f64 = f64_trunc [canonicalize F64];
    F64Nearest f64 => f64 = f64_nearest [canonicalize F64];
    F64Sqrt f64 => f64 = f64_sqrt [canonicalize F64];
    I32WrapI64 u64 => u32 = i32_wrap_i64;
    I64ExtendI32S u32 => u64 = i64_extend_i32_s;
    F32ConvertI32S u32 => f32 = f32_convert_i32_s;
    F32ConvertI32U u32 => f32 = f32_convert_i32_u;
    F32ConvertI64S u64 => f32 = f32_convert_i64_s;
    F32ConvertI64U u64 => f32 = f32_convert_i64_u;
    F64ConvertI32S u32 => f64 = f64_convert_i32_s;
    F64ConvertI32U u32 => f64 = f64_convert_i32_u;
    F64ConvertI64S u64 => f64 = f64_convert_i64_s;
    F64ConvertI64U u64 => f64 = f64_convert_i64_u;
    F32DemoteF64 f64 => f32 = f32_demote_f64 [canonicalize F32];
    F64PromoteF32 f32 => f64 = f64_promote_f32 [canonicalize F64];
    I32ReinterpretF32 f32 => u32 = i32_reinterpret_f32;
    I64ReinterpretF64 f64 => u64 = i64_reinterpret_f64;
    F32ReinterpretI32 u32 => f32 = f32_reinterpret_i32;
    F64ReinterpretI64 u64 => f64 = f64_reinterpret_i64;
    I32TruncSatF32S f32 => u32 = i32_trunc_sat_f32_s;
    I32TruncSatF32U f32 => u32 = i32_trunc_sat_f32_u;
    I32TruncSatF64S f64 => u32 = i32_trunc_sat_f64_s;
    I32TruncSatF64U f64 => u32 = i32_trunc_sat_f64_u;
    I64TruncSatF32S f32 => u64 = i64_trunc_sat_f32_s;
    I64TruncSatF32U f32 => u64 = i64_trunc_sat_f32_u;
    I64TruncSatF64S f64 => u64 = i64_trunc_sat_f64_s;
    I64TruncSatF64U f64 => u64 = i64_trunc_sat_f64_u;
}

// What the switch for determinism puts behind the operations that can give NaNs.
unary! {
    F32 f32 => f32 = f32_canonicalize_nan;
    F64 f64 => f64 = f64_canonicalize_nan;
    F32x4 V128 => V128 = f32x4_canonicalize_nan;
    F64x2 V128 => V128 = f64x2_canonicalize_nan;
}

unary_trapping! {
    I32TruncF32S f32 => u32 = i32_trunc_f32_s;
    I32TruncF32U f32 => u32 = i32_trunc_f32_u;
    I32TruncF64S f64 => u32 = i32_trunc_f64_s;
    I32TruncF64U f64 => u32 = i32_trunc_f64_u;
    I64TruncF32S f32 => u64 = i64_trunc_f32_s;
    I64TruncF32U f32 => u64 = i64_trunc_f32_u;
    I64TruncF64S f64 => u64 = i64_trunc_f64_s;
    I64TruncF64U f64 => u64 = i64_trunc_f64_u;
}

binary! { true;
    I32Add u32 = i32_add, Add32;
    I32Mul u32 = i32_mul;
    I32And u32 = i32_and, And32;
    I32Or u32 = i32_or;
    I32Xor u32 = i32_xor;
    I64Add u64 = i64_add, Add64;
    I64Mul u64 = i64_mul;
    I64And u64 = i64_and, And64;
    I64Or u64 = i64_or;
    I64Xor u64 = i64_xor;
}

// Which NaN a float operation gives may depend on the order of its operands: they do not commute.
binary! { false;
    I32Sub u32 = i32_sub, Sub32;
    I32Shl u32 = i32_shl, Shl32;
    I32ShrS u32 = i32_shr_s;
    I32ShrU u32 = i32_shr_u;
    I32Rotl u32 = i32_rotl;
    I32Rotr u32 = i32_rotr;
    I64Sub u64 = i64_sub, Sub64;
    I64Shl u64 = i64_shl, Shl64;
    I64ShrS u64 = i64_shr_s;
    I64ShrU u64 = i64_shr_u;
    I64Rotl u64 = i64_rotl;
    I64Rotr u64 = i64_rotr;
    F32Add f32 = f32_add [canonicalize F32];
    F32Sub f32 = f32_sub [canonicalize F32];
    F32Mul f32 = f32_mul [canonicalize F32];
    F32Div f32 = f32_div [canonicalize F32];
    F32Min f32 = f32_min [canonicalize F32];
    F32Max f32 = f32_max [canonicalize F32];
    F32Copysign f32 = f32_copysign;
    F64Add f64 = f64_add [canonicalize F64];
    F64Sub f64 = f64_sub [canonicalize F64];
    F64Mul f64 = f64_mul [canonicalize F64];
    F64Div f64 = f64_div [canonicalize F64];
    F64Min f64 = f64_min [canonicalize F64];
    F64Max f64 = f64_max [canonicalize F64];
    F64Copysign f64 = f64_copysign;
}

binary_trapping! {
    I32DivS u32 = i32_div_s;
    I32DivU u32 = i32_div_u;
    I32RemS u32 = i32_rem_s;
    I32RemU u32 = i32_rem_u;
    I64DivS u64 = i64_div_s;
    I64DivU u64 = i64_div_u;
    I64RemS u64 = i64_rem_s;
    I64RemU u64 = i64_rem_u;
}

wide! {
    I64Add128 [u64; 4] = |[a, b, c, d]| num::i64_add128((a, b), (c, d));
    I64Sub128 [u64; 4] = |[a, b, c, d]| num::i64_sub128((a, b), (c, d));
    I64MulWideS [u64; 2] = |[a, b]| num::i64_mul_wide_s(a, b);
    I64MulWideU [u64; 2] = |[a, b]| num::i64_mul_wide_u(a, b);
}

relation! {
    I32Eq u32 = i32_eq, I32Ne, I32Eq;
    I32Ne u32 = i32_ne, I32Eq, I32Ne;
    I32LtS u32 = i32_lt_s, I32GeS, I32GtS;
    I32LtU u32 = i32_lt_u, I32GeU, I32GtU;
    I32GtS u32 = i32_gt_s, I32LeS, I32LtS;
    I32GtU u32 = i32_gt_u, I32LeU, I32LtU;
    I32LeS u32 = i32_le_s, I32GtS, I32GeS;
    I32LeU u32 = i32_le_u, I32GtU, I32GeU;
    I32GeS u32 = i32_ge_s, I32LtS, I32LeS;
    I32GeU u32 = i32_ge_u, I32LtU, I32LeU;
    I64Eq u64 = i64_eq, I64Ne, I64Eq;
    I64Ne u64 = i64_ne, I64Eq, I64Ne;
    I64LtS u64 = i64_lt_s, I64GeS, I64GtS;
    I64LtU u64 = i64_lt_u, I64GeU, I64GtU;
    I64GtS u64 = i64_gt_s, I64LeS, I64LtS;
    I64GtU u64 = i64_gt_u, I64LeU, I64LtU;
    I64LeS u64 = i64_le_s, I64GtS, I64GeS;
    I64LeU u64 = i64_le_u, I64GtU, I64GeU;
    I64GeS u64 = i64_ge_s, I64LtS, I64LeS;
    I64GeU u64 = i64_ge_u, I64LtU, I64LeU;
    F32Eq f32 = f32_eq, Not<F32Eq>, F32Eq;
    F32Ne f32 = f32_ne, Not<F32Ne>, F32Ne;
    F32Lt f32 = f32_lt, Not<F32Lt>, F32Gt;
    F32Gt f32 = f32_gt, Not<F32Gt>, F32Lt;
    F32Le f32 = f32_le, Not<F32Le>, F32Ge;
    F32Ge f32 = f32_ge, Not<F32Ge>, F32Le;
    F64Eq f64 = f64_eq, Not<F64Eq>, F64Eq;
    F64Ne f64 = f64_ne, Not<F64Ne>, F64Ne;
    F64Lt f64 = f64_lt, Not<F64Lt>, F64Gt;
    F64Gt f64 = f64_gt, Not<F64Gt>, F64Lt;
    F64Le f64 = f64_le, Not<F64Le>, F64Ge;
    F64Ge f64 = f64_ge, Not<F64Ge>, F64Le;
}

macro_rules! add_shl {
    ($($name:ident $t:ident, $special:ident, $add:ident, $shl:ident;)*) => { $(
        /// The index `a` of an element of `2^K` bytes behind `b`: fused from a shift by a constant and an addition.
        pub(crate) struct $name<const K: u32>;

        impl<const K: u32> Op2 for $name<K> {
            type A = $t;
            type R = $t;
            const COMMUTES: bool = false;
            const SPECIAL: Special = Special::$special(K as u8);
            #[inline(always)]
            fn apply(a: $t, b: $t) -> Result<$t, Trap> {
                Ok(num::$add(num::$shl(a, K as $t), b))
            }
        }
    )* };
}

add_shl! {
    I32AddShl u32, AddShl32, i32_add, i32_shl;
    I64AddShl u64, AddShl64, i64_add, i64_shl;
}

macro_rules! bit_test {
    ($($name:ident $t:ty, $negation:ident, $op:tt;)*) => { $(
        /// Of the bitwise conjunction of the operands: fused from `and` and a test of its result.
        pub(crate) struct $name;
        impl Rel for $name {
            type A = $t;
            type Not = $negation;
            type Swapped = $name;
            #[inline(always)]
            fn holds(a: $t, b: $t) -> bool { a & b $op 0 }
        }
    )* };
}

bit_test! {
    I32AnyBit u32, I32NoBit, !=;
    I32NoBit u32, I32AnyBit, ==;
    I64AnyBit u64, I64NoBit, !=;
    I64NoBit u64, I64AnyBit, ==;
}
