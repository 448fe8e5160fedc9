//! Lowering: from a function's instructions to internal code, in one pass.
//!
//! The operand stack exists only here. An operand that is pushed is a description of where the value is; an
//! instruction is emitted when operands are used, in the form that their descriptions call for. `operand`
//! has the stack and its rules, `emit` the code under construction, the other files what each group of
//! instructions becomes.

mod aggregate;
mod atomic;
mod call;
mod control;
mod emit;
mod exception;
mod memory;
mod numeric;
mod operand;
mod parametric;
mod reference;
mod table;
mod trace;
mod variable;
mod vector;
mod visit;

use crate::catches::Catches;
use crate::code::{Code, CodeConfig, Header, ResultPlace, Word};
use crate::exec::operand::Class;
use control::{Ctrl, Structure};
use emit::{Fixup, Last};
use operand::Entry;
use std::sync::Arc;
use terrane_runtime::Layout;
use terrane_syntax::FuncIdx;
use terrane_syntax::types::ValType;

pub use visit::{Trusted, Visitor};

/// No position, no slot, no entry.
const NONE: u32 = u32::MAX;

/// The first slots after the return address, in functions that have slots whose numbers need more than
/// 16 bits: operands are moved there, two slots for each, and results on their way elsewhere to the last.
const SCRATCH: u32 = 8;

/// Lowers functions, one at a time; keeps its allocations from one to the next.
///
/// For each function: [`begin`](Self::begin), [`locals`](Self::locals) for every group of them,
/// a [`visitor`](Self::visitor) for the instructions, and then [`Code::install`].
#[derive(Default)]
pub struct Lowering {
    config: CodeConfig,
    /// The address of the module's cells.
    cells: u64,
    /// The module's layouts of objects.
    layouts: Arc<[Option<Arc<Layout>>]>,
    func: FuncIdx,
    /// Are slots beyond 16 bits provided for? If not and there is one, `overflow` says so.
    far: bool,
    overflow: bool,

    // The frame.
    /// The slot for the return address, behind the parameters.
    link: u32,
    locals: Vec<Local>,
    /// The first slot behind the locals.
    temps: u32,
    frame: u32,

    // The symbolic stack.
    stack: Vec<Entry>,
    /// All entries below are in their slots.
    settled: usize,
    /// The entry whose value is only in the accumulator, by class.
    acc: [u32; Class::COUNT],
    /// The slot whose value the accumulator has as well, by class.
    mirror: [u32; Class::COUNT],

    // The code.
    code: Vec<Word>,
    prologue: Vec<Word>,
    fixups: Vec<Fixup>,
    catches: Catches,
    /// Where the straight-line code that ends here begins.
    region: u32,
    last: Last,
    last_copy: u32,
    /// The last addition of a constant to a local in place.
    last_step: emit::Step,
    /// The last two additions of constants that write a slot.
    adds: [u32; 2],
    fuel_site: u32,
    fuel: u32,

    /// The byte offset of the first instruction, where that is traced.
    first_offset: Option<u32>,

    // Control.
    ctrls: Vec<Ctrl>,
    unreachable: bool,
    /// How many blocks in unreachable code are open.
    skipped: u32,
    /// Locals that became surely written, in order, to be undone at the ends of blocks.
    written: Vec<u32>,
    /// How many `br_table`s there were.
    tables: u32,
    func_sig: control::Sig,

    /// Positions in the code and the byte offsets of the instructions that begin there.
    offsets: Option<Vec<(u32, usize)>>,
}

/// A local variable.
struct Local {
    class: Class,
    slot: u32,
    /// The top entry of the stack that stands for this local and has not been read yet.
    pending: u32,
    /// The position of the last instruction that read or wrote it.
    accessed: u32,
    /// Is it surely written here?
    written: bool,
    /// Was it read where it was not surely written?
    needs_zero: bool,
}

/// A function's internal code, to be copied to where it stays.
pub(crate) struct Lowered<'a> {
    pub(crate) header: Header,
    pub(crate) prologue: &'a [Word],
    pub(crate) body: &'a [Word],
    /// Its positions are from the start of the body.
    pub(crate) catches: &'a Catches,
}

/// The register class of a type.
fn class(t: ValType) -> Class {
    match t {
        ValType::I32 | ValType::I64 | ValType::Ref(_) => Class::Int,
        ValType::F32 => Class::F32,
        ValType::F64 => Class::F64,
        ValType::V128 => Class::V128,
    }
}

/// How many slots values of these types take.
fn words(ts: &[ValType]) -> u32 {
    ts.iter().map(|t| class(*t).words()).sum()
}

impl Lowering {
    /// Nothing lowered yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that records where in the module each instruction came from.
    pub(crate) fn recording() -> Self {
        Self { offsets: Some(Vec::new()), ..Self::default() }
    }

    /// Starts a function of `code`'s module.
    ///
    /// # Panics
    /// If the module has no such function.
    pub fn begin(&mut self, code: &Code, func: FuncIdx) {
        self.far = false;
        self.start(code, func);
    }

    /// Starts over a function that has slots whose numbers need more than 16 bits.
    pub(crate) fn begin_far(&mut self, code: &Code, func: FuncIdx) {
        self.far = true;
        self.start(code, func);
    }

    /// Has the function slots whose numbers need more than 16 bits, and is to be started over?
    pub(crate) fn needs_far_slots(&self) -> bool {
        self.overflow && !self.far
    }

    fn start(&mut self, code: &Code, func: FuncIdx) {
        self.config = code.config();
        self.cells = code.cells().expose_provenance() as u64;
        self.layouts = code.layouts().clone();
        self.func = func;
        self.overflow = false;
        self.locals.clear();
        self.stack.clear();
        self.code.clear();
        self.fixups.clear();
        self.catches.clear();
        self.ctrls.clear();
        self.written.clear();
        (self.settled, self.region, self.tables) = (0, 0, 0);
        (self.acc, self.mirror) = ([NONE; Class::COUNT], [NONE; Class::COUNT]);
        (self.last, self.last_copy, self.last_step) = (Last::default(), NONE, emit::Step::default());
        (self.adds, self.fuel_site, self.fuel) = ([NONE; 2], NONE, 0);
        (self.unreachable, self.skipped) = (false, 0);
        self.first_offset = None;
        if let Some(offsets) = &mut self.offsets {
            offsets.clear();
        }
        let ft = code.context().func_type(func).expect("a function of the module");
        self.link = words(&ft.params);
        self.temps = self.link + 1 + if self.far { SCRATCH } else { 0 };
        let mut slot = 0;
        for t in &ft.params {
            self.locals.push(Local { slot, ..Local::new(class(*t), true) });
            slot += class(*t).words();
        }
        self.frame = self.temps.max(words(&ft.results));
        self.enter_func();
    }

    /// Declares `n` more locals of type `t`.
    pub fn locals(&mut self, n: u32, t: ValType) {
        let (first, class) = (self.temps, class(t));
        let slots = (0..n).map(|i| first + i * class.words());
        self.locals.extend(slots.map(|slot| Local { slot, ..Local::new(class, false) }));
        self.temps += n * class.words();
        self.frame = self.frame.max(self.temps);
    }

    /// Notes that an instruction begins; is it to be lowered? In unreachable code only what ends it is.
    #[inline]
    fn enter_instr(&mut self, offset: usize, structure: Structure) -> bool {
        if self.unreachable && self.skip(structure) {
            return false;
        }
        if let Some(offsets) = &mut self.offsets {
            offsets.push((self.code.len() as u32, offset));
        }
        self.fuel += 1;
        true
    }

    /// The header and the words of the function.
    pub(crate) fn finish(&mut self) -> Lowered<'_> {
        self.emit_prologue();
        let result = self.result_place();
        let link = self.link as u16;
        let header = Header { frame: self.frame.saturating_mul(8).min(u32::MAX - 1), link, result };
        Lowered { header, prologue: &self.prologue, body: &self.code, catches: &self.catches }
    }

    /// Where in the module the instruction came from whose code is at `at`, in words from the function's
    /// first.
    pub(crate) fn offset_of(&mut self, at: usize) -> Option<usize> {
        self.emit_prologue();
        let at = at.saturating_sub(self.prologue.len()) as u32;
        let offsets = self.offsets.as_ref()?;
        let after = offsets.partition_point(|(pos, _)| *pos <= at);
        Some(offsets.get(after.checked_sub(1)?)?.1)
    }

    fn result_place(&self) -> ResultPlace {
        match self.func_sig {
            control::Sig::One(Class::Int) => ResultPlace::Int,
            control::Sig::One(Class::F32) => ResultPlace::F32,
            control::Sig::One(Class::F64) => ResultPlace::F64,
            control::Sig::One(Class::V128) => ResultPlace::V128,
            _ => ResultPlace::Slots,
        }
    }
}

impl Local {
    fn new(class: Class, written: bool) -> Self {
        Self { class, slot: 0, pending: NONE, accessed: 0, written, needs_zero: false }
    }
}
