//! Functions of bytes that must not panic, whatever the bytes are.

use arbitrary::Unstructured;
use terrane::{CompilationMode, Config, Engine, Features, Instance, Module, Store, StoreLimitsBuilder, Val};
use terrane_wast::{Mode, RunOptions, run_script};

/// Decodes all of a module.
pub fn decode(bytes: &[u8]) {
    for payload in terrane_binary::payloads(bytes, Features::all()) {
        let Ok(payload) = payload else { return };
        if let terrane_binary::Payload::Body(body) = payload {
            let Ok(mut locals) = body.locals() else { return };
            if locals.by_ref().any(|local| local.is_err()) {
                return;
            }
            let Ok(mut instrs) = locals.into_instrs() else { return };
            while let Ok(Some(_)) = instrs.next() {}
        }
    }
}

/// Decodes, validates and lowers a module; lazily compiled it is accepted too.
pub fn validate(bytes: &[u8]) {
    let engine = |mode| Engine::new(Config::new().compilation_mode(mode)).expect("a valid configuration");
    let eager = Module::from_binary(&engine(CompilationMode::Eager), bytes);
    let lowering = Module::from_binary(&engine(CompilationMode::LazyLowering), bytes);
    let lazy = Module::from_binary(&engine(CompilationMode::Lazy), bytes);
    assert_eq!(eager.is_ok(), lowering.is_ok(), "eager and lazy lowering disagree: {:?}", eager.err());
    assert!(eager.is_err() || lazy.is_ok(), "lazily it is not valid: {:?}", lazy.err());
}

/// Instantiates a module and calls what it exports, within limits.
pub fn run(bytes: &[u8]) {
    let mut config = Config::new();
    config.consume_fuel(true).max_wasm_stack(64 << 10);
    let engine = Engine::new(&config).expect("a valid configuration");
    let Ok(module) = Module::from_binary(&engine, bytes) else { return };
    let limits = StoreLimitsBuilder::new().memory_size(16 << 20).table_elements(10_000).build();
    let mut store = Store::new(&engine, limits);
    store.limiter(|limits| limits);
    let _ = store.set_fuel(100_000);
    let imports = module.imports().map(|import| import.ty().default_value(&mut store));
    let Ok(imports) = imports.collect::<Result<Vec<_>, _>>() else { return };
    let Ok(instance) = Instance::new(&mut store, &module, &imports) else { return };
    for export in module.exports() {
        let Some(func) = instance.get_func(&mut store, export.name()) else { continue };
        let ty = func.ty(&store);
        let args: Option<Vec<Val>> = ty.params().map(|ty| Val::default_for_ty(&ty)).collect();
        let mut results = vec![Val::I32(0); ty.results().len()];
        if let Some(args) = args {
            let _ = func.call(&mut store, &args, &mut results);
        }
    }
}

/// Makes a module of the bytes, which is valid, and runs it.
pub fn smith(bytes: &[u8]) {
    let mut u = Unstructured::new(bytes);
    let Ok(traps) = u.arbitrary() else { return };
    let shape = crate::generate::Shape { features: Config::supported_features(), traps };
    if let Some(module) = crate::generate::module(u.take_rest(), shape) {
        validate(&module);
        run(&module);
    }
}

pub use crate::wasi::wasi;

/// Runs a script.
pub fn script(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        run_script("fuzz", text, &RunOptions { mode: Mode::Lazy, ..RunOptions::default() });
    }
}

/// Makes a module of the bytes and runs it here and in wasmtime.
#[cfg(feature = "oracle")]
pub fn differential(bytes: &[u8]) {
    let mut u = Unstructured::new(bytes);
    let (Ok(traps), Ok(args)) = (u.arbitrary(), u.arbitrary()) else { return };
    let shape = crate::generate::Shape { features: crate::differential::features(), traps };
    if let Some(module) = crate::generate::module(u.take_rest(), shape)
        && let Err(difference) = crate::differential::run(&module, &crate::random::Random::new(args, 0))
    {
        panic!("{difference}");
    }
}
