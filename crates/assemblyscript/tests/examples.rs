//! Every example runs to its end: each asserts what it says.

use std::path::Path;
use std::process::Command;

#[test]
fn examples_run() {
    // Cargo builds them beside the tests: `target/debug/examples` beside `target/debug/deps`.
    let test = std::env::current_exe().unwrap();
    let built = test.ancestors().nth(2).unwrap().join("examples");
    let mut count = 0;
    for source in Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").read_dir().unwrap() {
        let name = source.unwrap().path().file_stem().unwrap().to_owned();
        let program = built.join(&name).with_extension(std::env::consts::EXE_EXTENSION);
        let output = Command::new(program).output().unwrap();
        assert!(output.status.success(), "{name:?}: {}", String::from_utf8_lossy(&output.stderr));
        count += 1;
    }
    assert_eq!(count, 5);
}
