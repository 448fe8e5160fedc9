//! The bytes of a file.

use bytes::Bytes;
use memmap2::MmapMut;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// From this size on, asking the system for its pages one by one takes longer than reading the file.
const LARGE: u64 = 4 << 20;

/// The contents of a file.
pub(super) fn read(path: &Path) -> io::Result<Bytes> {
    match read_large(path) {
        Ok(Some(bytes)) => Ok(bytes),
        // Also what is no file of a known size, or has changed its size meanwhile.
        _ => std::fs::read(path).map(Bytes::from),
    }
}

/// The same into large pages, if it is a large file.
fn read_large(path: &Path) -> io::Result<Option<Bytes>> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    if len < LARGE {
        return Ok(None);
    }
    let mut map = MmapMut::map_anon(usize::try_from(len).map_err(io::Error::other)?)?;
    #[cfg(target_os = "linux")]
    let _ = map.advise(memmap2::Advice::HugePage);
    file.read_exact(&mut map)?;
    let is_all = file.read(&mut [0])? == 0;
    Ok(is_all.then(|| Bytes::from_owner(map)))
}
