//! Where a guest was when something happened.

use crate::code::Code;
use crate::ctx::Ctx;
use crate::frames::Frames;
use crate::lower::Lowering;
use crate::thread::Thread;
use std::fmt;
use std::sync::Arc;
use terrane_syntax::{FuncIdx, Module};

/// The guest's functions that were under way, innermost first.
#[derive(Clone, Debug, Default)]
pub struct Backtrace {
    frames: Vec<Frame>,
}

/// How many frames a backtrace has at most: the innermost.
const MAX_FRAMES: usize = 64;

/// A function that was under way.
#[derive(Clone)]
pub struct Frame {
    module: Arc<Module>,
    code: Arc<Code>,
    i: usize,
    /// Words of code before the place.
    at: usize,
}

impl Backtrace {
    /// The frames, innermost first; at most 64.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// Walks the frames of a run that has stopped, and of those it is nested in.
    pub(crate) fn of(ctx: *const Ctx) -> Self {
        let mut frames = Vec::new();
        let mut ctx = ctx;
        while !ctx.is_null() {
            // SAFETY: a run's context lives until it is over, and so do those it is nested in.
            unsafe {
                walk(&*ctx, &mut frames);
                ctx = (*ctx).parent;
            }
        }
        Self { frames }
    }
}

impl Thread {
    /// The functions that are under way, if the host has been called by one.
    pub fn backtrace(&self) -> Backtrace {
        Backtrace::of(self.current)
    }
}

/// Appends the frames of one run.
///
/// # Safety
/// The run's registers are those of a stopped machine.
unsafe fn walk(ctx: &Ctx, all: &mut Vec<Frame>) {
    let mut frames = Frames::innermost(ctx);
    while all.len() < MAX_FRAMES {
        let Some(place) = frames.place() else { return };
        // SAFETY: instances outlive the run; frames are the machine's.
        unsafe {
            let instance = &*frames.instance;
            let code = instance.code.clone().downcast().expect("the interpreter's");
            all.push(Frame { module: instance.module.clone(), code, i: place.i, at: place.at });
            if !frames.caller((*place.header).link) {
                return;
            }
        }
    }
}

impl Frame {
    /// The function's index in its module.
    pub fn func(&self) -> FuncIdx {
        self.code.defined_func(self.i)
    }

    /// The module it is a function of.
    pub fn module(&self) -> &Arc<Module> {
        &self.module
    }

    /// The code it is a function of.
    pub fn code(&self) -> &Arc<Code> {
        &self.code
    }

    /// Where it was: bytes from the start of the module. Found by lowering the function again.
    pub fn offset(&self) -> Option<usize> {
        let mut lowering = Lowering::recording();
        self.code.lower(self.i, &mut lowering).ok()?;
        lowering.offset_of(self.at.checked_sub(1)?)
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame").field("func", &self.func()).field("offset", &self.offset()).finish()
    }
}
