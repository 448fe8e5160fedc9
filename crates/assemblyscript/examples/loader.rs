//! Strings, arrays, maps and functions, in and out.

use std::collections::BTreeMap;
use terrane::{Engine, Linker, Module, Result, Store};
use terrane_assemblyscript::{AsCtx, AsInstance, Function, Managed, TypedArray, add_to_linker};

fn main() -> Result<()> {
    let engine = Engine::default();
    let module = Module::from_file(&engine, concat!(env!("CARGO_MANIFEST_DIR"), "/guests/tour.wasm"))?;
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |ctx: &mut AsCtx| ctx)?;
    linker.define_unknown_imports_as_traps(&module)?;
    let mut store = Store::new(&engine, AsCtx::default());
    let tour = AsInstance::instantiate(&mut store, &linker, &module)?;

    // By value: what is passed is copied into the guest, and let go when the call is over.
    let columns: Vec<Vec<f64>> = tour.call(&mut store, "transpose", [[1.0, 2.0], [3.0, 4.0]])?;
    assert_eq!(columns, [[1.0, 3.0], [2.0, 4.0]]);
    let counts: BTreeMap<String, i32> = tour.call(&mut store, "count", "to be or not to be")?;
    assert_eq!(counts["to"], 2);
    let found: Option<String> = tour.call(&mut store, "find", (["ada", "bob"], "b"))?;
    assert_eq!(found.as_deref(), Some("bob"));

    // By handle: the object stays in the guest, and is kept there. A typed array can be looked at where it is.
    let pixels: Managed<TypedArray<u8>> = tour.call(&mut store, "pixels", ())?;
    pixels.view(&mut store)?[3] = 99;
    assert_eq!(tour.call::<_, u8>(&mut store, "brightest", ())?, 99);

    // Function values are called as functions are, and can be handed back.
    let add: Function<(i32, i32), i32> = tour.call(&mut store, "adder", ())?;
    assert_eq!(add.call(&mut store, (40, 2))?, 42);
    assert_eq!(tour.call::<_, i32>(&mut store, "apply", (&add, 1, 2))?, 3);

    // A function that is found once, its type checked once; its second argument is optional.
    let power = tour.func::<(i32,), i32>(&mut store, "power")?;
    assert_eq!((1..5).map(|i| power.call(&mut store, (i,))).collect::<Result<Vec<_>>>()?, [1, 4, 9, 16]);
    Ok(())
}
