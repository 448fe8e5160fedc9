//! Instances of modules that AssemblyScript's compiler has made.

mod builder;

pub use builder::AsInstanceBuilder;

use crate::AsError;
use crate::call::{AsFunc, Params, Results, TypedAsFunc};
use crate::class::Class;
use crate::demangle::{Namespace, demangle};
use crate::dynamic::Value;
use crate::guest::Guest;
use crate::layout::Era;
use crate::managed::Managed;
use crate::shared::Shared;
use crate::slot::word_of;
use crate::value::{Lift, Lower};
use indexmap::IndexMap;
use std::sync::Arc;
use terrane::{AsContextMut, Extern, Global, Instance, Linker, Module, Mutability, Result};

/// An instance of a module that AssemblyScript's compiler has made, of whichever version.
///
/// It is a handle: clones are the same instance. It is of use with its own store only.
///
/// ```
/// use terrane::{Engine, Linker, Module, Store};
/// use terrane_assemblyscript::{AsCtx, AsInstance};
///
/// let engine = Engine::default();
/// let module = Module::from_file(&engine, "guests/tour.wasm")?;
/// let mut linker = Linker::new(&engine);
/// terrane_assemblyscript::add_to_linker(&mut linker, |ctx: &mut AsCtx| ctx)?;
/// linker.define_unknown_imports_as_traps(&module)?;
/// let mut store = Store::new(&engine, AsCtx::default());
/// let instance = AsInstance::instantiate(&mut store, &linker, &module)?;
/// let greeting: String = instance.call(&mut store, "greet", ("world",))?;
/// assert_eq!(greeting, "Hello, world!");
/// # Ok::<(), terrane::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct AsInstance {
    pub(crate) shared: Arc<Shared>,
}

impl AsInstance {
    /// Says how an instance is made, where that is not as usual.
    pub fn builder() -> AsInstanceBuilder {
        AsInstanceBuilder::new()
    }

    /// Instantiates a module: see [`AsInstanceBuilder::instantiate`].
    ///
    /// # Errors
    /// As there.
    pub fn instantiate<T: 'static>(
        store: impl AsContextMut<Data = T>,
        linker: &Linker<T>,
        module: &Module,
    ) -> Result<Self> {
        Self::builder().instantiate(store, linker, module)
    }

    /// An instance that is there already: see [`AsInstanceBuilder::wrap`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn new(store: impl AsContextMut, instance: Instance) -> Result<Self> {
        Self::builder().wrap(store, instance)
    }

    pub(crate) fn from_shared(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The compilers that the module is of; if nothing in it says so, the latest.
    pub fn era(&self) -> Era {
        self.shared.layout.era
    }

    /// Does the module export a runtime, so that objects can be made?
    pub fn has_runtime(&self) -> bool {
        let runtime = &self.shared.runtime;
        runtime.alloc.is_some() && runtime.keep.is_some() && runtime.release.is_some()
    }

    /// The instance without all this; `None` if this is what a host function sees of its caller.
    pub fn instance(&self) -> Option<Instance> {
        self.shared.instance
    }

    /// An exported function, namespaces and all: `ns.add`, `Color.parse`.
    ///
    /// # Errors
    /// If there is no such function.
    pub fn get_func(&self, store: impl AsContextMut, name: &str) -> Result<AsFunc> {
        let mut store = store;
        self.shared.check_store(&store)?;
        let func = match self.export(&mut store, name) {
            Some(Extern::Func(func)) => func,
            _ => return Err(self.no_export(&mut store, "function", name)),
        };
        AsFunc::new(&mut store, self.clone(), func, name)
    }

    /// The same, its parameters and result checked once.
    ///
    /// # Errors
    /// If there is no such function, or it takes or returns something else.
    pub fn func<P: Params, R: Results>(
        &self,
        store: impl AsContextMut,
        name: &str,
    ) -> Result<TypedAsFunc<P, R>> {
        self.get_func(store, name)?.typed()
    }

    /// Calls an exported function. Arguments may be fewer than parameters if the others are optional.
    ///
    /// # Errors
    /// - An [`AsError`]: there is no such function, it has another type, or values cannot be passed.
    /// - What the call fails with; an [`Abort`](crate::Abort) if the guest throws.
    pub fn call<P: Params, R: Results>(&self, store: impl AsContextMut, name: &str, params: P) -> Result<R> {
        let mut store = store;
        self.get_func(&mut store, name)?.call(store, params)
    }

    /// The value of an exported global: a constant, a variable, a member of an enumeration (`Color.Red`).
    ///
    /// # Errors
    /// If there is no such global, or it holds something else.
    pub fn get<T: Lift>(&self, store: impl AsContextMut, name: &str) -> Result<T> {
        let mut store = store;
        let global = self.global(&mut store, name, T::SLOT.val_type())?;
        Guest::with(&mut store, &self.shared, |guest| {
            let word = word_of(&guest.host.global(&global));
            T::lift(guest, word)
        })
    }

    /// Changes an exported variable.
    ///
    /// # Errors
    /// If there is no such global, it holds something else, or it is constant.
    pub fn set<T: Lower>(&self, store: impl AsContextMut, name: &str, value: T) -> Result<()> {
        let mut store = store;
        let global = self.global(&mut store, name, T::SLOT.val_type())?;
        if global.ty(&store).mutability() != Mutability::Var {
            return Err(
                AsError::WrongType { name: name.to_owned(), reason: "it is constant".to_owned() }.into()
            );
        }
        Guest::with(&mut store, &self.shared, |guest| {
            let old = word_of(&guest.host.global(&global)) as u32;
            let word = value.lower(guest)?;
            guest.host.set_global(&global, T::SLOT.val(word))?;
            if T::SLOT.managed {
                guest.moved(word as u32)?;
                // The reference that the global held was counted.
                guest.adopt(old);
            }
            Ok(())
        })
    }

    fn global(&self, store: impl AsContextMut, name: &str, expected: terrane::ValType) -> Result<Global> {
        let mut store = store;
        self.shared.check_store(&store)?;
        let global = match self.export(&mut store, name) {
            Some(Extern::Global(global)) => global,
            _ => return Err(self.no_export(&mut store, "global", name)),
        };
        let found = global.ty(&store);
        if *found.content() != expected {
            let reason = format!("expected a global of type {expected}, found {}", found.content());
            return Err(AsError::WrongType { name: name.to_owned(), reason }.into());
        }
        Ok(global)
    }

    /// The members of an exported enumeration, by name, in their order.
    ///
    /// # Errors
    /// If there is no such enumeration.
    pub fn enumeration(&self, store: impl AsContextMut, name: &str) -> Result<IndexMap<String, i32>> {
        let mut store = store;
        self.shared.check_store(&store)?;
        let start = format!("{name}.");
        let mut members = IndexMap::new();
        for export in self.export_names(&mut store) {
            if let Some(member) = export.strip_prefix(&start)
                && let Some(Extern::Global(global)) = self.export(&mut store, &export)
                && let Some(value) = global.get(&mut store).i32()
            {
                members.insert(member.to_owned(), value);
            }
        }
        if members.is_empty() { Err(self.no_export(&mut store, "enumeration", name)) } else { Ok(members) }
    }

    /// An exported class by its name, namespaces and type arguments and all: `foo.Bar`, `Vec<i32>`. Compilers up to 0.19
    /// export classes.
    ///
    /// # Errors
    /// If there is no such class.
    pub fn class(&self, store: impl AsContextMut, name: &str) -> Result<Class> {
        let mut store = store;
        self.shared.check_store(&store)?;
        let tree = self.exports(&mut store);
        match tree.class(name) {
            Some(class) => Class::new(self.clone(), &mut store, name, class.clone()),
            None => Err(self.no_export(&mut store, "class", name)),
        }
    }

    /// What the module exports, put together: namespaces, classes, functions.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn exports(&self, store: impl AsContextMut) -> Namespace {
        match self.shared.instance {
            Some(instance) => {
                let module = instance.module(&store);
                demangle(module.exports().map(|export| (export.name(), export.ty())))
            }
            None => Namespace::default(),
        }
    }

    fn export_names(&self, store: impl AsContextMut) -> Vec<String> {
        let instance = self.shared.instance.iter();
        instance
            .flat_map(|instance| instance.module(&store).exports().map(|export| export.name().to_owned()))
            .collect()
    }

    pub(crate) fn export(&self, store: impl AsContextMut, name: &str) -> Option<Extern> {
        self.shared.instance?.get_export(&store, name)
    }

    /// There is no such export; is there one that may have been meant?
    pub(crate) fn no_export(
        &self,
        store: impl AsContextMut,
        kind: &'static str,
        name: &str,
    ) -> terrane::Error {
        let names = self.export_names(store);
        let last = |name: &str| name.rsplit(['.', '/', '#', ':']).next().unwrap_or(name).to_lowercase();
        let meant = names.iter().filter(|other| *other != name).find(|other| last(other) == last(name));
        let hint = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
        AsError::NoExport { kind, name: name.to_owned(), hint }.into()
    }

    /// Makes an object of a value, and keeps it.
    ///
    /// # Errors
    /// If the guest cannot hold it.
    pub fn make<T: Lower + ?Sized>(&self, store: impl AsContextMut, value: &T) -> Result<Managed<T>> {
        let mut store = store;
        const { assert!(T::SLOT.managed, "a number is no object") };
        Guest::with(&mut store, &self.shared, |guest| {
            let pointer = value.lower(guest)? as u32;
            Managed::new(guest, pointer)
        })
    }

    /// Reads the object at an address.
    ///
    /// # Errors
    /// If there is no such object.
    pub fn read<T: Lift>(&self, store: impl AsContextMut, pointer: u32) -> Result<T> {
        let mut store = store;
        const { assert!(T::SLOT.managed, "a number is no object") };
        Guest::with(&mut store, &self.shared, |guest| T::lift(guest, pointer.into()))
    }

    /// Reads the object at an address, whatever it is, by its type information.
    ///
    /// # Errors
    /// If there is no object, or it is broken.
    pub fn read_value(&self, store: impl AsContextMut, pointer: u32) -> Result<Value> {
        let mut store = store;
        Guest::with(&mut store, &self.shared, |guest| Value::read(guest, pointer))
    }

    /// Is an object of that class, or of one derived from it? Type information has bases up to 0.22; later only the class
    /// itself is known.
    ///
    /// # Errors
    /// If the object is broken.
    pub fn is_instance_of<T: ?Sized>(
        &self,
        store: impl AsContextMut,
        object: &Managed<T>,
        class_id: u32,
    ) -> Result<bool> {
        let mut store = store;
        object.check(&self.shared)?;
        Guest::with(&mut store, &self.shared, |guest| Ok(guest.bases(object.pointer())?.contains(&class_id)))
    }

    /// Has the guest collect what is not reachable, if it exports how.
    ///
    /// # Errors
    /// If that traps, or the store is not the instance's own.
    pub fn collect(&self, store: impl AsContextMut) -> Result<()> {
        let mut store = store;
        self.release_dropped(&mut store)?;
        match &self.shared.runtime.collect {
            Some(collect) => collect.call(store, ()),
            None => Ok(()),
        }
    }

    /// Lets objects go whose handles were dropped. Everything else that is done with the instance does so as well.
    ///
    /// # Errors
    /// If the runtime traps, or the store is not the instance's own.
    pub fn release_dropped(&self, store: impl AsContextMut) -> Result<()> {
        let mut store = store;
        Guest::with(&mut store, &self.shared, |_| Ok(()))
    }

    /// How many objects are pinned for handles.
    pub fn pinned(&self) -> usize {
        self.shared.state().pins.len()
    }
}
