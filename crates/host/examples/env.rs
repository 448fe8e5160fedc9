//! A guest of a small toolchain, which prints by functions of the module `env`.
//!
//! ```text
//! cargo run --example env
//! ```

use terrane::{Engine, EnvModule, I32Exit, Linker, Module, Result, Store};

/// As C compilers without a library write it: `putchar` and `puts` return a number that nobody wants.
const GUEST: &str = r#"(module
    (import "env" "putchar" (func $putchar (param i32) (result i32)))
    (import "env" "puts" (func $puts (param i32) (result i32)))
    (import "env" "print_i32" (func $print_i32 (param i32)))
    (import "env" "exit" (func $exit (param i32)))
    (memory 1)
    (data (i32.const 16) "Hello from the guest!\00")
    (func (export "main") (local $i i32)
        (drop (call $puts (i32.const 16)))
        (loop $next
            (drop (call $putchar (i32.add (i32.const 65) (local.get $i))))
            (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 26))))
        (drop (call $putchar (i32.const 10)))
        (call $print_i32 (i32.const -42))
        (call $exit (i32.const 3))))"#;

fn main() -> Result<()> {
    let engine = Engine::default();
    let module = Module::new(&engine, GUEST)?;

    // To the standard output.
    let mut linker = Linker::new(&engine);
    linker.host_module(EnvModule::new())?;
    let error = run(&linker, &module).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&I32Exit(3)));

    // To anything else.
    let mut linker = Linker::new(&engine);
    let env = linker.host_module(EnvModule::with_writer(Vec::new()))?;
    let error = run(&linker, &module).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&I32Exit(3)));
    let written = env.with(|env| env.writer().clone())?;
    assert_eq!(written, b"Hello from the guest!\nABCDEFGHIJKLMNOPQRSTUVWXYZ\n-42\n");
    Ok(())
}

fn run(linker: &Linker<()>, module: &Module) -> Result<()> {
    let mut store = Store::new(linker.engine(), ());
    let instance = linker.instantiate(&mut store, module)?;
    instance.get_typed_func::<(), ()>(&mut store, "main")?.call(&mut store, ())
}
