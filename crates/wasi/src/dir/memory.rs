//! Directories in memory.

mod tree;

use super::{DirEntry, Directory, File, OpenHow, Opened, SetTimes};
use crate::clock::system_time;
use crate::lock::lock;
use crate::types::{Errno, FileStat, Result};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use tree::{NodeKind, Tree};

/// A directory in the memory of the host, which needs no file system: the host puts files into it before, and takes
/// them out after the guest has run, or while it runs.
///
/// Clones are the same directory.
///
/// ```
/// use terrane_wasi::MemoryDir;
///
/// let dir = MemoryDir::new();
/// dir.write("etc/motd", "hello")?;
/// dir.symlink("etc/motd", "today")?;
/// assert_eq!(dir.read("today")?, b"hello");
/// assert_eq!(dir.list("")?, ["etc", "today"]);
/// assert!(dir.read("../secret").is_err());
/// # Ok::<(), terrane_wasi::Errno>(())
/// ```
#[derive(Clone)]
pub struct MemoryDir(Handle);

/// A node that stays as long as somebody has it.
struct Handle {
    tree: Arc<Mutex<Tree>>,
    ino: u64,
}

impl Handle {
    fn new(tree: &Arc<Mutex<Tree>>, locked: &mut Tree, ino: u64) -> Self {
        locked.retain(ino);
        Self { tree: tree.clone(), ino }
    }

    fn tree(&self) -> MutexGuard<'_, Tree> {
        lock(&self.tree)
    }

    fn stat(&self) -> Result<FileStat> {
        self.tree().stat(self.ino)
    }

    fn set_times(&self, ino: u64, times: SetTimes) -> Result {
        let mut tree = self.tree();
        let now = (tree.clock)();
        let node = tree.node_mut(ino)?;
        node.atim = times.atim.unwrap_or(node.atim);
        node.mtim = times.mtim.unwrap_or(node.mtim);
        node.ctim = now;
        Ok(())
    }
}

impl Clone for Handle {
    fn clone(&self) -> Self {
        Self::new(&self.tree, &mut self.tree(), self.ino)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.tree().release(self.ino);
    }
}

impl MemoryDir {
    /// An empty one, whose times are those of the system.
    pub fn new() -> Self {
        Self::with_clock(system_time)
    }

    /// An empty one, whose times are what `now` returns, in nanoseconds since 1970.
    pub fn with_clock(now: impl Fn() -> u64 + Send + 'static) -> Self {
        let tree = Arc::new(Mutex::new(Tree::new(Box::new(now))));
        lock(&tree).retain(Tree::ROOT);
        Self(Handle { tree, ino: Tree::ROOT })
    }

    /// How many bytes all that is in the tree may take, names and nodes included; at first 1 GiB. A guest that wants more
    /// is told that there is no space left.
    pub fn set_limit(&self, bytes: usize) {
        self.0.tree().limit = bytes;
    }

    /// Makes a file, or replaces it, in directories that are made if they are not there.
    ///
    /// # Errors
    /// If a part of the path is no directory, the last one is, or the path leads out of the directory.
    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) -> Result {
        if let Some((parent, _)) = path.rsplit_once('/') {
            self.create_dir_all(parent)?;
        }
        let how = OpenHow {
            follow: true,
            oflags: crate::types::OFlags::CREAT | crate::types::OFlags::TRUNC,
            read: false,
            write: true,
            flags: crate::types::FdFlags::empty(),
        };
        let mut tree = self.0.tree();
        let node = tree.open(self.0.ino, path, &how)?;
        tree.write(node, bytes.as_ref(), Some(0)).map(drop)
    }

    /// What is in a file.
    ///
    /// # Errors
    /// If there is none.
    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        let tree = self.0.tree();
        match &tree.node(tree.get(self.0.ino, path, true)?)?.kind {
            NodeKind::File(bytes) => Ok(bytes.clone()),
            _ => Err(Errno::IsDir),
        }
    }

    /// The names in a directory, in order; the empty path means this one.
    ///
    /// # Errors
    /// If it is no directory.
    pub fn list(&self, path: &str) -> Result<Vec<String>> {
        let tree = self.0.tree();
        let path = if path.is_empty() { "." } else { path };
        Ok(tree.list(tree.get(self.0.ino, path, true)?)?.keys().cloned().collect())
    }

    /// Makes a directory, and those that it is in.
    ///
    /// # Errors
    /// If one of them is something else.
    pub fn create_dir_all(&self, path: &str) -> Result {
        let mut tree = self.0.tree();
        for (end, _) in path.match_indices('/').chain([(path.len(), "")]).filter(|(end, _)| *end > 0) {
            match tree.create_dir(self.0.ino, &path[..end]) {
                Ok(_) | Err(Errno::Exist) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    /// Makes a symbolic link at `path` that leads to `target`.
    ///
    /// # Errors
    /// If something is there, or the directory that it is to be in is not.
    pub fn symlink(&self, target: &str, path: &str) -> Result {
        self.0.tree().symlink(self.0.ino, target, path)
    }

    /// Another directory in the same tree.
    fn other(to: &dyn Directory) -> Result<&Self> {
        (to as &dyn std::any::Any).downcast_ref().ok_or(Errno::XDev)
    }

    /// That other one, if moving from here to there is possible.
    fn neighbour<'a>(&self, to: &'a dyn Directory) -> Result<&'a Self> {
        let to = Self::other(to)?;
        if Arc::ptr_eq(&to.0.tree, &self.0.tree) { Ok(to) } else { Err(Errno::XDev) }
    }
}

impl Default for MemoryDir {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MemoryDir").field(&self.list("")).finish()
    }
}

impl Directory for MemoryDir {
    fn open(&self, path: &str, how: &OpenHow) -> Result<Opened> {
        let mut tree = self.0.tree();
        let node = tree.open(self.0.ino, path, how)?;
        let handle = Handle::new(&self.0.tree, &mut tree, node);
        match tree.list(node) {
            Ok(_) => Ok(Opened::Dir(Arc::new(Self(handle)))),
            Err(_) => Ok(Opened::File(Arc::new(MemoryFile(handle)))),
        }
    }

    fn stat(&self) -> Result<FileStat> {
        self.0.stat()
    }

    fn stat_at(&self, path: &str, follow: bool) -> Result<FileStat> {
        let tree = self.0.tree();
        tree.stat(tree.get(self.0.ino, path, follow)?)
    }

    fn set_times(&self, times: SetTimes) -> Result {
        self.0.set_times(self.0.ino, times)
    }

    fn set_times_at(&self, path: &str, follow: bool, times: SetTimes) -> Result {
        let node = self.0.tree().get(self.0.ino, path, follow)?;
        self.0.set_times(node, times)
    }

    fn entries(&self) -> Result<Vec<DirEntry>> {
        let tree = self.0.tree();
        let entry = |(name, ino): (&String, &u64)| {
            let filetype = tree.node(*ino)?.kind.filetype();
            Ok(DirEntry { name: name.clone(), ino: *ino, filetype })
        };
        tree.list(self.0.ino)?.iter().map(entry).collect()
    }

    fn create_dir(&self, path: &str) -> Result {
        self.0.tree().create_dir(self.0.ino, path).map(drop)
    }

    fn remove_dir(&self, path: &str) -> Result {
        self.0.tree().remove_dir(self.0.ino, path)
    }

    fn unlink(&self, path: &str) -> Result {
        self.0.tree().unlink(self.0.ino, path)
    }

    fn symlink(&self, target: &str, path: &str) -> Result {
        Self::symlink(self, target, path)
    }

    fn read_link(&self, path: &str) -> Result<String> {
        let tree = self.0.tree();
        match &tree.node(tree.get(self.0.ino, path, false)?)?.kind {
            NodeKind::Link(target) => Ok(target.clone()),
            _ => Err(Errno::Inval),
        }
    }

    fn link(&self, path: &str, to: &dyn Directory, to_path: &str) -> Result {
        let to = self.neighbour(to)?.0.ino;
        self.0.tree().link(self.0.ino, path, to, to_path)
    }

    fn rename(&self, path: &str, to: &dyn Directory, to_path: &str) -> Result {
        let to = self.neighbour(to)?.0.ino;
        self.0.tree().rename(self.0.ino, path, to, to_path)
    }

    fn sync(&self) -> Result {
        Ok(())
    }
}

/// An open file.
struct MemoryFile(Handle);

impl File for MemoryFile {
    fn stat(&self) -> Result<FileStat> {
        self.0.stat()
    }

    fn read_at(&self, into: &mut [u8], at: u64) -> Result<usize> {
        self.0.tree().read(self.0.ino, into, at)
    }

    fn write_at(&self, from: &[u8], at: u64) -> Result<usize> {
        Ok(self.0.tree().write(self.0.ino, from, Some(at))?.0)
    }

    fn append(&self, from: &[u8]) -> Result<(usize, u64)> {
        self.0.tree().write(self.0.ino, from, None)
    }

    fn set_size(&self, size: u64) -> Result {
        self.0.tree().set_size(self.0.ino, size)
    }

    fn set_times(&self, times: SetTimes) -> Result {
        self.0.set_times(self.0.ino, times)
    }

    fn sync(&self, _: bool) -> Result {
        Ok(())
    }
}
