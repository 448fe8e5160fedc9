//! Limits: memory, tables, numbers of things, fuel, time, stack.

use std::time::Duration;
use terrane::{
    AsContextMut, Caller, Config, Engine, Error, ErrorKind, Instance, Linker, Memory, MemoryType, Module,
    Ref, RefType, ResourceLimiter, Result, Store, StoreLimits, StoreLimitsBuilder, Table, TableType, Trap,
};

fn instance<T>(store: &mut Store<T>, text: &str) -> Result<Instance> {
    let module = Module::new(store.engine(), text).expect("a valid module");
    Instance::new(store, &module, &[])
}

fn limited(limits: StoreLimits) -> Store<StoreLimits> {
    let mut store = Store::new(&Engine::default(), limits);
    store.limiter(|limits| limits);
    store
}

#[track_caller]
fn traps<R: std::fmt::Debug>(result: Result<R>, expected: Trap) {
    let error = result.expect_err("it did not trap");
    assert_eq!(error.downcast_ref::<Trap>(), Some(&expected), "{error:?}");
}

#[test]
fn memories_stay_within_limits() {
    let mut store = limited(StoreLimitsBuilder::new().memory_size(3 << 16).memories(2).build());
    let guest = r#"(module (memory (export "m") 2)
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;
    let instance = instance(&mut store, guest).unwrap();
    let grow = instance.get_typed_func::<i32, i32>(&store, "grow").unwrap();
    assert_eq!(grow.call(&mut store, 2).unwrap(), -1);
    assert_eq!(grow.call(&mut store, 1).unwrap(), 2);
    let memory = instance.get_memory(&store, "m").unwrap();
    assert!(memory.grow(&mut store, 1).is_err());
    traps(Memory::new(&mut store, MemoryType::new(4, None)), Trap::MemoryAllocationFailed);
    Memory::new(&mut store, MemoryType::new(3, None)).unwrap();
    traps(Memory::new(&mut store, MemoryType::new(0, None)), Trap::MemoryAllocationFailed);
}

#[test]
fn tables_and_instances_stay_within_limits() {
    let mut store = limited(StoreLimitsBuilder::new().table_elements(5).tables(1).instances(1).build());
    let guest = r#"(module (table (export "t") 2 externref)
        (func (export "grow") (param i32) (result i32) (table.grow (ref.null extern) (local.get 0))))"#;
    let inst = instance(&mut store, guest).unwrap();
    let grow = inst.get_typed_func::<i32, i32>(&store, "grow").unwrap();
    assert_eq!(grow.call(&mut store, 4).unwrap(), -1);
    assert_eq!(grow.call(&mut store, 3).unwrap(), 2);
    let table = inst.get_table(&store, "t").unwrap();
    let error = table.grow(&mut store, 1, Ref::Extern(None)).unwrap_err();
    assert_eq!(error.to_string(), "a table of 5 elements cannot grow by 1");
    let ty = TableType::new(RefType::FUNCREF, 0, None);
    traps(Table::new(&mut store, ty, Ref::Func(None)), Trap::MemoryAllocationFailed);
    traps(instance(&mut store, "(module)"), Trap::MemoryAllocationFailed);
}

/// Says no with an error above one page, and panics above two.
struct Strict;

#[derive(Debug, thiserror::Error)]
#[error("quota of {0} bytes exceeded")]
struct Quota(usize);

impl ResourceLimiter for Strict {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        assert!(desired <= 2 << 16, "far too much");
        if desired > 1 << 16 { Err(Quota(1 << 16).into()) } else { Ok(true) }
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        if desired > 1 << 20 { Err(Quota(1 << 20).into()) } else { Ok(false) }
    }
}

#[test]
fn errors_and_panics_of_limiters() {
    let mut store = Store::new(&Engine::default(), Strict);
    store.limiter(|strict| strict);
    let guest = r#"(module (memory (export "m") 1)
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;
    let inst = instance(&mut store, guest).unwrap();
    let memory = inst.get_memory(&store, "m").unwrap();
    assert!(memory.grow(&mut store, 1).unwrap_err().is::<Quota>());
    assert!(instance(&mut store, "(module (memory 2))").unwrap_err().is::<Quota>());
    assert!(instance(&mut store, "(module (table 2 funcref))").unwrap_err().is::<Trap>());
    // A guest ends with the error; a panic ends it too, and goes on when the host is back.
    let grow = inst.get_typed_func::<i32, i32>(&store, "grow").unwrap();
    let error = grow.call(&mut store, 1).unwrap_err();
    assert!(error.is::<Quota>());
    let backtrace = error.downcast_ref::<terrane::WasmBacktrace>().expect("a backtrace");
    assert_eq!(backtrace.frames().len(), 1);
    let table = r#"(module (table 1 funcref) (func (export "grow") (param i32) (result i32)
        (table.grow (ref.null func) (local.get 0))))"#;
    let mut other = Store::new(&Engine::default(), Strict);
    let table = instance(&mut other, table).unwrap();
    other.limiter(|strict| strict);
    // A no is -1, and the guest goes on.
    let grow_table = table.get_typed_func::<i32, i32>(&other, "grow").unwrap();
    assert_eq!(grow_table.call(&mut other, 1).unwrap(), -1);
    assert!(grow_table.call(&mut other, 1 << 20).unwrap_err().is::<Quota>());
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| grow.call(&mut store, 9)));
    assert_eq!(panic.unwrap_err().downcast_ref::<&str>(), Some(&"far too much"));
    assert_eq!(grow.call(&mut store, 0).unwrap(), 1);
}

/// Counts down, calling the host at every step.
const COUNT_DOWN: &str = r#"(module (import "" "tick" (func $tick))
    (func (export "run") (param i32)
        (loop $l
            (call $tick)
            (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
            (br_if $l (local.get 0)))))"#;

fn fuelled() -> Engine {
    Engine::new(Config::new().consume_fuel(true)).unwrap()
}

#[test]
fn fuel_is_used_up_and_charged_for() {
    let engine = fuelled();
    let mut linker = Linker::<u32>::new(&engine);
    linker
        .func_wrap("", "tick", |mut caller: Caller<'_, u32>| -> Result<()> {
            *caller.data_mut() += 1;
            let fuel = caller.get_fuel()?;
            caller.set_fuel(fuel.checked_sub(100).ok_or(Trap::AllFuelConsumed)?)
        })
        .unwrap();
    let mut store = Store::new(&engine, 0);
    let module = Module::new(&engine, COUNT_DOWN).unwrap();
    let run = linker.instantiate(&mut store, &module).unwrap();
    let run = run.get_typed_func::<i32, ()>(&store, "run").unwrap();
    // A store begins without fuel.
    traps(run.call(&mut store, 1), Trap::AllFuelConsumed);
    store.set_fuel(10_000).unwrap();
    run.call(&mut store, 10).unwrap();
    let used = 10_000 - store.get_fuel().unwrap();
    assert!((1_000..1_200).contains(&used), "{used}");
    *store.data_mut() = 0;
    traps(run.call(&mut store, 1_000), Trap::AllFuelConsumed);
    assert!((80..100).contains(store.data()), "{}", store.data());
    store.set_fuel(1_000).unwrap();
    run.call(&mut store, 1).unwrap();
}

#[test]
fn fuel_must_be_configured() {
    let mut store = Store::new(&Engine::default(), ());
    let expected = "fuel is not configured: see Config::consume_fuel";
    assert_eq!(store.set_fuel(1).unwrap_err().to_string(), expected);
    assert_eq!(store.get_fuel().unwrap_err().to_string(), expected);
    let error = store.interrupt_handle().unwrap_err();
    assert_eq!(error.to_string(), "interruption is not configured: see Config::epoch_interruption");
    assert!(matches!(error.kind(), ErrorKind::Usage(_)));
}

#[test]
fn a_deadline_interrupts_also_the_start_function() {
    let engine = Engine::new(Config::new().epoch_interruption(true)).unwrap();
    let mut store = Store::new(&engine, ());
    store.set_epoch_deadline(2);
    let spin = r#"(module (start $s) (func $s (loop (br 0))))"#;
    let ticks = engine.clone();
    let ticker = std::thread::spawn(move || {
        for _ in 0..2 {
            std::thread::sleep(Duration::from_millis(5));
            ticks.increment_epoch();
        }
    });
    traps(instance(&mut store, spin), Trap::Interrupt);
    ticker.join().unwrap();
    // The deadline stays, until another is set.
    let inst = instance(&mut store, r#"(module (func (export "f")))"#).unwrap();
    let f = inst.get_typed_func::<(), ()>(&store, "f").unwrap();
    traps(f.call(&mut store, ()), Trap::Interrupt);
    store.as_context_mut().set_epoch_deadline(1);
    f.call(&mut store, ()).unwrap();
    // Stores without a deadline do not care.
    let mut other = Store::new(&engine, ());
    let inst = instance(&mut other, r#"(module (func (export "f")))"#).unwrap();
    inst.get_typed_func::<(), ()>(&other, "f").unwrap().call(&mut other, ()).unwrap();
}

#[test]
fn an_interrupt_stops_one_call() {
    let engine = Engine::new(Config::new().epoch_interruption(true)).unwrap();
    let mut store = Store::new(&engine, ());
    let inst = instance(&mut store, r#"(module (func (export "f")))"#).unwrap();
    let f = inst.get_typed_func::<(), ()>(&store, "f").unwrap();
    store.interrupt_handle().unwrap().interrupt();
    traps(f.call(&mut store, ()), Trap::Interrupt);
    f.call(&mut store, ()).unwrap();
}

/// Recursion that deep, and back.
const DOWN: &str = r#"(module (func $down (export "down") (param i32) (result i32)
    (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
        (else (i32.const 0)))))"#;

#[test]
fn recursion_is_bounded_by_stack_and_depth() {
    for config in [Config::new().max_wasm_stack(1 << 16), Config::new().max_call_depth(Some(1_000))] {
        let mut store = Store::new(&Engine::new(config).unwrap(), ());
        let inst = instance(&mut store, DOWN).unwrap();
        let down = inst.get_typed_func::<i32, i32>(&store, "down").unwrap();
        assert_eq!(down.call(&mut store, 900).unwrap(), 900);
        traps(down.call(&mut store, 100_000), Trap::CallStackExhausted);
        assert_eq!(down.call(&mut store, 900).unwrap(), 900);
    }
    // The depth is exact.
    let config = Config::new().max_call_depth(Some(10)).clone();
    let mut store = Store::new(&Engine::new(&config).unwrap(), ());
    let inst = instance(&mut store, DOWN).unwrap();
    let down = inst.get_typed_func::<i32, i32>(&store, "down").unwrap();
    assert_eq!(down.call(&mut store, 9).unwrap(), 9);
    traps(down.call(&mut store, 10), Trap::CallStackExhausted);
}

#[test]
fn types_that_nothing_can_have() {
    let mut store = Store::new(&Engine::default(), ());
    let too_large = Memory::new(&mut store, MemoryType::new(0, Some(65537))).unwrap_err();
    assert_eq!(too_large.to_string(), "there can be no memory {min 0, max 65537}: at most 65536 pages");
    assert!(Memory::new(&mut store, MemoryType::new(2, Some(1))).is_err());
    let ty = TableType::new(RefType::FUNCREF, 2, Some(1));
    assert!(Table::new(&mut store, ty, Ref::Func(None)).is_err());
    let ty = TableType::new(RefType::FUNCREF, 1, None);
    let error: Error = Table::new(&mut store, ty, Ref::Extern(None)).unwrap_err();
    assert_eq!(error.to_string(), "type mismatch: elements must be of type funcref, found nullexternref",);
}

#[test]
fn stores_come_and_go() {
    let engine = Engine::default();
    let module =
        Module::new(&engine, r#"(module (memory 1) (table 10 funcref) (func (export "f")))"#).unwrap();
    for _ in 0..20_000 {
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        instance.get_func(&store, "f").unwrap().call(&mut store, &[], &mut []).unwrap();
    }
    let mut live: Vec<_> = (0..10_000).map(|_| Store::new(&engine, ())).collect();
    for store in &mut live {
        Instance::new(store, &module, &[]).unwrap();
    }
}

/// Makes types while it is asked: the engine's types must not be locked meanwhile.
struct Curious(Engine);

impl ResourceLimiter for Curious {
    fn memory_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool> {
        Module::new(&self.0, "(module (func (param i32 f32 i64) (result f64) unreachable))").map(|_| true)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool> {
        Ok(true)
    }
}

#[test]
fn limiters_may_use_the_engine() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, Curious(engine.clone()));
    store.limiter(|curious| curious);
    instance(&mut store, "(module (memory 1))").unwrap();
}
