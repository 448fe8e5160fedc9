//! Immediates of instructions as text.

use std::fmt::{self, Formatter, Write};
use terrane_syntax::types::{BlockType, HeapType, RefType, ValType};
use terrane_syntax::*;

/// An immediate: what stands behind an instruction's name, with a space before it, or nothing.
trait Immediate {
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result;
}

/// Immediates that are written as they display.
macro_rules! immediates_by_display {
    ($($ty:ty)*) => { $(
        impl Immediate for $ty {
            fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
                write!(f, " {self}")
            }
        }
    )* };
}

immediates_by_display! {
    TypeIdx FuncIdx TableIdx MemIdx GlobalIdx TagIdx ElemIdx DataIdx LocalIdx LabelIdx FieldIdx
    i32 i64 u32 HeapType RefType ValType
}

impl Immediate for LaneIdx {
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, " {}", self.0)
    }
}

impl Immediate for ZeroByte {
    fn write(&self, _: &mut Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl<T: Immediate> Immediate for &[T] {
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|item| item.write(f))
    }
}

impl<T: Immediate, const N: usize> Immediate for [T; N] {
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|item| item.write(f))
    }
}

impl Immediate for F32Bits {
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, " {}", crate::values::text(&terrane::Val::F32(self.0)))
    }
}

impl Immediate for F64Bits {
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, " {}", crate::values::text(&terrane::Val::F64(self.0)))
    }
}

impl Immediate for V128Bits {
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(" i8x16")?;
        self.0.iter().try_for_each(|byte| write!(f, " {byte:#04x}"))
    }
}

impl Immediate for BlockType {
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::Value(t) => write!(f, " (result {t})"),
            Self::Type(x) => write!(f, " (type {x})"),
        }
    }
}

impl Immediate for MemArg {
    /// What is zero is left out; the alignment is written in bytes.
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.memory.0 != 0 {
            write!(f, " {}", self.memory)?;
        }
        if self.offset != 0 {
            write!(f, " offset={}", self.offset)?;
        }
        match 1u64.checked_shl(self.align) {
            Some(bytes) => write!(f, " align={bytes}"),
            None => write!(f, " align=2^{}", self.align),
        }
    }
}

impl Immediate for BrCast {
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, " {} {} {}", self.l, self.rt1, self.rt2)
    }
}

impl Immediate for Catch {
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Catch { tag, label } => write!(f, " (catch {tag} {label})"),
            Self::CatchRef { tag, label } => write!(f, " (catch_ref {tag} {label})"),
            Self::CatchAll { label } => write!(f, " (catch_all {label})"),
            Self::CatchAllRef { label } => write!(f, " (catch_all_ref {label})"),
        }
    }
}

macro_rules! write_instr {
    ($($name:ident $text:literal $op:tt { $($imm:ident: $ty:ty),* } => $rule:ident $args:tt: $feature:ident;)*) => {
        impl fmt::Display for Text<'_> {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str(self.0.text_name())?;
                match self.0 {
                    $(Instr::$name { $($imm),* } => { $($imm.write(f)?;)* })*
                }
                Ok(())
            }
        }
    };
}

/// An instruction as text.
struct Text<'a>(&'a Instr<'a>);

terrane_syntax::for_each_instr!(write_instr);

/// An instruction as text, on one line.
pub(crate) fn text(instr: &Instr<'_>) -> String {
    let mut text = String::new();
    write!(text, "{}", Text(instr)).expect("a String takes all");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_as_text() {
        let check = |instr, expected| assert_eq!(text(&instr), expected);
        check(Instr::I32Const { c: -7 }, "i32.const -7");
        check(Instr::F64Const { z: F64Bits(0x7ff8_0000_0000_0000) }, "f64.const nan");
        check(Instr::Block { bt: BlockType::Empty }, "block");
        check(Instr::If { bt: BlockType::Value(ValType::I64) }, "if (result i64)");
        check(Instr::BrTable { ls: &[LabelIdx(2), LabelIdx(0)], l: LabelIdx(1) }, "br_table 2 0 1");
        check(Instr::SelectT { ts: &[ValType::FUNCREF] }, "select funcref");
        let m = MemArg { offset: 8, memory: MemIdx(1), align: 2 };
        check(Instr::I32Load { m }, "i32.load 1 offset=8 align=4");
        check(Instr::I64Load8U { m: MemArg::default() }, "i64.load8_u align=1");
        check(Instr::CallIndirect { y: TypeIdx(3), x: TableIdx(0) }, "call_indirect 3 0");
        check(Instr::AtomicFence { order: ZeroByte }, "atomic.fence");
    }
}
