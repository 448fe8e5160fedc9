//! Plain data in memories.

use super::{Memory, MemoryAccessError, SharedMemory};
use crate::{AsContext, AsContextMut, StoreContext, StoreContextMut, Trap};
use bytemuck::Pod;
use std::any::TypeId;
use std::ops::Range;
use terrane_runtime::MemInst;

pub(crate) fn read(mem: &MemInst, at: usize, into: &mut [u8]) -> Result<(), MemoryAccessError> {
    let (len, size) = (into.len(), mem.len());
    mem.read(at as u64, into).map_err(|_: Trap| MemoryAccessError { at, len, size })
}

pub(crate) fn write(mem: &mut MemInst, at: usize, from: &[u8]) -> Result<(), MemoryAccessError> {
    let (len, size) = (from.len(), mem.len());
    mem.write(at as u64, from).map_err(|_: Trap| MemoryAccessError { at, len, size })
}

/// `at..at + len`, if it is inside.
pub(crate) fn range(mem: &MemInst, at: usize, len: usize) -> Result<Range<usize>, MemoryAccessError> {
    let size = mem.len();
    let end = at.checked_add(len).filter(|end| *end <= size);
    Ok(at..end.ok_or(MemoryAccessError { at, len, size })?)
}

/// Turns numbers from the order of bytes that guests have into that of the host, or back.
fn order<T: Pod>(bytes: &mut [u8]) {
    if cfg!(target_endian = "big") && is_number::<T>() {
        swap(bytes, size_of::<T>());
    }
}

fn is_number<T: 'static>() -> bool {
    let numbers = [
        TypeId::of::<u16>(),
        TypeId::of::<i16>(),
        TypeId::of::<u32>(),
        TypeId::of::<i32>(),
        TypeId::of::<f32>(),
        TypeId::of::<u64>(),
        TypeId::of::<i64>(),
        TypeId::of::<f64>(),
        TypeId::of::<u128>(),
        TypeId::of::<i128>(),
    ];
    numbers.contains(&TypeId::of::<T>())
}

/// Reverses the bytes of each number of that size.
fn swap(bytes: &mut [u8], size: usize) {
    bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
}

fn read_pod<T: Pod>(mem: &MemInst, at: usize) -> Result<T, MemoryAccessError> {
    let mut value = T::zeroed();
    read(mem, at, bytemuck::bytes_of_mut(&mut value))?;
    order::<T>(bytemuck::bytes_of_mut(&mut value));
    Ok(value)
}

fn write_pod<T: Pod>(mem: &mut MemInst, at: usize, mut value: T) -> Result<(), MemoryAccessError> {
    order::<T>(bytemuck::bytes_of_mut(&mut value));
    write(mem, at, bytemuck::bytes_of(&value))
}

pub(super) fn read_slice<T: Pod>(mem: &MemInst, at: usize, len: usize) -> Result<Vec<T>, MemoryAccessError> {
    // Before anything is allocated: guests choose the length.
    range(mem, at, len.saturating_mul(size_of::<T>()))?;
    let mut values = vec![T::zeroed(); len];
    read(mem, at, bytemuck::cast_slice_mut(&mut values))?;
    order::<T>(bytemuck::cast_slice_mut(&mut values));
    Ok(values)
}

/// The values that bytes of a guest are, as many as there are whole ones.
#[cfg(feature = "macros")]
pub(crate) fn values<T: Pod>(bytes: &[u8]) -> Vec<T> {
    let len = bytes.len() / size_of::<T>();
    let mut values = vec![T::zeroed(); len];
    bytemuck::cast_slice_mut(&mut values).copy_from_slice(&bytes[..len * size_of::<T>()]);
    order::<T>(bytemuck::cast_slice_mut(&mut values));
    values
}

fn write_slice<T: Pod>(mem: &mut MemInst, at: usize, values: &[T]) -> Result<(), MemoryAccessError> {
    if cfg!(target_endian = "little") || !is_number::<T>() {
        return write(mem, at, bytemuck::cast_slice(values));
    }
    let mut values = values.to_vec();
    order::<T>(bytemuck::cast_slice_mut(&mut values));
    write(mem, at, bytemuck::cast_slice(&values))
}

/// # Plain data
///
/// Numbers, and arrays and structures of them without padding, which [`bytemuck`](https://docs.rs/bytemuck) calls
/// [`Pod`]: any bytes are a value of such a type. Nothing has to be aligned.
///
/// A number, and each number of a slice, is little-endian, on every host. Of a structure the bytes are copied as they
/// are: on hosts that are not little-endian its fields have to be put right with `from_le` and `to_le`.
///
/// ```
/// use bytemuck::{Pod, Zeroable};
/// use terrane::{Engine, Memory, MemoryType, Store};
///
/// #[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
/// #[repr(C)]
/// struct Point {
///     x: f32,
///     y: f32,
/// }
///
/// let mut store = Store::new(&Engine::default(), ());
/// let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
/// memory.write_pod(&mut store, 16, Point { x: 1.0, y: -2.0 })?;
/// assert_eq!(memory.read_pod::<f32>(&store, 20)?, -2.0);
/// assert_eq!(memory.read_slice::<Point>(&store, 16, 2)?, [Point { x: 1.0, y: -2.0 }, Point { x: 0.0, y: 0.0 }]);
///
/// memory.write_slice(&mut store, 101, &[1_u16, 0x0203])?;
/// assert_eq!(memory.slice(&store, 101, 4)?, [1, 0, 3, 2]);
/// assert!(memory.read_slice::<u64>(&store, 0, usize::MAX).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Memory {
    /// The value at `offset`.
    ///
    /// # Errors
    /// If it is not all inside the memory.
    ///
    /// # Panics
    /// If the memory is of another store.
    pub fn read_pod<T: Pod>(&self, store: impl AsContext, offset: usize) -> Result<T, MemoryAccessError> {
        read_pod(self.inst(store.as_context().opaque()), offset)
    }

    /// Writes a value to `offset`.
    ///
    /// # Errors
    /// If it is not all inside the memory, which is as it was then.
    ///
    /// # Panics
    /// If the memory is of another store.
    pub fn write_pod<T: Pod>(
        &self,
        mut store: impl AsContextMut,
        offset: usize,
        value: T,
    ) -> Result<(), MemoryAccessError> {
        write_pod(self.inst_mut(store.as_context_mut().opaque_mut()), offset, value)
    }

    /// The `len` values from `offset` on.
    ///
    /// # Errors
    /// If they are not all inside the memory.
    ///
    /// # Panics
    /// If the memory is of another store.
    pub fn read_slice<T: Pod>(
        &self,
        store: impl AsContext,
        offset: usize,
        len: usize,
    ) -> Result<Vec<T>, MemoryAccessError> {
        read_slice(self.inst(store.as_context().opaque()), offset, len)
    }

    /// Writes values from `offset` on.
    ///
    /// # Errors
    /// If they are not all inside the memory, which is as it was then.
    ///
    /// # Panics
    /// If the memory is of another store.
    pub fn write_slice<T: Pod>(
        &self,
        mut store: impl AsContextMut,
        offset: usize,
        values: &[T],
    ) -> Result<(), MemoryAccessError> {
        write_slice(self.inst_mut(store.as_context_mut().opaque_mut()), offset, values)
    }

    /// The `len` bytes from `offset` on, borrowed: as [`data`](Self::data), without a panic if they are not there.
    ///
    /// # Errors
    /// If they are not all inside the memory.
    ///
    /// # Panics
    /// As for [`data`](Self::data).
    pub fn slice<'a, T: 'static>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
        offset: usize,
        len: usize,
    ) -> Result<&'a [u8], MemoryAccessError> {
        let mem = self.inst(store.into().opaque());
        let range = range(mem, offset, len)?;
        Ok(&mem.data()[range])
    }

    /// The same, to change them.
    ///
    /// # Errors
    /// If they are not all inside the memory.
    ///
    /// # Panics
    /// As for [`data_mut`](Self::data_mut).
    pub fn slice_mut<'a, T: 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
        offset: usize,
        len: usize,
    ) -> Result<&'a mut [u8], MemoryAccessError> {
        let (store, _) = store.into().split();
        let mem = self.inst_mut(store);
        let range = range(mem, offset, len)?;
        Ok(&mut mem.data_mut()[range])
    }
}

/// # Plain data
///
/// As for [`Memory`](Memory#plain-data). Others may write at the same time: then what is read is some mixture of bytes.
impl SharedMemory {
    /// The value at `offset`.
    ///
    /// # Errors
    /// If it is not all inside the memory.
    pub fn read_pod<T: Pod>(&self, offset: usize) -> Result<T, MemoryAccessError> {
        read_pod(self.inst(), offset)
    }

    /// Writes a value to `offset`.
    ///
    /// # Errors
    /// If it is not all inside the memory, which is as it was then.
    pub fn write_pod<T: Pod>(&self, offset: usize, value: T) -> Result<(), MemoryAccessError> {
        write_pod(&mut self.handle(), offset, value)
    }

    /// The `len` values from `offset` on.
    ///
    /// # Errors
    /// If they are not all inside the memory.
    pub fn read_slice<T: Pod>(&self, offset: usize, len: usize) -> Result<Vec<T>, MemoryAccessError> {
        read_slice(self.inst(), offset, len)
    }

    /// Writes values from `offset` on.
    ///
    /// # Errors
    /// If they are not all inside the memory, which is as it was then.
    pub fn write_slice<T: Pod>(&self, offset: usize, values: &[T]) -> Result<(), MemoryAccessError> {
        write_slice(&mut self.handle(), offset, values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_hosts_do() {
        let mut bytes = [1, 2, 3, 4, 5, 6, 7, 8];
        swap(&mut bytes, 4);
        assert_eq!(bytes, [4, 3, 2, 1, 8, 7, 6, 5]);
        assert!(is_number::<f64>() && !is_number::<[u32; 2]>() && !is_number::<u8>());
    }
}
