//! `cargo xtask spec`: runs scripts, several at a time, and says what came of them.

mod junit;
mod pool;

use clap::{Args, ValueEnum};
use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use terrane_spec_suite::{Expectations, Script, Verdict, folder, scripts};
use terrane_wast::{Mode, RunOptions, ScriptReport, count_directives};

#[derive(Args)]
pub(crate) struct Options {
    /// Runs only scripts whose path has this in it, for example `wasm-v2/` or `br_table`.
    #[arg(long, value_name = "SUBSTR")]
    filter: Option<String>,
    /// Runs the `.wast` files of that folder instead of the official suite and our own scripts.
    #[arg(long, value_name = "DIR")]
    suite: Option<PathBuf>,
    /// How many scripts run at a time [default: as many as there are processors].
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Writes the results to that file, in the format of JUnit.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// When functions are validated and compiled.
    #[arg(long, value_enum, default_value = "eager")]
    mode: ModeName,
    /// Collects garbage at every Nth allocation, to find references that the collector is not told of.
    #[arg(long, value_name = "N")]
    gc_zeal: Option<NonZeroU32>,
    /// Lets calls stop whenever they have used up so much fuel, and go on, to find state that is lost by that.
    #[arg(long, value_name = "FUEL")]
    suspend: Option<NonZeroU64>,
    /// Traces all that is executed, which must not change what comes of it.
    #[arg(long)]
    trace: bool,
    /// Prints a line per set instead of one per script; failures are printed all the same.
    #[arg(long)]
    summary: bool,
    /// Prints the failures of scripts that are expected to fail, too.
    #[arg(long)]
    verbose: bool,
    /// How long a script may take before it counts as failed, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    timeout: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum ModeName {
    /// Both when the module is made.
    Eager,
    /// Both at their first call.
    Lazy,
    /// Validated when the module is made, compiled at their first call.
    LazyLowering,
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::Eager => Self::Eager,
            ModeName::Lazy => Self::Lazy,
            ModeName::LazyLowering => Self::LazyLowering,
        }
    }
}

/// A script that was run.
pub(crate) struct Ran {
    report: ScriptReport,
    verdict: Verdict,
    time: Duration,
}

impl Ran {
    /// How many directives failed, unless they were expected to.
    fn failed(&self) -> usize {
        match self.verdict {
            Verdict::FailedAsExpected(_) => 0,
            _ => self.report.failures.len(),
        }
    }

    /// How many directives count as skipped: those that were, and those that are expected to fail.
    fn skipped(&self) -> usize {
        self.report.skipped + self.report.failures.len() - self.failed()
    }

    /// The name of the set: all of the path but the last part.
    fn set(&self) -> &str {
        self.report.name.rsplit_once('/').map_or("", |(set, _)| set)
    }
}

/// Runs the task.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let expectations = if options.suite.is_some() { Expectations::default() } else { Expectations::load()? };
    let mut scripts = selected(options)?;
    if scripts.is_empty() {
        return Err("no script matches: nothing was tested".to_owned());
    }
    // The largest first, so that none is left to run alone at the end.
    scripts.sort_by_key(|script| std::cmp::Reverse(script.text.len()));
    let started = Instant::now();
    let mode = options.mode.into();
    let (gc_zeal, suspend, trace) = (options.gc_zeal, options.suspend, options.trace);
    let run = RunOptions { mode, gc_zeal, suspend, trace, ..RunOptions::default() };
    let reports = pool::run(scripts, run, options.jobs, Duration::from_secs(options.timeout));
    let mut all: Vec<Ran> = reports
        .into_iter()
        .map(|(report, time)| Ran { verdict: judge(&expectations, &report, options.mode), report, time })
        .collect();
    all.sort_by(|a, b| (a.set(), &a.report.name).cmp(&(b.set(), &b.report.name)));
    print(&all, options);
    if let Some(path) = &options.junit {
        std::fs::write(path, junit::document(&all))
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let bad = all.iter().filter(|ran| !ran.verdict.is_good()).count();
    println!("{} scripts in {:.1} s", all.len(), started.elapsed().as_secs_f64());
    println!("{}", counts(&all.iter().collect::<Vec<_>>()));
    if bad == 0 { Ok(()) } else { Err(format!("{bad} of {} scripts did not do what is expected", all.len())) }
}

/// Whether a script did what is expected of it. In lazy mode one may pass that fails in others: it has modules whose
/// functions are never called, so that nobody notices that they cannot be run.
fn judge(expectations: &Expectations, report: &ScriptReport, mode: ModeName) -> Verdict {
    match (expectations.judge(report), mode) {
        (Verdict::PassedUnexpectedly(_), ModeName::Lazy) => Verdict::Passed,
        (verdict, _) => verdict,
    }
}

fn selected(options: &Options) -> Result<Vec<Script>, String> {
    let scripts = match &options.suite {
        Some(dir) => folder(dir),
        None => scripts(),
    };
    let mut scripts = scripts.map_err(|error| error.to_string())?;
    if let Some(filter) = &options.filter {
        scripts.retain(|script| script.path.contains(filter.as_str()));
    }
    Ok(scripts)
}

/// The lines about scripts or sets, and the failures.
fn print(all: &[Ran], options: &Options) {
    for set in all.chunk_by(|a, b| a.set() == b.set()) {
        for ran in set {
            let bad = !ran.verdict.is_good();
            if !options.summary || bad {
                let counts = count_directives(ran.report.passed, ran.failed(), ran.skipped());
                println!("{}: {counts}{}", ran.report.name, note(&ran.verdict));
            }
            if bad || options.verbose {
                for failure in &ran.report.failures {
                    println!("    {}:{failure}", ran.report.name);
                }
            }
        }
        if options.summary {
            let set: Vec<&Ran> = set.iter().collect();
            println!("{}: {} scripts: {}", set[0].set(), set.len(), counts(&set));
        }
    }
}

fn note(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Passed | Verdict::Failed => String::new(),
        Verdict::FailedAsExpected(reason) => format!(" (expected: {reason})"),
        Verdict::PassedUnexpectedly(reason) => {
            format!(" (passed, but expected.toml says that it fails: {reason})")
        }
    }
}

fn counts(all: &[&Ran]) -> String {
    let sum = |count: fn(&Ran) -> usize| all.iter().map(|ran| count(ran)).sum();
    count_directives(sum(|ran| ran.report.passed), sum(Ran::failed), sum(Ran::skipped))
}
