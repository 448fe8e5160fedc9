//! What each vector instruction computes: the instruction's name in the table, and the function of `numerics` that
//! does it. The table of instructions refers to every one of these.

use super::numeric::{Table, Unary};
use super::operand::Value;
use super::ops::{Op1, Op2, canonicalize};
use std::marker::PhantomData;
use terrane_runtime::Trap;
use terrane_runtime::numerics::{self as num, V128};

/// An operation on three vectors.
pub(crate) trait Op3 {
    const CANONICALIZE: Option<fn() -> &'static Unary> = None;
    fn apply(a: V128, b: V128, c: V128) -> V128;
}

/// A test of a vector.
pub(crate) trait Test: Sized {
    type Not: Test;
    fn holds(a: V128) -> bool;
}

/// A test as a value.
pub(crate) struct Passes<O>(PhantomData<O>);

impl<O: Test> Op1 for Passes<O> {
    type A = V128;
    type R = bool;
    #[inline(always)]
    fn apply(a: V128) -> Result<bool, Trap> {
        Ok(O::holds(a))
    }
}

/// The test that a vector passes when it does not pass `O`.
pub(crate) struct Fails<O>(PhantomData<O>);

impl<O: Test> Test for Fails<O> {
    type Not = O;
    #[inline(always)]
    fn holds(a: V128) -> bool {
        !O::holds(a)
    }
}

/// A shift of all lanes.
pub(crate) trait Shift {
    fn apply(a: V128, n: u32) -> V128;
}

/// An operation that replaces one lane.
pub(crate) trait Replace {
    type X: Value;
    fn apply(a: V128, i: u8, x: Self::X) -> V128;
}

/// An operation that reads one lane of a vector in slots.
pub(crate) trait Extract {
    type R: Value;
    /// Base-two logarithm of the number of bytes.
    const LOG2: u32;
    /// # Safety
    /// The lane is there.
    unsafe fn read(at: *const u8) -> Self::R;
}

macro_rules! unary {
    ($($name:ident = $f:ident $([canonicalize $shape:ident])?;)*) => { $(
        pub(crate) struct $name;
        impl Op1 for $name {
            type A = V128;
            type R = V128;
            $(canonicalize!($shape);)?
            #[inline(always)]
            fn apply(a: V128) -> Result<V128, Trap> { Ok(num::$f(a)) }
        }
    )* };
}

macro_rules! test {
    ($($name:ident = $f:ident;)*) => { $(
        pub(crate) struct $name;
        impl Test for $name {
            type Not = Fails<Self>;
            #[inline(always)]
            fn holds(a: V128) -> bool { num::$f(a) }
        }
    )* };
}

macro_rules! bitmask {
    ($($name:ident = $f:ident;)*) => { $(
        pub(crate) struct $name;
        impl Op1 for $name {
            type A = V128;
            type R = u32;
            #[inline(always)]
            fn apply(a: V128) -> Result<u32, Trap> { Ok(num::$f(a)) }
        }
    )* };
}

macro_rules! splat {
    ($($name:ident $a:ty = $f:ident, $lane:ty;)*) => { $(
        pub(crate) struct $name;
        impl Op1 for $name {
            type A = $a;
            type R = V128;
            #[inline(always)]
            fn apply(a: $a) -> Result<V128, Trap> { Ok(num::$f(a as $lane)) }
        }
    )* };
}

macro_rules! binary {
    ($commutes:literal; $($name:ident = $f:ident $([canonicalize $shape:ident])?;)*) => { $(
        pub(crate) struct $name;
        impl Op2 for $name {
            type A = V128;
            type R = V128;
            const COMMUTES: bool = $commutes;
            $(canonicalize!($shape);)?
            #[inline(always)]
            fn apply(a: V128, b: V128) -> Result<V128, Trap> { Ok(num::$f(a, b)) }
        }
    )* };
}

macro_rules! ternary {
    ($($name:ident = $f:ident $([canonicalize $shape:ident])?;)*) => { $(
        pub(crate) struct $name;
        impl Op3 for $name {
            $(canonicalize!($shape);)?
            #[inline(always)]
            fn apply(a: V128, b: V128, c: V128) -> V128 { num::$f(a, b, c) }
        }
    )* };
}

macro_rules! shift {
    ($($name:ident = $f:ident;)*) => { $(
        pub(crate) struct $name;
        impl Shift for $name {
            #[inline(always)]
            fn apply(a: V128, n: u32) -> V128 { num::$f(a, n) }
        }
    )* };
}

macro_rules! replace {
    ($($name:ident $x:ty = $f:ident, $lane:ty;)*) => { $(
        pub(crate) struct $name;
        impl Replace for $name {
            type X = $x;
            #[inline(always)]
            fn apply(a: V128, i: u8, x: $x) -> V128 { num::$f(a, i, x as $lane) }
        }
    )* };
}

macro_rules! extract {
    ($($name:ident $lane:ty => $r:ty;)*) => { $(
        pub(crate) struct $name;
        impl Extract for $name {
            type R = $r;
            const LOG2: u32 = size_of::<$lane>().ilog2();
            #[inline(always)]
            unsafe fn read(at: *const u8) -> $r {
                // SAFETY: the caller's.
                unsafe { at.cast::<$lane>().read() as $r }
            }
        }
    )* };
}

/// The relaxed instructions are those that the deterministic profile makes of them.
macro_rules! relaxed {
    ($($name:ident = $strict:ident;)*) => { $( pub(crate) type $name = $strict; )* };
}

unary! {
    V128Not = v128_not;
    F32x4DemoteF64x2Zero = f32x4_demote_f64x2_zero [canonicalize F32x4];
    F64x2PromoteLowF32x4 = f64x2_promote_low_f32x4 [canonicalize F64x2];
    I8x16Abs = i8x16_abs;
    I8x16Neg = i8x16_neg;
    I8x16Popcnt = i8x16_popcnt;
    F32x4Ceil = f32x4_ceil [canonicalize F32x4];
    F32x4Floor = f32x4_floor [canonicalize F32x4];
    F32x4Trunc = f32x4_trunc [canonicalize F32x4];
    F32x4Nearest = f32x4_nearest [canonicalize F32x4];
    F64x2Ceil = f64x2_ceil [canonicalize F64x2];
    F64x2Floor = f64x2_floor [canonicalize F64x2];
    F64x2Trunc = f64x2_trunc [canonicalize F64x2];
    I16x8ExtaddPairwiseI8x16S = i16x8_extadd_pairwise_i8x16_s;
    I16x8ExtaddPairwiseI8x16U = i16x8_extadd_pairwise_i8x16_u;
    I32x4ExtaddPairwiseI16x8S = i32x4_extadd_pairwise_i16x8_s;
    I32x4ExtaddPairwiseI16x8U = i32x4_extadd_pairwise_i16x8_u;
    I16x8Abs = i16x8_abs;
    I16x8Neg = i16x8_neg;
    I16x8ExtendLowI8x16S = i16x8_extend_low_i8x16_s;
    I16x8ExtendHighI8x16S = i16x8_extend_high_i8x16_s;
    I16x8ExtendLowI8x16U = i16x8_extend_low_i8x16_u;
    I16x8ExtendHighI8x16U = i16x8_extend_high_i8x16_u;
    F64x2Nearest = f64x2_nearest [canonicalize F64x2];
    I32x4Abs = i32x4_abs;
    I32x4Neg = i32x4_neg;
    I32x4ExtendLowI16x8S = i32x4_extend_low_i16x8_s;
    I32x4ExtendHighI16x8S = i32x4_extend_high_i16x8_s;
    I32x4ExtendLowI16x8U = i32x4_extend_low_i16x8_u;
    I32x4ExtendHighI16x8U = i32x4_extend_high_i16x8_u;
    I64x2Abs = i64x2_abs;
    I64x2Neg = i64x2_neg;
    I64x2ExtendLowI32x4S = i64x2_extend_low_i32x4_s;
    I64x2ExtendHighI32x4S = i64x2_extend_high_i32x4_s;
    I64x2ExtendLowI32x4U = i64x2_extend_low_i32x4_u;
    I64x2ExtendHighI32x4U = i64x2_extend_high_i32x4_u;
    F32x4Abs = f32x4_abs;
    F32x4Neg = f32x4_neg;
    F32x4Sqrt = f32x4_sqrt [canonicalize F32x4];
    F64x2Abs = f64x2_abs;
    F64x2Neg = f64x2_neg;
    F64x2Sqrt = f64x2_sqrt [canonicalize F64x2];
    I32x4TruncSatF32x4S = i32x4_trunc_sat_f32x4_s;
    I32x4TruncSatF32x4U = i32x4_trunc_sat_f32x4_u;
    F32x4ConvertI32x4S = f32x4_convert_i32x4_s;
    F32x4ConvertI32x4U = f32x4_convert_i32x4_u;
    I32x4TruncSatF64x2SZero = i32x4_trunc_sat_f64x2_s_zero;
    I32x4TruncSatF64x2UZero = i32x4_trunc_sat_f64x2_u_zero;
    F64x2ConvertLowI32x4S = f64x2_convert_low_i32x4_s;
    F64x2ConvertLowI32x4U = f64x2_convert_low_i32x4_u;
}

test! {
    V128AnyTrue = v128_any_true;
    I8x16AllTrue = i8x16_all_true;
    I16x8AllTrue = i16x8_all_true;
    I32x4AllTrue = i32x4_all_true;
    I64x2AllTrue = i64x2_all_true;
}

bitmask! {
    I8x16Bitmask = i8x16_bitmask;
    I16x8Bitmask = i16x8_bitmask;
    I32x4Bitmask = i32x4_bitmask;
    I64x2Bitmask = i64x2_bitmask;
}

splat! {
    I8x16Splat u32 = i8x16_splat, u8;
    I16x8Splat u32 = i16x8_splat, u16;
    I32x4Splat u32 = i32x4_splat, u32;
    I64x2Splat u64 = i64x2_splat, u64;
    F32x4Splat f32 = f32x4_splat, f32;
    F64x2Splat f64 = f64x2_splat, f64;
}

binary! { true;
    I8x16Eq = i8x16_eq;
    I8x16Ne = i8x16_ne;
    I16x8Eq = i16x8_eq;
    I16x8Ne = i16x8_ne;
    I32x4Eq = i32x4_eq;
    I32x4Ne = i32x4_ne;
    F32x4Eq = f32x4_eq;
    F32x4Ne = f32x4_ne;
    F64x2Eq = f64x2_eq;
    F64x2Ne = f64x2_ne;
    V128And = v128_and;
    V128Or = v128_or;
    V128Xor = v128_xor;
    I8x16Add = i8x16_add;
    I8x16AddSatS = i8x16_add_sat_s;
    I8x16AddSatU = i8x16_add_sat_u;
    I8x16MinS = i8x16_min_s;
    I8x16MinU = i8x16_min_u;
    I8x16MaxS = i8x16_max_s;
    I8x16MaxU = i8x16_max_u;
    I8x16AvgrU = i8x16_avgr_u;
    I16x8Q15mulrSatS = i16x8_q15mulr_sat_s;
    I16x8Add = i16x8_add;
    I16x8AddSatS = i16x8_add_sat_s;
    I16x8AddSatU = i16x8_add_sat_u;
    I16x8Mul = i16x8_mul;
    I16x8MinS = i16x8_min_s;
    I16x8MinU = i16x8_min_u;
    I16x8MaxS = i16x8_max_s;
    I16x8MaxU = i16x8_max_u;
    I16x8AvgrU = i16x8_avgr_u;
    I16x8ExtmulLowI8x16S = i16x8_extmul_low_i8x16_s;
    I16x8ExtmulHighI8x16S = i16x8_extmul_high_i8x16_s;
    I16x8ExtmulLowI8x16U = i16x8_extmul_low_i8x16_u;
    I16x8ExtmulHighI8x16U = i16x8_extmul_high_i8x16_u;
    I32x4Add = i32x4_add;
    I32x4Mul = i32x4_mul;
    I32x4MinS = i32x4_min_s;
    I32x4MinU = i32x4_min_u;
    I32x4MaxS = i32x4_max_s;
    I32x4MaxU = i32x4_max_u;
    I32x4DotI16x8S = i32x4_dot_i16x8_s;
    I32x4ExtmulLowI16x8S = i32x4_extmul_low_i16x8_s;
    I32x4ExtmulHighI16x8S = i32x4_extmul_high_i16x8_s;
    I32x4ExtmulLowI16x8U = i32x4_extmul_low_i16x8_u;
    I32x4ExtmulHighI16x8U = i32x4_extmul_high_i16x8_u;
    I64x2Add = i64x2_add;
    I64x2Mul = i64x2_mul;
    I64x2Eq = i64x2_eq;
    I64x2Ne = i64x2_ne;
    I64x2ExtmulLowI32x4S = i64x2_extmul_low_i32x4_s;
    I64x2ExtmulHighI32x4S = i64x2_extmul_high_i32x4_s;
    I64x2ExtmulLowI32x4U = i64x2_extmul_low_i32x4_u;
    I64x2ExtmulHighI32x4U = i64x2_extmul_high_i32x4_u;
}

// Which NaN a float operation gives may depend on the order of its operands: they do not commute.
binary! { false;
    I8x16LtS = i8x16_lt_s;
    I8x16LtU = i8x16_lt_u;
    I8x16GtS = i8x16_gt_s;
    I8x16GtU = i8x16_gt_u;
    I8x16LeS = i8x16_le_s;
    I8x16LeU = i8x16_le_u;
    I8x16GeS = i8x16_ge_s;
    I8x16GeU = i8x16_ge_u;
    I16x8LtS = i16x8_lt_s;
    I16x8LtU = i16x8_lt_u;
    I16x8GtS = i16x8_gt_s;
    I16x8GtU = i16x8_gt_u;
    I16x8LeS = i16x8_le_s;
    I16x8LeU = i16x8_le_u;
    I16x8GeS = i16x8_ge_s;
    I16x8GeU = i16x8_ge_u;
    I32x4LtS = i32x4_lt_s;
    I32x4LtU = i32x4_lt_u;
    I32x4GtS = i32x4_gt_s;
    I32x4GtU = i32x4_gt_u;
    I32x4LeS = i32x4_le_s;
    I32x4LeU = i32x4_le_u;
    I32x4GeS = i32x4_ge_s;
    I32x4GeU = i32x4_ge_u;
    F32x4Lt = f32x4_lt;
    F32x4Gt = f32x4_gt;
    F32x4Le = f32x4_le;
    F32x4Ge = f32x4_ge;
    F64x2Lt = f64x2_lt;
    F64x2Gt = f64x2_gt;
    F64x2Le = f64x2_le;
    F64x2Ge = f64x2_ge;
    V128Andnot = v128_andnot;
    I8x16NarrowI16x8S = i8x16_narrow_i16x8_s;
    I8x16NarrowI16x8U = i8x16_narrow_i16x8_u;
    I8x16Sub = i8x16_sub;
    I8x16SubSatS = i8x16_sub_sat_s;
    I8x16SubSatU = i8x16_sub_sat_u;
    I16x8NarrowI32x4S = i16x8_narrow_i32x4_s;
    I16x8NarrowI32x4U = i16x8_narrow_i32x4_u;
    I16x8Sub = i16x8_sub;
    I16x8SubSatS = i16x8_sub_sat_s;
    I16x8SubSatU = i16x8_sub_sat_u;
    I32x4Sub = i32x4_sub;
    I64x2Sub = i64x2_sub;
    I64x2LtS = i64x2_lt_s;
    I64x2GtS = i64x2_gt_s;
    I64x2LeS = i64x2_le_s;
    I64x2GeS = i64x2_ge_s;
    F32x4Add = f32x4_add [canonicalize F32x4];
    F32x4Sub = f32x4_sub [canonicalize F32x4];
    F32x4Mul = f32x4_mul [canonicalize F32x4];
    F32x4Div = f32x4_div [canonicalize F32x4];
    F32x4Min = f32x4_min [canonicalize F32x4];
    F32x4Max = f32x4_max [canonicalize F32x4];
    F32x4Pmin = f32x4_pmin;
    F32x4Pmax = f32x4_pmax;
    F64x2Add = f64x2_add [canonicalize F64x2];
    F64x2Sub = f64x2_sub [canonicalize F64x2];
    F64x2Mul = f64x2_mul [canonicalize F64x2];
    F64x2Div = f64x2_div [canonicalize F64x2];
    F64x2Min = f64x2_min [canonicalize F64x2];
    F64x2Max = f64x2_max [canonicalize F64x2];
    F64x2Pmin = f64x2_pmin;
    F64x2Pmax = f64x2_pmax;
    I16x8RelaxedDotI8x16I7x16S = i16x8_relaxed_dot_i8x16_i7x16_s;
}

ternary! {
    V128Bitselect = v128_bitselect;
    F32x4RelaxedMadd = f32x4_relaxed_madd [canonicalize F32x4];
    F32x4RelaxedNmadd = f32x4_relaxed_nmadd [canonicalize F32x4];
    F64x2RelaxedMadd = f64x2_relaxed_madd [canonicalize F64x2];
    F64x2RelaxedNmadd = f64x2_relaxed_nmadd [canonicalize F64x2];
    I32x4RelaxedDotI8x16I7x16AddS = i32x4_relaxed_dot_i8x16_i7x16_add_s;
}

shift! {
    I8x16Shl = i8x16_shl;
    I8x16ShrS = i8x16_shr_s;
    I8x16ShrU = i8x16_shr_u;
    I16x8Shl = i16x8_shl;
    I16x8ShrS = i16x8_shr_s;
    I16x8ShrU = i16x8_shr_u;
    I32x4Shl = i32x4_shl;
    I32x4ShrS = i32x4_shr_s;
    I32x4ShrU = i32x4_shr_u;
    I64x2Shl = i64x2_shl;
    I64x2ShrS = i64x2_shr_s;
    I64x2ShrU = i64x2_shr_u;
}

replace! {
    I8x16ReplaceLane u32 = i8x16_replace_lane, u8;
    I16x8ReplaceLane u32 = i16x8_replace_lane, u16;
    I32x4ReplaceLane u32 = i32x4_replace_lane, u32;
    I64x2ReplaceLane u64 = i64x2_replace_lane, u64;
    F32x4ReplaceLane f32 = f32x4_replace_lane, f32;
    F64x2ReplaceLane f64 = f64x2_replace_lane, f64;
}

extract! {
    I8x16ExtractLaneS i8 => u32;
    I8x16ExtractLaneU u8 => u32;
    I16x8ExtractLaneS i16 => u32;
    I16x8ExtractLaneU u16 => u32;
    I32x4ExtractLane u32 => u32;
    I64x2ExtractLane u64 => u64;
    F32x4ExtractLane f32 => f32;
    F64x2ExtractLane f64 => f64;
}

relaxed! {
    I32x4RelaxedTruncF32x4S = I32x4TruncSatF32x4S;
    I32x4RelaxedTruncF32x4U = I32x4TruncSatF32x4U;
    I32x4RelaxedTruncF64x2SZero = I32x4TruncSatF64x2SZero;
    I32x4RelaxedTruncF64x2UZero = I32x4TruncSatF64x2UZero;
    I8x16RelaxedLaneselect = V128Bitselect;
    I16x8RelaxedLaneselect = V128Bitselect;
    I32x4RelaxedLaneselect = V128Bitselect;
    I64x2RelaxedLaneselect = V128Bitselect;
    F32x4RelaxedMin = F32x4Min;
    F32x4RelaxedMax = F32x4Max;
    F64x2RelaxedMin = F64x2Min;
    F64x2RelaxedMax = F64x2Max;
    I16x8RelaxedQ15mulrS = I16x8Q15mulrSatS;
}
