//! Types of functions, globals, tables, memories and tags, as modules import and export them.

use super::{FuncType, Mutability, RefType, ValType};
use crate::store::StoreOpaque;
use crate::{
    AsContextMut, Engine, Error, Extern, Func, Global, Memory, Ref, Result, SharedMemory, Table, Tag, Val,
};
use std::fmt::{self, Display, Formatter};
use terrane_syntax::types as syntax;

/// The type of something that can be imported or exported.
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#external-types)
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A global.
    Global(GlobalType),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A tag.
    Tag(TagType),
}

/// The accessors of one variant each, and the conversions into it.
macro_rules! extern_types {
    ($($variant:ident $ty:ident $get:ident $unwrap:ident)*) => {
        impl ExternType { $(
            #[doc = concat!("The [`", stringify!($ty), "`], if it is one.")]
            pub fn $get(&self) -> Option<&$ty> {
                match self {
                    Self::$variant(ty) => Some(ty),
                    _ => None,
                }
            }

            #[doc = concat!("The [`", stringify!($ty), "`].\n\n# Panics\nIf it is not one.")]
            pub fn $unwrap(&self) -> &$ty {
                self.$get().expect(concat!("a ", stringify!($ty)))
            }
        )* }

        $(impl From<$ty> for ExternType {
            fn from(ty: $ty) -> Self {
                Self::$variant(ty)
            }
        })*
    };
}

extern_types! {
    Func FuncType func unwrap_func
    Global GlobalType global unwrap_global
    Table TableType table unwrap_table
    Memory MemoryType memory unwrap_memory
    Tag TagType tag unwrap_tag
}

impl ExternType {
    pub(crate) fn from_syntax(engine: &Engine, ty: syntax::ExternType) -> Self {
        match ty {
            syntax::ExternType::Func(dt) | syntax::ExternType::FuncExact(dt) => {
                Self::Func(FuncType::from_def(engine, dt))
            }
            syntax::ExternType::Table(tt) => Self::Table(TableType::from_syntax(engine, tt)),
            syntax::ExternType::Mem(mt) => Self::Memory(MemoryType(mt)),
            syntax::ExternType::Global(gt) => Self::Global(GlobalType::from_syntax(engine, gt)),
            syntax::ExternType::Tag(dt) => Self::Tag(TagType(FuncType::from_def(engine, dt))),
        }
    }

    pub(crate) fn to_syntax(&self) -> syntax::ExternType {
        match self {
            Self::Func(ty) => syntax::ExternType::Func(ty.info.def),
            Self::Table(ty) => syntax::ExternType::Table(ty.to_syntax()),
            Self::Memory(ty) => syntax::ExternType::Mem(ty.0),
            Self::Global(ty) => syntax::ExternType::Global(ty.to_syntax()),
            Self::Tag(ty) => syntax::ExternType::Tag(ty.0.info.def),
        }
    }

    /// Something new of this type: a function that returns zeros and nulls, a global that holds zero or null, a
    /// table of nulls or a memory of zeros of the smallest size.
    ///
    /// # Errors
    /// If the type holds or returns references that cannot be null, or a limit does not allow it.
    pub fn default_value(&self, mut store: impl AsContextMut) -> Result<Extern> {
        let Self::Func(ty) = self else { return self.default_in(store.as_context_mut().opaque_mut()) };
        let zeros = ty.results().map(|ty| Val::default_for_ty(&ty)).collect::<Option<Vec<_>>>();
        let zeros = zeros.ok_or_else(|| self.no_default())?;
        let func = Func::new(store, ty.clone(), move |_, _, results| {
            results.copy_from_slice(&zeros);
            Ok(())
        });
        Ok(func.into())
    }

    /// The same for what is no function.
    pub(crate) fn default_in(&self, store: &mut StoreOpaque) -> Result<Extern> {
        match self {
            Self::Func(_) => Err(self.no_default()),
            Self::Global(ty) => {
                let zero = Val::default_for_ty(ty.content()).ok_or_else(|| self.no_default())?;
                Global::new_in(store, ty.clone(), zero).map(Extern::from)
            }
            Self::Table(ty) => {
                if !ty.element().is_nullable() {
                    return Err(self.no_default());
                }
                Table::new_in(store, ty.clone(), Ref::null(ty.element().heap_type())).map(Extern::from)
            }
            Self::Memory(ty) if ty.is_shared() => {
                SharedMemory::new(&store.engine, ty.clone()).map(Extern::from)
            }
            Self::Memory(ty) => Memory::new_in(store, ty.clone()).map(Extern::from),
            Self::Tag(ty) => Tag::new_in(store, ty).map(Extern::from),
        }
    }

    fn no_default(&self) -> Error {
        Error::usage(format_args!("there is no default value for {self}"))
    }
}

impl Display for ExternType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Func(ty) => write!(f, "func {ty}"),
            Self::Global(ty) => ty.fmt(f),
            Self::Table(ty) => ty.fmt(f),
            Self::Memory(ty) => ty.fmt(f),
            Self::Tag(ty) => write!(f, "tag {}", ty.0),
        }
    }
}

/// The type of a global.
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#global-types)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobalType {
    content: ValType,
    mutability: Mutability,
}

impl GlobalType {
    /// A global that holds a `content`.
    pub fn new(content: ValType, mutability: Mutability) -> Self {
        Self { content, mutability }
    }

    /// What it holds.
    pub fn content(&self) -> &ValType {
        &self.content
    }

    /// May it be written?
    pub fn mutability(&self) -> Mutability {
        self.mutability
    }

    pub(crate) fn from_syntax(engine: &Engine, gt: syntax::GlobalType) -> Self {
        Self::new(ValType::from_syntax(engine, gt.val), Mutability::from_syntax(gt.mutable))
    }

    pub(crate) fn to_syntax(&self) -> syntax::GlobalType {
        syntax::GlobalType { mutable: self.mutability.is_var(), val: self.content.to_syntax() }
    }
}

impl Display for GlobalType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.to_syntax().fmt(f)
    }
}

/// The type of a table.
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#table-types)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableType {
    element: RefType,
    limits: syntax::Limits,
    addr: syntax::AddrType,
}

impl TableType {
    /// A table of at least `min` and at most `max` elements.
    pub fn new(element: RefType, min: u32, max: Option<u32>) -> Self {
        let limits = syntax::Limits { min: min.into(), max: max.map(u64::from) };
        Self { element, limits, addr: syntax::AddrType::I32 }
    }

    /// The same with 64-bit indices.
    pub fn new64(element: RefType, min: u64, max: Option<u64>) -> Self {
        Self { element, limits: syntax::Limits { min, max }, addr: syntax::AddrType::I64 }
    }

    /// Are indices of 64 bits?
    pub fn is_64(&self) -> bool {
        self.addr == syntax::AddrType::I64
    }

    /// What its elements are.
    pub fn element(&self) -> &RefType {
        &self.element
    }

    /// Its smallest number of elements; of a table that there is, its number of elements.
    pub fn minimum(&self) -> u64 {
        self.limits.min
    }

    /// Its largest number of elements, if it says one.
    pub fn maximum(&self) -> Option<u64> {
        self.limits.max
    }

    pub(crate) fn from_syntax(engine: &Engine, tt: syntax::TableType) -> Self {
        Self { element: RefType::from_syntax(engine, tt.elem), limits: tt.limits, addr: tt.addr }
    }

    pub(crate) fn to_syntax(&self) -> syntax::TableType {
        syntax::TableType { addr: self.addr, limits: self.limits, elem: self.element.to_syntax() }
    }
}

impl Display for TableType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.to_syntax().fmt(f)
    }
}

/// The type of a memory.
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#memory-types)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryType(pub(crate) syntax::MemType);

impl MemoryType {
    /// A memory of at least `min` and at most `max` pages of 64 KiB.
    pub fn new(min: u32, max: Option<u32>) -> Self {
        Self(syntax::MemType::new(min.into(), max.map(u64::from)))
    }

    /// The same with 64-bit addresses.
    pub fn new64(min: u64, max: Option<u64>) -> Self {
        Self(syntax::MemType { addr: syntax::AddrType::I64, ..syntax::MemType::new(min, max) })
    }

    /// A memory of any kind, step by step.
    pub fn builder() -> MemoryTypeBuilder {
        MemoryTypeBuilder::default()
    }

    /// A memory that threads can share.
    pub fn shared(min: u32, max: u32) -> Self {
        Self(syntax::MemType { shared: true, ..Self::new(min, Some(max)).0 })
    }

    /// Are addresses of 64 bits?
    pub fn is_64(&self) -> bool {
        self.0.addr == syntax::AddrType::I64
    }

    /// Can threads share it?
    pub fn is_shared(&self) -> bool {
        self.0.shared
    }

    /// Its smallest size in pages; of a memory that there is, its size.
    pub fn minimum(&self) -> u64 {
        self.0.limits.min
    }

    /// Its largest size in pages, if it says one.
    pub fn maximum(&self) -> Option<u64> {
        self.0.limits.max
    }

    /// Bytes in a page.
    pub fn page_size(&self) -> u64 {
        self.0.page_size()
    }
}

/// Builds a [`MemoryType`]: of no pages of 64 KiB at least, with 32-bit addresses, not shared, unless told otherwise.
///
/// ```
/// use terrane::{Engine, MemoryType, SharedMemory};
///
/// let ty = MemoryType::builder().memory64(true).shared(true).min(1).max(Some(4)).build()?;
/// assert_eq!(ty.to_string(), "memory i64 {min 1, max 4} shared");
/// assert_eq!(SharedMemory::new(&Engine::default(), ty)?.data_size(), 65536);
/// # Ok::<(), terrane::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MemoryTypeBuilder(syntax::MemType);

impl Default for MemoryTypeBuilder {
    fn default() -> Self {
        Self(syntax::MemType::new(0, None))
    }
}

impl MemoryTypeBuilder {
    /// At least so many pages.
    pub fn min(&mut self, pages: u64) -> &mut Self {
        self.0.limits.min = pages;
        self
    }

    /// At most so many pages, if it says.
    pub fn max(&mut self, pages: Option<u64>) -> &mut Self {
        self.0.limits.max = pages;
        self
    }

    /// Are addresses of 64 bits?
    pub fn memory64(&mut self, memory64: bool) -> &mut Self {
        self.0.addr = if memory64 { syntax::AddrType::I64 } else { syntax::AddrType::I32 };
        self
    }

    /// Can threads share it?
    pub fn shared(&mut self, shared: bool) -> &mut Self {
        self.0.shared = shared;
        self
    }

    /// The base-two logarithm of the bytes in a page: 16, or 0.
    pub fn page_size_log2(&mut self, log2: u8) -> &mut Self {
        self.0.page_size_log2 = log2;
        self
    }

    /// The type.
    ///
    /// # Errors
    /// If no module could have a memory of it.
    pub fn build(&self) -> Result<MemoryType> {
        let ty = MemoryType(self.0);
        crate::memory::check_type(&ty)?;
        Ok(ty)
    }
}

impl Display for MemoryType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The type of a tag: of the function that would throw it.
///
/// [Spec](https://webassembly.github.io/spec/core/syntax/types.html#tag-types)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagType(pub(crate) FuncType);

impl TagType {
    /// A tag whose exceptions carry the parameters of `ty`.
    pub fn new(ty: FuncType) -> Self {
        Self(ty)
    }

    /// The type of the function that would throw it.
    pub fn ty(&self) -> &FuncType {
        &self.0
    }
}

/// What a module asks for.
#[derive(Clone, Copy, Debug)]
pub struct ImportType<'m> {
    pub(crate) import: &'m terrane_syntax::Import,
    pub(crate) ty: syntax::ExternType,
    pub(crate) engine: &'m Engine,
}

impl<'m> ImportType<'m> {
    /// The first name, of a module by convention.
    pub fn module(&self) -> &'m str {
        &self.import.module
    }

    /// The second name.
    pub fn name(&self) -> &'m str {
        &self.import.name
    }

    /// What it must be.
    pub fn ty(&self) -> ExternType {
        ExternType::from_syntax(self.engine, self.ty)
    }
}

/// What a module offers.
#[derive(Clone, Copy, Debug)]
pub struct ExportType<'m> {
    pub(crate) export: &'m terrane_syntax::Export,
    pub(crate) ty: syntax::ExternType,
    pub(crate) engine: &'m Engine,
}

impl<'m> ExportType<'m> {
    /// Its name.
    pub fn name(&self) -> &'m str {
        &self.export.name
    }

    /// What it is.
    pub fn ty(&self) -> ExternType {
        ExternType::from_syntax(self.engine, self.ty)
    }
}
