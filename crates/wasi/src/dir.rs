//! Directories and files, of whatever kind.

mod host;
mod memory;
mod named;

pub use host::HostDir;
pub use memory::MemoryDir;
pub use named::NamedDir;

use crate::types::{Advice, Errno, FdFlags, FileStat, FileType, OFlags, Result};
use std::any::Any;
use std::sync::Arc;

/// How something is opened.
#[derive(Clone, Copy, Debug)]
pub struct OpenHow {
    /// Whether a symbolic link at the end of the path is followed.
    pub follow: bool,
    /// What is to be there, or to be made.
    pub oflags: OFlags,
    /// Whether it will be read.
    pub read: bool,
    /// Whether it will be written; so it is if it is made or emptied.
    pub write: bool,
    /// How it is to behave.
    pub flags: FdFlags,
}

/// What was opened.
#[derive(Clone)]
pub enum Opened {
    /// A file, or something else that is no directory.
    File(Arc<dyn File>),
    /// A directory.
    Dir(Arc<dyn Directory>),
}

/// An entry of a directory.
#[derive(Clone, Debug)]
pub struct DirEntry {
    /// Its name.
    pub name: String,
    /// The number of the file in its file system.
    pub ino: u64,
    /// What it is; of a symbolic link, that it is one.
    pub filetype: FileType,
}

/// The times that are to be set, in nanoseconds since 1970; those that are not stay as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct SetTimes {
    /// Of the last access.
    pub atim: Option<u64>,
    /// Of the last change of the data.
    pub mtim: Option<u64>,
}

/// An open directory: the root of what its descriptor leads to.
///
/// Paths are relative to it, with `/` between names. One that leads out of it, by `..`, by a link, or because it is
/// absolute, answers [`Errno::Perm`]. All else is as Linux does it, so that a program sees no difference between the
/// kinds of directories.
///
/// # Errors
/// What each function returns is what the guest is told.
pub trait Directory: Any + Send + Sync {
    /// Opens, and maybe creates, what is at a path.
    fn open(&self, path: &str, how: &OpenHow) -> Result<Opened>;

    /// What is known of the directory itself.
    fn stat(&self) -> Result<FileStat>;

    /// What is known of what is at a path.
    fn stat_at(&self, path: &str, follow: bool) -> Result<FileStat>;

    /// Sets the times of the directory itself.
    fn set_times(&self, times: SetTimes) -> Result;

    /// Sets the times of what is at a path.
    fn set_times_at(&self, path: &str, follow: bool, times: SetTimes) -> Result;

    /// All entries but `.` and `..`.
    fn entries(&self) -> Result<Vec<DirEntry>>;

    /// Makes a directory.
    fn create_dir(&self, path: &str) -> Result;

    /// Removes an empty directory.
    fn remove_dir(&self, path: &str) -> Result;

    /// Removes what is no directory.
    fn unlink(&self, path: &str) -> Result;

    /// Makes a symbolic link.
    fn symlink(&self, target: &str, path: &str) -> Result;

    /// Where a symbolic link leads.
    fn read_link(&self, path: &str) -> Result<String>;

    /// Gives a file another name; between directories of different kinds, [`Errno::XDev`].
    fn link(&self, path: &str, to: &dyn Directory, to_path: &str) -> Result;

    /// Moves what is at a path; between directories of different kinds, [`Errno::XDev`].
    fn rename(&self, path: &str, to: &dyn Directory, to_path: &str) -> Result;

    /// Stores what has changed.
    fn sync(&self) -> Result;
}

/// An open file. Positions are the descriptor's business.
///
/// # Errors
/// What each function returns is what the guest is told.
pub trait File: Any + Send + Sync {
    /// What is known of it.
    fn stat(&self) -> Result<FileStat>;

    /// Reads from a place on; less than asked for if the file ends.
    fn read_at(&self, into: &mut [u8], at: u64) -> Result<usize>;

    /// Writes from a place on; what is between the end and the place is zeros.
    fn write_at(&self, from: &[u8], at: u64) -> Result<usize>;

    /// Writes at the end, wherever that is then: how much, and where the end of it is. Nobody writes in between.
    fn append(&self, from: &[u8]) -> Result<(usize, u64)>;

    /// If reading or writing may have to wait for somebody else, as with a pipe: what tells when it does not.
    #[cfg(unix)]
    fn waits_for(&self) -> Option<std::os::fd::BorrowedFd<'_>> {
        None
    }

    /// Hears how a part of it will be used: from a place on, so many bytes, or all if none. To do nothing is right, too.
    fn advise(&self, at: u64, len: u64, advice: Advice) -> Result {
        let _ = (at, len, advice);
        Ok(())
    }

    /// Cuts it off, or adds zeros.
    fn set_size(&self, size: u64) -> Result;

    /// Sets its times.
    fn set_times(&self, times: SetTimes) -> Result;

    /// Stores what has changed; of what is only about the file, no more than is needed to find the data again, if
    /// `data_only`.
    fn sync(&self, data_only: bool) -> Result;
}

/// The longest name, in bytes.
const NAME_MAX: usize = 255;

/// What no kind of directory takes, as it is said to be a path.
fn check_path(path: &str) -> Result {
    if path.is_empty() {
        return Err(Errno::NoEnt);
    }
    if path.starts_with('/') {
        return Err(Errno::Perm);
    }
    let too_long = path.split('/').any(|name| name.len() > NAME_MAX);
    if too_long { Err(Errno::NameTooLong) } else { Ok(()) }
}

/// The path without slashes at its end, for what is or will be a directory anyway.
fn trim(path: &str) -> Result<&str> {
    check_path(path)?;
    Ok(path.trim_end_matches('/'))
}

/// Where no symbolic link leads to. All else is checked when it is followed.
fn check_target(target: &str) -> Result {
    match target.bytes().next() {
        None => Err(Errno::NoEnt),
        Some(b'/') => Err(Errno::Perm),
        Some(_) => Ok(()),
    }
}
