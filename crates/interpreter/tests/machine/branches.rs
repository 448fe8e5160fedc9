//! Comparisons, conditions and branches, which become one instruction where they can.

use crate::{check, f32, f64, i32};

#[test]
fn every_integer_comparison_branches_as_it_computes() {
    for t in ["i32", "i64"] {
        for op in ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"] {
            for (operands, not) in [
                ("local.get 0 local.get 1", ""),
                ("local.get 0 local.get 1", "i32.eqz"),
                ("local.get 0 CONST 1 T.add local.get 1", ""),
                ("local.get 0 local.get 1 CONST 1 T.add", "i32.eqz i32.eqz"),
                ("local.get 0 CONST -1", "i32.eqz i32.eqz i32.eqz"),
                ("CONST -1 local.get 0", ""),
                ("local.get 0 CONST 1 T.add CONST 70000", "i32.eqz"),
                ("CONST 70000 local.get 1 CONST 1 T.sub", ""),
                ("local.get 0 local.get 0", ""),
            ] {
                let operands = operands.replace("CONST", "T.const").replace('T', t);
                let value = format!("{operands} {t}.{op} {not}");
                agree(t, &value);
            }
        }
    }
}

/// A condition gives the same as a value, as the condition of a branch, of an `if`, and of a `select`.
fn agree(t: &str, value: &str) {
    let func = format!(
        "(param {t} {t}) (result i32) (local i32 i32 i32 i32)
        {value} local.set 2
        block {value} br_if 0 i32.const 1 local.set 3 end
        {value} if i32.const 1 local.set 4 else i32.const 2 local.set 4 end
        i32.const 1 i32.const 2 {value} select local.set 5
        local.get 2 local.get 3 i32.eq if i32.const -1 return end
        local.get 2 i32.const 1 i32.add local.get 4 i32.add i32.const 3 i32.ne if i32.const -2 return end
        local.get 4 local.get 5 i32.ne if i32.const -3 return end
        i32.const 0"
    );
    let edges: [u64; 7] = [0, 1, 69_999, 70_000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
    let pairs: Vec<[u64; 2]> = edges.iter().flat_map(|a| edges.map(|b| [*a, b])).collect();
    let calls: Vec<_> = pairs.iter().map(|pair| (&pair[..], Ok(&[0][..]))).collect();
    check(&func, &calls);
}

#[test]
fn every_float_comparison_branches_as_it_computes() {
    for op in ["eq", "ne", "lt", "gt", "le", "ge"] {
        for not in ["", "i32.eqz", "i32.eqz i32.eqz"] {
            for operands in ["local.get 0 local.get 1", "local.get 0 f64.const 1", "f64.const 1 local.get 1"]
            {
                let value = format!("{operands} f64.{op} {not}");
                let func = format!(
                    "(param f64 f64) (result i32 i32)
                    i32.const 0 i32.const 1 {value} select
                    block (result i32) i32.const 0 {value} br_if 0 drop i32.const 1 end
                    i32.ne if i32.const 7 i32.const 7 return end
                    {value} {value}"
                );
                let edges = [0.0, -0.0, 1.0, f64::INFINITY, f64::NAN];
                let pairs: Vec<_> = edges.iter().flat_map(|a| edges.map(|b| [*a, b])).collect();
                for [a, b] in pairs {
                    let (x, y) = match operands {
                        "local.get 0 local.get 1" => (a, b),
                        "local.get 0 f64.const 1" => (a, 1.0),
                        _ => (1.0, b),
                    };
                    let holds = match op {
                        "eq" => x == y,
                        "ne" => x != y,
                        "lt" => x < y,
                        "gt" => x > y,
                        "le" => x <= y,
                        _ => x >= y,
                    };
                    let expected = u64::from(holds != (not == "i32.eqz"));
                    check(&func, &[(&[f64(a), f64(b)], Ok(&[expected, expected]))]);
                }
            }
        }
    }
}

#[test]
fn a_conjunction_is_a_condition_if_it_has_any_bits() {
    for (t, eqz) in [("i32", "i32.eqz"), ("i64", "i64.eqz")] {
        for mask in ["local.get 1", "T.const 4", "T.const -32768", "T.const 0x40000000"] {
            let mask = mask.replace('T', t);
            let func = format!(
                "(param {t} {t}) (result i32)
                local.get 0 {mask} {t}.and {eqz} if i32.const 0 return end
                block local.get 0 {mask} {t}.and {eqz} i32.eqz br_if 0 unreachable end
                local.get 0 {mask} {t}.and {eqz} i32.eqz i32.eqz i32.const 1 i32.xor"
            );
            let bits = match &*mask {
                "local.get 1" => 6,
                m if m.ends_with(" 4") => 4,
                m if m.ends_with("-32768") => 0xffff_8000,
                _ => 0x4000_0000,
            };
            for x in [0, 1, 2, 4, 0x8000, 0x4000_0000, 0xffff_ffff] {
                check(&func, &[(&[x, 6], Ok(&[u64::from(x & bits != 0)]))]);
            }
        }
    }
}

#[test]
fn a_counter_steps_and_branches() {
    let up = "(param i32) (result i32) (local i32)
        (loop (local.set 1 (i32.add (local.get 1) (i32.const 3))) (br_if 0 (i32.lt_u (local.get 1) (local.get 0))))
        local.get 1";
    check(up, &[(&[10], Ok(&[12])), (&[0], Ok(&[3]))]);
    let down = "(param i32) (result i32 i32) (local i32)
        (loop (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        local.get 0 local.get 1";
    check(down, &[(&[5], Ok(&[0, 5]))]);
    let i64 = "(param i64) (result i64) (local i64)
        (loop (br_if 0 (i64.ne (local.tee 1 (i64.add (local.get 1) (i64.const -1))) (local.get 0)))) local.get 1";
    check(i64, &[(&[(-7_i64) as u64], Ok(&[(-7_i64) as u64]))]);
}

#[test]
fn a_counter_may_be_compared_with_itself_and_with_what_it_was() {
    let itself = "(param i32) (result i32)
        (block (br_if 0 (i32.lt_s (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (local.get 0))) (return (local.get 0)))
        (i32.const -1)";
    check(itself, &[(&[5], Ok(&[6]))]);
    let before = "(param i32) (result i32)
        (block local.get 0 (local.tee 0 (i32.add (local.get 0) (i32.const 1))) i32.lt_s br_if 0 (return (i32.const -1)))
        (local.get 0)";
    check(before, &[(&[5], Ok(&[6])), (&[0x7fff_ffff], Ok(&[i32(-1)]))]);
    let after = "(param i32) (result i32)
        (block (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 6) (i32.eq) (br_if 0) (return (i32.const 9)))
        (i32.mul (local.get 0) (local.get 0))";
    check(after, &[(&[5], Ok(&[36])), (&[6], Ok(&[9]))]);
}

#[test]
fn a_counter_of_32_bits_may_be_compared_as_64() {
    // The sum wraps round at 32 bits, and only then is it extended.
    let func = "(param i32) (result i32)
        (block (br_if 0 (i64.eqz (i64.extend_i32_u (local.tee 0 (i32.add (local.get 0) (i32.const 1)))))) (return (i32.const 7)))
        (local.get 0)";
    check(func, &[(&[0xffff_ffff], Ok(&[0])), (&[1], Ok(&[7]))]);
    let func = "(param i32) (result i64)
        (block (br_if 0 (i64.gt_s (i64.extend_i32_u (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))) (i64.const 0)))
            (return (i64.const -1)))
        (i64.extend_i32_u (local.get 0))";
    check(func, &[(&[0], Ok(&[0xffff_ffff])), (&[1], Ok(&[u64::MAX]))]);
    let func = "(param i32) (result i32)
        (block (br_if 0 (i64.lt_s (i64.extend_i32_s (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))) (i64.const 0)))
            (return (i32.const 7)))
        (local.get 0)";
    check(func, &[(&[0], Ok(&[0xffff_ffff])), (&[1], Ok(&[7]))]);
}

#[test]
fn branches_carry_values_past_others() {
    let func = "(param i32) (result i32 i32)
        (block (result i32 i32)
            (i32.const 100) (i32.const 200) (i32.mul (local.get 0) (i32.const 2)) (local.get 0)
            (br_if 0 (i32.and (local.get 0) (i32.const 1)))
            i32.add i32.add)";
    check(func, &[(&[3], Ok(&[6, 3])), (&[4], Ok(&[100, 212]))]);
    let func = "(param i32) (result i32 f64)
        (f64.const 1) (i32.const 5)
        (block (param i32) (result i32 f64)
            (f64.const 9) (f64.const 8)
            (br_if 0 (i32.const 1) (f64.const 3) (local.get 0))
            drop drop drop)
        (br_if 0 (i32.eqz (local.get 0)))
        return";
    check(func, &[(&[1], Ok(&[1, f64(3.0)])), (&[0], Ok(&[5, f64(9.0)]))]);
}

#[test]
fn br_table_carries_values_to_each_label() {
    let func = "(param i32) (result i32)
        (block (result i32)
            (i32.const 1000)
            (block (result i32)
                (i32.const 2000)
                (block (result i32)
                    (i32.const 3000)
                    (br_table 0 1 2 3 1 (i32.add (local.get 0) (i32.const 7)) (local.get 0)))
                i32.add (i32.const 1) i32.add)
            i32.add (i32.const 2) i32.add)
        (i32.const 4) i32.add";
    let calls: &[_] = &[
        (&[0][..], Ok(&[7 + 2000 + 1 + 1000 + 2 + 4][..])),
        (&[1], Ok(&[8 + 1000 + 2 + 4])),
        (&[2], Ok(&[9 + 4])),
        (&[3], Ok(&[10])),
        (&[4], Ok(&[11 + 1000 + 2 + 4])),
        (&[0xffff_ffff], Ok(&[6 + 1000 + 2 + 4])),
    ];
    check(func, calls);
    check("(param i32) (result i32) (block (br_table 0 0 (i32.const 5))) (local.get 0)", &[(&[8], Ok(&[8]))]);
}

#[test]
fn loops_take_parameters() {
    let func = "(param i32) (result i64) (local i64)
        (i64.const 1) (local.get 0)
        (loop $again (param i64 i32) (result i64)
            (if (param i64) (result i64) (i32.eqz (local.tee 0)) (then) (else
                (i64.mul (i64.extend_i32_u (local.get 0)))
                (br $again (i32.sub (local.get 0) (i32.const 1))))))";
    check(func, &[(&[5], Ok(&[120])), (&[0], Ok(&[1]))]);
    // They change places in every round.
    let func = "(param i32) (result i32 i32) (local i32 i32)
        (i32.const 1) (i32.const 2)
        (loop $again (param i32 i32) (result i32 i32)
            local.set 1 local.set 2 local.get 1 local.get 2
            (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))";
    check(func, &[(&[1], Ok(&[2, 1])), (&[2], Ok(&[1, 2])), (&[5], Ok(&[2, 1]))]);
}

#[test]
fn arms_see_the_parameters_as_they_were() {
    let func = "(param i32 i32) (result i32)
        (i32.add (local.get 1) (i32.const 1)) (local.get 1)
        (if (param i32 i32) (result i32) (local.get 0)
            (then (local.set 1 (i32.const 50)) i32.sub (i32.add (local.get 1)))
            (else (local.set 1 (i32.const 70)) i32.mul (i32.add (local.get 1))))";
    check(func, &[(&[1, 9], Ok(&[51])), (&[0, 9], Ok(&[160]))]);
}

#[test]
fn unreachable_code_is_passed_over() {
    let func = "(param i32) (result i32)
        (block (result i32)
            (br 0 (i32.const 3))
            if unreachable loop br 0 end else unreachable i32.add drop end
            i32.add br_table 0 0 select i64.const 1 drop)
        (return (i32.add (local.get 0)))
        call 0 memory.grow local.set 0 local.get 0";
    check(func, &[(&[4], Ok(&[7]))]);
    check(
        "(result i32) (i32.div_u (i32.const 1) (i32.const 0)) (unreachable)",
        &[(&[], Err("integer divide by zero"))],
    );
    check(
        "(param i32) (if (local.get 0) (then (unreachable)))",
        &[(&[0], Ok(&[])), (&[1], Err("unreachable"))],
    );
}

#[test]
fn select_takes_constants_and_conditions_from_anywhere() {
    for (t, a, b) in [
        ("i32", 7, i32(-7)),
        ("i64", 7, -7_i64 as u64),
        ("f32", f32(7.0), f32(-7.0)),
        ("f64", f64(7.0), f64(-7.0)),
    ] {
        for x in ["local.get 1", "CONST 7"] {
            for y in ["local.get 2", "CONST -7", "local.get 2 local.set 2 local.get 2"] {
                for c in [
                    "local.get 0",
                    "local.get 0 i32.eqz i32.eqz",
                    "local.get 0 i32.const 0 i32.ne",
                    "local.get 0 i32.const 3 i32.and",
                ] {
                    let text = format!("(param i32 {t} {t}) (result {t}) {x} {y} {c} select")
                        .replace("CONST", &format!("{t}.const"));
                    check(&text, &[(&[1, a, b], Ok(&[a])), (&[0, a, b], Ok(&[b]))]);
                }
            }
        }
    }
}

#[test]
fn select_chooses_among_results_that_are_pending() {
    let func = "(param i32 i32) (result i32)
        (select (i32.mul (local.get 0) (i32.const 3)) (i32.mul (local.get 1) (i32.const 5)) (i32.lt_u (local.get 0) (local.get 1)))";
    check(func, &[(&[1, 2], Ok(&[3])), (&[2, 1], Ok(&[5]))]);
    let func = "(param i32) (result i32) (select (local.get 0) (i32.const 9) (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))";
    check(func, &[(&[5], Ok(&[5])), (&[1], Ok(&[9]))]);
}
