//! Locals that are read late, and results that are written to locals early.

use crate::{check, check_modules, f32, f64, i32};

#[test]
fn a_read_comes_before_a_later_set() {
    let subtract = "local.get 0 local.get 1 local.set 0 local.get 0 i32.sub";
    check(&format!("(param i32 i32) (result i32) {subtract}"), &[(&[5, 3], Ok(&[2]))]);
    let tee = "local.get 0 local.get 1 local.tee 0 i32.sub";
    check(&format!("(param i32 i32) (result i32) {tee}"), &[(&[5, 3], Ok(&[2]))]);
}

#[test]
fn all_reads_come_before_a_later_set() {
    let func = "(param i32 i32) (result i32)
        local.get 0 local.get 0 local.get 1 local.get 0 local.get 1 local.set 0
        i32.mul i32.add i32.add local.get 0 i32.add";
    check(func, &[(&[5, 3], Ok(&[5 + 5 + 3 * 5 + 3]))]);
}

#[test]
fn a_read_comes_before_a_result_is_written() {
    let body = "local.get 0 local.get 0 i32.const 1 i32.add local.set 0 local.get 0 i32.mul";
    check(&format!("(param i32) (result i32) {body}"), &[(&[6], Ok(&[42]))]);
    let body = "local.get 0 local.get 0 i64.const -1 i64.add local.tee 0 i64.mul";
    check(&format!("(param i64) (result i64) {body}"), &[(&[6], Ok(&[30]))]);
    let body = "local.get 0 local.get 0 local.get 0 f32.add local.set 0 local.get 0 f32.div";
    check(&format!("(param f32) (result f32) {body}"), &[(&[f32(6.0)], Ok(&[f32(0.5)]))]);
    let body = "local.get 0 local.get 0 local.get 0 f64.add local.tee 0 f64.div";
    check(&format!("(param f64) (result f64) {body}"), &[(&[f64(6.0)], Ok(&[f64(0.5)]))]);
}

#[test]
fn locals_are_swapped() {
    let func = "(param i32 i32) (result i32 i32) local.get 0 local.get 1 local.set 0 local.set 1 local.get 0 local.get 1";
    check(func, &[(&[1, 2], Ok(&[2, 1]))]);
    let func = "(param i64 i64 i64) (result i64 i64 i64)
        local.get 0 local.get 1 local.get 2 local.set 0 local.set 1 local.set 2
        local.get 0 local.get 1 local.get 2";
    check(func, &[(&[1, 2, 3], Ok(&[3, 2, 1]))]);
}

#[test]
fn a_result_is_not_written_before_a_read_that_comes_first() {
    // The product reads what local 0 was, though the sum was there before it.
    let func = "(param i32) (result i32 i32) (local i32)
        local.get 0 i32.const 1 i32.add
        local.get 0 i32.const 10 i32.mul local.set 1
        local.set 0
        local.get 0 local.get 1";
    check(func, &[(&[4], Ok(&[5, 40]))]);
}

#[test]
fn a_result_is_not_written_before_a_write_that_comes_first() {
    let func = "(param i32) (result i32) (local i32)
        local.get 0 i32.const 1 i32.add
        local.get 0 i32.const 10 i32.mul local.set 1
        local.set 1
        local.get 1";
    check(func, &[(&[4], Ok(&[5]))]);
    let func = "(param i32) (result i32) local.get 0 i32.const 1 i32.add i32.const 7 local.set 0 local.set 0 local.get 0";
    check(func, &[(&[4], Ok(&[5]))]);
}

#[test]
fn a_result_is_not_written_across_a_branch() {
    let func = "(param i32) (result i32)
        (block (i32.mul (local.get 0) (i32.const 3)) (br_if 0 (local.get 0)) drop (return (i32.const -1)))
        local.get 0";
    check(func, &[(&[2], Ok(&[2])), (&[0], Ok(&[i32(-1)]))]);
    let func = "(param i32) (result i32)
        (i32.mul (local.get 0) (i32.const 3))
        (block (br_if 0 (i32.eqz (local.get 0))) (local.set 0 (i32.const 50)))
        local.set 0 local.get 0";
    check(func, &[(&[2], Ok(&[6])), (&[0], Ok(&[0]))]);
}

#[test]
fn a_local_may_be_set_to_itself_and_teed_twice() {
    check("(param i32) (result i32) local.get 0 local.set 0 local.get 0", &[(&[9], Ok(&[9]))]);
    let func = "(param i32) (result i32 i32 i32) (local i32 i32)
        local.get 0 i32.const 2 i32.shl local.tee 1 local.tee 2 local.get 1 local.get 2";
    check(func, &[(&[3], Ok(&[12, 12, 12]))]);
}

#[test]
fn locals_start_as_zero_on_every_path() {
    // What was in the frame before is anything but zero.
    let module = |body: &str| {
        format!(
            "(module
                (func $fill (param i64 i64 i64 i64 i64) (result i64)
                    (local.set 1 (i64.mul (local.get 0) (i64.const -1)))
                    (local.set 2 (i64.xor (local.get 1) (i64.const -1)))
                    (i64.add (i64.or (local.get 1) (local.get 2)) (local.get 4)))
                (func $f (param i32) (result i64) (local i64 i64 i64) {body})
                (func (export \"f0\") (param i32) (result i64)
                    (drop (call $fill (i64.const -1) (i64.const -1) (i64.const -1) (i64.const -1) (i64.const -1)))
                    (call $f (local.get 0))))"
        )
    };
    let both: &[_] = &[(&[0][..], Ok(&[0][..])), (&[1], Ok(&[5]))];
    check_modules(&[&module("(if (local.get 0) (then (local.set 2 (i64.const 5)))) (local.get 2)")], both);
    let skipped = "(block (br_if 0 (i32.eqz (local.get 0))) (local.set 3 (i64.const 5))) (local.get 3)";
    check_modules(&[&module(skipped)], both);
    let looped = "(loop (local.set 1 (i64.add (local.get 2) (i64.const 1))) (local.set 2 (local.get 1))
        (br_if 0 (i64.lt_u (local.get 2) (i64.mul (i64.extend_i32_u (local.get 0)) (i64.const 5)))))
        (i64.mul (local.get 2) (i64.extend_i32_u (local.get 0)))";
    check_modules(&[&module(looped)], both);
    let ends = "(if (local.get 0) (then (local.set 1 (i64.const 5))) (else (local.set 2 (i64.const 6))))
        (i64.add (local.get 1) (local.get 3))";
    check_modules(&[&module(ends)], both);
}

#[test]
fn accumulators_live_across_operations_of_other_classes() {
    let func = "(param i32 f32 f64) (result f64)
        (i32.mul (local.get 0) (i32.const 3))
        (f32.mul (local.get 1) (f32.const 2))
        (f64.mul (local.get 2) (f64.const 4))
        (local.set 2)
        (local.set 1)
        (local.set 0)
        (f64.add (f64.convert_i32_s (local.get 0)) (f64.add (f64.promote_f32 (local.get 1)) (local.get 2)))";
    check(func, &[(&[5, f32(0.5), f64(0.25)], Ok(&[f64(17.0)]))]);
}

#[test]
fn accumulators_of_one_class_are_saved_for_each_other() {
    let func = "(param i32) (result i32)
        (i32.add (local.get 0) (i32.const 1)) (i32.mul (local.get 0) (i32.const 2)) (i32.xor (local.get 0) (i32.const 3))
        (i32.shl (local.get 0) (i32.const 4)) i32.sub i32.sub i32.sub";
    check(func, &[(&[10], Ok(&[i32(11 - (20 - (9 - 160)))]))]);
}

#[test]
fn two_additions_in_place_are_two() {
    let func = "(param i32 i32) (result i32 i32)
        (local.set 0 (i32.add (local.get 0) (i32.const 1))) (local.set 1 (i32.add (local.get 1) (i32.const -2)))
        local.get 0 local.get 1";
    check(func, &[(&[10, 20], Ok(&[11, 18]))]);
    // The second one adds to what the first one gave.
    let func = "(param i32 i32) (result i32 i32 i32)
        (local.set 1 (i32.add (local.get 0) (i32.const 1))) (local.set 0 (i32.add (local.get 1) (i32.const 5)))
        local.get 0 local.get 1 (i32.add (local.get 0) (i32.const 0))";
    check(func, &[(&[10, 20], Ok(&[16, 11, 16]))]);
    // The first one's target is read by nobody in between, and set again.
    let func = "(param i32 i32) (result i32 i32)
        (local.set 1 (i32.add (local.get 0) (i32.const 1))) (local.set 1 (i32.add (local.get 0) (i32.const 5)))
        local.get 0 local.get 1";
    check(func, &[(&[10, 20], Ok(&[10, 15]))]);
}

#[test]
fn copies_in_twos_are_made_one_after_the_other() {
    let func = "(param i32 i32 i32) (result i32 i32 i32)
        (local.set 0 (local.get 1)) (local.set 1 (local.get 0)) (local.set 2 (local.get 1)) (local.set 0 (local.get 2))
        local.get 0 local.get 1 local.get 2";
    check(func, &[(&[1, 2, 3], Ok(&[2, 2, 2]))]);
    let func = "(param i32 i32) (result i32 i32)
        local.get 0 local.get 1 (local.set 0 (i32.const 9)) (local.set 1 (i32.const 8)) (nop)
        (block (param i32 i32) (result i32 i32) (br_if 0 (local.get 0)))";
    check(func, &[(&[1, 2], Ok(&[1, 2]))]);
}
