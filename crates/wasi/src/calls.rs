//! The functions that guests call.

mod fd;
mod fdstat;
mod path;
mod poll;
mod process;
mod rw;
mod sock;

use crate::ctx::WasiCtx;
use crate::memory::GuestMemory;
use crate::types::{Errno, Result, Version};

/// One call of a guest.
pub(crate) struct Call<'a> {
    pub(crate) ctx: &'a mut WasiCtx,
    pub(crate) memory: GuestMemory<'a>,
    pub(crate) version: Version,
    /// The guest ends with this code, instead of going on.
    pub(crate) exit: Option<i32>,
}

/// Flags as guests pass them, in a number that has more bits.
fn flags<F: bitflags::Flags<Bits: TryFrom<u32>>>(bits: u32) -> Result<F> {
    let bits = bits.try_into().map_err(|_| Errno::Inval)?;
    F::from_bits(bits).ok_or(Errno::Inval)
}
