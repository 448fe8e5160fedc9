//! The memories of the guest that calls the host.

use crate::memory::access;
use crate::{Caller, Error, MemoryType, Result};
use terrane_runtime::{MemInst, ModuleAddr, Store};

/// The memories of the instance that called a function of the host, by the indices that they have there, exported or not;
/// none if the host called.
///
/// Bytes are borrowed from it, so that no guest can run and no memory can grow meanwhile. One memory may be there under
/// several indices, if the instance imports it several times: so only [`pair_mut`](Self::pair_mut) gives bytes of two at
/// once, and refuses those of one. The bytes of a shared memory cannot be borrowed at all, as other threads may access
/// them; they are copied by [`read`](Self::read), [`write`](Self::write) and [`copy`](Self::copy).
///
/// ```
/// use terrane::{Caller, Engine, Linker, Module, Result, Store};
///
/// let engine = Engine::default();
/// let mut linker = Linker::new(&engine);
/// linker.func_wrap("host", "mirror", |mut caller: Caller<'_, usize>| -> Result<()> {
///     let (mut memories, copied) = caller.memories_and_data_mut();
///     let (from, to) = memories.pair_mut(0, 1)?;
///     to.copy_from_slice(from);
///     *copied += from.len();
///     Ok(())
/// })?;
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "host" "mirror" (func $mirror))
///         (memory $a 1) (memory $b 1)
///         (data (memory $a) (i32.const 7) "\2a")
///         (func (export "run") (result i32) (call $mirror) (i32.load8_u $b (i32.const 7))))"#,
/// )?;
/// let mut store = Store::new(&engine, 0);
/// let instance = linker.instantiate(&mut store, &module)?;
/// assert_eq!(instance.get_typed_func::<(), i32>(&mut store, "run")?.call(&mut store, ())?, 42);
/// assert_eq!(*store.data(), 65536);
/// # Ok::<(), terrane::Error>(())
/// ```
pub struct GuestMemories<'a> {
    store: &'a mut Store,
    instance: Option<ModuleAddr>,
}

impl<'a, T: 'static> Caller<'a, T> {
    /// All memories of the calling instance, and beside them the host's data.
    pub fn memories_and_data_mut(&mut self) -> (GuestMemories<'_>, &mut T) {
        let (store, data, instance) = self.split();
        (GuestMemories { store: &mut store.runtime, instance }, data)
    }
}

impl<'a> GuestMemories<'a> {
    /// How many memories there are.
    pub fn len(&self) -> usize {
        self.instance.map_or(0, |instance| self.store.mems_of(instance))
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of memory `index`, whose smallest size is its size.
    ///
    /// # Errors
    /// If there is no such memory.
    pub fn ty(&self, index: usize) -> Result<MemoryType> {
        Ok(MemoryType(self.inst(index)?.ty()))
    }

    /// The bytes of memory `index`.
    ///
    /// # Errors
    /// If there is no such memory, or it is shared.
    pub fn get(&self, index: usize) -> Result<&[u8]> {
        let mem = self.inst(index)?;
        if mem.is_shared() { Err(is_shared(index)) } else { Ok(mem.data()) }
    }

    /// The bytes of memory `index`, to change them.
    ///
    /// # Errors
    /// If there is no such memory, or it is shared.
    pub fn get_mut(&mut self, index: usize) -> Result<&mut [u8]> {
        let mem = self.inst_mut(index)?;
        if mem.is_shared() { Err(is_shared(index)) } else { Ok(mem.data_mut()) }
    }

    /// The bytes of two memories, to change them.
    ///
    /// # Errors
    /// If there are no such memories, they are one and the same, or one is shared.
    pub fn pair_mut(&mut self, first: usize, second: usize) -> Result<(&mut [u8], &mut [u8])> {
        for index in [first, second] {
            if self.inst(index)?.is_shared() {
                return Err(is_shared(index));
            }
        }
        let pair = self.instance.and_then(|instance| self.store.two_mems_of_mut(instance, first, second));
        let (first, second) = pair.ok_or_else(|| {
            Error::usage(format_args!(
                "memories {first} and {second} of the calling instance are the same, so their bytes cannot both be \
                 borrowed to change them"
            ))
        })?;
        Ok((first.data_mut(), second.data_mut()))
    }

    /// Copies the bytes of memory `index` from `offset` on into `buffer`, which says how many. It may be a shared memory.
    ///
    /// # Errors
    /// If there is no such memory, or they are not all inside it: that is a [`MemoryAccessError`](crate::MemoryAccessError).
    pub fn read(&self, index: usize, offset: usize, buffer: &mut [u8]) -> Result<()> {
        Ok(access::read(self.inst(index)?, offset, buffer)?)
    }

    /// Copies `buffer` to the bytes of memory `index` from `offset` on. It may be a shared memory.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub fn write(&mut self, index: usize, offset: usize, buffer: &[u8]) -> Result<()> {
        Ok(access::write(self.inst_mut(index)?, offset, buffer)?)
    }

    /// Copies `len` bytes from one place to another, as if to a place apart first. A place is the index of a memory, and
    /// an offset; memories may be the same, and shared.
    ///
    /// # Errors
    /// As for [`read`](Self::read), for either place; nothing is copied then.
    pub fn copy(&mut self, from: (usize, usize), to: (usize, usize), len: usize) -> Result<()> {
        for (index, offset) in [from, to] {
            access::range(self.inst(index)?, offset, len)?;
        }
        let (d, s, n) = (to.1 as u64, from.1 as u64, len as u64);
        let two = self.instance.and_then(|instance| self.store.two_mems_of_mut(instance, to.0, from.0));
        match two {
            Some((to, from)) => to.copy_from(d, from, s, n)?,
            None => self.inst_mut(to.0)?.copy_within(d, s, n)?,
        }
        Ok(())
    }

    pub(super) fn inst(&self, index: usize) -> Result<&MemInst> {
        let mem = self.instance.and_then(|instance| self.store.mem_of(instance, index));
        mem.ok_or_else(|| self.missing(index))
    }

    fn inst_mut(&mut self, index: usize) -> Result<&mut MemInst> {
        let Some(instance) = self.instance.filter(|_| index < self.len()) else {
            return Err(self.missing(index));
        };
        Ok(self.store.mem_of_mut(instance, index).expect("as many memories"))
    }

    #[cold]
    fn missing(&self, index: usize) -> Error {
        match self.instance {
            Some(_) => Error::usage(format_args!(
                "memory {index} was asked for of an instance that has {} memories",
                self.len()
            )),
            None => Error::usage(format_args!(
                "memory {index} was asked for of the calling instance, but the host made the call"
            )),
        }
    }
}

#[cold]
pub(super) fn is_shared(index: usize) -> Error {
    Error::usage(format_args!(
        "memory {index} of the calling instance is shared, so its bytes cannot be borrowed, only copied"
    ))
}
