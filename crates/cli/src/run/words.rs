//! The words behind the file: the guest's, or ours.

use super::{Run, START};
use crate::failure::Failure;
use clap::{Args, Command, FromArgMatches};
use std::ffi::OsString;
use terrane_binary::{Payload, payloads};
use terrane_syntax::Features;

/// What is to be known of a module before it is compiled.
#[derive(Clone, Copy, Default)]
pub(super) struct Kind {
    /// Is it a program, whose arguments are whatever stands behind it? It imports WASI, and has a `_start`.
    pub(super) is_program: bool,
    /// May it start threads?
    pub(super) has_threads: bool,
}

impl Kind {
    /// The kind of a module, as far as it can be decoded.
    pub(super) fn of(binary: &[u8]) -> Self {
        let (mut kind, mut is_wasi) = (Self::default(), false);
        for payload in payloads(binary, Features::all()) {
            match payload {
                Ok(Payload::Imports(section)) => {
                    for (_, import) in section.filter_map(Result::ok) {
                        is_wasi |= import.module.starts_with("wasi_");
                        kind.has_threads |= (&*import.module, &*import.name) == ("wasi", "thread-spawn");
                    }
                }
                Ok(Payload::Exports(section)) => {
                    let mut exports = section.filter_map(Result::ok);
                    kind.is_program = is_wasi && exports.any(|(_, export)| export.name == START);
                }
                Ok(Payload::Code { .. }) | Err(_) => break,
                Ok(_) => {}
            }
        }
        kind
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
