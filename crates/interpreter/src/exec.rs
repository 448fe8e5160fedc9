//! Execution: the handlers, which are the instructions of the machine.
//!
//! A handler does one instruction and goes on in the next by a jump. See `state` for the machine and its
//! invariants, `operand` for what the handlers are generic over.

pub(crate) mod aggregate;
pub(crate) mod atomic;
pub(crate) mod call;
pub(crate) mod control;
pub(crate) mod exception;
pub(crate) mod memory;
pub(crate) mod numeric;
pub(crate) mod operand;
pub(crate) mod ops;
pub(crate) mod parametric;
pub(crate) mod reference;
pub(crate) mod state;
pub(crate) mod table;
pub(crate) mod trace;
pub(crate) mod variable;
pub(crate) mod vector;
pub(crate) mod vector_ops;

/// The same pointer, of which the compiler no longer knows where it came from: so it neither merges the two
/// ways out of a conditional branch into one jump, which the processor would predict less well, nor keeps
/// a second pointer alive from which this one could be computed again.
#[inline(always)]
#[allow(clippy::pointers_in_nomem_asm_block, reason = "the pointer is only passed through")]
pub(crate) fn opaque<T>(mut pointer: *const T) -> *const T {
    #[cfg(all(not(miri), any(target_arch = "x86_64", target_arch = "aarch64")))]
    // SAFETY: an empty template changes nothing.
    unsafe {
        core::arch::asm!("/* {0} */", inout(reg) pointer, options(pure, nomem, nostack, preserves_flags));
    }
    pointer
}
