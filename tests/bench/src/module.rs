//! The modules that are measured: bytes, with what the engines must provide.

use std::path::PathBuf;
use std::{env, fs};

use wasmparser::{CompositeInnerType, FuncType, Parser, Payload, TypeRef, ValType};

use crate::Result;

/// A module in the binary format.
pub(crate) struct Wasm {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// The functions that it imports, each once.
    pub(crate) imports: Vec<Import>,
}

/// An imported function.
#[derive(Clone)]
pub(crate) struct Import {
    pub(crate) module: String,
    pub(crate) name: String,
    pub(crate) params: Vec<NumType>,
    pub(crate) results: Vec<NumType>,
}

/// A number type: imports of other types do not occur in the modules here.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum NumType {
    I32,
    I64,
    F32,
    F64,
}

impl Wasm {
    pub(crate) fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Self> {
        let imports = imports_of(&bytes)?;
        Ok(Self { name: name.to_owned(), bytes, imports })
    }

    pub(crate) fn from_text(name: &str, text: &str) -> Result<Self> {
        let buffer = wast::parser::ParseBuffer::new(text)?;
        let bytes = wast::parser::parse::<wast::Wat<'_>>(&buffer)?.encode()?;
        Self::from_bytes(name, bytes)
    }

    /// The size, for a table's row.
    pub(crate) fn size(&self) -> String {
        match self.bytes.len() {
            len if len < 10_000 => format!("{len} B"),
            len if len < 1_000_000 => format!("{:.0} kB", len as f64 / 1e3),
            len => format!("{:.1} MB", len as f64 / 1e6),
        }
    }
}

fn imports_of(bytes: &[u8]) -> Result<Vec<Import>> {
    // By index: the types of functions, and nothing for others.
    let mut types: Vec<Option<FuncType>> = Vec::new();
    let mut imports: Vec<Import> = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::TypeSection(section) => {
                for group in section {
                    types.extend(group?.into_types().map(|ty| match ty.composite_type.inner {
                        CompositeInnerType::Func(ft) => Some(ft),
                        _ => None,
                    }));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let TypeRef::Func(x) = import.ty else {
                        return Err(format!("{}.{} is not a function", import.module, import.name).into());
                    };
                    let ty = types
                        .get(x as usize)
                        .and_then(Option::as_ref)
                        .ok_or("an import of an unknown type")?;
                    if !imports.iter().any(|i| i.module == import.module && i.name == import.name) {
                        imports.push(Import {
                            module: import.module.to_owned(),
                            name: import.name.to_owned(),
                            params: numtypes(ty.params())?,
                            results: numtypes(ty.results())?,
                        });
                    }
                }
                break;
            }
            Payload::CodeSectionStart { .. } => break,
            _ => {}
        }
    }
    Ok(imports)
}

fn numtypes(types: &[ValType]) -> Result<Vec<NumType>> {
    let numtype = |t: &ValType| match t {
        ValType::I32 => Ok(NumType::I32),
        ValType::I64 => Ok(NumType::I64),
        ValType::F32 => Ok(NumType::F32),
        ValType::F64 => Ok(NumType::F64),
        other => Err(format!("an import with a value of type {other}").into()),
    };
    types.iter().map(numtype).collect()
}

/// All kernels in C linked into one module: middling, and always there.
pub(crate) fn suite() -> Result<Wasm> {
    Wasm::from_bytes("suite", include_bytes!("../programs/wasm/suite.wasm").to_vec())
}

/// Calls to and from the host: `run(n)` calls `env.host` n times, `step` is for the host to call. Also the smallest
/// module with a memory.
pub(crate) fn calls() -> Result<Wasm> {
    Wasm::from_text("calls", include_str!("../programs/wat/host_calls.wat"))
}

/// Modules of which there is nothing to instantiate but one thing.
pub(crate) fn small() -> Result<[Wasm; 3]> {
    Ok([
        Wasm::from_text("function", "(module (func))")?,
        Wasm::from_text("memory", "(module (memory 1))")?,
        Wasm::from_text("table", "(module (func $f) (table funcref (elem $f $f $f $f $f $f $f $f)))")?,
    ])
}

/// Programs as they are found in the wild, fetched by `fetch.sh`.
const REAL: [(&str, &str); 3] = [("sqlite", "sqlite.wasm"), ("php", "php.wasm"), ("clang", "clang.wasm")];

/// The large modules that are in the cache, and a note about those that are not.
pub(crate) fn real() -> Result<(Vec<Wasm>, Option<String>)> {
    let folder = cache();
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for (name, file) in REAL {
        match fs::read(folder.join(file)) {
            Ok(bytes) => found.push(Wasm::from_bytes(name, bytes)?),
            Err(_) => missing.push(file),
        }
    }
    let note = (!missing.is_empty())
        .then(|| format!("{} not in {}: run tests/bench/fetch.sh", missing.join(", "), folder.display()));
    Ok((found, note))
}

fn cache() -> PathBuf {
    match env::var_os("TERRANE_CACHE") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cache/terrane"),
    }
}

/// The module of that name, for a process that measures one thing.
pub(crate) fn by_name(name: &str) -> Result<Wasm> {
    match name {
        "suite" => suite(),
        "calls" => calls(),
        _ => {
            let (_, file) = REAL.iter().find(|(n, _)| *n == name).ok_or("no module of that name")?;
            Wasm::from_bytes(name, fs::read(cache().join(file))?)
        }
    }
}
