//! What the tests of the whole share: where the guests are, and an allocator that counts.

use std::path::PathBuf;

pub mod counting;
pub mod lcg;

/// The path of `name` in the folder of guests.
pub fn guest_path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("guests").join(name)
}

/// The bytes of a guest, or of a file beside one.
///
/// # Panics
///
/// If there is no such file.
pub fn guest(name: &str) -> Vec<u8> {
    let path = guest_path(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text of a file beside a guest.
///
/// # Panics
///
/// If there is no such file, or it is not text.
pub fn guest_text(name: &str) -> String {
    String::from_utf8(guest(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The folder that `tests/fetch.sh` fills, if the environment says where it is.
pub fn cache() -> Option<PathBuf> {
    match std::env::var_os("TERRANE_CACHE") {
        Some(folder) => Some(PathBuf::from(folder)),
        None => Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/terrane")),
    }
}

/// The path of a large module that `tests/fetch.sh` fetched, or `None` if it did not.
pub fn cached_path(name: &str) -> Option<PathBuf> {
    cache().map(|cache| cache.join(name)).filter(|path| path.is_file())
}
