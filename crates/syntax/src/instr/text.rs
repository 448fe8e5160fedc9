//! Instructions as the text format writes them, with indices for names and one after the other.
//!
//! [Spec](https://webassembly.github.io/spec/core/text/instructions.html)

use super::*;
use core::fmt::{Display, Formatter, Result};

/// An immediate, which writes itself with a space before it.
trait Immediate {
    fn text(&self, f: &mut Formatter<'_>) -> Result;
}

macro_rules! impl_immediate_by_display {
    ($($ty:ty)*) => { $(
        impl Immediate for $ty {
            fn text(&self, f: &mut Formatter<'_>) -> Result {
                write!(f, " {self}")
            }
        }
    )* };
}

impl_immediate_by_display! {
    TypeIdx FuncIdx TableIdx MemIdx GlobalIdx TagIdx ElemIdx DataIdx LocalIdx LabelIdx FieldIdx
    u32 i32 i64 F32Bits F64Bits HeapType
}

macro_rules! impl_immediate {
    ($($ty:ty: $self:ident, $f:ident => $text:expr;)*) => { $(
        impl Immediate for $ty {
            fn text(&$self, $f: &mut Formatter<'_>) -> Result {
                $text
            }
        }
    )* };
}

impl_immediate! {
    LaneIdx: self, f => write!(f, " {}", self.0);
    [LaneIdx; 16]: self, f => each(f, self);
    &[LabelIdx]: self, f => each(f, self);
    &[Catch]: self, f => each(f, self);
    ZeroByte: self, _f => Ok(());
    BrCast: self, f => write!(f, " {} {} {}", self.l, self.rt1, self.rt2);
    &[ValType]: self, f => {
        f.write_str(" (result")?;
        self.iter().try_for_each(|t| write!(f, " {t}"))?;
        f.write_str(")")
    };
    BlockType: self, f => match self {
        Self::Empty => Ok(()),
        Self::Value(t) => write!(f, " (result {t})"),
        Self::Type(x) => write!(f, " (type {x})"),
    };
    Catch: self, f => match self {
        Self::Catch { tag, label } => write!(f, " (catch {tag} {label})"),
        Self::CatchRef { tag, label } => write!(f, " (catch_ref {tag} {label})"),
        Self::CatchAll { label } => write!(f, " (catch_all {label})"),
        Self::CatchAllRef { label } => write!(f, " (catch_all_ref {label})"),
    };
    V128Bits: self, f => {
        f.write_str(" i32x4")?;
        self.0.chunks_exact(4).try_for_each(|lane| {
            write!(f, " 0x{:02x}{:02x}{:02x}{:02x}", lane[3], lane[2], lane[1], lane[0])
        })
    };
    MemArg: self, f => {
        if self.memory != MemIdx(0) {
            write!(f, " {}", self.memory)?;
        }
        if self.offset != 0 {
            write!(f, " offset={}", self.offset)?;
        }
        // Written out also if it is the natural one, which is nothing that this line would say.
        write!(f, " align={}", 1u128 << self.align)
    };
}

fn each(f: &mut Formatter<'_>, immediates: &[impl Immediate]) -> Result {
    immediates.iter().try_for_each(|immediate| immediate.text(f))
}

/// Writes the immediates of an instruction: in the order of the binary format, unless its rule says otherwise.
macro_rules! immediates {
    ($f:ident call_indirect () $y:ident $x:ident) => {
        write!($f, " {} (type {})", $x, $y)
    };
    ($f:ident return_call_indirect () $y:ident $x:ident) => {
        write!($f, " {} (type {})", $x, $y)
    };
    ($f:ident memory_init () $y:ident $x:ident) => {
        write!($f, " {} {}", $x, $y)
    };
    ($f:ident table_init () $y:ident $x:ident) => {
        write!($f, " {} {}", $x, $y)
    };
    ($f:ident ref_test ($nullable:literal) $ht:ident) => {
        write!($f, " {}", RefType { nullable: $nullable, heap: *$ht })
    };
    ($f:ident ref_cast ($nullable:literal) $ht:ident) => {
        write!($f, " {}", RefType { nullable: $nullable, heap: *$ht })
    };
    ($f:ident ref_cast_desc_eq ($nullable:literal) $ht:ident) => {
        write!($f, " {}", RefType { nullable: $nullable, heap: *$ht })
    };
    ($f:ident $rule:ident $args:tt $($imm:ident)*) => {{
        $(Immediate::text($imm, $f)?;)*
        Ok(())
    }};
}

macro_rules! define_display {
    ($($name:ident $text:literal $op:tt { $($imm:ident: $ty:ty),* }
        => $rule:ident $args:tt: $feature:ident;)*) => {
        /// As the text format writes it.
        ///
        /// ```
        /// use terrane_syntax::{Instr, MemArg, TableIdx, TypeIdx};
        ///
        /// let m = MemArg { offset: 16, align: 2, ..MemArg::default() };
        /// assert_eq!(Instr::I32Load { m }.to_string(), "i32.load offset=16 align=4");
        /// let call = Instr::CallIndirect { y: TypeIdx(3), x: TableIdx(0) };
        /// assert_eq!(call.to_string(), "call_indirect 0 (type 3)");
        /// ```
        impl Display for Instr<'_> {
            fn fmt(&self, f: &mut Formatter<'_>) -> Result {
                f.write_str(self.text_name())?;
                match self { $(Self::$name { $($imm),* } => immediates!(f $rule $args $($imm)*)),* }
            }
        }
    };
}
for_each_instr!(define_display);

macro_rules! impl_display_for_float {
    ($($bits:ident $float:ty, $significand:literal;)*) => { $(
        /// As the text format writes it, with as few digits as tell it from its neighbours. A NaN comes with its
        /// payload, unless it is the canonical one.
        ///
        /// [Spec](https://webassembly.github.io/spec/core/text/values.html#floating-point)
        impl Display for $bits {
            fn fmt(&self, f: &mut Formatter<'_>) -> Result {
                let (float, payload) = (<$float>::from_bits(self.0), self.0 & ((1 << $significand) - 1));
                let (sign, magnitude) = (if float.is_sign_negative() { "-" } else { "" }, float.abs());
                if float.is_nan() && payload == 1 << ($significand - 1) {
                    write!(f, "{sign}nan")
                } else if float.is_nan() {
                    write!(f, "{sign}nan:{payload:#x}")
                } else if magnitude == 0.0 || magnitude.is_infinite() || (1e-5..1e16).contains(&magnitude) {
                    write!(f, "{sign}{magnitude}")
                } else {
                    write!(f, "{sign}{magnitude:e}")
                }
            }
        }
    )* };
}

impl_display_for_float! {
    F32Bits f32, 23;
    F64Bits f64, 52;
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[track_caller]
    fn check(instr: Instr<'_>, expected: &str) {
        assert_eq!(instr.to_string(), expected);
    }

    #[test]
    fn immediates_are_in_the_order_of_the_text() {
        check(Instr::MemoryInit { y: DataIdx(7), x: MemIdx(1) }, "memory.init 1 7");
        check(Instr::TableInit { y: ElemIdx(7), x: TableIdx(1) }, "table.init 1 7");
        check(Instr::TableCopy { x: TableIdx(7), y: TableIdx(1) }, "table.copy 7 1");
        check(Instr::BrTable { ls: &[LabelIdx(2), LabelIdx(0)], l: LabelIdx(1) }, "br_table 2 0 1");
        check(Instr::SelectT { ts: &[ValType::I64] }, "select (result i64)");
        check(Instr::RefTestNull { ht: HeapType::Type(TypeIdx(4)) }, "ref.test (ref null 4)");
        let ht = HeapType::Exact(TypeIdx(4));
        check(Instr::RefCastDescEqNull { ht }, "ref.cast_desc_eq (ref null (exact 4))");
        let m = MemArg { offset: 0, memory: MemIdx(2), align: 0 };
        check(Instr::V128Load8Lane { m, l: LaneIdx(3) }, "v128.load8_lane 2 align=1 3");
        check(Instr::AtomicFence { order: ZeroByte }, "atomic.fence");
    }

    #[test]
    fn floats_are_short_and_nans_whole() {
        for (bits, expected) in [
            (1.5f64.to_bits(), "1.5"),
            ((-0.0f64).to_bits(), "-0"),
            (0.1f64.to_bits(), "0.1"),
            (1e300f64.to_bits(), "1e300"),
            (5e-324f64.to_bits(), "5e-324"),
            (f64::NEG_INFINITY.to_bits(), "-inf"),
            (0x7ff8_0000_0000_0000, "nan"),
            (0xfff0_0000_0000_0001, "-nan:0x1"),
        ] {
            assert_eq!(F64Bits(bits).to_string(), expected);
        }
        assert_eq!(F32Bits(0.1f32.to_bits()).to_string(), "0.1");
        assert_eq!(F32Bits(0x7fa0_0000).to_string(), "nan:0x200000");
    }
}
