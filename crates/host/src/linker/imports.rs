//! Imports as a map of maps.

use super::names::{Item, Names};
use crate::func::HostFunc;
use crate::store::StoreOpaque;
use crate::{AsContext, AsContextMut, Engine, Extern, Instance, IntoFunc, Module, Result};
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Mutex, OnceLock, PoisonError};
use terrane_syntax::types::ExternType;

/// What modules are given for their imports, by two names each, as in an import object of JavaScript.
///
/// [`imports!`](crate::imports) writes one down; the methods build one step by step. Functions are closures, as for
/// [`Linker::func_wrap`](crate::Linker::func_wrap), and belong to no store; memories, tables, globals, tags and functions
/// that there are already in a store go in as they are, and the whole then serves that store.
///
/// Unlike a [`Linker`](crate::Linker) it knows no engine, and what is defined later under the same names takes the place
/// of the earlier. To define what there is but once, to alias, or to instantiate one module again and again, use a
/// linker.
///
/// ```
/// use terrane::{Caller, Engine, Memory, MemoryType, Module, Store, imports};
///
/// let engine = Engine::default();
/// let mut store = Store::new(&engine, Vec::new());
/// let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
/// let imports = imports! {
///     "env" => {
///         "memory" => memory,
///         "log" => |mut caller: Caller<'_, Vec<i32>>, x: i32| caller.data_mut().push(x),
///     },
///     "math" => {
///         "double" => |x: i32| x * 2,
///     },
/// };
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "env" "memory" (memory 1))
///         (import "env" "log" (func $log (param i32)))
///         (import "math" "double" (func $double (param i32) (result i32)))
///         (func (export "run") (call $log (call $double (i32.load (i32.const 0))))))"#,
/// )?;
/// let instance = imports.instantiate(&mut store, &module)?;
/// memory.data_mut(&mut store)[0] = 21;
/// instance.get_typed_func::<(), ()>(&mut store, "run")?.call(&mut store, ())?;
/// assert_eq!(store.data(), &[42]);
/// # Ok::<(), terrane::Error>(())
/// ```
pub struct Imports<T: 'static> {
    names: Names<ImportValue>,
    _data: PhantomData<fn(T)>,
}

/// Writes down [`Imports`]: by the first name, and then by the second, closures and what there is in a store.
///
/// Names are any expressions that are `&str`, values what [`Imports::define`] takes.
///
/// ```
/// use terrane::{Engine, Imports, Module, Store, imports};
///
/// let engine = Engine::default();
/// let version = 3;
/// let name = format!("api_{version}");
/// let imports: Imports<()> = imports! {
///     &name => { "version" => move || version },
/// };
/// let module = Module::new(&engine, r#"(module (import "api_2" "version" (func (result i32))))"#)?;
/// let error = imports.instantiate(Store::new(&engine, ()), &module).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "unknown import: `api_2` `version` must be a func [] -> [i32], and nothing was given for it; \
///      did you mean `api_3` `version`?",
/// );
/// # Ok::<(), terrane::Error>(())
/// ```
#[macro_export]
macro_rules! imports {
    ($($module:expr => { $($name:expr => $value:expr),* $(,)? }),* $(,)?) => {{
        #[allow(unused_mut)]
        let mut imports = $crate::Imports::new();
        $({
            let module: &str = $module;
            let _ = module;
            $(imports.define(module, $name, $value);)*
        })*
        imports
    }};
}

/// What an import can be given: a closure ([`IntoFunc`]), or what turns into an [`Extern`]. `Kind` tells which of the two.
///
/// Only this crate implements it.
pub trait IntoImport<T, Kind> {
    #[doc(hidden)]
    fn into_import(self) -> ImportValue;
}

/// The kind of [`IntoImport`] that closures are.
#[derive(Debug)]
pub struct AsFunc<Params, Results>(PhantomData<(Params, Results)>);

/// The kind of [`IntoImport`] that memories and the like are.
#[derive(Debug)]
pub struct AsExtern(());

/// A value of [`Imports`].
#[doc(hidden)]
pub struct ImportValue(Value);

enum Value {
    Extern(Extern),
    Func(Closure),
}

/// A closure that becomes a function of the host when it is known for which engine.
struct Closure {
    make: Mutex<Option<Make>>,
    made: OnceLock<HostFunc>,
}

type Make = Box<dyn FnOnce(&Engine) -> HostFunc + Send>;

impl Closure {
    fn func(&self, engine: &Engine) -> HostFunc {
        let made = self.made.get_or_init(|| {
            let make = self.make.lock().unwrap_or_else(PoisonError::into_inner).take();
            make.expect("made but once")(engine)
        });
        made.for_engine(engine)
    }
}

impl<T: 'static, Params: 'static, Results: 'static, F> IntoImport<T, AsFunc<Params, Results>> for F
where
    F: IntoFunc<T, Params, Results>,
{
    fn into_import(self) -> ImportValue {
        let make: Make = Box::new(|engine| self.into_func(engine));
        ImportValue(Value::Func(Closure { make: Mutex::new(Some(make)), made: OnceLock::new() }))
    }
}

impl<T, E: Into<Extern>> IntoImport<T, AsExtern> for E {
    fn into_import(self) -> ImportValue {
        ImportValue(Value::Extern(self.into()))
    }
}

impl Item for ImportValue {
    fn item(&self, store: &mut StoreOpaque, _: Option<ExternType>) -> Result<Extern> {
        Ok(match &self.0 {
            Value::Extern(item) => item.clone(),
            Value::Func(closure) => {
                let func = closure.func(&store.engine);
                func.alloc_once(store).into()
            }
        })
    }
}

impl<T: 'static> Imports<T> {
    /// No imports.
    pub fn new() -> Self {
        Self { names: Names::new(), _data: PhantomData }
    }

    /// Gives `value` to imports of these names: a closure, or a [`Func`](crate::Func), [`Memory`](crate::Memory),
    /// [`SharedMemory`](crate::SharedMemory), [`Table`](crate::Table), [`Global`](crate::Global), [`Tag`](crate::Tag) or
    /// [`Extern`]. It takes the place of what they were given before.
    pub fn define<Kind>(&mut self, module: &str, name: &str, value: impl IntoImport<T, Kind>) -> &mut Self {
        self.names.insert(module, name, value.into_import());
        self
    }

    /// Gives all exports of an instance to imports of their names, with `module` as the first name.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn instance(
        &mut self,
        store: impl AsContext<Data = T>,
        module: &str,
        instance: Instance,
    ) -> &mut Self {
        for export in instance.exports(store.as_context()) {
            self.define(module, export.name(), export.clone().into_extern());
        }
        self
    }

    /// What imports of these names are given in that store, if anything is.
    pub fn get(&self, mut store: impl AsContextMut<Data = T>, module: &str, name: &str) -> Option<Extern> {
        self.names.get(module, name)?.item(store.as_context_mut().opaque_mut(), None).ok()
    }

    /// The names, in the order in which they came: all of a first name, then all of the next.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names.iter().map(|(module, name, _)| (&**module, &**name))
    }

    /// Instantiates a module.
    ///
    /// # Errors
    /// - [`ErrorKind::Link`](crate::ErrorKind::Link): imports are given nothing, or something of the wrong type; the
    ///   error lists all of them.
    /// - As for [`Instance::new`].
    ///
    /// # Panics
    /// If something here belongs to another store, or the module to another engine.
    pub fn instantiate(&self, mut store: impl AsContextMut<Data = T>, module: &Module) -> Result<Instance> {
        let mut context = store.as_context_mut();
        let items = self.names.resolve(context.opaque_mut(), module)?;
        Instance::new(context, module, &items)
    }
}

impl<T: 'static> Default for Imports<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: 'static> fmt::Debug for Imports<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.names.fmt(f)
    }
}
