//! Constant expressions.
//!
//! [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#constant-expressions)

use crate::Code;
use std::ptr::NonNull;
use terrane_runtime::{Eval, ModuleInst, RawVal, Ref, Store, Trap, numerics};
use terrane_syntax::{ConstExpr, Feature, Instr};

impl Eval for Code {
    fn code(&self, i: usize) -> *const () {
        self.cell(i)
    }

    fn eval(&self, _store: &mut Store, inst: NonNull<ModuleInst>, expr: &ConstExpr) -> Result<RawVal, Trap> {
        let mut stack: Vec<RawVal> = Vec::with_capacity(4);
        for instr in expr.instrs() {
            let value = match step(instr, inst, &mut stack) {
                Some(value) => value,
                None => unreachable!("validation lets through no other instruction"),
            };
            stack.push(value);
        }
        Ok(stack.pop().unwrap_or_default())
    }

    fn checks_segments_first(&self) -> bool {
        !self.context().features().contains(Feature::BulkMemory)
    }
}

/// The value of one instruction.
fn step(instr: Instr<'_>, inst: NonNull<ModuleInst>, stack: &mut Vec<RawVal>) -> Option<RawVal> {
    // SAFETY: the instance is being made, by us.
    let inst = unsafe { inst.as_ref() };
    Some(match instr {
        Instr::I32Const { c } => u64::from(c as u32).into(),
        Instr::I64Const { c } => (c as u64).into(),
        Instr::F32Const { z } => u64::from(z.0).into(),
        Instr::F64Const { z } => z.0.into(),
        Instr::RefNull { .. } => Ref::NULL.into(),
        Instr::RefFunc { x } => Ref::func(inst.funcs[x.index()]).into(),
        // SAFETY: globals live as long as the store.
        Instr::GlobalGet { x } => unsafe { inst.globals[x.index()].as_ref().value },
        Instr::I32Add {} => i32_op(stack, numerics::i32_add)?,
        Instr::I32Sub {} => i32_op(stack, numerics::i32_sub)?,
        Instr::I32Mul {} => i32_op(stack, numerics::i32_mul)?,
        Instr::I64Add {} => i64_op(stack, numerics::i64_add)?,
        Instr::I64Sub {} => i64_op(stack, numerics::i64_sub)?,
        Instr::I64Mul {} => i64_op(stack, numerics::i64_mul)?,
        _ => return None,
    })
}

fn i32_op(stack: &mut Vec<RawVal>, op: fn(u32, u32) -> u32) -> Option<RawVal> {
    let (b, a) = (stack.pop()?, stack.pop()?);
    Some(u64::from(op(a.word() as u32, b.word() as u32)).into())
}

fn i64_op(stack: &mut Vec<RawVal>, op: fn(u64, u64) -> u64) -> Option<RawVal> {
    let (b, a) = (stack.pop()?, stack.pop()?);
    Some(op(a.word(), b.word()).into())
}
