//! The collector, as hosts and guests see it.

use crate::{both, instance, limited};
use std::num::NonZeroU32;
use std::sync::Arc;
use terrane::{
    AnyRef, ArrayRef, ArrayRefPre, ArrayType, Caller, Config, Engine, Error, ExnRef, ExternRef, FieldType,
    Instance, Linker, Module, Mutability, OwnedRooted, ResourceLimiter, Result, RootScope, Rooted, Store,
    StoreLimitsBuilder, StructRef, StructRefPre, StructType, ThrownException, Trap, Val, ValType,
};

/// A value of the host of which it is known how many are there.
#[derive(Clone)]
struct Counted(Arc<()>);

impl Counted {
    fn new() -> Self {
        Self(Arc::default())
    }

    /// How many there are beside this one, after a collection.
    fn count<T>(&self, store: &mut Store<T>) -> usize {
        store.gc(None).unwrap();
        Arc::strong_count(&self.0) - 1
    }
}

/// A store with a guest that can make as many [`Counted`] as it likes, and collect.
fn counting(engine: &Engine, text: &str) -> (Store<Counted>, Instance, Counted) {
    let counted = Counted::new();
    let mut store = Store::new(engine, counted.clone());
    let mut linker = Linker::new(engine);
    linker
        .func_wrap("", "new", |mut caller: Caller<'_, Counted>| {
            let counted = caller.data().clone();
            ExternRef::new(&mut caller, counted)
        })
        .unwrap()
        .func_wrap("", "count", |mut caller: Caller<'_, Counted>| -> Result<u32> {
            caller.gc(None)?;
            Ok(Arc::strong_count(&caller.data().0) as u32 - 2)
        })
        .unwrap();
    let imports = r#"
        (import "" "new" (func $new (result (ref extern))))
        (import "" "count" (func $count (result i32)))"#;
    let module = Module::new(engine, text.replacen("(module", &format!("(module {imports}"), 1)).unwrap();
    let guest = linker.instantiate(&mut store, &module).unwrap();
    // The store's own is none of the guest's.
    *store.data_mut() = counted.clone();
    (store, guest, counted)
}

#[track_caller]
fn call<T>(store: &mut Store<T>, guest: &Instance, name: &str) -> u32 {
    let f = guest.get_typed_func::<(), u32>(&mut *store, name).unwrap();
    f.call(store, ()).unwrap_or_else(|error| panic!("{error:?}"))
}

#[test]
fn values_of_the_host_live_where_guests_hold_them() {
    both(|engine| {
        let (mut store, guest, counted) = counting(
            engine,
            r#"(module
                (type $s (struct (field externref) (field (mut anyref))))
                (type $a (array (mut externref)))
                (table $t 4 externref)
                (global $g (mut externref) (ref.null extern))
                (global $o (mut anyref) (ref.null any))
                (func (export "table") (result i32)
                    (table.set $t (i32.const 2) (call $new)) (call $count))
                (func (export "no_table") (result i32)
                    (table.fill $t (i32.const 0) (ref.null extern) (i32.const 4)) (call $count))
                (func (export "global") (result i32) (global.set $g (call $new)) (call $count))
                (func (export "no_global") (result i32) (global.set $g (ref.null extern)) (call $count))
                (func (export "objects") (result i32)
                    (global.set $o (struct.new $s (call $new)
                        (array.new_fixed $a 2 (call $new) (call $new))))
                    (call $count))
                (func (export "no_array") (result i32)
                    (struct.set $s 1 (ref.cast (ref $s) (global.get $o)) (ref.null any)) (call $count))
                (func (export "converted") (result i32)
                    (global.set $o (any.convert_extern (call $new))) (call $count))
                (func (export "no_object") (result i32) (global.set $o (ref.null any)) (call $count)))"#,
        );
        let steps = [
            ("table", 1),
            ("global", 2),
            ("objects", 5),
            ("no_table", 4),
            ("no_array", 2),
            ("no_global", 1),
            ("no_object", 0),
            ("converted", 1),
            ("no_object", 0),
        ];
        for (name, expected) in steps {
            // What a frame has held may still be seen in the same call: count once more.
            call(&mut store, &guest, name);
            assert_eq!(counted.count(&mut store) - 1, expected, "{name}");
        }
    });
}

#[test]
fn locals_and_operands_of_waiting_frames_are_roots() {
    both(|engine| {
        let (mut store, guest, counted) = counting(
            engine,
            r#"(module
                (type $s (struct (field (mut i32)) (field externref)))
                (func $make (param i32) (result (ref $s)) (struct.new $s (local.get 0) (call $new)))
                (func $inner (result i32)
                    (drop (call $make (i32.const 9)))
                    (call $count))
                (func (export "run") (result i32) (local $l (ref null $s)) (local $n i32)
                    (local.set $l (call $make (i32.const 1)))
                    (i32.add
                        (struct.get $s 0 (call $make (i32.const 2)))
                        (i32.const 0))
                    drop
                    ;; An operand waits while others are made, and the host collects.
                    (call $make (i32.const 4))
                    (call $make (i32.const 8))
                    (local.set $n (call $inner))
                    (struct.get $s 0)
                    (local.set $n (i32.add (i32.mul (i32.const 100) (i32.ge_u (local.get $n) (i32.const 3)))))
                    (struct.get $s 0)
                    (i32.add (local.get $n))
                    (i32.add (struct.get $s 0 (local.get $l)))))"#,
        );
        assert_eq!(call(&mut store, &guest, "run"), 100 + 8 + 4 + 1);
        assert_eq!(counted.count(&mut store) - 1, 0);
    });
}

#[test]
fn hosts_allocate_while_guests_hold_objects() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let mut linker = Linker::new(engine);
        let field = FieldType::new(Mutability::Var, ValType::I32.into());
        let ty = ArrayType::new(engine, field);
        linker
            .func_wrap(
                "",
                "churn",
                move |mut caller: Caller<'_, ()>, keep: Rooted<AnyRef>| -> Result<Rooted<ArrayRef>> {
                    let pre = ArrayRefPre::new(&mut caller, ty.clone());
                    let mut last = None;
                    for i in 0..20 {
                        let mut scope = RootScope::new(&mut caller);
                        let array = ArrayRef::new(&mut scope, &pre, &Val::I32(i), 100)?;
                        last = Some(array.to_owned_rooted(&mut scope)?);
                    }
                    caller.gc(None)?;
                    assert!(keep.is_struct(&caller)?);
                    Ok(last.unwrap().to_rooted(&mut caller))
                },
            )
            .unwrap();
        let module = Module::new(
            engine,
            r#"(module
                (type $s (struct (field i32)))
                (type $a (array (mut i32)))
                (import "" "churn" (func $churn (param (ref any)) (result (ref array))))
                (func $deep (export "deep") (param $n i32) (result i32) (local $s (ref $s))
                    (local.set $s (struct.new $s (local.get $n)))
                    (if (result i32) (i32.eqz (local.get $n))
                        (then (i32.const 0))
                        (else
                            (struct.new $s (i32.const 1))
                            (call $churn (local.get $s))
                            (ref.cast (ref $a))
                            (array.get $a (i32.const 99))
                            (call $deep (i32.sub (local.get $n) (i32.const 1)))
                            (i32.add)
                            (i32.add (struct.get $s 0 (local.get $s)))
                            (local.set $n)
                            (struct.get $s 0)
                            (i32.add (local.get $n))))))"#,
        )
        .unwrap();
        let guest = linker.instantiate(&mut store, &module).unwrap();
        let deep = guest.get_typed_func::<u32, u32>(&store, "deep").unwrap();
        // Of each of ten frames: 19 of the array, its own number, and 1 of the operand.
        assert_eq!(deep.call(&mut store, 10).unwrap(), 190 + 55 + 10);
    });
}

#[test]
fn cycles_are_collected() {
    both(|engine| {
        let (mut store, guest, counted) = counting(
            engine,
            r#"(module
                (rec
                    (type $node (struct (field (mut (ref null $node))) (field (mut (ref null $list))) (field externref)))
                    (type $list (array (mut (ref null $node)))))
                (global $keep (mut (ref null $node)) (ref.null none))
                (func $cycle (result (ref $node)) (local $a (ref $node)) (local $b (ref $node))
                    (local.set $a (struct.new $node (ref.null none) (ref.null none) (call $new)))
                    (local.set $b (struct.new $node (local.get $a) (ref.null none) (call $new)))
                    (struct.set $node 0 (local.get $a) (local.get $b))
                    (struct.set $node 1 (local.get $b)
                        (array.new_fixed $list 2 (local.get $a) (local.get $b)))
                    (local.get $a))
                (func (export "leave") (result i32) (drop (call $cycle)) (i32.const 0))
                (func (export "keep") (result i32) (global.set $keep (call $cycle)) (i32.const 0))
                (func (export "forget") (result i32) (global.set $keep (ref.null none)) (i32.const 0)))"#,
        );
        for _ in 0..50 {
            call(&mut store, &guest, "leave");
        }
        assert_eq!(counted.count(&mut store) - 1, 0);
        call(&mut store, &guest, "keep");
        assert_eq!(counted.count(&mut store) - 1, 2);
        call(&mut store, &guest, "keep");
        assert_eq!(counted.count(&mut store) - 1, 2);
        call(&mut store, &guest, "forget");
        assert_eq!(counted.count(&mut store) - 1, 0);
    });
}

/// A value of the host that itself holds on to an object of the guest.
struct Holder {
    _object: OwnedRooted<StructRef>,
    _counted: Counted,
}

#[test]
fn objects_live_as_long_as_their_holders() {
    both(|engine| {
        let (mut store, counted) = (Store::new(engine, ()), Counted::new());
        let field = FieldType::new(Mutability::Var, ValType::EXTERNREF.into());
        let ty = StructType::new(engine, [field]).unwrap();
        let pre = StructRefPre::new(&mut store, ty);
        let chain = |store: &mut Store<()>| -> Result<OwnedRooted<ExternRef>> {
            let mut scope = RootScope::new(store);
            let inner = ExternRef::new(&mut scope, counted.clone())?;
            let object = StructRef::new(&mut scope, &pre, &[inner.into()])?;
            let holder = Holder { _object: object.to_owned_rooted(&mut scope)?, _counted: counted.clone() };
            ExternRef::new(&mut scope, holder)?.to_owned_rooted(&mut scope)
        };
        let holder = chain(&mut store).unwrap();
        assert_eq!(counted.count(&mut store), 2);
        drop(holder);
        // First the holder goes, then what it held.
        assert_eq!(counted.count(&mut store), 1);
        assert_eq!(counted.count(&mut store), 0);

        // A holder that is reachable only through itself stays, as documented, until the store goes.
        {
            let mut scope = RootScope::new(&mut store);
            let object = StructRef::new(&mut scope, &pre, &[Val::null_extern_ref()]).unwrap();
            let held = object.to_owned_rooted(&mut scope).unwrap();
            let holder = Holder { _object: held, _counted: counted.clone() };
            let holder = ExternRef::new(&mut scope, holder).unwrap();
            object.set_field(&mut scope, 0, holder.into()).unwrap();
        }
        assert_eq!(counted.count(&mut store), 1);
        drop(store);
        assert_eq!(Arc::strong_count(&counted.0), 1);
    });
}

#[test]
fn segments_hold_their_elements_until_they_are_dropped() {
    both(|engine| {
        let (mut store, guest, counted) = counting(
            engine,
            r#"(module
                (type $s (struct (field (mut externref))))
                (type $a (array (ref $s)))
                (elem $e (ref $s) (item (struct.new_default $s)) (item (struct.new_default $s)))
                (func (export "fill") (result i32)
                    (struct.set $s 0
                        (array.get $a (array.new_elem $a $e (i32.const 0) (i32.const 2)) (i32.const 1))
                        (call $new))
                    (i32.const 0))
                (func (export "is_filled") (result i32)
                    (ref.is_null (struct.get $s 0
                        (array.get $a (array.new_elem $a $e (i32.const 1) (i32.const 1)) (i32.const 0))))
                    (i32.eqz))
                (func (export "drop") (result i32) (elem.drop $e) (i32.const 0)))"#,
        );
        call(&mut store, &guest, "fill");
        assert_eq!(counted.count(&mut store) - 1, 1);
        assert_eq!(call(&mut store, &guest, "is_filled"), 1);
        call(&mut store, &guest, "drop");
        assert_eq!(counted.count(&mut store) - 1, 0);
    });
}

#[test]
fn exceptions_hold_what_they_carry() {
    both(|engine| {
        let (mut store, guest, _counted) = counting(
            engine,
            r#"(module
                (type $s (struct (field i32) (field externref)))
                (tag $e (param (ref $s) externref))
                (func $throw (throw $e (struct.new $s (i32.const 7) (call $new)) (call $new)))
                (func (export "throw") (result i32) (call $throw) (i32.const 0))
                (func (export "catch") (result i32) (local $x exnref)
                    (block $caught (result exnref)
                        (try_table (catch_all_ref $caught) (call $throw))
                        (unreachable))
                    (local.set $x)
                    (drop (struct.new $s (i32.const 1) (ref.null extern)))
                    (if (i32.lt_u (call $count) (i32.const 2)) (then (unreachable)))
                    (block $carried (result (ref $s) externref)
                        (try_table (catch $e $carried) (throw_ref (local.get $x)))
                        (unreachable))
                    (drop)
                    (struct.get $s 0)))"#,
        );
        assert_eq!(call(&mut store, &guest, "catch"), 7);
        let throw = guest.get_typed_func::<(), u32>(&store, "throw").unwrap();
        let error = throw.call(&mut store, ()).unwrap_err();
        store.gc(None).unwrap();
        let exn: &OwnedRooted<ExnRef> = error.downcast_ref::<ThrownException>().unwrap().exception();
        let carried =
            exn.field(&mut store, 0).unwrap().unwrap_anyref().unwrap().unwrap_struct(&store).unwrap();
        assert_eq!(carried.field(&mut store, 0).unwrap().unwrap_i32(), 7);
        let value = exn.field(&mut store, 1).unwrap();
        assert!(value.unwrap_externref().unwrap().data(&store).unwrap().unwrap().is::<Counted>());
    });
}

/// A guest that keeps the last of so many objects, in a ring, and makes as many as it is told to.
const RING: &str = r#"(module
    (type $a (array i64))
    (type $s (struct (field i32) (field (ref null $a))))
    (type $ring (array (mut (ref null $s))))
    (global $ring (ref $ring) (array.new_default $ring (i32.const 100)))
    (func (export "run") (param $n i32) (result i32) (local $sum i32)
        (loop $next
            (array.set $ring (global.get $ring) (i32.rem_u (local.get $n) (i32.const 100))
                (struct.new $s (local.get $n)
                    (array.new $a (i64.const 1) (i32.rem_u (local.get $n) (i32.const 300)))))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br_if $next (local.get $n)))
        (loop $next
            (local.set $sum (i32.add (local.get $sum)
                (struct.get $s 0 (array.get $ring (global.get $ring) (local.get $n)))))
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (br_if $next (i32.lt_u (local.get $n) (i32.const 100))))
        (local.get $sum)))"#;

#[test]
fn endless_allocation_takes_bounded_memory() {
    // 1.2 GB of objects, of which 120 KB are live at a time.
    for (every, n) in [(None, 1_000_000), (NonZeroU32::new(1), 5_000)] {
        let engine = Engine::new(Config::new().gc_zeal_alloc_counter(every)).unwrap();
        let mut store = Store::new(&engine, ());
        let guest = instance(&mut store, RING);
        let run = guest.get_typed_func::<u32, u32>(&store, "run").unwrap();
        assert_eq!(run.call(&mut store, n).unwrap(), 100 * 101 / 2);
        assert!(store.gc_heap_size() < 16 << 20, "{} bytes", store.gc_heap_size());
    }
}

#[test]
fn endless_large_arrays_take_bounded_memory() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let guest = instance(
            &mut store,
            r#"(module
                (type $a (array (mut i8)))
                (func (export "run") (result i32) (local $n i32)
                    (loop $next
                        (drop (array.new $a (i32.const 1) (i32.const 1000000)))
                        (local.set $n (i32.add (local.get $n) (i32.const 1)))
                        (br_if $next (i32.lt_u (local.get $n) (i32.const 300))))
                    (local.get $n)))"#,
        );
        assert_eq!(call(&mut store, &guest, "run"), 300);
        assert!(store.gc_heap_size() < 16 << 20, "{} bytes", store.gc_heap_size());
    });
}

#[test]
fn the_host_too_may_allocate_for_ever() {
    both(|engine| {
        let (mut store, counted) = (Store::new(engine, ()), Counted::new());
        let field = FieldType::new(Mutability::Var, ValType::EXTERNREF.into());
        let pre = ArrayRefPre::new(&mut store, ArrayType::new(engine, field));
        for _ in 0..20_000 {
            let mut scope = RootScope::new(&mut store);
            let value = ExternRef::new(&mut scope, counted.clone()).unwrap();
            ArrayRef::new(&mut scope, &pre, &value.into(), 100).unwrap();
        }
        assert!(store.gc_heap_size() < 16 << 20, "{} bytes", store.gc_heap_size());
        assert!(Arc::strong_count(&counted.0) < 20_000, "values were dropped on the way");
        assert_eq!(counted.count(&mut store), 0);
    });
}

const HOARD: &str = r#"(module
    (type $s (struct (field (mut (ref null $s))) (field i64)))
    (type $a (array (mut i32)))
    (global $list (mut (ref null $s)) (ref.null none))
    (func (export "hoard") (result i32)
        (loop $next
            (global.set $list (struct.new $s (global.get $list) (i64.const 1)))
            (br $next))
        (unreachable))
    (func (export "huge") (result i32)
        (array.len (array.new $a (i32.const 1) (i32.const -1))))
    (func (export "large") (result i32)
        (array.len (array.new $a (i32.const 1) (i32.const 100000))))
    (func (export "forget") (result i32) (global.set $list (ref.null none)) (i32.const 0))
    (func (export "length") (result i32) (local $n i32) (local $l (ref null $s))
        (local.set $l (global.get $list))
        (loop $next (result i32)
            (if (ref.is_null (local.get $l)) (then (return (local.get $n))))
            (local.set $l (struct.get $s 0 (local.get $l)))
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (br $next))))"#;

#[test]
fn a_limit_traps_and_the_store_goes_on() {
    // Marking all of a list at each of its nodes takes a while: a smaller limit.
    for (every, limit) in [(None, 4 << 20), (NonZeroU32::new(1), 1 << 17)] {
        let engine = Engine::new(Config::new().gc_zeal_alloc_counter(every)).unwrap();
        let mut store = limited(&engine, StoreLimitsBuilder::new().gc_heap_size(limit).build());
        let guest = instance(&mut store, HOARD);
        for _ in 0..3 {
            let hoard = guest.get_typed_func::<(), u32>(&store, "hoard").unwrap();
            let error = hoard.call(&mut store, ()).unwrap_err();
            assert_eq!(error.downcast_ref(), Some(&Trap::OutOfMemory), "{error:?}");
            assert!(error.backtrace().is_some());
            assert!(store.gc_heap_size() <= limit as u64);
            // What was there is still there, and fills most of what there may be.
            let length = call(&mut store, &guest, "length") as usize;
            assert!((limit / 2..=limit).contains(&(length * 32)), "{length} objects");
            call(&mut store, &guest, "forget");
            assert_eq!(call(&mut store, &guest, "length"), 0);
            store.gc(None).unwrap();
        }
        let huge = guest.get_typed_func::<(), u32>(&store, "huge").unwrap();
        let error = huge.call(&mut store, ()).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Trap::OutOfMemory), "{error:?}");
        if limit > 1 << 20 {
            assert_eq!(call(&mut store, &guest, "large"), 100_000);
        }
    }
}

/// Lets the heap have one megabyte, and says why not more.
struct Strict;

impl ResourceLimiter for Strict {
    fn memory_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool> {
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool> {
        Ok(true)
    }

    fn gc_heap_growing(&mut self, _: usize, desired: usize) -> Result<bool> {
        if desired > 1 << 20 { Err(Error::msg("not more than a megabyte")) } else { Ok(true) }
    }
}

#[test]
fn a_limiter_says_why_the_heap_may_not_grow() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, Strict);
    store.limiter(|strict| strict);
    let guest = instance(&mut store, HOARD);
    let hoard = guest.get_typed_func::<(), u32>(&store, "hoard").unwrap();
    let error = hoard.call(&mut store, ()).unwrap_err();
    assert_eq!(error.to_string(), "not more than a megabyte");
    let field = FieldType::new(Mutability::Var, ValType::I64.into());
    let pre = ArrayRefPre::new(&mut store, ArrayType::new(&engine, field));
    let error = ArrayRef::new(&mut store, &pre, &Val::I64(0), 1 << 20).unwrap_err();
    assert_eq!(error.to_string(), "not more than a megabyte");
    call(&mut store, &guest, "forget");
    ArrayRef::new(&mut store, &pre, &Val::I64(0), 1 << 10).unwrap();
}

/// A host function that fails for lack of room gives the guest's caller the error as it was.
#[test]
fn a_full_heap_passes_through_guests() {
    both(|engine| {
        let mut store = limited(engine, StoreLimitsBuilder::new().gc_heap_size(1 << 20).build());
        let field = FieldType::new(Mutability::Var, ValType::I64.into());
        let ty = ArrayType::new(engine, field);
        let mut linker = Linker::new(engine);
        linker
            .func_wrap("", "array", move |mut caller: Caller<'_, _>, len: u32| {
                let pre = ArrayRefPre::new(&mut caller, ty.clone());
                ArrayRef::new(&mut caller, &pre, &Val::I64(0), len)
            })
            .unwrap();
        let module = Module::new(
            engine,
            r#"(module
                (import "" "array" (func $array (param i32) (result (ref array))))
                (func (export "len") (param i32) (result i32) (array.len (call $array (local.get 0)))))"#,
        )
        .unwrap();
        let guest = linker.instantiate(&mut store, &module).unwrap();
        let len = guest.get_typed_func::<u32, u32>(&store, "len").unwrap();
        for _ in 0..20 {
            assert_eq!(len.call(&mut store, 10_000).unwrap(), 10_000);
        }
        let error = len.call(&mut store, 1_000_000).unwrap_err();
        assert!(error.is::<terrane::GcHeapOutOfMemory<()>>(), "{error:?}");
        assert_eq!(len.call(&mut store, 10_000).unwrap(), 10_000);
    });
}
