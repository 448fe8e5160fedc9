//! Reading and writing.

use super::Call;
use crate::dir::DirEntry;
use crate::error::from_io;
use crate::lock::lock;
use crate::memory::{Buffers, GuestMemory};
use crate::ready::may_wait;
use crate::table::{Descriptor, Kind, OpenFile};
use crate::types::{Errno, FdFlags, FileType, Result, Rights, dirent};

impl Call<'_> {
    pub(crate) fn fd_read(&mut self, fd: u32, iovs: u32, iovs_len: u32, nread: u32) -> Result {
        let out = self.memory.buffer(nread, 4)?;
        let buffers = self.memory.buffers(iovs, iovs_len)?;
        let descriptor = self.ctx.fd(fd)?;
        let read = match &descriptor.kind {
            Kind::File(open) if open.readable => {
                descriptor.need(Rights::FD_READ)?;
                let mut position = lock(&open.position);
                sync_before_read(open, descriptor.settings().flags)?;
                self.until_ready(&descriptor, true)?;
                let len = read_at(&mut self.memory, buffers, open, *position)?;
                *position += u64::from(len);
                len
            }
            Kind::Input(_) | Kind::Connection(_) => self.receive(buffers, &descriptor, false)?,
            Kind::Listener(_) => return Err(Errno::NotConn),
            _ => return Err(Errno::BadF),
        };
        self.memory.write_u32(out, read)
    }

    pub(crate) fn fd_pread(&mut self, fd: u32, iovs: u32, len: u32, offset: u64, nread: u32) -> Result {
        let out = self.memory.buffer(nread, 4)?;
        let buffers = self.memory.buffers(iovs, len)?;
        let descriptor = self.ctx.fd(fd)?;
        let of_stream = if matches!(descriptor.kind, Kind::Output(_)) { Errno::BadF } else { Errno::SPipe };
        let open = descriptor.as_file(Rights::empty(), of_stream)?;
        if !open.readable {
            return Err(Errno::BadF);
        }
        descriptor.need(Rights::FD_READ | Rights::FD_SEEK)?;
        if i64::try_from(offset).is_err() {
            return Err(Errno::Inval);
        }
        sync_before_read(open, descriptor.settings().flags)?;
        let read = read_at(&mut self.memory, buffers, open, offset)?;
        self.memory.write_u32(out, read)
    }

    pub(crate) fn fd_write(&mut self, fd: u32, iovs: u32, iovs_len: u32, nwritten: u32) -> Result {
        let out = self.memory.buffer(nwritten, 4)?;
        let buffers = self.memory.buffers(iovs, iovs_len)?;
        let descriptor = self.ctx.fd(fd)?;
        let written = match &descriptor.kind {
            Kind::File(open) if open.writable => {
                descriptor.need(Rights::FD_WRITE)?;
                self.until_ready(&descriptor, false)?;
                write_file(&self.memory, buffers, open, descriptor.settings().flags)?
            }
            Kind::Output(_) | Kind::Connection(_) => self.send(buffers, &descriptor)?,
            Kind::Listener(_) => return Err(Errno::NotConn),
            _ => return Err(Errno::BadF),
        };
        self.memory.write_u32(out, written)
    }

    pub(crate) fn fd_pwrite(&mut self, fd: u32, iovs: u32, len: u32, offset: u64, nwritten: u32) -> Result {
        let out = self.memory.buffer(nwritten, 4)?;
        let buffers = self.memory.buffers(iovs, len)?;
        let descriptor = self.ctx.fd(fd)?;
        let of_stream = if matches!(descriptor.kind, Kind::Input(_)) { Errno::BadF } else { Errno::SPipe };
        let open = descriptor.as_file(Rights::empty(), of_stream)?;
        if !open.writable {
            return Err(Errno::BadF);
        }
        descriptor.need(Rights::FD_WRITE | Rights::FD_SEEK)?;
        if i64::try_from(offset).is_err() {
            return Err(Errno::Inval);
        }
        let flags = descriptor.settings().flags;
        let written = if flags.contains(FdFlags::APPEND) {
            // As on Linux, and so on other engines: the end counts, not the place.
            write_each(&self.memory, buffers, |bytes, _| Ok(open.file.append(bytes)?.0))?
        } else {
            write_at(&self.memory, buffers, open, offset)?
        };
        store(open, flags)?;
        self.memory.write_u32(out, written)
    }

    pub(crate) fn fd_readdir(&mut self, fd: u32, buf: u32, len: u32, cookie: u64, bufused: u32) -> Result {
        let out = self.memory.buffer(bufused, 4)?;
        let buffer = self.memory.buffer(buf, len)?;
        let descriptor = self.ctx.fd(fd)?;
        let open = descriptor.as_dir(Rights::FD_READDIR)?;
        let mut listing = lock(&open.listing);
        // Who begins anew sees what is new; who goes on sees nothing twice, and misses nothing.
        if cookie == 0 || listing.is_none() {
            *listing = None;
            let ino = open.dir.stat()?.ino;
            let own = |name: &str| DirEntry { name: name.to_owned(), ino, filetype: FileType::Directory };
            let mut entries = vec![own("."), own("..")];
            entries.append(&mut open.dir.entries()?);
            *listing = Some(entries);
        }
        let entries = listing.as_deref().unwrap_or_default();
        let mut rest = buffer;
        for (next, entry) in (1_u64..).zip(entries).skip(usize::try_from(cookie).unwrap_or(usize::MAX)) {
            let record = dirent(next, entry.ino, entry.name.len(), entry.filetype);
            for bytes in [&record.0, entry.name.as_bytes()] {
                // What does not fit is cut off: a full buffer tells the guest that there is more.
                let bytes = &bytes[..bytes.len().min(rest.len())];
                self.memory.write(rest, bytes)?;
                rest = rest.skip(bytes.len());
            }
            if rest.len() == 0 {
                break;
            }
        }
        self.memory.write_u32(out, (buffer.len() - rest.len()) as u32)
    }
}

/// Fills the buffers in turn until there is no more; how many bytes. An error counts only if nothing came before it.
fn each(
    memory: &GuestMemory<'_>,
    buffers: Buffers,
    mut step: impl FnMut(usize, u32) -> Result<usize>,
) -> Result<u32> {
    let mut total = 0_u32;
    for i in 0..buffers.count() {
        let len = buffers.get(memory, i)?.len();
        if len == 0 {
            continue;
        }
        match step(i, total) {
            Ok(done) => {
                total += done as u32;
                if done < len {
                    break;
                }
            }
            Err(_) if total > 0 => break,
            Err(errno) => return Err(errno),
        }
    }
    Ok(total)
}

fn read_each(
    memory: &mut GuestMemory<'_>,
    buffers: Buffers,
    mut read: impl FnMut(&mut [u8], u32) -> Result<usize>,
) -> Result<u32> {
    let mut total = 0_u32;
    for i in 0..buffers.count() {
        let buffer = buffers.get(memory, i)?;
        if buffer.len() == 0 {
            continue;
        }
        match memory.fill(buffer, |bytes| read(bytes, total)) {
            Ok(done) => {
                total += done as u32;
                if done < buffer.len() {
                    break;
                }
            }
            Err(_) if total > 0 => break,
            Err(errno) => return Err(errno),
        }
    }
    Ok(total)
}

fn write_each(
    memory: &GuestMemory<'_>,
    buffers: Buffers,
    mut write: impl FnMut(&[u8], u32) -> Result<usize>,
) -> Result<u32> {
    each(memory, buffers, |i, total| memory.drain(buffers.get(memory, i)?, |bytes| write(bytes, total)))
}

fn read_at(memory: &mut GuestMemory<'_>, buffers: Buffers, open: &OpenFile, at: u64) -> Result<u32> {
    read_each(memory, buffers, |bytes, done| open.file.read_at(bytes, at + u64::from(done)))
}

fn write_at(memory: &GuestMemory<'_>, buffers: Buffers, open: &OpenFile, at: u64) -> Result<u32> {
    write_each(memory, buffers, |bytes, done| open.file.write_at(bytes, at + u64::from(done)))
}

fn write_file(memory: &GuestMemory<'_>, buffers: Buffers, open: &OpenFile, flags: FdFlags) -> Result<u32> {
    let mut position = lock(&open.position);
    let written = if flags.contains(FdFlags::APPEND) {
        write_each(memory, buffers, |bytes, _| {
            let (len, end) = open.file.append(bytes)?;
            *position = end;
            Ok(len)
        })?
    } else {
        let written = write_at(memory, buffers, open, *position)?;
        *position += u64::from(written);
        written
    };
    store(open, flags)?;
    Ok(written)
}

/// Stores what others have written, if the guest wants to read nothing else.
fn sync_before_read(open: &OpenFile, flags: FdFlags) -> Result {
    let store = flags.contains(FdFlags::RSYNC) && flags.intersects(FdFlags::SYNC | FdFlags::DSYNC);
    if store { self::store(open, flags) } else { Ok(()) }
}

/// Stores what was written, if the guest wants to wait for that.
fn store(open: &OpenFile, flags: FdFlags) -> Result {
    if flags.contains(FdFlags::SYNC) {
        return open.file.sync(false);
    }
    if flags.contains(FdFlags::DSYNC) { open.file.sync(true) } else { Ok(()) }
}

impl Call<'_> {
    /// Reads from a stream: once, as the next read might wait.
    pub(super) fn receive(&mut self, buffers: Buffers, descriptor: &Descriptor, peek: bool) -> Result<u32> {
        descriptor.need(Rights::FD_READ)?;
        self.until_ready(descriptor, true)?;
        read_each(&mut self.memory, buffers, |bytes, total| match &descriptor.kind {
            // Something is there already.
            _ if total > 0 => Ok(0),
            Kind::Input(input) => input.read(bytes).map_err(from_io),
            Kind::Connection(connection) => connection.read(bytes, peek).map_err(from_io),
            _ => Err(Errno::BadF),
        })
    }

    /// Writes to a stream.
    pub(super) fn send(&self, buffers: Buffers, descriptor: &Descriptor) -> Result<u32> {
        descriptor.need(Rights::FD_WRITE)?;
        self.until_ready(descriptor, false)?;
        write_each(&self.memory, buffers, |bytes, _| match &descriptor.kind {
            Kind::Output(output) => output.write(bytes).map(|()| bytes.len()).map_err(from_io),
            Kind::Connection(connection) => connection.write(bytes).map_err(from_io),
            _ => Err(Errno::BadF),
        })
    }

    /// Waits for a stream, unless it is not to.
    fn until_ready(&self, descriptor: &Descriptor, reading: bool) -> Result {
        if !may_wait(descriptor, reading) {
            return Ok(());
        }
        let nonblocking = descriptor.settings().flags.contains(FdFlags::NONBLOCK);
        match &descriptor.kind {
            // Others may have the same stream, which so must not be told.
            Kind::Input(_) | Kind::File(_) if nonblocking => self.wait().is_ready(descriptor, reading),
            _ if nonblocking => Ok(()),
            _ => self.wait().until_ready(descriptor, reading),
        }
    }
}
