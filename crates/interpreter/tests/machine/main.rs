//! The machine as a whole: what the lowering combines, moves and puts off must not show.
//!
//! `properties` runs random programs on Terrane and on a plain stack machine, `reference`. The other files
//! have a small function for each thing that could go wrong, as text with the results that it must give;
//! those go through both machines as well, and through Terrane in all its configurations.

mod branches;
mod calls;
mod engine;
mod generator;
mod limits;
mod locals;
mod memory;
mod numbers;
mod properties;
mod reference;

use engine::{Engine, Outcome, Setup, Terrane, Word, host};
use reference::Reference;
use terrane_interpreter::CodeConfig;
use wast::Wat;
use wast::parser::{ParseBuffer, parse};

/// A call's arguments, and how it must end.
type Call<'c> = (&'c [u64], Result<&'c [u64], &'c str>);

fn encode(text: &str) -> Vec<u8> {
    let buffer = ParseBuffer::new(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut wat = parse::<Wat<'_>>(&buffer).unwrap_or_else(|error| panic!("{error}\n{text}"));
    wat.encode().unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// All the ways in which Terrane runs, which must not make a difference.
fn setups() -> impl Iterator<Item = Setup> {
    let plain = CodeConfig::default();
    let counted = CodeConfig {
        consume_fuel: true,
        interruptible: true,
        max_call_depth: Some(1000),
        ..CodeConfig::default()
    };
    let traced = CodeConfig { tracing: true, ..counted };
    let codes = [plain, counted, traced];
    codes.into_iter().flat_map(|code| [false, true].map(|lazy| Setup { code, lazy, ..Setup::default() }))
}

/// Checks calls of the export `f0` of the last of some modules; each finds the state that the last one left.
fn check_modules(texts: &[&str], calls: &[Call<'_>]) {
    let modules: Vec<_> = texts.iter().map(|text| encode(text)).collect();
    run(&modules, calls, &mut Reference::default(), "the reference");
    for setup in setups() {
        run(&modules, calls, &mut Terrane::new(setup), &format!("{setup:?}"));
    }
}

fn run(modules: &[Vec<u8>], calls: &[Call<'_>], engine: &mut impl Engine, who: &str) {
    for module in modules {
        engine.instantiate(module).unwrap_or_else(|message| panic!("{who}: {message}"));
    }
    for (args, expected) in calls {
        let words = |bits: &[u64]| -> Vec<Word> { bits.iter().map(|bits| Word::from(*bits)).collect() };
        let expected: Outcome = expected.map(words).map_err(str::to_owned);
        assert_eq!(engine.call(modules.len() - 1, "f0", &words(args)), expected, "{who}: {args:x?}");
    }
}

/// Checks calls of a function, the export `f0` of a module with a memory of a page.
fn check(func: &str, calls: &[Call<'_>]) {
    check_modules(&[&format!("(module (memory 1 3) (func (export \"f0\") {func}))")], calls);
}

/// The bits of an `i32`.
const fn i32(x: i32) -> u64 {
    x as u32 as u64
}

/// The bits of an `f32`.
const fn f32(x: f32) -> u64 {
    x.to_bits() as u64
}

/// The bits of an `f64`.
const fn f64(x: f64) -> u64 {
    x.to_bits()
}

#[test]
fn functions_of_the_host_give_what_they_say() {
    let text = r#"(module (import "host" "h0" (func (param i32) (result i64))) (export "f0" (func 0)))"#;
    let results = host(&[7], &[terrane_syntax::types::ValType::I64]).expect("it does not trap");
    check_modules(&[text], &[(&[7], Ok(&[results[0] as u64]))]);
}
