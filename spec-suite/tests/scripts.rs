//! Every script, as a test of its own: `cargo test -p terrane-spec-suite --test scripts -- wasm-v2/`.

use libtest_mimic::{Arguments, Failed, Trial};
use std::sync::Arc;
use terrane_spec_suite::{Expectations, Script, Verdict, scripts};
use terrane_wast::RunOptions;

fn main() {
    let arguments = Arguments::from_args();
    let expectations = Arc::new(Expectations::load().expect("expected.toml is well-formed"));
    let scripts = scripts().expect("our own scripts can be read");
    let trials = scripts.into_iter().map(|script| {
        let expectations = Arc::clone(&expectations);
        Trial::test(script.path.clone(), move || check(&script, &expectations))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

fn check(script: &Script, expectations: &Expectations) -> Result<(), Failed> {
    let report = script.run(&RunOptions::default());
    match expectations.judge(&report) {
        Verdict::Passed | Verdict::FailedAsExpected(_) => Ok(()),
        Verdict::Failed => Err(report.to_string().into()),
        Verdict::PassedUnexpectedly(reason) => {
            Err(format!("{}: passed, but expected.toml says that it fails: {reason}", report.name).into())
        }
    }
}
