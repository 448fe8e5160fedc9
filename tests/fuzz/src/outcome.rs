//! What a host can see of a guest, in words that suit every engine.

use std::fmt;

/// A value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    V128(u128),
    /// A null of whatever type.
    Null,
    I31(i32),
    /// Another reference, by the kind of thing that it refers to.
    Ref(&'static str),
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    I32,
    I64,
    F32,
    F64,
    V128,
    Ref { nullable: bool },
}

/// How a call ended, or an instantiation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Returned(Vec<Value>),
    /// By the kind of trap, as far as engines agree on those.
    Trapped(&'static str),
    /// By an exception that nobody caught.
    Threw,
    /// By a limit that each engine has of its own, so that there is nothing to compare.
    Limit(&'static str),
    /// The engine refused it.
    Refused(String),
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned(values) => write!(f, "returned {values:x?}"),
            Self::Trapped(kind) => write!(f, "trapped: {kind}"),
            Self::Threw => f.write_str("threw an exception"),
            Self::Limit(which) => write!(f, "reached a limit: {which}"),
            Self::Refused(why) => write!(f, "was refused: {why}"),
        }
    }
}

/// What an instance exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Func(Vec<Type>),
    Memory,
    Global,
    Table,
    Tag,
}

/// What is behind an export that is no function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Memory(Vec<u8>),
    Global(Value),
    Table(Vec<Value>),
    Tag,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory(bytes) => {
                let sum = bytes.iter().fold(0u64, |sum, byte| sum.wrapping_mul(31) ^ u64::from(*byte));
                write!(f, "memory of {} bytes, checksum {sum:016x}", bytes.len())
            }
            Self::Global(value) => write!(f, "global {value:x?}"),
            Self::Table(values) => write!(f, "table {values:x?}"),
            Self::Tag => f.write_str("tag"),
        }
    }
}

/// An instance in some engine. Everything that it imports is zeros, nulls, and functions that return those.
pub(crate) trait Machine: Sized {
    /// Instantiates a module.
    fn new(bytes: &[u8]) -> Result<Self, Ending>;

    /// What it exports, in order.
    fn exports(&mut self) -> Vec<(String, Kind)>;

    /// Calls an exported function.
    fn call(&mut self, name: &str, args: &[Value]) -> Ending;

    /// What is behind an export that is no function.
    fn state(&mut self, name: &str) -> State;
}
