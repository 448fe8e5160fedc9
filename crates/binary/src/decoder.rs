//! A module as a stream of payloads.
//!
//! [Spec](https://webassembly.github.io/spec/core/binary/modules.html#binary-module)

use bytes::Bytes;
use core::ops::Range;
use terrane_syntax::types::{MemType, RecType};
use terrane_syntax::{Data, Elem, Export, Features, FuncIdx, Global, Table, TypeIdx, limits};

use crate::body::Body;
use crate::error::{Error, Malformed, Needs, Result};
use crate::imports::ImportSection;
use crate::module::SectionKind;
use crate::reader::{Decode, Reader, kept};
use crate::section::{Section, TagType};

/// What a module begins with.
pub(crate) const MAGIC: [u8; 4] = *b"\0asm";
/// The version of the format.
pub(crate) const VERSION: u32 = 1;

/// Takes a module apart as its bytes arrive.
///
/// The decoder keeps no bytes. It is shown what has arrived and not been consumed yet, and answers with
/// the next part of the module, or says that it needs more. It wants a section whole, but of the code
/// section only a function at a time.
///
/// ```
/// use terrane_binary::{Chunk, Decoder, Payload};
/// use terrane_syntax::Features;
///
/// let module = b"\0asm\x01\0\0\0\x03\x02\x01\x00\x0A\x04\x01\x02\x00\x0B";
/// let mut decoder = Decoder::new(Features::wasm1());
/// let mut buffer = Vec::new();
/// let mut arriving = module.iter();
/// let mut bodies = 0;
/// loop {
///     let next = arriving.next();
///     buffer.extend(next);
///     let consumed = match decoder.decode(&buffer, next.is_none())? {
///         Chunk::NeedMore(_) => continue,
///         Chunk::Payload { payload: Payload::End(_), .. } => break,
///         Chunk::Payload { consumed, payload } => {
///             bodies += usize::from(matches!(payload, Payload::Body(_)));
///             consumed
///         }
///     };
///     buffer.drain(..consumed);
/// }
/// assert_eq!(bodies, 1);
/// # Ok::<(), terrane_binary::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoder {
    features: Features,
    /// How many bytes have been consumed.
    offset: usize,
    state: State,
    /// The last section that was no custom one.
    last: Option<SectionKind>,
    /// Functions that the function section declares.
    funcs: u32,
    /// Bodies that the code section announces. If they are too few, only the end of the module will tell.
    bodies: u32,
    data_count: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Header,
    Section,
    /// Inside the code section: how many bodies are left, and where it ends.
    Code {
        left: u32,
        end: usize,
    },
}

/// An answer of [`Decoder::decode`].
#[derive(Clone, Debug)]
pub enum Chunk<'a> {
    /// At least so many more bytes are needed behind those that were shown.
    NeedMore(usize),
    /// A part of the module.
    Payload {
        /// How many bytes it took from the front of what was shown.
        consumed: usize,
        /// The part.
        payload: Payload<'a>,
    },
}

/// A part of a module.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Payload<'a> {
    /// Magic and version.
    Header,
    /// The type section.
    Types(Section<'a, RecType>),
    /// The import section.
    Imports(ImportSection<'a>),
    /// The function section: the type of each function.
    Funcs(Section<'a, TypeIdx>),
    /// The table section.
    Tables(Section<'a, Table>),
    /// The memory section.
    Mems(Section<'a, MemType>),
    /// The tag section.
    Tags(Section<'a, TagType>),
    /// The global section.
    Globals(Section<'a, Global>),
    /// The export section.
    Exports(Section<'a, Export>),
    /// The start section.
    Start(FuncIdx),
    /// The element section.
    Elems(Section<'a, Elem>),
    /// The data count section.
    DataCount(u32),
    /// The code section begins; a [`Payload::Body`] follows for each function, or for too few of them.
    Code {
        /// How many bodies follow.
        count: u32,
        /// Where the section's contents are in the module, in bytes.
        range: Range<usize>,
    },
    /// The body of the next function.
    Body(Body<'a>),
    /// The data section.
    Datas(Section<'a, Data>),
    /// A custom section.
    Custom(CustomSection<'a>),
    /// The module ends, well-formed but perhaps for what the payloads hold. It is so many bytes long.
    End(usize),
}

/// A custom section, as it stands in the bytes.
#[derive(Clone, Copy, Debug)]
pub struct CustomSection<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its contents after the name.
    pub bytes: &'a [u8],
    /// Where its contents begin in the module, in bytes.
    pub offset: usize,
    /// The section it stands behind, other custom ones not counted.
    pub after: Option<SectionKind>,
    owner: Option<&'a Bytes>,
}

impl CustomSection<'_> {
    /// Its contents after the name, to keep them: shared, if the decoder was given the module so.
    pub(crate) fn kept_bytes(&self) -> Bytes {
        kept(self.bytes, self.owner)
    }
}

/// An outcome of looking at bytes of which more may follow.
type Progress<T> = core::result::Result<T, Stop>;

enum Stop {
    NeedMore(usize),
    Error(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Error(error)
    }
}

impl Decoder {
    /// A decoder for a module of which no byte has been seen.
    pub fn new(features: Features) -> Self {
        let state = State::Header;
        Self { features, offset: 0, state, last: None, funcs: 0, bodies: 0, data_count: None }
    }

    /// How many bytes have been consumed: where the bytes shown next stand in the module.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Takes the next part of the module from the front of `data`, which begins right behind what was
    /// consumed before. `eof` says that nothing follows `data`.
    ///
    /// If it is `eof`, more is never asked for.
    ///
    /// # Errors
    /// [`Malformed`]. The module has no further parts then.
    pub fn decode<'a>(&mut self, data: &'a [u8], eof: bool) -> Result<Chunk<'a>> {
        self.next(Window { data, offset: self.offset, eof, features: self.features, owner: None })
    }

    /// Takes the next part of the module from the front of the window.
    fn next<'a>(&mut self, window: Window<'a>) -> Result<Chunk<'a>> {
        let progress = match self.state {
            State::Header => self.header(window),
            State::Section => self.section(window),
            State::Code { left: 0, end } => self.code_end(window, end),
            State::Code { left, end } => self.body(window, left, end),
        };
        match progress {
            Ok((end, payload)) => {
                let consumed = end - self.offset;
                self.offset = end;
                Ok(Chunk::Payload { consumed, payload })
            }
            Err(Stop::NeedMore(n)) => Ok(Chunk::NeedMore(n)),
            Err(Stop::Error(error)) => Err(error),
        }
    }

    /// [Spec](https://webassembly.github.io/spec/core/binary/modules.html#binary-module)
    fn header<'a>(&mut self, w: Window<'a>) -> Progress<(usize, Payload<'a>)> {
        let (mut r, magic) = w.step(|r| r.array::<4>())?;
        if magic != MAGIC {
            return Err(Error::new(Malformed::Magic(magic), 0).into());
        }
        let version = match r.array().map(u32::from_le_bytes) {
            Ok(VERSION) => VERSION,
            Ok(other) => return Err(Error::new(Malformed::Version(other), 4).into()),
            Err(error) => return Err(w.stop(error)),
        };
        debug_assert_eq!(version, VERSION);
        self.state = State::Section;
        Ok((r.offset(), Payload::Header))
    }

    fn section<'a>(&mut self, w: Window<'a>) -> Progress<(usize, Payload<'a>)> {
        if w.data.is_empty() && w.eof {
            return Ok((self.offset, self.end()?));
        }
        let (r, (id, size)) = w.step(|r| {
            let id = r.byte()?;
            let kind = section_kind(r, id)?;
            Ok((kind, r.u32()? as usize))
        })?;
        let end = r.offset() + size;
        if let Some(kind) = id {
            self.check_order(kind)?;
        }
        if id == Some(SectionKind::Code) {
            return self.code_start(w, r, size);
        }
        let contents = w.contents(r, size)?;
        let payload = match id {
            Some(kind) => self.payload(kind, contents)?,
            None => Payload::Custom(custom(contents, self.last)?),
        };
        self.last = id.or(self.last);
        Ok((end, payload))
    }

    /// Fails if a section of this kind cannot follow those before.
    fn check_order(&self, kind: SectionKind) -> Result {
        match self.last {
            Some(last) if last >= kind => {
                let kind = Malformed::SectionOrder { id: kind.id(), after: last.id() };
                Err(Error::new(kind, self.offset))
            }
            _ => Ok(()),
        }
    }

    fn payload<'a>(&mut self, kind: SectionKind, r: Reader<'a>) -> Result<Payload<'a>> {
        // Whether a data count section is required, only function bodies are asked.
        let r = r.with_data_count(true);
        Ok(match kind {
            SectionKind::Type => Payload::Types(Section::new(r)?),
            SectionKind::Import => Payload::Imports(ImportSection::new(r)?),
            SectionKind::Func => {
                let section = Section::new(r)?;
                self.funcs = section.element_count();
                Payload::Funcs(section)
            }
            SectionKind::Table => Payload::Tables(Section::new(r)?),
            SectionKind::Mem => Payload::Mems(Section::new(r)?),
            SectionKind::Tag => Payload::Tags(Section::new(r)?),
            SectionKind::Global => Payload::Globals(Section::new(r)?),
            SectionKind::Export => Payload::Exports(Section::new(r)?),
            SectionKind::Start => Payload::Start(single(r)?),
            SectionKind::Elem => Payload::Elems(Section::new(r)?),
            SectionKind::DataCount => {
                let count = single(r)?;
                self.data_count = Some(count);
                Payload::DataCount(count)
            }
            SectionKind::Data => {
                let section = Section::new(r)?;
                self.check_data_count(section.element_count(), r.offset())?;
                Payload::Datas(section)
            }
            SectionKind::Code => Payload::Code { count: 0, range: r.range() },
        })
    }

    /// The start of the code section of `size` bytes, whose contents are at `r`.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/binary/modules.html#code-section)
    fn code_start<'a>(
        &mut self,
        w: Window<'a>,
        r: Reader<'a>,
        size: usize,
    ) -> Progress<(usize, Payload<'a>)> {
        let range = r.offset()..r.offset() + size;
        w.check_size(&r, size)?;
        let w = w.upto(range.end);
        let mut r = w.reader_at(range.start);
        let count = r.u32().map_err(|error| w.stop(error))?;
        if count as usize > range.end - r.offset() {
            let left = range.end - r.offset();
            return Err(Error::new(Malformed::LengthOutOfBounds { claimed: count, left }, range.start).into());
        }
        self.bodies = count;
        if self.bodies > self.funcs {
            self.check_bodies(range.start)?;
        }
        self.last = Some(SectionKind::Code);
        self.state = State::Code { left: count, end: range.end };
        Ok((r.offset(), Payload::Code { count, range }))
    }

    /// The next of `left` bodies in the code section that ends at `end`.
    fn body<'a>(&mut self, w: Window<'a>, left: u32, end: usize) -> Progress<(usize, Payload<'a>)> {
        let (mut r, size) = w.step(|r| r.u32())?;
        let room = end.saturating_sub(r.offset());
        if size as usize > room {
            let kind = Malformed::LengthOutOfBounds { claimed: size, left: room };
            return Err(Error::new(kind, self.offset).into());
        }
        if size as usize > limits::FUNC_SIZE {
            return Err(Error::new(Malformed::FuncTooLarge(size as usize), self.offset).into());
        }
        let missing = (size as usize).saturating_sub(r.left());
        if missing > 0 && !w.eof {
            return Err(Stop::NeedMore(missing));
        }
        let body = r.sub(size as usize)?.with_data_count(self.data_count.is_some());
        self.state = State::Code { left: left - 1, end };
        Ok((r.offset(), Payload::Body(Body::from_reader(body))))
    }

    /// What follows the code section, whose last body has been read and which ends at `end`.
    fn code_end<'a>(&mut self, w: Window<'a>, end: usize) -> Progress<(usize, Payload<'a>)> {
        if self.offset < end {
            let kind = Malformed::SectionSize { found: self.offset, end };
            return Err(Error::new(kind, self.offset).into());
        }
        self.state = State::Section;
        self.section(w)
    }

    /// The end of the module, if all is there that sections before announced.
    fn end<'a>(&mut self) -> Result<Payload<'a>> {
        self.check_bodies(self.offset)?;
        if self.last != Some(SectionKind::Data) {
            self.check_data_count(0, self.offset)?;
        }
        Ok(Payload::End(self.offset))
    }

    /// Fails unless there are as many function bodies as functions without.
    fn check_bodies(&self, offset: usize) -> Result {
        let Self { funcs, bodies, .. } = *self;
        if funcs != bodies {
            return Err(Error::new(Malformed::FuncsAndBodies { funcs, bodies }, offset));
        }
        Ok(())
    }

    /// Fails unless there are as many data segments as announced.
    fn check_data_count(&self, datas: u32, offset: usize) -> Result {
        match self.data_count {
            Some(count) if count != datas => Err(Error::new(Malformed::DataCount { count, datas }, offset)),
            _ => Ok(()),
        }
    }
}

/// The section of number `id`, which has been read; `None` for a custom section.
fn section_kind(r: &Reader<'_>, id: u8) -> Result<Option<SectionKind>> {
    let needs = match SectionKind::from_id(id) {
        _ if id == 0 => return Ok(None),
        Some(kind) if r.has(kind.feature()) => return Ok(Some(kind)),
        kind => Needs(kind.map(SectionKind::feature)),
    };
    r.fail_at(r.offset() - 1, Malformed::SectionId { id, needs })
}

/// The contents of a section that is a single value.
fn single<'a, T: Decode<'a>>(mut r: Reader<'a>) -> Result<T> {
    let value = r.read()?;
    r.finish()?;
    Ok(value)
}

/// [Spec](https://webassembly.github.io/spec/core/binary/modules.html#custom-section)
fn custom(mut r: Reader<'_>, after: Option<SectionKind>) -> Result<CustomSection<'_>> {
    let name = r.name()?;
    let offset = r.offset();
    Ok(CustomSection { name, bytes: r.bytes(r.left())?, offset, after, owner: r.owner() })
}

/// The bytes that have arrived.
#[derive(Clone, Copy)]
struct Window<'a> {
    data: &'a [u8],
    /// Where `data` stands in the module.
    offset: usize,
    /// Does nothing follow?
    eof: bool,
    features: Features,
    /// What `data` is part of, if that can be shared.
    owner: Option<&'a Bytes>,
}

impl<'a> Window<'a> {
    fn reader_at(self, offset: usize) -> Reader<'a> {
        Reader::new(&self.data[offset - self.offset..], offset, self.features).with_owner(self.owner)
    }

    /// The window without what is at `end` or behind. What is before it and missing may still arrive.
    fn upto(self, end: usize) -> Self {
        let len = end - self.offset;
        match self.data.get(..len) {
            Some(data) => Self { data, eof: true, ..self },
            None => self,
        }
    }

    /// Reads something small from the front.
    fn step<T>(self, read: impl FnOnce(&mut Reader<'a>) -> Result<T>) -> Progress<(Reader<'a>, T)> {
        let mut r = self.reader_at(self.offset);
        match read(&mut r) {
            Ok(value) => Ok((r, value)),
            Err(error) => Err(self.stop(error)),
        }
    }

    /// What to do about an `error`: if bytes are missing, they may still arrive.
    fn stop(self, error: Error) -> Stop {
        match error.kind() {
            Malformed::UnexpectedEnd if !self.eof => Stop::NeedMore(1),
            _ => Stop::Error(error),
        }
    }

    /// Fails if the `size` bytes of a section at `r` cannot arrive any more, or are too many.
    fn check_size(self, r: &Reader<'a>, size: usize) -> Result {
        if r.offset().saturating_add(size) > limits::MODULE_SIZE && (size <= r.left() || !self.eof) {
            return r.fail_at(self.offset + 1, Malformed::ModuleTooLarge(r.offset().saturating_add(size)));
        }
        // As in any length, its own bytes count, but not the section's id.
        if size >= self.data.len() && self.eof {
            let kind = Malformed::LengthOutOfBounds { claimed: size as u32, left: r.left() };
            return r.fail_at(self.offset + 1, kind);
        }
        if size > r.left() && self.eof {
            return r.fail_at(self.offset + self.data.len(), Malformed::UnexpectedEnd);
        }
        Ok(())
    }

    /// The contents of a section: the `size` bytes at `r`.
    fn contents(self, mut r: Reader<'a>, size: usize) -> Progress<Reader<'a>> {
        self.check_size(&r, size)?;
        match size.checked_sub(r.left()) {
            None | Some(0) => Ok(r.sub(size)?),
            Some(missing) => Err(Stop::NeedMore(missing)),
        }
    }
}

/// The payloads of a module of which all bytes are there.
///
/// Gives [`Malformed`] where the module is, and nothing after an error or the end.
#[derive(Clone, Debug)]
pub struct Payloads<'a> {
    decoder: Decoder,
    bytes: &'a [u8],
    owner: Option<&'a Bytes>,
    done: bool,
}

impl Payloads<'_> {
    /// Where in the module the next payload begins, in bytes.
    pub fn offset(&self) -> usize {
        self.decoder.offset()
    }
}

/// The payloads of the module that is `bytes`, the last of them [`Payload::End`].
pub fn payloads(bytes: &[u8], features: Features) -> Payloads<'_> {
    Payloads { decoder: Decoder::new(features), bytes, owner: None, done: false }
}

/// The same of bytes that can be shared: data segments and custom sections that are kept are parts of `bytes`, instead
/// of copies.
pub fn shared_payloads(bytes: &Bytes, features: Features) -> Payloads<'_> {
    Payloads { owner: Some(bytes), ..payloads(bytes, features) }
}

impl<'a> Iterator for Payloads<'a> {
    type Item = Result<Payload<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let offset = self.decoder.offset();
        let (data, features) = (&self.bytes[offset..], self.decoder.features);
        match self.decoder.next(Window { data, offset, eof: true, features, owner: self.owner }) {
            Ok(Chunk::Payload { payload, .. }) => {
                self.done = matches!(payload, Payload::End(_));
                Some(Ok(payload))
            }
            Ok(Chunk::NeedMore(_)) => {
                self.done = true;
                Some(Err(Error::new(Malformed::UnexpectedEnd, self.bytes.len())))
            }
            Err(error) => {
                self.done = true;
                Some(Err(error))
            }
        }
    }
}
