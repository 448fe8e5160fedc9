//! Typed bindings, as `terrane bindgen assemblyscript guests/tour.wasm guests/tour.d.ts` writes them.

#[allow(dead_code, unreachable_pub)]
#[rustfmt::skip]
#[path = "../tests/bindgen/tour.rs"]
mod tour;

use terrane::{Engine, Linker, Module, Result, Store};
use terrane_assemblyscript::{AsCtx, add_to_linker};
use tour::Tour;

fn main() -> Result<()> {
    let engine = Engine::default();
    let module = Module::from_file(&engine, concat!(env!("CARGO_MANIFEST_DIR"), "/guests/tour.wasm"))?;
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |ctx: &mut AsCtx| ctx)?;
    linker.define_unknown_imports_as_traps(&module)?;
    let mut store = Store::new(&engine, AsCtx::default());

    let tour = Tour::instantiate(&mut store, &linker, &module)?;
    assert_eq!(tour.greet(&mut store, "bindings")?, "Hello, bindings!");
    assert_eq!(tour.power(&mut store, 2, Some(5))?, 32);
    assert_eq!(tour.sum(&mut store, &[1, 2, 3])?, 6);
    tour.set_volume(&mut store, 1.0)?;
    assert_eq!(tour.volume(&mut store)?, 1.0);
    Ok(())
}
