//! A file system as a table of nodes.

mod data;

use crate::dir::{OpenHow, check_path, check_target, trim};
use crate::types::{Errno, FileStat, FileType, OFlags, Result};
use std::collections::{BTreeMap, HashMap};

/// So many links are followed for one path, as on Linux.
const MAX_LINKS: u32 = 40;

/// So many bytes a tree may take, if the host says nothing else.
const DEFAULT_LIMIT: usize = 1 << 30;

/// So many bytes a node takes beside what is in it, about.
const NODE_COST: usize = 512;

pub(super) type Clock = Box<dyn Fn() -> u64 + Send>;

pub(super) struct Tree {
    nodes: HashMap<u64, Node>,
    next: u64,
    pub(super) clock: Clock,
    pub(super) limit: usize,
    /// How many bytes of the limit are taken.
    used: usize,
}

pub(super) struct Node {
    pub(super) kind: NodeKind,
    nlink: u64,
    /// How many handles there are: a node without names stays as long as it has any.
    handles: u64,
    pub(super) atim: u64,
    pub(super) mtim: u64,
    pub(super) ctim: u64,
}

pub(super) enum NodeKind {
    File(Vec<u8>),
    Dir(BTreeMap<String, u64>),
    Link(String),
}

impl NodeKind {
    pub(super) fn filetype(&self) -> FileType {
        match self {
            Self::File(_) => FileType::RegularFile,
            Self::Dir(_) => FileType::Directory,
            Self::Link(_) => FileType::SymbolicLink,
        }
    }
}

/// Where a path leads.
pub(super) struct Place {
    /// The directory that has, or would have, the last name.
    dir: u64,
    /// The last name; none if the path ends in `.` or `..`.
    name: Option<String>,
    node: Option<u64>,
    /// A slash comes after the last name.
    slash: bool,
    /// The directories on the way, for what must not become a part of itself.
    way: Vec<u64>,
}

impl Tree {
    pub(super) const ROOT: u64 = 1;

    pub(super) fn new(clock: Clock) -> Self {
        let (nodes, limit) = (HashMap::new(), DEFAULT_LIMIT);
        let mut tree = Self { nodes, next: Self::ROOT, clock, limit, used: 0 };
        tree.add(NodeKind::Dir(BTreeMap::new()));
        tree
    }

    /// Takes so many bytes of the limit.
    fn take(&mut self, bytes: usize) -> Result {
        let used = self.used.checked_add(bytes).filter(|used| *used <= self.limit).ok_or(Errno::NoSpc)?;
        self.used = used;
        Ok(())
    }

    fn add(&mut self, kind: NodeKind) -> u64 {
        let (ino, now) = (self.next, (self.clock)());
        self.next += 1;
        let nlink = if matches!(kind, NodeKind::Dir(_)) { 2 } else { 1 };
        self.nodes.insert(ino, Node { kind, nlink, handles: 0, atim: now, mtim: now, ctim: now });
        ino
    }

    pub(super) fn retain(&mut self, ino: u64) {
        if let Some(node) = self.nodes.get_mut(&ino) {
            node.handles += 1;
        }
    }

    pub(super) fn release(&mut self, ino: u64) {
        if let Some(node) = self.nodes.get_mut(&ino) {
            node.handles -= 1;
        }
        self.drop_unused(ino);
    }

    fn drop_unused(&mut self, ino: u64) {
        if self.nodes.get(&ino).is_some_and(|node| node.nlink == 0 && node.handles == 0) && ino != Self::ROOT
        {
            let node = self.nodes.remove(&ino);
            let bytes =
                node.and_then(
                    |node| if let NodeKind::File(bytes) = node.kind { Some(bytes.len()) } else { None },
                );
            self.used = self.used.saturating_sub(NODE_COST + bytes.unwrap_or(0));
        }
    }

    pub(super) fn node(&self, ino: u64) -> Result<&Node> {
        self.nodes.get(&ino).ok_or(Errno::NoEnt)
    }

    pub(super) fn node_mut(&mut self, ino: u64) -> Result<&mut Node> {
        self.nodes.get_mut(&ino).ok_or(Errno::NoEnt)
    }

    pub(super) fn list(&self, ino: u64) -> Result<&BTreeMap<String, u64>> {
        match &self.node(ino)?.kind {
            NodeKind::Dir(entries) => Ok(entries),
            _ => Err(Errno::NotDir),
        }
    }

    fn is_dir(&self, ino: u64) -> bool {
        self.list(ino).is_ok()
    }

    pub(super) fn stat(&self, ino: u64) -> Result<FileStat> {
        let node = self.node(ino)?;
        let size = match &node.kind {
            NodeKind::File(bytes) => bytes.len(),
            NodeKind::Dir(entries) => entries.len(),
            NodeKind::Link(target) => target.len(),
        };
        let (filetype, nlink, size) = (node.kind.filetype(), node.nlink, size as u64);
        Ok(FileStat { dev: 1, ino, filetype, nlink, size, atim: node.atim, mtim: node.mtim, ctim: node.ctim })
    }

    /// Follows a path from a directory that it must not leave.
    pub(super) fn find(&self, root: u64, path: &str, follow: bool) -> Result<Place> {
        let place = self.find_any(root, path, follow)?;
        match place.node {
            Some(node) if place.slash && !self.is_dir(node) => Err(Errno::NotDir),
            _ => Ok(place),
        }
    }

    /// The same, but what has a slash after it need not be a directory.
    fn find_any(&self, root: u64, path: &str, follow: bool) -> Result<Place> {
        check_path(path)?;
        let mut slash = path.ends_with('/');
        let mut names: Vec<String> = split(path).collect();
        let (mut way, mut links) = (vec![root], 0);
        let mut last = None;
        while let Some(name) = names.pop() {
            let dir = *way.last().ok_or(Errno::Perm)?;
            let entries = self.list(dir)?;
            match &*name {
                "." => last = None,
                ".." => {
                    way.pop();
                    if way.is_empty() {
                        return Err(Errno::Perm);
                    }
                    last = None;
                }
                _ => {
                    let is_last = names.is_empty();
                    let Some(&node) = entries.get(&name) else {
                        if !is_last {
                            return Err(Errno::NoEnt);
                        }
                        return Ok(Place { dir, name: Some(name), node: None, slash, way });
                    };
                    match &self.node(node)?.kind {
                        NodeKind::Link(target) if !is_last || follow || slash => {
                            links += 1;
                            if links > MAX_LINKS {
                                return Err(Errno::Loop);
                            }
                            check_path(target)?;
                            slash |= is_last && target.ends_with('/');
                            names.extend(split(target));
                        }
                        NodeKind::Dir(_) => {
                            last = Some((dir, name));
                            way.push(node);
                        }
                        _ if is_last => {
                            return Ok(Place { dir, name: Some(name), node: Some(node), slash, way });
                        }
                        _ => return Err(Errno::NotDir),
                    }
                }
            }
        }
        let node = way.last().copied();
        let (dir, name) = match last {
            Some((dir, name)) => (dir, Some(name)),
            None => (node.unwrap_or(root), None),
        };
        Ok(Place { dir, name, node, slash, way })
    }

    /// What there is at a path.
    pub(super) fn get(&self, root: u64, path: &str, follow: bool) -> Result<u64> {
        self.find(root, path, follow)?.node.ok_or(Errno::NoEnt)
    }

    fn enter(&mut self, dir: u64, name: &str, node: u64) -> Result {
        let (is_dir, now) = (self.is_dir(node), (self.clock)());
        let dir = self.node_mut(dir)?;
        // A directory that has been removed takes nothing new.
        if dir.nlink == 0 {
            return Err(Errno::NoEnt);
        }
        let NodeKind::Dir(entries) = &mut dir.kind else { return Err(Errno::NotDir) };
        entries.insert(name.to_owned(), node);
        dir.nlink += u64::from(is_dir);
        (dir.mtim, dir.ctim) = (now, now);
        Ok(())
    }

    fn leave(&mut self, dir: u64, name: &str) -> Result<u64> {
        let now = (self.clock)();
        let node = *self.list(dir)?.get(name).ok_or(Errno::NoEnt)?;
        let is_dir = self.is_dir(node);
        let dir = self.node_mut(dir)?;
        if let NodeKind::Dir(entries) = &mut dir.kind {
            entries.remove(name);
        }
        dir.nlink -= u64::from(is_dir);
        (dir.mtim, dir.ctim) = (now, now);
        Ok(node)
    }

    /// One name less.
    fn unlinked(&mut self, ino: u64) -> Result {
        let (is_dir, now) = (self.is_dir(ino), (self.clock)());
        let node = self.node_mut(ino)?;
        node.nlink = if is_dir { 0 } else { node.nlink - 1 };
        node.ctim = now;
        if node.nlink > 0 {
            // One of several names.
            self.used = self.used.saturating_sub(NODE_COST);
        }
        self.drop_unused(ino);
        Ok(())
    }

    fn create(&mut self, place: &Place, kind: NodeKind) -> Result<u64> {
        let name = place.name.as_deref().ok_or(Errno::Exist)?;
        if self.node(place.dir)?.nlink == 0 {
            return Err(Errno::NoEnt);
        }
        self.take(NODE_COST)?;
        let node = self.add(kind);
        self.enter(place.dir, name, node)?;
        Ok(node)
    }

    pub(super) fn open(&mut self, root: u64, path: &str, how: &OpenHow) -> Result<u64> {
        let exclusive = how.oflags.contains(OFlags::CREAT | OFlags::EXCL);
        if how.oflags.contains(OFlags::CREAT) && path.ends_with('/') {
            // What is made is no directory; `.` and `..` are there already.
            let place = self.find(root, trim(path)?, false)?;
            return Err(if exclusive && place.name.is_none() { Errno::Exist } else { Errno::IsDir });
        }
        let place = self.find_any(root, path, how.follow && !exclusive)?;
        let create = how.oflags.contains(OFlags::CREAT);
        let Some(node) = place.node else {
            return match create {
                true if place.slash => Err(Errno::IsDir),
                true => self.create(&place, NodeKind::File(Vec::new())),
                false => Err(Errno::NoEnt),
            };
        };
        if exclusive {
            return Err(Errno::Exist);
        }
        let directory = how.oflags.contains(OFlags::DIRECTORY);
        match &self.node(node)?.kind {
            NodeKind::Link(_) => Err(Errno::Loop),
            NodeKind::File(_) if place.slash => Err(if create { Errno::IsDir } else { Errno::NotDir }),
            NodeKind::File(_) if directory => Err(Errno::NotDir),
            NodeKind::Dir(_) if how.write || create || how.oflags.contains(OFlags::TRUNC) => {
                Err(Errno::IsDir)
            }
            NodeKind::File(_) if how.oflags.contains(OFlags::TRUNC) => {
                self.set_size(node, 0)?;
                Ok(node)
            }
            _ => Ok(node),
        }
    }

    pub(super) fn create_dir(&mut self, root: u64, path: &str) -> Result<u64> {
        let place = self.find(root, trim(path)?, false)?;
        match place.node {
            Some(_) => Err(Errno::Exist),
            None => self.create(&place, NodeKind::Dir(BTreeMap::new())),
        }
    }

    pub(super) fn symlink(&mut self, root: u64, target: &str, path: &str) -> Result {
        check_path(path)?;
        check_target(target)?;
        let place = self.find(root, path, false)?;
        match place.node {
            Some(_) => Err(Errno::Exist),
            None if place.slash => Err(Errno::NoEnt),
            None => self.create(&place, NodeKind::Link(target.to_owned())).map(drop),
        }
    }

    pub(super) fn remove_dir(&mut self, root: u64, path: &str) -> Result {
        let place = self.find(root, trim(path)?, false)?;
        let node = place.node.ok_or(Errno::NoEnt)?;
        let entries = self.list(node)?;
        let name = place.name.as_deref().ok_or(Errno::Inval)?;
        if !entries.is_empty() {
            return Err(Errno::NotEmpty);
        }
        self.leave(place.dir, name)?;
        self.unlinked(node)
    }

    pub(super) fn unlink(&mut self, root: u64, path: &str) -> Result {
        let place = self.find(root, path, false)?;
        let node = place.node.ok_or(Errno::NoEnt)?;
        let (false, Some(name)) = (self.is_dir(node), place.name.as_deref()) else {
            return Err(Errno::IsDir);
        };
        self.leave(place.dir, name)?;
        self.unlinked(node)
    }

    pub(super) fn link(&mut self, root: u64, path: &str, to: u64, to_path: &str) -> Result {
        check_path(path)?;
        check_path(to_path)?;
        let from = self.find(root, path, false)?;
        let place = self.find(to, to_path, false)?;
        let node = from.node.ok_or(Errno::NoEnt)?;
        match place.node {
            Some(_) => return Err(Errno::Exist),
            None if place.slash => return Err(Errno::NoEnt),
            None if self.is_dir(node) => return Err(Errno::Perm),
            None => {}
        }
        self.take(NODE_COST)?;
        self.enter(place.dir, place.name.as_deref().ok_or(Errno::Exist)?, node)?;
        let now = (self.clock)();
        let node = self.node_mut(node)?;
        node.nlink += 1;
        node.ctim = now;
        Ok(())
    }

    pub(super) fn rename(&mut self, root: u64, path: &str, to: u64, to_path: &str) -> Result {
        let slash = path.ends_with('/') || to_path.ends_with('/');
        let (path, to_path) = (trim(path)?, trim(to_path)?);
        let from = self.find(root, path, false)?;
        let place = self.find(to, to_path, false)?;
        let (Some(old_name), Some(new_name)) = (&from.name, &place.name) else { return Err(Errno::Busy) };
        let node = from.node.ok_or(Errno::NoEnt)?;
        let is_dir = self.is_dir(node);
        if !is_dir && slash {
            return Err(Errno::NotDir);
        }
        if place.node == Some(node) {
            return Ok(());
        }
        if is_dir && place.way.contains(&node) {
            return Err(Errno::Inval);
        }
        if let Some(there) = place.node {
            if from.way.contains(&there) {
                return Err(Errno::NotEmpty);
            }
            match (is_dir, self.is_dir(there)) {
                (true, false) => return Err(Errno::NotDir),
                (false, true) => return Err(Errno::IsDir),
                (true, true) if !self.list(there)?.is_empty() => return Err(Errno::NotEmpty),
                _ => {}
            }
            self.leave(place.dir, new_name)?;
            self.unlinked(there)?;
        }
        self.leave(from.dir, old_name)?;
        self.enter(place.dir, new_name, node)
    }
}

/// The names in a path, the last first. What follows the last slash is no name.
fn split(path: &str) -> impl Iterator<Item = String> {
    path.rsplit('/').filter(|name| !name.is_empty()).map(str::to_owned)
}
