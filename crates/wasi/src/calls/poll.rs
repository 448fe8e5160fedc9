//! Waiting for several things at once.

use super::Call;
use crate::error::from_io;
use crate::ready::{Ready, may_wait, wait};
use crate::table::Kind;
use crate::types::{Awaited, EVENT_SIZE, Errno, Result, Rights, Subscription, event};
use std::time::Duration;

/// What comes of a subscription: bytes, and whether the other side is gone.
type Outcome = Result<(u64, bool)>;

/// What a guest waits for, sorted by how that is done.
#[derive(Default)]
struct Waiting {
    /// What has happened.
    events: Vec<(Subscription, Outcome)>,
    /// The time that is left for each, in nanoseconds.
    clocks: Vec<(Subscription, u64)>,
    /// Descriptors of the system, to be read (`true`) or written.
    fds: Vec<(Subscription, u32, bool)>,
}

impl Call<'_> {
    pub(crate) fn poll_oneoff(
        &mut self,
        subscriptions: u32,
        events: u32,
        count: u32,
        nevents: u32,
    ) -> Result {
        let size = self.version.subscription_size();
        let mut from = self.memory.array(subscriptions, count, size)?;
        let mut to = self.memory.array(events, count, EVENT_SIZE)?;
        let out = self.memory.buffer(nevents, 4)?;
        if count == 0 {
            return Err(Errno::Inval);
        }
        let mut waiting = Waiting::default();
        while from.len() > 0 {
            let mut bytes = [0; 56];
            self.memory.read(from, &mut bytes[..size as usize])?;
            let subscription = self.version.subscription(&bytes)?;
            self.sort(&mut waiting, subscription);
            from = from.skip(size as usize);
        }
        self.wait_for(&mut waiting)?;
        for (subscription, outcome) in &waiting.events {
            self.memory.write_record(to, event(subscription, *outcome))?;
            to = to.skip(EVENT_SIZE as usize);
        }
        self.memory.write_u32(out, waiting.events.len() as u32)
    }

    fn sort(&mut self, waiting: &mut Waiting, subscription: Subscription) {
        let (fd, reading) = match subscription.event {
            Awaited::Clock { clock, timeout, absolute } => {
                return match self.left(clock, timeout, absolute) {
                    Ok(left) => waiting.clocks.push((subscription, left)),
                    Err(errno) => waiting.events.push((subscription, Err(errno))),
                };
            }
            Awaited::Read(fd) => (fd, true),
            Awaited::Write(fd) => (fd, false),
        };
        match self.ready_now(fd, reading) {
            Ok(Some(outcome)) => waiting.events.push((subscription, Ok(outcome))),
            Ok(None) => waiting.fds.push((subscription, fd, reading)),
            Err(errno) => waiting.events.push((subscription, Err(errno))),
        }
    }

    /// How long it is until then.
    fn left(&mut self, clock: u32, timeout: u64, absolute: bool) -> Result<u64> {
        // Of the others, nobody could say how fast they go.
        if clock > 1 {
            return Err(if clock > 3 { Errno::Inval } else { Errno::NotSup });
        }
        if absolute { Ok(timeout.saturating_sub(self.now(clock)?)) } else { Ok(timeout) }
    }

    /// What can be done with a descriptor at once; none if that may have to wait.
    fn ready_now(&mut self, fd: u32, reading: bool) -> Result<Option<(u64, bool)>> {
        let descriptor = self.ctx.table.get(fd)?;
        if may_wait(descriptor, reading) {
            descriptor.need(Rights::POLL_FD_READWRITE)?;
            return Ok(None);
        }
        match (&descriptor.kind, reading) {
            (Kind::Dir(_), _) | (Kind::Input(_) | Kind::Listener(_), false) | (Kind::Output(_), true) => {
                Err(Errno::BadF)
            }
            (Kind::File(open), true) => {
                descriptor.need(Rights::POLL_FD_READWRITE)?;
                let size = open.file.stat()?.size;
                Ok(Some((size.saturating_sub(open.position), false)))
            }
            _ => {
                descriptor.need(Rights::POLL_FD_READWRITE)?;
                Ok(Some((0, false)))
            }
        }
    }

    /// Waits until something has happened.
    fn wait_for(&mut self, waiting: &mut Waiting) -> Result {
        let least = waiting.clocks.iter().map(|(_, left)| *left).min();
        if !waiting.events.is_empty() {
            self.wait_for_fds(waiting, Some(0))?;
            return expire(waiting, 0);
        }
        if waiting.fds.is_empty() {
            let least = least.unwrap_or(0);
            if least > 0 {
                self.ctx.clocks.sleep(Duration::from_nanos(least));
            }
            return expire(waiting, least);
        }
        let start = std::time::Instant::now();
        loop {
            let passed = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
            let left = least.map(|least| least.saturating_sub(passed));
            self.wait_for_fds(waiting, left)?;
            if !waiting.events.is_empty() {
                let passed = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
                return expire(waiting, passed);
            }
            if left == Some(0) {
                return expire(waiting, least.unwrap_or(0));
            }
        }
    }

    fn wait_for_fds(&self, waiting: &mut Waiting, nanos: Option<u64>) -> Result {
        if waiting.fds.is_empty() {
            return Ok(());
        }
        let mut these = Vec::with_capacity(waiting.fds.len());
        for (_, fd, reading) in &waiting.fds {
            these.push((self.ctx.table.get(*fd)?, *reading));
        }
        let ready = wait(&these, nanos.map(Duration::from_nanos)).map_err(from_io)?;
        for ((subscription, ..), ready) in waiting.fds.iter().zip(ready) {
            if let Some(Ready { bytes, hangup }) = ready {
                waiting.events.push((*subscription, Ok((bytes, hangup))));
            }
        }
        Ok(())
    }
}

/// Tells whose time has come when so many nanoseconds have passed.
fn expire(waiting: &mut Waiting, passed: u64) -> Result {
    let due = waiting.clocks.iter().filter(|(_, left)| *left <= passed);
    waiting.events.extend(due.map(|(subscription, _)| (*subscription, Ok((0, false)))));
    Ok(())
}
