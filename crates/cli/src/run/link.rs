//! What a module imports: WASI, other modules, and what is unknown.

use super::{Host, initialize};
use crate::backtrace::{self, Program};
use crate::failure::Failure;
use crate::input::Input;
use crate::trace::Names;
use clap::Args;
use std::path::PathBuf;
use terrane::{Engine, Error, ErrorKind, Extern, ExternType, Instance, Linker, Module, Store};

#[derive(Args)]
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
pub(super) struct Linked {
    linker: Linker<Host>,
    pub(super) programs: Vec<Program>,
}

impl Linked {
    /// With nothing but WASI.
    pub(super) fn new(engine: &Engine) -> Result<Self, Failure> {
        let mut linker = Linker::new(engine);
        // A module that somebody preloads under the name of WASI is meant.
        linker.allow_shadowing(true);
        terrane_wasi::add_to_linker(&mut linker, |host: &mut Host| &mut host.wasi)
            .map_err(|error| Failure::Failed(error.to_string()))?;
        Ok(Self { linker, programs: Vec::new() })
    }
}

impl LinkOptions {
    /// Links what is to be preloaded.
    pub(super) fn preload(
        &self,
        linked: &mut Linked,
        store: &mut Store<Host>,
        names: &Names,
    ) -> Result<(), Failure> {
        for (i, (name, file)) in self.preload.iter().enumerate() {
            if self.preload[..i].iter().any(|(earlier, _)| earlier == name) {
                return Err(Failure::Usage(format!("--preload: there are two modules `{name}`")));
            }
            let program = Program::load(store.engine(), Input::read(file)?)?;
            let instance = self.instantiate(linked, store, program, names)?;
            initialize(store, instance).map_err(|error| backtrace::failed(&error, &linked.programs))?;
            let defined = linked.linker.instance(&mut *store, name, instance).map(drop);
            defined.map_err(|error| Failure::Usage(format!("--preload {name}: {error:#}")))?;
        }
        Ok(())
    }

    /// Links a program.
    pub(super) fn instantiate(
        &self,
        linked: &mut Linked,
        store: &mut Store<Host>,
        program: Program,
        names: &Names,
    ) -> Result<Instance, Failure> {
        let module = program.module.clone();
        names.add(&program);
        linked.programs.push(program);
        if self.allow_unknown_imports {
            define_unknown(&mut linked.linker, store, &module)
                .map_err(|error| backtrace::failed(&error, &linked.programs))?;
        }
        let instance = linked.linker.instantiate(&mut *store, &module);
        instance.map_err(|error| hint(backtrace::failed(&error, &linked.programs), &error))
    }
}

/// Has every function that a module imports and cannot have fail when it is called.
fn define_unknown(linker: &mut Linker<Host>, store: &mut Store<Host>, module: &Module) -> Result<(), Error> {
    for import in module.imports() {
        if let (ExternType::Func(ty), Some(Extern::Func(func))) =
            (import.ty(), linker.get_by_import(&mut *store, &import))
            && !func.ty(&*store).matches(&ty)
        {
            let (module, name) = (import.module(), import.name());
            let message =
                format!("unknown import: `{module}` `{name}` is not a {ty}, as which it is imported");
            linker.func_new(module, name, ty, move |_, _, _| Err(Error::msg(&message)))?;
        }
    }
    linker.define_unknown_imports_as_traps(module)
}

/// What to do about imports that are missing.
fn hint(failure: Failure, error: &Error) -> Failure {
    match (failure, error.kind()) {
        (Failure::Failed(message), ErrorKind::Link(_)) => Failure::Failed(format!(
            "{message}\n  --preload NAME=FILE gives it the exports of another module; with --allow-unknown-imports, \
             functions that are missing trap when they are called"
        )),
        (failure, _) => failure,
    }
}
