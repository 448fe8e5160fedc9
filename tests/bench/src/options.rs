//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Times Terrane beside other WebAssembly engines, interleaved in one process.
#[derive(Parser)]
#[command(name = "terrane-bench", version)]
pub(crate) struct Options {
    /// What to measure: everything, unless some are named
    #[arg(value_enum)]
    pub(crate) sections: Vec<Section>,

    /// Small problems and few rounds: a check that all works, not a measurement
    #[arg(long)]
    pub(crate) quick: bool,

    /// Only programs and modules with this in their name
    #[arg(long, value_name = "NAME")]
    pub(crate) filter: Option<String>,

    /// Only these engines, in this order
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) engines: Vec<String>,

    /// How often each engine takes its turn [default: 7, with --quick 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: Option<u32>,

    /// Let wasmtime compile large modules too, which takes minutes
    #[arg(long)]
    pub(crate) slow: bool,

    /// Write all samples to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Write the tables to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,

    /// Draw the ratios to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,

    /// Name the engines and programs, and measure nothing
    #[arg(long)]
    pub(crate) list: bool,

    /// Do one thing and print the memory it took: how this program asks itself
    #[arg(long, hide = true, num_args = 1.., value_name = "TASK")]
    pub(crate) child: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum Section {
    /// The kernels
    Execution,
    /// Programs that allocate: time and memory
    Gc,
    /// Calls from guest to host and from host to guest
    Calls,
    /// Bytes to instance, in each mode
    Startup,
    /// Decoding and validation alone
    Validation,
    /// Time and memory of instances, memory of large modules
    Memory,
}

impl Options {
    pub(crate) fn rounds(&self) -> u32 {
        self.rounds.unwrap_or(if self.quick { 3 } else { 7 })
    }

    pub(crate) fn wants(&self, name: &str) -> bool {
        self.filter.as_ref().is_none_or(|part| name.contains(part.as_str()))
    }

    pub(crate) fn measures(&self, section: Section) -> bool {
        self.sections.is_empty() || self.sections.contains(&section)
    }
}
