//! Execution, one instruction at a time.

use super::code::{Code, Op};
use super::exception::Stop;
use super::{Func, Kind, PAGE, Reference};
use crate::engine::{Instance, Word, comparable, host};
use std::rc::Rc;
use terrane_runtime::Trap;
use terrane_syntax::types::{BlockType, FuncType};
use terrane_syntax::{ExternIdx, FuncIdx, Instr, LabelIdx, MemArg, MemIdx, TableIdx, TypeIdx};

pub(super) struct Label {
    /// Operands below those of the block.
    pub(super) height: usize,
    /// How many a branch takes along.
    arity: usize,
    /// Where a branch leads.
    target: usize,
    /// A loop stays open when it is branched to.
    is_loop: bool,
    /// The position of the instruction that it began with.
    pub(super) at: usize,
    /// In a handler: the exception that it handles.
    pub(super) handled: Option<usize>,
}

pub(crate) struct Frame<'f> {
    pub(super) instance: Instance,
    ft: &'f FuncType,
    pub(super) code: &'f Code,
    locals: Vec<Word>,
    pub(super) stack: Vec<Word>,
    pub(super) labels: Vec<Label>,
    pub(super) pc: usize,
}

/// What an instruction asks for, beside going on.
enum Next {
    Go,
    Return,
    TailCall(usize),
}

impl Reference {
    /// Calls a function of the store. `caller` is the instance that does.
    pub(crate) fn invoke(
        &mut self,
        mut func: usize,
        mut args: Vec<Word>,
        mut caller: Option<Instance>,
    ) -> Result<Vec<Word>, Stop> {
        loop {
            let callee: Rc<Func> = self.funcs[func].clone();
            let (instance, code) = match &callee.kind {
                Kind::Host { calls } => return self.host(&callee.ft, *calls, &args, caller),
                Kind::Wasm { instance, code } => (*instance, code),
            };
            args.resize(args.len() + code.locals, 0);
            let (stack, labels) = (Vec::new(), Vec::new());
            let mut frame = Frame { instance, ft: &callee.ft, code, locals: args, stack, labels, pc: 0 };
            match frame.run(self)? {
                Some(next) => {
                    let n = self.funcs[next].ft.params.len();
                    args = frame.stack.split_off(frame.stack.len() - n);
                    (func, caller) = (next, Some(instance));
                }
                None => return Ok(frame.stack.split_off(frame.stack.len() - frame.ft.results.len())),
            }
        }
    }

    fn host(
        &mut self,
        ft: &FuncType,
        calls: Option<&str>,
        args: &[Word],
        caller: Option<Instance>,
    ) -> Result<Vec<Word>, Stop> {
        if let (Some(name), Some(caller)) = (calls, caller)
            && let Some(ExternIdx::Func(x)) = self.modules[caller].exports.get(name)
        {
            let func = self.modules[caller].funcs[x.index()];
            if self.funcs[func].ft == FuncType::default() {
                let outcome = self.invoke(func, Vec::new(), None);
                if let Err(stop @ Stop::Exception(_)) = outcome {
                    return Err(stop);
                }
            }
        }
        let args: Vec<_> = ft.params.iter().zip(args).map(|(t, bits)| comparable(*t, *bits)).collect();
        host(&args, &ft.results).ok_or(Stop::Trap(Trap::Unreachable))
    }
}

impl Frame<'_> {
    pub(super) fn push(&mut self, value: Word) {
        self.stack.push(value);
    }

    pub(super) fn pop(&mut self) -> Word {
        self.stack.pop().expect("valid code")
    }

    fn pop32(&mut self) -> u64 {
        self.pop() as u64 & 0xffff_ffff
    }

    /// Runs to the end; what to call in its place, with the arguments on the stack.
    fn run(&mut self, store: &mut Reference) -> Result<Option<usize>, Stop> {
        let code = self.code;
        self.labels.push(Label {
            height: 0,
            arity: self.ft.results.len(),
            target: code.ops.len(),
            is_loop: false,
            at: 0,
            handled: None,
        });
        while let Some(op) = code.ops.get(self.pc) {
            let at = self.pc;
            self.pc += 1;
            let next = match op {
                Op::BrTable(ls, l) => {
                    let i = self.pop32() as usize;
                    self.branch(*ls.get(i).unwrap_or(l));
                    Next::Go
                }
                Op::TryTable(bt, _) => {
                    self.enter(store, at, *bt, false);
                    Next::Go
                }
                Op::Plain(instr) => match self.step(store, at, *instr) {
                    Err(Stop::Exception(exn)) => {
                        self.handle(store, exn)?;
                        Next::Go
                    }
                    next => next?,
                },
            };
            match next {
                Next::Go => (),
                Next::Return => break,
                Next::TailCall(func) => return Ok(Some(func)),
            }
        }
        Ok(None)
    }

    fn step(&mut self, store: &mut Reference, at: usize, instr: Instr<'static>) -> Result<Next, Stop> {
        if super::numeric::numeric(instr, &mut self.stack)?
            || super::vector::vector(instr, &mut self.stack)
            || self.vector_memory(store, instr)?
            || self.memory(store, instr)?
        {
            return Ok(Next::Go);
        }
        if self.tables(store, instr)? || self.exceptions(store, at, instr)? {
            return Ok(Next::Go);
        }
        match instr {
            Instr::Return {} => return Ok(Next::Return),
            Instr::ReturnCall { x } => return Ok(Next::TailCall(self.func(store, x))),
            Instr::ReturnCallIndirect { y, x } => {
                return Ok(Next::TailCall(self.lookup(store, y, x)?));
            }
            Instr::Call { x } => {
                let func = self.func(store, x);
                self.call(store, func)?;
            }
            Instr::CallIndirect { y, x } => {
                let func = self.lookup(store, y, x)?;
                self.call(store, func)?;
            }
            _ => self.plain(store, at, instr)?,
        }
        Ok(Next::Go)
    }

    fn plain(&mut self, store: &mut Reference, at: usize, instr: Instr<'static>) -> Result<(), Trap> {
        match instr {
            Instr::Unreachable {} => return Err(Trap::Unreachable),
            Instr::Nop {} => (),
            Instr::Block { bt } | Instr::Loop { bt } => {
                let is_loop = matches!(instr, Instr::Loop { .. });
                self.enter(store, at, bt, is_loop);
            }
            Instr::If { bt } => {
                let holds = self.pop32() != 0;
                self.enter(store, at, bt, false);
                match self.code.blocks[&at] {
                    _ if holds => (),
                    (Some(otherwise), _) => self.pc = otherwise + 1,
                    (None, end) => self.pc = end,
                }
            }
            // The end of an arm that was entered: on to the block's `end`.
            Instr::Else {} => self.pc = self.labels[self.labels.len() - 1].target - 1,
            Instr::End {} => _ = self.labels.pop(),
            Instr::Br { l } => self.branch(l),
            Instr::BrIf { l } => {
                if self.pop32() != 0 {
                    self.branch(l);
                }
            }
            Instr::Drop {} => _ = self.pop(),
            Instr::Select {} => {
                let (c, b, a) = (self.pop32(), self.pop(), self.pop());
                self.stack.push(if c != 0 { a } else { b });
            }
            Instr::LocalGet { x } => self.stack.push(self.locals[x.index()]),
            Instr::LocalSet { x } => self.locals[x.index()] = self.pop(),
            Instr::LocalTee { x } => self.locals[x.index()] = self.stack[self.stack.len() - 1],
            Instr::GlobalGet { x } => {
                self.stack.push(store.globals[store.modules[self.instance].globals[x.index()]].1);
            }
            Instr::GlobalSet { x } => {
                store.globals[store.modules[self.instance].globals[x.index()]].1 = self.pop();
            }
            Instr::I32Const { c } => self.stack.push(Word::from(c as u32)),
            Instr::I64Const { c } => self.stack.push(Word::from(c as u64)),
            Instr::F32Const { z } => self.stack.push(z.0.into()),
            Instr::F64Const { z } => self.stack.push(z.0.into()),
            Instr::RefNull { .. } => self.stack.push(0),
            Instr::RefFunc { x } => self.stack.push(self.func(store, x) as Word + 1),
            Instr::RefIsNull {} => {
                let r = self.pop();
                self.stack.push(Word::from(r == 0));
            }
            instr => panic!("the reference does not know {}", instr.text_name()),
        }
        Ok(())
    }

    pub(super) fn enter(&mut self, store: &Reference, at: usize, bt: BlockType, is_loop: bool) {
        let (params, results) = match bt {
            BlockType::Empty => (0, 0),
            BlockType::Value(_) => (0, 1),
            BlockType::Type(y) => {
                let ft = &store.modules[self.instance].types[y.index()];
                (ft.params.len(), ft.results.len())
            }
        };
        let target = if is_loop { at + 1 } else { self.code.blocks[&at].1 + 1 };
        let arity = if is_loop { params } else { results };
        let height = self.stack.len() - params;
        self.labels.push(Label { height, arity, target, is_loop, at, handled: None });
    }

    pub(super) fn branch(&mut self, l: LabelIdx) {
        let i = self.labels.len() - 1 - l.index();
        let label = &self.labels[i];
        let kept = self.stack.split_off(self.stack.len() - label.arity);
        self.stack.truncate(label.height);
        self.stack.extend(kept);
        self.pc = label.target;
        self.labels.truncate(if label.is_loop { i + 1 } else { i });
    }

    fn func(&self, store: &Reference, x: FuncIdx) -> usize {
        store.modules[self.instance].funcs[x.index()]
    }

    fn lookup(&mut self, store: &Reference, y: TypeIdx, x: TableIdx) -> Result<usize, Trap> {
        let i = self.pop32() as usize;
        let module = &store.modules[self.instance];
        let elems = &store.tables[module.tables[x.index()]].elems;
        let r = *elems.get(i).ok_or(Trap::UndefinedElement)?;
        let func = (r as usize).checked_sub(1).ok_or(Trap::UninitializedElement)?;
        let same = store.funcs[func].ft == module.types[y.index()];
        if same { Ok(func) } else { Err(Trap::IndirectCallTypeMismatch) }
    }

    fn call(&mut self, store: &mut Reference, func: usize) -> Result<(), Stop> {
        let n = store.funcs[func].ft.params.len();
        let args = self.stack.split_off(self.stack.len() - n);
        let results = store.invoke(func, args, Some(self.instance))?;
        self.stack.extend(results);
        Ok(())
    }

    fn mem(&self, store: &Reference, x: MemIdx) -> usize {
        store.modules[self.instance].mems[x.index()]
    }

    /// The bytes that an access of `n` bytes is to.
    fn access<'s>(&mut self, store: &'s mut Reference, m: MemArg, n: usize) -> Result<&'s mut [u8], Trap> {
        let at = (self.pop32() + m.offset) as usize;
        let i = self.mem(store, m.memory);
        store.mems[i].bytes.get_mut(at..at + n).ok_or(Trap::OutOfBoundsMemoryAccess)
    }

    pub(super) fn load(&mut self, store: &mut Reference, m: MemArg, n: usize) -> Result<Word, Trap> {
        let mut bytes = [0; 16];
        bytes[..n].copy_from_slice(self.access(store, m, n)?);
        Ok(Word::from_le_bytes(bytes))
    }

    pub(super) fn store(&mut self, store: &mut Reference, m: MemArg, n: usize) -> Result<(), Trap> {
        let bytes = self.pop().to_le_bytes();
        self.access(store, m, n)?.copy_from_slice(&bytes[..n]);
        Ok(())
    }

    /// Does an instruction on memories, if it is one.
    fn memory(&mut self, store: &mut Reference, instr: Instr<'static>) -> Result<bool, Trap> {
        use Instr::*;
        let value = match instr {
            I32Load { m } | F32Load { m } | I64Load32U { m } => self.load(store, m, 4)?,
            I64Load { m } | F64Load { m } => self.load(store, m, 8)?,
            I32Load8U { m } | I64Load8U { m } => self.load(store, m, 1)?,
            I32Load16U { m } | I64Load16U { m } => self.load(store, m, 2)?,
            I32Load8S { m } => Word::from(self.load(store, m, 1)? as i8 as u32),
            I32Load16S { m } => Word::from(self.load(store, m, 2)? as i16 as u32),
            I64Load8S { m } => self.load(store, m, 1)? as i8 as u64 as Word,
            I64Load16S { m } => self.load(store, m, 2)? as i16 as u64 as Word,
            I64Load32S { m } => self.load(store, m, 4)? as i32 as u64 as Word,
            MemorySize { x } => (store.mems[self.mem(store, x)].bytes.len() / PAGE) as Word,
            MemoryGrow { x } => self.grow(store, x).into(),
            _ => return self.write_memory(store, instr),
        };
        self.stack.push(value);
        Ok(true)
    }

    fn write_memory(&mut self, store: &mut Reference, instr: Instr<'static>) -> Result<bool, Trap> {
        use Instr::*;
        match instr {
            I32Store { m } | F32Store { m } | I64Store32 { m } => self.store(store, m, 4)?,
            I64Store { m } | F64Store { m } => self.store(store, m, 8)?,
            I32Store8 { m } | I64Store8 { m } => self.store(store, m, 1)?,
            I32Store16 { m } | I64Store16 { m } => self.store(store, m, 2)?,
            MemoryFill { x } => {
                let (n, value, d) = (self.pop32(), self.pop32(), self.pop32());
                let i = self.mem(store, x);
                let bytes = vec![value as u8; n as usize];
                copy(&mut store.mems[i].bytes, d, &bytes, 0, n).ok_or(Trap::OutOfBoundsMemoryAccess)?;
            }
            MemoryCopy { x, y } => {
                let (n, s, d) = (self.pop32(), self.pop32(), self.pop32());
                let from = store.mems[self.mem(store, y)].bytes.clone();
                let i = self.mem(store, x);
                copy(&mut store.mems[i].bytes, d, &from, s, n).ok_or(Trap::OutOfBoundsMemoryAccess)?;
            }
            MemoryInit { y, x } => {
                let (n, s, d) = (self.pop32(), self.pop32(), self.pop32());
                let i = self.mem(store, x);
                let data = &store.modules[self.instance].datas[y.index()];
                copy(&mut store.mems[i].bytes, d, data, s, n).ok_or(Trap::OutOfBoundsMemoryAccess)?;
            }
            DataDrop { x } => store.modules[self.instance].datas[x.index()] = Default::default(),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn grow(&mut self, store: &mut Reference, x: MemIdx) -> u64 {
        let delta = self.pop32();
        let i = self.mem(store, x);
        let mem = &mut store.mems[i];
        let pages = (mem.bytes.len() / PAGE) as u64;
        if pages + delta > mem.max {
            return u64::from(u32::MAX);
        }
        mem.bytes.resize((pages + delta) as usize * PAGE, 0);
        pages
    }

    /// Does an instruction on tables, if it is one.
    fn tables(&mut self, store: &mut Reference, instr: Instr<'static>) -> Result<bool, Trap> {
        use Instr::*;
        let at = |x: TableIdx| store.modules[self.instance].tables[x.index()];
        let trap = Trap::OutOfBoundsTableAccess;
        match instr {
            TableGet { x } => {
                let (t, i) = (at(x), self.pop32() as usize);
                self.stack.push((*store.tables[t].elems.get(i).ok_or(trap)?).into());
            }
            TableSet { x } => {
                let (t, r, i) = (at(x), self.pop() as u64, self.pop32() as usize);
                *store.tables[t].elems.get_mut(i).ok_or(trap)? = r;
            }
            TableSize { x } => self.stack.push(store.tables[at(x)].elems.len() as Word),
            TableGrow { x } => {
                let (t, delta, r) = (at(x), self.pop32(), self.pop() as u64);
                let table = &mut store.tables[t];
                let size = table.elems.len() as u64;
                let fits = size + delta <= table.max;
                if fits {
                    table.elems.resize((size + delta) as usize, r);
                }
                self.stack.push(if fits { size } else { u64::from(u32::MAX) }.into());
            }
            TableFill { x } => {
                let (t, n, r, d) = (at(x), self.pop32(), self.pop() as u64, self.pop32());
                copy(&mut store.tables[t].elems, d, &vec![r; n as usize], 0, n).ok_or(trap)?;
            }
            TableCopy { x, y } => {
                let (to, from) = (at(x), store.tables[at(y)].elems.clone());
                let (n, s, d) = (self.pop32(), self.pop32(), self.pop32());
                copy(&mut store.tables[to].elems, d, &from, s, n).ok_or(trap)?;
            }
            TableInit { y, x } => {
                let (t, n, s, d) = (at(x), self.pop32(), self.pop32(), self.pop32());
                let refs = &store.modules[self.instance].elems[y.index()];
                copy(&mut store.tables[t].elems, d, refs, s, n).ok_or(trap)?;
            }
            ElemDrop { x } => store.modules[self.instance].elems[x.index()].clear(),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Copies `n` items from `s` on to `d`; nothing if a range does not fit.
pub(crate) fn copy<T: Copy>(to: &mut [T], d: u64, from: &[T], s: u64, n: u64) -> Option<()> {
    let range = |at: u64| at as usize..(at + n) as usize;
    let from = from.get(range(s))?;
    to.get_mut(range(d))?.copy_from_slice(from);
    Some(())
}
