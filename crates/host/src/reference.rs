//! References to what collections look after: values of the host, objects of guests, exceptions.

mod anyref;
mod arrayref;
mod cast;
mod exnref;
mod externref;
mod i31;
mod nothing;
mod object;
mod out_of_memory;
mod rooted;
mod scope;
mod structref;

pub use anyref::{AnyRef, EqRef};
pub use arrayref::{ArrayRef, ArrayRefPre};
pub use exnref::{ExnRef, ExnRefPre, ExnType, ThrownException};
pub use externref::ExternRef;
pub use i31::I31;
pub use nothing::{NoExtern, NoFunc, NoneRef};
pub use out_of_memory::GcHeapOutOfMemory;
pub use rooted::{GcRef, OwnedRooted, Rooted, RootedGcRef};
pub use scope::RootScope;
pub use structref::{StructRef, StructRefPre};

pub(crate) use rooted::{Handle, other_store};
