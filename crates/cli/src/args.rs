//! Values: from the command line, and to the standard output.

use terrane::{FuncType, V128, Val, ValType};
use terrane_syntax::{F32Bits, F64Bits};
use wast::parser::{Parse, ParseBuffer, parse};
use wast::token::{F32, F64};

/// The arguments for the function `name`, by its type, or what is wrong with them.
pub(crate) fn parse_args(name: &str, ty: &FuncType, args: &[String]) -> Result<Vec<Val>, String> {
    let expected = ty.params().len();
    if args.len() != expected {
        let s = if expected == 1 { "" } else { "s" };
        return Err(format!("`{name}` takes {expected} argument{s}, but {} given", were(args.len())));
    }
    let params = ty.params().zip(args).enumerate();
    let vals = params.map(|(i, (ty, arg))| {
        parse_arg(&ty, arg).ok_or_else(|| {
            let n = i + 1;
            format!("argument {n} of `{name}` is no {ty}: `{arg}`\n  expected {}", expectation(&ty))
        })
    });
    vals.collect()
}

fn were(n: usize) -> String {
    match n {
        0 => "none was".to_owned(),
        1 => "1 was".to_owned(),
        n => format!("{n} were"),
    }
}

/// Numbers are written as in the text format.
///
/// [Spec](https://webassembly.github.io/spec/core/text/values.html)
fn parse_arg(ty: &ValType, arg: &str) -> Option<Val> {
    match ty {
        ValType::I32 => token(arg).map(Val::I32),
        ValType::I64 => token(arg).map(Val::I64),
        ValType::F32 => token::<F32>(arg).map(|float| Val::F32(float.bits)),
        ValType::F64 => token::<F64>(arg).map(|float| Val::F64(float.bits)),
        ValType::V128 => {
            let digits = arg.strip_prefix("0x")?.replace('_', "");
            u128::from_str_radix(&digits, 16).ok().map(|bits| Val::V128(V128::from(bits)))
        }
        ValType::Ref(rt) if rt.is_nullable() && arg == "null" => Some(Val::null_ref(rt.heap_type())),
        ValType::Ref(_) => None,
    }
}

/// The argument as a single token of the text format.
fn token<'a, T: for<'b> Parse<'b>>(arg: &'a str) -> Option<T> {
    let is_single = arg.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-._:".contains(&byte));
    if !is_single {
        return None;
    }
    parse(&ParseBuffer::new(arg).ok()?).ok()
}

/// What an argument of that type looks like.
fn expectation(ty: &ValType) -> &'static str {
    match ty {
        ValType::I32 => "an integer from -2147483648 to 4294967295, such as 42, -1, 0xff or 1_000",
        ValType::I64 => {
            "an integer from -9223372036854775808 to 18446744073709551615, such as 42, -1, 0xff or 1_000"
        }
        ValType::F32 | ValType::F64 => "a number such as 1, -0.5, 1e-3, 0x1.8p4, inf, -inf, nan or nan:0x1",
        ValType::V128 => "128 bits, such as 0x00000003_00000002_00000001_00000000",
        ValType::Ref(rt) if rt.is_nullable() => "null, the only reference that can be written here",
        ValType::Ref(_) => "a reference that is not null, which cannot be written here",
    }
}

/// A result: an integer as a signed decimal, a float as the shortest decimal that reads back as the same.
pub(crate) fn show(val: &Val) -> String {
    match val {
        Val::I32(x) => x.to_string(),
        Val::I64(x) => x.to_string(),
        Val::F32(bits) => F32Bits(*bits).to_string(),
        Val::F64(bits) => F64Bits(*bits).to_string(),
        Val::V128(v) => format!("{:#034x}", v.as_u128()),
        Val::FuncRef(None) | Val::ExternRef(None) | Val::AnyRef(None) => "null".to_owned(),
        Val::FuncRef(Some(_)) => "funcref".to_owned(),
        Val::ExternRef(Some(_)) => "externref".to_owned(),
        Val::AnyRef(Some(_)) => "anyref".to_owned(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ty: ValType, arg: &str, expected: Option<&str>) {
        assert_eq!(parse_arg(&ty, arg).as_ref().map(show).as_deref(), expected, "{arg}");
    }

    #[test]
    fn integers() {
        for (arg, expected) in [
            ("0", Some("0")),
            ("-1", Some("-1")),
            ("+1", Some("1")),
            ("4294967295", Some("-1")),
            ("-2147483648", Some("-2147483648")),
            ("0xffff_ffff", Some("-1")),
            ("-0x80000000", Some("-2147483648")),
            ("1_000", Some("1000")),
            ("4294967296", None),
            ("-2147483649", None),
            ("1__0", None),
            ("_1", None),
            ("", None),
            (" 1", None),
            ("1 2", None),
            ("1;;", None),
            ("1.0", None),
            ("x", None),
            ("0x", None),
        ] {
            check(ValType::I32, arg, expected);
        }
        check(ValType::I64, "18446744073709551615", Some("-1"));
        check(ValType::I64, "-9223372036854775808", Some("-9223372036854775808"));
        check(ValType::I64, "18446744073709551616", None);
    }

    #[test]
    fn floats() {
        for (arg, expected) in [
            ("1", Some("1")),
            ("-0", Some("-0")),
            ("0.1", Some("0.1")),
            ("1e300", Some("1e300")),
            ("0x1.8p4", Some("24")),
            ("inf", Some("inf")),
            ("-inf", Some("-inf")),
            ("nan", Some("nan")),
            ("-nan", Some("-nan")),
            ("nan:0x1", Some("nan:0x1")),
            ("nan:0x0", None),
            ("1e400", None),
            ("infinity", None),
            ("1.5.2", None),
        ] {
            check(ValType::F64, arg, expected);
        }
        check(ValType::F32, "0.1", Some("0.1"));
        check(ValType::F32, "16777217", Some("16777216"));
        check(ValType::F32, "1e39", None);
    }

    #[test]
    fn vectors_and_references() {
        check(ValType::V128, "0x1_ff", Some("0x000000000000000000000000000001ff"));
        check(ValType::V128, "1", None);
        check(ValType::EXTERNREF, "null", Some("null"));
        check(ValType::FUNCREF, "0", None);
    }
}
