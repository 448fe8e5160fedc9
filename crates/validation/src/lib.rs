#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod context;
mod expr;
mod func;
mod invalid;
mod locals;
mod module;
mod packed;
mod rules;
mod stack;

pub use context::Context;
pub use func::{FuncAllocations, FuncValidator};
pub use invalid::{Invalid, Mismatch, Space};
pub use module::{ModuleValidator, check_module};
pub use packed::Packed;
pub use stack::{Ctrl, CtrlKind};

use terrane_syntax::Error;

/// What validation returns.
pub(crate) type Result<T = ()> = core::result::Result<T, Error<Invalid>>;

#[cfg(test)]
mod tests;
