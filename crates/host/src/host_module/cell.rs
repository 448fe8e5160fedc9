//! The value of a host module whose functions change it.

use crate::{Error, Result};
use parking_lot::ReentrantMutex;
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

/// The value of a host module whose functions change it. A clone is another handle of the same value.
///
/// It is one thread's at a time: another one waits until the functions that run have returned. On the same thread, a
/// function that borrows the value to change it may call a guest that calls the module again; then borrowing the value a
/// second time is an error, and no deadlock. Functions that only look at the value may be inside one another.
///
/// Two modules whose functions call guests that call the other one can block each other if two threads do so at once, as
/// any two locks can that are taken in different orders.
///
/// ```
/// use terrane::HostCell;
///
/// let cell = HostCell::new(vec![1]);
/// cell.with_mut(|items| items.push(2))?;
/// assert_eq!(cell.with(|items| items.len())?, 2);
/// let nested = cell.with_mut(|_| cell.with(|items| items.len()))?;
/// assert!(nested.unwrap_err().to_string().contains("in use"));
/// # Ok::<(), terrane::Error>(())
/// ```
pub struct HostCell<M>(Arc<ReentrantMutex<RefCell<M>>>);

impl<M> HostCell<M> {
    /// Puts a value into a cell.
    pub fn new(value: M) -> Self {
        Self(Arc::new(ReentrantMutex::new(RefCell::new(value))))
    }

    /// Looks at the value.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage): this thread is inside of [`with_mut`](Self::with_mut) of this cell.
    pub fn with<R>(&self, look: impl FnOnce(&M) -> R) -> Result<R> {
        let cell = self.0.lock();
        let value = cell.try_borrow().map_err(|_| in_use::<M>())?;
        Ok(look(&value))
    }

    /// Changes the value.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage): this thread is inside of [`with`](Self::with) or
    /// [`with_mut`](Self::with_mut) of this cell.
    pub fn with_mut<R>(&self, change: impl FnOnce(&mut M) -> R) -> Result<R> {
        let cell = self.0.lock();
        let mut value = cell.try_borrow_mut().map_err(|_| in_use::<M>())?;
        Ok(change(&mut value))
    }
}

#[cold]
fn in_use<M>() -> Error {
    let name = std::any::type_name::<M>();
    Error::usage(format_args!(
        "`{name}` is in use: one of its functions waits for a guest, which has called it again, and one of the two \
         takes `&mut self`"
    ))
}

impl<M> From<M> for HostCell<M> {
    fn from(value: M) -> Self {
        Self::new(value)
    }
}

impl<M> Clone for HostCell<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<M: fmt::Debug> fmt::Debug for HostCell<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_tuple("HostCell");
        let cell = self.0.try_lock();
        match cell.as_ref().and_then(|cell| cell.try_borrow().ok()) {
            Some(value) => out.field(&*value).finish(),
            None => out.finish_non_exhaustive(),
        }
    }
}
