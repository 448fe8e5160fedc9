//! How objects of a type lie in memory.

use std::sync::Arc;
use terrane_syntax::types::{CompType, DefType, DefTypeInfo, FuncType, StorageType, ValType};

use super::object::HEADER;

/// What a type's objects are, beside their fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Shape {
    /// A structure: every field takes a word, a vector two; packed ones are cut when they are read.
    Struct,
    /// An array: elements take what they need.
    Array,
    /// An exception: its payload lies like the fields of a structure.
    Exn,
}

/// A field of a structure or an exception, or the elements of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it holds.
    pub storage: StorageType,
    /// Bytes from the start of the object; of an array, to the first element.
    pub offset: u32,
}

impl Field {
    /// Is it a reference?
    pub fn is_ref(self) -> bool {
        matches!(self.storage, StorageType::Val(ValType::Ref(_)))
    }

    /// Base-two logarithm of the bytes that an element of an array takes.
    pub fn size_log2(self) -> u32 {
        match self.storage {
            StorageType::I8 => 0,
            StorageType::I16 => 1,
            StorageType::Val(ValType::I32 | ValType::F32) => 2,
            StorageType::Val(ValType::I64 | ValType::F64 | ValType::Ref(_)) => 3,
            StorageType::Val(ValType::V128) => 4,
        }
    }

    /// How many words it takes in a structure.
    pub fn words(self) -> u32 {
        if self.storage == StorageType::Val(ValType::V128) { 2 } else { 1 }
    }
}

/// How objects of a type lie in memory: a header of 16 bytes, then what this says.
#[derive(Clone, Debug)]
pub struct Layout {
    /// What objects bear as their type: the canonical type's number, an exception's tag.
    pub(super) id: u32,
    pub(super) shape: Shape,
    /// The chain of supertypes from the root: see [`DefTypeInfo::supers`].
    supers: Box<[DefType]>,
    fields: Box<[Field]>,
    words: u32,
    /// The word that is the descriptor.
    descriptor: Option<u32>,
    /// The words that are references.
    pub(super) refs: Box<[u32]>,
    info: Option<Arc<DefTypeInfo>>,
}

impl Layout {
    /// The layout of a structure's or an array's objects; `None` for functions, which are no objects.
    pub fn of(info: &Arc<DefTypeInfo>) -> Option<Self> {
        let shape = match &info.sub.comp {
            CompType::Struct(_) => Shape::Struct,
            CompType::Array(_) => Shape::Array,
            CompType::Func(_) => return None,
        };
        let mut layout = Self::new(info.def.id(), shape, info.fields().iter().map(|field| field.storage));
        if info.sub.descriptor.is_some() {
            layout.add_descriptor();
        }
        layout.supers = info.supers.clone();
        layout.info = Some(info.clone());
        Some(layout)
    }

    /// The layout of the exceptions of the tag number `tag`, which `ft` throws.
    pub fn of_exn(tag: u32, ft: &FuncType) -> Self {
        Self::new(tag, Shape::Exn, ft.params.iter().map(|t| StorageType::Val(*t)))
    }

    fn new(id: u32, shape: Shape, storages: impl Iterator<Item = StorageType>) -> Self {
        let mut words = 0;
        let fields: Box<[Field]> = storages
            .map(|storage| {
                let field = Field { storage, offset: HEADER as u32 + words * 8 };
                words += field.words();
                field
            })
            .collect();
        let refs = fields.iter().filter(|field| field.is_ref());
        let refs = refs.map(|field| (field.offset - HEADER as u32) / 8).collect();
        Self { id, shape, supers: Box::default(), fields, words, descriptor: None, refs, info: None }
    }

    /// Objects have a descriptor: behind the fields, so that a subtype can have one that its supertype does not.
    fn add_descriptor(&mut self) {
        self.descriptor = Some(self.words);
        self.refs = self.refs.iter().copied().chain([self.words]).collect();
        self.words += 1;
    }

    /// What objects bear as their type.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// What the objects are.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The chain of supertypes from the root.
    #[inline]
    pub fn supers(&self) -> &[DefType] {
        &self.supers
    }

    /// What the type is, if it is one that a module defines.
    pub fn info(&self) -> Option<&Arc<DefTypeInfo>> {
        self.info.as_ref()
    }

    /// The fields; of an array, one that stands for all elements.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The word behind the header that is the descriptor, if objects have one.
    #[inline(always)]
    pub fn descriptor(&self) -> Option<u32> {
        self.descriptor
    }

    /// How many words the fields of a structure take, and its descriptor.
    pub fn words(&self) -> u32 {
        self.words
    }

    /// How many bytes an object takes, of `len` elements if it is an array; `None` if no address reaches that far.
    pub fn size(&self, len: u32) -> Option<usize> {
        let payload = match self.shape {
            Shape::Array => (len as usize).checked_mul(1 << self.fields[0].size_log2())?,
            Shape::Struct | Shape::Exn => self.words as usize * 8,
        };
        payload.checked_add(HEADER)
    }
}
