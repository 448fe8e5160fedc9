//! `terrane run --profile`: what it writes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs a module with a profile to that file, and gives what is in it.
fn profile(file: &str, args: &[&str]) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(file);
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/modules/trace.wat");
    let mut command = Command::new(env!("CARGO_BIN_EXE_terrane"));
    command.arg("run").arg(module).arg("--profile").arg(&file).args(args);
    let output = command.output().expect("the command can be run");
    assert_eq!(output.status.success(), !args.contains(&"fails"), "{output:?}");
    fs::read_to_string(file).expect("a profile")
}

#[test]
fn folded_stacks_count_instructions() {
    let expected = "demo!_start 4\ndemo!_start;demo!fact 9\ndemo!_start;demo!fact;demo!fact 9\n\
        demo!_start;demo!fact;demo!fact;demo!fact 4\n";
    assert_eq!(profile("start.folded", &[]), expected);
    // Also if the program fails.
    assert_eq!(profile("fails.folded", &["--invoke", "fails"]), "demo!fails 1\ndemo!fails;demo!divide 3\n");
}

#[test]
fn flame_graphs_are_drawn() {
    let svg = profile("start.svg", &[]);
    assert!(svg.starts_with("<?xml") && svg.contains("</svg>"), "{svg}");
    assert!(svg.contains("demo!fact (22 instructions, 84.62%)"), "{svg}");
}
