//! What instances import and export.

use crate::store::StoreOpaque;
use crate::{AsContext, ExternType, Func, Global, Memory, Table, Tag};
use terrane_runtime::{ExternAddr, StoreId};

/// Something that an instance exports, or that a module is given for an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A global.
    Global(Global),
    /// A table.
    Table(Table),
    /// A memory.
    Memory(Memory),
    /// A tag.
    Tag(Tag),
}

/// An export of an instance, with its name.
#[derive(Clone, Copy, Debug)]
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
    Tag into_tag
}

impl Extern {
    /// Its type, with the sizes that memories and tables have grown to.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn ty(&self, store: impl AsContext) -> ExternType {
        let store = store.as_context().opaque();
        let addr = self.addr(store);
        ExternType::from_syntax(&store.engine, store.runtime.externtype(addr))
    }

    pub(crate) fn new(store: StoreId, addr: ExternAddr) -> Self {
        match addr {
            ExternAddr::Func(addr) => Self::Func(Func { store, addr }),
            ExternAddr::Table(addr) => Self::Table(Table { store, addr }),
            ExternAddr::Mem(addr) => Self::Memory(Memory { store, addr }),
            ExternAddr::Global(addr) => Self::Global(Global { store, addr }),
            ExternAddr::Tag(addr) => Self::Tag(Tag { store, addr }),
        }
    }

    /// Its address in its store.
    ///
    /// # Panics
    /// If that is another store.
    #[track_caller]
    pub(crate) fn addr(&self, store: &StoreOpaque) -> ExternAddr {
        let (id, addr) = match self {
            Self::Func(item) => (item.store, ExternAddr::Func(item.addr)),
            Self::Global(item) => (item.store, ExternAddr::Global(item.addr)),
            Self::Table(item) => (item.store, ExternAddr::Table(item.addr)),
            Self::Memory(item) => (item.store, ExternAddr::Mem(item.addr)),
            Self::Tag(item) => (item.store, ExternAddr::Tag(item.addr)),
        };
        store.check(id);
        addr
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
