//! Directories that are nothing but a name.

use super::{DirEntry, Directory, OpenHow, Opened, SetTimes};
use crate::types::{Errno, FileStat, FileType, Result};

/// A directory that a program can see but not enter: everything in it answers [`Errno::NotCapable`].
///
/// For programs that look for a directory before they start, and then do not need it.
#[derive(Clone, Copy, Debug, Default)]
pub struct NamedDir;

impl Directory for NamedDir {
    fn open(&self, _: &str, _: &OpenHow) -> Result<Opened> {
        Err(Errno::NotCapable)
    }

    fn stat(&self) -> Result<FileStat> {
        Ok(FileStat::of(FileType::Directory))
    }

    fn stat_at(&self, _: &str, _: bool) -> Result<FileStat> {
        Err(Errno::NotCapable)
    }

    fn set_times(&self, _: SetTimes) -> Result {
        Err(Errno::NotCapable)
    }

    fn set_times_at(&self, _: &str, _: bool, _: SetTimes) -> Result {
        Err(Errno::NotCapable)
    }

    fn entries(&self) -> Result<Vec<DirEntry>> {
        Err(Errno::NotCapable)
    }

    fn create_dir(&self, _: &str) -> Result {
        Err(Errno::NotCapable)
    }

    fn remove_dir(&self, _: &str) -> Result {
        Err(Errno::NotCapable)
    }

    fn unlink(&self, _: &str) -> Result {
        Err(Errno::NotCapable)
    }

    fn symlink(&self, _: &str, _: &str) -> Result {
        Err(Errno::NotCapable)
    }

    fn read_link(&self, _: &str) -> Result<String> {
        Err(Errno::NotCapable)
    }

    fn link(&self, _: &str, _: &dyn Directory, _: &str) -> Result {
        Err(Errno::NotCapable)
    }

    fn rename(&self, _: &str, _: &dyn Directory, _: &str) -> Result {
        Err(Errno::NotCapable)
    }

    fn sync(&self) -> Result {
        Ok(())
    }
}
