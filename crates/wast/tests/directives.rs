//! Every kind of directive, holding and not.

use terrane_wast::{Mode, RunOptions, run_script};

/// Runs a script in every mode: it must pass so many directives, and fail with these messages.
#[track_caller]
fn check(script: &str, passed: usize, failures: &[&str]) {
    for mode in [Mode::Eager, Mode::LazyLowering, Mode::Lazy] {
        let report = run_script(
            "test.wast",
            script,
            &RunOptions { mode, trace: mode == Mode::Lazy, ..RunOptions::default() },
        );
        let found: Vec<&str> = report.failures.iter().map(|failure| failure.message.as_str()).collect();
        assert!(report.parsed, "{report}");
        assert_eq!(found.len(), failures.len(), "{mode:?}: {report}");
        for (found, expected) in found.iter().zip(failures) {
            assert!(found.starts_with(expected), "{mode:?}: expected {expected}, found {found}");
        }
        assert_eq!((report.passed, report.skipped), (passed, 0), "{mode:?}: {report}");
    }
}

const MODULE: &str = r#"(module $m
    (func (export "id") (param i32) (result i32) (local.get 0))
    (func (export "pair") (result i64 f32) (i64.const 1) (f32.const nan))
    (func (export "trap") unreachable)
    (func $deep (export "deep") (call $deep))
    (func (export "same") (param externref) (result externref) (local.get 0))
    (global (export "g") i64 (i64.const 7)))"#;

#[track_caller]
fn check_module(directives: &str, passed: usize, failures: &[&str]) {
    check(&format!("{MODULE}\n{directives}"), passed + 1, failures);
}

#[test]
fn results() {
    check_module(r#"(assert_return (invoke "id" (i32.const 5)) (i32.const 5))"#, 1, &[]);
    check_module(
        r#"(assert_return (invoke $m "id" (i32.const 5)) (i32.const 6))"#,
        0,
        &["expected i32:6, found i32:5"],
    );
    check_module(r#"(assert_return (invoke "pair") (i64.const 1) (f32.const nan:canonical))"#, 1, &[]);
    check_module(
        r#"(assert_return (invoke "pair") (i64.const 1))"#,
        0,
        &["expected i64:1, found i64:1 f32:NaN"],
    );
    check_module(
        r#"(assert_return (invoke "id" (i32.const 5)) (either (i32.const 4) (i32.const 5)))"#,
        1,
        &[],
    );
    check_module(r#"(assert_return (invoke "trap"))"#, 0, &["expected results, but it failed: unreachable"]);
    check_module(
        r#"(assert_return (get "g") (i64.const 7)) (assert_return (get $m "g") (i64.const 7))"#,
        2,
        &[],
    );
    check_module(r#"(invoke "id" (i32.const 1))"#, 1, &[]);
    check_module(r#"(invoke "trap")"#, 0, &["unreachable"]);
    check_module(r#"(invoke "none")"#, 0, &["no function is exported as \"none\""]);
}

#[test]
fn references() {
    check_module(r#"(assert_return (invoke "same" (ref.extern 3)) (ref.extern 3))"#, 1, &[]);
    check_module(r#"(assert_return (invoke "same" (ref.extern 3)) (ref.extern))"#, 1, &[]);
    check_module(
        r#"(assert_return (invoke "same" (ref.extern 3)) (ref.extern 4))"#,
        0,
        &["expected externref of 4, found externref"],
    );
    check_module(r#"(assert_return (invoke "same" (ref.null extern)) (ref.null extern))"#, 1, &[]);
    check_module(r#"(assert_return (invoke "same" (ref.null extern)) (ref.null))"#, 1, &[]);
    check_module(
        r#"(assert_return (invoke "same" (ref.null extern)) (ref.null func))"#,
        0,
        &["expected a null"],
    );
    check_module(
        r#"(assert_return (invoke "same" (ref.extern 3)) (ref.null extern))"#,
        0,
        &["expected a null"],
    );
}

#[test]
fn traps() {
    check_module(r#"(assert_trap (invoke "trap") "unreachable")"#, 1, &[]);
    check_module(
        r#"(assert_trap (invoke "trap") "integer")"#,
        0,
        &["expected the trap: integer, found the trap: unr"],
    );
    check_module(
        r#"(assert_trap (invoke "id" (i32.const 1)) "x")"#,
        0,
        &["expected a trap (x), but it returned i32:1"],
    );
    check_module(r#"(assert_exhaustion (invoke "deep") "call stack exhausted")"#, 1, &[]);
    check_module(r#"(assert_exhaustion (invoke "trap") "call stack exhausted")"#, 0, &["expected the trap"]);
    check(r#"(assert_trap (module (func $f unreachable) (start $f)) "unreachable")"#, 1, &[]);
    check(
        r#"(assert_trap (module) "unreachable")"#,
        0,
        &["expected a trap (unreachable), but it returned nothing"],
    );
    check_module(r#"(assert_exception (invoke "trap"))"#, 0, &["expected an exception, found: unreachable"]);
    check_module(
        r#"(assert_suspension (invoke "trap") "x")"#,
        0,
        &["expected a suspension (x), found: unreachable"],
    );
}

#[test]
fn refused_modules() {
    check(r#"(assert_invalid (module (func (result i32))) "type mismatch")"#, 1, &[]);
    check(
        r#"(assert_invalid (module (func (result i32))) "unknown")"#,
        0,
        &["expected invalid: unknown, found invalid: t"],
    );
    check(
        r#"(assert_invalid (module) "type mismatch")"#,
        0,
        &["expected an invalid module (type mismatch), but it was"],
    );
    check(r#"(assert_malformed (module binary "\00asm\02\00\00\00") "unknown binary version")"#, 1, &[]);
    check(
        r#"(assert_malformed (module binary "\00asm\02\00\00\00") "magic")"#,
        0,
        &["expected malformed: magic, found"],
    );
    check(
        r#"(assert_malformed (module binary "\00asm\01\00\00\00") "magic")"#,
        0,
        &["expected a malformed module"],
    );
    check(r#"(assert_malformed (module quote "(func") "whatever its parser says")"#, 1, &[]);
    check(
        r#"(assert_malformed (module quote "(func)") "unexpected token")"#,
        0,
        &["expected a malformed module"],
    );
    // Malformed is not invalid, nor the other way round.
    check(
        r#"(assert_invalid (module binary "\00asm\02\00\00\00") "unknown binary version")"#,
        0,
        &["expected invalid"],
    );
    check(
        r#"(assert_malformed (module binary "\00asm\01\00\00\00\03\02\01\00\0a\04\01\02\00\0b") "unknown type")"#,
        0,
        &["expected malformed: unknown type, found invalid: unknown type"],
    );
    check(r#"(module (start 0))"#, 0, &["unknown function"]);
    check(r#"(module quote "(func)")"#, 1, &[]);
}

#[test]
fn linking() {
    check(r#"(assert_unlinkable (module (import "a" "b" (func))) "unknown import")"#, 1, &[]);
    check(
        r#"(assert_unlinkable (module (import "spectest" "print" (func (param i32)))) "incompatible import type")"#,
        1,
        &[],
    );
    check(
        r#"(assert_unlinkable (module (import "a" "b" (func))) "incompatible")"#,
        0,
        &["expected unlinkable: incomp"],
    );
    check(
        r#"(assert_unlinkable (module) "unknown import")"#,
        0,
        &["expected a module that cannot be linked"],
    );
    check(
        r#"(module $a (func (export "f") (result i32) (i32.const 3)))
        (register "a" $a)
        (module (import "a" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))
        (assert_return (invoke "g") (i32.const 3))
        (register "none" $none)"#,
        4,
        &["there is no instance $none"],
    );
}

#[test]
fn definitions_and_instances() {
    check(
        r#"(module definition $m
            (global $n (mut i32) (i32.const 0))
            (func (export "next") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))
        (module instance $i $m)
        (module instance $j $m)
        (assert_return (invoke $i "next") (i32.const 1))
        (assert_return (invoke $i "next") (i32.const 2))
        (assert_return (invoke $j "next") (i32.const 1))
        (assert_return (invoke "next") (i32.const 2))
        (module instance $k $none)"#,
        7,
        &["there is no module $none"],
    );
    // What follows a module that failed must not run on the one before it.
    check(
        r#"(module (func (export "f"))) (module (import "a" "b" (func))) (invoke "f")"#,
        1,
        &["unknown import", "there is no current instance"],
    );
}

#[test]
fn spectest() {
    check(
        r#"(module
            (import "spectest" "print_i32_f32" (func $print (param i32 f32)))
            (import "spectest" "global_i32" (global $i i32))
            (import "spectest" "global_f64" (global $d f64))
            (import "spectest" "table" (table 10 20 funcref))
            (import "spectest" "memory" (memory 1 2))
            (func (export "f") (result i32 f64) (call $print (i32.const 1) (f32.const 2)) (global.get $i) (global.get $d)))
        (assert_return (invoke "f") (i32.const 666) (f64.const 666.6))"#,
        2,
        &[],
    );
}

#[test]
fn threads() {
    check(
        r#"(module $m (func (export "f")))
        (thread $t
            (module (func (export "g") (result i32) (i32.const 4)))
            (assert_return (invoke "g") (i32.const 4))
            (assert_return (invoke "g") (i32.const 5)))
        (thread $u (invoke "f"))
        (wait $t)
        (invoke $m "f")
        (wait $t)"#,
        7,
        &["expected i32:5, found i32:4", "there is no running thread $t", "there is no current instance"],
    );
    check(
        r#"(module $m (memory (export "m") 1)) (thread $t (shared (module $m)))"#,
        1,
        &["the exports of $m cannot be shared between threads"],
    );
    check(
        r#"(module $m (memory (export "m") 1 1 shared)
            (func (export "wait") (result i32) (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
        (thread $t (shared (module $m))
            (register "m" $m)
            (module (import "m" "m" (memory 1 1 shared))
                (func (export "store") (i32.atomic.store (i32.const 4) (i32.const 5)))
                (func (export "notify") (result i32)
                    (loop $again (br_if $again (i32.eqz (memory.atomic.notify (i32.const 0) (i32.const 1)))))
                    (i32.const 1)))
            (invoke "store")
            (assert_return (invoke "notify") (i32.const 1))
            (assert_return (invoke "notify" (i32.const 3))))
        (assert_return (invoke "wait") (i32.const 0))
        (wait $t)
        (assert_unlinkable (module (import "m" "m" (memory 1 1 shared))) "unknown import")"#,
        9,
        &["expected results, but it failed: expected 0 arguments, found 1"],
    );
}

#[test]
fn scripts_that_are_none() {
    for script in ["(assert_returm)", "(module", "(module) (assert_return)"] {
        let report = run_script("test.wast", script, &RunOptions::default());
        assert!(!report.parsed && !report.is_success());
        assert_eq!((report.passed, report.failures.len()), (0, 1), "{report}");
    }
}
