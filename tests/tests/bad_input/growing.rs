//! Guests that grow.

use crate::shared::{MIB, run};
use terrane::{AsContextMut, Engine, Instance, Module, Store, StoreLimitsBuilder};
use terrane_tests::counting::peak;

/// Grows by `step` until that fails, and returns the final size.
fn grow(kind: &str, declaration: &str, step: u32) -> String {
    let operands = if kind == "memory" { "" } else { "(ref.null func)" };
    format!(
        "(module ({kind} {declaration}) (func (export \"run\") (result i32)
            (loop (br_if 0 (i32.ne ({kind}.grow {operands} (i32.const {step})) (i32.const -1)))) ({kind}.size)))"
    )
}

#[test]
fn memory_grows_to_its_declared_maximum() {
    let engine = Engine::default();
    assert_eq!(run(&engine, grow("memory", "0 1000", 1)).unwrap(), 1000);
    assert_eq!(run(&engine, grow("memory", "3 1000", 7)).unwrap(), 997);
}

#[test]
fn memory_without_a_maximum_grows_to_the_limit_and_no_further() {
    // At most 65,536 pages exist; the engine's default limit may be lower. None of it is touched.
    let engine = Engine::default();
    let (result, held) = peak(|| run(&engine, grow("memory", "0", 1)));
    let pages = result.unwrap();
    assert!((1..=65_536).contains(&pages), "{pages} pages");
    assert!(held < 4 * MIB, "{held} bytes were held");
    for step in [65_537, 0x7fff_ffff, 0xffff_ffff] {
        assert_eq!(run(&engine, grow("memory", "1", step)).unwrap(), 1);
    }
}

#[test]
fn tables_grow_to_the_limit_and_no_further() {
    let engine = Engine::default();
    assert_eq!(run(&engine, grow("table", "0 1000 funcref", 1)).unwrap(), 1000);
    let (result, held) = peak(|| run(&engine, grow("table", "0 funcref", 100_000)));
    assert!((1..=10_000_000).contains(&result.unwrap()));
    assert!(held < 256 * MIB, "{held} bytes were held");
    assert_eq!(run(&engine, grow("table", "5 funcref", 0xffff_ffff)).unwrap(), 5);
}

#[test]
fn a_limiter_stops_growth_earlier() {
    let engine = Engine::default();
    let limits = StoreLimitsBuilder::new().memory_size(10 << 16).table_elements(10).build();
    let mut store = Store::new(&engine, limits);
    store.limiter(|limits| limits);
    let mut run = |text: String| {
        let module = Module::new(&engine, text).unwrap();
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        instance.get_typed_func::<(), i32>(&mut store, "run").unwrap().call(&mut store, ()).unwrap()
    };
    assert_eq!(run(grow("memory", "0", 1)), 10);
    assert_eq!(run(grow("table", "0 funcref", 3)), 9);
    let module = Module::new(&engine, "(module (memory 11))").unwrap();
    Instance::new(store.as_context_mut(), &module, &[]).expect_err("more than the limit from the start");
}
