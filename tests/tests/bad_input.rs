//! Hostile modules: each ends in a clear error (or runs, where it is merely odd), in bounded memory.
//!
//! Time is bounded by these tests' ending at all; how fast they are is the benchmarks' matter.

mod common;

use common::{cases, mutate, mutation, scalar_features, seed, smith};
use proptest::prelude::*;
use terrane::{
    AsContextMut, Caller, CompilationMode, Config, Engine, Error, Func, Instance, Linker, Module, Result,
    Store, StoreLimitsBuilder, Trap, Val,
};
use terrane_tests::counting::{Counting, peak};
use terrane_tests::guest;
use wasm_encoder::{
    BlockType, CodeSection, ExportKind, ExportSection, Function, FunctionSection, Instruction as I,
    TypeSection, ValType,
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MIB: usize = 1 << 20;

// ---- what the tests share -----------------------------------------------------------------------------

/// The module must be refused with `expected` in the message, and while it is being refused no more than
/// `most` bytes may be held.
#[track_caller]
fn refused(bytes: impl AsRef<[u8]>, expected: &str, most: usize) {
    let engine = Engine::default();
    let (result, peak) = peak(|| Module::new(&engine, bytes.as_ref()).map(drop));
    let message = result.expect_err("a bad module was accepted").to_string();
    assert!(message.contains(expected), "expected {expected:?} in {message:?}");
    assert!(peak <= most, "{peak} bytes were held, of at most {most}");
}

/// An engine that counts fuel.
fn fuelled() -> Engine {
    fuelled_in(CompilationMode::Eager)
}

fn fuelled_in(mode: CompilationMode) -> Engine {
    Engine::new(Config::new().consume_fuel(true).compilation_mode(mode)).expect("a valid configuration")
}

fn mode() -> impl Strategy<Value = CompilationMode> {
    prop::sample::select(vec![CompilationMode::Eager, CompilationMode::LazyLowering, CompilationMode::Lazy])
}

/// Instantiates a module without imports and calls its export `run`.
fn run(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<i32> {
    let module = Module::new(engine, bytes.as_ref())?;
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    instance.get_typed_func::<(), i32>(&mut store, "run")?.call(&mut store, ())
}

/// The result must be this trap.
#[track_caller]
fn traps<R: std::fmt::Debug>(result: Result<R>, expected: Trap) {
    let error = result.expect_err("it did not trap");
    assert_eq!(error.downcast_ref::<Trap>(), Some(&expected), "{error}");
}

/// A module with one function `run : [] -> [i32]` of this body.
fn module(instrs: impl IntoIterator<Item = I<'static>>) -> Vec<u8> {
    let mut body = Function::new([]);
    for instr in instrs {
        body.instruction(&instr);
    }
    body.instruction(&I::End);
    let (mut types, mut funcs, mut exports, mut code) =
        (TypeSection::new(), FunctionSection::new(), ExportSection::new(), CodeSection::new());
    types.ty().function([], [ValType::I32]);
    funcs.function(0);
    exports.export("run", ExportKind::Func, 0);
    code.function(&body);
    let mut module = wasm_encoder::Module::new();
    module.section(&types).section(&funcs).section(&exports).section(&code);
    module.finish()
}

fn leb(mut n: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (n & 0x7f) as u8;
        n >>= 7;
        if n == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

const HEADER: &[u8] = b"\0asm\x01\0\0\0";

/// The header, then a section of this id, claimed length and content.
fn section(id: u8, length: u64, content: &[u8]) -> Vec<u8> {
    [HEADER, &[id], &leb(length), content].concat()
}

// ---- truncated, random, mutated -----------------------------------------------------------------------

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

// ---- lengths that nothing stands behind ---------------------------------------------------------------

#[test]
fn a_section_that_claims_10_gb() {
    for id in 0..=12 {
        refused(section(id, 10 << 30, b"\x01"), "integer", MIB);
        refused(section(id, 0xffff_ffff, b"\x01"), "length out of bounds", MIB);
    }
}

#[test]
fn a_vector_that_claims_4_billion_elements() {
    for id in 1..=11 {
        if id == 8 {
            continue; // the start section is no vector
        }
        let content = leb(0xffff_ffff);
        let bytes = section(id, content.len() as u64, &content);
        let engine = Engine::default();
        let (result, held) = peak(|| Module::new(&engine, &bytes).map(drop));
        result.expect_err("a vector without elements");
        assert!(held < MIB, "section {id}: {held} bytes were held");
    }
}

#[test]
fn inner_vectors_that_claim_4_billion_elements() {
    let claim = leb(0xffff_ffff);
    let in_section = |id: u8, before: &[u8]| {
        let content = [before, &claim].concat();
        refused(section(id, content.len() as u64, &content), "", MIB);
    };
    in_section(1, b"\x01\x60"); // parameters
    in_section(1, b"\x01\x60\x00"); // results
    in_section(2, b"\x01"); // the name of an imported module
    in_section(2, b"\x01\x00"); // the name of an import
    in_section(7, b"\x01"); // the name of an export
    in_section(9, b"\x01\x01\x00"); // elements
    in_section(11, b"\x01\x01"); // bytes
    in_section(0, b""); // the name of a custom section
}

/// A module with one function `[] -> []`, whose body is these bytes.
fn with_body(body: &[u8]) -> Vec<u8> {
    let body = [&leb(body.len() as u64), body].concat();
    let length = leb(body.len() as u64 + 1);
    [HEADER, b"\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a", &length, b"\x01", &body].concat()
}

#[test]
fn bodies_that_claim_too_much() {
    let claim = leb(0xffff_ffff);
    refused(with_body(&claim), "", MIB); // groups of locals
    refused(with_body(&[b"\x01", &claim[..], b"\x7f\x0b"].concat()), "locals", MIB);
    // twice 2^31 locals: the sum wraps in 32 bits
    let half = leb(0x8000_0000);
    refused(with_body(&[b"\x02", &half[..], b"\x7f", &half[..], b"\x7f\x0b"].concat()), "locals", MIB);
    refused(with_body(&[b"\x00\x41\x00\x0e", &claim[..], b"\x0b"].concat()), "", MIB); // br_table
    refused(with_body(&[b"\x00\x00\x1c", &claim[..], b"\x0b"].concat()), "", MIB); // select
    // a function that claims to be larger than its section
    let bytes = [HEADER, b"\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x06\x01", &claim].concat();
    refused(bytes, "", MIB);
}

#[test]
fn names_at_and_over_the_limit() {
    let export = |length: usize| {
        let name = "x".repeat(length);
        format!(r#"(module (func (export "{name}")))"#)
    };
    Module::new(&Engine::default(), export(100_000)).unwrap();
    refused(export(100_001), "", 8 * MIB);
}

#[test]
fn the_largest_number_of_locals_and_one_more() {
    let with_locals = |count: u64| with_body(&[b"\x01", &leb(count)[..], b"\x7e\x0b"].concat());
    Module::new(&Engine::default(), with_locals(50_000)).unwrap();
    refused(with_locals(50_001), "locals", MIB);
}

#[test]
fn minimal_sizes_that_no_machine_has() {
    refused("(module (memory 65537))", "memory size", MIB);
    refused("(module (memory 1 65537))", "memory size", MIB);
    // 64 MiB of memories of 4 GiB each: a hundred of them are reserved or refused, but never touched
    let engine = Engine::default();
    let module = Module::new(&engine, format!("(module {})", "(memory 65536)".repeat(100))).unwrap();
    let mut store = Store::new(&engine, ());
    let (result, held) = peak(|| Instance::new(&mut store, &module, &[]).map(drop));
    drop(result);
    assert!(held < 4 * MIB, "{held} bytes were held");
    // ten million elements is what other engines allow; four billion must not be tried
    let module = Module::new(&engine, "(module (table 4294967295 funcref))");
    let (result, held) = peak(|| module.and_then(|module| Instance::new(&mut store, &module, &[]).map(drop)));
    result.expect_err("a table of 4 billion elements");
    assert!(held < MIB, "{held} bytes were held");
}

#[test]
fn segments_outside_their_memory_and_table() {
    let link = |text: &str, trap: Trap| {
        let engine = Engine::default();
        let module = Module::new(&engine, text).unwrap();
        traps(Instance::new(&mut Store::new(&engine, ()), &module, &[]).map(drop), trap);
    };
    link(r#"(module (memory 1) (data (i32.const 65536) "x"))"#, Trap::OutOfBoundsMemoryAccess);
    link(r#"(module (memory 1) (data (i32.const -1) "x"))"#, Trap::OutOfBoundsMemoryAccess);
    link("(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))", Trap::OutOfBoundsTableAccess);
    link("(module (table 1 funcref) (func $f) (elem (i32.const -1) $f $f))", Trap::OutOfBoundsTableAccess);
}

// ---- large and deep, but well-formed ------------------------------------------------------------------

const DEEP: usize = 100_000;

fn nested(open: I<'static>, inside: &[I<'static>], after: &[I<'static>]) -> Vec<u8> {
    let mut instrs: Vec<I<'static>> = Vec::new();
    instrs.extend(std::iter::repeat_n(open, DEEP));
    instrs.extend_from_slice(inside);
    instrs.extend(std::iter::repeat_n(I::End, DEEP));
    instrs.extend_from_slice(after);
    module(instrs)
}

#[test]
fn nested_blocks_run() {
    let engine = Engine::default();
    let value = BlockType::Result(ValType::I32);
    let outermost = u32::try_from(DEEP - 1).unwrap();
    let run = |bytes: Vec<u8>| {
        let (result, held) = peak(|| run(&engine, &bytes));
        assert!(held < 64 * MIB, "{held} bytes were held");
        result.unwrap()
    };
    assert_eq!(run(nested(I::Block(BlockType::Empty), &[], &[I::I32Const(1)])), 1);
    assert_eq!(run(nested(I::Block(value), &[I::I32Const(2)], &[])), 2);
    assert_eq!(run(nested(I::Loop(value), &[I::I32Const(3)], &[])), 3);
    assert_eq!(run(nested(I::Block(value), &[I::I32Const(4), I::Br(outermost)], &[])), 4);
    assert_eq!(run(nested(I::Block(value), &[I::I32Const(5), I::Return], &[])), 5);
}

#[test]
fn nested_conditions_run() {
    let mut instrs = Vec::new();
    for _ in 0..DEEP {
        instrs.extend([I::I32Const(1), I::If(BlockType::Empty)]);
    }
    instrs.extend([I::I32Const(6), I::Return]);
    instrs.extend(std::iter::repeat_n(I::End, DEEP));
    instrs.push(I::I32Const(7));
    assert_eq!(run(&Engine::default(), module(instrs)).unwrap(), 6);
}

#[test]
fn nested_unreachable_blocks_are_accepted() {
    let bytes = nested(I::Block(BlockType::Result(ValType::I32)), &[I::Unreachable], &[]);
    traps(run(&Engine::default(), bytes), Trap::Unreachable);
}

#[test]
fn blocks_that_are_never_closed() {
    let opened = [0x02, 0x40].repeat(DEEP);
    refused(with_body(&[b"\x00", &opened[..]].concat()), "", 64 * MIB);
}

#[test]
fn text_nested_deeply() {
    let engine = Engine::default();
    // Deep text may be too deep for the parser of text, but says so.
    for depth in [50, 5_000, DEEP] {
        let text = format!("(module (func {} {}))", "(block ".repeat(depth), ")".repeat(depth));
        match Module::new(&engine, &text) {
            Ok(_) => {}
            Err(error) if depth > 50 => assert!(!error.to_string().is_empty()),
            Err(error) => panic!("{error}"),
        }
    }
    refused("(".repeat(DEEP), "", 64 * MIB);
}

#[test]
fn a_br_table_of_50_mb() {
    let mut body = b"\x00\x41\x00\x0e".to_vec();
    body.extend(leb(50_000_000));
    body.resize(body.len() + 50_000_001, 0);
    body.push(0x0b);
    // The module's own copy of the bytes may be held, and almost nothing on top.
    refused(with_body(&body), "size", 52 * MIB);
}

#[test]
fn the_largest_br_table_runs() {
    let engine = Engine::default();
    let targets: Vec<u32> = (0..7_000_000).map(|i| i % 2).collect();
    let bytes = module([
        I::Block(BlockType::Empty),
        I::Block(BlockType::Empty),
        I::I32Const(4_999_999),
        I::BrTable(targets.into(), 0),
        I::End,
        I::I32Const(10),
        I::Return,
        I::End,
        I::I32Const(11),
    ]);
    let (result, held) = peak(|| run(&engine, &bytes));
    assert_eq!(result.unwrap(), 11);
    assert!(held < 256 * MIB, "{held} bytes were held");
}

#[test]
fn a_br_table_of_many_targets_with_many_results() {
    // Checking every target against every result would be 300 million steps.
    let mut types = TypeSection::new();
    types.ty().function([], [ValType::I32]);
    types.ty().function([], vec![ValType::I32; 1000]);
    let (mut funcs, mut exports, mut code) =
        (FunctionSection::new(), ExportSection::new(), CodeSection::new());
    funcs.function(0);
    exports.export("run", ExportKind::Func, 0);
    let mut body = Function::new([]);
    body.instruction(&I::Block(BlockType::FunctionType(1)));
    for _ in 0..1000 {
        body.instruction(&I::I32Const(9));
    }
    body.instruction(&I::I32Const(0));
    body.instruction(&I::BrTable(vec![0; 300_000].into(), 0));
    body.instruction(&I::End);
    for _ in 1..1000 {
        body.instruction(&I::Drop);
    }
    body.instruction(&I::End);
    code.function(&body);
    let mut module = wasm_encoder::Module::new();
    module.section(&types).section(&funcs).section(&exports).section(&code);
    assert_eq!(run(&Engine::default(), module.finish()).unwrap(), 9);
}

#[test]
fn a_body_of_one_long_expression() {
    // A hundred thousand operands wait on the stack: more than the slots of an ordinary frame.
    let mut instrs = vec![I::I32Const(1); DEEP];
    instrs.extend(std::iter::repeat_n(I::I32Add, DEEP - 1));
    assert_eq!(run(&Engine::default(), module(instrs)).unwrap(), i32::try_from(DEEP).unwrap());
}

#[test]
fn operands_that_cannot_be_folded_away_wait_in_their_slots() {
    let text = format!(
        "(module (memory 1) (func (export \"run\") (result i32) {} {}))",
        "(i32.load (i32.const 0)) ".repeat(DEEP),
        "i32.add ".repeat(DEEP - 1),
    );
    assert_eq!(run(&Engine::default(), text).unwrap(), 0);
}

// ---- running away -------------------------------------------------------------------------------------

#[test]
fn infinite_recursion_traps() {
    let recursions = [
        "(func $f (export \"run\") (result i32) (call $f))",
        "(func $f (export \"run\") (result i32) (i32.add (call $f) (call $f)))",
        "(func $f (export \"run\") (result i32) (call $g)) (func $g (result i32) (drop (call $f)) (i32.const 1))",
        "(table funcref (elem $f)) (func $f (export \"run\") (result i32) (call_indirect (result i32) (i32.const 0)))",
        "(func $f (param i64 i64 i64) (result i32) (local f64 f64) (call $f (i64.const 1) (i64.const 2) (i64.const 3)))
         (func (export \"run\") (result i32) (call $f (i64.const 0) (i64.const 0) (i64.const 0)))",
    ];
    for text in recursions {
        let engine = Engine::default();
        let (result, held) = peak(|| run(&engine, format!("(module {text})")));
        traps(result, Trap::CallStackExhausted);
        assert!(held < 256 * MIB, "{held} bytes were held");
    }
}

#[test]
fn recursion_with_large_frames_traps() {
    // 50,000 locals per frame: the stack's size gives out before its depth.
    let locals = "i64 ".repeat(49_999);
    let text = format!("(module (func $f (export \"run\") (result i32) (local {locals}) (call $f)))");
    let engine = Engine::default();
    let (result, held) = peak(|| run(&engine, text));
    traps(result, Trap::CallStackExhausted);
    assert!(held < 256 * MIB, "{held} bytes were held");
}

#[test]
fn the_engine_works_after_an_exhausted_stack() {
    let engine = Engine::default();
    let text = "(module
        (func $f (export \"down\") (param i32) (result i32)
            (if (result i32) (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 42)))))";
    let module = Module::new(&engine, text).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let down = instance.get_typed_func::<i32, i32>(&mut store, "down").unwrap();
    for _ in 0..3 {
        traps(down.call(&mut store, -1), Trap::CallStackExhausted);
        assert_eq!(down.call(&mut store, 100).unwrap(), 42);
    }
}

#[test]
fn recursion_in_a_start_function_traps() {
    let engine = Engine::default();
    let module = Module::new(&engine, "(module (func $f (call $f)) (start $f))").unwrap();
    let result = Instance::new(&mut Store::new(&engine, ()), &module, &[]);
    traps(result.map(drop), Trap::CallStackExhausted);
}

#[test]
fn recursion_through_the_host_traps() {
    // Each turn goes guest, host, guest: this one does use the native stack, and is bounded too.
    let engine = Engine::default();
    let text = "(module (import \"\" \"again\" (func $again (result i32))) (func (export \"run\") (result i32) (call $again)))";
    let module = Module::new(&engine, text).unwrap();
    let mut store = Store::new(&engine, None::<Instance>);
    let again = Func::wrap(&mut store, |mut caller: Caller<'_, Option<Instance>>| -> Result<i32> {
        let instance = caller.data().ok_or_else(|| Error::msg("no instance"))?;
        instance.get_typed_func::<(), i32>(&mut caller, "run")?.call(&mut caller, ())
    });
    let instance = Instance::new(&mut store, &module, &[again.into()]).unwrap();
    *store.data_mut() = Some(instance);
    let run = instance.get_typed_func::<(), i32>(&mut store, "run").unwrap();
    traps(run.call(&mut store, ()), Trap::CallStackExhausted);
}

#[test]
fn endless_loops_run_out_of_fuel() {
    let endless = [
        "(func (export \"run\") (result i32) (loop (br 0)) (i32.const 0))",
        "(func $f (export \"run\") (result i32) (return_call $f))",
        "(func $f (export \"run\") (result i32) (return_call $g)) (func $g (result i32) (return_call $f))",
        "(table funcref (elem $f)) (func $f (export \"run\") (result i32) (return_call_indirect (result i32) (i32.const 0)))",
        "(func (export \"run\") (result i32) (local i32)
            (loop (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (i32.const 1))) (local.get 0))",
        "(func (export \"run\") (result i32) (loop (br_table 0 0 0 (i32.const 1))) (i32.const 0))",
    ];
    let engine = fuelled();
    for text in endless {
        let module = Module::new(&engine, format!("(module {text})")).unwrap();
        let mut store = Store::new(&engine, ());
        store.set_fuel(1_000_000).unwrap();
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let run = instance.get_typed_func::<(), i32>(&mut store, "run").unwrap();
        traps(run.call(&mut store, ()), Trap::AllFuelConsumed);
        // Once more, with some of it back.
        store.set_fuel(1_000).unwrap();
        traps(run.call(&mut store, ()), Trap::AllFuelConsumed);
    }
}

#[test]
fn a_start_function_that_loops_runs_out_of_fuel() {
    let engine = fuelled();
    let module = Module::new(&engine, "(module (func $f (loop (br 0))) (start $f))").unwrap();
    let mut store = Store::new(&engine, ());
    store.set_fuel(1_000_000).unwrap();
    traps(Instance::new(&mut store, &module, &[]).map(drop), Trap::AllFuelConsumed);
}

#[test]
fn fuel_that_was_never_given_stops_at_once() {
    let engine = fuelled();
    traps(run(&engine, "(module (func (export \"run\") (result i32) (i32.const 0)))"), Trap::AllFuelConsumed);
}

#[test]
fn bulk_operations_cost_fuel_by_their_length() {
    // Otherwise a few instructions would keep the machine busy for as long as they like.
    let engine = fuelled();
    let operations = [
        "(memory.fill (i32.const 0) (i32.const 1) (local.get 0))",
        "(memory.copy (i32.const 0) (i32.const 1) (local.get 0))",
        "(table.fill (i32.const 0) (ref.null func) (local.get 0))",
        "(table.copy (i32.const 0) (i32.const 1) (local.get 0))",
    ];
    for operation in operations {
        let text = format!(
            "(module (memory 16) (table 1000000 funcref) (func (export \"run\") (param i32) {operation}))"
        );
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let run = instance.get_typed_func::<i32, ()>(&mut store, "run").unwrap();
        let mut cost = |length: i32| {
            store.set_fuel(1 << 40).unwrap();
            run.call(&mut store, length).unwrap();
            (1 << 40) - store.get_fuel().unwrap()
        };
        let (short, long) = (cost(0), cost(900_000));
        assert!(short < 100 && long > 1000, "{operation}: {short} for nothing, {long} for 900,000");
        store.set_fuel(1000).unwrap();
        traps(run.call(&mut store, 900_000), Trap::AllFuelConsumed);
    }
}

// ---- growing ------------------------------------------------------------------------------------------

/// Grows by `step` until that fails, and returns the final size.
fn grow(kind: &str, declaration: &str, step: u32) -> String {
    let operands = if kind == "memory" { "" } else { "(ref.null func)" };
    format!(
        "(module ({kind} {declaration}) (func (export \"run\") (result i32)
            (loop (br_if 0 (i32.ne ({kind}.grow {operands} (i32.const {step})) (i32.const -1)))) ({kind}.size)))"
    )
}

#[test]
fn memory_grows_to_its_declared_maximum() {
    let engine = Engine::default();
    assert_eq!(run(&engine, grow("memory", "0 1000", 1)).unwrap(), 1000);
    assert_eq!(run(&engine, grow("memory", "3 1000", 7)).unwrap(), 997);
}

#[test]
fn memory_without_a_maximum_grows_to_the_limit_and_no_further() {
    // At most 65,536 pages exist; the engine's default limit may be lower. None of it is touched.
    let engine = Engine::default();
    let (result, held) = peak(|| run(&engine, grow("memory", "0", 1)));
    let pages = result.unwrap();
    assert!((1..=65_536).contains(&pages), "{pages} pages");
    assert!(held < 4 * MIB, "{held} bytes were held");
    for step in [65_537, 0x7fff_ffff, 0xffff_ffff] {
        assert_eq!(run(&engine, grow("memory", "1", step)).unwrap(), 1);
    }
}

#[test]
fn tables_grow_to_the_limit_and_no_further() {
    let engine = Engine::default();
    assert_eq!(run(&engine, grow("table", "0 1000 funcref", 1)).unwrap(), 1000);
    let (result, held) = peak(|| run(&engine, grow("table", "0 funcref", 100_000)));
    assert!((1..=10_000_000).contains(&result.unwrap()));
    assert!(held < 256 * MIB, "{held} bytes were held");
    assert_eq!(run(&engine, grow("table", "5 funcref", 0xffff_ffff)).unwrap(), 5);
}

#[test]
fn a_limiter_stops_growth_earlier() {
    let engine = Engine::default();
    let limits = StoreLimitsBuilder::new().memory_size(10 << 16).table_elements(10).build();
    let mut store = Store::new(&engine, limits);
    store.limiter(|limits| limits);
    let mut run = |text: String| {
        let module = Module::new(&engine, text).unwrap();
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        instance.get_typed_func::<(), i32>(&mut store, "run").unwrap().call(&mut store, ()).unwrap()
    };
    assert_eq!(run(grow("memory", "0", 1)), 10);
    assert_eq!(run(grow("table", "0 funcref", 3)), 9);
    let module = Module::new(&engine, "(module (memory 11))").unwrap();
    Instance::new(store.as_context_mut(), &module, &[]).expect_err("more than the limit from the start");
}
