//! Borrowed stores.

use super::{Interrupts, Store, StoreInner, StoreOpaque};
use crate::{Engine, GcHeapOutOfMemory, Result};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// A store, borrowed.
pub struct StoreContext<'a, T: 'static> {
    ptr: NonNull<StoreInner<T>>,
    _borrow: PhantomData<&'a StoreInner<T>>,
}

/// A store, borrowed to be changed.
pub struct StoreContextMut<'a, T: 'static> {
    ptr: NonNull<StoreInner<T>>,
    _borrow: PhantomData<&'a mut StoreInner<T>>,
}

// SAFETY: it is a shared borrow of a store.
unsafe impl<T: Sync> Send for StoreContext<'_, T> {}
// SAFETY: it is a shared borrow of a store.
unsafe impl<T: Sync> Sync for StoreContext<'_, T> {}
// SAFETY: it is an exclusive borrow of a store.
unsafe impl<T: Send> Send for StoreContextMut<'_, T> {}
// SAFETY: it is an exclusive borrow of a store.
unsafe impl<T: Sync> Sync for StoreContextMut<'_, T> {}

/// Whatever leads to a store: the store itself, a context, a [`Caller`](crate::Caller), or a reference to one.
pub trait AsContext {
    /// The host's data in the store.
    type Data: 'static;

    /// The store, borrowed.
    fn as_context(&self) -> StoreContext<'_, Self::Data>;
}

/// Whatever leads to a store that may be changed.
pub trait AsContextMut: AsContext {
    /// The store, borrowed to be changed.
    fn as_context_mut(&mut self) -> StoreContextMut<'_, Self::Data>;
}

impl<'a, T: 'static> StoreContext<'a, T> {
    /// The host's data.
    pub fn data(&self) -> &'a T {
        // SAFETY: *exclusive*.
        unsafe { &(*self.ptr.as_ptr()).data }
    }

    /// The store's engine.
    pub fn engine(&self) -> &'a Engine {
        &self.opaque().engine
    }

    /// How much fuel is left.
    ///
    /// # Errors
    /// If the engine is not configured to [`consume_fuel`](crate::Config::consume_fuel).
    pub fn get_fuel(&self) -> Result<u64> {
        self.opaque().get_fuel()
    }

    /// What may want guests of this store to stop.
    pub fn interrupts(&self) -> Interrupts {
        Interrupts::of(&self.opaque().thread)
    }

    #[inline]
    pub(crate) fn opaque(&self) -> &'a StoreOpaque {
        // SAFETY: *exclusive*.
        unsafe { &(*self.ptr.as_ptr()).opaque }
    }
}

impl<'a, T: 'static> StoreContextMut<'a, T> {
    /// The store at `ptr`.
    ///
    /// # Safety
    /// *exclusive*: for `'a` the store is the caller's alone.
    #[inline]
    pub(crate) unsafe fn from_ptr(ptr: NonNull<StoreInner<T>>) -> Self {
        Self { ptr, _borrow: PhantomData }
    }

    /// The host's data.
    pub fn data(&self) -> &T {
        // SAFETY: *exclusive*.
        unsafe { &(*self.ptr.as_ptr()).data }
    }

    /// The host's data, to change it.
    pub fn data_mut(&mut self) -> &mut T {
        // SAFETY: *exclusive*.
        unsafe { &mut (*self.ptr.as_ptr()).data }
    }

    /// The store's engine.
    pub fn engine(&self) -> &Engine {
        &self.opaque().engine
    }

    /// How much fuel is left.
    ///
    /// # Errors
    /// If the engine is not configured to [`consume_fuel`](crate::Config::consume_fuel).
    pub fn get_fuel(&self) -> Result<u64> {
        self.opaque().get_fuel()
    }

    /// How much fuel guests may use from now on.
    ///
    /// # Errors
    /// If the engine is not configured to [`consume_fuel`](crate::Config::consume_fuel).
    pub fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        self.opaque_mut().set_fuel(fuel)
    }

    /// See [`Store::gc`].
    ///
    /// # Errors
    /// None yet.
    pub fn gc(&mut self, why: Option<&GcHeapOutOfMemory<()>>) -> Result<()> {
        let _ = why;
        self.opaque_mut().runtime.collect(&[]);
        Ok(())
    }

    /// See [`Store::fuel_async_yield_interval`].
    ///
    /// # Errors
    /// If the engine is not configured to [`consume_fuel`](crate::Config::consume_fuel), or `interval` is 0.
    pub fn fuel_async_yield_interval(&mut self, interval: Option<u64>) -> Result<()> {
        self.opaque_mut().set_fuel_interval(interval)
    }

    /// See [`Store::epoch_deadline_async_yield_and_update`].
    pub fn epoch_deadline_async_yield_and_update(&mut self, ticks: u64) {
        self.opaque_mut().thread.set_deadline_interval(Some(ticks));
    }

    /// See [`Store::consume_fuel`].
    ///
    /// # Errors
    /// As there.
    pub fn consume_fuel(&mut self, fuel: u64) -> Result<u64> {
        self.opaque_mut().consume_fuel(fuel)
    }

    /// See [`Store::epoch_deadline_trap`].
    pub fn epoch_deadline_trap(&mut self) {
        self.opaque_mut().thread.set_deadline_interval(None);
    }

    /// See [`Store::set_epoch_deadline`].
    pub fn set_epoch_deadline(&mut self, ticks: u64) {
        self.opaque_mut().set_epoch_deadline(ticks);
    }

    #[inline]
    pub(crate) fn opaque(&self) -> &StoreOpaque {
        // SAFETY: *exclusive*.
        unsafe { &(*self.ptr.as_ptr()).opaque }
    }

    #[inline]
    pub(crate) fn opaque_mut(&mut self) -> &mut StoreOpaque {
        // SAFETY: *exclusive*.
        unsafe { &mut (*self.ptr.as_ptr()).opaque }
    }

    /// The host's data, and the rest of the store, for as long as this borrow was to last.
    pub(crate) fn split(self) -> (&'a mut StoreOpaque, &'a mut T) {
        let ptr = self.ptr.as_ptr();
        // SAFETY: *exclusive*; they are two parts.
        unsafe { (&mut (*ptr).opaque, &mut (*ptr).data) }
    }

    /// For calls, during which no references to the store may be held: *pinned-store*.
    #[inline]
    pub(crate) fn opaque_ptr(&mut self) -> NonNull<StoreOpaque> {
        self.ptr.cast()
    }
}

impl<T: 'static> Clone for StoreContext<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: 'static> Copy for StoreContext<'_, T> {}

impl<T: 'static> AsContext for Store<T> {
    type Data = T;

    #[inline]
    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext { ptr: self.ptr(), _borrow: PhantomData }
    }
}

impl<T: 'static> AsContextMut for Store<T> {
    #[inline]
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut { ptr: self.ptr(), _borrow: PhantomData }
    }
}

impl<T: 'static> AsContext for StoreContext<'_, T> {
    type Data = T;

    #[inline]
    fn as_context(&self) -> StoreContext<'_, T> {
        *self
    }
}

impl<T: 'static> AsContext for StoreContextMut<'_, T> {
    type Data = T;

    #[inline]
    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext { ptr: self.ptr, _borrow: PhantomData }
    }
}

impl<T: 'static> AsContextMut for StoreContextMut<'_, T> {
    #[inline]
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut { ptr: self.ptr, _borrow: PhantomData }
    }
}

impl<C: AsContext> AsContext for &C {
    type Data = C::Data;

    #[inline]
    fn as_context(&self) -> StoreContext<'_, C::Data> {
        C::as_context(self)
    }
}

impl<C: AsContext> AsContext for &mut C {
    type Data = C::Data;

    #[inline]
    fn as_context(&self) -> StoreContext<'_, C::Data> {
        C::as_context(self)
    }
}

impl<C: AsContextMut> AsContextMut for &mut C {
    #[inline]
    fn as_context_mut(&mut self) -> StoreContextMut<'_, C::Data> {
        C::as_context_mut(self)
    }
}

impl<'a, C: AsContext> From<&'a C> for StoreContext<'a, C::Data> {
    fn from(context: &'a C) -> Self {
        C::as_context(context)
    }
}

impl<'a, C: AsContext> From<&'a mut C> for StoreContext<'a, C::Data> {
    fn from(context: &'a mut C) -> Self {
        C::as_context(context)
    }
}

impl<'a, C: AsContextMut> From<&'a mut C> for StoreContextMut<'a, C::Data> {
    fn from(context: &'a mut C) -> Self {
        C::as_context_mut(context)
    }
}
