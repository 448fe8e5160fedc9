//! Lowering: from a function's instructions to internal code, in one pass.
//!
//! The operand stack exists only here. An operand that is pushed is a description of where the value is; an
//! instruction is emitted when operands are used, in the form that their descriptions call for. `operand`
//! has the stack and its rules, `emit` the code under construction, the other files what each group of
//! instructions becomes.

mod call;
mod control;
mod emit;
mod memory;
mod numeric;
mod operand;
mod parametric;
mod table;
mod variable;

use crate::code::{Code, CodeConfig, Header, ResultPlace, Word};
use crate::exec::memory::{LoadTable, StoreTable};
use crate::exec::numeric::Table;
use crate::exec::operand::Class;
use crate::exec::{memory as mem_ops, ops};
use control::Ctrl;
use emit::{Fixup, Last};
use operand::Entry;
use std::error::Error;
use terrane_syntax::types::ValType;
use terrane_syntax::{FuncIdx, Instr, for_each_instr};
use terrane_validation::Context;

/// No position, no slot, no entry.
const NONE: u32 = u32::MAX;

/// The first slots after the return address, in functions that have slots whose numbers need more than
/// 16 bits: operands are moved there.
const SCRATCH: u32 = 8;

/// Lowers functions, one at a time; keeps its allocations from one to the next.
///
/// For each function: [`begin`](Self::begin), [`locals`](Self::locals) for every group of them,
/// [`instr`](Self::instr) for every instruction that the validator has accepted, and then
/// [`Code::install`].
#[derive(Default)]
pub struct Lowering {
    config: CodeConfig,
    /// The address of the module's cells.
    cells: u64,
    func: FuncIdx,
    /// Are slots beyond 16 bits provided for? If not and there is one, `overflow` says so.
    far: bool,
    overflow: bool,
    /// The first instruction that the interpreter does not run.
    unsupported: Option<&'static str>,

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
    acc: [u32; 3],
    /// The slot whose value the accumulator has as well, by class.
    mirror: [u32; 3],

    // The code.
    code: Vec<Word>,
    prologue: Vec<Word>,
    fixups: Vec<Fixup>,
    /// Where the straight-line code that ends here begins.
    region: u32,
    last: Last,
    last_copy: u32,
    /// The last addition of a constant to a local in place.
    last_step: emit::Step,
    fuel_site: u32,
    fuel: u32,

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
}

/// The register class of a type.
fn class(t: ValType) -> Class {
    match t {
        ValType::I32 | ValType::I64 | ValType::Ref(_) => Class::Int,
        ValType::F32 => Class::F32,
        // Vectors are refused as instructions; a local of that type is never touched.
        ValType::F64 | ValType::V128 => Class::F64,
    }
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
        self.func = func;
        (self.overflow, self.unsupported) = (false, None);
        self.locals.clear();
        self.stack.clear();
        self.code.clear();
        self.fixups.clear();
        self.ctrls.clear();
        self.written.clear();
        (self.settled, self.region, self.tables) = (0, 0, 0);
        (self.acc, self.mirror) = ([NONE; 3], [NONE; 3]);
        (self.last, self.last_copy, self.last_step) = (Last::default(), NONE, emit::Step::default());
        (self.fuel_site, self.fuel) = (NONE, 0);
        (self.unreachable, self.skipped) = (false, 0);
        if let Some(offsets) = &mut self.offsets {
            offsets.clear();
        }
        let ft = code.context().func_type(func).expect("a function of the module");
        self.link = ft.params.len() as u32;
        self.temps = self.link + 1 + if self.far { SCRATCH } else { 0 };
        for (slot, t) in (0..).zip(&ft.params) {
            self.locals.push(Local { slot, ..Local::new(class(*t), true) });
        }
        self.frame = self.temps.max(ft.results.len() as u32);
        self.enter_func();
    }

    /// Declares `n` more locals of type `t`.
    pub fn locals(&mut self, n: u32, t: ValType) {
        let first = self.temps;
        let new = (first..first + n).map(|slot| Local { slot, ..Local::new(class(t), false) });
        self.locals.extend(new);
        self.temps += n;
        self.frame = self.frame.max(self.temps);
    }

    /// Lowers an instruction that the validator has just accepted. `offset` is where it stands in the module.
    pub fn instr(&mut self, context: &Context, offset: usize, instr: &Instr<'_>) {
        if self.unreachable && self.skip(instr) {
            return;
        }
        if let Some(offsets) = &mut self.offsets {
            offsets.push((self.code.len() as u32, offset));
        }
        self.fuel += 1;
        self.rule(context, instr);
    }

    /// The header and the words of the function.
    pub(crate) fn finish(&mut self) -> Result<Lowered<'_>, Box<dyn Error + Send + Sync>> {
        if let Some(name) = self.unsupported {
            return Err(format!("the interpreter does not run `{name}`").into());
        }
        self.emit_prologue();
        let result = self.result_place();
        let link = self.link as u16;
        let header = Header { frame: self.frame.saturating_mul(8).min(u32::MAX - 1), link, result };
        Ok(Lowered { header, prologue: &self.prologue, body: &self.code })
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
            _ => ResultPlace::Slots,
        }
    }

    #[cold]
    fn unsupported(&mut self, instr: &Instr<'_>) {
        self.unsupported.get_or_insert(instr.text_name());
        self.set_unreachable();
    }
}

impl Local {
    fn new(class: Class, written: bool) -> Self {
        Self { class, slot: 0, pending: NONE, accessed: 0, written, needs_zero: false }
    }
}

/// What an instruction becomes, by its validation rule.
macro_rules! lower_rule {
    ($s:ident $c:ident $i:ident; unop $name:ident $args:tt) => { $s.unary(&Table::<ops::$name>::UNARY) };
    ($s:ident $c:ident $i:ident; cvtop I64ExtendI32U $args:tt) => { $s.retype() };
    ($s:ident $c:ident $i:ident; cvtop $name:ident $args:tt) => { $s.unary(&Table::<ops::$name>::UNARY) };
    ($s:ident $c:ident $i:ident; binop $name:ident $args:tt) => { $s.binary(&Table::<ops::$name>::BINARY) };
    ($s:ident $c:ident $i:ident; relop $name:ident $args:tt) => { $s.relation(&Table::<ops::$name>::RELATION) };
    ($s:ident $c:ident $i:ident; testop $name:ident (I32)) => { $s.eqz(&Table::<ops::I32Eq>::RELATION) };
    ($s:ident $c:ident $i:ident; testop $name:ident (I64)) => { $s.eqz(&Table::<ops::I64Eq>::RELATION) };
    ($s:ident $c:ident $i:ident; const_ $name:ident (I32) $x:ident) => { $s.push_const(Class::Int, u64::from($x as u32)) };
    ($s:ident $c:ident $i:ident; const_ $name:ident (I64) $x:ident) => { $s.push_const(Class::Int, $x as u64) };
    ($s:ident $c:ident $i:ident; const_ $name:ident (F32) $x:ident) => { $s.push_const(Class::F32, u64::from($x.0)) };
    ($s:ident $c:ident $i:ident; const_ $name:ident (F64) $x:ident) => { $s.push_const(Class::F64, $x.0) };
    ($s:ident $c:ident $i:ident; load $name:ident $args:tt $m:ident) => { $s.load(&const { LoadTable::of::<mem_ops::$name>() }, $m, $c) };
    ($s:ident $c:ident $i:ident; load_pack $name:ident $args:tt $m:ident) => { $s.load(&const { LoadTable::of::<mem_ops::$name>() }, $m, $c) };
    ($s:ident $c:ident $i:ident; store $name:ident $args:tt $m:ident) => { $s.store(&const { StoreTable::of::<mem_ops::$name>() }, $m, $c) };
    ($s:ident $c:ident $i:ident; store_pack $name:ident $args:tt $m:ident) => { $s.store(&const { StoreTable::of::<mem_ops::$name>() }, $m, $c) };
    ($s:ident $c:ident $i:ident; unreachable $($rest:tt)*) => { $s.unreachable_() };
    ($s:ident $c:ident $i:ident; nop $($rest:tt)*) => { () };
    ($s:ident $c:ident $i:ident; block $name:ident $args:tt $bt:ident) => { $s.block($c, $bt) };
    ($s:ident $c:ident $i:ident; loop_ $name:ident $args:tt $bt:ident) => { $s.loop_($c, $bt) };
    ($s:ident $c:ident $i:ident; if_ $name:ident $args:tt $bt:ident) => { $s.if_($c, $bt) };
    ($s:ident $c:ident $i:ident; else_ $($rest:tt)*) => { $s.else_($c) };
    ($s:ident $c:ident $i:ident; end $($rest:tt)*) => { $s.end($c) };
    ($s:ident $c:ident $i:ident; br $name:ident $args:tt $l:ident) => { $s.br($c, $l) };
    ($s:ident $c:ident $i:ident; br_if $name:ident $args:tt $l:ident) => { $s.br_if($c, $l) };
    ($s:ident $c:ident $i:ident; br_table $name:ident $args:tt $ls:ident $l:ident) => { $s.br_table($c, $ls, $l) };
    ($s:ident $c:ident $i:ident; return_ $($rest:tt)*) => { $s.return_($c) };
    ($s:ident $c:ident $i:ident; call $name:ident $args:tt $x:ident) => { $s.call($c, $x) };
    ($s:ident $c:ident $i:ident; call_indirect $name:ident $args:tt $y:ident $x:ident) => { $s.call_indirect($c, $y, $x) };
    ($s:ident $c:ident $i:ident; return_call $name:ident $args:tt $x:ident) => { $s.return_call($c, $x) };
    ($s:ident $c:ident $i:ident; return_call_indirect $name:ident $args:tt $y:ident $x:ident) => { $s.return_call_indirect($c, $y, $x) };
    ($s:ident $c:ident $i:ident; drop $($rest:tt)*) => { $s.drop_() };
    ($s:ident $c:ident $i:ident; select $($rest:tt)*) => { $s.select() };
    ($s:ident $c:ident $i:ident; select_t $($rest:tt)*) => { $s.select() };
    ($s:ident $c:ident $i:ident; local_get $name:ident $args:tt $x:ident) => { $s.local_get($x) };
    ($s:ident $c:ident $i:ident; local_set $name:ident $args:tt $x:ident) => { $s.local_set($x) };
    ($s:ident $c:ident $i:ident; local_tee $name:ident $args:tt $x:ident) => { $s.local_tee($x) };
    ($s:ident $c:ident $i:ident; global_get $name:ident $args:tt $x:ident) => { $s.global_get($c, $x) };
    ($s:ident $c:ident $i:ident; global_set $name:ident $args:tt $x:ident) => { $s.global_set($c, $x) };
    ($s:ident $c:ident $i:ident; memory_size $name:ident $args:tt $x:ident) => { $s.memory_size($x) };
    ($s:ident $c:ident $i:ident; memory_grow $name:ident $args:tt $x:ident) => { $s.memory_grow($c, $x) };
    ($s:ident $c:ident $i:ident; memory_fill $name:ident $args:tt $x:ident) => { $s.memory_fill($x) };
    ($s:ident $c:ident $i:ident; memory_copy $name:ident $args:tt $x:ident $y:ident) => { $s.memory_copy($x, $y) };
    ($s:ident $c:ident $i:ident; memory_init $name:ident $args:tt $y:ident $x:ident) => { $s.memory_init($x, $y) };
    ($s:ident $c:ident $i:ident; data_drop $name:ident $args:tt $x:ident) => { $s.data_drop($x) };
    ($s:ident $c:ident $i:ident; table_get $name:ident $args:tt $x:ident) => { $s.table_get($x) };
    ($s:ident $c:ident $i:ident; table_set $name:ident $args:tt $x:ident) => { $s.table_set($x) };
    ($s:ident $c:ident $i:ident; table_size $name:ident $args:tt $x:ident) => { $s.table_size($x) };
    ($s:ident $c:ident $i:ident; table_grow $name:ident $args:tt $x:ident) => { $s.table_grow($c, $x) };
    ($s:ident $c:ident $i:ident; table_fill $name:ident $args:tt $x:ident) => { $s.table_fill($x) };
    ($s:ident $c:ident $i:ident; table_copy $name:ident $args:tt $x:ident $y:ident) => { $s.table_copy($x, $y) };
    ($s:ident $c:ident $i:ident; table_init $name:ident $args:tt $y:ident $x:ident) => { $s.table_init($x, $y) };
    ($s:ident $c:ident $i:ident; elem_drop $name:ident $args:tt $x:ident) => { $s.elem_drop($x) };
    ($s:ident $c:ident $i:ident; ref_null $($rest:tt)*) => { $s.push_const(Class::Int, 0) };
    ($s:ident $c:ident $i:ident; ref_is_null $($rest:tt)*) => { $s.eqz(&Table::<ops::I64Eq>::RELATION) };
    ($s:ident $c:ident $i:ident; ref_func $name:ident $args:tt $x:ident) => { $s.ref_func($x) };
    ($s:ident $c:ident $i:ident; $($rest:tt)*) => { $s.unsupported($i) };
}

macro_rules! define_rule {
    ($($name:ident $text:literal $op:tt { $($imm:ident: $ty:ty),* } => $rule:ident $args:tt: $feature:ident;)*) => {
        impl Lowering {
            /// Lowers one instruction by its rule.
            #[allow(unused_variables, reason = "not every rule needs every immediate")]
            fn rule(&mut self, context: &Context, instr: &Instr<'_>) {
                match *instr {
                    $(Instr::$name { $($imm),* } => lower_rule!(self context instr; $rule $name $args $($imm)*),)*
                }
            }
        }
    };
}

for_each_instr!(define_rule);
