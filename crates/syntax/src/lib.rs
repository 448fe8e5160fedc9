#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod error;
mod features;
mod idx;
mod immediate;
mod instr;
pub mod limits;
mod module;
pub mod types;

pub use error::Error;
pub use features::{Feature, Features};
pub use idx::*;
pub use immediate::*;
pub use instr::*;
pub use module::*;
