//! Atomic memory instructions, on any memory.
//!
//! Fields: address slot at 8, destination at 10, slots of the operands at 12 and 14, offset at 16 (64 bits), index of
//! the memory at 24. Each fails with the address not aligned, and only then with it out of bounds.

use super::numeric::Pair;
use super::operand::{Dst, ToBoth, ToReg};
use super::state::{Handler, Regs, handlers};
use crate::ctx::unpacked;
use std::marker::PhantomData;
use std::sync::atomic::{Ordering, fence};
use terrane_runtime::{AtomicNum, Trap};

/// An atomic access.
pub(crate) trait Access {
    type N: AtomicNum;
    /// How many operands it takes beside the address.
    const OPERANDS: usize;
    /// Does it, on the slots of its operands; its result, if it has one.
    unsafe fn apply(at: *mut u8, a: u64, b: u64) -> u64;
}

macro_rules! accesses {
    ($($name:ident $operands:literal = |$at:ident, $a:ident, $b:ident| $f:expr;)*) => { $(
        pub(crate) struct $name<N>(PhantomData<N>);
        impl<N: AtomicNum> Access for $name<N> {
            type N = N;
            const OPERANDS: usize = $operands;
            #[inline(always)]
            #[allow(unused_variables, reason = "not all have two operands")]
            unsafe fn apply($at: *mut u8, $a: u64, $b: u64) -> u64 {
                // SAFETY: the caller has checked bounds and alignment.
                unsafe { $f }
            }
        }
    )* };
}

accesses! {
    Load 0 = |at, a, b| N::load(at).extend();
    Store 1 = |at, a, b| { N::store(at, N::wrap(a)); 0 };
    Add 1 = |at, a, b| N::add(at, N::wrap(a)).extend();
    Sub 1 = |at, a, b| N::sub(at, N::wrap(a)).extend();
    And 1 = |at, a, b| N::and(at, N::wrap(a)).extend();
    Or 1 = |at, a, b| N::or(at, N::wrap(a)).extend();
    Xor 1 = |at, a, b| N::xor(at, N::wrap(a)).extend();
    Xchg 1 = |at, a, b| N::xchg(at, N::wrap(a)).extend();
    Cmpxchg 2 = |at, a, b| N::cmpxchg(at, N::wrap(a), N::wrap(b)).extend();
}

/// What the names in the table of instructions stand for.
pub(crate) mod ops {
    use super::{Add, And, Cmpxchg, Load, Or, Store, Sub, Xchg, Xor};

    macro_rules! names {
        ($($name:ident $op:ident $num:ident;)*) => { $(pub(crate) type $name = $op<$num>;)* };
    }

    names! {
        I32AtomicLoad Load u32;
        I64AtomicLoad Load u64;
        I32AtomicLoad8U Load u8;
        I32AtomicLoad16U Load u16;
        I64AtomicLoad8U Load u8;
        I64AtomicLoad16U Load u16;
        I64AtomicLoad32U Load u32;
        I32AtomicStore Store u32;
        I64AtomicStore Store u64;
        I32AtomicStore8 Store u8;
        I32AtomicStore16 Store u16;
        I64AtomicStore8 Store u8;
        I64AtomicStore16 Store u16;
        I64AtomicStore32 Store u32;
        I32AtomicRmwAdd Add u32;
        I64AtomicRmwAdd Add u64;
        I32AtomicRmw8AddU Add u8;
        I32AtomicRmw16AddU Add u16;
        I64AtomicRmw8AddU Add u8;
        I64AtomicRmw16AddU Add u16;
        I64AtomicRmw32AddU Add u32;
        I32AtomicRmwSub Sub u32;
        I64AtomicRmwSub Sub u64;
        I32AtomicRmw8SubU Sub u8;
        I32AtomicRmw16SubU Sub u16;
        I64AtomicRmw8SubU Sub u8;
        I64AtomicRmw16SubU Sub u16;
        I64AtomicRmw32SubU Sub u32;
        I32AtomicRmwAnd And u32;
        I64AtomicRmwAnd And u64;
        I32AtomicRmw8AndU And u8;
        I32AtomicRmw16AndU And u16;
        I64AtomicRmw8AndU And u8;
        I64AtomicRmw16AndU And u16;
        I64AtomicRmw32AndU And u32;
        I32AtomicRmwOr Or u32;
        I64AtomicRmwOr Or u64;
        I32AtomicRmw8OrU Or u8;
        I32AtomicRmw16OrU Or u16;
        I64AtomicRmw8OrU Or u8;
        I64AtomicRmw16OrU Or u16;
        I64AtomicRmw32OrU Or u32;
        I32AtomicRmwXor Xor u32;
        I64AtomicRmwXor Xor u64;
        I32AtomicRmw8XorU Xor u8;
        I32AtomicRmw16XorU Xor u16;
        I64AtomicRmw8XorU Xor u8;
        I64AtomicRmw16XorU Xor u16;
        I64AtomicRmw32XorU Xor u32;
        I32AtomicRmwXchg Xchg u32;
        I64AtomicRmwXchg Xchg u64;
        I32AtomicRmw8XchgU Xchg u8;
        I32AtomicRmw16XchgU Xchg u16;
        I64AtomicRmw8XchgU Xchg u8;
        I64AtomicRmw16XchgU Xchg u16;
        I64AtomicRmw32XchgU Xchg u32;
        I32AtomicRmwCmpxchg Cmpxchg u32;
        I64AtomicRmwCmpxchg Cmpxchg u64;
        I32AtomicRmw8CmpxchgU Cmpxchg u8;
        I32AtomicRmw16CmpxchgU Cmpxchg u16;
        I64AtomicRmw8CmpxchgU Cmpxchg u8;
        I64AtomicRmw16CmpxchgU Cmpxchg u16;
        I64AtomicRmw32CmpxchgU Cmpxchg u32;
    }
}

/// Where an access goes.
#[inline(always)]
unsafe fn place(s: &Regs, size: u64) -> Result<*mut u8, Trap> {
    // SAFETY: the index is valid in the running instance.
    unsafe {
        let (addr, offset) = (*s.slot(8), s.field::<u64>(16));
        // What is lost above 2^64 makes no difference to the low bits.
        if !addr.wrapping_add(offset).is_multiple_of(size) {
            return Err(Trap::UnalignedAtomic);
        }
        let mem = (*s.ctx).mem(s.field::<u32>(24)).as_ref();
        match addr.checked_add(offset).and_then(|ea| ea.checked_add(size)) {
            Some(end) if end <= mem.len() as u64 => Ok(mem.base().add((end - size) as usize)),
            _ => Err(Trap::OutOfBoundsMemoryAccess),
        }
    }
}

#[inline(always)]
unsafe fn apply<O: Access>(s: &Regs, at: *mut u8) -> u64 {
    // SAFETY: *code-valid*; the caller has checked bounds and alignment.
    unsafe {
        let a = if O::OPERANDS > 0 { *s.slot(12) } else { 0 };
        let b = if O::OPERANDS > 1 { *s.slot(14) } else { 0 };
        O::apply(at, a, b)
    }
}

/// Where an access goes that this module does not make itself. An address beyond 2^64 is beyond all memories, and
/// aligned as what is left of it: so is the last one of that alignment.
#[inline(always)]
fn saturate(addr: u64, offset: u64, size: u64) -> u64 {
    let low = addr.wrapping_add(offset) % size;
    addr.checked_add(offset).unwrap_or(u64::MAX - (size - 1) + low)
}

handlers! {
    fn access [O: Access, D: Dst] (s) {
        match place(&s, O::N::SIZE) {
            Ok(at) => {
                let result = apply::<O>(&s, at);
                D::put(&mut s, result);
                s.next(4)
            }
            Err(trap) => s.trap(trap),
        }
    }

    fn store [O: Access] (s) {
        match place(&s, O::N::SIZE) {
            Ok(at) => {
                apply::<O>(&s, at);
                s.next(4)
            }
            Err(trap) => s.trap(trap),
        }
    }

    /// The count is the operand.
    fn notify [D: Dst] (s) {
        let at = saturate(*s.slot(8), s.field::<u64>(16), u32::SIZE);
        match unpacked((*s.ctx).notify(s.field::<u32>(24), at, *s.slot(12) as u32)) {
            Ok(count) => {
                D::put(&mut s, count);
                s.next(4)
            }
            Err(trap) => s.trap(trap),
        }
    }

    /// The operands are the expected value and the timeout in nanoseconds, never if it is negative.
    fn wait [N: AtomicNum, D: Dst] (s) {
        let at = saturate(*s.slot(8), s.field::<u64>(16), N::SIZE);
        let (expected, timeout) = (N::wrap(*s.slot(12)), *s.slot(14) as i64);
        match unpacked((*s.ctx).wait(s.field::<u32>(24), at, expected, timeout)) {
            Ok(outcome) => {
                D::put(&mut s, outcome);
                s.next(4)
            }
            Err(trap) => s.trap(trap),
        }
    }

    fn atomic_fence [] (s) {
        fence(Ordering::SeqCst);
        s.next(2)
    }
}

impl<O: Access> Handlers<O> {
    /// Of an access with a result.
    pub(crate) const ACCESS: Pair = [access::<O, ToReg>, access::<O, ToBoth>];
    /// Of one without.
    pub(crate) const STORE: Handler = store::<O>;
}

/// The handlers of an access.
pub(crate) struct Handlers<O>(PhantomData<O>);

/// The handlers of `memory.atomic.waitN`.
pub(crate) const fn waits<N: AtomicNum>() -> Pair {
    [wait::<N, ToReg>, wait::<N, ToBoth>]
}

/// The handlers of `memory.atomic.notify`.
pub(crate) const NOTIFY: Pair = [notify::<ToReg>, notify::<ToBoth>];
