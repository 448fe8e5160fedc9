//! The command, through its binary: what it prints, and how it ends.
//!
//! Each case has a golden file. `cargo xtask bless -p terrane-cli` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Golden file and command line; the files named are in `tests/modules`.
const CASES: &[(&str, &str)] = &[
    ("run_integers", "run math.wat --invoke gcd 0x30 -18"),
    ("run_several_results", "run math.wat --invoke divmod -9223372036854775807 10"),
    ("run_floats", "run math.wat --invoke mean inf -1"),
    ("run_nan", "run math.wat --invoke mean nan 1e308"),
    ("run_null", "run math.wat --invoke is_null null"),
    ("run_null_result", "run math.wat --invoke same null"),
    ("run_lazy", "run --mode lazy math.wat --invoke gcd 12 18"),
    ("run_trap", "run math.wat --invoke divmod 1 0"),
    ("run_deep", "run math.wat --max-stack 4096 --invoke deep"),
    ("run_fuel", "run math.wat --fuel 1000 --invoke forever"),
    ("run_start_function", "run start.wat"),
    ("run_start_function_then", "run start.wat --invoke n"),
    ("run_program", "run program.wat"),
    ("run_nothing", "run math.wat"),
    ("run_imports", "run imports.wat"),
    ("run_unknown_function", "run math.wat --invoke lcm 1 2"),
    ("run_no_function", "run math.wat --invoke memory"),
    ("run_too_few", "run math.wat --invoke gcd 1"),
    ("run_bad_argument", "run math.wat --invoke gcd 1 4294967296"),
    ("run_bad_float", "run math.wat --invoke mean one 2"),
    ("run_invalid", "run invalid.wat --invoke f"),
    ("run_no_file", "run missing.wasm"),
    ("run_unsupported", "run --features wasm1,stack-switching math.wat"),
    ("validate", "validate math.wat start.wat"),
    ("validate_invalid", "validate invalid.wat math.wat limits.wat"),
    ("validate_text", "validate mistyped.wat"),
    ("validate_truncated", "validate truncated.wasm"),
    ("validate_features", "validate --features wasm1 math.wat"),
    ("validate_no_feature", "validate --features wasm9 math.wat"),
    ("validate_nothing", "validate"),
    ("wast", "wast good.wast script.wast"),
    ("wast_good", "wast good.wast"),
    ("wast_no_script", "wast noscript.wast"),
    ("inspect", "inspect everything.wat"),
    ("inspect_math", "inspect math.wat"),
    ("inspect_truncated", "inspect truncated.wasm"),
    ("dump", "dump everything.wat"),
    ("dump_function", "dump --func gcd math.wat"),
    ("dump_by_index", "dump --func 3 math.wat"),
    ("dump_no_function", "dump --func nothing math.wat"),
    ("wat2wasm_binary", "wat2wasm truncated.wasm"),
    ("help", "--help"),
    ("help_run", "help run"),
    ("help_inspect", "inspect --help"),
    ("no_command", "explode"),
];

fn terrane(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terrane"));
    command.current_dir(tests().join("modules")).args(args);
    command.output().expect("the command can be run")
}

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// What a command line comes to, in the form of the golden files.
fn transcript(line: &str) -> String {
    let output = terrane(&line.split(' ').collect::<Vec<_>>());
    let mut text = format!("$ terrane {line}\n{}", String::from_utf8_lossy(&output.stdout));
    let err = String::from_utf8_lossy(&output.stderr);
    if !err.is_empty() {
        text.push_str(&format!("-- standard error\n{err}"));
    }
    let code = output.status.code().map_or("none".to_owned(), |code| code.to_string());
    text.push_str(&format!("-- exit code {code}\n"));
    text
}

#[test]
fn transcripts() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = String::new();
    for (name, line) in CASES {
        let path = tests().join(format!("golden/{name}.golden"));
        let found = transcript(line);
        if bless {
            fs::write(&path, &found).expect("golden files can be written");
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if expected != found {
            wrong.push_str(&format!("{name}: expected\n{expected}\nfound\n{found}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_golden_file_has_its_case() {
    let entries = fs::read_dir(tests().join("golden")).expect("there are golden files");
    for entry in entries {
        let name = entry.expect("the folder can be read").file_name();
        let name = name.to_string_lossy();
        let name = name.strip_suffix(".golden").expect("only golden files are there");
        assert!(CASES.iter().any(|case| case.0 == name), "{name} has no case");
    }
}

#[test]
fn exit_codes() {
    let code = |line: &str| terrane(&line.split(' ').collect::<Vec<_>>()).status.code();
    assert_eq!(code("run math.wat --invoke gcd 1 2"), Some(0));
    assert_eq!(code("run program.wat"), Some(1));
    assert_eq!(code("run invalid.wat"), Some(1));
    assert_eq!(code("validate invalid.wat"), Some(1));
    assert_eq!(code("wast script.wast"), Some(1));
    assert_eq!(code("run missing.wat"), Some(2));
    assert_eq!(code("run math.wat --invoke gcd"), Some(2));
    assert_eq!(code("run"), Some(2));
    assert_eq!(code("--version"), Some(0));
}

#[test]
fn text_to_binary_and_back() {
    let dir = std::env::temp_dir().join(format!("terrane-cli-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a folder can be made");
    let text = dir.join("math.wat");
    fs::copy(tests().join("modules/math.wat"), &text).expect("the module can be copied");
    let path = |name: &str| dir.join(name).to_string_lossy().into_owned();

    assert_eq!(terrane(&["wat2wasm", &path("math.wat")]).status.code(), Some(0));
    let binary = fs::read(path("math.wasm")).expect("it has been written");
    assert!(binary.starts_with(b"\0asm"));
    assert_eq!(terrane(&["wat2wasm", &path("math.wat"), "-o", "-"]).stdout, binary);
    assert_eq!(terrane(&["wat2wasm", &path("math.wat"), "-o", &path("other.wasm")]).status.code(), Some(0));
    assert_eq!(fs::read(path("other.wasm")).expect("it has been written"), binary);
    assert_eq!(terrane(&["run", &path("math.wasm"), "--invoke", "gcd", "12", "18"]).stdout, b"6\n");
    assert_eq!(
        terrane(&["wat2wasm", &path("math.wat"), "-o", &path("no/such/folder")]).status.code(),
        Some(2)
    );
    fs::remove_dir_all(&dir).expect("the folder can be removed");
}
