//! Arguments, environment, clocks, randomness, and the process itself.

use super::Call;
use crate::error::from_io;
use crate::memory::GuestMemory;
use crate::types::{Errno, Result};

/// Random bytes are made in pieces of so many for a memory that threads share.
const PIECE: usize = 256;

/// How many strings, and how many bytes with a zero after each.
fn sizes(strings: &[String]) -> Result<(u32, u32)> {
    let bytes = strings.iter().map(|string| string.len() + 1).sum::<usize>();
    let number = |n: usize| u32::try_from(n).map_err(|_| Errno::Overflow);
    Ok((number(strings.len())?, number(bytes)?))
}

fn write_sizes(memory: &mut GuestMemory<'_>, strings: &[String], count: u32, size: u32) -> Result {
    let (count, size) = (memory.buffer(count, 4)?, memory.buffer(size, 4)?);
    let (strings, bytes) = sizes(strings)?;
    memory.write_u32(count, strings)?;
    memory.write_u32(size, bytes)
}

/// Writes the strings one after the other to `buf`, and where each begins to `list`.
fn write_strings(memory: &mut GuestMemory<'_>, strings: &[String], list: u32, buf: u32) -> Result {
    let (count, size) = sizes(strings)?;
    let (mut list, mut bytes, mut at) = (memory.array(list, count, 4)?, memory.buffer(buf, size)?, buf);
    for string in strings {
        memory.write_u32(list, at)?;
        memory.write(bytes, string.as_bytes())?;
        memory.write(bytes.skip(string.len()), &[0])?;
        list = list.skip(4);
        bytes = bytes.skip(string.len() + 1);
        at = at.wrapping_add(string.len() as u32 + 1);
    }
    Ok(())
}

impl Call<'_> {
    pub(crate) fn args_sizes_get(&mut self, count: u32, size: u32) -> Result {
        write_sizes(&mut self.memory, &self.ctx.args, count, size)
    }

    pub(crate) fn args_get(&mut self, argv: u32, argv_buf: u32) -> Result {
        write_strings(&mut self.memory, &self.ctx.args, argv, argv_buf)
    }

    pub(crate) fn environ_sizes_get(&mut self, count: u32, size: u32) -> Result {
        write_sizes(&mut self.memory, &self.ctx.env, count, size)
    }

    pub(crate) fn environ_get(&mut self, environ: u32, environ_buf: u32) -> Result {
        write_strings(&mut self.memory, &self.ctx.env, environ, environ_buf)
    }

    pub(crate) fn clock_res_get(&mut self, clock: u32, resolution: u32) -> Result {
        let out = self.memory.buffer(resolution, 8)?;
        match clock {
            0..=3 => self.memory.write_u64(out, self.ctx.clocks.resolution()),
            _ => Err(Errno::Inval),
        }
    }

    pub(crate) fn clock_time_get(&mut self, clock: u32, _precision: u64, time: u32) -> Result {
        let out = self.memory.buffer(time, 8)?;
        let now = self.now(clock)?;
        self.memory.write_u64(out, now)
    }

    /// What a clock shows.
    pub(super) fn now(&mut self, clock: u32) -> Result<u64> {
        match clock {
            0 => Ok(self.ctx.clocks.realtime()),
            1 => Ok(self.ctx.clocks.monotonic()),
            2 | 3 => Ok(self.ctx.clocks.cpu_time()),
            _ => Err(Errno::Inval),
        }
    }

    pub(crate) fn random_get(&mut self, buf: u32, buf_len: u32) -> Result {
        let mut out = self.memory.buffer(buf, buf_len)?;
        let mut random = self.ctx.random();
        if let GuestMemory::Own(_) = self.memory {
            self.memory.fill(out, |bytes| random.fill(bytes).map(|()| bytes.len()).map_err(from_io))?;
            return Ok(());
        }
        while out.len() > 0 {
            let mut piece = [0; PIECE];
            let piece = &mut piece[..out.len().min(PIECE)];
            random.fill(piece).map_err(from_io)?;
            self.memory.write(out, piece)?;
            out = out.skip(piece.len());
        }
        Ok(())
    }

    pub(crate) fn sched_yield(&mut self) -> Result {
        std::thread::yield_now();
        Ok(())
    }

    /// Does to the guest what the signal does to a process that has no handlers, as guests cannot have any.
    pub(crate) fn proc_raise(&mut self, signal: u32) -> Result {
        const IGNORED: [u32; 5] = [0, 16, 17, 22, 27];
        const STOPS: std::ops::RangeInclusive<u32> = 18..=21;
        match signal {
            signal if IGNORED.contains(&signal) => Ok(()),
            // Nobody could make it go on.
            signal if STOPS.contains(&signal) => Err(Errno::NotSup),
            1..=30 => {
                self.exit = Some(128 + signal as i32);
                Ok(())
            }
            _ => Err(Errno::Inval),
        }
    }
}
