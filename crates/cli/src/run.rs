//! `terrane run`

mod grants;
mod limits;
mod link;
mod watching;
mod words;

use crate::args::{parse_args, show};
use crate::backtrace::Program;
use crate::exports;
use crate::failure::{Failure, report};
use crate::input::Input;
use crate::options::{FeatureOptions, Mode};
use crate::trace::Names;
use clap::Args;
use grants::Grants;
use limits::Limits;
use link::{LinkOptions, Linked};
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use terrane::{CompilationMode, Config, Engine, Error, Instance, Module, Store, StoreLimits, Val};
use terrane_wasi::WasiCtx;
use watching::Watching;
use words::Kind;

/// Runs a program, or calls one of a module's exported functions.
///
/// A program is a module that imports WASI (preview 1) and exports `_start`: all words behind FILE are its arguments,
/// and its exit code is that of the command. It sees the standard streams, but no files and no environment, unless
/// options say so.
///
/// Any other module is instantiated, which runs its start function, and `_initialize` if it exports that. Then the export
/// given with --invoke is called with ARGS, or `_start` if the module exports that. Results are printed one per line.
/// For such a module, options may stand behind FILE too.
#[derive(Args)]
#[command(after_help = EXAMPLES, override_usage = "terrane run [OPTIONS] <FILE> [ARGS]...")]
pub(crate) struct Run {
    /// The module: .wasm or .wat, or - for the standard input. All behind it are arguments: the program's, or those of
    /// the function that --invoke names.
    #[arg(required = true, trailing_var_arg = true, value_names = ["FILE", "ARGS"])]
    words: Vec<OsString>,
    /// Call this exported function.
    #[arg(long, value_name = "NAME")]
    invoke: Option<String>,
    #[command(flatten)]
    grants: Grants,
    #[command(flatten)]
    link: LinkOptions,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    watching: Watching,
    #[command(flatten)]
    compiling: Compiling,
}

const EXAMPLES: &str = "\
Arguments of a function are read by the types of its parameters, as the text format writes them:
  i32, i64   42  -1  0xff  1_000_000  (also unsigned ones, such as 4294967295)
  f32, f64   1  -0.5  1e-3  0x1.8p4  inf  -inf  nan  nan:0x400001
  v128       0x00000003_00000002_00000001_00000000
  references null

Examples:
  terrane run program.wasm --verbose input.txt       the program gets --verbose and input.txt
  terrane run --dir . program.wasm input.txt         it sees the files of the current directory
  terrane run --dir /usr/share::/data:ro --env LANG=C program.wasm
  terrane run math.wat --invoke add 1 -2
  terrane run --fuel 1000000 --invoke fib math.wat 30
  terrane run --preload lib=lib.wasm --invoke main app.wasm
  terrane run --trace=calls,memory app.wasm
  terrane run --profile app.svg app.wasm

A profile counts instructions, not time, so it is the same with every run. Functions of the host weigh nothing.";

/// The function that programs begin with.
const START: &str = "_start";

/// What is called before anything else, of a module that is no program.
const INITIALIZE: &str = "_initialize";

/// What the functions of the host see: the same on all threads of a program.
#[derive(Clone)]
pub(crate) struct Host {
    wasi: WasiCtx,
    limits: StoreLimits,
}

/// An export to be called, with its arguments.
type Call<'m> = (&'m str, Vec<Val>);

/// How the module is compiled.
#[derive(Args)]
#[command(next_help_heading = "Compiling it")]
struct Compiling {
    /// When functions are validated and compiled to internal code. Unless it is said, lazy for programs, eager for all
    /// other modules.
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    #[command(flatten)]
    features: FeatureOptions,
}

impl Compiling {
    fn mode(&self, is_program: bool) -> CompilationMode {
        // Programs are large, and use little of what is in them; whoever tries a module wants to know what is wrong.
        self.mode.unwrap_or(if is_program { Mode::Lazy } else { Mode::Eager }).into()
    }
}

impl Run {
    pub(crate) fn execute(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let (file, args) = self.words.split_first().expect("it is required");
        let file = Path::new(file);
        let input = Input::read(file)?;
        // Lazily that takes next to no time. What is no module is no program either.
        let module = input.module(&self.engine(Kind::PROGRAM)?);
        let kind = module.as_ref().map_or(Kind::default(), Kind::of);
        match module {
            Ok(module) if kind == Kind::PROGRAM => {
                self.run(file, Program { input, module }, words::text(args)?, kind, out)
            }
            _ if kind.is_program => {
                let program = Program::load(&self.engine(kind)?, input)?;
                self.run(file, program, words::text(args)?, kind, out)
            }
            _ => {
                let run = words::parse_behind(&self.words)?;
                let program = Program::load(&run.engine(kind)?, input)?;
                let args = words::text(&run.words)?;
                words::check(&args)?;
                run.run(file, program, args, kind, out)
            }
        }
    }

    /// Runs a module; `args` are those of the guest, or of the function that is called.
    fn run(
        &self,
        file: &Path,
        program: Program,
        args: Vec<String>,
        kind: Kind,
        out: &mut dyn Write,
    ) -> Result<(), Failure> {
        let module = program.module.clone();
        // What only the guest sees is for no function.
        let func_args = if kind.is_program && self.invoke.is_none() { &[][..] } else { &args };
        // What cannot be called is said before anything has run.
        let call = self.call(&module, func_args)?;

        let wasi = self.grants.wasi(file, &args)?;
        let engine = module.engine().clone();
        let mut store = Store::new(&engine, Host { wasi, limits: self.limits.store() });
        let (names, bounds) = (Names::default(), self.limits.begin());
        let started = self.watching.start(&mut store, &names).and_then(|()| bounds.apply(&mut store));
        started.map_err(|error| program.input.failed(&error))?;
        let mut linked = Linked::new(&self.link, &engine, names, bounds)?;
        let result = bounds.judge(run_linked(&mut linked, &mut store, program, kind, call, out));
        match (self.watching.finish(&mut store), result) {
            (written, Ok(())) => written,
            (Ok(()), failed) => failed,
            (Err(also), failed) => {
                also.report();
                failed
            }
        }
    }

    fn engine(&self, kind: Kind) -> Result<Engine, Failure> {
        let mut config = Config::new();
        self.limits.configure(&mut config, kind.has_threads);
        config.compilation_mode(self.compiling.mode(kind.is_program)).tracing(self.watching.is_on());
        self.compiling.features.engine(&mut config)
    }

    /// The export to call and its arguments, if there is one to call.
    fn call<'m>(&'m self, module: &'m Module, args: &[String]) -> Result<Option<Call<'m>>, Failure> {
        let name = match &self.invoke {
            Some(name) => name,
            None if exports(module, START) => START,
            None if args.is_empty() => return Ok(None),
            None => {
                let message = format!(
                    "there are arguments, but no function for them: give one with --invoke, before the arguments\n{}",
                    exports::list(module)
                );
                return Err(Failure::Usage(message));
            }
        };
        let ty = exports::find(module, name).map_err(Failure::Usage)?;
        let args = parse_args(name, &ty, args)
            .map_err(|message| Failure::Usage(format!("{message}\n  {}", exports::signature(name, &ty))))?;
        Ok(Some((name, args)))
    }
}

fn exports(module: &Module, name: &str) -> bool {
    module.get_export(name).is_some()
}

/// Calls what a module that is no program has to have called first, if it has.
fn initialize(store: &mut Store<Host>, instance: Instance) -> Result<(), Error> {
    match instance.get_func(&mut *store, INITIALIZE) {
        Some(func) => func.typed::<(), ()>(&*store)?.call(store, ()),
        None => Ok(()),
    }
}

/// Links a program, runs it in a store, and writes what its function returns.
fn run_linked(
    linked: &mut Linked<'_>,
    store: &mut Store<Host>,
    program: Program,
    kind: Kind,
    call: Option<Call<'_>>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    if call.is_none() && program.module.syntax().start.is_none() && !exports(&program.module, INITIALIZE) {
        report(&format!("note: {}", nothing_to_run(&program)));
    }
    linked.preload(store)?;
    let main = |store: &mut Store<Host>, instance: Instance| run_main(store, instance, call);
    let results = match kind.has_threads {
        true => linked.run_threads(store, program, main)?,
        false => linked.run(store, program, main)?,
    };
    for result in results {
        writeln!(out, "{}", show(&result))?;
    }
    Ok(())
}

/// Does what is to be done with an instance, and returns what that returns.
fn run_main(store: &mut Store<Host>, instance: Instance, call: Option<Call<'_>>) -> Result<Vec<Val>, Error> {
    // The function of a program does it itself.
    if call.as_ref().is_none_or(|(name, _)| *name != START) {
        initialize(store, instance)?;
    }
    let Some((name, args)) = call else { return Ok(Vec::new()) };
    let func = instance.get_func(&mut *store, name).expect("its type was found");
    let mut results = vec![Val::I32(0); func.ty(&*store).results().len()];
    func.call(store, &args, &mut results)?;
    Ok(results)
}

fn nothing_to_run(program: &Program) -> String {
    format!(
        "{} has neither a start function nor an export `{START}`, so nothing is called; --invoke calls an export\n{}",
        program.input.name.display(),
        exports::list(&program.module)
    )
}
