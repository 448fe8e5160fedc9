//! `terrane dump`.

use crate::failure::{Failure, Outcome};
use crate::immediates;
use crate::inspect::{Contents, decode_failure};
use crate::source::Source;
use clap::Args;
use std::io::Write;
use std::path::PathBuf;
use terrane_binary::Body;
use terrane_syntax::{Features, Instr};

/// Disassembles a module: every instruction of every function, with its offset and its bytes.
///
/// The module need not be valid, only well-formed. Immediates stand in the order of the binary format.
#[derive(Args)]
pub(crate) struct Options {
    /// The module, binary or text.
    file: PathBuf,
    /// Only that function, by index or name.
    #[arg(long, value_name = "FUNC")]
    func: Option<String>,
}

/// How many bytes of an instruction are shown.
const SHOWN_BYTES: usize = 6;

/// Runs the command.
pub(crate) fn dump(options: &Options, out: &mut impl Write) -> Outcome {
    let source = Source::load(&options.file)?;
    let contents = Contents::decode(&source)?;
    let imported = contents.module.import_counts().funcs;
    let mut found = false;
    for (i, func) in contents.module.funcs.iter().enumerate() {
        let index = (imported + i) as u32;
        if !is_meant(options.func.as_deref(), index, contents.names.funcs.get(index)) {
            continue;
        }
        if found {
            writeln!(out)?;
        }
        found = true;
        writeln!(out, "{} {}", contents.func_label(index), contents.type_text(func.ty))?;
        let data_count = contents.module.data_count.is_some();
        let body = Body::new(&source.binary, func.body.clone(), Features::all(), data_count);
        disassemble(&source, body, out)?;
    }
    match &options.func {
        Some(func) if !found => Err(Failure::Usage(format!("the module defines no function `{func}`"))),
        _ => Ok(()),
    }
}

/// Is it the function that was asked for, if one was?
fn is_meant(wanted: Option<&str>, index: u32, name: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| wanted.parse() == Ok(index) || name == Some(wanted))
}

fn disassemble(source: &Source, body: Body<'_>, out: &mut impl Write) -> Outcome {
    let failed = |error| decode_failure(source, error);
    let end = body.range().end;
    let mut locals = body.locals().map_err(failed)?;
    let mut from = locals.offset();
    while let Some(local) = locals.next() {
        let (count, ty) = local.map_err(failed)?;
        let to = locals.offset();
        line(source, from, to, 1, &format!("local {ty} x {count}"), out)?;
        from = to;
    }
    // An instruction ends where the next one begins.
    let mut instrs = locals.into_instrs().map_err(failed)?;
    let mut last: Option<(usize, usize, String)> = None;
    let mut depth = 1_usize;
    while let Some((offset, instr)) = instrs.next().map_err(failed)? {
        if let Some((from, depth, text)) = last.take() {
            line(source, from, offset, depth, &text, out)?;
        }
        let (before, after) = nesting(&instr);
        depth = depth.saturating_sub(before).max(1);
        last = Some((offset, depth, immediates::text(&instr)));
        depth += after;
    }
    match last {
        Some((from, depth, text)) => line(source, from, end, depth, &text, out),
        None => Ok(()),
    }
}

/// By how much an instruction moves to the left, and those behind it to the right.
fn nesting(instr: &Instr<'_>) -> (usize, usize) {
    match instr {
        Instr::Block { .. }
        | Instr::Loop { .. }
        | Instr::If { .. }
        | Instr::Try { .. }
        | Instr::TryTable { .. } => (0, 1),
        Instr::Else {} | Instr::Catch { .. } | Instr::CatchAll {} => (1, 1),
        Instr::End {} | Instr::Delegate { .. } => (1, 0),
        _ => (0, 0),
    }
}

/// A line: offset, bytes, and text.
fn line(source: &Source, from: usize, to: usize, depth: usize, text: &str, out: &mut impl Write) -> Outcome {
    let bytes = source.binary.get(from..to).unwrap_or_default();
    let mut shown: String = bytes.iter().take(SHOWN_BYTES).map(|byte| format!("{byte:02x} ")).collect();
    if bytes.len() > SHOWN_BYTES {
        shown.push('…');
    }
    let width = SHOWN_BYTES * 3 + 1;
    let indent = "  ".repeat(depth - 1);
    Ok(writeln!(out, "  {from:#08x}: {shown:width$}{indent}{text}")?)
}
