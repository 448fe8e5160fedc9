//! Errors of the host as the guest knows them.

use crate::types::Errno;
use std::io::{Error, ErrorKind};

/// What a guest is told when an operation of the host has failed.
pub(crate) fn from_io(error: Error) -> Errno {
    from_system(&error).unwrap_or_else(|| from_kind(error.kind()))
}

fn from_kind(kind: ErrorKind) -> Errno {
    match kind {
        ErrorKind::NotFound => Errno::NoEnt,
        // What would leave a directory is refused by us, not by the system, and has no number.
        ErrorKind::PermissionDenied => Errno::Perm,
        ErrorKind::AlreadyExists => Errno::Exist,
        ErrorKind::InvalidInput | ErrorKind::InvalidData => Errno::Inval,
        ErrorKind::WouldBlock => Errno::Again,
        ErrorKind::TimedOut => Errno::TimedOut,
        ErrorKind::Interrupted => Errno::Intr,
        ErrorKind::Unsupported => Errno::NotSup,
        ErrorKind::OutOfMemory => Errno::NoMem,
        ErrorKind::BrokenPipe => Errno::Pipe,
        ErrorKind::NotADirectory => Errno::NotDir,
        ErrorKind::IsADirectory => Errno::IsDir,
        ErrorKind::DirectoryNotEmpty => Errno::NotEmpty,
        ErrorKind::ReadOnlyFilesystem => Errno::Rofs,
        ErrorKind::StorageFull => Errno::NoSpc,
        ErrorKind::QuotaExceeded => Errno::DQuot,
        ErrorKind::FileTooLarge => Errno::FBig,
        ErrorKind::ResourceBusy => Errno::Busy,
        ErrorKind::ExecutableFileBusy => Errno::TxtBsy,
        ErrorKind::CrossesDevices => Errno::XDev,
        ErrorKind::TooManyLinks => Errno::MLink,
        ErrorKind::InvalidFilename => Errno::NameTooLong,
        ErrorKind::NotSeekable => Errno::SPipe,
        ErrorKind::ConnectionRefused => Errno::ConnRefused,
        ErrorKind::ConnectionReset => Errno::ConnReset,
        ErrorKind::ConnectionAborted => Errno::ConnAborted,
        ErrorKind::NotConnected => Errno::NotConn,
        ErrorKind::AddrInUse => Errno::AddrInUse,
        _ => Errno::Io,
    }
}

#[cfg(not(unix))]
fn from_system(_: &Error) -> Option<Errno> {
    None
}

#[cfg(unix)]
fn from_system(error: &Error) -> Option<Errno> {
    use rustix::io::Errno as System;
    let known = match System::from_io_error(error)? {
        System::TOOBIG => Errno::TooBig,
        System::ACCESS => Errno::Acces,
        System::AGAIN => Errno::Again,
        System::BADF => Errno::BadF,
        System::BUSY => Errno::Busy,
        System::CONNABORTED => Errno::ConnAborted,
        System::CONNRESET => Errno::ConnReset,
        System::DQUOT => Errno::DQuot,
        System::EXIST => Errno::Exist,
        System::FBIG => Errno::FBig,
        System::INTR => Errno::Intr,
        System::INVAL => Errno::Inval,
        System::IO => Errno::Io,
        System::ISDIR => Errno::IsDir,
        System::LOOP => Errno::Loop,
        System::MFILE => Errno::MFile,
        System::MLINK => Errno::MLink,
        System::NAMETOOLONG => Errno::NameTooLong,
        System::NFILE => Errno::NFile,
        System::NODEV => Errno::NoDev,
        System::NOENT => Errno::NoEnt,
        System::NOMEM => Errno::NoMem,
        System::NOSPC => Errno::NoSpc,
        System::NOTCONN => Errno::NotConn,
        System::NOTDIR => Errno::NotDir,
        System::NOTEMPTY => Errno::NotEmpty,
        System::NOTSUP => Errno::NotSup,
        System::NXIO => Errno::Nxio,
        System::OVERFLOW => Errno::Overflow,
        System::PERM => Errno::Perm,
        System::PIPE => Errno::Pipe,
        System::ROFS => Errno::Rofs,
        System::SPIPE => Errno::SPipe,
        System::STALE => Errno::Stale,
        System::TIMEDOUT => Errno::TimedOut,
        System::TXTBSY => Errno::TxtBsy,
        // A path was said to be beneath a directory, and is not.
        System::XDEV => Errno::XDev,
        _ => return None,
    };
    Some(known)
}
