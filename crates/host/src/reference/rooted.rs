//! Handles that keep alive what they refer to.
//!
//! A handle names a root of the store, not the object itself: it cannot be mistaken for one that is gone. One that
//! outlived its scope, or is used with another store, is found out.

use crate::store::StoreOpaque;
use crate::{AsContext, AsContextMut, Error, Result, StoreContext, StoreContextMut};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;
use terrane_runtime::{Ref, RootIdx, StoreId};

/// A place among the roots of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle {
    store: StoreId,
    root: Root,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Root {
    Scoped(RootIdx),
    Owned(u32),
}

impl Handle {
    /// The reference as the store holds it.
    ///
    /// # Errors
    /// If the scope that kept it has ended, or it is of another store.
    pub(crate) fn raw(self, store: &StoreOpaque) -> Result<Ref> {
        if self.store != store.id() {
            return Err(Error::usage("a reference was used with another store than the one it belongs to"));
        }
        match self.root {
            Root::Owned(index) => Ok(store.runtime.roots.owned(index)),
            Root::Scoped(root) => store.runtime.roots.get(root).ok_or_else(|| {
                Error::usage(
                    "a reference was used after the scope that kept it had ended: see `Rooted::to_owned_rooted`",
                )
            }),
        }
    }
}

/// A kind of references that a [`Rooted`] can be.
pub trait GcRef: Copy + fmt::Debug + Send + Sync + 'static {
    #[doc(hidden)]
    fn from_handle(handle: Handle) -> Self;
    #[doc(hidden)]
    fn handle(&self) -> Handle;
}

/// The same for every type that is nothing but a handle.
macro_rules! gc_refs {
    ($($name:ident)*) => { $(
        impl crate::reference::GcRef for $name {
            fn from_handle(handle: crate::reference::Handle) -> Self {
                Self(handle)
            }

            fn handle(&self) -> crate::reference::Handle {
                self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )* };
}
pub(crate) use gc_refs;

/// A reference that keeps alive what it refers to until its scope ends: that of the host function that it was given
/// to or made in, of the innermost [`RootScope`], or the store's whole life.
///
/// It is `Copy`, and cheap. Used after its scope, it gives an error; one that is to live longer is made with
/// [`to_owned_rooted`](Self::to_owned_rooted).
pub struct Rooted<T: GcRef> {
    inner: T,
}

impl<T: GcRef> Clone for Rooted<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: GcRef> Copy for Rooted<T> {}

impl<T: GcRef> Deref for Rooted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: GcRef> fmt::Debug for Rooted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: GcRef> Rooted<T> {
    /// Holds a reference in the innermost scope.
    #[inline]
    pub(crate) fn new(store: &mut StoreOpaque, r: Ref) -> Self {
        let root = Root::Scoped(store.runtime.roots.push(r));
        Self { inner: T::from_handle(Handle { store: store.id(), root }) }
    }

    /// The same root as a reference of another kind, which the caller knows it to be.
    pub(crate) fn cast<U: GcRef>(self) -> Rooted<U> {
        Rooted { inner: U::from_handle(self.inner.handle()) }
    }

    /// A handle that keeps alive what this one refers to for as long as it lives itself.
    ///
    /// # Errors
    /// If this one's scope has ended.
    pub fn to_owned_rooted(&self, mut store: impl AsContextMut) -> Result<OwnedRooted<T>> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        let r = self.inner.handle().raw(store)?;
        Ok(OwnedRooted::new(store, r))
    }

    /// Do the two refer to the same object?
    ///
    /// # Errors
    /// If the scope of one has ended, or it is of another store.
    pub fn ref_eq(
        store: impl AsContext,
        a: &impl Deref<Target = T>,
        b: &impl Deref<Target = T>,
    ) -> Result<bool> {
        let store = store.as_context().opaque();
        Ok(a.deref().handle().raw(store)? == b.deref().handle().raw(store)?)
    }

    /// Hashes the identity of what it refers to: equal for all that [`ref_eq`](Self::ref_eq) calls the same.
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    pub fn ref_hash<H: Hasher>(&self, store: impl AsContext, state: &mut H) -> Result<()> {
        self.inner.handle().raw(store.as_context().opaque())?.hash(state);
        Ok(())
    }

    /// Are the two the same handle? Different ones may refer to the same object: see [`ref_eq`](Self::ref_eq).
    pub fn rooted_eq(a: Self, b: Self) -> bool {
        a.inner.handle() == b.inner.handle()
    }
}

/// A reference that keeps alive what it refers to for as long as it lives itself, or one of its clones.
#[derive(Clone)]
pub struct OwnedRooted<T: GcRef> {
    inner: T,
    _owner: Arc<()>,
}

impl<T: GcRef> OwnedRooted<T> {
    pub(crate) fn new(store: &mut StoreOpaque, r: Ref) -> Self {
        let (index, owner) = store.runtime.roots.own(r);
        let root = Root::Owned(index);
        Self { inner: T::from_handle(Handle { store: store.id(), root }), _owner: owner }
    }

    /// A handle for the innermost scope.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn to_rooted(&self, mut store: impl AsContextMut) -> Rooted<T> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        match self.inner.handle().raw(store) {
            Ok(r) => Rooted::new(store, r),
            Err(error) => panic!("{error}"),
        }
    }
}

impl<T: GcRef> Deref for OwnedRooted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: GcRef> fmt::Debug for OwnedRooted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// A scope for [`Rooted`] handles: when it is dropped, those made in it keep nothing alive any more.
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
pub struct RootScope<C: AsContextMut> {
    store: C,
    scope: usize,
}

impl<C: AsContextMut> RootScope<C> {
    /// Begins a scope.
    pub fn new(mut store: C) -> Self {
        let scope = store.as_context_mut().opaque_mut().runtime.roots.open();
        Self { store, scope }
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
