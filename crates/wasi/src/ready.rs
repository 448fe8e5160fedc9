//! What descriptors of the host's system are ready for.

use crate::stdio::Input;
use crate::table::{Descriptor, Kind};

pub(crate) use system::{bell, poll};

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
        #[cfg(unix)]
        Kind::File(open) => open.file.waits_for().is_some(),
        _ => false,
    }
}

#[cfg(unix)]
mod system {
    use super::Ready;
    use crate::error::from_io;
    use crate::table::Kind;
    use crate::types::Result;
    use crate::wait::Awaited;
    use rustix::event::{PollFd, PollFlags, Timespec};
    use rustix::fd::{AsFd, BorrowedFd};
    use std::io::{PipeReader, PipeWriter, Write};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::{Wake, Waker};
    use std::time::Duration;

    /// Something to wait for beside descriptors: it can be read once the waker was woken.
    pub(crate) fn bell() -> Result<(Waker, PipeReader)> {
        let (bell, clapper) = std::io::pipe().map_err(from_io)?;
        let rung = AtomicBool::new(false);
        Ok((Arc::new(Clapper { clapper, rung }).into(), bell))
    }

    struct Clapper {
        clapper: PipeWriter,
        rung: AtomicBool,
    }

    impl Wake for Clapper {
        fn wake(self: Arc<Self>) {
            // Once is enough, and never waits.
            if !self.rung.swap(true, Ordering::Relaxed) {
                let _ = (&self.clapper).write(&[0]);
            }
        }
    }

    /// Waits until one of these is ready, or the bell rings, or the time is up, or there was a signal.
    pub(crate) fn poll(
        these: &Awaited<'_>,
        timeout: Option<Duration>,
        bell: Option<&PipeReader>,
    ) -> Result<Vec<Option<Ready>>> {
        let stdin = std::io::stdin();
        let mut fds: Vec<PollFd<'_>> = Vec::with_capacity(these.len() + 1);
        for (descriptor, reading) in these {
            let fd: BorrowedFd<'_> = match &descriptor.kind {
                Kind::Listener(listener) => listener.0.as_fd(),
                Kind::Connection(connection) => connection.0.as_fd(),
                Kind::File(open) if let Some(fd) = open.file.waits_for() => fd,
                _ => stdin.as_fd(),
            };
            fds.push(PollFd::from_borrowed_fd(fd, if *reading { PollFlags::IN } else { PollFlags::OUT }));
        }
        fds.extend(bell.map(|bell| PollFd::from_borrowed_fd(bell.as_fd(), PollFlags::IN)));
        let limit = timeout.and_then(|timeout| {
            let tv_sec = i64::try_from(timeout.as_secs()).ok()?;
            Some(Timespec { tv_sec, tv_nsec: timeout.subsec_nanos().into() })
        });
        match rustix::event::poll(&mut fds, limit.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(from_io(errno.into())),
        }
        let ready = |fd: &PollFd<'_>| {
            let events = fd.revents();
            let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
            let bytes = || rustix::io::ioctl_fionread(fd).unwrap_or(0);
            (!events.is_empty()).then(|| Ready { bytes: bytes(), hangup: events.intersects(gone) })
        };
        Ok(fds[..these.len()].iter().map(ready).collect())
    }
}

/// Where there is no way to wait, everything is ready, and whoever reads waits then.
#[cfg(not(unix))]
mod system {
    use super::Ready;
    use crate::types::Result;
    use crate::wait::Awaited;
    use std::task::Waker;
    use std::time::Duration;

    pub(crate) fn bell() -> Result<(Waker, ())> {
        Ok((Waker::noop().clone(), ()))
    }

    pub(crate) fn poll(
        these: &Awaited<'_>,
        _: Option<Duration>,
        _: Option<&()>,
    ) -> Result<Vec<Option<Ready>>> {
        Ok(these.iter().map(|_| Some(Ready::default())).collect())
    }
}
