//! Instances of modules.

use crate::func::{CallAsync, invoke};
use crate::linker::nearest;
use crate::module::FEW_EXPORTS;
use crate::store::{StoreContext, StoreOpaque};
use crate::{
    AsContext, AsContextMut, Error, ErrorKind, Export, Extern, Func, Global, LinkError, Memory, Module,
    Result, SharedMemory, Table, Tag, TypedFunc, WasmParams, WasmResults,
};
use std::ptr::NonNull;
use std::sync::Arc;
use terrane_runtime::{ExternAddr, FuncInst, InstantiateError, ModuleAddr, StoreId};

/// A module that has been given its imports, in a store.
///
/// ```
/// use terrane::{Engine, Instance, Module, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (memory (export "memory") 1)
///         (global (export "answer") i32 (i32.const 42))
///         (func (export "nop")))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let answer = instance.get_global(&mut store, "answer").unwrap();
/// assert_eq!(answer.get(&mut store).unwrap_i32(), 42);
/// let names: Vec<_> = instance.exports(&mut store).map(|export| export.name().to_owned()).collect();
/// assert_eq!(names, ["memory", "answer", "nop"]);
/// # Ok::<(), terrane::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instance {
    store: StoreId,
    addr: ModuleAddr,
}

impl Instance {
    /// Instantiates `module`, with `imports` in the order in which the module declares them.
    ///
    /// Runs the active segments and the start function, so it can trap and need not return. To give imports by name
    /// there is the [`Linker`](crate::Linker).
    ///
    /// # Errors
    /// - [`ErrorKind::Link`]: imports do not match their declared types, all of which the error lists; or they are
    ///   too few or too many.
    /// - [`ErrorKind::Trap`]: a segment does not fit, the start function trapped, or there is no room for something.
    ///   What was written to imported memories and tables by then stays written.
    /// - What a host function failed with that the start function called, unchanged.
    ///
    /// # Panics
    /// If an import belongs to another store, or the module to another engine.
    ///
    /// ```
    /// use terrane::{Engine, Func, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, r#"(module (import "env" "f" (func (param i64))))"#)?;
    /// let mut store = Store::new(&engine, ());
    /// let f = Func::wrap(&mut store, |_: i32| ());
    /// let error = Instance::new(&mut store, &module, &[f.into()]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "incompatible import type: `env` `f` must be a func [i64] -> [], but is a func [i32] -> []",
    /// );
    /// # Ok::<(), terrane::Error>(())
    /// ```
    pub fn new(mut store: impl AsContextMut, module: &Module, imports: &[Extern]) -> Result<Self> {
        let mut context = store.as_context_mut();
        let (instance, start) = Self::without_start(context.opaque_mut(), module, imports)?;
        if let Some(start) = start {
            // SAFETY: the function is of the store, and a start function has no parameters and no results.
            unsafe { invoke(context.opaque_ptr(), start, &mut [])? };
        }
        Ok(instance)
    }

    /// The same, but functions of the host that the start function calls may be asynchronous: see
    /// [`TypedFunc::call_async`].
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    ///
    /// # Panics
    /// As for [`new`](Self::new).
    pub async fn new_async(
        mut store: impl AsContextMut<Data: Send>,
        module: &Module,
        imports: &[Extern],
    ) -> Result<Self> {
        let mut context = store.as_context_mut();
        let (instance, start) = Self::without_start(context.opaque_mut(), module, imports)?;
        // SAFETY: as for `new`.
        let call = start.map(|start| unsafe { CallAsync::new(context, start, Box::default()) });
        if let Some(call) = call {
            call.await?;
        }
        Ok(instance)
    }

    /// An instance, and its start function, which is still to be called.
    fn without_start(
        store: &mut StoreOpaque,
        module: &Module,
        imports: &[Extern],
    ) -> Result<(Self, Option<NonNull<FuncInst>>)> {
        let imports: Vec<_> = imports.iter().map(|item| item.bring(store)).collect();
        let addr = instantiate(store, module, &imports)?;
        let start = module.syntax().start.map(|x| store.runtime.module(addr).funcs[x.index()]);
        Ok((Self { store: store.id(), addr }, start))
    }

    pub(crate) fn from_addr(store: StoreId, addr: ModuleAddr) -> Self {
        Self { store, addr }
    }

    /// The module it is an instance of.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn module<'a, T: 'static>(&self, store: impl Into<StoreContext<'a, T>>) -> &'a Module {
        let store = store.into().opaque();
        store.check(self.store);
        store.module(&store.runtime.module(self.addr).module)
    }

    /// All exports, in the order of the module.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn exports<'a, T: 'static>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
    ) -> impl ExactSizeIterator<Item = Export<'a>> + 'a {
        let store = store.into().opaque();
        store.check(self.store);
        let inst = store.runtime.module(self.addr);
        let exports = inst.module.exports.iter().zip(&inst.exports);
        exports.map(move |(export, addr)| Export::new(&export.name, Extern::new(store, *addr)))
    }

    /// The export of that name, if there is one.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn get_export(&self, store: impl AsContext, name: &str) -> Option<Extern> {
        let store = store.as_context().opaque();
        store.check(self.store);
        export_of(store, self.addr, name)
    }

    /// The exported function of that name, if there is one.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn get_func(&self, store: impl AsContext, name: &str) -> Option<Func> {
        self.get_export(store, name)?.into_func()
    }

    /// The exported function of that name, its type checked once and for all.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`], if there is no such function, or it is of another type.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn get_typed_func<Params: WasmParams, Results: WasmResults>(
        &self,
        store: impl AsContext,
        name: &str,
    ) -> Result<TypedFunc<Params, Results>> {
        match self.get_export(store.as_context(), name) {
            Some(Extern::Func(func)) => {
                func.typed(store).map_err(|error| Error::usage(format_args!("`{name}`: {error}")))
            }
            Some(other) => {
                let found = other.ty(store);
                Err(Error::usage(format_args!("`{name}`: expected a function, found a {found}")))
            }
            None => {
                let names = self.module(store.as_context()).exports();
                let nearest = nearest(name, names.map(|export| export.name()));
                let hint = nearest.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
                Err(Error::usage(format_args!("`{name}`: expected a function, found no such export{hint}")))
            }
        }
    }

    /// The exported table of that name, if there is one.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn get_table(&self, store: impl AsContext, name: &str) -> Option<Table> {
        self.get_export(store, name)?.into_table()
    }

    /// The exported memory of that name, if there is one, and it is not shared.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn get_memory(&self, store: impl AsContext, name: &str) -> Option<Memory> {
        self.get_export(store, name)?.into_memory()
    }

    /// The exported shared memory of that name, if there is one.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn get_shared_memory(&self, store: impl AsContext, name: &str) -> Option<SharedMemory> {
        self.get_export(store, name)?.into_shared_memory()
    }

    /// The exported global of that name, if there is one.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn get_global(&self, store: impl AsContext, name: &str) -> Option<Global> {
        self.get_export(store, name)?.into_global()
    }

    /// The exported tag of that name, if there is one.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn get_tag(&self, store: impl AsContext, name: &str) -> Option<Tag> {
        self.get_export(store, name)?.into_tag()
    }
}

/// An instance's export of that name.
pub(crate) fn export_of(store: &StoreOpaque, addr: ModuleAddr, name: &str) -> Option<Extern> {
    let inst = store.runtime.module(addr);
    let i = match inst.module.exports.len() {
        0..=FEW_EXPORTS => inst.module.exports.iter().position(|export| export.name == name)?,
        _ => store.module(&inst.module).export_index(name)?,
    };
    Some(Extern::new(store, inst.exports[i]))
}

/// An instance's first memory.
pub(crate) fn memory_of(store: &StoreOpaque, addr: ModuleAddr) -> Option<Extern> {
    Some(Extern::new(store, ExternAddr::Mem(store.runtime.mem_addr_of(addr, 0)?)))
}

fn instantiate(store: &mut StoreOpaque, module: &Module, imports: &[ExternAddr]) -> Result<ModuleAddr> {
    module.check_engine(&store.engine);
    // Also if it fails: functions of an instance that never came to be can be in tables.
    store.keep(module);
    let result = terrane_runtime::instantiate(
        &mut store.runtime,
        &store.engine.resolver(),
        module.syntax(),
        module.types(),
        module.code(),
        module.import_types(),
        imports,
    );
    result.map_err(|error| match error {
        InstantiateError::Link(links) => ErrorKind::Link(LinkError(links)).into(),
        InstantiateError::Trap(trap) => store.not_made(trap, "this instance"),
    })
}

impl StoreOpaque {
    /// Keeps a module for the names and offsets of its instances' functions.
    fn keep(&mut self, module: &Module) {
        if let Err(i) = self.modules.binary_search_by_key(&module.place(), Module::place) {
            self.modules.insert(i, module.clone());
        }
    }

    /// The module of which this is the syntax, and of which there is an instance.
    pub(crate) fn module(&self, syntax: &Arc<terrane_syntax::Module>) -> &Module {
        module_of(&self.modules, syntax)
    }
}

/// The module of which this is the syntax, among those of a store.
pub(crate) fn module_of<'m>(modules: &'m [Module], syntax: &Arc<terrane_syntax::Module>) -> &'m Module {
    let place = Arc::as_ptr(syntax) as usize;
    let i = modules.binary_search_by_key(&place, Module::place);
    &modules[i.expect("modules are kept as long as the store")]
}
