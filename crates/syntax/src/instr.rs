//! Instructions, defined from the one table of them, [`for_each_instr!`](crate::for_each_instr).

#[macro_use]
mod table;
mod text;

use core::fmt;

use crate::features::Feature;
use crate::idx::{
    DataIdx, ElemIdx, FieldIdx, FuncIdx, GlobalIdx, LabelIdx, LaneIdx, LocalIdx, MemIdx, TableIdx, TagIdx,
    TypeIdx,
};
use crate::immediate::{Catch, MemArg};
use crate::types::{BlockType, HeapType, RefType, ValType};

/// The bits of an `f32`. Unlike `f32` it compares and copies NaNs exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct F32Bits(pub u32);

/// The bits of an `f64`. Unlike `f64` it compares and copies NaNs exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct F64Bits(pub u64);

/// The sixteen bytes of a `v128`, lowest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct V128Bits(pub [u8; 16]);

/// A byte that the binary format reserves: always zero, and absent from the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ZeroByte;

/// The immediates of `br_on_cast` and its kin, which the binary format interleaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BrCast {
    /// The label to branch to.
    pub l: LabelIdx,
    /// The type of the operand.
    pub rt1: RefType,
    /// The type that the operand is cast to.
    pub rt2: RefType,
}

/// An opcode: one byte, or a prefix byte and a number.
///
/// Opcodes order like the spec's index of instructions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opcode(u32);

impl Opcode {
    /// The opcode that is the single byte `byte`.
    pub const fn byte(byte: u8) -> Self {
        Opcode((byte as u32) << 16)
    }

    /// The opcode `code` behind the byte `prefix`, one of 0xFB to 0xFE.
    pub const fn prefixed(prefix: u8, code: u16) -> Self {
        Opcode((prefix as u32) << 16 | code as u32)
    }

    /// The first byte.
    pub const fn first_byte(self) -> u8 {
        (self.0 >> 16) as u8
    }

    /// The number behind the prefix byte, `None` for an opcode of a single byte.
    pub const fn code(self) -> Option<u32> {
        match self.first_byte() {
            0xFB..=0xFE => Some(self.0 & 0xFFFF),
            _ => None,
        }
    }

    /// The name in the text format of the instruction with this opcode, if there is one.
    ///
    /// ```
    /// use terrane_syntax::Opcode;
    ///
    /// assert_eq!(Opcode::byte(0x6A).text_name(), Some("i32.add"));
    /// assert_eq!(Opcode::prefixed(0xFC, 10).text_name(), Some("memory.copy"));
    /// assert_eq!(Opcode::byte(0xFF).text_name(), None);
    /// ```
    pub fn text_name(self) -> Option<&'static str> {
        let i = NAMES.binary_search_by_key(&self, |row| row.0).ok()?;
        Some(NAMES[i].1)
    }
}

impl fmt::Display for Opcode {
    /// In the style of the official suite's messages: `1a`, `fc 0c`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code() {
            None => write!(f, "{:02x}", self.first_byte()),
            Some(code) => write!(f, "{:02x} {code:02x}", self.first_byte()),
        }
    }
}

impl fmt::Debug for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opcode({self})")
    }
}

/// The [`Opcode`] in a row of the table.
macro_rules! opcode {
    ([$byte:literal]) => {
        Opcode::byte($byte)
    };
    ([$prefix:literal $code:literal]) => {
        Opcode::prefixed($prefix, $code)
    };
}

macro_rules! define_instr {
    ($($name:ident $text:literal $op:tt { $($imm:ident: $ty:ty),* }
        => $rule:ident $args:tt: $feature:ident;)*) => {
        /// An instruction, with its [immediates] named as in the spec's binary grammar.
        ///
        /// Lists are borrowed from whoever made the instruction, so that it is small and `Copy`.
        ///
        /// [immediates]: https://webassembly.github.io/spec/core/binary/instructions.html
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[allow(missing_docs, reason = "an instruction's meaning is the spec's")]
        pub enum Instr<'a> {
            $(#[doc = concat!("`", $text, "`")] $name { $($imm: $ty),* }),*
        }

        /// Something with a method for each instruction, of the instruction's name.
        ///
        /// It is how a reader hands an instruction on once it knows which it is, where an [`Instr`]
        /// would have to be asked again. Each method is given the instruction's byte offset and its
        /// immediates, whose lists live for `'a`.
        #[allow(non_snake_case, reason = "the names are those of the variants")]
        pub trait Visit<'a> {
            /// What an instruction gives.
            type Output;
            $(
                #[doc = concat!("`", $text, "`")]
                #[allow(missing_docs, reason = "an instruction's meaning is the spec's")]
                fn $name(&mut self, offset: usize, $($imm: $ty),*) -> Self::Output;
            )*
        }

        /// Every opcode with its name, in the order of the opcodes.
        const NAMES: &[(Opcode, &str)] = &[$((opcode!($op), $text)),*];

        impl<'a> Instr<'a> {
            /// Hands the instruction, which is at `offset`, to its method of `visitor`.
            #[inline]
            pub fn visit<V: Visit<'a>>(self, offset: usize, visitor: &mut V) -> V::Output {
                match self { $(Self::$name { $($imm),* } => visitor.$name(offset, $($imm),*)),* }
            }

            /// The name of the instruction in the text format.
            pub const fn text_name(&self) -> &'static str {
                match self { $(Self::$name { .. } => $text),* }
            }

            /// The opcode of the instruction.
            pub const fn opcode(&self) -> Opcode {
                match self { $(Self::$name { .. } => opcode!($op)),* }
            }

            /// The proposal that brought the instruction.
            pub const fn feature(&self) -> Feature {
                match self { $(Self::$name { .. } => Feature::$feature),* }
            }
        }
    };
}

for_each_instr!(define_instr);

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec::Vec;

    macro_rules! columns {
        ($($name:ident $text:literal $op:tt $imms:tt => $rule:ident $args:tt: $feature:ident;)*) => {
            [$((stringify!($name), $text, opcode!($op), stringify!($rule))),*]
        };
    }

    #[test]
    fn opcodes_ascend() {
        let rows = for_each_instr!(columns);
        for (a, b) in rows.iter().zip(&rows[1..]) {
            assert!(a.2 < b.2, "{} and {}", a.0, b.0);
        }
    }

    #[test]
    fn variants_are_named_after_the_text() {
        for (variant, text, ..) in for_each_instr!(columns) {
            let squeezed = text.replace(['.', '_'], "");
            let variant = variant.to_lowercase();
            let suffix = variant.strip_prefix(&squeezed);
            assert!(matches!(suffix, Some("" | "t" | "null")), "{variant} and {text}");
        }
    }

    #[test]
    fn few_rules_cover_many_instructions() {
        let rows = for_each_instr!(columns);
        let mut rules: Vec<_> = rows.iter().map(|row| row.3).collect();
        rules.sort_unstable();
        rules.dedup();
        assert_eq!((rows.len(), rules.len()), (582, 120));
    }

    #[test]
    fn an_instruction_is_small() {
        assert!(size_of::<Instr>() <= 32, "{}", size_of::<Instr>());
    }

    #[test]
    fn opcodes_display_like_the_suite() {
        assert_eq!(Instr::Drop {}.opcode().to_string(), "1a");
        assert_eq!(Instr::ElemDrop { x: ElemIdx(0) }.opcode().to_string(), "fc 0d");
        assert_eq!(Instr::ElemDrop { x: ElemIdx(0) }.text_name(), "elem.drop");
        assert_eq!(Instr::ElemDrop { x: ElemIdx(0) }.feature(), Feature::BulkMemory);
    }
}
