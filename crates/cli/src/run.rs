//! `terrane run`

mod grants;
mod link;
mod words;

use crate::args::{parse_args, show};
use crate::backtrace::{self, Program};
use crate::exports;
use crate::failure::{Failure, report};
use crate::input::Input;
use crate::options::{FeatureOptions, Mode};
use crate::profile::Output;
use crate::trace::{Kind, Names, Watch};
use clap::Args;
use grants::Grants;
use link::{LinkOptions, Linked};
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use terrane::{Config, Engine, Error, Func, Instance, Module, Store, Val};
use terrane_wasi::WasiCtx;

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
    /// End the program with a trap when it has used so much fuel, about one unit for each instruction.
    #[arg(long, value_name = "N")]
    fuel: Option<u64>,
    /// Let the program's calls use so many bytes of stack.
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20)]
    max_stack: usize,
    /// Write a line to the standard error for everything that the program does, or for events of these kinds.
    #[arg(long, value_enum, value_name = "KINDS", num_args = 0..=1, require_equals = true, value_delimiter = ',',
          default_missing_value = "all")]
    trace: Option<Vec<Kind>>,
    /// Write where the program spends its instructions, by stacks of functions: a flame graph if the name ends in
    /// .svg, lines for other tools if it ends in .folded.
    #[arg(long, value_name = "FILE", value_parser = Output::parse)]
    profile: Option<Output>,
    /// When functions are validated and compiled to internal code.
    #[arg(long, value_enum, default_value_t)]
    mode: Mode,
    #[command(flatten)]
    features: FeatureOptions,
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

/// What the functions of the host see.
pub(crate) struct Host {
    wasi: WasiCtx,
}

/// An export to be called, with its arguments.
type Call<'m> = (&'m str, Vec<Val>);

impl Run {
    pub(crate) fn execute(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let (file, args) = self.words.split_first().expect("it is required");
        let file = Path::new(file);
        let input = Input::read(file)?;
        if words::belong_to_guest(&input.binary) {
            let args = words::text(args)?;
            // What only the program sees is for no function.
            let func_args = if self.invoke.is_some() { &*args } else { &[] };
            return self.run(input, file, &args, func_args, out);
        }
        let run = words::parse_behind(&self.words)?;
        let args = words::text(&run.words)?;
        words::check(&args)?;
        run.run(input, file, &args, &args, out)
    }

    /// Runs a module: `args` is what a program is given, `func_args` what the function that is called is.
    fn run(
        &self,
        input: Input,
        file: &Path,
        args: &[String],
        func_args: &[String],
        out: &mut dyn Write,
    ) -> Result<(), Failure> {
        let engine = self.engine()?;
        let program = Program::load(&engine, input)?;
        let module = program.module.clone();
        // What cannot be called is said before anything has run.
        let call = self.call(&module, func_args)?;

        let wasi = self.grants.wasi(file, args)?;
        let mut store = Store::new(&engine, Host { wasi });
        if let Some(fuel) = self.fuel {
            store.set_fuel(fuel).map_err(|error| program.input.failed(&error))?;
        }
        let names = Names::default();
        if self.is_watched() {
            let watch = Watch::new(self.trace.as_deref(), self.profile.is_some(), names.clone());
            store.set_tracer(Box::new(watch)).map_err(|error| program.input.failed(&error))?;
        }
        let result = self.run_in(&mut store, program, &names, call, out);
        match (self.finish_watch(&mut store), result) {
            (written, Ok(())) => written,
            (Ok(()), failed) => failed,
            (Err(also), failed) => {
                also.report();
                failed
            }
        }
    }

    /// Links the program, and runs it in a store.
    fn run_in(
        &self,
        store: &mut Store<Host>,
        program: Program,
        names: &Names,
        call: Option<Call<'_>>,
        out: &mut dyn Write,
    ) -> Result<(), Failure> {
        if call.is_none() && program.module.syntax().start.is_none() && !exports(&program.module, INITIALIZE)
        {
            report(&format!("note: {}", nothing_to_run(&program)));
        }
        let mut linked = Linked::new(store.engine())?;
        self.link.preload(&mut linked, store, names)?;
        let instance = self.link.instantiate(&mut linked, store, program, names)?;
        let failed = |error: Error| backtrace::failed(&error, &linked.programs);
        // The function of a program does it itself.
        if call.as_ref().is_none_or(|(name, _)| *name != START) {
            initialize(store, instance).map_err(failed)?;
        }
        let Some((name, args)) = call else { return Ok(()) };
        let func = instance.get_func(&mut *store, name).expect("its type was found");
        for result in call_func(store, func, &args).map_err(failed)? {
            writeln!(out, "{}", show(&result))?;
        }
        Ok(())
    }

    fn engine(&self) -> Result<Engine, Failure> {
        let mut config = Config::new();
        config.compilation_mode(self.mode.into()).max_wasm_stack(self.max_stack);
        self.features.engine(config.consume_fuel(self.fuel.is_some()).tracing(self.is_watched()))
    }

    fn is_watched(&self) -> bool {
        self.trace.is_some() || self.profile.is_some()
    }

    /// Writes what is to be known of a program that has ended.
    fn finish_watch(&self, store: &mut Store<Host>) -> Result<(), Failure> {
        let watch = store.take_tracer().and_then(|tracer| tracer.downcast::<Watch>().ok());
        match (watch.and_then(|watch| watch.into_profile()), &self.profile) {
            (Some(profile), Some(output)) => output.write(&profile),
            _ => Ok(()),
        }
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

fn call_func(store: &mut Store<Host>, func: Func, args: &[Val]) -> Result<Vec<Val>, Error> {
    let mut results = vec![Val::I32(0); func.ty(&*store).results().len()];
    func.call(store, args, &mut results)?;
    Ok(results)
}

fn nothing_to_run(program: &Program) -> String {
    format!(
        "{} has neither a start function nor an export `{START}`, so nothing is called; --invoke calls an export\n{}",
        program.input.name.display(),
        exports::list(&program.module)
    )
}
