//! Strings, which are units of UTF-16, in pairs or not.

use super::number::{read_plain, write_plain};
use super::{AsType, Lift, Lower};
use crate::AsError;
use crate::guest::Guest;
use crate::slot::Slot;
use std::fmt;
use terrane::Result;

/// A string as guests have it: units of UTF-16, which need not be well-formed.
///
/// ```
/// use terrane_assemblyscript::Utf16;
///
/// let string = Utf16::from("naïve");
/// assert_eq!(string.0.len(), 5);
/// assert_eq!(string.to_string(), "naïve");
/// assert_eq!(Utf16(vec![0xd800]).to_string(), "\u{fffd}");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Utf16(pub Vec<u16>);

impl From<&str> for Utf16 {
    fn from(string: &str) -> Self {
        Self(string.encode_utf16().collect())
    }
}

impl From<String> for Utf16 {
    fn from(string: String) -> Self {
        string.as_str().into()
    }
}

impl TryFrom<Utf16> for String {
    type Error = std::string::FromUtf16Error;

    fn try_from(string: Utf16) -> Result<Self, Self::Error> {
        Self::from_utf16(&string.0)
    }
}

/// Halves of pairs without the other half are replaced.
impl fmt::Display for Utf16 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf16_lossy(&self.0))
    }
}

impl Guest<'_> {
    /// The units of a string.
    pub(crate) fn units(&mut self, pointer: u32) -> Result<Vec<u16>> {
        if pointer == 0 {
            return Err(AsError::Null { expected: "a string".to_owned() }.into());
        }
        let header = self.header(pointer)?;
        let is_string = if self.shared.guessed {
            // Of an era that is not known: a string has one of these.
            matches!(header.id, 1 | 2)
        } else {
            header.id == self.shared.layout.string
        };
        if !is_string {
            return Err(self.wrong_class("a string".to_owned(), pointer, header.id).into());
        }
        if header.size % 2 != 0 {
            let reason = format!("a string cannot have {} bytes", header.size);
            return Err(AsError::Broken { pointer, reason }.into());
        }
        self.inside(header.size as usize, |guest| Ok(read_plain(guest, pointer, header.size / 2)?))
    }

    /// The text at an address, whatever else is not as it should be: for people to read.
    pub(crate) fn lossy(&mut self, pointer: u32) -> Option<String> {
        let header = self.header(pointer).ok()?;
        let units = read_plain(self, pointer, header.size / 2).ok()?;
        Some(String::from_utf16_lossy(&units))
    }

    /// A string from its units, kept.
    pub(crate) fn new_string(&mut self, units: &[u16]) -> Result<u64> {
        let too_long = || AsError::TooLong { what: "a string", len: units.len() };
        let size = units.len().checked_mul(2).filter(|size| *size < 1 << 30).ok_or_else(too_long)?;
        let pointer = self.alloc_dirty(size, self.shared.layout.string)?;
        write_plain(self, pointer, units)?;
        Ok(pointer.into())
    }
}

macro_rules! strings {
    ($($ty:ty)*) => { $(
        impl AsType for $ty {
            const SLOT: Slot = Slot::OBJECT;
        }
    )* };
}

strings!(str String Utf16);

impl Lower for str {
    fn lower(&self, guest: &mut Guest<'_>) -> Result<u64> {
        let units: Vec<u16> = self.encode_utf16().collect();
        guest.new_string(&units)
    }
}

impl Lower for String {
    fn lower(&self, guest: &mut Guest<'_>) -> Result<u64> {
        self.as_str().lower(guest)
    }
}

impl Lift for String {
    fn lift(guest: &mut Guest<'_>, word: u64) -> Result<Self> {
        let units = guest.units(word as u32)?;
        let mut string = Self::with_capacity(units.len());
        let mut index = 0;
        for char in char::decode_utf16(units) {
            let char = char.map_err(|half| AsError::LoneSurrogate {
                pointer: word as u32,
                index,
                unit: half.unpaired_surrogate(),
            })?;
            index += char.len_utf16();
            string.push(char);
        }
        Ok(string)
    }
}

impl Lower for Utf16 {
    fn lower(&self, guest: &mut Guest<'_>) -> Result<u64> {
        guest.new_string(&self.0)
    }
}

impl Lift for Utf16 {
    fn lift(guest: &mut Guest<'_>, word: u64) -> Result<Self> {
        guest.units(word as u32).map(Self)
    }
}
