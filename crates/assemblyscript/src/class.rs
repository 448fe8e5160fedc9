//! Classes that guests export, and objects of them.

use crate::AsError;
use crate::call::{AsFunc, Params, Results};
use crate::demangle::{ClassDef, ExportedFunc, Item};
use crate::guest::Guest;
use crate::instance::AsInstance;
use crate::managed::Managed;
use crate::slot::Slot;
use crate::value::{AsType, Lift, Lower};
use std::fmt;
use std::sync::Arc;
use terrane::{AsContextMut, Extern, Result};

/// A class that a guest exports: compilers up to 0.19 do so.
#[derive(Clone)]
pub struct Class(Arc<Inner>);

struct Inner {
    instance: AsInstance,
    name: String,
    def: ClassDef,
    id: Option<u32>,
}

impl Class {
    pub(crate) fn new(
        instance: AsInstance,
        store: impl AsContextMut,
        name: &str,
        def: ClassDef,
    ) -> Result<Self> {
        let mut store = store;
        let id = match &def.id {
            Some(global) => Some(instance.get(&mut store, &global.export)?),
            None => None,
        };
        Ok(Self(Arc::new(Inner { instance, name: name.to_owned(), def, id })))
    }

    /// Its name, namespaces and all.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its class id, if it is exported.
    pub fn id(&self) -> Option<u32> {
        self.0.id
    }

    /// What it has.
    pub fn definition(&self) -> &ClassDef {
        &self.0.def
    }

    /// Makes an object: `new Class(…)`.
    ///
    /// # Errors
    /// - An [`AsError`]: it has no constructor, or one that takes something else.
    /// - What the constructor fails with.
    pub fn construct<P: Params>(&self, store: impl AsContextMut, params: P) -> Result<AsObject> {
        let mut store = store;
        let constructor = self.func(&mut store, self.0.def.constructor.as_ref(), "constructor", "")?;
        // Without an object, the constructor makes one.
        let object = constructor.call_method(store, None, params)?;
        Ok(AsObject { class: self.clone(), object })
    }

    /// An object that is there already, as one of this class.
    ///
    /// # Errors
    /// If it is of another instance, or type information says that it is of another class.
    pub fn wrap<T: ?Sized>(&self, store: impl AsContextMut, object: &Managed<T>) -> Result<AsObject> {
        let mut store = store;
        let instance = &self.0.instance;
        if let Some(id) = self.0.id
            && !instance.is_instance_of(&mut store, object, id)?
        {
            let (pointer, found) = (object.pointer(), object.class_id(&mut store)?);
            return Guest::with(&mut store, &instance.shared, |guest| {
                Err(guest.wrong_class(format!("an object of class `{}`", self.0.name), pointer, found).into())
            });
        }
        object.check(&instance.shared)?;
        Ok(AsObject { class: self.clone(), object: object.cast() })
    }

    /// Calls a static method.
    ///
    /// # Errors
    /// As for [`AsInstance::call`].
    pub fn call<P: Params, R: Results>(
        &self,
        store: impl AsContextMut,
        method: &str,
        params: P,
    ) -> Result<R> {
        self.0.instance.call(store, &self.static_name(method), params)
    }

    /// A static field.
    ///
    /// # Errors
    /// As for [`AsInstance::get`].
    pub fn get<T: Lift>(&self, store: impl AsContextMut, field: &str) -> Result<T> {
        self.0.instance.get(store, &self.static_name(field))
    }

    /// Changes a static field.
    ///
    /// # Errors
    /// As for [`AsInstance::set`].
    pub fn set<T: Lower>(&self, store: impl AsContextMut, field: &str, value: T) -> Result<()> {
        self.0.instance.set(store, &self.static_name(field), value)
    }

    fn static_name(&self, member: &str) -> String {
        match self.0.def.statics.get(member) {
            Some(Item::Func(func)) => func.export.clone(),
            Some(Item::Global(global)) => global.export.clone(),
            _ => format!("{}.{member}", self.0.name),
        }
    }

    fn func(
        &self,
        store: impl AsContextMut,
        func: Option<&ExportedFunc>,
        kind: &'static str,
        name: &str,
    ) -> Result<AsFunc> {
        let mut store = store;
        let full = match name {
            "" => self.0.name.clone(),
            _ => format!("{}#{name}", self.0.name),
        };
        let no_export = || AsError::NoExport { kind, name: full, hint: String::new() };
        let export = &func.ok_or_else(no_export)?.export;
        match self.0.instance.export(&mut store, export) {
            Some(Extern::Func(func)) => {
                Ok(AsFunc::new(store, self.0.instance.clone(), func, export)?.method())
            }
            _ => Err(self.0.instance.no_export(store, kind, export)),
        }
    }
}

/// An object of a class that a guest exports. It is kept as long as there is a handle to it: see [`Managed`].
#[derive(Clone)]
pub struct AsObject {
    class: Class,
    object: Managed,
}

impl AsObject {
    /// Its class, or the one that it is used as.
    pub fn class(&self) -> &Class {
        &self.class
    }

    /// The handle to it.
    pub fn handle(&self) -> &Managed {
        &self.object
    }

    /// The value of a field or a property.
    ///
    /// # Errors
    /// - An [`AsError`]: there is none of that name, or it is something else.
    /// - What the getter fails with.
    pub fn get<T: Lift>(&self, store: impl AsContextMut, name: &str) -> Result<T> {
        let mut store = store;
        let accessor = self.class.0.def.accessors.get(name).and_then(|accessor| accessor.get.as_ref());
        let get = self.class.func(&mut store, accessor, "field", name)?;
        get.call_method(store, Some(&self.object), ())
    }

    /// Changes a field or a property.
    ///
    /// # Errors
    /// - An [`AsError`]: there is none of that name that can be changed, or it is something else.
    /// - What the setter fails with.
    pub fn set<T: Lower>(&self, store: impl AsContextMut, name: &str, value: T) -> Result<()> {
        let mut store = store;
        let accessor = self.class.0.def.accessors.get(name).and_then(|accessor| accessor.set.as_ref());
        let set = self.class.func(&mut store, accessor, "field that can be changed", name)?;
        set.call_method(store, Some(&self.object), (value,))
    }

    /// Calls a method.
    ///
    /// # Errors
    /// - An [`AsError`]: there is none of that name, it has another type, or values cannot be passed.
    /// - What the call fails with.
    pub fn call<P: Params, R: Results>(&self, store: impl AsContextMut, name: &str, params: P) -> Result<R> {
        let mut store = store;
        let method = self.class.func(&mut store, self.class.0.def.methods.get(name), "method", name)?;
        method.call_method(store, Some(&self.object), params)
    }
}

impl AsType for AsObject {
    const SLOT: Slot = Slot::OBJECT;
}

impl Lower for AsObject {
    fn lower(&self, guest: &mut Guest<'_>) -> Result<u64> {
        self.object.lower(guest)
    }
}

impl fmt::Debug for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Class({})", self.0.name)
    }
}

impl fmt::Debug for AsObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({:#x})", self.class.0.name, self.object.pointer())
    }
}
