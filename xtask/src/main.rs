//! The project's own commands: `cargo xtask spec | bless | tidy | bench | fuzz | programs | ci`.

// A command prints, that is what it is for.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cargo;
mod spec;
mod tidy;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The project's own commands.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", max_term_width = 100)]
struct Command {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs the official test suite and our own scripts.
    Spec(spec::Options),
    /// Writes what tests find into the golden files that they compare with.
    Bless {
        /// Arguments for `cargo test`, for example `-p terrane-cli`; all tests if there are none.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        test_args: Vec<String>,
    },
    /// Checks what no compiler checks: the instruction table, who depends on whom, how large files are, and that the
    /// interpreter's handlers jump to each other.
    Tidy(tidy::Options),
    /// Times this engine beside others; the arguments are those of the package `terrane-bench`.
    Bench {
        /// Arguments for the benchmarks: `--help` says which there are.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        bench_args: Vec<String>,
    },
    /// Runs random modules, here and in another engine; the arguments are those of the package `terrane-fuzz`.
    Fuzz {
        /// Arguments, for example `differential --seconds 60`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        fuzz_args: Vec<String>,
    },
    /// Runs real programs in other engines, or times engines beside each other; the arguments are those of the package
    /// `terrane-programs`.
    Programs {
        /// Arguments, for example `times "terrane=target/release/terrane run"`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        programs_args: Vec<String>,
    },
    /// Checks everything that must hold before a change goes in, as `.ci/run` does.
    Ci,
}

fn main() -> ExitCode {
    let result = match Command::parse().task {
        Task::Spec(options) => spec::run(&options),
        Task::Bless { test_args } => cargo::bless(&test_args),
        Task::Tidy(options) => tidy::run(&options),
        Task::Bench { bench_args } => cargo::bench(&bench_args),
        Task::Fuzz { fuzz_args } => cargo::fuzz(&fuzz_args),
        Task::Programs { programs_args } => cargo::programs(&programs_args),
        Task::Ci => cargo::ci(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
