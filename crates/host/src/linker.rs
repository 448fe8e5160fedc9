//! Linking modules by the names of their imports.

mod asynchronous;
mod definition;
mod imports;
mod names;
mod pre;
mod program;

pub use imports::{ImportValue, Imports, IntoImport};
pub use pre::InstancePre;

pub(crate) use definition::{Definition, Maker};

use crate::func::HostFunc;
use crate::{
    AsContext, AsContextMut, Caller, Engine, Error, Extern, ExternType, Func, FuncType, ImportType, Instance,
    IntoFunc, Module, Result, Val,
};
pub(crate) use names::nearest;
use names::{Item, Names};
use program::{Kind, is_customary};
use std::fmt;
use std::marker::PhantomData;

/// Values by two names each, with which modules are instantiated.
///
/// Functions of the host that are defined by [`func_wrap`](Self::func_wrap) and [`func_new`](Self::func_new) belong
/// to no store: one linker serves many. Everything else that is defined belongs to one, and the linker then serves
/// that one.
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
    allow_unknown_exports: bool,
    names: Names<Definition>,
    _data: PhantomData<fn(T)>,
}

impl<T: 'static> Clone for Linker<T> {
    fn clone(&self) -> Self {
        Self { engine: self.engine.clone(), names: self.names.clone(), ..*self }
    }
}

impl<T: 'static> fmt::Debug for Linker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.names.fmt(f)
    }
}

/// Of an engine of its own.
impl<T: 'static> Default for Linker<T> {
    fn default() -> Self {
        Self::new(&Engine::default())
    }
}

impl<T: 'static> Linker<T> {
    /// A linker without definitions.
    pub fn new(engine: &Engine) -> Self {
        Self {
            engine: engine.clone(),
            allow_shadowing: false,
            allow_unknown_exports: false,
            names: Names::new(),
            _data: PhantomData,
        }
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

    /// Whether [`module`](Self::module) takes commands that export what no command is expected to, and leaves that
    /// out: at first it does not.
    pub fn allow_unknown_exports(&mut self, allow: bool) -> &mut Self {
        self.allow_unknown_exports = allow;
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
        let definition = Definition::new(store.as_context().opaque(), item.into());
        self.insert(module, name, definition)
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
        let store = store.as_context();
        for export in instance.exports(store) {
            let definition = Definition::new(store.opaque(), export.clone().into_extern());
            self.insert(module, export.name(), definition)?;
        }
        Ok(self)
    }

    /// Defines the exports of a module, with `module_name` as their first name. Its imports are given what is defined
    /// now.
    ///
    /// A module that exports a function `_start` is a command: each call of one of its functions, from wherever it is
    /// made, makes a new instance and is the only one there. Of a command nothing but functions is defined, and its
    /// instances stay, as everything, as long as their store.
    ///
    /// Every other module is a library, also called a reactor: it is instantiated now, its function `_initialize` is
    /// called if it exports one, and all its exports are defined.
    ///
    /// # Errors
    /// - As for [`instantiate`](Self::instantiate) and [`instance`](Self::instance).
    /// - `_initialize` fails, or takes or returns something.
    /// - The module exports both `_start` and `_initialize`, or one that is no function.
    /// - A command exports something beside functions that is not customary, unless
    ///   [`allow_unknown_exports`](Self::allow_unknown_exports) permits it.
    ///
    /// # Panics
    /// As for [`instantiate`](Self::instantiate).
    ///
    /// ```
    /// use terrane::{Engine, Linker, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let program = r#"(module
    ///     (global $calls (mut i32) (i32.const 0))
    ///     (func (export "_start"))
    ///     (func (export "count") (result i32)
    ///         (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    ///         (global.get $calls)))"#;
    /// let mut store = Store::new(&engine, ());
    /// let mut linker = Linker::new(&engine);
    /// linker.module(&mut store, "command", &Module::new(&engine, program)?)?;
    /// let library = program.replace("_start", "_initialize");
    /// linker.module(&mut store, "reactor", &Module::new(&engine, library)?)?;
    /// for (name, second) in [("command", 1), ("reactor", 2)] {
    ///     let count = linker.get(&mut store, name, "count")?.into_func().unwrap();
    ///     let count = count.typed::<(), i32>(&store)?;
    ///     assert_eq!(count.call(&mut store, ())?, 1);
    ///     assert_eq!(count.call(&mut store, ())?, second);
    /// }
    /// # Ok::<(), terrane::Error>(())
    /// ```
    pub fn module(
        &mut self,
        mut store: impl AsContextMut<Data = T>,
        module_name: &str,
        module: &Module,
    ) -> Result<&mut Self> {
        match Kind::of(module)? {
            Kind::Command => self.command(module_name, module),
            Kind::Reactor => {
                let instance = self.instantiate(store.as_context_mut(), module)?;
                if let Some(initialize) = instance.get_func(store.as_context(), "_initialize") {
                    let initialize = initialize.typed::<(), ()>(store.as_context());
                    let called = initialize.and_then(|f| f.call(store.as_context_mut(), ()));
                    called.map_err(|error| error.context(format_args!("`{module_name}` `_initialize`")))?;
                }
                self.instance(store.as_context(), module_name, instance)
            }
        }
    }

    fn command(&mut self, module_name: &str, module: &Module) -> Result<&mut Self> {
        let pre = self.instantiate_pre(module)?;
        for export in module.exports() {
            let (name, ty) = (export.name().to_owned(), export.ty());
            let ExternType::Func(func) = ty else {
                if self.allow_unknown_exports || is_customary(&name, &ty) {
                    continue;
                }
                return Err(Error::usage(format_args!("a command exports `{name}`, a {ty}, to nobody")));
            };
            let pre = pre.clone();
            self.func_new(module_name, export.name(), func, move |mut caller, params, results| {
                let instance = pre.instantiate(&mut caller)?;
                let func = instance.get_func(&caller, &name).expect("an export of the module");
                func.call(&mut caller, params, results)
            })?;
        }
        Ok(self)
    }

    /// Defines what is defined already under other names as well.
    ///
    /// # Errors
    /// If there is no such definition; or the names are taken, and [shadowing](Self::allow_shadowing) is not allowed.
    pub fn alias(&mut self, module: &str, name: &str, as_module: &str, as_name: &str) -> Result<&mut Self> {
        let definition = self.find(module, name).cloned().ok_or_else(|| self.not_defined(module, name))?;
        self.insert(as_module, as_name, definition)
    }

    /// Defines all that is defined with the first name `module` under another first name as well.
    ///
    /// # Errors
    /// If nothing is; or names are taken, and [shadowing](Self::allow_shadowing) is not allowed.
    pub fn alias_module(&mut self, module: &str, as_module: &str) -> Result<()> {
        let items =
            self.names.module(module).cloned().ok_or_else(|| {
                Error::usage(format_args!("nothing is defined with the first name `{module}`"))
            })?;
        for (name, definition) in items {
            self.insert(as_module, &name, definition)?;
        }
        Ok(())
    }

    /// Defines every function that `module` imports and that is not defined, as one that fails with an error that
    /// names it. Other imports stay as they are.
    ///
    /// # Errors
    /// None yet.
    ///
    /// # Panics
    /// If the module is of another engine.
    pub fn define_unknown_imports_as_traps(&mut self, module: &Module) -> Result<()> {
        for import in module.imports() {
            if let (ExternType::Func(ty), None) = (import.ty(), self.find(import.module(), import.name())) {
                let message =
                    format!("unknown import: `{}` `{}` has not been defined", import.module(), import.name());
                self.func_new(import.module(), import.name(), ty, move |_, _, _| Err(Error::msg(&message)))?;
            }
        }
        Ok(())
    }

    /// Defines every function that `module` imports and that is defined, but with a type that does not fit, anew for this
    /// type: as one that fails with an error that names it. There are builds that import functions of their own under
    /// names that stand for others, and never call them.
    ///
    /// # Errors
    /// None yet.
    ///
    /// # Panics
    /// If the module or the store is of another engine.
    ///
    /// ```
    /// use terrane::{Engine, Linker, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, r#"(module (import "net" "send" (func (param i64))))"#)?;
    /// let mut linker = Linker::new(&engine);
    /// linker.func_wrap("net", "send", |_: i32| ())?;
    /// let mut store = Store::new(&engine, ());
    /// assert!(linker.instantiate(&mut store, &module).is_err());
    /// linker.define_mistyped_imports_as_traps(&mut store, &module)?;
    /// linker.instantiate(&mut store, &module)?;
    /// # Ok::<(), terrane::Error>(())
    /// ```
    pub fn define_mistyped_imports_as_traps(
        &mut self,
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
    ) -> Result<()> {
        for import in module.imports() {
            if let (ExternType::Func(ty), Some(Extern::Func(func))) =
                (import.ty(), self.get_by_import(&mut store, &import))
                && !func.ty(&store).matches(&ty)
            {
                let (module, name) = (import.module(), import.name());
                self.names.remove(module, name);
                let message = format!(
                    "unknown import: `{module}` `{name}` is not a func {ty}, as which it is imported"
                );
                self.func_new(module, name, ty, move |_, _, _| Err(Error::msg(&message)))?;
            }
        }
        Ok(())
    }

    /// Defines everything that `module` imports and that is not defined, as what
    /// [`ExternType::default_value`] gives: functions that return zeros and nulls, memories of zeros, and so on.
    ///
    /// # Errors
    /// If something has no default value, or a limit of the store does not allow it; what came before it is defined.
    ///
    /// # Panics
    /// If the module or the store is of another engine.
    pub fn define_unknown_imports_as_default_values(
        &mut self,
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
    ) -> Result<()> {
        for import in module.imports() {
            if self.find(import.module(), import.name()).is_some() {
                continue;
            }
            let item = import.ty().default_value(store.as_context_mut()).map_err(|error| {
                error.context(format_args!("unknown import: `{}` `{}`", import.module(), import.name()))
            })?;
            self.define(store.as_context(), import.module(), import.name(), item)?;
        }
        Ok(())
    }

    /// Instantiates a module: every import is given what is defined under its names.
    ///
    /// # Errors
    /// - [`ErrorKind::Link`](crate::ErrorKind::Link): imports are not defined or of the wrong type; the error lists all of them.
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
        let items = self.names.resolve(context.opaque_mut(), module)?;
        Instance::new(context, module, &items)
    }

    /// Finds and checks what a module imports, to instantiate it any number of times later: what is defined or
    /// redefined after this is not seen.
    ///
    /// # Errors
    /// [`ErrorKind::Link`](crate::ErrorKind::Link): imports are not defined or of the wrong type; the error lists all
    /// of them. Whether memories and tables are large enough is found out when the module is instantiated.
    ///
    /// # Panics
    /// If the module is of another engine.
    pub fn instantiate_pre(&self, module: &Module) -> Result<InstancePre<T>> {
        module.check_engine(&self.engine);
        self.names.check(module, Definition::ty)?;
        let definition = |import: ImportType<'_>| self.find(import.module(), import.name()).cloned();
        Ok(InstancePre::new(module, module.imports().filter_map(definition)))
    }

    /// What is defined under these names.
    ///
    /// # Errors
    /// If nothing is: the error says what may be meant.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn get(&self, mut store: impl AsContextMut<Data = T>, module: &str, name: &str) -> Result<Extern> {
        match self.find(module, name) {
            Some(definition) => definition.item(store.as_context_mut().opaque_mut(), None),
            None => Err(self.not_defined(module, name)),
        }
    }

    /// What is defined under the names of an import, if anything is.
    pub fn get_by_import(
        &self,
        store: impl AsContextMut<Data = T>,
        import: &ImportType<'_>,
    ) -> Option<Extern> {
        self.get(store, import.module(), import.name()).ok()
    }

    /// The function that running the module of that name means: its export with the empty name, or else `_start`, or
    /// else a function that does nothing.
    ///
    /// # Errors
    /// If what is defined under these names is no function.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn get_default(&self, mut store: impl AsContextMut<Data = T>, module: &str) -> Result<Func> {
        for name in ["", "_start"] {
            let Some(definition) = self.find(module, name) else { continue };
            return match definition.item(store.as_context_mut().opaque_mut(), None)? {
                Extern::Func(func) => Ok(func),
                _ => Err(Error::usage(format_args!("`{module}` `{name}` is no function"))),
            };
        }
        Ok(Func::wrap(store, || {}))
    }

    /// Everything that is defined: the two names, and the value.
    pub fn iter<'a>(
        &'a self,
        mut store: impl AsContextMut<Data = T> + 'a,
    ) -> impl Iterator<Item = (&'a str, &'a str, Extern)> + 'a {
        self.names.iter().filter_map(move |(module, name, definition)| {
            let item = definition.item(store.as_context_mut().opaque_mut(), None).ok()?;
            Some((&**module, &**name, item))
        })
    }

    fn find(&self, module: &str, name: &str) -> Option<&Definition> {
        self.names.get(module, name)
    }

    pub(crate) fn insert(&mut self, module: &str, name: &str, definition: Definition) -> Result<&mut Self> {
        self.check_free(module, name)?;
        self.names.insert(module, name, definition);
        Ok(self)
    }

    /// May something be defined under these names?
    pub(crate) fn check_free(&self, module: &str, name: &str) -> Result<()> {
        if self.allow_shadowing || self.find(module, name).is_none() {
            return Ok(());
        }
        Err(Error::usage(format_args!("`{module}` `{name}` is defined already")))
    }

    #[cold]
    fn not_defined(&self, module: &str, name: &str) -> Error {
        let hint = match self.names.nearest(module, name) {
            Some((module, name)) => format!("; did you mean `{module}` `{name}`?"),
            None => String::new(),
        };
        Error::usage(format_args!("`{module}` `{name}` is not defined{hint}"))
    }
}
