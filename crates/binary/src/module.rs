//! The parts of a module.
//!
//! [Spec](https://webassembly.github.io/spec/core/binary/modules.html)

use terrane_syntax::types::{HeapType, RefType};
use terrane_syntax::{
    ConstExpr, Data, DataMode, Elem, ElemItems, ElemMode, Export, ExternIdx, Feature, FuncIdx, Global,
    GlobalIdx, Import, ImportType, MemIdx, Table, TableIdx, TagIdx, TypeIdx,
};

use crate::error::{Malformed, Needs, Result};
use crate::imports::{ONE_MODULE, ONE_TYPE};
use crate::reader::{Decode, Reader};

/// A section of the binary format.
///
/// [Spec](https://webassembly.github.io/spec/core/binary/modules.html#sections)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SectionKind {
    /// Types.
    Type,
    /// Imports.
    Import,
    /// The types of functions.
    Func,
    /// Tables.
    Table,
    /// Memories.
    Mem,
    /// Tags.
    Tag,
    /// Globals.
    Global,
    /// Exports.
    Export,
    /// The start function.
    Start,
    /// Element segments.
    Elem,
    /// The number of data segments.
    DataCount,
    /// Function bodies.
    Code,
    /// Data segments.
    Data,
}

impl SectionKind {
    /// All sections but the custom ones, in the order in which they stand in a module.
    pub const ALL: [SectionKind; 13] = [
        Self::Type,
        Self::Import,
        Self::Func,
        Self::Table,
        Self::Mem,
        Self::Tag,
        Self::Global,
        Self::Export,
        Self::Start,
        Self::Elem,
        Self::DataCount,
        Self::Code,
        Self::Data,
    ];

    /// The number that stands before the section.
    pub const fn id(self) -> u8 {
        match self {
            Self::Type => 1,
            Self::Import => 2,
            Self::Func => 3,
            Self::Table => 4,
            Self::Mem => 5,
            Self::Global => 6,
            Self::Export => 7,
            Self::Start => 8,
            Self::Elem => 9,
            Self::Code => 10,
            Self::Data => 11,
            Self::DataCount => 12,
            Self::Tag => 13,
        }
    }

    /// The section of the number `id`. Custom sections, of number 0, are none of these.
    pub fn from_id(id: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == id)
    }

    /// The feature that brought the section.
    pub const fn feature(self) -> Feature {
        match self {
            Self::Tag => Feature::Exceptions,
            Self::DataCount => Feature::BulkMemory,
            _ => Feature::Mvp,
        }
    }
}

impl Decode<'_> for Import {
    /// [Spec](https://webassembly.github.io/spec/core/binary/modules.html#import-section)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        let module = r.name()?.into();
        let name = r.name()?.into();
        Ok(Import { module, name, ty: r.read()? })
    }
}

/// The external kind of a function of exactly the type that follows: only imports have it.
pub(crate) const FUNC_EXACT: u8 = 0x20;

impl Decode<'_> for ImportType {
    /// [Spec](https://webassembly.github.io/spec/core/binary/types.html#external-types)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        match r.byte()? {
            0 => r.read().map(ImportType::Func),
            1 => r.read().map(ImportType::Table),
            2 => r.read().map(ImportType::Mem),
            3 => r.read().map(ImportType::Global),
            4 if r.has(Feature::Exceptions) => tag_type(r).map(ImportType::Tag),
            FUNC_EXACT if r.has(Feature::CustomDescriptors) => r.read().map(ImportType::FuncExact),
            FUNC_EXACT => fail_import_kind(r, FUNC_EXACT, Needs(Some(Feature::CustomDescriptors))),
            byte => fail_import_kind(r, byte, needs_for(r, byte)),
        }
    }
}

fn fail_import_kind(r: &Reader<'_>, byte: u8, needs: Needs) -> Result<ImportType> {
    r.fail_at(r.offset() - 1, Malformed::ImportKind(byte, needs))
}

/// Why an external kind is unknown: tags, and groups of imports, have features of their own.
fn needs_for(r: &Reader<'_>, kind: u8) -> Needs {
    match kind {
        4 => Needs(Some(Feature::Exceptions)),
        ONE_MODULE | ONE_TYPE if !r.has(Feature::CompactImports) => Needs(Some(Feature::CompactImports)),
        _ => Needs(None),
    }
}

/// Reads the type of a tag, which an attribute of zero precedes.
///
/// [Spec](https://webassembly.github.io/spec/core/binary/types.html#tag-types)
pub(crate) fn tag_type(r: &mut Reader<'_>) -> Result<TypeIdx> {
    r.zero_byte(None)?;
    r.read()
}

impl Decode<'_> for Table {
    /// [Spec](https://webassembly.github.io/spec/core/binary/modules.html#table-section)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        if r.peek() != Some(0x40) || !r.has(Feature::FunctionReferences) {
            return Ok(Table { ty: r.read()?, init: None });
        }
        r.byte()?;
        r.zero_byte(None)?;
        Ok(Table { ty: r.read()?, init: Some(r.read()?) })
    }
}

impl Decode<'_> for Global {
    /// [Spec](https://webassembly.github.io/spec/core/binary/modules.html#global-section)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        Ok(Global { ty: r.read()?, init: r.read()? })
    }
}

impl Decode<'_> for Export {
    /// [Spec](https://webassembly.github.io/spec/core/binary/modules.html#export-section)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        let name = r.name()?.into();
        let kind = r.byte()?;
        let offset = r.offset() - 1;
        let idx = match kind {
            0 => ExternIdx::Func(FuncIdx(r.u32()?)),
            1 => ExternIdx::Table(TableIdx(r.u32()?)),
            2 => ExternIdx::Mem(MemIdx(r.u32()?)),
            3 => ExternIdx::Global(GlobalIdx(r.u32()?)),
            4 if r.has(Feature::Exceptions) => ExternIdx::Tag(TagIdx(r.u32()?)),
            _ => return r.fail_at(offset, Malformed::ExportKind(kind, needs_for(r, kind))),
        };
        Ok(Export { name, idx })
    }
}

impl Decode<'_> for Elem {
    /// [Spec](https://webassembly.github.io/spec/core/binary/modules.html#element-section)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        let offset = r.offset();
        let flags = r.u32()?;
        if flags > 7 {
            return r.fail_at(offset, Malformed::ElemFlags(flags, Needs(None)));
        }
        // A table's index without need was written by older tools too.
        if !matches!(flags, 0 | 2) && !r.has(Feature::BulkMemory) {
            return r.fail_at(offset, Malformed::ElemFlags(flags, r.needs(Feature::BulkMemory)));
        }
        let [not_active, explicit, exprs] = [1, 2, 4].map(|flag| flags & flag != 0);
        let mode = match (not_active, explicit) {
            (true, false) => ElemMode::Passive,
            (true, true) => ElemMode::Declarative,
            (false, false) => ElemMode::Active { table: TableIdx(0), offset: r.read()? },
            (false, true) => ElemMode::Active { table: TableIdx(r.u32()?), offset: r.read()? },
        };
        let has_kind = not_active || explicit;
        let ty = match (exprs, has_kind) {
            (true, true) => r.read()?,
            (true, false) => RefType::FUNCREF,
            (false, true) => elem_kind(r)?,
            (false, false) => FUNC,
        };
        let items = if exprs { ElemItems::Exprs(r.vec(Reader::read::<ConstExpr>)?) } else { elem_funcs(r)? };
        Ok(Elem { ty, items, mode })
    }
}

/// The type of elements that are given as functions.
pub(crate) const FUNC: RefType = RefType::non_null(HeapType::Func);

fn elem_funcs(r: &mut Reader<'_>) -> Result<ElemItems> {
    r.vec(Reader::read).map(ElemItems::Funcs)
}

/// [Spec](https://webassembly.github.io/spec/core/binary/modules.html#element-section)
fn elem_kind(r: &mut Reader<'_>) -> Result<RefType> {
    match r.byte()? {
        0 => Ok(FUNC),
        byte => r.fail_at(r.offset() - 1, Malformed::ElemKind(byte)),
    }
}

impl Decode<'_> for Data {
    /// [Spec](https://webassembly.github.io/spec/core/binary/modules.html#data-section)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        let offset = r.offset();
        let flags = r.u32()?;
        let mode = match flags {
            0 => DataMode::Active { memory: MemIdx(0), offset: r.read()? },
            1 if !r.has(Feature::BulkMemory) => {
                return r.fail_at(offset, Malformed::DataFlags(flags, r.needs(Feature::BulkMemory)));
            }
            1 => DataMode::Passive,
            2 => DataMode::Active { memory: MemIdx(r.u32()?), offset: r.read()? },
            _ => return r.fail_at(offset, Malformed::DataFlags(flags, Needs(None))),
        };
        let len = r.len()?;
        Ok(Data { init: r.kept_bytes(len)?, mode })
    }
}
