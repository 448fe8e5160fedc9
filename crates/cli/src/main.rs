//! The command `terrane`: runs, checks, shows and makes WebAssembly modules.

mod args;
mod backtrace;
mod bindgen;
mod debug;
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
  0    all went well
  1    the module is not valid or cannot be linked, a script failed
  2    the command was used wrongly: an unknown option, file or export, a wrong argument
  124  the program has used up the fuel or the time that it was given
  134  the program trapped, or an exception or an error of the host ended it
  A program that ends itself has its own.

`terrane help COMMAND` says more about a command.";

#[derive(Subcommand)]
enum Command {
    Run(Box<run::Run>),
    Validate(validate::Validate),
    Wast(script::Scripts),
    Inspect(inspect::Inspect),
    Dump(dump::Dump),
    #[command(name = "wat2wasm")]
    Wat2Wasm(wat2wasm::Wat2Wasm),
    Bindgen(bindgen::Bindgen),
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
            Self::Bindgen(bindgen) => bindgen.execute(out),
        }
    }
}

fn main() {
    std::process::exit(match run() {
        Ok(()) => 0,
        Err(failure) => failure.report(),
    })
}

fn run() -> Result<(), Failure> {
    let cli = Cli::try_parse().map_err(|error| {
        let hint = hint(&error);
        let code = Failure::from(error).report();
        hint.iter().for_each(|hint| failure::report(hint));
        Failure::Reported(code)
    })?;
    // Not locked: guests write there too, on any thread.
    let mut out = BufWriter::new(io::stdout());
    let result = cli.command.execute(&mut out);
    // What was found before it failed is shown first.
    let written = out.flush().map_err(Failure::Output);
    result.and(written)
}

/// What else to say if someone gives a file where a command is expected.
fn hint(error: &clap::Error) -> Option<String> {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    let first = std::env::args().nth(1)?;
    Path::new(&first).exists().then(|| format!("to run a module: terrane run {first}"))
}
