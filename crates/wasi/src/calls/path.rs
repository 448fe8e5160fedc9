//! What is done with paths.

use super::{Call, flags};
use crate::dir::{Directory, OpenHow, Opened};
use crate::table::{Descriptor, Kind};
use crate::types::{Errno, FdFlags, LookupFlags, OFlags, Result, Rights};
use std::sync::Arc;

impl Call<'_> {
    fn dir(&mut self, fd: u32, rights: Rights) -> Result<Arc<dyn Directory>> {
        Ok(self.ctx.fd(fd)?.as_dir(rights)?.dir.clone())
    }

    /// The same, to change something in it.
    fn dir_to_change(&mut self, fd: u32, rights: Rights) -> Result<Arc<dyn Directory>> {
        let dir = self.dir(fd, rights)?;
        self.ctx.fd(fd)?.change()?;
        Ok(dir)
    }

    pub(crate) fn path_create_directory(&mut self, fd: u32, path: u32, path_len: u32) -> Result {
        let path = self.memory.path(path, path_len)?;
        self.dir_to_change(fd, Rights::PATH_CREATE_DIRECTORY)?.create_dir(&path)
    }

    pub(crate) fn path_remove_directory(&mut self, fd: u32, path: u32, path_len: u32) -> Result {
        let path = self.memory.path(path, path_len)?;
        self.dir_to_change(fd, Rights::PATH_REMOVE_DIRECTORY)?.remove_dir(&path)
    }

    pub(crate) fn path_unlink_file(&mut self, fd: u32, path: u32, path_len: u32) -> Result {
        let path = self.memory.path(path, path_len)?;
        self.dir_to_change(fd, Rights::PATH_UNLINK_FILE)?.unlink(&path)
    }

    pub(crate) fn path_symlink(
        &mut self,
        target: u32,
        target_len: u32,
        fd: u32,
        path: u32,
        len: u32,
    ) -> Result {
        let (target, path) = self.memory.paths((target, target_len), (path, len))?;
        self.dir_to_change(fd, Rights::PATH_SYMLINK)?.symlink(&target, &path)
    }

    pub(crate) fn path_readlink(
        &mut self,
        fd: u32,
        path: u32,
        path_len: u32,
        buf: u32,
        buf_len: u32,
        bufused: u32,
    ) -> Result {
        let out = self.memory.buffer(bufused, 4)?;
        let buffer = self.memory.buffer(buf, buf_len)?;
        let path = self.memory.path(path, path_len)?;
        let target = self.dir(fd, Rights::PATH_READLINK)?.read_link(&path)?;
        let len = target.len().min(buffer.len());
        self.memory.write(buffer, &target.as_bytes()[..len])?;
        self.memory.write_u32(out, len as u32)
    }

    pub(crate) fn path_filestat_get(
        &mut self,
        fd: u32,
        lookup: u32,
        path: u32,
        len: u32,
        out: u32,
    ) -> Result {
        let out = self.memory.buffer(out, self.version.filestat_size())?;
        let path = self.memory.path(path, len)?;
        let dir = self.dir(fd, Rights::PATH_FILESTAT_GET)?;
        let stat = dir.stat_at(&path, follows(lookup)?)?;
        self.memory.write_record(out, self.version.filestat(&stat))
    }

    #[expect(clippy::too_many_arguments, reason = "that many the guest passes")]
    pub(crate) fn path_filestat_set_times(
        &mut self,
        fd: u32,
        lookup: u32,
        path: u32,
        path_len: u32,
        atim: u64,
        mtim: u64,
        flags: u32,
    ) -> Result {
        let path = self.memory.path(path, path_len)?;
        let times = self.times(atim, mtim, flags);
        let dir = self.dir_to_change(fd, Rights::PATH_FILESTAT_SET_TIMES)?;
        dir.set_times_at(&path, follows(lookup)?, times?)
    }

    #[expect(clippy::too_many_arguments, reason = "that many the guest passes")]
    pub(crate) fn path_link(
        &mut self,
        fd: u32,
        lookup: u32,
        path: u32,
        path_len: u32,
        new_fd: u32,
        new_path: u32,
        new_path_len: u32,
    ) -> Result {
        let (path, new_path) = self.memory.paths((path, path_len), (new_path, new_path_len))?;
        let from = self.dir_to_change(fd, Rights::PATH_LINK_SOURCE)?;
        let to = self.dir_to_change(new_fd, Rights::PATH_LINK_TARGET)?;
        // No system follows a link for that without races.
        if follows(lookup)? {
            return Err(Errno::Inval);
        }
        from.link(&path, &*to, &new_path)
    }

    pub(crate) fn path_rename(
        &mut self,
        fd: u32,
        path: u32,
        path_len: u32,
        new_fd: u32,
        new_path: u32,
        new_path_len: u32,
    ) -> Result {
        let (path, new_path) = self.memory.paths((path, path_len), (new_path, new_path_len))?;
        let from = self.dir_to_change(fd, Rights::PATH_RENAME_SOURCE)?;
        let to = self.dir_to_change(new_fd, Rights::PATH_RENAME_TARGET)?;
        from.rename(&path, &*to, &new_path)
    }

    #[expect(clippy::too_many_arguments, reason = "that many the guest passes")]
    pub(crate) fn path_open(
        &mut self,
        fd: u32,
        lookup: u32,
        path: u32,
        path_len: u32,
        oflags: u32,
        base: u64,
        _inheriting: u64,
        bits: u32,
        opened: u32,
    ) -> Result {
        let out = self.memory.buffer(opened, 4)?;
        let path = self.memory.path(path, path_len)?;
        let oflags = flags::<OFlags>(oflags);
        let descriptor = self.ctx.fd(fd)?;
        if let Kind::File(_) = descriptor.kind {
            return Err(Errno::NotDir);
        }
        let dir = &descriptor.as_dir(Rights::PATH_OPEN)?.dir;
        let (oflags, fdflags, follow) = (oflags?, flags::<FdFlags>(bits)?, follows(lookup)?);
        let changes = oflags.intersects(OFlags::CREAT | OFlags::EXCL | OFlags::TRUNC);
        if oflags.contains(OFlags::DIRECTORY) && changes {
            return Err(Errno::Inval);
        }
        descriptor.need(rights_for(oflags))?;
        // Whoever asks for less than the directory hands on is taken at its word for reading and writing; the rest is given,
        // as elsewhere. What is made or emptied can be written.
        let handed_on = descriptor.settings().inheriting;
        let asked = Rights::from_bits_truncate(base) & handed_on;
        let read = asked.contains(Rights::FD_READ);
        let makes = oflags.intersects(OFlags::CREAT | OFlags::TRUNC) && handed_on.contains(Rights::FD_WRITE);
        let write = makes || asked.contains(Rights::FD_WRITE);
        let mut base = handed_on;
        base.set(Rights::FD_READ, read);
        base.set(Rights::FD_WRITE, write);
        if write || oflags.intersects(OFlags::CREAT | OFlags::TRUNC) {
            descriptor.change()?;
        }
        let read_only = descriptor.read_only;
        let how = OpenHow { follow, oflags, read, write, flags: fdflags };
        let mut new = match dir.open(&path, &how)? {
            Opened::Dir(_) if write => return Err(Errno::IsDir),
            Opened::Dir(dir) => Descriptor::dir(dir).with(base, handed_on, FdFlags::empty()),
            Opened::File(file) => Descriptor::file(file, read, write).with(base, handed_on, fdflags),
        };
        new.read_only = read_only;
        let fd = self.ctx.table().push(new)?;
        self.memory.write_u32(out, fd)
    }
}

fn follows(lookup: u32) -> Result<bool> {
    Ok(flags::<LookupFlags>(lookup)?.contains(LookupFlags::SYMLINK_FOLLOW))
}

/// What must be allowed in a directory to open something in it so.
fn rights_for(oflags: OFlags) -> Rights {
    let mut rights = Rights::PATH_OPEN;
    if oflags.contains(OFlags::CREAT) {
        rights |= Rights::PATH_CREATE_FILE;
    }
    if oflags.contains(OFlags::TRUNC) {
        rights |= Rights::PATH_FILESTAT_SET_SIZE;
    }
    rights
}
