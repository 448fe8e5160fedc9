//! Paths, in directories of each kind: each line is a call and how it ends.

mod guest;

use guest::{Guest, OUT, PATH, kinds, on_each_kind};
use terrane_wasi::{Access, Errno, NamedDir, Rights, WasiCtxBuilder};

const CREAT: i64 = 1;
const DIRECTORY: i64 = 2;
const EXCL: i64 = 4;
const TRUNC: i64 = 8;

fn err<T>(errno: Errno) -> Result<T, u16> {
    Err(errno as u16)
}

#[test]
fn opening() {
    on_each_kind(|guest| {
        guest.path("path_create_directory", 3, "d").unwrap();
        guest.file(3, "d/f", b"hello");
        for (path, oflags, expected) in [
            ("missing", 0, Errno::NoEnt),
            ("d/missing", 0, Errno::NoEnt),
            ("missing/f", CREAT, Errno::NoEnt),
            ("", 0, Errno::NoEnt),
            ("d/f", CREAT | EXCL, Errno::Exist),
            ("d/f", DIRECTORY, Errno::NotDir),
            ("d/f/", 0, Errno::NotDir),
            ("d/f/.", 0, Errno::NotDir),
            ("d/f/x", CREAT, Errno::NotDir),
            ("d", CREAT | EXCL, Errno::Exist),
            ("d", TRUNC, Errno::IsDir),
            ("d", 0, Errno::IsDir),
            ("new/", CREAT, Errno::IsDir),
            ("new", CREAT | DIRECTORY, Errno::Inval),
            ("new", 16, Errno::Inval),
            ("/d/f", 0, Errno::Perm),
            ("..", DIRECTORY, Errno::Perm),
            ("../secret", 0, Errno::Perm),
            ("d/../../inside/d/f", 0, Errno::Perm),
            ("d/f\0", 0, Errno::Inval),
        ] {
            assert_eq!(guest.open(3, path, oflags), err(expected), "{path:?} {oflags}");
        }
        assert_eq!(guest.open(3, &"x".repeat(256), CREAT), err(Errno::NameTooLong));
        assert_eq!(guest.open(3, &"x/".repeat(2500), 0), err(Errno::NameTooLong));
        for path in ["d/f", "d//f", "./d/f", "d/./f", "d/../d/f", "d/.//../d/f"] {
            assert_eq!(guest.contents(3, path).unwrap(), b"hello", "{path:?}");
        }
        let fd = guest.open(3, "d/", DIRECTORY).unwrap();
        assert_eq!(guest.contents(fd, "f").unwrap(), b"hello");
        assert_eq!(guest.open(fd, "../d/f", 0), err(Errno::Perm));
        let file = guest.open(3, "d/f", 0).unwrap();
        assert_eq!(guest.open(file, "x", 0), err(Errno::NotDir));
        guest.open(3, "d/f", TRUNC).unwrap();
        assert_eq!(guest.contents(3, "d/f").unwrap(), b"");
    });
}

#[test]
fn no_utf8() {
    on_each_kind(|guest| {
        guest.write(PATH, b"a\xff");
        assert_eq!(guest.call("path_unlink_file", &[3, PATH.into(), 2]), err(Errno::IlSeq));
    });
}

#[test]
fn links() {
    on_each_kind(|guest| {
        guest.path("path_create_directory", 3, "d").unwrap();
        guest.file(3, "d/f", b"hello");
        for (target, path) in [
            ("d/f", "link"),
            ("nothing", "dangling"),
            ("loop", "loop"),
            ("../../secret", "d/out"),
            ("../d/f", "d/back"),
            ("d", "dir"),
        ] {
            guest.symlink(target, 3, path).unwrap();
        }
        assert_eq!(guest.symlink("/etc/passwd", 3, "abs"), err(Errno::Perm));
        assert_eq!(guest.symlink("x", 3, "link"), err(Errno::Exist));
        assert_eq!(guest.symlink("x", 3, "missing/"), err(Errno::NoEnt));
        assert_eq!(guest.contents(3, "link").unwrap(), b"hello");
        assert_eq!(guest.contents(3, "d/back").unwrap(), b"hello");
        assert_eq!(guest.contents(3, "dir/f").unwrap(), b"hello");
        for (path, lookup, expected) in [
            ("dangling", 1, Errno::NoEnt),
            ("dangling", 0, Errno::Loop),
            ("link", 0, Errno::Loop),
            ("loop", 1, Errno::Loop),
            ("d/out", 1, Errno::Perm),
        ] {
            let opened = guest.open_with(3, path, lookup, 0, Rights::all(), 0);
            assert_eq!(opened, err(expected), "{path:?} {lookup}");
        }
        assert_eq!(guest.open(3, "dangling", CREAT | EXCL), err(Errno::Exist));
        assert_eq!(guest.read_link(3, "link", 100), Ok("d/f".into()));
        assert_eq!(guest.read_link(3, "link", 2), Ok("d/".into()));
        assert_eq!(guest.read_link(3, "link", 0), Ok(String::new()));
        assert_eq!(guest.read_link(3, "d/f", 100), err(Errno::Inval));
        assert_eq!(guest.stat(3, 0, "link"), Ok((7, 1, 3)));
        assert_eq!(guest.stat(3, 1, "link"), Ok((4, 1, 5)));

        guest.link(3, 0, "d/f", 3, "hard").unwrap();
        assert_eq!(guest.stat(3, 0, "hard"), Ok((4, 2, 5)));
        assert_eq!(guest.link(3, 0, "d/f", 3, "hard"), err(Errno::Exist));
        assert_eq!(guest.link(3, 0, "d", 3, "x"), err(Errno::Perm));
        assert_eq!(guest.link(3, 0, "missing", 3, "x"), err(Errno::NoEnt));
        assert_eq!(guest.link(3, 1, "link", 3, "x"), err(Errno::Inval));
        guest.link(3, 0, "dangling", 3, "same").unwrap();
        assert_eq!(guest.read_link(3, "same", 100), Ok("nothing".into()));
        // A file stays as long as somebody has it open.
        let fd = guest.open(3, "hard", 0).unwrap();
        guest.path("path_unlink_file", 3, "hard").unwrap();
        guest.path("path_unlink_file", 3, "d/f").unwrap();
        assert_eq!(guest.read_fd(fd, 10).unwrap(), b"hello");
        guest.open(3, "dangling", CREAT).unwrap();
        assert_eq!(guest.stat(3, 0, "nothing"), Ok((4, 1, 0)));
    });
}

#[test]
fn removing_and_renaming() {
    on_each_kind(|guest| {
        for path in ["d", "d/e", "empty", "target"] {
            guest.path("path_create_directory", 3, path).unwrap();
        }
        guest.file(3, "f", b"one");
        guest.file(3, "g", b"two");
        for (name, path, expected) in [
            ("path_unlink_file", "d", Errno::IsDir),
            ("path_unlink_file", "f/", Errno::NotDir),
            ("path_unlink_file", "missing", Errno::NoEnt),
            ("path_remove_directory", "d", Errno::NotEmpty),
            ("path_remove_directory", "f", Errno::NotDir),
            ("path_remove_directory", "f/", Errno::NotDir),
            ("path_remove_directory", "missing", Errno::NoEnt),
            ("path_remove_directory", "d/e/.", Errno::Inval),
            ("path_create_directory", "d", Errno::Exist),
            ("path_create_directory", "f", Errno::Exist),
            ("path_create_directory", "missing/d", Errno::NoEnt),
            ("path_create_directory", "../d", Errno::Perm),
        ] {
            assert_eq!(guest.path(name, 3, path), err(expected), "{name} {path:?}");
        }
        for (path, to, expected) in [
            ("missing", "x", Errno::NoEnt),
            ("f", "d", Errno::IsDir),
            ("d", "f", Errno::NotDir),
            ("empty", "d", Errno::NotEmpty),
            ("d", "d/e/x", Errno::Inval),
            ("f/", "x", Errno::NotDir),
            ("f", "x/", Errno::NotDir),
            ("f", "../f", Errno::Perm),
        ] {
            assert_eq!(guest.rename(3, path, 3, to), err(expected), "{path:?} {to:?}");
        }
        assert_eq!(guest.rename(3, "f", 3, "f"), Ok(()));
        assert_eq!(guest.rename(3, "f", 3, "g"), Ok(()));
        assert_eq!(guest.contents(3, "g").unwrap(), b"one");
        assert_eq!(guest.rename(3, "d/", 3, "target/"), Ok(()));
        assert_eq!(guest.stat(3, 0, "target/e").unwrap().0, 3);
        let fd = guest.open(3, "target", DIRECTORY).unwrap();
        assert_eq!(guest.rename(3, "g", fd, "g"), Ok(()));
        assert_eq!(guest.path("path_remove_directory", 3, "target/e/"), Ok(()));
        assert_eq!(guest.names(fd, 4096).unwrap(), [".", "..", "g"]);
        assert_eq!(guest.names(3, 4096).unwrap(), [".", "..", "empty", "target"]);
    });
}

#[test]
fn read_only() {
    for (_, mut guest, _temp) in kinds(Access::ReadOnly) {
        for (path, oflags) in [("x", CREAT), ("x", TRUNC), ("x", 0)] {
            assert_eq!(guest.open(3, path, oflags), err(Errno::Perm));
        }
        for name in ["path_create_directory", "path_unlink_file", "path_remove_directory"] {
            assert_eq!(guest.path(name, 3, "x"), err(Errno::Perm));
        }
        assert_eq!(guest.symlink("x", 3, "y"), err(Errno::Perm));
        assert_eq!(guest.rename(3, "x", 3, "y"), err(Errno::Perm));
        assert_eq!(guest.link(3, 0, "x", 3, "y"), err(Errno::Perm));
        let dir = guest.open_to_read(3, ".", DIRECTORY).unwrap();
        assert_eq!(guest.path("path_create_directory", dir, "x"), err(Errno::Perm));
        assert_eq!(guest.call("fd_filestat_set_times", &[dir.into(), 1, 1, 5]), err(Errno::Perm));
    }
}

#[test]
fn name_only() {
    let mut guest = Guest::new(WasiCtxBuilder::new().preopen("/home", NamedDir, Access::ReadWrite).build());
    guest.call("fd_prestat_get", &[3, OUT.into()]).unwrap();
    assert_eq!(guest.u32(OUT + 4), 5);
    assert_eq!(guest.open(3, "x", 0), err(Errno::NotCapable));
    assert_eq!(guest.stat(3, 0, "x"), err(Errno::NotCapable));
    assert_eq!(guest.names(3, 100), err(Errno::NotCapable));
}

#[test]
fn times() {
    on_each_kind(|guest| {
        guest.file(3, "f", b"");
        guest.write(PATH, b"f");
        let set = |guest: &mut Guest, atim, mtim, flags| {
            guest.call("path_filestat_set_times", &[3, 1, PATH.into(), 1, atim, mtim, flags])
        };
        let get = |guest: &mut Guest| {
            guest.stat(3, 1, "f").unwrap();
            (guest.u64(OUT + 40), guest.u64(OUT + 48))
        };
        set(guest, 1_000_000_000, 2_000_000_000, 1 | 4).unwrap();
        assert_eq!(get(guest), (1_000_000_000, 2_000_000_000));
        set(guest, 5, 3_000_000_000, 4).unwrap();
        assert_eq!(get(guest), (1_000_000_000, 3_000_000_000));
        for flags in [1 | 2, 4 | 8, 16] {
            assert_eq!(set(guest, 0, 0, flags), err(Errno::Inval));
        }
        let dir = guest.open(3, ".", DIRECTORY).unwrap();
        assert_eq!(guest.call("fd_filestat_set_times", &[dir.into(), 7_000_000_000, 0, 1]), Ok(()));
        guest.call("fd_filestat_get", &[dir.into(), OUT.into()]).unwrap();
        assert_eq!(guest.u64(OUT + 40), 7_000_000_000);
        guest.write(PATH, b"f");
        set(guest, 0, 0, 2 | 8).unwrap();
        assert!(get(guest).0 > 1_600_000_000_000_000_000);
    });
}

#[test]
fn space_is_limited() {
    let dir = terrane_wasi::MemoryDir::new();
    dir.set_limit(10_100);
    let mut guest = Guest::new(WasiCtxBuilder::new().preopen("/", dir.clone(), Access::ReadWrite).build());
    let fd = guest.open(3, "f", 1).unwrap();
    let set_size = |guest: &mut Guest, size| guest.call("fd_filestat_set_size", &[fd.into(), size]);
    for size in [10_000, 1 << 40, i64::MAX] {
        assert_eq!(set_size(&mut guest, size), err(Errno::NoSpc));
    }
    for _ in 0..10 {
        assert_eq!(set_size(&mut guest, 9_300), Ok(()));
        assert_eq!(guest.open(3, "g", 1), err(Errno::NoSpc));
        assert_eq!(set_size(&mut guest, 0), Ok(()));
        guest.file(3, "g", &[1; 9_000]);
        guest.path("path_unlink_file", 3, "g").unwrap();
    }
}
