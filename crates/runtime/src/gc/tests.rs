//! The heap by itself.

use super::{CLASSES, Layout, Object, class_of};
use crate::{RawVal, Ref, Store, StoreLimits, Trap};
use std::num::NonZeroU32;
use std::sync::Arc;
use terrane_syntax::TypeIdx;
use terrane_syntax::types::{
    CompType, FieldType, HeapType, ModuleTypes, RecType, RefType, StorageType, SubType, Types, ValType,
};

fn field(storage: StorageType) -> FieldType {
    FieldType { mutable: true, storage }
}

/// A store, and the layouts of a node of two references and a number, of an array of references, and of bytes.
struct Heap {
    store: Store,
    node: Layout,
    refs: Layout,
    bytes: Layout,
}

impl Heap {
    fn new() -> Self {
        let any = StorageType::Val(ValType::Ref(RefType::null(HeapType::Any)));
        let number = StorageType::Val(ValType::I64);
        let node = CompType::Struct([any, number, any].map(field).into());
        let comps = [node, CompType::Array(field(any)), CompType::Array(field(StorageType::I8))];
        let (mut types, mut module) = (Types::new(), ModuleTypes::new());
        for comp in comps {
            module.push(&mut types, &RecType([SubType::plain(comp)].into())).unwrap();
        }
        let layout = |x| Layout::of(module.get(TypeIdx(x)).unwrap()).unwrap();
        Self { store: Store::new(), node: layout(0), refs: layout(1), bytes: layout(2) }
    }

    fn node(&mut self, left: Ref, number: u64, right: Ref) -> Result<Ref, Trap> {
        // SAFETY: the layout lives as long as the store.
        let mut object = unsafe { self.store.alloc_object(&self.node, 0, &[left.0, right.0])? };
        // SAFETY: just made.
        let node = unsafe { object.as_mut() };
        node.set_field(0, left.into());
        node.set_field(1, number.into());
        node.set_field(2, right.into());
        Ok(Ref::object(object))
    }

    fn array(&mut self, bytes: bool, len: u32) -> Result<Ref, Trap> {
        let layout: *const Layout = if bytes { &self.bytes } else { &self.refs };
        // SAFETY: the layout lives as long as the store.
        Ok(Ref::object(unsafe { self.store.alloc_object(layout, len, &[])? }))
    }

    /// A list of `n` nodes.
    fn list(&mut self, n: u64) -> Ref {
        (0..n).fold(Ref::NULL, |rest, i| self.node(Ref::NULL, i, rest).unwrap())
    }
}

fn object<'a>(r: Ref) -> &'a mut Object {
    // SAFETY: the tests ask for live ones, one at a time.
    unsafe { r.as_object().unwrap().as_mut() }
}

/// The numbers in a list.
fn numbers(mut list: Ref) -> Vec<u64> {
    let mut numbers = Vec::new();
    while !list.is_null() {
        numbers.push(object(list).field(1).word());
        list = object(list).field(2).as_ref();
    }
    numbers
}

#[test]
fn every_size_has_the_smallest_class_that_holds_it() {
    let mut last = 0;
    for bytes in 1..=8192 {
        let class = class_of(bytes);
        assert!(class == last || class == last + 1, "{bytes} bytes are of class {class} after {last}");
        last = class;
    }
    assert_eq!((last, class_of(8193)), (CLASSES - 1, CLASSES));
}

#[test]
fn what_is_reachable_stays_and_its_space_is_bounded() {
    let mut heap = Heap::new();
    let kept = heap.list(1000);
    heap.store.roots.push(kept);
    let mut most = 0;
    for _ in 0..50 {
        heap.list(10_000);
        most = most.max(heap.store.gc_heap_size());
    }
    assert!(most < 16 << 20, "{most} bytes for 48 KB that are in use");
    assert_eq!(numbers(kept), (0..1000).rev().collect::<Vec<_>>());
}

#[test]
fn cycles_are_collected() {
    let mut heap = Heap::new();
    for _ in 0..300_000 {
        let a = heap.node(Ref::NULL, 0, Ref::NULL).unwrap();
        let b = heap.node(a, 0, a).unwrap();
        object(a).set_field(0, b.into());
    }
    let size = heap.store.gc_heap_size();
    assert!(size < 16 << 20, "{size} bytes");
}

#[test]
fn words_of_stacks_keep_what_they_name_and_others_do_no_harm() {
    let mut heap = Heap::new();
    let (kept, lost) = (heap.list(3), heap.list(3));
    let inside = Ref(kept.0 + 16);
    let words = [
        kept.0,
        lost.0 + 16,
        inside.0,
        u64::MAX,
        4,
        6,
        0x1234_5674,
        0xffff_fff1,
        Ref::host(crate::HostAddr(9)).0,
    ];
    heap.store.collect(&words);
    heap.list(100);
    assert_eq!(numbers(kept), [2, 1, 0]);
}

#[test]
fn large_arrays_come_and_go() {
    let mut heap = Heap::new();
    let outer = heap.array(false, 4000).unwrap();
    heap.store.roots.push(outer);
    for i in 0..2000 {
        let inner = heap.array(true, 100_000).unwrap();
        object(inner).fill(0, u64::from(i as u8).into(), 100_000).unwrap();
        object(outer).set_elem(i % 10, inner.into()).unwrap();
    }
    let size = heap.store.gc_heap_size();
    assert!(size < 16 << 20, "{size} bytes for a megabyte in use");
    for i in 1990..2000u32 {
        let inner = object(outer).elem(i % 10).unwrap().as_ref();
        assert_eq!(object(inner).elem(99_999).unwrap().word(), u64::from(i as u8));
    }
}

#[test]
fn at_the_limit_there_is_a_trap_and_then_room_again() {
    let mut heap = Heap::new();
    heap.store.set_limiter(Box::new(StoreLimits { gc_heap_size: 1 << 20, ..StoreLimits::default() }));
    let scope = heap.store.roots.open();
    let mut list = Ref::NULL;
    let error = loop {
        match heap.node(list, 0, Ref::NULL) {
            Ok(node) => list = node,
            Err(trap) => break trap,
        }
        heap.store.roots.close(scope);
        heap.store.roots.push(list);
    };
    assert_eq!(error, Trap::OutOfMemory);
    assert_eq!(heap.array(true, 1 << 20).unwrap_err(), Trap::OutOfMemory);
    heap.store.roots.close(scope);
    heap.list(1000);
    assert_eq!(heap.array(true, u32::MAX).unwrap_err(), Trap::OutOfMemory);
}

#[test]
fn with_zeal_every_allocation_collects() {
    let mut heap = Heap::new();
    heap.store.set_gc_zeal(NonZeroU32::new(1));
    let value = Arc::new(());
    let a = heap.store.alloc_host(Box::new(value.clone()));
    let holder = heap.node(Ref::host(a), 7, Ref::NULL).unwrap();
    let root = heap.store.roots.open();
    heap.store.roots.push(holder);
    for _ in 0..100 {
        heap.node(Ref::NULL, 0, Ref::NULL).unwrap();
    }
    assert_eq!(Arc::strong_count(&value), 2, "reached through the node");
    assert_eq!(object(holder).field(1), RawVal::from(7));
    heap.store.roots.close(root);
    heap.node(Ref::NULL, 0, Ref::NULL).unwrap();
    assert_eq!(Arc::strong_count(&value), 1, "nobody reaches it");
}

#[test]
fn owned_roots_live_as_long_as_their_owners() {
    let mut heap = Heap::new();
    let value = Arc::new(());
    let owners: Vec<_> = (0..1000)
        .map(|_| {
            let a = heap.store.alloc_host(Box::new(value.clone()));
            heap.store.roots.own(Ref::host(a))
        })
        .collect();
    heap.store.collect(&[]);
    assert_eq!(Arc::strong_count(&value), 1001);
    drop(owners);
    heap.store.collect(&[]);
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn a_root_is_found_out_after_its_scope() {
    let mut heap = Heap::new();
    let roots = &mut heap.store.roots;
    let outer = roots.push(Ref::i31(1));
    let scope = roots.open();
    let inner = roots.push(Ref::i31(2));
    roots.close(scope);
    let next = roots.push(Ref::i31(3));
    assert_eq!((roots.get(outer), roots.get(inner)), (Some(Ref::i31(1)), None));
    assert_eq!(roots.get(next), Some(Ref::i31(3)));
}
