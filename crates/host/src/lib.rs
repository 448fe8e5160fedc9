#![doc = include_str!("../README.md")]

mod backtrace;
mod config;
mod engine;
mod error;
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
pub use config::{CompilationMode, Config};
pub use engine::Engine;
pub use error::{Error, ErrorKind, HostError, LinkError, Message, Result};
pub use externals::{Export, Extern};
pub use func::{Caller, Func, IntoFunc, LiveNumber, TypedFunc, WasmParams, WasmResults, WasmRet, WasmTy};
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
    AsContext, AsContextMut, InterruptHandle, MemoryGrowth, ResourceLimiter, Store, StoreContext,
    StoreContextMut, StoreLimits, StoreLimitsBuilder,
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
