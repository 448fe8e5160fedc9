//! The text format.

use crate::Result;
use std::borrow::Cow;
use std::path::Path;

/// The module in the binary format, whichever it is in. What begins with a zero byte, as the binary format does, or
/// is not UTF-8, cannot be text: it stays as it is.
#[cfg(feature = "wat")]
pub(super) fn to_binary<'a>(bytes: &'a [u8], path: Option<&Path>) -> Result<Cow<'a, [u8]>> {
    use crate::{ErrorKind, Message};
    use wast::Wat;
    use wast::parser::{ParseBuffer, parse};

    let text = match std::str::from_utf8(bytes) {
        Ok(text) if !text.starts_with('\0') => text,
        _ => return Ok(Cow::Borrowed(bytes)),
    };
    let encode = || parse::<Wat<'_>>(&ParseBuffer::new(text)?)?.encode();
    encode().map(Cow::Owned).map_err(|mut error: wast::Error| {
        error.set_text(text);
        if let Some(path) = path {
            error.set_path(path);
        }
        ErrorKind::Text(Message(error.to_string())).into()
    })
}

/// Without the text format every module is binary.
#[cfg(not(feature = "wat"))]
pub(super) fn to_binary<'a>(bytes: &'a [u8], _path: Option<&Path>) -> Result<Cow<'a, [u8]>> {
    Ok(Cow::Borrowed(bytes))
}
