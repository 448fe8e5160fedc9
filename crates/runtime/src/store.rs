//! The store: everything that instances share, found by address.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/runtime.html#store)

use crate::arena::Arena;
use crate::gc::{Hosts, LazyHeap, Roots, SuspendedFrames};
use crate::global::Globals;
use crate::{
    ExternAddr, ExternInst, FuncAddr, FuncInst, GlobalAddr, GlobalInst, HostAddr, MemAddr, MemConfig,
    MemInst, ModuleAddr, ModuleInst, TableAddr, TableInst, TagAddr, TagInst,
};
use smallvec::SmallVec;
use std::any::Any;
use std::error::Error;
use std::num::NonZeroU64;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use terrane_syntax::types::ExternType;

/// Which store something belongs to: no two stores of a process have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StoreId(NonZeroU64);

impl StoreId {
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(NonZeroU64::new(id).expect("fewer than 2^64 stores"))
    }
}

/// What a [`Limiter`] fails with.
pub type LimiterError = Box<dyn Error + Send + Sync>;

/// Decides whether memories and tables may grow, and how many things there may be.
///
/// A no is what growing then gives to who asked for it. An error ends the guest that did, with that error: see
/// [`Store::take_refusal`].
pub trait Limiter: Send {
    /// May a memory have `desired` bytes, up from `current`, if its type allows `maximum`?
    ///
    /// # Errors
    /// Whatever it likes.
    fn memory_growing(
        &mut self,
        current: u64,
        desired: u64,
        maximum: Option<u64>,
    ) -> Result<bool, LimiterError>;
    /// May a table have `desired` elements, up from `current`, if its type allows `maximum`?
    ///
    /// # Errors
    /// Whatever it likes.
    fn table_growing(
        &mut self,
        current: u64,
        desired: u64,
        maximum: Option<u64>,
    ) -> Result<bool, LimiterError>;
    /// May the heap of structures, arrays and exceptions have `desired` bytes, up from `current`?
    ///
    /// # Errors
    /// Whatever it likes.
    fn gc_heap_growing(&mut self, current: u64, desired: u64) -> Result<bool, LimiterError>;
    /// A memory has not grown, since its type or the machine does not allow it.
    ///
    /// # Errors
    /// Whatever it likes.
    fn memory_grow_failed(&mut self, _why: LimiterError) -> Result<(), LimiterError> {
        Ok(())
    }
    /// A table has not grown, since its type or the machine does not allow it.
    ///
    /// # Errors
    /// Whatever it likes.
    fn table_grow_failed(&mut self, _why: LimiterError) -> Result<(), LimiterError> {
        Ok(())
    }
    /// The most instances there may be.
    fn instances(&self) -> usize;
    /// The most tables there may be.
    fn tables(&self) -> usize;
    /// The most memories there may be.
    fn memories(&self) -> usize;
}

/// Is told that a memory has grown, and how many bytes it had before. If it fails, so does whoever made it grow: see
/// [`Store::take_refusal`].
pub type OnGrow = Box<dyn FnMut(MemAddr, &MemInst, usize) -> Result<(), LimiterError> + Send>;

/// Fixed limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// Bytes of each memory.
    pub memory_size: u64,
    /// Elements of each table.
    pub table_elements: u64,
    /// Bytes of the heap of structures, arrays and exceptions.
    pub gc_heap_size: u64,
    /// Module instances.
    pub instances: usize,
    /// Tables.
    pub tables: usize,
    /// Memories.
    pub memories: usize,
}

impl Default for StoreLimits {
    /// 4 GiB a memory and the heap of objects, ten million elements a table, and ten thousand of everything.
    fn default() -> Self {
        Self {
            memory_size: 1 << 32,
            table_elements: terrane_syntax::limits::TABLE_SIZE,
            gc_heap_size: 1 << 32,
            instances: 10_000,
            tables: 10_000,
            memories: 10_000,
        }
    }
}

impl Limiter for StoreLimits {
    fn memory_growing(
        &mut self,
        _current: u64,
        desired: u64,
        _maximum: Option<u64>,
    ) -> Result<bool, LimiterError> {
        Ok(desired <= self.memory_size)
    }

    fn table_growing(
        &mut self,
        _current: u64,
        desired: u64,
        _maximum: Option<u64>,
    ) -> Result<bool, LimiterError> {
        Ok(desired <= self.table_elements)
    }

    fn gc_heap_growing(&mut self, _current: u64, desired: u64) -> Result<bool, LimiterError> {
        Ok(desired <= self.gc_heap_size)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}

/// The usual limits, which take no room in a store.
struct Usual;

impl Limiter for Usual {
    fn memory_growing(
        &mut self,
        current: u64,
        desired: u64,
        maximum: Option<u64>,
    ) -> Result<bool, LimiterError> {
        StoreLimits::default().memory_growing(current, desired, maximum)
    }

    fn table_growing(
        &mut self,
        current: u64,
        desired: u64,
        maximum: Option<u64>,
    ) -> Result<bool, LimiterError> {
        StoreLimits::default().table_growing(current, desired, maximum)
    }

    fn gc_heap_growing(&mut self, current: u64, desired: u64) -> Result<bool, LimiterError> {
        StoreLimits::default().gc_heap_growing(current, desired)
    }

    fn instances(&self) -> usize {
        StoreLimits::default().instances
    }

    fn tables(&self) -> usize {
        StoreLimits::default().tables
    }

    fn memories(&self) -> usize {
        StoreLimits::default().memories
    }
}

/// All instances of functions, tables, memories, globals, tags and modules that can reach each other.
pub struct Store {
    id: StoreId,
    pub(crate) funcs: FuncArena,
    pub(crate) tables: Arena<TableInst>,
    pub(crate) mems: Arena<MemInst>,
    pub(crate) globals: Globals,
    pub(crate) tags: Arena<TagInst>,
    pub(crate) modules: Arena<ModuleInst>,
    pub(crate) hosts: Hosts,
    pub(crate) heap: LazyHeap,
    /// Invariant *parked*: the frames of the guests that wait, which may be read while the store is used; see
    /// [`park`](Store::park), which alone changes it.
    pub(crate) parked: *const [u64],
    /// The same for guests on other stacks than those: see [`set_aside`](Store::set_aside).
    pub(crate) aside: Vec<*const [u64]>,
    /// The frames of runs that have stopped half-way, or of which nobody has heard again.
    pub(crate) suspended: Vec<Arc<dyn SuspendedFrames>>,
    /// What the host holds on to.
    pub roots: Roots,
    pub(crate) limiter: Box<dyn Limiter>,
    /// What the limiter failed with when it was last asked.
    pub(crate) refusal: Option<LimiterError>,
    pub(crate) on_grow: Option<OnGrow>,
    pub(crate) mem_config: MemConfig,
    /// What the host keeps beside the store; its functions get it back from here.
    pub host_data: *mut (),
}

// SAFETY: `parked` and `aside` are empty unless guests run, who keep the store where it is; `host_data` is the host's;
// the host API only ever lets a store change threads together with what it points to, and requires that to be `Send`.
unsafe impl Send for Store {}
// SAFETY: nothing can be changed through a shared reference.
unsafe impl Sync for Store {}

impl Default for Store {
    fn default() -> Self {
        Self::new()
    }
}

/// The accessors of one kind of instance.
macro_rules! accessors {
    ($($field:ident $get:ident $get_mut:ident $ptr:ident $addr:ident $inst:ident)*) => { $(
        #[doc = concat!("What `a` finds.\n\n# Panics\nIf `a` is of another store.")]
        #[inline]
        pub fn $get(&self, a: $addr) -> &$inst {
            self.$field.get(a.index())
        }

        #[doc = concat!("What `a` finds, to change it.\n\n# Panics\nIf `a` is of another store.")]
        #[inline]
        pub fn $get_mut(&mut self, a: $addr) -> &mut $inst {
            self.$field.get_mut(a.index())
        }

        #[doc = concat!("Where what `a` finds stays for as long as the store lives.\n\n# Panics\nIf `a` is of another store.")]
        #[inline]
        pub fn $ptr(&self, a: $addr) -> NonNull<$inst> {
            self.$field.ptr(a.index())
        }
    )* };
}

impl Store {
    /// An empty store with the default limits.
    pub fn new() -> Self {
        Self::with_mem_config(MemConfig::default())
    }

    /// The same, whose memories get their bytes by `config`: stores of one configuration share its address space.
    pub fn with_mem_config(config: MemConfig) -> Self {
        Self {
            id: StoreId::next(),
            funcs: FuncArena::default(),
            tables: Arena::new(),
            mems: Arena::new(),
            globals: Globals::default(),
            tags: Arena::new(),
            modules: Arena::new(),
            hosts: Hosts::default(),
            heap: LazyHeap::default(),
            parked: &[],
            aside: Vec::new(),
            suspended: Vec::new(),
            roots: Roots::default(),
            limiter: Box::new(Usual),
            refusal: None,
            on_grow: None,
            mem_config: config,
            host_data: std::ptr::null_mut(),
        }
    }

    /// Which store this is.
    #[inline]
    pub fn id(&self) -> StoreId {
        self.id
    }

    accessors! {
        tables table table_mut table_ptr TableAddr TableInst
        mems mem mem_mut mem_ptr MemAddr MemInst
        tags tag tag_mut tag_ptr TagAddr TagInst
        modules module module_mut module_ptr ModuleAddr ModuleInst
    }

    /// What `a` finds.
    ///
    /// # Panics
    /// If `a` is of another store.
    #[inline]
    pub fn global(&self, a: GlobalAddr) -> &GlobalInst {
        self.globals.get(a.index())
    }

    /// Where what `a` finds stays for as long as the store lives. It can be written there, as its value is atomic.
    ///
    /// # Panics
    /// If `a` is of another store.
    #[inline]
    pub fn global_ptr(&self, a: GlobalAddr) -> NonNull<GlobalInst> {
        NonNull::from(self.global(a))
    }

    /// What `a` finds.
    ///
    /// # Panics
    /// If `a` is of another store.
    pub fn func(&self, a: FuncAddr) -> &FuncInst {
        // SAFETY: functions never move and live as long as the store; none is ever changed.
        unsafe { self.func_ptr(a).as_ref() }
    }

    /// Where what `a` finds stays for as long as the store lives.
    ///
    /// # Panics
    /// If `a` is of another store.
    #[inline]
    pub fn func_ptr(&self, a: FuncAddr) -> NonNull<FuncInst> {
        self.funcs.items[a.index()]
    }

    /// What `a` finds.
    ///
    /// # Panics
    /// If `a` is of another store.
    pub fn find(&self, a: ExternAddr) -> ExternInst<'_> {
        match a {
            ExternAddr::Func(a) => ExternInst::Func(self.func(a)),
            ExternAddr::Table(a) => ExternInst::Table(self.table(a)),
            ExternAddr::Mem(a) => ExternInst::Mem(self.mem(a)),
            ExternAddr::Global(a) => ExternInst::Global(self.global(a)),
            ExternAddr::Tag(a) => ExternInst::Tag(self.tag(a)),
        }
    }

    /// The type of what `a` finds, with the sizes that memories and tables have grown to.
    ///
    /// # Panics
    /// If `a` is of another store.
    pub fn externtype(&self, a: ExternAddr) -> ExternType {
        match self.find(a) {
            // A function is known by the type that it was made with, whatever it is imported or exported as.
            ExternInst::Func(f) => ExternType::FuncExact(f.ty),
            ExternInst::Table(t) => ExternType::Table(t.ty()),
            ExternInst::Mem(m) => ExternType::Mem(m.ty()),
            ExternInst::Global(g) => ExternType::Global(g.ty),
            ExternInst::Tag(t) => ExternType::Tag(t.ty),
        }
    }

    /// Two different tables, the first to be changed.
    ///
    /// # Panics
    /// If they are the same, or of another store.
    pub fn two_tables(&mut self, d: TableAddr, s: TableAddr) -> (&mut TableInst, &TableInst) {
        self.tables.get_two_mut(d.index(), s.index())
    }

    /// Two different memories, the first to be changed.
    ///
    /// # Panics
    /// If they are the same, or of another store.
    pub fn two_mems(&mut self, d: MemAddr, s: MemAddr) -> (&mut MemInst, &MemInst) {
        self.mems.get_two_mut(d.index(), s.index())
    }

    /// The value of the host that `a` finds.
    ///
    /// # Panics
    /// If there is none: nobody could reach it any more, or `a` is of another store.
    pub fn host(&self, a: HostAddr) -> &(dyn Any + Send + Sync) {
        self.hosts.get(a).expect("a value that can be reached")
    }

    /// The value of the host that `a` finds, to change it.
    ///
    /// # Panics
    /// If there is none: nobody could reach it any more, or `a` is of another store.
    pub fn host_mut(&mut self, a: HostAddr) -> &mut (dyn Any + Send + Sync) {
        self.hosts.get_mut(a).expect("a value that can be reached")
    }

    /// What decides whether memories and tables may grow.
    pub fn limiter(&mut self) -> &mut dyn Limiter {
        &mut *self.limiter
    }

    /// May a memory have `desired` bytes, up from `current`, if its type allows `maximum`? If the limiter fails, no:
    /// then [`take_refusal`](Self::take_refusal) has its error.
    pub(crate) fn allows_memory(&mut self, current: u64, desired: u64, maximum: Option<u64>) -> bool {
        allows(self.limiter().memory_growing(current, desired, maximum), &mut self.refusal)
    }

    /// The same for a table and its elements.
    pub(crate) fn allows_table(&mut self, current: u64, desired: u64, maximum: Option<u64>) -> bool {
        allows(self.limiter().table_growing(current, desired, maximum), &mut self.refusal)
    }

    /// The same for the heap of structures, arrays and exceptions, and its bytes.
    pub(crate) fn allows_gc_heap(&mut self, current: u64, desired: u64) -> bool {
        allows(self.limiter().gc_heap_growing(current, desired), &mut self.refusal)
    }

    /// What the limiter failed with, if it did, when it was last asked and this was not called since.
    pub fn take_refusal(&mut self) -> Option<LimiterError> {
        self.refusal.take()
    }

    /// Replaces who is told when a memory of this store has grown; one that is shared may grow elsewhere as well.
    pub fn set_on_grow(&mut self, tell: Option<OnGrow>) {
        self.on_grow = tell;
    }

    /// Replaces what decides whether memories and tables may grow.
    pub fn set_limiter(&mut self, limiter: Box<dyn Limiter>) {
        self.limiter = limiter;
    }
}

/// A limiter's answer; its error is kept.
pub(crate) fn allows(answer: Result<bool, LimiterError>, refusal: &mut Option<LimiterError>) -> bool {
    match answer {
        Ok(answer) => {
            *refusal = None;
            answer
        }
        Err(error) => {
            *refusal = Some(error);
            false
        }
    }
}

/// Functions, in blocks that never move: a module's functions are allocated together.
#[derive(Default)]
pub(crate) struct FuncArena {
    items: SmallVec<[NonNull<FuncInst>; 2]>,
    blocks: SmallVec<[NonNull<[FuncInst]>; 1]>,
}

impl FuncArena {
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// Adds functions; where they stay.
    pub(crate) fn extend(&mut self, block: Vec<FuncInst>) -> &[NonNull<FuncInst>] {
        if block.is_empty() {
            return &[];
        }
        let old = self.items.len();
        let block = NonNull::from(Box::leak(block.into_boxed_slice()));
        self.blocks.push(block);
        let first = block.cast::<FuncInst>();
        // SAFETY: the additions stay inside the block.
        self.items.extend((0..block.len()).map(|i| unsafe { first.add(i) }));
        &self.items[old..]
    }
}

impl Drop for FuncArena {
    fn drop(&mut self) {
        for block in &self.blocks {
            // SAFETY: it came from `Box::leak` in `extend`, and nothing else frees it.
            drop(unsafe { Box::from_raw(block.as_ptr()) });
        }
    }
}
