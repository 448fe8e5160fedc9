//! Function bodies.
//!
//! [Spec](https://webassembly.github.io/spec/core/binary/modules.html#code-section)

use core::ops::Range;
use terrane_syntax::Features;
use terrane_syntax::types::ValType;

use crate::error::{Error, Malformed, Result};
use crate::instr::InstrReader;
use crate::reader::Reader;

/// A function body as it stands in the code section, behind its size: locals, then instructions.
///
/// ```
/// use terrane_binary::Body;
/// use terrane_syntax::{Features, types::ValType};
///
/// let bytes = [1, 2, 0x7E, 0x0B];
/// let mut locals = Body::new(&bytes, 0..4, Features::wasm1(), false).locals()?;
/// assert_eq!(locals.next(), Some(Ok((2, ValType::I64))));
/// assert_eq!(locals.next(), None);
/// assert!(locals.into_instrs()?.next()?.is_some());
/// # Ok::<(), terrane_binary::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    reader: Reader<'a>,
}

impl<'a> Body<'a> {
    /// The body at `range` of the bytes of a module, with or without a data count section.
    ///
    /// # Panics
    /// If `range` is not inside `module`.
    pub fn new(module: &'a [u8], range: Range<usize>, features: Features, data_count: bool) -> Self {
        let reader = Reader::new(&module[range.clone()], range.start, features);
        Self { reader: reader.with_data_count(data_count) }
    }

    /// The body that is what is left of `reader`.
    pub fn from_reader(reader: Reader<'a>) -> Self {
        Self { reader }
    }

    /// Where the body is in the module, in bytes.
    pub fn range(&self) -> Range<usize> {
        self.reader.range()
    }

    /// The declarations of locals, and behind them the instructions.
    ///
    /// # Errors
    /// [`Malformed`], if the number of declarations is.
    pub fn locals(self) -> Result<Locals<'a>> {
        let mut reader = self.reader;
        match reader.len() {
            Ok(left) => Ok(Locals { reader, left, total: 0 }),
            Err(error) => Err(reader.unbounded(error, self.range().start, |reader| {
                let rest = Self { reader }.instrs()?.skip()?;
                Ok(rest.offset())
            })),
        }
    }

    /// The instructions, behind declarations that are checked but not given.
    ///
    /// # Errors
    /// [`Malformed`], if the declarations are.
    pub fn instrs(self) -> Result<InstrReader<'a>> {
        self.locals()?.into_instrs()
    }
}

/// The declarations of a function's locals: how many, and of which type.
///
/// Gives errors [`Malformed`], [`Malformed::TooManyLocals`] among them, and nothing after one.
#[derive(Clone, Debug)]
pub struct Locals<'a> {
    reader: Reader<'a>,
    /// How many declarations are still to be read.
    left: usize,
    /// How many locals have been declared.
    total: u64,
}

impl<'a> Locals<'a> {
    /// The instructions behind the declarations.
    ///
    /// # Errors
    /// [`Malformed`], if a declaration that was not read yet is.
    pub fn into_instrs(mut self) -> Result<InstrReader<'a>> {
        for local in self.by_ref() {
            local?;
        }
        Ok(InstrReader::new(self.reader))
    }

    /// The offset of the next declaration in the module, in bytes.
    pub fn offset(&self) -> usize {
        self.reader.offset()
    }

    /// The error that the declaration at `start` met, or what is said of it if bytes are missing.
    #[cold]
    fn unbounded(&self, error: Error, start: usize) -> Error {
        self.reader.unbounded(error, start, |reader| {
            let rest = Locals { reader, left: self.left + 1, ..*self };
            Ok(rest.into_instrs()?.skip()?.offset())
        })
    }

    fn local(&mut self) -> Result<(u32, ValType)> {
        let offset = self.reader.offset();
        let n = self.reader.u32()?;
        self.total += u64::from(n);
        if self.total > u64::from(u32::MAX) {
            return self.reader.fail_at(offset, Malformed::TooManyLocals(self.total));
        }
        Ok((n, self.reader.read()?))
    }
}

impl Iterator for Locals<'_> {
    type Item = Result<(u32, ValType)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let start = self.reader.offset();
        let local = self.local().map_err(|error| self.unbounded(error, start));
        if local.is_err() {
            self.left = 0;
        }
        Some(local)
    }
}
