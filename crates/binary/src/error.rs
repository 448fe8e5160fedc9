//! Why bytes are not a module.

use core::fmt;
use terrane_syntax::Feature;

/// What is wrong with the bytes.
///
/// A message begins with the words that the official test suite expects for the failure, and goes on
/// with what was found.
///
/// [Spec](https://webassembly.github.io/spec/core/binary/index.html)
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// The bytes end too early.
    #[error("unexpected end of section or function")]
    UnexpectedEnd,
    /// The module does not begin with `\0asm`.
    #[error("magic header not detected: a module begins with \"\\0asm\", found {0:02x?}")]
    Magic([u8; 4]),
    /// The version is not 1.
    #[error("unknown binary version {0}, expected 1")]
    Version(u32),
    /// A LEB128 number has more bytes than its type allows.
    #[error("integer representation too long: more than {0} bytes")]
    IntegerTooLong(u32),
    /// A LEB128 number does not fit its type.
    #[error("integer too large: it does not fit into {0} bits")]
    IntegerTooLarge(u32),
    /// A name is not UTF-8.
    #[error("malformed UTF-8 encoding in a name")]
    Utf8,
    /// A length or a count exceeds what is left.
    #[error("length out of bounds: {claimed} claimed, but {left} bytes are left")]
    LengthOutOfBounds {
        /// The length or count.
        claimed: u32,
        /// The number of bytes that are left.
        left: usize,
    },
    /// Contents and announced size of a section or function differ.
    #[error("section size mismatch: its contents end at byte {found:#x}, but it at byte {end:#x}")]
    SectionSize {
        /// Where the contents end.
        found: usize,
        /// Where the section or function ends.
        end: usize,
    },
    /// There is no section of that number, or its feature is off.
    #[error("malformed section id {id}{needs}")]
    SectionId {
        /// The number.
        id: u8,
        /// The feature that has such a section.
        needs: Needs,
    },
    /// A section comes twice, or after one that it must precede.
    #[error("unexpected content after last section: section {id} cannot follow section {after}")]
    SectionOrder {
        /// The section.
        id: u8,
        /// The section before it.
        after: u8,
    },
    /// The function section and the code section do not agree.
    #[error("function and code section have inconsistent lengths: {funcs} functions, {bodies} bodies")]
    FuncsAndBodies {
        /// Functions that are declared.
        funcs: u32,
        /// Bodies that are there.
        bodies: u32,
    },
    /// The data count section and the data section do not agree.
    #[error("data count and data section have inconsistent lengths: {count} counted, {datas} present")]
    DataCount {
        /// What the data count section says.
        count: u32,
        /// Data segments that are there.
        datas: u32,
    },
    /// An instruction refers to a data segment, but there is no data count section.
    #[error("data count section required for an instruction that refers to a data segment")]
    DataCountRequired,
    /// There is no instruction of that opcode, or its feature is off.
    #[error("illegal opcode {opcode}{needs}")]
    IllegalOpcode {
        /// The opcode.
        opcode: RawOpcode,
        /// The feature that has such an instruction.
        needs: Needs,
    },
    /// A reserved byte is not zero.
    #[error("zero byte expected, found {0:#04x}{1}")]
    ZeroByte(u8, Needs),
    /// Instructions are not closed by `end`.
    #[error("END opcode expected, found {0}")]
    EndExpected(&'static str),
    /// A function has 2^32 locals or more.
    #[error("too many locals: {0}, but their number must be below 2^32")]
    TooManyLocals(u64),
    /// Neither `const` nor `var`.
    #[error("malformed mutability {0:#04x}, expected 0x00 or 0x01")]
    Mutability(u8),
    /// The flags of limits.
    #[error("malformed limits flags {0:#04x}{1}")]
    LimitsFlags(u8, Needs),
    /// The size of pages, as a power of two.
    #[error("invalid custom page size: 2^{0}, but expected 1 or 65536 bytes")]
    PageSize(u32),
    /// The kind of an import.
    #[error("malformed import kind {0:#04x}{1}")]
    ImportKind(u8, Needs),
    /// The kind of an export.
    #[error("malformed export kind {0:#04x}{1}")]
    ExportKind(u8, Needs),
    /// The kind of an element.
    #[error("malformed element kind {0:#04x}, expected 0x00")]
    ElemKind(u8),
    /// The flags of an element segment.
    #[error("malformed elements segment kind {0}{1}")]
    ElemFlags(u32, Needs),
    /// The flags of a data segment.
    #[error("malformed data segment kind {0}{1}")]
    DataFlags(u32, Needs),
    /// Not a value type, or its feature is off.
    #[error("malformed value type {0:#04x}{1}")]
    ValType(u8, Needs),
    /// Not what a field or element can hold, or its feature is off.
    #[error("malformed storage type {0:#04x}{1}")]
    StorageType(u8, Needs),
    /// Not a reference type, or its feature is off.
    #[error("malformed reference type {0:#04x}{1}")]
    RefType(u8, Needs),
    /// Not a heap type, or its feature is off.
    #[error("malformed heap type {0:#04x}{1}")]
    HeapType(u8, Needs),
    /// Not a definition of a type, or its feature is off.
    #[error("malformed definition type {0:#04x}{1}")]
    DefType(u8, Needs),
    /// A type declares more than one supertype.
    #[error("malformed definition type: {0} supertypes, but at most one is allowed")]
    Supertypes(u32),
    /// The flags of a memory access.
    #[error("malformed memop flags {0:#x}")]
    MemopFlags(u32),
    /// The kind of a clause of `try_table`.
    #[error("malformed catch clause {0:#04x}, expected 0x00 to 0x03")]
    Catch(u8),
    /// The flags of `br_on_cast`.
    #[error("malformed br_on_cast flags {0:#04x}, expected 0x00 to 0x03")]
    CastFlags(u8),
    /// The indices in a map of the name section do not ascend.
    #[error("malformed name section: index {found} does not come after index {last}")]
    NameOrder {
        /// The index.
        found: u32,
        /// The index before it.
        last: u32,
    },
    /// Branch hints do not ascend.
    #[error("malformed branch hints: {found} does not come after {last}")]
    HintOrder {
        /// The function or offset.
        found: u32,
        /// The one before it.
        last: u32,
    },
    /// A branch hint is not one byte of zero or one.
    #[error("malformed branch hint: {size} bytes that begin with {value}")]
    Hint {
        /// How many bytes it has.
        size: u32,
        /// The first of them.
        value: u8,
    },
    /// A branch hint is for something else than a conditional branch.
    #[error("malformed branch hint: no conditional branch at {0}")]
    HintTarget(u32),
    /// A module is larger than the implementation allows.
    #[error("module size of {0} bytes is over the limit of {max}", max = terrane_syntax::limits::MODULE_SIZE)]
    ModuleTooLarge(usize),
    /// A function is larger than the implementation allows.
    #[error("function size of {0} bytes is over the limit of {max}", max = terrane_syntax::limits::FUNC_SIZE)]
    FuncTooLarge(usize),
}

/// A feature that would make the bytes well-formed if it were on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs(pub Option<Feature>);

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(feature) => write!(f, ", which needs the feature {feature}"),
            None => Ok(()),
        }
    }
}

/// The bytes where an opcode should be: one byte, or a prefix and a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawOpcode(pub u8, pub Option<u32>);

impl fmt::Display for RawOpcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}", self.0)?;
        self.1.map_or(Ok(()), |code| write!(f, " {code:02x}"))
    }
}

/// [`Malformed`], with the byte offset where it was found.
pub type Error = terrane_syntax::Error<Malformed>;

/// What decoding gives.
pub type Result<T = (), E = Error> = core::result::Result<T, E>;
