//! Waiting for several things at once.

use super::Call;
use crate::clock::nanos;
use crate::lock::lock;
use crate::ready::{Ready, may_wait};
use crate::table::Descriptor;
use crate::table::Kind;
use crate::types::{Awaited, EVENT_SIZE, Errno, Result, Rights, Subscription, event};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What comes of a subscription: bytes, and whether the other side is gone.
type Outcome = (u64, bool);

/// What a guest waits for, sorted by how that is done.
#[derive(Default)]
struct Waiting {
    /// What has happened.
    events: Vec<(Subscription, Outcome)>,
    /// The time that is left for each, in nanoseconds.
    clocks: Vec<(Subscription, u64)>,
    /// Descriptors of the system, to be read (`true`) or written.
    fds: Vec<(Subscription, Arc<Descriptor>, bool)>,
}

/// What a descriptor is ready for now, or that it takes waiting to know.
enum Now {
    Ready(Outcome),
    Waits(Arc<Descriptor>),
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
            self.sort(&mut waiting, subscription)?;
            from = from.skip(size as usize);
        }
        self.wait_for(&mut waiting)?;
        for (subscription, outcome) in &waiting.events {
            self.memory.write_record(to, event(subscription, *outcome))?;
            to = to.skip(EVENT_SIZE as usize);
        }
        self.memory.write_u32(out, waiting.events.len() as u32)
    }

    /// # Errors
    /// If nothing can ever come of it: as on other engines, the whole call fails then.
    fn sort(&mut self, waiting: &mut Waiting, subscription: Subscription) -> Result {
        let (fd, reading) = match subscription.event {
            Awaited::Clock { clock, timeout, absolute } => {
                waiting.clocks.push((subscription, self.left(clock, timeout, absolute)?));
                return Ok(());
            }
            Awaited::Read(fd) => (fd, true),
            Awaited::Write(fd) => (fd, false),
        };
        match self.ready_now(fd, reading)? {
            Now::Ready(outcome) => waiting.events.push((subscription, outcome)),
            Now::Waits(descriptor) => waiting.fds.push((subscription, descriptor, reading)),
        }
        Ok(())
    }

    /// How long it is until then.
    fn left(&mut self, clock: u32, timeout: u64, absolute: bool) -> Result<u64> {
        // Of the others, nobody could say how fast they go.
        if clock > 1 {
            return Err(Errno::Inval);
        }
        if absolute { Ok(timeout.saturating_sub(self.now(clock)?)) } else { Ok(timeout) }
    }

    /// What can be done with a descriptor at once.
    fn ready_now(&self, fd: u32, reading: bool) -> Result<Now> {
        let descriptor = self.ctx.fd(fd)?;
        if may_wait(&descriptor, reading) {
            descriptor.need(Rights::POLL_FD_READWRITE)?;
            return Ok(Now::Waits(descriptor));
        }
        match (&descriptor.kind, reading) {
            (Kind::Dir(_), _) | (Kind::Input(_) | Kind::Listener(_), false) | (Kind::Output(_), true) => {
                Err(Errno::BadF)
            }
            (Kind::File(open), true) => {
                descriptor.need(Rights::POLL_FD_READWRITE)?;
                let size = open.file.stat()?.size;
                let position = *lock(&open.position);
                Ok(Now::Ready((size.saturating_sub(position), false)))
            }
            _ => {
                descriptor.need(Rights::POLL_FD_READWRITE)?;
                // How much can be written nobody knows: something.
                Ok(Now::Ready((u64::from(!reading), false)))
            }
        }
    }

    /// Waits until something has happened.
    fn wait_for(&self, waiting: &mut Waiting) -> Result {
        let least = waiting.clocks.iter().map(|(_, left)| *left).min();
        if !waiting.events.is_empty() || least == Some(0) {
            self.wait_for_fds(waiting, Some(0))?;
            expire(waiting, 0);
            return Ok(());
        }
        if !waiting.fds.is_empty() {
            self.wait_for_fds(waiting, Some(0))?;
        }
        match least {
            _ if !waiting.events.is_empty() => Ok(()),
            Some(least) if self.ctx.clocks.pass(Duration::from_nanos(least)) => {
                expire(waiting, least);
                Ok(())
            }
            least => self.wait_as_time_passes(waiting, least),
        }
    }

    fn wait_as_time_passes(&self, waiting: &mut Waiting, least: Option<u64>) -> Result {
        let start = Instant::now();
        match least {
            Some(least) if waiting.fds.is_empty() => self.wait().sleep(Duration::from_nanos(least))?,
            least => self.wait_for_fds(waiting, least)?,
        }
        // Whose time was up is told so, whatever the clock of the host says.
        let least = if waiting.events.is_empty() { least.unwrap_or(0) } else { 0 };
        expire(waiting, nanos(start.elapsed()).max(least));
        Ok(())
    }

    fn wait_for_fds(&self, waiting: &mut Waiting, nanos: Option<u64>) -> Result {
        if waiting.fds.is_empty() {
            return Ok(());
        }
        let these: Vec<_> = waiting.fds.iter().map(|(_, fd, reading)| (&**fd, *reading)).collect();
        let ready = self.wait().ready(&these, nanos.map(Duration::from_nanos))?;
        for ((subscription, ..), ready) in waiting.fds.iter().zip(ready) {
            if let Some(Ready { bytes, hangup }) = ready {
                waiting.events.push((*subscription, (bytes, hangup)));
            }
        }
        Ok(())
    }
}

/// Tells whose time has come when so many nanoseconds have passed.
fn expire(waiting: &mut Waiting, passed: u64) {
    let due = waiting.clocks.iter().filter(|(_, left)| *left <= passed);
    waiting.events.extend(due.map(|(subscription, _)| (*subscription, (0, false))));
}
