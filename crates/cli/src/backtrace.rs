//! Where guests were when they failed, with names and lines that only the command knows.

use crate::debug::{DebugInfo, Symbol, demangle};
use crate::failure::{Failure, TIMED_OUT};
use crate::input::Input;
use terrane::{Engine, Error, ErrorKind, FrameInfo, I32Exit, Module, Trap};
use terrane_syntax::{ExternIdx, FuncIdx, Module as Syntax};

/// A module with the file that it is from.
pub(crate) struct Program {
    pub(crate) input: Input,
    pub(crate) module: Module,
}

impl Program {
    pub(crate) fn load(engine: &Engine, input: Input) -> Result<Self, Failure> {
        let module = input.module(engine).map_err(|error| input.failed(&error))?;
        Ok(Self { input, module })
    }
}

/// How the last of `programs` ended when it was linked or run.
pub(crate) fn failed(error: &Error, programs: &[Program]) -> Failure {
    if let Some(I32Exit(code)) = error.downcast_ref() {
        return Failure::Exit(*code);
    }
    let frames = error.backtrace().map_or(&[][..], |backtrace| backtrace.frames());
    match (error.kind(), programs.last()) {
        (ErrorKind::Link(_), Some(program)) => program.input.failed(error),
        // Functions that are compiled when they are called.
        (ErrorKind::Malformed(_) | ErrorKind::Invalid(_), Some(last)) => {
            let caller = frames.first();
            let is_caller =
                |program: &&Program| caller.is_some_and(|frame| same(frame.module(), &program.module));
            programs.iter().find(is_caller).unwrap_or(last).input.failed(error)
        }
        (ErrorKind::Trap(Trap::AllFuelConsumed | Trap::Interrupt), _) => {
            Failure::UsedUp(message(error, frames, programs))
        }
        (ErrorKind::Trap(_) | ErrorKind::Exception(_), _) => {
            Failure::Trapped(message(error, frames, programs))
        }
        _ if frames.is_empty() => Failure::Failed(format!("{error:#}")),
        _ => Failure::Trapped(message(error, frames, programs)),
    }
}

/// What went wrong, with the functions that were under way.
fn message(error: &Error, frames: &[FrameInfo], programs: &[Program]) -> String {
    let what = match error.kind() {
        ErrorKind::Trap(Trap::Interrupt) => TIMED_OUT.to_owned(),
        _ => format!("{error:#}"),
    };
    if frames.is_empty() {
        return what;
    }
    let mut message = format!("{what}\nwasm backtrace:");
    let texts = texts(frames, programs);
    let mut i = 0;
    while i < texts.len() {
        message += &format!("\n{i:>5}: {}", texts[i]);
        // A function that calls itself is shown once.
        let same = texts[i..].iter().take_while(|text| **text == texts[i]).count();
        if same > 1 {
            message += &format!("\n       and {} more like it", same - 1);
        }
        i += same;
    }
    message
}

/// The frames as text, with lines of the source as far as they are known.
fn texts(frames: &[FrameInfo], programs: &[Program]) -> Vec<String> {
    let mut texts: Vec<_> = frames.iter().map(ToString::to_string).collect();
    for program in programs {
        let is_ours = |frame: &FrameInfo| same(frame.module(), &program.module);
        if !frames.iter().any(is_ours) {
            continue;
        }
        let debug = DebugInfo::new(&program.module);
        let ours = |frame: &FrameInfo| frame.module_offset().filter(|_| is_ours(frame));
        let lines = program.input.lines(&frames.iter().map(ours).collect::<Vec<_>>());
        for ((frame, text), line) in frames.iter().zip(&mut texts).zip(lines) {
            if !is_ours(frame) {
                continue;
            }
            let symbols = match (line, &debug, frame.module_offset()) {
                (Some((line, column)), ..) => {
                    let place = format!("{}:{line}:{column}", program.input.name.display());
                    vec![Symbol { name: None, place: Some(place) }]
                }
                (None, Some(debug), Some(offset)) => debug.symbols(offset),
                _ => Vec::new(),
            };
            *text = frame_text(frame, program, symbols);
        }
    }
    texts
}

/// A frame like the host API displays it, but what has no name there bears that of its file, its source or its export; and
/// with the functions that are inlined, in the place of which it stands.
fn frame_text(frame: &FrameInfo, program: &Program, mut symbols: Vec<Symbol>) -> String {
    let file = program.input.name.file_stem().unwrap_or_default().to_string_lossy();
    let outermost = symbols.pop().unwrap_or_default();
    let name = frame.func_name().or(outermost.name.as_deref());
    let name = func_name(frame.module(), &file, frame.func_index(), name);
    let module = name.split('!').next().unwrap_or_default();
    let inlined = symbols.iter().map(|symbol| {
        let name = symbol.name.as_deref().unwrap_or("<inlined function>");
        (format!("{module}!{name}"), symbol.place.as_deref())
    });
    let mut text = frame.module_offset().map_or_else(|| "?".to_owned(), |offset| format!("{offset:#x}"));
    for (i, (name, place)) in inlined.chain([(name.clone(), outermost.place.as_deref())]).enumerate() {
        text += if i == 0 { " - " } else { "\n       inlined into " };
        text += &name;
        place.iter().for_each(|place| text += &format!("\n             at {place}"));
    }
    text
}

/// A function by its name, or else by that of its export, with the name of its module, or else of its file.
pub(crate) fn func_name(module: &Module, file: &str, func: u32, name: Option<&str>) -> String {
    let exported = || {
        let idx = ExternIdx::Func(FuncIdx(func));
        let exports = &module.syntax().exports;
        Some(exports.iter().find(|export| export.idx == idx)?.name.as_str())
    };
    let file = module.name().unwrap_or(file);
    match name.or_else(exported) {
        Some(name) => format!("{file}!{}", demangle(name)),
        None => format!("{file}!<function {func}>"),
    }
}

fn same(a: &Module, b: &Module) -> bool {
    std::ptr::eq::<Syntax>(&**a.syntax(), &**b.syntax())
}
