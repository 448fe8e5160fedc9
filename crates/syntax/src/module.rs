//! Modules and their parts.
//!
//! A [`Module`] is everything of a module but the instructions of its functions: those stay where they
//! are in the binary, as a range of bytes each, and are read when they are needed.
//!
//! [Spec](https://webassembly.github.io/spec/core/syntax/modules.html)

use crate::types::{GlobalType, MemType, RecType, RefType, TableType};
use crate::{FuncIdx, GlobalIdx, Instr, MemIdx, TableIdx, TagIdx, TypeIdx};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use bytes::Bytes;
use core::ops::Range;
use smallvec::SmallVec;

/// A module, its function bodies as ranges of bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Module {
    /// Recursive groups of types.
    pub types: Vec<RecType>,
    /// What the module needs.
    pub imports: Vec<Import>,
    /// The functions it defines.
    pub funcs: Vec<Func>,
    /// The tables it defines.
    pub tables: Vec<Table>,
    /// The memories it defines.
    pub mems: Vec<MemType>,
    /// The tags it defines, each by its type.
    pub tags: Vec<TypeIdx>,
    /// The globals it defines.
    pub globals: Vec<Global>,
    /// What it offers.
    pub exports: Vec<Export>,
    /// The function to run when it is instantiated.
    pub start: Option<FuncIdx>,
    /// Element segments.
    pub elems: Vec<Elem>,
    /// The number of data segments that was announced before the code, if it was.
    pub data_count: Option<u32>,
    /// Data segments.
    pub datas: Vec<Data>,
    /// Custom sections, in order.
    pub customs: Vec<Custom>,
}

/// A function that a module defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Func {
    /// Its type.
    pub ty: TypeIdx,
    /// Where its locals and instructions are, in bytes from the start of the module; empty until the
    /// code section has been read.
    pub body: Range<usize>,
}

/// A table that a module defines.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Its type.
    pub ty: TableType,
    /// What its elements are at first, if not null.
    pub init: Option<ConstExpr>,
}

/// A global that a module defines.
#[derive(Clone, Debug, PartialEq)]
pub struct Global {
    /// Its type.
    pub ty: GlobalType,
    /// Its first value.
    pub init: ConstExpr,
}

/// A constant expression: its instructions with the byte offset of each, the final `end` left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConstExpr {
    /// The instructions. Nearly all expressions have one.
    pub instrs: SmallVec<[(usize, Instr<'static>); 1]>,
    /// The byte offset of the final `end`.
    pub end: usize,
}

impl ConstExpr {
    /// An expression made by hand, which no bytes stand behind.
    pub fn new(instrs: impl IntoIterator<Item = Instr<'static>>) -> Self {
        Self { instrs: instrs.into_iter().map(|instr| (0, instr)).collect(), end: 0 }
    }

    /// The instructions without their offsets.
    pub fn instrs(&self) -> impl Iterator<Item = Instr<'static>> + '_ {
        self.instrs.iter().map(|(_, instr)| *instr)
    }
}

/// Something that a module needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The first name, of a module by convention: that of all imports of a group is one.
    pub module: Arc<str>,
    /// The second name.
    pub name: String,
    /// What it must be.
    pub ty: ImportType,
}

/// The type of an import, as the module writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportType {
    /// A function of that type or one below it.
    Func(TypeIdx),
    /// A function of exactly that type.
    FuncExact(TypeIdx),
    /// A table.
    Table(TableType),
    /// A memory.
    Mem(MemType),
    /// A global.
    Global(GlobalType),
    /// A tag.
    Tag(TypeIdx),
}

/// Something that a module offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// What it is.
    pub idx: ExternIdx,
}

/// A part of a module that can be imported or exported, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExternIdx {
    /// A function.
    Func(FuncIdx),
    /// A table.
    Table(TableIdx),
    /// A memory.
    Mem(MemIdx),
    /// A global.
    Global(GlobalIdx),
    /// A tag.
    Tag(TagIdx),
}

/// An element segment.
#[derive(Clone, Debug, PartialEq)]
pub struct Elem {
    /// What its elements are.
    pub ty: RefType,
    /// The elements.
    pub items: ElemItems,
    /// Where they go.
    pub mode: ElemMode,
}

/// The elements of a segment: plain functions, as nearly all are, or expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ElemItems {
    /// `ref.func x` each.
    Funcs(Box<[FuncIdx]>),
    /// An expression each.
    Exprs(Box<[ConstExpr]>),
}

impl ElemItems {
    /// How many elements there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Funcs(xs) => xs.len(),
            Self::Exprs(es) => es.len(),
        }
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where an element segment goes.
#[derive(Clone, Debug, PartialEq)]
pub enum ElemMode {
    /// Nowhere by itself.
    Passive,
    /// Into a table at instantiation.
    Active {
        /// The table.
        table: TableIdx,
        /// The first element.
        offset: ConstExpr,
    },
    /// Nowhere: it only declares that its functions are referred to.
    Declarative,
}

/// A data segment.
#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    /// The bytes.
    pub init: Bytes,
    /// Where they go.
    pub mode: DataMode,
}

/// Where a data segment goes.
#[derive(Clone, Debug, PartialEq)]
pub enum DataMode {
    /// Nowhere by itself.
    Passive,
    /// Into a memory at instantiation.
    Active {
        /// The memory.
        memory: MemIdx,
        /// The first byte.
        offset: ConstExpr,
    },
}

/// A custom section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custom {
    /// Its name.
    pub name: String,
    /// Its contents after the name.
    pub bytes: Bytes,
    /// Where its contents begin in the module, in bytes.
    pub offset: usize,
    /// The known section after which it stood, if any stood before it: the section's id.
    pub after: Option<u8>,
}

/// Import counts per kind: what comes first in each index space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// Imported functions.
    pub funcs: usize,
    /// Imported tables.
    pub tables: usize,
    /// Imported memories.
    pub mems: usize,
    /// Imported globals.
    pub globals: usize,
    /// Imported tags.
    pub tags: usize,
}

impl Module {
    /// How many things of each kind are imported.
    pub fn import_counts(&self) -> ImportCounts {
        let mut counts = ImportCounts::default();
        for import in &self.imports {
            match import.ty {
                ImportType::Func(_) | ImportType::FuncExact(_) => counts.funcs += 1,
                ImportType::Table(_) => counts.tables += 1,
                ImportType::Mem(_) => counts.mems += 1,
                ImportType::Global(_) => counts.globals += 1,
                ImportType::Tag(_) => counts.tags += 1,
            }
        }
        counts
    }
}
