//! `terrane-bench`: this engine beside wasmi, Wasm3, tinywasm and wasmtime, interleaved in one process.
//!
//! What is measured and how is told in `README.md` beside this package; how each engine is set up, in its file under
//! `engines`.

#![allow(clippy::print_stdout, clippy::print_stderr)] // A command: its tables go to stdout, its progress to stderr.

mod engines;
mod execution;
mod gc;
mod machine;
mod measure;
mod memory;
mod module;
mod options;
mod programs;
mod report;
mod startup;
mod table;

use std::fs;
use std::process::ExitCode;

use clap::Parser;

use engines::Peer;
use options::{Options, Section};
use report::Report;

/// What went wrong, in words: nothing here is handled by its kind.
type Failure = Box<dyn std::error::Error>;
type Result<T = ()> = std::result::Result<T, Failure>;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result {
    let peers = engines::all();
    if !options.child.is_empty() {
        println!("{}", memory::child(&peers, &options.child)?);
        return Ok(());
    }
    if options.list {
        list(&peers);
        return Ok(());
    }
    let chosen = choose(&peers, &options.engines)?;
    let report = measure(&chosen, options)?;
    print!("{}", report::text(&report));
    if let Some(path) = &options.json {
        fs::write(path, serde_json::to_string_pretty(&report)?)?;
    }
    if let Some(path) = &options.markdown {
        fs::write(path, report::markdown(&report))?;
    }
    if let Some(path) = &options.svg {
        fs::write(path, report::svg(&report))?;
    }
    Ok(())
}

fn measure(peers: &[&Peer], options: &Options) -> Result<Report> {
    let mut tables = Vec::new();
    if options.measures(Section::Execution) {
        tables.push(execution::kernels(peers, options)?);
    }
    if options.measures(Section::Gc) {
        tables.push(gc::times(peers, options)?);
        tables.push(gc::memory(peers, options)?);
    }
    if options.measures(Section::Calls) {
        tables.push(execution::calls(peers, options)?);
    }
    if options.measures(Section::Startup) {
        tables.extend(startup::startup(peers, options)?);
    }
    if options.measures(Section::Validation) {
        tables.extend(startup::validation(peers, options)?);
    }
    if options.measures(Section::Memory) {
        tables.push(memory::instantiation(peers, options)?);
        tables.push(memory::instances(peers)?);
        tables.push(memory::loading(peers, options)?);
    }
    tables.retain(|table| !table.rows.is_empty());
    Ok(Report { header: machine::header(peers, options), tables })
}

fn list(peers: &[Peer]) {
    println!("engines:");
    for peer in peers {
        let modes: Vec<_> = peer.modes.iter().map(|mode| mode.name()).collect();
        println!("  {:<12}{} ({}); {}", peer.name, peer.version, peer.settings, modes.join(", "));
    }
    println!("programs:");
    for program in programs::PROGRAMS {
        println!("  {}", program.name);
    }
}

fn choose<'a>(peers: &'a [Peer], names: &[String]) -> Result<Vec<&'a Peer>> {
    if names.is_empty() {
        return Ok(peers.iter().collect());
    }
    let known = || peers.iter().map(|peer| peer.name).collect::<Vec<_>>().join(", ");
    let find = |name: &String| {
        let peer = peers.iter().find(|peer| peer.name == name);
        peer.ok_or_else(|| format!("no engine `{name}` in this build; there are: {}", known()).into())
    };
    names.iter().map(find).collect()
}

/// Says on stderr what is being measured: a whole run takes a quarter of an hour.
fn progress(what: &str) {
    eprintln!("… {what}");
}
