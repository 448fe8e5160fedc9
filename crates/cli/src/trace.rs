//! `terrane run --trace` and `--profile`: watching what a program does.

use crate::backtrace::{Program, func_name};
use crate::profile::Profile;
use clap::ValueEnum;
use std::collections::HashMap;
use std::fmt::Display;
use std::io::{self, BufWriter, Stderr, Write};
use std::sync::{Arc, Mutex, PoisonError};
use terrane::{
    AccessKind, Branch, Ending, HostCallee, MemoryAccess, Module, Opcode, Throw, TracePoint, Tracer, Trap,
};

/// What can be traced.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Everything.
    All,
    /// Instructions, before they are executed.
    Instr,
    /// Functions that begin and end, those of the host among them.
    Calls,
    /// Branches, taken or not.
    Branches,
    /// Accesses to memories.
    Memory,
    /// Exceptions that are thrown.
    Exceptions,
    /// Traps.
    Traps,
}

/// The names of functions, as far as they were asked for, and of the files that modules are from.
#[derive(Clone, Default)]
pub(crate) struct Names(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    files: Vec<(Module, String)>,
    funcs: HashMap<(usize, u32), Arc<str>>,
}

/// Tells modules apart.
fn place(module: &Module) -> usize {
    Arc::as_ptr(module.syntax()) as usize
}

impl Names {
    /// Makes the file of a module known.
    pub(crate) fn add(&self, program: &Program) {
        let file = program.input.name.file_stem().unwrap_or_default().to_string_lossy();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.files.push((program.module.clone(), file.into_owned()));
    }

    /// The function that something happens in.
    pub(crate) fn of(&self, at: &TracePoint<'_>) -> Arc<str> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { files, funcs } = &mut *known;
        let key = (place(at.module()), at.func_index());
        let name = funcs.entry(key).or_insert_with(|| {
            let file = files.iter().find(|(module, _)| place(module) == key.0);
            let file = file.map_or("<unknown>", |(_, file)| file);
            func_name(at.module(), file, key.1, at.func_name()).into()
        });
        name.clone()
    }
}

/// A function of the host, by the names of its import.
pub(crate) fn host_name(callee: &HostCallee<'_>) -> String {
    match callee.import() {
        Some((module, name)) => format!("{module}.{name}"),
        None => "<a function of the host>".to_owned(),
    }
}

/// Watches a program.
pub(crate) struct Watch {
    names: Names,
    kinds: Vec<Kind>,
    err: BufWriter<Stderr>,
    profile: Option<Profile>,
}

/// Lines are indented by at most so many calls.
const DEEPEST: usize = 40;

impl Watch {
    /// Traces events of these kinds, if any are given, and profiles or not.
    pub(crate) fn new(kinds: Option<&[Kind]>, profile: bool, names: Names) -> Self {
        let kinds = kinds.unwrap_or_default().to_vec();
        Self { names, kinds, err: BufWriter::new(io::stderr()), profile: profile.then(Profile::default) }
    }

    pub(crate) fn into_profile(mut self) -> Option<Profile> {
        // What cannot be written there has nowhere to go.
        let _ = self.err.flush();
        self.profile
    }

    fn line(&mut self, kind: Kind, at: &TracePoint<'_>, what: impl Display) {
        if !self.kinds.iter().any(|wanted| [kind, Kind::All].contains(wanted)) {
            return;
        }
        let indent = 2 * (at.depth().min(DEEPEST) - 1);
        let (name, offset) = (self.names.of(at), at.offset());
        // As above.
        let _ = writeln!(self.err, "{:indent$}{name} {offset:#x}  {what}", "");
    }
}

impl Tracer for Watch {
    fn instruction(&mut self, at: &TracePoint<'_>, opcode: Opcode) {
        if let Some(profile) = &mut self.profile {
            profile.count();
        }
        if self.kinds.iter().any(|kind| [Kind::All, Kind::Instr].contains(kind)) {
            let text = at.instruction(|instr| instr.to_string());
            self.line(Kind::Instr, at, text.as_deref().or(opcode.text_name()).unwrap_or("?"));
        }
    }

    fn call(&mut self, at: &TracePoint<'_>) {
        if let Some(profile) = &mut self.profile {
            profile.enter(self.names.of(at));
        }
        self.line(Kind::Calls, at, "enter");
    }

    fn returned(&mut self, at: &TracePoint<'_>, ending: Ending) {
        if let Some(profile) = &mut self.profile {
            profile.leave();
        }
        let how = match ending {
            Ending::Return => "return",
            Ending::TailCall => "tail call",
            Ending::Unwind => "unwind",
        };
        self.line(Kind::Calls, at, how);
    }

    fn host_call(&mut self, at: &TracePoint<'_>, callee: &HostCallee<'_>) {
        let name = host_name(callee);
        self.line(Kind::Calls, at, format_args!("host call {name}"));
        if let Some(profile) = &mut self.profile {
            profile.enter(name.into());
        }
    }

    fn host_returned(&mut self, at: &TracePoint<'_>, callee: &HostCallee<'_>, returned: bool) {
        if let Some(profile) = &mut self.profile {
            profile.leave();
        }
        let how = if returned { "return" } else { "failure" };
        self.line(Kind::Calls, at, format_args!("host {how} {}", host_name(callee)));
    }

    fn branch(&mut self, at: &TracePoint<'_>, branch: Branch) {
        let what = if branch.taken { "taken" } else { "not taken" };
        match branch.label {
            Some(label) => self.line(Kind::Branches, at, format_args!("{what}, to label {label}")),
            None => self.line(Kind::Branches, at, what),
        }
    }

    fn memory_access(&mut self, at: &TracePoint<'_>, access: MemoryAccess) {
        let what = match access.kind {
            AccessKind::Load => "load",
            AccessKind::Store => "store",
            AccessKind::Update => "update",
        };
        let MemoryAccess { memory, address, len, .. } = access;
        let s = if len == 1 { "" } else { "s" };
        self.line(Kind::Memory, at, format_args!("{what} {len} byte{s} at {address:#x} of memory {memory}"));
    }

    fn throw(&mut self, at: &TracePoint<'_>, throw: Throw) {
        let what = if throw.caught { "exception, caught" } else { "exception, not caught" };
        self.line(Kind::Exceptions, at, what);
    }

    fn trap(&mut self, at: Option<&TracePoint<'_>>, trap: Trap) {
        if let Some(at) = at {
            self.line(Kind::Traps, at, format_args!("trap: {trap}"));
        }
    }
}
