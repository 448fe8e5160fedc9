//! What ends a guest.

use super::Host;
use crate::failure::{Failure, TIMED_OUT};
use clap::Args;
use std::thread;
use std::time::{Duration, Instant};
use terrane::{Config, Error, ExternType, Module, Store, StoreLimits, StoreLimitsBuilder};

#[derive(Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct Limits {
    /// End the program with a trap when it, or one of its threads, has used so much fuel, about one unit for each
    /// instruction.
    #[arg(long, value_name = "N")]
    fuel: Option<u64>,
    /// End the program after so long a time, such as 500ms, 10s or 2m.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
    /// Let each memory, and the heap of structures and arrays, have so many bytes at most, such as 64MiB.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_memory: Option<usize>,
    /// Let calls use so many bytes of stack.
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "8MiB")]
    max_stack: usize,
}

/// A guest that waits in a function of the host does not see that its time is over; it gets so much more, as one that
/// runs can say where it was.
const GRACE: Duration = Duration::from_millis(200);

/// A time.
fn duration(arg: &str) -> Result<Duration, String> {
    let expected = |_| "expected a time with its unit, such as 500ms, 10s or 2m".to_owned();
    humantime::parse_duration(arg).map_err(expected)
}

/// A number of bytes.
fn size(arg: &str) -> Result<usize, String> {
    let size = arg.parse::<bytesize::ByteSize>().ok().and_then(|size| size.as_u64().try_into().ok());
    size.ok_or_else(|| "expected a number of bytes, for example 65536, 512KiB or 64MiB".to_owned())
}

impl Limits {
    pub(super) fn configure(&self, config: &mut Config, has_threads: bool) {
        config.max_wasm_stack(self.max_stack).consume_fuel(self.fuel.is_some());
        // A thread ends the others by it.
        config.epoch_interruption(self.timeout.is_some() || has_threads);
    }

    pub(super) fn store(&self) -> StoreLimits {
        let limits = StoreLimitsBuilder::new();
        match self.max_memory {
            Some(bytes) => limits.memory_size(bytes).gc_heap_size(bytes).build(),
            None => limits.build(),
        }
    }

    /// What holds for a guest that begins now.
    pub(super) fn begin(&self) -> Bounds {
        // What no clock can count to is never.
        let deadline = self.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        if let Some(deadline) = deadline {
            thread::spawn(move || end_at(deadline));
        }
        Bounds { fuel: self.fuel, deadline, max_memory: self.max_memory }
    }
}

/// How long the guest of a store may run, and how large a memory may be that it shares with others.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    fuel: Option<u64>,
    deadline: Option<Instant>,
    max_memory: Option<usize>,
}

impl Bounds {
    /// Bounds a store.
    pub(super) fn apply(&self, store: &mut Store<Host>) -> Result<(), Error> {
        store.limiter(|host| &mut host.limits);
        if let Some(fuel) = self.fuel {
            store.set_fuel(fuel)?;
        }
        if self.deadline.is_some() {
            store.set_deadline(self.deadline)?;
        }
        Ok(())
    }

    /// May a module have the memories that it shares? They are made for no store, and so within no limits of one.
    pub(super) fn allow(&self, module: &Module) -> Result<(), Failure> {
        let Some(max) = self.max_memory else { return Ok(()) };
        let shared = module.imports().filter_map(|import| match import.ty() {
            ExternType::Memory(ty) if ty.is_shared() => Some(ty.minimum().saturating_mul(ty.page_size())),
            _ => None,
        });
        match shared.max() {
            Some(bytes) if bytes > max as u64 => Err(Failure::Trapped(format!(
                "--max-memory does not allow this program: it begins with a shared memory of {bytes} bytes"
            ))),
            _ => Ok(()),
        }
    }

    /// How a guest has ended within these bounds. One that was woken because its time was over, and then ended as it
    /// pleased, has used it up as well.
    pub(super) fn judge(&self, ended: Result<(), Failure>) -> Result<(), Failure> {
        if self.deadline.is_none_or(|deadline| Instant::now() < deadline) {
            return ended;
        }
        Err(match ended {
            Ok(()) | Err(Failure::Exit(_)) => Failure::UsedUp(TIMED_OUT.to_owned()),
            Err(Failure::Trapped(message)) => Failure::UsedUp(format!("{TIMED_OUT}; then: {message}")),
            Err(other) => other,
        })
    }
}

/// Ends the process some time after a moment, if it is still there.
fn end_at(deadline: Instant) {
    thread::sleep(deadline.saturating_duration_since(Instant::now()) + GRACE);
    let message = format!("{TIMED_OUT}, while it waited in a function of the host");
    std::process::exit(Failure::UsedUp(message).report());
}
