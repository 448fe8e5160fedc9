//! What host modules have besides functions and globals.

use super::function::func_type;
use crate::linker::Definition;
use crate::{
    Extern, ExternType, Memory, MemoryType, Ref, SharedMemory, Table, TableType, Tag, TagType, ValType,
};
use indexmap::IndexMap;

/// Items of a host module, by name, in the order in which they were added.
///
/// ```
/// use terrane::{HostGlobal, HostItems, LiveCell};
///
/// let items = HostItems::from([("counter", HostGlobal::live(&LiveCell::new(0i32)))]);
/// assert!(items.get("counter").is_some());
/// ```
#[derive(Clone, Debug)]
pub struct HostItems<I>(IndexMap<String, I>);

impl<I> HostItems<I> {
    /// None.
    pub fn new() -> Self {
        Self(IndexMap::new())
    }

    /// Adds an item, in place of an earlier one of that name, which is returned.
    pub fn insert(&mut self, name: impl Into<String>, item: I) -> Option<I> {
        self.0.insert(name.into(), item)
    }

    /// The item of that name, if there is one.
    pub fn get(&self, name: &str) -> Option<&I> {
        self.0.get(name)
    }

    /// The names.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn map<J>(self, mut f: impl FnMut(I) -> J) -> HostItems<J> {
        HostItems(self.0.into_iter().map(|(name, item)| (name, f(item))).collect())
    }
}

impl<I> Default for HostItems<I> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Into<String>, I, const N: usize> From<[(S, I); N]> for HostItems<I> {
    fn from(items: [(S, I); N]) -> Self {
        items.into_iter().collect()
    }
}

impl<S: Into<String>, I> FromIterator<(S, I)> for HostItems<I> {
    fn from_iter<A: IntoIterator<Item = (S, I)>>(items: A) -> Self {
        Self(items.into_iter().map(|(name, item)| (name.into(), item)).collect())
    }
}

impl<S: Into<String>, I> Extend<(S, I)> for HostItems<I> {
    fn extend<A: IntoIterator<Item = (S, I)>>(&mut self, items: A) {
        self.0.extend(items.into_iter().map(|(name, item)| (name.into(), item)));
    }
}

impl<I> IntoIterator for HostItems<I> {
    type Item = (String, I);
    type IntoIter = indexmap::map::IntoIter<String, I>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Types of host modules' items: each is made of a handle, and then there only in its store, or of a type.
macro_rules! host_items {
    ($($(#[$doc:meta])* $name:ident: $($handle:ident)*, $ty:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub(super) Definition);

        $(impl From<$handle> for $name {
            fn from(item: $handle) -> Self {
                Self(Extern::from(item).into())
            }
        })*

        impl From<$ty> for $name {
            fn from(ty: $ty) -> Self {
                let ty = ExternType::from(ty);
                Self(Definition::made(Some(ty.to_syntax()), move |store| ty.default_in(store)))
            }
        }
    )* };
}

host_items! {
    /// A memory of a [host module](super::HostModule): one that there is, or one of a type, of which each store gets its
    /// own, of the type's smallest size. Instances of one store that import it share it.
    ///
    /// A [`Memory`] belongs to one store, and with it the linker; a [`SharedMemory`] is the same for all stores.
    HostMemory: Memory SharedMemory, MemoryType;

    /// A table of a [host module](super::HostModule): one that there is, or one of a type, of which each store gets its own,
    /// of the type's smallest size, all nulls. Instances of one store that import it share it.
    HostTable: Table, TableType;

    /// A tag of a [host module](super::HostModule): one that there is, or one of a type, of which each store gets its own.
    HostTag: Tag, TagType;
}

impl HostTag {
    /// One whose exceptions carry values of these types.
    pub fn new(params: impl IntoIterator<Item = ValType>) -> Self {
        let params: Vec<_> = params.into_iter().collect();
        Self(Definition::made(None, move |store| {
            let ty = func_type(&store.engine, params.iter().cloned(), [])?;
            ExternType::Tag(TagType::new(ty)).default_in(store)
        }))
    }
}

impl HostTable {
    /// One of a type, of which each store gets its own, whose elements are `init` at first.
    ///
    /// That `init` is of the element type, and of the store, is checked when a guest is linked.
    pub fn new(ty: TableType, init: Ref) -> Self {
        let found = ExternType::from(ty.clone()).to_syntax();
        Self(Definition::made(Some(found), move |store| {
            Table::new_in(store, ty.clone(), init).map(Extern::from)
        }))
    }
}
