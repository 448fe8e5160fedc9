//! `terrane validate`

use crate::failure::{Failure, for_each_file};
use crate::input::Input;
use crate::options::FeatureOptions;
use clap::Args;
use std::io::Write;
use std::path::PathBuf;
use terrane::{CompilationMode, Config};

/// Says whether modules are valid, and if not, why and where.
///
/// All files are looked at, also behind one that is not valid.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Validate {
    /// The modules: .wasm or .wat, or - for the standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    features: FeatureOptions,
}

const EXAMPLES: &str = "\
Examples:
  terrane validate program.wasm
  terrane validate *.wat && echo all are valid
  terrane validate --features wasm1 old.wasm";

impl Validate {
    pub(crate) fn execute(&self, out: &mut dyn Write) -> Result<(), Failure> {
        // Validates all functions, and compiles none.
        let engine = self.features.engine(Config::new().compilation_mode(CompilationMode::LazyLowering))?;
        for_each_file(&self.files, out, |file, out| {
            let input = Input::read(file)?;
            input.module(&engine).map_err(|error| input.failed(&error))?;
            Ok(writeln!(out, "{}: valid", input.name.display())?)
        })
    }
}
