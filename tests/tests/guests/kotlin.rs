//! The modules of `kotlin`: structures, arrays, casts, typed references, exceptions of both kinds.

use crate::wasi::{self, Console};
use crate::{engines, store};
use terrane::{Engine, Linker, Module, Result};
use terrane_tests::{guest, guest_text};

/// What a module prints.
fn run(engine: &Engine, file: &str) -> Result<String> {
    let module = Module::new(engine, guest(file))?;
    let imports: Vec<_> = module.imports().map(|import| (import.module(), import.name())).collect();
    assert_eq!(
        imports,
        ["fd_write", "poll_oneoff", "random_get"].map(|name| ("wasi_snapshot_preview1", name))
    );
    let mut linker = Linker::new(engine);
    wasi::define(&mut linker, &module)?;
    let mut store = store(engine, Console::default());
    let instance = linker.instantiate(&mut store, &module)?;
    instance.get_typed_func::<(), ()>(&mut store, "_start")?.call(&mut store, ())?;
    let console = store.into_data();
    assert_eq!(String::from_utf8_lossy(&console.errors), "");
    Ok(String::from_utf8(console.output).expect("UTF-8"))
}

#[track_caller]
fn check(file: &str, expected: &str) {
    for engine in engines() {
        assert_eq!(run(&engine, file).unwrap(), expected);
    }
}

#[test]
fn kotlin_prints_what_it_prints_elsewhere() {
    check("kotlin/traps.wasm", &guest_text("kotlin/plain.txt"));
}

#[test]
fn kotlin_throws_exceptions() {
    check("kotlin/exceptions.wasm", &(guest_text("kotlin/plain.txt") + &guest_text("kotlin/exceptions.txt")));
}

#[test]
fn kotlin_throws_legacy_exceptions() {
    check("kotlin/legacy.wasm", &(guest_text("kotlin/plain.txt") + &guest_text("kotlin/exceptions.txt")));
}
