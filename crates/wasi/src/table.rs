//! Descriptors, and the table of them.

use crate::dir::{DirEntry, Directory, File};
use crate::sock::{Connection, Listener};
use crate::stdio::{Input, Output};
use crate::types::{Errno, FdFlags, FileStat, FileType, Result, Rights};
use std::sync::Arc;

/// Guests have at most so many descriptors.
const MAX: usize = 1 << 16;

/// What a guest has open, under a number.
pub(crate) struct Descriptor {
    pub(crate) kind: Kind,
    pub(crate) base: Rights,
    pub(crate) inheriting: Rights,
    pub(crate) flags: FdFlags,
    /// The path by which the guest knows a directory that it was given.
    pub(crate) preopen: Option<String>,
    /// Nothing that is reached from here may be changed.
    pub(crate) read_only: bool,
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
    pub(crate) position: u64,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
}

pub(crate) struct OpenDir {
    pub(crate) dir: Arc<dyn Directory>,
    /// The entries as they were when the guest began to read them.
    pub(crate) listing: Option<Vec<DirEntry>>,
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
        Self { kind, base, inheriting, flags: FdFlags::empty(), preopen: None, read_only: false }
    }

    pub(crate) fn dir(dir: Arc<dyn Directory>) -> Self {
        Self::new(Kind::Dir(OpenDir { dir, listing: None }))
    }

    /// # Errors
    /// If a right is missing.
    pub(crate) fn need(&self, rights: Rights) -> Result {
        if self.base.contains(rights) { Ok(()) } else { Err(Errno::NotCapable) }
    }

    /// The open file.
    ///
    /// # Errors
    /// As said of what has no places; or a right is missing.
    pub(crate) fn file(&mut self, rights: Rights, of_stream: Errno) -> Result<&mut OpenFile> {
        match &self.kind {
            Kind::File(_) => self.need(rights)?,
            Kind::Dir(_) => return Err(Errno::BadF),
            _ => return Err(of_stream),
        }
        match &mut self.kind {
            Kind::File(file) => Ok(file),
            _ => Err(of_stream),
        }
    }

    /// The open directory.
    ///
    /// # Errors
    /// It is none, or a right is missing.
    pub(crate) fn directory(&mut self, rights: Rights) -> Result<&mut OpenDir> {
        if matches!(self.kind, Kind::Dir(_)) {
            self.need(rights)?;
        }
        match &mut self.kind {
            Kind::Dir(dir) => Ok(dir),
            _ => Err(Errno::NotDir),
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
pub(crate) struct Table(Vec<Option<Descriptor>>);

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
        self.0[at] = Some(descriptor);
        Ok(at as u32)
    }

    pub(crate) fn get(&self, fd: u32) -> Result<&Descriptor> {
        self.0.get(fd as usize).and_then(Option::as_ref).ok_or(Errno::BadF)
    }

    pub(crate) fn get_mut(&mut self, fd: u32) -> Result<&mut Descriptor> {
        self.0.get_mut(fd as usize).and_then(Option::as_mut).ok_or(Errno::BadF)
    }

    pub(crate) fn close(&mut self, fd: u32) -> Result<Descriptor> {
        self.0.get_mut(fd as usize).and_then(Option::take).ok_or(Errno::BadF)
    }

    /// Gives a descriptor the number of another one, which is closed.
    pub(crate) fn renumber(&mut self, from: u32, to: u32) -> Result {
        self.get(from)?;
        self.get(to)?;
        if from != to {
            let descriptor = self.close(from)?;
            *self.get_mut(to)? = descriptor;
        }
        Ok(())
    }
}
