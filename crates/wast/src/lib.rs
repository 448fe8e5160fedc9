//! Runs WebAssembly test scripts, the `.wast` files of the [official test suite].
//!
//! A script is a list of directives: modules to instantiate, functions to call, and assertions about what
//! then happens. [`run_script`] carries all of them out and says how many held, and what went wrong with
//! those that did not. Messages are compared too, where the suite gives any: those of traps, of linking,
//! and of invalid and malformed modules. Only malformed *text* is judged without its message, since the
//! text is read by the crate `wast`, whose words are its own.
//!
//! ```
//! use terrane_wast::{RunOptions, run_script};
//!
//! let script = r#"
//!     (module (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))
//!     (assert_return (invoke "double" (i32.const 21)) (i32.const 42))
//!     (assert_return (invoke "double" (i32.const 21)) (i32.const 43))
//! "#;
//! let report = run_script("double.wast", script, &RunOptions::default());
//! assert_eq!((report.passed, report.failures.len(), report.skipped), (2, 1, 0));
//! assert_eq!(report.failures[0].to_string(), "4:6: assert_return: expected i32:43, found i32:42");
//! ```
//!
//! [official test suite]: https://github.com/WebAssembly/spec/tree/main/test/core

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
