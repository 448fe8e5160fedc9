//! `terrane run`: what of the world a program sees, where a transcript cannot tell.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::process::{Command, Stdio};

fn terrane(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terrane"));
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/modules")).arg("run").args(args);
    command
}

#[test]
fn the_environment_is_seen_if_it_is_given() {
    let lines = |args: &[&str]| {
        let output =
            terrane(args).env_clear().env("ONE", "1").env("TWO", "2").output().expect("it can be run");
        String::from_utf8(output.stdout).expect("text")
    };
    assert_eq!(lines(&["args.wat"]), "args.wat\n");
    let all = lines(&["--env-inherit", "--env", "TWO=3", "args.wat"]);
    assert!(all.contains("\nONE=1\n") && all.contains("\nTWO=3\n") && !all.contains("TWO=2"), "{all}");
    assert_eq!(lines(&["--env-inherit=TWO", "args.wat"]), "args.wat\nTWO=2\n");
}

#[test]
fn clients_are_served() {
    let mut command = terrane(&["--tcplisten", "127.0.0.1:0", "--dir", ".", "serve.wat"]);
    let mut server = command.stderr(Stdio::piped()).spawn().expect("it can be run");
    let mut note = String::new();
    let mut errors = BufReader::new(server.stderr.take().expect("a pipe"));
    errors.read_line(&mut note).expect("a line");
    let address = note.trim_end().strip_prefix("note: listening at ").expect("an address");
    let mut text = String::new();
    TcpStream::connect(address).expect("a server").read_to_string(&mut text).expect("text");
    assert_eq!(text, "hello\n");
    assert_eq!(server.wait().expect("it ends").code(), Some(0));
}
