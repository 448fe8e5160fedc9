//! A guest that was compiled with AssemblyScript's shim for WASI: two crates, one linker.

use terrane::{Engine, I32Exit, Linker, Module, Result, Store};
use terrane_assemblyscript::{AsCtx, AsInstance, add_to_linker};
use terrane_wasi::{OutputBuffer, Stdout, WasiCtx, WasiCtxBuilder};

struct Host {
    wasi: WasiCtx,
    assemblyscript: AsCtx,
}

fn main() -> Result<()> {
    let engine = Engine::default();
    let module = Module::from_file(&engine, concat!(env!("CARGO_MANIFEST_DIR"), "/guests/wasi.wasm"))?;
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |host: &mut Host| &mut host.assemblyscript)?;
    terrane_wasi::add_to_linker(&mut linker, |host: &mut Host| &mut host.wasi)?;

    let (output, errors) = (OutputBuffer::new(), OutputBuffer::new());
    let wasi = WasiCtxBuilder::new()
        .args(["guest", "first"])
        .env("LANG", "C")
        .stdout(Stdout::buffer(&output))
        .stderr(Stdout::buffer(&errors))
        .build();
    let mut store = Store::new(&engine, Host { wasi, assemblyscript: AsCtx::default() });

    // What is at the top of its source is in `_start`, as it is for commands.
    let guest = AsInstance::builder().start("_start").instantiate(&mut store, &linker, &module)?;
    assert_eq!(guest.call::<_, i32>(&mut store, "shout", "hello")?, 5);
    assert_eq!(output.to_text(), "HELLO\n");
    assert_eq!(guest.call::<_, String>(&mut store, "argument", 1)?, "first");
    assert_eq!(guest.call::<_, Option<String>>(&mut store, "variable", "LANG")?.as_deref(), Some("C"));
    assert_eq!(guest.call::<_, Option<String>>(&mut store, "variable", "PATH")?, None);
    assert!((0.0..1.0).contains(&guest.call::<_, f64>(&mut store, "random", ())?));

    // Such a guest says itself what went wrong, and exits.
    let error = guest.call::<_, ()>(&mut store, "fail", "nothing works").unwrap_err();
    assert_eq!(error.downcast_ref::<I32Exit>().map(|exit| exit.0), Some(255));
    assert!(errors.to_text().contains("nothing works"), "{}", errors.to_text());
    Ok(())
}
