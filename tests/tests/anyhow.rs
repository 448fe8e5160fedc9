//! Errors of `anyhow` on their way through guests and back.

use terrane::{Engine, Error, Func, Instance, Module, Store, Trap, WasmBacktrace};

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("code {0}")]
struct Code(u32);

/// Calls a host function that does this, from a guest.
fn call(f: impl Fn() -> anyhow::Result<()> + Send + Sync + 'static) -> anyhow::Result<()> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let f = Func::wrap(&mut store, move || f().map_err(Error::from_anyhow));
    let module = Module::new(
        &engine,
        r#"(module $m (import "" "f" (func $f)) (func $run (export "run") (call $f)))"#,
    )?;
    let instance = Instance::new(&mut store, &module, &[f.into()])?;
    Ok(instance.get_typed_func::<(), ()>(&store, "run")?.call(&mut store, ())?)
}

#[test]
fn through_a_guest_and_back() {
    use anyhow::Context;
    call(|| Ok(())).unwrap();
    let error = call(|| Err(Code(7)).context("inner").context("outer")).unwrap_err();
    // What it was made of, and where the guest was.
    assert_eq!(error.downcast_ref(), Some(&Code(7)));
    let backtrace = error.downcast_ref::<WasmBacktrace>().expect("a backtrace");
    assert_eq!(backtrace.frames()[0].func_name(), Some("run"));
    let chain: Vec<_> = error.chain().skip(1).map(ToString::to_string).collect();
    assert_eq!(chain, ["outer", "inner", "code 7"]);
    assert_eq!(error.downcast::<Code>().unwrap(), Code(7));
    let error = call(|| Err(Trap::IntegerOverflow.into())).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::IntegerOverflow));
}

#[test]
fn what_was_ours_is_ours_again() {
    let ours = Error::from(Trap::Unreachable).context("ours");
    let boxed: Box<dyn std::error::Error + Send + Sync> = ours.into();
    let theirs = anyhow::Error::from_boxed(boxed).context("theirs");
    assert_eq!(format!("{theirs:#}"), "theirs: ours: unreachable");
    let ours = Error::from_anyhow(anyhow::Error::from(Error::from(Code(1)).context("a")).context("b"));
    assert_eq!(format!("{ours:#}"), "b: a: code 1");
    let mut ours = ours.context("c");
    assert!(ours.is::<Code>());
    ours.downcast_mut::<Code>().unwrap().0 = 2;
    assert_eq!(format!("{ours:#}"), "c: b: a: code 2");
    let ours = ours.downcast::<Trap>().unwrap_err();
    assert_eq!(ours.downcast::<Code>().unwrap(), Code(2));
}
