//! `terrane run`

use crate::args::{parse_args, show};
use crate::backtrace::{self, Program};
use crate::exports;
use crate::failure::{Failure, report};
use crate::input::Input;
use crate::options::{FeatureOptions, Mode};
use crate::profile::Output;
use crate::trace::{Kind, Names, Watch};
use clap::Args;
use std::io::Write;
use std::path::{Path, PathBuf};
use terrane::{Config, Engine, Error, ErrorKind, Func, Linker, Module, Store, Val};

/// Runs a module, or calls one of its exported functions.
///
/// The module is instantiated, which runs its start function if it has one. Then the export given with --invoke is
/// called with ARGS, or `_start` if the module exports that. Results are printed one per line.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Run {
    /// The module: .wasm or .wat, or - for the standard input.
    file: PathBuf,
    /// Call this exported function.
    #[arg(long, value_name = "NAME")]
    invoke: Option<String>,
    /// Give the module the exports of another under a name, before it is instantiated. May be repeated: later ones
    /// may import from earlier ones.
    #[arg(long, value_name = "NAME=FILE", value_parser = preload)]
    preload: Vec<(String, PathBuf)>,
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
    /// The function's arguments, which stand behind all options.
    #[arg(allow_hyphen_values = true, trailing_var_arg = true)]
    args: Vec<String>,
}

const EXAMPLES: &str = "\
Arguments are read by the types of the function's parameters, as the text format writes them:
  i32, i64   42  -1  0xff  1_000_000  (also unsigned ones, such as 4294967295)
  f32, f64   1  -0.5  1e-3  0x1.8p4  inf  -inf  nan  nan:0x400001
  v128       0x00000003_00000002_00000001_00000000
  references null

Examples:
  terrane run program.wasm
  terrane run math.wat --invoke add 1 -2
  terrane run math.wat --fuel 1000000 --invoke fib 30
  terrane run app.wasm --preload lib=lib.wasm --invoke main
  terrane run app.wasm --trace=calls,memory
  terrane run app.wasm --profile app.svg

A profile counts instructions, not time, so it is the same with every run. Functions of the host weigh nothing.";

/// An argument of `--preload`.
fn preload(arg: &str) -> Result<(String, PathBuf), String> {
    match arg.split_once('=') {
        Some((name, file)) if !file.is_empty() => Ok((name.to_owned(), file.into())),
        _ => Err("expected NAME=FILE, for example lib=lib.wasm".to_owned()),
    }
}

/// The function that WASI and many other programs begin with.
const START: &str = "_start";

impl Run {
    pub(crate) fn execute(&self, out: &mut dyn Write) -> Result<(), Failure> {
        self.check_args()?;
        let engine = self.engine()?;
        let program = load(&engine, &self.file)?;
        let module = program.module.clone();
        // What cannot be called is said before anything has run.
        let call = self.call(&module)?;

        let mut store = Store::new(&engine, ());
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
        store: &mut Store<()>,
        program: Program,
        names: &Names,
        call: Option<(&str, Vec<Val>)>,
        out: &mut dyn Write,
    ) -> Result<(), Failure> {
        let module = program.module.clone();
        names.add(&program);
        let (linker, mut programs) = self.preloaded(store, names)?;
        if call.is_none() && module.syntax().start.is_none() {
            report(&format!("note: {}", nothing_to_run(&program)));
        }
        programs.push(program);
        let instance = linker.instantiate(&mut *store, &module);
        let instance =
            instance.map_err(|error| hint_preload(backtrace::failed(&error, &programs), &error))?;
        let Some((name, args)) = call else { return Ok(()) };
        let func = instance.get_func(&mut *store, name).expect("its type was found");
        let results = call_func(store, func, &args);
        for result in results.map_err(|error| backtrace::failed(&error, &programs))? {
            writeln!(out, "{}", show(&result))?;
        }
        Ok(())
    }

    /// What stands behind the first argument is an argument: what looks like an option there, or is none of ours, is
    /// more likely a slip.
    fn check_args(&self) -> Result<(), Failure> {
        match self.args.iter().find(|arg| arg.starts_with("--")) {
            Some(option) => Err(Failure::Usage(format!(
                "`{option}` is no argument: options stand before the arguments, and `terrane help run` lists them"
            ))),
            None => Ok(()),
        }
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
    fn finish_watch(&self, store: &mut Store<()>) -> Result<(), Failure> {
        let watch = store.take_tracer().and_then(|tracer| tracer.downcast::<Watch>().ok());
        match (watch.and_then(|watch| watch.into_profile()), &self.profile) {
            (Some(profile), Some(output)) => output.write(&profile),
            _ => Ok(()),
        }
    }

    /// The export to call and its arguments, if there is one to call.
    fn call<'m>(&'m self, module: &'m Module) -> Result<Option<(&'m str, Vec<Val>)>, Failure> {
        let name = match &self.invoke {
            Some(name) => name,
            None if module.get_export(START).is_some() => START,
            None if self.args.is_empty() => return Ok(None),
            None => {
                let message = format!(
                    "there are arguments, but no function for them: give one with --invoke, before the arguments\n{}",
                    exports::list(module)
                );
                return Err(Failure::Usage(message));
            }
        };
        let ty = exports::find(module, name).map_err(Failure::Usage)?;
        let args = parse_args(name, &ty, &self.args)
            .map_err(|message| Failure::Usage(format!("{message}\n  {}", exports::signature(name, &ty))))?;
        Ok(Some((name, args)))
    }

    /// A linker with the exports of what is to be preloaded, and what that is.
    fn preloaded(&self, store: &mut Store<()>, names: &Names) -> Result<(Linker<()>, Vec<Program>), Failure> {
        let (mut linker, mut programs) = (Linker::new(store.engine()), Vec::new());
        for (name, file) in &self.preload {
            let program = load(linker.engine(), file)?;
            let module = program.module.clone();
            names.add(&program);
            programs.push(program);
            let instance = linker.instantiate(&mut *store, &module);
            let instance = instance.map_err(|error| backtrace::failed(&error, &programs))?;
            let defined = linker.instance(&mut *store, name, instance).map(drop);
            defined.map_err(|error| Failure::Usage(format!("--preload {name}: {error:#}")))?;
        }
        Ok((linker, programs))
    }
}

fn load(engine: &Engine, file: &Path) -> Result<Program, Failure> {
    let input = Input::read(file)?;
    let module = Module::from_binary(engine, &input.binary).map_err(|error| input.failed(&error))?;
    Ok(Program { input, module })
}

fn call_func(store: &mut Store<()>, func: Func, args: &[Val]) -> Result<Vec<Val>, Error> {
    let mut results = vec![Val::I32(0); func.ty(&*store).results().len()];
    func.call(store, args, &mut results)?;
    Ok(results)
}

/// What to do about imports that are missing.
fn hint_preload(failure: Failure, error: &Error) -> Failure {
    match (failure, error.kind()) {
        (Failure::Failed(message), ErrorKind::Link(_)) => Failure::Failed(format!(
            "{message}\n  imports can only be given from other modules, with --preload NAME=FILE"
        )),
        (failure, _) => failure,
    }
}

fn nothing_to_run(program: &Program) -> String {
    format!(
        "{} has neither a start function nor an export `{START}`, so nothing is called; --invoke calls an export\n{}",
        program.input.name.display(),
        exports::list(&program.module)
    )
}
