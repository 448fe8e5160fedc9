//! Nothing outside of a directory of the host is reached, seen or changed.
#![cfg(unix)]

mod guest;

use guest::{Guest, OUT, PATH, kinds};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use terrane_wasi::{Access, Errno, Rights};

const PERM: Result<(), u16> = Err(Errno::Perm as u16);

/// A guest that is given the directory `inside`, beside which there is what is not its business.
struct Place {
    guest: Guest,
    temp: tempfile::TempDir,
}

impl Place {
    fn new(access: Access) -> Self {
        let (_, guest, temp) = kinds(access).remove(1);
        let temp = temp.unwrap();
        let outside = temp.path();
        fs::create_dir(outside.join("other")).unwrap();
        fs::write(outside.join("other/file"), "other").unwrap();
        symlink("other/file", outside.join("link")).unwrap();
        let inside = outside.join("inside");
        fs::create_dir_all(inside.join("d/e")).unwrap();
        fs::write(inside.join("f"), "mine").unwrap();
        for (target, link) in [
            ("../secret", "relative"),
            ("relative", "chained"),
            ("..", "up"),
            ("up", "upup"),
            ("../..", "d/top"),
            ("d/../..", "winding"),
        ] {
            symlink(target, inside.join(link)).unwrap();
        }
        symlink(outside.join("secret"), inside.join("absolute")).unwrap();
        symlink(outside, inside.join("root")).unwrap();
        Self { guest, temp }
    }

    fn inside(&self) -> PathBuf {
        self.temp.path().join("inside")
    }

    /// All that is outside, with what it was when it was put there.
    fn check(&self, after: &str) {
        let mut found = Vec::new();
        tree(self.temp.path(), Path::new(""), &mut found);
        let expected = ["inside", "link -> other/file", "other", "other/file: other", "secret: secret"];
        assert_eq!(found, expected, "after {after}");
    }
}

fn tree(root: &Path, at: &Path, found: &mut Vec<String>) {
    let mut names: Vec<_> =
        fs::read_dir(root.join(at)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    for name in names {
        let path = at.join(name);
        let (full, shown) = (root.join(&path), path.display());
        let filetype = fs::symlink_metadata(&full).unwrap().file_type();
        if filetype.is_symlink() {
            found.push(format!("{shown} -> {}", fs::read_link(full).unwrap().display()));
        } else if filetype.is_file() {
            found.push(format!("{shown}: {}", fs::read_to_string(full).unwrap()));
        } else {
            found.push(shown.to_string());
            if path != Path::new("inside") {
                tree(root, &path, found);
            }
        }
    }
}

/// Paths whose last name is outside, however it is said.
fn ways_out(outside: &Path) -> Vec<String> {
    let mut ways: Vec<String> = [
        "../NAME",
        "./../NAME",
        "d/../../NAME",
        "d/e/../../../NAME",
        "up/NAME",
        "upup/NAME",
        "d/top/NAME",
        "winding/NAME",
        "root/NAME",
        "up/inside/../NAME",
        "root/inside/up/NAME",
        "..//NAME",
    ]
    .map(str::to_owned)
    .to_vec();
    ways.push(format!("{}/NAME", outside.display()));
    ways.push("/NAME".to_owned());
    ways
}

#[test]
fn by_names_and_links() {
    let mut place = Place::new(Access::ReadWrite);
    for way in ways_out(place.temp.path()) {
        let at = |name: &str| way.replace("NAME", name);
        let guest = &mut place.guest;
        for path in [at("secret"), at("other/file"), at("new"), at("other"), at("link")] {
            for oflags in [0, 1, 2, 5, 8, 9] {
                for (lookup, rights) in [(0, Rights::FD_READ), (1, Rights::FD_READ | Rights::FD_WRITE)] {
                    let opened = guest.open_with(3, &path, lookup, oflags, rights, 0);
                    assert_eq!(opened.map(drop), PERM, "open {path:?} {oflags}");
                }
            }
            for lookup in [0, 1] {
                assert_eq!(guest.stat(3, lookup, &path).map(drop), PERM, "stat {path:?}");
                guest.write(PATH, path.as_bytes());
                let times = [3, lookup, PATH.into(), path.len() as i64, 0, 0, 5];
                assert_eq!(guest.call("path_filestat_set_times", &times), PERM, "times {path:?}");
            }
            for name in ["path_create_directory", "path_remove_directory", "path_unlink_file"] {
                assert_eq!(guest.path(name, 3, &path), PERM, "{name} {path:?}");
            }
            assert_eq!(guest.read_link(3, &path, 99).map(drop), PERM, "readlink {path:?}");
            assert_eq!(guest.symlink("f", 3, &path), PERM, "symlink {path:?}");
            assert_eq!(guest.link(3, 0, &path, 3, "got"), PERM, "link {path:?}");
            assert_eq!(guest.link(3, 0, "f", 3, &path), PERM, "link to {path:?}");
            assert_eq!(guest.rename(3, &path, 3, "got"), PERM, "rename {path:?}");
            assert_eq!(guest.rename(3, "f", 3, &path), PERM, "rename to {path:?}");
        }
        place.check(&way);
    }
    for link in ["relative", "chained", "absolute"] {
        for oflags in [0, 1, 8, 9] {
            assert_eq!(place.guest.open(3, link, oflags).map(drop), PERM, "{link}");
        }
        assert_eq!(place.guest.stat(3, 1, link).map(drop), PERM, "{link}");
    }
    for dir in ["..", "up", "upup", "root", "d/top", "winding", "/", "d/../.."] {
        assert_eq!(place.guest.open(3, dir, 2).map(drop), PERM, "{dir}");
    }
    place.check("links at the end");
}

/// A directory that the guest has open leads to what is in it, wherever it is moved to, and to nothing above it.
#[test]
fn by_moving() {
    let mut place = Place::new(Access::ReadWrite);
    let inside = place.inside();
    let dir = place.guest.open(3, "d/e", 2).unwrap();
    place.guest.file(dir, "mine", b"mine");
    assert_eq!(place.guest.open(dir, "../../f", 0).map(drop), PERM);
    fs::rename(inside.join("d/e"), place.temp.path().join("other/e")).unwrap();
    assert_eq!(place.guest.contents(dir, "mine").unwrap(), b"mine");
    for path in ["../file", "../../secret", "..", "../e/mine"] {
        assert_eq!(place.guest.open(dir, path, 0).map(drop), PERM, "{path}");
        assert_eq!(place.guest.rename(dir, "mine", dir, path), PERM, "{path}");
        assert_eq!(place.guest.rename(dir, path, 3, "got"), PERM, "{path}");
    }
    fs::rename(place.temp.path().join("other/e"), inside.join("back")).unwrap();
    place.check("moving");
}

/// A hard link is the guest's own file, as whoever has put it there wanted; the guest makes none to what is outside.
#[test]
fn by_hard_links() {
    let mut place = Place::new(Access::ReadWrite);
    fs::hard_link(place.temp.path().join("secret"), place.inside().join("given")).unwrap();
    assert_eq!(place.guest.contents(3, "given").unwrap(), b"secret");
    for lookup in [0, 1] {
        for path in ["../secret", "root/secret", "up/secret"] {
            let linked = place.guest.link(3, lookup, path, 3, "got");
            assert!(linked == PERM || linked == Err(Errno::Inval as u16), "{path}");
        }
    }
    // The link itself, not what it leads to.
    place.guest.link(3, 0, "absolute", 3, "again").unwrap();
    assert_eq!(place.guest.open(3, "again", 0).map(drop), PERM);
    place.check("hard links");
}

/// Somebody changes a directory into a link that leads out and back again, all the time.
#[test]
fn by_races() {
    let mut place = Place::new(Access::ReadWrite);
    let inside = place.inside();
    fs::create_dir(inside.join("real")).unwrap();
    symlink("../other", inside.join("out")).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for name in ["real", "out"] {
                    fs::rename(inside.join(name), inside.join("flip")).unwrap();
                    fs::rename(inside.join("flip"), inside.join(name)).unwrap();
                }
            }
        });
        let guest = &mut place.guest;
        for i in 0..300 {
            if let Ok(fd) = guest.open(3, "flip/file", [0, 1, 8, 9][i % 4]) {
                let _ = guest.write_fd(fd, b"changed");
                guest.close(fd).unwrap();
            }
            let _ = guest.path("path_unlink_file", 3, "flip/file");
            let _ = guest.path("path_create_directory", 3, "flip/made");
            let _ = guest.path("path_remove_directory", 3, "flip/made");
            let _ = guest.symlink("f", 3, "flip/link");
            let _ = guest.path("path_unlink_file", 3, "flip/link");
            let _ = guest.rename(3, "flip/file", 3, "got");
            let _ = guest.link(3, 0, "f", 3, "flip/hard");
            let _ = guest.path("path_unlink_file", 3, "flip/hard");
        }
        done.store(true, Ordering::Relaxed);
    });
    place.check("races");
}

/// What is given for reading only stays as it is, whatever is tried.
#[test]
fn read_only() {
    let mut place = Place::new(Access::ReadOnly);
    let mut before = Vec::new();
    tree(&place.inside(), Path::new(""), &mut before);
    let dir = place.guest.open(3, "d", 2).unwrap();
    let file = place.guest.open_to_read(3, "f", 0).unwrap();
    let guest = &mut place.guest;
    for (fd, path) in [(3, "f"), (3, "new"), (3, "d"), (dir, "e"), (dir, "new")] {
        for (oflags, rights) in
            [(1, Rights::FD_READ), (8, Rights::FD_READ), (9, Rights::FD_READ), (0, Rights::all())]
        {
            let opened = guest.open_with(fd, path, 1, oflags, rights, 0);
            assert_eq!(opened.map(drop), PERM, "{path} {oflags}");
        }
        for name in ["path_create_directory", "path_remove_directory", "path_unlink_file"] {
            assert_eq!(guest.path(name, fd, path), PERM, "{name} {path}");
        }
        guest.write(PATH, path.as_bytes());
        let times = [fd.into(), 1, PATH.into(), path.len() as i64, 0, 0, 5];
        assert_eq!(guest.call("path_filestat_set_times", &times), PERM, "{path}");
        assert_eq!(guest.symlink("f", fd, path), PERM, "{path}");
        assert_eq!(guest.link(fd, 0, path, 3, "got"), PERM, "{path}");
        assert_eq!(guest.rename(fd, path, 3, "got"), PERM, "{path}");
    }
    let size = guest.call("fd_filestat_set_size", &[file.into(), 0]);
    assert_eq!(size, Err(Errno::Inval as u16));
    assert_eq!(guest.call("fd_allocate", &[file.into(), 0, 99]), Err(Errno::BadF as u16));
    assert_eq!(guest.write_fd(file, b"x"), Err(Errno::BadF as u16));
    assert_eq!(guest.pwrite(file, b"x", 0), Err(Errno::BadF as u16));
    for fd in [3, dir, file] {
        assert_eq!(guest.call("fd_filestat_set_times", &[fd.into(), 0, 0, 5]), PERM);
    }
    // Also what comes by another number.
    guest.call("fd_renumber", &[dir.into(), 3]).unwrap();
    assert_eq!(guest.path("path_create_directory", 3, "x"), PERM);
    guest.call("fd_filestat_get", &[file.into(), OUT.into()]).unwrap();
    let mut after = Vec::new();
    tree(&place.inside(), Path::new(""), &mut after);
    assert_eq!(before, after);
}
