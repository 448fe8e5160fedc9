//! Collections, and allocation on the heap.

use super::block::Block;
use super::heap::Heap;
use super::layout::{Layout, Shape};
use super::object::Object;
use super::{Hosts, class_of};
use crate::{Ref, Store, Trap};
use std::any::Any;
use std::num::NonZeroU32;
use std::ptr::NonNull;
use std::sync::Arc;
use terrane_syntax::types::{HeapType, ValType};

/// Frames on a stack of their own.
pub trait SuspendedFrames: Send + Sync {
    /// The words in use while the run stands still; none while it goes on.
    fn words(&self) -> &[u64];
}

/// Follows references.
struct Marker<'a> {
    heap: &'a mut Heap,
    hosts: &'a mut Hosts,
    /// Bytes of the cells of marked objects.
    live: usize,
}

impl Marker<'_> {
    /// Marks what a reference refers to.
    #[inline]
    fn mark(&mut self, r: Ref) {
        if let Some(object) = r.as_heap() {
            self.mark_object(object.as_ptr());
        } else if let Some(a) = r.as_host() {
            self.hosts.mark(a);
        }
    }

    fn mark_object(&mut self, object: *const Object) {
        let block = Block::of(object);
        // SAFETY: *live-object*: it is in a block, whose marks are the marker's to change.
        unsafe {
            if (*block).mark(object.addr() - block.addr()) {
                self.live += (*block).cell;
                self.heap.pending.push(object);
            }
        }
    }

    /// Marks what a word of a stack refers to, if it is a reference.
    fn mark_word(&mut self, word: u64) {
        let r = Ref(word);
        if let Some(addr) = r.heap_addr() {
            if let Some(object) = self.heap.object_at(addr) {
                self.mark_object(object.as_ptr());
            }
        } else if let Some(a) = r.as_host() {
            self.hosts.mark(a);
        }
    }

    /// Follows references until there is nothing new.
    fn drain(&mut self) {
        while let Some(object) = self.heap.pending.pop() {
            // SAFETY: *live-object*: its layout says where its references are.
            unsafe {
                let layout = (*object).layout();
                let words = Object::payload(object).cast::<Ref>();
                match layout.shape {
                    Shape::Struct | Shape::Exn => {
                        layout.refs.iter().for_each(|i| self.mark(*words.add(*i as usize)));
                    }
                    Shape::Array if layout.fields()[0].is_ref() => {
                        (0..(*object).len() as usize).for_each(|i| self.mark(*words.add(i)));
                    }
                    Shape::Array => (),
                }
            }
        }
    }
}

/// May places of that type hold what a collection looks for?
fn is_traced(t: ValType) -> bool {
    matches!(t, ValType::Ref(rt) if !matches!(rt.heap, HeapType::Func | HeapType::NoFunc))
}

impl Store {
    /// Frees everything that cannot be reached from the store's globals, tables and element segments, from the host's
    /// roots, from the frames of guests that wait, or from `more`, words that may be references.
    pub fn collect(&mut self, more: &[u64]) {
        self.heap.get().finish_sweep();
        self.hosts.unmark();
        let mut marker = Marker { heap: self.heap.get(), hosts: &mut self.hosts, live: 0 };
        for frames in self.aside.iter().chain([&self.parked]) {
            // SAFETY: *parked*.
            unsafe { &**frames }.iter().for_each(|word| marker.mark_word(*word));
        }
        self.suspended.retain(|frames| Arc::strong_count(frames) > 1);
        let suspended = self.suspended.iter().flat_map(|frames| frames.words());
        suspended.chain(more).for_each(|word| marker.mark_word(*word));
        self.roots.visit(|r| marker.mark(r));
        let globals = self.globals.iter().filter(|global| is_traced(global.ty.val));
        globals.for_each(|global| marker.mark(global.get().as_ref()));
        let tables = self.tables.iter().filter(|table| is_traced(ValType::Ref(table.ty().elem)));
        tables.flat_map(|table| table.elems()).for_each(|r| marker.mark(*r));
        let elems = self.modules.iter().flat_map(|module| &module.elems);
        elems.flat_map(|elem| &elem.refs).for_each(|r| marker.mark(*r));
        marker.drain();
        let live = marker.live;
        self.heap.get().start_sweep(live);
        // Last, so that the store is whole when the host's code runs.
        drop(self.hosts.sweep());
    }

    /// A cell for an object of `bytes` bytes, whose header and fields are the caller's to write before anything else
    /// is allocated. `class` is the object's [class](class_of).
    #[inline(always)]
    pub fn take_cell(&mut self, class: usize) -> Option<NonNull<Object>> {
        self.heap.take(class)
    }

    /// The same, after a collection if need be. `more` is as for [`collect`](Self::collect).
    ///
    /// # Errors
    /// [`Trap::OutOfMemory`] if the limiter or the machine does not give more memory.
    pub fn find_cell(&mut self, bytes: usize, more: &[u64]) -> Result<NonNull<Object>, Trap> {
        let class = class_of(bytes);
        let large = class == super::CLASSES;
        let mut collected = false;
        if self.heap.get().is_due(if large { bytes } else { 0 }) {
            self.collect(more);
            collected = true;
        }
        let mut reclaimed = false;
        loop {
            if let Some(cell) = self.heap.get().find(class) {
                // A limiter that said no is not why anything fails now.
                self.refusal = None;
                return Ok(cell);
            }
            let current = self.heap.bytes() as u64;
            let desired = current.saturating_add(Heap::need(class, bytes) as u64);
            if self.allows_gc_heap(current, desired)
                && let Some(cell) = self.heap.get().grow(class, bytes)
            {
                return Ok(cell);
            }
            if !collected {
                self.collect(more);
                collected = true;
            } else if !reclaimed {
                self.heap.get().reclaim(large);
                reclaimed = true;
            } else {
                return Err(Trap::OutOfMemory);
            }
        }
    }

    /// A new object, all zeros and nulls, of `len` elements if it is an array. `more` is as for
    /// [`collect`](Self::collect).
    ///
    /// # Errors
    /// [`Trap::OutOfMemory`] if the limiter or the machine does not give more memory.
    ///
    /// # Safety
    /// The layout lives as long as the store.
    pub unsafe fn alloc_object(
        &mut self,
        layout: *const Layout,
        len: u32,
        more: &[u64],
    ) -> Result<NonNull<Object>, Trap> {
        // SAFETY: the caller's.
        let layout_ref = unsafe { &*layout };
        let bytes = layout_ref.size(len).ok_or(Trap::OutOfMemory)?;
        let object = match self.heap.take(class_of(bytes)) {
            Some(cell) => cell,
            None => self.find_cell(bytes, more)?,
        };
        // SAFETY: the cell has that many bytes, and is ours.
        unsafe {
            Object::init(object.as_ptr(), layout, layout_ref.id(), len);
            Object::payload(object.as_ptr()).write_bytes(0, bytes - super::object::HEADER);
        }
        Ok(object)
    }

    /// Collects at every so many allocations on the heap, which finds roots that were forgotten; or, as usual, when it
    /// is due.
    pub fn set_gc_zeal(&mut self, every: Option<NonZeroU32>) {
        if every.is_some() || self.heap.made().is_some() {
            self.heap.get().set_zeal(every);
        }
    }

    /// How many bytes the heap of objects takes.
    pub fn gc_heap_size(&self) -> u64 {
        self.heap.bytes() as u64
    }

    /// Keeps a value of the host for as long as somebody can reach it.
    pub fn alloc_host(&mut self, value: Box<dyn Any + Send + Sync>) -> crate::HostAddr {
        if self.hosts.is_due() {
            self.collect(&[]);
        }
        self.hosts.push(value)
    }

    /// Tells where the frames of guests are that wait for the host or for an allocation: what was said before.
    ///
    /// # Safety
    /// *parked*: until this is called again, the words may be read whenever the store is used.
    pub unsafe fn park(&mut self, frames: *const [u64]) -> *const [u64] {
        std::mem::replace(&mut self.parked, frames)
    }

    /// Keeps the frames that are parked while guests run on another stack, who park theirs, until
    /// [`take_back`](Self::take_back) is called. Both nest.
    ///
    /// # Safety
    /// As for [`park`](Self::park), until then.
    pub unsafe fn set_aside(&mut self) {
        self.aside.push(self.parked);
        self.parked = &[];
    }

    /// Undoes the last [`set_aside`](Self::set_aside).
    pub fn take_back(&mut self) {
        self.parked = self.aside.pop().unwrap_or(&[]);
    }

    /// Has the words of a run that can stop half-way looked at by collections, as long as somebody else has the `Arc`.
    pub fn add_suspended(&mut self, frames: Arc<dyn SuspendedFrames>) {
        // Now and then: most are removed when their run is over.
        if self.suspended.len() == self.suspended.capacity() {
            self.suspended.retain(|frames| Arc::strong_count(frames) > 1);
            self.suspended.reserve(self.suspended.len().max(8));
        }
        self.suspended.push(frames);
    }

    /// Forgets them.
    pub fn remove_suspended(&mut self, frames: &Arc<dyn SuspendedFrames>) {
        if let Some(i) = self.suspended.iter().rposition(|other| Arc::ptr_eq(other, frames)) {
            self.suspended.swap_remove(i);
        }
    }
}
