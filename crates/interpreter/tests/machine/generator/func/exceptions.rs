//! Exceptions, of both kinds, with what could go wrong near them: locals that change between calls.

use super::*;

impl FuncGen<'_, '_> {
    fn tag(&mut self) -> (TagIdx, Vec<ValType>) {
        let x = self.c.below(self.shape.tags.len());
        let ty = self.shape.tags[x];
        (TagIdx(x as u32), self.shape.types[ty.index()].params.to_vec())
    }

    /// Throws something: a new exception, one out of a local, or the one of a handler around.
    pub(super) fn throw(&mut self) {
        let handlers = self.frames.iter().rev().zip(0..).filter(|(frame, _)| frame.handler);
        let handlers: Vec<u32> = handlers.map(|(_, l)| l).collect();
        match self.c.below(6) {
            0 => {
                let x = self.local(EXNREF, false);
                self.get(x);
                self.emit(Instr::ThrowRef {});
            }
            1 | 2 if !handlers.is_empty() => {
                let l = LabelIdx(self.c.pick(&handlers));
                self.emit(Instr::Rethrow { l });
            }
            _ => {
                let (x, params) = self.tag();
                params.iter().for_each(|t| self.operand(*t));
                self.emit(Instr::Throw { x });
            }
        }
    }

    pub(super) fn throw_if(&mut self) {
        self.condition();
        self.emit(Instr::If { bt: BlockType::Empty });
        self.frames.push(Frame::new(vec![], self.stack.len()));
        self.throw();
        self.unreachable();
        self.close();
        self.emit(Instr::End {});
    }

    /// A clause, if there is a label for it; to `own`, which is the innermost, if that has the right type.
    fn clause(&mut self) -> Option<Catch> {
        let (tag, params) = self.tag();
        let (all, with_ref) = (self.c.chance(30), self.c.chance(30));
        let mut ts = if all { vec![] } else { params };
        ts.extend(with_ref.then_some(EXNREF));
        let labels = self.labels(|label| label == ts);
        let label = if self.c.chance(50) { labels[0] } else { self.c.pick(&labels) }?;
        Some(match (all, with_ref) {
            (false, false) => Catch::Catch { tag, label },
            (false, true) => Catch::CatchRef { tag, label },
            (true, false) => Catch::CatchAll { label },
            (true, true) => Catch::CatchAllRef { label },
        })
    }

    /// A `try_table`, in a block for what it catches.
    pub(super) fn try_table(&mut self) {
        let (_, mut caught) = self.tag();
        caught.extend(self.c.chance(30).then_some(EXNREF));
        let found = self.shape.types.iter().position(|ft| ft.params.is_empty() && *ft.results == *caught);
        let bt = BlockType::Type(TypeIdx(found.expect("made with the tags") as u32));
        let outer = self.stack.len();
        self.emit(Instr::Block { bt });
        self.frames.push(Frame::new(caught.clone(), outer));
        let clauses: Vec<_> = (0..4).filter_map(|_| self.clause()).collect();
        let (bt, params, results) = self.block_type(None);
        self.need(&params);
        let base = self.stack.len() - params.len();
        self.emit(Instr::TryTable { bt, cs: &clauses });
        self.frames.push(Frame::new(results.clone(), base));
        self.contents(&results);
        self.emit(Instr::End {});
        self.leave(base, &results);
        self.finish(&caught);
        self.emit(Instr::End {});
        self.leave(outer, &caught);
        self.after_branch(caught.len());
    }

    /// A `try` with handlers, or one that delegates.
    pub(super) fn try_legacy(&mut self) {
        let (bt, params, results) = self.block_type(None);
        self.need(&params);
        let base = self.stack.len() - params.len();
        self.emit(Instr::Try { bt });
        self.frames.push(Frame::new(results.clone(), base));
        self.contents(&results);
        if self.c.chance(20) {
            let l = LabelIdx(self.c.below(self.frames.len() - 1) as u32);
            self.emit(Instr::Delegate { l });
            return self.leave(base, &results);
        }
        for _ in 0..self.c.below(3) {
            let (x, params) = self.tag();
            self.emit(Instr::Catch { x });
            self.handler(base, &params, &results);
        }
        if self.c.chance(60) {
            self.emit(Instr::CatchAll {});
            self.handler(base, &[], &results);
        }
        self.emit(Instr::End {});
        self.leave(base, &results);
    }

    fn handler(&mut self, base: usize, params: &[ValType], results: &[ValType]) {
        self.stack.truncate(base);
        params.iter().for_each(|t| self.put(*t, false));
        self.frames.last_mut().expect("the try").handler = true;
        self.contents(results);
    }

    /// Computes a value, calls something that may throw, and only then gives the value to a local.
    pub(super) fn set_past_call(&mut self) {
        self.emit(Instr::Block { bt: BlockType::Empty });
        self.frames.push(Frame::new(vec![], self.stack.len()));
        self.emit(Instr::TryTable { bt: BlockType::Empty, cs: &[Catch::CatchAll { label: LabelIdx(0) }] });
        self.frames.push(Frame::new(vec![], self.stack.len()));
        for _ in 0..1 + self.c.below(2) {
            let t = self.number_type();
            self.expression(t);
        }
        let n = self.stack.len();
        self.call();
        while self.stack.len() > n {
            self.take();
            self.emit(Instr::Drop {});
        }
        while !self.own().is_empty() && self.c.chance(90) {
            self.set_top(false);
        }
        self.close();
        self.emit(Instr::End {});
        self.close();
        self.emit(Instr::End {});
    }
}
