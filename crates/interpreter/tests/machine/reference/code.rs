//! Function bodies as lists of instructions.

use crate::engine::FEATURES;
use std::collections::HashMap;
use std::ops::Range;
use terrane_binary::Body;
use terrane_syntax::types::{BlockType, HeapType, ValType};
use terrane_syntax::{
    BrCast, Catch, DataIdx, ElemIdx, F32Bits, F64Bits, FieldIdx, FuncIdx, GlobalIdx, Instr, LabelIdx,
    LaneIdx, LocalIdx, MemArg, MemIdx, TableIdx, TagIdx, TypeIdx, V128Bits, Visit, ZeroByte, for_each_instr,
};

/// An instruction that owns its lists.
pub(crate) enum Op {
    BrTable(Vec<LabelIdx>, LabelIdx),
    TryTable(BlockType, Vec<Catch>),
    Plain(Instr<'static>),
}

pub(crate) struct Code {
    pub(crate) locals: usize,
    pub(crate) ops: Vec<Op>,
    /// For each instruction that begins a block: its `else`, if it has one, and its `end`.
    pub(crate) blocks: HashMap<usize, (Option<usize>, usize)>,
    /// For each `try`: its handlers, and where it delegates to.
    pub(crate) tries: HashMap<usize, Try>,
}

/// How a `try` goes on.
#[derive(Default)]
pub(crate) struct Try {
    /// The tag, or none for all, and the position.
    pub(crate) handlers: Vec<(Option<TagIdx>, usize)>,
    pub(crate) delegate: Option<LabelIdx>,
}

impl Code {
    pub(crate) fn new(bytes: &[u8], range: Range<usize>) -> Self {
        let mut locals = Body::new(bytes, range, FEATURES, true).locals().expect("valid code");
        let n = locals.by_ref().map(|local| local.expect("valid code").0 as usize).sum();
        let mut instrs = locals.into_instrs().expect("valid code");
        let mut ops = Vec::new();
        while let Some((offset, instr)) = instrs.next().expect("valid code") {
            ops.push(instr.visit(offset, &mut Owned));
        }
        Self { locals: n, blocks: blocks(&ops), tries: tries(&ops), ops }
    }
}

impl Op {
    fn begins_block(&self) -> bool {
        use Instr::{Block, If, Loop, Try};
        matches!(self, Op::TryTable(..) | Op::Plain(Block { .. } | Loop { .. } | If { .. } | Try { .. }))
    }
}

fn tries(ops: &[Op]) -> HashMap<usize, Try> {
    let mut tries: HashMap<usize, Try> = HashMap::new();
    let mut open = Vec::new();
    for (i, op) in ops.iter().enumerate() {
        if op.begins_block() {
            open.push(i);
        }
        let last = open.last().copied().unwrap_or_default();
        match op {
            Op::Plain(Instr::Catch { x }) => tries.entry(last).or_default().handlers.push((Some(*x), i)),
            Op::Plain(Instr::CatchAll {}) => tries.entry(last).or_default().handlers.push((None, i)),
            Op::Plain(Instr::Delegate { l }) => {
                tries.entry(last).or_default().delegate = Some(*l);
                open.pop();
            }
            Op::Plain(Instr::End {}) => _ = open.pop(),
            _ => (),
        }
    }
    tries
}

fn blocks(ops: &[Op]) -> HashMap<usize, (Option<usize>, usize)> {
    let mut blocks = HashMap::new();
    let mut open = Vec::new();
    for (i, op) in ops.iter().enumerate() {
        match op {
            _ if op.begins_block() => open.push((i, None)),
            Op::Plain(Instr::Else {}) => open.last_mut().expect("valid code").1 = Some(i),
            Op::Plain(Instr::End {} | Instr::Delegate { .. }) => {
                if let Some((start, otherwise)) = open.pop() {
                    blocks.insert(start, (otherwise, i));
                }
            }
            _ => (),
        }
    }
    blocks
}

struct Owned;

macro_rules! owned {
    (br_table $name:ident $ls:ident $l:ident) => {
        Op::BrTable($ls.to_vec(), $l)
    };
    (select_t $name:ident $ts:ident) => {
        Op::Plain(Instr::Select {})
    };
    (try_table $name:ident $bt:ident $cs:ident) => {
        Op::TryTable($bt, $cs.to_vec())
    };
    ($rule:ident $name:ident $($imm:ident)*) => {
        Op::Plain(Instr::$name { $($imm),* })
    };
}

macro_rules! define_owned {
    ($($name:ident $text:literal $op:tt { $($imm:ident: $ty:ty),* } => $rule:ident $args:tt: $feature:ident;)*) => {
        #[allow(non_snake_case, reason = "the names are those of the variants")]
        #[allow(unused_variables, reason = "not every rule needs every immediate")]
        impl<'a> Visit<'a> for Owned {
            type Output = Op;
            $(fn $name(&mut self, _: usize, $($imm: $ty),*) -> Op { owned!($rule $name $($imm)*) })*
        }
    };
}

for_each_instr!(define_owned);
