//! Where a guest was when something happened.

use crate::code::{Code, Header, Word};
use crate::ctx::Ctx;
use crate::exec::call::{CROSS, HALT, frame_offset, ret_of};
use crate::lower::Lowering;
use std::fmt;
use std::ptr::null;
use std::sync::Arc;
use terrane_runtime::ModuleInst;
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

/// Appends the frames of one run.
///
/// # Safety
/// The run's registers are those of a stopped machine.
unsafe fn walk(ctx: &Ctx, frames: &mut Vec<Frame>) {
    let (mut ip, mut fp, mut instance) = (ctx.regs.ip, ctx.regs.fp, ctx.instance);
    let mut saved = ctx.saved().iter().rev();
    let mut index = Index::default();
    while frames.len() < MAX_FRAMES {
        // SAFETY: instances outlive the run; return addresses and frames are the machine's.
        unsafe {
            let Some((i, header)) = index.find(&*instance, ip) else { return };
            let at = ip.offset_from(header.cast()) as usize;
            frames.push(Frame { module: (*instance).module.clone(), code: index.code(), i, at });
            let ret = ret_of(*fp.add(usize::from((*header).link)));
            if ret == HALT.ret() {
                return;
            }
            if ret == CROSS.ret() {
                let Some(from) = saved.next() else { return };
                (ip, fp, instance) = (from.ip.sub(1), from.fp, from.instance);
            } else {
                (ip, fp) = (ret.sub(1), fp.byte_sub(frame_offset(ret)));
            }
        }
    }
}

/// Finds functions by the addresses of their code, in one instance at a time.
struct Index {
    instance: *const ModuleInst,
    code: Option<Arc<Code>>,
    funcs: Vec<(*const Header, usize)>,
}

impl Default for Index {
    fn default() -> Self {
        Self { instance: null(), code: None, funcs: Vec::new() }
    }
}

impl Index {
    fn find(&mut self, instance: &ModuleInst, ip: *const Word) -> Option<(usize, *const Header)> {
        if !std::ptr::eq(self.instance, instance) {
            self.instance = instance;
            self.code = instance.code.clone().downcast().ok();
            self.funcs = self.code.as_ref()?.by_address();
        }
        let after = self.funcs.partition_point(|(header, _)| header.cast() < ip);
        let (header, i) = *self.funcs.get(after.checked_sub(1)?)?;
        Some((i, header))
    }

    fn code(&self) -> Arc<Code> {
        self.code.clone().expect("`find` came first")
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
