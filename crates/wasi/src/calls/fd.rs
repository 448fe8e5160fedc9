//! What is done with descriptors, beside reading and writing.

use super::Call;
use crate::lock::lock;
use crate::table::Kind;
use crate::types::{Advice, Errno, Result, Rights, Whence, prestat};

/// Positions are signed numbers, as elsewhere.
const MAX_POSITION: u64 = i64::MAX as u64;

impl Call<'_> {
    pub(crate) fn fd_close(&mut self, fd: u32) -> Result {
        let closed = self.ctx.table().close(fd);
        closed.map(drop)
    }

    pub(crate) fn fd_renumber(&mut self, from: u32, to: u32) -> Result {
        let closed = self.ctx.table().renumber(from, to);
        closed.map(drop)
    }

    pub(crate) fn fd_prestat_get(&mut self, fd: u32, out: u32) -> Result {
        let out = self.memory.buffer(out, 8)?;
        let descriptor = self.ctx.fd(fd)?;
        let name = descriptor.preopen.as_ref().ok_or(Errno::BadF)?;
        self.memory.write_record(out, prestat(name.len()))
    }

    pub(crate) fn fd_prestat_dir_name(&mut self, fd: u32, path: u32, path_len: u32) -> Result {
        let out = self.memory.buffer(path, path_len)?;
        let descriptor = self.ctx.fd(fd)?;
        let name = descriptor.preopen.as_ref().ok_or(Errno::NotDir)?;
        if name.len() > out.len() {
            return Err(Errno::NameTooLong);
        }
        self.memory.write(out, name.as_bytes())
    }

    pub(crate) fn fd_advise(&mut self, fd: u32, offset: u64, len: u64, advice: u32) -> Result {
        let descriptor = self.ctx.fd(fd)?;
        let open = descriptor.as_file(Rights::FD_ADVISE, Errno::BadF)?;
        let advice = Advice::ALL.get(advice as usize).ok_or(Errno::Inval)?;
        if offset.checked_add(len).is_none_or(|end| end > MAX_POSITION) {
            return Err(Errno::Inval);
        }
        open.file.advise(offset, len, *advice)
    }

    pub(crate) fn fd_allocate(&mut self, fd: u32, offset: u64, len: u64) -> Result {
        let descriptor = self.ctx.fd(fd)?;
        let open = descriptor.as_file(Rights::FD_ALLOCATE, Errno::BadF)?;
        if !open.writable {
            return Err(Errno::BadF);
        }
        if len == 0 || offset > MAX_POSITION || len > MAX_POSITION {
            return Err(Errno::Inval);
        }
        let end = offset.checked_add(len).filter(|end| *end <= MAX_POSITION).ok_or(Errno::FBig)?;
        if open.file.stat()?.size < end { open.file.set_size(end) } else { Ok(()) }
    }

    pub(crate) fn fd_sync(&mut self, fd: u32) -> Result {
        self.sync(fd, Rights::FD_SYNC, false)
    }

    pub(crate) fn fd_datasync(&mut self, fd: u32) -> Result {
        self.sync(fd, Rights::FD_DATASYNC, true)
    }

    fn sync(&mut self, fd: u32, right: Rights, data_only: bool) -> Result {
        let descriptor = self.ctx.fd(fd)?;
        descriptor.need(right)?;
        match &descriptor.kind {
            Kind::File(open) => open.file.sync(data_only),
            Kind::Dir(open) => open.dir.sync(),
            _ => Err(Errno::BadF),
        }
    }

    pub(crate) fn fd_tell(&mut self, fd: u32, position: u32) -> Result {
        let out = self.memory.buffer(position, 8)?;
        let descriptor = self.ctx.fd(fd)?;
        let open = descriptor.as_file(Rights::FD_TELL, Errno::SPipe)?;
        let position = *lock(&open.position);
        self.memory.write_u64(out, position)
    }

    pub(crate) fn fd_seek(&mut self, fd: u32, offset: i64, whence: u32, position: u32) -> Result {
        let out = self.memory.buffer(position, 8)?;
        let whence = self.version.whence(whence);
        // Who does not move need only be allowed to ask.
        let right = if offset == 0 && whence == Ok(Whence::Cur) { Rights::FD_TELL } else { Rights::FD_SEEK };
        let descriptor = self.ctx.fd(fd)?;
        let open = descriptor.as_file(right, Errno::SPipe)?;
        let mut position = lock(&open.position);
        let from = match whence? {
            Whence::Set => 0,
            Whence::Cur => *position,
            Whence::End => open.file.stat()?.size,
        };
        let to = from.checked_add_signed(offset).filter(|to| *to <= MAX_POSITION).ok_or(Errno::Inval)?;
        *position = to;
        self.memory.write_u64(out, to)
    }

    pub(crate) fn fd_filestat_set_size(&mut self, fd: u32, size: u64) -> Result {
        let descriptor = self.ctx.fd(fd)?;
        let open = descriptor.as_file(Rights::FD_FILESTAT_SET_SIZE, Errno::BadF)?;
        // As ftruncate does for what is not open for writing.
        if size > MAX_POSITION || !open.writable {
            return Err(Errno::Inval);
        }
        open.file.set_size(size)
    }
}
