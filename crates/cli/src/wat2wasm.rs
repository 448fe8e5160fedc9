//! `terrane wat2wasm`

use crate::failure::Failure;
use crate::input::{Input, is_stdin};
use clap::Args;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Makes a binary module from the text format.
///
/// Names of functions and locals go into the name section. The module is not validated: `terrane validate` does that.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Wat2Wasm {
    /// The module: .wat, or - for the standard input.
    file: PathBuf,
    /// Where to write it, or - for the standard output. Otherwise it goes beside FILE, with the extension .wasm.
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  terrane wat2wasm math.wat                 writes math.wasm
  terrane wat2wasm math.wat -o out/m.wasm
  echo '(module)' | terrane wat2wasm - -o - | xxd";

impl Wat2Wasm {
    pub(crate) fn execute(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let input = Input::read(&self.file)?;
        if !input.is_text() {
            let message = format!("{} is in the binary format already", input.name.display());
            return Err(Failure::Usage(message));
        }
        let output = self.output()?;
        if is_stdin(&output) {
            return Ok(out.write_all(&input.binary)?);
        }
        std::fs::write(&output, &input.binary)
            .map_err(|error| Failure::Usage(format!("cannot write {}: {error}", output.display())))
    }

    fn output(&self) -> Result<PathBuf, Failure> {
        match &self.output {
            Some(output) => Ok(output.clone()),
            None if is_stdin(&self.file) => Err(Failure::Usage(
                "where should it go? Say -o FILE, or -o - for the standard output".to_owned(),
            )),
            None => beside(&self.file),
        }
    }
}

/// The file with the extension `.wasm`.
fn beside(file: &Path) -> Result<PathBuf, Failure> {
    let output = file.with_extension("wasm");
    if output == file {
        let message = format!("{} would overwrite itself: say -o FILE", file.display());
        return Err(Failure::Usage(message));
    }
    Ok(output)
}
