//! Words that are added to errors on their way up, and errors made on the spot.

use super::{Error, Result};
use std::convert::Infallible;
use std::fmt::Display;

/// Adds words to what went wrong: what was being done when it happened.
///
/// ```
/// use terrane::error::Context;
/// use terrane::{Engine, Module, Result};
///
/// fn load(engine: &Engine, name: &str, text: &str) -> Result<Module> {
///     Module::new(engine, text).with_context(|| format!("plug-in `{name}`"))
/// }
///
/// let error = load(&Engine::default(), "hello", "(module (func (local.get 0)))").unwrap_err();
/// assert_eq!(error.to_string(), "plug-in `hello`");
/// assert_eq!(format!("{error:#}"), "plug-in `hello`: unknown local 0: there are 0 (at byte 0x17)");
/// ```
pub trait Context<T, E> {
    /// The same, with words if it is an error.
    ///
    /// # Errors
    /// If it is one.
    fn context(self, context: impl Display) -> Result<T>;

    /// The same, with words that are only made if it is an error.
    ///
    /// # Errors
    /// If it is one.
    fn with_context<C: Display>(self, context: impl FnOnce() -> C) -> Result<T>;
}

impl<T, E: Into<Error>> Context<T, E> for Result<T, E> {
    fn context(self, context: impl Display) -> Result<T> {
        self.map_err(|error| error.into().context(context))
    }

    fn with_context<C: Display>(self, context: impl FnOnce() -> C) -> Result<T> {
        self.map_err(|error| error.into().context(context()))
    }
}

/// Nothing is an error that is nothing but the words.
impl<T> Context<T, Infallible> for Option<T> {
    fn context(self, context: impl Display) -> Result<T> {
        self.ok_or_else(|| Error::msg(context))
    }

    fn with_context<C: Display>(self, context: impl FnOnce() -> C) -> Result<T> {
        self.ok_or_else(|| Error::msg(context()))
    }
}

/// Makes an [`Error`](crate::Error): of words, as `format!` does, or of any error.
///
/// ```
/// use terrane::{Trap, format_err};
///
/// assert_eq!(format_err!("{} is not {}", 1, 2).to_string(), "1 is not 2");
/// assert!(format_err!(Trap::Interrupt).is::<Trap>());
/// ```
#[macro_export]
macro_rules! format_err {
    ($format:literal $($arguments:tt)*) => {
        $crate::Error::msg(::std::format_args!($format $($arguments)*))
    };
    ($error:expr $(,)?) => {
        $crate::Error::from($error)
    };
}

/// Returns with an [`Error`](crate::Error), of what [`format_err!`](crate::format_err) takes.
///
/// ```
/// use terrane::{Result, bail};
///
/// fn check(n: i32) -> Result<i32> {
///     if n < 0 {
///         bail!("{n} is negative");
///     }
///     Ok(n)
/// }
/// assert_eq!(check(-1).unwrap_err().to_string(), "-1 is negative");
/// ```
#[macro_export]
macro_rules! bail {
    ($($error:tt)*) => {
        return ::std::result::Result::Err($crate::format_err!($($error)*))
    };
}

/// Returns with an [`Error`](crate::Error) unless something is true: one of what [`format_err!`](crate::format_err) takes,
/// or one that says what should have been true.
///
/// ```
/// use terrane::{Result, ensure};
///
/// fn check(n: i32) -> Result<i32> {
///     ensure!(n >= 0);
///     ensure!(n < 10, "{n} is too large");
///     Ok(n)
/// }
/// assert_eq!(check(-1).unwrap_err().to_string(), "condition failed: `n >= 0`");
/// assert_eq!(check(10).unwrap_err().to_string(), "10 is too large");
/// assert_eq!(check(5).unwrap(), 5);
/// ```
#[macro_export]
macro_rules! ensure {
    ($condition:expr $(,)?) => {
        $crate::ensure!($condition, "condition failed: `{}`", ::std::stringify!($condition))
    };
    ($condition:expr, $($error:tt)*) => {
        if !$condition {
            $crate::bail!($($error)*);
        }
    };
}
