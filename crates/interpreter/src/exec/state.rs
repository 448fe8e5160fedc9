//! The machine: its registers, and how one handler goes on to the next.
//!
//! Invariant *code-valid*: `ip` points at an instruction that the lowering emitted (a handler's address
//! and the fields that this handler reads), and every branch in it leads to another. The lowering is the
//! only writer of code, and [`Code`](crate::Code) keeps it as long as an instance of its module lives.
//!
//! Invariant *frame-fits*: `fp` points at a frame of the running function inside the guest's stack, with
//! room for every slot that the function's code names. Calls check it against `stack_end`, once.
//!
//! Invariant *memory-bounds*: `mem .. mem + limits[k] + 2^k - 1` is readable and writable memory for every
//! access size `2^k`. [`Ctx::enter`] and [`Ctx::reload_memory`] are the only writers of `limits`.

use super::operand::Class;
use crate::code::Word;
use crate::ctx::Ctx;
use terrane_runtime::Trap;
use terrane_runtime::numerics::V128;

/// Calling convention of handlers: six integer arguments, the floats and the vector in registers on every platform.
#[cfg(target_arch = "x86_64")]
#[allow(improper_ctypes_definitions, reason = "handlers call each other only")]
pub(crate) type Handler =
    unsafe extern "sysv64" fn(*const Word, *mut u64, *mut u8, *mut Ctx, u64, u64, f64, f32, V128) -> u64;
/// Calling convention of handlers.
#[cfg(not(target_arch = "x86_64"))]
#[allow(improper_ctypes_definitions, reason = "handlers call each other only")]
pub(crate) type Handler =
    unsafe extern "C" fn(*const Word, *mut u64, *mut u8, *mut Ctx, u64, u64, f64, f32, V128) -> u64;

/// What a handler returns when the run is over: the results are in place.
pub(crate) const DONE: u64 = 0;
/// What a handler returns when the run is over: [`Ctx::failure`] says why.
pub(crate) const FAILED: u64 = 1;
/// What a handler returns to be called again with the state in [`Ctx`].
pub(crate) const CONTINUE: u64 = 2;
/// What a handler returns when the run is to go on later: [`Ctx::pause`] says where.
pub(crate) const SUSPENDED: u64 = 3;

/// Do handlers return to a loop instead of jumping to the next one? They do where tail calls are not sure to
/// become jumps: see `build.rs`. Debug assertions take the addresses of locals, which keeps a handler that has
/// such locals from ending in a jump.
pub(crate) const TRAMPOLINE: bool = cfg!(any(terrane_trampoline, debug_assertions));

/// Do at least those handlers return to the loop that compute vectors or work on arrays? See `build.rs`.
const VECTOR_TRAMPOLINE: bool = TRAMPOLINE || cfg!(terrane_vector_trampoline);

/// The machine's registers: a handler's arguments, by name.
#[derive(Clone, Copy)]
pub(crate) struct Regs {
    /// The instruction being executed.
    pub(crate) ip: *const Word,
    /// The frame of the running function.
    pub(crate) fp: *mut u64,
    /// The base of memory 0.
    pub(crate) mem: *mut u8,
    /// Everything else.
    pub(crate) ctx: *mut Ctx,
    /// Integers and references.
    pub(crate) r0: u64,
    /// Spare; the code of a trap on its way.
    pub(crate) r1: u64,
    /// `f64`s.
    pub(crate) f0: f64,
    /// `f32`s.
    pub(crate) s0: f32,
    /// Vectors.
    pub(crate) v0: V128,
}

impl Regs {
    /// At an instruction in a frame, the accumulators empty.
    pub(crate) const fn new(ip: *const Word, fp: *mut u64, mem: *mut u8, ctx: *mut Ctx) -> Self {
        Self { ip, fp, mem, ctx, r0: 0, r1: 0, f0: 0.0, s0: 0.0, v0: V128::ZERO }
    }
}

/// Defines handlers. Each is generic over what is in brackets, and its body works on the registers.
macro_rules! handlers {
    ($($(#[$attr:meta])* fn $name:ident [$($generics:tt)*] ($s:ident) $body:block)*) => { $(
        $(#[$attr])*
        #[allow(improper_ctypes_definitions, reason = "handlers call each other only")]
        #[cfg(target_arch = "x86_64")]
        pub(crate) unsafe extern "sysv64" fn $name<$($generics)*>(
            ip: *const $crate::code::Word, fp: *mut u64, mem: *mut u8, ctx: *mut $crate::ctx::Ctx,
            r0: u64, r1: u64, f0: f64, s0: f32, v0: terrane_runtime::numerics::V128,
        ) -> u64 {
            #[allow(unused_mut)]
            let mut $s = $crate::exec::state::Regs { ip, fp, mem, ctx, r0, r1, f0, s0, v0 };
            // SAFETY: *code-valid*, *frame-fits* and *memory-bounds*, which every handler preserves.
            unsafe { $body }
        }

        $(#[$attr])*
        #[allow(improper_ctypes_definitions, reason = "handlers call each other only")]
        #[cfg(not(target_arch = "x86_64"))]
        pub(crate) unsafe extern "C" fn $name<$($generics)*>(
            ip: *const $crate::code::Word, fp: *mut u64, mem: *mut u8, ctx: *mut $crate::ctx::Ctx,
            r0: u64, r1: u64, f0: f64, s0: f32, v0: terrane_runtime::numerics::V128,
        ) -> u64 {
            #[allow(unused_mut)]
            let mut $s = $crate::exec::state::Regs { ip, fp, mem, ctx, r0, r1, f0, s0, v0 };
            // SAFETY: *code-valid*, *frame-fits* and *memory-bounds*, which every handler preserves.
            unsafe { $body }
        }
    )* };
}
pub(crate) use handlers;

/// All of these rest on the invariants of this module: the caller is a handler, and names fields that its
/// instruction has.
impl Regs {
    /// A field of the running instruction, at a byte offset from its start.
    #[inline(always)]
    pub(crate) unsafe fn field<F: Copy>(&self, at: usize) -> F {
        // Not by `read_unaligned`: with debug assertions on it takes the address of a local, and a handler with
        // such a local cannot end in a jump. Fields are aligned in any case.
        // SAFETY: *code-valid*.
        unsafe { *self.ip.cast::<u8>().add(at).cast::<F>() }
    }

    /// The slot whose number is the field at `at`.
    #[inline(always)]
    pub(crate) unsafe fn slot(&self, at: usize) -> *mut u64 {
        // SAFETY: *code-valid*, *frame-fits*.
        unsafe {
            let slot = self.fp.add(usize::from(self.field::<u16>(at)));
            debug_assert!(slot < (*self.ctx).stack_end, "frame-fits");
            slot
        }
    }

    /// Goes on after an instruction of `words` words.
    #[inline(always)]
    pub(crate) unsafe fn next(mut self, words: usize) -> u64 {
        // SAFETY: *code-valid*.
        unsafe {
            self.ip = self.ip.add(words);
            self.dispatch()
        }
    }

    /// Goes on after an instruction of `words` words that computes vectors, or works on an array: whose handler needs
    /// more of the optimiser to end in a jump.
    #[inline(always)]
    pub(crate) unsafe fn next_vector(mut self, words: usize) -> u64 {
        // SAFETY: *code-valid*.
        unsafe {
            if VECTOR_TRAMPOLINE {
                self.ip = self.ip.add(words);
                (*self.ctx).regs = self;
                return CONTINUE;
            }
            self.next(words)
        }
    }

    /// Goes on after an instruction of `words` words whose operands or result are of these classes.
    #[inline(always)]
    pub(crate) unsafe fn next_of(self, words: usize, classes: [Class; 2]) -> u64 {
        // SAFETY: *code-valid*.
        unsafe {
            if matches!(classes, [Class::V128, _] | [_, Class::V128]) {
                self.next_vector(words)
            } else {
                self.next(words)
            }
        }
    }

    /// Goes on after a branch of `words` words that is not taken.
    #[inline(always)]
    pub(crate) unsafe fn fall_through(mut self, words: usize) -> u64 {
        // SAFETY: *code-valid*.
        unsafe {
            self.ip = self.ip.add(words);
            if TRAMPOLINE {
                return self.dispatch();
            }
            let handler = super::opaque((*self.ip).cell.cast::<()>());
            self.tail(std::mem::transmute::<*const (), Handler>(handler))
        }
    }

    /// Goes on at the target of the running branch.
    #[inline(always)]
    pub(crate) unsafe fn branch(mut self) -> u64 {
        // SAFETY: *code-valid*.
        unsafe {
            self.ip = super::opaque(self.ip.byte_offset(self.field::<i32>(12) as isize));
            self.dispatch()
        }
    }

    /// Goes on at `ip`.
    #[inline(always)]
    pub(crate) unsafe fn dispatch(self) -> u64 {
        // SAFETY: *code-valid*; `ctx` is the run's.
        unsafe {
            if TRAMPOLINE {
                (*self.ctx).regs = self;
                return CONTINUE;
            }
            self.tail((*self.ip).handler)
        }
    }

    /// Goes on in another handler.
    #[inline(always)]
    pub(crate) unsafe fn tail(self, handler: Handler) -> u64 {
        // SAFETY: the caller's.
        unsafe { handler(self.ip, self.fp, self.mem, self.ctx, self.r0, self.r1, self.f0, self.s0, self.v0) }
    }

    /// Ends the run with a trap at the running instruction.
    #[inline(always)]
    pub(crate) unsafe fn trap(mut self, trap: Trap) -> u64 {
        self.r1 = u64::from(trap.code());
        // SAFETY: the caller's.
        unsafe { self.tail(raise) }
    }
}

handlers! {
    /// Ends the run with the trap whose code is in `r1`.
    #[cold]
    #[inline(never)]
    fn raise [] (s) {
        let trap = Trap::from_code(s.r1 as u8).unwrap_or(Trap::Unreachable);
        (*s.ctx).regs = s;
        s.r1 = (*s.ctx).stop(trap);
        if s.r1 == CONTINUE {
            // Whoever was asked may have made memory grow.
            s.mem = (*s.ctx).regs.mem;
            return s.dispatch();
        }
        // Hidden from the optimiser, which would have handlers return it themselves instead of jumping here.
        std::hint::black_box(s.r1)
    }
}
