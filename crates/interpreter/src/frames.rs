//! Walking the frames of a run, from the innermost outwards.

use crate::code::{Place, Word};
use crate::ctx::{Ctx, code_of};
use crate::exec::call::{CROSS, HALT, frame_offset, ret_of};
use terrane_runtime::ModuleInst;

/// A frame of a run, and where its function is.
pub(crate) struct Frames<'c> {
    ctx: &'c Ctx,
    /// In the instruction that the function is at.
    ip: *const Word,
    pub(crate) fp: *mut u64,
    pub(crate) instance: *const ModuleInst,
    /// How many calls from another instance are below the frame.
    pub(crate) crossings: usize,
}

impl<'c> Frames<'c> {
    /// The innermost frame of a run whose machine has stopped.
    pub(crate) fn innermost(ctx: &'c Ctx) -> Self {
        let (ip, fp) = (ctx.regs.ip, ctx.regs.fp);
        Self { ctx, ip, fp, instance: ctx.instance, crossings: ctx.saved().len() }
    }

    /// The function of the frame; `None` if the frame is none of a function's.
    pub(crate) fn place(&self) -> Option<Place> {
        // SAFETY: instances outlive the run.
        code_of(unsafe { &*self.instance }).place(self.ip)
    }

    /// The end of the frame.
    pub(crate) fn end(&self) -> *mut u64 {
        let words = self.place().map_or(0, |place| {
            // SAFETY: *code-valid*: functions have headers.
            unsafe { (*place.header).frame as usize / 8 }
        });
        // By address: the frame of a function that is about to be entered is all inside the stack.
        self.fp.wrapping_add(words)
    }

    /// Goes on to the caller of a function whose return address is in slot `link`; whether it is of this run.
    ///
    /// # Safety
    /// The frame is one of the machine's, and `link` the slot of its return address.
    pub(crate) unsafe fn caller(&mut self, link: u16) -> bool {
        // SAFETY: the caller's; return addresses are the machine's.
        unsafe {
            let mut ret = ret_of(*self.fp.add(usize::from(link)));
            if ret == CROSS.ret() {
                let Some(below) = self.crossings.checked_sub(1) else { return false };
                let saved = self.ctx.saved()[below];
                (ret, self.fp, self.instance, self.crossings) = (saved.ip, saved.fp, saved.instance, below);
            } else {
                self.fp = self.fp.byte_sub(frame_offset(ret));
            }
            self.ip = ret.sub(1);
            ret != HALT.ret()
        }
    }
}
