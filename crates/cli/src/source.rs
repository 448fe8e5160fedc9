//! The text format: to binary, and back from an instruction to its place in the text.

use std::path::Path;
use wast::core::{FuncKind, ModuleField, ModuleKind};
use wast::parser::{ParseBuffer, parse};
use wast::token::Span;
use wast::{Error, Wat};

/// The module in the binary format, or what is wrong, with the line and a caret.
pub(crate) fn to_binary(text: &str, name: &Path) -> Result<Vec<u8>, String> {
    let encode = || parse::<Wat<'_>>(&ParseBuffer::new(text)?)?.encode();
    encode().map_err(|error| render(error, text, name))
}

/// An error with the place in the text that it is about.
fn render(mut error: Error, text: &str, name: &Path) -> String {
    error.set_text(text);
    error.set_path(name);
    error.to_string()
}

/// Where in a text an instruction stands, with its line and a caret, to be appended to a message. The function is
/// counted among those that the module defines, the instruction in its function.
pub(crate) fn excerpt(text: &str, name: &Path, func: usize, instr: usize) -> Option<String> {
    caret(text, name, span(text, func, instr)?)
}

/// A line with a caret, to be appended to a message.
fn caret(text: &str, name: &Path, span: Span) -> Option<String> {
    let rendered = render(Error::new(span, String::new()), text, name);
    rendered.find("\n").map(|line_end| rendered[line_end..].to_owned())
}

/// A line of a text, from 1, with a caret at a column, from 1, to be appended to a message.
pub(crate) fn caret_at(text: &str, name: &Path, line: usize, column: usize) -> Option<String> {
    let start: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let rest = text.get(start..)?;
    let in_line: usize = rest.chars().take(column.checked_sub(1)?).map(char::len_utf8).sum();
    caret(text, name, Span::from_offset(start + in_line))
}

/// The line and the column of an instruction, both from 1.
pub(crate) fn line_and_column(text: &str, func: usize, instr: usize) -> Option<(usize, usize)> {
    let (line, column) = span(text, func, instr)?.linecol_in(text);
    Some((line + 1, column + 1))
}

fn span(text: &str, func: usize, instr: usize) -> Option<Span> {
    let mut buffer = ParseBuffer::new(text).ok()?;
    buffer.track_instr_spans(true);
    let mut wat = parse::<Wat<'_>>(&buffer).ok()?;
    // Encoding brings what stands in other fields, such as imports inside of functions, into its place.
    wat.encode().ok()?;
    let Wat::Module(module) = &wat else { return None };
    let ModuleKind::Text(fields) = &module.kind else { return None };
    let funcs = fields.iter().filter_map(|field| match field {
        ModuleField::Func(func) => Some(func),
        _ => None,
    });
    let mut defined = funcs.filter_map(|func| match &func.kind {
        FuncKind::Inline { expression, .. } => Some((func.span, expression.instr_spans.as_deref()?)),
        FuncKind::Import(..) => None,
    });
    let (func, instrs) = defined.nth(func)?;
    // The final `end` is not written: it stands for the whole function.
    Some(instrs.get(instr).copied().unwrap_or(func))
}
