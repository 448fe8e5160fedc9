#![doc = include_str!("../README.md")]

mod execute;
mod message;
mod module;
mod report;
mod run;
mod script;
mod spectest;
mod thread;
mod value;

pub use report::{Failure, ScriptReport, count_directives};
pub use run::{Mode, RunOptions, run_script};
