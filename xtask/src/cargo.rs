//! Tasks that run other commands.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().expect("xtask is a folder of the workspace").to_owned()
}

/// A call of the `cargo` that runs this.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Runs the tests with the variable set that has them write their golden files.
pub(crate) fn bless(test_args: &[String]) -> Result<(), String> {
    run(cargo().arg("test").args(test_args).env("BLESS", "1"))
}

/// Runs the benchmarks.
pub(crate) fn bench(args: &[String]) -> Result<(), String> {
    run(cargo().args(["run", "--profile", "bench-peers", "--package", "terrane-bench", "--"]).args(args))
}

/// Runs random modules.
pub(crate) fn fuzz(args: &[String]) -> Result<(), String> {
    run(cargo().args(["run", "--release", "--package", "terrane-fuzz", "--"]).args(args))
}

/// Runs real programs.
pub(crate) fn programs(args: &[String]) -> Result<(), String> {
    run(cargo().args(["run", "--release", "--package", "terrane-programs", "--"]).args(args))
}

/// Runs the script of all checks.
pub(crate) fn ci() -> Result<(), String> {
    run(Command::new(root().join(".ci/run")).current_dir(root()))
}

fn run(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if status.success() { Ok(()) } else { Err(format!("{}: {status}", command.get_program().display())) }
}
