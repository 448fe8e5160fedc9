//! The plain instructions, by what they take and give.

use super::{Choices, number};
use terrane_syntax::types::ValType::{self, F32, F64, I32, I64, V128};
use terrane_syntax::{F32Bits, F64Bits, Instr, LaneIdx, MemArg, V128Bits};

macro_rules! list {
    ($($name:ident)*) => { &[$(Instr::$name {}),*] };
}

macro_rules! accesses {
    ($($name:ident $bytes:literal)*) => { &[$((|m| Instr::$name { m }, $bytes)),*] };
}

/// How an access is made, and how many bytes it is of.
pub(crate) type Access = (fn(MemArg) -> Instr<'static>, u32);

/// `[t t] -> [t]`
pub(crate) fn binary(t: ValType) -> &'static [Instr<'static>] {
    match t {
        I32 => {
            list!(I32Add I32Sub I32Mul I32And I32Or I32Xor I32Shl I32ShrS I32ShrU I32Rotl I32Rotr I32Add I32And)
        }
        I64 => {
            list!(I64Add I64Sub I64Mul I64And I64Or I64Xor I64Shl I64ShrS I64ShrU I64Rotl I64Rotr I64Add I64And)
        }
        F32 => list!(F32Add F32Sub F32Mul F32Div F32Min F32Max),
        V128 => list! {
            I8x16Add I16x8Sub I32x4Mul I64x2Add I8x16Swizzle V128And V128Xor V128Andnot I32x4GtS I8x16LtU I16x8MinS
            I8x16AddSatU I16x8NarrowI32x4S I32x4DotI16x8S I64x2ExtmulLowI32x4S I16x8Q15mulrSatS I8x16AvgrU F32x4Lt
        },
        _ => list!(F64Add F64Sub F64Mul F64Div F64Min F64Max),
    }
}

/// `[t t] -> [t]`, or a trap.
pub(crate) fn division(t: ValType) -> &'static [Instr<'static>] {
    match t {
        I32 => list!(I32DivS I32DivU I32RemS I32RemU),
        _ => list!(I64DivS I64DivU I64RemS I64RemU),
    }
}

/// `[t] -> [t]`
pub(crate) fn unary(t: ValType) -> &'static [Instr<'static>] {
    match t {
        I32 => list!(I32Clz I32Ctz I32Popcnt I32Extend8S I32Extend16S),
        I64 => list!(I64Clz I64Ctz I64Popcnt I64Extend8S I64Extend16S I64Extend32S),
        F32 => list!(F32Abs F32Neg F32Ceil F32Floor F32Trunc F32Nearest F32Sqrt),
        V128 => list! {
            V128Not I8x16Popcnt I16x8Neg I32x4Abs I64x2ExtendHighI32x4S I32x4ExtaddPairwiseI16x8U F64x2Neg
            I32x4TruncSatF32x4S I16x8ExtendLowI8x16S
        },
        _ => list!(F64Abs F64Neg F64Ceil F64Floor F64Trunc F64Nearest F64Sqrt),
    }
}

/// `[t t] -> [i32]`
pub(crate) fn relation(t: ValType) -> &'static [Instr<'static>] {
    match t {
        I32 => list!(I32Eq I32Ne I32LtS I32LtU I32GtS I32GtU I32LeS I32LeU I32GeS I32GeU),
        // A vector that is then a condition: see `to_i32`.
        V128 => list!(I8x16Eq I16x8Ne I32x4LtS I64x2GtS F32x4Le),
        I64 => list!(I64Eq I64Ne I64LtS I64LtU I64GtS I64GtU I64LeS I64LeU I64GeS I64GeU),
        F32 => list!(F32Eq F32Ne F32Lt F32Gt F32Le F32Ge),
        _ => list!(F64Eq F64Ne F64Lt F64Gt F64Le F64Ge),
    }
}

/// `[v128] -> [i32]`
pub(crate) fn to_i32() -> &'static [Instr<'static>] {
    list! {
        V128AnyTrue I8x16AllTrue I16x8AllTrue I32x4AllTrue I64x2AllTrue I8x16Bitmask I16x8Bitmask I32x4Bitmask I64x2Bitmask
    }
}

/// `[v128 v128 v128] -> [v128]`
pub(crate) fn ternary() -> &'static [Instr<'static>] {
    list!(V128Bitselect I32x4RelaxedDotI8x16I7x16AddS I8x16RelaxedLaneselect)
}

/// `[v128 i32] -> [v128]`
pub(crate) fn shifts() -> &'static [Instr<'static>] {
    list!(I8x16Shl I16x8ShrS I32x4ShrU I64x2ShrS)
}

/// `[v128] -> [t]`, of a lane.
pub(crate) fn extract_lane(c: &mut Choices<'_>, t: ValType) -> Instr<'static> {
    let l = |c: &mut Choices<'_>, n: usize| LaneIdx(c.below(n) as u8);
    match (t, c.below(3)) {
        (I64, _) => Instr::I64x2ExtractLane { l: l(c, 2) },
        (_, 0) => Instr::I32x4ExtractLane { l: l(c, 4) },
        (_, 1) => Instr::I16x8ExtractLaneS { l: l(c, 8) },
        _ => Instr::I8x16ExtractLaneU { l: l(c, 16) },
    }
}

/// `[v128 t] -> [v128]`, of a lane.
pub(crate) fn replace_lane(c: &mut Choices<'_>, t: ValType) -> Instr<'static> {
    let l = |c: &mut Choices<'_>, n: usize| LaneIdx(c.below(n) as u8);
    match (t, c.below(3)) {
        (I64, _) => Instr::I64x2ReplaceLane { l: l(c, 2) },
        (_, 0) => Instr::I32x4ReplaceLane { l: l(c, 4) },
        (_, 1) => Instr::I16x8ReplaceLane { l: l(c, 8) },
        _ => Instr::I8x16ReplaceLane { l: l(c, 16) },
    }
}

/// `[v128 v128] -> [v128]`, with random lanes: of both or of one.
pub(crate) fn shuffle(c: &mut Choices<'_>) -> Instr<'static> {
    let (first, n) = c.pick(&[(0, 32), (0, 16), (16, 16)]);
    Instr::I8x16Shuffle { ls: std::array::from_fn(|_| LaneIdx((first + c.below(n)) as u8)) }
}

/// Conversions, with what they take and give; those whose result has known bits even if a NaN went in come
/// first for their types.
pub(crate) fn conversions() -> &'static [(Instr<'static>, ValType, ValType)] {
    macro_rules! list {
        ($($name:ident $from:ident $to:ident)*) => { &[$((Instr::$name {}, $from, $to)),*] };
    }
    list! {
        I64ExtendI32U I32 I64  I64ExtendI32U I32 I64  I64ExtendI32S I32 I64  I32WrapI64 I64 I32
        I32WrapI64 I64 I32  F32ConvertI32S I32 F32  F32ConvertI32U I32 F32  F32ConvertI64S I64 F32
        F32ConvertI64U I64 F32  F64ConvertI32S I32 F64  F64ConvertI32U I32 F64  F64ConvertI64S I64 F64
        F64ConvertI64U I64 F64  F32DemoteF64 F64 F32  F64PromoteF32 F32 F64  F32ReinterpretI32 I32 F32
        F64ReinterpretI64 I64 F64  I32TruncSatF32S F32 I32  I32TruncSatF32U F32 I32  I32TruncSatF64S F64 I32
        I32TruncSatF64U F64 I32  I64TruncSatF32S F32 I64  I64TruncSatF32U F32 I64  I64TruncSatF64S F64 I64
        I64TruncSatF64U F64 I64  I32TruncF32S F32 I32  I32TruncF64U F64 I32  I64TruncF32U F32 I64
        I64TruncF64S F64 I64  I8x16Splat I32 V128  I16x8Splat I32 V128  I32x4Splat I32 V128  I64x2Splat I64 V128
    }
}

pub(crate) fn loads(t: ValType) -> &'static [Access] {
    match t {
        I32 => accesses!(I32Load 4 I32Load8S 1 I32Load8U 1 I32Load16S 2 I32Load16U 2),
        I64 => {
            accesses!(I64Load 8 I64Load8S 1 I64Load8U 1 I64Load16S 2 I64Load16U 2 I64Load32S 4 I64Load32U 4)
        }
        F32 => accesses!(F32Load 4),
        V128 => accesses! {
            V128Load 16 V128Load8x8S 8 V128Load16x4U 8 V128Load32x2S 8 V128Load8Splat 1 V128Load16Splat 2
            V128Load32Splat 4 V128Load64Splat 8 V128Load32Zero 4 V128Load64Zero 8
        },
        _ => accesses!(F64Load 8),
    }
}

pub(crate) fn stores(t: ValType) -> &'static [Access] {
    match t {
        I32 => accesses!(I32Store 4 I32Store8 1 I32Store16 2),
        I64 => accesses!(I64Store 8 I64Store8 1 I64Store16 2 I64Store32 4),
        F32 => accesses!(F32Store 4),
        V128 => accesses!(V128Store 16),
        _ => accesses!(F64Store 8),
    }
}

/// A constant of a type.
pub(crate) fn constant(c: &mut Choices<'_>, t: ValType) -> Instr<'static> {
    if t == V128 {
        let halves = [number(c, I64), number(c, I64)].map(u64::to_le_bytes);
        return Instr::V128Const { c: V128Bits(std::array::from_fn(|i| halves[i / 8][i % 8])) };
    }
    let bits = number(c, t);
    of_bits(t, bits)
}

/// The instruction for a constant.
pub(crate) fn of_bits(t: ValType, bits: u64) -> Instr<'static> {
    match t {
        I32 => Instr::I32Const { c: bits as i32 },
        I64 => Instr::I64Const { c: bits as i64 },
        F32 => Instr::F32Const { z: F32Bits(bits as u32) },
        _ => Instr::F64Const { z: F64Bits(bits) },
    }
}
