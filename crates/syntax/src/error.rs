//! The shape that errors of all static layers share.

use alloc::boxed::Box;
use core::fmt;

/// A failure `K`, and the byte offset in the module where it was found. One word wide.
///
/// ```
/// let error = terrane_syntax::Error::new("unexpected end", 0x1a);
/// assert_eq!(error.to_string(), "unexpected end (at byte 0x1a)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error<K>(Box<(K, usize)>);

impl<K> Error<K> {
    /// A failure of the given kind, found at `offset`.
    #[cold]
    pub fn new(kind: K, offset: usize) -> Self {
        Self(Box::new((kind, offset)))
    }

    /// What went wrong.
    pub fn kind(&self) -> &K {
        &self.0.0
    }

    /// Where it was found, in bytes from the start of the module.
    pub fn offset(&self) -> usize {
        self.0.1
    }

    /// The same failure as another kind, at the same place.
    pub fn map<L>(self, f: impl FnOnce(K) -> L) -> Error<L> {
        let (kind, offset) = *self.0;
        Error::new(f(kind), offset)
    }
}

impl<K: fmt::Display> fmt::Display for Error<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {:#x})", self.0.0, self.0.1)
    }
}

impl<K: fmt::Debug + fmt::Display> core::error::Error for Error<K> {}
