//! Clocks and randomness: the system's, or what the host puts in their place.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A time that guests can read and wait for.
///
/// With clocks of its own, the host decides what time it is, so that a run can be repeated exactly.
pub trait Clocks: Send + Sync {
    /// Nanoseconds since 1970.
    fn realtime(&self) -> u64;

    /// Nanoseconds since some time, never fewer than before.
    fn monotonic(&self) -> u64;

    /// Nanoseconds that the guest has run; as it runs alone in its thread, that is not less than
    /// [`monotonic`](Self::monotonic) by more than it has waited.
    fn cpu_time(&self) -> u64 {
        self.monotonic()
    }

    /// The smallest step, in nanoseconds.
    fn resolution(&self) -> u64 {
        1
    }

    /// Where time is made up: lets it pass, and says so. If not, which is the default, a guest that wants to wait does that
    /// as time passes for everybody, and may be interrupted meanwhile.
    fn pass(&self, duration: Duration) -> bool {
        let _ = duration;
        false
    }
}

/// The clocks of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClocks;

impl Clocks for SystemClocks {
    fn realtime(&self) -> u64 {
        system_time()
    }

    fn monotonic(&self) -> u64 {
        static START: OnceLock<Instant> = OnceLock::new();
        // Not zero, as programs take that for no time at all.
        nanos(START.get_or_init(Instant::now).elapsed()) + 1
    }
}

/// Clocks that stand still, but for one step each time they are looked at, and for waiting, which takes no time.
///
/// ```
/// use terrane_wasi::{Clocks, SteppingClocks};
///
/// let clocks = SteppingClocks::new(1_000_000_000);
/// assert_eq!(clocks.realtime(), 1_000_000_001);
/// assert!(clocks.pass(std::time::Duration::from_nanos(5)));
/// assert_eq!(clocks.realtime(), 1_000_000_007);
/// assert_eq!(clocks.monotonic(), 8);
/// ```
#[derive(Debug, Default)]
pub struct SteppingClocks {
    start: u64,
    passed: AtomicU64,
}

impl SteppingClocks {
    /// Clocks that start at a time, in nanoseconds since 1970.
    pub fn new(start: u64) -> Self {
        Self { start, passed: AtomicU64::new(0) }
    }

    /// What has passed then.
    fn add(&self, nanos: u64) -> u64 {
        let add = |passed: u64| Some(passed.saturating_add(nanos));
        let before = self.passed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        before.unwrap_or_else(|passed| passed).saturating_add(nanos)
    }
}

impl Clocks for SteppingClocks {
    fn realtime(&self) -> u64 {
        let passed = self.monotonic();
        self.start.saturating_add(passed)
    }

    fn monotonic(&self) -> u64 {
        self.add(1)
    }

    fn pass(&self, duration: Duration) -> bool {
        self.add(nanos(duration));
        true
    }
}

pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Nanoseconds since 1970.
pub(crate) fn system_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, nanos)
}

/// Where a guest's random bytes come from.
///
/// Any closure that fills a slice is one; that of a generator with a fixed seed makes runs that can be repeated.
pub trait Random: Send {
    /// Fills the bytes.
    ///
    /// # Errors
    /// If there are none; the guest is told so.
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()>;
}

impl<F: FnMut(&mut [u8]) + Send> Random for F {
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
        self(bytes);
        Ok(())
    }
}

/// The system's secure random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
        getrandom::fill(bytes).map_err(|error| std::io::Error::other(error.to_string()))
    }
}
