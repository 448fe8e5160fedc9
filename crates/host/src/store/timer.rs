//! A thread that wakes guests when it is late: one for the process, which sleeps in between, and is there only when
//! somebody has asked for it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Instant;
use terrane_interpreter::Interrupt;

/// When, and which of those.
type Key = (Instant, u64);

#[derive(Default)]
struct Timer {
    state: Mutex<State>,
    /// There is something earlier than before.
    earlier: Condvar,
}

#[derive(Default)]
struct State {
    alarms: BTreeMap<Key, Weak<Interrupt>>,
    next: u64,
}

/// A guest is to be woken; not any more when this is dropped.
pub(crate) struct Alarm(Key);

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Alarm").field(&self.0.0).finish()
    }
}

impl Alarm {
    /// Wakes whoever has that interrupt at that time; `None` if there is no thread for it.
    pub(super) fn new(at: Instant, interrupt: &Arc<Interrupt>) -> Option<Self> {
        let timer = timer()?;
        let mut state = timer.lock();
        let key = (at, state.next);
        state.next += 1;
        state.alarms.insert(key, Arc::downgrade(interrupt));
        if state.alarms.first_key_value().is_some_and(|(first, _)| *first == key) {
            timer.earlier.notify_one();
        }
        Some(Self(key))
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(timer) = timer() {
            timer.lock().alarms.remove(&self.0);
        }
    }
}

/// None if the host has had no thread for it.
static TIMER: OnceLock<Option<Arc<Timer>>> = OnceLock::new();

fn timer() -> Option<&'static Arc<Timer>> {
    let start = || {
        let timer = Arc::<Timer>::default();
        let runs = timer.clone();
        let thread = std::thread::Builder::new().name("terrane-timer".into());
        thread.spawn(move || runs.run()).ok().map(|_| timer)
    };
    TIMER.get_or_init(start).as_ref()
}

impl Timer {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) -> ! {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            let first = state.alarms.first_key_value().map(|((at, _), _)| *at);
            state = match first {
                Some(at) if at <= now => {
                    if let Some((_, interrupt)) = state.alarms.pop_first()
                        && let Some(interrupt) = interrupt.upgrade()
                    {
                        interrupt.look_at_the_clock();
                    }
                    state
                }
                Some(at) => {
                    let waited = self.earlier.wait_timeout(state, at - now);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.earlier.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}
