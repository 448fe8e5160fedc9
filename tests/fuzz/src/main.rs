//! `cargo xtask fuzz`: random modules without `cargo fuzz` and its toolchain.

// A command prints, that is what it is for.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{fs, io};
use terrane_fuzz::differential::{Case, Counts, Difference, features, shrink};

/// Random modules.
#[derive(Parser)]
#[command(bin_name = "cargo xtask fuzz", max_term_width = 100)]
struct Command {
    #[command(subcommand)]
    target: Target,
}

#[derive(Subcommand)]
enum Target {
    /// Runs modules here and in wasmtime, and compares results, traps, memories, globals and tables.
    Differential(Options),
}

#[derive(Args)]
struct Options {
    /// How long.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// What the modules are made of: the same seed makes the same modules.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Runs only that one module of the seed's.
    #[arg(long)]
    case: Option<u64>,
    /// Where modules go that differ.
    #[arg(long, default_value = "target/fuzz")]
    out: PathBuf,
}

fn main() -> ExitCode {
    let Target::Differential(options) = Command::parse().target;
    match differential(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{}: {error}", options.out.display());
            ExitCode::FAILURE
        }
    }
}

fn differential(options: &Options) -> io::Result<bool> {
    println!("features: {:?}", features());
    let start = Instant::now();
    let mut counts = Counts::default();
    let mut differences = 0;
    let cases = match options.case {
        Some(case) => case..case + 1,
        None => 0..u64::MAX,
    };
    for number in cases {
        if start.elapsed() >= Duration::from_secs(options.seconds) {
            break;
        }
        let case = Case::new(options.seed, number);
        match case.run() {
            Ok(count) => counts.add(count),
            Err(difference) => {
                report(options, number, case, *difference)?;
                differences += 1;
            }
        }
    }
    println!("{counts}; {differences} differences; {} s", start.elapsed().as_secs());
    Ok(differences == 0)
}

/// Writes the module that differs and a smaller one, and says how to see it again.
fn report(options: &Options, number: u64, case: Case, difference: Difference) -> io::Result<()> {
    let seed = options.seed;
    fs::create_dir_all(&options.out)?;
    println!("case {number} differs in the {difference}");
    println!("  again: cargo xtask fuzz differential --seed {seed} --case {number}");
    let file = |end: &str| options.out.join(format!("differential-{seed}-{number}{end}.wasm"));
    fs::write(file(""), case.module().unwrap_or_default())?;
    let (small, difference) = shrink(case, difference);
    fs::write(file("-small"), small.module().unwrap_or_default())?;
    println!("  {}: {difference}", file("-small").display());
    Ok(())
}
