//! Every program of `programs.toml`, through the command and through the library.
//!
//! `tests/fetch.sh` puts those of others into a cache. Without it their tests count as ignored, and their names say why;
//! with `TERRANE_CACHE_REQUIRED` in the environment they fail.

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use terrane::CompilationMode;
use terrane_programs::{CommandLine, Engine, Library, Program, check, programs};

/// Programs take minutes in a build that nobody optimised.
const SLOW: bool = cfg!(debug_assertions);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let command = if arguments.list || SLOW { None } else { Some(terrane()) };
    let words = command
        .map(|path| vec![path.display().to_string(), "run".to_owned(), "--mode=eager".to_owned()])
        .unwrap_or_default();
    let engines: [(&str, Arc<dyn Engine + Send + Sync>); 2] = [
        ("command", Arc::new(CommandLine::new(words))),
        ("library", Arc::new(Library { mode: CompilationMode::Lazy })),
    ];
    let mut trials = Vec::new();
    for program in programs().unwrap_or_else(|error| panic!("{error:#}")).into_iter().map(Arc::new) {
        for (name, engine) in &engines {
            trials.push(trial(name, program.clone(), engine.clone()));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(engine_name: &str, program: Arc<Program>, engine: Arc<dyn Engine + Send + Sync>) -> Trial {
    let missing = program.missing().map(|file| format!("{file} is not in the cache: run tests/fetch.sh"));
    let required = std::env::var_os("TERRANE_CACHE_REQUIRED").is_some();
    let ignored = SLOW || (missing.is_some() && !required);
    let why = match &missing {
        _ if SLOW => " (with --release only)".to_owned(),
        Some(missing) => format!(" ({missing})"),
        None => String::new(),
    };
    let name = format!("{}{why}", program.name);
    let run = move || {
        if let Some(missing) = missing {
            return Err(Failed::from(missing));
        }
        match check(&program, &*engine) {
            Ok(wrong) if wrong.is_empty() => Ok(()),
            Ok(wrong) => Err(wrong.join("\n").into()),
            Err(error) => Err(format!("{error:#}").into()),
        }
    };
    Trial::test(name, run).with_kind(engine_name).with_ignored_flag(ignored)
}

/// The command, built as this test was: cargo gives its path to tests of its own package only.
fn terrane() -> PathBuf {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--package", "terrane-cli"])
        .current_dir(terrane_programs::here())
        .status()
        .expect("cargo can be run");
    assert!(status.success(), "the command cannot be built");
    // This is DIRECTORY/deps/programs-HASH, the command DIRECTORY/terrane.
    let this = std::env::current_exe().expect("there is a path to this test");
    let folder = this.parent().and_then(Path::parent).expect("it is in a folder of a folder");
    folder.join(format!("terrane{}", std::env::consts::EXE_SUFFIX))
}
