//! Runs programs as they are found in the wild, and programs of ours, in whatever engine, and compares what comes out of
//! them with what is expected. `programs.toml` says which there are.

mod command;
mod library;
mod manifest;
mod work;

pub use command::CommandLine;
pub use library::Library;
pub use manifest::{Dir, Ending, Program, Step, programs};
pub use work::{Work, here};

use std::time::Duration;

/// A program that is to be run, all names resolved.
#[derive(Debug)]
pub struct Run<'a> {
    /// What is to be run.
    pub step: &'a Step,
    /// Where its files are.
    pub work: &'a Work,
}

/// What came out of a program.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub ending: Ending,
    /// What it wrote to its standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to its standard error.
    pub stderr: Vec<u8>,
    /// How long after its start it first wrote something, if it did and somebody looked.
    pub first_output: Option<Duration>,
}

/// What runs programs.
pub trait Engine {
    /// Runs one.
    ///
    /// # Errors
    /// If it could not begin.
    fn run(&self, run: &Run<'_>) -> anyhow::Result<Outcome>;
}

/// Runs all steps of a program in a folder of its own, and returns what is not as expected, a text for each thing.
///
/// # Errors
/// If something could not be run, or files are missing.
pub fn check(program: &Program, engine: &dyn Engine) -> anyhow::Result<Vec<String>> {
    let work = Work::new(program)?;
    for (index, step) in program.steps.iter().enumerate() {
        let outcome = engine.run(&Run { step, work: &work })?;
        let wrong = work::compare(program, index, &outcome)?;
        if !wrong.is_empty() {
            return Ok(wrong.into_iter().map(|text| format!("step {index}: {text}")).collect());
        }
    }
    work.compare_files(program)
}
