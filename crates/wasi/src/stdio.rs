//! Standard input and outputs.

use crate::lock::lock;
use crate::types::FileType;
use std::fmt;
use std::io::{self, Cursor, IsTerminal, Read, Write};
use std::sync::{Arc, Mutex};

/// Where a guest reads its standard input from.
pub struct Stdin(pub(crate) Input);

pub(crate) enum Input {
    Inherit,
    Reader(Mutex<Box<dyn Read + Send>>),
}

/// Where a guest's standard output, or standard error, goes to.
pub struct Stdout(pub(crate) Output);

pub(crate) enum Output {
    InheritStdout,
    InheritStderr,
    Writer(Mutex<Box<dyn Write + Send>>),
}

impl Stdin {
    /// That of the process.
    pub fn inherit() -> Self {
        Self(Input::Inherit)
    }

    /// Nothing: at its end from the start.
    pub fn empty() -> Self {
        Self::reader(io::empty())
    }

    /// These bytes.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::reader(Cursor::new(bytes.into()))
    }

    /// Whatever a reader returns. A read of the guest waits as long as it does.
    pub fn reader(reader: impl Read + Send + 'static) -> Self {
        Self(Input::Reader(Mutex::new(Box::new(reader))))
    }
}

impl Stdout {
    /// The process's standard output. If it is a terminal, the guest knows, and writes line by line.
    pub fn inherit() -> Self {
        Self(Output::InheritStdout)
    }

    /// The process's standard error.
    pub fn inherit_stderr() -> Self {
        Self(Output::InheritStderr)
    }

    /// Nowhere.
    pub fn discard() -> Self {
        Self::writer(io::sink())
    }

    /// A writer, which is flushed after each write of the guest.
    pub fn writer(writer: impl Write + Send + 'static) -> Self {
        Self(Output::Writer(Mutex::new(Box::new(writer))))
    }

    /// A buffer that the host can read at any time.
    pub fn buffer(buffer: &OutputBuffer) -> Self {
        Self::writer(buffer.clone())
    }
}

impl Input {
    pub(crate) fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        let read = |into: &mut [u8]| match self {
            Self::Inherit => read_stdin(into),
            Self::Reader(reader) => lock(reader).read(into),
        };
        retry(read, into)
    }

    pub(crate) fn filetype(&self) -> FileType {
        filetype(matches!(self, Self::Inherit) && io::stdin().is_terminal())
    }
}

/// Without a buffer of ours: what is there for the guest is what the system says is there.
#[cfg(unix)]
fn read_stdin(into: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::io::read(io::stdin(), into)?)
}

#[cfg(not(unix))]
fn read_stdin(into: &mut [u8]) -> io::Result<usize> {
    io::stdin().read(into)
}

/// A signal is nothing that the guest could know of.
fn retry(mut read: impl FnMut(&mut [u8]) -> io::Result<usize>, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match read(into) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A reader that says more than it can have read is not believed.
            result => return result.map(|len| len.min(into.len())),
        }
    }
}

impl Output {
    pub(crate) fn write(&self, from: &[u8]) -> io::Result<()> {
        fn all(mut to: impl Write, from: &[u8]) -> io::Result<()> {
            to.write_all(from)?;
            to.flush()
        }
        match self {
            Self::InheritStdout => all(io::stdout().lock(), from),
            Self::InheritStderr => all(io::stderr().lock(), from),
            Self::Writer(writer) => all(&mut **lock(writer), from),
        }
    }

    pub(crate) fn filetype(&self) -> FileType {
        filetype(match self {
            Self::InheritStdout => io::stdout().is_terminal(),
            Self::InheritStderr => io::stderr().is_terminal(),
            Self::Writer(_) => false,
        })
    }
}

/// C libraries take a character device that has no positions for a terminal.
fn filetype(is_terminal: bool) -> FileType {
    if is_terminal { FileType::CharacterDevice } else { FileType::Unknown }
}

/// What a guest has written, kept for the host. Clones are the same buffer.
///
/// ```
/// use std::io::Write;
/// use terrane_wasi::OutputBuffer;
///
/// let buffer = OutputBuffer::new();
/// buffer.clone().write_all(b"hello")?;
/// assert_eq!(buffer.contents(), b"hello");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct OutputBuffer {
    bytes: Arc<Mutex<Vec<u8>>>,
    limit: Option<usize>,
}

impl OutputBuffer {
    /// An empty one, which grows as long as the guest writes.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty one of at most so many bytes: then the guest is told that there is no space left.
    pub fn with_limit(limit: usize) -> Self {
        Self { limit: Some(limit), ..Self::default() }
    }

    /// All that was written so far.
    pub fn contents(&self) -> Vec<u8> {
        lock(&self.bytes).clone()
    }

    /// The same as text; what is no UTF-8 is replaced.
    pub fn to_text(&self) -> String {
        String::from_utf8_lossy(&self.contents()).into_owned()
    }
}

impl fmt::Debug for OutputBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OutputBuffer").field(&self.to_text()).finish()
    }
}

impl Write for OutputBuffer {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        let mut bytes = lock(&self.bytes);
        let room = self.limit.map_or(from.len(), |limit| limit.saturating_sub(bytes.len()).min(from.len()));
        if room == 0 && !from.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        bytes.extend_from_slice(&from[..room]);
        Ok(room)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for Stdin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stdin").finish_non_exhaustive()
    }
}

impl fmt::Debug for Stdout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stdout").finish_non_exhaustive()
    }
}
