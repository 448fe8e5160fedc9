//! `terrane validate`

use crate::failure::Failure;
use crate::input::Input;
use clap::Args;
use std::io::Write;
use std::path::PathBuf;
use terrane::{Engine, Module};

/// Says whether modules are valid, and if not, why and where.
///
/// All files are looked at, also behind one that is not valid.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Validate {
    /// The modules: .wasm or .wat, or - for the standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  terrane validate program.wasm
  terrane validate *.wat && echo all are valid";

impl Validate {
    pub(crate) fn execute(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let engine = Engine::default();
        for_each_file(&self.files, |file| {
            let input = Input::read(file)?;
            Module::validate(&engine, &input.binary).map_err(|error| input.failed(&error))?;
            Ok(writeln!(out, "{}: valid", input.name.display())?)
        })
    }
}

/// Does something for each file, also behind one for which it fails. The failure of a single file is left to the
/// caller, those of several are reported as they come up; the worst decides.
pub(crate) fn for_each_file(
    files: &[PathBuf],
    mut action: impl FnMut(&PathBuf) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut outcome = Ok(());
    for file in files {
        match action(file) {
            Ok(()) => {}
            Err(Failure::Output(error)) => return Err(Failure::Output(error)),
            Err(failure) => outcome = Err(failure.after(outcome)),
        }
    }
    outcome
}
