//! The words behind the file: the guest's, or ours.

use super::{Run, START};
use crate::failure::Failure;
use clap::{Args, Command, FromArgMatches};
use std::ffi::OsString;
use terrane::{ImportType, Module};

/// What is to be known of a module before it can be said how it is compiled.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Kind {
    /// Is it a program, whose arguments are whatever stands behind it? It imports WASI, and has a `_start`.
    pub(super) is_program: bool,
    /// May it start threads?
    pub(super) has_threads: bool,
}

impl Kind {
    /// What most programs are.
    pub(super) const PROGRAM: Self = Self { is_program: true, has_threads: false };

    pub(super) fn of(module: &Module) -> Self {
        let is_program = module.imports().any(|import| import.module().starts_with("wasi_"))
            && module.get_export(START).is_some();
        let is_spawn = |import: ImportType<'_>| (import.module(), import.name()) == ("wasi", "thread-spawn");
        Self { is_program, has_threads: module.imports().any(is_spawn) }
    }
}

/// The whole command line again, but for the file: options behind it are ours.
pub(super) fn parse_behind(words: &[OsString]) -> Result<Run, Failure> {
    let mut all: Vec<_> = std::env::args_os().skip(1).collect();
    all.remove(all.len() - words.len());
    let command = Run::augment_args(Command::new("run")).bin_name("terrane run");
    let command = command.mut_arg("words", |words| words.required(false).allow_hyphen_values(true));
    let matches = command.try_get_matches_from(all)?;
    Ok(Run::from_arg_matches(&matches)?)
}

/// What stands behind the first argument is an argument: what looks like an option there, or is none of ours, is more
/// likely a slip.
pub(super) fn check(args: &[String]) -> Result<(), Failure> {
    match args.iter().find(|arg| arg.starts_with("--")) {
        Some(option) => Err(Failure::Usage(format!(
            "`{option}` is no argument: options stand before the arguments, and `terrane help run` lists them"
        ))),
        None => Ok(()),
    }
}

/// Arguments as text: those of functions are, and guests are given nothing else.
pub(super) fn text(args: &[OsString]) -> Result<Vec<String>, Failure> {
    let text = |arg: &OsString| {
        let message = || format!("the argument `{}` is not UTF-8, as arguments have to be", arg.display());
        arg.to_str().map(str::to_owned).ok_or_else(|| Failure::Usage(message()))
    };
    args.iter().map(text).collect()
}
