//! Large modules that others built: decoded, validated and lowered whole.
//!
//! `tests/fetch.sh` puts them into a cache; without it these tests count as ignored, and their names say why.

use libtest_mimic::{Arguments, Failed, Trial};
use std::process::ExitCode;
use terrane::{CompilationMode, Config, Engine, Module};
use terrane_tests::cached_path;

/// A module: its file in the cache, and what it must have.
struct Large {
    file: &'static str,
    imports: usize,
    functions: usize,
    exports: usize,
}

const ALL: [Large; 2] = [
    Large { file: "clang.wasm", imports: 27, functions: 54_322, exports: 1861 },
    Large { file: "php.wasm", imports: 38, functions: 11_894, exports: 2 },
];

fn main() -> ExitCode {
    let trials = ALL.into_iter().map(trial).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(large: Large) -> Trial {
    let path = cached_path(large.file);
    let missing = path.is_none();
    let why = if missing { " (not in the cache: run tests/fetch.sh)" } else { "" };
    let name = format!("{}{why}", large.file);
    let run = move || {
        let path = path.ok_or("run tests/fetch.sh to put it into the cache")?;
        let bytes = std::fs::read(path)?;
        check(&large, &bytes).map_err(Failed::from)
    };
    Trial::test(name, run).with_ignored_flag(missing)
}

/// Compiles all of the module at once, and counts.
fn check(large: &Large, bytes: &[u8]) -> Result<(), String> {
    let engine =
        Engine::new(Config::new().compilation_mode(CompilationMode::Eager)).map_err(|e| e.to_string())?;
    let module = Module::new(&engine, bytes).map_err(|error| error.to_string())?;
    let counted = [
        ("imports", module.imports().len(), large.imports),
        ("functions", module.syntax().funcs.len(), large.functions),
        ("exports", module.exports().len(), large.exports),
    ];
    let least = 16 * bytes.len() / 10;
    if module.code_size() < least {
        return Err(format!("{} bytes of code, expected at least {least}", module.code_size()));
    }
    for (what, found, expected) in counted {
        if found != expected {
            return Err(format!("{found} {what}, expected {expected}"));
        }
    }
    Ok(())
}
