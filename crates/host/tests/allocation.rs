//! Calls allocate nothing, in either direction and at any depth, once whatever they need is there.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use terrane::{
    Caller, Config, Engine, Extern, Func, FuncType, Instance, Module, Ref, Result, Store, TypedFunc, V128,
    Val, ValType,
};

/// The system's allocator, which counts.
struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: it does what the system's does.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller's.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller's.
        unsafe { System.realloc(ptr, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often it allocates in a hundred rounds, after three to warm up.
fn allocations(mut f: impl FnMut()) -> usize {
    (0..3).for_each(|_| f());
    let before = COUNT.get();
    (0..100).for_each(|_| f());
    COUNT.get() - before
}

#[track_caller]
fn check(what: &str, f: impl FnMut()) {
    assert_eq!(allocations(f), 0, "{what}");
}

#[test]
fn allocations_are_counted() {
    assert!(allocations(|| drop(std::hint::black_box(vec![1; 10]))) >= 100);
    check("nothing", || {});
}

fn instance<T>(store: &mut Store<T>, text: &str, imports: &[Extern]) -> Instance {
    let module = Module::new(store.engine(), text).expect("a valid module");
    Instance::new(store, &module, imports).expect("imports that fit")
}

#[test]
fn calls_into_guests() {
    for limited in [false, true] {
        let engine = Engine::new(Config::new().consume_fuel(limited).epoch_interruption(limited)).unwrap();
        let mut store = Store::new(&engine, ());
        assert_eq!(store.set_fuel(u64::MAX).is_ok(), limited);
        let many = 40;
        let params = "(param i32) ".repeat(many);
        let results = "(result i32) ".repeat(many);
        let gets: String = (0..many).map(|i| format!("(local.get {i})")).collect();
        let text = format!(
            r#"(module
                (func (export "none"))
                (func (export "add") (param i32 i64) (result i64)
                    (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1)))
                (func (export "vector") (param v128 v128) (result v128 v128) (local.get 1) (local.get 0))
                (func (export "many") {params} {results} {gets}))"#
        );
        let guest = instance(&mut store, &text, &[]);
        let none = guest.get_typed_func::<(), ()>(&store, "none").unwrap();
        let add = guest.get_typed_func::<(i32, i64), i64>(&store, "add").unwrap();
        let vector = guest.get_typed_func::<(V128, V128), (V128, V128)>(&store, "vector").unwrap();
        let many_func = guest.get_func(&store, "many").unwrap();
        check("typed, nothing", || none.call(&mut store, ()).unwrap());
        check("typed, numbers", || assert_eq!(add.call(&mut store, (1, 2)).unwrap(), 3));
        check("typed, vectors", || {
            vector.call(&mut store, (V128::from(1), V128::from(2))).unwrap();
        });
        let mut result = [Val::I32(0)];
        check("values", || add.func().call(&mut store, &[Val::I32(1), Val::I64(2)], &mut result).unwrap());
        let (given, mut back) = (vec![Val::I32(7); many], vec![Val::I32(0); many]);
        check("many values", || many_func.call(&mut store, &given, &mut back).unwrap());
        assert_eq!((result[0].i64(), back[39].i32()), (Some(3), Some(7)));
    }
}

#[test]
fn calls_of_host_functions() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, 0_u64);
    let typed = Func::wrap(&mut store, |mut caller: Caller<'_, u64>, x: i32| -> Result<i32> {
        *caller.data_mut() += 1;
        Ok(x + 1)
    });
    let ty = FuncType::new(&engine, [ValType::I32], [ValType::I32]);
    let dynamic = Func::new(&mut store, ty, |mut caller, params, results| {
        *caller.data_mut() += 1;
        results[0] = Val::I32(params[0].unwrap_i32() + 1);
        Ok(())
    });
    let guest = instance(
        &mut store,
        r#"(module
            (type $op (func (param i32) (result i32)))
            (import "" "typed" (func $typed (type $op)))
            (import "" "dynamic" (func $dynamic (type $op)))
            (table (export "table") 4 funcref)
            (elem (i32.const 0) $typed $dynamic)
            (elem declare func $typed $dynamic)
            (func (export "direct") (result i32) (call $typed (call $dynamic (i32.const 1))))
            (func (export "indirect") (param i32) (result i32)
                (call_indirect (type $op) (i32.const 1) (local.get 0)))
            (func (export "by_ref") (result i32) (call_ref $op (i32.const 1) (ref.func $dynamic)))
            (func (export "apply") (param funcref) (result i32)
                (table.set (i32.const 3) (local.get 0))
                (call_indirect (type $op) (i32.const 5) (i32.const 3))))"#,
        &[typed.into(), dynamic.into()],
    );
    let get = |store: &Store<u64>, name| -> TypedFunc<(), i32> { guest.get_typed_func(store, name).unwrap() };
    let (direct, by_ref) = (get(&store, "direct"), get(&store, "by_ref"));
    let indirect = guest.get_typed_func::<i32, i32>(&store, "indirect").unwrap();
    let apply = guest.get_typed_func::<Option<Func>, i32>(&store, "apply").unwrap();
    check("direct", || assert_eq!(direct.call(&mut store, ()).unwrap(), 3));
    check("call_indirect", || {
        assert_eq!(indirect.call(&mut store, 0).unwrap() + indirect.call(&mut store, 1).unwrap(), 4);
    });
    check("call_ref", || assert_eq!(by_ref.call(&mut store, ()).unwrap(), 2));
    check("a function as an argument", || assert_eq!(apply.call(&mut store, Some(typed)).unwrap(), 6));
    let table = guest.get_table(&store, "table").unwrap();
    check("a function out of a table", || {
        let Some(Ref::Func(Some(func))) = table.get(&mut store, 1) else { panic!("a function") };
        let mut results = [Val::I32(0)];
        func.call(&mut store, &[Val::I32(1)], &mut results).unwrap();
    });
    assert!(*store.data() > 400);
}

/// Host and guest call each other so many levels deep, by values.
const PING_PONG: &str = r#"(module
    (import "" "pong" (func $pong (param i32) (result i32)))
    (func (export "ping") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0))
            (then (i32.const 0))
            (else (i32.add (i32.const 1) (call $pong (i32.sub (local.get 0) (i32.const 1))))))))"#;

#[test]
fn calls_at_any_depth() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, None);
    let ty = FuncType::new(&engine, [ValType::I32], [ValType::I32]);
    let pong = Func::new(&mut store, ty, |mut caller: Caller<'_, Option<Func>>, params, results| {
        let ping = caller.data().expect("the guest's function");
        ping.call(&mut caller, params, results)
    });
    let guest = instance(&mut store, PING_PONG, &[pong.into()]);
    let ping = guest.get_func(&store, "ping").unwrap();
    *store.data_mut() = Some(ping);
    let ping = ping.typed::<i32, i32>(&store).unwrap();
    check("deep", || assert_eq!(ping.call(&mut store, 50).unwrap(), 50));
}
