//! Strings in memories.

use super::access::{range, read, read_slice, write};
use super::{Memory, MemoryAccessError, SharedMemory};
use crate::{AsContext, AsContextMut, Error, Result, StoreContext, TypedFunc, WasmParams, WasmResults};
use std::ffi::{CStr, CString};
use std::str::from_utf8;
use terrane_runtime::MemInst;

/// Why there is no string where a guest says that there is one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GuestStringError {
    /// It is not all inside the memory.
    #[error(transparent)]
    OutOfBounds(#[from] MemoryAccessError),
    /// It is no UTF-8.
    #[error("invalid UTF-8: of the {len} bytes at {offset:#x}, byte {index} is {byte:#04x}")]
    Utf8 {
        /// Where in the memory the string begins.
        offset: usize,
        /// How many bytes it has.
        len: usize,
        /// The first byte that does not belong there, counted from the begin of the string.
        index: usize,
        /// That byte.
        byte: u8,
    },
    /// It is no UTF-16.
    #[error("invalid UTF-16: of the {len} units at {offset:#x}, unit {index} is {unit:#06x}, half of a pair")]
    Utf16 {
        /// Where in the memory the string begins.
        offset: usize,
        /// How many units of two bytes it has.
        len: usize,
        /// The first unit that is half of a pair without the other half, counted from the begin of the string.
        index: usize,
        /// That unit.
        unit: u16,
    },
    /// It has no end.
    #[error("no string ends after {offset:#x}: there is no zero up to the end of the memory, at {size:#x}")]
    NoEnd {
        /// Where in the memory the string begins.
        offset: usize,
        /// The size of the memory in bytes.
        size: usize,
    },
}

/// Addresses and sizes as guests have them: `u32` or `i32`, or `u64` or `i64` for those with 64-bit memories.
///
/// Only this crate implements it.
pub trait GuestAddr: WasmParams + WasmResults + Copy + sealed::Addr {}

mod sealed {
    pub trait Addr: Sized {
        /// As a guest's number, if it is that small.
        fn new(n: usize) -> Option<Self>;

        /// As the host's; one that the host could not address is as good as the largest that it can.
        fn get(self) -> usize;
    }
}

macro_rules! addrs {
    ($($ty:ident $unsigned:ident)*) => { $(
        impl sealed::Addr for $ty {
            fn new(n: usize) -> Option<Self> {
                $unsigned::try_from(n).ok().map(|n| n as Self)
            }

            fn get(self) -> usize {
                usize::try_from(self as $unsigned).unwrap_or(usize::MAX)
            }
        }

        impl GuestAddr for $ty {}
    )* };
}

addrs!(u32 u32 i32 u32 u64 u64 i64 u64);

pub(crate) fn check_utf8(offset: usize, bytes: &[u8]) -> Result<&str, GuestStringError> {
    from_utf8(bytes).map_err(|error| {
        let index = error.valid_up_to();
        GuestStringError::Utf8 { offset, len: bytes.len(), index, byte: bytes[index] }
    })
}

fn read_str(mem: &MemInst, offset: usize, len: usize) -> Result<String, GuestStringError> {
    let bytes = read_slice(mem, offset, len)?;
    check_utf8(offset, &bytes)?;
    Ok(String::from_utf8(bytes).expect("checked"))
}

fn read_utf16(mem: &MemInst, offset: usize, len: usize) -> Result<String, GuestStringError> {
    let units = read_slice::<u16>(mem, offset, len)?;
    let mut index = 0;
    let mut string = String::with_capacity(len);
    for char in char::decode_utf16(units.iter().copied()) {
        let char = char.map_err(|half| {
            let unit = half.unpaired_surrogate();
            GuestStringError::Utf16 { offset, len, index, unit }
        })?;
        index += char.len_utf16();
        string.push(char);
    }
    Ok(string)
}

pub(crate) fn read_c_str(mem: &MemInst, offset: usize) -> Result<CString, GuestStringError> {
    let size = mem.len();
    range(mem, offset, 0)?;
    let (mut bytes, mut at, mut chunk) = (Vec::new(), offset, [0; 256]);
    while at < size {
        let chunk = &mut chunk[..(size - at).min(256)];
        read(mem, at, chunk)?;
        if let Some(end) = chunk.iter().position(|byte| *byte == 0) {
            bytes.extend_from_slice(&chunk[..end]);
            return Ok(CString::new(bytes).expect("the first zero ends it"));
        }
        bytes.extend_from_slice(chunk);
        at += chunk.len();
    }
    Err(GuestStringError::NoEnd { offset, size })
}

/// Where guests' strings are: what the two kinds of memories have in common.
trait Place {
    fn write(&self, store: impl AsContextMut, offset: usize, bytes: &[u8]) -> Result<(), MemoryAccessError>;
}

impl Place for Memory {
    fn write(&self, store: impl AsContextMut, offset: usize, bytes: &[u8]) -> Result<(), MemoryAccessError> {
        self.write(store, offset, bytes)
    }
}

impl Place for SharedMemory {
    fn write(&self, _: impl AsContextMut, offset: usize, bytes: &[u8]) -> Result<(), MemoryAccessError> {
        write(&mut self.handle(), offset, bytes)
    }
}

/// Puts bytes where the guest's allocator says.
fn alloc<A: GuestAddr>(
    place: &impl Place,
    mut store: impl AsContextMut,
    alloc: &TypedFunc<A, A>,
    bytes: &[u8],
) -> Result<A> {
    let len = bytes.len();
    let size = A::new(len).ok_or_else(|| Error::usage(format_args!("no guest can allocate {len} bytes")))?;
    let addr = alloc.call(store.as_context_mut(), size)?;
    if addr.get() == 0 && len > 0 {
        return Err(Error::usage(format_args!("the guest's allocator returned null for {len} bytes")));
    }
    let written = place.write(store, addr.get(), bytes);
    written
        .map_err(|error| Error::from(error).context("the guest's allocator returned no place for them"))?;
    Ok(addr)
}

fn alloc_utf16<A: GuestAddr>(
    place: &impl Place,
    store: impl AsContextMut,
    func: &TypedFunc<A, A>,
    string: &str,
) -> Result<(A, A)> {
    let bytes: Vec<u8> = string.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let addr = alloc(place, store, func, &bytes)?;
    Ok((addr, A::new(bytes.len() / 2).expect("twice as many were allocated")))
}

fn alloc_bytes<A: GuestAddr>(
    place: &impl Place,
    store: impl AsContextMut,
    func: &TypedFunc<A, A>,
    bytes: &[u8],
) -> Result<(A, A)> {
    let addr = alloc(place, store, func, bytes)?;
    Ok((addr, A::new(bytes.len()).expect("so many were allocated")))
}

/// # Strings
///
/// As many languages have them: UTF-8 with its length, ending in a zero as in C, or UTF-16 with its length. UTF-16 that
/// may contain halves of pairs is read without loss by [`read_slice::<u16>`](Self::read_slice).
///
/// To give a guest a string, there must be room for it in its memory, which the guest's own allocator finds: a function
/// that takes a number of bytes and returns an address, as `malloc` of C does.
///
/// ```
/// use terrane::{Engine, GuestStringError, Instance, Module, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (memory (export "memory") 1)
///         (global $free (mut i32) (i32.const 1024))
///         (func (export "alloc") (param $size i32) (result i32)
///             (global.get $free)
///             (global.set $free (i32.add (global.get $free) (local.get $size)))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let memory = instance.get_memory(&mut store, "memory").unwrap();
/// let alloc = instance.get_typed_func::<u32, u32>(&mut store, "alloc")?;
///
/// let (addr, len) = memory.alloc_str(&mut store, &alloc, "Grüße")?;
/// assert_eq!((addr, len), (1024, 7));
/// assert_eq!(memory.read_str(&store, 1024, 7)?, "Grüße");
///
/// let error = memory.read_str(&store, 1024, 3).unwrap_err();
/// assert_eq!(error, GuestStringError::Utf8 { offset: 1024, len: 3, index: 2, byte: 0xc3 });
/// assert_eq!(error.to_string(), "invalid UTF-8: of the 3 bytes at 0x400, byte 2 is 0xc3");
///
/// let addr = memory.alloc_c_str(&mut store, &alloc, c"and a C string")?;
/// assert_eq!(memory.read_c_str(&store, addr as usize)?.as_c_str(), c"and a C string");
/// # Ok::<(), terrane::Error>(())
/// ```
impl Memory {
    /// The string of `len` bytes of UTF-8 at `offset`, borrowed.
    ///
    /// # Errors
    /// [`GuestStringError::OutOfBounds`], [`GuestStringError::Utf8`]
    ///
    /// # Panics
    /// As for [`data`](Self::data).
    pub fn str<'a, T: 'static>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
        offset: usize,
        len: usize,
    ) -> Result<&'a str, GuestStringError> {
        check_utf8(offset, self.slice(store, offset, len)?)
    }

    /// A copy of the string of `len` bytes of UTF-8 at `offset`.
    ///
    /// # Errors
    /// [`GuestStringError::OutOfBounds`], [`GuestStringError::Utf8`]
    ///
    /// # Panics
    /// If the memory is of another store.
    pub fn read_str(
        &self,
        store: impl AsContext,
        offset: usize,
        len: usize,
    ) -> Result<String, GuestStringError> {
        read_str(self.inst(store.as_context().opaque()), offset, len)
    }

    /// A copy of the bytes from `offset` on up to a zero.
    ///
    /// # Errors
    /// [`GuestStringError::OutOfBounds`], [`GuestStringError::NoEnd`]
    ///
    /// # Panics
    /// If the memory is of another store.
    pub fn read_c_str(&self, store: impl AsContext, offset: usize) -> Result<CString, GuestStringError> {
        read_c_str(self.inst(store.as_context().opaque()), offset)
    }

    /// A copy of the string of `len` units (of two bytes) of UTF-16 at `offset`.
    ///
    /// # Errors
    /// [`GuestStringError::OutOfBounds`], [`GuestStringError::Utf16`]
    ///
    /// # Panics
    /// If the memory is of another store.
    pub fn read_utf16(
        &self,
        store: impl AsContext,
        offset: usize,
        len: usize,
    ) -> Result<String, GuestStringError> {
        read_utf16(self.inst(store.as_context().opaque()), offset, len)
    }

    /// Writes bytes to where the guest's allocator finds room for them: the address and their number.
    ///
    /// # Errors
    /// If the allocator fails, returns null, or returns what is not inside the memory; or if they are more than its
    /// parameter can say.
    ///
    /// # Panics
    /// If the memory or the allocator is of another store.
    pub fn alloc_bytes<A: GuestAddr>(
        &self,
        store: impl AsContextMut,
        alloc: &TypedFunc<A, A>,
        bytes: &[u8],
    ) -> Result<(A, A)> {
        alloc_bytes(self, store, alloc, bytes)
    }

    /// Writes a string as UTF-8 to where the guest's allocator finds room for it: the address and its length in bytes.
    ///
    /// # Errors
    /// As for [`alloc_bytes`](Self::alloc_bytes).
    ///
    /// # Panics
    /// As for [`alloc_bytes`](Self::alloc_bytes).
    pub fn alloc_str<A: GuestAddr>(
        &self,
        store: impl AsContextMut,
        alloc: &TypedFunc<A, A>,
        string: &str,
    ) -> Result<(A, A)> {
        alloc_bytes(self, store, alloc, string.as_bytes())
    }

    /// Writes a string and the zero that ends it to where the guest's allocator finds room for them: the address.
    ///
    /// # Errors
    /// As for [`alloc_bytes`](Self::alloc_bytes).
    ///
    /// # Panics
    /// As for [`alloc_bytes`](Self::alloc_bytes).
    pub fn alloc_c_str<A: GuestAddr>(
        &self,
        store: impl AsContextMut,
        func: &TypedFunc<A, A>,
        string: &CStr,
    ) -> Result<A> {
        alloc(self, store, func, string.to_bytes_with_nul())
    }

    /// Writes a string as UTF-16 to where the guest's allocator finds room for it: the address and its length in
    /// units.
    ///
    /// # Errors
    /// As for [`alloc_bytes`](Self::alloc_bytes).
    ///
    /// # Panics
    /// As for [`alloc_bytes`](Self::alloc_bytes).
    pub fn alloc_utf16<A: GuestAddr>(
        &self,
        store: impl AsContextMut,
        alloc: &TypedFunc<A, A>,
        string: &str,
    ) -> Result<(A, A)> {
        alloc_utf16(self, store, alloc, string)
    }
}

/// # Strings
///
/// As for [`Memory`](Memory#strings). Others may write at the same time: what is returned is valid even then, but some
/// mixture.
impl SharedMemory {
    /// A copy of the string of `len` bytes of UTF-8 at `offset`.
    ///
    /// # Errors
    /// [`GuestStringError::OutOfBounds`], [`GuestStringError::Utf8`]
    pub fn read_str(&self, offset: usize, len: usize) -> Result<String, GuestStringError> {
        read_str(self.inst(), offset, len)
    }

    /// A copy of the bytes from `offset` on up to a zero.
    ///
    /// # Errors
    /// [`GuestStringError::OutOfBounds`], [`GuestStringError::NoEnd`]
    pub fn read_c_str(&self, offset: usize) -> Result<CString, GuestStringError> {
        read_c_str(self.inst(), offset)
    }

    /// A copy of the string of `len` units (of two bytes) of UTF-16 at `offset`.
    ///
    /// # Errors
    /// [`GuestStringError::OutOfBounds`], [`GuestStringError::Utf16`]
    pub fn read_utf16(&self, offset: usize, len: usize) -> Result<String, GuestStringError> {
        read_utf16(self.inst(), offset, len)
    }

    /// See [`Memory::alloc_bytes`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// If the allocator is of another store.
    pub fn alloc_bytes<A: GuestAddr>(
        &self,
        store: impl AsContextMut,
        alloc: &TypedFunc<A, A>,
        bytes: &[u8],
    ) -> Result<(A, A)> {
        alloc_bytes(self, store, alloc, bytes)
    }

    /// See [`Memory::alloc_str`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// If the allocator is of another store.
    pub fn alloc_str<A: GuestAddr>(
        &self,
        store: impl AsContextMut,
        alloc: &TypedFunc<A, A>,
        string: &str,
    ) -> Result<(A, A)> {
        alloc_bytes(self, store, alloc, string.as_bytes())
    }

    /// See [`Memory::alloc_c_str`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// If the allocator is of another store.
    pub fn alloc_c_str<A: GuestAddr>(
        &self,
        store: impl AsContextMut,
        func: &TypedFunc<A, A>,
        string: &CStr,
    ) -> Result<A> {
        alloc(self, store, func, string.to_bytes_with_nul())
    }

    /// See [`Memory::alloc_utf16`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// If the allocator is of another store.
    pub fn alloc_utf16<A: GuestAddr>(
        &self,
        store: impl AsContextMut,
        alloc: &TypedFunc<A, A>,
        string: &str,
    ) -> Result<(A, A)> {
        alloc_utf16(self, store, alloc, string)
    }
}
