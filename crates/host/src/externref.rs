//! Values of the host that guests hold references to.

use crate::store::StoreOpaque;
use crate::{AsContext, AsContextMut, Result, StoreContext, StoreContextMut};
use std::any::Any;
use std::fmt;
use std::ops::Deref;
use terrane_runtime::{HostAddr, Ref, StoreId};

/// A value of the host, of any type, that guests can hold, pass on and give back, but not look into.
///
/// It lives as long as its store.
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
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ExternRef {
    store: StoreId,
    addr: HostAddr,
}

/// A reference into a store that keeps alive what it refers to: a [`Rooted<ExternRef>`] is what guests are given.
#[derive(PartialEq, Eq, Hash)]
pub struct Rooted<R> {
    inner: R,
}

impl<R: Copy> Clone for Rooted<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: Copy> Copy for Rooted<R> {}

impl<R> Rooted<R> {
    pub(crate) fn of(inner: R) -> Self {
        Self { inner }
    }
}

impl<R> Deref for Rooted<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.inner
    }
}

impl<R: fmt::Debug> fmt::Debug for Rooted<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl fmt::Debug for ExternRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExternRef({})", self.addr.0)
    }
}

impl ExternRef {
    /// Puts a value into the store.
    ///
    /// # Errors
    /// None yet: for a store that limits how many there are.
    pub fn new(mut store: impl AsContextMut, value: impl Any + Send + Sync) -> Result<Rooted<Self>> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        let addr = store.runtime.alloc_host(Box::new(value));
        Ok(Rooted::new(store.id(), addr))
    }

    /// The value; always there, but for references that did not come from the host.
    ///
    /// # Errors
    /// None yet: for a value that its store has dropped.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn data<'a, T: 'static>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
    ) -> Result<Option<&'a (dyn Any + Send + Sync)>> {
        let store = store.into().opaque();
        store.check(self.store);
        Ok(Some(store.runtime.host(self.addr)))
    }

    /// The value, to change it.
    ///
    /// # Errors
    /// None yet: for a value that its store has dropped.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn data_mut<'a, T: 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> Result<Option<&'a mut (dyn Any + Send + Sync)>> {
        let (store, _) = store.into().split();
        store.check(self.store);
        Ok(Some(store.runtime.host_mut(self.addr)))
    }
}

impl Rooted<ExternRef> {
    #[inline]
    pub(crate) fn new(store: StoreId, addr: HostAddr) -> Self {
        Self { inner: ExternRef { store, addr } }
    }

    /// As the store holds it, if it is of that store.
    #[inline]
    pub(crate) fn to_raw(self, store: &StoreOpaque) -> Option<Ref> {
        (self.store == store.id()).then(|| Ref::host(self.addr))
    }

    /// Are these references to the same value?
    ///
    /// # Errors
    /// None yet: for values that their store has dropped.
    pub fn ref_eq(_store: impl AsContext, a: &Self, b: &Self) -> Result<bool> {
        Ok(a.inner == b.inner)
    }
}
