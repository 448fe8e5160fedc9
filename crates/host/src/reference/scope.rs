//! Scopes of handles.

use crate::{AsContext, AsContextMut, StoreContext, StoreContextMut};
use std::fmt;

/// A scope for [`Rooted`](crate::Rooted) handles: when it is dropped, those made in it keep nothing alive any more.
///
/// ```
/// use terrane::{AsContextMut, Engine, ExternRef, RootScope, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let outside = {
///     let mut scope = RootScope::new(&mut store);
///     ExternRef::new(&mut scope, "gone with the scope")?
/// };
/// assert!(outside.data(&store).is_err());
/// # Ok::<(), terrane::Error>(())
/// ```
///
/// A scope borrows its store, or the scope around it: scopes can only end in the order opposite to that in which they
/// began.
///
/// ```compile_fail
/// use terrane::{Engine, RootScope, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let mut outer = RootScope::new(&mut store);
/// let inner = RootScope::new(&mut outer);
/// drop(outer);
/// drop(inner);
/// ```
///
/// ```compile_fail
/// use terrane::{Engine, RootScope, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let scope = RootScope::new(&mut store);
/// drop(store);
/// drop(scope);
/// ```
pub struct RootScope<C: AsContextMut> {
    store: C,
    scope: usize,
}

impl<C: AsContextMut> RootScope<C> {
    /// Begins a scope.
    pub fn new(store: C) -> Self {
        let scope = store.as_context().opaque().runtime.roots.open();
        Self { store, scope }
    }

    /// Makes room for so many more handles.
    pub fn reserve(&mut self, additional: usize) {
        self.store.as_context_mut().opaque_mut().runtime.roots.reserve(additional);
    }
}

impl<C: AsContextMut> Drop for RootScope<C> {
    fn drop(&mut self) {
        self.store.as_context_mut().opaque_mut().runtime.roots.close(self.scope);
    }
}

impl<C: AsContextMut> AsContext for RootScope<C> {
    type Data = C::Data;

    fn as_context(&self) -> StoreContext<'_, C::Data> {
        self.store.as_context()
    }
}

impl<C: AsContextMut> AsContextMut for RootScope<C> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, C::Data> {
        self.store.as_context_mut()
    }
}

impl<C: AsContextMut + fmt::Debug> fmt::Debug for RootScope<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RootScope").field("store", &self.store).finish_non_exhaustive()
    }
}
