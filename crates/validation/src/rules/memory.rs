//! [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#memory-instructions)

use terrane_syntax::types::AddrType;
use terrane_syntax::{DataIdx, LaneIdx, MemArg, MemIdx};

use crate::Result;
use crate::func::FuncValidator;
use crate::invalid::Invalid;
use crate::packed::Packed;

/// The width of a number or vector type in bits.
#[inline]
fn width(t: Packed) -> u32 {
    match t {
        Packed::I32 | Packed::F32 => 32,
        Packed::I64 | Packed::F64 => 64,
        _ => 128,
    }
}

impl FuncValidator<'_> {
    /// The address type of the memory of an access to `bits` bits, whose alignment is not above that.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#memory-instructions)
    #[inline]
    pub(crate) fn memarg(&self, m: MemArg, bits: u32) -> Result<Packed> {
        if m.align > (bits / 8).ilog2() {
            self.at(self.context.mem(m.memory))?;
            return self.fail(Invalid::Alignment { natural: bits / 8, align: m.align });
        }
        self.memarg_address(m)
    }

    /// The address type of the memory of an access, whose offset fits it.
    #[inline]
    fn memarg_address(&self, m: MemArg) -> Result<Packed> {
        match self.context.mems.get(m.memory.index()) {
            Some(mt) if mt.addr == AddrType::I32 && m.offset <= u64::from(u32::MAX) => Ok(Packed::I32),
            _ => self.memarg_slow(m),
        }
    }

    #[inline(never)]
    fn memarg_slow(&self, m: MemArg) -> Result<Packed> {
        let mt = self.at(self.context.mem(m.memory))?;
        if mt.addr == AddrType::I32 && m.offset > u64::from(u32::MAX) {
            return self.fail(Invalid::OffsetOutOfRange(m.offset));
        }
        Ok(mt.addr.val().into())
    }

    /// The address type of a memory.
    fn memory(&self, x: MemIdx) -> Result<Packed> {
        Ok(self.at(self.context.mem(x))?.addr.val().into())
    }

    /// `t.load m : [at] -> [t]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-load-val)
    #[inline]
    pub(crate) fn load(&mut self, m: MemArg, t: Packed) -> Result {
        let at = self.memarg(m, width(t))?;
        self.op1(at, t)
    }

    /// `t.loadN_sx m : [at] -> [t]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-load-pack)
    #[inline]
    pub(crate) fn load_pack(&mut self, m: MemArg, t: Packed, bits: u32) -> Result {
        let at = self.memarg(m, bits)?;
        self.op1(at, t)
    }

    /// `t.store m : [at t] -> []`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-store-val)
    #[inline]
    pub(crate) fn store(&mut self, m: MemArg, t: Packed) -> Result {
        self.store_pack(m, t, width(t))
    }

    /// `t.storeN m : [at t] -> []`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-store-pack)
    #[inline]
    pub(crate) fn store_pack(&mut self, m: MemArg, t: Packed, bits: u32) -> Result {
        let at = self.memarg(m, bits)?;
        self.pop(t)?;
        self.pop(at)
    }

    /// `v128.load m`, `v128.loadMxN_sx m`, `v128.loadN_splat m`, `v128.loadN_zero m : [at] -> [v128]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-vload-val)
    #[inline]
    pub(crate) fn vload(&mut self, m: MemArg, bits: u32) -> Result {
        self.load_pack(m, Packed::V128, bits)
    }

    /// `v128.loadN_lane m l : [at v128] -> [v128]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-vload_lane)
    pub(crate) fn vload_lane(&mut self, m: MemArg, l: LaneIdx, bits: u32) -> Result {
        let at = self.memarg(m, bits)?;
        self.lane(l, (128 / bits) as u8)?;
        self.op(&[at, Packed::V128], &[Packed::V128])
    }

    /// `v128.store m : [at v128] -> []`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-vstore)
    #[inline]
    pub(crate) fn vstore(&mut self, m: MemArg) -> Result {
        self.store_pack(m, Packed::V128, 128)
    }

    /// `v128.storeN_lane m l : [at v128] -> []`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-vstore_lane)
    pub(crate) fn vstore_lane(&mut self, m: MemArg, l: LaneIdx, bits: u32) -> Result {
        let at = self.memarg(m, bits)?;
        self.lane(l, (128 / bits) as u8)?;
        self.op(&[at, Packed::V128], &[])
    }

    /// `memory.size x : [] -> [at]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-memory-size)
    pub(crate) fn memory_size(&mut self, x: MemIdx) -> Result {
        let at = self.memory(x)?;
        self.push(at);
        Ok(())
    }

    /// `memory.grow x : [at] -> [at]`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-memory-grow)
    pub(crate) fn memory_grow(&mut self, x: MemIdx) -> Result {
        let at = self.memory(x)?;
        self.op1(at, at)
    }

    /// `memory.fill x : [at i32 at] -> []`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-memory-fill)
    pub(crate) fn memory_fill(&mut self, x: MemIdx) -> Result {
        let at = self.memory(x)?;
        self.op(&[at, Packed::I32, at], &[])
    }

    /// `memory.copy x y : [at1 at2 at] -> []`, where `at` is the smaller of the two.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-memory-copy)
    pub(crate) fn memory_copy(&mut self, x: MemIdx, y: MemIdx) -> Result {
        let (at1, at2) = (self.memory(x)?, self.memory(y)?);
        let n = if at1 == at2 { at1 } else { Packed::I32 };
        self.op(&[at1, at2, n], &[])
    }

    /// `memory.init x y : [at i32 i32] -> []`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-memory-init)
    pub(crate) fn memory_init(&mut self, y: DataIdx, x: MemIdx) -> Result {
        let at = self.memory(x)?;
        self.at(self.context.data(y))?;
        self.op(&[at, Packed::I32, Packed::I32], &[])
    }

    /// `data.drop x : [] -> []`
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#valid-data-drop)
    pub(crate) fn data_drop(&mut self, x: DataIdx) -> Result {
        self.at(self.context.data(x))
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::check;

    #[test]
    fn accesses_take_an_address_and_have_an_alignment() {
        check(
            "(memory 1) (func (i64.store32 offset=4 align=2 (i32.const 0) (i64.load8_u (i32.const 0))))",
            "",
        );
        check(
            "(memory i64 1) (func (f64.store offset=0x100000000 (i64.const 0) (f64.load (i64.const 0))))",
            "",
        );
        check("(memory 1) (func (drop (i32.load (i64.const 0))))", "type mismatch: expected i32, found i64");
        check(
            "(memory i64 1) (func (drop (i32.load (i32.const 0))))",
            "type mismatch: expected i64, found i32",
        );
        check(
            "(memory 1) (func (i32.store16 (i32.const 0) (i64.const 0)))",
            "type mismatch: expected i32, found i64",
        );
        check(
            "(memory 1) (func (i32.store (i64.const 0) (i32.const 0)))",
            "type mismatch: expected i32, found i64",
        );
        check("(func (drop (i32.load (i32.const 0))))", "unknown memory 0: there are 0");
        check("(memory 1) (func (drop (i32.load 1 (i32.const 0))))", "unknown memory 1: there is 1");
        check(
            "(memory 1) (func (drop (i32.load8_s align=2 (i32.const 0))))",
            "alignment must not be larger than natural: expected at most 1, found 2^1",
        );
        check(
            "(memory 1) (func (f32.store align=8 (i32.const 0) (f32.const 0)))",
            "alignment must not be larger than natural: expected at most 4, found 2^3",
        );
        check(
            "(memory 1) (func (drop (i32.load offset=0x100000000 (i32.const 0))))",
            "offset out of range: expected less than 2^32 for a 32-bit memory, found 4294967296",
        );
    }

    #[test]
    fn vectors_are_loaded_and_stored_whole_and_by_lane() {
        check("(memory 1) (func (v128.store (i32.const 0) (v128.load32_splat align=4 (i32.const 0))))", "");
        check("(memory 1) (func (drop (v128.load16_lane 7 (i32.const 0) (v128.const i64x2 0 0))))", "");
        check("(memory 1) (func (v128.store64_lane 1 (i32.const 0) (v128.const i64x2 0 0)))", "");
        check(
            "(memory 1) (func (drop (v128.load16_lane 8 (i32.const 0) (v128.const i64x2 0 0))))",
            "invalid lane index: expected less than 8, found 8",
        );
        check(
            "(memory 1) (func (v128.store64_lane 2 (i32.const 0) (v128.const i64x2 0 0)))",
            "invalid lane index: expected less than 2, found 2",
        );
        check(
            "(memory 1) (func (v128.store align=32 (i32.const 0) (v128.const i64x2 0 0)))",
            "alignment must not be larger than natural: expected at most 16, found 2^5",
        );
        check(
            "(memory 1) (func (v128.store (i32.const 0) (i64.const 0)))",
            "type mismatch: expected v128, found i64",
        );
    }

    #[test]
    fn memories_are_sized_grown_and_moved() {
        check("(memory i64 1) (func (result i64) (memory.grow (memory.size)))", "");
        check(
            "(memory 1) (memory i64 1) (func (memory.copy 0 1 (i32.const 0) (i64.const 0) (i32.const 0)) (memory.fill 1 (i64.const 0) (i32.const 0) (i64.const 0)))",
            "",
        );
        check(
            "(memory i64 1) (memory i64 1) (func (memory.copy 0 1 (i64.const 0) (i64.const 0) (i32.const 0)))",
            "type mismatch: expected i64, found i32",
        );
        check("(func (drop (memory.size)))", "unknown memory 0: there are 0");
        check(
            "(memory 1) (data $d \"\") (func (memory.init $d (i32.const 0) (i32.const 0) (i32.const 0)) (data.drop $d))",
            "",
        );
        check(
            "(memory 1) (data \"\") (func (memory.init 1 (i32.const 0) (i32.const 0) (i32.const 0)))",
            "unknown data segment 1: there is 1",
        );
        check("(func (data.drop 0))", "unknown data segment 0: there are 0");
    }
}
