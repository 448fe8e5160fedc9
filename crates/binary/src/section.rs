//! Sections that are vectors, read element by element.

use core::marker::PhantomData;
use core::ops::Range;
use terrane_syntax::TypeIdx;

use crate::error::{Error, Result};
use crate::module::tag_type;
use crate::reader::{Decode, Reader};

/// A section that is a vector of `T`, as an iterator over its elements.
///
/// Gives each element with its byte offset, and [`Malformed`](crate::Malformed) where one is; after
/// the last element also if the section is longer than its elements. Nothing follows an error.
#[derive(Clone, Debug)]
pub struct Section<'a, T> {
    reader: Reader<'a>,
    range: Range<usize>,
    count: u32,
    left: Left,
    element: PhantomData<T>,
}

/// What is still to be read.
#[derive(Clone, Copy, Debug)]
enum Left {
    Elements(u32),
    Nothing,
}

impl<'a, T: Decode<'a>> Section<'a, T> {
    /// The section whose contents are what is left of `reader`.
    ///
    /// # Errors
    /// [`Malformed`](crate::Malformed), if the number of elements is.
    pub fn new(mut reader: Reader<'a>) -> Result<Self> {
        let range = reader.range();
        let count = reader.len()? as u32;
        Ok(Self { reader, range, count, left: Left::Elements(count), element: PhantomData })
    }

    /// The error that the first of `left` elements, at `start`, met, or what is said of it if bytes are
    /// missing.
    #[cold]
    fn unbounded(&self, error: Error, start: usize, left: u32) -> Error {
        self.reader.unbounded(error, start, |mut reader| {
            for _ in 0..left {
                reader.read::<T>()?;
            }
            Ok(reader.offset())
        })
    }

    /// How many elements the section says it has. It is at most the section's size in bytes.
    pub fn element_count(&self) -> u32 {
        self.count
    }

    /// Where the section's contents are in the module, in bytes.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }
}

impl<'a, T: Decode<'a>> Iterator for Section<'a, T> {
    type Item = Result<(usize, T)>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = match self.left {
            Left::Nothing => return None,
            Left::Elements(0) => {
                self.left = Left::Nothing;
                return self.reader.finish().err().map(Err);
            }
            Left::Elements(n) => {
                self.left = Left::Elements(n - 1);
                let offset = self.reader.offset();
                match self.reader.read() {
                    Ok(element) => Ok((offset, element)),
                    Err(error) => Err(self.unbounded(error, offset, n)),
                }
            }
        };
        if item.is_err() {
            self.left = Left::Nothing;
        }
        Some(item)
    }
}

/// The type of a tag that a module defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagType(pub TypeIdx);

impl Decode<'_> for TagType {
    /// [Spec](https://webassembly.github.io/spec/core/binary/types.html#tag-types)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        tag_type(r).map(TagType)
    }
}
