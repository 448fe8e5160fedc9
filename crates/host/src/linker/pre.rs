//! Modules with all that they import, but for a store.

use super::Definition;
use super::names::items_of;
use crate::{AsContextMut, Instance, Module, Result};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// A module whose imports a [`Linker`](crate::Linker) has found and checked already: what is left to do for each
/// instance does not depend on names.
///
/// It is cheap to clone. Unless something in it belongs to a store, it serves any number of them.
///
/// ```
/// use terrane::{Engine, Linker, Module, Store};
///
/// let engine = Engine::default();
/// let mut linker = Linker::new(&engine);
/// linker.func_wrap("host", "double", |x: i32| x * 2)?;
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "host" "double" (func $double (param i32) (result i32)))
///         (func (export "run") (param i32) (result i32) (call $double (local.get 0))))"#,
/// )?;
/// let pre = linker.instantiate_pre(&module)?;
/// for n in 0..3 {
///     let mut store = Store::new(&engine, ());
///     let instance = pre.instantiate(&mut store)?;
///     assert_eq!(instance.get_typed_func::<i32, i32>(&mut store, "run")?.call(&mut store, n)?, 2 * n);
/// }
/// # Ok::<(), terrane::Error>(())
/// ```
pub struct InstancePre<T: 'static> {
    module: Module,
    items: Arc<[Definition]>,
    _data: PhantomData<fn(T)>,
}

impl<T: 'static> InstancePre<T> {
    pub(super) fn new(module: &Module, items: impl Iterator<Item = Definition>) -> Self {
        Self { module: module.clone(), items: items.collect(), _data: PhantomData }
    }

    /// The module.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// Instantiates it.
    ///
    /// # Errors
    /// As for [`Instance::new`]; or if something of a host module cannot be made in this store.
    ///
    /// # Panics
    /// If something in it belongs to another store, or the store is of another engine.
    pub fn instantiate(&self, mut store: impl AsContextMut<Data = T>) -> Result<Instance> {
        let mut context = store.as_context_mut();
        let items = items_of(context.opaque_mut(), &self.module, &*self.items)?;
        Instance::new(context, &self.module, &items)
    }

    /// The same, but functions of the host that the start function calls may be asynchronous.
    ///
    /// # Errors
    /// As for [`Instance::new`].
    ///
    /// # Panics
    /// As for [`instantiate`](Self::instantiate).
    pub async fn instantiate_async(&self, mut store: impl AsContextMut<Data = T>) -> Result<Instance>
    where
        T: Send,
    {
        let mut context = store.as_context_mut();
        let items = items_of(context.opaque_mut(), &self.module, &*self.items)?;
        Instance::new_async(context, &self.module, &items).await
    }
}

impl<T: 'static> Clone for InstancePre<T> {
    fn clone(&self) -> Self {
        Self { module: self.module.clone(), items: self.items.clone(), _data: PhantomData }
    }
}

impl<T: 'static> fmt::Debug for InstancePre<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstancePre").field("module", &self.module).finish_non_exhaustive()
    }
}
