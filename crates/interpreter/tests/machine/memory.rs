//! Memory accesses, and what they are combined with.

use crate::{check, check_modules, f32, f64, i32};

const OUT: Result<&[u64], &str> = Err("out of bounds memory access");

#[test]
fn the_sum_of_two_locals_wraps_round() {
    let func = "(param i32 i32) (result i32)
        (i32.store (i32.const 12) (i32.const 77))
        (i32.load offset=4 (i32.add (local.get 0) (local.get 1)))";
    check(func, &[(&[3, 5], Ok(&[77])), (&[0xffff_fff0, 24], Ok(&[77])), (&[0xffff_fff0, 0], OUT)]);
    let func = "(param i32 i32) (result i32)
        (i32.store8 (i32.const 65535) (i32.const 77))
        (i32.load8_u (i32.add (i32.sub (i32.const 0) (local.get 0)) (local.get 1)))";
    check(func, &[(&[i32(-65530), 5], Ok(&[77])), (&[i32(-65531), 5], OUT)]);
}

#[test]
fn a_sum_is_an_address_and_a_value() {
    let func = "(param i32 i32) (result i32 i32)
        (i32.store (i32.const 16) (i32.const 5))
        (i32.load (local.tee 0 (i32.add (local.get 0) (local.get 1)))) (local.get 0)";
    check(func, &[(&[6, 10], Ok(&[5, 16]))]);
}

#[test]
fn an_address_may_be_a_local_and_a_constant() {
    // The sum wraps round at 32 bits before the offset is added.
    let func = "(param i32) (result i32)
        (i32.store (i32.const 92) (i32.const 3))
        (i32.load offset=8 (i32.add (local.get 0) (i32.const -16)))";
    check(func, &[(&[100], Ok(&[3])), (&[15], OUT), (&[16], Ok(&[0]))]);
    let func = "(param i32) (result i32)
        (i32.store (i32.const 92) (i32.const 3))
        (i32.load (i32.sub (i32.mul (local.get 0) (i32.const 2)) (i32.const 100000)))";
    check(func, &[(&[50_046], Ok(&[3])), (&[49_999], OUT)]);
}

#[test]
fn an_address_may_be_scaled() {
    for (k, index) in [(1, 4), (2, 2), (3, 1)] {
        for sum in [
            "local.get 1 local.get 0 i32.const K i32.shl i32.add",
            "local.get 0 i32.const K i32.shl local.get 1 i32.add",
        ] {
            let sum = sum.replace('K', &k.to_string());
            let func = format!(
                "(param i32 i32) (result i32 i32)
                (i32.store (i32.const 48) (i32.const 9)) {sum} i32.load offset=8 {sum}"
            );
            let wrapped = 1 << 31 | index;
            check(
                &func,
                &[(&[index, 32], Ok(&[9, 40])), (&[wrapped, 32], Ok(&[9, 40])), (&[index, 0xffff_fff0], OUT)],
            );
        }
    }
}

#[test]
fn constant_addresses_and_offsets_are_added_without_wrapping() {
    let load =
        |addr: &str, offset: &str| format!("(result i32) (i32.load8_u offset={offset} (i32.const {addr}))");
    check(&load("65535", "0"), &[(&[], Ok(&[0]))]);
    check(&load("65535", "1"), &[(&[], OUT)]);
    check(&load("1", "65535"), &[(&[], OUT)]);
    check(&load("-1", "1"), &[(&[], OUT)]);
    check(&load("0", "4294967295"), &[(&[], OUT)]);
    check(&load("-1", "4294967295"), &[(&[], OUT)]);
    check("(result i32) (i32.load (i32.const 65533))", &[(&[], OUT)]);
    check("(result i64) (i64.load (i32.const 65528))", &[(&[], Ok(&[0]))]);
    check(
        "(param i32) (result i64) (i64.load offset=4294967295 (local.get 0))",
        &[(&[1], OUT), (&[0xffff_ffff], OUT)],
    );
}

#[test]
fn constants_are_stored_with_all_their_bits() {
    for (store, load, bits) in [
        ("i32.store", "i64.load32_u", 0xffff_ffff_u64),
        ("i64.store", "i64.load", u64::MAX),
        ("i64.store16", "i64.load", 0xffff),
        ("i32.store8", "i64.load", 0xff),
        ("i64.store32", "i64.load", 0xffff_ffff),
    ] {
        let t = &store[..3];
        for value in [0, 1, -1, 0x7fff, 0x8000, -0x8000, -0x8001, 0xffff, 0x1_0000, 0x7fff_ffff] {
            for addr in ["i32.const 8", "local.get 0", "(i32.mul (local.get 0) (i32.const 1))"] {
                let func =
                    format!("(param i32) (result i64) {addr} {t}.const {value} {store} i32.const 8 {load}");
                check(&func, &[(&[8], Ok(&[value as i64 as u64 & bits]))]);
            }
        }
    }
    let func = "(param i32) (result i64)
        (f32.store (local.get 0) (f32.const -nan:0x200001)) (f32.store offset=4 (local.get 0) (f32.const 1)) (i64.load (local.get 0))";
    check(func, &[(&[24], Ok(&[0x3f80_0000_ffa0_0001]))]);
    let func = "(param i32) (result i64) (f64.store (local.get 0) (f64.const nan:0x4000000000001)) (i64.load (local.get 0))";
    check(func, &[(&[24], Ok(&[0x7ff4_0000_0000_0001]))]);
}

#[test]
fn loads_extend() {
    let func = "(result i32 i32 i64 i64 i64 i64)
        (i64.store (i32.const 0) (i64.const 0x8182838485868788))
        (i32.load8_s (i32.const 0)) (i32.load16_u (i32.const 1)) (i64.load8_u (i32.const 2)) (i64.load16_s (i32.const 3))
        (i64.load32_s (i32.const 4)) (i64.extend_i32_u (i32.load8_s (i32.const 7)))";
    let signed = |x: i64| x as u64;
    let results = [i32(-120), 0x8687, 0x86, signed(-31611), signed(-2122153084), 0xffff_ff81];
    check(func, &[(&[], Ok(&results))]);
}

#[test]
fn a_memory_that_grew_is_accessible() {
    let func = "(param i32) (result i32 i32 i32)
        (i32.store (i32.const 65532) (i32.const 7))
        (memory.grow (local.get 0))
        (i32.add (i32.load (i32.const 65532)) (i32.load offset=65536 (i32.const 60)))
        (memory.size)";
    check(
        func,
        &[
            (&[0], OUT),
            (&[1], Ok(&[1, 7, 2])),
            (&[1], Ok(&[2, 7, 3])),
            (&[1], Ok(&[i32(-1), 7, 3])),
            (&[0xffff_ffff], Ok(&[i32(-1), 7, 3])),
        ],
    );
}

#[test]
fn a_memory_that_a_callee_grew_is_accessible() {
    let first = r#"(module (memory (export "m") 1 3) (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#;
    let second = r#"(module
        (import "other" "m" (memory 1 3)) (import "other" "grow" (func $grow (result i32)))
        (func (export "f0") (param i32) (result i32 i32)
            (i32.add (local.get 0) (i32.const 0)) (call $grow) (drop)
            (i32.store (local.get 0) (i32.const 3))
            (i32.load (local.get 0))))"#;
    check_modules(
        &[first, second],
        &[(&[65536], Ok(&[65536, 3])), (&[196_600], Ok(&[196_600, 3])), (&[196_608], OUT)],
    );
}

#[test]
fn memories_are_told_apart() {
    let text = r#"(module (memory 1) (memory 2) (data (memory 1) (i32.const 4) "\11\22\33\44")
        (func (export "f0") (param i32) (result i32 i32 i32)
            (i32.store (local.get 0) (i32.const 5))
            (i32.store 1 offset=65536 (local.get 0) (i32.const 6))
            (memory.copy 0 1 (i32.const 16) (i32.const 4) (i32.const 4))
            (i32.load (local.get 0)) (i32.load 1 offset=65536 (local.get 0))
            (i32.load (i32.const 16))))"#;
    check_modules(&[text], &[(&[100], Ok(&[5, 6, 0x4433_2211])), (&[65536], OUT)]);
}

#[test]
fn bulk_operations_check_their_ranges() {
    let fill = "(param i32 i32 i32) (result i32)
        (memory.fill (local.get 0) (local.get 1) (local.get 2)) (i32.load8_u (i32.const 65535))";
    check(
        fill,
        &[
            (&[65535, 0x1aa, 1], Ok(&[0xaa])),
            (&[65536, 1, 0], Ok(&[0xaa])),
            (&[65536, 1, 1], OUT),
            (&[65537, 1, 0], OUT),
            (&[0xffff_ffff, 1, 0xffff_ffff], OUT),
            (&[0, 1, 65536], Ok(&[1])),
            (&[1, 2, 65536], OUT),
        ],
    );
    let copy = "(param i32 i32 i32) (result i64)
        (i64.store (i32.const 0) (i64.const 0x0807060504030201))
        (memory.copy (local.get 0) (local.get 1) (local.get 2)) (i64.load (i32.const 0))";
    check(
        copy,
        &[
            (&[1, 0, 4], Ok(&[0x0807_0604_0302_0101])),
            (&[0, 1, 4], Ok(&[0x0807_0605_0504_0302])),
            (&[65536, 0, 0], Ok(&[0x0807_0605_0403_0201])),
            (&[0, 65537, 0], OUT),
            (&[65530, 0, 7], OUT),
            (&[0, 65530, 7], OUT),
            (&[0xffff_ffff, 0xffff_ffff, 2], OUT),
        ],
    );
}

#[test]
fn values_of_stores_may_be_pending() {
    let func = "(param i32 i32) (result i32 f64)
        (i32.store (local.get 0) (i32.mul (local.get 1) (local.get 1)))
        (i32.store offset=4 (i32.add (local.get 0) (i32.const 0)) (local.get 0))
        (f64.store offset=8 (i32.sub (local.get 0) (i32.const 0)) (f64.convert_i32_s (local.get 1)))
        (i32.add (i32.load (local.get 0)) (i32.load offset=4 (local.get 0))) (f64.load offset=8 (local.get 0))";
    check(func, &[(&[64, 5], Ok(&[25 + 64, f64(5.0)]))]);
    let func = "(param i32) (result f32)
        (local.tee 0 (i32.add (local.get 0) (i32.const 4))) (f32.convert_i32_u (local.get 0)) f32.store (f32.load (local.get 0))";
    check(func, &[(&[12], Ok(&[f32(16.0)]))]);
}
