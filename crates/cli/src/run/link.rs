//! What a module imports: WASI, other modules, and what is unknown.

use super::limits::Bounds;
use super::{Host, initialize};
use crate::backtrace::{self, Program};
use crate::failure::Failure;
use crate::input::Input;
use crate::trace::Names;
use clap::Args;
use std::path::PathBuf;
use terrane::{Engine, Error, ErrorKind, Instance, Linker, Module, Store};
use terrane_wasi::add_threads_to_linker;

#[derive(Args)]
#[command(next_help_heading = "What it imports")]
pub(super) struct LinkOptions {
    /// Give the module the exports of another under a name, before it is instantiated. May be repeated: later ones
    /// may import from earlier ones, and all of them WASI.
    #[arg(long, value_name = "NAME=FILE", value_parser = preload)]
    preload: Vec<(String, PathBuf)>,
    /// Let functions be imported that do not exist, or not with that type: to call one is a trap.
    #[arg(long)]
    allow_unknown_imports: bool,
}

/// An argument of `--preload`.
fn preload(arg: &str) -> Result<(String, PathBuf), String> {
    match arg.split_once('=') {
        Some((name, file)) if !file.is_empty() => Ok((name.to_owned(), file.into())),
        _ => Err("expected NAME=FILE, for example lib=lib.wasm".to_owned()),
    }
}

/// What can be imported, and the programs that are linked already.
pub(super) struct Linked<'a> {
    options: &'a LinkOptions,
    linker: Linker<Host>,
    programs: Vec<Program>,
    names: Names,
    bounds: Bounds,
}

impl<'a> Linked<'a> {
    /// With nothing but WASI. Threads that programs start are within `bounds` too.
    pub(super) fn new(
        options: &'a LinkOptions,
        engine: &Engine,
        names: Names,
        bounds: Bounds,
    ) -> Result<Self, Failure> {
        let mut linker = Linker::new(engine);
        // A module that somebody preloads under the name of WASI is meant.
        linker.allow_shadowing(true);
        terrane_wasi::add_to_linker(&mut linker, |host: &mut Host| &mut host.wasi)
            .map_err(|error| Failure::Failed(error.to_string()))?;
        Ok(Self { options, linker, programs: Vec::new(), names, bounds })
    }

    /// Links what is to be preloaded.
    pub(super) fn preload(&mut self, store: &mut Store<Host>) -> Result<(), Failure> {
        for (i, (name, file)) in self.options.preload.iter().enumerate() {
            if self.options.preload[..i].iter().any(|(earlier, _)| earlier == name) {
                return Err(Failure::Usage(format!("--preload: there are two modules `{name}`")));
            }
            let program = Program::load(store.engine(), Input::read(file)?)?;
            let instance = self.run(store, program, |store, instance| {
                initialize(store, instance)?;
                Ok(instance)
            })?;
            let defined = self.linker.instance(&mut *store, name, instance).map(drop);
            defined.map_err(|error| Failure::Usage(format!("--preload {name}: {error:#}")))?;
        }
        Ok(())
    }

    /// Links a program, and has `main` run it.
    pub(super) fn run<R>(
        &mut self,
        store: &mut Store<Host>,
        program: Program,
        main: impl FnOnce(&mut Store<Host>, Instance) -> Result<R, Error>,
    ) -> Result<R, Failure> {
        let module = self.add(store, program)?;
        let instance = self.linker.instantiate(&mut *store, &module);
        instance.and_then(|instance| main(store, instance)).map_err(|error| self.failed(&error))
    }

    /// The same for a program that may start threads: each has a store of its own.
    pub(super) fn run_threads<R>(
        &mut self,
        store: &mut Store<Host>,
        program: Program,
        main: impl FnOnce(&mut Store<Host>, Instance) -> Result<R, Error>,
    ) -> Result<R, Failure> {
        if !self.options.preload.is_empty() {
            let message =
                "--preload: the program starts threads, which cannot share the instance of a module";
            return Err(Failure::Usage(message.to_owned()));
        }
        self.bounds.allow(&program.module)?;
        let module = self.add(store, program)?;
        let threads = add_threads_to_linker(&mut self.linker, store, &module, |host| &mut host.wasi);
        let ended = threads.and_then(|threads| {
            let bounds = self.bounds;
            threads.configure(move |store| bounds.apply(store));
            threads.run(store, &self.linker, |store, instance| main(store, *instance))
        });
        ended.map_err(|error| self.failed(&error))
    }

    /// Makes a program known, and what it imports and cannot have.
    fn add(&mut self, store: &mut Store<Host>, program: Program) -> Result<Module, Failure> {
        let module = program.module.clone();
        self.names.add(&program);
        self.programs.push(program);
        if self.options.allow_unknown_imports {
            let mistyped = self.linker.define_mistyped_imports_as_traps(&mut *store, &module);
            mistyped
                .and_then(|()| self.linker.define_unknown_imports_as_traps(&module))
                .map_err(|error| self.failed(&error))?;
        }
        Ok(module)
    }

    /// How the last program ended, and what to do about imports that are missing.
    fn failed(&self, error: &Error) -> Failure {
        match (backtrace::failed(error, &self.programs), error.kind()) {
            (Failure::Failed(message), ErrorKind::Link(_)) => Failure::Failed(format!(
                "{message}\n  --preload NAME=FILE gives it the exports of another module; with \
                 --allow-unknown-imports, functions that are missing trap when they are called"
            )),
            (failure, _) => failure,
        }
    }
}
