//! Atomic memory instructions.
//!
//! [Proposal](https://github.com/WebAssembly/threads)

use terrane_syntax::{MemArg, ZeroByte};

use crate::Result;
use crate::func::FuncValidator;
use crate::invalid::Invalid;
use crate::packed::Packed;

impl FuncValidator<'_> {
    /// The address type of the memory of an atomic access to `bits` bits, whose alignment is just that.
    fn atomic_memarg(&self, m: MemArg, bits: u32) -> Result<Packed> {
        let at = self.memarg(m, bits)?;
        if m.align != (bits / 8).ilog2() {
            return self.fail(Invalid::AtomicAlignment { natural: bits / 8, align: m.align });
        }
        Ok(at)
    }

    /// `t.atomic.load m`, `t.atomic.loadN_u m : [at] -> [t]`
    pub(crate) fn atomic_load(&mut self, m: MemArg, t: Packed, bits: u32) -> Result {
        let at = self.atomic_memarg(m, bits)?;
        self.op1(at, t)
    }

    /// `t.atomic.store m`, `t.atomic.storeN m : [at t] -> []`
    pub(crate) fn atomic_store(&mut self, m: MemArg, t: Packed, bits: u32) -> Result {
        let at = self.atomic_memarg(m, bits)?;
        self.op(&[at, t], &[])
    }

    /// `t.atomic.rmw.op m`, `t.atomic.rmwN.op_u m : [at t] -> [t]`
    pub(crate) fn atomic_rmw(&mut self, m: MemArg, t: Packed, bits: u32) -> Result {
        let at = self.atomic_memarg(m, bits)?;
        self.op(&[at, t], &[t])
    }

    /// `t.atomic.rmw.cmpxchg m`, `t.atomic.rmwN.cmpxchg_u m : [at t t] -> [t]`
    pub(crate) fn atomic_cmpxchg(&mut self, m: MemArg, t: Packed, bits: u32) -> Result {
        let at = self.atomic_memarg(m, bits)?;
        self.op(&[at, t, t], &[t])
    }

    /// `memory.atomic.notify m : [at i32] -> [i32]`
    pub(crate) fn atomic_notify(&mut self, m: MemArg) -> Result {
        let at = self.atomic_memarg(m, 32)?;
        self.op(&[at, Packed::I32], &[Packed::I32])
    }

    /// `memory.atomic.waitN m : [at iN i64] -> [i32]`
    pub(crate) fn atomic_wait(&mut self, m: MemArg, t: Packed, bits: u32) -> Result {
        let at = self.atomic_memarg(m, bits)?;
        self.op(&[at, t, Packed::I64], &[Packed::I32])
    }

    /// `atomic.fence : [] -> []`
    pub(crate) fn atomic_fence(&mut self, _: ZeroByte) -> Result {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::check;

    #[test]
    fn atomic_accesses_are_aligned() {
        check("(memory 1 1 shared) (func (drop (i64.atomic.load16_u (i32.const 0))))", "");
        check("(memory 1) (func (i64.atomic.store (i32.const 0) (i64.const 0)))", "");
        check("(memory 1) (func (drop (i32.atomic.rmw8.add_u (i32.const 0) (i32.const 1))))", "");
        check(
            "(memory 1) (func (drop (i64.atomic.rmw.cmpxchg (i32.const 0) (i64.const 1) (i64.const 2))))",
            "",
        );
        check(
            "(memory i64 1) (func (drop (memory.atomic.wait64 (i64.const 0) (i64.const 1) (i64.const 2))))",
            "",
        );
        check(
            "(memory 1) (func (drop (memory.atomic.notify (i32.const 0) (i32.const 1))) (atomic.fence))",
            "",
        );
        check(
            "(memory 1) (func (drop (i32.atomic.load align=2 (i32.const 0))))",
            "atomic alignment must be natural: expected 4, found 2^1",
        );
        check(
            "(memory 1) (func (drop (i32.atomic.load align=8 (i32.const 0))))",
            "alignment must not be larger than natural: expected at most 4, found 2^3",
        );
        check(
            "(memory 1) (func (drop (i64.atomic.rmw.add (i32.const 0) (i32.const 1))))",
            "type mismatch: expected i64, found i32",
        );
        check(
            "(memory 1) (func (drop (memory.atomic.wait32 (i32.const 0) (i64.const 1) (i64.const 2))))",
            "type mismatch: expected i32, found i64",
        );
        check(
            "(func (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))",
            "unknown memory 0: there are 0",
        );
    }
}
