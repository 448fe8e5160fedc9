//! The guest's memory: every access is checked, and one that is not all inside answers [`Errno::Fault`].

use crate::types::{Errno, Record, Result};
use terrane::SharedMemory;

/// At most so many bytes at once go between a file and a memory that threads share.
const CHUNK: usize = 1 << 16;

/// The longest path, with a zero at its end, as on Linux.
const PATH_MAX: usize = 4096;

/// The memory of the guest that called.
pub(crate) enum GuestMemory<'a> {
    None,
    Own(&'a mut [u8]),
    Shared(SharedMemory),
}

/// A part of a guest's memory that was found to be inside it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Buffer {
    at: usize,
    len: usize,
}

impl Buffer {
    pub(crate) fn len(self) -> usize {
        self.len
    }

    /// All but the first bytes.
    pub(crate) fn skip(self, len: usize) -> Self {
        let len = len.min(self.len);
        Self { at: self.at + len, len: self.len - len }
    }
}

impl GuestMemory<'_> {
    fn size(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Own(bytes) => bytes.len(),
            Self::Shared(memory) => memory.data_size(),
        }
    }

    /// The bytes there.
    pub(crate) fn buffer(&self, at: u32, len: u32) -> Result<Buffer> {
        let (at, len) = (at as usize, len as usize);
        match at.checked_add(len) {
            Some(end) if end <= self.size() => Ok(Buffer { at, len }),
            _ => Err(Errno::Fault),
        }
    }

    /// `count` structures of so many bytes.
    pub(crate) fn array(&self, at: u32, count: u32, size: u32) -> Result<Buffer> {
        self.buffer(at, count.checked_mul(size).ok_or(Errno::Fault)?)
    }

    pub(crate) fn read(&self, from: Buffer, into: &mut [u8]) -> Result {
        if into.len() > from.len {
            return Err(Errno::Fault);
        }
        match self {
            Self::None if into.is_empty() => Ok(()),
            Self::None => Err(Errno::Fault),
            Self::Own(bytes) => {
                into.copy_from_slice(&bytes[from.at..from.at + into.len()]);
                Ok(())
            }
            Self::Shared(memory) => memory.read(from.at, into).map_err(|_| Errno::Fault),
        }
    }

    pub(crate) fn write(&mut self, to: Buffer, bytes: &[u8]) -> Result {
        if bytes.len() > to.len {
            return Err(Errno::Fault);
        }
        match self {
            Self::None if bytes.is_empty() => Ok(()),
            Self::None => Err(Errno::Fault),
            Self::Own(memory) => {
                memory[to.at..to.at + bytes.len()].copy_from_slice(bytes);
                Ok(())
            }
            Self::Shared(memory) => memory.write(to.at, bytes).map_err(|_| Errno::Fault),
        }
    }

    pub(crate) fn write_record<const N: usize>(&mut self, to: Buffer, record: Record<N>) -> Result {
        let len = N.min(to.len);
        self.write(to, &record.0[..len])
    }

    /// Lets `fill` write into the guest's bytes, or the first of them; how many it has written.
    pub(crate) fn fill(
        &mut self,
        to: Buffer,
        fill: impl FnOnce(&mut [u8]) -> Result<usize>,
    ) -> Result<usize> {
        match self {
            Self::None => fill(&mut []),
            Self::Own(memory) => fill(&mut memory[to.at..to.at + to.len]),
            Self::Shared(memory) => {
                let mut chunk = vec![0; to.len.min(CHUNK)];
                let filled = fill(&mut chunk)?.min(chunk.len());
                memory.write(to.at, &chunk[..filled]).map_err(|_| Errno::Fault)?;
                Ok(filled)
            }
        }
    }

    /// Lets `drain` read the guest's bytes, or the first of them; how many it has read.
    pub(crate) fn drain(&self, from: Buffer, drain: impl FnOnce(&[u8]) -> Result<usize>) -> Result<usize> {
        match self {
            Self::None => drain(&[]),
            Self::Own(memory) => drain(&memory[from.at..from.at + from.len]),
            Self::Shared(memory) => {
                let mut chunk = vec![0; from.len.min(CHUNK)];
                memory.read(from.at, &mut chunk).map_err(|_| Errno::Fault)?;
                drain(&chunk)
            }
        }
    }

    pub(crate) fn u32(&self, at: Buffer) -> Result<u32> {
        let mut bytes = [0; 4];
        self.read(at, &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    pub(crate) fn write_u32(&mut self, at: Buffer, value: u32) -> Result {
        self.write(at, &value.to_le_bytes())
    }

    pub(crate) fn write_u64(&mut self, at: Buffer, value: u64) -> Result {
        self.write(at, &value.to_le_bytes())
    }

    /// A path: UTF-8 without zeros.
    pub(crate) fn path(&self, at: u32, len: u32) -> Result<String> {
        let place = self.buffer(at, len)?;
        if place.len >= PATH_MAX {
            return Err(Errno::NameTooLong);
        }
        let mut bytes = vec![0; place.len];
        self.read(place, &mut bytes)?;
        let path = String::from_utf8(bytes).map_err(|_| Errno::IlSeq)?;
        if path.contains('\0') { Err(Errno::Inval) } else { Ok(path) }
    }

    /// Two paths: both are inside the memory, or nothing else is said about either.
    pub(crate) fn paths(&self, first: (u32, u32), second: (u32, u32)) -> Result<(String, String)> {
        self.buffer(first.0, first.1)?;
        self.buffer(second.0, second.1)?;
        Ok((self.path(first.0, first.1)?, self.path(second.0, second.1)?))
    }

    /// The buffers of a list, all of which are inside the memory.
    pub(crate) fn buffers(&self, at: u32, count: u32) -> Result<Buffers> {
        let buffers = Buffers { list: self.array(at, count, 8)? };
        let mut total = 0_u32;
        for i in 0..buffers.count() {
            let len = buffers.get(self, i)?.len as u32;
            total = total.checked_add(len).ok_or(Errno::Inval)?;
        }
        Ok(buffers)
    }
}

/// A list of buffers in the guest's memory: of any length, and never copied.
#[derive(Clone, Copy)]
pub(crate) struct Buffers {
    list: Buffer,
}

impl Buffers {
    pub(crate) fn count(self) -> usize {
        self.list.len / 8
    }

    pub(crate) fn get(self, memory: &GuestMemory<'_>, index: usize) -> Result<Buffer> {
        let entry = self.list.skip(index * 8);
        memory.buffer(memory.u32(entry)?, memory.u32(entry.skip(4))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_outside() {
        let mut bytes = [0; 16];
        let memory = GuestMemory::Own(&mut bytes);
        assert!(memory.buffer(16, 0).is_ok());
        assert_eq!(memory.buffer(16, 1).unwrap_err(), Errno::Fault);
        assert_eq!(memory.buffer(u32::MAX, u32::MAX).unwrap_err(), Errno::Fault);
        assert_eq!(memory.array(0, 1 << 30, 8).unwrap_err(), Errno::Fault);
        assert_eq!(GuestMemory::None.buffer(0, 1).unwrap_err(), Errno::Fault);
    }

    #[test]
    fn paths() {
        let mut bytes = *b"ab\0\xffcdef";
        let memory = GuestMemory::Own(&mut bytes);
        assert_eq!(memory.path(0, 2), Ok("ab".to_owned()));
        assert_eq!(memory.path(0, 3), Err(Errno::Inval));
        assert_eq!(memory.path(3, 2), Err(Errno::IlSeq));
        assert_eq!(memory.path(0, 1 << 20), Err(Errno::Fault));
        let mut bytes = vec![b'a'; 1 << 20];
        assert_eq!(GuestMemory::Own(&mut bytes).path(0, 1 << 20), Err(Errno::NameTooLong));
    }
}
