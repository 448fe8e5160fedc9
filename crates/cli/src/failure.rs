//! How a command fails.

use std::io;
use std::process::ExitCode;

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was asked for something that is not possible.
    Usage(String),
    /// It was tried, and went wrong: a trap, or a module that is not one.
    Failed(String),
    /// It failed for several things, and each has been reported already.
    Reported,
    /// What it found cannot be written.
    Output(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl Failure {
    /// Says what went wrong, and ends with the exit code for it.
    pub(crate) fn exit(self) -> ExitCode {
        let (code, message) = match self {
            Self::Usage(message) => (2, message),
            Self::Failed(message) => (1, message),
            Self::Reported => return ExitCode::from(1),
            // Whoever read the output has read enough, as `head` does.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            Self::Output(error) => (2, format!("the output cannot be written: {error}")),
        };
        report(&format!("error: {message}"));
        ExitCode::from(code)
    }
}

/// Writes a line to the standard error.
#[expect(clippy::print_stderr, reason = "the one place where it is done")]
pub(crate) fn report(line: &str) {
    eprintln!("{line}");
}
