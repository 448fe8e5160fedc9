//! Addresses: dynamic names for what a store holds.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/runtime.html#addresses)

macro_rules! define_addr {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The address as a position in the store.
            #[inline]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl From<usize> for $name {
            fn from(i: usize) -> Self {
                Self(u32::try_from(i).expect("fewer than 2^32 of a kind in a store"))
            }
        }
    )* };
}

define_addr! {
    /// A function in a store.
    FuncAddr
    /// A table in a store.
    TableAddr
    /// A memory in a store.
    MemAddr
    /// A global in a store.
    GlobalAddr
    /// A tag in a store.
    TagAddr
    /// A module instance in a store.
    ModuleAddr
    /// A value of the host that guests hold references to.
    HostAddr
}

/// The address of something that can be imported or exported.
///
/// [Spec](https://webassembly.github.io/spec/core/exec/runtime.html#external-addresses)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExternAddr {
    /// A function.
    Func(FuncAddr),
    /// A table.
    Table(TableAddr),
    /// A memory.
    Mem(MemAddr),
    /// A global.
    Global(GlobalAddr),
    /// A tag.
    Tag(TagAddr),
}
