#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod call;
mod class;
mod ctx;
mod demangle;
mod dynamic;
mod env;
mod error;
mod function;
mod guest;
mod host;
mod import;
mod instance;
mod layout;
mod managed;
mod shared;
mod slot;
mod value;

pub use call::{AsFunc, Params, Results, TypedAsFunc};
pub use class::{AsObject, Class};
pub use ctx::{AsCtx, AsCtxBuilder, Clock, ConsoleLevel, Random, SystemClock, SystemRandom};
pub use demangle::{Accessor, ClassDef, ExportedFunc, ExportedGlobal, Item, Namespace, demangle};
pub use dynamic::Value;
pub use env::add_to_linker;
pub use error::{Abort, AsError};
pub use function::Function;
pub use guest::Guest;
pub use import::{Args, Returned, func_wrap};
pub use instance::{AsInstance, AsInstanceBuilder};
pub use layout::Era;
pub use managed::{Managed, Object};
pub use shared::Limits;
pub use slot::{ClassInfo, Kind, Slot};
pub use value::{ArrayBuffer, AsType, Lift, Lower, StaticArray, TypedArray, Utf16, View};
