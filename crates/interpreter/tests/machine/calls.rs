//! Calls, returns and tail calls, in one instance and between two.

use crate::{check_modules, f64, i32};

#[test]
fn operands_wait_while_calls_are_made() {
    let text = r#"(module
        (func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
        (func $half (param f64) (result f64) (f64.mul (local.get 0) (f64.const 0.5)))
        (func (export "f0") (param i32 f64) (result i32 f64)
            (i32.mul (local.get 0) (i32.const 3)) (local.get 0) (i32.const 100) (f64.add (local.get 1) (f64.const 1))
            (call $half) (local.set 1)
            (call $add (call $add (local.get 0) (i32.const 1)) (call $add (local.get 0) (i32.const 2)))
            (local.set 0)
            (i32.add) (i32.add) (i32.add (local.get 0)) (f64.add (local.get 1) (call $half (local.get 1)))))"#;
    let text = text
        .replace("(call $half) (local.set 1)", "call $half local.set 1")
        .replace("            (local.set 0)\n            (i32.add) (i32.add)", "local.set 0 i32.add i32.add");
    check_modules(&[&text], &[(&[5, f64(3.0)], Ok(&[15 + 5 + 100 + 6 + 7, f64(3.0)]))]);
}

#[test]
fn several_results_come_in_order() {
    let text = r#"(module
        (func $three (param i32) (result i64 i32 f64)
            (i64.extend_i32_u (local.get 0)) (i32.mul (local.get 0) (i32.const 2)) (f64.convert_i32_u (local.get 0)))
        (func $early (param i32) (result i32 i32 i32 i32 i32)
            (i32.const 9) (i32.const 8)
            (i32.const 1) (local.get 0) (i32.const 3) (i32.const 4) (i32.const 5)
            (br_if 0 (local.get 0)) (drop) (drop) (return (i32.const 6) (i32.const 7)))
        (func (export "f0") (param i32) (result i32 i64 i32 f64 i32 i32 i32 i32 i32)
            (local.get 0) (call $three (i32.add (local.get 0) (i32.const 1))) (call $early (local.get 0))))"#;
    let text = text.replace("(drop) (drop)", "drop drop");
    check_modules(
        &[&text],
        &[(&[4], Ok(&[4, 5, 10, f64(5.0), 1, 4, 3, 4, 5])), (&[0], Ok(&[0, 1, 2, f64(1.0), 1, 0, 3, 6, 7]))],
    );
}

#[test]
fn tail_calls_take_more_and_fewer_arguments() {
    let text = r#"(module
        (table 2 funcref) (elem (i32.const 0) $one $five)
        (type $five (func (param i32 i64 i32 i64 i32) (result i64)))
        (func $five (type $five)
            (if (i32.eqz (local.get 0)) (then (return (i64.add (local.get 1) (local.get 3)))))
            (return_call $one (i32.sub (local.get 0) (i32.const 1))))
        (func $one (param i32) (result i64) (local i64 i64)
            (local.set 1 (i64.extend_i32_u (local.get 0)))
            (return_call_indirect (type $five)
                (local.get 0) (i64.mul (local.get 1) (i64.const 3)) (local.get 0) (i64.const 40) (i32.const 7) (i32.const 1)))
        (func (export "f0") (param i32) (result i64 i64) (local.set 0 (i32.add (local.get 0) (i32.const 1)))
            (call $five (local.get 0) (i64.const 5) (i32.const 6) (i64.const 7) (i32.const 8)) (i64.const 11)))"#;
    check_modules(
        &[text],
        &[(&[3], Ok(&[40, 11])), (&[100_000], Ok(&[40, 11])), (&[0xffff_ffff], Ok(&[12, 11]))],
    );
}

#[test]
fn arguments_of_tail_calls_may_be_the_parameters_shuffled() {
    let text = r#"(module
        (func $rotate (param i32 i32 i32 i32) (result i32 i32 i32)
            (if (i32.eqz (local.get 3)) (then (return (local.get 0) (local.get 1) (local.get 2))))
            (return_call $rotate (local.get 1) (local.get 2) (local.get 0) (i32.sub (local.get 3) (i32.const 1))))
        (func (export "f0") (param i32) (result i32 i32 i32)
            (return_call $rotate (i32.const 1) (i32.const 2) (i32.const 3) (local.get 0))))"#;
    check_modules(&[text], &[(&[0], Ok(&[1, 2, 3])), (&[1], Ok(&[2, 3, 1])), (&[3_001], Ok(&[2, 3, 1]))]);
}

#[test]
fn tail_calls_of_the_host_return_for_the_caller() {
    let text = r#"(module
        (import "host" "h0" (func $none)) (import "host" "h1" (func $h (param i64 i32) (result i32 i32 i32)))
        (import "host" "h3" (func $i64 (param i32) (result i64)))
        (func $a (param i32 i64) (result i32 i32 i32) (return_call $h (local.get 1) (local.get 0)))
        (func $b (return_call $none))
        (func $c (param i64 i32 i32) (result i64) (return_call $i64 (local.get 2)))
        (func (export "f0") (param i32) (result i32)
            (call $b)
            (i32.eq (i32.add (i32.add (call $a (local.get 0) (i64.const 3))))
                (i32.add (i32.add (call $h (i64.const 3) (local.get 0)))))
            (i64.eq (call $c (i64.const 0) (i32.const 0) (local.get 0)) (call $i64 (local.get 0)))
            i32.add))"#;
    let text = text
        .replace(
            "(i32.add (i32.add (call $a (local.get 0) (i64.const 3))))",
            "(call $a (local.get 0) (i64.const 3)) i32.add i32.add",
        )
        .replace("(i32.eq (call $a", "(call $a")
        .replace(
            "\n                (i32.add (i32.add (call $h (i64.const 3) (local.get 0)))))",
            "\n                (call $h (i64.const 3) (local.get 0)) i32.add i32.add i32.eq",
        );
    check_modules(&[&text], &[(&[5], Ok(&[2])), (&[6], Ok(&[2]))]);
}

const FIRST: &str = r#"(module
    (memory (export "m") 1) (global $count (export "count") (mut i32) (i32.const 0)) (table (export "t") 4 funcref)
    (type $f (func (param i32 i64) (result i64)))
    (func (export "add") (param i32 i32) (result i32)
        (global.set $count (i32.add (global.get $count) (i32.const 1)))
        (i32.add (i32.load (local.get 0)) (local.get 1)))
    (func (export "two") (param i32) (result i32 i64) (local.get 0) (i64.const -3))
    (func (export "back") (param i32 i64) (result i64)
        (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
        (return_call_indirect (type $f) (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 1)) (i32.const 1)))
    (data (i32.const 8) "\07\00\00\00"))"#;

#[test]
fn calls_between_instances_change_memory_and_globals() {
    let second = r#"(module
        (import "other" "add" (func $add (param i32 i32) (result i32)))
        (import "other" "two" (func $two (param i32) (result i32 i64)))
        (import "other" "count" (global $count (mut i32)))
        (memory 1) (global $mine (mut i32) (i32.const 30)) (data (i32.const 8) "\05\00\00\00")
        (func (export "f0") (param i32) (result i32 i32 i32 i32 i64)
            (i32.add (local.get 0) (i32.const 1))
            (call $add (i32.const 8) (i32.load (i32.const 8)))
            (i32.add (global.get $mine) (i32.load (i32.const 8)))
            (drop) (global.get $count)
            (call $two (i32.mul (local.get 0) (local.get 0)))))"#;
    let second = second.replace("(drop) (global.get", "drop (global.get");
    check_modules(
        &[FIRST, &second],
        &[(&[4], Ok(&[5, 12, 1, 16, -3_i64 as u64])), (&[5], Ok(&[6, 12, 2, 25, -3_i64 as u64]))],
    );
}

#[test]
fn tail_calls_between_instances_use_no_stack() {
    let second = r#"(module
        (import "other" "t" (table 4 funcref)) (import "other" "back" (func $back (param i32 i64) (result i64)))
        (memory 1) (data (i32.const 8) "\09\00\00\00")
        (elem (i32.const 1) func $forth)
        (func $forth (param i32 i64) (result i64)
            (if (i32.eqz (local.get 0)) (then (return (i64.mul (local.get 1) (i64.load32_u (i32.const 8))))))
            (return_call $back (i32.sub (local.get 0) (i32.const 1)) (local.get 1)))
        (func (export "f0") (param i32) (result i64 i32)
            (call $forth (local.get 0) (i64.const 0)) (i32.load (i32.const 8))))"#;
    // An even number of steps ends in the second instance, whose memory has a 9.
    check_modules(
        &[FIRST, second],
        &[(&[100_000], Ok(&[450_000, 9])), (&[3], Ok(&[1, 9])), (&[0], Ok(&[0, 9]))],
    );
}

#[test]
fn indirect_calls_check_index_null_and_type() {
    let text = r#"(module
        (table $t 4 funcref) (elem (i32.const 0) $a $b) (type $a (func (result i32))) (type $same (func (result i32)))
        (func $a (result i32) (i32.const 10)) (func $b (param i32) (result i32) (local.get 0))
        (func (export "f0") (param i32 i32) (result i32)
            (if (result i32) (local.get 1)
                (then (i32.add (i32.const 1) (call_indirect (type $same) (local.get 0))))
                (else (i32.add (i32.const 2) (call_indirect (param i32) (result i32) (i32.const 40) (i32.add (local.get 0) (i32.const 0))))))))"#;
    check_modules(
        &[text],
        &[
            (&[0, 1], Ok(&[11])),
            (&[1, 1], Err("indirect call type mismatch")),
            (&[2, 1], Err("uninitialized element")),
            (&[1, 0], Ok(&[42])),
            (&[0, 0], Err("indirect call type mismatch")),
            (&[4, 0], Err("out of bounds table access")),
            (&[i32(-1), 1], Err("out of bounds table access")),
        ],
    );
}

#[test]
fn recursion_keeps_frames_apart() {
    let text = r#"(module
        (func $fib (param i32) (result i32)
            (if (i32.lt_u (local.get 0) (i32.const 2)) (then (return (local.get 0))))
            (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))
        (func $ack (param i64 i64) (result i64)
            (if (i64.eqz (local.get 0)) (then (return (i64.add (local.get 1) (i64.const 1)))))
            (if (i64.eqz (local.get 1)) (then (return (call $ack (i64.sub (local.get 0) (i64.const 1)) (i64.const 1)))))
            (call $ack (i64.sub (local.get 0) (i64.const 1)) (call $ack (local.get 0) (i64.sub (local.get 1) (i64.const 1)))))
        (func (export "f0") (param i32 i64) (result i32 i64) (call $fib (local.get 0)) (call $ack (i64.const 2) (local.get 1))))"#;
    check_modules(&[text], &[(&[15, 9], Ok(&[610, 21]))]);
}
