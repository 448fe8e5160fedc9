//! How much of the processor's time a process took: other than a clock, it does not count what else is going on.

use std::process::Child;
use std::time::{Duration, Instant};

/// When a process began.
pub(crate) struct Began {
    at: Instant,
    before: Option<Duration>,
}

impl Began {
    pub(crate) fn now() -> Self {
        Self { at: Instant::now(), before: of_children() }
    }

    /// What it took so far.
    pub(crate) fn until_now(&self, child: &Child) -> Duration {
        of(child).unwrap_or_else(|| self.at.elapsed())
    }

    /// What it took in all, if it has ended since, and no other has.
    pub(crate) fn until_ended(&self) -> Duration {
        match (self.before, of_children()) {
            (Some(before), Some(now)) => now.saturating_sub(before),
            _ => self.at.elapsed(),
        }
    }
}

#[cfg(target_os = "linux")]
fn of(child: &Child) -> Option<Duration> {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).ok()?);
    let clock = nix::time::ClockId::pid_cpu_clock_id(pid).ok()?;
    Some(clock.now().ok()?.into())
}

#[cfg(target_os = "linux")]
fn of_children() -> Option<Duration> {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).ok()?;
    let time = usage.user_time() + usage.system_time();
    Some(Duration::from_micros(u64::try_from(time.tv_sec() * 1_000_000 + time.tv_usec()).ok()?))
}

#[cfg(not(target_os = "linux"))]
fn of(_: &Child) -> Option<Duration> {
    None
}

#[cfg(not(target_os = "linux"))]
fn of_children() -> Option<Duration> {
    None
}
