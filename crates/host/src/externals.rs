//! What instances import and export.

use crate::store::StoreOpaque;
use crate::{AsContext, ExternType, Func, Global, Memory, SharedMemory, Table, Tag};
use terrane_runtime::ExternAddr;

/// Something that an instance exports, or that a module is given for an import.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A global.
    Global(Global),
    /// A table.
    Table(Table),
    /// A memory.
    Memory(Memory),
    /// A memory that threads share.
    SharedMemory(SharedMemory),
    /// A tag.
    Tag(Tag),
}

/// An export of an instance, with its name.
#[derive(Clone, Debug)]
pub struct Export<'i> {
    name: &'i str,
    definition: Extern,
}

/// For each variant: the accessors, and the conversion.
macro_rules! externs {
    ($($variant:ident $into:ident)*) => {
        impl Extern { $(
            #[doc = concat!("The [`", stringify!($variant), "`], if it is one.")]
            pub fn $into(self) -> Option<$variant> {
                match self {
                    Self::$variant(item) => Some(item),
                    _ => None,
                }
            }
        )* }

        impl Export<'_> { $(
            #[doc = concat!("The [`", stringify!($variant), "`], if it is one.")]
            pub fn $into(self) -> Option<$variant> {
                self.definition.$into()
            }
        )* }

        $(impl From<$variant> for Extern {
            fn from(item: $variant) -> Self {
                Self::$variant(item)
            }
        })*
    };
}

externs! {
    Func into_func
    Global into_global
    Table into_table
    Memory into_memory
    SharedMemory into_shared_memory
    Tag into_tag
}

impl Extern {
    /// Its type, with the sizes that memories and tables have grown to.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn ty(&self, store: impl AsContext) -> ExternType {
        let store = store.as_context().opaque();
        match self.addr(store) {
            Ok(addr) => ExternType::from_syntax(&store.engine, store.runtime.externtype(addr)),
            Err(memory) => ExternType::Memory(memory.ty()),
        }
    }

    pub(crate) fn new(opaque: &StoreOpaque, addr: ExternAddr) -> Self {
        let store = opaque.id();
        match addr {
            ExternAddr::Mem(addr) if opaque.runtime.mem(addr).is_shared() => {
                let mem = opaque.runtime.mem(addr).share().expect("it is shared");
                Self::SharedMemory(SharedMemory::from_inst(mem))
            }
            ExternAddr::Func(addr) => Self::Func(Func { store, addr }),
            ExternAddr::Table(addr) => Self::Table(Table { store, addr }),
            ExternAddr::Mem(addr) => Self::Memory(Memory { store, addr }),
            ExternAddr::Global(addr) => Self::Global(Global { store, addr }),
            ExternAddr::Tag(addr) => Self::Tag(Tag { store, addr }),
        }
    }

    /// Its address in its store; a shared memory has none.
    ///
    /// # Panics
    /// If that is another store.
    #[track_caller]
    pub(crate) fn addr(&self, store: &StoreOpaque) -> Result<ExternAddr, &SharedMemory> {
        let (id, addr) = match self {
            Self::Func(item) => (item.store, ExternAddr::Func(item.addr)),
            Self::Global(item) => (item.store, ExternAddr::Global(item.addr)),
            Self::Table(item) => (item.store, ExternAddr::Table(item.addr)),
            Self::Memory(item) => (item.store, ExternAddr::Mem(item.addr)),
            Self::SharedMemory(memory) => return Err(memory),
            Self::Tag(item) => (item.store, ExternAddr::Tag(item.addr)),
        };
        store.check(id);
        Ok(addr)
    }

    /// Its address in a store, into which a shared memory is brought if it is not there yet.
    ///
    /// # Panics
    /// If it belongs to another store.
    #[track_caller]
    pub(crate) fn bring(&self, store: &mut StoreOpaque) -> ExternAddr {
        self.addr(store).unwrap_or_else(|memory| ExternAddr::Mem(store.runtime.bring_mem(memory.inst())))
    }
}

impl<'i> Export<'i> {
    pub(crate) fn new(name: &'i str, definition: Extern) -> Self {
        Self { name, definition }
    }

    /// Its name.
    pub fn name(&self) -> &'i str {
        self.name
    }

    /// Its type.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn ty(&self, store: impl AsContext) -> ExternType {
        self.definition.ty(store)
    }

    /// What it is.
    pub fn into_extern(self) -> Extern {
        self.definition
    }
}
