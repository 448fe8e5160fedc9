//! The bottoms of the hierarchies of references: types without values.

use crate::store::StoreOpaque;
use crate::{Ref, Result, Val};
use std::convert::Infallible;

macro_rules! nothings {
    ($($name:ident $variant:ident $val:ident $short:literal)*) => { $(
        #[doc = concat!("What a reference of type `", $short, "` refers to: nothing, for it is always null.\n\n")]
        #[doc = concat!("`Option<", stringify!($name), ">` stands for that type in typed functions and closures.")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(Infallible);

        impl $name {
            /// The null reference.
            pub fn null() -> Option<Self> {
                None
            }

            /// The null reference as a [`Ref`].
            pub fn null_ref() -> Ref {
                Ref::$variant(None)
            }

            /// The null reference as a [`Val`].
            pub fn null_val() -> Val {
                Val::$val(None)
            }

            /// As guests hold it, if there were one.
            pub(crate) fn to_ref(self, _: &StoreOpaque) -> Result<terrane_runtime::Ref> {
                match self.0 {}
            }
        }
    )* };
}

nothings! {
    NoFunc Func FuncRef "nullfuncref"
    NoExtern Extern ExternRef "nullexternref"
    NoneRef Any AnyRef "nullref"
}
