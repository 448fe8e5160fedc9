//! What is known of descriptors, and files.

use super::{Call, flags};
use crate::dir::SetTimes;
use crate::error::from_io;
use crate::table::{Kind, Settings};
use crate::types::{Errno, FdFlags, FstFlags, Result, Rights, fdstat};

impl Call<'_> {
    pub(crate) fn fd_fdstat_get(&mut self, fd: u32, out: u32) -> Result {
        let out = self.memory.buffer(out, 24)?;
        let descriptor = self.ctx.fd(fd)?;
        let Settings { flags, base, inheriting } = descriptor.settings();
        let record = fdstat(descriptor.filetype()?, flags, base, inheriting);
        self.memory.write_record(out, record)
    }

    pub(crate) fn fd_fdstat_set_flags(&mut self, fd: u32, bits: u32) -> Result {
        const STORE: FdFlags = FdFlags::DSYNC.union(FdFlags::RSYNC).union(FdFlags::SYNC);
        let new = flags::<FdFlags>(bits)?;
        let descriptor = self.ctx.fd(fd)?;
        if matches!(descriptor.kind, Kind::Dir(_)) {
            return Err(Errno::BadF);
        }
        descriptor.need(Rights::FD_FDSTAT_SET_FLAGS)?;
        descriptor.set(|settings| {
            // When data is stored is said when a file is opened.
            if new.symmetric_difference(settings.flags).intersects(STORE) {
                return Err(Errno::Inval);
            }
            let nonblocking = new.contains(FdFlags::NONBLOCK);
            match &descriptor.kind {
                Kind::Listener(listener) => listener.set_nonblocking(nonblocking).map_err(from_io)?,
                Kind::Connection(connection) => connection.set_nonblocking(nonblocking).map_err(from_io)?,
                _ => {}
            }
            settings.flags = new;
            Ok(())
        })
    }

    /// Rights can be given up, not got back.
    pub(crate) fn fd_fdstat_set_rights(&mut self, fd: u32, base: u64, inheriting: u64) -> Result {
        let descriptor = self.ctx.fd(fd)?;
        let rights = |bits| Rights::from_bits(bits).ok_or(Errno::NotCapable);
        let (base, inheriting) = (rights(base)?, rights(inheriting)?);
        descriptor.set(|settings| {
            if !settings.base.contains(base) || !settings.inheriting.contains(inheriting) {
                return Err(Errno::NotCapable);
            }
            (settings.base, settings.inheriting) = (base, inheriting);
            Ok(())
        })
    }

    pub(crate) fn fd_filestat_get(&mut self, fd: u32, out: u32) -> Result {
        let out = self.memory.buffer(out, self.version.filestat_size())?;
        let descriptor = self.ctx.fd(fd)?;
        descriptor.need(Rights::FD_FILESTAT_GET)?;
        let stat = descriptor.stat()?;
        self.memory.write_record(out, self.version.filestat(&stat))
    }

    pub(crate) fn fd_filestat_set_times(&mut self, fd: u32, atim: u64, mtim: u64, flags: u32) -> Result {
        let times = self.times(atim, mtim, flags);
        let descriptor = self.ctx.fd(fd)?;
        match &descriptor.kind {
            Kind::File(_) | Kind::Dir(_) => descriptor.need(Rights::FD_FILESTAT_SET_TIMES)?,
            _ => return Err(Errno::BadF),
        }
        descriptor.change()?;
        match &descriptor.kind {
            Kind::File(open) => open.file.set_times(times?),
            Kind::Dir(open) => open.dir.set_times(times?),
            _ => Err(Errno::BadF),
        }
    }

    /// The times that a guest wants to set.
    pub(super) fn times(&mut self, atim: u64, mtim: u64, bits: u32) -> Result<SetTimes> {
        let flags = flags::<FstFlags>(bits)?;
        let time = |set: FstFlags, now: FstFlags, time: u64| match (flags.contains(set), flags.contains(now))
        {
            (true, true) => Err(Errno::Inval),
            (true, false) => Ok(Some(time)),
            (false, true) => Ok(Some(self.ctx.clocks.realtime())),
            (false, false) => Ok(None),
        };
        Ok(SetTimes {
            atim: time(FstFlags::ATIM, FstFlags::ATIM_NOW, atim)?,
            mtim: time(FstFlags::MTIM, FstFlags::MTIM_NOW, mtim)?,
        })
    }
}
