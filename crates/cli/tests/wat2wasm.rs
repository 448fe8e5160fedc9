//! `terrane wat2wasm`, whose output goes to files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder that is gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("terrane-cli-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder can be made");
        let math = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/modules/math.wat");
        fs::copy(math, path.join("math.wat")).expect("the module can be copied");
        Self(path)
    }

    fn terrane(&self, line: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terrane"));
        command.current_dir(&self.0).args(line.split(' ')).output().expect("the command can be run")
    }

    #[track_caller]
    fn check(&self, line: &str, code: i32) {
        let output = self.terrane(line);
        assert_eq!(output.status.code(), Some(code), "{line}: {output:?}");
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).expect("it has been written")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_is_made_is_the_module() {
    let folder = Folder::new("made");
    folder.check("wat2wasm math.wat", 0);
    let binary = folder.read("math.wasm");
    assert!(binary.starts_with(b"\0asm\x01\0\0\0"));
    assert_eq!(folder.terrane("run math.wasm --invoke gcd 12 18").stdout, b"6\n");

    assert_eq!(folder.terrane("wat2wasm math.wat -o -").stdout, binary);
    folder.check("wat2wasm math.wat --output other.wasm", 0);
    assert_eq!(folder.read("other.wasm"), binary);
}

#[test]
fn what_cannot_be_made_is_not() {
    let folder = Folder::new("not-made");
    folder.check("wat2wasm math.wat -o no/such/folder/math.wasm", 2);
    fs::write(folder.0.join("text.wasm"), "(module)").expect("a file can be written");
    folder.check("wat2wasm text.wasm", 2);
    assert_eq!(folder.read("text.wasm"), b"(module)");
    fs::write(folder.0.join("bad.wat"), "(module").expect("a file can be written");
    folder.check("wat2wasm bad.wat", 1);
    assert!(!folder.0.join("bad.wasm").exists());
}
