//! `terrane wast`.

use crate::failure::{Failure, Outcome};
use crate::options::{FeatureOptions, Mode};
use clap::Args;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use terrane_wast::{RunOptions, count_directives, run_script};

/// Runs test scripts, in the format of the official test suite.
///
/// Prints how many directives of each script passed, failed and were skipped, and what was wrong with those that
/// failed. The exit code is 1 if any failed.
#[derive(Args)]
pub(crate) struct Options {
    /// Scripts.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// When functions are validated and compiled.
    #[arg(long, value_enum, default_value = "eager")]
    mode: Mode,
    #[command(flatten)]
    features: FeatureOptions,
}

/// Runs the command.
pub(crate) fn wast(options: &Options, out: &mut impl Write) -> Outcome {
    let run = RunOptions { features: options.features.features(), mode: options.mode.into() };
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for file in &options.files {
        let bytes = fs::read(file).map_err(|error| Failure::file(file, &error))?;
        let text = String::from_utf8_lossy(&bytes);
        let report = run_script(&file.display().to_string(), &text, &run);
        writeln!(out, "{report}")?;
        passed += report.passed;
        failed += report.failures.len();
        skipped += report.skipped;
    }
    if options.files.len() > 1 {
        writeln!(out, "{}", count_directives(passed, failed, skipped))?;
    }
    if failed == 0 && skipped == 0 { Ok(()) } else { Err(Failure::Told) }
}
