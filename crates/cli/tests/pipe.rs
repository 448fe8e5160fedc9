//! Output that nobody reads to its end.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

#[test]
fn a_reader_that_has_enough_is_no_failure() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terrane"));
    command.args(["inspect", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command can be run");
    // It waits for its input, so it writes only after there is no reader.
    drop(child.stdout.take());
    child.stdin.take().expect("a pipe").write_all(b"(module)").expect("the input can be written");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    let mut errors = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut errors).expect("text");
    assert_eq!(errors, "");
}
