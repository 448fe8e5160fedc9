//! References to what collections look after: values of the host, objects of guests, exceptions.

mod anyref;
mod exnref;
mod externref;
mod i31;
mod out_of_memory;
mod rooted;

pub use anyref::{AnyRef, EqRef};
pub use exnref::{ExnRef, ExnRefPre, ExnType, ThrownException};
pub use externref::ExternRef;
pub use i31::I31;
pub use out_of_memory::GcHeapOutOfMemory;
pub use rooted::{GcRef, OwnedRooted, RootScope, Rooted};

pub(crate) use rooted::Handle;
