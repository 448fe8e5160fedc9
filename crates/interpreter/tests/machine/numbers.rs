//! Numbers: what is known before the code runs, and how they lie in slots.

use crate::{check, check_modules, f64, i32};

#[test]
fn operations_on_constants_trap_when_they_run() {
    for t in ["i32", "i64"] {
        for op in ["div_s", "div_u", "rem_s", "rem_u"] {
            let func = format!(
                "(param i32) (result {t}) (if (local.get 0) (then (return ({t}.{op} ({t}.const 1) ({t}.const 0))))) ({t}.const 5)"
            );
            check(&func, &[(&[0], Ok(&[5])), (&[1], Err("integer divide by zero"))]);
            let used = format!("(param {t}) (result {t}) ({t}.{op} (local.get 0) ({t}.const 0))");
            check(&used, &[(&[1], Err("integer divide by zero"))]);
        }
    }
    check(
        "(result i32) (i32.div_s (i32.const 0x80000000) (i32.const -1))",
        &[(&[], Err("integer overflow"))],
    );
    check(
        "(result i64) (i64.div_s (i64.const 0x8000000000000000) (i64.const -1))",
        &[(&[], Err("integer overflow"))],
    );
    check("(result i32) (i32.rem_s (i32.const 0x80000000) (i32.const -1))", &[(&[], Ok(&[0]))]);
    check("(result i32) (i32.trunc_f64_s (f64.const nan))", &[(&[], Err("invalid conversion to integer"))]);
    check("(result i64) (i64.trunc_f32_u (f32.const -1))", &[(&[], Err("integer overflow"))]);
}

#[test]
fn constants_may_be_on_either_side() {
    let func = "(param i32) (result i32 i32 i32 i32)
        (i32.sub (i32.const 100) (local.get 0)) (i32.sub (local.get 0) (i32.const 100))
        (i32.shl (i32.const 1) (local.get 0)) (i32.div_u (i32.const 100) (local.get 0))";
    check(func, &[(&[7], Ok(&[93, i32(-93), 128, 14]))]);
    let func = "(param i64) (result i64 i64 i64 i64)
        (i64.sub (i64.const 0x123456789abc) (local.get 0)) (i64.sub (local.get 0) (i64.const 0x123456789abc))
        (i64.sub (local.get 0) (i64.const 0x8000000000000000)) (i64.and (local.get 0) (i64.const 0xffffffff))";
    let results = [0x1234_5678_9abb, 0xffff_edcb_a987_6545, 0x8000_0000_0000_0001, 1];
    check(func, &[(&[1], Ok(&results))]);
    let func = "(param f64) (result f64 f64) (f64.div (f64.const 1) (local.get 0)) (f64.div (local.get 0) (f64.const 8))";
    check(func, &[(&[f64(4.0)], Ok(&[f64(0.25), f64(0.5)]))]);
}

#[test]
fn minus_one_is_a_constant_of_each_width() {
    let func = "(param i32 i64) (result i32 i32 i32 i32)
        (i32.eq (local.get 0) (i32.const -1)) (i64.eq (local.get 1) (i64.const -1))
        (i64.eq (i64.extend_i32_u (local.get 0)) (i64.const -1)) (i64.eq (local.get 1) (i64.const 0xffffffff))";
    check(
        func,
        &[(&[0xffff_ffff, u64::MAX], Ok(&[1, 1, 0, 0])), (&[0xffff_ffff, 0xffff_ffff], Ok(&[1, 0, 0, 1]))],
    );
    let func = "(param i32) (result i64) (i64.extend_i32_u (i32.or (local.get 0) (i32.const -2)))";
    check(func, &[(&[0], Ok(&[0xffff_fffe]))]);
}

#[test]
fn every_i32_is_zero_extended() {
    let producers = [
        "(i32.sub (local.get 0) (i32.const 1))",
        "(i32.add (local.get 0) (i32.const -1))",
        "(i32.const -1)",
        "(i32.xor (local.get 0) (i32.const -1))",
        "(i32.shr_s (i32.sub (local.get 0) (i32.const 1)) (i32.const 1))",
        "(i32.rotl (i32.const -1) (local.get 0))",
        "(i32.mul (i32.sub (local.get 0) (i32.const 1)) (i32.const 1))",
        "(i32.wrap_i64 (i64.const -1))",
        "(i32.wrap_i64 (local.get 1))",
        "(i32.extend8_s (i32.add (local.get 0) (i32.const 255)))",
        "(i32.extend16_s (i32.add (local.get 0) (i32.const 65535)))",
        "(i32.div_s (i32.const -1) (i32.add (local.get 0) (i32.const 1)))",
        "(i32.load8_s (i32.const 8))",
        "(i32.load16_s (i32.const 8))",
        "(i32.load (i32.const 8))",
        "(global.get $g)",
        "(i32.trunc_f64_s (f64.const -1))",
        "(i32.trunc_sat_f32_s (f32.neg (f32.const 1)))",
        "(i32.reinterpret_f32 (f32.reinterpret_i32 (i32.sub (local.get 0) (i32.const 1))))",
        "(memory.grow (i32.const 1000))",
        "(table.grow (ref.null func) (i32.const 1000))",
        "(call $minus_one)",
        "(call $back (i32.const -1))",
        "(call_indirect (result i32) (i32.const 0))",
        "(select (i32.const -1) (local.get 0) (i32.const 1))",
        "(select (local.get 2) (i32.const -1) (local.get 0))",
        "(local.tee 2 (i32.const -1))",
        "(block (result i32) (br 0 (i32.const -1)))",
        "(call $host (i32.const 0))",
    ];
    for producer in producers {
        let expected = if producer.contains("$host") { &[1][..] } else { &[0][..] };
        let text = format!(
            r#"(module (import "host" "h1" (func $host (param i32) (result i32)))
            (memory 1 3) (data (i32.const 8) "\ff\ff\ff\ff") (global $g (mut i32) (i32.const -1))
            (table 1 1 funcref) (elem (i32.const 0) $minus_one)
            (func $minus_one (result i32) (i32.const -1)) (func $back (param i32) (result i32) (local.get 0))
            (func (export "f0") (param i32 i64) (result i64) (local i32)
                (i64.sub (i64.extend_i32_u {producer}) (i64.const 0xffffffff))
                (if (i64.eqz) (then (return (i64.const 0))))
                (i64.extend_i32_u (i64.le_u (i64.extend_i32_u {producer}) (i64.const 0xffffffff)))))"#
        );
        let text = text.replace("(if (i64.eqz)", "i64.eqz (if");
        check_modules(&[&text], &[(&[0, u64::MAX], Ok(expected))]);
    }
}

#[test]
fn the_bits_of_nans_are_kept_by_what_only_moves_them() {
    let text = r#"(module (memory 1) (global $g (mut f64) (f64.const 0)) (global $h (mut f32) (f32.const 0))
        (func $back (param f64 f32) (result f64 f32) (local.get 0) (local.get 1))
        (func (export "f0") (param i64 i32 i32) (result i64 i32) (local f64 f32)
            (f64.reinterpret_i64 (local.get 0)) (f32.reinterpret_i32 (local.get 1))
            (call $back) (global.set $h) (global.set $g)
            (local.set 3 (f64.neg (f64.neg (select (global.get $g) (f64.const 1) (local.get 2)))))
            (local.set 4 (f32.abs (select (f32.const 2) (global.get $h) (i32.eqz (local.get 2)))))
            (f64.store (i32.const 0) (local.get 3)) (f32.store (i32.const 8) (local.get 4))
            (block (result f64 f32) (f64.load (i32.const 0)) (f32.load (i32.const 8)) (br_if 0 (local.get 2)))
            (local.set 4) (i64.reinterpret_f64) (i32.reinterpret_f32 (local.get 4))))"#;
    let text = text
        .replace("(call $back) (global.set $h) (global.set $g)", "call $back global.set $h global.set $g")
        .replace("(local.set 4) (i64.reinterpret_f64)", "local.set 4 i64.reinterpret_f64");
    let nan = 0xfff0_0000_0000_0001;
    check_modules(
        &[&text],
        &[(&[nan, 0xff80_0001, 1], Ok(&[nan, 0x7f80_0001])), (&[nan, 1, 0], Ok(&[f64(1.0), 0x4000_0000]))],
    );
}

#[test]
fn globals_of_each_type_are_cells() {
    for (t, a, b) in [
        ("i32", 3, 0x8000_0000),
        ("i64", 4, u64::MAX),
        ("f32", 0x3f80_0000, 0x4000_0000),
        ("f64", f64(1.0), f64(2.0)),
    ] {
        for value in [
            "local.get 0",
            "(select (local.get 0) (T.const 9) (i32.const 1))",
            "(block (result T) (br 0 (local.get 0)))",
        ] {
            let value = value.replace('T', t);
            let text = format!(
                r#"(module (global $g (mut {t}) ({t}.const 7)) (global $c {t} ({t}.const 5))
                (func (export "f0") (param {t}) (result {t} {t} {t})
                    (global.get $g) {value} (global.set $g) (global.get $g) (global.get $c)))"#
            );
            let text = text.replace("(global.set $g)", "global.set $g");
            let of = |x: i8| match t {
                "f32" => crate::f32(f32::from(x)),
                "f64" => f64(f64::from(x)),
                _ => x as u64,
            };
            check_modules(&[&text], &[(&[a], Ok(&[of(7), a, of(5)])), (&[b], Ok(&[a, b, of(5)]))]);
        }
    }
}
