//! To and from `anyhow`.

use super::boxed::Boxed;
use super::{Error, ErrorKind};
use std::error::Error as StdError;
use std::fmt::{self, Display, Formatter};

/// An `anyhow::Error` as an error of the host.
#[derive(Debug)]
struct Foreign(anyhow::Error);

impl Display for Foreign {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Foreign {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

/// An error of the host as an `anyhow::Error`, or the one that it is made of.
pub(super) fn from_host<E: StdError + Send + Sync + 'static>(error: E) -> anyhow::Error {
    let mut error = Some(error);
    let any: &mut dyn std::any::Any = &mut error;
    match any.downcast_mut::<Option<Foreign>>().and_then(Option::take) {
        Some(foreign) => foreign.0,
        None => anyhow::Error::new(error.expect("taken only if it is foreign")),
    }
}

impl Error {
    /// An error of `anyhow` as one of the host: its contexts stay its contexts, and what it was made of is found by
    /// [`downcast_ref`](Self::downcast_ref). One that was an `Error` once is what it was.
    ///
    /// `?` does not do this, as nobody but `anyhow` may say that its errors are not errors in the sense of
    /// [`std::error::Error`].
    ///
    /// ```
    /// use terrane::{Engine, Error, Func, Result, Store};
    ///
    /// fn read(n: u32) -> anyhow::Result<u32> {
    ///     anyhow::ensure!(n < 3, "there is no number {n}");
    ///     Ok(n)
    /// }
    /// let mut store = Store::new(&Engine::default(), ());
    /// let read = Func::wrap(&mut store, |n: u32| read(n).map_err(Error::from_anyhow));
    /// let error = read.typed::<u32, u32>(&store)?.call(&mut store, 7).unwrap_err();
    /// assert_eq!(error.to_string(), "there is no number 7");
    ///
    /// fn run(store: &mut Store<()>) -> anyhow::Result<()> {
    ///     // The other way is done by `?`.
    ///     Ok(store.set_fuel(1)?)
    /// }
    /// assert!(run(&mut store).is_err());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn from_anyhow(error: anyhow::Error) -> Self {
        if !error.is::<Boxed>() {
            return Self::new(Foreign(error));
        }
        let outer = error.chain().take_while(|error| !error.is::<Boxed>());
        let contexts: Vec<_> = outer.map(ToString::to_string).collect();
        let Boxed(inner) = error.downcast().expect("just looked");
        contexts.into_iter().rev().fold(inner, Self::context)
    }

    pub(super) fn foreign(&self) -> Option<&anyhow::Error> {
        Some(&self.0.kind.as_any().downcast_ref::<Foreign>()?.0)
    }

    pub(super) fn foreign_mut(&mut self) -> Option<&mut anyhow::Error> {
        Some(&mut self.0.kind.as_any_mut().downcast_mut::<Foreign>()?.0)
    }

    /// What an error of `anyhow` was made of: an `E`, as was looked at before.
    pub(super) fn downcast_foreign<E: StdError + Send + Sync + 'static>(self) -> Result<E, Self> {
        anyhow::Error::from(self).downcast().map_err(Self::from_anyhow)
    }
}

/// What it was made of, with its contexts, and its backtrace as one of them: `downcast_ref` finds both.
impl From<Error> for anyhow::Error {
    fn from(error: Error) -> Self {
        let inner = *error.0;
        let error = match inner.kind {
            ErrorKind::Malformed(error) => Self::new(error),
            ErrorKind::Invalid(error) => Self::new(error),
            ErrorKind::Text(message) | ErrorKind::Usage(message) => Self::new(message),
            ErrorKind::Link(error) => Self::new(error),
            ErrorKind::Trap(trap) => Self::new(trap),
            ErrorKind::Exception(thrown) => Self::new(thrown),
            ErrorKind::Host(error) => error.into_anyhow(),
        };
        let error = match inner.backtrace {
            Some(backtrace) if !backtrace.frames().is_empty() => error.context(backtrace),
            _ => error,
        };
        inner.contexts.into_iter().fold(error, Self::context)
    }
}
