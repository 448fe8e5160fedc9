//! Memories that threads share.

use crate::{Engine, Error, MemoryType, Result, Trap};
use std::cell::UnsafeCell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use terrane_runtime::{AtomicNum, MemError, MemInst, Wait};

/// A memory that stores, engines and threads share.
///
/// It belongs to no store: it may be given to instances in any of them, as [`Extern::SharedMemory`], and cloning it
/// gives another handle of the same memory. Its bytes may change at any time.
///
/// ```
/// use terrane::{Engine, Instance, MemoryType, Module, SharedMemory, Store};
///
/// let engine = Engine::default();
/// let memory = SharedMemory::new(&engine, MemoryType::shared(1, 1))?;
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "env" "memory" (memory 1 1 shared))
///         (func (export "add") (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))))"#,
/// )?;
/// std::thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| {
///             let mut store = Store::new(&engine, ());
///             let instance = Instance::new(&mut store, &module, &[memory.clone().into()])?;
///             let add = instance.get_typed_func::<(), ()>(&store, "add")?;
///             (0..1000).try_for_each(|_| add.call(&mut store, ()))
///         });
///     }
/// });
/// let mut sum = [0; 4];
/// memory.read(0, &mut sum)?;
/// assert_eq!(u32::from_le_bytes(sum), 4000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [`Extern::SharedMemory`]: crate::Extern::SharedMemory
#[derive(Clone)]
pub struct SharedMemory(Arc<MemInst>);

/// How a wait for something in a [`SharedMemory`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WaitResult {
    /// Somebody notified.
    Ok = 0,
    /// Something else than expected was there.
    Mismatch = 1,
    /// The time was up.
    TimedOut = 2,
}

impl From<Wait> for WaitResult {
    fn from(wait: Wait) -> Self {
        match wait {
            Wait::Ok => Self::Ok,
            Wait::Mismatch => Self::Mismatch,
            Wait::TimedOut => Self::TimedOut,
        }
    }
}

impl SharedMemory {
    /// A new memory, all zeros, of the type's smallest size. All that it can become is reserved now, without being
    /// used: it never moves.
    ///
    /// # Errors
    /// - [`ErrorKind::Usage`](crate::ErrorKind::Usage): the type is not shared, or no module could have a memory of it, or
    ///   the engine is [configured](crate::Config::shared_memory) not to have them.
    /// - [`ErrorKind::Trap`](crate::ErrorKind::Trap): the host has no room.
    pub fn new(engine: &Engine, ty: MemoryType) -> Result<Self> {
        if !ty.is_shared() {
            return Err(Error::usage(format_args!(
                "a shared memory cannot be of type {ty}, which is not shared"
            )));
        }
        super::check_type(&ty)?;
        if !engine.config().shared_memory {
            return Err(Error::usage("shared memories are switched off: see Config::shared_memory"));
        }
        let mem = MemInst::new(ty.0, engine.memory_config()).map_err(|error| {
            Error::from(Trap::MemoryAllocationFailed).context(format_args!("{ty}: {error}"))
        })?;
        Ok(Self::from_inst(mem))
    }

    pub(crate) fn from_inst(mem: MemInst) -> Self {
        Self(Arc::new(mem))
    }

    pub(crate) fn inst(&self) -> &MemInst {
        &self.0
    }

    /// Its type, whose smallest size is its size now.
    pub fn ty(&self) -> MemoryType {
        MemoryType(self.0.ty())
    }

    /// Its size in pages.
    pub fn size(&self) -> u64 {
        self.0.size()
    }

    /// Bytes in a page.
    pub fn page_size(&self) -> u64 {
        self.0.ty().page_size()
    }

    /// Its size in bytes.
    pub fn data_size(&self) -> usize {
        self.0.len()
    }

    /// All its bytes now; what it grows by later is not among them.
    ///
    /// Whatever is done to them through [`UnsafeCell::get`] must be atomic, by [`std::sync::atomic`], as other threads
    /// may access them at the same time. [`read`](Self::read) and [`write`](Self::write) do it so.
    pub fn data(&self) -> &[UnsafeCell<u8>] {
        // SAFETY: as many bytes are there, and stay where they are as long as the memory lives; a cell says nothing
        // about who else accesses them.
        unsafe { std::slice::from_raw_parts(self.0.base().cast::<UnsafeCell<u8>>(), self.0.len()) }
    }

    /// Copies the bytes from `offset` on into `buffer`, which says how many. Others may write at the same time: then
    /// what is copied is some mixture.
    ///
    /// # Errors
    /// If they are not all inside the memory; `buffer` is as it was then.
    pub fn read(&self, offset: usize, buffer: &mut [u8]) -> Result<(), super::MemoryAccessError> {
        super::access::read(&self.0, offset, buffer)
    }

    /// Copies `buffer` to the bytes from `offset` on.
    ///
    /// # Errors
    /// If they are not all inside the memory, which is as it was then.
    pub fn write(&self, offset: usize, buffer: &[u8]) -> Result<(), super::MemoryAccessError> {
        super::access::write(&mut self.handle(), offset, buffer)
    }

    /// Adds `delta` pages of zeros, and returns the number of pages before. Guests that run see the new size. As the
    /// memory is of no store, no limiter is asked.
    ///
    /// # Errors
    /// If the memory's type or the host does not allow it.
    pub fn grow(&self, delta: u64) -> Result<u64> {
        self.handle().grow(delta, |_, _| true).map_err(|error: MemError| error.into())
    }

    /// What `memory.atomic.notify` does: wakes at most `count` of those who wait at `addr`, in the order in which they
    /// came; how many.
    ///
    /// # Errors
    /// [`Trap::UnalignedAtomic`], [`Trap::OutOfBoundsMemoryAccess`]
    pub fn atomic_notify(&self, addr: u64, count: u32) -> Result<u32, Trap> {
        self.0.notify(addr, count)
    }

    /// What `memory.atomic.wait32` does: if `expected` is at `addr`, blocks this thread until somebody notifies, or
    /// `timeout` is over. Nothing else ends it.
    ///
    /// # Errors
    /// [`Trap::UnalignedAtomic`], [`Trap::OutOfBoundsMemoryAccess`]
    pub fn atomic_wait32(
        &self,
        addr: u64,
        expected: u32,
        timeout: Option<Duration>,
    ) -> Result<WaitResult, Trap> {
        self.wait(addr, expected, timeout)
    }

    /// The same for `memory.atomic.wait64`.
    ///
    /// # Errors
    /// As for [`atomic_wait32`](Self::atomic_wait32).
    pub fn atomic_wait64(
        &self,
        addr: u64,
        expected: u64,
        timeout: Option<Duration>,
    ) -> Result<WaitResult, Trap> {
        self.wait(addr, expected, timeout)
    }

    fn wait(
        &self,
        addr: u64,
        expected: impl AtomicNum,
        timeout: Option<Duration>,
    ) -> Result<WaitResult, Trap> {
        self.0.wait(addr, expected, timeout, &Arc::default(), || false).map(WaitResult::from)
    }

    /// A handle of our own, which may be changed while others are too.
    pub(crate) fn handle(&self) -> MemInst {
        self.0.share().expect("it is shared")
    }
}

/// Are they the same memory?
impl PartialEq for SharedMemory {
    fn eq(&self, other: &Self) -> bool {
        self.0.same(&other.0)
    }
}

impl Eq for SharedMemory {}

impl Hash for SharedMemory {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.base().hash(state);
    }
}

impl fmt::Debug for SharedMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedMemory").field(&self.0).finish()
    }
}
