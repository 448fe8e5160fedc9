//! Reservations kept for their next user.

use super::reservation::Reservation;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What used more bytes than this is not kept: clearing takes time proportional to them.
const MAX_CLEARED: usize = 1 << 26;

/// A few cleared reservations, all of one size.
///
/// The host charges for address space when it is first touched (page tables), and again when it is given back.
#[derive(Debug)]
pub(super) struct Pool {
    free: Mutex<Vec<Reservation>>,
    capacity: usize,
    size: usize,
}

impl Pool {
    /// At most `capacity` reservations of `size` bytes.
    pub(super) fn new(capacity: usize, size: usize) -> Self {
        Self { free: Mutex::default(), capacity, size }
    }

    /// A reservation of at least `size` bytes, all zero, if there is one.
    pub(super) fn take(&self, size: usize) -> Option<Reservation> {
        if size > self.size { None } else { self.free().pop() }
    }

    /// Keeps `reservation`, cleared, or drops it.
    pub(super) fn put(&self, mut reservation: Reservation) {
        let wanted = reservation.size() == self.size && reservation.used() <= MAX_CLEARED;
        if wanted && self.free().len() < self.capacity && reservation.clear() {
            let mut free = self.free();
            // Others may have been faster meanwhile.
            if free.len() < self.capacity {
                free.push(reservation);
            }
        }
    }

    fn free(&self) -> MutexGuard<'_, Vec<Reservation>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
