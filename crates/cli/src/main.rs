//! The command `terrane`: runs, checks, shows and makes WebAssembly modules.

mod args;
mod backtrace;
mod dump;
mod exports;
mod failure;
mod input;
mod inspect;
mod options;
mod outline;
mod place;
mod profile;
mod run;
mod script;
mod source;
mod trace;
mod validate;
mod wat2wasm;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use failure::Failure;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

/// Runs, checks, shows and makes WebAssembly modules.
///
/// A module is read from the binary format (.wasm) or from the text format (.wat), whichever the file holds; the
/// file `-` is the standard input.
#[derive(Parser)]
#[command(name = "terrane", version, arg_required_else_help = true, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  terrane run program.wasm                  run the function `_start` of a module
  terrane run math.wat --invoke add 1 -2    call the export `add`, and print what it returns
  terrane inspect program.wasm              what it imports and exports, and where its bytes go
  terrane dump program.wasm --func main     the instructions of one function, with byte offsets

Exit codes:
  0  all went well
  1  the program trapped, the module is not valid or cannot be linked, a script failed
  2  the command was used wrongly: an unknown option, file or export, a wrong argument

`terrane help COMMAND` says more about a command.";

#[derive(Subcommand)]
enum Command {
    Run(run::Run),
    Validate(validate::Validate),
    Wast(script::Scripts),
    Inspect(inspect::Inspect),
    Dump(dump::Dump),
    #[command(name = "wat2wasm")]
    Wat2Wasm(wat2wasm::Wat2Wasm),
}

impl Command {
    fn execute(&self, out: &mut dyn Write) -> Result<(), Failure> {
        match self {
            Self::Run(run) => run.execute(out),
            Self::Validate(validate) => validate.execute(out),
            Self::Wast(scripts) => scripts.execute(out),
            Self::Inspect(inspect) => inspect.execute(out),
            Self::Dump(dump) => dump.execute(out),
            Self::Wat2Wasm(wat2wasm) => wat2wasm.execute(out),
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| {
        // Whatever cannot be printed here has nowhere to go.
        let _ = error.print();
        if let Some(hint) = hint(&error) {
            failure::report(&hint);
        }
        std::process::exit(error.exit_code())
    });
    let mut out = BufWriter::new(io::stdout().lock());
    let result = cli.command.execute(&mut out);
    let result = result.and_then(|()| out.flush().map_err(Failure::Output));
    if result.is_err() {
        // What was found before it failed is shown first.
        let _ = out.flush();
    }
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => ExitCode::from(failure.report()),
    }
}

/// What else to say if someone gives a file where a command is expected.
fn hint(error: &clap::Error) -> Option<String> {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    let first = std::env::args().nth(1)?;
    Path::new(&first).exists().then(|| format!("to run a module: terrane run {first}"))
}
