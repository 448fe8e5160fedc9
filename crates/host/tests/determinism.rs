//! NaNs with the switch that makes them canonical, and without.

use terrane::{Config, Engine, Instance, Module, Result, Store, V128};

/// Signalling, with a payload, and negative.
const NAN32: u32 = 0xffa1_2345;
const NAN64: u64 = 0xfff4_5678_9abc_def1;

fn instance(text: &str, canonicalize: bool) -> Result<(Store<()>, Instance)> {
    let engine = Engine::new(Config::new().canonicalize_nans(canonicalize))?;
    let module = Module::new(&engine, text)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    Ok((store, instance))
}

/// What a function gives of a NaN: `op` is applied to local 0 (`f32`), 1 (`f64`) or 2 (`v128`, four `f32`s or two `f64`s).
fn bits(result: &str, op: &str, canonicalize: bool) -> Result<u128> {
    let text = format!("(module (func (export \"f\") (param f32 f64 v128 v128) (result {result}) {op}))");
    let (mut store, instance) = instance(&text, canonicalize)?;
    let params = (
        f32::from_bits(NAN32),
        f64::from_bits(NAN64),
        V128::from(
            u128::from(NAN32) << 96 | u128::from(NAN32) << 64 | u128::from(NAN32) << 32 | u128::from(NAN32),
        ),
        V128::from(u128::from(NAN64) << 64 | u128::from(NAN64)),
    );
    type Params = (f32, f64, V128, V128);
    let store = &mut store;
    Ok(match result {
        "f32" => {
            instance.get_typed_func::<Params, f32>(&mut *store, "f")?.call(store, params)?.to_bits().into()
        }
        "f64" => {
            instance.get_typed_func::<Params, f64>(&mut *store, "f")?.call(store, params)?.to_bits().into()
        }
        _ => instance.get_typed_func::<Params, V128>(&mut *store, "f")?.call(store, params)?.as_u128(),
    })
}

const CANONICAL32: u128 = 0x7fc0_0000;
const CANONICAL64: u128 = 0x7ff8 << 48;

#[test]
fn every_scalar_operation_gives_the_canonical_nan() -> Result<()> {
    for (t, x, canonical) in [("f32", 0, CANONICAL32), ("f64", 1, CANONICAL64)] {
        for op in ["sqrt", "ceil", "floor", "trunc", "nearest"] {
            assert_eq!(bits(t, &format!("({t}.{op} (local.get {x}))"), true)?, canonical, "{t}.{op}");
        }
        for op in ["add", "sub", "mul", "div", "min", "max"] {
            for operands in
                [format!("(local.get {x}) ({t}.const 1)"), format!("({t}.const 1) (local.get {x})")]
            {
                assert_eq!(
                    bits(t, &format!("({t}.{op} {operands})"), true)?,
                    canonical,
                    "{t}.{op} {operands}"
                );
            }
            let folded = format!("({t}.{op} ({t}.const 1) ({t}.const -nan:0x7fffff))");
            assert_eq!(bits(t, &folded, true)?, canonical, "{folded}");
        }
    }
    assert_eq!(bits("f32", "(f32.demote_f64 (local.get 1))", true)?, CANONICAL32);
    assert_eq!(bits("f64", "(f64.promote_f32 (local.get 0))", true)?, CANONICAL64);
    Ok(())
}

#[test]
fn every_vector_operation_gives_canonical_nans() -> Result<()> {
    let four = CANONICAL32 << 96 | CANONICAL32 << 64 | CANONICAL32 << 32 | CANONICAL32;
    let two = CANONICAL64 << 64 | CANONICAL64;
    for (shape, x, canonical) in [("f32x4", 2, four), ("f64x2", 3, two)] {
        for op in ["sqrt", "ceil", "floor", "trunc", "nearest"] {
            assert_eq!(
                bits("v128", &format!("({shape}.{op} (local.get {x}))"), true)?,
                canonical,
                "{shape}.{op}"
            );
        }
        for op in ["add", "sub", "mul", "div", "min", "max", "relaxed_min", "relaxed_max"] {
            let text = format!("({shape}.{op} (local.get {x}) (local.get {x}))");
            assert_eq!(bits("v128", &text, true)?, canonical, "{text}");
        }
        for op in ["relaxed_madd", "relaxed_nmadd"] {
            let text = format!("({shape}.{op} (local.get {x}) (local.get {x}) (local.get {x}))");
            assert_eq!(bits("v128", &text, true)?, canonical, "{text}");
        }
    }
    let low = CANONICAL32 << 32 | CANONICAL32;
    assert_eq!(bits("v128", "(f32x4.demote_f64x2_zero (local.get 3))", true)?, low);
    assert_eq!(bits("v128", "(f64x2.promote_low_f32x4 (local.get 2))", true)?, two);
    Ok(())
}

#[test]
fn what_only_moves_bits_keeps_them() -> Result<()> {
    for on in [false, true] {
        assert_eq!(bits("f32", "(local.get 0)", on)?, u128::from(NAN32));
        assert_eq!(bits("f32", "(f32.abs (local.get 0))", on)?, u128::from(NAN32 & 0x7fff_ffff));
        assert_eq!(bits("f32", "(f32.neg (local.get 0))", on)?, u128::from(NAN32 ^ 0x8000_0000));
        assert_eq!(
            bits("f64", "(f64.copysign (local.get 1) (f64.const 1))", on)?,
            u128::from(NAN64 & !(1 << 63))
        );
        let lane = "(f32x4.extract_lane 2 (v128.not (v128.not (local.get 2))))";
        assert_eq!(bits("f32", lane, on)?, u128::from(NAN32));
        assert_eq!(
            bits("f32", "(f32x4.extract_lane 1 (f32x4.pmin (local.get 2) (local.get 2)))", on)?,
            u128::from(NAN32)
        );
    }
    Ok(())
}

#[test]
fn without_the_switch_a_payload_goes_through() -> Result<()> {
    assert_ne!(bits("f64", "(f64.add (local.get 1) (f64.const 1))", false)?, CANONICAL64);
    Ok(())
}
