//! A cursor over bytes that knows where in the module it is.

use bytes::Bytes;
use core::ops::Range;
use terrane_syntax::{Feature, Features};

use crate::error::{Error, Malformed, Needs, Result};

/// A cursor over the bytes of a module or of a part of it.
///
/// It knows its offset in the module, for errors, and what the module may contain. Numbers are
/// [LEB128], of as many bytes as their type allows and no more.
///
/// [LEB128]: https://webassembly.github.io/spec/core/binary/values.html#integers
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    /// `bytes` and what is known to follow them.
    beyond: &'a [u8],
    /// At most `bytes.len()`.
    pos: usize,
    /// The offset of `bytes` in the module.
    base: usize,
    features: Features,
    /// What `bytes` is part of, if that can be shared.
    owner: Option<&'a Bytes>,
    /// Has a data count section been read, so that instructions may refer to data segments?
    data_count: bool,
}

/// Something that bytes can be decoded to.
pub trait Decode<'a>: Sized {
    /// Reads a value from the front of `r`.
    ///
    /// # Errors
    /// [`Malformed`], at the offset in the module where it was found.
    fn decode(r: &mut Reader<'a>) -> Result<Self>;
}

/// Those bytes to keep: shared with what they are part of, or copied.
pub(crate) fn kept(bytes: &[u8], owner: Option<&Bytes>) -> Bytes {
    match owner {
        Some(owner) => owner.slice_ref(bytes),
        None => Bytes::copy_from_slice(bytes),
    }
}

impl<'a> Reader<'a> {
    /// A cursor at the start of `bytes`, which stand at `offset` in a module.
    pub fn new(bytes: &'a [u8], offset: usize, features: Features) -> Self {
        Self { bytes, beyond: bytes, pos: 0, base: offset, features, owner: None, data_count: false }
    }

    /// The same cursor, for a module with or without a data count section: only with one may its
    /// instructions refer to data segments.
    #[must_use]
    pub fn with_data_count(self, data_count: bool) -> Self {
        Self { data_count, ..self }
    }

    /// The same cursor, over bytes that are part of `owner`: what is kept of them shares them.
    #[must_use]
    pub(crate) fn with_owner(self, owner: Option<&'a Bytes>) -> Self {
        Self { owner, ..self }
    }

    /// What its bytes are part of, if that can be shared.
    pub(crate) fn owner(&self) -> Option<&'a Bytes> {
        self.owner
    }

    /// The offset in the module, in bytes.
    #[inline(always)]
    pub fn offset(&self) -> usize {
        self.base + self.pos
    }

    /// How many bytes are left.
    #[inline]
    pub fn left(&self) -> usize {
        self.bytes.len() - self.pos
    }

    /// Is nothing left?
    #[inline]
    pub fn is_at_end(&self) -> bool {
        self.pos >= self.bytes.len()
    }

    /// The bytes that are left, as offsets in the module.
    pub fn range(&self) -> Range<usize> {
        self.offset()..self.base + self.bytes.len()
    }

    /// Is `feature` on?
    #[inline(always)]
    pub fn has(&self, feature: Feature) -> bool {
        self.features.contains(feature)
    }

    /// What the module may contain.
    pub fn features(&self) -> Features {
        self.features
    }

    /// May instructions refer to data segments?
    #[inline]
    pub(crate) fn has_data_count(&self) -> bool {
        self.data_count
    }

    /// `feature` if it is off, as the reason of a failure.
    pub(crate) fn needs(&self, feature: Feature) -> Needs {
        Needs((!self.has(feature)).then_some(feature))
    }

    /// The error `kind` at `offset`.
    #[cold]
    pub(crate) fn fail_at<T>(&self, offset: usize, kind: Malformed) -> Result<T> {
        Err(Error::new(kind, offset))
    }

    #[cold]
    fn end<T>(&self) -> Result<T> {
        self.fail_at(self.base + self.bytes.len(), Malformed::UnexpectedEnd)
    }

    /// Reads whatever `T` is.
    ///
    /// # Errors
    /// Those of `T`.
    #[inline(always)]
    pub fn read<T: Decode<'a>>(&mut self) -> Result<T> {
        T::decode(self)
    }

    /// The next byte, which stays unread.
    #[inline(always)]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    /// The next two bytes, if `is` so, or they stay unread.
    #[inline(always)]
    pub(crate) fn two_bytes(&mut self, is: impl FnOnce([u8; 2]) -> bool) -> Option<[u8; 2]> {
        let bytes = *self.bytes[self.pos..].first_chunk::<2>()?;
        if !is(bytes) {
            return None;
        }
        self.pos += 2;
        Some(bytes)
    }

    /// Reads a byte.
    ///
    /// # Errors
    /// [`Malformed::UnexpectedEnd`].
    #[inline(always)]
    pub fn byte(&mut self) -> Result<u8> {
        match self.bytes.get(self.pos) {
            Some(&byte) => {
                self.pos += 1;
                Ok(byte)
            }
            None => self.end(),
        }
    }

    /// Reads `N` bytes.
    ///
    /// # Errors
    /// [`Malformed::UnexpectedEnd`].
    #[inline(always)]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.bytes[self.pos..].first_chunk() {
            Some(array) => {
                self.pos += N;
                Ok(*array)
            }
            None => self.end(),
        }
    }

    /// Reads `len` bytes.
    ///
    /// # Errors
    /// [`Malformed::UnexpectedEnd`].
    pub fn bytes(&mut self, len: usize) -> Result<&'a [u8]> {
        match self.bytes[self.pos..].get(..len) {
            Some(bytes) => {
                self.pos += len;
                Ok(bytes)
            }
            None => self.end(),
        }
    }

    /// Reads `len` bytes, to keep them.
    pub(crate) fn kept_bytes(&mut self, len: usize) -> Result<Bytes> {
        Ok(kept(self.bytes(len)?, self.owner))
    }

    /// A cursor over the next `len` bytes, which count as read.
    ///
    /// # Errors
    /// [`Malformed::UnexpectedEnd`].
    pub fn sub(&mut self, len: usize) -> Result<Self> {
        let base = self.offset();
        let beyond = &self.beyond[self.pos..];
        Ok(Self { bytes: self.bytes(len)?, beyond, pos: 0, base, ..*self })
    }

    /// The `error` that reading from `start` on met, or what is said of it if these bytes are cut off
    /// too early: the format bounds contents by nothing but themselves, and only then compares their
    /// size to what was announced. So `read` has another try without the bound.
    #[cold]
    pub(crate) fn unbounded(
        &self,
        error: Error,
        start: usize,
        read: impl FnOnce(Self) -> Result<usize>,
    ) -> Error {
        let cut_off = matches!(error.kind(), Malformed::UnexpectedEnd | Malformed::LengthOutOfBounds { .. });
        if !cut_off || self.beyond.len() == self.bytes.len() {
            return error;
        }
        let wide = Self { bytes: self.beyond, pos: start - self.base, ..*self };
        match read(wide) {
            Ok(found) => {
                let end = self.base + self.bytes.len();
                Error::new(Malformed::SectionSize { found, end }, end)
            }
            Err(error) => error,
        }
    }

    /// Fails unless all bytes have been read.
    ///
    /// # Errors
    /// [`Malformed::SectionSize`].
    pub fn finish(&self) -> Result {
        let Range { start: found, end } = self.range();
        if found == end {
            return Ok(());
        }
        self.fail_at(found, Malformed::SectionSize { found, end })
    }

    /// Reads an unsigned number of 32 bits.
    ///
    /// # Errors
    /// [`Malformed::UnexpectedEnd`], [`Malformed::IntegerTooLong`] or [`Malformed::IntegerTooLarge`].
    #[inline(always)]
    pub fn u32(&mut self) -> Result<u32> {
        match self.bytes.get(self.pos) {
            Some(&byte) if byte < 0x80 => {
                self.pos += 1;
                Ok(u32::from(byte))
            }
            _ => self.unsigned(32).map(|n| n as u32),
        }
    }

    /// Reads an unsigned number of 64 bits.
    ///
    /// # Errors
    /// As [`Reader::u32`].
    #[inline(always)]
    pub fn u64(&mut self) -> Result<u64> {
        match self.bytes.get(self.pos) {
            Some(&byte) if byte < 0x80 => {
                self.pos += 1;
                Ok(u64::from(byte))
            }
            _ => self.unsigned(64),
        }
    }

    /// Reads a signed number of 32 bits.
    ///
    /// # Errors
    /// As [`Reader::u32`].
    #[inline(always)]
    pub fn s32(&mut self) -> Result<i32> {
        match self.bytes.get(self.pos) {
            Some(&byte) if byte < 0x80 => {
                self.pos += 1;
                Ok(i32::from((byte << 1) as i8 >> 1))
            }
            _ => self.signed(32).map(|n| n as i32),
        }
    }

    /// Reads a signed number of 33 bits, as the format has where a type or an index may stand.
    ///
    /// # Errors
    /// As [`Reader::u32`].
    pub fn s33(&mut self) -> Result<i64> {
        self.signed(33)
    }

    /// Reads a signed number of 64 bits.
    ///
    /// # Errors
    /// As [`Reader::u32`].
    #[inline(always)]
    pub fn s64(&mut self) -> Result<i64> {
        match self.bytes.get(self.pos) {
            Some(&byte) if byte < 0x80 => {
                self.pos += 1;
                Ok(i64::from((byte << 1) as i8 >> 1))
            }
            _ => self.signed(64),
        }
    }

    /// Reads an unsigned number of `width` bits.
    #[inline(never)]
    fn unsigned(&mut self, width: u32) -> Result<u64> {
        let mut value = 0;
        let mut shift = 0;
        loop {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7F);
            if width - shift < 7 && bits >> (width - shift) != 0 {
                return self.leb_error(byte, width, true);
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
            shift += 7;
            if shift >= width {
                return self.leb_error(byte, width, false);
            }
        }
    }

    /// Reads a signed number of `width` bits.
    #[inline(never)]
    fn signed(&mut self, width: u32) -> Result<i64> {
        let mut value = 0;
        let mut shift = 0;
        loop {
            let byte = self.byte()?;
            // Sign-extended from the number's seven bits.
            let bits = i64::from((byte << 1) as i8 >> 1);
            let room = width - shift;
            if room < 7 && bits >> (room - 1) != 0 && bits >> (room - 1) != -1 {
                return self.leb_error(byte, width, true);
            }
            value |= if byte < 0x80 { bits } else { bits & 0x7F } << shift;
            if byte < 0x80 {
                return Ok(value);
            }
            shift += 7;
            if shift >= width {
                return self.leb_error(byte, width, false);
            }
        }
    }

    /// The error for the number of `width` bits whose last byte read was `byte`: too large a number,
    /// unless it is too long already because it would go on.
    #[cold]
    fn leb_error<T>(&self, byte: u8, width: u32, too_large: bool) -> Result<T> {
        let offset = self.offset() - 1;
        if too_large && byte < 0x80 {
            self.fail_at(offset, Malformed::IntegerTooLarge(width))
        } else {
            self.fail_at(offset, Malformed::IntegerTooLong(width.div_ceil(7)))
        }
    }

    /// Reads a length or a count, which is at most the number of bytes that are left, its own included.
    ///
    /// # Errors
    /// [`Malformed::LengthOutOfBounds`], or as [`Reader::u32`].
    #[expect(clippy::len_without_is_empty, reason = "it reads a length, it has none")]
    pub fn len(&mut self) -> Result<usize> {
        let offset = self.offset();
        let most = self.left();
        let claimed = self.u32()?;
        if claimed as usize > most {
            let left = self.left();
            return self.fail_at(offset, Malformed::LengthOutOfBounds { claimed, left });
        }
        Ok(claimed as usize)
    }

    /// Reads a [name](https://webassembly.github.io/spec/core/binary/values.html#names).
    ///
    /// # Errors
    /// [`Malformed::Utf8`] or [`Malformed::LengthOutOfBounds`].
    pub fn name(&mut self) -> Result<&'a str> {
        let len = self.len()?;
        let offset = self.offset();
        match core::str::from_utf8(self.bytes(len)?) {
            Ok(name) => Ok(name),
            Err(error) => self.fail_at(offset + error.valid_up_to(), Malformed::Utf8),
        }
    }

    /// Reads a zero byte; another would need `feature`, if it is off.
    pub(crate) fn zero_byte(&mut self, feature: Option<Feature>) -> Result {
        match self.byte()? {
            0 => Ok(()),
            byte => {
                let needs = Needs(feature.filter(|f| !self.has(*f)));
                self.fail_at(self.offset() - 1, Malformed::ZeroByte(byte, needs))
            }
        }
    }

    /// Reads a vector. No space is reserved for elements that are not there.
    pub(crate) fn vec<T>(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<alloc::boxed::Box<[T]>> {
        let len = self.len()?;
        (0..len).map(|_| element(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn reader(bytes: &[u8]) -> Reader<'_> {
        Reader::new(bytes, 0, Features::all())
    }

    #[track_caller]
    fn check<T: PartialEq + core::fmt::Debug>(result: Result<T>, expected: Result<T, &str>) {
        assert_eq!(result.map_err(|e| e.to_string()), expected.map_err(ToString::to_string));
    }

    #[test]
    fn numbers_are_read_to_their_full_width() {
        check(reader(&[0xFF, 0xFF, 0xFF, 0xFF, 0x0F]).u32(), Ok(u32::MAX));
        check(reader(&[0x80, 0x80, 0x80, 0x80, 0x78]).s32(), Ok(i32::MIN));
        check(reader(&[0x7F]).s32(), Ok(-1));
        check(reader(&[0xFF, 0x7F]).s64(), Ok(-1));
        check(reader(&[0xFF, 0xFF, 0xFF, 0xFF, 0x0F]).s33(), Ok(i64::from(u32::MAX)));
        check(reader(&[0x80, 0x00]).u64(), Ok(0));
    }

    #[test]
    fn numbers_are_bounded() {
        let too_long = Err("integer representation too long: more than 5 bytes (at byte 0x4)");
        let too_large = Err("integer too large: it does not fit into 32 bits (at byte 0x4)");
        check(reader(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x00]).u32(), too_long);
        check(reader(&[0x80, 0x80, 0x80, 0x80, 0x10]).u32(), too_large);
        check(reader(&[0xFF, 0xFF, 0xFF, 0xFF, 0x4F]).s32(), too_large.map(|n: u32| n as i32));
        check(reader(&[0x80]).u32(), Err("unexpected end of section or function (at byte 0x1)"));
    }

    #[test]
    fn lengths_are_checked_before_use() {
        let expected = "length out of bounds: 4294967295 claimed, but 1 bytes are left (at byte 0x0)";
        check(reader(&[0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0]).vec(Reader::byte), Err(expected));
    }

    #[test]
    fn names_are_utf8() {
        check(reader(b"\x02\xC3\xA9").name(), Ok("\u{e9}"));
        check(reader(b"\x02a\xFF").name(), Err("malformed UTF-8 encoding in a name (at byte 0x2)"));
    }
}
