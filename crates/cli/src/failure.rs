//! How a command fails.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was asked for something that is not possible.
    Usage(String),
    /// It was tried, and went wrong: a module that is none, or cannot be linked.
    Failed(String),
    /// The guest trapped, or an exception or an error ended it.
    Trapped(String),
    /// The guest has used up the fuel or the time that it was given.
    UsedUp(String),
    /// The guest ended itself, with that exit code.
    Exit(i32),
    /// It failed for some of several files, which has been reported already: the exit code.
    Reported(i32),
    /// The command line is wrong, or asks for help.
    CommandLine(clap::Error),
    /// What it found cannot be written.
    Output(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        Self::CommandLine(error)
    }
}

/// What a guest that trapped ends with: 128 and the number of the signal that a process gets when it aborts.
const TRAPPED: i32 = 128 + 6;

/// What is said of a guest whose time is over.
pub(crate) const TIMED_OUT: &str = "the program has used up the time that --timeout gives it";

/// As `timeout` has it.
const USED_UP: i32 = 124;

impl Failure {
    /// Says what went wrong, and returns the exit code for it.
    pub(crate) fn report(self) -> i32 {
        let (code, message) = match self {
            Self::Usage(message) => (2, message),
            Self::Failed(message) => (1, message),
            Self::Trapped(message) => (TRAPPED, message),
            Self::UsedUp(message) => (USED_UP, message),
            Self::Exit(code) | Self::Reported(code) => return code,
            Self::CommandLine(error) => {
                // Whatever cannot be printed here has nowhere to go.
                let _ = error.print();
                return error.exit_code();
            }
            // Whoever reads the output has read enough, as `head` does.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return 0,
            Self::Output(error) => (2, format!("the output cannot be written: {error}")),
        };
        report(&format!("error: {message}"));
        code
    }
}

/// Does something for each file, also behind one for which it fails: what went wrong is reported at once, and the
/// highest exit code is that of all.
pub(crate) fn for_each_file(
    files: &[PathBuf],
    out: &mut dyn Write,
    mut action: impl FnMut(&Path, &mut dyn Write) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut code = 0;
    for file in files {
        match action(file, out) {
            Ok(()) => {}
            Err(Failure::Output(error)) => return Err(Failure::Output(error)),
            Err(failure) => {
                // On a terminal, lines should stand in the order in which they came up.
                out.flush()?;
                code = code.max(failure.report());
            }
        }
    }
    if code == 0 { Ok(()) } else { Err(Failure::Reported(code)) }
}

/// Writes a line to the standard error.
#[expect(clippy::print_stderr, reason = "the one place where it is done")]
pub(crate) fn report(line: &str) {
    eprintln!("{line}");
}
