//! Descriptors, and the table of them.

use crate::dir::{DirEntry, Directory, File};
use crate::lock::{get_mut, lock};
use crate::sock::{Connection, Listener};
use crate::stdio::{Input, Output};
use crate::types::{Errno, FdFlags, FileStat, FileType, Result, Rights};
use std::sync::{Arc, Mutex};

/// Guests have at most so many descriptors.
const MAX: usize = 1 << 16;

/// What a guest has open, under a number. Threads of the guest share it; no lock of it is held while one waits, but that of
/// its position, for which others who read or write there have to wait anyway.
pub(crate) struct Descriptor {
    pub(crate) kind: Kind,
    /// The path by which the guest knows a directory that it was given.
    pub(crate) preopen: Option<String>,
    /// Nothing that is reached from here may be changed.
    pub(crate) read_only: bool,
    settings: Mutex<Settings>,
}

/// What the guest can change of a descriptor.
#[derive(Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) base: Rights,
    pub(crate) inheriting: Rights,
    pub(crate) flags: FdFlags,
}

pub(crate) enum Kind {
    Input(Input),
    Output(Output),
    File(OpenFile),
    Dir(OpenDir),
    Listener(Listener),
    Connection(Connection),
}

pub(crate) struct OpenFile {
    pub(crate) file: Arc<dyn File>,
    pub(crate) position: Mutex<u64>,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
}

pub(crate) struct OpenDir {
    pub(crate) dir: Arc<dyn Directory>,
    /// The entries as they were when the guest began to read them.
    pub(crate) listing: Mutex<Option<Vec<DirEntry>>>,
}

impl Descriptor {
    pub(crate) fn new(kind: Kind) -> Self {
        let (base, inheriting) = match &kind {
            Kind::Input(_) => (Rights::STREAM.difference(Rights::FD_WRITE), Rights::empty()),
            Kind::Output(_) => (Rights::STREAM.difference(Rights::FD_READ), Rights::empty()),
            Kind::File(_) => (Rights::FILE, Rights::FILE),
            Kind::Dir(_) => (Rights::DIRECTORY, Rights::DIRECTORY.union(Rights::FILE)),
            Kind::Listener(_) => (Rights::LISTENER, Rights::CONNECTION),
            Kind::Connection(_) => (Rights::CONNECTION, Rights::empty()),
        };
        let settings = Mutex::new(Settings { base, inheriting, flags: FdFlags::empty() });
        Self { kind, preopen: None, read_only: false, settings }
    }

    pub(crate) fn dir(dir: Arc<dyn Directory>) -> Self {
        Self::new(Kind::Dir(OpenDir { dir, listing: Mutex::default() }))
    }

    pub(crate) fn file(file: Arc<dyn File>, readable: bool, writable: bool) -> Self {
        Self::new(Kind::File(OpenFile { file, position: Mutex::default(), readable, writable }))
    }

    /// The same with rights that are no more than these, and flags.
    pub(crate) fn with(mut self, base: Rights, inheriting: Rights, flags: FdFlags) -> Self {
        let settings = get_mut(&mut self.settings);
        settings.base &= base;
        settings.inheriting &= inheriting;
        settings.flags = flags;
        self
    }

    pub(crate) fn settings(&self) -> Settings {
        *lock(&self.settings)
    }

    /// Changes the settings, if that is possible.
    pub(crate) fn set(&self, change: impl FnOnce(&mut Settings) -> Result) -> Result {
        change(&mut lock(&self.settings))
    }

    /// # Errors
    /// If a right is missing.
    pub(crate) fn need(&self, rights: Rights) -> Result {
        if self.settings().base.contains(rights) { Ok(()) } else { Err(Errno::NotCapable) }
    }

    /// The open file.
    ///
    /// # Errors
    /// As said of what has no places; or a right is missing.
    pub(crate) fn as_file(&self, rights: Rights, of_stream: Errno) -> Result<&OpenFile> {
        match &self.kind {
            Kind::File(file) => self.need(rights).map(|()| file),
            Kind::Dir(_) => Err(Errno::BadF),
            _ => Err(of_stream),
        }
    }

    /// The open directory.
    ///
    /// # Errors
    /// It is none, or a right is missing.
    pub(crate) fn as_dir(&self, rights: Rights) -> Result<&OpenDir> {
        match &self.kind {
            Kind::Dir(dir) => self.need(rights).map(|()| dir),
            _ => Err(Errno::BadF),
        }
    }

    /// # Errors
    /// If nothing may be changed here.
    pub(crate) fn change(&self) -> Result {
        if self.read_only { Err(Errno::Perm) } else { Ok(()) }
    }

    pub(crate) fn filetype(&self) -> Result<FileType> {
        Ok(match &self.kind {
            Kind::Input(input) => input.filetype(),
            Kind::Output(output) => output.filetype(),
            Kind::File(open) => open.file.stat()?.filetype,
            Kind::Dir(_) => FileType::Directory,
            Kind::Listener(_) | Kind::Connection(_) => FileType::SocketStream,
        })
    }

    pub(crate) fn stat(&self) -> Result<FileStat> {
        match &self.kind {
            Kind::File(open) => open.file.stat(),
            Kind::Dir(open) => open.dir.stat(),
            _ => self.filetype().map(FileStat::of),
        }
    }
}

/// Descriptors by number.
#[derive(Default)]
pub(crate) struct Table(Vec<Option<Arc<Descriptor>>>);

impl Table {
    /// Puts it under the lowest number that is free.
    pub(crate) fn push(&mut self, descriptor: Descriptor) -> Result<u32> {
        let free = self.0.iter().position(Option::is_none);
        let at = free.unwrap_or(self.0.len());
        if at >= MAX {
            return Err(Errno::MFile);
        }
        if free.is_none() {
            self.0.push(None);
        }
        self.0[at] = Some(Arc::new(descriptor));
        Ok(at as u32)
    }

    pub(crate) fn get(&self, fd: u32) -> Result<&Arc<Descriptor>> {
        self.0.get(fd as usize).and_then(Option::as_ref).ok_or(Errno::BadF)
    }

    /// Takes it out; whoever still uses it finishes first.
    pub(crate) fn close(&mut self, fd: u32) -> Result<Arc<Descriptor>> {
        self.0.get_mut(fd as usize).and_then(Option::take).ok_or(Errno::BadF)
    }

    /// Gives a descriptor the number of another one, which is closed, and returned.
    pub(crate) fn renumber(&mut self, from: u32, to: u32) -> Result<Option<Arc<Descriptor>>> {
        self.get(from)?;
        self.get(to)?;
        if from == to {
            return Ok(None);
        }
        let descriptor = self.close(from)?;
        Ok(self.0[to as usize].replace(descriptor))
    }
}
