#![doc = include_str!("../README.md")]

mod backtrace;
mod config;
mod engine;
pub mod error;
mod externals;
mod func;
mod global;
mod host_module;
mod instance;
mod linker;
mod memory;
mod module;
mod reference;
mod store;
mod table;
mod trace;
mod types;
mod val;

pub use backtrace::{FrameInfo, WasmBacktrace};
pub use bytes::Bytes;
pub use config::{CompilationMode, Config};
pub use engine::Engine;
pub use error::{Error, ErrorKind, HostError, LinkError, Message, Result};
pub use externals::{Export, Extern};
pub use func::{
    Caller, Func, IntoFunc, LiveNumber, Resumable, Suspend, SuspendedBy, SuspendedCall, TypedFunc,
    WasmParams, WasmResults, WasmRet, WasmTy,
};
pub use global::{Global, Tag};
pub use host_module::{
    EnvModule, GuestMemories, HostCell, HostFunction, HostGlobal, HostItems, HostMemory, HostModule,
    HostTable, HostTag, I32Exit, LiveCell,
};
pub use instance::Instance;
pub use linker::{ImportValue, Imports, InstancePre, IntoImport, Linker};
pub use memory::{GuestAddr, GuestStringError, Memory, MemoryAccessError, SharedMemory, WaitResult};
pub use module::Module;
pub use reference::{
    AnyRef, ArrayRef, ArrayRefPre, EqRef, ExnRef, ExnRefPre, ExnType, ExternRef, GcHeapOutOfMemory, GcRef,
    I31, NoExtern, NoFunc, NoneRef, OwnedRooted, RootScope, Rooted, RootedGcRef, StructRef, StructRefPre,
    ThrownException,
};
pub use store::{
    AsContext, AsContextMut, InterruptHandle, InterruptWatch, Interrupts, MemoryGrowth, ResourceLimiter,
    Store, StoreContext, StoreContextMut, StoreLimits, StoreLimitsBuilder, UpdateDeadline,
};
pub use table::Table;
pub use terrane_runtime::{Link, Trap};
pub use terrane_syntax::{Feature, Features, Instr, Opcode};
pub use trace::{
    AccessKind, Branch, CountingTracer, Ending, HostCallee, MemoryAccess, OpcodeHistogram, Throw, TracePoint,
    Tracer,
};
pub use types::{
    ArrayType, ExportType, ExternType, FieldType, Finality, FuncType, GlobalType, HeapType, ImportType,
    MemoryType, MemoryTypeBuilder, Mutability, RefType, StorageType, StructType, TableType, TagType, ValType,
};
pub use val::{Ref, V128, Val};

/// Turns an `impl` block into a [`HostModule`]: each of its functions is one of the module.
///
/// The module is named as its type, in `snake_case`, or by `#[host_module(name = "…")]`. What is to be no function of the
/// module goes into another `impl` block. If this crate has another name in yours, say `#[host_module(crate = path)]`.
///
/// ```
/// use terrane::{Engine, Linker, Module, Store, host_module};
///
/// #[derive(Default)]
/// struct Scores {
///     best: Option<(String, f64)>,
/// }
///
/// #[host_module]
/// impl Scores {
///     /// Is it the best so far?
///     fn add(&mut self, player: &str, points: f64) -> bool {
///         let is_best = self.best.as_ref().is_none_or(|(_, best)| points > *best);
///         if is_best {
///             self.best = Some((player.to_owned(), points));
///         }
///         is_best
///     }
///
///     #[name = "average-of"]
///     fn average(numbers: &[f64]) -> Result<f64, std::num::TryFromIntError> {
///         Ok(numbers.iter().sum::<f64>() / f64::from(u32::try_from(numbers.len())?))
///     }
/// }
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "scores" "add" (func $add (param i32 i32 f64) (result i32)))
///         (import "scores" "average-of" (func $average (param i32 i32) (result f64)))
///         (memory 1)
///         (data (i32.const 8) "Ada")
///         (func (export "run") (result i32)
///             (f64.store (i32.const 16) (f64.const 40))
///             (f64.store (i32.const 24) (f64.const 44))
///             (call $add (i32.const 8) (i32.const 3) (call $average (i32.const 16) (i32.const 2)))))"#,
/// )?;
/// let mut linker = Linker::new(&engine);
/// let scores = linker.host_module(Scores::default())?;
/// let mut store = Store::new(&engine, ());
/// let instance = linker.instantiate(&mut store, &module)?;
/// assert!(instance.get_typed_func::<(), bool>(&mut store, "run")?.call(&mut store, ())?);
/// assert_eq!(scores.with(|scores| scores.best.clone())?, Some(("Ada".to_owned(), 42.0)));
/// # Ok::<(), terrane::Error>(())
/// ```
///
/// # Parameters
///
/// | Rust | WebAssembly | |
/// |---|---|---|
/// | a [`WasmTy`]: numbers, `bool`, [`V128`], references | its type | |
/// | `&str`, `String` | `i32 i32` | pointer and length in bytes; UTF-8, which is checked |
/// | `&[u8]`, `&mut [u8]` | `i32 i32` | pointer and length |
/// | `&[T]`, `Vec<T>` of plain data (`bytemuck::Pod`) | `i32 i32` | pointer and number of elements; copied, as guests need not align them; in the order of bytes of the guest, which is little-endian |
/// | `Option` of one of these | `i32 i32` | a pointer that is zero is `None` |
/// | [`Caller<'_, T>`](Caller), `&mut Caller<'_, T>` | nothing | the module is then for stores of data `T`, or of any if that is `impl Trait` or a type variable of the function |
/// | `&self`, `&mut self` | nothing | the module |
///
/// Pointers and lengths are checked, and mean memory 0 of the instance that calls, or the one that `#[memory(1)]` on the
/// parameter or the function says. Strings and bytes are borrowed from the memory; beside a `Caller`, or if the memory is
/// shared, they are copied. What is borrowed as `&mut [u8]` must not overlap with another argument, and cannot be had
/// beside a `Caller` or of a shared memory.
///
/// # Results
///
/// Nothing, a [`WasmTy`], a tuple of them, or a `Result` of one of these and any error: see [`WasmRet`]. The error comes
/// back from the call of the guest, and can be downcast.
///
/// # Functions that wait
///
/// An `async fn` is a function that waits, as by [`Linker::func_wrap_async`]; what it borrows from memory it keeps meanwhile.
/// It takes `&self` or nothing, and so do the others of its module: a module that waits cannot be changed by others.
///
/// ```
/// use futures::executor::block_on;
/// use terrane::{Engine, Linker, Module, Store, host_module};
///
/// struct Net;
///
/// #[host_module]
/// impl Net {
///     async fn fetch(&self, url: &str, into: &mut [u8]) -> Result<u32, std::io::Error> {
///         // Waits for the network, say.
///         let page = std::future::ready(url.to_uppercase()).await;
///         std::io::copy(&mut page.as_bytes(), &mut &mut into[..]).map(|len| len as u32)
///     }
/// }
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "net" "fetch" (func $fetch (param i32 i32 i32 i32) (result i32)))
///         (memory (export "memory") 1)
///         (data (i32.const 8) "page")
///         (func (export "run") (result i32)
///             (call $fetch (i32.const 8) (i32.const 4) (i32.const 100) (i32.const 20))))"#,
/// )?;
/// let mut linker = Linker::new(&engine);
/// linker.host_module(Net)?;
/// let mut store = Store::new(&engine, ());
/// let instance = linker.instantiate(&mut store, &module)?;
/// let run = instance.get_typed_func::<(), u32>(&mut store, "run")?;
/// assert_eq!(block_on(run.call_async(&mut store, ()))?, 4);
/// let memory = instance.get_memory(&store, "memory").expect("it is exported");
/// assert_eq!(&memory.data(&store)[100..104], b"PAGE");
/// # Ok::<(), terrane::Error>(())
/// ```
///
/// # The module's value
///
/// [`Linker::host_module`] returns what the functions have the module by. If none takes `&mut self`, it is an `Arc`: no
/// lock, and functions may run on many threads, and be inside one another. Else it is a [`HostCell`].
///
/// # Errors
///
/// A call fails, before the function runs, if an argument is not inside its memory (a [`MemoryAccessError`]), is no UTF-8
/// (a [`GuestStringError`]) or overlaps as said above, or if the module is borrowed already, as said at
/// [`HostCell`].
#[cfg(feature = "macros")]
pub use terrane_macros::host_module;

#[cfg(feature = "macros")]
#[doc(hidden)]
pub use host_module::support as __private;
