//! What files may look like.

use super::Findings;
use crate::cargo::root;
use std::fs;
use std::path::Path;

/// A file with more lines is to be split.
const MOST_LINES: usize = 900;

/// What has no place in the sources, written so that this file does not have it either.
const FORBIDDEN: &[(&str, &str)] = &[
    (concat!("todo", "!("), "unfinished code"),
    (concat!("unimplemented", "!("), "unfinished code"),
    (concat!("dbg", "!("), "a trace of debugging"),
    (concat!("FIX", "ME"), "an open end"),
    (concat!("XX", "X:"), "an open end"),
];

/// Files that are too long, and lines that are not finished.
pub(super) fn check() -> Result<Findings, String> {
    let mut findings = Findings::new();
    for folder in ["crates", "spec-suite", "tests", "xtask"] {
        walk(&root().join(folder), &mut findings)?;
    }
    findings.sort();
    Ok(findings)
}

fn walk(dir: &Path, findings: &mut Findings) -> Result<(), String> {
    let entries = fs::read_dir(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| format!("{}: {error}", dir.display()))?.path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                walk(&path, findings)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let name = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
            look_at(&name, &text, findings);
        }
    }
    Ok(())
}

fn look_at(name: &str, text: &str, findings: &mut Findings) {
    let lines = text.lines().count();
    if lines > MOST_LINES {
        findings.push(format!("{name} has {lines} lines, and {MOST_LINES} is the most"));
    }
    for (i, line) in text.lines().enumerate() {
        for (words, why) in FORBIDDEN {
            if line.contains(words) {
                findings.push(format!("{name}:{}: {words} is {why}", i + 1));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_code_and_long_files_are_found() {
        let mut findings = Findings::new();
        let text = format!("fn f() {{\n    {}\n}}\n", FORBIDDEN[0].0);
        look_at("a.rs", &text, &mut findings);
        look_at("b.rs", &"\n".repeat(MOST_LINES + 1), &mut findings);
        look_at("c.rs", &"\n".repeat(MOST_LINES), &mut findings);
        assert_eq!(findings.len(), 2, "{findings:?}");
        assert!(findings[0].starts_with("a.rs:2: "));
    }
}
