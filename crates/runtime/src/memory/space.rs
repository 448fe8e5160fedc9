//! Where the bytes of a memory are: in reserved address space, or in a buffer.

use super::{MemConfig, buffer::Buffer, reservation::Reservation};
use std::ptr::NonNull;

/// The place of a memory's bytes.
///
/// Invariant *space*: the bytes from `base` up to the length last asked for, in `new` or in a `grow` that
/// succeeded, are initialised, readable and writable, and belong to the space alone. They were zero when that
/// length first included them.
#[derive(Debug)]
pub(super) struct Space {
    place: Place,
    /// The largest length that may be asked for, in bytes.
    max: usize,
    /// Must `base` stay what it is, because other threads know it?
    fixed: bool,
    config: MemConfig,
}

#[derive(Debug)]
enum Place {
    Reserved(Reservation),
    Buffer(Buffer),
}

impl Space {
    /// `len` zeros, which can become up to `max`. `None` if the host refuses.
    pub(super) fn new(len: usize, max: usize, fixed: bool, config: &MemConfig) -> Option<Self> {
        debug_assert!(len <= max);
        let buffer = || Buffer::new(if fixed { max } else { len }).map(Place::Buffer);
        let place = reserve(len, max, fixed, config).map(Place::Reserved).or_else(buffer)?;
        Some(Self { place, max, fixed, config: config.clone() })
    }

    /// The first byte. If the space is not fixed, `grow` can move it.
    pub(super) fn base(&self) -> NonNull<u8> {
        match &self.place {
            Place::Reserved(reservation) => reservation.base(),
            Place::Buffer(buffer) => buffer.base(),
        }
    }

    /// Is it in reserved address space?
    #[cfg(test)]
    pub(super) fn is_reserved(&self) -> bool {
        matches!(self.place, Place::Reserved(_))
    }

    /// Makes it longer, from `old` bytes, the length last asked for, to `new`. Does it succeed? If not, `base`
    /// may have changed nevertheless.
    #[must_use]
    pub(super) fn grow(&mut self, old: usize, new: usize) -> bool {
        debug_assert!(old <= new && new <= self.max);
        match &mut self.place {
            Place::Reserved(reservation) => {
                let ample = reservation.size().saturating_mul(2).min(self.max).max(new);
                let fits = new <= reservation.size()
                    || !self.fixed && (reservation.enlarge(ample) || reservation.enlarge(new));
                fits && reservation.commit(new)
            }
            Place::Buffer(buffer) => {
                let fits = new <= buffer.capacity() || !self.fixed && buffer.reserve(new, self.max);
                if fits {
                    // SAFETY: by *buffer*, `capacity` bytes are there, and `old <= new <= capacity`.
                    unsafe { buffer.base().add(old).write_bytes(0, new - old) };
                }
                fits
            }
        }
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        if let Place::Reserved(reservation) = std::mem::replace(&mut self.place, Place::Buffer(Buffer::EMPTY))
        {
            self.config.pool().put(reservation);
        }
    }
}

/// A reservation with `len` bytes committed, for a memory of up to `max` bytes. `None` if there is to be none,
/// or the host refuses.
fn reserve(len: usize, max: usize, fixed: bool, config: &MemConfig) -> Option<Reservation> {
    if config.reservation == 0 || max == 0 {
        return None;
    }
    let usual = max.min(config.reservation.max(len));
    // What cannot move gets all that it can become, if possible.
    let whole = if fixed && usual < max { Reservation::new(max) } else { None };
    let pooled = whole.or_else(|| config.pool().take(usual));
    let mut reservation = pooled.or_else(|| Reservation::new(usual))?;
    reservation.commit(len).then_some(reservation)
}
