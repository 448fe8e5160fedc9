//! Files with modules.

use crate::failure::Failure;
use crate::{place, source};
use std::io::Read;
use std::path::{Path, PathBuf};
use terrane::{Error, ErrorKind, FrameInfo, Module};
use terrane_syntax::Module as Syntax;
use wast::token::Span;

/// A module that has been read from a file, in the binary format.
pub(crate) struct Input {
    /// The file, for messages.
    pub(crate) name: PathBuf,
    /// The module in the binary format.
    pub(crate) binary: Vec<u8>,
    /// What it was made of, if the file holds text.
    text: Option<String>,
}

impl Input {
    /// Reads a module from a file, or from the standard input if that is `-`.
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let name = if is_stdin(file) { PathBuf::from("<stdin>") } else { file.to_owned() };
        let bytes = read_bytes(file)?;
        if bytes.is_empty() {
            let message = format!(
                "{}: the file is empty, but a module has at least a header of 8 bytes",
                name.display()
            );
            return Err(Failure::Failed(message));
        }
        match String::from_utf8(bytes) {
            Ok(text) if is_text(&text, file) => {
                let binary = source::to_binary(&text, &name).map_err(Failure::Failed)?;
                Ok(Self { name, binary, text: Some(text) })
            }
            Ok(text) => Ok(Self { name, binary: text.into_bytes(), text: None }),
            Err(error) => Ok(Self { name, binary: error.into_bytes(), text: None }),
        }
    }

    /// Does the file hold text?
    pub(crate) fn is_text(&self) -> bool {
        self.text.is_some()
    }

    /// What failed, with the places in the module and in its text that it is about.
    pub(crate) fn failed(&self, error: &Error) -> Failure {
        Failure::Failed(self.explain(error, None))
    }

    /// What failed, while an instance of the module was run.
    pub(crate) fn failed_running(&self, error: &Error, module: &Module) -> Failure {
        Failure::Failed(self.explain(error, Some(module)))
    }

    fn explain(&self, error: &Error, module: Option<&Module>) -> String {
        match error.kind() {
            ErrorKind::Malformed(malformed) => self.at_offset(error, malformed.offset()),
            ErrorKind::Invalid(invalid) => self.at_offset(error, invalid.offset()),
            ErrorKind::Link(links) => {
                let mut message = format!("{}: it cannot be linked", self.name.display());
                links.to_string().lines().for_each(|line| message += &format!("\n  {line}"));
                message
            }
            _ => self.with_backtrace(error, module),
        }
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

    /// An error that was met by a guest, with where that was. A function that calls itself is shown once.
    fn with_backtrace(&self, error: &Error, module: Option<&Module>) -> String {
        let mut message = format!("{error:#}");
        let Some(backtrace) = error.backtrace().filter(|backtrace| !backtrace.frames().is_empty()) else {
            return message;
        };
        let frames = backtrace.frames();
        message += "\nwasm backtrace:";
        let lines = self.lines(frames, module);
        let (mut i, all): (_, Vec<_>) = (0, frames.iter().map(ToString::to_string).collect());
        while i < all.len() {
            message += &format!("\n{i:>5}: {}", all[i]);
            if let Some(line) = &lines[i] {
                message += &format!("\n             at {line}");
            }
            let same = all[i..].iter().take_while(|frame| **frame == all[i]).count();
            if same > 1 {
                message += &format!("\n       and {} more like it", same - 1);
            }
            i += same;
        }
        message
    }

    /// The file, line and column that each frame is at, if it is of this module, and that was made of text.
    fn lines(&self, frames: &[FrameInfo], module: Option<&Module>) -> Vec<Option<String>> {
        let none = vec![None; frames.len()];
        let (Some(text), Some(module)) = (&self.text, module) else { return none };
        let instr = |frame: &FrameInfo| {
            let is_ours = std::ptr::eq::<Syntax>(&**module.syntax(), &**frame.module().syntax());
            place::find(&self.binary, frame.module_offset().filter(|_| is_ours)?)?.instr()
        };
        let instrs: Vec<_> = frames.iter().map(instr).collect();
        // What is nowhere is looked for where nothing is.
        let wanted: Vec<_> = instrs.iter().map(|instr| instr.unwrap_or((usize::MAX, 0))).collect();
        let Some(spans) = source::spans(text, &wanted) else { return none };
        let line = |span: Span| {
            let (line, column) = source::line_and_column(text, span);
            format!("{}:{line}:{column}", self.name.display())
        };
        spans.into_iter().map(|span| span.map(line)).collect()
    }
}

pub(crate) fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

/// Everything that is in a file, or in the standard input if that is `-`.
pub(crate) fn read_bytes(file: &Path) -> Result<Vec<u8>, Failure> {
    let result = if is_stdin(file) {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(file)
    };
    result.map_err(|error| Failure::Usage(format!("cannot read {}: {error}", file.display())))
}

/// Is this the text format? The binary format begins with a zero byte. A file that should be binary by its name and
/// does not begin like text either is more likely a broken binary.
fn is_text(text: &str, file: &Path) -> bool {
    let looks_like_text = text.trim_start().starts_with(['(', ';']);
    !text.starts_with('\0')
        && (looks_like_text || file.extension().is_none_or(|extension| extension != "wasm"))
}
