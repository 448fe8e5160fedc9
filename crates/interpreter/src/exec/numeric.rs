//! Numeric instructions: one handler per shape of operands, whatever the operation.
//!
//! Fields: slot `a` at 8, destination at 10, slot `b` or a 32-bit immediate at 12; a 64-bit immediate at 16.

use super::operand::{Class, Dst, Imm16, Imm32, Reg, Slot, Src, ToBoth, ToReg, Value, Vector, Wide};
use super::ops::{Op1, Op2, Rel, Special, WideOp};
use super::state::{Handler, Regs, handlers};
use std::marker::PhantomData;

/// A handler that writes the accumulator only, and the one that writes a slot as well.
pub(crate) type Pair = [Handler; 2];

handlers! {
    fn op1 [O: Op1, A: Src, D: Dst] (s) {
        match O::apply(A::get(&s)) {
            Ok(v) => {
                D::put(&mut s, v);
                s.next_of(2, [O::A::CLASS, O::R::CLASS])
            }
            Err(trap) => s.trap(trap),
        }
    }

    fn op2 [O: Op2, A: Src, B: Src, D: Dst, const WORDS: usize] (s) {
        match O::apply(A::get(&s), B::get(&s)) {
            Ok(v) => {
                D::put(&mut s, v);
                s.next_of(WORDS, [O::A::CLASS, O::R::CLASS])
            }
            Err(trap) => s.trap(trap),
        }
    }

    /// Two additions of immediates: of the one at 16 to slot 8, into slot 10; then of the one at 20 to slot
    /// 12, into slot 14 and the accumulator.
    fn add_two [] (s) {
        let first = Slot::<8>::get::<u32>(&s).wrapping_add(s.field::<u32>(16));
        first.store(s.slot(10));
        let second = Slot::<12>::get::<u32>(&s).wrapping_add(s.field::<u32>(20));
        second.store(s.slot(14));
        second.to_reg(&mut s);
        s.next(3)
    }

    /// Halves in slots 8 and 12, and 16 and 18 if there are four; the low half of the result to slot 14.
    fn wide [O: WideOp, D: Dst] (s) {
        let (low, high) = O::apply(O::A::get(&s));
        *s.slot(14) = low;
        D::put(&mut s, high);
        s.next(O::A::WORDS)
    }

    /// Compares and branches. Fields: slot `a` at 8, slot `b` or a 16-bit immediate at 10, target at 12.
    fn br_rel [O: Rel, A: Src, B: Src, const WORDS: usize] (s) {
        if O::holds(A::get(&s), B::get(&s)) {
            s.branch()
        } else {
            s.fall_through(WORDS)
        }
    }

    /// Adds the immediate at 16 to slot `a` at 8, then compares it with `b` and branches.
    fn br_step [O: Rel, B: Src] (s) {
        let slot = s.slot(8);
        let step = i64::from(s.field::<i32>(16)) as u64;
        let a = O::A::from_bits(O::A::load(slot).to_bits().wrapping_add(step));
        a.to_reg(&mut s);
        a.store(slot);
        if O::holds(a, B::get(&s)) {
            s.branch()
        } else {
            s.fall_through(3)
        }
    }
}

/// The handlers of a unary operation: from a slot, from the accumulator.
pub(crate) struct Unary {
    pub(crate) operand: Class,
    pub(crate) result: Class,
    pub(crate) slot: Pair,
    pub(crate) reg: Pair,
    pub(crate) fold: fn(u64) -> Option<u64>,
    /// What makes NaNs canonical of the result, if it can be one.
    pub(crate) canonicalize: Option<fn() -> &'static Unary>,
}

/// Where the operands of a binary operation are: slot, register, 32-bit or wide immediate, which is a vector for
/// vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    SlotSlot,
    RegSlot,
    SlotReg,
    SlotImm,
    RegImm,
    ImmSlot,
    ImmReg,
    SlotWide,
    RegWide,
    WideSlot,
    WideReg,
}

/// The handlers of a binary operation, by [`Form`].
pub(crate) struct Binary {
    pub(crate) operand: Class,
    pub(crate) result: Class,
    pub(crate) commutes: bool,
    pub(crate) special: Special,
    /// Are its operands of 64 bits?
    pub(crate) wide: bool,
    pub(crate) forms: [Pair; 11],
    pub(crate) fold: fn(u64, u64) -> Option<u64>,
    /// What makes NaNs canonical of the result, if it can be one.
    pub(crate) canonicalize: Option<fn() -> &'static Unary>,
}

/// The handlers of a comparison: as a value, and as the condition of a branch, by [`Form`]: slot or
/// register, with slot, register, 16-bit and 64-bit immediate.
pub(crate) struct Relation {
    pub(crate) value: Binary,
    pub(crate) branch: [Handler; 9],
    /// Step and branch: against a slot, against a 16-bit immediate; of integers only.
    pub(crate) step: Option<[Handler; 2]>,
    /// The comparison that holds when this one does not.
    pub(crate) not: fn() -> &'static Relation,
    /// The comparison with its operands the other way round.
    pub(crate) swapped: fn() -> &'static Relation,
}

/// The operands of a [`WideOp`].
pub(crate) trait Operands: Sized {
    /// Words of the instruction.
    const WORDS: usize;
    unsafe fn get(s: &Regs) -> Self;
}

impl Operands for [u64; 2] {
    const WORDS: usize = 2;
    #[inline(always)]
    unsafe fn get(s: &Regs) -> Self {
        // SAFETY: *code-valid*, *frame-fits*.
        unsafe { [*s.slot(8), *s.slot(12)] }
    }
}

impl Operands for [u64; 4] {
    const WORDS: usize = 3;
    #[inline(always)]
    unsafe fn get(s: &Regs) -> Self {
        // SAFETY: *code-valid*, *frame-fits*.
        unsafe { [*s.slot(8), *s.slot(12), *s.slot(16), *s.slot(18)] }
    }
}

/// The tables of an operation.
pub(crate) struct Table<O>(PhantomData<O>);

impl<O: Op1> Table<O> {
    pub(crate) const UNARY: Unary = Unary {
        operand: O::A::CLASS,
        result: O::R::CLASS,
        slot: [op1::<O, Slot<8>, ToReg>, op1::<O, Slot<8>, ToBoth>],
        reg: [op1::<O, Reg, ToReg>, op1::<O, Reg, ToBoth>],
        fold: |a| match (O::A::CLASS, O::R::CLASS) {
            (Class::V128, _) | (_, Class::V128) => None,
            _ => O::apply(O::A::from_bits(a)).ok().map(Value::to_bits),
        },
        canonicalize: O::CANONICALIZE,
    };
}

const fn pair<O: Op2, A: Src, B: Src, const WORDS: usize>() -> Pair {
    [op2::<O, A, B, ToReg, WORDS>, op2::<O, A, B, ToBoth, WORDS>]
}

/// The forms of an operation; those that its commuting or its type makes superfluous repeat others.
const fn forms<O: Op2>() -> [Pair; 11] {
    let ss = pair::<O, Slot<8>, Slot<12>, 2>();
    let rs = pair::<O, Reg, Slot<12>, 2>();
    let sr = if O::COMMUTES { rs } else { pair::<O, Slot<8>, Reg, 2>() };
    let sw = if O::WIDE { pair::<O, Slot<8>, Wide<16>, 3>() } else { ss };
    let rw = if O::WIDE { pair::<O, Reg, Wide<16>, 3>() } else { ss };
    let ws = if O::WIDE && !O::COMMUTES { pair::<O, Wide<16>, Slot<8>, 3>() } else { sw };
    let wr = if O::WIDE && !O::COMMUTES { pair::<O, Wide<16>, Reg, 3>() } else { rw };
    if matches!(O::A::CLASS, Class::V128) {
        // Vectors are immediates of 128 bits, on the right.
        let (sw, rw) = (pair::<O, Slot<8>, Vector<16>, 4>(), pair::<O, Reg, Vector<16>, 4>());
        return [ss, rs, sr, ss, rs, ss, rs, sw, rw, ss, rs];
    }
    let float = matches!(O::A::CLASS, Class::F64);
    let si = if float { sw } else { pair::<O, Slot<8>, Imm32<12>, 2>() };
    let ri = if float { rw } else { pair::<O, Reg, Imm32<12>, 2>() };
    let is = if float || O::COMMUTES { si } else { pair::<O, Imm32<12>, Slot<8>, 2>() };
    let ir = if float || O::COMMUTES { ri } else { pair::<O, Imm32<12>, Reg, 2>() };
    [ss, rs, sr, si, ri, is, ir, sw, rw, ws, wr]
}

impl<O: Op2> Table<O> {
    pub(crate) const BINARY: Binary = Binary {
        operand: O::A::CLASS,
        result: O::R::CLASS,
        commutes: O::COMMUTES,
        special: O::SPECIAL,
        wide: O::WIDE,
        forms: forms::<O>(),
        fold: |a, b| O::apply(O::A::from_bits(a), O::A::from_bits(b)).ok().map(Value::to_bits),
        canonicalize: O::CANONICALIZE,
    };
}

impl<O: WideOp> Table<O> {
    pub(crate) const WIDE: Pair = [wide::<O, ToReg>, wide::<O, ToBoth>];
}

impl<O: Rel> Table<O> {
    pub(crate) const RELATION: Relation = Relation {
        value: Table::<super::ops::Holds<O>>::BINARY,
        branch: [
            br_rel::<O, Slot<8>, Slot<10>, 2>,
            br_rel::<O, Reg, Slot<10>, 2>,
            br_rel::<O, Slot<8>, Reg, 2>,
            br_rel::<O, Slot<8>, Imm16<10>, 2>,
            br_rel::<O, Reg, Imm16<10>, 2>,
            br_rel::<O, Slot<8>, Imm16<10>, 2>,
            br_rel::<O, Reg, Imm16<10>, 2>,
            br_rel::<O, Slot<8>, Wide<16>, 3>,
            br_rel::<O, Reg, Wide<16>, 3>,
        ],
        step: match O::A::CLASS {
            Class::Int => Some([br_step::<O, Slot<10>>, br_step::<O, Imm16<10>>]),
            _ => None,
        },
        not: || &Table::<O::Not>::RELATION,
        swapped: || &Table::<O::Swapped>::RELATION,
    };
}
