use super::*;

const STAT: FileStat = FileStat {
    dev: 1,
    ino: 2,
    filetype: FileType::RegularFile,
    nlink: 3,
    size: 4,
    atim: 5,
    mtim: 6,
    ctim: 7,
};

#[test]
fn numbers() {
    assert_eq!(Errno::BadF as u16, 8);
    assert_eq!(Errno::Fault as u16, 21);
    assert_eq!(Errno::Inval as u16, 28);
    assert_eq!(Errno::NoEnt as u16, 44);
    assert_eq!(Errno::NotDir as u16, 54);
    assert_eq!(Errno::Perm as u16, 63);
    assert_eq!(Errno::SPipe as u16, 70);
    assert_eq!(Errno::NotCapable as u16, 76);
    assert_eq!(FileType::SymbolicLink as u8, 7);
    assert_eq!(Rights::all().bits(), (1 << 30) - 1);
}

#[test]
fn filestats() {
    let bytes = Version::Preview1.filestat(&STAT);
    assert_eq!(bytes.get_u8(16), 4);
    assert_eq!([0, 8, 24, 32, 40, 48, 56].map(|at| bytes.get_u64(at)), [1, 2, 3, 4, 5, 6, 7]);
    let bytes = Version::Unstable.filestat(&STAT);
    assert_eq!((bytes.get_u8(16), bytes.get_u32(20)), (4, 3));
    assert_eq!([0, 8, 24, 32, 40, 48].map(|at| bytes.get_u64(at)), [1, 2, 4, 5, 6, 7]);
}

#[test]
fn fdstats_dirents_prestats() {
    let bytes = fdstat(FileType::Directory, FdFlags::NONBLOCK, Rights::FD_READ, Rights::FD_WRITE);
    assert_eq!((bytes.get_u8(0), bytes.get_u16(2), bytes.get_u64(8), bytes.get_u64(16)), (3, 4, 2, 64));
    let bytes = dirent(1, 2, 3, FileType::Directory);
    assert_eq!((bytes.get_u64(0), bytes.get_u64(8), bytes.get_u32(16), bytes.get_u8(20)), (1, 2, 3, 3));
    assert_eq!(prestat(5).0, [0, 0, 0, 0, 5, 0, 0, 0]);
}

#[test]
fn subscriptions_and_events() {
    let clock = Awaited::Clock { clock: 1, timeout: 2, absolute: true };
    let expected = Subscription { userdata: 9, event: clock };
    let new = Record::<56>::new().u64(0, 9).u32(16, 1).u64(24, 2).u16(40, 1);
    assert_eq!(Version::Preview1.subscription(&new.0), Ok(expected));
    let old = Record::<56>::new().u64(0, 9).u32(24, 1).u64(32, 2).u16(48, 1);
    assert_eq!(Version::Unstable.subscription(&old.0), Ok(expected));
    let read = Record::<56>::new().u8(8, 1).u32(16, 3);
    assert_eq!(Version::Preview1.subscription(&read.0).unwrap().event, Awaited::Read(3));
    assert_eq!(Version::Preview1.subscription(&Record::<56>::new().u8(8, 3).0), Err(Errno::Inval));

    let bytes = event(&expected, (0, false));
    assert_eq!((bytes.get_u64(0), bytes.get_u16(8), bytes.get_u8(10)), (9, 0, 0));
    let bytes = event(&Subscription { userdata: 1, event: Awaited::Write(3) }, (5, true));
    assert_eq!((bytes.get_u8(10), bytes.get_u64(16), bytes.get_u16(24)), (2, 5, 1));
}

#[test]
fn whences() {
    let all = |version: Version| [0, 1, 2].map(|n| version.whence(n).unwrap());
    assert_eq!(all(Version::Preview1), [Whence::Set, Whence::Cur, Whence::End]);
    assert_eq!(all(Version::Unstable), [Whence::Cur, Whence::End, Whence::Set]);
    assert_eq!(Version::Preview1.whence(3), Err(Errno::Inval));
}
