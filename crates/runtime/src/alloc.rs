//! Allocation of instances.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/modules.html#allocation)

use crate::store::allows;
use crate::{
    FuncAddr, FuncInst, GlobalAddr, GlobalInst, HostFn, Layout, MemAddr, MemError, MemInst, RawVal, Ref,
    Store, TableAddr, TableInst, TagAddr, TagInst, Trap,
};
use std::ptr::NonNull;
use std::sync::Arc;
use terrane_syntax::types::{DefType, DefTypeInfo, FuncType, GlobalType, MemType, TableType, ValType};

impl Store {
    /// A new function of the host. `slots` is how many words its parameters or its results take, whichever
    /// are more.
    pub fn alloc_host_func(&mut self, info: Arc<DefTypeInfo>, slots: u32, host: Arc<dyn HostFn>) -> FuncAddr {
        let addr = FuncAddr::from(self.funcs.len());
        self.funcs.extend(vec![FuncInst::of_host(info, addr, slots, host)]);
        addr
    }

    /// A new table, every element `init`.
    ///
    /// # Errors
    /// [`Trap::MemoryAllocationFailed`] if a limit or the machine does not allow it.
    pub fn alloc_table(&mut self, ty: TableType, init: Ref) -> Result<TableAddr, Trap> {
        if self.tables.len() >= self.limiter().tables() || !self.allows_table(0, ty.limits.min, ty.limits.max)
        {
            return Err(Trap::MemoryAllocationFailed);
        }
        let table = TableInst::new(ty, init).ok_or(Trap::MemoryAllocationFailed)?;
        Ok(TableAddr::from(self.tables.push(table)))
    }

    /// A new memory, all zeros.
    ///
    /// # Errors
    /// [`Trap::MemoryAllocationFailed`] if a limit or the machine does not allow it.
    pub fn alloc_mem(&mut self, ty: MemType) -> Result<MemAddr, Trap> {
        let bytes = |pages: u64| pages.saturating_mul(ty.page_size());
        if self.mems.len() >= self.limiter().memories()
            || !self.allows_memory(0, bytes(ty.limits.min), ty.limits.max.map(bytes))
        {
            return Err(Trap::MemoryAllocationFailed);
        }
        let mem = MemInst::new(ty, &self.mem_config).map_err(|_| Trap::MemoryAllocationFailed)?;
        Ok(MemAddr::from(self.mems.push(mem)))
    }

    /// Brings a shared memory into the store, if it is not there yet.
    ///
    /// # Panics
    /// If it is not shared.
    pub fn bring_mem(&mut self, mem: &MemInst) -> MemAddr {
        let there = (0..self.mems.len()).find(|i| self.mems.get(*i).same(mem));
        let new = || mem.share().expect("a shared memory");
        MemAddr::from(there.unwrap_or_else(|| self.mems.push(new())))
    }

    /// A new global.
    pub fn alloc_global(&mut self, ty: GlobalType, value: RawVal) -> GlobalAddr {
        GlobalAddr::from(self.globals.push(Arc::new(GlobalInst::new(ty, value))))
    }

    /// Brings a global that has another owner into the store, if it is not there yet.
    ///
    /// # Panics
    /// If it holds more than a number of one word: see *live-cell*.
    pub fn bring_global(&mut self, global: &Arc<GlobalInst>) -> GlobalAddr {
        use ValType::{F32, F64, I32, I64};
        assert!(matches!(global.ty.val, I32 | I64 | F32 | F64), "a global that stores can share");
        let there = (0..self.globals.len()).find(|i| Arc::ptr_eq(self.globals.get(*i), global));
        GlobalAddr::from(there.unwrap_or_else(|| self.globals.push(global.clone())))
    }

    /// A new tag, whose exceptions carry values of the parameters' types of `ft`, which is what `ty` stands for.
    pub fn alloc_tag(&mut self, ty: DefType, ft: &FuncType) -> TagAddr {
        let layout = Layout::of_exn(self.tags.len() as u32, ft);
        TagAddr::from(self.tags.push(TagInst { ty, layout }))
    }

    /// Grows a memory by `delta` pages, if the limiter allows it; its size before, in pages.
    ///
    /// # Errors
    /// If its type, the limiter or the machine does not allow it.
    ///
    /// # Panics
    /// If `a` is of another store.
    pub fn grow_mem(&mut self, a: MemAddr, delta: u64) -> Result<u64, MemError> {
        let mem = self.mem_ptr(a);
        // SAFETY: just found, and the store is borrowed mutably.
        unsafe { self.grow_mem_at(mem, delta) }
    }

    /// The same for guests, which know a memory by its place.
    ///
    /// # Errors
    /// As for [`grow_mem`](Self::grow_mem).
    ///
    /// # Safety
    /// `mem` is one of this store's, and nobody refers to it.
    pub unsafe fn grow_mem_at(&mut self, mut mem: NonNull<MemInst>, delta: u64) -> Result<u64, MemError> {
        let place = mem;
        let (limiter, refusal) = (&mut *self.limiter, &mut self.refusal);
        // SAFETY: the caller's.
        let mem = unsafe { mem.as_mut() };
        let ty = mem.ty();
        let maximum = ty.limits.max.map(|pages| pages.saturating_mul(ty.page_size()));
        let allow = |current, desired| allows(limiter.memory_growing(current, desired, maximum), refusal);
        let grown = mem.grow(delta, allow);
        match grown {
            Ok(old) if delta > 0 => self.grown(place, old * ty.page_size()),
            Ok(_) | Err(MemError::Denied { .. }) => {}
            Err(error) => *refusal = limiter.memory_grow_failed(error.into()).err(),
        }
        grown
    }

    /// Tells who wants to know.
    fn grown(&mut self, mem: NonNull<MemInst>, old: u64) {
        let Some(tell) = &mut self.on_grow else { return };
        let addr = (0..self.mems.len()).find(|i| self.mems.ptr(*i) == mem);
        let addr = MemAddr::from(addr.expect("a memory of this store"));
        self.refusal = tell(addr, self.mems.get(addr.index()), old as usize).err();
    }

    /// Grows a table by `delta` elements `init`, if the limiter allows it; its size before, or `None` if its
    /// type, the limiter or the machine does not allow it.
    ///
    /// # Panics
    /// If `a` is of another store.
    pub fn grow_table(&mut self, a: TableAddr, delta: u64, init: Ref) -> Option<u64> {
        let table = self.table_ptr(a);
        // SAFETY: just found, and the store is borrowed mutably.
        unsafe { self.grow_table_at(table, delta, init) }
    }

    /// The same for guests, which know a table by its place.
    ///
    /// # Safety
    /// `table` is one of this store's, and nobody refers to it.
    pub unsafe fn grow_table_at(
        &mut self,
        mut table: NonNull<TableInst>,
        delta: u64,
        init: Ref,
    ) -> Option<u64> {
        // SAFETY: the caller's.
        let table = unsafe { table.as_mut() };
        let size = table.size();
        if let Some(desired) = size.checked_add(delta)
            && !self.allows_table(size, desired, table.ty().limits.max)
        {
            return None;
        }
        let grown = table.grow(delta, init);
        if grown.is_none() {
            let error = format!("a table of {size} elements cannot grow by {delta}");
            self.refusal = self.limiter().table_grow_failed(error.into()).err();
        }
        grown
    }
}
