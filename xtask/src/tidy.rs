//! `cargo xtask tidy`: what must hold and no compiler checks.

mod files;
mod handlers;
mod instructions;
mod layers;

use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Options {
    /// The program to disassemble, which must have the interpreter in it [default: this program].
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

/// What a check finds, a line each; nothing if all is well.
type Findings = Vec<String>;

/// Runs the task.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let mut count = 0;
    let mut report = |name: &str, findings: Findings| {
        println!(
            "{name}: {}",
            if findings.is_empty() { "fine".to_owned() } else { format!("{} found", findings.len()) }
        );
        findings.iter().for_each(|finding| println!("    {finding}"));
        count += findings.len();
    };
    report("instruction table", instructions::check());
    report("layers", layers::check()?);
    report("files", files::check()?);
    if cfg!(target_arch = "x86_64") && !cfg!(debug_assertions) {
        report("handlers", handlers::check(options.binary.as_deref())?);
    } else {
        println!("handlers: not looked at, as this is no release build for x86-64");
    }
    if count == 0 { Ok(()) } else { Err(format!("{count} things are not as they should be")) }
}
