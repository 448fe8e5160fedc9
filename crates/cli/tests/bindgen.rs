//! `terrane bindgen assemblyscript`: what it writes is what its library does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn bindings_are_written() {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assemblyscript/guests");
    let (module, declarations) = (guests.join("records.wasm"), guests.join("records.d.ts"));
    let expected = |name| {
        let module = fs::read(&module).expect("a module");
        let declarations = fs::read_to_string(&declarations).expect("declarations");
        terrane_assemblyscript::bindgen::generate(name, &module, &declarations).expect("bindings")
    };
    let terrane = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terrane"));
        command.args(["bindgen", "assemblyscript"]).args(args).arg(&module).arg(&declarations);
        let output = command.output().expect("the command can be run");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    assert_eq!(terrane(&[]), expected("records"));

    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bindings.rs");
    assert_eq!(terrane(&["--name", "other", "-o", file.to_str().expect("text")]), "");
    assert_eq!(fs::read_to_string(file).expect("bindings"), expected("other"));
}
