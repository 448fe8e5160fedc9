//! Handles to objects of guests.

use crate::AsError;
use crate::guest::Guest;
use crate::instance::AsInstance;
use crate::shared::Shared;
use crate::slot::Slot;
use crate::value::{AsType, Lift, Lower};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use terrane::{AsContextMut, Result};

/// An object of a guest: it is kept, retained or pinned, for as long as there is a handle to it.
///
/// A handle that is dropped cannot tell the guest at once, since it has no store: the object is let go when something is
/// next done with its instance, a call or a read, or at [`AsInstance::release_dropped`]. To let it go at once there is
/// [`release`](Self::release).
///
/// A handle is of use with its own instance, in its own store, only: all else is an [`AsError::Foreign`]. When the store
/// is gone, the handle is of no use any more, and harmless.
pub struct Managed<T: ?Sized = Object> {
    held: Arc<Held>,
    _type: PhantomData<fn() -> Box<T>>,
}

/// Any object: what a [`Managed`] is a handle to if nothing is said.
#[derive(Debug)]
pub struct Object(());

impl AsType for Object {
    const SLOT: Slot = Slot::OBJECT;
}

/// One reference that we hold, and give back once.
struct Held {
    shared: Arc<Shared>,
    pointer: u32,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.shared.state().dropped.push(self.pointer);
    }
}

impl<T: ?Sized> Managed<T> {
    /// A handle to an object that is there.
    pub(crate) fn new(guest: &mut Guest<'_>, pointer: u32) -> Result<Self> {
        if pointer == 0 {
            return Err(AsError::Null { expected: "an object".to_owned() }.into());
        }
        guest.header(pointer)?;
        guest.retain(pointer)?;
        let held = Arc::new(Held { shared: guest.shared.clone(), pointer });
        Ok(Self { held, _type: PhantomData })
    }

    /// Its address in the memory of the guest.
    pub fn pointer(&self) -> u32 {
        self.held.pointer
    }

    /// The same object, known to be of another type, or not known to be of one.
    pub fn cast<U: ?Sized>(&self) -> Managed<U> {
        Managed { held: self.held.clone(), _type: PhantomData }
    }

    /// The class id that it has.
    ///
    /// # Errors
    /// If the guest has broken it, or the store is not its own.
    pub fn class_id(&self, mut store: impl AsContextMut) -> Result<u32> {
        Guest::with(&mut store, &self.held.shared, |guest| Ok(guest.header(self.held.pointer)?.id))
    }

    /// Its value, read.
    ///
    /// # Errors
    /// If there is no such value, or the store is not its own.
    pub fn read(&self, mut store: impl AsContextMut) -> Result<T>
    where
        T: Lift,
    {
        Guest::with(&mut store, &self.held.shared, |guest| T::lift(guest, self.held.pointer.into()))
    }

    /// The instance that it is of.
    pub fn instance(&self) -> AsInstance {
        AsInstance::from_shared(self.held.shared.clone())
    }

    /// Lets the object go now, if this is the last handle.
    ///
    /// # Errors
    /// If the runtime traps, or the store is not its own.
    pub fn release(self, mut store: impl AsContextMut) -> Result<()> {
        let shared = self.held.shared.clone();
        drop(self);
        Guest::with(&mut store, &shared, |_| Ok(()))
    }

    /// Is it an object of that instance?
    pub(crate) fn check(&self, shared: &Arc<Shared>) -> Result<(), AsError> {
        if self.held.shared.is_same(shared) {
            Ok(())
        } else {
            Err(AsError::Foreign { what: "an object", owner: "instance" })
        }
    }
}

impl<T: ?Sized> Clone for Managed<T> {
    fn clone(&self) -> Self {
        self.cast()
    }
}

impl<T: ?Sized> PartialEq for Managed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.held.pointer == other.held.pointer && self.check(&other.held.shared).is_ok()
    }
}

impl<T: ?Sized> Eq for Managed<T> {}

impl<T: ?Sized> fmt::Debug for Managed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Managed({:#x})", self.held.pointer)
    }
}

impl<T: ?Sized> AsType for Managed<T> {
    const SLOT: Slot = Slot::OBJECT;
}

impl<T: ?Sized> Lift for Managed<T> {
    fn lift(guest: &mut Guest<'_>, word: u64) -> Result<Self> {
        Self::new(guest, word as u32)
    }
}

impl<T: ?Sized> Lower for Managed<T> {
    fn lower(&self, guest: &mut Guest<'_>) -> Result<u64> {
        self.check(guest.shared)?;
        guest.keep(self.held.pointer)?;
        Ok(self.held.pointer.into())
    }
}
