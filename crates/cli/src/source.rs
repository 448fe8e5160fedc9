//! The text format: to binary, and back from an instruction to its place in the text.

use std::path::Path;
use wast::core::{FuncKind, ModuleField, ModuleKind};
use wast::parser::{ParseBuffer, parse};
use wast::token::Span;
use wast::{Error, Wat};

/// The module in the binary format, or what is wrong, with the line and a caret.
pub(crate) fn to_binary(text: &str, name: &Path) -> Result<Vec<u8>, String> {
    let encode = || parse::<Wat<'_>>(&ParseBuffer::new(text)?)?.encode();
    encode().map_err(|error: Error| {
        format!("{}: {}{}", name.display(), error.message(), excerpt(text, name, error.span()))
    })
}

/// So many characters of a line are shown on either side of the caret.
const MOST_CHARS: usize = 80;

/// A place in a text with its line and a caret, to be appended to a message.
pub(crate) fn excerpt(text: &str, name: &Path, span: Span) -> String {
    let (line, column) = line_and_column(text, span);
    let (line, column) = (line - 1, column - 1);
    let source = text.lines().nth(line).unwrap_or_default();
    let skipped = column.saturating_sub(MOST_CHARS);
    let shown: String = source.chars().skip(skipped).take(column - skipped + MOST_CHARS).collect();
    // What stands before the caret is as wide as what stands above it, if a tab is a tab.
    let blank: String =
        shown.chars().take(column - skipped).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let (number, margin) = (line + 1, " ".repeat((line + 1).to_string().len()));
    let name = name.display();
    format!(
        "\n {margin}--> {name}:{number}:{}\n {margin} |\n {number} | {shown}\n {margin} | {blank}^",
        column + 1
    )
}

/// The line and the column of a place, both from 1. A column is a character, where `wast` has bytes.
pub(crate) fn line_and_column(text: &str, span: Span) -> (usize, usize) {
    let before = text.get(..span.offset()).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// The place of a line, from 1, and a byte in it, from 1 as well.
pub(crate) fn span_at(text: &str, line: usize, byte: usize) -> Option<Span> {
    let start: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    Some(Span::from_offset(start + byte.checked_sub(1)?))
}

/// Where in a text instructions stand. Each is given by its function, counted among those that the module defines,
/// and by its place in that.
pub(crate) fn spans(text: &str, instrs: &[(usize, usize)]) -> Option<Vec<Option<Span>>> {
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
    let defined: Vec<_> = funcs
        .filter_map(|func| match &func.kind {
            FuncKind::Inline { expression, .. } => Some((func.span, expression.instr_spans.as_deref()?)),
            FuncKind::Import(..) => None,
        })
        .collect();
    let span = |&(func, instr): &(usize, usize)| {
        let (func, instrs) = *defined.get(func)?;
        // The final `end` is not written: it stands for the whole function.
        Some(instrs.get(instr).copied().unwrap_or(func))
    };
    Some(instrs.iter().map(span).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, offset: usize, expected: &str) {
        assert_eq!(excerpt(text, Path::new("a.wat"), Span::from_offset(offset)), expected);
    }

    #[test]
    fn carets_stand_below_what_they_are_about() {
        check("(a)\n\tb c", 7, "\n  --> a.wat:2:4\n   |\n 2 | \tb c\n   | \t  ^");
        check("", 0, "\n  --> a.wat:1:1\n   |\n 1 | \n   | ^");
    }

    #[test]
    fn long_lines_are_cut() {
        let text = "é".repeat(1000);
        let cut = excerpt(&text, Path::new("a.wat"), Span::from_offset(1000));
        assert_eq!(cut.lines().nth(3).map(|line| line.chars().count()), Some(5 + 2 * MOST_CHARS));
        assert!(cut.starts_with("\n  --> a.wat:1:501\n"), "{cut}");
    }

    #[test]
    fn lines_and_columns() {
        let text = "é\nab é cd\n";
        for (offset, line, column, byte) in [(0, 1, 1, 1), (3, 2, 1, 1), (9, 2, 6, 7), (12, 3, 1, 1)] {
            assert_eq!(line_and_column(text, Span::from_offset(offset)), (line, column));
            assert_eq!(span_at(text, line, byte).map(|span| span.offset()), Some(offset));
        }
        assert_eq!(span_at(text, 0, 0).map(|span| span.offset()), None);
    }

    #[test]
    fn instructions_are_found_in_the_text() {
        let text = "(module (func (import \"m\" \"f\")) (func (drop (i32.const 1)) nop))";
        let found = spans(text, &[(0, 0), (0, 1), (0, 2), (0, 3), (1, 0)]).unwrap();
        let texts: Vec<_> = found.iter().map(|span| span.map(|span| &text[span.offset()..])).collect();
        for (text, start) in texts.iter().zip(["i32.const", "drop", "nop", "func (drop"]) {
            assert!(text.is_some_and(|text| text.starts_with(start)), "{texts:?}");
        }
        assert_eq!(texts[4], None);
    }
}
