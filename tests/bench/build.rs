//! Tells the benchmark what it was built from: the versions in `Cargo.lock`, the compiler and the profile.

use std::path::{Path, PathBuf};
use std::{env, fs, process::Command};

/// The packages whose versions the report's header names.
const PACKAGES: [&str; 6] = ["terrane", "tinywasm", "wasm3x", "wasmi", "wasmparser", "wasmtime"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let lock = find_lock_file();
    println!("cargo::rerun-if-changed={}", lock.display());
    let lock = fs::read_to_string(&lock).expect("Cargo.lock is readable");
    for package in PACKAGES {
        let version = version_in(&lock, package).unwrap_or("?");
        println!("cargo::rustc-env=VERSION_{}={version}", package.to_uppercase());
    }
    println!("cargo::rustc-env=BUILT_WITH={}", rustc_version());
    println!("cargo::rustc-env=BUILT_AS={}", profile_name());
}

fn find_lock_file() -> PathBuf {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    here.ancestors()
        .map(|dir| dir.join("Cargo.lock"))
        .find(|path| path.exists())
        .expect("a workspace has a Cargo.lock")
}

/// The highest version there is: peers bring older ones of wasmparser.
fn version_in<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let (_, after) = lock.rsplit_once(&format!("name = \"{package}\"\nversion = \""))?;
    after.split('"').next()
}

fn rustc_version() -> String {
    let output = Command::new(env::var_os("RUSTC").expect("cargo sets it")).arg("--version").output();
    output
        .map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned())
        .unwrap_or_else(|_| "rustc ?".to_owned())
}

/// The profile's folder in `target/<profile>/build/<package>/out`: `PROFILE` itself only tells debug from release.
fn profile_name() -> String {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let name = out.ancestors().nth(3).and_then(Path::file_name);
    name.map(|n| n.to_string_lossy().into_owned()).unwrap_or_else(|| "?".to_owned())
}
