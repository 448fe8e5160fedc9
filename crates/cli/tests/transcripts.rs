//! The command, through its binary: what it prints, and how it ends.
//!
//! A file in `tests/golden` is a list of calls with what came of them: the standard output, the standard error with
//! `!` before each line, and the exit code. They run in `tests/modules`. With `BLESS=1` in the environment, what
//! comes of them is written anew; a new call only needs its `$` line.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// What a call comes to. Its words are divided by spaces; `< FILE` at its end is the standard input.
fn transcript(line: &str) -> String {
    let modules = tests().join("modules");
    let (call, stdin) = match line.split_once(" < ") {
        Some((call, file)) => {
            (call, Stdio::from(File::open(modules.join(file)).expect("a file of the tests")))
        }
        None => (line, Stdio::null()),
    };
    let words = call.strip_prefix("$ terrane").expect("a call of the command").split_whitespace();
    let mut command = Command::new(env!("CARGO_BIN_EXE_terrane"));
    let output = command
        .args(words)
        .current_dir(modules)
        .stdin(stdin)
        .env_remove("COLUMNS")
        .output()
        .expect("the command can be run");

    let mut text = format!("{line}\n");
    text += &String::from_utf8_lossy(&output.stdout);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        writeln!(text, "{}", format!("! {line}").trim_end()).expect("a string takes all");
    }
    let code = output.status.code().map_or("none".to_owned(), |code| code.to_string());
    text + &format!("[exit {code}]\n\n")
}

/// Makes all calls of a file, and compares what comes of them.
fn check(name: &str) {
    let path = tests().join("golden").join(name);
    let expected = fs::read_to_string(&path).expect("a file of calls");
    let calls: Vec<_> = expected.lines().filter(|line| line.starts_with('$')).collect();
    assert!(!calls.is_empty(), "{name} has no calls");
    let found: String = calls.into_iter().map(transcript).collect();
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, found).expect("a file of calls can be written");
        return;
    }
    for (i, (expected, found)) in expected.lines().zip(found.lines()).enumerate() {
        assert_eq!(expected, found, "{name}:{}, where `BLESS=1` would write what was found", i + 1);
    }
    assert_eq!(expected, found, "{name}");
}

macro_rules! transcripts {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                check(concat!(stringify!($name), ".txt"));
            }
        )*

        #[test]
        fn every_file_of_calls_is_run() {
            let known = [$(concat!(stringify!($name), ".txt")),*];
            for entry in fs::read_dir(tests().join("golden")).expect("a folder") {
                let name = entry.expect("an entry").file_name();
                assert!(known.iter().any(|known| name == *known), "{} is not run", name.display());
            }
        }
    };
}

transcripts! { run trace arguments traps usage validate inspect dump wast help wasi limits assemblyscript }
