//! The text format.

use crate::Result;
use std::path::Path;

/// The module in the binary format, if it is in the text format. What begins with a zero byte, as the binary format
/// does, or is not UTF-8, is not.
#[cfg(feature = "wat")]
pub(super) fn to_binary(bytes: &[u8], path: Option<&Path>) -> Result<Option<Vec<u8>>> {
    use crate::{ErrorKind, Message};
    use wast::Wat;
    use wast::parser::{ParseBuffer, parse};

    if bytes.first() == Some(&0) {
        return Ok(None);
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok(None) };
    let encode = || parse::<Wat<'_>>(&ParseBuffer::new(text)?)?.encode();
    encode().map(Some).map_err(|mut error: wast::Error| {
        error.set_text(text);
        if let Some(path) = path {
            error.set_path(path);
        }
        ErrorKind::Text(Message(error.to_string())).into()
    })
}

/// Without the text format every module is binary.
#[cfg(not(feature = "wat"))]
pub(super) fn to_binary(_bytes: &[u8], _path: Option<&Path>) -> Result<Option<Vec<u8>>> {
    Ok(None)
}
