//! Indices: static names for the parts of one module.
//!
//! [Spec](https://webassembly.github.io/spec/core/syntax/modules.html#indices)

use core::fmt;

macro_rules! define_idx {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The index as a position in a vector.
            #[inline]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )* };
}

define_idx! {
    /// A type, by its position in the type index space.
    TypeIdx
    /// A function: imports first, then definitions.
    FuncIdx
    /// A table: imports first, then definitions.
    TableIdx
    /// A memory: imports first, then definitions.
    MemIdx
    /// A global: imports first, then definitions.
    GlobalIdx
    /// A tag: imports first, then definitions.
    TagIdx
    /// An element segment.
    ElemIdx
    /// A data segment.
    DataIdx
    /// A local of a function: parameters first.
    LocalIdx
    /// An enclosing block, counted outwards from 0.
    LabelIdx
    /// A field of a structure type.
    FieldIdx
}

/// A lane of a vector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneIdx(pub u8);
