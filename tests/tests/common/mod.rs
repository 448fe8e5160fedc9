//! Hostile modules: random ones, and mutations of good ones.

// Each test file uses its own part of this.
#![allow(dead_code)]

use arbitrary::Unstructured;
use proptest::prelude::*;
use terrane_syntax::{Feature, Features};
use wasm_smith::Config;

/// `default` cases of a property, or as many as the environment variable `PROPTEST_CASES` says.
pub(crate) fn cases(default: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(default);
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 20_000, ..ProptestConfig::default() }
}

/// Everything of 2.0 but vectors, and the three proposals that need no new types.
pub(crate) fn scalar_features() -> Features {
    Features::wasm2()
        .without(Feature::Simd)
        .with(Feature::MultiMemory)
        .with(Feature::TailCall)
        .with(Feature::ExtendedConst)
}

/// A module that `wasm-smith` makes out of `seed`, of `features` only. None if the seed is too short.
///
/// Where `invalid` is set, its functions' bodies are well-formed but as a rule not valid.
pub(crate) fn smith(seed: &Seed, features: Features, invalid: bool) -> Option<Vec<u8>> {
    let has = |feature| features.contains(feature);
    let config = Config {
        allow_invalid_funcs: invalid,
        bulk_memory_enabled: has(Feature::BulkMemory),
        reference_types_enabled: has(Feature::ReferenceTypes),
        multi_value_enabled: has(Feature::MultiValue),
        saturating_float_to_int_enabled: has(Feature::SaturatingFloatToInt),
        sign_extension_ops_enabled: has(Feature::SignExtension),
        simd_enabled: has(Feature::Simd),
        relaxed_simd_enabled: has(Feature::RelaxedSimd),
        tail_call_enabled: has(Feature::TailCall),
        extended_const_enabled: has(Feature::ExtendedConst),
        gc_enabled: has(Feature::Gc),
        exceptions_enabled: has(Feature::Exceptions),
        memory64_enabled: has(Feature::Memory64),
        threads_enabled: has(Feature::Threads),
        wide_arithmetic_enabled: has(Feature::WideArithmetic),
        compact_imports_enabled: has(Feature::CompactImports),
        max_memories: if has(Feature::MultiMemory) { 4 } else { 1 },
        max_tables: if has(Feature::ReferenceTypes) { 4 } else { 1 },
        generate_custom_sections: true,
        export_everything: true,
        max_memory32_bytes: 16 << 16,
        max_memory64_bytes: 16 << 16,
        max_table_elements: 1000,
        min_types: 1,
        min_funcs: 1,
        ..Config::default()
    };
    let module = wasm_smith::Module::new(config, &mut Unstructured::new(&seed.0)).ok()?;
    Some(module.to_bytes())
}

/// Bytes for [`smith`] to make a module of; not worth showing when a test fails.
#[derive(Clone)]
pub(crate) struct Seed(pub(crate) Vec<u8>);

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// Any seed.
pub(crate) fn seed() -> impl Strategy<Value = Seed> {
    prop::collection::vec(any::<u8>(), 64..4096).prop_map(Seed)
}

/// A change to some bytes; positions are fractions of the length.
#[derive(Clone, Debug)]
pub(crate) enum Mutation {
    Set(f64, u8),
    Flip(f64, u8),
    Insert(f64, Vec<u8>),
    Delete(f64, usize),
    Repeat(f64, usize),
    Truncate(f64),
}

/// One of the mutations.
pub(crate) fn mutation() -> impl Strategy<Value = Mutation> {
    let at = || 0.0..1.0f64;
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        4 => (at(), 0..8u8).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        2 => (at(), prop::collection::vec(any::<u8>(), 1..8)).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        2 => (at(), 1..8usize).prop_map(|(at, count)| Mutation::Delete(at, count)),
        1 => (at(), 1..64usize).prop_map(|(at, count)| Mutation::Repeat(at, count)),
        1 => at().prop_map(Mutation::Truncate),
    ]
}

/// Applies `mutations` in order.
pub(crate) fn mutate(mut bytes: Vec<u8>, mutations: &[Mutation]) -> Vec<u8> {
    for mutation in mutations {
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        let index = |at: &f64| ((at * length as f64) as usize).min(length - 1);
        match mutation {
            Mutation::Set(at, byte) => bytes[index(at)] = *byte,
            Mutation::Flip(at, bit) => bytes[index(at)] ^= 1 << bit,
            Mutation::Insert(at, new) => {
                let at = index(at);
                bytes.splice(at..at, new.iter().copied());
            }
            Mutation::Delete(at, count) => {
                let at = index(at);
                bytes.drain(at..(at + count).min(length));
            }
            Mutation::Repeat(at, count) => {
                let at = index(at);
                bytes.extend_from_within(at..(at + count).min(length));
            }
            Mutation::Truncate(at) => bytes.truncate(index(at)),
        }
    }
    bytes
}

/// The same features in the words of `wasmparser`.
pub(crate) fn oracle_features(features: Features) -> wasmparser::WasmFeatures {
    use wasmparser::WasmFeatures as W;
    // Floats and the types of GC are no proposals, but switches of that parser's own.
    let mut oracle = W::empty() | W::FLOATS | W::GC_TYPES;
    for feature in features.difference(Features::empty()) {
        oracle |= match feature {
            Feature::Mvp => W::empty(),
            Feature::MutableGlobal => W::MUTABLE_GLOBAL,
            Feature::SignExtension => W::SIGN_EXTENSION,
            Feature::SaturatingFloatToInt => W::SATURATING_FLOAT_TO_INT,
            Feature::MultiValue => W::MULTI_VALUE,
            Feature::BulkMemory => W::BULK_MEMORY,
            Feature::ReferenceTypes => W::REFERENCE_TYPES,
            Feature::Simd => W::SIMD,
            Feature::RelaxedSimd => W::RELAXED_SIMD,
            Feature::TailCall => W::TAIL_CALL,
            Feature::ExtendedConst => W::EXTENDED_CONST,
            Feature::MultiMemory => W::MULTI_MEMORY,
            Feature::FunctionReferences => W::FUNCTION_REFERENCES,
            Feature::Gc => W::GC,
            Feature::Exceptions => W::EXCEPTIONS,
            Feature::Memory64 => W::MEMORY64,
            Feature::Threads => W::THREADS,
            Feature::LegacyExceptions => W::LEGACY_EXCEPTIONS,
            Feature::WideArithmetic => W::WIDE_ARITHMETIC,
            Feature::CustomPageSizes => W::CUSTOM_PAGE_SIZES,
            Feature::CompactImports => W::COMPACT_IMPORTS,
            Feature::CustomDescriptors => W::CUSTOM_DESCRIPTORS,
            Feature::StackSwitching => W::STACK_SWITCHING,
            other => panic!("{other} has no counterpart"),
        };
    }
    oracle
}
