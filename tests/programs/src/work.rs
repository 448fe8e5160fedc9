//! The folder that a program runs in, and what comes out of it.

use crate::{Outcome, Program};
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The folder of `programs.toml`.
pub fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A program's own folder; it is gone when this is.
#[derive(Debug)]
pub struct Work(TempDir);

impl Work {
    /// The folder as the program is to find it.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn new(program: &Program) -> Result<Self> {
        let work = Self(TempDir::with_prefix("terrane-programs-")?);
        for input in &program.inputs {
            copy(&here().join("inputs").join(input), work.path())?;
        }
        for folder in &program.make {
            fs::create_dir_all(work.path().join(folder))?;
        }
        Ok(work)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Which files are not what they are to be at the end.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn compare_files(&self, program: &Program) -> Result<Vec<String>> {
        let mut wrong = Vec::new();
        for (name, expected) in &program.files {
            let path = self.path().join(name);
            let sum = if path.exists() { sha256(&path)? } else { "missing".to_owned() };
            if sum != *expected {
                wrong.push(format!("the SHA-256 of {name}: expected {expected}, found {sum}"));
            }
        }
        Ok(wrong)
    }
}

/// The SHA-256 of a file, in hexadecimal digits.
pub(crate) fn sha256(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    Ok(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Copies what is in a folder.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &to)?,
            false => fs::copy(entry.path(), &to).map(drop)?,
        }
    }
    Ok(())
}

/// The file of what a step is to write to its standard output; if there is none, that is nothing.
pub(crate) fn golden(program: &Program, step: usize) -> PathBuf {
    here().join("expected").join(format!("{}.{step}.out", program.name))
}

/// What of a step's outcome is not as expected.
pub(crate) fn compare(program: &Program, index: usize, outcome: &Outcome) -> Result<Vec<String>> {
    let step = &program.steps[index];
    let mut wrong = Vec::new();
    let errors = String::from_utf8_lossy(&outcome.stderr);
    if outcome.ending != step.exit {
        wrong.push(format!("expected {}, found {}: {errors}", step.exit, outcome.ending));
    }
    let golden = golden(program, index);
    let expected = if golden.exists() { fs::read(&golden)? } else { Vec::new() };
    if let Some(difference) = difference(&expected, &outcome.stdout) {
        let found = std::env::temp_dir().join(golden.file_name().unwrap_or_default());
        fs::write(&found, &outcome.stdout)?;
        wrong.push(format!("{} is not {}: {difference}", found.display(), golden.display()));
    }
    for text in step.stderr.iter().filter(|text| !errors.contains(text.as_str())) {
        wrong.push(format!("expected {text:?} in its standard error, found: {errors}"));
    }
    Ok(wrong)
}

/// Where two outputs begin to differ.
fn difference(expected: &[u8], found: &[u8]) -> Option<String> {
    if expected == found {
        return None;
    }
    let (mut expected, mut found) = (expected.split(|&b| b == b'\n'), found.split(|&b| b == b'\n'));
    for line in 1.. {
        let (expected, found) = (expected.next(), found.next());
        if expected != found {
            let show = |line: Option<&[u8]>| match line {
                Some(line) => format!("`{}`", String::from_utf8_lossy(line)),
                None => "its end".to_owned(),
            };
            return Some(format!("line {line}:\n  expected {}\n     found {}", show(expected), show(found)));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn says_where_outputs_begin_to_differ() {
        assert_eq!(difference(b"a\nb\n", b"a\nb\n"), None);
        assert_eq!(difference(b"a\nb\n", b"a\nc\n").unwrap(), "line 2:\n  expected `b`\n     found `c`");
        assert_eq!(difference(b"a\n", b"a").unwrap(), "line 2:\n  expected ``\n     found its end");
    }
}
