//! Globals of host modules, and live ones.

use super::{instantiate, run, store};
use std::sync::Arc;
use terrane::{
    Caller, Engine, Extern, HostFunction, HostGlobal, HostItems, HostModule, Linker, LiveCell, LiveNumber,
    Module, Mutability, Ref, Store, Val, ValType,
};

/// A module `m` with a live global `cell`, and a function `look` that sees and changes it in the midst of a call.
#[derive(Debug)]
struct Live(LiveCell<i64>);

impl<T: 'static> HostModule<T> for Live {
    type Handle = Arc<Self>;

    fn name(&self) -> &str {
        "m"
    }

    fn functions(live: &Arc<Self>) -> HostItems<HostFunction<T>> {
        let live = live.clone();
        let look = HostFunction::wrap(move || {
            let seen = live.0.get();
            live.0.set(seen * 10);
            seen
        });
        HostItems::from([("look", look)])
    }

    fn globals(&self) -> HostItems<HostGlobal> {
        HostItems::from([("cell", HostGlobal::live(&self.0))])
    }
}

const LIVE: &str = r#"(module
    (import "m" "cell" (global $cell (mut i64)))
    (import "m" "look" (func $look (result i64)))
    (export "cell" (global $cell))
    (func (export "run") (global.set $cell (i64.add (global.get $cell) (i64.const 1))))
    ;; Writes, has the host see it, and sees what the host has written.
    (func (export "both") (result i64 i64)
        (global.set $cell (i64.const 7))
        (call $look)
        (global.get $cell)))"#;

#[test]
fn each_side_sees_the_others_writes() {
    let mut store = store(());
    let cell = LiveCell::new(-5);
    let (instance, _) = instantiate(&mut store, Live(cell.clone()), LIVE).unwrap();
    run(&mut store, instance).unwrap();
    assert_eq!(cell.get(), -4);
    cell.set(i64::MIN);
    run(&mut store, instance).unwrap();
    assert_eq!(cell.get(), i64::MIN + 1);

    // Through the store it is the same global.
    let global = instance.get_global(&mut store, "cell").unwrap();
    global.set(&mut store, Val::I64(99)).unwrap();
    assert_eq!(cell.get(), 99);
    cell.set(100);
    assert_eq!(global.get(&mut store).i64(), Some(100));

    // And within a call.
    let both = instance.get_typed_func::<(), (i64, i64)>(&mut store, "both").unwrap();
    assert_eq!(both.call(&mut store, ()).unwrap(), (7, 70));
    assert_eq!(cell.get(), 70);

    // It outlives the store.
    drop(store);
    assert_eq!(format!("{cell:?}"), "LiveCell(70)");
}

#[test]
fn a_cell_is_one_global_of_a_store() {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    let live = linker.host_module(Live(LiveCell::new(1))).unwrap();
    linker.alias_module("m", "n").unwrap();
    let mut store = Store::new(&engine, ());
    let cell = linker.get(&mut store, "m", "cell").ok().and_then(Extern::into_global).unwrap();
    assert_eq!(linker.get(&mut store, "n", "cell").ok().and_then(Extern::into_global), Some(cell));
    let mut other = Linker::<()>::new(&engine);
    other.host_module(Live(live.0.clone())).unwrap();
    assert_eq!(other.get(&mut store, "m", "cell").ok().and_then(Extern::into_global), Some(cell));
}

/// A guest waits, on another thread, for what the host writes; and the other way round.
#[test]
fn threads_and_stores_share_a_cell() {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    let live = linker.host_module(Live(LiveCell::new(0))).unwrap();
    let module = Module::new(
        &engine,
        r#"(module
            (import "m" "cell" (global $cell (mut i64)))
            (func (export "run")
                (loop $wait (br_if $wait (i64.ne (global.get $cell) (i64.const 1))))
                (global.set $cell (i64.const 2))))"#,
    )
    .unwrap();
    std::thread::scope(|scope| {
        let guest = scope.spawn(|| {
            let mut store = Store::new(&engine, ());
            let instance = linker.instantiate(&mut store, &module).unwrap();
            run(&mut store, instance)
        });
        live.0.set(1);
        while live.0.get() != 2 {
            std::hint::spin_loop();
        }
        guest.join().unwrap().unwrap();
    });
}

fn number<N: LiveNumber + PartialEq + std::fmt::Debug>(ty: &str, first: N, second: N) {
    struct One<N>(LiveCell<N>);

    impl<T: 'static, N: LiveNumber> HostModule<T> for One<N> {
        type Handle = Arc<Self>;

        fn name(&self) -> &str {
            "one"
        }

        fn globals(&self) -> HostItems<HostGlobal> {
            HostItems::from([("cell", HostGlobal::live(&self.0))])
        }
    }

    let text = format!(
        r#"(module
            (import "one" "cell" (global $cell (mut {ty})))
            (global $kept (export "kept") (mut {ty}) ({ty}.const 0))
            (func (export "run") (local $old {ty})
                (local.set $old (global.get $cell))
                (global.set $cell (global.get $kept))
                (global.set $kept (local.get $old))))"#
    );
    let mut store = store(());
    let (instance, one) = instantiate(&mut store, One(LiveCell::new(first)), &text).unwrap();
    run(&mut store, instance).unwrap();
    one.0.set(second);
    run(&mut store, instance).unwrap();
    assert_eq!(one.0.get(), first);
    run(&mut store, instance).unwrap();
    assert_eq!(one.0.get(), second);
}

#[test]
fn cells_of_every_number() {
    number("i32", -1, i32::MIN);
    number("i32", u32::MAX, 7);
    number("i64", i64::MIN, -2);
    number("i64", u64::MAX, 1 << 40);
    number("f32", -0.5f32, f32::INFINITY);
    number("f64", f64::MIN_POSITIVE, -1e300);
    number("i32", true, false);
}

#[test]
fn a_cell_is_a_mutable_global_of_its_type() {
    let text = r#"(module (import "m" "cell" (global i64)))"#;
    let error = instantiate(&mut store(()), Live(LiveCell::new(0)), text).unwrap_err();
    assert_eq!(
        error.to_string(),
        "incompatible import type: `m` `cell` must be a global i64, but is a global (mut i64)"
    );
}

/// Globals of which each store has its own.
#[derive(Debug)]
struct Globals(Vec<(&'static str, HostGlobal)>);

impl<T: 'static> HostModule<T> for Globals {
    type Handle = Arc<Self>;

    fn name(&self) -> &str {
        "m"
    }

    fn globals(&self) -> HostItems<HostGlobal> {
        self.0.iter().cloned().collect()
    }
}

#[test]
fn each_store_has_its_own_of_a_global_that_is_not_live() {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    let counter = HostGlobal::new(ValType::I32, Mutability::Var, Val::I32(5));
    linker.host_module(Globals(vec![("counter", counter)])).unwrap();
    let module = Module::new(
        &engine,
        r#"(module
            (import "m" "counter" (global $counter (mut i32)))
            (export "counter" (global $counter))
            (func (export "run") (global.set $counter (i32.add (global.get $counter) (i32.const 1)))))"#,
    )
    .unwrap();
    for _ in 0..2 {
        let mut store = Store::new(&engine, ());
        let first = linker.instantiate(&mut store, &module).unwrap();
        let second = linker.instantiate(&mut store, &module).unwrap();
        run(&mut store, first).unwrap();
        run(&mut store, second).unwrap();
        let counter = first.get_global(&mut store, "counter").unwrap();
        assert_eq!(counter.get(&mut store).i32(), Some(7));
    }
}

#[test]
fn constants_vectors_and_references() {
    let func = |_: Caller<'_, ()>, x: i32| x + 1;
    let mut store = store(());
    let func = terrane::Func::wrap(&mut store, func);
    let globals = Globals(vec![
        ("pi", HostGlobal::new(ValType::F32, Mutability::Const, Val::from(3.25f32))),
        ("v", HostGlobal::new(ValType::V128, Mutability::Var, Val::from(1u128 << 100))),
        ("f", HostGlobal::new(ValType::FUNCREF, Mutability::Const, Val::from(func))),
        ("null", HostGlobal::new(ValType::EXTERNREF, Mutability::Const, Val::from(Ref::Extern(None)))),
    ]);
    let text = r#"(module
        (type $f (func (param i32) (result i32)))
        (import "m" "pi" (global $pi f32))
        (import "m" "v" (global $v (mut v128)))
        (import "m" "f" (global $f funcref))
        (import "m" "null" (global $null externref))
        (global $copy f32 (global.get $pi))
        (table 1 funcref)
        (func (export "run") (result f32 i64 i32 i32)
            (table.set (i32.const 0) (global.get $f))
            (global.set $v (v128.not (global.get $v)))
            (global.get $copy)
            (i64x2.extract_lane 1 (global.get $v))
            (call_indirect (type $f) (i32.const 41) (i32.const 0))
            (ref.is_null (global.get $null))))"#;
    let (instance, _) = instantiate(&mut store, globals, text).unwrap();
    let run = instance.get_typed_func::<(), (f32, u64, i32, bool)>(&mut store, "run").unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), (3.25, !(1 << 36), 42, true));
}

#[test]
fn a_value_of_the_wrong_type() {
    let globals = Globals(vec![("x", HostGlobal::new(ValType::I32, Mutability::Const, Val::I64(0)))]);
    let text = r#"(module (import "m" "x" (global i32)))"#;
    let error = instantiate(&mut store(()), globals, text).unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        "the import `m` `x` cannot be made: type mismatch: the global's value must be of type i32, found i64"
    );
}
