//! Modules that the host writes.

mod cell;
mod env;
mod function;
mod global;
mod items;
mod memories;
#[cfg(feature = "macros")]
pub mod support;

pub use cell::HostCell;
pub use env::{EnvModule, I32Exit};
pub use function::HostFunction;
pub use global::{HostGlobal, LiveCell};
pub use items::{HostItems, HostMemory, HostTable, HostTag};
pub use memories::GuestMemories;

use crate::linker::Definition;
use crate::{Error, Linker, Result};

/// A module that the host writes: a name, and what guests can import from it, for stores of data `T`.
///
/// It is given to a linker as a value, by [`Linker::host_module`], and belongs to no store: what it has is made for each
/// store once, when a guest is first linked to it there, and checked against what the guest imports like everything
/// else. All methods but [`name`](Self::name) have defaults: a module has what it says.
///
/// The attribute [`host_module`](macro@crate::host_module) writes the implementation for an `impl` block.
///
/// ```
/// use std::sync::Arc;
/// use terrane::{Engine, HostFunction, HostItems, HostMemory, HostModule, Linker, MemoryType, Module};
/// use terrane::{Store, Trap, Val, ValType};
///
/// /// `io.sum(at, len)` sums up bytes of the guest's memory, and `io.memory` is a memory.
/// struct Io;
///
/// impl<T: 'static> HostModule<T> for Io {
///     type Handle = Arc<Self>;
///
///     fn name(&self) -> &str {
///         "io"
///     }
///
///     fn functions(_: &Arc<Self>) -> HostItems<HostFunction<T>> {
///         let types = ([ValType::I32, ValType::I32], [ValType::I32]);
///         let sum = HostFunction::new(types.0, types.1, |memory, _data, params, results| {
///             let (at, len) = (params[0].unwrap_i32() as usize, params[1].unwrap_i32() as usize);
///             let bytes = memory.get(at..).and_then(|bytes| bytes.get(..len));
///             let bytes = bytes.ok_or(Trap::OutOfBoundsMemoryAccess)?;
///             results[0] = Val::I32(bytes.iter().map(|byte| i32::from(*byte)).sum());
///             Ok(())
///         });
///         HostItems::from([("sum", sum)])
///     }
///
///     fn memories(&self) -> HostItems<HostMemory> {
///         HostItems::from([("memory", MemoryType::new(1, Some(4)).into())])
///     }
/// }
///
/// let engine = Engine::default();
/// let mut linker = Linker::<()>::new(&engine);
/// linker.host_module(Io)?;
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "io" "memory" (memory 1))
///         (import "io" "sum" (func $sum (param i32 i32) (result i32)))
///         (data (i32.const 8) "\01\02\03")
///         (func (export "run") (result i32) (call $sum (i32.const 8) (i32.const 3))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = linker.instantiate(&mut store, &module)?;
/// assert_eq!(instance.get_typed_func::<(), i32>(&mut store, "run")?.call(&mut store, ())?, 6);
/// # Ok::<(), terrane::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no host module for stores of data `{T}`",
    note = "implement `HostModule<{T}>` for it, or put `#[host_module]` on an `impl` block of it"
)]
pub trait HostModule<T: 'static>: Sized {
    /// What functions and the embedder hold the module by: `Arc<Self>`, or [`HostCell<Self>`](HostCell), which lets
    /// functions change it.
    type Handle: From<Self> + Clone;

    /// The first name of all that it has.
    fn name(&self) -> &str;

    /// Its functions, by name.
    fn functions(handle: &Self::Handle) -> HostItems<HostFunction<T>> {
        let _ = handle;
        HostItems::new()
    }

    /// Its functions over several memories, by name. Of two functions with one name, one here and one among
    /// [`functions`](Self::functions), the one here is the module's.
    fn functions_multi(handle: &Self::Handle) -> HostItems<HostFunction<T>> {
        let _ = handle;
        HostItems::new()
    }

    /// Its globals, by name.
    fn globals(&self) -> HostItems<HostGlobal> {
        HostItems::new()
    }

    /// Its memories, by name.
    fn memories(&self) -> HostItems<HostMemory> {
        HostItems::new()
    }

    /// Its tables, by name.
    fn tables(&self) -> HostItems<HostTable> {
        HostItems::new()
    }

    /// Its tags, by name.
    fn tags(&self) -> HostItems<HostTag> {
        HostItems::new()
    }
}

impl<T: 'static> Linker<T> {
    /// Defines all that a module of the host has, with its name as the first name. The handle that is returned is the one
    /// that its functions have: with it the embedder can look at the module afterwards.
    ///
    /// # Errors
    /// - If a name is taken, and [shadowing](Self::allow_shadowing) is not allowed.
    /// - If the module has two things of different kinds under one name, or something of another engine.
    ///
    /// Nothing of the module is defined then.
    pub fn host_module<M: HostModule<T>>(&mut self, module: M) -> Result<M::Handle> {
        let name = module.name().to_owned();
        let mut items = HostItems::<Definition>::new();
        items.extend(module.memories().map(|memory| memory.0));
        add(&mut items, &name, module.tables().map(|table| table.0))?;
        add(&mut items, &name, module.globals().map(|global| global.0))?;
        add(&mut items, &name, module.tags().map(|tag| tag.0))?;
        let handle = M::Handle::from(module);
        let mut functions = M::functions(&handle);
        functions.extend(M::functions_multi(&handle));
        let mut definitions = HostItems::new();
        for (item, function) in functions {
            definitions.insert(item, function.define(self.engine())?);
        }
        add(&mut items, &name, definitions)?;
        items.names().try_for_each(|item| self.check_free(&name, item))?;
        for (item, definition) in items {
            self.insert(&name, &item, definition)?;
        }
        Ok(handle)
    }
}

/// Adds items, whose names no others have.
fn add(items: &mut HostItems<Definition>, module: &str, more: HostItems<Definition>) -> Result<()> {
    for (name, item) in more {
        if items.get(&name).is_some() {
            return Err(Error::usage(format_args!(
                "the host module `{module}` has two things named `{name}`"
            )));
        }
        items.insert(name, item);
    }
    Ok(())
}
