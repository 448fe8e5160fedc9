//! `terrane wat2wasm`.

use crate::failure::{Failure, Outcome};
use crate::source::Source;
use clap::Args;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Translates a module from the text format to the binary format.
///
/// Names of functions, locals and the like go into the name section. The module is not validated: use `terrane
/// validate` for that.
#[derive(Args)]
pub(crate) struct Options {
    /// The module as text.
    file: PathBuf,
    /// Where to write it; `-` is the standard output [default: FILE with the ending .wasm].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn wat2wasm(options: &Options, out: &mut impl Write) -> Outcome {
    let source = Source::load(&options.file)?;
    if !source.is_text() {
        return Err(Failure::Usage(format!("{}: is not in the text format", options.file.display())));
    }
    let output = options.output.clone().unwrap_or_else(|| options.file.with_extension("wasm"));
    if output == Path::new("-") {
        return Ok(out.write_all(&source.binary)?);
    }
    fs::write(&output, &source.binary).map_err(|error| Failure::file(&output, &error))
}
