//! What a guest is given: where its messages go, clocks, random numbers.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A time that guests can read.
pub trait Clock: Send {
    /// Milliseconds since 1970.
    fn now(&mut self) -> f64;

    /// Milliseconds since some time, never fewer than before.
    fn monotonic(&mut self) -> f64;
}

/// The clock of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&mut self) -> f64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.map_or(0.0, |now| now.as_millis() as f64)
    }

    fn monotonic(&mut self) -> f64 {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1000.0
    }
}

/// The system's secure random numbers.
fn system_random(bytes: &mut [u8]) -> std::io::Result<()> {
    getrandom::fill(bytes).map_err(|error| std::io::Error::other(error.to_string()))
}

/// What fills a slice with random bytes, if there are any.
type Random = Box<dyn FnMut(&mut [u8]) -> std::io::Result<()> + Send>;

/// Which function of the console a guest has called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConsoleLevel {
    /// `console.debug`.
    Debug,
    /// `console.log`, and times.
    Log,
    /// `console.info`.
    Info,
    /// `console.warn`.
    Warn,
    /// `console.error`, and assertions that failed.
    Error,
}

type TraceSink = Box<dyn FnMut(&str, &[f64]) + Send>;
type ConsoleSink = Box<dyn FnMut(ConsoleLevel, &str) + Send>;

/// All that one guest sees of the world: made by an [`AsCtxBuilder`], and kept in a store's data.
///
/// The default gives nothing but the system's clock and random numbers; messages go nowhere.
pub struct AsCtx {
    pub(crate) trace: TraceSink,
    pub(crate) console: ConsoleSink,
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) random: Random,
    /// When the timers of `console.time` were started.
    pub(crate) timers: HashMap<String, f64>,
}

impl AsCtx {
    /// See [`AsCtxBuilder`].
    pub fn builder() -> AsCtxBuilder {
        AsCtxBuilder::new()
    }
}

impl Default for AsCtx {
    fn default() -> Self {
        Self::builder().build()
    }
}

impl fmt::Debug for AsCtx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCtx").field("timers", &self.timers).finish_non_exhaustive()
    }
}

/// Says what a guest is given.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use terrane_assemblyscript::AsCtxBuilder;
///
/// let lines = Arc::new(Mutex::new(Vec::new()));
/// let sink = lines.clone();
/// let ctx = AsCtxBuilder::new()
///     .console(move |level, text| sink.lock().unwrap().push(format!("{level:?}: {text}")))
///     .random(|bytes: &mut [u8]| bytes.fill(4))
///     .build();
/// # let _ = (ctx, lines);
/// ```
pub struct AsCtxBuilder(AsCtx);

impl Default for AsCtxBuilder {
    fn default() -> Self {
        Self(AsCtx {
            trace: Box::new(|_, _| ()),
            console: Box::new(|_, _| ()),
            clock: Box::new(SystemClock),
            random: Box::new(system_random),
            timers: HashMap::new(),
        })
    }
}

impl fmt::Debug for AsCtxBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCtxBuilder").finish_non_exhaustive()
    }
}

impl AsCtxBuilder {
    /// One that gives what the default gives.
    pub fn new() -> Self {
        Self::default()
    }

    /// Who is told of `trace(message, numbers…)`.
    pub fn trace(&mut self, sink: impl FnMut(&str, &[f64]) + Send + 'static) -> &mut Self {
        self.0.trace = Box::new(sink);
        self
    }

    /// Who is told of what is written to the console.
    pub fn console(&mut self, sink: impl FnMut(ConsoleLevel, &str) + Send + 'static) -> &mut Self {
        self.0.console = Box::new(sink);
        self
    }

    /// Whose time it is.
    pub fn clock(&mut self, clock: impl Clock + 'static) -> &mut Self {
        self.0.clock = Box::new(clock);
        self
    }

    /// What fills a slice with random bytes: the system does, if nothing is said.
    pub fn random(&mut self, mut random: impl FnMut(&mut [u8]) + Send + 'static) -> &mut Self {
        self.0.random = Box::new(move |bytes| {
            random(bytes);
            Ok(())
        });
        self
    }

    /// What was said, for one guest; the builder is as new then.
    pub fn build(&mut self) -> AsCtx {
        std::mem::take(self).0
    }
}
