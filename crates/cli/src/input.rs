//! Files with modules.

use crate::failure::Failure;
use crate::{place, source};
use std::io::Read;
use std::path::{Path, PathBuf};
use terrane::{Bytes, Engine, Error, ErrorKind, Module};

/// A module that has been read from a file, in the binary format.
pub(crate) struct Input {
    /// The file, for messages.
    pub(crate) name: PathBuf,
    /// The module in the binary format.
    pub(crate) binary: Bytes,
    /// What it was made of, if the file holds text.
    text: Option<String>,
}

impl Input {
    /// Reads a module from a file, or from the standard input if that is `-`.
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let name = display_name(file);
        let bytes = read_bytes(file)?;
        if bytes.is_empty() {
            let message = format!(
                "{}: the file is empty, but a module has at least a header of 8 bytes",
                name.display()
            );
            return Err(Failure::Failed(message));
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) if is_text(text, file) => {
                let hint = if looks_like_text(text) { "" } else { NO_MODULE };
                let binary = source::to_binary(text, &name);
                let binary = binary.map_err(|message| Failure::Failed(message + hint))?;
                Ok(Self { name, binary: binary.into(), text: Some(text.to_owned()) })
            }
            _ => Ok(Self { name, binary: bytes, text: None }),
        }
    }

    /// The module.
    pub(crate) fn module(&self, engine: &Engine) -> Result<Module, Error> {
        Module::from_bytes(engine, self.binary.clone())
    }

    /// Does the file hold text?
    pub(crate) fn is_text(&self) -> bool {
        self.text.is_some()
    }

    /// What failed, with the place in the module and in its text that it is about.
    pub(crate) fn failed(&self, error: &Error) -> Failure {
        Failure::Failed(match error.kind() {
            ErrorKind::Malformed(malformed) => self.at_offset(malformed, malformed.offset()),
            ErrorKind::Invalid(invalid) => self.at_offset(invalid, invalid.offset()),
            ErrorKind::Link(links) => {
                let mut message = format!("{}: it cannot be linked", self.name.display());
                links.to_string().lines().for_each(|line| message += &format!("\n  {line}"));
                message
            }
            _ => format!("{}: {error:#}", self.name.display()),
        })
    }

    /// An error that is about a byte of the module.
    pub(crate) fn at_offset(&self, error: impl std::fmt::Display, offset: usize) -> String {
        let mut message = format!("{}: {error}", self.name.display());
        let Some(place) = place::find(&self.binary, offset) else { return message };
        message += &format!("\n  in {place}");
        if let (Some(text), Some(instr)) = (&self.text, place.instr())
            && let Some(Some(span)) = source::spans(text, &[instr]).and_then(|mut spans| spans.pop())
        {
            message += &source::excerpt(text, &self.name, span);
        }
        message
    }

    /// The lines and columns at which bytes of the module stand in its text, as far as it has one.
    pub(crate) fn lines(&self, offsets: &[Option<usize>]) -> Vec<Option<(usize, usize)>> {
        let none = vec![None; offsets.len()];
        let Some(text) = &self.text else { return none };
        let instr = |offset: &Option<usize>| place::find(&self.binary, (*offset)?)?.instr();
        // What is nowhere is looked for where nothing is.
        let instrs: Vec<_> = offsets.iter().map(|offset| instr(offset).unwrap_or((usize::MAX, 0))).collect();
        let Some(spans) = source::spans(text, &instrs) else { return none };
        spans.into_iter().map(|span| Some(source::line_and_column(text, span?))).collect()
    }
}

/// A file as messages name it.
pub(crate) fn display_name(file: &Path) -> PathBuf {
    if is_stdin(file) { PathBuf::from("<stdin>") } else { file.to_owned() }
}

pub(crate) fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

/// Everything that is in a file, or in the standard input if that is `-`.
pub(crate) fn read_bytes(file: &Path) -> Result<Bytes, Failure> {
    let result = if is_stdin(file) {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes.into())
    } else {
        Module::read_file(file)
    };
    result.map_err(|error| Failure::Usage(format!("cannot read {}: {error}", file.display())))
}

/// The text that is in a file, or in the standard input; `what` says that it should be.
pub(crate) fn read_text(file: &Path, what: &str) -> Result<String, Failure> {
    String::from_utf8(read_bytes(file)?.into()).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        Failure::Failed(format!("{}: {what}, but byte {offset:#x} is not UTF-8", file.display()))
    })
}

fn looks_like_text(text: &str) -> bool {
    text.trim_start().starts_with(['(', ';'])
}

/// What else is said of text that is of something else.
const NO_MODULE: &str = "\n  is it a module? One begins with a zero byte and `asm` in the binary format, with `(module` in the text format";

/// Is this the text format? The binary format begins with a zero byte. A file that should be binary by its name and
/// does not begin like text either is more likely a broken binary.
fn is_text(text: &str, file: &Path) -> bool {
    !text.starts_with('\0')
        && (looks_like_text(text) || file.extension().is_none_or(|extension| extension != "wasm"))
}
