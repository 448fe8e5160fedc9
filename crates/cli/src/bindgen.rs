//! `terrane bindgen`

use crate::failure::Failure;
use crate::input::{Input, display_name, is_stdin, read_text};
use clap::{Args, Subcommand};
use std::io::Write;
use std::path::PathBuf;
use terrane::ErrorKind;
use terrane_assemblyscript::bindgen::{BindgenError, generate};

/// Writes Rust bindings for a module of another language.
#[derive(Args)]
pub(crate) struct Bindgen {
    #[command(subcommand)]
    language: Language,
}

#[derive(Subcommand)]
enum Language {
    #[command(name = "assemblyscript")]
    AssemblyScript(AssemblyScript),
}

/// From a module of AssemblyScript, and the declarations that its compiler has written for it.
///
/// Declarations are written by compilers from 0.20 on, with `--bindings raw` or `--bindings esm`. The Rust file has a
/// structure named after the module, with a function for each that it exports. It uses the crates `terrane` and
/// `terrane-assemblyscript`. Make it anew whenever the module is.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
struct AssemblyScript {
    /// The module: .wasm or .wat, or - for the standard input.
    module: PathBuf,
    /// The declarations: .d.ts.
    declarations: PathBuf,
    /// Where to write it. Otherwise it goes to the standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The name of the structure, instead of that of the module.
    #[arg(long)]
    name: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  terrane bindgen assemblyscript build/shop.wasm build/shop.d.ts -o src/shop.rs
  terrane bindgen assemblyscript --name Shop build/release.wasm build/release.d.ts";

impl Bindgen {
    pub(crate) fn execute(&self, out: &mut dyn Write) -> Result<(), Failure> {
        match &self.language {
            Language::AssemblyScript(bindings) => bindings.execute(out),
        }
    }
}

impl AssemblyScript {
    fn execute(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let input = Input::read(&self.module)?;
        let declarations = read_text(&self.declarations, "declarations are text")?;
        let file =
            generate(&self.name(), &input.binary, &declarations).map_err(|error| match error.kind() {
                ErrorKind::Malformed(_) | ErrorKind::Invalid(_) => input.failed(&error),
                _ if error.is::<BindgenError>() => {
                    Failure::Failed(format!("{}: {error:#}", display_name(&self.declarations).display()))
                }
                _ => Failure::Failed(format!("{error:#}")),
            })?;
        match &self.output {
            Some(output) if !is_stdin(output) => std::fs::write(output, file)
                .map_err(|error| Failure::Usage(format!("cannot write {}: {error}", output.display()))),
            _ => Ok(out.write_all(file.as_bytes())?),
        }
    }

    /// The name of the structure: `Module` if nothing has one.
    fn name(&self) -> String {
        let of_file = || self.module.file_stem().filter(|_| !is_stdin(&self.module));
        let name = || of_file().map_or("module".into(), |stem| stem.to_string_lossy());
        self.name.clone().unwrap_or_else(|| name().into_owned())
    }
}
