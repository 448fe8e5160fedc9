//! What a guest says, and how it fails.

use std::sync::{Arc, Mutex};
use terrane::{Caller, Engine, Linker, Module, Result, Store};
use terrane_assemblyscript::{Abort, AsCtx, AsCtxBuilder, AsInstance, add_to_linker, func_wrap};

fn main() -> Result<()> {
    let engine = Engine::default();
    let module = Module::from_file(&engine, concat!(env!("CARGO_MANIFEST_DIR"), "/guests/tour.wasm"))?;
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |ctx: &mut AsCtx| ctx)?;
    // `declare function ask(question: string): string[]` in the guest's tour.ts:
    func_wrap(&mut linker, "tour", "ask", |_: &mut Caller<'_, AsCtx>, question: String| {
        Ok(vec![question, "Because.".to_owned()])
    })?;

    let lines = Arc::new(Mutex::new(Vec::new()));
    let (console, traces) = (lines.clone(), lines.clone());
    let ctx = AsCtxBuilder::new()
        .console(move |level, text| console.lock().expect("no panics").push(format!("{level:?}: {text}")))
        .trace(move |message, numbers| {
            traces.lock().expect("no panics").push(format!("{message} {numbers:?}"))
        })
        .build();
    let mut store = Store::new(&engine, ctx);
    let tour = AsInstance::instantiate(&mut store, &linker, &module)?;
    tour.call::<_, ()>(&mut store, "talk", ())?;
    assert_eq!(
        *lines.lock().expect("no panics"),
        ["numbers [1.5, -2.0]", "Log: to the console", "Error: Assertion failed: one is more"]
    );
    assert_eq!(tour.call::<_, String>(&mut store, "interview", "Why?")?, "Why? Because.");

    let error = tour.call::<_, ()>(&mut store, "fail", "no more coffee").unwrap_err();
    let abort: &Abort = error.downcast_ref().expect("an abort");
    assert_eq!(abort.message.as_deref(), Some("no more coffee"));
    assert_eq!(error.to_string(), "abort: no more coffee at tour.ts:135:3");
    Ok(())
}
