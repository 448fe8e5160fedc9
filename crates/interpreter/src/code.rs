//! A module's internal code: words that handlers read, one cell per function.

use crate::catches::Catches;
use crate::exec::state::Handler;
use crate::lower::{Lowered, Lowering};
use std::error::Error;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use terrane_runtime::Layout;
use terrane_syntax::{FuncIdx, TypeIdx};
use terrane_validation::Context;

/// How code is compiled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CodeConfig {
    /// Count instructions against the fuel of the [`Thread`](crate::Thread) that runs them.
    pub consume_fuel: bool,
    /// Look at loops and function entries whether the run is to stop.
    pub interruptible: bool,
    /// Trap when calls nest deeper than that; `None` leaves the size of the stack as the only bound.
    pub max_call_depth: Option<u32>,
    /// Make every NaN that an operation gives the positive canonical one.
    pub canonicalize_nans: bool,
    /// Tell the [`Trace`](crate::Trace) of the [`Thread`](crate::Thread) that runs it what it does.
    pub tracing: bool,
}

/// Eight bytes of code: the address of a handler, or fields of its instruction.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) union Word {
    pub(crate) handler: Handler,
    pub(crate) raw: u64,
    pub(crate) cell: *const Cell,
}

/// What stands before the code of a function.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct Header {
    /// The bytes that its frame needs. So many, for a function that is not lowered yet, that no stack
    /// has room for it: the check for room is the check for that as well.
    pub(crate) frame: u32,
    /// The slot for the return address.
    pub(crate) link: u16,
    /// Where its results are when it returns.
    pub(crate) result: ResultPlace,
}

/// Where a function's results are when it returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum ResultPlace {
    /// In the first slots of its frame: none, or several.
    Slots,
    /// In `r0`.
    Int,
    /// In `s0`.
    F32,
    /// In `f0`.
    F64,
    /// In `v0`.
    V128,
}

/// The header of every function that is not lowered yet.
static LAZY: Header = Header { frame: u32::MAX, link: 0, result: ResultPlace::Slots };

/// Leads to the code of a function, or says that there is none yet.
#[repr(transparent)]
pub(crate) struct Cell(AtomicPtr<Header>);

impl Cell {
    fn lazy() -> Self {
        Self(AtomicPtr::new((&raw const LAZY).cast_mut()))
    }

    /// The header before the code.
    #[inline(always)]
    pub(crate) fn get(&self) -> *const Header {
        self.0.load(Ordering::Acquire)
    }

    /// Is there no code yet?
    pub(crate) fn is_lazy(&self) -> bool {
        std::ptr::eq(self.get(), &raw const LAZY)
    }
}

/// Lowers functions of one module when they are needed: when one is called that is not lowered yet, and
/// again when a backtrace wants byte offsets.
pub trait Compiler: Send + Sync {
    /// Feeds the function that the module defines at `i`, imports not counted, to `lowering`, which has
    /// been told to begin: locals, then every instruction.
    ///
    /// # Errors
    /// If the function turns out to be invalid: what the call of it then fails with.
    fn compile(
        &self,
        context: &Context,
        i: usize,
        lowering: &mut Lowering,
    ) -> Result<(), Box<dyn Error + Send + Sync>>;
}

/// A module's code, shared by its instances and by threads.
pub struct Code {
    context: Arc<Context>,
    config: CodeConfig,
    compiler: Box<dyn Compiler>,
    cells: Box<[Cell]>,
    /// By type: how its objects lie in memory, if it has any.
    layouts: Arc<[Option<Arc<Layout>>]>,
    arena: Mutex<Arena>,
}

impl Code {
    /// No code yet for any of the functions that the module defines.
    pub fn new(context: Arc<Context>, config: CodeConfig, compiler: Box<dyn Compiler>) -> Self {
        let defined = context.funcs().len() - context.imports().funcs;
        let cells = (0..defined).map(|_| Cell::lazy()).collect();
        let types = (0..context.types().len() as u32).filter_map(|x| context.types().get(TypeIdx(x)));
        let layouts = types.map(|info| Layout::of(info).map(Arc::new)).collect();
        Self { context, config, compiler, cells, layouts, arena: Mutex::default() }
    }

    /// What validation knows of the module.
    pub fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// How the code is compiled.
    pub fn config(&self) -> CodeConfig {
        self.config
    }

    /// What a function instance must have for its code: see [`FuncInst::code`](terrane_runtime::FuncInst).
    ///
    /// # Panics
    /// If the module defines no function at `i`.
    pub fn cell(&self, i: usize) -> *const () {
        (&raw const self.cells[i]).cast()
    }

    /// By type: how its objects lie in memory.
    pub(crate) fn layouts(&self) -> &Arc<[Option<Arc<Layout>>]> {
        &self.layouts
    }

    /// The address of the first cell; the others follow.
    pub(crate) fn cells(&self) -> *const Cell {
        self.cells.as_ptr()
    }

    /// The function that the module defines at `i`, by its index among all functions.
    pub(crate) fn defined_func(&self, i: usize) -> FuncIdx {
        FuncIdx((self.context.imports().funcs + i) as u32)
    }

    /// The function whose cell that is.
    pub(crate) fn index_of(&self, cell: *const Cell) -> Option<usize> {
        let offset = (cell as usize).checked_sub(self.cells.as_ptr() as usize)?;
        Some(offset / size_of::<Cell>()).filter(|i| *i < self.cells.len())
    }

    /// Makes a function callable that has been fed to `lowering`, up to its final `end`. Of several threads
    /// that do so, the first one wins.
    ///
    /// # Errors
    /// If the function has to be read a second time, for its many slots, and that fails.
    ///
    /// # Panics
    /// If the module defines no function at `i`.
    pub fn install(&self, i: usize, lowering: &mut Lowering) -> Result<(), Box<dyn Error + Send + Sync>> {
        if lowering.needs_far_slots() {
            lowering.begin_far(self, self.defined_func(i));
            self.compiler.compile(&self.context, i, lowering)?;
        }
        self.publish(i, &lowering.finish());
        Ok(())
    }

    fn publish(&self, i: usize, lowered: &Lowered<'_>) {
        let words = 1 + lowered.prologue.len() + lowered.body.len();
        let before_body = 1 + lowered.prologue.len() as u32;
        let catches = (!lowered.catches.is_empty()).then(|| Box::new(lowered.catches.shifted(before_body)));
        let at = self.arena.lock().unwrap_or_else(PoisonError::into_inner).reserve(words, i, catches);
        // SAFETY: the arena has reserved that many words for us alone.
        unsafe {
            at.cast::<Header>().write(lowered.header);
            let prologue = at.add(1);
            prologue.as_ptr().copy_from_nonoverlapping(lowered.prologue.as_ptr(), lowered.prologue.len());
            let body = prologue.add(lowered.prologue.len());
            body.as_ptr().copy_from_nonoverlapping(lowered.body.as_ptr(), lowered.body.len());
        }
        let lazy = (&raw const LAZY).cast_mut();
        let header = at.as_ptr().cast::<Header>();
        // Failure means that another thread was first; the words stay unused.
        let _ = self.cells[i].0.compare_exchange(lazy, header, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Is the function lowered?
    ///
    /// # Panics
    /// If the module defines no function at `i`.
    pub fn is_installed(&self, i: usize) -> bool {
        !self.cells[i].is_lazy()
    }

    /// Bytes of internal code so far.
    pub fn code_size(&self) -> usize {
        self.arena.lock().unwrap_or_else(PoisonError::into_inner).used * size_of::<Word>()
    }

    /// Lowers a function and makes it callable.
    pub(crate) fn compile(
        &self,
        i: usize,
        lowering: &mut Lowering,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        if !self.is_installed(i) {
            self.lower(i, lowering)?;
            self.install(i, lowering)?;
        }
        Ok(())
    }

    /// Lowers a function, without making it callable.
    pub(crate) fn lower(
        &self,
        i: usize,
        lowering: &mut Lowering,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        lowering.begin(self, self.defined_func(i));
        self.compiler.compile(&self.context, i, lowering)?;
        if lowering.needs_far_slots() {
            lowering.begin_far(self, self.defined_func(i));
            self.compiler.compile(&self.context, i, lowering)?;
        }
        Ok(())
    }

    /// The function in whose code `ip` is.
    pub(crate) fn place(&self, ip: *const Word) -> Option<Place> {
        self.arena.lock().unwrap_or_else(PoisonError::into_inner).place(ip)
    }
}

/// A place in the code of a function.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// The function, among those that the module defines.
    pub(crate) i: usize,
    pub(crate) header: *const Header,
    /// Words from the header.
    pub(crate) at: usize,
    /// What the function catches, if anything. It stays where it is as the code does.
    pub(crate) catches: Option<*const Catches>,
}

/// Words that never move once they are written.
///
/// Invariant *owned-chunks*: the words of every chunk came from `Box::leak` and are freed by `drop` alone; the
/// words before `free` in the last one, and all in the others, have been handed out, each once.
#[derive(Default)]
struct Arena {
    chunks: Vec<Chunk>,
    /// The chunks by their addresses.
    by_address: Vec<(usize, usize)>,
    free: usize,
    used: usize,
}

struct Chunk {
    words: NonNull<[MaybeUninit<Word>]>,
    /// The functions in it, in order.
    funcs: Vec<Function>,
}

/// A function whose code is in a chunk.
struct Function {
    /// Where its header is.
    at: usize,
    i: usize,
    catches: Option<Box<Catches>>,
}

// SAFETY: *owned-chunks*; code does not change once it is installed.
unsafe impl Send for Arena {}
// SAFETY: everything in a `Code` but the arena, which is behind a lock, and the cells, which are atomic,
// stays as it is; the code that cells lead to never changes.
unsafe impl Sync for Code {}
// SAFETY: it owns what it points to.
unsafe impl Send for Code {}

impl Arena {
    const MIN_CHUNK: usize = 1 << 9;
    const MAX_CHUNK: usize = 1 << 17;

    /// Room for the words of a function.
    fn reserve(&mut self, words: usize, i: usize, catches: Option<Box<Catches>>) -> NonNull<Word> {
        let room = self.chunks.last().map_or(0, |chunk| chunk.words.len() - self.free);
        if room < words {
            let next = self.chunks.last().map_or(Self::MIN_CHUNK, |chunk| chunk.words.len() * 2);
            self.add_chunk(next.min(Self::MAX_CHUNK).max(words));
        }
        let last = self.chunks.len() - 1;
        let chunk = &mut self.chunks[last];
        chunk.funcs.push(Function { at: self.free, i, catches });
        // SAFETY: there is room for `words` from `free` on.
        let at = unsafe { chunk.words.cast::<Word>().add(self.free) };
        self.free += words;
        self.used += words;
        at
    }

    fn add_chunk(&mut self, len: usize) {
        let words = NonNull::from(Box::leak(Box::new_uninit_slice(len)));
        let address = words.cast::<Word>().as_ptr() as usize;
        let after = self.by_address.partition_point(|(other, _)| *other < address);
        self.by_address.insert(after, (address, self.chunks.len()));
        self.chunks.push(Chunk { words, funcs: Vec::new() });
        self.free = 0;
    }

    /// The function in whose words `ip` is.
    fn place(&self, ip: *const Word) -> Option<Place> {
        let after = self.by_address.partition_point(|(address, _)| *address <= ip as usize);
        let (address, chunk) = *self.by_address.get(after.checked_sub(1)?)?;
        let chunk = &self.chunks[chunk];
        let at = (ip as usize - address) / size_of::<Word>();
        if at >= chunk.words.len() {
            return None;
        }
        let after = chunk.funcs.partition_point(|func| func.at <= at);
        let func = chunk.funcs.get(after.checked_sub(1)?)?;
        // SAFETY: inside the chunk.
        let header = unsafe { chunk.words.cast::<Header>().add(func.at) }.as_ptr();
        let catches = func.catches.as_deref().map(std::ptr::from_ref);
        Some(Place { i: func.i, header, at: at - func.at, catches })
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        for chunk in &self.chunks {
            // SAFETY: *owned-chunks*.
            drop(unsafe { Box::from_raw(chunk.words.as_ptr()) });
        }
    }
}
