//! `terrane inspect`

use crate::failure::Failure;
use crate::input::Input;
use crate::outline::{Outline, Spaces, count};
use clap::Args;
use std::io::Write;
use std::ops::Range;
use std::path::PathBuf;
use terrane::{CompilationMode, Config, Engine};
use terrane_assemblyscript::{Era, demangle};
use terrane_binary::{BRANCH_HINT_SECTION, BranchHints, Error, IndirectNameMap, Names};
use terrane_syntax::{ExternIdx, Feature, Features, FuncIdx, Module as Syntax};

/// Shows what is in a module: sections, imports, exports, names and sizes.
///
/// The module need not be valid: what can be decoded is shown, and then what is wrong.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Inspect {
    /// The module: .wasm or .wat, or - for the standard input.
    file: PathBuf,
    /// List all functions, with their sizes, types and names.
    #[arg(long)]
    funcs: bool,
    /// Show what a module of AssemblyScript exports as it was in the source: namespaces, enumerations, classes, functions.
    #[arg(long, conflicts_with = "funcs")]
    assemblyscript: bool,
}

const EXAMPLES: &str = "\
Sizes are in bytes. Offsets are in bytes from the start of the module in the binary format.

Examples:
  terrane inspect program.wasm
  terrane inspect program.wasm --funcs | sort -n -k 3    functions by size
  terrane inspect --assemblyscript shop.wasm             classes and functions, as in the source";

impl Inspect {
    pub(crate) fn execute(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let input = Input::read(&self.file)?;
        if self.assemblyscript {
            return show_assemblyscript(&input, out);
        }
        let outline = Outline::new(&input.binary);
        let names = Outline::names(&outline.module.customs);
        let view = View { module: &outline.module, spaces: Spaces::new(&outline.module), names };

        let form = if input.is_text() { "text; as binary " } else { "" };
        writeln!(out, "{}: {form}{} bytes", input.name.display(), input.binary.len())?;
        if let Some(name) = view.names.module {
            writeln!(out, "module ${name}")?;
        }
        show_sections(&outline, out)?;
        view.imports(out)?;
        view.exports(out)?;
        let code = Code::new(&outline);
        view.code(code.as_ref().unwrap_or(&Code::default()), out)?;
        view.names(out)?;
        if self.funcs {
            view.funcs(out)?;
        }
        match outline.error.or(code.err()) {
            Some(error) => Err(Failure::Failed(input.at_offset(&error, error.offset()))),
            None => Ok(()),
        }
    }
}

/// The compiler's versions as far as they can be told, and the tree of what is exported.
fn show_assemblyscript(input: &Input, out: &mut dyn Write) -> Result<(), Failure> {
    // Nothing is run, so nothing is compiled.
    let engine = Engine::new(Config::new().compilation_mode(CompilationMode::Lazy));
    let module = engine.and_then(|engine| input.module(&engine));
    let module = module.map_err(|error| input.failed(&error))?;
    match Era::of_module(&module) {
        Some(era) => writeln!(out, "// AssemblyScript {}", era.versions())?,
        None => writeln!(out, "// exports no runtime of AssemblyScript")?,
    }
    let exports = module.exports().map(|export| (export.name(), export.ty()));
    Ok(write!(out, "{}", demangle(exports))?)
}

fn show_sections(outline: &Outline<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "\nsections:\n  {:>10} {:>10}", "offset", "size")?;
    for row in &outline.sections {
        let line = format!("  {:>#10x} {:>10}  {:<10}  {}", row.offset, row.size, row.name, row.contents);
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// A module, and what is needed to show it.
struct View<'m> {
    module: &'m Syntax,
    spaces: Spaces<'m>,
    names: Names<'m>,
}

impl View<'_> {
    fn imports(&self, out: &mut dyn Write) -> std::io::Result<()> {
        if !self.module.imports.is_empty() {
            writeln!(out, "\nimports:")?;
        }
        for import in &self.module.imports {
            writeln!(out, "  {:?} {:?}: {}", import.module, import.name, self.spaces.import(import.ty))?;
        }
        Ok(())
    }

    fn exports(&self, out: &mut dyn Write) -> std::io::Result<()> {
        if !self.module.exports.is_empty() {
            writeln!(out, "\nexports:")?;
        }
        for export in &self.module.exports {
            let origin = match export.idx {
                ExternIdx::Func(x) => format!(" (function {})", self.func_name(x)),
                _ => String::new(),
            };
            writeln!(out, "  {:?}: {}{origin}", export.name, self.spaces.export(export.idx))?;
        }
        if let Some(x) = self.module.start {
            writeln!(out, "\nstart: function {}", self.func_name(x))?;
        }
        Ok(())
    }

    fn code(&self, code: &Code, out: &mut dyn Write) -> std::io::Result<()> {
        let imported = self.module.import_counts();
        let defined = self.spaces.func_count() - imported.funcs;
        writeln!(out, "\nfunctions: {} imported, {defined} defined", imported.funcs)?;
        if let Some((index, size)) = code.largest {
            writeln!(out, "  {}", count(code.instrs, "instruction"))?;
            let largest = self.func_name(FuncIdx((imported.funcs + index) as u32));
            writeln!(out, "  the largest is function {largest}, {size} bytes")?;
        }
        let features: Vec<_> = code.features.difference(Features::wasm1()).map(Feature::name).collect();
        if !features.is_empty() {
            writeln!(out, "  instructions beyond WebAssembly 1.0: {}", features.join(", "))?;
        }
        let bytes: usize = self.module.datas.iter().map(|data| data.init.len()).sum();
        if bytes > 0 {
            writeln!(out, "data: {bytes} bytes in {}", count(self.module.datas.len(), "segment"))?;
        }
        let elems: usize = self.module.elems.iter().map(|elem| elem.items.len()).sum();
        if elems > 0 {
            writeln!(out, "elements: {elems} in {}", count(self.module.elems.len(), "segment"))?;
        }
        Ok(())
    }

    fn names(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let names = &self.names;
        let inner = |map: &IndirectNameMap<'_>| map.iter().map(|(_, names)| names.iter().len()).sum();
        let counts = [
            ("function", names.funcs.iter().len()),
            ("local", inner(&names.locals)),
            ("label", inner(&names.labels)),
            ("type", names.types.iter().len()),
            ("field", inner(&names.fields)),
            ("table", names.tables.iter().len()),
            ("memory", names.mems.iter().len()),
            ("global", names.globals.iter().len()),
            ("element segment", names.elems.iter().len()),
            ("data segment", names.datas.iter().len()),
            ("tag", names.tags.iter().len()),
        ];
        let counts: Vec<_> = counts.iter().filter(|(_, n)| *n > 0).map(|(what, n)| count(*n, what)).collect();
        if !counts.is_empty() {
            writeln!(out, "names: {}", counts.join(", "))?;
        }
        let hints = self.module.customs.iter().filter(|custom| custom.name == BRANCH_HINT_SECTION);
        for custom in hints {
            match BranchHints::decode(&custom.bytes, custom.offset) {
                Ok(hints) => {
                    let branches = hints.iter().map(|(_, hints)| hints.len()).sum();
                    let (branches, funcs) =
                        (count(branches, "branch hint"), count(hints.iter().len(), "function"));
                    writeln!(out, "hints: {branches} in {funcs}")?;
                }
                Err(error) => writeln!(out, "hints: {error}")?,
            }
        }
        Ok(())
    }

    /// All functions, one per line: index, offset, size, type, name.
    fn funcs(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "\n  {:>6} {:>10} {:>10}", "func", "offset", "size")?;
        let imported = self.module.import_counts().funcs;
        for i in 0..self.spaces.func_count() {
            let x = FuncIdx(i as u32);
            let body = i.checked_sub(imported).and_then(|i| self.module.funcs.get(i)).map(|func| &func.body);
            let (offset, size) = match body {
                Some(Range { start, end }) => (format!("{start:#x}"), end - start),
                None => ("imported".to_owned(), 0),
            };
            let name = self.names.funcs.get(x.0).map_or_else(String::new, |name| format!("  ${name}"));
            writeln!(out, "  {i:>6} {offset:>10} {size:>10}  {}{name}", self.spaces.func(x))?;
        }
        Ok(())
    }

    /// A function by its index and, if it has one, its name.
    fn func_name(&self, x: FuncIdx) -> String {
        self.names.funcs.get(x.0).map_or_else(|| x.to_string(), |name| format!("{x} ${name}"))
    }
}

/// What is in function bodies.
struct Code {
    instrs: usize,
    /// The largest body: its function among those that the module defines, and its size in bytes.
    largest: Option<(usize, usize)>,
    /// What brought the instructions.
    features: Features,
}

impl Default for Code {
    fn default() -> Self {
        Self { instrs: 0, largest: None, features: Features::empty() }
    }
}

impl Code {
    fn new(outline: &Outline<'_>) -> Result<Self, Error> {
        let mut code = Self::default();
        for (i, body) in outline.bodies.iter().enumerate() {
            let size = body.range().len();
            if code.largest.is_none_or(|(_, largest)| size > largest) {
                code.largest = Some((i, size));
            }
            let mut instrs = body.instrs()?;
            while let Some((_, instr)) = instrs.next()? {
                code.instrs += 1;
                code.features = code.features.with(instr.feature());
            }
        }
        Ok(code)
    }
}
