//! Descriptors: reading, writing, positions, flags, rights, listings.

mod guest;

use guest::{DATA, Guest, OLD, OUT, on_each_kind};
use terrane_wasi::{Access, Errno, MemoryDir, Rights, WasiCtxBuilder};

fn err<T>(errno: Errno) -> Result<T, u16> {
    Err(errno as u16)
}

#[test]
fn positions() {
    on_each_kind(|guest| {
        let fd = guest.open(3, "f", 1).unwrap();
        assert_eq!(guest.write_fd(fd, b"0123456789"), Ok(10));
        assert_eq!(guest.seek(fd, 2, 0), Ok(2));
        assert_eq!(guest.read_fd(fd, 3).unwrap(), b"234");
        assert_eq!(guest.seek(fd, 1, 1), Ok(6));
        assert_eq!(guest.seek(fd, -1, 2), Ok(9));
        assert_eq!(guest.seek(fd, -10, 1), err(Errno::Inval));
        assert_eq!(guest.seek(fd, 0, 3), err(Errno::Inval));
        assert_eq!(guest.seek(fd, 0, 1), Ok(9));
        assert_eq!(guest.pread(fd, 2, 4).unwrap(), b"45");
        assert_eq!(guest.pread(fd, 2, 100).unwrap(), b"");
        assert_eq!(guest.pread(fd, 2, -1), err(Errno::Inval));
        assert_eq!(guest.pwrite(fd, b"xy", 12), Ok(2));
        guest.call("fd_tell", &[fd.into(), OUT.into()]).unwrap();
        assert_eq!(guest.u64(OUT), 9);
        assert_eq!(guest.contents(3, "f").unwrap(), b"0123456789\0\0xy");
        guest.call("fd_filestat_set_size", &[fd.into(), 3]).unwrap();
        assert_eq!(guest.contents(3, "f").unwrap(), b"012");
        guest.call("fd_allocate", &[fd.into(), 2, 4]).unwrap();
        assert_eq!(guest.contents(3, "f").unwrap(), b"012\0\0\0");
        assert_eq!(guest.call("fd_allocate", &[fd.into(), 2, 0]), err(Errno::Inval));
        assert_eq!(guest.call("fd_advise", &[fd.into(), 0, 10, 3]), Ok(()));
        assert_eq!(guest.call("fd_advise", &[fd.into(), 0, 10, 6]), err(Errno::Inval));
        for name in ["fd_sync", "fd_datasync"] {
            assert_eq!(guest.call(name, &[fd.into()]), Ok(()), "{name}");
            assert_eq!(guest.call(name, &[3]), Ok(()), "{name}");
        }
    });
}

#[test]
fn appending() {
    on_each_kind(|guest| {
        guest.file(3, "f", b"one");
        let fd = guest.open_with(3, "f", 1, 0, Rights::all(), 1).unwrap();
        assert_eq!(guest.read_fd(fd, 2).unwrap(), b"on");
        assert_eq!(guest.write_fd(fd, b"two"), Ok(3));
        assert_eq!(guest.seek(fd, 0, 1), Ok(6));
        guest.call("fd_fdstat_set_flags", &[fd.into(), 0]).unwrap();
        guest.seek(fd, 0, 0).unwrap();
        assert_eq!(guest.write_fd(fd, b"X"), Ok(1));
        guest.call("fd_fdstat_set_flags", &[fd.into(), 1]).unwrap();
        guest.call("fd_fdstat_get", &[fd.into(), OUT.into()]).unwrap();
        assert_eq!((guest.bytes(OUT, 1)[0], guest.u16(OUT + 2)), (4, 1));
        assert_eq!(guest.write_fd(fd, b"!"), Ok(1));
        assert_eq!(guest.contents(3, "f").unwrap(), b"Xnetwo!");
        // Each writes where the end is, not where it was.
        let other = guest.open_with(3, "f", 1, 0, Rights::FD_WRITE, 1).unwrap();
        assert_eq!(guest.write_fd(other, b"?"), Ok(1));
        assert_eq!(guest.write_fd(fd, b"."), Ok(1));
        assert_eq!(guest.seek(fd, 0, 1), Ok(9));
        assert_eq!(guest.seek(other, 0, 1), Ok(8));
        assert_eq!(guest.contents(3, "f").unwrap(), b"Xnetwo!?.");
        // Also with a place, as on Linux; the position stays.
        assert_eq!(guest.pwrite(fd, b"+", 0), Ok(1));
        assert_eq!(guest.seek(fd, 0, 1), Ok(9));
        assert_eq!(guest.contents(3, "f").unwrap(), b"Xnetwo!?.+");
        assert_eq!(guest.call("fd_fdstat_set_flags", &[fd.into(), 16]), err(Errno::Inval));
        assert_eq!(guest.call("fd_fdstat_set_flags", &[fd.into(), 32]), err(Errno::Inval));
    });
}

#[test]
fn rights() {
    on_each_kind(|guest| {
        guest.file(3, "f", b"one");
        let fd = guest.open_with(3, "f", 1, 0, Rights::FD_READ, 0).unwrap();
        assert_eq!(guest.write_fd(fd, b"x"), err(Errno::BadF));
        assert_eq!(guest.pwrite(fd, b"x", 0), err(Errno::BadF));
        assert_eq!(guest.call("fd_filestat_set_size", &[fd.into(), 0]), err(Errno::Inval));
        assert_eq!(guest.seek(fd, 0, 0), Ok(0));
        let fd = guest.open_with(3, "f", 1, 0, Rights::FD_WRITE, 0).unwrap();
        assert_eq!(guest.read_fd(fd, 1), err(Errno::BadF));
        guest.call("fd_fdstat_get", &[fd.into(), OUT.into()]).unwrap();
        let base = Rights::from_bits_retain(guest.u64(OUT + 8));
        assert!(base.contains(Rights::FD_WRITE | Rights::FD_SEEK) && !base.contains(Rights::FD_READ));
        // What is made can be written, whatever was asked for.
        let fd = guest.open_with(3, "new", 1, 1, Rights::empty(), 0).unwrap();
        assert_eq!(guest.call("fd_filestat_set_size", &[fd.into(), 9]), Ok(()));
        assert_eq!(guest.write_fd(fd, b"x"), Ok(1));
        // What the directory does not hand on, nobody gets.
        let fd = guest.open(3, ".", 2).unwrap();
        let (base, none) = (Rights::PATH_OPEN.bits() as i64, 0);
        guest.call("fd_fdstat_set_rights", &[fd.into(), base, none]).unwrap();
        let fd = guest.open(fd, "f", 0).unwrap();
        assert_eq!(guest.seek(fd, 0, 0), err(Errno::NotCapable));
        assert_eq!(guest.read_fd(fd, 1), err(Errno::BadF));

        let fd = guest.open(3, "f", 0).unwrap();
        let (less, more) = (Rights::FD_READ.bits() as i64, Rights::FD_WRITE.bits() as i64);
        assert_eq!(guest.call("fd_fdstat_set_rights", &[fd.into(), less, 0]), Ok(()));
        assert_eq!(guest.call("fd_fdstat_set_rights", &[fd.into(), more, 0]), err(Errno::NotCapable));
        assert_eq!(guest.write_fd(fd, b"x"), err(Errno::NotCapable));
        assert_eq!(guest.read_fd(fd, 1).unwrap(), b"o");

        let all = (Rights::all() - Rights::PATH_FILESTAT_SET_SIZE - Rights::PATH_CREATE_FILE).bits() as i64;
        guest.call("fd_fdstat_get", &[3, OUT.into()]).unwrap();
        let (base, inheriting) = (guest.u64(OUT + 8) as i64, guest.u64(OUT + 16) as i64);
        assert_eq!(base & Rights::FD_SEEK.bits() as i64, 0);
        guest.call("fd_fdstat_set_rights", &[3, base & all, inheriting]).unwrap();
        assert_eq!(guest.open(3, "f", 8), err(Errno::NotCapable));
        assert_eq!(guest.open(3, "g", 1), err(Errno::NotCapable));
        assert!(guest.open(3, "f", 0).is_ok());
    });
}

#[test]
fn numbers() {
    on_each_kind(|guest| {
        guest.file(3, "f", b"one");
        let (a, b) = (guest.open(3, "f", 0).unwrap(), guest.open(3, "f", 0).unwrap());
        assert_eq!((a, b), (4, 5));
        guest.close(a).unwrap();
        assert_eq!(guest.close(a), err(Errno::BadF));
        assert_eq!(guest.open(3, "f", 0), Ok(a));
        guest.seek(b, 1, 0).unwrap();
        let renumber =
            |guest: &mut Guest, from: u32, to: u32| guest.call("fd_renumber", &[from.into(), to.into()]);
        assert_eq!(renumber(guest, b, a), Ok(()));
        assert_eq!(guest.read_fd(a, 9).unwrap(), b"ne");
        assert_eq!(guest.read_fd(b, 9), err(Errno::BadF));
        assert_eq!(renumber(guest, b, a), err(Errno::BadF));
        assert_eq!(renumber(guest, a, 99), err(Errno::BadF));
        assert_eq!(renumber(guest, a, a), Ok(()));
        let dir = guest.open(3, ".", 2).unwrap();
        assert_eq!(guest.call("fd_prestat_get", &[dir.into(), OUT.into()]), err(Errno::BadF));
        assert_eq!(renumber(guest, dir, 3), Ok(()));
        assert_eq!(guest.contents(3, "f").unwrap(), b"one");
        guest.close(3).unwrap();
        assert_eq!(guest.open(3, "f", 0), err(Errno::BadF));
    });
}

#[test]
fn directories_are_no_files() {
    on_each_kind(|guest| {
        assert_eq!(guest.read_fd(3, 1), err(Errno::BadF));
        assert_eq!(guest.write_fd(3, b"x"), err(Errno::BadF));
        assert_eq!(guest.pread(3, 1, 0), err(Errno::BadF));
        assert_eq!(guest.seek(3, 0, 0), err(Errno::BadF));
        assert_eq!(guest.call("fd_allocate", &[3, 0, 1]), err(Errno::BadF));
        assert_eq!(guest.call("fd_filestat_set_size", &[3, 0]), err(Errno::BadF));
        assert_eq!(guest.call("fd_filestat_get", &[3, OUT.into()]), Ok(()));
        assert_eq!(guest.bytes(OUT + 16, 1), [3]);
    });
}

#[test]
fn listings() {
    on_each_kind(|guest| {
        let mut expected: Vec<String> = (0..100).map(|i| format!("file number {i}")).collect();
        for name in &expected {
            guest.file(3, name, b"");
        }
        guest.path("path_create_directory", 3, "ümläut").unwrap();
        expected.extend([".", "..", "ümläut"].map(str::to_owned));
        expected.sort();
        for size in [64, 100, 1000, 70000] {
            assert_eq!(guest.names(3, size).as_ref(), Ok(&expected), "{size}");
        }
        // What does not fit is cut off, and fills the buffer.
        guest.write(DATA, &[0xaa; 32]);
        guest.call("fd_readdir", &[3, DATA.into(), 30, 0, OUT.into()]).unwrap();
        assert_eq!(guest.u32(OUT), 30);
        assert_eq!(guest.bytes(DATA + 30, 2), [0xaa; 2]);
        guest.call("fd_readdir", &[3, DATA.into(), 30, 1000, OUT.into()]).unwrap();
        assert_eq!(guest.u32(OUT), 0);
        guest.call("fd_readdir", &[3, DATA.into(), 30, -1, OUT.into()]).unwrap();
        assert_eq!(guest.u32(OUT), 0);
        // A listing that was begun is not disturbed by what is removed meanwhile; a new one sees it.
        guest.path("path_unlink_file", 3, "file number 7").unwrap();
        assert_eq!(guest.names(3, 1000).unwrap().len(), expected.len() - 1);
        let file = guest.open(3, "file number 8", 0).unwrap();
        assert_eq!(guest.names(file, 100), err(Errno::BadF));
    });
}

#[test]
fn the_older_version() {
    let dir = MemoryDir::new();
    dir.write("f", "0123456789").unwrap();
    let mut guest = Guest::of(OLD, WasiCtxBuilder::new().preopen("/", dir, Access::ReadWrite).build());
    assert_eq!(guest.stat(3, 0, "f"), Ok((4, 1, 10)));
    let fd = guest.open(3, "f", 0).unwrap();
    assert_eq!(guest.seek(fd, 4, 2), Ok(4));
    assert_eq!(guest.seek(fd, 1, 0), Ok(5));
    assert_eq!(guest.seek(fd, -1, 1), Ok(9));
}

#[test]
fn preopens() {
    let mut builder = WasiCtxBuilder::new();
    builder.preopen("/one", MemoryDir::new(), Access::ReadWrite);
    let mut guest = Guest::new(builder.preopen("two", MemoryDir::new(), Access::ReadWrite).build());
    for (fd, name) in [(3, "/one"), (4, "two")] {
        guest.call("fd_prestat_get", &[fd, OUT.into()]).unwrap();
        assert_eq!((guest.u32(OUT), guest.u32(OUT + 4)), (0, name.len() as u32));
        guest.call("fd_prestat_dir_name", &[fd, OUT.into(), 100]).unwrap();
        assert_eq!(guest.bytes(OUT, name.len() as u32), name.as_bytes());
        assert_eq!(guest.call("fd_prestat_dir_name", &[fd, OUT.into(), 2]), err(Errno::NameTooLong));
    }
    for fd in [0, 1, 2, 5] {
        assert_eq!(guest.call("fd_prestat_get", &[fd, OUT.into()]), err(Errno::BadF));
    }
    guest.file(3, "f", b"");
    assert_eq!(guest.rename(3, "f", 4, "f"), err(Errno::XDev));
}
