//! Constant expressions.
//!
//! [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#constant-expressions)

use crate::Code;
use std::ptr::NonNull;
use std::sync::Arc;
use terrane_runtime::{Eval, Layout, ModuleInst, Object, RawVal, Ref, Store, Trap, numerics};
use terrane_syntax::{ConstExpr, Feature, Instr, TypeIdx, V128Bits};

impl Eval for Code {
    fn code(&self, i: usize) -> *const () {
        self.cell(i)
    }

    fn eval(&self, store: &mut Store, inst: NonNull<ModuleInst>, expr: &ConstExpr) -> Result<RawVal, Trap> {
        // SAFETY: the instance is being made, by our caller, and its vectors of pointers do not change meanwhile.
        let inst = unsafe { inst.as_ref() };
        let mut constant = Constant { code: self, store, inst, stack: Vec::with_capacity(4) };
        expr.instrs().try_for_each(|instr| constant.instr(instr))?;
        Ok(constant.pop())
    }

    fn checks_segments_first(&self) -> bool {
        !self.context().features().contains(Feature::BulkMemory)
    }
}

/// A constant expression that is being evaluated.
struct Constant<'a> {
    code: &'a Code,
    store: &'a mut Store,
    inst: &'a ModuleInst,
    stack: Vec<RawVal>,
}

impl Constant<'_> {
    fn push(&mut self, value: impl Into<RawVal>) {
        self.stack.push(value.into());
    }

    fn pop(&mut self) -> RawVal {
        self.stack.pop().expect("valid code")
    }

    fn instr(&mut self, instr: Instr<'_>) -> Result<(), Trap> {
        match instr {
            Instr::I32Const { c } => self.push(u64::from(c as u32)),
            Instr::I64Const { c } => self.push(c as u64),
            Instr::F32Const { z } => self.push(u64::from(z.0)),
            Instr::F64Const { z } => self.push(z.0),
            Instr::V128Const { c } => self.push(vector(c)),
            Instr::RefNull { .. } => self.push(Ref::NULL),
            Instr::RefFunc { x } => self.push(Ref::func(self.inst.funcs[x.index()])),
            // SAFETY: globals live as long as the store.
            Instr::GlobalGet { x } => self.push(unsafe { self.inst.globals[x.index()].as_ref() }.get()),
            Instr::I32Add {} => self.i32_op(numerics::i32_add),
            Instr::I32Sub {} => self.i32_op(numerics::i32_sub),
            Instr::I32Mul {} => self.i32_op(numerics::i32_mul),
            Instr::I64Add {} => self.i64_op(numerics::i64_add),
            Instr::I64Sub {} => self.i64_op(numerics::i64_sub),
            Instr::I64Mul {} => self.i64_op(numerics::i64_mul),
            Instr::RefI31 {} => {
                let value = self.pop().word() as u32;
                self.push(Ref::i31(value));
            }
            Instr::AnyConvertExtern {} | Instr::ExternConvertAny {} => (),
            Instr::StructNew { x } => self.struct_new(x)?,
            Instr::StructNewDefault { x } => self.alloc(x, 0).map(|r| self.push(r))?,
            Instr::StructNewDesc { x } => {
                let descriptor = self.descriptor()?;
                self.stack.push(descriptor);
                self.struct_new(x)?;
            }
            Instr::StructNewDefaultDesc { x } => self.struct_new_default_desc(x)?,
            Instr::ArrayNew { x } => self.array_new(x)?,
            Instr::ArrayNewDefault { x } => {
                let len = self.pop().word() as u32;
                self.alloc(x, len).map(|r| self.push(r))?;
            }
            Instr::ArrayNewFixed { x, n } => self.array_new_fixed(x, n)?,
            _ => unreachable!("validation lets through no other instruction"),
        }
        Ok(())
    }

    fn i32_op(&mut self, op: fn(u32, u32) -> u32) {
        let (b, a) = (self.pop().word() as u32, self.pop().word() as u32);
        self.push(u64::from(op(a, b)));
    }

    fn i64_op(&mut self, op: fn(u64, u64) -> u64) {
        let (b, a) = (self.pop().word(), self.pop().word());
        self.push(op(a, b));
    }

    /// A new object of a type, all zeros and nulls.
    fn alloc(&mut self, x: TypeIdx, len: u32) -> Result<Ref, Trap> {
        let layout: &Arc<Layout> = self.code.layouts()[x.index()].as_ref().expect("valid code");
        // SAFETY: a `RawVal` is two words; the layout is kept by the code, which the instance keeps.
        let object = unsafe {
            let words = std::slice::from_raw_parts(self.stack.as_ptr().cast::<u64>(), self.stack.len() * 2);
            let layout = std::ptr::with_exposed_provenance(Arc::as_ptr(layout).expose_provenance());
            self.store.alloc_object(layout, len, words)?
        };
        Ok(Ref::object(object))
    }

    /// The object that was just made.
    fn object<'o>(r: Ref) -> &'o mut Object {
        // SAFETY: nobody else refers to it yet.
        unsafe { r.as_object().expect("just made").as_mut() }
    }

    fn struct_new(&mut self, x: TypeIdx) -> Result<(), Trap> {
        let r = self.alloc(x, 0)?;
        let object = Self::object(r);
        if object.layout().descriptor().is_some() {
            object.set_descriptor(self.pop().as_ref());
        }
        for i in (0..object.layout().fields().len()).rev() {
            object.set_field(i, self.pop());
        }
        self.push(r);
        Ok(())
    }

    /// Pops the descriptor of a new structure.
    fn descriptor(&mut self) -> Result<RawVal, Trap> {
        let descriptor = self.pop();
        if descriptor.as_ref().is_null() { Err(Trap::NullDescriptorReference) } else { Ok(descriptor) }
    }

    fn struct_new_default_desc(&mut self, x: TypeIdx) -> Result<(), Trap> {
        let descriptor = self.descriptor()?;
        // There while the structure is allocated.
        self.stack.push(descriptor);
        let r = self.alloc(x, 0)?;
        self.pop();
        Self::object(r).set_descriptor(descriptor.as_ref());
        self.push(r);
        Ok(())
    }

    fn array_new(&mut self, x: TypeIdx) -> Result<(), Trap> {
        let len = self.pop().word() as u32;
        let r = self.alloc(x, len)?;
        Self::object(r).fill(0, self.pop(), len)?;
        self.push(r);
        Ok(())
    }

    fn array_new_fixed(&mut self, x: TypeIdx, n: u32) -> Result<(), Trap> {
        let r = self.alloc(x, n)?;
        let object = Self::object(r);
        for i in (0..n).rev() {
            object.set_elem(i, self.pop())?;
        }
        self.push(r);
        Ok(())
    }
}

/// A vector as two words, the low half first.
fn vector(c: V128Bits) -> RawVal {
    let bits = u128::from_le_bytes(c.0);
    RawVal([bits as u64, (bits >> 64) as u64])
}
