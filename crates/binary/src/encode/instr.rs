//! Instructions, encoded by the table of them.
//!
//! [Spec](https://webassembly.github.io/spec/core/binary/instructions.html)

use alloc::vec::Vec;
use terrane_syntax::types::{BlockType, ValType};
use terrane_syntax::{
    BrCast, Catch, ConstExpr, DataIdx, ElemIdx, F32Bits, F64Bits, FieldIdx, FuncIdx, GlobalIdx, Instr,
    LabelIdx, LaneIdx, LocalIdx, MemArg, MemIdx, Opcode, TableIdx, TagIdx, TypeIdx, V128Bits, ZeroByte,
};

use super::{Encode, signed, unsigned, vec};

macro_rules! impl_encode_index {
    ($($ty:ty)*) => { $(
        impl Encode for $ty {
            fn encode(&self, out: &mut Vec<u8>) {
                self.0.encode(out);
            }
        }
    )* };
}

impl_encode_index! {
    TypeIdx FuncIdx TableIdx MemIdx GlobalIdx TagIdx ElemIdx DataIdx LocalIdx LabelIdx FieldIdx
}

macro_rules! impl_encode_bytes {
    ($($ty:ty: $value:ident => $bytes:expr;)*) => { $(
        impl Encode for $ty {
            fn encode(&self, out: &mut Vec<u8>) {
                let $value = self;
                out.extend_from_slice(&$bytes);
            }
        }
    )* };
}

impl_encode_bytes! {
    LaneIdx: l => [l.0];
    [LaneIdx; 16]: ls => ls.map(|l| l.0);
    F32Bits: z => z.0.to_le_bytes();
    F64Bits: z => z.0.to_le_bytes();
    V128Bits: c => c.0;
    ZeroByte: _zero => [0];
}

impl Encode for i32 {
    fn encode(&self, out: &mut Vec<u8>) {
        signed(i64::from(*self), out);
    }
}

impl Encode for i64 {
    fn encode(&self, out: &mut Vec<u8>) {
        signed(*self, out);
    }
}

impl<T: Encode> Encode for &[T] {
    fn encode(&self, out: &mut Vec<u8>) {
        vec(self, out);
    }
}

impl Encode for BlockType {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            BlockType::Empty => out.push(0x40),
            BlockType::Value(t) => t.encode(out),
            BlockType::Type(x) => signed(i64::from(x.0), out),
        }
    }
}

impl Encode for MemArg {
    fn encode(&self, out: &mut Vec<u8>) {
        let has_memory = self.memory != MemIdx(0);
        unsigned(u64::from(self.align) | u64::from(has_memory) << 6, out);
        if has_memory {
            self.memory.encode(out);
        }
        unsigned(self.offset, out);
    }
}

impl Encode for Catch {
    fn encode(&self, out: &mut Vec<u8>) {
        let (kind, tag, label) = match self {
            Catch::Catch { tag, label } => (0, Some(tag), label),
            Catch::CatchRef { tag, label } => (1, Some(tag), label),
            Catch::CatchAll { label } => (2, None, label),
            Catch::CatchAllRef { label } => (3, None, label),
        };
        out.push(kind);
        tag.iter().for_each(|tag| tag.encode(out));
        label.encode(out);
    }
}

impl Encode for BrCast {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.rt1.nullable) | u8::from(self.rt2.nullable) << 1);
        self.l.encode(out);
        self.rt1.heap.encode(out);
        self.rt2.heap.encode(out);
    }
}

impl Encode for Opcode {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.first_byte());
        self.code().iter().for_each(|code| code.encode(out));
    }
}

macro_rules! define_encode {
    ($($name:ident $text:literal $op:tt { $($imm:ident: $ty:ty),* }
        => $rule:ident $args:tt: $feature:ident;)*) => {
        impl Encode for Instr<'_> {
            fn encode(&self, out: &mut Vec<u8>) {
                self.opcode().encode(out);
                match self { $(Instr::$name { $($imm),* } => { $($imm.encode(out);)* })* }
            }
        }
    };
}
terrane_syntax::for_each_instr!(define_encode);

impl Encode for ConstExpr {
    fn encode(&self, out: &mut Vec<u8>) {
        self.instrs().chain([Instr::End {}]).for_each(|instr| instr.encode(out));
    }
}

/// Encodes a function body: `locals` as how many of which type, then `instrs`, whose last is the `end`
/// of the function.
///
/// The size that precedes a body in the code section is left to [`encode_module`](super::encode_module).
///
/// ```
/// use terrane_binary::encode_body;
/// use terrane_syntax::{Instr, LocalIdx, types::ValType};
///
/// let instrs = [Instr::LocalGet { x: LocalIdx(0) }, Instr::End {}];
/// assert_eq!(encode_body(&[(1, ValType::I32)], &instrs), [1, 1, 0x7F, 0x20, 0, 0x0B]);
/// ```
///
/// # Panics
/// As [`Encode::encode`].
pub fn encode_body(locals: &[(u32, ValType)], instrs: &[Instr<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    unsigned(locals.len() as u64, &mut out);
    for (n, t) in locals {
        n.encode(&mut out);
        t.encode(&mut out);
    }
    instrs.iter().for_each(|instr| instr.encode(&mut out));
    out
}
