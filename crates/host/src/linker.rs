//! Linking modules by the names of their imports.

mod definition;

pub(crate) use definition::{Definition, Maker};

use crate::func::HostFunc;
use crate::store::StoreOpaque;
use crate::{
    AsContext, AsContextMut, Caller, Engine, Error, ErrorKind, Extern, ExternType, Func, FuncType,
    ImportType, Instance, IntoFunc, LinkError, Module, Result, Val,
};
use indexmap::IndexMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use terrane_runtime::{Link, describe};

/// Values by two names each, with which modules are instantiated.
///
/// Functions of the host that are defined by [`func_wrap`](Self::func_wrap) and [`func_new`](Self::func_new) belong
/// to no store, and so does what a [host module](Self::host_module) has: one linker serves many. Everything else that is
/// defined belongs to one, and the linker then serves that one.
///
/// ```
/// use terrane::{Engine, Linker, Module, Store};
///
/// let engine = Engine::default();
/// let mut linker = Linker::new(&engine);
/// linker.func_wrap("host", "double", |x: i32| x * 2)?;
///
/// let library = Module::new(
///     &engine,
///     r#"(module
///         (import "host" "double" (func $double (param i32) (result i32)))
///         (func (export "quadruple") (param i32) (result i32) (call $double (call $double (local.get 0)))))"#,
/// )?;
/// let program = Module::new(
///     &engine,
///     r#"(module
///         (import "library" "quadruple" (func $quadruple (param i32) (result i32)))
///         (func (export "main") (result i32) (i32.add (call $quadruple (i32.const 10)) (i32.const 2))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// linker.module(&mut store, "library", &library)?;
/// let instance = linker.instantiate(&mut store, &program)?;
/// assert_eq!(instance.get_typed_func::<(), i32>(&mut store, "main")?.call(&mut store, ())?, 42);
/// # Ok::<(), terrane::Error>(())
/// ```
pub struct Linker<T: 'static> {
    engine: Engine,
    allow_shadowing: bool,
    /// By the first name, then by the second.
    modules: IndexMap<Arc<str>, IndexMap<Arc<str>, Definition>>,
    _data: PhantomData<fn(T)>,
}

impl<T: 'static> Clone for Linker<T> {
    fn clone(&self) -> Self {
        Self { engine: self.engine.clone(), modules: self.modules.clone(), ..*self }
    }
}

impl<T: 'static> fmt::Debug for Linker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |(module, items): (&Arc<str>, &IndexMap<Arc<str>, Definition>)| {
            (module.clone(), items.keys().cloned().collect::<Vec<_>>())
        };
        f.debug_map().entries(self.modules.iter().map(names)).finish()
    }
}

impl<T: 'static> Linker<T> {
    /// A linker without definitions.
    pub fn new(engine: &Engine) -> Self {
        Self { engine: engine.clone(), allow_shadowing: false, modules: IndexMap::new(), _data: PhantomData }
    }

    /// The engine it was made with.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether a definition may take the place of an earlier one of the same names: at first it may not.
    pub fn allow_shadowing(&mut self, allow: bool) -> &mut Self {
        self.allow_shadowing = allow;
        self
    }

    /// Defines something that there is in a store.
    ///
    /// # Errors
    /// If the names are taken, and [shadowing](Self::allow_shadowing) is not allowed.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn define(
        &mut self,
        store: impl AsContext<Data = T>,
        module: &str,
        name: &str,
        item: impl Into<Extern>,
    ) -> Result<&mut Self> {
        let item = item.into();
        // Is it of that store?
        let _ = item.addr(store.as_context().opaque());
        self.insert(module, name, Definition::Extern(item))
    }

    /// Defines a function of the host over values of any types: see [`Func::new`].
    ///
    /// # Errors
    /// If the names are taken, and [shadowing](Self::allow_shadowing) is not allowed.
    ///
    /// # Panics
    /// If `ty` is of another engine.
    pub fn func_new(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Result<&mut Self> {
        assert!(Engine::same(ty.engine(), &self.engine), "a function type of another engine");
        self.insert(module, name, HostFunc::new(ty, func).into())
    }

    /// Defines a function of the host from a closure over numbers and references: see [`IntoFunc`].
    ///
    /// # Errors
    /// If the names are taken, and [shadowing](Self::allow_shadowing) is not allowed.
    pub fn func_wrap<Params, Results>(
        &mut self,
        module: &str,
        name: &str,
        func: impl IntoFunc<T, Params, Results>,
    ) -> Result<&mut Self> {
        let func = func.into_func(&self.engine);
        self.insert(module, name, func.into())
    }

    /// Defines all exports of an instance, with `module` as their first name.
    ///
    /// # Errors
    /// If names are taken, and [shadowing](Self::allow_shadowing) is not allowed.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn instance(
        &mut self,
        store: impl AsContext<Data = T>,
        module: &str,
        instance: Instance,
    ) -> Result<&mut Self> {
        for export in instance.exports(store.as_context()) {
            self.insert(module, export.name(), Definition::Extern(export.into_extern()))?;
        }
        Ok(self)
    }

    /// Instantiates a module with what is defined, and defines all its exports, with `module_name` as their first
    /// name.
    ///
    /// # Errors
    /// As for [`instantiate`](Self::instantiate) and [`instance`](Self::instance).
    pub fn module(
        &mut self,
        mut store: impl AsContextMut<Data = T>,
        module_name: &str,
        module: &Module,
    ) -> Result<&mut Self> {
        let instance = self.instantiate(store.as_context_mut(), module)?;
        self.instance(store.as_context(), module_name, instance)
    }

    /// Defines what is defined already under other names as well.
    ///
    /// # Errors
    /// If there is no such definition; or the names are taken, and [shadowing](Self::allow_shadowing) is not allowed.
    pub fn alias(&mut self, module: &str, name: &str, as_module: &str, as_name: &str) -> Result<&mut Self> {
        let definition = self.find(module, name).cloned().ok_or_else(|| {
            Error::usage(format_args!("no alias for `{module}` `{name}`, which is not defined"))
        })?;
        self.insert(as_module, as_name, definition)
    }

    /// Defines all that is defined with the first name `module` under another first name as well.
    ///
    /// # Errors
    /// If nothing is; or names are taken, and [shadowing](Self::allow_shadowing) is not allowed.
    pub fn alias_module(&mut self, module: &str, as_module: &str) -> Result<()> {
        let items = self
            .modules
            .get(module)
            .cloned()
            .ok_or_else(|| Error::usage(format_args!("no alias for `{module}`, which is not defined")))?;
        for (name, definition) in items {
            self.insert(as_module, &name, definition)?;
        }
        Ok(())
    }

    /// Defines every function that `module` imports and that is not defined, as one that fails with an error that
    /// names it.
    ///
    /// # Errors
    /// If an import that is not defined is no function.
    pub fn define_unknown_imports_as_traps(&mut self, module: &Module) -> Result<()> {
        for import in module.imports() {
            if self.find(import.module(), import.name()).is_some() {
                continue;
            }
            let message =
                format!("unknown import: `{}` `{}` has not been defined", import.module(), import.name());
            let ExternType::Func(ty) = import.ty() else { return Err(Error::usage(message)) };
            self.func_new(import.module(), import.name(), ty, move |_, _, _| Err(Error::msg(&message)))?;
        }
        Ok(())
    }

    /// Instantiates a module: every import is given what is defined under its names.
    ///
    /// # Errors
    /// - [`ErrorKind::Link`]: imports are not defined or of the wrong type; the error lists all of them.
    /// - As for [`Instance::new`].
    ///
    /// # Panics
    /// If something that is defined belongs to another store, or the module to another engine.
    ///
    /// ```
    /// use terrane::{Engine, ErrorKind, Linker, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let mut linker = Linker::new(&engine);
    /// linker.func_wrap("env", "log", |_: f32| ())?;
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module (import "env" "log" (func (param i32))) (import "env" "memory" (memory 1)))"#,
    /// )?;
    /// let error = linker.instantiate(Store::new(&engine, ()), &module).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "incompatible import type: `env` `log` must be a func [i32] -> [], but is a func [f32] -> []\n\
    ///      unknown import: `env` `memory` must be a memory {min 1}, and nothing was given for it",
    /// );
    /// # Ok::<(), terrane::Error>(())
    /// ```
    pub fn instantiate(&self, mut store: impl AsContextMut<Data = T>, module: &Module) -> Result<Instance> {
        let mut context = store.as_context_mut();
        let mut items = Vec::with_capacity(module.import_types().len());
        for (import, ty) in module.syntax().imports.iter().zip(module.import_types()) {
            let Some(definition) = self.find(&import.module, &import.name) else {
                return Err(self.link_error(context.opaque_mut(), module));
            };
            let item = definition.item_for(context.opaque_mut(), *ty);
            let what = || format!("the import `{}` `{}` cannot be made", import.module, import.name);
            items.push(item.map_err(|error| error.context(what()))?);
        }
        Instance::new(context, module, &items)
    }

    /// All that is wrong with the imports of a module of which at least one is not defined.
    #[cold]
    fn link_error(&self, store: &mut StoreOpaque, module: &Module) -> Error {
        let mut links = Vec::new();
        for (import, expected) in module.syntax().imports.iter().zip(module.import_types()) {
            let definition = self.find(&import.module, &import.name);
            let found =
                definition.and_then(|definition| definition.item_for(store, *expected).ok()).map(|item| {
                    let addr = item.bring(store);
                    store.runtime.externtype(addr)
                });
            let types = self.engine.types();
            let (module, name) = (import.module.clone(), import.name.clone());
            let expected_text = describe(&*types, *expected);
            links.extend(match found {
                None => Some(Link::Unknown { module, name, expected: expected_text }),
                Some(found) if !terrane_syntax::types::match_externtype(&*types, found, *expected) => {
                    let found = describe(&*types, found);
                    Some(Link::Incompatible { module, name, expected: expected_text, found })
                }
                Some(_) => None,
            });
        }
        ErrorKind::Link(LinkError(links)).into()
    }

    /// What is defined under these names, if anything is. What a host module has is made for the store if it is not there
    /// yet: `None` also if that fails.
    pub fn get(&self, mut store: impl AsContextMut<Data = T>, module: &str, name: &str) -> Option<Extern> {
        self.find(module, name)?.item(store.as_context_mut().opaque_mut()).ok()
    }

    /// What is defined under the names of an import, if anything is.
    pub fn get_by_import(
        &self,
        store: impl AsContextMut<Data = T>,
        import: &ImportType<'_>,
    ) -> Option<Extern> {
        self.get(store, import.module(), import.name())
    }

    /// The function that running the module of that name means: its export `_start`, or one with the empty name, or
    /// else a function that does nothing.
    ///
    /// # Errors
    /// If what is defined under these names is no function.
    pub fn get_default(&self, mut store: impl AsContextMut<Data = T>, module: &str) -> Result<Func> {
        for name in ["", "_start"] {
            match self.get(store.as_context_mut(), module, name) {
                Some(Extern::Func(func)) => return Ok(func),
                Some(_) => return Err(Error::usage(format_args!("`{module}` `{name}` is no function"))),
                None => {}
            }
        }
        Ok(Func::wrap(store, || {}))
    }

    /// Everything that is defined: the two names, and the value. As for [`get`](Self::get), what cannot be made is left
    /// out.
    pub fn iter<'a>(
        &'a self,
        mut store: impl AsContextMut<Data = T> + 'a,
    ) -> impl Iterator<Item = (&'a str, &'a str, Extern)> + 'a {
        let all = self.modules.iter().flat_map(|(module, items)| {
            items.iter().map(move |(name, definition)| (&**module, &**name, definition))
        });
        all.filter_map(move |(module, name, definition)| {
            let item = definition.item(store.as_context_mut().opaque_mut()).ok()?;
            Some((module, name, item))
        })
    }

    fn find(&self, module: &str, name: &str) -> Option<&Definition> {
        self.modules.get(module)?.get(name)
    }

    pub(crate) fn insert(&mut self, module: &str, name: &str, definition: Definition) -> Result<&mut Self> {
        if !self.allow_shadowing && self.find(module, name).is_some() {
            return Err(Error::usage(format_args!("`{module}` `{name}` is defined already")));
        }
        if !self.modules.contains_key(module) {
            self.modules.insert(module.into(), IndexMap::new());
        }
        self.modules[module].insert(name.into(), definition);
        Ok(self)
    }
}
