//! What ends a guest.

use super::Host;
use crate::failure::{Failure, TIMED_OUT};
use clap::Args;
use std::thread;
use std::time::{Duration, Instant};
use terrane::{Config, Error, Store, StoreLimits, StoreLimitsBuilder};

#[derive(Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct Limits {
    /// End the program with a trap when it has used so much fuel, about one unit for each instruction.
    #[arg(long, value_name = "N")]
    fuel: Option<u64>,
    /// End the program after so long a time, such as 500ms, 10s or 2m.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
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

/// A number of bytes.
fn size(arg: &str) -> Result<usize, String> {
    let size = arg.parse::<bytesize::ByteSize>().ok().and_then(|size| size.as_u64().try_into().ok());
    size.ok_or_else(|| "expected a number of bytes, for example 65536, 512KiB or 64MiB".to_owned())
}

impl Limits {
    pub(super) fn configure(&self, config: &mut Config) {
        config.max_wasm_stack(self.max_stack);
        config.consume_fuel(self.fuel.is_some()).epoch_interruption(self.timeout.is_some());
    }

    pub(super) fn store(&self) -> StoreLimits {
        let limits = StoreLimitsBuilder::new();
        match self.max_memory {
            Some(bytes) => limits.memory_size(bytes).gc_heap_size(bytes).build(),
            None => limits.build(),
        }
    }

    /// From now on the guest's time runs.
    pub(super) fn start(&self, store: &mut Store<Host>) -> Result<(), Error> {
        store.limiter(|host| &mut host.limits);
        if let Some(fuel) = self.fuel {
            store.set_fuel(fuel)?;
        }
        // Beyond what a clock can count is never.
        if let Some(timeout) = self.timeout
            && let Some(deadline) = Instant::now().checked_add(timeout)
        {
            store.set_deadline(deadline)?;
            thread::spawn(move || end_at(deadline));
        }
        Ok(())
    }
}

/// Ends the process some time after a moment, if it is still there.
fn end_at(deadline: Instant) {
    thread::sleep(deadline.saturating_duration_since(Instant::now()) + GRACE);
    std::process::exit(
        Failure::UsedUp(format!("{TIMED_OUT}, while it waited in a function of the host")).report(),
    );
}
