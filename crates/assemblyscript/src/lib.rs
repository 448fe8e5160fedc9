#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod bindgen;
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
mod record;
mod shared;
mod slot;
mod value;

pub use call::{AsFunc, Params, Results, TypedAsFunc};
pub use class::{AsObject, Class};
pub use ctx::{AsCtx, AsCtxBuilder, Clock, ConsoleLevel, SystemClock};
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
pub use record::{AsRecord, RecordClass, RecordFields};
pub use shared::Limits;
pub use slot::{ClassInfo, Kind, Slot};
pub use value::{ArrayBuffer, AsType, Lift, Lower, StaticArray, TypedArray, Utf16, View};

/// An enumeration without fields, as the `i32` that it is to guests.
///
/// ```
/// # use terrane::{Engine, Linker, Module, Store};
/// # use terrane_assemblyscript::{AsCtx, AsInstance};
/// use terrane_assemblyscript::AsEnum;
///
/// #[derive(AsEnum, Clone, Copy, Debug, PartialEq)]
/// enum Color {
///     Red,
///     Green = 5,
///     Blue,
/// }
///
/// # let engine = Engine::default();
/// # let module = Module::from_file(&engine, "guests/tour.wasm")?;
/// # let mut linker = Linker::new(&engine);
/// # terrane_assemblyscript::add_to_linker(&mut linker, |ctx: &mut AsCtx| ctx)?;
/// # linker.define_unknown_imports_as_traps(&module)?;
/// # let mut store = Store::new(&engine, AsCtx::default());
/// # let instance = AsInstance::instantiate(&mut store, &linker, &module)?;
/// assert_eq!(instance.call::<_, Color>(&mut store, "next", Color::Green)?, Color::Blue);
/// # assert_eq!(instance.call::<_, Color>(&mut store, "next", Color::Blue)?, Color::Red);
/// # Ok::<(), terrane::Error>(())
/// ```
pub use terrane_assemblyscript_macros::AsEnum;

/// Implements the trait [`AsRecord`](trait@AsRecord), and with it [`Lift`] and [`Lower`].
pub use terrane_assemblyscript_macros::AsRecord;

/// What derived code calls.
#[doc(hidden)]
pub mod __private {
    pub use crate::record::{end_of, lift_record, lower_record};
    pub use terrane::Result;
}
