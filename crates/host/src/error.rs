//! The one error type of the host API, and what helps to make and to extend it.

#[cfg(feature = "anyhow")]
mod anyhow;
mod boxed;
mod context;

pub use context::Context;

use crate::{Link, ThrownException, Trap, WasmBacktrace};
use std::any::Any;
use std::error::Error as StdError;
use std::fmt::{self, Debug, Display, Formatter};
use terrane_validation::Invalid;

/// What functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something failed: one word that says what was expected, what was found, and where.
///
/// [`kind`](Self::kind) tells the layers apart. Whatever made it can be got back: `error.is::<Trap>()`, or
/// [`downcast_ref`](Self::downcast_ref) for an error of a host function, which travels through the guest
/// untouched. Displayed, an error is one line; with `{:#}` it is the whole chain of causes in one line, and with
/// `{:?}` the chain over several lines, followed by the guest's backtrace if there is one.
///
/// Like `anyhow::Error` it can be made from any error by `?`, and for that reason is not an error in the sense of
/// [`std::error::Error`] itself; it turns into a `Box<dyn std::error::Error + Send + Sync>` by `?`, and into an
/// `anyhow::Error` if the feature `anyhow` of this crate is on. [`Context`] adds words on the way up,
/// [`bail!`](crate::bail), [`ensure!`](crate::ensure) and [`format_err!`](crate::format_err) make one on the spot.
///
/// ```
/// use terrane::{Engine, Error, ErrorKind, Instance, Module, Store, Trap};
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, "(module (func $boom (export \"boom\") unreachable))")?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let boom = instance.get_typed_func::<(), ()>(&mut store, "boom")?;
///
/// let error = boom.call(&mut store, ()).unwrap_err();
/// assert!(matches!(error.kind(), ErrorKind::Trap(Trap::Unreachable)));
/// assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::Unreachable));
/// assert_eq!(error.to_string(), "unreachable");
/// assert!(format!("{error:?}").contains("boom"));
/// # Ok::<(), Error>(())
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    /// What was said about it on the way up, the last thing last.
    contexts: Vec<Message>,
    backtrace: Option<WasmBacktrace>,
}

/// Which layer an [`Error`] comes from, and what it says.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes are no module.
    Malformed(terrane_binary::Error),
    /// The module breaks a rule of validation.
    Invalid(terrane_syntax::Error<Invalid>),
    /// The text is no module: the message shows the line.
    Text(Message),
    /// Imports are missing or of the wrong type: all of them.
    Link(LinkError),
    /// The guest trapped.
    Trap(Trap),
    /// An exception was thrown that no guest has caught.
    Exception(ThrownException),
    /// This API was asked for something that is not possible: a missing export, a wrong type or number of
    /// arguments, a feature that is not supported.
    Usage(Message),
    /// An error of the host: of one of its functions, or made with [`Error::new`] or [`Error::msg`].
    Host(Box<dyn HostError>),
}

/// Any error of the host: implemented for all errors that may be sent between threads.
pub trait HostError: StdError + Any + Send + Sync {
    #[cfg(feature = "anyhow")]
    #[doc(hidden)]
    fn into_anyhow(self: Box<Self>) -> ::anyhow::Error;
}

impl<E: StdError + Any + Send + Sync> HostError for E {
    #[cfg(feature = "anyhow")]
    fn into_anyhow(self: Box<Self>) -> ::anyhow::Error {
        anyhow::from_host(*self)
    }
}

/// An error that is nothing but words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Message(pub(crate) String);

/// The imports of a module that cannot be satisfied: every one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkError(pub(crate) Vec<Link>);

impl LinkError {
    /// One entry per import.
    pub fn imports(&self) -> &[Link] {
        &self.0
    }
}

impl Display for LinkError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (i, link) in self.0.iter().enumerate() {
            write!(f, "{}{link}", if i == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl StdError for LinkError {}

impl ErrorKind {
    fn as_error(&self) -> &(dyn StdError + 'static) {
        match self {
            Self::Malformed(error) => error,
            Self::Invalid(error) => error,
            Self::Text(message) | Self::Usage(message) => message,
            Self::Link(error) => error,
            Self::Trap(trap) => trap,
            Self::Exception(thrown) => thrown,
            Self::Host(error) => &**error,
        }
    }

    fn as_any(&self) -> &dyn Any {
        match self {
            Self::Malformed(error) => error,
            Self::Invalid(error) => error,
            Self::Text(message) | Self::Usage(message) => message,
            Self::Link(error) => error,
            Self::Trap(trap) => trap,
            Self::Exception(thrown) => thrown,
            Self::Host(error) => &**error,
        }
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        match self {
            Self::Malformed(error) => error,
            Self::Invalid(error) => error,
            Self::Text(message) | Self::Usage(message) => message,
            Self::Link(error) => error,
            Self::Trap(trap) => trap,
            Self::Exception(thrown) => thrown,
            Self::Host(error) => &mut **error,
        }
    }
}

impl Error {
    /// Wraps an error of the host, to be found again by [`downcast_ref`](Self::downcast_ref).
    #[cold]
    pub fn new<E: StdError + Send + Sync + 'static>(error: E) -> Self {
        let any: &dyn Any = &error;
        let kind = if let Some(trap) = any.downcast_ref::<Trap>() {
            ErrorKind::Trap(*trap)
        } else if let Some(thrown) = any.downcast_ref::<ThrownException>() {
            ErrorKind::Exception(thrown.clone())
        } else if let Some(error) = any.downcast_ref::<terrane_binary::Error>() {
            ErrorKind::Malformed(error.clone())
        } else if let Some(error) = any.downcast_ref::<terrane_syntax::Error<Invalid>>() {
            ErrorKind::Invalid(error.clone())
        } else if let Some(error) = any.downcast_ref::<LinkError>() {
            ErrorKind::Link(error.clone())
        } else {
            ErrorKind::Host(Box::new(error))
        };
        kind.into()
    }

    /// An error of the host that is nothing but words.
    #[cold]
    pub fn msg(message: impl Display) -> Self {
        ErrorKind::Host(Box::new(Message(message.to_string()))).into()
    }

    /// This API cannot do what it is asked for.
    #[cold]
    pub(crate) fn usage(message: impl Display) -> Self {
        ErrorKind::Usage(Message(message.to_string())).into()
    }

    /// Which layer it comes from.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The same failure, with words about what was being done when it happened.
    #[must_use]
    pub fn context(mut self, context: impl Display) -> Self {
        self.0.contexts.push(Message(context.to_string()));
        self
    }

    pub(crate) fn with_backtrace(mut self, backtrace: WasmBacktrace) -> Self {
        // The innermost is the whole: an outer one would only repeat its end.
        if !backtrace.frames().is_empty() {
            self.0.backtrace.get_or_insert(backtrace);
        }
        self
    }

    /// Where in the guest it happened, if a guest was running.
    pub fn backtrace(&self) -> Option<&WasmBacktrace> {
        self.0.backtrace.as_ref()
    }

    /// What it was made of, if that is an `E`; a [`WasmBacktrace`] is found too.
    pub fn downcast_ref<E: Display + Debug + Send + Sync + 'static>(&self) -> Option<&E> {
        let backtrace = || (self.0.backtrace.as_ref()? as &dyn Any).downcast_ref();
        let found = self.0.kind.as_any().downcast_ref().or_else(backtrace);
        #[cfg(feature = "anyhow")]
        let found = found.or_else(|| self.foreign()?.downcast_ref());
        found
    }

    /// The same, to change it; a backtrace is not.
    pub fn downcast_mut<E: Display + Debug + Send + Sync + 'static>(&mut self) -> Option<&mut E> {
        #[cfg(feature = "anyhow")]
        if self.foreign().is_some_and(|error| error.is::<E>()) {
            return self.foreign_mut()?.downcast_mut();
        }
        self.0.kind.as_any_mut().downcast_mut()
    }

    /// Is it made of an `E`?
    pub fn is<E: Display + Debug + Send + Sync + 'static>(&self) -> bool {
        self.downcast_ref::<E>().is_some()
    }

    /// What it was made of, if that is an `E`.
    ///
    /// # Errors
    /// The error itself, if it was made of something else.
    pub fn downcast<E: StdError + Send + Sync + 'static>(self) -> Result<E, Self> {
        #[cfg(feature = "anyhow")]
        if self.foreign().is_some_and(|error| error.is::<E>()) {
            return self.downcast_foreign();
        }
        if !self.0.kind.as_any().is::<E>() {
            return Err(self);
        }
        let any: Box<dyn Any> = match self.0.kind {
            ErrorKind::Malformed(error) => Box::new(error),
            ErrorKind::Invalid(error) => Box::new(error),
            ErrorKind::Text(message) | ErrorKind::Usage(message) => Box::new(message),
            ErrorKind::Link(error) => Box::new(error),
            ErrorKind::Trap(trap) => Box::new(trap),
            ErrorKind::Exception(thrown) => Box::new(thrown),
            ErrorKind::Host(error) => error,
        };
        Ok(*any.downcast().expect("checked above"))
    }

    /// The error and its causes, the outermost first.
    pub fn chain(&self) -> impl Iterator<Item = &(dyn StdError + 'static)> {
        let contexts = self.0.contexts.iter().rev().map(|message| message as &(dyn StdError + 'static));
        contexts.chain(std::iter::successors(Some(self.0.kind.as_error()), |error| (*error).source()))
    }

    /// The last of the causes.
    pub fn root_cause(&self) -> &(dyn StdError + 'static) {
        self.chain().last().unwrap_or(self.0.kind.as_error())
    }
}

impl From<terrane_binary::Error> for ErrorKind {
    fn from(error: terrane_binary::Error) -> Self {
        Self::Malformed(error)
    }
}

impl From<terrane_syntax::Error<Invalid>> for ErrorKind {
    fn from(error: terrane_syntax::Error<Invalid>) -> Self {
        Self::Invalid(error)
    }
}

impl From<ErrorKind> for Error {
    #[cold]
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(Inner { kind, contexts: Vec::new(), backtrace: None }))
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

impl From<Error> for Box<dyn StdError + Send + Sync> {
    fn from(error: Error) -> Self {
        error.into_boxed()
    }
}

impl From<Error> for Box<dyn StdError> {
    fn from(error: Error) -> Self {
        error.into_boxed()
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (i, error) in self.chain().enumerate() {
            match i {
                0 => write!(f, "{error}")?,
                _ if f.alternate() => write!(f, ": {error}")?,
                _ => break,
            }
        }
        Ok(())
    }
}

impl Debug for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (i, error) in self.chain().enumerate() {
            match i {
                0 => write!(f, "{error}")?,
                1 => write!(f, "\n\nCaused by:\n    {error}")?,
                _ => write!(f, "\n    {error}")?,
            }
        }
        match &self.0.backtrace {
            Some(backtrace) if !backtrace.frames().is_empty() => write!(f, "\n\n{backtrace}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, thiserror::Error)]
    #[error("code {0}")]
    struct Code(u32);

    #[test]
    fn host_errors_are_found_again() {
        let error = Error::from(Code(7)).context("while testing");
        assert_eq!(error.downcast_ref(), Some(&Code(7)));
        assert_eq!(error.to_string(), "while testing");
        assert_eq!(format!("{error:#}"), "while testing: code 7");
        assert_eq!(format!("{error:?}"), "while testing\n\nCaused by:\n    code 7");
        assert_eq!(error.root_cause().to_string(), "code 7");
        assert_eq!(error.downcast::<Code>().unwrap(), Code(7));
    }

    #[test]
    fn a_box_and_back() {
        let error = Error::from_boxed(Error::from(Trap::Unreachable).context("outer").into_boxed());
        assert!(matches!(error.kind(), ErrorKind::Trap(Trap::Unreachable)));
        assert_eq!(format!("{error:#}"), "outer: unreachable");
        let error = Error::from_boxed("plain".into());
        assert_eq!(error.to_string(), "plain");
        assert!(error.downcast::<Code>().is_err());
    }

    #[test]
    fn one_word() {
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }
}
