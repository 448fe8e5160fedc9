//! Our verdict on a module is wasmparser's: on generated modules, and on mutations of them.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use terrane_binary::{Payload, payloads};
use terrane_syntax::types::Types;
use terrane_syntax::{Feature, Features, FuncIdx};
use terrane_validation::{FuncAllocations, FuncValidator, ModuleValidator};
use wasm_smith::{Config, Module};
use wasmparser::{Validator, WasmFeatures};

/// The proposals that both know.
fn features() -> Features {
    Features::wasm3()
        .with(Feature::Threads)
        .with(Feature::LegacyExceptions)
        .with(Feature::WideArithmetic)
        .with(Feature::CustomPageSizes)
        .with(Feature::CustomDescriptors)
}

fn their_features() -> WasmFeatures {
    WasmFeatures::WASM3.difference(WasmFeatures::COMPACT_IMPORTS)
        | WasmFeatures::THREADS
        | WasmFeatures::LEGACY_EXCEPTIONS
        | WasmFeatures::WIDE_ARITHMETIC
        | WasmFeatures::CUSTOM_PAGE_SIZES
        | WasmFeatures::CUSTOM_DESCRIPTORS
}

/// Decodes and validates a module as its payloads come.
fn validate(bytes: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
    let mut types = Types::new();
    let mut module = Some(ModuleValidator::new(features()));
    let mut context = None;
    let mut x = FuncIdx(0);
    let mut allocations = FuncAllocations::default();
    for payload in payloads(bytes, features()) {
        let payload = payload?;
        if let Some(v) = &mut module {
            match &payload {
                Payload::Types(s) => each(s.clone(), |o, rec| v.rec_type(o, &mut types, &rec))?,
                Payload::Imports(s) => each(s.clone(), |o, i| v.import(o, &i))?,
                Payload::Funcs(s) => each(s.clone(), |o, i| v.func(o, i))?,
                Payload::Tables(s) => each(s.clone(), |o, i| v.table(o, &i))?,
                Payload::Mems(s) => each(s.clone(), |o, i| v.mem(o, i))?,
                Payload::Tags(s) => each(s.clone(), |o, i| v.tag(o, i.0))?,
                Payload::Globals(s) => each(s.clone(), |o, i| v.global(o, &i))?,
                Payload::Exports(s) => each(s.clone(), |o, i| v.export(o, &i))?,
                Payload::Elems(s) => each(s.clone(), |o, i| v.elem(o, &i))?,
                Payload::Start(x) => v.start(0, *x)?,
                Payload::DataCount(n) => v.data_count(0, *n)?,
                _ => {}
            }
        }
        if matches!(payload, Payload::Code { .. } | Payload::Datas(_))
            && let Some(v) = module.take()
        {
            let v = v.finish().0;
            x = FuncIdx(v.imports().funcs as u32);
            context = Some(v);
        }
        let Some(context) = &context else { continue };
        match payload {
            Payload::Datas(s) => each(s, |o, data| context.check_data(o, &data))?,
            Payload::Body(body) => {
                let mut v = FuncValidator::new(context, x, core::mem::take(&mut allocations));
                x.0 += 1;
                let mut locals = body.locals()?;
                while let Some(local) = locals.next() {
                    let (count, t) = local?;
                    v.locals(locals.offset(), count, t)?;
                }
                let mut instrs = locals.into_instrs()?;
                while let Some((offset, instr)) = instrs.next()? {
                    v.instr(offset, &instr)?;
                }
                v.finish(body.range().end)?;
                allocations = v.into_allocations();
            }
            _ => {}
        }
    }
    Ok(())
}

type Failure = Box<dyn std::error::Error>;

fn each<T, E: std::error::Error + 'static, F: std::error::Error + 'static>(
    section: impl Iterator<Item = Result<(usize, T), E>>,
    mut check: impl FnMut(usize, T) -> Result<(), F>,
) -> Result<(), Failure> {
    for item in section {
        let (offset, item) = item?;
        check(offset, item)?;
    }
    Ok(())
}

#[track_caller]
fn check(bytes: &[u8]) {
    let ours = validate(bytes);
    let theirs = Validator::new_with_features(their_features()).validate_all(bytes);
    match (ours, theirs) {
        (Ok(()), Ok(_)) | (Err(_), Err(_)) => {}
        (ours, theirs) => panic!("ours: {ours:?}, theirs: {:?}, module: {bytes:02x?}", theirs.err()),
    }
}

fn config(flags: u8) -> Config {
    let flag = |i: u8| (flags >> i) & 1 == 1u8;
    Config {
        max_imports: 3,
        min_funcs: 2,
        max_funcs: 6,
        max_instructions: 80,
        max_type_size: 200,
        allow_invalid_funcs: flag(0),
        gc_enabled: flag(1),
        custom_descriptors_enabled: flag(1),
        exceptions_enabled: flag(2),
        memory64_enabled: flag(3),
        simd_enabled: flag(4),
        relaxed_simd_enabled: flag(4),
        threads_enabled: flag(5),
        tail_call_enabled: flag(6),
        wide_arithmetic_enabled: flag(7),
        custom_page_sizes_enabled: flag(7),
        extended_const_enabled: flag(6),
        reference_types_enabled: true,
        bulk_memory_enabled: true,
        multi_value_enabled: true,
        compact_imports_enabled: false,
        max_memories: 3,
        max_tables: 3,
        ..Config::default()
    }
}

/// A module that wasm-smith makes of random bytes.
fn generate(flags: u8, seed: &[u8]) -> Option<Vec<u8>> {
    let mut unstructured = arbitrary::Unstructured::new(seed);
    Some(Module::new(config(flags), &mut unstructured).ok()?.to_bytes())
}

/// Where the function bodies of a module are.
fn code(bytes: &[u8]) -> std::ops::Range<usize> {
    let code = payloads(bytes, features()).find_map(|payload| match payload {
        Ok(Payload::Code { range, .. }) => Some(range),
        _ => None,
    });
    code.unwrap_or(0..bytes.len())
}

fn seed() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..6000)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_modules(flags: u8, seed in seed()) {
        if let Some(bytes) = generate(flags, &seed) {
            check(&bytes);
        }
    }

    #[test]
    fn mutated_modules(flags: u8, seed in seed(), at: Index, bit in 0..8u32) {
        if let Some(mut bytes) = generate(flags, &seed) {
            let at = at.index(bytes.len());
            bytes[at] ^= 1u8 << bit;
            check(&bytes);
        }
    }

    #[test]
    fn mutated_bodies(flags: u8, seed in seed(), mutations in vec((any::<Index>(), any::<u8>()), 1..3)) {
        if let Some(mut bytes) = generate(flags, &seed) {
            let code = code(&bytes);
            for (at, byte) in mutations {
                bytes[code.start + at.index(code.len())] = byte;
            }
            check(&bytes);
        }
    }
}
