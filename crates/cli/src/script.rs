//! `terrane wast`

use crate::failure::{Failure, for_each_file, report};
use crate::input::{display_name, read_text};
use crate::options::{FeatureOptions, Mode};
use crate::source;
use clap::Args;
use std::io::Write;
use std::path::{Path, PathBuf};
use terrane_wast::{RunOptions, ScriptReport, count_directives, run_script};

/// Runs test scripts: .wast files, as those of the official test suite.
///
/// A script defines modules, calls their functions, and asserts what comes of it. Every directive that does not hold
/// is shown with its place, and the last line counts them all.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Scripts {
    /// The scripts, or - for the standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// When functions are validated and compiled to internal code.
    #[arg(long, value_enum, default_value_t)]
    mode: Mode,
    #[command(flatten)]
    features: FeatureOptions,
}

const EXAMPLES: &str = "\
Examples:
  terrane wast double.wast
  terrane wast spec/test/core/*.wast

A script:
  (module (func (export \"double\") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))
  (assert_return (invoke \"double\" (i32.const 21)) (i32.const 42))
  (assert_invalid (module (func (result i32))) \"type mismatch\")";

impl Scripts {
    pub(crate) fn execute(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let mut options = RunOptions { mode: self.mode.into(), ..RunOptions::default() };
        if let Some(features) = self.features.features() {
            options.features = features;
        }
        let (mut passed, mut failed, mut skipped) = (0, 0, 0);
        let result = for_each_file(&self.files, out, |file, out| {
            let text = read_text(file, "a script is text")?;
            let file = display_name(file);
            let script = run_script(&file.display().to_string(), &text, &options);
            (passed, failed, skipped) =
                (passed + script.passed, failed + script.failures.len(), skipped + script.skipped);
            let counts = count_directives(script.passed, script.failures.len(), script.skipped);
            writeln!(out, "{}: {counts}", script.name)?;
            if script.is_success() {
                return Ok(());
            }
            out.flush()?;
            show_failures(&file, &text, &script);
            Err(Failure::Reported(1))
        });
        writeln!(out, "{}", count_directives(passed, failed, skipped))?;
        result
    }
}

fn show_failures(file: &Path, text: &str, script: &ScriptReport) {
    for failure in &script.failures {
        let span = source::span_at(text, failure.line, failure.column);
        let excerpt = span.map_or_else(String::new, |span| source::excerpt(text, file, span));
        report(&format!("{}: {}{excerpt}", failure.directive, failure.message));
    }
}
