//! Values of the host that guests hold references to.

use super::rooted::gc_refs;
use super::{AnyRef, Handle, Rooted};
use crate::{AsContextMut, Result, StoreContext, StoreContextMut};
use std::any::Any;
use terrane_runtime::Ref;

/// A value of the host, of any type, that guests can hold, pass on and give back, but not look into.
///
/// It is dropped when neither the host nor a guest can reach it any more.
///
/// ```
/// use terrane::{Engine, ExternRef, Instance, Module, Rooted, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module (func (export "same") (param externref) (result externref) (local.get 0)))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// type Value = Option<Rooted<ExternRef>>;
/// let same = instance.get_typed_func::<Value, Value>(&mut store, "same")?;
///
/// let hello = ExternRef::new(&mut store, "hello".to_owned())?;
/// let back = same.call(&mut store, Some(hello))?.expect("not null");
/// assert_eq!(back.data(&store)?.and_then(|value| value.downcast_ref::<String>()).unwrap(), "hello");
/// # Ok::<(), terrane::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct ExternRef(Handle);

gc_refs!(ExternRef);

impl ExternRef {
    /// Puts a value into the store.
    ///
    /// # Errors
    /// None yet: for a store that limits how many there are.
    pub fn new(mut store: impl AsContextMut, value: impl Any + Send + Sync) -> Result<Rooted<Self>> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        let addr = store.runtime.alloc_host(Box::new(value));
        Ok(Rooted::new(store, Ref::host(addr)))
    }

    /// A value of a guest as one of the host's: `extern.convert_any`.
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/exec/instructions.html#exec-extern-convert-any)
    pub fn convert_any(mut store: impl AsContextMut, value: Rooted<AnyRef>) -> Result<Rooted<Self>> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        let r = value.handle().raw(store)?;
        Ok(Rooted::new(store, r))
    }

    /// The value; `None` for one of a guest that was turned into one of the host's.
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    pub fn data<'a, T: 'static>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
    ) -> Result<Option<&'a (dyn Any + Send + Sync)>> {
        let store = store.into().opaque();
        let addr = self.0.raw(store)?.as_host();
        Ok(addr.map(|addr| store.runtime.host(addr)))
    }

    /// The value, to change it; `None` for one of a guest that was turned into one of the host's.
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    pub fn data_mut<'a, T: 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> Result<Option<&'a mut (dyn Any + Send + Sync)>> {
        let (store, _) = store.into().split();
        let addr = self.0.raw(store)?.as_host();
        Ok(addr.map(|addr| store.runtime.host_mut(addr)))
    }
}
