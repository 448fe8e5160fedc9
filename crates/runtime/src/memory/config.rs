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
    pub(super) pool: Arc<Pool>,
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
        let reservation = usize::try_from(reservation).unwrap_or(usize::MAX);
        Self { reservation, pool: Arc::new(Pool::new(pooled, reservation)) }
    }
}

impl Default for MemConfig {
    fn default() -> Self {
        static DEFAULT: LazyLock<MemConfig> =
            LazyLock::new(|| MemConfig::new(MemConfig::RESERVATION, MemConfig::POOLED));
        DEFAULT.clone()
    }
}
