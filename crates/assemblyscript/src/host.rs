//! A store, of whatever data, as this crate needs it.

use terrane::{
    AsContextMut, Extern, ExternRef, Func, FuncType, Global, Instance, Memory, MemoryAccessError,
    OwnedRooted, Ref, Result, SharedMemory, Table, TypedFunc, Val,
};

/// The memory of a guest.
#[derive(Clone, Debug)]
pub(crate) enum Mem {
    Own(Memory),
    Shared(SharedMemory),
}

impl PartialEq for Mem {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Own(a), Self::Own(b)) => a == b,
            (Self::Shared(a), Self::Shared(b)) => a == b,
            _ => false,
        }
    }
}

/// What is done with a store.
pub(crate) trait Host {
    fn read(&self, memory: &Mem, at: u32, into: &mut [u8]) -> Result<(), MemoryAccessError>;
    fn write(&mut self, memory: &Mem, at: u32, from: &[u8]) -> Result<(), MemoryAccessError>;
    fn size(&self, memory: &Mem) -> usize;
    fn alloc(&mut self, func: &TypedFunc<(u32, u32), u32>, size: u32, id: u32) -> Result<u32>;
    fn keep(&mut self, func: &TypedFunc<u32, u32>, pointer: u32) -> Result<u32>;
    fn release(&mut self, func: &TypedFunc<u32, ()>, pointer: u32) -> Result<()>;
    fn collect(&mut self, func: &TypedFunc<(), ()>) -> Result<()>;
    fn call(&mut self, func: &Func, params: &[Val], results: &mut [Val]) -> Result<()>;
    fn func_type(&self, func: &Func) -> FuncType;
    fn global(&mut self, global: &Global) -> Val;
    fn set_global(&mut self, global: &Global, value: Val) -> Result<()>;
    fn element(&mut self, table: &Table, index: u32) -> Option<Ref>;
    fn export(&self, instance: &Instance, name: &str) -> Option<Extern>;
    fn owns(&self, token: &OwnedRooted<ExternRef>) -> bool;
}

impl<C: AsContextMut> Host for C {
    fn read(&self, memory: &Mem, at: u32, into: &mut [u8]) -> Result<(), MemoryAccessError> {
        match memory {
            Mem::Own(memory) => memory.read(self, at as usize, into),
            Mem::Shared(memory) => memory.read(at as usize, into),
        }
    }

    fn write(&mut self, memory: &Mem, at: u32, from: &[u8]) -> Result<(), MemoryAccessError> {
        match memory {
            Mem::Own(memory) => memory.write(self, at as usize, from),
            Mem::Shared(memory) => memory.write(at as usize, from),
        }
    }

    fn size(&self, memory: &Mem) -> usize {
        match memory {
            Mem::Own(memory) => memory.data_size(self),
            Mem::Shared(memory) => memory.data_size(),
        }
    }

    fn alloc(&mut self, func: &TypedFunc<(u32, u32), u32>, size: u32, id: u32) -> Result<u32> {
        func.call(self, (size, id))
    }

    fn keep(&mut self, func: &TypedFunc<u32, u32>, pointer: u32) -> Result<u32> {
        func.call(self, pointer)
    }

    fn release(&mut self, func: &TypedFunc<u32, ()>, pointer: u32) -> Result<()> {
        func.call(self, pointer)
    }

    fn collect(&mut self, func: &TypedFunc<(), ()>) -> Result<()> {
        func.call(self, ())
    }

    fn call(&mut self, func: &Func, params: &[Val], results: &mut [Val]) -> Result<()> {
        func.call(self, params, results)
    }

    fn func_type(&self, func: &Func) -> FuncType {
        func.ty(self)
    }

    fn global(&mut self, global: &Global) -> Val {
        global.get(self)
    }

    fn set_global(&mut self, global: &Global, value: Val) -> Result<()> {
        global.set(self, value)
    }

    fn element(&mut self, table: &Table, index: u32) -> Option<Ref> {
        table.get(self, index.into())
    }

    fn export(&self, instance: &Instance, name: &str) -> Option<Extern> {
        instance.get_export(self, name)
    }

    fn owns(&self, token: &OwnedRooted<ExternRef>) -> bool {
        token.data(self).is_ok()
    }
}
