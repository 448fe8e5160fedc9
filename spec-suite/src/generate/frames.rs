//! Functions with frames of more than 65,536 slots: tens of thousands of locals, and as many operands.

use super::TAKES;
use std::fmt::Write;

/// How many locals there are: at most 50,000 are allowed.
const LOCALS: u64 = 49_000;
/// How many operands are on the stack before anything is done with them.
const OPERANDS: u64 = 20_000;

/// What stands on top of all those operands, each with its result if the parameter is 5. Local 3 holds 3,
/// local 48,000 holds 48,000, local 48,999 holds 48,999.
const TOP: &[(&str, u64)] = &[
    ("(i64.add (local.get 48000) (local.get 48999))", 96_999),
    ("(i64.sub (local.get 48999) (i64.const 7))", 48_992),
    ("(i64.mul (local.get 0) (i64.const 0x100000000))", 5 << 32),
    ("(i64.load offset=8 (i32.wrap_i64 (local.get 3)))", 0x0b),
    ("(select (local.get 48000) (local.get 3) (i64.lt_u (local.get 3) (local.get 48000)))", 48_000),
    ("(block (result i64) (br_if 0 (local.get 48999) (i32.const 1)) (drop) (i64.const 1))", 48_999),
    (
        "(block (result i64) (local.get 3) (local.set 3 (i64.const 9)) (local.get 3) (local.set 3 (i64.const 3)) \
      (i64.add))",
        12,
    ),
    (
        "(local.get 0) (loop (param i64) (result i64) (local.set 48500 (i64.add (local.get 48500) (i64.const 1))) \
      (i64.add (i64.const 2)) (br_if 0 (i64.lt_u (local.get 48500) (i64.const 10))))",
        25,
    ),
    (
        "(if (result i64) (i64.eq (local.get 48000) (i64.const 48000)) (then (local.get 3)) (else (unreachable)))",
        3,
    ),
    ("(call $sub (local.get 48999) (local.get 48000))", 999),
    ("(call_indirect (param i64 i64) (result i64) (local.get 0) (local.get 3) (i32.const 0))", 2),
    ("(i64.add (call $pair (local.get 0)))", 11),
    (
        "(block (result i64) (block (result i64) (br_table 0 1 (local.get 3) (i32.wrap_i64 (local.get 0)))) \
      (i64.add (i64.const 100)))",
        3,
    ),
    ("(i64.extend_i32_u (i32.sub (i32.wrap_i64 (local.get 3)) (i32.const 4)))", 0xffff_ffff),
    ("(i64.trunc_f64_s (f64.mul (f64.convert_i64_s (local.get 3)) (f64.const 1.5)))", 4),
    ("(global.set $g (local.get 48999)) (global.get $g)", 48_999),
    ("(local.tee 48600 (i64.xor (local.get 48999) (local.get 48000)))", 48_999 ^ 48_000),
    ("(i64.store (i32.const 64) (local.get 48600)) (i64.load32_u (i32.const 64))", 48_999 ^ 48_000),
    // A local that nobody wrote is zero.
    ("(local.get 30000)", 0),
];

pub(super) fn script() -> String {
    let mut s = String::from(";; Frames with more slots than 16 bits can number.\n(module\n");
    s.push_str(
        "  (memory 1) (data (i32.const 11) \"\\0b\")
  (global $g (mut i64) (i64.const 0))
  (table funcref (elem $sub))
  (func $id (param i64) (result i64) (local.get 0))
  (func $sub (param i64 i64) (result i64) (i64.sub (local.get 0) (local.get 1)))
  (func $pair (param i64) (result i64 i64) (local.get 0) (i64.add (local.get 0) (i64.const 1)))\n",
    );
    let locals = " i64".repeat(LOCALS as usize - 1);
    let mut expected = 0u64;
    write!(s, "  (func $wide (export \"wide\") (param i64) (result i64)\n    (local{locals})\n")
        .expect(TAKES);
    for local in [3, 48_000, 48_999] {
        writeln!(s, "    (local.set {local} (i64.const {local}))").expect(TAKES);
    }
    for i in 0..OPERANDS {
        // The results of calls are nowhere but on the stack.
        writeln!(s, "    (call $id (i64.const {i}))").expect(TAKES);
        expected = expected.wrapping_add(i);
    }
    for (body, value) in TOP {
        writeln!(s, "    {body}").expect(TAKES);
        expected = expected.wrapping_add(*value);
    }
    s.push_str(&"    i64.add\n".repeat(OPERANDS as usize + TOP.len() - 1));
    s.push_str("  )\n");
    write!(
        s,
        "  (func $deep (export \"deep\") (param i64) (result i64)\n    (local{locals})
    (local.set 48999 (i64.add (local.get 0) (i64.const 1)))
    (i64.add (call $deep (local.get 48999)) (local.get 48999)))
  (func (export \"between\") (param i64) (result i64)
    (i64.add (local.get 0) (i64.add (call $wide (i64.const 5)) (local.get 0))))
)\n"
    )
    .expect(TAKES);
    writeln!(s, "(assert_return (invoke \"wide\" (i64.const 5)) (i64.const {expected}))").expect(TAKES);
    writeln!(s, "(assert_return (invoke \"wide\" (i64.const 5)) (i64.const {expected}))").expect(TAKES);
    let between = expected.wrapping_add(200);
    writeln!(s, "(assert_return (invoke \"between\" (i64.const 100)) (i64.const {between}))").expect(TAKES);
    s.push_str("(assert_exhaustion (invoke \"deep\" (i64.const 0)) \"call stack exhausted\")\n");
    writeln!(s, "(assert_return (invoke \"wide\" (i64.const 5)) (i64.const {expected}))").expect(TAKES);
    s
}
