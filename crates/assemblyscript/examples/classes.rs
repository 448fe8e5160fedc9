//! Classes of a guest: compilers up to 0.19 export them.

use terrane::{Engine, Linker, Module, Result, Store};
use terrane_assemblyscript::{AsCtx, AsInstance, Era, Managed, add_to_linker};

fn main() -> Result<()> {
    let engine = Engine::default();
    let module = Module::from_file(&engine, concat!(env!("CARGO_MANIFEST_DIR"), "/guests/shapes.wasm"))?;
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |ctx: &mut AsCtx| ctx)?;
    let mut store = Store::new(&engine, AsCtx::default());
    let shapes = AsInstance::instantiate(&mut store, &linker, &module)?;
    assert_eq!(shapes.era(), Era::V0_18);

    // `new geo.Shape("box", 3)`: what is left out at the end is optional.
    let shape = shapes.class(&mut store, "geo.Shape")?;
    let square = shape.construct(&mut store, ("box", 3.0))?;
    assert_eq!(square.get::<String>(&mut store, "name")?, "box");
    assert_eq!(square.get::<f64>(&mut store, "area")?, 90.0);
    square.set(&mut store, "size", 4.0)?;
    assert_eq!(square.call::<_, f64>(&mut store, "grow", ())?, 5.0);
    assert_eq!(square.call::<_, String>(&mut store, "describe", (["a", "large"],))?, "a large box");

    // Objects are arguments and results as well.
    let unit: Managed = shape.call(&mut store, "unit", ())?;
    let unit = shape.wrap(&mut store, &unit)?;
    assert!(!square.call::<_, bool>(&mut store, "same", (&unit,))?);
    assert!(unit.call::<_, bool>(&mut store, "same", (&unit,))?);
    assert_eq!(shape.get::<i32>(&mut store, "made")?, 2);

    // Derived classes, and what is no object of a class.
    let round = shapes.class(&mut store, "geo.Round")?;
    let disc = round.construct(&mut store, ("disc",))?;
    assert_eq!(disc.get::<f64>(&mut store, "area")?, 12.0);
    assert_eq!(shape.wrap(&mut store, disc.handle())?.get::<f64>(&mut store, "size")?, 2.0);
    assert!(round.wrap(&mut store, square.handle()).is_err());
    Ok(())
}
