//! Conversions to supertypes, which cost nothing, and need no store: the root stays the same.

use super::{AnyRef, ArrayRef, EqRef, OwnedRooted, Rooted, StructRef};

macro_rules! supertypes {
    ($($sub:ident $sup:ident $to:ident)*) => { $(
        impl Rooted<$sub> {
            #[doc = concat!("The same reference as one to an [`", stringify!($sup), "`].")]
            pub fn $to(self) -> Rooted<$sup> {
                Rooted::from_root(self.handle())
            }
        }

        impl OwnedRooted<$sub> {
            #[doc = concat!("The same reference as one to an [`", stringify!($sup), "`].")]
            pub fn $to(self) -> OwnedRooted<$sup> {
                self.cast()
            }
        }

        impl From<Rooted<$sub>> for Rooted<$sup> {
            fn from(r: Rooted<$sub>) -> Self {
                r.$to()
            }
        }

        impl From<OwnedRooted<$sub>> for OwnedRooted<$sup> {
            fn from(r: OwnedRooted<$sub>) -> Self {
                r.$to()
            }
        }
    )* };
}

supertypes! {
    EqRef AnyRef to_anyref
    StructRef AnyRef to_anyref
    StructRef EqRef to_eqref
    ArrayRef AnyRef to_anyref
    ArrayRef EqRef to_eqref
}
