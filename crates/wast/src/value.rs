//! Values of scripts: arguments, and what results are expected to be.

use crate::script::Outcome;
use terrane::{AnyRef, ExternRef, Rooted, Store, V128, Val};
use wast::core::{AbstractHeapType, HeapType, NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::token::{F32, F64};
use wast::{WastArg, WastRet};

/// What a reference to a value of the host refers to: the number that the script gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct HostValue(u32);

/// The argument that a script writes.
pub(crate) fn argument(store: &mut Store<()>, arg: &WastArg<'_>) -> Outcome<Val> {
    let WastArg::Core(arg) = arg else { return Err("arguments of components are not supported".to_owned()) };
    match arg {
        WastArgCore::I32(x) => Ok(Val::I32(*x)),
        WastArgCore::I64(x) => Ok(Val::I64(*x)),
        WastArgCore::F32(x) => Ok(Val::F32(x.bits)),
        WastArgCore::F64(x) => Ok(Val::F64(x.bits)),
        WastArgCore::V128(v) => Ok(Val::V128(V128::from(u128::from_le_bytes(v.to_le_bytes())))),
        WastArgCore::RefNull(ht) => null(ht),
        WastArgCore::RefExtern(n) => ExternRef::new(store, HostValue(*n))
            .map(Val::from)
            .map_err(|error| format!("no reference to a value of the host can be made: {error}")),
        WastArgCore::RefHost(n) => ExternRef::new(&mut *store, HostValue(*n))
            .and_then(|value| AnyRef::convert_extern(store, value))
            .map(Val::from)
            .map_err(|error| format!("no reference to a value of the host can be made: {error}")),
    }
}

/// The null of a heap type.
fn null(ht: &HeapType<'_>) -> Outcome<Val> {
    match ht {
        HeapType::Abstract { ty: AbstractHeapType::Func | AbstractHeapType::NoFunc, .. } => {
            Ok(Val::FuncRef(None))
        }
        HeapType::Abstract { ty: AbstractHeapType::Extern | AbstractHeapType::NoExtern, .. } => {
            Ok(Val::ExternRef(None))
        }
        HeapType::Abstract { ty: AbstractHeapType::Exn | AbstractHeapType::NoExn, .. } => {
            Ok(Val::ExnRef(None))
        }
        HeapType::Abstract {
            ty:
                AbstractHeapType::Any
                | AbstractHeapType::Eq
                | AbstractHeapType::I31
                | AbstractHeapType::Struct
                | AbstractHeapType::Array
                | AbstractHeapType::None,
            ..
        } => Ok(Val::AnyRef(None)),
        _ => Err(format!("a null of heap type {ht:?} is not supported as an argument")),
    }
}

/// The result that a script expects, if it is one of a core function.
pub(crate) fn core<'r, 'a>(expected: &'r WastRet<'a>) -> Outcome<&'r WastRetCore<'a>> {
    match expected {
        WastRet::Core(expected) => Ok(expected),
        _ => Err("results of components are not supported".to_owned()),
    }
}

/// Is a result what a script expects?
pub(crate) fn matches(store: &mut Store<()>, expected: &WastRetCore<'_>, found: &Val) -> bool {
    match (expected, found) {
        (WastRetCore::I32(x), Val::I32(y)) => x == y,
        (WastRetCore::I64(x), Val::I64(y)) => x == y,
        (WastRetCore::F32(x), Val::F32(bits)) => f32_matches(x, *bits),
        (WastRetCore::F64(x), Val::F64(bits)) => f64_matches(x, *bits),
        (WastRetCore::V128(v), Val::V128(found)) => v128_matches(v, found.as_u128().to_le_bytes()),
        (WastRetCore::RefNull(ht), found) => {
            is_null(found) && ht.as_ref().is_none_or(|ht| is_kind(ht, found))
        }
        (WastRetCore::RefFunc(None), Val::FuncRef(func)) => func.is_some(),
        (WastRetCore::RefExtern(None), Val::ExternRef(value)) => value.is_some(),
        (WastRetCore::RefExtern(Some(n)), Val::ExternRef(Some(value))) => is_host_value(store, *value, *n),
        (WastRetCore::RefHost(n), Val::AnyRef(Some(value))) => {
            let value = ExternRef::convert_any(&mut *store, *value);
            value.is_ok_and(|value| is_host_value(store, value, *n))
        }
        (WastRetCore::RefAny, Val::AnyRef(value)) => value.is_some(),
        (WastRetCore::RefEq, Val::AnyRef(Some(value))) => value.is_eqref(store).unwrap_or(false),
        (WastRetCore::RefI31, Val::AnyRef(Some(value))) => value.is_i31(store).unwrap_or(false),
        (WastRetCore::RefStruct, Val::AnyRef(Some(value))) => value.is_struct(store).unwrap_or(false),
        (WastRetCore::RefArray, Val::AnyRef(Some(value))) => value.is_array(store).unwrap_or(false),
        (WastRetCore::Either(choices), found) => choices.iter().any(|choice| matches(store, choice, found)),
        _ => false,
    }
}

fn is_null(found: &Val) -> bool {
    found.ref_().is_some_and(|r| r.is_null())
}

/// Does a reference refer to the value of the host to which the script gave that number?
fn is_host_value(store: &Store<()>, value: Rooted<ExternRef>, n: u32) -> bool {
    let data = value.data(store).ok().flatten();
    data.and_then(|data| data.downcast_ref()) == Some(&HostValue(n))
}

/// Is a null, of the sort that its place has, among the nulls of that heap type?
fn is_kind(ht: &HeapType<'_>, found: &Val) -> bool {
    match ht {
        HeapType::Abstract { ty, .. } => match ty {
            AbstractHeapType::Func | AbstractHeapType::NoFunc => matches!(found, Val::FuncRef(_)),
            AbstractHeapType::Extern | AbstractHeapType::NoExtern => matches!(found, Val::ExternRef(_)),
            AbstractHeapType::Exn | AbstractHeapType::NoExn => matches!(found, Val::ExnRef(_)),
            AbstractHeapType::Any
            | AbstractHeapType::Eq
            | AbstractHeapType::I31
            | AbstractHeapType::Struct
            | AbstractHeapType::Array
            | AbstractHeapType::None => matches!(found, Val::AnyRef(_)),
            _ => false,
        },
        HeapType::Concrete(_) | HeapType::Exact(_) => matches!(found, Val::FuncRef(_) | Val::AnyRef(_)),
    }
}

/// A NaN is canonical if its payload is only the topmost bit, and arithmetic if it has that bit.
fn f32_matches(expected: &NanPattern<F32>, bits: u32) -> bool {
    match expected {
        NanPattern::CanonicalNan => bits & 0x7fff_ffff == 0x7fc0_0000,
        NanPattern::ArithmeticNan => bits & 0x7fc0_0000 == 0x7fc0_0000,
        NanPattern::Value(x) => x.bits == bits,
    }
}

/// As [`f32_matches`].
fn f64_matches(expected: &NanPattern<F64>, bits: u64) -> bool {
    match expected {
        NanPattern::CanonicalNan => bits & 0x7fff_ffff_ffff_ffff == 0x7ff8_0000_0000_0000,
        NanPattern::ArithmeticNan => bits & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
        NanPattern::Value(x) => x.bits == bits,
    }
}

fn v128_matches(expected: &V128Pattern, found: [u8; 16]) -> bool {
    fn lanes<const N: usize, const W: usize>(bytes: [u8; 16]) -> [[u8; W]; N] {
        std::array::from_fn(|i| std::array::from_fn(|j| bytes[i * W + j]))
    }
    match expected {
        V128Pattern::I8x16(x) => lanes::<16, 1>(found).map(i8::from_le_bytes) == *x,
        V128Pattern::I16x8(x) => lanes::<8, 2>(found).map(i16::from_le_bytes) == *x,
        V128Pattern::I32x4(x) => lanes::<4, 4>(found).map(i32::from_le_bytes) == *x,
        V128Pattern::I64x2(x) => lanes::<2, 8>(found).map(i64::from_le_bytes) == *x,
        V128Pattern::F32x4(x) => {
            let found = lanes::<4, 4>(found).map(u32::from_le_bytes);
            x.iter().zip(found).all(|(x, bits)| f32_matches(x, bits))
        }
        V128Pattern::F64x2(x) => {
            let found = lanes::<2, 8>(found).map(u64::from_le_bytes);
            x.iter().zip(found).all(|(x, bits)| f64_matches(x, bits))
        }
    }
}

/// A result, for messages.
pub(crate) fn text(val: &Val) -> String {
    match val {
        Val::I32(x) => format!("i32:{x}"),
        Val::I64(x) => format!("i64:{x}"),
        Val::F32(bits) => f32_text(*bits),
        Val::F64(bits) => f64_text(*bits),
        Val::V128(v) => format!("v128:{:#034x}", v.as_u128()),
        Val::FuncRef(None) => "null funcref".to_owned(),
        Val::ExternRef(None) => "null externref".to_owned(),
        Val::FuncRef(Some(_)) => "funcref".to_owned(),
        Val::ExternRef(Some(_)) => "externref".to_owned(),
        Val::ExnRef(None) => "null exnref".to_owned(),
        Val::ExnRef(Some(_)) => "exnref".to_owned(),
        Val::AnyRef(None) => "null anyref".to_owned(),
        Val::AnyRef(Some(_)) => "anyref".to_owned(),
        _ => format!("{val:?}"),
    }
}

/// Results, for messages.
pub(crate) fn texts(vals: &[Val]) -> String {
    list(&vals.iter().map(text).collect::<Vec<_>>())
}

/// Texts of values, or that there are none.
pub(crate) fn list(values: &[String]) -> String {
    if values.is_empty() { "nothing".to_owned() } else { values.join(" ") }
}

/// What a script expects, for messages.
pub(crate) fn expected_text(expected: &WastRetCore<'_>) -> String {
    match expected {
        WastRetCore::I32(x) => format!("i32:{x}"),
        WastRetCore::I64(x) => format!("i64:{x}"),
        WastRetCore::F32(NanPattern::Value(x)) => f32_text(x.bits),
        WastRetCore::F64(NanPattern::Value(x)) => f64_text(x.bits),
        WastRetCore::F32(nan) => format!("f32:{}", nan_text(nan)),
        WastRetCore::F64(nan) => format!("f64:{}", nan_text(nan)),
        WastRetCore::RefNull(_) => "a null reference".to_owned(),
        WastRetCore::RefExtern(Some(n)) => format!("externref of {n}"),
        WastRetCore::Either(choices) => choices.iter().map(expected_text).collect::<Vec<_>>().join(" or "),
        other => format!("{other:?}"),
    }
}

fn nan_text<T>(pattern: &NanPattern<T>) -> &'static str {
    match pattern {
        NanPattern::CanonicalNan => "nan:canonical",
        NanPattern::ArithmeticNan => "nan:arithmetic",
        NanPattern::Value(_) => "value",
    }
}

/// The value with its bits, which alone tell one NaN from another.
fn f32_text(bits: u32) -> String {
    format!("f32:{} ({bits:#010x})", f32::from_bits(bits))
}

fn f64_text(bits: u64) -> String {
    format!("f64:{} ({bits:#018x})", f64::from_bits(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_patterns() {
        for bits in [0x7fc0_0000, 0xffc0_0000] {
            assert!(f32_matches(&NanPattern::CanonicalNan, bits));
            assert!(f32_matches(&NanPattern::ArithmeticNan, bits));
        }
        assert!(!f32_matches(&NanPattern::CanonicalNan, 0x7fc0_0001));
        assert!(f32_matches(&NanPattern::ArithmeticNan, 0x7fc0_0001));
        for bits in [0x7fa0_0000, 0x7f80_0000, 0] {
            assert!(!f32_matches(&NanPattern::ArithmeticNan, bits));
        }
        assert!(f64_matches(&NanPattern::CanonicalNan, 0xfff8_0000_0000_0000));
        assert!(!f64_matches(&NanPattern::CanonicalNan, 0x7ff8_0000_0000_0001));
        assert!(f64_matches(&NanPattern::ArithmeticNan, 0x7ff8_0000_0000_0001));
        assert!(!f64_matches(&NanPattern::ArithmeticNan, 0x7ff4_0000_0000_0000));
    }

    #[test]
    fn lanes_are_little_endian() {
        let bytes = std::array::from_fn(|i| i as u8);
        assert!(v128_matches(
            &V128Pattern::I16x8([0x100, 0x302, 0x504, 0x706, 0x908, 0xb0a, 0xd0c, 0xf0e]),
            bytes
        ));
        assert!(!v128_matches(&V128Pattern::I64x2([0, 0]), bytes));
    }
}
