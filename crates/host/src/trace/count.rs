//! Tracers that count.

use super::{Branch, Ending, HostCallee, MemoryAccess, Throw, TracePoint, Tracer};
use crate::{Opcode, Trap};
use std::collections::BTreeMap;
use std::fmt;

/// A tracer that counts events of each kind.
///
/// ```
/// use terrane::{Config, CountingTracer, Engine, Instance, Module, Store};
///
/// let engine = Engine::new(Config::new().tracing(true))?;
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (memory 1)
///         (func $clear (export "clear") (param $n i32)
///             (if (local.get $n)
///                 (then
///                     (i32.store8 (local.get $n) (i32.const 0))
///                     (call $clear (i32.sub (local.get $n) (i32.const 1)))))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// store.set_tracer(Box::new(CountingTracer::default()))?;
/// let instance = Instance::new(&mut store, &module, &[])?;
/// instance.get_typed_func::<i32, ()>(&store, "clear")?.call(&mut store, 3)?;
///
/// let counts: &mut CountingTracer = store.tracer_mut().unwrap().downcast_mut().unwrap();
/// assert_eq!((counts.calls, counts.returns), (4, 4));
/// assert_eq!((counts.branches, counts.branches_taken), (4, 3));
/// assert_eq!((counts.memory_accesses, counts.instructions), (3, 4 * 2 + 3 * 7));
/// # Ok::<(), terrane::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct CountingTracer {
    /// Instructions that began.
    pub instructions: u64,
    /// Functions of guests that began.
    pub calls: u64,
    /// Functions of guests that ended, however they did.
    pub returns: u64,
    /// Functions of guests that ended by a tail call.
    pub tail_calls: u64,
    /// Functions of guests that an exception, a trap or a failure of the host ended.
    pub unwinds: u64,
    /// Calls of functions of the host.
    pub host_calls: u64,
    /// Functions of the host that ended, however they did.
    pub host_returns: u64,
    /// Branches, taken or not.
    pub branches: u64,
    /// Branches taken.
    pub branches_taken: u64,
    /// Accesses to memories.
    pub memory_accesses: u64,
    /// Exceptions thrown.
    pub throws: u64,
    /// Traps.
    pub traps: u64,
}

impl Tracer for CountingTracer {
    fn instruction(&mut self, _: &TracePoint<'_>, _: Opcode) {
        self.instructions += 1;
    }

    fn call(&mut self, _: &TracePoint<'_>) {
        self.calls += 1;
    }

    fn returned(&mut self, _: &TracePoint<'_>, ending: Ending) {
        self.returns += 1;
        match ending {
            Ending::Return => (),
            Ending::TailCall => self.tail_calls += 1,
            Ending::Unwind => self.unwinds += 1,
        }
    }

    fn host_call(&mut self, _: &TracePoint<'_>, _: &HostCallee<'_>) {
        self.host_calls += 1;
    }

    fn host_returned(&mut self, _: &TracePoint<'_>, _: &HostCallee<'_>, _: bool) {
        self.host_returns += 1;
    }

    fn branch(&mut self, _: &TracePoint<'_>, branch: Branch) {
        self.branches += 1;
        self.branches_taken += u64::from(branch.taken);
    }

    fn memory_access(&mut self, _: &TracePoint<'_>, _: MemoryAccess) {
        self.memory_accesses += 1;
    }

    fn throw(&mut self, _: &TracePoint<'_>, _: Throw) {
        self.throws += 1;
    }

    fn trap(&mut self, _: Option<&TracePoint<'_>>, _: Trap) {
        self.traps += 1;
    }
}

/// A tracer that counts how often each instruction is executed.
///
/// Displayed, it is a table, the most frequent instruction first.
///
/// ```
/// use terrane::{Config, Engine, Instance, Module, OpcodeHistogram, Store};
///
/// let engine = Engine::new(Config::new().tracing(true))?;
/// let module = Module::new(
///     &engine,
///     r#"(module (func (export "count") (param $n i32)
///         (loop $again
///             (local.tee $n (i32.sub (local.get $n) (i32.const 1)))
///             (br_if $again))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// store.set_tracer(Box::new(OpcodeHistogram::default()))?;
/// let instance = Instance::new(&mut store, &module, &[])?;
/// instance.get_typed_func::<i32, ()>(&store, "count")?.call(&mut store, 100)?;
///
/// let histogram: &mut OpcodeHistogram = store.tracer_mut().unwrap().downcast_mut().unwrap();
/// assert_eq!(histogram.total(), 501);
/// let (opcode, count) = histogram.by_count()[0];
/// assert_eq!((opcode.text_name(), count), (Some("br_if"), 100));
/// assert!(histogram.to_string().starts_with("       100  20.0 %  br_if\n"));
/// # Ok::<(), terrane::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpcodeHistogram {
    counts: BTreeMap<Opcode, u64>,
}

impl OpcodeHistogram {
    /// How often instructions with that opcode were executed.
    pub fn count(&self, opcode: Opcode) -> u64 {
        self.counts.get(&opcode).copied().unwrap_or(0)
    }

    /// How many instructions were executed.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The opcodes that there were, with their counts: the most frequent first, and among equals by opcode.
    pub fn by_count(&self) -> Vec<(Opcode, u64)> {
        let mut all: Vec<_> = self.counts.iter().map(|(opcode, count)| (*opcode, *count)).collect();
        all.sort_by_key(|(opcode, count)| (std::cmp::Reverse(*count), *opcode));
        all
    }
}

impl Tracer for OpcodeHistogram {
    fn instruction(&mut self, _: &TracePoint<'_>, opcode: Opcode) {
        *self.counts.entry(opcode).or_default() += 1;
    }
}

impl fmt::Display for OpcodeHistogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total() as f64;
        for (opcode, count) in self.by_count() {
            let name = opcode.text_name().unwrap_or("?");
            writeln!(f, "{count:>10} {:>5.1} %  {name}", count as f64 * 100.0 / total)?;
        }
        Ok(())
    }
}
