//! Where something happens.

use crate::{Func, Instance, Module};
use std::fmt;
use terrane_binary::{InstrReader, Reader};
use terrane_interpreter::TracePlace;
use terrane_runtime::StoreId;
use terrane_syntax::Instr;

/// Where in a guest something happens.
///
/// Displayed, it is like a line of a [`WasmBacktrace`](crate::WasmBacktrace): `0x2d - shop!price`.
#[derive(Clone, Copy)]
pub struct TracePoint<'a> {
    pub(super) store: StoreId,
    pub(super) module: &'a Module,
    pub(super) place: TracePlace<'a>,
}

impl<'a> TracePoint<'a> {
    /// The module.
    pub fn module(&self) -> &'a Module {
        self.module
    }

    /// The instance of that module.
    pub fn instance(&self) -> Instance {
        Instance::from_addr(self.store, self.place.instance.addr)
    }

    /// The function, by its index in the module, imports counted.
    pub fn func_index(&self) -> u32 {
        self.place.func.0
    }

    /// The function's name, if the module has one for it in its name section, as it stands there.
    pub fn func_name(&self) -> Option<&'a str> {
        self.module.func_name(self.func_index())
    }

    /// The offset in the module of the instruction that began last in this function, in bytes; at its beginning, that
    /// of its first.
    pub fn offset(&self) -> usize {
        self.place.offset
    }

    /// How many functions of guests are under way, this one counted, also those that wait for functions of the host.
    pub fn depth(&self) -> usize {
        self.place.depth
    }

    /// Reads the instruction at [`offset`](Self::offset), with its immediates, and hands it to `read`. `None` if the
    /// function is empty.
    pub fn instruction<R>(&self, read: impl FnOnce(Instr<'_>) -> R) -> Option<R> {
        let bytes = self.module.binary().get(self.offset()..)?;
        let reader = Reader::new(bytes, self.offset(), self.module.engine().features());
        // It counted its segments if it uses them, or else it would not be valid.
        let mut instrs = InstrReader::new(reader.with_data_count(true));
        let (_, instr) = instrs.next().ok()??;
        Some(read(instr))
    }
}

impl fmt::Display for TracePoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x} - {}!", self.offset(), self.module.name().unwrap_or("<unknown>"))?;
        match self.func_name() {
            Some(name) => f.write_str(name),
            None => write!(f, "<function {}>", self.func_index()),
        }
    }
}

impl fmt::Debug for TracePoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A function of the host that a guest calls.
#[derive(Clone, Copy, Debug)]
pub struct HostCallee<'a> {
    pub(super) func: Func,
    pub(super) import: Option<(&'a str, &'a str)>,
}

impl<'a> HostCallee<'a> {
    /// The function.
    pub fn func(&self) -> Func {
        self.func
    }

    /// The two names of the import by which the calling instance knows it; the first, if there are several. `None` if
    /// the guest was given a reference to it.
    pub fn import(&self) -> Option<(&'a str, &'a str)> {
        self.import
    }
}
