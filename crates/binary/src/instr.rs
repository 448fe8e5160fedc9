//! Instructions, decoded by the table of them.
//!
//! [Spec](https://webassembly.github.io/spec/core/binary/instructions.html)

use alloc::vec::Vec;
use smallvec::SmallVec;
use terrane_syntax::types::{BlockType, HeapType, RefType, ValType};
use terrane_syntax::{
    BrCast, Catch, ConstExpr, DataIdx, ElemIdx, F32Bits, F64Bits, Feature, FieldIdx, FuncIdx, GlobalIdx,
    Instr, LabelIdx, LaneIdx, LocalIdx, MemArg, MemIdx, TableIdx, TagIdx, TypeIdx, V128Bits, Visit, ZeroByte,
};

use crate::error::{Error, Malformed, Needs, RawOpcode, Result};
use crate::reader::{Decode, Reader};
use crate::types::{is_type_byte, type_idx_s33};

/// Space for the lists that instructions borrow.
#[derive(Clone, Debug, Default)]
struct Lists {
    labels: Vec<LabelIdx>,
    types: Vec<ValType>,
    catches: Vec<Catch>,
}

/// An immediate: read from the bytes first, then, if it is a list, borrowed from where it was put.
trait Immediate<'s>: Sized {
    /// What is known before the list can be borrowed.
    type Read;
    fn read(r: &mut Reader<'_>, lists: &mut Lists) -> Result<Self::Read>;
    fn borrow(read: Self::Read, lists: &'s Lists) -> Self;
}

/// An immediate that can outlive the list it borrows, by letting go of it.
trait Detach {
    type Detached;
    fn detach(self) -> Self::Detached;
}

macro_rules! impl_immediate_by_value {
    ($($ty:ty)*) => { $(
        impl Immediate<'_> for $ty {
            type Read = $ty;
            #[inline(always)]
            fn read(r: &mut Reader<'_>, _: &mut Lists) -> Result<$ty> {
                r.read()
            }
            #[inline(always)]
            fn borrow(read: $ty, _: &Lists) -> $ty {
                read
            }
        }

        impl Detach for $ty {
            type Detached = $ty;
            #[inline(always)]
            fn detach(self) -> $ty {
                self
            }
        }
    )* };
}

impl_immediate_by_value! {
    TypeIdx FuncIdx TableIdx MemIdx GlobalIdx TagIdx ElemIdx DataIdx LocalIdx LabelIdx FieldIdx LaneIdx
    u32 i32 i64 F32Bits F64Bits V128Bits [LaneIdx; 16] ZeroByte BlockType HeapType MemArg BrCast
}

macro_rules! impl_immediate_by_list {
    ($($ty:ty: $field:ident)*) => { $(
        impl<'s> Immediate<'s> for &'s [$ty] {
            type Read = ();
            #[inline(always)]
            fn read(r: &mut Reader<'_>, lists: &mut Lists) -> Result {
                read_list(r, &mut lists.$field)
            }
            #[inline(always)]
            fn borrow((): (), lists: &'s Lists) -> Self {
                &lists.$field
            }
        }

        impl Detach for &[$ty] {
            type Detached = &'static [$ty];
            fn detach(self) -> Self::Detached {
                &[]
            }
        }
    )* };
}

/// Reads a list into `list`, whose space is used again.
fn read_list<'a, T: Decode<'a>>(r: &mut Reader<'a>, list: &mut Vec<T>) -> Result {
    let len = r.len()?;
    list.clear();
    for _ in 0..len {
        list.push(r.read()?);
    }
    Ok(())
}

impl_immediate_by_list!(LabelIdx: labels ValType: types Catch: catches);

macro_rules! impl_decode {
    ($($ty:ty: $r:ident => $value:expr;)*) => { $(
        impl Decode<'_> for $ty {
            #[inline(always)]
            fn decode($r: &mut Reader<'_>) -> Result<Self> {
                Ok($value)
            }
        }
    )* };
}

impl_decode! {
    TypeIdx: r => TypeIdx(r.u32()?);
    FuncIdx: r => FuncIdx(r.u32()?);
    TableIdx: r => TableIdx(index_or_zero(r, Feature::ReferenceTypes)?);
    MemIdx: r => MemIdx(index_or_zero(r, Feature::MultiMemory)?);
    GlobalIdx: r => GlobalIdx(r.u32()?);
    TagIdx: r => TagIdx(r.u32()?);
    ElemIdx: r => ElemIdx(r.u32()?);
    DataIdx: r => data_idx(r)?;
    LocalIdx: r => LocalIdx(r.u32()?);
    LabelIdx: r => LabelIdx(r.u32()?);
    FieldIdx: r => FieldIdx(r.u32()?);
    LaneIdx: r => LaneIdx(r.byte()?);
    [LaneIdx; 16]: r => r.array()?.map(LaneIdx);
    u32: r => r.u32()?;
    i32: r => r.s32()?;
    i64: r => r.s64()?;
    F32Bits: r => F32Bits(u32::from_le_bytes(r.array()?));
    F64Bits: r => F64Bits(u64::from_le_bytes(r.array()?));
    V128Bits: r => V128Bits(r.array()?);
    ZeroByte: r => { r.zero_byte(None)?; ZeroByte };
}

/// An index where a zero byte stood before `feature` made it an index.
#[inline(always)]
fn index_or_zero(r: &mut Reader<'_>, feature: Feature) -> Result<u32> {
    if r.has(feature) {
        return r.u32();
    }
    r.zero_byte(Some(feature)).map(|()| 0)
}

/// The index of a data segment in an instruction.
fn data_idx(r: &mut Reader<'_>) -> Result<DataIdx> {
    if !r.has_data_count() {
        return r.fail_at(r.offset(), Malformed::DataCountRequired);
    }
    r.u32().map(DataIdx)
}

impl Decode<'_> for BlockType {
    /// [Spec](https://webassembly.github.io/spec/core/binary/instructions.html#control-instructions)
    #[inline(always)]
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        match r.peek() {
            Some(0x40) => r.byte().map(|_| BlockType::Empty),
            _ => block_type(r),
        }
    }
}

/// A block type that is not empty.
fn block_type(r: &mut Reader<'_>) -> Result<BlockType> {
    match r.peek() {
        Some(byte) if is_type_byte(byte) => r.read().map(BlockType::Value),
        _ => indexed_block_type(r),
    }
}

fn indexed_block_type(r: &mut Reader<'_>) -> Result<BlockType> {
    let offset = r.offset();
    let byte = r.peek().unwrap_or_default();
    match type_idx_s33(r)? {
        Some(x) if r.has(Feature::MultiValue) => Ok(BlockType::Type(x)),
        _ => r.fail_at(offset, Malformed::ValType(byte, r.needs(Feature::MultiValue))),
    }
}

impl Decode<'_> for MemArg {
    /// [Spec](https://webassembly.github.io/spec/core/binary/instructions.html#memory-instructions)
    #[inline(always)]
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        match r.two_bytes(|[align, offset]| align < 32 && offset < 0x80) {
            Some([align, offset]) => {
                Ok(MemArg { align: u32::from(align), offset: u64::from(offset), memory: MemIdx(0) })
            }
            None => memarg(r),
        }
    }
}

/// A memory argument of any length.
fn memarg(r: &mut Reader<'_>) -> Result<MemArg> {
    let start = r.offset();
    let flags = r.u32()?;
    let (align, memory) = match flags {
        0..32 => (flags, MemIdx(0)),
        _ => memory_of_memarg(r, start, flags)?,
    };
    let offset = if r.has(Feature::Memory64) { r.u64()? } else { u64::from(r.u32()?) };
    Ok(MemArg { align, offset, memory })
}

/// Alignment and memory for the `flags` at `start`, if they are not just a reasonable alignment.
#[cold]
fn memory_of_memarg(r: &mut Reader<'_>, start: usize, flags: u32) -> Result<(u32, MemIdx)> {
    match flags {
        0..64 if r.has(Feature::MultiMemory) => Ok((flags, MemIdx(0))),
        64..128 if r.has(Feature::MultiMemory) => Ok((flags & 0x3F, MemIdx(r.u32()?))),
        _ => r.fail_at(start, Malformed::MemopFlags(flags)),
    }
}

impl Decode<'_> for Catch {
    /// [Spec](https://webassembly.github.io/spec/core/binary/instructions.html#control-instructions)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        match r.byte()? {
            0 => Ok(Catch::Catch { tag: r.read()?, label: r.read()? }),
            1 => Ok(Catch::CatchRef { tag: r.read()?, label: r.read()? }),
            2 => Ok(Catch::CatchAll { label: r.read()? }),
            3 => Ok(Catch::CatchAllRef { label: r.read()? }),
            byte => r.fail_at(r.offset() - 1, Malformed::Catch(byte)),
        }
    }
}

impl Decode<'_> for BrCast {
    /// [Spec](https://webassembly.github.io/spec/core/binary/instructions.html#control-instructions)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        let flags = r.byte()?;
        if flags > 3 {
            return r.fail_at(r.offset() - 1, Malformed::CastFlags(flags));
        }
        let l = r.read()?;
        let rt1 = RefType { nullable: flags & 1 != 0, heap: r.read()? };
        let rt2 = RefType { nullable: flags & 2 != 0, heap: r.read()? };
        Ok(BrCast { l, rt1, rt2 })
    }
}

/// The pattern that a row's opcode is, for a first byte and a code.
macro_rules! opcode {
    ([$byte:literal]) => {
        ($byte, _)
    };
    ([$prefix:literal $code:literal]) => {
        ($prefix, $code)
    };
}

/// The first byte of an opcode, and the number behind it if it is a prefix.
#[inline(always)]
fn read_opcode(r: &mut Reader<'_>) -> Result<(u8, u32)> {
    let byte = r.byte()?;
    let code = if (0xFB..0xFF).contains(&byte) { r.u32()? } else { 0 };
    Ok((byte, code))
}

#[cold]
fn illegal_opcode<T>(r: &Reader<'_>, offset: usize, opcode: (u8, u32), needs: Needs) -> Result<T> {
    let (byte, code) = opcode;
    let opcode = RawOpcode(byte, (0xFB..0xFF).contains(&byte).then_some(code));
    r.fail_at(offset, Malformed::IllegalOpcode { opcode, needs })
}

/// What the rule of an instruction says about blocks.
macro_rules! nest {
    ($blocks:ident block) => {
        $blocks.open(Frame::Block)
    };
    ($blocks:ident loop_) => {
        $blocks.open(Frame::Block)
    };
    ($blocks:ident try_table) => {
        $blocks.open(Frame::Block)
    };
    ($blocks:ident if_) => {
        $blocks.open(Frame::If)
    };
    ($blocks:ident try_) => {
        $blocks.open(Frame::Try)
    };
    ($blocks:ident else_) => {
        $blocks.go_on(Frame::If, Frame::Block)
    };
    ($blocks:ident catch) => {
        $blocks.go_on(Frame::Try, Frame::Try)
    };
    ($blocks:ident catch_all) => {
        $blocks.go_on(Frame::Try, Frame::Block)
    };
    ($blocks:ident delegate) => {
        $blocks.go_on(Frame::Try, Frame::Block) && $blocks.close()
    };
    ($blocks:ident end) => {
        $blocks.close()
    };
    ($blocks:ident $other:ident) => {
        true
    };
}

macro_rules! define_decoders {
    ($($name:ident $text:literal $op:tt { $($imm:ident: $ty:ty),* }
        => $rule:ident $args:tt: $feature:ident;)*) => {
        /// Reads an instruction, and hands it to `visitor`. Its lists go to `lists`.
        #[inline(always)]
        fn visit_instr<'a, V: Visit<'a>>(
            r: &mut Reader<'_>,
            lists: &'a mut Lists,
            blocks: &mut Blocks,
            visitor: &mut V,
        ) -> Result<V::Output> {
            let offset = r.offset();
            let opcode = read_opcode(r)?;
            match opcode { $(
                opcode!($op) => {
                    if Feature::$feature as u8 != Feature::Mvp as u8 && !r.has(Feature::$feature) {
                        return illegal_opcode(r, offset, opcode, Needs(Some(Feature::$feature)));
                    }
                    $(let $imm = <$ty as Immediate<'_>>::read(r, lists)?;)*
                    if !nest!(blocks $rule) {
                        return r.fail_at(offset, Malformed::EndExpected($text));
                    }
                    Ok(visitor.$name(offset, $(Immediate::borrow($imm, lists)),*))
                })*
                _ => illegal_opcode(r, offset, opcode, Needs(None)),
            }
        }

        /// Makes an instruction of what it is handed.
        struct ToInstr;

        #[allow(non_snake_case, reason = "the names are those of the variants")]
        impl<'a> Visit<'a> for ToInstr {
            type Output = Instr<'a>;
            $(
                #[inline(always)]
                fn $name(&mut self, _: usize, $($imm: $ty),*) -> Instr<'a> {
                    Instr::$name { $($imm),* }
                }
            )*
        }

        /// Makes an instruction without a borrow of what it is handed: its lists become empty.
        struct Detached;

        #[allow(non_snake_case, reason = "the names are those of the variants")]
        impl<'a> Visit<'a> for Detached {
            type Output = Instr<'static>;
            $(
                fn $name(&mut self, _: usize, $($imm: $ty),*) -> Instr<'static> {
                    Instr::$name { $($imm: Detach::detach($imm)),* }
                }
            )*
        }
    };
}
terrane_syntax::for_each_instr!(define_decoders);

/// What a block is, as far as it decides what may close it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// `block`, `loop`, `try_table`, and what only `end` can follow.
    Block,
    If,
    Try,
}

/// How blocks are nested. What is done to them says whether it can be done.
///
/// [Spec](https://webassembly.github.io/spec/core/binary/instructions.html#control-instructions)
#[derive(Clone, Debug, Default)]
struct Blocks {
    /// The open blocks but for the outermost, the function or expression itself.
    frames: Vec<Frame>,
    /// Has the outermost been closed?
    done: bool,
}

impl Blocks {
    #[inline]
    fn open(&mut self, frame: Frame) -> bool {
        self.frames.push(frame);
        true
    }

    #[inline]
    fn close(&mut self) -> bool {
        self.done = self.frames.pop().is_none();
        true
    }

    /// Goes on with the innermost block as `new`, if it is `old`.
    #[inline]
    fn go_on(&mut self, old: Frame, new: Frame) -> bool {
        match self.frames.last_mut() {
            Some(frame) if *frame == old => *frame = new,
            _ => return false,
        }
        true
    }
}

/// The instructions of a function body or of a constant expression, one after the other.
///
/// ```
/// use terrane_binary::{InstrReader, Reader};
/// use terrane_syntax::{Features, Instr, LocalIdx};
///
/// let bytes = [0x20, 0x01, 0x45, 0x0B];
/// let mut instrs = InstrReader::new(Reader::new(&bytes, 0, Features::wasm1()));
/// assert_eq!(instrs.next()?, Some((0, Instr::LocalGet { x: LocalIdx(1) })));
/// assert_eq!(instrs.next()?, Some((2, Instr::I32Eqz {})));
/// assert_eq!(instrs.next()?, Some((3, Instr::End {})));
/// assert_eq!(instrs.next()?, None);
/// # Ok::<(), terrane_binary::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct InstrReader<'a> {
    reader: Reader<'a>,
    lists: Lists,
    blocks: Blocks,
}

impl<'a> InstrReader<'a> {
    /// Reads the instructions at the front of `reader`, up to the `end` that belongs to no block.
    pub fn new(reader: Reader<'a>) -> Self {
        Self { reader, lists: Lists::default(), blocks: Blocks::default() }
    }

    /// The next instruction and its byte offset; `None` after the final `end`, which is given as well.
    ///
    /// An instruction borrows its lists from the reader, which reuses the space for the next.
    ///
    /// # Errors
    /// [`Malformed`]. What is read after an error is unspecified. If bytes are left behind the final
    /// `end`, the call after it says so.
    #[inline(always)]
    #[expect(clippy::should_implement_trait, reason = "an iterator cannot lend")]
    pub fn next(&mut self) -> Result<Option<(usize, Instr<'_>)>> {
        if self.blocks.done {
            return self.reader.finish().map(|()| None);
        }
        let offset = self.reader.offset();
        match visit_instr(&mut self.reader, &mut self.lists, &mut self.blocks, &mut ToInstr) {
            Ok(instr) => Ok(Some((offset, instr))),
            Err(error) => Err(unbounded(&self.reader, &self.blocks, offset, error)),
        }
    }

    /// Hands all instructions that are left, the final `end` among them, to `visitor`, unless it fails.
    ///
    /// This is the fastest way to read them: an instruction is told from the others but once.
    ///
    /// # Errors
    /// [`Malformed`], also if bytes are left behind the final `end`; or what the visitor says.
    pub fn visit<V, F, E>(mut self, visitor: &mut V) -> Result<(), E>
    where
        V: for<'s> Visit<'s, Output = Result<(), F>>,
        E: From<Error> + From<F>,
    {
        while !self.blocks.done {
            let offset = self.reader.offset();
            match visit_instr(&mut self.reader, &mut self.lists, &mut self.blocks, visitor) {
                Ok(output) => output?,
                Err(error) => return Err(unbounded(&self.reader, &self.blocks, offset, error).into()),
            }
        }
        Ok(self.reader.finish()?)
    }

    /// Reads all that is left.
    pub(crate) fn skip(mut self) -> Result<Reader<'a>> {
        while !self.blocks.done {
            self.next()?;
        }
        Ok(self.reader)
    }

    /// The offset in the module of what is read next, in bytes.
    pub fn offset(&self) -> usize {
        self.reader.offset()
    }

    /// How many blocks are open, the function or expression itself not counted.
    pub fn depth(&self) -> usize {
        self.blocks.frames.len()
    }

    /// The bytes behind what has been read.
    pub fn into_reader(self) -> Reader<'a> {
        self.reader
    }
}

/// The error that the instruction at `offset` met, inside of `blocks`, or what is said of it if bytes
/// are missing.
#[cold]
fn unbounded(reader: &Reader<'_>, blocks: &Blocks, offset: usize, error: Error) -> Error {
    reader.unbounded(error, offset, |reader| {
        let rest = InstrReader { blocks: blocks.clone(), ..InstrReader::new(reader) };
        rest.skip().map(|reader| reader.offset())
    })
}

impl Decode<'_> for ConstExpr {
    /// Instructions that can be in no constant expression are read all the same, for validation to
    /// refuse them; but lists, which only such have, become empty.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/binary/instructions.html#expressions)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        let mut reader = InstrReader::new(*r);
        let mut instrs = SmallVec::new();
        let mut end = reader.reader.offset();
        while let Some((offset, instr)) = reader.next()? {
            let instr = instr.visit(offset, &mut Detached);
            if reader.blocks.done {
                end = offset;
                break;
            }
            instrs.push((offset, instr));
        }
        *r = reader.reader;
        Ok(ConstExpr { instrs, end })
    }
}
