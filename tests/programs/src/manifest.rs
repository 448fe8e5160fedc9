//! What `programs.toml` says.

use crate::work::{Work, here};
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    program: Vec<Entry>,
}

/// A program as it is written down: its steps get what they do not say themselves from it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    #[serde(default)]
    inputs: Vec<String>,
    #[serde(default)]
    make: Vec<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    dirs: Vec<Dir>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    preload: BTreeMap<String, Place>,
    #[serde(default)]
    allow_unknown_imports: bool,
    #[serde(default)]
    own: bool,
    step: Vec<StepEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepEntry {
    module: Place,
    #[serde(default)]
    args: Vec<String>,
    stdin: Option<String>,
    #[serde(default)]
    exit: Ending,
    #[serde(default)]
    stderr: Vec<String>,
    dirs: Option<Vec<Dir>>,
}

/// A program: what its folder is made from, and its steps.
#[derive(Debug)]
pub struct Program {
    /// What it is called.
    pub name: String,
    /// Folders of `inputs/` whose contents are in its folder at first.
    pub inputs: Vec<String>,
    /// Empty folders that are in its folder at first.
    pub make: Vec<String>,
    /// The SHA-256 of files that are in its folder at the end.
    pub files: BTreeMap<String, String>,
    /// Whether what is expected is our own answer.
    pub own: bool,
    /// What is run, one after another.
    pub steps: Vec<Step>,
}

/// One run of a module.
#[derive(Debug)]
pub struct Step {
    /// What is run.
    pub module: Place,
    /// Its arguments, after its name.
    pub args: Vec<String>,
    /// A file whose contents are its standard input; else that is empty.
    pub stdin: Option<PathBuf>,
    /// How it is to end.
    pub exit: Ending,
    /// What is to be in its standard error, among other things.
    pub stderr: Vec<String>,
    /// What it is given of the file system.
    pub dirs: Vec<Dir>,
    /// Its environment.
    pub env: BTreeMap<String, String>,
    /// Modules whose exports it may import, and by what names.
    pub preload: BTreeMap<String, Place>,
    /// Whether imports that nobody has become traps.
    pub allow_unknown_imports: bool,
}

/// A path: in the cache (`cache:x`), beside `programs.toml` (`here:x`), or in the program's own folder (`work:x`).
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub enum Place {
    /// In the cache that `tests/fetch.sh` fills.
    Cache(String),
    /// Beside `programs.toml`.
    Here(String),
    /// In the program's folder.
    Work(String),
}

/// A folder, and what the guest calls it. Only what is in the program's own folder may be changed.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Dir {
    /// Where it is.
    pub host: Place,
    /// What the guest calls it.
    pub guest: String,
}

/// How a program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "toml::Value")]
pub enum Ending {
    /// With this exit code.
    Exit(i32),
    /// It traps.
    Trap,
}

impl Default for Ending {
    fn default() -> Self {
        Self::Exit(0)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(code) => write!(f, "exit code {code}"),
            Self::Trap => f.write_str("a trap"),
        }
    }
}

impl TryFrom<toml::Value> for Ending {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        match (value.as_integer(), value.as_str()) {
            (Some(code), _) => i32::try_from(code).map(Self::Exit).map_err(|error| error.to_string()),
            (_, Some("trap")) => Ok(Self::Trap),
            _ => Err(format!("expected an exit code or \"trap\", found {value}")),
        }
    }
}

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("cache", path)) => Ok(Self::Cache(path.to_owned())),
            Some(("here", path)) => Ok(Self::Here(path.to_owned())),
            Some(("work", path)) => Ok(Self::Work(path.to_owned())),
            _ => Err(format!("expected cache:PATH, here:PATH or work:PATH, found {text:?}")),
        }
    }
}

impl TryFrom<String> for Dir {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (host, guest) = text.split_once("::").ok_or(format!("expected HOST::GUEST, found {text:?}"))?;
        Ok(Self { host: host.to_owned().try_into()?, guest: guest.to_owned() })
    }
}

impl Place {
    /// Where it is, for a program whose folder is `work`.
    pub fn path(&self, work: &Work) -> PathBuf {
        match self {
            Self::Work(path) => work.path().join(path),
            Self::Here(path) => here().join(path),
            Self::Cache(path) => terrane_tests::cache().unwrap_or_default().join(path),
        }
    }

    /// Whether it is in the program's own folder.
    pub fn is_work(&self) -> bool {
        matches!(self, Self::Work(_))
    }

    /// Its name, if it is to be in the cache and is not.
    fn missing(&self) -> Option<&str> {
        match self {
            Self::Cache(path) if !terrane_tests::cache().is_some_and(|cache| cache.join(path).exists()) => {
                Some(path)
            }
            _ => None,
        }
    }
}

impl Program {
    /// What of it is not in the cache.
    pub fn missing(&self) -> Option<&str> {
        let places = self.steps.iter().flat_map(|step| {
            [&step.module]
                .into_iter()
                .chain(step.dirs.iter().map(|dir| &dir.host))
                .chain(step.preload.values())
        });
        places.filter_map(Place::missing).next()
    }
}

impl From<Entry> for Program {
    fn from(entry: Entry) -> Self {
        let Entry { name, inputs, make, files, own, dirs, env, preload, .. } = entry;
        let allow_unknown_imports = entry.allow_unknown_imports;
        let step = |step: StepEntry| Step {
            module: step.module,
            args: step.args,
            stdin: step.stdin.map(|path| here().join(path)),
            exit: step.exit,
            stderr: step.stderr,
            dirs: step.dirs.unwrap_or_else(|| dirs.clone()),
            env: env.clone(),
            preload: preload.clone(),
            allow_unknown_imports,
        };
        let steps = entry.step.into_iter().map(step).collect();
        Self { name, inputs, make, files, own, steps }
    }
}

/// All programs of `programs.toml`.
///
/// # Errors
/// If it cannot be read, or says something else than what there is to say.
pub fn programs() -> Result<Vec<Program>> {
    let path = here().join("programs.toml");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let manifest: Manifest = toml::from_str(&text).with_context(|| path.display().to_string())?;
    Ok(manifest.program.into_iter().map(Program::from).collect())
}
