#![doc = include_str!("../README.md")]

mod addr;
mod alloc;
mod arena;
mod exn;
mod func;
mod gc;
mod global;
mod inst;
mod instantiate;
mod link;
mod memory;
pub mod numerics;
mod store;
mod table;
mod trap;
mod value;

pub use addr::*;
pub use exn::ExnInst;
pub use func::{FuncInst, FuncKind, HostCall, HostFn, HostOutcome};
pub use gc::{CLASSES, Field, Layout, Object, RootIdx, Roots, Shape, SuspendedFrames, class_of};
pub use global::GlobalInst;
pub use inst::{DataInst, ElemInst, ExternInst, ModuleInst, TagInst};
pub use instantiate::{Eval, InstantiateError, instantiate};
pub use link::{Link, describe};
pub use memory::*;
pub use store::{Limiter, LimiterError, OnGrow, Store, StoreId, StoreLimits};
pub use table::TableInst;
pub use trap::Trap;
pub use value::{RawVal, Ref};
