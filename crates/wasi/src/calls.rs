//! The functions that guests call.

mod fd;
mod fdstat;
mod path;
mod poll;
mod process;
mod rw;
mod sock;

use crate::ctx::World;
use crate::memory::GuestMemory;
use crate::types::{Errno, Result, Version};
use crate::wait::Wait;
use terrane::Interrupts;

/// One call of a guest.
pub(crate) struct Call<'a> {
    pub(crate) ctx: &'a World,
    pub(crate) memory: GuestMemory<'a>,
    pub(crate) version: Version,
    pub(crate) interrupts: &'a Interrupts,
    /// The guest ends with this code, instead of going on.
    pub(crate) exit: Option<i32>,
}

impl<'a> Call<'a> {
    /// For calls that wait.
    fn wait(&self) -> Wait<'a> {
        Wait { interrupts: self.interrupts, program: &self.ctx.program }
    }
}

/// Flags as guests pass them, in a number that has more bits.
fn flags<F: bitflags::Flags<Bits: TryFrom<u32>>>(bits: u32) -> Result<F> {
    let bits = bits.try_into().map_err(|_| Errno::Inval)?;
    F::from_bits(bits).ok_or(Errno::Inval)
}
