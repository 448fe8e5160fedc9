//! The functions and constants of JavaScript's `Math`.

use std::f64::consts;
use terrane::{HostGlobal, HostItems, HostModule, Linker, Mutability, Result, Val, ValType};

type Unary = fn(f64) -> f64;
type Binary = fn(f64, f64) -> f64;

/// Functions of one number.
const UNARY: [(&str, Unary); 27] = [
    ("abs", f64::abs),
    ("acos", f64::acos),
    ("acosh", f64::acosh),
    ("asin", f64::asin),
    ("asinh", f64::asinh),
    ("atan", f64::atan),
    ("atanh", f64::atanh),
    ("cbrt", f64::cbrt),
    ("ceil", f64::ceil),
    ("clz32", |x| to_i32(x).leading_zeros().into()),
    ("cos", f64::cos),
    ("cosh", f64::cosh),
    ("exp", f64::exp),
    ("expm1", f64::exp_m1),
    ("floor", f64::floor),
    ("log", f64::ln),
    ("log10", f64::log10),
    ("log1p", f64::ln_1p),
    ("log2", f64::log2),
    ("round", round),
    ("sign", |x| if x == 0.0 || x.is_nan() { x } else { x.signum() }),
    ("sin", f64::sin),
    ("sinh", f64::sinh),
    ("sqrt", f64::sqrt),
    ("tan", f64::tan),
    ("tanh", f64::tanh),
    ("trunc", f64::trunc),
];

/// Functions of two numbers.
const BINARY: [(&str, Binary); 6] = [
    ("atan2", f64::atan2),
    ("hypot", f64::hypot),
    ("imul", |a, b| to_i32(a).wrapping_mul(to_i32(b)).into()),
    ("max", |a, b| choose(a, b, a > b || (a == b && a.is_sign_positive()))),
    ("min", |a, b| choose(a, b, a < b || (a == b && a.is_sign_negative()))),
    ("pow", pow),
];

const CONSTANTS: [(&str, f64); 8] = [
    ("E", consts::E),
    ("LN10", consts::LN_10),
    ("LN2", consts::LN_2),
    ("LOG10E", consts::LOG10_E),
    ("LOG2E", consts::LOG2_E),
    ("PI", consts::PI),
    ("SQRT1_2", consts::FRAC_1_SQRT_2),
    ("SQRT2", consts::SQRT_2),
];

/// Defines them in a module, under names that begin with `prefix`.
pub(super) fn add_to_linker<T: 'static>(linker: &mut Linker<T>, module: &str, prefix: &str) -> Result<()> {
    for (name, func) in UNARY {
        linker.func_wrap(module, &format!("{prefix}{name}"), func)?;
    }
    for (name, func) in BINARY {
        linker.func_wrap(module, &format!("{prefix}{name}"), func)?;
    }
    linker.func_wrap(module, &format!("{prefix}fround"), |x: f64| x as f32)?;
    linker.host_module(Constants { module: module.to_owned(), prefix: prefix.to_owned() })?;
    Ok(())
}

#[derive(Clone)]
struct Constants {
    module: String,
    prefix: String,
}

impl<T: 'static> HostModule<T> for Constants {
    type Handle = Self;

    fn name(&self) -> &str {
        &self.module
    }

    fn globals(&self) -> HostItems<HostGlobal> {
        let global = |value: f64| HostGlobal::new(ValType::F64, Mutability::Const, Val::F64(value.to_bits()));
        CONSTANTS.iter().map(|(name, value)| (format!("{}{name}", self.prefix), global(*value))).collect()
    }
}

/// Modulo 2³², as JavaScript has it.
fn to_i32(x: f64) -> i32 {
    if !x.is_finite() {
        return 0;
    }
    // Exact: a remainder of an integer by a power of two.
    (x.trunc() % (1_u64 << 32) as f64) as i64 as i32
}

/// Halves go up.
fn round(x: f64) -> f64 {
    let floor = x.floor();
    let rounded = if x - floor >= 0.5 { floor + 1.0 } else { floor };
    rounded.copysign(x)
}

fn choose(a: f64, b: f64, first: bool) -> f64 {
    match a.is_nan() || b.is_nan() {
        true => f64::NAN,
        false if first => a,
        false => b,
    }
}

/// In JavaScript, one to the power of what is no finite number is none either.
fn pow(base: f64, exponent: f64) -> f64 {
    if exponent.is_nan() || (exponent.is_infinite() && base.abs() == 1.0) {
        f64::NAN
    } else {
        base.powf(exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_in_javascript() {
        assert_eq!(
            [round(2.5), round(-2.5), round(-0.2), round(0.499_999_999_999_999_94)],
            [3.0, -2.0, -0.0, 0.0]
        );
        assert!(round(-0.2).is_sign_negative());
        assert_eq!([to_i32(4_294_967_295.0), to_i32(-1.5), to_i32(f64::NAN), to_i32(1e300)], [-1, -1, 0, 0]);
        assert!(pow(1.0, f64::INFINITY).is_nan());
        assert_eq!(pow(2.0, 10.0), 1024.0);
        let max = BINARY.iter().find(|(name, _)| *name == "max").expect("max").1;
        assert!(max(f64::NAN, 1.0).is_nan());
        assert!(max(-0.0, 0.0).is_sign_positive());
    }
}
