//! Random functions: a typed stack, and instructions that take from it what fits or push what they need.

use super::{Choices, EXNREF, NUMBERS, Padding, Shape, ops, push};
use ValType::{F32, F64, I32, I64, V128};
use terrane_binary::Encode;
use terrane_syntax::types::{BlockType, HeapType, ValType};
use terrane_syntax::{
    Catch, DataIdx, ElemIdx, FuncIdx, GlobalIdx, Instr, LabelIdx, LaneIdx, LocalIdx, MemArg, MemIdx,
    TableIdx, TagIdx, TypeIdx,
};

/// What is known of a value. `good` are `i32`s that are small addresses, and floats whose bits are
/// determined even if they are NaNs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Val {
    pub(crate) t: ValType,
    pub(crate) good: bool,
}

struct Frame {
    /// What a branch to it takes.
    label: Vec<ValType>,
    /// Operands on the stack below it.
    base: usize,
    /// May it be branched to? A loop must have used up fuel first.
    open: bool,
    /// Is it a handler, whose exception may be thrown again?
    handler: bool,
}

impl Frame {
    fn new(label: Vec<ValType>, base: usize) -> Self {
        Self { label, base, open: true, handler: false }
    }

    /// A loop, to which no branch may lead yet.
    fn closed(label: Vec<ValType>, base: usize) -> Self {
        Self { open: false, ..Self::new(label, base) }
    }
}

pub(crate) struct FuncGen<'g, 'c> {
    pub(crate) c: &'g mut Choices<'c>,
    pub(crate) shape: &'g Shape,
    code: Vec<u8>,
    pub(crate) locals: Vec<Val>,
    pub(crate) stack: Vec<Val>,
    frames: Vec<Frame>,
    /// Operands below that are spoken for.
    floor: usize,
    results: Vec<ValType>,
    decls: Vec<(u32, ValType)>,
    padding: Padding,
    pub(crate) budget: i32,
}

/// The types of locals that functions have beside their parameters, and whether their values are good.
const LOCALS: [(ValType, bool); 16] = [
    (I32, false),
    (V128, false),
    (I32, false),
    (I32, true),
    (I64, false),
    (I64, false),
    (F32, false),
    (F32, true),
    (F64, false),
    (F64, true),
    (I32, true),
    (I32, false),
    (ValType::FUNCREF, false),
    (V128, false),
    (V128, false),
    (EXNREF, false),
];

impl<'g, 'c> FuncGen<'g, 'c> {
    pub(crate) fn new(c: &'g mut Choices<'c>, shape: &'g Shape, i: usize, padding: Padding) -> Self {
        let ft = shape.func_type(i);
        let mut locals: Vec<Val> = ft.params.iter().map(|t| Val { t: *t, good: false }).collect();
        locals.extend(LOCALS.map(|(t, good)| Val { t, good }));
        let mut decls: Vec<_> = LOCALS.iter().map(|(t, _)| (1, *t)).collect();
        decls.push((padding.locals, I64));
        let results = ft.results.to_vec();
        let frames = vec![Frame::new(results.clone(), 0)];
        let budget = 10 + c.below(60) as i32;
        let (code, stack, floor) = (Vec::new(), Vec::new(), 0);
        Self { c, shape, code, locals, stack, frames, floor, results, decls, padding, budget }
    }

    /// The function's locals and instructions, encoded.
    pub(crate) fn body(mut self) -> Vec<u8> {
        let mut out = Vec::new();
        (self.decls.len() as u32).encode(&mut out);
        for (n, t) in &self.decls {
            n.encode(&mut out);
            t.encode(&mut out);
        }
        for i in 0..self.padding.operands {
            match i % 4 {
                0 => self.emit(Instr::I32Const { c: i as i32 }),
                1 => self.emit(Instr::LocalGet { x: LocalIdx(i % self.locals.len() as u32) }),
                2 => self.emit(Instr::F64Const { z: Default::default() }),
                _ => self.emit(Instr::GlobalGet { x: GlobalIdx(0) }),
            }
        }
        self.use_fuel();
        if self.c.chance(25) {
            self.throw_if();
        }
        while self.budget > 0 && !self.c.is_used_up() {
            self.step();
        }
        let results = self.results.clone();
        if self.c.chance(20) {
            self.need(&results);
            self.emit(Instr::Return {});
            self.stack.clear();
        }
        self.finish(&results);
        if self.padding.operands > 0 {
            self.emit(Instr::Return {});
        }
        self.emit(Instr::End {});
        out.extend(self.code);
        out
    }

    pub(crate) fn emit(&mut self, instr: Instr<'_>) {
        push(&mut self.code, instr);
    }

    /// Uses up one of global 0.
    fn use_fuel(&mut self) {
        let x = GlobalIdx(0);
        self.emit(Instr::GlobalGet { x });
        self.emit(Instr::I32Eqz {});
        self.emit(Instr::If { bt: BlockType::Empty });
        self.emit(Instr::Unreachable {});
        self.emit(Instr::End {});
        self.emit(Instr::GlobalGet { x });
        self.emit(Instr::I32Const { c: 1 });
        self.emit(Instr::I32Sub {});
        self.emit(Instr::GlobalSet { x });
    }

    pub(crate) fn put(&mut self, t: ValType, good: bool) {
        self.stack.push(Val { t, good });
    }

    pub(crate) fn take(&mut self) -> Val {
        self.stack.pop().expect("it was needed")
    }

    /// The operands of the innermost block.
    pub(crate) fn own(&self) -> &[Val] {
        &self.stack[self.frames[self.frames.len() - 1].base.max(self.floor)..]
    }

    /// Makes sure that operands of these types are on top of the stack: those that are, and others.
    pub(crate) fn need(&mut self, ts: &[ValType]) {
        let fits = |k: &usize| {
            let own = self.own();
            own.len() >= *k && own[own.len() - k..].iter().zip(ts).all(|(v, t)| v.t == *t)
        };
        let most = (0..=ts.len()).rev().find(fits).unwrap_or(0);
        let have = if self.c.chance(15) { 0 } else { most };
        for t in &ts[have..] {
            self.operand(*t);
        }
    }

    /// Pushes a value: simple as a rule, and sometimes after other instructions.
    pub(crate) fn operand(&mut self, t: ValType) {
        self.budget -= 1;
        let floor = std::mem::replace(&mut self.floor, self.stack.len());
        if self.budget > 0 && self.c.chance(12) {
            self.statement();
            self.finish(&[]);
        }
        if self.budget > 0 && self.c.chance(30) {
            self.expression(t);
        } else {
            self.leaf(t);
        }
        self.floor = floor;
    }

    pub(crate) fn local(&mut self, t: ValType, good: bool) -> LocalIdx {
        let fits: Vec<u32> = (0..self.locals.len() as u32)
            .filter(|x| self.locals[*x as usize].t == t && (!good || self.locals[*x as usize].good))
            .collect();
        LocalIdx(self.c.pick(&fits))
    }

    pub(crate) fn get(&mut self, x: LocalIdx) {
        self.emit(Instr::LocalGet { x });
        self.stack.push(self.locals[x.index()]);
    }

    pub(crate) fn leaf(&mut self, t: ValType) {
        match (self.c.below(10), t) {
            (0..6, _) => {
                let x = self.local(t, false);
                self.get(x);
            }
            (_, EXNREF) => {
                self.emit(Instr::RefNull { ht: HeapType::Exn });
                self.put(t, false);
            }
            (6, ValType::Ref(_)) => {
                let x = FuncIdx(self.c.below(self.shape.funcs.len()) as u32);
                self.emit(Instr::RefFunc { x });
                self.put(t, false);
            }
            (_, ValType::Ref(_)) => {
                self.emit(Instr::RefNull { ht: HeapType::Func });
                self.put(t, false);
            }
            (6..9, _) => self.constant(t),
            _ => {
                let x = self.global(t, false);
                self.emit(Instr::GlobalGet { x });
                self.put(t, false);
            }
        }
    }

    pub(crate) fn constant(&mut self, t: ValType) {
        let instr = ops::constant(self.c, t);
        self.emit(instr);
        self.put(t, t != I32 || matches!(instr, Instr::I32Const { c: 0..4000 }));
    }

    pub(crate) fn global(&mut self, t: ValType, to_write: bool) -> GlobalIdx {
        let fits: Vec<u32> = (1..self.shape.globals.len() as u32)
            .filter(|x| self.shape.globals[*x as usize].val == t)
            .filter(|x| !to_write || self.shape.globals[*x as usize].mutable)
            .collect();
        GlobalIdx(self.c.pick(&fits))
    }

    /// Pushes a value that is good: a small address, or a float with known bits.
    pub(crate) fn good(&mut self, t: ValType) {
        match (self.c.below(4), t) {
            (0 | 1, I32 | F32 | F64) => {
                let x = self.local(t, true);
                self.get(x);
            }
            (2, I32) => {
                self.operand(I32);
                self.emit(Instr::I32Const { c: 0x7ff });
                self.emit(Instr::I32And {});
                self.take();
                self.put(I32, true);
            }
            (2, F32 | F64) => {
                self.operand(I32);
                self.emit(if t == F32 { Instr::F32ConvertI32S {} } else { Instr::F64ConvertI32U {} });
                self.take();
                self.put(t, true);
            }
            (_, I32) => {
                let c = self.c.below(2000) as i32;
                self.emit(Instr::I32Const { c });
                self.put(I32, true);
            }
            (_, I64 | V128 | ValType::Ref(_)) => self.operand(t),
            (_, t) => self.constant(t),
        }
    }

    /// Makes sure that the top operand is good and of that type.
    pub(crate) fn need_good(&mut self, t: ValType) {
        let found = self.own().last().is_some_and(|v| v.t == t && (v.good || matches!(t, I64 | V128)));
        if !found {
            self.good(t);
        }
    }

    /// Drops what is not `results`, and pushes what is missing of them.
    fn finish(&mut self, results: &[ValType]) {
        let is_prefix =
            |own: &[Val]| own.len() <= results.len() && own.iter().zip(results).all(|(v, t)| v.t == *t);
        while !is_prefix(self.own()) {
            self.take();
            self.emit(Instr::Drop {});
        }
        for t in &results[self.own().len()..] {
            self.leaf(*t);
        }
    }

    fn set_top(&mut self, tee: bool) {
        let v = *self.own().last().expect("it was needed");
        let fits: Vec<u32> = (0..self.locals.len() as u32)
            .filter(|x| self.locals[*x as usize].t == v.t && (v.good || !self.locals[*x as usize].good))
            .collect();
        let x = LocalIdx(self.c.pick(&fits));
        self.take();
        if tee {
            self.emit(Instr::LocalTee { x });
            self.stack.push(self.locals[x.index()]);
        } else {
            self.emit(Instr::LocalSet { x });
        }
    }

    /// A type of number; more often an integer.
    fn number_type(&mut self) -> ValType {
        NUMBERS[self.c.pick(&[0, 0, 0, 1, 1, 2, 3, 4, 4])]
    }

    /// Pushes a value that takes some computing.
    pub(crate) fn expression(&mut self, t: ValType) {
        self.budget -= 1;
        match (self.c.below(10), t) {
            (_, EXNREF) => self.leaf(t),
            (_, ValType::Ref(_)) => {
                self.good(I32);
                if self.c.chance(80) {
                    self.emit(Instr::I32Const { c: 7 });
                    self.emit(Instr::I32And {});
                }
                self.emit(Instr::TableGet { x: TableIdx(0) });
                self.take();
                self.put(t, false);
            }
            (0 | 1, V128) => self.vector(),
            (0, I32 | I64) if self.c.chance(20) => self.extract_lane(t),
            (0..4, _) => self.binary(t),
            (4, I32) => self.relation(),
            (4 | 5, _) => self.unary(t),
            (6, _) => self.load(t),
            (7, _) => self.select(t),
            (8, _) => self.convert_to(t),
            _ => self.block(Some(t)),
        }
    }

    fn binary(&mut self, t: ValType) {
        let (int, float) = (matches!(t, I32 | I64), matches!(t, F32 | F64));
        if int && self.c.chance(8) {
            self.need(&[t]);
            if self.c.chance(20) {
                self.operand(t)
            } else {
                self.constant(t)
            }
            let op = self.c.pick(ops::division(t));
            return self.binary_op(op, t, false);
        }
        if float && self.c.chance(8) {
            self.operand(t);
            self.good(t);
            let good = self.stack[self.stack.len() - 2].good;
            return self.binary_op(
                if t == F32 { Instr::F32Copysign {} } else { Instr::F64Copysign {} },
                t,
                good,
            );
        }
        self.need(&[t, t]);
        let op = self.c.pick(ops::binary(t));
        self.binary_op(op, t, false);
    }

    pub(crate) fn binary_op(&mut self, op: Instr<'static>, t: ValType, good: bool) {
        self.take();
        self.take();
        self.emit(op);
        self.put(t, good);
    }

    fn extract_lane(&mut self, t: ValType) {
        self.need(&[V128]);
        let op = ops::extract_lane(self.c, t);
        self.take();
        self.emit(op);
        self.put(t, false);
    }

    /// Pushes a vector made in one of the ways that only vectors have.
    fn vector(&mut self) {
        let (op, params): (_, &[ValType]) = match self.c.below(6) {
            0 => (self.c.pick(ops::shifts()), &[V128, I32]),
            1 => (self.c.pick(ops::ternary()), &[V128, V128, V128]),
            2 => (ops::replace_lane(self.c, I32), &[V128, I32]),
            3 => (ops::replace_lane(self.c, I64), &[V128, I64]),
            _ => (ops::shuffle(self.c), &[V128, V128]),
        };
        if params[1] == I32 && self.c.chance(50) {
            self.need(&params[..1]);
            self.constant(I32);
        } else {
            self.need(params);
        }
        params.iter().for_each(|_| _ = self.take());
        self.emit(op);
        self.put(V128, true);
    }

    fn unary(&mut self, t: ValType) {
        self.need(&[t]);
        let op = self.c.pick(ops::unary(t));
        let v = self.take();
        self.emit(op);
        let keeps = matches!(op, Instr::F32Abs {} | Instr::F32Neg {} | Instr::F64Abs {} | Instr::F64Neg {});
        self.put(t, keeps && v.good);
    }

    /// A comparison or a test, turned round now and then.
    pub(crate) fn relation(&mut self) {
        let t = self.number_type();
        match self.c.below(10) {
            0 if matches!(t, I32 | I64) => {
                self.need(&[t]);
                self.emit(if t == I32 { Instr::I32Eqz {} } else { Instr::I64Eqz {} });
                self.take();
            }
            1 if matches!(t, I32 | I64) => {
                self.need(&[t, t]);
                self.emit(if t == I32 { Instr::I32And {} } else { Instr::I64And {} });
                self.take();
                self.take();
                if t == I64 {
                    self.emit(Instr::I64Eqz {});
                }
            }
            2 => {
                self.need(&[ValType::FUNCREF]);
                self.emit(Instr::RefIsNull {});
                self.take();
            }
            _ => {
                self.need(&[t, t]);
                let op = self.c.pick(ops::relation(t));
                self.emit(op);
                if t == V128 {
                    let op = self.c.pick(ops::to_i32());
                    self.emit(op);
                }
                self.take();
                self.take();
            }
        }
        self.put(I32, true);
        while self.c.chance(20) {
            self.emit(Instr::I32Eqz {});
        }
    }

    /// Pushes a condition, above everything that is there, and forgets that it is there.
    pub(crate) fn condition(&mut self) {
        let floor = std::mem::replace(&mut self.floor, self.stack.len());
        if self.c.chance(65) {
            self.relation()
        } else {
            self.operand(I32)
        }
        self.floor = floor;
        self.take();
    }

    fn select(&mut self, t: ValType) {
        self.need(&[t, t]);
        self.condition();
        let (b, a) = (self.take(), self.take());
        if t.is_ref() || self.c.chance(20) {
            self.emit(Instr::SelectT { ts: &[t] });
        } else {
            self.emit(Instr::Select {});
        }
        self.put(t, a.good && b.good);
    }

    fn convert_to(&mut self, t: ValType) {
        let all: Vec<_> = ops::conversions().iter().filter(|(_, _, to)| *to == t).collect();
        let some = if self.c.chance(10) { all.len() } else { all.len().min(6) };
        let (op, from, _) = *all[self.c.below(some)];
        self.need(&[from]);
        self.take();
        self.emit(op);
        let arithmetic = matches!(op, Instr::F32DemoteF64 {} | Instr::F64PromoteF32 {});
        self.put(t, t != I32 && !arithmetic);
    }

    /// The bits of a float whose bits are known.
    fn reinterpret(&mut self) {
        let (from, op, to) = match self.c.below(2) {
            0 => (F32, Instr::I32ReinterpretF32 {}, I32),
            _ => (F64, Instr::I64ReinterpretF64 {}, I64),
        };
        self.need_good(from);
        self.take();
        self.emit(op);
        self.put(to, false);
    }

    fn memory(&mut self) -> Option<MemIdx> {
        let n = self.shape.mems;
        (n > 0).then(|| MemIdx(if self.c.chance(15) { self.c.below(n) as u32 } else { 0 }))
    }

    fn mem_arg(&mut self, memory: MemIdx, bytes: u32) -> MemArg {
        let offset = match self.c.below(20) {
            0..10 => 0,
            10..17 => u64::from(self.c.byte()),
            17 => 0xf000,
            18 => 0x1_0000 + u64::from(self.c.byte()),
            _ => self.c.pick(&[0xffff, 0xfff8, 0xffff_ffff, 0x1_fff0]),
        };
        MemArg { offset, memory, align: self.c.below(bytes.ilog2() as usize + 1) as u32 }
    }

    /// Pushes an address: mostly small, now and then a sum, a wrapping one, a constant or anything.
    fn address(&mut self) {
        match self.c.below(12) {
            0..4 => self.need_good(I32),
            4..6 => {
                self.good(I32);
                self.good(I32);
                self.binary_op(Instr::I32Add {}, I32, false);
            }
            6 => {
                // x + (c - x), which wraps round.
                let x = self.local(I32, false);
                self.get(x);
                let c = self.c.below(2000) as i32;
                self.emit(Instr::I32Const { c });
                self.put(I32, true);
                self.get(x);
                self.binary_op(Instr::I32Sub {}, I32, false);
                self.binary_op(Instr::I32Add {}, I32, false);
            }
            7 => {
                let c = self.c.below(0x1_0010) as i32;
                self.emit(Instr::I32Const { c });
                self.put(I32, false);
            }
            8 => self.need(&[I32]),
            9 => self.scaled(),
            10 => {
                self.good(I32);
                let c = self.c.pick(&[0, 4, -1, -16, 1000, 0x7fff, -0x8000, 0x8000]);
                self.emit(Instr::I32Const { c });
                self.put(I32, false);
                self.binary_op(Instr::I32Add {}, I32, false);
            }
            _ => self.good(I32),
        }
    }

    /// Pushes a number times a power of two, plus another; one of them is a local now and then.
    fn scaled(&mut self) {
        let before = self.c.chance(50);
        if before {
            self.good(I32);
        }
        if self.c.chance(80) {
            self.good(I32)
        } else {
            self.operand(I32)
        }
        let c = self.c.pick(&[2, 1, 3, 0, 4, 34, -1]);
        self.emit(Instr::I32Const { c });
        self.emit(Instr::I32Shl {});
        if !before {
            if self.c.chance(80) { self.good(I32) } else { self.operand(I32) }
        }
        self.binary_op(Instr::I32Add {}, I32, false);
    }

    pub(crate) fn load(&mut self, t: ValType) {
        let Some(memory) = self.memory().filter(|_| !t.is_ref()) else { return self.leaf(t) };
        self.address();
        let (op, bytes) = self.c.pick(ops::loads(t));
        let m = self.mem_arg(memory, bytes);
        self.emit(op(m));
        self.take();
        self.put(t, t != I32);
    }

    /// Loads or stores one lane.
    fn move_lane(&mut self) {
        let Some(memory) = self.memory() else { return };
        self.address();
        self.operand(V128);
        let l = LaneIdx(self.c.below(2) as u8);
        let m = self.mem_arg(memory, 1);
        self.take();
        self.take();
        match self.c.below(6) {
            0 => self.emit(Instr::V128Store8Lane { m, l }),
            1 => self.emit(Instr::V128Store32Lane { m, l }),
            2 => self.emit(Instr::V128Store64Lane { m, l }),
            n => {
                self.emit(match n {
                    3 => Instr::V128Load16Lane { m, l },
                    4 => Instr::V128Load32Lane { m, l },
                    _ => Instr::V128Load64Lane { m, l },
                });
                self.put(V128, true);
                self.set_top(false);
            }
        }
    }

    fn store(&mut self) {
        let Some(memory) = self.memory() else { return };
        let t = self.number_type();
        if t == V128 && self.c.chance(50) {
            return self.move_lane();
        }
        self.address();
        match t {
            F32 | F64 => self.good(t),
            _ if self.c.chance(35) => self.constant(t),
            _ => self.operand(t),
        }
        let (op, bytes) = self.c.pick(ops::stores(t));
        let m = self.mem_arg(memory, bytes);
        self.take();
        self.take();
        self.emit(op(m));
    }
}

mod exceptions;
mod statements;
