//! `terrane inspect`.

use crate::failure::{Failure, Outcome};
use crate::source::Source;
use clap::Args;
use std::fmt::Display;
use std::io::Write;
use std::path::PathBuf;
use terrane::ErrorKind;
use terrane_binary::{NAME_SECTION, Names, Reader, SectionKind, decode_module};
use terrane_syntax::types::CompType;
use terrane_syntax::{ElemMode, ExternIdx, Features, ImportType, Module, TypeIdx};

/// Shows what is in a module: sections, imports, exports, names and sizes.
///
/// The module need not be valid, only well-formed.
#[derive(Args)]
pub(crate) struct Options {
    /// The module, binary or text.
    file: PathBuf,
}

/// How many of the largest functions are shown.
const LARGEST: usize = 5;

/// Runs the command.
pub(crate) fn inspect(options: &Options, out: &mut impl Write) -> Outcome {
    let source = Source::load(&options.file)?;
    let contents = Contents::decode(&source)?;
    write!(out, "{}: {} bytes", options.file.display(), source.binary.len())?;
    match contents.names.module {
        Some(name) => writeln!(out, ", named {name}")?,
        None => writeln!(out)?,
    }
    sections(&source, out)?;
    contents.imports(out)?;
    contents.exports(out)?;
    contents.definitions(out)?;
    contents.functions(out)
}

/// A decoded module and its names.
pub(crate) struct Contents<'a> {
    pub(crate) module: Module,
    pub(crate) names: Names<'a>,
}

/// A failure to decode.
pub(crate) fn decode_failure(source: &Source, error: terrane_binary::Error) -> Failure {
    source.failure(&terrane::Error::from(ErrorKind::Malformed(error)))
}

impl<'a> Contents<'a> {
    /// Decodes a module, its function bodies left out. A malformed name section is as good as none.
    pub(crate) fn decode(source: &'a Source) -> Outcome<Self> {
        let module =
            decode_module(&source.binary, Features::all()).map_err(|error| decode_failure(source, error))?;
        let section = module.customs.iter().find(|custom| custom.name == NAME_SECTION);
        let names = section.and_then(|custom| {
            let bytes = source.binary.get(custom.offset..custom.offset + custom.bytes.len())?;
            Names::decode(bytes, custom.offset).ok()
        });
        Ok(Self { module, names: names.unwrap_or_default() })
    }

    /// A function's index and name.
    pub(crate) fn func_label(&self, index: u32) -> String {
        match self.names.funcs.get(index) {
            Some(name) => format!("func {index} ${name}"),
            None => format!("func {index}"),
        }
    }

    /// What a type index stands for.
    pub(crate) fn type_text(&self, x: TypeIdx) -> String {
        let mut types = self.module.types.iter().flat_map(|rec| rec.0.iter());
        match types.nth(x.index()) {
            Some(ty) => match &ty.comp {
                CompType::Func(ft) => ft.to_string(),
                other => other.to_string(),
            },
            None => format!("unknown type {x}"),
        }
    }

    fn import_text(&self, ty: &ImportType) -> String {
        match ty {
            ImportType::Func(x) => format!("func {}", self.type_text(*x)),
            ImportType::Table(ty) => ty.to_string(),
            ImportType::Mem(ty) => ty.to_string(),
            ImportType::Global(ty) => ty.to_string(),
            ImportType::Tag(x) => format!("tag {}", self.type_text(*x)),
        }
    }

    /// The type of each function, imports first.
    fn func_types(&self) -> Vec<TypeIdx> {
        let imported = self.module.imports.iter().filter_map(|import| match import.ty {
            ImportType::Func(x) => Some(x),
            _ => None,
        });
        imported.chain(self.module.funcs.iter().map(|func| func.ty)).collect()
    }

    fn imports(&self, out: &mut impl Write) -> Outcome {
        let lines = self.module.imports.iter();
        let lines = lines
            .map(|import| format!("{}.{}: {}", import.module, import.name, self.import_text(&import.ty)));
        list("imports", lines, out)
    }

    fn exports(&self, out: &mut impl Write) -> Outcome {
        let types = self.func_types();
        let lines = self.module.exports.iter().map(|export| {
            let idx = match export.idx {
                ExternIdx::Func(x) => match types.get(x.index()) {
                    Some(ty) => format!("{} {}", self.func_label(x.0), self.type_text(*ty)),
                    None => self.func_label(x.0),
                },
                ExternIdx::Table(x) => format!("table {x}"),
                ExternIdx::Mem(x) => format!("memory {x}"),
                ExternIdx::Global(x) => format!("global {x}"),
                ExternIdx::Tag(x) => format!("tag {x}"),
            };
            format!("{}: {idx}", export.name)
        });
        list("exports", lines, out)
    }

    /// Tables, memories, globals, segments and the start function.
    fn definitions(&self, out: &mut impl Write) -> Outcome {
        let module = &self.module;
        let start = module.start.map(|x| format!("start {}", self.func_label(x.0)));
        let tables = module.tables.iter().map(|table| table.ty.to_string());
        let mems = module.mems.iter().map(ToString::to_string);
        let globals = match module.globals.len() {
            0 => None,
            count => Some(format!("globals: {count}")),
        };
        let elems = module.elems.iter().enumerate().map(|(i, elem)| {
            let mode = match elem.mode {
                ElemMode::Passive => "passive".to_owned(),
                ElemMode::Declarative => "declarative".to_owned(),
                ElemMode::Active { table, .. } => format!("for table {table}"),
            };
            format!("elem {i}: {} elements of type {}, {mode}", elem.items.len(), elem.ty)
        });
        let datas = module.datas.iter().map(|data| data.init.len());
        let datas = match module.datas.len() {
            0 => None,
            count => Some(format!("data: {count} segments, {} bytes", datas.sum::<usize>())),
        };
        list(
            "definitions",
            start.into_iter().chain(tables).chain(mems).chain(globals).chain(elems).chain(datas),
            out,
        )
    }

    fn functions(&self, out: &mut impl Write) -> Outcome {
        let imported = self.module.import_counts().funcs;
        let mut sizes: Vec<(usize, u32)> = self
            .module
            .funcs
            .iter()
            .enumerate()
            .map(|(i, func)| (func.body.len(), (imported + i) as u32))
            .collect();
        let total: usize = sizes.iter().map(|(size, _)| size).sum();
        let named =
            (0..(imported + sizes.len()) as u32).filter(|i| self.names.funcs.get(*i).is_some()).count();
        writeln!(
            out,
            "\nfunctions: {} defined, {total} bytes; {imported} imported; {named} named",
            sizes.len()
        )?;
        sizes.sort_by_key(|(size, index)| (std::cmp::Reverse(*size), *index));
        for (size, index) in sizes.iter().take(LARGEST) {
            writeln!(out, "  {size:>8} bytes  {}", self.func_label(*index))?;
        }
        Ok(())
    }
}

/// A heading and indented lines, or nothing if there are no lines.
fn list<T: Display>(heading: &str, lines: impl Iterator<Item = T>, out: &mut impl Write) -> Outcome {
    for (i, line) in lines.enumerate() {
        if i == 0 {
            writeln!(out, "\n{heading}:")?;
        }
        writeln!(out, "  {line}")?;
    }
    Ok(())
}

/// The sections, in order: where each is, how large, and how much is in it.
fn sections(source: &Source, out: &mut impl Write) -> Outcome {
    let failed = |error| decode_failure(source, error);
    writeln!(out, "\nsections:")?;
    let mut reader = Reader::new(&source.binary, 0, Features::all());
    reader.bytes(8).map_err(failed)?;
    while !reader.is_at_end() {
        let id = reader.byte().map_err(failed)?;
        let length = reader.len().map_err(failed)?;
        let mut section = reader.sub(length).map_err(failed)?;
        let (start, end) = (section.range().start, section.range().end);
        let (name, contents) = match SectionKind::from_id(id) {
            Some(SectionKind::Start) => ("start".to_owned(), String::new()),
            Some(kind) => {
                let count = section.u32().map_err(failed)?;
                (format!("{kind:?}").to_lowercase(), format!("{count:>8}"))
            }
            None => ("custom".to_owned(), format!("{:?}", section.name().map_err(failed)?)),
        };
        let line = format!("  {name:<10} {start:#010x} to {end:#010x} {length:>10} bytes  {contents}");
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
