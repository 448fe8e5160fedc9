//! Who may depend on whom.

use super::Findings;
use crate::cargo::root;
use std::fs;
use toml::{Table, Value};

/// The crates from the bottom up: folder, package, and what of ours it may use.
const LAYERS: &[(&str, &str, &[&str])] = &[
    ("crates/syntax", "terrane-syntax", &[]),
    ("crates/binary", "terrane-binary", &["terrane-syntax"]),
    ("crates/validation", "terrane-validation", &["terrane-syntax"]),
    ("crates/runtime", "terrane-runtime", &["terrane-syntax"]),
    (
        "crates/interpreter",
        "terrane-interpreter",
        &["terrane-syntax", "terrane-validation", "terrane-runtime"],
    ),
    ("crates/macros", "terrane-macros", &[]),
    (
        "crates/host",
        "terrane",
        &[
            "terrane-syntax",
            "terrane-binary",
            "terrane-validation",
            "terrane-runtime",
            "terrane-interpreter",
            "terrane-macros",
        ],
    ),
    ("crates/wast", "terrane-wast", &["terrane"]),
    ("crates/wasi", "terrane-wasi", &["terrane"]),
    ("crates/assemblyscript/macros", "terrane-assemblyscript-macros", &[]),
    ("crates/assemblyscript", "terrane-assemblyscript", &["terrane", "terrane-assemblyscript-macros"]),
    // The command shows what is in modules, so it reads them by the layers that do.
    (
        "crates/cli",
        "terrane-cli",
        &[
            "terrane",
            "terrane-assemblyscript",
            "terrane-wasi",
            "terrane-wast",
            "terrane-syntax",
            "terrane-binary",
        ],
    ),
];

/// The packages that test or serve the crates, which no crate may use.
const AROUND: &[&str] = &[
    "spec-suite",
    "tests",
    "tests/bench",
    "tests/fuzz",
    "tests/fuzz/targets",
    "tests/portable",
    "tests/programs",
    "xtask",
];

/// Dependencies that point upwards, and folders that this list does not know.
pub(super) fn check() -> Result<Findings, String> {
    let mut findings = Findings::new();
    for (i, (folder, package, allowed)) in LAYERS.iter().enumerate() {
        let manifest = manifest(folder)?;
        let name = manifest.get("package").and_then(|package| package.get("name")).and_then(Value::as_str);
        if name != Some(package) {
            findings.push(format!("{folder} should be the package {package}"));
        }
        for dependency in ours(&manifest, &["dependencies", "build-dependencies"]) {
            if !allowed.contains(&dependency.as_str()) {
                findings.push(format!("{package} must not depend on {dependency}"));
            }
        }
        let below: Vec<&str> = LAYERS[..i].iter().map(|layer| layer.1).collect();
        for dependency in ours(&manifest, &["dev-dependencies"]) {
            if !below.contains(&dependency.as_str()) {
                findings.push(format!("tests of {package} need {dependency}, so they belong into tests/"));
            }
        }
    }
    let crates = fs::read_dir(root().join("crates")).map_err(|error| format!("crates: {error}"))?;
    for entry in crates.flatten() {
        let folder = format!("crates/{}", entry.file_name().to_string_lossy());
        if !LAYERS.iter().any(|layer| layer.0 == folder) {
            findings.push(format!("{folder} is in no layer that this check knows"));
        }
    }
    Ok(findings)
}

fn manifest(folder: &str) -> Result<Table, String> {
    let path = root().join(folder).join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(|error| format!("{folder}/Cargo.toml: {error}"))?;
    text.parse().map_err(|error| format!("{folder}/Cargo.toml: {error}"))
}

/// The packages of this workspace in those sections of a manifest, for every platform.
fn ours(manifest: &Table, sections: &[&str]) -> Vec<String> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    let places = std::iter::once(manifest).chain(targets);
    let tables =
        places.flat_map(|place| sections.iter().filter_map(|section| place.get(*section)?.as_table()));
    let names = tables.flat_map(|table| table.keys().cloned());
    let around: Vec<String> = AROUND
        .iter()
        .filter_map(|folder| {
            self::manifest(folder).ok()?.get("package")?.get("name")?.as_str().map(str::to_owned)
        })
        .collect();
    names.filter(|name| LAYERS.iter().any(|layer| layer.1 == *name) || around.contains(name)).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn dependencies_point_down() {
        assert_eq!(super::check().unwrap(), Vec::<String>::new());
    }
}
