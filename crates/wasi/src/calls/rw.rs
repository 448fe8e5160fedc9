//! Reading and writing.

use super::Call;
use crate::dir::DirEntry;
use crate::error::from_io;
use crate::memory::{Buffers, GuestMemory};
use crate::ready;
use crate::stdio::Input;
use crate::table::{Descriptor, Kind, OpenFile};
use crate::types::{Errno, FdFlags, FileType, Result, Rights, dirent};

impl Call<'_> {
    pub(crate) fn fd_read(&mut self, fd: u32, iovs: u32, iovs_len: u32, nread: u32) -> Result {
        let out = self.memory.buffer(nread, 4)?;
        let buffers = self.memory.buffers(iovs, iovs_len)?;
        let descriptor = self.ctx.table.get_mut(fd)?;
        let read = match &mut descriptor.kind {
            Kind::File(open) if open.readable && descriptor.base.contains(Rights::FD_READ) => {
                let len = read_at(&mut self.memory, buffers, open, open.position)?;
                open.position += u64::from(len);
                len
            }
            Kind::Input(_) | Kind::Connection(_) => receive(&mut self.memory, buffers, descriptor, false)?,
            Kind::File(open) if open.readable => return Err(Errno::NotCapable),
            Kind::Listener(_) => return Err(Errno::NotConn),
            _ => return Err(Errno::BadF),
        };
        self.memory.write_u32(out, read)
    }

    pub(crate) fn fd_pread(&mut self, fd: u32, iovs: u32, len: u32, offset: u64, nread: u32) -> Result {
        let out = self.memory.buffer(nread, 4)?;
        let buffers = self.memory.buffers(iovs, len)?;
        let open = self.ctx.table.get_mut(fd)?.file(Rights::empty(), Errno::SPipe)?;
        if !open.readable {
            return Err(Errno::BadF);
        }
        let open = self.ctx.table.get_mut(fd)?.file(Rights::FD_READ | Rights::FD_SEEK, Errno::SPipe)?;
        if i64::try_from(offset).is_err() {
            return Err(Errno::Inval);
        }
        let read = read_at(&mut self.memory, buffers, open, offset)?;
        self.memory.write_u32(out, read)
    }

    pub(crate) fn fd_write(&mut self, fd: u32, iovs: u32, iovs_len: u32, nwritten: u32) -> Result {
        let out = self.memory.buffer(nwritten, 4)?;
        let buffers = self.memory.buffers(iovs, iovs_len)?;
        let descriptor = self.ctx.table.get_mut(fd)?;
        let flags = descriptor.flags;
        let written = match &mut descriptor.kind {
            Kind::File(open) if open.writable && descriptor.base.contains(Rights::FD_WRITE) => {
                write_file(&self.memory, buffers, open, flags)?
            }
            Kind::Output(_) | Kind::Connection(_) => send(&self.memory, buffers, descriptor)?,
            Kind::File(open) if open.writable => return Err(Errno::NotCapable),
            Kind::Listener(_) => return Err(Errno::NotConn),
            _ => return Err(Errno::BadF),
        };
        self.memory.write_u32(out, written)
    }

    pub(crate) fn fd_pwrite(&mut self, fd: u32, iovs: u32, len: u32, offset: u64, nwritten: u32) -> Result {
        let out = self.memory.buffer(nwritten, 4)?;
        let buffers = self.memory.buffers(iovs, len)?;
        let descriptor = self.ctx.table.get_mut(fd)?;
        let flags = descriptor.flags;
        if !descriptor.file(Rights::empty(), Errno::SPipe)?.writable {
            return Err(Errno::BadF);
        }
        let open = descriptor.file(Rights::FD_WRITE | Rights::FD_SEEK, Errno::SPipe)?;
        if i64::try_from(offset).is_err() {
            return Err(Errno::Inval);
        }
        let written = write_at(&self.memory, buffers, open, offset)?;
        store(open, flags)?;
        self.memory.write_u32(out, written)
    }

    pub(crate) fn fd_readdir(&mut self, fd: u32, buf: u32, len: u32, cookie: u64, bufused: u32) -> Result {
        let out = self.memory.buffer(bufused, 4)?;
        let buffer = self.memory.buffer(buf, len)?;
        let open = self.ctx.table.get_mut(fd)?.directory(Rights::FD_READDIR)?;
        // Who begins anew sees what is new; who goes on sees nothing twice, and misses nothing.
        if cookie == 0 || open.listing.is_none() {
            open.listing = None;
            let ino = open.dir.stat()?.ino;
            let own = |name: &str| DirEntry { name: name.to_owned(), ino, filetype: FileType::Directory };
            let mut entries = vec![own("."), own("..")];
            entries.append(&mut open.dir.entries()?);
            open.listing = Some(entries);
        }
        let entries = open.listing.as_deref().unwrap_or_default();
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

fn write_file(
    memory: &GuestMemory<'_>,
    buffers: Buffers,
    open: &mut OpenFile,
    flags: FdFlags,
) -> Result<u32> {
    let written = if flags.contains(FdFlags::APPEND) {
        let mut position = open.position;
        let written = write_each(memory, buffers, |bytes, _| {
            let (len, end) = open.file.append(bytes)?;
            position = end;
            Ok(len)
        })?;
        open.position = position;
        written
    } else {
        let written = write_at(memory, buffers, open, open.position)?;
        open.position += u64::from(written);
        written
    };
    store(open, flags)?;
    Ok(written)
}

/// Stores what was written, if the guest wants to wait for that.
fn store(open: &OpenFile, flags: FdFlags) -> Result {
    if flags.contains(FdFlags::SYNC) {
        return open.file.sync(false);
    }
    if flags.contains(FdFlags::DSYNC) { open.file.sync(true) } else { Ok(()) }
}

/// Reads from a stream: once, as the next read might wait.
pub(super) fn receive(
    memory: &mut GuestMemory<'_>,
    buffers: Buffers,
    descriptor: &mut Descriptor,
    peek: bool,
) -> Result<u32> {
    descriptor.need(Rights::FD_READ)?;
    let nonblocking = descriptor.flags.contains(FdFlags::NONBLOCK);
    if let Kind::Input(Input::Inherit) = descriptor.kind
        && nonblocking
        && !ready::is_readable(descriptor)
    {
        return Err(Errno::Again);
    }
    read_each(memory, buffers, |bytes, total| match &mut descriptor.kind {
        // Something is there already.
        _ if total > 0 => Ok(0),
        Kind::Input(input) => input.read(bytes).map_err(from_io),
        Kind::Connection(connection) => connection.read(bytes, peek).map_err(from_io),
        _ => Err(Errno::BadF),
    })
}

/// Writes to a stream.
pub(super) fn send(memory: &GuestMemory<'_>, buffers: Buffers, descriptor: &mut Descriptor) -> Result<u32> {
    descriptor.need(Rights::FD_WRITE)?;
    write_each(memory, buffers, |bytes, _| match &mut descriptor.kind {
        Kind::Output(output) => output.write(bytes).map(|()| bytes.len()).map_err(from_io),
        Kind::Connection(connection) => connection.write(bytes).map_err(from_io),
        _ => Err(Errno::BadF),
    })
}
