//! What can go wrong between a host and an AssemblyScript guest.

use std::fmt;
use terrane::MemoryAccessError;

/// Why a value could not be passed to a guest, or read from one.
///
/// It comes back inside a [`terrane::Error`], from which `downcast_ref::<AsError>()` gets it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AsError {
    /// The module was built without what the host needs of the runtime.
    #[error(
        "the module does not export `{name}`, which is needed to {purpose}: build it with --exportRuntime"
    )]
    NoRuntime {
        /// The export.
        name: &'static str,
        /// What it is for.
        purpose: &'static str,
    },
    /// The module has no memory, neither exported nor imported.
    #[error("the module has no memory that it exports or imports as `env` `memory`")]
    NoMemory,
    /// The module has no table, neither exported nor imported.
    #[error("the module has no table that it exports or imports: build it with --exportTable")]
    NoTable,
    /// A null where the type has none.
    #[error("null found where {expected} was expected: use an `Option` if it may be null")]
    Null {
        /// What was expected.
        expected: String,
    },
    /// A pointer at which no object can be.
    #[error("no object at {pointer:#x}: {reason}")]
    NoObject {
        /// The pointer.
        pointer: u32,
        /// Why there is none.
        reason: String,
    },
    /// An object of another class than was expected.
    #[error("expected {expected} at {pointer:#x}, found an object of class {id}{found}")]
    WrongClass {
        /// What was expected.
        expected: String,
        /// The pointer.
        pointer: u32,
        /// Its class id.
        id: u32,
        /// What the type information says of that class.
        found: String,
    },
    /// Something that an object says of itself cannot be.
    #[error("the object at {pointer:#x} is broken: {reason}")]
    Broken {
        /// The pointer.
        pointer: u32,
        /// What is wrong.
        reason: String,
    },
    /// The type information is not what it should be.
    #[error("broken type information at {at:#x}: {reason}")]
    TypeInfo {
        /// Where it is.
        at: u32,
        /// What is wrong.
        reason: String,
    },
    /// No class of the module is the one that a value needs.
    #[error("the module has no class for {what}: {hint}")]
    NoClass {
        /// The value.
        what: String,
        /// What can be done about it.
        hint: &'static str,
    },
    /// The guest's allocator returned what cannot be an object.
    #[error("the guest's `{allocator}` returned {pointer:#x} for {size} bytes: {reason}")]
    Allocation {
        /// The allocator.
        allocator: &'static str,
        /// What was asked for.
        size: u32,
        /// What it returned.
        pointer: u32,
        /// Why that cannot be.
        reason: String,
    },
    /// A value of the host is larger than a guest's can be.
    #[error("{what} of {len} elements is larger than a guest's can be")]
    TooLong {
        /// The value.
        what: &'static str,
        /// Its length.
        len: usize,
    },
    /// More than the limits allow was reachable from a value.
    #[error("a value is {what} than the limit of {limit}: is it a cycle?")]
    Limit {
        /// Larger or deeper.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A string that no Rust string can be.
    #[error(
        "the string at {pointer:#x} has half of a pair, {unit:#06x}, as unit {index}: read it as `Utf16`"
    )]
    LoneSurrogate {
        /// The pointer.
        pointer: u32,
        /// Which unit.
        index: usize,
        /// The unit.
        unit: u16,
    },
    /// A number that is none of an enumeration.
    #[error("{number} is no {expected}")]
    NoVariant {
        /// The number.
        number: i64,
        /// The enumeration.
        expected: &'static str,
    },
    /// A handle was used with an instance or a store that is not its own.
    #[error("{what} was used with another {owner} than its own")]
    Foreign {
        /// The handle.
        what: &'static str,
        /// Instance or store.
        owner: &'static str,
    },
    /// The module does not export it, or as something else.
    #[error("the module exports no {kind} `{name}`{hint}")]
    NoExport {
        /// What was looked for.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What may have been meant.
        hint: String,
    },
    /// A function's parameters or results are others.
    #[error("`{name}`: {reason}")]
    WrongType {
        /// The function or global.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A function value that leads to no function.
    #[error("the function value {pointer:#x} leads to no function: {reason}")]
    NoFunction {
        /// The value.
        pointer: u32,
        /// Why.
        reason: String,
    },
}

impl From<MemoryAccessError> for AsError {
    fn from(error: MemoryAccessError) -> Self {
        let pointer = u32::try_from(error.offset()).unwrap_or(u32::MAX);
        Self::NoObject { pointer, reason: error.to_string() }
    }
}

/// A guest has called `abort`, by an error that it threw, or by an assertion that failed.
///
/// ```
/// use terrane_assemblyscript::Abort;
///
/// let abort = Abort { message: Some("boom".into()), file: Some("assembly/index.ts".into()), line: 3, column: 5 };
/// assert_eq!(abort.to_string(), "abort: boom at assembly/index.ts:3:5");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abort {
    /// What was thrown, if the guest says so.
    pub message: Option<String>,
    /// The source file.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: u32,
    /// The column in it, from 1; compilers of 0.9 count from 0.
    pub column: u32,
}

impl fmt::Display for Abort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("abort")?;
        if let Some(message) = &self.message {
            write!(f, ": {message}")?;
        }
        match &self.file {
            Some(file) => write!(f, " at {file}:{}:{}", self.line, self.column),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Abort {}
