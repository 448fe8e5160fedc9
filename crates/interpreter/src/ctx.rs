//! The context of a run: what handlers need beside the machine's registers.

use crate::code::{Cell, Code, Word};
use crate::exec::state::{CONTINUE, FAILED, Handler, Regs, SUSPENDED};
use crate::frames::Frames;
use crate::thread::{AtDeadline, Thread};
use crate::trace::{self, Traced};
use std::error::Error;
use std::ptr::{NonNull, null, null_mut};
use std::time::Duration;
use terrane_runtime::{
    AtomicNum, FuncInst, GlobalInst, HostOutcome, MemInst, ModuleInst, Ref, Store, TableInst, Trap,
};

/// Why a run ended before its time.
pub(crate) enum Failure {
    /// The guest trapped.
    Trap(Trap),
    /// Nobody caught an exception.
    Exception(Ref),
    /// A function of the host failed, or one of the guest could not be compiled.
    Host(Box<dyn Error + Send + Sync>),
}

/// Why a run has stopped that can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspension {
    /// A function of the host is not done yet.
    Host,
    /// All fuel is used up: the run goes on if there is some.
    Fuel,
    /// It is somebody else's turn: see [`Thread::set_fuel_interval`] and [`Thread::set_deadline_interval`].
    Yield,
}

/// What there is to know of a run that can stop half-way.
pub(crate) struct Pause {
    /// Can it?
    pub(crate) allowed: bool,
    /// Also for want of fuel?
    pub(crate) without_fuel: bool,
    /// Why it has stopped.
    pub(crate) why: Suspension,
    /// The handler to go on in, with the registers as they are; if it is not the running instruction's.
    pub(crate) handler: Option<Handler>,
    /// The end of what is in use on the stack.
    pub(crate) end: *mut u64,
    /// The function of the host that is not done yet, and its slots.
    pub(crate) host: Option<(NonNull<FuncInst>, *mut u64)>,
    /// How that function has ended since.
    pub(crate) outcome: Option<HostOutcome>,
}

impl Pause {
    const NEVER: Self = Self {
        allowed: false,
        without_fuel: false,
        why: Suspension::Host,
        handler: None,
        end: null_mut(),
        host: None,
        outcome: None,
    };
}

/// What a call into another instance goes back to.
#[derive(Clone, Copy)]
pub(crate) struct Saved {
    pub(crate) ip: *const Word,
    pub(crate) fp: *mut u64,
    pub(crate) instance: *const ModuleInst,
}

/// The context of one run. What is used most comes first.
#[repr(C)]
pub(crate) struct Ctx {
    /// The end of the guest's stack.
    pub(crate) stack_end: *mut u64,
    /// For accesses of `2^k` bytes to memory 0: the first address that does not fit.
    pub(crate) limits: [u64; 5],
    /// The globals of the running instance.
    pub(crate) globals: *const NonNull<GlobalInst>,
    tables: *const NonNull<TableInst>,
    funcs: *const NonNull<FuncInst>,
    mems: *const NonNull<MemInst>,
    /// The running instance.
    pub(crate) instance: *const ModuleInst,
    mem0: *const MemInst,
    pub(crate) thread: NonNull<Thread>,
    pub(crate) store: NonNull<Store>,
    saved: Vec<Saved>,
    /// The registers when the machine stopped, or when it last called the host.
    pub(crate) regs: Regs,
    failure: Option<Failure>,
    pub(crate) pause: Pause,
    /// The functions under way, where that is traced.
    pub(crate) traced: Vec<Traced>,
    /// The run that called the host that made this one.
    pub(crate) parent: *const Ctx,
}

impl Ctx {
    /// The context of a run that has not begun.
    ///
    /// # Safety
    /// `store` and `thread` stay valid, and used by this run alone, for as long as it lasts.
    pub(crate) unsafe fn new(store: NonNull<Store>, thread: NonNull<Thread>) -> Self {
        // SAFETY: the caller's.
        let (stack_end, parent) = unsafe { (thread.as_ref().end, thread.as_ref().current) };
        Self {
            stack_end,
            limits: [0; 5],
            globals: null(),
            tables: null(),
            funcs: null(),
            mems: null(),
            instance: null(),
            mem0: null(),
            thread,
            store,
            saved: Vec::new(),
            regs: Regs::new(null(), null_mut(), null_mut(), null_mut()),
            failure: None,
            pause: Pause::NEVER,
            traced: Vec::new(),
            parent,
        }
    }

    /// Makes `instance` the running one; the base of its memory 0.
    pub(crate) fn enter(&mut self, instance: *const ModuleInst) -> *mut u8 {
        self.instance = instance;
        // SAFETY: instances live as long as the store.
        let inst = unsafe { &*instance };
        self.globals = inst.globals.as_ptr();
        self.tables = inst.tables.as_ptr();
        self.funcs = inst.funcs.as_ptr();
        self.mems = inst.mems.as_ptr();
        self.mem0 = inst.mems.first().map_or(null(), |mem| mem.as_ptr());
        self.reload_memory()
    }

    /// Looks again how large memory 0 is; its base.
    #[inline]
    pub(crate) fn reload_memory(&mut self) -> *mut u8 {
        // SAFETY: memories live as long as the store.
        let Some(mem) = (unsafe { self.mem0.as_ref() }) else {
            self.limits = [0; 5];
            return null_mut();
        };
        let len = mem.len() as u64;
        // Not by `map`, which is not always taken apart: a handler with an array of its own cannot end in a jump.
        let limit = |log2: u32| len.saturating_sub((1 << log2) - 1);
        self.limits = [limit(0), limit(1), limit(2), limit(3), limit(4)];
        mem.base()
    }

    /// A memory of the running instance.
    ///
    /// # Safety
    /// It has one at that index.
    #[inline(always)]
    pub(crate) unsafe fn mem(&self, i: u32) -> NonNull<MemInst> {
        // SAFETY: the caller's.
        unsafe { *self.mems.add(i as usize) }
    }

    /// `memory.atomic.waitN` on a memory of the running instance; its result [`packed`].
    ///
    /// # Safety
    /// It has one at that index.
    #[inline(never)]
    pub(crate) unsafe fn wait<T: AtomicNum>(&mut self, i: u32, at: u64, expected: T, timeout: i64) -> u64 {
        // SAFETY: the caller's; the thread outlives the run.
        let (mem, thread) = unsafe { (self.mem(i).as_ref(), self.thread.as_ref()) };
        let timeout = u64::try_from(timeout).ok().map(Duration::from_nanos);
        let (interrupt, shared) = (thread.interrupt_handle(), thread.shared.clone());
        let _watch = shared.epoch.watch(&interrupt.sleeper);
        let outcome = mem.wait(at, expected, timeout, &interrupt.sleeper, || self.is_interrupted());
        packed(outcome.map(|outcome| outcome as u32))
    }

    /// `memory.atomic.notify` on a memory of the running instance; its result [`packed`].
    ///
    /// # Safety
    /// It has one at that index.
    #[inline(never)]
    pub(crate) unsafe fn notify(&mut self, i: u32, at: u64, count: u32) -> u64 {
        // SAFETY: the caller's.
        packed(unsafe { self.mem(i).as_ref() }.notify(at, count))
    }

    /// A table of the running instance.
    ///
    /// # Safety
    /// It has one at that index.
    #[inline(always)]
    pub(crate) unsafe fn table(&self, i: u32) -> NonNull<TableInst> {
        // SAFETY: the caller's.
        unsafe { *self.tables.add(i as usize) }
    }

    /// A function of the running instance.
    ///
    /// # Safety
    /// It has one at that index.
    #[inline(always)]
    pub(crate) unsafe fn func(&self, i: u32) -> NonNull<FuncInst> {
        // SAFETY: the caller's.
        unsafe { *self.funcs.add(i as usize) }
    }

    /// Remembers what a call into another instance goes back to.
    pub(crate) fn save(&mut self, saved: Saved) {
        self.saved.push(saved);
    }

    /// What the innermost call into another instance goes back to.
    pub(crate) fn leave(&mut self) -> Saved {
        self.saved.pop().expect("a frame that returns to another instance was called from one")
    }

    /// Forgets the innermost calls into other instances: all but `n`.
    pub(crate) fn leave_to(&mut self, n: usize) {
        self.saved.truncate(n);
    }

    /// The calls into other instances that have not returned, innermost last.
    pub(crate) fn saved(&self) -> &[Saved] {
        &self.saved
    }

    /// Records why the run ends, and where.
    #[cold]
    pub(crate) fn fail(&mut self, regs: Regs, failure: Failure) {
        self.regs = regs;
        self.failure = Some(failure);
    }

    /// What becomes of a run that would trap at the running instruction, the registers in `regs`: it fails, or is
    /// suspended, or goes on after all.
    #[cold]
    pub(crate) fn stop(&mut self, trap: Trap) -> u64 {
        // SAFETY: the thread outlives the run.
        let thread = unsafe { self.thread.as_mut() };
        let yields = match trap {
            Trap::AllFuelConsumed => thread.refuel(),
            Trap::Interrupt if thread.take_interrupt() => false,
            Trap::Interrupt if thread.shared.epoch.now() < thread.deadline => return CONTINUE,
            Trap::Interrupt if thread.on_deadline.is_some() => match self.ask_at_deadline() {
                Ok(AtDeadline::Interrupt) => false,
                Ok(AtDeadline::Continue(_)) => return CONTINUE,
                Ok(AtDeadline::Yield(_)) => self.pause.allowed,
                Err(error) => {
                    self.failure = Some(Failure::Host(error));
                    return FAILED;
                }
            },
            Trap::Interrupt => self.pause.allowed && thread.extend_deadline(),
            _ => false,
        };
        match (trap, yields) {
            (_, true) if !self.pause.allowed => return CONTINUE,
            (_, true) => self.pause.why = Suspension::Yield,
            (Trap::AllFuelConsumed, false) if self.pause.without_fuel => self.pause.why = Suspension::Fuel,
            _ => {
                self.failure = Some(Failure::Trap(trap));
                return FAILED;
            }
        }
        self.pause.end = Frames::innermost(self).end();
        SUSPENDED
    }

    /// Asks who is to be asked at the deadline, and moves that. As a function of the host, whoever it is may do anything.
    fn ask_at_deadline(&mut self) -> Result<AtDeadline, Box<dyn Error + Send + Sync>> {
        let end = Frames::innermost(self).end();
        // SAFETY: the thread outlives the run, whose innermost frame is inside the stack.
        let ask = unsafe {
            self.park(end);
            let thread = self.thread.as_mut();
            thread.top = end;
            thread.on_deadline.take()
        };
        let Some(mut ask) = ask else { return Ok(AtDeadline::Interrupt) };
        let answer = ask();
        // SAFETY: as above.
        let thread = unsafe { self.thread.as_mut() };
        thread.on_deadline.get_or_insert(ask);
        if let Ok(AtDeadline::Continue(ticks) | AtDeadline::Yield(ticks)) = answer {
            // Not now: the run looks again before it goes on.
            thread.deadline = thread.shared.epoch.now().saturating_add(ticks.max(1));
        }
        // Memories may have grown since.
        self.regs.mem = self.enter(self.instance);
        answer
    }

    /// Makes the run ready to go on, with how the function of the host has ended for which it waited; in which handler,
    /// if it is not the running instruction's.
    pub(crate) fn unpause(&mut self, outcome: Option<HostOutcome>) -> Option<Handler> {
        self.pause.outcome = outcome;
        self.pause.host = None;
        // Memories may have grown since.
        self.regs.mem = self.enter(self.instance);
        self.pause.handler.take()
    }

    /// Tells the store that the frames reach up to `end`, for a collection that may come.
    ///
    /// # Safety
    /// `end` is in the thread's stack.
    pub(crate) unsafe fn park(&mut self, end: *const u64) {
        // SAFETY: the caller's; the stack is there as long as the run, at whose end the store forgets it.
        unsafe {
            let base = self.thread.as_ref().base.cast_const();
            let len = end.offset_from(base) as usize;
            self.store.as_mut().park(std::ptr::slice_from_raw_parts(base, len));
        }
    }

    /// Did the limiter fail when it was asked to let something grow? Then so does the run.
    #[inline(never)]
    pub(crate) fn is_refused(&mut self) -> bool {
        // SAFETY: the store outlives the run.
        let refusal = unsafe { self.store.as_mut() }.take_refusal();
        if let Some(error) = refusal {
            self.failure = Some(Failure::Host(error));
        }
        self.failure.is_some()
    }

    /// Has the run failed?
    pub(crate) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Why the run ended.
    pub(crate) fn take_failure(&mut self) -> Failure {
        let failure = self.failure.take().unwrap_or(Failure::Trap(Trap::Unreachable));
        trace::failed(self, &failure);
        failure
    }

    /// Is the run to stop?
    pub(crate) fn is_interrupted(&self) -> bool {
        // SAFETY: the thread outlives the run.
        let thread = unsafe { self.thread.as_ref() };
        thread.is_interrupted() || thread.shared.epoch.now() >= thread.deadline
    }

    /// Lowers the function of the running instance whose cell that is; `false`, and the failure is
    /// recorded, if that is not possible.
    pub(crate) fn compile(&mut self, cell: *const Cell) -> bool {
        self.compile_in(self.instance, cell)
    }

    /// The same for a function of another instance.
    pub(crate) fn compile_in(&mut self, instance: *const ModuleInst, cell: *const Cell) -> bool {
        // SAFETY: instances and the thread outlive the run.
        let (code, thread) = unsafe { (code_of(&*instance), self.thread.as_mut()) };
        let i = code.index_of(cell).expect("a cell of this instance's code");
        match code.compile(i, thread.lowering.get_or_insert_default()) {
            Ok(()) => true,
            Err(error) => {
                self.failure = Some(Failure::Host(error));
                false
            }
        }
    }
}

/// The code of an instance.
pub(crate) fn code_of(instance: &ModuleInst) -> &Code {
    instance.code.downcast_ref().expect("instances are made with the interpreter's code")
}

/// A result or a trap in one register: a handler that has the address of a result taken does not end in a jump.
fn packed(result: Result<u32, Trap>) -> u64 {
    result.map_or_else(|trap| 1 << 32 | u64::from(trap.code()), u64::from)
}

/// The result or the trap that was [`packed`].
#[inline(always)]
pub(crate) fn unpacked(bits: u64) -> Result<u64, Trap> {
    if bits >> 32 == 0 { Ok(bits) } else { Err(Trap::from_code(bits as u8).unwrap_or(Trap::Unreachable)) }
}
