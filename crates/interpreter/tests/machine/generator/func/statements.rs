//! Statements: what leaves the stack as it was, or leaves more on it; blocks, branches, calls.

use super::*;

impl FuncGen<'_, '_> {
    /// An instruction or a few, on whatever the stack has.
    pub(crate) fn step(&mut self) {
        self.budget -= 1;
        if self.budget < 0 {
            return;
        }
        match self.c.below(20) {
            0..4 => {
                let t = self.number_type();
                self.expression(t);
            }
            4..6 => {
                let t = self.number_type();
                self.operand(t);
            }
            6 => self.relation(),
            7 if !self.own().is_empty() => self.set_top(false),
            8 if !self.own().is_empty() => self.set_top(true),
            9 => self.reinterpret(),
            10 if self.own().last().is_some_and(|v| v.t == I32) => {
                self.emit(Instr::I64ExtendI32U {});
                self.take();
                self.put(I64, false);
            }
            11 if !self.own().is_empty() => {
                self.take();
                self.emit(Instr::Drop {});
            }
            _ => self.statement(),
        }
    }

    /// Instructions that leave what was on the stack there.
    pub(crate) fn statement(&mut self) {
        self.budget -= 2;
        match self.c.below(34) {
            0..4 => {
                let t = if self.c.chance(4) { ValType::FUNCREF } else { self.number_type() };
                if self.c.chance(25) {
                    self.good(t)
                } else {
                    self.operand(t)
                }
                self.set_top(false);
            }
            4..7 => self.counter(),
            7..10 => self.store(),
            10 => self.update_memory(),
            11 => self.swap(),
            12 => self.update_global(),
            13..15 => self.branch_if(),
            15 => self.branch_table(),
            16..18 => self.if_(None),
            18 if self.c.chance(40) => self.add_both(),
            18 => self.block(None),
            19 => self.loop_(),
            20 => self.while_loop(),
            21..24 => self.call(),
            24 => self.branch(),
            25 => self.bulk(),
            26 => self.tables(),
            27 => self.grow(),
            28 => self.old_value(),
            30 => self.try_table(),
            31 => self.set_past_call(),
            32 => self.try_legacy(),
            33 => self.throw_if(),
            _ => self.emit(Instr::Nop {}),
        }
    }

    /// `x += c`, then perhaps a branch on it.
    fn counter(&mut self) {
        let t = if self.c.chance(35) { I64 } else { I32 };
        let x = self.local(t, false);
        // A good local stays small only while nobody adds to it.
        if self.locals[x.index()].good {
            return;
        }
        self.get(x);
        let by = self.c.pick(&[1, -1, 2, 4, -8, 0x7fff_ffff, i32::MIN, 100_000]);
        self.emit(if t == I32 { Instr::I32Const { c: by } } else { Instr::I64Const { c: by.into() } });
        let sub = self.c.chance(40);
        self.emit(match (t, sub) {
            (I32, false) => Instr::I32Add {},
            (I32, true) => Instr::I32Sub {},
            (_, false) => Instr::I64Add {},
            (_, true) => Instr::I64Sub {},
        });
        let tee = self.c.chance(60);
        self.emit(if tee { Instr::LocalTee { x } } else { Instr::LocalSet { x } });
        if !tee {
            self.take();
            if self.c.chance(40) {
                return;
            }
            self.get(x);
        }
        self.compare_counter(t, x);
        self.consume_condition();
    }

    /// Compares the counter on top of the stack.
    fn compare_counter(&mut self, mut t: ValType, x: LocalIdx) {
        if t == I32 && self.c.chance(20) {
            let unsigned = self.c.chance(70);
            self.emit(if unsigned { Instr::I64ExtendI32U {} } else { Instr::I64ExtendI32S {} });
            t = I64;
            self.take();
            self.put(t, false);
        }
        match self.c.below(6) {
            0 if t == I32 => return,
            0 | 1 => self.emit(if t == I32 { Instr::I32Eqz {} } else { Instr::I64Eqz {} }),
            2 if self.locals[x.index()].t == t => {
                self.get(x);
                let op = self.c.pick(ops::relation(t));
                self.emit(op);
                self.take();
            }
            n => {
                if n == 3 {
                    self.leaf(t)
                } else {
                    self.constant(t)
                }
                let op = self.c.pick(ops::relation(t));
                self.emit(op);
                self.take();
            }
        }
        self.take();
        self.put(I32, true);
    }

    /// Does something with a condition on top of the stack.
    fn consume_condition(&mut self) {
        while self.c.chance(15) {
            self.emit(Instr::I32Eqz {});
        }
        match self.c.below(6) {
            0..3 => {
                let labels = self.labels(|label| label.is_empty());
                let l = self.c.pick(&labels);
                match l {
                    Some(l) => self.emit(Instr::BrIf { l }),
                    None => self.emit(Instr::Drop {}),
                }
                self.take();
            }
            3 => {
                self.take();
                self.if_of(BlockType::Empty, &[], &[]);
            }
            4 => {
                let t = self.number_type();
                let cond = self.take();
                let spare = self.locals.iter().position(|v| *v == Val { t: I32, good: false });
                let x = LocalIdx(spare.expect("there is one") as u32);
                self.emit(Instr::LocalSet { x });
                self.leaf(t);
                self.leaf(t);
                self.emit(Instr::LocalGet { x });
                self.stack.push(cond);
                self.take();
                self.take();
                self.emit(Instr::Select {});
                self.stack.last_mut().expect("just pushed").good = false;
                self.set_top(false);
            }
            _ => self.set_top(false),
        }
    }

    /// The labels that may be branched to with such operands; `None` is none.
    pub(super) fn labels(&self, wanted: impl Fn(&[ValType]) -> bool) -> Vec<Option<LabelIdx>> {
        let frames = self.frames.iter().rev().zip(0..);
        let fits = frames.filter(|(frame, _)| frame.open && wanted(&frame.label));
        let labels: Vec<_> = fits.map(|(_, l)| Some(LabelIdx(l))).collect();
        if labels.is_empty() { vec![None] } else { labels }
    }

    fn any_label(&mut self) -> LabelIdx {
        let labels = self.labels(|_| true);
        self.c.pick(&labels).expect("the function is one")
    }

    fn label(&self, l: LabelIdx) -> Vec<ValType> {
        self.frames[self.frames.len() - 1 - l.index()].label.clone()
    }

    /// Forgets what was known of the top `n` operands.
    fn forget(&mut self, n: usize) {
        let from = self.stack.len() - n;
        self.stack[from..].iter_mut().for_each(|v| v.good = false);
    }

    /// Leaves a branch's operands on the stack, or gets rid of some.
    pub(super) fn after_branch(&mut self, n: usize) {
        self.forget(n);
        for _ in 0..n {
            match self.c.below(3) {
                0 => return,
                1 => self.set_top(false),
                _ => {
                    self.take();
                    self.emit(Instr::Drop {});
                }
            }
        }
    }

    fn branch_if(&mut self) {
        let l = self.any_label();
        let ts = self.label(l);
        self.need(&ts);
        self.condition();
        self.emit(Instr::BrIf { l });
        self.after_branch(ts.len());
    }

    fn branch_table(&mut self) {
        let l = self.any_label();
        let ts = self.label(l);
        let same = self.labels(|label| label == ts);
        let ls: Vec<_> = (0..self.c.below(4)).map(|_| self.c.pick(&same).expect("`l` is one")).collect();
        // In a block of its own, since what follows is unreachable.
        self.condition();
        self.emit(Instr::If { bt: BlockType::Empty });
        self.frames.push(Frame::new(vec![], self.stack.len()));
        ts.iter().for_each(|t| self.operand(*t));
        self.operand(I32);
        let ls: Vec<_> = ls.iter().map(|l| LabelIdx(l.0 + 1)).collect();
        self.emit(Instr::BrTable { ls: &ls, l: LabelIdx(l.0 + 1) });
        self.unreachable();
        self.close();
        self.emit(Instr::End {});
    }

    /// After what cannot be passed: nothing, or a few instructions more.
    pub(super) fn unreachable(&mut self) {
        let base = self.frames[self.frames.len() - 1].base;
        self.stack.truncate(base);
        if self.c.chance(30) && self.budget > 0 {
            self.step();
        }
    }

    fn branch(&mut self) {
        self.condition();
        self.emit(Instr::If { bt: BlockType::Empty });
        self.frames.push(Frame::new(vec![], self.stack.len()));
        match self.c.below(9) {
            0 => self.emit(Instr::Unreachable {}),
            8 => self.throw(),
            1 | 2 => {
                let ts = self.results.clone();
                ts.iter().for_each(|t| self.operand(*t));
                self.emit(Instr::Return {});
            }
            3 | 4 => self.tail_call(),
            _ => {
                let l = self.any_label();
                self.label(l).iter().for_each(|t| self.operand(*t));
                self.emit(Instr::Br { l });
            }
        }
        self.unreachable();
        self.close();
        self.emit(Instr::End {});
    }

    /// Ends the innermost block's contents with nothing on its stack.
    pub(super) fn close(&mut self) {
        self.finish(&[]);
        self.frames.pop();
    }

    /// A block type, whose parameters are then on the stack; its parameters and results.
    pub(super) fn block_type(&mut self, result: Option<ValType>) -> (BlockType, Vec<ValType>, Vec<ValType>) {
        match result {
            Some(t) => (BlockType::Value(t), vec![], vec![t]),
            None if self.c.chance(50) => (BlockType::Empty, vec![], vec![]),
            None => {
                let y = self.c.below(self.shape.types.len());
                let ft = &self.shape.types[y];
                (BlockType::Type(TypeIdx(y as u32)), ft.params.to_vec(), ft.results.to_vec())
            }
        }
    }

    pub(super) fn contents(&mut self, results: &[ValType]) {
        for _ in 0..1 + self.c.below(5) {
            if self.budget <= 0 {
                break;
            }
            self.step();
        }
        self.finish(results);
    }

    pub(super) fn leave(&mut self, base: usize, results: &[ValType]) {
        self.frames.pop();
        self.stack.truncate(base);
        results.iter().for_each(|t| self.put(*t, false));
    }

    pub(crate) fn block(&mut self, result: Option<ValType>) {
        if self.c.chance(25) {
            return self.if_(result);
        }
        let (bt, params, results) = self.block_type(result);
        self.need(&params);
        let base = self.stack.len() - params.len();
        self.emit(Instr::Block { bt });
        self.frames.push(Frame::new(results.clone(), base));
        self.contents(&results);
        self.emit(Instr::End {});
        self.leave(base, &results);
    }

    fn if_(&mut self, result: Option<ValType>) {
        let (bt, params, results) = self.block_type(result);
        self.need(&params);
        self.condition();
        self.if_of(bt, &params, &results);
    }

    fn if_of(&mut self, bt: BlockType, params: &[ValType], results: &[ValType]) {
        let base = self.stack.len() - params.len();
        let entry = self.stack[base..].to_vec();
        self.emit(Instr::If { bt });
        self.frames.push(Frame::new(results.to_vec(), base));
        self.contents(results);
        if params != results || self.c.chance(50) {
            self.emit(Instr::Else {});
            self.stack.truncate(base);
            self.stack.extend(entry);
            self.contents(results);
        }
        self.emit(Instr::End {});
        self.leave(base, results);
    }

    fn loop_(&mut self) {
        let (bt, params, results) = self.block_type(None);
        self.need(&params);
        let base = self.stack.len() - params.len();
        self.forget(params.len());
        self.emit(Instr::Loop { bt });
        self.frames.push(Frame::closed(params, base));
        for _ in 0..self.c.below(3) {
            self.step();
        }
        self.open_loop();
        for _ in 0..1 + self.c.below(4) {
            self.step();
        }
        if self.c.chance(50) {
            self.counter();
        }
        self.finish(&results);
        self.emit(Instr::End {});
        self.leave(base, &results);
    }

    fn open_loop(&mut self) {
        self.use_fuel();
        self.frames.last_mut().expect("the loop").open = true;
    }

    /// A loop that tests first, in a block to leave it to.
    fn while_loop(&mut self) {
        self.emit(Instr::Block { bt: BlockType::Empty });
        self.frames.push(Frame::new(vec![], self.stack.len()));
        self.emit(Instr::Loop { bt: BlockType::Empty });
        self.frames.push(Frame::closed(vec![], self.stack.len()));
        self.condition();
        self.emit(Instr::BrIf { l: LabelIdx(1) });
        self.open_loop();
        for _ in 0..self.c.below(3) {
            self.step();
        }
        if self.c.chance(50) {
            self.counter();
        }
        self.finish(&[]);
        self.emit(Instr::Br { l: LabelIdx(0) });
        self.emit(Instr::End {});
        self.frames.pop();
        self.emit(Instr::End {});
        self.frames.pop();
    }

    pub(super) fn call(&mut self) {
        let x = self.c.below(self.shape.funcs.len());
        if self.c.chance(30) {
            return self.call_indirect();
        }
        let ft = self.shape.func_type(x).clone();
        self.need(&ft.params);
        self.emit(Instr::Call { x: FuncIdx(x as u32) });
        self.called(&ft.params, &ft.results);
    }

    fn called(&mut self, params: &[ValType], results: &[ValType]) {
        self.stack.truncate(self.stack.len() - params.len());
        results.iter().for_each(|t| self.put(*t, false));
        if self.c.chance(40) {
            self.after_branch(results.len());
        }
    }

    /// A position in the table and a type: the right one, mostly.
    fn table_entry(&mut self) -> (i32, TypeIdx) {
        let i = self.c.below(self.shape.table.len());
        let wrong = TypeIdx(self.c.below(self.shape.types.len()) as u32);
        let right = self.shape.table[i].unwrap_or(wrong);
        (i as i32, if self.c.chance(5) { wrong } else { right })
    }

    /// Pushes the index of a table's element.
    fn table_index(&mut self, i: i32) {
        match self.c.below(4) {
            0 => {
                let x = self.local(I32, true);
                self.emit(Instr::I32Const { c: i });
                self.emit(Instr::LocalTee { x });
                if self.c.chance(50) {
                    self.emit(Instr::Drop {});
                    self.emit(Instr::LocalGet { x });
                }
            }
            1 => {
                let x = self.local(I32, false);
                self.emit(Instr::LocalGet { x });
                self.emit(Instr::I32Const { c: 0 });
                self.emit(Instr::I32And {});
                self.emit(Instr::I32Const { c: i });
                self.emit(Instr::I32Or {});
            }
            _ => self.emit(Instr::I32Const { c: i }),
        }
        self.put(I32, true);
    }

    fn call_indirect(&mut self) {
        let (i, y) = self.table_entry();
        let ft = self.shape.types[y.index()].clone();
        self.need(&ft.params);
        self.table_index(i);
        self.take();
        self.emit(Instr::CallIndirect { y, x: TableIdx(0) });
        self.called(&ft.params, &ft.results);
    }

    /// A tail call of something with the function's own results, or a return if there is nothing.
    fn tail_call(&mut self) {
        let fits = |results: &[ValType]| *results == *self.results;
        let shape = self.shape;
        let funcs: Vec<_> = (0..shape.funcs.len()).filter(|x| fits(&shape.func_type(*x).results)).collect();
        let known = |i: &usize| shape.table[*i].is_some_and(|y| fits(&shape.types[y.index()].results));
        let entries: Vec<_> = (0..shape.table.len()).filter(known).collect();
        if !entries.is_empty() && self.c.chance(40) {
            let i = self.c.pick(&entries);
            let y = shape.table[i].expect("known");
            shape.types[y.index()].params.iter().for_each(|t| self.operand(*t));
            self.table_index(i as i32);
            return self.emit(Instr::ReturnCallIndirect { y, x: TableIdx(0) });
        }
        let x = self.c.pick(&funcs);
        shape.func_type(x).params.iter().for_each(|t| self.operand(*t));
        self.emit(Instr::ReturnCall { x: FuncIdx(x as u32) });
    }

    /// A load, an operation and a store to the same address.
    fn update_memory(&mut self) {
        let (Some(memory), t) = (self.memory(), if self.c.chance(30) { I64 } else { I32 }) else { return };
        let x = self.local(I32, true);
        let m = self.mem_arg(memory, 4);
        self.get(x);
        if self.c.chance(50) {
            self.get(x);
        } else {
            self.good(I32);
        }
        self.take();
        self.emit(if t == I32 { Instr::I32Load { m } } else { Instr::I64Load { m } });
        self.put(t, false);
        self.operand(t);
        let op = self.c.pick(ops::binary(t));
        self.binary_op(op, t, false);
        self.take();
        self.take();
        self.emit(if t == I32 { Instr::I32Store { m } } else { Instr::I64Store { m } });
    }

    /// Two additions of constants that follow each other.
    fn add_both(&mut self) {
        for _ in 0..2 {
            let (x, y) = (self.local(I32, false), self.local(I32, false));
            if self.locals[y.index()].good {
                return;
            }
            self.emit(Instr::LocalGet { x });
            self.put(I32, false);
            self.constant(I32);
            let op = if self.c.chance(20) { Instr::I32Sub {} } else { Instr::I32Add {} };
            self.binary_op(op, I32, false);
            self.take();
            self.emit(Instr::LocalSet { x: y });
        }
    }

    fn swap(&mut self) {
        let t = self.number_type();
        let (x, y) = (self.local(t, false), self.local(t, false));
        if self.locals[x.index()].good != self.locals[y.index()].good {
            return;
        }
        self.emit(Instr::LocalGet { x });
        self.emit(Instr::LocalGet { x: y });
        self.emit(Instr::LocalSet { x });
        self.emit(Instr::LocalSet { x: y });
    }

    fn update_global(&mut self) {
        let t = if self.c.chance(10) { ValType::FUNCREF } else { self.number_type() };
        let x = self.global(t, true);
        if !t.is_ref() && self.c.chance(50) {
            self.emit(Instr::GlobalGet { x });
            self.put(t, false);
            self.operand(t);
            let op = self.c.pick(ops::binary(t));
            self.binary_op(op, t, false);
        } else {
            self.operand(t);
        }
        self.take();
        self.emit(Instr::GlobalSet { x });
    }

    /// Reads a local, changes it, then uses what it was.
    fn old_value(&mut self) {
        let t = self.number_type();
        let x = self.local(t, false);
        if self.locals[x.index()].good {
            return;
        }
        for _ in 0..1 + self.c.below(2) {
            self.get(x);
        }
        self.operand(t);
        if self.c.chance(50) {
            self.get(x);
            let op = self.c.pick(ops::binary(t));
            self.binary_op(op, t, false);
        }
        self.take();
        self.emit(Instr::LocalSet { x });
        self.operand(t);
        let op = self.c.pick(ops::binary(t));
        self.binary_op(op, t, false);
        if self.c.chance(50) {
            self.take();
            self.emit(Instr::LocalSet { x });
        }
    }

    fn bulk(&mut self) {
        let Some(memory) = self.memory() else { return };
        for _ in 0..3 {
            if self.c.chance(70) { self.constant_below(40) } else { self.good(I32) }
        }
        let other = MemIdx(self.c.below(self.shape.mems) as u32);
        let y = DataIdx(self.c.below(self.shape.datas) as u32);
        match self.c.below(9) {
            0..3 => self.emit(Instr::MemoryFill { x: memory }),
            3..6 => self.emit(Instr::MemoryCopy { x: memory, y: other }),
            6..8 => self.emit(Instr::MemoryInit { y: DataIdx(0), x: memory }),
            _ => {
                self.emit(Instr::MemoryInit { y, x: memory });
                self.emit(Instr::DataDrop { x: y });
            }
        }
        (0..3).for_each(|_| _ = self.take());
    }

    fn constant_below(&mut self, n: usize) {
        let c = self.c.below(n) as i32;
        self.emit(Instr::I32Const { c });
        self.put(I32, true);
    }

    fn tables(&mut self) {
        let x = TableIdx(0);
        match self.c.below(8) {
            0 | 1 => {
                self.constant_below(9);
                self.operand(ValType::FUNCREF);
                self.emit(Instr::TableSet { x });
            }
            2 => {
                self.emit(Instr::TableSize { x });
                self.put(I32, true);
                return self.set_top(false);
            }
            3 => {
                self.operand(ValType::FUNCREF);
                self.constant_below(3);
                self.emit(Instr::TableGrow { x });
                self.take();
                self.take();
                self.put(I32, false);
                return self.set_top(false);
            }
            4 => {
                self.constant_below(6);
                self.operand(ValType::FUNCREF);
                self.constant_below(3);
                self.emit(Instr::TableFill { x });
                self.take();
            }
            5 | 6 => {
                (0..3).for_each(|_| self.constant_below(4));
                self.emit(Instr::TableCopy { x, y: x });
                self.take();
            }
            _ => {
                (0..3).for_each(|_| self.constant_below(3));
                let y = ElemIdx(self.c.below(self.shape.elems) as u32);
                self.emit(Instr::TableInit { y, x });
                self.take();
                if self.c.chance(20) {
                    self.emit(Instr::ElemDrop { x: y });
                }
            }
        }
        self.take();
        self.take();
    }

    fn grow(&mut self) {
        let Some(x) = self.memory() else { return };
        if self.c.chance(50) {
            self.emit(Instr::MemorySize { x });
            self.put(I32, true);
        } else {
            if self.c.chance(80) {
                self.constant_below(3)
            } else {
                self.operand(I32)
            }
            self.emit(Instr::MemoryGrow { x });
            self.take();
            self.put(I32, false);
        }
        if self.c.chance(60) {
            self.set_top(false);
        }
    }
}
