//! Guests for WASI, by way of `terrane-wasi`.

use crate::support::Guest;
use terrane::{Engine, I32Exit, Linker, Result, Store};
use terrane_assemblyscript::AsInstance;
use terrane_wasi::{OutputBuffer, Stdout, WasiCtx, WasiCtxBuilder, add_to_linker};

struct Started {
    store: Store<WasiCtx>,
    instance: AsInstance,
    output: OutputBuffer,
    errors: OutputBuffer,
}

/// Instantiates, and starts as the module is to be started: by `_start` if that is exported.
fn start(file: &str) -> Result<Started> {
    let engine = Engine::default();
    let module = Guest::named(file).load(&engine);
    let (output, errors) = (OutputBuffer::new(), OutputBuffer::new());
    let ctx = WasiCtxBuilder::new()
        .env("PLACE", "Zürich")
        .stdout(Stdout::buffer(&output))
        .stderr(Stdout::buffer(&errors))
        .build();
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx)?;
    let mut store = Store::new(&engine, ctx);
    let mut builder = AsInstance::builder();
    if module.exports().any(|export| export.name() == "_start") {
        builder.start("_start");
    }
    let instance = builder.instantiate(&mut store, &linker, &module)?;
    Ok(Started { store, instance, output, errors })
}

fn text(buffer: &OutputBuffer) -> String {
    String::from_utf8(buffer.contents()).unwrap()
}

#[test]
fn of_the_compilers_own_library() -> Result<()> {
    let mut guest = start("v0_17/wasi.wasm")?;
    assert!(text(&guest.errors).starts_with("trace: started 1.5 -2"), "{}", text(&guest.errors));
    let number: f64 = guest.instance.call(&mut guest.store, "random", ())?;
    assert!((0.0..1.0).contains(&number));
    let error = guest.instance.call::<_, ()>(&mut guest.store, "giveUp", ()).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&I32Exit(255)));
    assert!(text(&guest.errors).contains("abort: given up in common/wasi.ts("), "{}", text(&guest.errors));
    Ok(())
}

#[test]
fn of_the_package() -> Result<()> {
    let mut guest = start("v0_28/wasi.wasm")?;
    assert_eq!(text(&guest.output), "started\n");
    let now: i64 = guest.instance.call(&mut guest.store, "now", ())?;
    assert!(now > 1_600_000_000_000);
    let number: f64 = guest.instance.call(&mut guest.store, "random", ())?;
    assert!((0.0..1.0).contains(&number));
    guest.instance.call::<_, ()>(&mut guest.store, "say", "höhö")?;
    // The package has `console.error` write to the standard output.
    assert_eq!(text(&guest.output), "started\nhöhö\nError: höhö\n");
    let place: String = guest.instance.call(&mut guest.store, "environment", "PLACE")?;
    assert_eq!(place, "Zürich");
    let error = guest.instance.call::<_, ()>(&mut guest.store, "leave", 4).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&I32Exit(4)));
    let error = guest.instance.call::<_, ()>(&mut guest.store, "giveUp", ()).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&I32Exit(255)));
    assert!(text(&guest.errors).contains("abort: given up in v0_28/wasi.ts("), "{}", text(&guest.errors));
    Ok(())
}
