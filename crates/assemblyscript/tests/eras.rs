//! Every module of `eras.toml` through every case of `cases.json`: the results are those of AssemblyScript's own loader,
//! or of the bindings that its compiler writes.

mod support;

use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;
use support::Guest;
use support::cases::Cases;
use terrane::Engine;

fn main() -> ExitCode {
    let trials =
        Guest::full().map(|guest| Trial::test(guest.file.clone(), move || check(&guest).map_err(Into::into)));
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn check(guest: &Guest) -> Result<(), String> {
    let module = guest.load(&Engine::default());
    let (count, failures) = Cases::load().run(guest, &module);
    match failures.is_empty() {
        true if count < 20 => Err(format!("only {count} cases are for it")),
        true => Ok(()),
        false => Err(failures.join("\n")),
    }
}
