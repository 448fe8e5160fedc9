//! Vector instructions, by the functions of `numerics`.

use super::Reference;
use super::exec::Frame;
use super::numeric::Bits;
use crate::engine::Word;
use terrane_runtime::Trap;
use terrane_runtime::numerics::{self as num, V128};
use terrane_syntax::{Instr, LaneIdx};

macro_rules! apply {
    ($instr:ident $stack:ident; $($name:ident $f:ident ($($x:ident)+);)*) => {
        match $instr {
            $(Instr::$name {} => {
                apply!(@pop $stack $($x)+);
                let result = num::$f($(Bits::of($x)),+);
                $stack.push(result.bits().expect("vector operations do not trap"));
                return true;
            })*
            _ => (),
        }
    };
    (@pop $stack:ident $a:ident) => { let $a = $stack.pop().expect("valid code"); };
    (@pop $stack:ident $a:ident $b:ident) => {
        let ($b, $a) = ($stack.pop().expect("valid code"), $stack.pop().expect("valid code"));
    };
    (@pop $stack:ident $a:ident $b:ident $c:ident) => {
        let $c = $stack.pop().expect("valid code");
        apply!(@pop $stack $a $b);
    };
}

/// A lane of `size` bytes.
fn lane(v: Word, l: LaneIdx, size: u32) -> Word {
    v >> (u32::from(l.0) * size * 8) & ((1 << (size * 8)) - 1)
}

/// A vector with a lane of `size` bytes replaced.
fn with_lane(v: Word, l: LaneIdx, size: u32, x: Word) -> Word {
    let (shift, mask) = (u32::from(l.0) * size * 8, (1 << (size * 8)) - 1);
    v & !(mask << shift) | (x & mask) << shift
}

/// Does a vector instruction that the generator makes, if it is one.
pub(crate) fn vector(instr: Instr<'_>, stack: &mut Vec<Word>) -> bool {
    apply! { instr stack;
        I8x16Add i8x16_add (a b); I16x8Sub i16x8_sub (a b); I32x4Mul i32x4_mul (a b); I64x2Add i64x2_add (a b);
        I8x16Swizzle i8x16_swizzle (a b); V128And v128_and (a b); V128Xor v128_xor (a b);
        V128Andnot v128_andnot (a b); I32x4GtS i32x4_gt_s (a b); I8x16LtU i8x16_lt_u (a b);
        I16x8MinS i16x8_min_s (a b); I8x16AddSatU i8x16_add_sat_u (a b);
        I16x8NarrowI32x4S i16x8_narrow_i32x4_s (a b); I32x4DotI16x8S i32x4_dot_i16x8_s (a b);
        I64x2ExtmulLowI32x4S i64x2_extmul_low_i32x4_s (a b); I16x8Q15mulrSatS i16x8_q15mulr_sat_s (a b);
        I8x16AvgrU i8x16_avgr_u (a b); F32x4Lt f32x4_lt (a b); I8x16Eq i8x16_eq (a b); I16x8Ne i16x8_ne (a b);
        I32x4LtS i32x4_lt_s (a b); I64x2GtS i64x2_gt_s (a b); F32x4Le f32x4_le (a b); V128Not v128_not (a);
        I8x16Popcnt i8x16_popcnt (a); I16x8Neg i16x8_neg (a); I32x4Abs i32x4_abs (a);
        I64x2ExtendHighI32x4S i64x2_extend_high_i32x4_s (a);
        I32x4ExtaddPairwiseI16x8U i32x4_extadd_pairwise_i16x8_u (a); F64x2Neg f64x2_neg (a);
        I32x4TruncSatF32x4S i32x4_trunc_sat_f32x4_s (a); I16x8ExtendLowI8x16S i16x8_extend_low_i8x16_s (a);
        V128AnyTrue v128_any_true (a); I8x16AllTrue i8x16_all_true (a); I16x8AllTrue i16x8_all_true (a);
        I32x4AllTrue i32x4_all_true (a); I64x2AllTrue i64x2_all_true (a); I8x16Bitmask i8x16_bitmask (a);
        I16x8Bitmask i16x8_bitmask (a); I32x4Bitmask i32x4_bitmask (a); I64x2Bitmask i64x2_bitmask (a);
        V128Bitselect v128_bitselect (a b c); I8x16RelaxedLaneselect v128_bitselect (a b c);
        I32x4RelaxedDotI8x16I7x16AddS i32x4_relaxed_dot_i8x16_i7x16_add_s (a b c);
        I8x16Shl i8x16_shl (a b); I16x8ShrS i16x8_shr_s (a b); I32x4ShrU i32x4_shr_u (a b);
        I64x2ShrS i64x2_shr_s (a b); I32x4Splat i32x4_splat (a); I64x2Splat i64x2_splat (a);
    }
    let mut pop = || stack.pop().expect("valid code");
    let result = match instr {
        Instr::V128Const { c } => Word::from_le_bytes(c.0),
        Instr::I8x16Splat {} => Word::from_le_bytes([pop() as u8; 16]),
        Instr::I16x8Splat {} => lane(pop(), LaneIdx(0), 2) * 0x0001_0001_0001_0001_0001_0001_0001_0001,
        Instr::I64x2ExtractLane { l } => lane(pop(), l, 8),
        Instr::I32x4ExtractLane { l } => lane(pop(), l, 4),
        Instr::I16x8ExtractLaneS { l } => Word::from(lane(pop(), l, 2) as i16 as u32),
        Instr::I8x16ExtractLaneU { l } => lane(pop(), l, 1),
        Instr::I8x16ReplaceLane { l } => replace(pop(), pop(), l, 1),
        Instr::I16x8ReplaceLane { l } => replace(pop(), pop(), l, 2),
        Instr::I32x4ReplaceLane { l } => replace(pop(), pop(), l, 4),
        Instr::I64x2ReplaceLane { l } => replace(pop(), pop(), l, 8),
        Instr::I8x16Shuffle { ls } => {
            let (b, a) = (pop().to_le_bytes(), pop().to_le_bytes());
            Word::from_le_bytes(ls.map(|l| if l.0 < 16 { a[l.0 as usize] } else { b[l.0 as usize - 16] }))
        }
        _ => return false,
    };
    stack.push(result);
    true
}

/// The operands in the order in which they are popped.
fn replace(x: Word, v: Word, l: LaneIdx, size: u32) -> Word {
    with_lane(v, l, size, x)
}

impl Frame<'_> {
    /// Does a vector instruction on memories, if it is one.
    pub(crate) fn vector_memory(&mut self, store: &mut Reference, instr: Instr<'_>) -> Result<bool, Trap> {
        use Instr::*;
        let half = |bits: Word| V128::from_lanes([bits as u64, 0]);
        let bits = |v: V128| v.bits();
        let value = match instr {
            V128Load { m } => self.load(store, m, 16)?,
            V128Load8x8S { m } => bits(num::i16x8_extend_low_i8x16_s(half(self.load(store, m, 8)?)))?,
            V128Load16x4U { m } => bits(num::i32x4_extend_low_i16x8_u(half(self.load(store, m, 8)?)))?,
            V128Load32x2S { m } => bits(num::i64x2_extend_low_i32x4_s(half(self.load(store, m, 8)?)))?,
            V128Load8Splat { m } => Word::from_le_bytes([self.load(store, m, 1)? as u8; 16]),
            V128Load16Splat { m } => self.load(store, m, 2)? * 0x0001_0001_0001_0001_0001_0001_0001_0001,
            V128Load32Splat { m } => self.load(store, m, 4)? * 0x1_0000_0001_0000_0001_0000_0001,
            V128Load64Splat { m } => self.load(store, m, 8)? * 0x1_0000_0000_0000_0001,
            V128Load32Zero { m } => self.load(store, m, 4)?,
            V128Load64Zero { m } => self.load(store, m, 8)?,
            V128Load16Lane { m, l } => self.load_lane(store, m, l, 2)?,
            V128Load32Lane { m, l } => self.load_lane(store, m, l, 4)?,
            V128Load64Lane { m, l } => self.load_lane(store, m, l, 8)?,
            V128Store { m } => return self.store(store, m, 16).map(|()| true),
            V128Store8Lane { m, l } => return self.store_lane(store, m, l, 1),
            V128Store32Lane { m, l } => return self.store_lane(store, m, l, 4),
            V128Store64Lane { m, l } => return self.store_lane(store, m, l, 8),
            _ => return Ok(false),
        };
        self.push(value);
        Ok(true)
    }

    fn load_lane(
        &mut self,
        store: &mut Reference,
        m: terrane_syntax::MemArg,
        l: LaneIdx,
        size: u32,
    ) -> Result<Word, Trap> {
        let v = self.pop();
        Ok(with_lane(v, l, size, self.load(store, m, size as usize)?))
    }

    fn store_lane(
        &mut self,
        store: &mut Reference,
        m: terrane_syntax::MemArg,
        l: LaneIdx,
        size: u32,
    ) -> Result<bool, Trap> {
        let v = self.pop();
        self.push(lane(v, l, size));
        self.store(store, m, size as usize)?;
        Ok(true)
    }
}
