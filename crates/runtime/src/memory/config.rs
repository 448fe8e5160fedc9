//! How memories get their bytes.

use super::pool::Pool;
use std::sync::{Arc, LazyLock};

/// How memories get their bytes. Memories made by one configuration, or by its clones, share a small pool of
/// reserved address space: making and dropping a memory of one page takes 1 µs with it, and 8 to 16 µs without.
/// The default configurations of a process are all clones of one.
#[derive(Clone, Debug)]
pub struct MemConfig {
    /// In bytes.
    pub(super) reservation: usize,
    pool: Source,
}

/// Where the pool is. That of the process is not counted: making a store or a memory costs less so.
#[derive(Clone, Debug)]
enum Source {
    Process,
    Own(Arc<Pool>),
}

static PROCESS: LazyLock<Pool> =
    LazyLock::new(|| Pool::new(MemConfig::POOLED, in_bytes(MemConfig::RESERVATION)));

fn in_bytes(reservation: u64) -> usize {
    usize::try_from(reservation).unwrap_or(usize::MAX)
}

impl MemConfig {
    /// By default a memory reserves this many bytes of address space: all that 32-bit addresses reach.
    pub const RESERVATION: u64 = 1 << 32;
    /// By default as many reservations are kept for reuse.
    pub const POOLED: usize = 16;

    /// Memories reserve `reservation` bytes of address space, or less if they cannot become so large; a larger
    /// one moves when it has outgrown it. With 0, and on hosts that are not 64-bit Unix, all memories are
    /// buffers on the heap, which growing moves.
    ///
    /// Up to `pooled` reservations that are no longer used are kept for the next memories.
    pub fn new(reservation: u64, pooled: usize) -> Self {
        let reservation = in_bytes(reservation);
        Self { reservation, pool: Source::Own(Arc::new(Pool::new(pooled, reservation))) }
    }

    pub(super) fn pool(&self) -> &Pool {
        match &self.pool {
            Source::Process => &PROCESS,
            Source::Own(pool) => pool,
        }
    }
}

impl Default for MemConfig {
    fn default() -> Self {
        Self { reservation: in_bytes(Self::RESERVATION), pool: Source::Process }
    }
}
