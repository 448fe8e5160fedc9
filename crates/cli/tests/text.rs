//! Every instruction as text is what another reader of the text format takes for that instruction.

use terrane_binary::{Encode, Payload, payloads};
use terrane_syntax::types::{BlockType, HeapType, RefType, ValType};
use terrane_syntax::*;
use wast::Wat;
use wast::parser::{ParseBuffer, parse};

/// An immediate that is unlike the others of its instruction, by its number `n`.
trait Sample {
    fn sample(n: u32) -> Self;
}

macro_rules! impl_sample {
    ($($ty:ty: $n:ident => $value:expr;)*) => { $(
        impl Sample for $ty {
            fn sample($n: u32) -> Self {
                $value
            }
        }
    )* };
}

impl_sample! {
    TypeIdx: n => TypeIdx(n);
    FuncIdx: n => FuncIdx(n);
    TableIdx: n => TableIdx(n);
    MemIdx: n => MemIdx(n);
    GlobalIdx: n => GlobalIdx(n);
    TagIdx: n => TagIdx(n);
    ElemIdx: n => ElemIdx(n);
    DataIdx: n => DataIdx(n);
    LocalIdx: n => LocalIdx(n);
    LabelIdx: n => LabelIdx(n);
    FieldIdx: n => FieldIdx(n);
    LaneIdx: n => LaneIdx(n as u8);
    [LaneIdx; 16]: n => std::array::from_fn(|i| LaneIdx(i as u8 + n as u8));
    u32: n => n;
    i32: n => -(n as i32) - 1000;
    i64: n => i64::MIN + i64::from(n);
    F32Bits: n => F32Bits(0x3eaa_aaab + n);
    F64Bits: n => F64Bits(0xfff0_0000_0000_0001 + u64::from(n));
    V128Bits: n => V128Bits(std::array::from_fn(|i| i as u8 * 16 + n as u8));
    ZeroByte: _n => ZeroByte;
    BlockType: n => BlockType::Type(TypeIdx(n));
    HeapType: n => HeapType::Type(TypeIdx(n));
    MemArg: n => MemArg { offset: u64::from(n) * 8, memory: MemIdx(n), align: n };
    BrCast: n => BrCast {
        l: LabelIdx(n),
        rt1: RefType::null(HeapType::Any),
        rt2: RefType::non_null(HeapType::Type(TypeIdx(n))),
    };
    &[LabelIdx]: n => if n == 0 { &[] } else { &[LabelIdx(5), LabelIdx(0), LabelIdx(6)] };
    &[ValType]: _n => &[ValType::EXTERNREF];
    &[Catch]: _n => &[
        Catch::Catch { tag: TagIdx(3), label: LabelIdx(4) },
        Catch::CatchRef { tag: TagIdx(5), label: LabelIdx(6) },
        Catch::CatchAll { label: LabelIdx(7) },
        Catch::CatchAllRef { label: LabelIdx(8) },
    ];
}

macro_rules! samples {
    ($($name:ident $text:literal $op:tt { $($imm:ident: $ty:ty),* } => $rule:ident $args:tt: $feature:ident;)*) => {
        /// Every instruction, its immediates numbered from `first`.
        fn samples(first: u32) -> Vec<Instr<'static>> {
            vec![$({
                let mut _numbers = first..;
                Instr::$name { $($imm: Sample::sample(_numbers.next().unwrap_or_default())),* }
            }),*]
        }
    };
}
terrane_syntax::for_each_instr!(samples);

/// The first bytes of a function that begins with these instructions.
fn assemble(text: &str) -> Result<Vec<u8>, wast::Error> {
    let text = format!("(module (func {text}))");
    let binary = parse::<Wat<'_>>(&ParseBuffer::new(&text)?)?.encode()?;
    let body = payloads(&binary, Features::all()).find_map(|payload| match payload {
        // Behind the number of declarations of locals.
        Ok(Payload::Body(body)) => Some(binary[body.range().start + 1..body.range().end].to_vec()),
        _ => None,
    });
    Ok(body.expect("a body"))
}

#[test]
fn instructions_are_read_back() {
    for first in [0, 1, 2] {
        for instr in samples(first) {
            let text = instr.to_string();
            let mut expected = Vec::new();
            instr.encode(&mut expected);
            let found = assemble(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert!(found.starts_with(&expected), "{text}: {expected:02x?}, found {found:02x?}");
        }
    }
}

#[test]
fn other_types_of_blocks_are_read_back() {
    for bt in [BlockType::Empty, BlockType::Value(ValType::I64), BlockType::Value(ValType::FUNCREF)] {
        let instr = Instr::Loop { bt };
        let mut expected = Vec::new();
        instr.encode(&mut expected);
        assert!(assemble(&format!("{instr} end")).expect("a loop").starts_with(&expected), "{instr}");
    }
}
