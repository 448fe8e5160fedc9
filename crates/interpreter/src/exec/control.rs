//! Branches, and what is compiled in to count and stop.

use super::operand::Src;
use super::state::{Regs, handlers};
use terrane_runtime::Trap;

/// How many bytes or elements a bulk operation moves for one unit of fuel.
const LENGTH_PER_FUEL: u64 = 64;

/// Uses up fuel.
#[inline(always)]
unsafe fn consume(s: Regs, amount: u64) -> u64 {
    // SAFETY: the caller is a handler.
    unsafe {
        let thread = (*s.ctx).thread.as_ptr();
        match (*thread).fuel.checked_sub(amount) {
            Some(rest) => {
                (*thread).fuel = rest;
                s.next(2)
            }
            None => {
                (*thread).fuel_needed = amount;
                s.trap(Trap::AllFuelConsumed)
            }
        }
    }
}

handlers! {
    fn br [] (s) {
        s.branch()
    }

    /// Index in slot 8, number of targets before the default one at 12, then their offsets.
    fn br_table [A: Src] (s) {
        let i = A::get::<u32>(&s).min(s.field::<u32>(12));
        let offset = s.field::<i32>(16 + i as usize * 4);
        s.ip = s.ip.byte_offset(offset as isize);
        s.dispatch()
    }

    fn unreachable [] (s) {
        s.trap(Trap::Unreachable)
    }

    /// Uses up as much fuel as the field at 12 says.
    fn consume_fuel [] (s) {
        consume(s, u64::from(s.field::<u32>(12)))
    }

    /// Uses up fuel for a bulk operation of the length in slot 8: it takes time by its length, and must not be cheap.
    fn consume_fuel_by_length [] (s) {
        consume(s, s.slot(8).read() / LENGTH_PER_FUEL)
    }

    /// Traps if the run is to stop.
    fn check_interrupt [] (s) {
        if (*s.ctx).is_interrupted() {
            return s.trap(Trap::Interrupt);
        }
        s.next(2)
    }

    /// Counts a call; traps if it is one too many. Depth at most at 12.
    fn enter_depth [] (s) {
        let depth = &raw mut (*(*s.ctx).thread.as_ptr()).depth;
        if *depth >= s.field::<u32>(12) {
            return s.trap(Trap::CallStackExhausted);
        }
        *depth += 1;
        s.next(2)
    }

    /// Counts a call that ends.
    fn leave_depth [] (s) {
        (*(*s.ctx).thread.as_ptr()).depth -= 1;
        s.next(2)
    }
}
