//! The types of the interface, with their numbers and places in memory: here and nowhere else.

mod rights;

use bitflags::bitflags;

/// What a failed call returns to the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[repr(u16)]
#[expect(missing_docs, reason = "their names are those of POSIX")]
#[error("{self:?}")]
pub enum Errno {
    TooBig = 1,
    Acces,
    AddrInUse,
    AddrNotAvail,
    AfNoSupport,
    Again,
    Already,
    BadF,
    BadMsg,
    Busy,
    Canceled,
    Child,
    ConnAborted,
    ConnRefused,
    ConnReset,
    DeadLk,
    DestAddrReq,
    Dom,
    DQuot,
    Exist,
    Fault,
    FBig,
    HostUnreach,
    IdRm,
    IlSeq,
    InProgress,
    Intr,
    Inval,
    Io,
    IsConn,
    IsDir,
    Loop,
    MFile,
    MLink,
    MsgSize,
    Multihop,
    NameTooLong,
    NetDown,
    NetReset,
    NetUnreach,
    NFile,
    NoBufs,
    NoDev,
    NoEnt,
    NoExec,
    NoLck,
    NoLink,
    NoMem,
    NoMsg,
    NoProtoOpt,
    NoSpc,
    NoSys,
    NotConn,
    NotDir,
    NotEmpty,
    NotRecoverable,
    NotSock,
    NotSup,
    NoTty,
    Nxio,
    Overflow,
    OwnerDead,
    Perm,
    Pipe,
    Proto,
    ProtoNoSupport,
    Prototype,
    Range,
    Rofs,
    SPipe,
    Srch,
    Stale,
    TimedOut,
    TxtBsy,
    XDev,
    NotCapable,
}

/// What functions of this crate that stand for a guest's calls return.
pub type Result<T = (), E = Errno> = std::result::Result<T, E>;

bitflags! {
    /// What may be done with a descriptor.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Rights: u64 {
        #[expect(missing_docs)] const FD_DATASYNC = 1;
        #[expect(missing_docs)] const FD_READ = 1 << 1;
        #[expect(missing_docs)] const FD_SEEK = 1 << 2;
        #[expect(missing_docs)] const FD_FDSTAT_SET_FLAGS = 1 << 3;
        #[expect(missing_docs)] const FD_SYNC = 1 << 4;
        #[expect(missing_docs)] const FD_TELL = 1 << 5;
        #[expect(missing_docs)] const FD_WRITE = 1 << 6;
        #[expect(missing_docs)] const FD_ADVISE = 1 << 7;
        #[expect(missing_docs)] const FD_ALLOCATE = 1 << 8;
        #[expect(missing_docs)] const PATH_CREATE_DIRECTORY = 1 << 9;
        #[expect(missing_docs)] const PATH_CREATE_FILE = 1 << 10;
        #[expect(missing_docs)] const PATH_LINK_SOURCE = 1 << 11;
        #[expect(missing_docs)] const PATH_LINK_TARGET = 1 << 12;
        #[expect(missing_docs)] const PATH_OPEN = 1 << 13;
        #[expect(missing_docs)] const FD_READDIR = 1 << 14;
        #[expect(missing_docs)] const PATH_READLINK = 1 << 15;
        #[expect(missing_docs)] const PATH_RENAME_SOURCE = 1 << 16;
        #[expect(missing_docs)] const PATH_RENAME_TARGET = 1 << 17;
        #[expect(missing_docs)] const PATH_FILESTAT_GET = 1 << 18;
        #[expect(missing_docs)] const PATH_FILESTAT_SET_SIZE = 1 << 19;
        #[expect(missing_docs)] const PATH_FILESTAT_SET_TIMES = 1 << 20;
        #[expect(missing_docs)] const FD_FILESTAT_GET = 1 << 21;
        #[expect(missing_docs)] const FD_FILESTAT_SET_SIZE = 1 << 22;
        #[expect(missing_docs)] const FD_FILESTAT_SET_TIMES = 1 << 23;
        #[expect(missing_docs)] const PATH_SYMLINK = 1 << 24;
        #[expect(missing_docs)] const PATH_REMOVE_DIRECTORY = 1 << 25;
        #[expect(missing_docs)] const PATH_UNLINK_FILE = 1 << 26;
        #[expect(missing_docs)] const POLL_FD_READWRITE = 1 << 27;
        #[expect(missing_docs)] const SOCK_SHUTDOWN = 1 << 28;
        #[expect(missing_docs)] const SOCK_ACCEPT = 1 << 29;
    }

    /// How a descriptor behaves.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct FdFlags: u16 {
        /// Writing is at the end.
        const APPEND = 1;
        /// Data is stored when a write returns.
        const DSYNC = 1 << 1;
        /// Nothing waits.
        const NONBLOCK = 1 << 2;
        /// Reads see what is stored.
        const RSYNC = 1 << 3;
        /// Data and times are stored when a write returns.
        const SYNC = 1 << 4;
    }

    /// How a file is opened.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct OFlags: u16 {
        /// It is created if it is not there.
        const CREAT = 1;
        /// It must be a directory.
        const DIRECTORY = 1 << 1;
        /// It must not be there.
        const EXCL = 1 << 2;
        /// It is emptied.
        const TRUNC = 1 << 3;
    }

    /// Which times are set, and to what.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct FstFlags: u16 {
        const ATIM = 1;
        const ATIM_NOW = 1 << 1;
        const MTIM = 1 << 2;
        const MTIM_NOW = 1 << 3;
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct LookupFlags: u32 {
        const SYMLINK_FOLLOW = 1;
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct RiFlags: u16 {
        const PEEK = 1;
        const WAITALL = 1 << 1;
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct SdFlags: u8 {
        const RD = 1;
        const WR = 1 << 1;
    }
}

/// How a part of a file will be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Nobody knows.
    Normal = 0,
    /// From the start to the end.
    Sequential,
    /// Here and there.
    Random,
    /// Soon.
    WillNeed,
    /// Not soon.
    DontNeed,
    /// Once.
    NoReuse,
}

impl Advice {
    /// All, by their numbers.
    pub(crate) const ALL: [Self; 6] =
        [Self::Normal, Self::Sequential, Self::Random, Self::WillNeed, Self::DontNeed, Self::NoReuse];
}

/// What something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[expect(missing_docs)]
pub enum FileType {
    Unknown = 0,
    BlockDevice,
    CharacterDevice,
    Directory,
    RegularFile,
    SocketDgram,
    SocketStream,
    SymbolicLink,
}

/// What is known of a file or directory. Times are in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs)]
pub struct FileStat {
    pub dev: u64,
    pub ino: u64,
    pub filetype: FileType,
    pub nlink: u64,
    pub size: u64,
    pub atim: u64,
    pub mtim: u64,
    pub ctim: u64,
}

impl FileStat {
    /// Of something that has no place in a file system.
    pub(crate) fn of(filetype: FileType) -> Self {
        Self { dev: 0, ino: 0, filetype, nlink: 1, size: 0, atim: 0, mtim: 0, ctim: 0 }
    }
}

/// Which of the two versions of the interface a guest speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// `wasi_unstable`
    Unstable,
    /// `wasi_snapshot_preview1`
    Preview1,
}

/// From where a position counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whence {
    Set,
    Cur,
    End,
}

impl Version {
    pub(crate) fn whence(self, number: u32) -> Result<Whence> {
        match (self, number) {
            (Self::Preview1, 0) | (Self::Unstable, 2) => Ok(Whence::Set),
            (Self::Preview1, 1) | (Self::Unstable, 0) => Ok(Whence::Cur),
            (Self::Preview1, 2) | (Self::Unstable, 1) => Ok(Whence::End),
            _ => Err(Errno::Inval),
        }
    }

    pub(crate) fn filestat_size(self) -> u32 {
        match self {
            Self::Unstable => 56,
            Self::Preview1 => 64,
        }
    }

    pub(crate) fn filestat(self, stat: &FileStat) -> Record<64> {
        let start = Record::new().u64(0, stat.dev).u64(8, stat.ino).u8(16, stat.filetype as u8);
        let at = match self {
            Self::Unstable => 24,
            Self::Preview1 => 32,
        };
        let links = match self {
            Self::Unstable => start.u32(20, u32::try_from(stat.nlink).unwrap_or(u32::MAX)),
            Self::Preview1 => start.u64(24, stat.nlink),
        };
        links.u64(at, stat.size).u64(at + 8, stat.atim).u64(at + 16, stat.mtim).u64(at + 24, stat.ctim)
    }

    pub(crate) fn subscription_size(self) -> u32 {
        match self {
            Self::Unstable => 56,
            Self::Preview1 => 48,
        }
    }

    pub(crate) fn subscription(self, bytes: &[u8; 56]) -> Result<Subscription> {
        let bytes = Record(*bytes);
        // In the older version, a number that was of no use came before the clock.
        let at = match self {
            Self::Unstable => 24,
            Self::Preview1 => 16,
        };
        let event = match bytes.get_u8(8) {
            0 => Awaited::Clock {
                clock: bytes.get_u32(at),
                timeout: bytes.get_u64(at + 8),
                absolute: bytes.get_u16(at + 24) & 1 != 0,
            },
            1 => Awaited::Read(bytes.get_u32(16)),
            2 => Awaited::Write(bytes.get_u32(16)),
            _ => return Err(Errno::Inval),
        };
        Ok(Subscription { userdata: bytes.get_u64(0), event })
    }
}

/// Something a guest waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) userdata: u64,
    pub(crate) event: Awaited,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Awaited {
    Clock { clock: u32, timeout: u64, absolute: bool },
    Read(u32),
    Write(u32),
}

impl Awaited {
    fn tag(self) -> u8 {
        match self {
            Self::Clock { .. } => 0,
            Self::Read(_) => 1,
            Self::Write(_) => 2,
        }
    }
}

pub(crate) const EVENT_SIZE: u32 = 32;

/// What has happened: bytes that can be read or written, and whether the other side is gone.
pub(crate) fn event(of: &Subscription, (nbytes, hangup): (u64, bool)) -> Record<32> {
    let start = Record::new().u64(0, of.userdata).u8(10, of.event.tag());
    start.u64(16, nbytes).u16(24, hangup.into())
}

pub(crate) fn fdstat(filetype: FileType, flags: FdFlags, base: Rights, inheriting: Rights) -> Record<24> {
    let start = Record::new().u8(0, filetype as u8).u16(2, flags.bits());
    start.u64(8, base.bits()).u64(16, inheriting.bits())
}

pub(crate) fn dirent(next: u64, ino: u64, name_len: usize, filetype: FileType) -> Record<24> {
    Record::new().u64(0, next).u64(8, ino).u32(16, name_len as u32).u8(20, filetype as u8)
}

pub(crate) fn prestat(name_len: usize) -> Record<8> {
    Record::new().u8(0, 0).u32(4, name_len as u32)
}

/// Bytes of a structure, little-endian; what no field fills is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record<const N: usize>(pub(crate) [u8; N]);

impl<const N: usize> Record<N> {
    fn new() -> Self {
        Self([0; N])
    }
}

macro_rules! fields {
    ($($ty:ident $get:ident)*) => {
        impl<const N: usize> Record<N> { $(
            #[allow(dead_code)]
            fn $ty(mut self, at: usize, value: $ty) -> Self {
                self.0[at..at + size_of::<$ty>()].copy_from_slice(&value.to_le_bytes());
                self
            }

            #[allow(dead_code)]
            fn $get(&self, at: usize) -> $ty {
                let mut bytes = [0; size_of::<$ty>()];
                bytes.copy_from_slice(&self.0[at..at + size_of::<$ty>()]);
                $ty::from_le_bytes(bytes)
            }
        )* }
    };
}

fields!(u8 get_u8 u16 get_u16 u32 get_u32 u64 get_u64);

#[cfg(test)]
mod tests;
