#![doc = include_str!("../README.md")]

mod activation;
mod backtrace;
mod catches;
mod code;
mod constant;
mod ctx;
mod exec;
mod frames;
mod invoke;
mod lower;
mod thread;
mod trace;
mod unwind;

pub use activation::{Activation, Progress};
pub use backtrace::{Backtrace, Frame};
pub use code::{Code, CodeConfig, Compiler};
pub use ctx::Suspension;
pub use invoke::{ExecError, invoke};
pub use lower::{Lowering, Trusted, Visitor};
pub use thread::{AtDeadline, Epoch, Interrupt, Interrupts, OnDeadline, Shared, Thread, Watching};
pub use trace::{AccessKind, Ending, Trace, TraceEvent, TracePlace, trace_host};

use terrane_syntax::{Feature, Features};

/// The features that this interpreter can run: an engine refuses others by name.
pub const fn supported_features() -> Features {
    Features::wasm2()
        .with(Feature::RelaxedSimd)
        .with(Feature::TailCall)
        .with(Feature::FunctionReferences)
        .with(Feature::Gc)
        .with(Feature::ExtendedConst)
        .with(Feature::MultiMemory)
        .with(Feature::Exceptions)
        .with(Feature::LegacyExceptions)
        .with(Feature::Memory64)
        .with(Feature::Threads)
        .with(Feature::WideArithmetic)
        .with(Feature::CustomPageSizes)
        .with(Feature::CompactImports)
        .with(Feature::CustomDescriptors)
}
