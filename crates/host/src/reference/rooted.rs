//! Handles that keep alive what they refer to.
//!
//! A handle names a root of the store, not the object itself: it cannot be mistaken for one that is gone. One that
//! outlived its scope or its owner, or is used with another store, is found out: neither stores nor roots ever have the
//! name of an earlier one.
//!
//! Invariant *kind*: the type of a handle is the kind of what its root refers to. Only this crate makes handles, of
//! what is of that kind: that is what [`Internal`] is for.

use crate::store::StoreOpaque;
use crate::{AsContext, AsContextMut, Error, Result};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;
use terrane_runtime::{Ref, RootIdx, StoreId};

/// A place among the roots of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle {
    store: StoreId,
    root: RootIdx,
}

/// The error that a reference is not of the store that it is used with.
#[cold]
pub(crate) fn other_store() -> Error {
    Error::usage("a reference was used with another store than the one it belongs to")
}

impl Handle {
    /// The reference as the store holds it.
    ///
    /// # Errors
    /// If the scope or the owner that kept it is gone, or it is of another store.
    pub(crate) fn raw(self, store: &StoreOpaque) -> Result<Ref> {
        if self.store != store.id() {
            return Err(other_store());
        }
        store.runtime.roots.get(self.root).ok_or_else(|| {
            Error::usage(
                "a reference was used after the scope that kept it had ended: see `Rooted::to_owned_rooted`",
            )
        })
    }
}

/// What only this crate has, to call with it what is for nobody else.
#[derive(Clone, Copy, Debug)]
pub struct Internal(());

impl Internal {
    pub(crate) const HERE: Self = Self(());
}

/// A kind of references that a [`Rooted`] can be. Only this crate implements it.
pub trait GcRef: Copy + fmt::Debug + Send + Sync + 'static {
    #[doc(hidden)]
    fn from_handle(handle: Handle) -> Self;
    #[doc(hidden)]
    fn handle(&self, _: Internal) -> Handle;
}

/// What keeps alive a reference: a [`Rooted`] or an [`OwnedRooted`]. Only this crate implements it.
pub trait RootedGcRef<T: GcRef>: Deref<Target = T> {
    #[doc(hidden)]
    fn root(&self, _: Internal) -> Handle {
        self.deref().handle(Internal::HERE)
    }
}

impl<T: GcRef> RootedGcRef<T> for Rooted<T> {}

impl<T: GcRef> RootedGcRef<T> for OwnedRooted<T> {}

/// The same for every type that is nothing but a handle.
macro_rules! gc_refs {
    ($($name:ident)*) => { $(
        impl crate::reference::GcRef for $name {
            fn from_handle(handle: crate::reference::Handle) -> Self {
                Self(handle)
            }

            fn handle(&self, _: crate::reference::rooted::Internal) -> crate::reference::Handle {
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
/// to or made in, of the innermost [`RootScope`](crate::RootScope), or the store's whole life.
///
/// It is `Copy`, and cheap. Used after its scope, or with another store, it gives an error; one that is to live longer
/// is made with [`to_owned_rooted`](Self::to_owned_rooted).
///
/// ```
/// use terrane::{AnyRef, Engine, I31, RootScope, Rooted, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let (short, long) = {
///     let mut scope = RootScope::new(&mut store);
///     let one = AnyRef::from_i31(&mut scope, I31::wrapping_i32(1));
///     (one, one.to_owned_rooted(&mut scope)?)
/// };
/// assert!(short.as_i31(&store).is_err());
/// assert_eq!(long.unwrap_i31(&store)?.get_i32(), 1);
///
/// let again: Rooted<AnyRef> = long.to_rooted(&mut store);
/// assert!(Rooted::ref_eq(&store, &again, &long)?);
/// # Ok::<(), terrane::Error>(())
/// ```
///
/// What is read out of an object of the host's stays borrowed from the store, so that nothing can collect it meanwhile:
///
/// ```compile_fail
/// use terrane::{Engine, ExternRef, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let value = ExternRef::new(&mut store, 7u32).unwrap();
/// let data = value.data(&store).unwrap();
/// store.gc(None).unwrap();
/// drop(data);
/// ```
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
    /// Holds a reference, which is of that kind, in the innermost scope.
    #[inline]
    pub(crate) fn new(store: &mut StoreOpaque, r: Ref) -> Self {
        let root = store.runtime.roots.push(r);
        Self::from_root(Handle { store: store.id(), root })
    }

    /// The root as a reference of that kind, which the caller knows it to be.
    pub(super) fn from_root(handle: Handle) -> Self {
        Self { inner: T::from_handle(handle) }
    }

    pub(crate) fn handle(self) -> Handle {
        self.inner.handle(Internal::HERE)
    }

    /// A handle that keeps alive what this one refers to for as long as it lives itself.
    ///
    /// # Errors
    /// If this one's scope has ended, or it is of another store.
    pub fn to_owned_rooted(&self, mut store: impl AsContextMut) -> Result<OwnedRooted<T>> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        let r = self.handle().raw(store)?;
        Ok(OwnedRooted::new(store, r))
    }

    /// Do the two refer to the same object?
    ///
    /// # Errors
    /// If the scope of one has ended, or it is of another store.
    pub fn ref_eq(store: impl AsContext, a: &impl RootedGcRef<T>, b: &impl RootedGcRef<T>) -> Result<bool> {
        let store = store.as_context().opaque();
        Ok(a.root(Internal::HERE).raw(store)? == b.root(Internal::HERE).raw(store)?)
    }

    /// Hashes the identity of what it refers to: equal for all that [`ref_eq`](Self::ref_eq) calls the same.
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    pub fn ref_hash<H: Hasher>(&self, store: impl AsContext, state: &mut H) -> Result<()> {
        self.handle().raw(store.as_context().opaque())?.hash(state);
        Ok(())
    }

    /// Are the two the same handle? Different ones may refer to the same object: see [`ref_eq`](Self::ref_eq).
    pub fn rooted_eq(a: Self, b: Self) -> bool {
        a.handle() == b.handle()
    }

    /// Hashes the handle: equal for all that [`rooted_eq`](Self::rooted_eq) calls the same.
    pub fn rooted_hash<H: Hasher>(&self, state: &mut H) {
        self.handle().hash(state);
    }
}

/// A reference that keeps alive what it refers to for as long as it lives itself, or one of its clones.
///
/// It may be kept anywhere, also in the data of the store, and after the store is gone: it is of no use then, but does
/// no harm. What the store reaches only through it is not freed before it is dropped, so that a value of the host that
/// keeps an `OwnedRooted` of something that refers back to it keeps itself alive: let guests hold references instead,
/// whose cycles are collected.
#[derive(Clone)]
pub struct OwnedRooted<T: GcRef> {
    inner: T,
    owner: Arc<()>,
}

impl<T: GcRef> OwnedRooted<T> {
    pub(crate) fn new(store: &mut StoreOpaque, r: Ref) -> Self {
        let (root, owner) = store.runtime.roots.own(r);
        Self { inner: T::from_handle(Handle { store: store.id(), root }), owner }
    }

    pub(crate) fn handle(&self) -> Handle {
        self.inner.handle(Internal::HERE)
    }

    /// The same root as a reference of another kind, which the caller knows it to be.
    pub(super) fn cast<U: GcRef>(self) -> OwnedRooted<U> {
        OwnedRooted { inner: U::from_handle(self.handle()), owner: self.owner }
    }

    /// The reference as the store holds it.
    ///
    /// # Panics
    /// If it is of another store.
    #[track_caller]
    fn raw(&self, store: &StoreOpaque) -> Ref {
        self.handle().raw(store).unwrap_or_else(|error| panic!("{error}"))
    }

    /// A handle for the innermost scope.
    ///
    /// # Panics
    /// If it is of another store.
    #[track_caller]
    pub fn to_rooted(&self, mut store: impl AsContextMut) -> Rooted<T> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        let r = self.raw(store);
        Rooted::new(store, r)
    }

    /// Do the two refer to the same object?
    ///
    /// # Errors
    /// If the scope of one has ended, or it is of another store.
    pub fn ref_eq(store: impl AsContext, a: &impl RootedGcRef<T>, b: &impl RootedGcRef<T>) -> Result<bool> {
        Rooted::ref_eq(store, a, b)
    }

    /// Hashes the identity of what it refers to: equal for all that [`ref_eq`](Self::ref_eq) calls the same.
    ///
    /// # Panics
    /// If it is of another store.
    #[track_caller]
    pub fn ref_hash<H: Hasher>(&self, store: impl AsContext, state: &mut H) {
        self.raw(store.as_context().opaque()).hash(state);
    }

    /// Hashes the handle: different ones may refer to the same object.
    pub fn rooted_hash<H: Hasher>(&self, state: &mut H) {
        self.handle().hash(state);
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
