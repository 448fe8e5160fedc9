//! Values on the command line: arguments by the types of parameters, and results.

use terrane::{Val, ValType};
use wast::parser::{self, Parse, ParseBuffer};
use wast::token::{F32, F64};

/// The value of type `ty` that `text` stands for, written as in the text format.
///
/// Integers are signed or unsigned, decimal or hexadecimal; floats may be `inf`, `nan` and `nan:0x…` too, or
/// hexadecimal; of references there is only `null`.
pub(crate) fn parse(ty: &ValType, text: &str) -> Result<Val, String> {
    let val = match ty {
        ValType::I32 => token::<i32>(text).map(Val::I32),
        ValType::I64 => token::<i64>(text).map(Val::I64),
        ValType::F32 => token::<F32>(text).map(|x| Val::F32(x.bits)),
        ValType::F64 => token::<F64>(text).map(|x| Val::F64(x.bits)),
        ValType::V128 => return Err("vectors cannot be given on the command line".to_owned()),
        ValType::Ref(_) if text == "null" => Val::default_for_ty(ty),
        ValType::Ref(_) => None,
    };
    val.ok_or_else(|| format!("`{text}` is no {ty}: expected {}", expected(ty)))
}

/// How values of a type are written.
fn expected(ty: &ValType) -> &'static str {
    match ty {
        ValType::I32 => "a number from -2147483648 to 4294967295, such as -1, 42 or 0xff",
        ValType::I64 => "a number from -9223372036854775808 to 18446744073709551615, such as -1, 42 or 0xff",
        ValType::F32 | ValType::F64 => "a number such as 1, -0.5, 1e9, 0x1.8p3, inf, -inf or nan",
        ValType::V128 | ValType::Ref(_) => "null",
    }
}

/// A text that is one token of the text format.
fn token<T: for<'a> Parse<'a>>(text: &str) -> Option<T> {
    // Comments are no part of a number.
    if text.contains([';', '(', ' ']) {
        return None;
    }
    parser::parse::<T>(&ParseBuffer::new(text).ok()?).ok()
}

/// A result: integers signed, floats in the fewest digits that give them back.
pub(crate) fn text(val: &Val) -> String {
    match val {
        Val::I32(x) => x.to_string(),
        Val::I64(x) => x.to_string(),
        Val::F32(bits) => {
            float(format!("{:?}", f32::from_bits(*bits)), *bits >> 31 != 0, bits & 0x7f_ffff, 1 << 22)
        }
        Val::F64(bits) => float(
            format!("{:?}", f64::from_bits(*bits)),
            *bits >> 63 != 0,
            bits & 0xf_ffff_ffff_ffff,
            1 << 51,
        ),
        Val::V128(v) => format!("{:#034x}", v.as_u128()),
        Val::FuncRef(None) | Val::ExternRef(None) => "null".to_owned(),
        Val::FuncRef(Some(_)) => "funcref".to_owned(),
        Val::ExternRef(Some(_)) => "externref".to_owned(),
        _ => format!("{val:?}"),
    }
}

/// A float, which Rust writes as `debug`. A NaN is written as in the text format: with its payload, unless that is
/// the canonical one.
fn float<T: PartialEq + std::fmt::LowerHex>(
    debug: String,
    negative: bool,
    payload: T,
    canonical: T,
) -> String {
    if debug != "NaN" {
        return debug.strip_suffix(".0").map_or(debug.clone(), str::to_owned);
    }
    let sign = if negative { "-" } else { "" };
    if payload == canonical { format!("{sign}nan") } else { format!("{sign}nan:{payload:#x}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ty: ValType, given: &str, expected: &str) {
        let printed = parse(&ty, given).map_or_else(|_| "error".to_owned(), |val| text(&val));
        assert_eq!(printed, expected, "{given} as {ty}");
    }

    #[test]
    fn integers() {
        check(ValType::I32, "4294967295", "-1");
        check(ValType::I32, "0xffff_fffe", "-2");
        check(ValType::I32, "-0x80000000", "-2147483648");
        check(ValType::I32, "+7", "7");
        check(ValType::I64, "0x8000000000000000", "-9223372036854775808");
        for wrong in ["4294967296", "-2147483649", "1.0", "", "x", "1 2", "(;;)1", "1;;"] {
            check(ValType::I32, wrong, "error");
        }
    }

    #[test]
    fn floats() {
        check(ValType::F32, "0.1", "0.1");
        check(ValType::F64, "-0", "-0");
        check(ValType::F64, "3", "3");
        check(ValType::F64, "1e300", "1e300");
        check(ValType::F64, "0x1.8p3", "12");
        check(ValType::F64, "-inf", "-inf");
        check(ValType::F32, "nan", "nan");
        check(ValType::F32, "-nan:0x1", "-nan:0x1");
        check(ValType::F32, "1e39", "error");
        check(ValType::F64, "five", "error");
    }

    #[test]
    fn references() {
        check(ValType::EXTERNREF, "null", "null");
        check(ValType::FUNCREF, "0", "error");
    }
}
