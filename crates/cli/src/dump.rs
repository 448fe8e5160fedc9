//! `terrane dump`

use crate::failure::Failure;
use crate::input::Input;
use crate::outline::{Outline, Spaces, count};
use clap::Args;
use std::io::Write;
use std::path::PathBuf;
use terrane_binary::{Body, Names};
use terrane_syntax::{ConstExpr, DataMode, ElemItems, ElemMode, FuncIdx, Instr, Module};

/// Shows the instructions of a module, with the byte offset of each.
///
/// The module need not be valid: what can be decoded is shown, and then what is wrong.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Dump {
    /// The module: .wasm or .wat, or - for the standard input.
    file: PathBuf,
    /// Only this function, by its index or its name. May be repeated.
    #[arg(long, value_name = "FUNC")]
    func: Vec<String>,
}

const EXAMPLES: &str = "\
A line is the offset of an instruction, its bytes, and the instruction as the text format writes it, indented by
the blocks that it is in. Names of what it refers to stand behind ;; if the module has them.

Examples:
  terrane dump program.wasm | less
  terrane dump program.wasm --func main
  terrane dump program.wasm --func 17 --func 18";

/// So many bytes of an instruction are shown.
const MOST_BYTES: usize = 8;

impl Dump {
    pub(crate) fn execute(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let input = Input::read(&self.file)?;
        let outline = Outline::new(&input.binary);
        let names = Outline::names(&outline.module.customs);
        let exprs = self.func.is_empty();
        let printer = Printer {
            binary: &input.binary,
            spaces: Spaces::new(&outline.module),
            imported: outline.module.import_counts().funcs,
            module: &outline.module,
            names,
        };
        let funcs = self.funcs(&printer, outline.bodies.len())?;
        if exprs {
            printer.const_exprs(out)?;
        }
        for i in funcs {
            printer.func(i, outline.bodies[i], out).map_err(|failure| match failure {
                Stop::Output(error) => Failure::Output(error),
                Stop::Malformed(error) => Failure::Failed(input.at_offset(&error, error.offset())),
            })?;
        }
        match outline.error {
            Some(error) => Err(Failure::Failed(input.at_offset(&error, error.offset()))),
            None => Ok(()),
        }
    }

    /// Which bodies to show.
    fn funcs(&self, printer: &Printer<'_>, bodies: usize) -> Result<Vec<usize>, Failure> {
        if self.func.is_empty() {
            return Ok((0..bodies).collect());
        }
        let find = |func: &String| {
            let x = printer.find(func).ok_or_else(|| format!("there is no function `{func}`"))?;
            let defined = x.checked_sub(printer.imported);
            let defined =
                defined.ok_or_else(|| format!("function `{func}` is imported: it has no body here"))?;
            if defined < bodies { Ok(defined) } else { Err(format!("there is no function `{func}`")) }
        };
        let found: Result<_, String> = self.func.iter().map(find).collect();
        found.map_err(|message| {
            Failure::Usage(format!("{message}; `terrane inspect --funcs` lists all functions"))
        })
    }
}

/// Why a body is not shown to its end.
enum Stop {
    Output(std::io::Error),
    Malformed(terrane_binary::Error),
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<terrane_binary::Error> for Stop {
    fn from(error: terrane_binary::Error) -> Self {
        Self::Malformed(error)
    }
}

struct Printer<'a> {
    binary: &'a [u8],
    module: &'a Module,
    spaces: Spaces<'a>,
    names: Names<'a>,
    /// How many functions are imported.
    imported: usize,
}

impl Printer<'_> {
    /// The index of a function that is given by its index, or by its name or that of its export.
    fn find(&self, func: &str) -> Option<usize> {
        if let Ok(index) = func.parse() {
            return Some(index);
        }
        let name = func.strip_prefix('$').unwrap_or(func);
        let named = self.names.funcs.iter().find(|entry| entry.1 == name).map(|entry| entry.0 as usize);
        named.or_else(|| {
            self.module.exports.iter().find_map(|export| match export.idx {
                terrane_syntax::ExternIdx::Func(x) if export.name == name => Some(x.index()),
                _ => None,
            })
        })
    }

    fn func(&self, i: usize, body: Body<'_>, out: &mut dyn Write) -> Result<(), Stop> {
        let x = FuncIdx((self.imported + i) as u32);
        let name = self.names.funcs.get(x.0).map_or_else(String::new, |name| format!(" ${name}"));
        let size = body.range().len();
        writeln!(
            out,
            "func {x}{name}: {}, {} at {:#x}",
            self.spaces.func(x),
            count(size, "byte"),
            body.range().start
        )?;

        let mut locals = body.locals()?;
        let (mut offset, mut index) = (locals.offset(), self.spaces.param_count(x) as u64);
        while let Some(local) = locals.next() {
            let (n, t) = local?;
            let next = index + u64::from(n);
            let text = match n {
                0 => format!("no locals of type {t}"),
                1 => format!("local {index}: {t}"),
                _ => format!("locals {index} to {}: {t}", next - 1),
            };
            self.line(offset..locals.offset(), 0, &text, out)?;
            (offset, index) = (locals.offset(), next);
        }

        let mut instrs = locals.into_instrs()?;
        loop {
            let (start, depth) = (instrs.offset(), instrs.depth());
            let Some((_, instr)) = instrs.next()? else { break };
            let (depth, text) = (depth - outdent(&instr, depth), self.text(x, &instr));
            self.line(start..instrs.offset(), depth, &text, out)?;
        }
        Ok(writeln!(out)?)
    }

    /// The instruction with the names of what it refers to.
    fn text(&self, func: FuncIdx, instr: &Instr<'_>) -> String {
        let name = match instr {
            Instr::Call { x } | Instr::ReturnCall { x } | Instr::RefFunc { x } => self.names.funcs.get(x.0),
            Instr::GlobalGet { x } | Instr::GlobalSet { x } => self.names.globals.get(x.0),
            Instr::LocalGet { x } | Instr::LocalSet { x } | Instr::LocalTee { x } => {
                self.names.locals.get(func.0).and_then(|locals| locals.get(x.0))
            }
            _ => None,
        };
        match name {
            Some(name) => format!("{instr} ;; ${name}"),
            None => instr.to_string(),
        }
    }

    /// The constant expressions of globals, tables and segments.
    fn const_exprs(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let imported = self.module.import_counts();
        for (i, table) in self.module.tables.iter().enumerate() {
            let title = format!("table {}: {}", imported.tables + i, table.ty);
            table.init.iter().try_for_each(|init| self.const_expr(&title, init, out))?;
        }
        for (i, global) in self.module.globals.iter().enumerate() {
            let x = imported.globals + i;
            let name = self.names.globals.get(x as u32).map_or_else(String::new, |name| format!(" ${name}"));
            let ty = global.ty.to_string();
            let ty = ty.strip_prefix("global ").unwrap_or(&ty);
            self.const_expr(&format!("global {x}{name}: {ty}"), &global.init, out)?;
        }
        for (i, elem) in self.module.elems.iter().enumerate() {
            let title =
                format!("element segment {i}: {} of type {}", count(elem.items.len(), "element"), elem.ty);
            if let ElemMode::Active { table, offset } = &elem.mode {
                self.const_expr(&format!("{title}, for table {table}"), offset, out)?;
            }
            if let ElemItems::Exprs(exprs) = &elem.items {
                for (j, expr) in exprs.iter().enumerate() {
                    self.const_expr(&format!("element {j} of segment {i}"), expr, out)?;
                }
            }
        }
        for (i, data) in self.module.datas.iter().enumerate() {
            if let DataMode::Active { memory, offset } = &data.mode {
                let title =
                    format!("data segment {i}: {}, for memory {memory}", count(data.init.len(), "byte"));
                self.const_expr(&title, offset, out)?;
            }
        }
        Ok(())
    }

    fn const_expr(&self, title: &str, expr: &ConstExpr, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "{title}")?;
        let ends = expr.instrs.iter().skip(1).map(|(offset, _)| *offset).chain([expr.end]);
        for ((start, instr), end) in expr.instrs.iter().zip(ends) {
            // No function has this index: there are no locals here.
            self.line(*start..end, 0, &self.text(FuncIdx(u32::MAX), instr), out)?;
        }
        self.line(expr.end..expr.end + 1, 0, Instr::End {}.text_name(), out)?;
        writeln!(out)
    }

    fn line(
        &self,
        range: std::ops::Range<usize>,
        depth: usize,
        text: &str,
        out: &mut dyn Write,
    ) -> std::io::Result<()> {
        let bytes = &self.binary[range.clone()];
        let shown = &bytes[..bytes.len().min(MOST_BYTES)];
        let mut hex = shown.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
        if shown.len() < bytes.len() {
            hex += " …";
        }
        // Very deep code would be mostly spaces.
        let indent = 2 * depth.min(40);
        writeln!(out, "{:>#10x}  {hex:<25}  {:indent$}{text}", range.start, "")
    }
}

/// How much further left than what is before it an instruction stands that ends or divides a block.
fn outdent(instr: &Instr<'_>, depth: usize) -> usize {
    let divides = matches!(
        instr,
        Instr::End {} | Instr::Else {} | Instr::Catch { .. } | Instr::CatchAll {} | Instr::Delegate { .. }
    );
    usize::from(divides).min(depth)
}
