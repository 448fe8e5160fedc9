//! Runs programs as they are found in the wild, and programs of ours, in whatever engine, and compares what comes out of
//! them with what is expected. `programs.toml` says which there are.

mod command;
mod cpu;
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
    /// How long it took, if somebody looked.
    pub times: Times,
}

/// How long a process took: of the processor's time where the system tells it, else of a clock's.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// Until it first wrote to its standard output, if it did.
    pub first_output: Option<Duration>,
    /// In all.
    pub all: Duration,
}

/// What runs programs.
pub trait Engine {
    /// Runs one.
    ///
    /// # Errors
    /// If it could not begin.
    fn run(&self, run: &Run<'_>) -> anyhow::Result<Outcome>;
}

/// Runs all steps of a program in a folder of its own, and returns what is not as expected, a text for each thing. With
/// `BLESS` in the environment, what comes out of programs whose answers are our own becomes what is expected.
///
/// # Errors
/// If something could not be run, or files are missing.
pub fn check(program: &Program, engine: &dyn Engine) -> anyhow::Result<Vec<String>> {
    check_and_time(program, engine, &mut Vec::new())
}

/// The same, and how long each step took that could be run.
///
/// # Errors
/// As for [`check`].
pub fn check_and_time(
    program: &Program,
    engine: &dyn Engine,
    times: &mut Vec<Times>,
) -> anyhow::Result<Vec<String>> {
    let work = Work::new(program)?;
    for (index, step) in program.steps.iter().enumerate() {
        let outcome = engine.run(&Run { step, work: &work })?;
        times.push(outcome.times);
        if program.own && std::env::var_os("BLESS").is_some() {
            std::fs::write(work::golden(program, index), &outcome.stdout)?;
        }
        let wrong = work::compare(program, index, &outcome)?;
        if !wrong.is_empty() {
            return Ok(wrong.into_iter().map(|text| format!("step {index}: {text}")).collect());
        }
    }
    work.compare_files(program)
}
