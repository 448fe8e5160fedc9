//! Constant expressions.
//!
//! [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#constant-expressions)

use core::mem;
use terrane_syntax::{ConstExpr, Error, Feature, Instr};

use crate::Result;
use crate::context::{Context, unknown};
use crate::func::{FuncAllocations, FuncValidator};
use crate::invalid::{Invalid, Space};
use crate::packed::Packed;

impl Context {
    /// An error unless the expression is constant and gives one value of type `t`.
    pub(crate) fn const_expr(
        &self,
        expr: &ConstExpr,
        t: Packed,
        allocations: &mut FuncAllocations,
    ) -> Result {
        // As nearly all of them are, of which a large module has many.
        if let [(_, instr)] = &*expr.instrs
            && number(instr) == Some(t)
        {
            return Ok(());
        }
        let mut validator = FuncValidator::expr(self, t, mem::take(allocations));
        for (offset, instr) in &expr.instrs {
            self.constant(instr).map_err(|kind| Error::new(kind, *offset))?;
            validator.instr(*offset, instr)?;
        }
        validator.instr(expr.end, &Instr::End {})?;
        validator.finish(expr.end)?;
        *allocations = validator.into_allocations();
        Ok(())
    }

    /// An error unless the instruction is constant in this context.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/instructions.html#constant-expressions)
    fn constant(&self, instr: &Instr<'_>) -> core::result::Result<(), Invalid> {
        use Instr::*;
        let constant = match *instr {
            I32Const { .. } | I64Const { .. } | F32Const { .. } | F64Const { .. } | V128Const { .. } => true,
            I32Add {} | I32Sub {} | I32Mul {} | I64Add {} | I64Sub {} | I64Mul {} => {
                self.features.contains(Feature::ExtendedConst)
            }
            RefNull { .. } | RefFunc { .. } | RefI31 {} => true,
            StructNew { .. } | StructNewDefault { .. } => true,
            StructNewDesc { .. } | StructNewDefaultDesc { .. } => true,
            ArrayNew { .. } | ArrayNewDefault { .. } | ArrayNewFixed { .. } => true,
            AnyConvertExtern {} | ExternConvertAny {} => true,
            GlobalGet { x } => return self.constant_global(x),
            _ => false,
        };
        if constant { Ok(()) } else { Err(Invalid::NonConstant(instr.text_name())) }
    }

    /// Before garbage collection brought the need for others, only imported globals were constant.
    fn constant_global(&self, x: terrane_syntax::GlobalIdx) -> core::result::Result<(), Invalid> {
        if x.index() >= self.imports.globals && !self.features.contains(Feature::Gc) {
            return Err(unknown(Space::Global, x.0, self.imports.globals));
        }
        if self.global(x)?.mutable { Err(Invalid::NonConstantGlobal(x.0)) } else { Ok(()) }
    }
}

/// The type of an instruction that is a number.
fn number(instr: &Instr<'_>) -> Option<Packed> {
    match instr {
        Instr::I32Const { .. } => Some(Packed::I32),
        Instr::I64Const { .. } => Some(Packed::I64),
        Instr::F32Const { .. } => Some(Packed::F32),
        Instr::F64Const { .. } => Some(Packed::F64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::{check, check_with};
    use terrane_syntax::Features;

    #[test]
    fn expressions_are_constant_and_of_their_type() {
        check("(global i32 (i32.add (i32.const 1) (i32.mul (i32.const 2) (i32.const 3))))", "");
        check("(global $a i32 (i32.const 1)) (global i32 (global.get $a))", "");
        check("(global v128 (v128.const i64x2 0 0)) (global funcref (ref.null func))", "");
        check("(type $s (struct (field i32))) (global (ref $s) (struct.new $s (i32.const 1)))", "");
        check(
            "(type $a (array i8)) (global anyref (array.new_fixed $a 1 (i32.const 1))) (global (ref i31) (ref.i31 (i32.const 1)))",
            "",
        );
        check("(global i32 (i32.clz (i32.const 1)))", "constant expression required: found i32.clz");
        check("(global i32 (nop) (i32.const 1))", "constant expression required: found nop");
        check(
            "(type $a (array i8)) (data $d \"\") (global anyref (array.new_data $a $d (i32.const 0) (i32.const 0)))",
            "constant expression required: found array.new_data",
        );
        check(
            "(global $a (mut i32) (i32.const 1)) (global i32 (global.get $a))",
            "constant expression required: global 0 is mutable",
        );
        check("(global i32 (global.get 0))", "unknown global 0: there are 0");
        check("(global i32 (i64.const 1))", "type mismatch: expected i32, found i64");
        check("(global i32)", "type mismatch: expected i32, found nothing");
        check(
            "(global i32 (i32.const 1) (i32.const 2))",
            "type mismatch: expected the end of the block's results, found 1 more value",
        );
        check("(global funcref (ref.func 0))", "unknown function 0: there are 0");
    }

    #[test]
    fn older_versions_have_fewer_constants() {
        let features = Features::wasm2();
        let own = "(global $a i32 (i32.const 1)) (global i32 (global.get $a))";
        check_with(features, own, "unknown global 0: there are 0");
        let imported = "(import \"\" \"\" (global $a i32)) (global i32 (global.get $a))";
        check_with(features, imported, "");
        let sum = "(global i32 (i32.add (i32.const 1) (i32.const 2)))";
        check_with(features, sum, "constant expression required: found i32.add");
    }
}
