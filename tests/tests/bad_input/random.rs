//! Truncated, random and mutated modules.

use crate::common::{self, cases, mutate, mutation, scalar_features, seed, smith};
use crate::shared::{HEADER, MIB, fuelled_in, mode};
use proptest::prelude::*;
use terrane::{CompilationMode, Engine, Func, Linker, Module, Store, StoreLimitsBuilder, Val};
use terrane_tests::counting::peak;
use terrane_tests::guest;

/// Is this a valid module in the eyes of `wasmparser`?
fn oracle(bytes: &[u8]) -> bool {
    wasmparser::Validator::new_with_features(common::oracle_features(scalar_features()))
        .validate_all(bytes)
        .is_ok()
}

#[test]
fn every_prefix_of_a_module_gets_its_due() {
    let whole = guest("rabin/rabin.wasm");
    let engine = Engine::default();
    let mut accepted = 0;
    for length in 0..=whole.len() {
        let prefix = &whole[..length];
        let verdict = Module::new(&engine, prefix);
        // An empty slice could be an empty text; any other prefix is bytes.
        if length >= 4 {
            assert_eq!(verdict.is_ok(), oracle(prefix), "{length} bytes: {:?}", verdict.err());
        }
        accepted += usize::from(verdict.is_ok());
    }
    assert!(accepted >= 2, "the header alone and the whole are modules");
}

#[test]
fn prefixes_of_larger_modules_are_refused() {
    for name in ["lisp/lisp.wasm", "text/text.wasm"] {
        let whole = guest(name);
        let engine = Engine::default();
        for length in (100..whole.len() / 2).step_by(97) {
            let message =
                Module::new(&engine, &whole[..length]).map(drop).expect_err("a cut module").to_string();
            assert!(message.contains("at byte"), "an error without a place: {message}");
        }
    }
}

/// Gives each import of `module` a function, global, table or memory that fits, instantiates it and calls
/// every exported function, all within a little fuel and memory. How each ends is its own matter.
fn exercise(engine: &Engine, module: &Module) {
    let limits = StoreLimitsBuilder::new().memory_size(4 * MIB).table_elements(10_000).build();
    let mut store = Store::new(engine, limits);
    store.limiter(|limits| limits);
    store.set_fuel(20_000).expect("fuel is on");
    let linker = {
        let mut linker = Linker::new(engine);
        linker.allow_shadowing(true);
        for import in module.imports() {
            let Ok(value) = import.ty().default_value(&mut store) else { return };
            linker.define(&mut store, import.module(), import.name(), value).expect("shadowing is allowed");
        }
        linker
    };
    let Ok(instance) = linker.instantiate(&mut store, module) else { return };
    let funcs: Vec<Func> = instance.exports(&mut store).filter_map(terrane::Export::into_func).collect();
    for func in funcs {
        let ty = func.ty(&store);
        let Some(args) = ty.params().map(|ty| Val::default_for_ty(&ty)).collect::<Option<Vec<_>>>() else {
            return;
        };
        let mut results = vec![Val::I32(0); ty.results().len()];
        store.set_fuel(20_000).expect("fuel is on");
        // Err or not: what counts is that it comes back.
        let _ = func.call(&mut store, &args, &mut results);
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let engine = Engine::default();
        let _ = Module::new(&engine, &bytes);
        let (_, held) = peak(|| Module::new(&engine, [HEADER, &bytes].concat()).map(drop));
        prop_assert!(held < 4 * MIB, "{held} bytes were held");
    }

    #[test]
    fn mutated_guests_do_no_harm(
        which in 0..3usize,
        mutations in prop::collection::vec(mutation(), 1..6),
        mode in mode(),
    ) {
        let name = ["rabin/rabin.wasm", "lisp/lisp.wasm", "text/text.wasm"][which];
        let bytes = mutate(guest(name), &mutations);
        let engine = fuelled_in(mode);
        if let Ok(module) = Module::new(&engine, &bytes) {
            exercise(&engine, &module);
        }
    }

    #[test]
    fn generated_modules_do_no_harm(
        seed in seed(),
        mutations in prop::collection::vec(mutation(), 0..3),
        mode in mode(),
    ) {
        let Some(bytes) = smith(&seed, scalar_features(), false) else { return Ok(()) };
        let engine = fuelled_in(mode);
        let module = Module::new(&engine, mutate(bytes, &mutations));
        if mutations.is_empty() {
            prop_assert!(module.is_ok(), "{}", module.err().unwrap());
        }
        if let Ok(module) = module {
            exercise(&engine, &module);
        }
    }

    #[test]
    fn bad_functions_fail_when_they_are_called_at_the_latest(seed in seed()) {
        let Some(bytes) = smith(&seed, scalar_features(), true) else { return Ok(()) };
        let engine = fuelled_in(CompilationMode::Lazy);
        if let Ok(module) = Module::new(&engine, bytes) {
            exercise(&engine, &module);
        }
    }
}
