//! Tracing: watching what guests do, step by step.

mod adapter;
mod count;
mod point;

pub use count::{CountingTracer, OpcodeHistogram};
pub use point::{HostCallee, TracePoint};
pub use terrane_interpreter::{AccessKind, Ending};

pub(crate) use adapter::Adapter;

use crate::{Opcode, Tag, Trap};
use std::any::Any;

/// Somebody who watches what the guests of a store do: see [`Store::set_tracer`](crate::Store::set_tracer).
///
/// Every method does nothing unless it is written. Whatever is told is told before it happens: an instruction before
/// it is executed, a memory access before it is made (or traps because it cannot be), a return before the caller goes
/// on.
///
/// Calls nest: every [`call`](Self::call) has one [`returned`](Self::returned), also when the function ends by a tail
/// call, an exception or a trap, which its [`Ending`] tells. The same holds for [`host_call`](Self::host_call) and
/// [`host_returned`](Self::host_returned). Only a call that is suspended and then dropped ends without a word.
///
/// A tracer is given no access to the store. One that panics ends the guest and is not called again; the panic goes on
/// in the host that called the guest.
///
/// ```
/// use terrane::{Config, Engine, Instance, Module, Opcode, Store, TracePoint, Tracer};
///
/// #[derive(Default)]
/// struct Names(Vec<String>);
///
/// impl Tracer for Names {
///     fn instruction(&mut self, at: &TracePoint<'_>, _: Opcode) {
///         self.0.push(at.instruction(|instr| instr.to_string()).unwrap());
///     }
/// }
///
/// let engine = Engine::new(Config::new().tracing(true))?;
/// let module = Module::new(
///     &engine,
///     r#"(module (func (export "double") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// store.set_tracer(Box::new(Names::default()))?;
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let double = instance.get_typed_func::<i32, i32>(&store, "double")?;
/// assert_eq!(double.call(&mut store, 21)?, 42);
///
/// let names = store.take_tracer().unwrap().downcast::<Names>().ok().unwrap();
/// assert_eq!(names.0, ["local.get 0", "i32.const 1", "i32.shl"]);
/// # Ok::<(), terrane::Error>(())
/// ```
#[expect(unused_variables, reason = "the names are for whoever writes a tracer")]
pub trait Tracer: Any + Send {
    /// An instruction begins. `end`, `else` and the clauses of legacy handlers are none: they stand for the structure
    /// of the code. A `loop` begins when it is entered, not with every turn.
    fn instruction(&mut self, at: &TracePoint<'_>, opcode: Opcode) {}

    /// A function of a guest begins: the one that `at` is in. Its locals are not set up yet.
    fn call(&mut self, at: &TracePoint<'_>) {}

    /// A function of a guest ends: the one that `at` is in, at its last instruction.
    fn returned(&mut self, at: &TracePoint<'_>, ending: Ending) {}

    /// A guest calls a function of the host.
    fn host_call(&mut self, at: &TracePoint<'_>, callee: &HostCallee<'_>) {}

    /// A function of the host ends that a guest called: by returning if `returned`, or else by a failure, an exception
    /// or a panic.
    fn host_returned(&mut self, at: &TracePoint<'_>, callee: &HostCallee<'_>, returned: bool) {}

    /// An instruction that may branch has decided: `br`, `br_if`, `br_table`, `br_on_…`, `if`.
    fn branch(&mut self, at: &TracePoint<'_>, branch: Branch) {}

    /// An instruction accesses a memory: loads and stores, vector and atomic ones among them, and the bulk operations,
    /// of which `memory.copy` accesses two.
    fn memory_access(&mut self, at: &TracePoint<'_>, access: MemoryAccess) {}

    /// An exception is thrown, by the instruction at `at` or by the function of the host that it calls.
    fn throw(&mut self, at: &TracePoint<'_>, throw: Throw) {}

    /// A guest traps. The functions that it leaves return after that. `at` is missing if there was no room for the
    /// first function that the host called.
    fn trap(&mut self, at: Option<&TracePoint<'_>>, trap: Trap) {}
}

impl dyn Tracer {
    /// The tracer itself, if it is of type `T`.
    ///
    /// # Errors
    /// Otherwise, as it was.
    pub fn downcast<T: Tracer>(self: Box<Self>) -> Result<Box<T>, Box<Self>> {
        if (&*self as &dyn Any).is::<T>() {
            let any: Box<dyn Any> = self;
            return Ok(any.downcast().expect("of that type"));
        }
        Err(self)
    }

    /// The tracer itself, borrowed, if it is of type `T`.
    pub fn downcast_mut<T: Tracer>(&mut self) -> Option<&mut T> {
        (self as &mut dyn Any).downcast_mut()
    }
}

/// What became of a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Branch {
    /// Is it taken? An `if` is, if its condition holds.
    pub taken: bool,
    /// The label to which it leads if it is: how many blocks outwards. An `if` has none.
    pub label: Option<u32>,
}

/// An access to a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MemoryAccess {
    /// Which memory of the module, by its index.
    pub memory: u32,
    /// The address of the first byte, the instruction's offset added.
    pub address: u64,
    /// How many bytes.
    pub len: u64,
    /// What for.
    pub kind: AccessKind,
}

/// An exception that is thrown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Throw {
    /// Its tag.
    pub tag: Tag,
    /// Will a guest catch it, before a function of the host is reached?
    pub caught: bool,
}
