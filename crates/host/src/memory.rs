//! Memories.

pub(crate) mod access;
mod shared;
pub(crate) mod strings;

pub use shared::{SharedMemory, WaitResult};
pub use strings::{GuestAddr, GuestStringError};

use crate::store::StoreOpaque;
use crate::{AsContext, AsContextMut, Error, MemoryType, Result, StoreContext, StoreContextMut};
use std::fmt;
use terrane_runtime::{MemAddr, StoreId};

/// A memory in a store: bytes that guest and host share.
///
/// It is a handle, `Copy`, and of use with its own store only. To look at the bytes, borrow them with
/// [`data`](Self::data) or [`data_mut`](Self::data_mut): as long as the borrow lasts no guest can run, so nothing
/// changes under it. Or copy some of them with [`read`](Self::read) and [`write`](Self::write).
///
/// ```
/// use terrane::{Engine, Memory, MemoryType, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
/// memory.write(&mut store, 8, b"Terrane")?;
/// assert_eq!(&memory.data(&store)[8..15], b"Terrane");
///
/// let mut byte = [0];
/// let error = memory.read(&store, 65536, &mut byte).unwrap_err();
/// assert_eq!(error.to_string(), "out of bounds memory access: 1 bytes at 0x10000 of a memory of 65536 bytes");
///
/// assert_eq!(memory.grow(&mut store, 1)?, 1);
/// memory.read(&store, 65536, &mut byte)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # When a memory grows
///
/// A memory grows when a guest executes `memory.grow`, or the host calls [`grow`](Self::grow): never while a borrow of its
/// bytes lasts, since both need the store. So a slice is never stale; the borrow checker refuses to keep one across a
/// call:
///
/// ```compile_fail,E0502
/// use terrane::{Memory, Store};
///
/// fn stale(memory: Memory, store: &mut Store<()>) -> u8 {
///     let bytes = memory.data(&*store);
///     memory.grow(store, 1).unwrap();
///     bytes[0]
/// }
/// ```
///
/// ```compile_fail,E0499
/// use terrane::{Memory, Store, TypedFunc};
///
/// fn stale(memory: Memory, guest: TypedFunc<(), ()>, store: &mut Store<()>) {
///     let bytes = memory.data_mut(&mut *store);
///     guest.call(&mut *store, ()).unwrap();
///     bytes[0] = 1;
/// }
/// ```
///
/// A pointer from [`data_ptr`](Self::data_ptr) is not checked by anybody. It is good for [`data_size`](Self::data_size)
/// bytes, as both were when they were read, until the memory grows; then both have to be read again, as the bytes may
/// have moved. (They move where the host does not let a memory reserve address space, so do not rely on one host.) The
/// bytes of a shared memory never move and never become fewer. [`Store::on_memory_grow`] tells when it is time.
///
/// [`Store::on_memory_grow`]: crate::Store::on_memory_grow
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Memory {
    pub(crate) store: StoreId,
    pub(crate) addr: MemAddr,
}

/// A range that is not inside a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryAccessError {
    at: usize,
    len: usize,
    size: usize,
}

impl fmt::Display for MemoryAccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, len, size } = self;
        write!(f, "out of bounds memory access: {len} bytes at {at:#x} of a memory of {size} bytes")
    }
}

impl std::error::Error for MemoryAccessError {}

impl MemoryAccessError {
    /// Where the range begins.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// How many bytes the range has.
    pub fn access_size(&self) -> usize {
        self.len
    }

    /// How many bytes the memory has.
    pub fn memory_size(&self) -> usize {
        self.size
    }
}

impl Memory {
    /// A new memory, all zeros, of the type's smallest size.
    ///
    /// # Errors
    /// - [`ErrorKind::Usage`](crate::ErrorKind::Usage): no module could have a memory of that type, or it is shared: see
    ///   [`SharedMemory`].
    /// - [`ErrorKind::Trap`](crate::ErrorKind::Trap): a limit of the store, or the host, does not allow it.
    pub fn new(mut store: impl AsContextMut, ty: MemoryType) -> Result<Self> {
        Self::new_in(store.as_context_mut().opaque_mut(), ty)
    }

    pub(crate) fn new_in(store: &mut StoreOpaque, ty: MemoryType) -> Result<Self> {
        if ty.is_shared() {
            return Err(Error::usage(format_args!("a memory of type {ty} is made by SharedMemory::new")));
        }
        check_type(&ty)?;
        match store.runtime.alloc_mem(ty.0) {
            Ok(addr) => Ok(Self { store: store.id(), addr }),
            Err(trap) => Err(store.not_made(trap, "this memory")),
        }
    }

    /// Its type, whose smallest size is its size.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn ty(&self, store: impl AsContext) -> MemoryType {
        MemoryType(self.inst(store.as_context().opaque()).ty())
    }

    /// Copies the bytes from `offset` on into `buffer`, which says how many.
    ///
    /// # Errors
    /// If they are not all inside the memory; `buffer` is as it was then.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn read(
        &self,
        store: impl AsContext,
        offset: usize,
        buffer: &mut [u8],
    ) -> Result<(), MemoryAccessError> {
        access::read(self.inst(store.as_context().opaque()), offset, buffer)
    }

    /// Copies `buffer` to the bytes from `offset` on.
    ///
    /// # Errors
    /// If they are not all inside the memory, which is as it was then.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn write(
        &self,
        mut store: impl AsContextMut,
        offset: usize,
        buffer: &[u8],
    ) -> Result<(), MemoryAccessError> {
        access::write(self.inst_mut(store.as_context_mut().opaque_mut()), offset, buffer)
    }

    /// All its bytes.
    ///
    /// # Panics
    /// If it is of another store; or shared, as other threads may write to it.
    pub fn data<'a, T: 'static>(&self, store: impl Into<StoreContext<'a, T>>) -> &'a [u8] {
        self.inst(store.into().opaque()).data()
    }

    /// All its bytes, to change them.
    ///
    /// # Panics
    /// If it is of another store; or shared, as other threads may access it.
    pub fn data_mut<'a, T: 'static>(&self, store: impl Into<StoreContextMut<'a, T>>) -> &'a mut [u8] {
        self.data_and_store_mut(store).0
    }

    /// All its bytes, to change them, and beside them the host's data.
    ///
    /// # Panics
    /// As for [`data_mut`](Self::data_mut).
    pub fn data_and_store_mut<'a, T: 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> (&'a mut [u8], &'a mut T) {
        let (store, data) = store.into().split();
        (self.inst_mut(store).data_mut(), data)
    }

    /// Its first byte. Growing the memory can move it, unless the memory is shared; it must not be used while a
    /// reference from [`data_mut`](Self::data_mut) is, nor after the store is gone.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn data_ptr(&self, store: impl AsContext) -> *mut u8 {
        self.inst(store.as_context().opaque()).base()
    }

    /// Its size in bytes.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn data_size(&self, store: impl AsContext) -> usize {
        self.inst(store.as_context().opaque()).len()
    }

    /// Its size in pages.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn size(&self, store: impl AsContext) -> u64 {
        self.inst(store.as_context().opaque()).size()
    }

    /// Bytes in a page.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn page_size(&self, store: impl AsContext) -> u64 {
        self.inst(store.as_context().opaque()).ty().page_size()
    }

    /// Adds `delta` pages of zeros, and returns the number of pages before.
    ///
    /// # Errors
    /// If the memory's type, a limit of the store, or the host does not allow it. An error of the store's
    /// [`ResourceLimiter`](crate::ResourceLimiter) comes back unchanged.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64) -> Result<u64> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        store.check(self.store);
        match store.runtime.grow_mem(self.addr, delta) {
            Ok(size) => {
                // If who was told has panicked, the panic goes on here.
                store.runtime.take_refusal().inspect(|_| store.limiter.resume());
                Ok(size)
            }
            Err(error) => Err(store.refused(|| error.into())),
        }
    }

    fn inst<'a>(&self, store: &'a StoreOpaque) -> &'a terrane_runtime::MemInst {
        store.check(self.store);
        store.runtime.mem(self.addr)
    }

    fn inst_mut<'a>(&self, store: &'a mut StoreOpaque) -> &'a mut terrane_runtime::MemInst {
        store.check(self.store);
        store.runtime.mem_mut(self.addr)
    }
}

/// Could a module have a memory of that type?
pub(crate) fn check_type(ty: &MemoryType) -> Result<()> {
    if !matches!(ty.0.page_size_log2, 0 | 16) {
        let log2 = ty.0.page_size_log2;
        return Err(Error::usage(format_args!("a page has 1 or 65536 bytes, not 2^{log2}")));
    }
    let max_pages = ty.0.max_pages();
    let max = ty.maximum().unwrap_or(ty.minimum());
    if ty.minimum() > max || max > max_pages {
        return Err(Error::usage(format_args!("there can be no {ty}: at most {max_pages} pages")));
    }
    if ty.is_shared() && ty.maximum().is_none() {
        return Err(Error::usage(format_args!("there can be no {ty}: a shared memory must have a maximum")));
    }
    Ok(())
}
