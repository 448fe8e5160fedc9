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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_whole() {
        let path = std::env::temp_dir().join(format!("terrane-file-{}", std::process::id()));
        for len in [0, 1, LARGE as usize - 1, LARGE as usize, LARGE as usize + 4097] {
            let contents: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            std::fs::write(&path, &contents).unwrap();
            assert!(read(&path).unwrap() == contents, "{len} bytes");
            assert_eq!(read_large(&path).unwrap().is_some(), len >= LARGE as usize);
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(read(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
