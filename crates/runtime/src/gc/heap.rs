//! The heap: which blocks there are, and where the next object goes.
//!
//! Invariant *owned-blocks*: every block in `known` came from [`Block::new`], is in exactly one of the lists, and is freed
//! by the heap alone.

use super::block::{BLOCK, Block, FIRST, Free};
use super::object::Object;
use std::collections::HashSet;
use std::num::NonZeroU32;
use std::ptr::{NonNull, null_mut};

/// Cells by class: multiples of 16 up to 256 bytes, then four sizes to a doubling, up to 8 KiB.
const SIZES: [usize; CLASSES] = sizes();
/// How many sizes of cells there are. An object of class `CLASSES` is a large one.
pub const CLASSES: usize = 16 + 20;
/// The largest cell.
const LARGEST: usize = 8192;

const fn sizes() -> [usize; CLASSES] {
    let mut sizes = [0; CLASSES];
    let mut i = 0;
    while i < CLASSES {
        sizes[i] = if i < 16 { (i + 1) * 16 } else { (256 << ((i - 16) / 4)) / 4 * ((i - 16) % 4 + 5) };
        i += 1;
    }
    sizes
}

/// The class of an object of that many bytes: [`CLASSES`] for one that is larger than every cell.
pub fn class_of(bytes: usize) -> usize {
    match bytes {
        0..=256 => bytes.div_ceil(16).max(1) - 1,
        257..=LARGEST => SIZES.partition_point(|size| *size < bytes),
        _ => CLASSES,
    }
}

/// The blocks for cells of one size.
#[derive(Default)]
struct Class {
    blocks: Vec<NonNull<Block>>,
    /// How many of them were swept since the last collection; those behind wait.
    swept: usize,
    /// The one whose cells were not all used yet.
    fresh: Option<NonNull<Block>>,
}

/// Free cells by class, linked. Large objects have none; a power of two, so that no class is outside.
type FreeLists = [*mut Free; 64];

/// The free cells of heaps that there are not yet: none.
struct NoCells(FreeLists);

// SAFETY: nothing changes it.
unsafe impl Sync for NoCells {}

static NO_CELLS: NoCells = NoCells([null_mut(); _]);

/// A cell of a class, if one is at hand.
///
/// # Safety
/// These are the free lists of a heap, or those of none, which are only read.
#[inline(always)]
unsafe fn take(free: *mut FreeLists, class: usize) -> Option<NonNull<Object>> {
    // SAFETY: the caller's; *cells*: a free cell leads to the next.
    unsafe {
        let free = &raw mut (*free)[class % 64];
        let cell = NonNull::new(*free)?;
        *free = cell.as_ref().next;
        Some(cell.cast())
    }
}

/// A heap that is made when it is first needed: many a store never needs one, and it is large.
///
/// Invariant *lazy-heap*: `heap` is null, and `free` is [`NO_CELLS`]; or `heap` came from `Box::into_raw` and is freed by
/// `drop` alone, and `free` are its lists.
pub(crate) struct LazyHeap {
    heap: *mut Heap,
    free: *mut FreeLists,
}

// SAFETY: *lazy-heap*: it owns its heap as a box would.
unsafe impl Send for LazyHeap {}
// SAFETY: nothing changes through a shared reference.
unsafe impl Sync for LazyHeap {}

impl Default for LazyHeap {
    fn default() -> Self {
        Self { heap: null_mut(), free: (&raw const NO_CELLS.0).cast_mut() }
    }
}

impl LazyHeap {
    /// A cell of a class, if one is at hand.
    #[inline(always)]
    pub(crate) fn take(&mut self, class: usize) -> Option<NonNull<Object>> {
        // SAFETY: *lazy-heap*.
        unsafe { take(self.free, class) }
    }

    /// Bytes of address space in use.
    pub(crate) fn bytes(&self) -> usize {
        // SAFETY: *lazy-heap*.
        unsafe { self.heap.as_ref() }.map_or(0, |heap| heap.bytes)
    }

    /// The heap, which is made if there is none.
    pub(crate) fn get(&mut self) -> &mut Heap {
        if self.heap.is_null() {
            self.heap = Box::into_raw(Box::default());
            // SAFETY: just made.
            self.free = unsafe { &raw mut (*self.heap).free };
        }
        // SAFETY: *lazy-heap*.
        unsafe { &mut *self.heap }
    }

    /// The heap, if there is one.
    pub(crate) fn made(&mut self) -> Option<&mut Heap> {
        // SAFETY: *lazy-heap*.
        unsafe { self.heap.as_mut() }
    }
}

impl Drop for LazyHeap {
    fn drop(&mut self) {
        if !self.heap.is_null() {
            // SAFETY: *lazy-heap*.
            drop(unsafe { Box::from_raw(self.heap) });
        }
    }
}

/// See the module.
pub(crate) struct Heap {
    free: FreeLists,
    /// All of them, or none as long as none has had a block: many a store never needs any.
    classes: Vec<Class>,
    large: Vec<NonNull<Block>>,
    /// Blocks without objects.
    empty: Vec<NonNull<Block>>,
    /// The addresses of all blocks.
    known: HashSet<usize>,
    /// Bytes of all blocks.
    bytes: usize,
    /// Bytes of the cells that were handed out since the last collection.
    allocated: usize,
    /// When to collect: so many of them.
    threshold: usize,
    /// Collect at every so many allocations, to test what forgets a root.
    zeal: Option<NonZeroU32>,
    countdown: u32,
    /// Objects that are marked, and whose references are not followed yet.
    pub(super) pending: Vec<*const Object>,
}

// SAFETY: *owned-blocks*; a store, which the heap is a part of, changes threads as a whole.
unsafe impl Send for Heap {}
// SAFETY: nothing changes through a shared reference.
unsafe impl Sync for Heap {}

/// The least that may be allocated between two collections.
const MIN_THRESHOLD: usize = 4 << 20;

impl Default for Heap {
    fn default() -> Self {
        Self {
            free: [null_mut(); _],
            classes: Vec::new(),
            large: Vec::new(),
            empty: Vec::new(),
            known: HashSet::new(),
            bytes: 0,
            allocated: 0,
            threshold: MIN_THRESHOLD,
            zeal: None,
            countdown: 0,
            pending: Vec::new(),
        }
    }
}

impl Heap {
    fn take(&mut self, class: usize) -> Option<NonNull<Object>> {
        // SAFETY: these are its own.
        unsafe { take(&raw mut self.free, class) }
    }

    /// A cell of a class, or of its own for `bytes` if the class is that of large objects, from the blocks that
    /// there are.
    pub(crate) fn find(&mut self, class: usize) -> Option<NonNull<Object>> {
        if class == CLASSES {
            return None;
        }
        if self.free[class].is_null() {
            self.free[class] = self.refill(class);
        }
        let cell = self.take(class);
        if self.zeal.is_some() {
            // Nothing may be at hand, so that every allocation comes by here; what is left waits for the next one.
            self.hide(class);
        }
        cell
    }

    /// Free cells: of a block that is not swept, or of one that is untouched.
    fn refill(&mut self, class: usize) -> *mut Free {
        while let Some((free, n)) = self.sweep_next(class) {
            if !free.is_null() {
                self.allocated += n * SIZES[class];
                return free;
            }
        }
        if let Some(block) = self.classes.get(class).and_then(|class| class.fresh) {
            let free = self.touch(block);
            if !free.is_null() {
                return free;
            }
            self.classes[class].fresh = None;
        }
        let Some(mut block) = self.empty.pop() else { return null_mut() };
        // SAFETY: *owned-blocks*; there is no object in it.
        unsafe { block.as_mut().reset(SIZES[class]) };
        self.adopt(class, block);
        self.touch(block)
    }

    /// Sweeps the next block of a class that waits for it; its free cells, and how many they are. A block without
    /// objects is the class's no longer, and has none.
    fn sweep_next(&mut self, class: usize) -> Option<(*mut Free, usize)> {
        let Class { blocks, swept, fresh } = self.classes.get_mut(class)?;
        let block = *blocks.get(*swept)?;
        // SAFETY: since the last collection nobody can reach what is not marked.
        let (free, n, used) = unsafe { Block::sweep(block) };
        if used {
            *swept += 1;
            return Some((free, n));
        }
        blocks.swap_remove(*swept);
        if *fresh == Some(block) {
            *fresh = None;
        }
        self.empty.push(block);
        Some((null_mut(), 0))
    }

    fn touch(&mut self, block: NonNull<Block>) -> *mut Free {
        // SAFETY: *owned-blocks*.
        let (free, n) = unsafe { Block::touch(block) };
        // SAFETY: *owned-blocks*.
        self.allocated += n * unsafe { block.as_ref().cell };
        free
    }

    fn adopt(&mut self, class: usize, block: NonNull<Block>) {
        if self.classes.is_empty() {
            self.classes.resize_with(CLASSES, Class::default);
        }
        let class = &mut self.classes[class];
        // It has no dead cells: it counts as swept.
        class.blocks.push(block);
        let last = class.blocks.len() - 1;
        class.blocks.swap(class.swept, last);
        class.swept += 1;
        class.fresh = Some(block);
    }

    /// How many more bytes of blocks an allocation needs that [`find`](Self::find) had no cell for.
    pub(crate) fn need(class: usize, bytes: usize) -> usize {
        if class == CLASSES { bytes.saturating_add(FIRST) } else { BLOCK }
    }

    /// Adds a block; for a large object, the cell in it.
    pub(crate) fn grow(&mut self, class: usize, bytes: usize) -> Option<NonNull<Object>> {
        let large = class == CLASSES;
        let mut block = Block::new(if large { bytes } else { SIZES[class] })?;
        self.known.insert(block.as_ptr().addr());
        // SAFETY: just made.
        self.bytes += unsafe { block.as_mut().bytes };
        if !large {
            self.adopt(class, block);
            return self.find(class);
        }
        self.large.push(block);
        NonNull::new(self.touch(block).cast())
    }

    /// Is it time for a collection?
    pub(crate) fn is_due(&mut self, bytes: usize) -> bool {
        if let Some(zeal) = self.zeal {
            self.countdown = self.countdown.saturating_sub(1);
            if self.countdown == 0 {
                self.countdown = zeal.get();
                return true;
            }
        }
        self.allocated.saturating_add(bytes) > self.threshold
    }

    /// Collects at every `zeal`th allocation, or as usual.
    pub(crate) fn set_zeal(&mut self, zeal: Option<NonZeroU32>) {
        self.zeal = zeal;
        self.countdown = zeal.map_or(0, NonZeroU32::get);
        if zeal.is_some() {
            (0..CLASSES).for_each(|class| self.hide(class));
        }
    }

    fn hide(&mut self, class: usize) {
        // Cells that nobody knows of are found again by the next sweep.
        self.free[class] = null_mut();
    }

    /// The object at that address, if there is one.
    pub(super) fn object_at(&self, addr: usize) -> Option<NonNull<Object>> {
        let base = addr & !(BLOCK - 1);
        if !self.known.contains(&base) {
            return None;
        }
        let block: *const Block = std::ptr::with_exposed_provenance(base);
        // SAFETY: *owned-blocks*.
        if !unsafe { Block::has_object(block, addr - base) } {
            return None;
        }
        NonNull::new(std::ptr::with_exposed_provenance_mut(addr))
    }

    /// Before a collection: sweeps what is still to be swept, so that only live objects look like some, and forgets
    /// which cells are free.
    pub(super) fn finish_sweep(&mut self) {
        for class in 0..CLASSES {
            self.free[class] = null_mut();
            while self.sweep_next(class).is_some() {}
        }
    }

    /// After a collection has marked `live` bytes: everything may be swept.
    pub(super) fn start_sweep(&mut self, live: usize) {
        for class in &mut self.classes {
            class.swept = 0;
        }
        let mut i = 0;
        while let Some(mut block) = self.large.get(i).copied() {
            // SAFETY: *owned-blocks*.
            if unsafe { block.as_mut().unmark() } {
                i += 1;
            } else {
                self.large.swap_remove(i);
                self.release(block);
            }
        }
        // What stayed empty since the last collection is not needed.
        while self.empty.len() * BLOCK > MIN_THRESHOLD.max(live / 2) {
            let block = self.empty.pop().expect("not empty");
            self.release(block);
        }
        self.allocated = 0;
        self.threshold = MIN_THRESHOLD.max(live);
    }

    /// When there may be no more blocks: takes those without objects, which may be of any class, for every class; or
    /// gives them back, to make room for a large object.
    pub(super) fn reclaim(&mut self, release: bool) {
        for Class { blocks, swept, fresh } in &mut self.classes {
            let mut i = *swept;
            while let Some(mut block) = blocks.get(i).copied() {
                // SAFETY: *owned-blocks*.
                let head = unsafe { block.as_mut() };
                if head.is_marked_anywhere() {
                    i += 1;
                    continue;
                }
                // What was in it looks like no object any more.
                head.reset(head.cell);
                blocks.swap_remove(i);
                if *fresh == Some(block) {
                    *fresh = None;
                }
                self.empty.push(block);
            }
        }
        while release && let Some(block) = self.empty.pop() {
            self.release(block);
        }
    }

    fn release(&mut self, block: NonNull<Block>) {
        self.known.remove(&block.as_ptr().addr());
        // SAFETY: *owned-blocks*: it is in no list any more, and nothing in it can be reached.
        unsafe {
            self.bytes -= block.as_ref().bytes;
            Block::free(block);
        }
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        let lists = self.classes.iter_mut().map(|class| &mut class.blocks);
        for list in lists.chain([&mut self.large, &mut self.empty]) {
            for block in list.drain(..) {
                // SAFETY: *owned-blocks*.
                unsafe { Block::free(block) };
            }
        }
    }
}
