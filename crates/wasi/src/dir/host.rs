//! Directories of the host.

use super::{DirEntry, Directory, File, OpenHow, Opened, SetTimes, check_path, check_target, trim};
use crate::error::from_io;
use crate::types::{Advice, Errno, FdFlags, FileStat, FileType, OFlags, Result};
use cap_fs_ext::{
    DirExt, FileTypeExt, FollowSymlinks, MetadataExt, OpenOptionsFollowExt, OpenOptionsMaybeDirExt,
    SystemTimeSpec,
};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, Metadata, OpenOptions};
use cap_std::time::SystemTime;
#[cfg(unix)]
use rustix::fd::{AsFd, BorrowedFd};
use std::fs::FileTimes;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A directory of the host's file system.
///
/// However a path is written, and whatever links there are or are made meanwhile, nothing outside of it is reached.
#[derive(Debug)]
pub struct HostDir(Dir);

impl HostDir {
    /// The directory at a path of the host.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open_ambient(path: impl AsRef<Path>) -> io::Result<Self> {
        Dir::open_ambient_dir(path, ambient_authority()).map(Self)
    }

    fn other(to: &dyn Directory) -> Result<&Self> {
        (to as &dyn std::any::Any).downcast_ref().ok_or(Errno::XDev)
    }

    fn open_dir(&self, path: &str, follow: bool) -> io::Result<Dir> {
        if follow { self.0.open_dir(path) } else { self.0.open_dir_nofollow(path) }
    }

    fn open_any(&self, path: &str, how: &OpenHow) -> io::Result<cap_std::fs::File> {
        let (create, truncate) = (how.oflags.contains(OFlags::CREAT), how.oflags.contains(OFlags::TRUNC));
        let exclusive = create && how.oflags.contains(OFlags::EXCL);
        let mut options = OpenOptions::new();
        options.follow(if how.follow { FollowSymlinks::Yes } else { FollowSymlinks::No }).maybe_dir(true);
        options.write(how.write).truncate(truncate).create(create && !exclusive).create_new(exclusive);
        options.read(how.read || !how.write);
        #[cfg(unix)]
        if how.flags.contains(FdFlags::NONBLOCK) {
            cap_std::fs::OpenOptionsExt::custom_flags(
                &mut options,
                rustix::fs::OFlags::NONBLOCK.bits() as i32,
            );
        }
        self.0.open_with(path, &options)
    }
}

impl Directory for HostDir {
    fn open(&self, path: &str, how: &OpenHow) -> Result<Opened> {
        check_path(path)?;
        if how.oflags.contains(OFlags::DIRECTORY) {
            let dir = self.open_dir(path, how.follow).map_err(from_io);
            // A link that is not followed is one too many, as it is for files.
            let is_link = || {
                !how.follow
                    && self.stat_at(path, false).is_ok_and(|stat| stat.filetype == FileType::SymbolicLink)
            };
            let dir =
                dir.map_err(|errno| if errno == Errno::NotDir && is_link() { Errno::Loop } else { errno })?;
            return Ok(Opened::Dir(Arc::new(Self(dir))));
        }
        let file = self.open_any(path, how).map_err(from_io)?;
        let filetype = filetype_of(&file.metadata().map_err(from_io)?);
        if filetype != FileType::Directory {
            return Ok(Opened::File(Arc::new(HostFile { file, filetype, appending: Mutex::default() })));
        }
        if how.write || how.oflags.intersects(OFlags::CREAT | OFlags::TRUNC) {
            return Err(Errno::IsDir);
        }
        Ok(Opened::Dir(Arc::new(Self(Dir::from_std_file(file.into_std())))))
    }

    fn stat(&self) -> Result<FileStat> {
        Ok(stat_of(&self.0.dir_metadata().map_err(from_io)?))
    }

    fn stat_at(&self, path: &str, follow: bool) -> Result<FileStat> {
        check_path(path)?;
        // Something after a link at the end makes it a link on the way.
        let follow = follow || path.ends_with('/') || path.ends_with("/.");
        let metadata = if follow { self.0.metadata(path) } else { self.0.symlink_metadata(path) };
        Ok(stat_of(&metadata.map_err(from_io)?))
    }

    fn set_times(&self, times: SetTimes) -> Result {
        // The directory itself may be open for nothing but finding what is in it.
        self.set_times_at(".", true, times)
    }

    fn set_times_at(&self, path: &str, follow: bool, times: SetTimes) -> Result {
        check_path(path)?;
        if times.atim.or(times.mtim).is_none() {
            // Systems do not even look then.
            return self.stat_at(path, follow).map(drop);
        }
        let spec = |time: Option<u64>| {
            time.map(|time| SystemTimeSpec::from(SystemTime::from_std(system_time(time))))
        };
        let (atim, mtim) = (spec(times.atim), spec(times.mtim));
        let done = match follow {
            true => DirExt::set_times(&self.0, path, atim, mtim),
            false => self.0.set_symlink_times(path, atim, mtim),
        };
        done.map_err(from_io)
    }

    fn entries(&self) -> Result<Vec<DirEntry>> {
        let mut entries = Vec::new();
        for entry in self.0.entries().map_err(from_io)? {
            let entry = entry.map_err(from_io)?;
            // One that has gone meanwhile is not listed.
            let Ok(metadata) = entry.metadata() else { continue };
            let name = entry.file_name().to_string_lossy().into_owned();
            entries.push(DirEntry { name, ino: metadata.ino(), filetype: filetype_of(&metadata) });
        }
        Ok(entries)
    }

    fn create_dir(&self, path: &str) -> Result {
        self.0.create_dir(trim(path)?).map_err(from_io)
    }

    fn remove_dir(&self, path: &str) -> Result {
        self.0.remove_dir(trim(path)?).map_err(from_io)
    }

    fn unlink(&self, path: &str) -> Result {
        check_path(path)?;
        self.0.remove_file_or_symlink(path).map_err(from_io)
    }

    fn symlink(&self, target: &str, path: &str) -> Result {
        check_path(path)?;
        check_target(target)?;
        DirExt::symlink(&self.0, target, path).map_err(from_io)
    }

    fn read_link(&self, path: &str) -> Result<String> {
        check_path(path)?;
        let target = self.0.read_link(path).map_err(from_io)?;
        target.into_os_string().into_string().map_err(|_| Errno::IlSeq)
    }

    fn link(&self, path: &str, to: &dyn Directory, to_path: &str) -> Result {
        let to = Self::other(to)?;
        check_path(path)?;
        check_path(to_path)?;
        self.0.hard_link(path, &to.0, to_path).map_err(from_io)
    }

    fn rename(&self, path: &str, to: &dyn Directory, to_path: &str) -> Result {
        let to = Self::other(to)?;
        check_path(path)?;
        check_path(to_path)?;
        // The slash at the end is lost on the way.
        if to_path.ends_with('/') && self.stat_at(trim(path)?, false)?.filetype != FileType::Directory {
            return Err(Errno::NotDir);
        }
        self.0.rename(path, &to.0, to_path).map_err(from_io)
    }

    fn sync(&self) -> Result {
        let mut options = OpenOptions::new();
        options.read(true).maybe_dir(true);
        self.0.open_with(".", &options).and_then(|dir| dir.sync_all()).map_err(from_io)
    }
}

/// An open file.
struct HostFile {
    file: cap_std::fs::File,
    filetype: FileType,
    /// Held while something is written at the end, where the system does not see to it.
    appending: Mutex<()>,
}

impl HostFile {
    /// Has it places, or is it a stream?
    fn has_places(&self) -> bool {
        matches!(self.filetype, FileType::RegularFile | FileType::BlockDevice)
    }
}

impl File for HostFile {
    fn stat(&self) -> Result<FileStat> {
        Ok(stat_of(&self.file.metadata().map_err(from_io)?))
    }

    fn read_at(&self, into: &mut [u8], at: u64) -> Result<usize> {
        let done = if self.has_places() {
            place::read(&self.file, into, at)
        } else {
            io::Read::read(&mut &self.file, into)
        };
        done.map_err(from_io)
    }

    fn write_at(&self, from: &[u8], at: u64) -> Result<usize> {
        let done = if self.has_places() {
            place::write(&self.file, from, at)
        } else {
            io::Write::write(&mut &self.file, from)
        };
        done.map_err(from_io)
    }

    fn append(&self, from: &[u8]) -> Result<(usize, u64)> {
        if !self.has_places() {
            return Ok((self.write_at(from, 0)?, 0));
        }
        place::append(&self.file, &self.appending, from).map_err(from_io)
    }

    #[cfg(unix)]
    fn waits_for(&self) -> Option<BorrowedFd<'_>> {
        (!self.has_places()).then(|| self.file.as_fd())
    }

    fn advise(&self, at: u64, len: u64, advice: Advice) -> Result {
        if self.has_places() { place::advise(&self.file, at, len, advice) } else { Err(Errno::SPipe) }
    }

    fn set_size(&self, size: u64) -> Result {
        self.file.set_len(size).map_err(from_io)
    }

    fn set_times(&self, times: SetTimes) -> Result {
        let file = self.file.try_clone().map_err(from_io)?;
        file.into_std().set_times(file_times(times)).map_err(from_io)
    }

    fn sync(&self, data_only: bool) -> Result {
        let done = if data_only { self.file.sync_data() } else { self.file.sync_all() };
        match done.map_err(from_io) {
            // What cannot be stored need not be.
            Err(Errno::Inval) if !self.has_places() => Ok(()),
            done => done,
        }
    }
}

mod place {
    use crate::lock::lock;
    use crate::types::{Advice, Result};
    use cap_std::fs::File;
    use std::io;
    use std::sync::Mutex;

    /// Writes at the end: how much, and where the end of it is. The system does both in one step, whoever else writes there.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn append(file: &File, own: &Mutex<()>, from: &[u8]) -> io::Result<(usize, u64)> {
        use rustix::io::{ReadWriteFlags, pwritev2};
        // Where the end of it is, the file's own position tells, which is for nothing else.
        const OWN_POSITION: u64 = u64::MAX;
        let positioned = lock(own);
        match pwritev2(file, &[io::IoSlice::new(from)], OWN_POSITION, ReadWriteFlags::APPEND) {
            Ok(len) => Ok((len, rustix::fs::tell(file)?)),
            Err(rustix::io::Errno::NOTSUP | rustix::io::Errno::NOSYS) => {
                drop(positioned);
                append_after_end(file, own, from)
            }
            Err(errno) => Err(errno.into()),
        }
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(super) use append_after_end as append;

    /// In two steps: nobody who has this very file open comes in between.
    pub(super) fn append_after_end(file: &File, own: &Mutex<()>, from: &[u8]) -> io::Result<(usize, u64)> {
        let _own = lock(own);
        let end = file.metadata()?.len();
        let len = write(file, from, end)?;
        Ok((len, end + len as u64))
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn advise(file: &File, at: u64, len: u64, advice: Advice) -> Result {
        use rustix::fs::Advice as Known;
        let advice = match advice {
            Advice::Normal => Known::Normal,
            Advice::Sequential => Known::Sequential,
            Advice::Random => Known::Random,
            Advice::WillNeed => Known::WillNeed,
            Advice::DontNeed => Known::DontNeed,
            Advice::NoReuse => Known::NoReuse,
        };
        let done = rustix::fs::fadvise(file, at, std::num::NonZeroU64::new(len), advice);
        done.map_err(|errno| crate::error::from_io(errno.into()))
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(super) fn advise(_: &File, _: u64, _: u64, _: Advice) -> Result {
        Ok(())
    }

    #[cfg(unix)]
    pub(super) fn read(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
        cap_std::fs::FileExt::read_at(file, into, at)
    }

    #[cfg(unix)]
    pub(super) fn write(file: &File, from: &[u8], at: u64) -> io::Result<usize> {
        cap_std::fs::FileExt::write_at(file, from, at)
    }

    #[cfg(windows)]
    pub(super) fn read(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
        cap_std::fs::FileExt::seek_read(file, into, at)
    }

    #[cfg(windows)]
    pub(super) fn write(file: &File, from: &[u8], at: u64) -> io::Result<usize> {
        cap_std::fs::FileExt::seek_write(file, from, at)
    }
}

fn system_time(nanos: u64) -> std::time::SystemTime {
    std::time::UNIX_EPOCH + Duration::from_nanos(nanos)
}

fn file_times(times: SetTimes) -> FileTimes {
    let mut file_times = FileTimes::new();
    if let Some(atim) = times.atim {
        file_times = file_times.set_accessed(system_time(atim));
    }
    if let Some(mtim) = times.mtim {
        file_times = file_times.set_modified(system_time(mtim));
    }
    file_times
}

fn filetype_of(metadata: &Metadata) -> FileType {
    let filetype = metadata.file_type();
    if filetype.is_dir() {
        FileType::Directory
    } else if filetype.is_file() {
        FileType::RegularFile
    } else if filetype.is_symlink() {
        FileType::SymbolicLink
    } else if FileTypeExt::is_char_device(&filetype) {
        FileType::CharacterDevice
    } else if FileTypeExt::is_block_device(&filetype) {
        FileType::BlockDevice
    } else if FileTypeExt::is_socket(&filetype) {
        FileType::SocketStream
    } else {
        FileType::Unknown
    }
}

fn stat_of(metadata: &Metadata) -> FileStat {
    let nanos = |time: io::Result<SystemTime>| {
        let since = time.ok().and_then(|time| time.into_std().duration_since(std::time::UNIX_EPOCH).ok());
        since.and_then(|since| u64::try_from(since.as_nanos()).ok()).unwrap_or(0)
    };
    let mtim = nanos(metadata.modified());
    FileStat {
        dev: metadata.dev(),
        ino: metadata.ino(),
        filetype: filetype_of(metadata),
        nlink: metadata.nlink(),
        size: metadata.len(),
        atim: nanos(metadata.accessed()),
        mtim,
        ctim: changed(metadata).unwrap_or(mtim),
    }
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> Option<u64> {
    use cap_std::fs::MetadataExt;
    let seconds = u64::try_from(metadata.ctime()).ok()?;
    seconds.checked_mul(1_000_000_000)?.checked_add(u64::try_from(metadata.ctime_nsec()).ok()?)
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> Option<u64> {
    None
}
