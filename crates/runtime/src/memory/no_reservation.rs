//! Hosts where address space is not reserved: no value of [`Reservation`] exists, and memories are buffers.

use std::ptr::NonNull;

#[derive(Debug)]
pub(super) enum Reservation {}

impl Reservation {
    pub(super) fn new(_: usize) -> Option<Self> {
        None
    }

    pub(super) fn base(&self) -> NonNull<u8> {
        match *self {}
    }

    pub(super) fn size(&self) -> usize {
        match *self {}
    }

    pub(super) fn used(&self) -> usize {
        match *self {}
    }

    pub(super) fn commit(&mut self, _: usize) -> bool {
        match *self {}
    }

    pub(super) fn enlarge(&mut self, _: usize) -> bool {
        match *self {}
    }

    pub(super) fn clear(&mut self) -> bool {
        match *self {}
    }
}
