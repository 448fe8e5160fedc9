//! The operand stack and the control stack, and how they are popped and pushed.
//!
//! [Spec](https://webassembly.github.io/spec/core/appendix/algorithm.html#data-structures)

use terrane_syntax::types::{HeapType, RefType, ValType};
use terrane_syntax::{Error, LabelIdx, TypeIdx, limits};

use crate::Result;
use crate::context::{Context, TypeList, unknown};
use crate::func::FuncValidator;
use crate::invalid::{Invalid, Mismatch, Space};
use crate::packed::Packed;

/// What opened a frame of the control stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CtrlKind {
    /// The body itself.
    Func,
    /// `block`
    Block,
    /// `loop`
    Loop,
    /// `if`, and no `else` yet.
    If,
    /// `else`
    Else,
    /// `try_table`
    TryTable,
    /// `try` of the legacy proposal, and no handler yet.
    Try,
    /// `catch` of the legacy proposal.
    Catch,
    /// `catch_all` of the legacy proposal.
    CatchAll,
}

/// A frame of the control stack: a block that is open.
#[derive(Clone, Copy, Debug)]
pub struct Ctrl {
    pub(crate) start: TypeList,
    pub(crate) end: TypeList,
    pub(crate) height: u32,
    pub(crate) inits: u32,
    /// The last `br_table` that went through this label.
    pub(crate) br_table: u32,
    pub(crate) kind: CtrlKind,
    pub(crate) unreachable: bool,
}

impl Ctrl {
    /// What opened the block.
    #[inline]
    pub fn kind(&self) -> CtrlKind {
        self.kind
    }

    /// The height of the operand stack below the block's parameters.
    #[inline]
    pub fn height(&self) -> usize {
        self.height as usize
    }

    /// Can the rest of the block not be reached?
    #[inline]
    pub fn is_unreachable(&self) -> bool {
        self.unreachable
    }

    /// The types of the block's parameters.
    #[inline]
    pub fn params<'a>(&'a self, context: &'a Context) -> &'a [Packed] {
        self.start.get(context)
    }

    /// The types of the block's results.
    #[inline]
    pub fn results<'a>(&'a self, context: &'a Context) -> &'a [Packed] {
        self.end.get(context)
    }

    /// The types that a branch to the block's label takes along.
    #[inline]
    pub fn label_types<'a>(&'a self, context: &'a Context) -> &'a [Packed] {
        self.label_list().get(context)
    }

    #[inline]
    pub(crate) fn label_list(&self) -> &TypeList {
        if self.kind == CtrlKind::Loop { &self.start } else { &self.end }
    }
}

/// Operands.
impl FuncValidator<'_> {
    #[inline]
    pub(crate) fn push(&mut self, t: Packed) {
        self.operands.push(t);
    }

    #[inline]
    pub(crate) fn push_all(&mut self, ts: &[Packed]) -> Result {
        match ts {
            [] => Ok(()),
            [t] => {
                self.operands.push(*t);
                Ok(())
            }
            _ => self.push_many(ts),
        }
    }

    /// Pushes several operands at once: the only way to more of them than the body has bytes, and so
    /// where their number is limited.
    fn push_many(&mut self, ts: &[Packed]) -> Result {
        let found = self.operands.len() + ts.len();
        if found > limits::OPERANDS {
            let max = limits::OPERANDS as u64;
            return self.fail(Invalid::TooMany { what: "operands", max, found: found as u64 });
        }
        self.operands.extend_from_slice(ts);
        Ok(())
    }

    /// Pops an operand that matches `expected`.
    #[inline]
    pub(crate) fn pop(&mut self, expected: Packed) -> Result {
        if let Some(top) = self.operands.pop() {
            if top == expected && self.operands.len() >= self.height {
                return Ok(());
            }
            self.operands.push(top);
        }
        self.pop_slow(expected)
    }

    #[inline(never)]
    fn pop_slow(&mut self, expected: Packed) -> Result {
        match self.pop_any_or_bot() {
            Some(t) => self.check_match(t, expected),
            None => self.fail_missing(expected),
        }
    }

    /// Pops an operand of whatever type; bottom if the stack is empty and polymorphic.
    #[inline]
    pub(crate) fn pop_any(&mut self) -> Result<Packed> {
        match self.pop_any_or_bot() {
            Some(t) => Ok(t),
            None => self.fail(Mismatch::MissingAny),
        }
    }

    /// `None` if the stack is empty and not polymorphic.
    #[inline]
    fn pop_any_or_bot(&mut self) -> Option<Packed> {
        if self.operands.len() > self.height {
            self.operands.pop()
        } else {
            self.is_unreachable().then_some(Packed::BOT)
        }
    }

    /// Pops a reference, whose type is one to bottom if the stack is empty and polymorphic.
    pub(crate) fn pop_ref(&mut self) -> Result<RefType> {
        let t = self.pop_any()?;
        if t.is_bot() {
            return Ok(RefType::non_null(HeapType::Bot));
        }
        match t.as_ref() {
            Some(rt) => Ok(rt),
            None => self.fail_sort("a reference", t),
        }
    }

    /// Pops operands that match `ts`, the last from the top.
    #[inline]
    pub(crate) fn pop_all(&mut self, ts: &[Packed]) -> Result {
        match ts {
            [] => Ok(()),
            [t] => self.pop(*t),
            _ => self.pop_many(ts),
        }
    }

    fn pop_many(&mut self, ts: &[Packed]) -> Result {
        if self.top_is(ts) {
            self.operands.truncate(self.operands.len() - ts.len());
            return Ok(());
        }
        ts.iter().rev().try_for_each(|t| self.pop(*t))
    }

    /// Replaces operands that match `ts` by `ts`: what popping and pushing them comes to.
    #[inline]
    pub(crate) fn retype(&mut self, ts: &[Packed]) -> Result {
        if self.top_is(ts) {
            return Ok(());
        }
        self.pop_all(ts)?;
        self.push_all(ts)
    }

    /// Are the operands on top exactly `ts`?
    #[inline]
    fn top_is(&self, ts: &[Packed]) -> bool {
        match ts {
            [] => true,
            [t] => self.operands.len() > self.height && self.operands.last() == Some(t),
            _ => self.operands.len() >= self.height + ts.len() && self.operands.ends_with(ts),
        }
    }

    /// `[t] -> [r]`
    #[inline]
    pub(crate) fn op1(&mut self, t: Packed, r: Packed) -> Result {
        if self.operands.len() > self.height
            && let Some(top) = self.operands.last_mut()
            && *top == t
        {
            *top = r;
            return Ok(());
        }
        self.op1_slow(t, r)
    }

    #[inline(never)]
    fn op1_slow(&mut self, t: Packed, r: Packed) -> Result {
        self.pop(t)?;
        self.push(r);
        Ok(())
    }

    /// `[t t] -> [r]`
    #[inline]
    pub(crate) fn op2(&mut self, t: Packed, r: Packed) -> Result {
        if self.operands.len() >= self.height + 2
            && let [.., below, top] = &mut self.operands[..]
            && *below == t
            && *top == t
        {
            *below = r;
            self.operands.pop();
            return Ok(());
        }
        self.op2_slow(t, r)
    }

    #[inline(never)]
    fn op2_slow(&mut self, t: Packed, r: Packed) -> Result {
        self.pop(t)?;
        self.pop(t)?;
        self.push(r);
        Ok(())
    }

    /// `[ts*] -> [rs*]`
    #[inline]
    pub(crate) fn op(&mut self, ts: &[Packed], rs: &[Packed]) -> Result {
        self.pop_all(ts)?;
        self.push_all(rs)
    }
}

/// Blocks.
impl FuncValidator<'_> {
    /// Opens a block, whose parameters are on the stack.
    #[inline]
    pub(crate) fn push_ctrl(&mut self, kind: CtrlKind, start: TypeList, end: TypeList) -> Result {
        let context = self.context;
        let params = start.get(context);
        self.retype(params)?;
        self.open_ctrl(kind, start, end, self.operands.len() - params.len());
        Ok(())
    }

    /// Opens a block above the operands that lie below `height`.
    #[inline]
    pub(crate) fn open_ctrl(&mut self, kind: CtrlKind, start: TypeList, end: TypeList, height: usize) {
        self.height = height;
        self.controls.push(Ctrl {
            start,
            end,
            height: height as u32,
            inits: self.inits.len() as u32,
            br_table: 0,
            kind,
            unreachable: false,
        });
    }

    /// Closes the innermost block, whose results are on the stack and stay there.
    #[inline]
    pub(crate) fn pop_ctrl(&mut self) -> Result<Ctrl> {
        let Some(ctrl) = self.controls.last().copied() else { return self.fail(Invalid::AfterEnd) };
        let results = ctrl.end.get(self.context);
        self.retype(results)?;
        let excess = self.operands.len() - results.len() - self.height;
        if excess != 0 {
            return self.fail(Mismatch::Excess { found: excess });
        }
        if self.inits.len() > ctrl.inits as usize {
            self.reset_inits(ctrl.inits as usize);
        }
        self.controls.pop();
        self.height = self.controls.last().map_or(0, Ctrl::height);
        Ok(ctrl)
    }

    /// The block that a label stands for.
    #[inline]
    pub(crate) fn label(&self, l: LabelIdx) -> Result<&Ctrl> {
        let n = self.controls.len();
        match n.checked_sub(l.index() + 1).and_then(|i| self.controls.get(i)) {
            Some(ctrl) => Ok(ctrl),
            None => self.fail(unknown(Space::Label, l.0, n)),
        }
    }

    /// The types that a branch to the label takes along.
    #[inline]
    pub(crate) fn label_types(&self, l: LabelIdx) -> Result<TypeList> {
        self.label(l).map(|ctrl| *ctrl.label_list())
    }

    /// Marks the rest of the block as unreachable: the stack is polymorphic from here.
    #[inline]
    pub(crate) fn set_unreachable(&mut self) {
        self.operands.truncate(self.height);
        if let Some(ctrl) = self.controls.last_mut() {
            ctrl.unreachable = true;
        }
    }
}

/// Types and failures.
impl FuncValidator<'_> {
    /// `t1 <: t2`
    #[inline]
    pub(crate) fn matches(&self, t1: Packed, t2: Packed) -> bool {
        t1.matches(&self.context.types, t2)
    }

    /// An error unless `found <: expected`.
    #[inline]
    pub(crate) fn check_match(&self, found: Packed, expected: Packed) -> Result {
        if self.matches(found, expected) { Ok(()) } else { self.fail_match(found, expected) }
    }

    /// An error unless `[found*] <: [expected*]`.
    pub(crate) fn check_match_all(&self, found: &[Packed], expected: &[Packed]) -> Result {
        if found.len() != expected.len() {
            return self.fail(Mismatch::Arity { expected: expected.len(), found: found.len() });
        }
        found.iter().zip(expected).try_for_each(|(t1, t2)| self.check_match(*t1, *t2))
    }

    #[cold]
    fn fail_match(&self, found: Packed, expected: Packed) -> Result {
        self.fail(match (self.open(expected), self.open(found)) {
            (Some(expected), Some(found)) => Mismatch::Type { expected, found },
            (Some(expected), None) => Mismatch::Missing(expected),
            (None, _) => Mismatch::MissingAny,
        })
    }

    /// "expected `expected`, found nothing"
    #[cold]
    pub(crate) fn fail_missing(&self, expected: Packed) -> Result {
        self.fail(self.open(expected).map_or(Mismatch::MissingAny, Mismatch::Missing))
    }

    /// "expected `expected`, found `found`"
    #[cold]
    pub(crate) fn fail_sort<T>(&self, expected: &'static str, found: Packed) -> Result<T> {
        self.fail(match self.open(found) {
            Some(found) => Mismatch::Sort { expected, found },
            None => Mismatch::MissingAny,
        })
    }

    /// What a look-up in the context gave, its failure placed at the instruction.
    #[inline]
    pub(crate) fn at<T>(&self, found: core::result::Result<T, Invalid>) -> Result<T> {
        found.map_err(|kind| self.error(kind))
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn fail<T>(&self, kind: impl Into<Invalid>) -> Result<T> {
        Err(self.error(kind.into()))
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn error(&self, kind: Invalid) -> Error<Invalid> {
        Error::new(kind, self.offset)
    }

    /// The type with the module's own index for a defined type, which says more in a message.
    fn open(&self, t: Packed) -> Option<ValType> {
        t.valtype().map(|t| self.context.open(t))
    }
}

impl Context {
    /// The type with the module's own index for a defined type.
    #[cold]
    pub(crate) fn open(&self, t: ValType) -> ValType {
        match t {
            ValType::Ref(rt) => ValType::Ref(RefType { heap: self.open_heaptype(rt.heap), ..rt }),
            _ => t,
        }
    }

    /// See [`open`](Self::open).
    pub(crate) fn open_heaptype(&self, ht: HeapType) -> HeapType {
        let HeapType::Def(dt) = ht.inexact() else { return ht };
        let mut indices = (0..self.types.len() as u32).map(TypeIdx);
        match indices.find(|x| self.types.def(*x) == Some(dt)) {
            Some(x) if ht.is_exact() => HeapType::Exact(x),
            Some(x) => HeapType::Type(x),
            None => ht,
        }
    }
}
