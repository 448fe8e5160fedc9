//! Modules that are programs, and modules that are libraries.

use crate::{Error, ExternType, Module, Result};

/// How the functions of a module are to be called.
///
/// [Application ABI](https://github.com/WebAssembly/WASI/blob/main/legacy/application-abi.md)
pub(super) enum Kind {
    /// A program: each call of an exported function has an instance of its own.
    Command,
    /// A library: one instance serves all calls, after its function `_initialize` if there is one.
    Reactor,
}

impl Kind {
    /// # Errors
    /// If the module says that it is both, or what should be a function is none.
    pub(super) fn of(module: &Module) -> Result<Self> {
        let exports = |name: &str| match module.get_export(name) {
            Some(ExternType::Func(_)) => Ok(true),
            Some(ty) => Err(Error::usage(format_args!("`{name}` must be a function, but is a {ty}"))),
            None => Ok(false),
        };
        match (exports("_start")?, exports("_initialize")?) {
            (true, true) => Err(Error::usage(
                "a module must export `_start` if it is a command, `_initialize` if it is a reactor, and not both",
            )),
            (true, false) => Ok(Self::Command),
            (false, _) => Ok(Self::Reactor),
        }
    }
}

/// What commands may export beside functions, because toolchains make them do so. Nobody can import it, as there is no
/// instance that it would be of.
pub(super) fn is_customary(name: &str, ty: &ExternType) -> bool {
    match ty {
        ExternType::Memory(_) => name == "memory",
        ExternType::Table(_) => matches!(name, "table" | "__indirect_function_table"),
        ExternType::Global(_) => {
            matches!(name, "__data_end" | "__heap_base" | "__dso_handle" | "__rtti_base")
        }
        _ => false,
    }
}
