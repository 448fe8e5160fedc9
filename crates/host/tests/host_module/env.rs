//! The module `env` for small toolchains.

use super::{instantiate, run, store};
use std::io::{self, Write};
use terrane::{EnvModule, I32Exit};

#[test]
fn prints_to_a_writer() {
    let mut store = store(());
    let text = r#"(module
        (import "env" "putchar" (func $putchar (param i32)))
        (import "env" "puts" (func $puts (param i32)))
        (import "env" "print_i32" (func $i32 (param i32)))
        (import "env" "print_i64" (func $i64 (param i64)))
        (import "env" "print_f32" (func $f32 (param f32)))
        (import "env" "print_f64" (func $f64 (param f64)))
        (memory 1)
        (data (i32.const 100) "a string\00and more")
        (func (export "run")
            (call $putchar (i32.const 0x141))
            (call $putchar (i32.const 10))
            (call $puts (i32.const 100))
            (call $puts (i32.const 108))
            (call $i32 (i32.const -7))
            (call $i64 (i64.const -8))
            (call $f32 (f32.const 1.5))
            (call $f64 (f64.const nan))))"#;
    let (instance, env) = instantiate(&mut store, EnvModule::with_writer(Vec::new()), text).unwrap();
    run(&mut store, instance).unwrap();
    let written = env.with(|env| String::from_utf8(env.writer().clone()).unwrap()).unwrap();
    assert_eq!(written, "A\na string\n\n-7\n-8\n1.5\nNaN\n");
    env.with_mut(|env| env.writer_mut().clear()).unwrap();
    assert_eq!(format!("{env:?}"), "HostCell(EnvModule { writer: [], .. })");
}

/// As C compilers declare them.
#[test]
fn functions_have_the_results_of_c() {
    let mut store = store(());
    let text = r#"(module
        (import "env" "putchar" (func $putchar (param i32) (result i32)))
        (import "env" "puts" (func $puts (param i32) (result i32)))
        (import "env" "getchar" (func $getchar (result i32)))
        (memory 1)
        (func $echo (export "echo") (result i32) (local $c i32) (local $count i32)
            (loop $next
                (if (i32.ge_s (local.tee $c (call $getchar)) (i32.const 0)) (then
                    (local.set $count (i32.add (local.get $count) (call $putchar (local.get $c))))
                    (br $next))))
            (i32.add (local.get $count) (call $puts (i32.const 0)))))"#;
    let module = EnvModule::with_writer(Vec::new()).reader(&b"Hi"[..]);
    let (instance, env) = instantiate(&mut store, module, text).unwrap();
    let echo = instance.get_typed_func::<(), i32>(&mut store, "echo").unwrap();
    assert_eq!(echo.call(&mut store, ()).unwrap(), i32::from(b'H') + i32::from(b'i'));
    assert_eq!(env.with(|env| env.writer().clone()).unwrap(), b"Hi\n");
}

#[test]
fn neither_type_fits() {
    let text = r#"(module (import "env" "putchar" (func (param i64))))"#;
    let error = instantiate(&mut store(()), EnvModule::new(), text).unwrap_err();
    assert_eq!(
        error.to_string(),
        "incompatible import type: `env` `putchar` must be a func [i64] -> [], but is a func [i32] -> []"
    );
}

#[test]
fn guests_end_themselves() {
    let mut store = store(());
    let text = r#"(module
        (import "env" "exit" (func $exit (param i32)))
        (import "env" "abort" (func $abort))
        (func (export "run") (call $exit (i32.const 3)) unreachable)
        (func (export "abort") (call $abort) unreachable))"#;
    let (instance, _) = instantiate(&mut store, EnvModule::new(), text).unwrap();
    let error = run(&mut store, instance).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&I32Exit(3)));
    assert_eq!(error.to_string(), "the guest has exited with code 3");
    let abort = instance.get_typed_func::<(), ()>(&mut store, "abort").unwrap();
    assert_eq!(abort.call(&mut store, ()).unwrap_err().to_string(), "the guest has called `abort`");
}

#[test]
fn a_string_without_end() {
    let mut store = store(());
    let text = r#"(module
        (import "env" "puts" (func $puts (param i32)))
        (memory 1)
        (data (i32.const 65535) "x")
        (func (export "run") (call $puts (i32.const 65535)))
        (func (export "far") (call $puts (i32.const -1))))"#;
    let (instance, _) = instantiate(&mut store, EnvModule::new(), text).unwrap();
    let error = run(&mut store, instance).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no string ends after 0xffff: there is no zero up to the end of the memory, at 0x10000"
    );
    let far = instance.get_typed_func::<(), ()>(&mut store, "far").unwrap();
    let error = far.call(&mut store, ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "out of bounds memory access: 0 bytes at 0xffffffff of a memory of 65536 bytes"
    );
}

#[test]
fn errors_of_the_writer_come_back() {
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::new(io::ErrorKind::StorageFull, "no room"))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut store = store(());
    let text = r#"(module
        (import "env" "print_char" (func $print_char (param i32)))
        (func (export "run") (call $print_char (i32.const 65))))"#;
    let (instance, _) = instantiate(&mut store, EnvModule::with_writer(Full), text).unwrap();
    let error = run(&mut store, instance).unwrap_err();
    assert_eq!(error.downcast_ref::<io::Error>().unwrap().kind(), io::ErrorKind::StorageFull);
}
