//! Modules out of bytes.

use arbitrary::Unstructured;
use terrane::{Feature, Features};
use terrane_syntax::Instr;
use wasm_smith::{Config, MemoryOffsetChoices, Module};

/// How often a module may begin a function or a loop, or fill so and so many bytes, before it ends itself.
const FUEL: u32 = 2_000;

/// How modules are to be.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// What they may use.
    pub features: Features,
    /// May they trap? If not, each instruction that could is guarded, so that more is run.
    pub traps: bool,
}

/// A valid module that `wasm-smith` makes of `bytes`, which ends by itself and has no NaNs but the canonical one. `None`
/// if the bytes are too few.
pub fn module(bytes: &[u8], shape: Shape) -> Option<Vec<u8>> {
    let mut module = Module::new(config(shape), &mut Unstructured::new(bytes)).ok()?;
    module.ensure_termination(FUEL).ok()?;
    Some(module.to_bytes()).filter(|bytes| !may_wait(bytes))
}

/// Could it wait for another thread, of which there is none?
fn may_wait(bytes: &[u8]) -> bool {
    let mut bodies = terrane_binary::payloads(bytes, Features::all()).filter_map(|payload| match payload {
        Ok(terrane_binary::Payload::Body(body)) => Some(body),
        _ => None,
    });
    bodies.any(|body| {
        let Ok(mut locals) = body.locals() else { return false };
        while locals.next().is_some() {}
        let Ok(mut instrs) = locals.into_instrs() else { return false };
        while let Ok(Some((_, instr))) = instrs.next() {
            if matches!(instr, Instr::MemoryAtomicWait32 { .. } | Instr::MemoryAtomicWait64 { .. }) {
                return true;
            }
        }
        false
    })
}

fn config(shape: Shape) -> Config {
    let has = |feature| shape.features.contains(feature);
    Config {
        bulk_memory_enabled: has(Feature::BulkMemory),
        compact_imports_enabled: has(Feature::CompactImports),
        custom_page_sizes_enabled: has(Feature::CustomPageSizes),
        exceptions_enabled: has(Feature::Exceptions),
        extended_const_enabled: has(Feature::ExtendedConst),
        gc_enabled: has(Feature::Gc) && has(Feature::FunctionReferences),
        memory64_enabled: has(Feature::Memory64),
        multi_value_enabled: has(Feature::MultiValue),
        reference_types_enabled: has(Feature::ReferenceTypes),
        relaxed_simd_enabled: has(Feature::RelaxedSimd),
        saturating_float_to_int_enabled: has(Feature::SaturatingFloatToInt),
        sign_extension_ops_enabled: has(Feature::SignExtension),
        simd_enabled: has(Feature::Simd),
        tail_call_enabled: has(Feature::TailCall),
        threads_enabled: has(Feature::Threads),
        wide_arithmetic_enabled: has(Feature::WideArithmetic),
        max_memories: if has(Feature::MultiMemory) { 3 } else { 1 },
        max_tables: if has(Feature::ReferenceTypes) { 3 } else { 1 },
        disallow_traps: !shape.traps,
        canonicalize_nans: true,
        export_everything: true,
        min_funcs: 1,
        max_funcs: 8,
        min_types: 1,
        max_imports: 6,
        max_instructions: 300,
        max_memory32_bytes: 4 << 16,
        max_memory64_bytes: 4 << 16,
        memory_max_size_required: true,
        memory_offset_choices: MemoryOffsetChoices(95, 4, 1),
        max_table_elements: 100,
        table_max_size_required: true,
        max_data_segments: 4,
        max_element_segments: 4,
        ..Config::default()
    }
}
