//! References of the hierarchy of `any`.

use super::rooted::gc_refs;
use super::{ArrayRef, Handle, I31, Rooted, StructRef};
use crate::val::{heap_type_of, matches_ref};
use crate::{AsContext, AsContextMut, ExternRef, HeapType, Result};
use terrane_runtime::{Ref, Shape};
use terrane_syntax::types::RefType;

/// Any value that guests refer to: a structure, an array, an unboxed integer, or a value of the host that was turned
/// into one of the guest's.
///
/// ```
/// use terrane::{AnyRef, Engine, I31, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let seven = AnyRef::from_i31(&mut store, I31::wrapping_i32(7));
/// assert!(seven.is_eqref(&store)?);
/// assert_eq!(seven.unwrap_i31(&store)?.get_i32(), 7);
/// # Ok::<(), terrane::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct AnyRef(Handle);

/// A value that guests can compare: a structure, an array or an unboxed integer.
#[derive(Clone, Copy)]
pub struct EqRef(Handle);

gc_refs!(AnyRef EqRef);

fn raw(handle: Handle, store: impl AsContext) -> Result<Ref> {
    handle.raw(store.as_context().opaque())
}

/// For each kind of objects: is a reference one to such an object?
macro_rules! objects {
    ($($object:ident $shape:ident $what:literal $is:ident $get:ident $unwrap:ident;)*) => { $(
        #[doc = concat!("Is it ", $what, "?")]
        ///
        /// # Errors
        /// If its scope has ended, or it is of another store.
        pub fn $is(&self, store: impl AsContext) -> Result<bool> {
            Ok(raw(self.0, store)?.is_shape(Shape::$shape))
        }

        #[doc = concat!("The same reference as one to ", $what, ", if it is one.")]
        ///
        /// # Errors
        /// If its scope has ended, or it is of another store.
        pub fn $get(&self, store: impl AsContext) -> Result<Option<Rooted<$object>>> {
            Ok(self.$is(store)?.then(|| Rooted::from_root(self.0)))
        }

        #[doc = concat!("The same reference as one to ", $what, ".")]
        ///
        /// # Errors
        /// If its scope has ended, or it is of another store.
        ///
        /// # Panics
        /// If it is none.
        #[track_caller]
        pub fn $unwrap(&self, store: impl AsContext) -> Result<Rooted<$object>> {
            Ok(self.$get(store)?.expect($what))
        }
    )* };
}

/// What can be asked of both.
macro_rules! questions {
    ($($name:ident)*) => { $(
        impl $name {
            /// A reference to an unboxed integer.
            pub fn from_i31(mut store: impl AsContextMut, value: I31) -> Rooted<Self> {
                Rooted::new(store.as_context_mut().opaque_mut(), Ref::i31(value.get_u32()))
            }

            /// Is it an unboxed integer?
            ///
            /// # Errors
            /// If its scope has ended, or it is of another store.
            pub fn is_i31(&self, store: impl AsContext) -> Result<bool> {
                Ok(self.as_i31(store)?.is_some())
            }

            /// The unboxed integer, if it is one.
            ///
            /// # Errors
            /// If its scope has ended, or it is of another store.
            pub fn as_i31(&self, store: impl AsContext) -> Result<Option<I31>> {
                Ok(raw(self.0, store)?.as_i31().map(I31::wrapping_u32))
            }

            /// The unboxed integer.
            ///
            /// # Errors
            /// If its scope has ended, or it is of another store.
            ///
            /// # Panics
            /// If it is none.
            #[track_caller]
            pub fn unwrap_i31(&self, store: impl AsContext) -> Result<I31> {
                Ok(self.as_i31(store)?.expect("an unboxed integer"))
            }

            objects! {
                StructRef Struct "a structure" is_struct as_struct unwrap_struct;
                ArrayRef Array "an array" is_array as_array unwrap_array;
            }

            /// Its type, as precisely as the store knows it: that of the structure or array, `i31`, or `any` for a value
            /// of the host.
            ///
            /// # Errors
            /// If its scope has ended, or it is of another store.
            pub fn ty(&self, store: impl AsContext) -> Result<HeapType> {
                let store = store.as_context().opaque();
                Ok(HeapType::from_syntax(&store.engine, heap_type_of(self.0.raw(store)?)))
            }

            /// Is its type `ty`, or a subtype of it?
            ///
            /// # Errors
            /// If its scope has ended, or it is of another store.
            ///
            /// # Panics
            /// If `ty` is of another engine.
            pub fn matches_ty(&self, store: impl AsContext, ty: &HeapType) -> Result<bool> {
                let store = store.as_context().opaque();
                assert!(ty.belongs_to(&store.engine), "a type of another engine");
                let found = RefType::non_null(heap_type_of(self.0.raw(store)?));
                Ok(matches_ref(&store.engine, found, RefType::non_null(ty.to_syntax())))
            }
        }
    )* };
}

questions!(AnyRef EqRef);

impl AnyRef {
    /// A value of the host as one of the guest's: `any.convert_extern`.
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/exec/instructions.html#exec-any-convert-extern)
    pub fn convert_extern(mut store: impl AsContextMut, value: Rooted<ExternRef>) -> Result<Rooted<Self>> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        let r = value.handle().raw(store)?;
        Ok(Rooted::new(store, r))
    }

    /// Is it one of those that can be compared?
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    pub fn is_eqref(&self, store: impl AsContext) -> Result<bool> {
        let r = raw(self.0, store)?;
        Ok(r.as_i31().is_some() || r.as_object().is_some())
    }

    /// The same as a value that can be compared, if it is one.
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    pub fn as_eqref(&self, mut store: impl AsContextMut) -> Result<Option<Rooted<EqRef>>> {
        if !self.is_eqref(&store)? {
            return Ok(None);
        }
        let mut context = store.as_context_mut();
        let r = self.0.raw(context.opaque())?;
        Ok(Some(Rooted::new(context.opaque_mut(), r)))
    }

    /// The same as a value that can be compared.
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    ///
    /// # Panics
    /// If it is none.
    #[track_caller]
    pub fn unwrap_eqref(&self, store: impl AsContextMut) -> Result<Rooted<EqRef>> {
        Ok(self.as_eqref(store)?.expect("a value that can be compared"))
    }
}
