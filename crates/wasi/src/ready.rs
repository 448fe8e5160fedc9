//! Waiting for descriptors of the host's system.

use crate::stdio::Input;
use crate::table::{Descriptor, Kind};
use std::time::Duration;

/// What a descriptor is ready for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ready {
    /// How many bytes can be read.
    pub(crate) bytes: u64,
    /// The other side is gone.
    pub(crate) hangup: bool,
}

/// May an operation on it have to wait for somebody outside of this process?
pub(crate) fn may_wait(descriptor: &Descriptor, reading: bool) -> bool {
    match &descriptor.kind {
        Kind::Input(Input::Inherit) | Kind::Listener(_) => reading,
        Kind::Connection(_) => true,
        _ => false,
    }
}

/// Can it be read without waiting?
pub(crate) fn is_readable(descriptor: &Descriptor) -> bool {
    wait(&[(descriptor, true)], Some(Duration::ZERO)).is_ok_and(|ready| ready.iter().any(Option::is_some))
}

/// Waits until one of them can be read (`true`) or written, or the time is up; what each is ready for then.
#[cfg(unix)]
pub(crate) fn wait(
    these: &[(&Descriptor, bool)],
    timeout: Option<Duration>,
) -> std::io::Result<Vec<Option<Ready>>> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fd::{AsFd, BorrowedFd};

    let stdin = std::io::stdin();
    let mut fds: Vec<PollFd<'_>> = Vec::with_capacity(these.len());
    for (descriptor, reading) in these {
        let fd: BorrowedFd<'_> = match &descriptor.kind {
            Kind::Listener(listener) => listener.0.as_fd(),
            Kind::Connection(connection) => connection.0.as_fd(),
            _ => stdin.as_fd(),
        };
        fds.push(PollFd::from_borrowed_fd(fd, if *reading { PollFlags::IN } else { PollFlags::OUT }));
    }
    let limit = timeout.and_then(|timeout| {
        let tv_sec = i64::try_from(timeout.as_secs()).ok()?;
        Some(Timespec { tv_sec, tv_nsec: timeout.subsec_nanos().into() })
    });
    match poll(&mut fds, limit.as_ref()) {
        // A signal: whoever asked looks at the time, and asks again.
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(errno) => return Err(errno.into()),
    }
    let ready = |fd: &PollFd<'_>| {
        let events = fd.revents();
        let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        let bytes = || rustix::io::ioctl_fionread(fd).unwrap_or(0);
        (!events.is_empty()).then(|| Ready { bytes: bytes(), hangup: events.intersects(gone) })
    };
    Ok(fds.iter().map(ready).collect())
}

/// Where there is no way to wait, everything is ready, and whoever reads waits then.
#[cfg(not(unix))]
pub(crate) fn wait(
    these: &[(&Descriptor, bool)],
    _: Option<Duration>,
) -> std::io::Result<Vec<Option<Ready>>> {
    Ok(these.iter().map(|_| Some(Ready::default())).collect())
}
