//! [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#vector-instructions)

use terrane_syntax::{LaneIdx, V128Bits};

use crate::Result;
use crate::func::FuncValidator;
use crate::invalid::Invalid;
use crate::packed::Packed;

const V128: Packed = Packed::V128;

impl FuncValidator<'_> {
    /// An error unless `l < lanes`.
    pub(crate) fn lane(&self, l: LaneIdx, lanes: u8) -> Result {
        if l.0 < lanes { Ok(()) } else { self.fail(Invalid::LaneIndex { lanes, lane: l.0 }) }
    }

    /// `v128.const c : [] -> [v128]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-vconst)
    #[inline]
    pub(crate) fn vconst(&mut self, _: V128Bits) -> Result {
        self.push(V128);
        Ok(())
    }

    /// `v128.vvunop`, `shape.vunop`, and conversions between shapes: `[v128] -> [v128]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-vunop)
    #[inline]
    pub(crate) fn vunop(&mut self) -> Result {
        self.op1(V128, V128)
    }

    /// `v128.vvbinop`, `shape.vbinop`, comparisons, swizzles and narrowing: `[v128 v128] -> [v128]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-vbinop)
    #[inline]
    pub(crate) fn vbinop(&mut self) -> Result {
        self.op2(V128, V128)
    }

    /// `v128.bitselect`, `shape.relaxed_…`: `[v128 v128 v128] -> [v128]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-vternop)
    pub(crate) fn vternop(&mut self) -> Result {
        self.op(&[V128; 3], &[V128])
    }

    /// `v128.any_true`, `shape.all_true : [v128] -> [i32]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-vtestop)
    pub(crate) fn vtestop(&mut self) -> Result {
        self.op1(V128, Packed::I32)
    }

    /// `shape.bitmask : [v128] -> [i32]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-vbitmask)
    pub(crate) fn vbitmask(&mut self) -> Result {
        self.op1(V128, Packed::I32)
    }

    /// `shape.vshiftop : [v128 i32] -> [v128]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-vshiftop)
    pub(crate) fn vshiftop(&mut self) -> Result {
        self.op(&[V128, Packed::I32], &[V128])
    }

    /// `i8x16.shuffle l16 : [v128 v128] -> [v128]`, where each lane is one of both operands'.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-vshuffle)
    pub(crate) fn vshuffle(&mut self, ls: [LaneIdx; 16]) -> Result {
        ls.into_iter().try_for_each(|l| self.lane(l, 32))?;
        self.op2(V128, V128)
    }

    /// `shape.splat : [t] -> [v128]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-vsplat)
    pub(crate) fn vsplat(&mut self, t: Packed) -> Result {
        self.op1(t, V128)
    }

    /// `shape.extract_lane_sx l : [v128] -> [t]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-vextract_lane)
    pub(crate) fn vextract_lane(&mut self, l: LaneIdx, t: Packed, lanes: u8) -> Result {
        self.lane(l, lanes)?;
        self.op1(V128, t)
    }

    /// `shape.replace_lane l : [v128 t] -> [v128]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-vreplace_lane)
    pub(crate) fn vreplace_lane(&mut self, l: LaneIdx, t: Packed, lanes: u8) -> Result {
        self.lane(l, lanes)?;
        self.op(&[V128, t], &[V128])
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::check;

    #[test]
    fn vector_operators_take_vectors() {
        check(
            "(func (result v128) (i8x16.add (v128.not (v128.const i64x2 0 0)) (v128.const i64x2 0 0)))",
            "",
        );
        check(
            "(func (result v128) (v128.bitselect (v128.const i64x2 0 0) (v128.const i64x2 0 0) (v128.const i64x2 0 0)))",
            "",
        );
        check(
            "(func (result i32) (i32.add (v128.any_true (v128.const i64x2 0 0)) (i16x8.bitmask (v128.const i64x2 0 0))))",
            "",
        );
        check("(func (result v128) (i32x4.shl (v128.const i64x2 0 0) (i32.const 1)))", "");
        check("(func (result v128) (f64x2.splat (f64.const 1)))", "");
        check(
            "(func (result v128) (i32x4.shl (i32.const 1) (v128.const i64x2 0 0)))",
            "type mismatch: expected i32, found v128",
        );
        check("(func (result v128) (f64x2.splat (f32.const 1)))", "type mismatch: expected f64, found f32");
        check(
            "(func (result v128) (v128.bitselect (i32.const 0) (v128.const i64x2 0 0) (v128.const i64x2 0 0)))",
            "type mismatch: expected v128, found i32",
        );
        check(
            "(func (result i64) (i64x2.all_true (v128.const i64x2 0 0)))",
            "type mismatch: expected i64, found i32",
        );
    }

    #[test]
    fn lanes_are_in_range() {
        check("(func (result i32) (i8x16.extract_lane_u 15 (v128.const i64x2 0 0)))", "");
        check("(func (result v128) (f32x4.replace_lane 3 (v128.const i64x2 0 0) (f32.const 0)))", "");
        check(
            "(func (result v128) (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 (v128.const i64x2 0 0) (v128.const i64x2 0 0)))",
            "",
        );
        check(
            "(func (result i32) (i8x16.extract_lane_u 16 (v128.const i64x2 0 0)))",
            "invalid lane index: expected less than 16, found 16",
        );
        check(
            "(func (result v128) (f32x4.replace_lane 4 (v128.const i64x2 0 0) (f32.const 0)))",
            "invalid lane index: expected less than 4, found 4",
        );
        check(
            "(func (result v128) (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 32 (v128.const i64x2 0 0) (v128.const i64x2 0 0)))",
            "invalid lane index: expected less than 32, found 32",
        );
        check(
            "(func (result v128) (f32x4.replace_lane 3 (v128.const i64x2 0 0) (i32.const 0)))",
            "type mismatch: expected f32, found i32",
        );
    }
}
