//! Why a module is not valid.

use alloc::string::String;
use core::fmt;
use terrane_syntax::types::{HeapType, StorageType, ValType};
use terrane_syntax::{Feature, LocalIdx, TypeIdx};
use thiserror::Error;

/// Why a module is not valid. Messages begin with the words of the official test suite.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Invalid {
    /// An operand, a result or an initial value is not of the type it must have.
    #[error("type mismatch: {0}")]
    TypeMismatch(Mismatch),
    /// Nothing has that index.
    #[error("unknown {space} {index}: there {} {count}", if *.count == 1 { "is" } else { "are" })]
    Unknown {
        /// What was looked for.
        space: Space,
        /// The index that was used.
        index: u32,
        /// How many there are at that place.
        count: usize,
    },
    /// A feature that is switched off is used.
    #[error("disabled: {what} needs the feature {feature}")]
    Disabled {
        /// The feature.
        feature: Feature,
        /// The instruction or part of a module that needs it.
        what: &'static str,
    },
    /// A memory access promises a greater alignment than its width.
    #[error("alignment must not be larger than natural: expected at most {natural}, found 2^{align}")]
    Alignment {
        /// The width of the access in bytes.
        natural: u32,
        /// Base-two logarithm of the alignment that was found.
        align: u32,
    },
    /// An atomic access promises another alignment than its width.
    #[error("atomic alignment must be natural: expected {natural}, found 2^{align}")]
    AtomicAlignment {
        /// The width of the access in bytes.
        natural: u32,
        /// Base-two logarithm of the alignment that was found.
        align: u32,
    },
    /// The offset of a memory access does not fit the memory's address type.
    #[error("offset out of range: expected less than 2^32 for a 32-bit memory, found {0}")]
    OffsetOutOfRange(u64),
    /// A lane index is not below the number of lanes.
    #[error("invalid lane index: expected less than {lanes}, found {lane}")]
    LaneIndex {
        /// The number of lanes.
        lanes: u8,
        /// The index that was found.
        lane: u8,
    },
    /// An instruction stands in a constant expression and is not constant.
    #[error("constant expression required: found {0}")]
    NonConstant(&'static str),
    /// `global.get` of a mutable global stands in a constant expression.
    #[error("constant expression required: global {0} is mutable")]
    NonConstantGlobal(u32),
    /// An immutable global is written.
    #[error("immutable global: global {0} cannot be written")]
    ImmutableGlobal(u32),
    /// An immutable field is written.
    #[error("immutable field: field {field} of type {ty} cannot be written")]
    ImmutableField {
        /// The structure type.
        ty: TypeIdx,
        /// The field.
        field: u32,
    },
    /// Elements of an immutable array are written.
    #[error("immutable array: elements of type {0} cannot be written")]
    ImmutableArray(TypeIdx),
    /// The elements of one array cannot be copied to another.
    #[error("array types do not match: elements of type {src} cannot be copied to type {dst}")]
    ArrayCopy {
        /// The type of the destination.
        dst: TypeIdx,
        /// The type of the source.
        src: TypeIdx,
    },
    /// An array of references is filled from bytes.
    #[error("array type is not numeric or vector: type {0} has references as elements")]
    ArrayOfReferences(TypeIdx),
    /// Two exports have the same name.
    #[error("duplicate export name: \"{0}\"")]
    DuplicateExport(String),
    /// The start function takes or returns something.
    #[error("start function: expected type [] -> [], found {0}")]
    StartFunction(String),
    /// A `select` is annotated with other than one type.
    #[error("invalid result arity: expected 1 type, found {0}")]
    SelectArity(usize),
    /// A function or block has several results where only one is allowed.
    #[error("invalid result arity: expected at most 1 result, found {0}")]
    ResultArity(usize),
    /// The minimum of a memory or table is above its maximum.
    #[error("size minimum must not be greater than maximum: {min} is greater than {max}")]
    MinAboveMax {
        /// The minimum.
        min: u64,
        /// The maximum.
        max: u64,
    },
    /// A memory could be larger than any may.
    #[error("memory size must be at most {max} pages{}: found {found}", if *.max == 65536 { " (4GiB)" } else { "" })]
    MemorySize {
        /// The largest number of pages.
        max: u64,
        /// The number of pages that was found.
        found: u64,
    },
    /// A table could be larger than any may.
    #[error("table size must be at most {max}: found {found}")]
    TableSize {
        /// The largest number of elements.
        max: u64,
        /// The number of elements that was found.
        found: u64,
    },
    /// A page size other than 1 and 65536 bytes.
    #[error("invalid custom page size: expected 1 or 65536 bytes, found 2^{0}")]
    PageSize(u8),
    /// A shared memory has no maximum.
    #[error("shared memory must have maximum")]
    SharedWithoutMax,
    /// More than one memory.
    #[error("multiple memories: more than one needs the feature multi-memory")]
    MultipleMemories,
    /// More than one table.
    #[error("multiple tables: more than one needs the feature reference-types")]
    MultipleTables,
    /// `ref.func` of a function that no segment, export or global mentions.
    #[error(
        "undeclared function reference: function {0} occurs in no export, global, table or element segment"
    )]
    UndeclaredRef(u32),
    /// A local without default value is read before it is written.
    #[error("uninitialized local {0}")]
    UninitializedLocal(LocalIdx),
    /// A type does not match the supertype that it declares.
    #[error("sub type {sub} does not match super type {sup}")]
    SubType {
        /// The type.
        sub: TypeIdx,
        /// The supertype that it declares.
        sup: TypeIdx,
    },
    /// A type declares a supertype that is final.
    #[error("sub type {sub} does not match super type {sup}, which is final")]
    FinalSuper {
        /// The type.
        sub: TypeIdx,
        /// The supertype that it declares.
        sup: TypeIdx,
    },
    /// A type that describes another is no structure.
    #[error("described type must be a struct: type {0}, which describes another, is none")]
    DescribedNoStruct(TypeIdx),
    /// A type with a descriptor is no structure.
    #[error("descriptor type must be a struct: type {0}, which has a descriptor, is none")]
    DescriptorNoStruct(TypeIdx),
    /// A type describes one of another recursive group.
    #[error("described type is outside rec group: that of type {0}")]
    DescribedOutside(TypeIdx),
    /// A type has a descriptor of another recursive group.
    #[error("descriptor type is outside rec group: that of type {0}")]
    DescriptorOutside(TypeIdx),
    /// A type describes itself or one that comes later.
    #[error("forward use of described type: type {ty} describes type {described}")]
    DescribedForward {
        /// The type.
        ty: TypeIdx,
        /// The one that it describes.
        described: TypeIdx,
    },
    /// A type describes one whose descriptor it is not.
    #[error(
        "described type is not described by descriptor: type {ty} is not the descriptor of type {described}"
    )]
    DescribedByOther {
        /// The type.
        ty: TypeIdx,
        /// The one that it describes.
        described: TypeIdx,
    },
    /// A type has a descriptor that does not describe it.
    #[error("type is not described by its descriptor: type {descriptor} does not describe type {ty}")]
    DescriptorOfOther {
        /// The type.
        ty: TypeIdx,
        /// Its descriptor.
        descriptor: TypeIdx,
    },
    /// What a type describes is not below what its supertype describes.
    #[error("described type {0} does not match the described type of the super type")]
    DescribedMismatch(HeapType),
    /// The descriptor of a type is not below the descriptor of its supertype.
    #[error("descriptor type {0} does not match the descriptor type of the super type")]
    DescriptorMismatch(HeapType),
    /// A structure of a type with a descriptor is made without one.
    #[error("type with descriptor requires descriptor allocation: type {0} has a descriptor")]
    DescriptorRequired(TypeIdx),
    /// A structure of a type without descriptor is made with one.
    #[error("type without descriptor requires non-descriptor allocation: type {0} has none")]
    DescriptorRefused(TypeIdx),
    /// The descriptor is asked for of a type that has none.
    #[error("type without descriptor: type {0} has none")]
    NoDescriptor(TypeIdx),
    /// A cast by descriptor has a target that has none.
    #[error("type {0} does not have a descriptor")]
    CastWithoutDescriptor(HeapType),
    /// A tag's function type has results.
    #[error("non-empty tag result type: {0} results")]
    TagResults(usize),
    /// `rethrow` does not stand in the handler that it names.
    #[error("invalid rethrow label: label {0} is not a catch block")]
    RethrowLabel(u32),
    /// An instruction that continues a block, such as `else`, stands where there is no such block.
    #[error("{instr} without a matching block")]
    Unmatched {
        /// The instruction's name.
        instr: &'static str,
    },
    /// `memory.init`, `data.drop` and the like need a data count section.
    #[error("data count section required")]
    DataCountRequired,
    /// A body or expression ends inside a block.
    #[error("END opcode expected: {0} blocks are open at the end")]
    Unended(usize),
    /// Instructions follow the `end` of a body or expression.
    #[error("operators remaining after the end of the body or expression")]
    AfterEnd,
    /// A module that was made by hand names a type other than by its index.
    #[error("unknown type {0}: expected an index")]
    InternalType(HeapType),
    /// More of something than any engine accepts.
    #[error("too many {what}: expected at most {max}, found {found}")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// How many there may be.
        max: u64,
        /// How many were found.
        found: u64,
    },
}

/// How a type differs from the expected one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// An operand, or a type that stands for it, of the wrong type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// What it must match.
        expected: ValType,
        /// What it is.
        found: ValType,
    },
    /// An operand is missing.
    #[error("expected {0}, found nothing")]
    Missing(ValType),
    /// An operand of whatever type is missing.
    #[error("expected an operand, found nothing")]
    MissingAny,
    /// An operand is not of the right sort.
    #[error("expected {expected}, found {found}")]
    Sort {
        /// The sort in words, for example "a reference".
        expected: &'static str,
        /// The operand's type.
        found: ValType,
    },
    /// Operands are left at the end of a block.
    #[error("expected the end of the block's results, found {found} more {}", if *.found == 1 { "value" } else { "values" })]
    Excess {
        /// How many.
        found: usize,
    },
    /// Two lists of types differ in length.
    #[error("expected {expected} values, found {found}")]
    Arity {
        /// The length that is needed.
        expected: usize,
        /// The length that was found.
        found: usize,
    },
    /// A type index names a composite type of the wrong sort.
    #[error("expected {expected}, found type {found}")]
    Composite {
        /// The sort in words, for example "a function type".
        expected: &'static str,
        /// The type that was found.
        found: TypeIdx,
    },
    /// A field or array is packed where it must not be, or the other way round.
    #[error("expected {expected}, found {found}")]
    Packing {
        /// "packed storage" or "unpacked storage".
        expected: &'static str,
        /// What it is.
        found: StorageType,
    },
    /// A default is asked of a type that has none.
    #[error("expected a type with a default value, found {0}")]
    NoDefault(ValType),
}

/// What an index counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Space {
    Type,
    Func,
    Table,
    Mem,
    Global,
    Tag,
    Elem,
    Data,
    Local,
    Label,
    Field,
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Type => "type",
            Self::Func => "function",
            Self::Table => "table",
            Self::Mem => "memory",
            Self::Global => "global",
            Self::Tag => "tag",
            Self::Elem => "elem segment",
            Self::Data => "data segment",
            Self::Local => "local",
            Self::Label => "label",
            Self::Field => "field",
        })
    }
}

impl From<Mismatch> for Invalid {
    fn from(mismatch: Mismatch) -> Self {
        Self::TypeMismatch(mismatch)
    }
}
