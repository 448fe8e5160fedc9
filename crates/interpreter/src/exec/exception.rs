//! Throwing exceptions. All of it is cold: catching costs nothing until then, and is no instruction.

use super::state::{FAILED, handlers};
use crate::unwind::{Thrown, throw as throw_tag, throw_ref as throw_exn};
use terrane_runtime::Ref;

handlers! {
    /// Tag at 12; what the exception carries is in the slots from the one at 16 (32 bits) on.
    #[cold]
    #[inline(never)]
    fn throw [] (s) {
        (*s.ctx).regs = s;
        let payload = s.fp.add(s.field::<u32>(16) as usize);
        if throw_tag(s.ctx, s.field::<u32>(12) as usize, payload) == Thrown::Uncaught {
            return FAILED;
        }
        (*s.ctx).regs.dispatch()
    }

    /// The exception in slot 8.
    #[cold]
    #[inline(never)]
    fn throw_ref [] (s) {
        (*s.ctx).regs = s;
        if throw_exn(s.ctx, Ref(s.slot(8).read())) == Thrown::Uncaught {
            return FAILED;
        }
        (*s.ctx).regs.dispatch()
    }
}
