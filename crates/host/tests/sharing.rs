//! What may be used by several threads, and what may go from one to another.

use std::thread;
use terrane::{
    Caller, Engine, Error, Func, Imports, Instance, InstancePre, InterruptHandle, Linker, Memory, Module,
    SharedMemory, Store, SuspendedCall, TypedFunc, Val, WasmBacktrace,
};

fn is_send<T: Send>() {}
fn is_sync<T: Sync>() {}
fn value_is_send<T: Send>(value: T) -> T {
    value
}

/// Not `Send`, nor `Sync`.
type Local = std::rc::Rc<()>;
/// `Send`, but not `Sync`.
type Sent = std::cell::Cell<u32>;

#[test]
fn types() {
    macro_rules! shared {
        ($($ty:ty)*) => { $(is_send::<$ty>(); is_sync::<$ty>();)* };
    }
    shared! {
        Engine Module Linker<Sent> Linker<Local> InstancePre<Local> Imports<Local> InterruptHandle SharedMemory
        Error WasmBacktrace Func Memory Instance Val TypedFunc<i32, i32> SuspendedCall<i32>
    }
    is_send::<Store<Sent>>();
    is_sync::<Store<u32>>();
    is_send::<Caller<'_, Sent>>();
}

#[test]
fn a_module_and_a_linker_for_many_stores_on_many_threads() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "id", |caller: Caller<'_, u32>| *caller.data()).unwrap();
    let module = Module::new(
        &engine,
        r#"(module
            (import "host" "id" (func $id (result i32)))
            (global $calls (mut i32) (i32.const 0))
            (func (export "run") (result i32)
                (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                (i32.mul (call $id) (global.get $calls))))"#,
    )
    .unwrap();
    let ready = linker.instantiate_pre(&module).unwrap();
    thread::scope(|scope| {
        for id in 1..=8 {
            let ready = &ready;
            scope.spawn(move || {
                let mut store = Store::new(ready.module().engine(), id);
                let instance = ready.instantiate(&mut store).unwrap();
                let run = instance.get_typed_func::<(), u32>(&mut store, "run").unwrap();
                for calls in 1..=100 {
                    assert_eq!(run.call(&mut store, ()).unwrap(), id * calls);
                }
            });
        }
    });
}

#[test]
fn a_store_moves_with_its_guests() {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module (func (export "add") (param i32 i32) (result i32)
        (i32.add (local.get 0) (local.get 1))))"#,
    );
    let mut store = Store::new(&engine, Sent::new(1));
    let instance = Instance::new(&mut store, &module.unwrap(), &[]).unwrap();
    let add = instance.get_typed_func::<(i32, i32), i32>(&mut store, "add").unwrap();
    assert_eq!(add.call(&mut store, (1, 2)).unwrap(), 3);
    let mut store = thread::spawn(move || {
        assert_eq!(add.call(&mut store, (2, 3)).unwrap(), 5);
        store
    })
    .join()
    .unwrap();
    let future = value_is_send(add.call_async(&mut store, (3, 4)));
    assert_eq!(futures::executor::block_on(future).unwrap(), 7);
}
