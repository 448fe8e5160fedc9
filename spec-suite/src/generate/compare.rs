//! Every comparison in every place where its result may be used, with operands from everywhere.

use std::fmt::Write;

/// Whether a comparison of two operands holds.
type Holds = fn(u64, u64) -> bool;

/// A number type: its comparisons, and operands that are worth comparing, as bits.
struct Type {
    name: &'static str,
    comparisons: &'static [(&'static str, Holds)],
    operands: &'static [u64],
    literal: fn(u64) -> String,
    /// What is added to a counter in a loop; floats are not counted with.
    step: Option<fn(u64, i32) -> u64>,
}

/// The comparisons of integers, on both readings of the bits.
macro_rules! integer_comparisons {
    ($u:ty, $s:ty) => {
        &[
            ("eq", |a, b| a as $u == b as $u),
            ("ne", |a, b| a as $u != b as $u),
            ("lt_s", |a, b| (a as $s) < b as $s),
            ("lt_u", |a, b| (a as $u) < b as $u),
            ("gt_s", |a, b| a as $s > b as $s),
            ("gt_u", |a, b| a as $u > b as $u),
            ("le_s", |a, b| a as $s <= b as $s),
            ("le_u", |a, b| a as $u <= b as $u),
            ("ge_s", |a, b| a as $s >= b as $s),
            ("ge_u", |a, b| a as $u >= b as $u),
        ]
    };
}

/// The comparisons of floats, on values made of the bits.
macro_rules! float_comparisons {
    ($f:ty, $bits:ty) => {
        &[
            ("eq", |a, b| <$f>::from_bits(a as $bits) == <$f>::from_bits(b as $bits)),
            ("ne", |a, b| <$f>::from_bits(a as $bits) != <$f>::from_bits(b as $bits)),
            ("lt", |a, b| <$f>::from_bits(a as $bits) < <$f>::from_bits(b as $bits)),
            ("gt", |a, b| <$f>::from_bits(a as $bits) > <$f>::from_bits(b as $bits)),
            ("le", |a, b| <$f>::from_bits(a as $bits) <= <$f>::from_bits(b as $bits)),
            ("ge", |a, b| <$f>::from_bits(a as $bits) >= <$f>::from_bits(b as $bits)),
        ]
    };
}

const TYPES: &[Type] = &[
    Type {
        name: "i32",
        comparisons: integer_comparisons!(u32, i32),
        operands: &[0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff],
        literal: |bits| format!("(i32.const {:#x})", bits as u32),
        step: Some(|x, step| u64::from((x as u32).wrapping_add_signed(step))),
    },
    Type {
        name: "i64",
        comparisons: integer_comparisons!(u64, i64),
        operands: &[0, 0xffff_ffff, 0x1_0000_0000, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, u64::MAX],
        literal: |bits| format!("(i64.const {bits:#x})"),
        step: Some(|x, step| x.wrapping_add_signed(i64::from(step))),
    },
    Type {
        name: "f32",
        comparisons: float_comparisons!(f32, u32),
        // 0, -0, 1, infinity, NaNs of both signs.
        operands: &[0, 0x8000_0000, 0x3f80_0000, 0x7f80_0000, 0x7fc0_0000, 0xffc0_0000],
        literal: |bits| float("f32", f32::from_bits(bits as u32).into(), bits >> 31 != 0),
        step: None,
    },
    Type {
        name: "f64",
        comparisons: float_comparisons!(f64, u64),
        operands: &[
            0,
            0x8000_0000_0000_0000,
            0xbff0_0000_0000_0000,
            0xfff0_0000_0000_0000,
            0x7ff8_0000_0000_0000,
            0xfff8_0000_0000_0000,
        ],
        literal: |bits| float("f64", f64::from_bits(bits), bits >> 63 != 0),
        step: None,
    },
];

fn float(ty: &str, x: f64, negative: bool) -> String {
    let sign = if negative { "-" } else { "" };
    let magnitude = match x.abs() {
        x if x.is_nan() => "nan".to_owned(),
        x if x.is_infinite() => "inf".to_owned(),
        x => x.to_string(),
    };
    format!("({ty}.const {sign}{magnitude})")
}

/// Where a condition `C` decides: each is a body with the result 1 if it holds, and 0 if not.
const PLACES: &[(&str, &str)] = &[
    ("value", "C"),
    ("eqz", "(i32.eqz (i32.eqz C))"),
    ("not", "(i32.sub (i32.const 1) (i32.eqz C))"),
    ("if", "(if (result i32) C (then (i32.const 1)) (else (i32.const 0)))"),
    ("if_eqz", "(if (result i32) (i32.eqz C) (then (i32.const 0)) (else (i32.const 1)))"),
    ("if_alone", "(if C (then (local.set 2 (i32.const 1)))) (local.get 2)"),
    ("br_if", "(block (br_if 0 C) (return (i32.const 0))) (i32.const 1)"),
    ("br_if_eqz", "(block (br_if 0 (i32.eqz C)) (return (i32.const 1))) (i32.const 0)"),
    ("br_if_value", "(block (result i32) (i32.const 1) (br_if 0 C) (drop) (i32.const 0))"),
    ("br_if_return", "(i32.const 1) (br_if 0 C) (drop) (i32.const 0)"),
    ("br_table", "(block (block (br_table 0 1 C)) (return (i32.const 0))) (i32.const 1)"),
    ("select", "(select (i32.const 1) (i32.const 0) C)"),
    ("select_eqz", "(select (i32.const 0) (i32.const 1) (i32.eqz C))"),
    ("and_br_if", "(block (br_if 0 (i32.and C (i32.const 1))) (return (i32.const 0))) (i32.const 1)"),
    ("local", "(local.set 2 C) (block (br_if 0 (local.get 2)) (return (i32.const 0))) (local.get 2)"),
];

/// A script for each type.
pub(super) fn scripts() -> Vec<(String, String)> {
    TYPES.iter().map(|ty| (format!("compare_{}.wast", ty.name), script(ty))).collect()
}

fn script(ty: &Type) -> String {
    let mut script = format!(";; Every comparison of {} in every place.\n", ty.name);
    for (comparison, holds) in ty.comparisons {
        module(&mut script, ty, comparison, *holds);
    }
    script
}

/// A module for one comparison, and the assertions about it.
fn module(script: &mut String, ty: &Type, comparison: &str, holds: Holds) {
    let mut funcs = String::new();
    let mut asserts = String::new();
    let op = format!("{}.{comparison}", ty.name);
    let operands = ty.operands;
    for (place, body) in PLACES {
        func(&mut funcs, ty, place, &body.replace('C', &format!("({op} (local.get 0) (local.get 1))")));
        for (a, b) in operands.iter().flat_map(|a| operands.iter().map(move |b| (*a, *b))) {
            assert(&mut asserts, ty, place, a, b, holds(a, b));
        }
        for (i, constant) in operands.iter().enumerate() {
            let (right, left) = (format!("{place}_right{i}"), format!("{place}_left{i}"));
            let literal = (ty.literal)(*constant);
            func(&mut funcs, ty, &right, &body.replace('C', &format!("({op} (local.get 0) {literal})")));
            func(&mut funcs, ty, &left, &body.replace('C', &format!("({op} {literal} (local.get 1))")));
            for x in operands {
                assert(&mut asserts, ty, &right, *x, 0, holds(*x, *constant));
                assert(&mut asserts, ty, &left, 0, *x, holds(*constant, *x));
            }
        }
    }
    if let Some(step) = ty.step {
        counters(&mut funcs, &mut asserts, ty, &op, holds, step);
    }
    writeln!(script, "(module\n{funcs})\n{asserts}").expect(super::TAKES);
}

fn func(funcs: &mut String, ty: &Type, name: &str, body: &str) {
    let t = ty.name;
    writeln!(funcs, "  (func (export \"{name}\") (param {t} {t}) (result i32) (local i32) {body})")
        .expect(super::TAKES);
}

fn assert(asserts: &mut String, ty: &Type, name: &str, a: u64, b: u64, holds: bool) {
    let (a, b, holds) = ((ty.literal)(a), (ty.literal)(b), i32::from(holds));
    writeln!(asserts, "(assert_return (invoke \"{name}\" {a} {b}) (i32.const {holds}))").expect(super::TAKES);
}

/// Loops that step a counter, compare it, and go back: how often they go round, ten times at most.
fn counters(
    funcs: &mut String,
    asserts: &mut String,
    ty: &Type,
    op: &str,
    holds: Holds,
    step_by: fn(u64, i32) -> u64,
) {
    let t = ty.name;
    for step in [1, -1, 3] {
        for (name, condition, inverted) in [("count", "C", false), ("count_eqz", "(i32.eqz C)", true)] {
            let name = format!("{name}_{}", step + 1);
            let condition = condition.replace('C', &format!("({op} (local.get 0) (local.get 1))"));
            let body = format!(
                "(loop (local.set 2 (i32.add (local.get 2) (i32.const 1))) \
                 (if (i32.ge_u (local.get 2) (i32.const 10)) (then (return (local.get 2)))) \
                 (local.set 0 ({t}.add (local.get 0) ({t}.const {step}))) (br_if 0 {condition})) (local.get 2)"
            );
            func(funcs, ty, &name, &body);
            for (a, b) in ty.operands.iter().flat_map(|a| ty.operands.iter().map(move |b| (*a, *b))) {
                let mut x = a;
                let mut rounds = 1;
                while rounds < 10 {
                    x = step_by(x, step);
                    if holds(x, b) == inverted {
                        break;
                    }
                    rounds += 1;
                }
                let (a, b) = ((ty.literal)(a), (ty.literal)(b));
                writeln!(asserts, "(assert_return (invoke \"{name}\" {a} {b}) (i32.const {rounds}))")
                    .expect(super::TAKES);
            }
        }
    }
}
