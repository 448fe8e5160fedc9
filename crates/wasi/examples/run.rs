//! Runs a program: `cargo run --release --example run -- PROGRAM.wasm ARGS…`. It sees the current directory as `/`.
//! Without arguments, a program in text that writes a line.

use terrane::{CompilationMode, Config, Engine, I32Exit, Linker, Module, Result, Store};
use terrane_wasi::{Access, WasiCtx, WasiCtxBuilder, add_to_linker};

const HELLO: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
    (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))))"#;

fn main() -> Result<()> {
    let engine = Engine::new(Config::new().compilation_mode(CompilationMode::Lazy))?;
    let args: Vec<String> = std::env::args().skip(1).collect();
    let module = match args.first() {
        Some(path) => Module::from_file(&engine, path)?,
        None => Module::new(&engine, HELLO)?,
    };
    let mut wasi = WasiCtxBuilder::new();
    wasi.args(args).inherit_stdio().preopened_dir(".", "/", Access::ReadWrite)?;

    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi)?;
    let mut store = Store::new(&engine, wasi.build());
    let instance = linker.instantiate(&mut store, &module)?;
    let ended = instance.get_typed_func::<(), ()>(&mut store, "_start")?.call(&mut store, ());
    match ended.as_ref().err().and_then(|error| error.downcast_ref::<I32Exit>()) {
        Some(exit) => std::process::exit(exit.0),
        None => ended,
    }
}
