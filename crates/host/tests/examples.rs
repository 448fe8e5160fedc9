//! Every example runs to its end: each asserts what it says.

use std::path::Path;
use std::process::Command;

#[test]
fn examples_run() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let names = sources.read_dir().expect("the examples").map(|file| file.expect("a file").path());
    let names: Vec<_> = names.filter_map(|path| Some(path.file_stem()?.to_owned())).collect();
    assert!(names.len() >= 8, "{names:?}");
    // Cargo builds them beside the tests: `target/debug/examples` beside `target/debug/deps`.
    let tests = std::env::current_exe().expect("the path of this test");
    let built = tests.parent().and_then(Path::parent).expect("a directory").join("examples");
    for name in names {
        let example = built.join(&name).with_extension(std::env::consts::EXE_EXTENSION);
        assert!(example.exists(), "{name:?} is not built: cargo test --package terrane builds it");
        let output = Command::new(example).output().expect("it starts");
        assert!(output.status.success(), "{name:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
