//! Who stops guests, when, and how they go on: fuel, deadlines, interrupts, limits.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use terrane::{
    AsContextMut, Caller, Config, Engine, Error, Extern, Func, Global, GlobalType, Instance, Memory,
    MemoryType, Module, Mutability, Ref, RefType, Result, Store, StoreLimits, StoreLimitsBuilder, Table,
    TableType, Trap, TypedFunc, UpdateDeadline, Val, ValType,
};

fn instance<T>(store: &mut Store<T>, text: &str, imports: &[Extern]) -> Result<Instance> {
    let module = Module::new(store.engine(), text).expect("a valid module");
    Instance::new(store, &module, imports)
}

#[track_caller]
fn traps<R: std::fmt::Debug>(result: Result<R>, expected: Trap) {
    let error = result.expect_err("it did not trap");
    assert_eq!(error.downcast_ref::<Trap>(), Some(&expected), "{error:?}");
}

fn interruptible() -> Engine {
    Engine::new(Config::new().epoch_interruption(true)).unwrap()
}

#[test]
fn host_functions_charge_fuel() {
    let engine = Engine::new(Config::new().consume_fuel(true)).unwrap();
    let mut store = Store::new(&engine, ());
    let work = Func::wrap(&mut store, |mut caller: Caller<'_, ()>, n: u64| caller.consume_fuel(n));
    let text = r#"(module (import "" "work" (func $work (param i64) (result i64)))
        (func (export "run") (param i64) (result i64) (call $work (local.get 0))))"#;
    let run = instance(&mut store, text, &[work.into()]).unwrap();
    let run = run.get_typed_func::<u64, u64>(&store, "run").unwrap();
    store.set_fuel(10_000).unwrap();
    let left = run.call(&mut store, 9_000).unwrap();
    assert!((900..1_000).contains(&left), "{left}");
    traps(run.call(&mut store, 9_000), Trap::AllFuelConsumed);
    assert_eq!(store.get_fuel().unwrap(), 0);
    store.set_fuel(100).unwrap();
    assert_eq!(store.consume_fuel(30).unwrap(), 70);
    assert_eq!(store.as_context_mut().consume_fuel(70).unwrap(), 0);
    traps(store.consume_fuel(1), Trap::OutOfFuel);
    let mut other = Store::new(&Engine::default(), ());
    assert_eq!(
        other.consume_fuel(1).unwrap_err().to_string(),
        "fuel is not configured: see Config::consume_fuel"
    );
}

/// Counts in memory until it is stopped.
const COUNT: &str = r#"(module
    (import "" "tick" (func $tick))
    (memory (export "memory") 1)
    (func (export "count") (param $n i64) (result i64) (local $i i64)
        (loop $next
            (call $tick)
            (i64.store (i32.const 8) (local.get $i))
            (local.set $i (i64.add (local.get $i) (i64.const 1)))
            (br_if $next (i64.ne (local.get $i) (local.get $n))))
        (i64.add (local.get $i) (i64.extend_i32_u (memory.size)))))"#;

/// That; the epoch ticks at each turn.
fn counter<T: 'static>(store: &mut Store<T>) -> (Instance, TypedFunc<i64, i64>) {
    let engine = store.engine().clone();
    let tick = Func::wrap(&mut *store, move || engine.increment_epoch());
    let guest = instance(store, COUNT, &[tick.into()]).unwrap();
    (guest, guest.get_typed_func(store, "count").unwrap())
}

#[test]
fn a_callback_at_the_deadline_lets_guests_go_on() {
    let engine = interruptible();
    let mut store = Store::new(&engine, 0);
    let (guest, count) = counter(&mut store);
    let memory = guest.get_memory(&store, "memory").unwrap();
    let double = Func::wrap(&mut store, |x: i32| 2 * x).typed::<i32, i32>(&store).unwrap();
    store.set_epoch_deadline(0);
    // At each turn of the loop it does whatever a host function may: calls, grows memory, collects.
    store.epoch_deadline_callback(move |mut store| {
        *store.data_mut() += double.call(&mut store, 1)?;
        if *store.data() % 20 == 0 {
            memory.grow(&mut store, 1)?;
            store.gc(None)?;
        }
        Ok(UpdateDeadline::Continue(1))
    });
    // Asked at the start and at each of the other turns.
    assert_eq!(count.call(&mut store, 100).unwrap(), 100 + 1 + 10);
    assert_eq!(*store.data(), 200);
    assert_eq!(memory.read_pod::<u64>(&store, 8).unwrap(), 99);
    // Later deadlines, at which nothing is asked before they come.
    store.set_epoch_deadline(10);
    *store.data_mut() = 0;
    count.call(&mut store, 10).unwrap();
    assert_eq!(*store.data(), 0);
    store.epoch_deadline_trap();
    traps(count.call(&mut store, 10), Trap::Interrupt);
}

#[test]
fn a_collection_at_the_deadline_takes_nothing_that_is_in_use() {
    let mut store = Store::new(&interruptible(), 0);
    // References in locals, on the operand stack below a loop, and as the loop's parameter; new ones at every turn.
    let text = r#"(module
        (import "" "tick" (func $tick))
        (type $cell (struct (field i32)))
        (func $get (param (ref $cell)) (result i32) (struct.get $cell 0 (local.get 0)))
        (func (export "run") (result i32) (local $n i32) (local $kept (ref $cell))
            (local.set $kept (struct.new $cell (i32.const 1000)))
            (struct.new $cell (i32.const 200))
            (struct.new $cell (i32.const 0))
            (loop $next (param (ref $cell)) (result (ref $cell))
                (call $tick)
                (struct.get $cell 0)
                (struct.new $cell (i32.add (i32.const 1)))
                (local.set $n (i32.add (local.get $n) (i32.const 1)))
                (br_if $next (i32.lt_u (local.get $n) (i32.const 50))))
            (call $get)
            (i32.add (struct.get $cell 0 (local.get $kept)))
            (local.set $n)
            (struct.get $cell 0)
            (i32.add (local.get $n))))"#;
    let engine = store.engine().clone();
    let tick = Func::wrap(&mut store, move || engine.increment_epoch());
    let guest = instance(&mut store, text, &[tick.into()]).unwrap();
    let run = guest.get_typed_func::<(), i32>(&store, "run").unwrap();
    // Frees what it may, and fills the holes.
    let fill = instance(
        &mut store,
        r#"(module (type $cell (struct (field i32)))
            (func (export "fill") (param i32)
                (loop $next
                    (drop (struct.new $cell (i32.const -1)))
                    (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
                    (br_if $next (local.get 0)))))"#,
        &[],
    );
    let fill = fill.unwrap().get_typed_func::<i32, ()>(&store, "fill").unwrap();
    store.set_epoch_deadline(0);
    store.epoch_deadline_callback(move |mut store| {
        *store.data_mut() += 1;
        store.set_epoch_deadline(u64::MAX);
        store.gc(None)?;
        fill.call(&mut store, 10_000)?;
        Ok(UpdateDeadline::Continue(1))
    });
    assert_eq!(run.call(&mut store, ()).unwrap(), 1000 + 200 + 50);
    assert!(*store.data() >= 50, "{}", store.data());
}

#[test]
fn callbacks_at_the_deadline_stop_guests() {
    let mut store = Store::new(&interruptible(), 0);
    let (_, count) = counter(&mut store);
    store.set_epoch_deadline(0);
    store.epoch_deadline_callback(|mut store| {
        *store.data_mut() += 1;
        match *store.data() {
            1..5 => Ok(UpdateDeadline::Continue(1)),
            5 => Ok(UpdateDeadline::Interrupt),
            6 => Err(Error::msg("enough")),
            // Only a call that can wait can give others a turn.
            7 => Ok(UpdateDeadline::Yield(1)),
            _ => panic!("too much"),
        }
    });
    traps(count.call(&mut store, 1_000), Trap::Interrupt);
    let error = count.call(&mut store, 1_000).unwrap_err();
    assert_eq!(error.to_string(), "enough");
    assert_eq!(error.backtrace().unwrap().frames().len(), 1);
    traps(count.call(&mut store, 1_000), Trap::Interrupt);
    let panic = catch_unwind(AssertUnwindSafe(|| count.call(&mut store, 1_000))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"too much"));
    store.set_epoch_deadline(u64::MAX);
    assert_eq!(count.call(&mut store, 1_000).unwrap(), 1_001);
    assert_eq!(*store.data(), 8);
}

#[test]
fn guests_that_a_callback_calls_are_not_asked_about() {
    let mut store = Store::new(&interruptible(), Vec::new());
    let (_, count) = counter(&mut store);
    store.set_epoch_deadline(0);
    store.epoch_deadline_callback(move |mut store| {
        let inner = count.call(&mut store, 5).map_err(|error| error.to_string());
        store.data_mut().push(inner.unwrap_err());
        Ok(UpdateDeadline::Continue(100))
    });
    assert_eq!(count.call(&mut store, 10).unwrap(), 11);
    assert_eq!(store.data(), &["interrupt"]);
}

#[test]
fn an_interrupt_stops_also_a_callback_that_goes_on_for_ever_and_the_start_function() {
    let engine = interruptible();
    let mut store = Store::new(&engine, ());
    store.set_epoch_deadline(0);
    store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Continue(1)));
    let handle = store.interrupt_handle().unwrap();
    let interrupts = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        handle.interrupt();
    });
    traps(instance(&mut store, "(module (func $s (loop (br 0))) (start $s))", &[]), Trap::Interrupt);
    interrupts.join().unwrap();
    let (_, count) = counter(&mut store);
    assert_eq!(count.call(&mut store, 10).unwrap(), 11);
}

#[test]
fn deadlines_of_the_clock() {
    let mut store = Store::new(&interruptible(), ());
    let (_, count) = counter(&mut store);
    let soon = |millis| Instant::now() + Duration::from_millis(millis);
    store.set_deadline(soon(20)).unwrap();
    let started = Instant::now();
    traps(count.call(&mut store, -1), Trap::Interrupt);
    assert!(started.elapsed() >= Duration::from_millis(20));
    // It stays that late, also for what is instantiated.
    traps(count.call(&mut store, 1), Trap::Interrupt);
    traps(instance(&mut store, "(module (func $s) (start $s))", &[]), Trap::Interrupt);
    store.set_deadline(None).unwrap();
    assert_eq!(count.call(&mut store, 10).unwrap(), 11);
    // A deadline that is moved in time stops nobody.
    store.set_deadline(soon(5)).unwrap();
    store.set_deadline(soon(1_000_000)).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(count.call(&mut store, 10).unwrap(), 11);
    // One that has passed stops the next guest.
    store.set_deadline(Instant::now()).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    traps(count.call(&mut store, 10), Trap::Interrupt);
    // Many stores at once, in any order.
    let engine = interruptible();
    std::thread::scope(|scope| {
        for n in [30, 10, 20, 0] {
            let engine = &engine;
            scope.spawn(move || {
                let mut store = Store::new(engine, ());
                let (_, count) = counter(&mut store);
                store.set_deadline(soon(n)).unwrap();
                traps(count.call(&mut store, -1), Trap::Interrupt);
            });
        }
    });
    let error = Store::new(&Engine::default(), ()).set_deadline(Instant::now()).unwrap_err();
    assert_eq!(error.to_string(), "interruption is not configured: see Config::epoch_interruption");
}

#[test]
fn deadlines_wake_those_that_wait() {
    let mut store = Store::new(&interruptible(), ());
    let text = r#"(module (memory 1 1 shared) (func (export "wait") (result i32)
        (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))"#;
    let wait = instance(&mut store, text, &[]).unwrap().get_typed_func::<(), i32>(&store, "wait").unwrap();
    store.set_deadline(Instant::now() + Duration::from_millis(20)).unwrap();
    traps(wait.call(&mut store, ()), Trap::Interrupt);
}

fn limited(limits: StoreLimits) -> Store<StoreLimits> {
    let mut store = Store::new(&Engine::default(), limits);
    store.limiter(|limits| limits);
    store
}

#[test]
fn growth_that_fails_can_be_an_error() {
    let text = r#"(module (memory (export "m") 1 3) (table (export "t") 1 3 funcref)
        (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "table") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))"#;
    for trap in [false, true] {
        let limits =
            StoreLimitsBuilder::new().memory_size(2 << 16).table_elements(2).trap_on_grow_failure(trap);
        let mut store = limited(limits.build());
        let guest = instance(&mut store, text, &[]).unwrap();
        for (name, limit, maximum) in [
            ("memory", "196608 bytes of memory were wanted, the limit is 131072", "at most 3 pages"),
            ("table", "3 elements of a table were wanted, the limit is 2", ""),
        ] {
            let grow = guest.get_typed_func::<i32, i32>(&store, name).unwrap();
            let (two, four) = (grow.call(&mut store, 2), grow.call(&mut store, 4));
            if trap {
                let error = two.unwrap_err();
                assert_eq!(error.to_string(), limit);
                assert_eq!(error.backtrace().unwrap().frames().len(), 1);
                assert!(four.unwrap_err().to_string().contains(maximum));
            } else {
                assert_eq!((two.unwrap(), four.unwrap()), (-1, -1));
            }
            assert_eq!(grow.call(&mut store, 1).unwrap(), 1);
        }
        let memory = guest.get_memory(&store, "m").unwrap();
        assert_eq!(memory.grow(&mut store, 1).unwrap_err().to_string().contains("were wanted"), trap);
        assert_eq!((memory.size(&store), guest.get_table(&store, "t").unwrap().size(&store)), (2, 2));
    }
}

#[test]
fn defaults_are_finite_and_exact() {
    // Sizes: one more than the default is refused, in a store that nobody has limited.
    let mut store = Store::new(&Engine::default(), ());
    let memory =
        Memory::new(&mut store, MemoryType::builder().memory64(true).min(1).build().unwrap()).unwrap();
    assert_eq!(memory.grow(&mut store, 65_535).unwrap(), 1);
    assert!(memory.grow(&mut store, 1).is_err());
    let ty = TableType::new(RefType::FUNCREF, 10_000_000, None);
    let table = Table::new(&mut store, ty, Ref::Func(None)).unwrap();
    assert!(table.grow(&mut store, 1, Ref::Func(None)).is_err());
    let ty = TableType::new(RefType::FUNCREF, 10_000_001, None);
    traps(Table::new(&mut store, ty, Ref::Func(None)), Trap::MemoryAllocationFailed);
    // Numbers of things.
    let mut store = Store::new(&Engine::default(), ());
    let ty = TableType::new(RefType::FUNCREF, 0, None);
    for _ in 0..10_000 {
        Memory::new(&mut store, MemoryType::new(0, Some(0))).unwrap();
        Table::new(&mut store, ty.clone(), Ref::Func(None)).unwrap();
    }
    traps(Memory::new(&mut store, MemoryType::new(0, Some(0))), Trap::MemoryAllocationFailed);
    traps(Table::new(&mut store, ty, Ref::Func(None)), Trap::MemoryAllocationFailed);
    let module = Module::new(store.engine(), "(module)").unwrap();
    for _ in 0..10_000 {
        Instance::new(&mut store, &module, &[]).unwrap();
    }
    traps(Instance::new(&mut store, &module, &[]), Trap::MemoryAllocationFailed);
    // What is not limited by number still works.
    let ty = GlobalType::new(ValType::I32, Mutability::Const);
    Global::new(&mut store, ty, Val::I32(1)).unwrap();
}
