//! Function instances.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/runtime.html#function-instances)

use crate::{FuncAddr, ModuleInst, Ref, Store, Trap};
use std::error::Error;
use std::ptr::{NonNull, null};
use std::sync::Arc;
use terrane_syntax::FuncIdx;
use terrane_syntax::types::{DefType, DefTypeInfo};

/// A function in a store. Aligned so that a reference to it has room for a tag.
#[repr(C, align(16))]
pub struct FuncInst {
    /// Its type: equal types are equal numbers.
    pub ty: DefType,
    /// Its address in the store.
    pub addr: FuncAddr,
    /// The instance it belongs to; null for a function of the host.
    pub instance: *const ModuleInst,
    /// For a guest's function, the cell of its code: the interpreter knows what it points to, and its
    /// module, which the instance keeps alive, owns it. Null for a function of the host.
    pub code: *const (),
    /// For a function of the host, the words that its parameters or its results take, whichever are more.
    pub slots: u32,
    /// What its type is. Invariant *type-kept*: it belongs to `owner`, or to the types of the instance's module, which
    /// live as long as the function does: so an instance of many functions need not count each of their types.
    info: *const DefTypeInfo,
    owner: Option<Arc<DefTypeInfo>>,
    /// What else there is to know.
    pub kind: FuncKind,
}

impl FuncInst {
    /// A function of the host.
    pub(crate) fn of_host(info: Arc<DefTypeInfo>, addr: FuncAddr, slots: u32, host: Arc<dyn HostFn>) -> Self {
        Self {
            ty: info.def,
            addr,
            instance: null(),
            code: null(),
            slots,
            info: Arc::as_ptr(&info),
            owner: Some(info),
            kind: FuncKind::Host(host),
        }
    }

    /// A function of a guest.
    ///
    /// # Safety
    /// *type-kept*: `info` is one of the types that `instance` keeps.
    pub(crate) unsafe fn of_guest(
        info: &Arc<DefTypeInfo>,
        addr: FuncAddr,
        instance: *const ModuleInst,
        code: *const (),
        func: FuncIdx,
    ) -> Self {
        let (ty, info, kind) = (info.def, Arc::as_ptr(info), FuncKind::Wasm(func));
        Self { ty, addr, instance, code, slots: 0, info, owner: None, kind }
    }

    /// What its type is.
    #[inline]
    pub fn info(&self) -> &DefTypeInfo {
        // SAFETY: *type-kept*.
        unsafe { &*self.info }
    }

    /// The same, to keep.
    #[inline]
    pub fn info_to_keep(&self) -> Arc<DefTypeInfo> {
        // SAFETY: *type-kept*: it is in an `Arc`, of which the pointer was got.
        unsafe {
            Arc::increment_strong_count(self.info);
            Arc::from_raw(self.info)
        }
    }

    /// Is it of the type number `id`, which has `depth` supertypes, or of a subtype?
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/matching.html#defined-types)
    #[inline]
    pub fn is_a(&self, id: u32, depth: usize) -> bool {
        self.ty.id() == id || self.info().supers.get(depth).is_some_and(|sup| sup.id() == id)
    }
}

/// What a function is made of.
pub enum FuncKind {
    /// Code of a module.
    Wasm(FuncIdx),
    /// Code of the host.
    Host(Arc<dyn HostFn>),
}

// SAFETY: the pointers are to things that the store owns, or shares and keeps alive, and that it never
// hands out without itself being borrowed.
unsafe impl Send for FuncInst {}
// SAFETY: as above; nothing in it changes.
unsafe impl Sync for FuncInst {}

/// What a function of the host is given.
pub struct HostCall<'a> {
    /// The store in which the call happens. The callee may use it as if by `&mut` until it returns.
    pub store: NonNull<Store>,
    /// The instance whose code made the call, if a guest did.
    pub caller: Option<NonNull<ModuleInst>>,
    /// May the function answer [`HostOutcome::Pending`]?
    pub can_suspend: bool,
    /// The arguments, a word each (two for vectors); where the results go, from the start. As long as
    /// the longer of the two.
    pub slots: &'a mut [u64],
}

/// How a function of the host ended.
#[derive(Debug)]
pub enum HostOutcome {
    /// The results are in place.
    Done,
    /// The guest is to trap.
    Trap(Trap),
    /// An exception of this store is thrown, which the guest may catch.
    Exception(Ref),
    /// The function is not done yet: the run stops, and goes on when it is. Until then `slots` stay where they are. Only
    /// where [`HostCall::can_suspend`] allows it.
    Pending,
    /// The call failed, for reasons of the host, which come back unchanged from the outermost call.
    Error(Box<dyn Error + Send + Sync>),
}

/// A function of the host, its own data type erased.
pub trait HostFn: Send + Sync {
    /// Runs the function.
    fn call(&self, call: HostCall<'_>) -> HostOutcome;
}
