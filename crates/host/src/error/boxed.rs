//! Errors on their way through layers that know only [`std::error::Error`].

use super::Error;
use std::error::Error as StdError;
use std::fmt::{self, Debug, Display, Formatter};

impl Error {
    /// The error as one that can pass through layers that know nothing of this one.
    pub(crate) fn into_boxed(self) -> Box<dyn StdError + Send + Sync> {
        Box::new(Boxed(self))
    }

    /// Undoes [`into_boxed`](Self::into_boxed).
    pub(crate) fn from_boxed(error: Box<dyn StdError + Send + Sync>) -> Self {
        match error.downcast::<Boxed>() {
            Ok(boxed) => boxed.0,
            Err(error) => Self::new(Foreign(error)),
        }
    }
}

/// An [`Error`] on its way through layers that know only [`std::error::Error`].
pub(super) struct Boxed(pub(super) Error);

impl Display for Boxed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl Debug for Boxed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Debug::fmt(&self.0, f)
    }
}

impl StdError for Boxed {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.chain().nth(1)
    }
}

/// An error of another layer that arrived in a box.
#[derive(Debug)]
struct Foreign(Box<dyn StdError + Send + Sync>);

impl Display for Foreign {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl StdError for Foreign {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}
