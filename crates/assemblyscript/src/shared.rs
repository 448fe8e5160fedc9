//! What is known of an instance, for all who use it.

use crate::host::{Host, Mem};
use crate::layout::{Keeping, Layout};
use crate::{AsError, ClassInfo, Era};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use terrane::{
    AsContextMut, Extern, ExternRef, Global, Instance, OwnedRooted, Result, RootScope, Table, TypedFunc,
    WasmParams, WasmResults,
};

/// How large a value read from a guest may be.
///
/// Guests decide what is reachable from a value: without limits, one of a few bytes can be read for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many objects inside each other: 256 if nothing is said.
    pub depth: usize,
    /// How many bytes of objects in all, for each call or read: 256 MiB if nothing is said.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 256, bytes: 1 << 28 }
    }
}

/// How a function is told the number of its arguments.
#[derive(Clone, Debug)]
pub(crate) enum Arguments {
    Setter(TypedFunc<u32, ()>),
    Global(Global),
}

/// The runtime's exports.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runtime {
    pub alloc: Option<TypedFunc<(u32, u32), u32>>,
    pub keep: Option<TypedFunc<u32, u32>>,
    pub release: Option<TypedFunc<u32, ()>>,
    pub collect: Option<TypedFunc<(), ()>>,
}

pub(crate) struct Shared {
    /// `None` for the caller of a host function.
    pub instance: Option<Instance>,
    pub layout: &'static Layout,
    /// Nothing in the module says which era it is of.
    pub guessed: bool,
    pub memory: Option<Mem>,
    pub table: Option<Table>,
    pub rtti: Option<u32>,
    pub runtime: Runtime,
    pub arguments: Option<Arguments>,
    pub limits: Limits,
    /// A collection before each step.
    pub collect_often: bool,
    /// Of the store that the instance is in.
    pub token: Option<OwnedRooted<ExternRef>>,
    state: Mutex<State>,
}

/// What changes.
#[derive(Default)]
pub(crate) struct State {
    /// How often objects are kept that the runtime lets be pinned once.
    pub pins: HashMap<u32, usize>,
    /// Handles to these were dropped, but nobody had the store.
    pub dropped: Vec<u32>,
    /// Class ids that the host has said.
    pub ids: HashMap<String, u32>,
    /// Classes that were looked for.
    pub classes: HashMap<ClassInfo, Option<u32>>,
}

impl Shared {
    /// `lookup` finds exports; `given` are the memory and the table that it was given, if it exports none.
    pub(crate) fn new<C: AsContextMut>(
        mut store: C,
        lookup: impl Fn(&mut C, &str) -> Option<Extern>,
        given: (Option<Extern>, Option<Extern>),
        era: Option<&'static Layout>,
        limits: Limits,
    ) -> Result<Self> {
        let memory = match lookup(&mut store, "memory").or(given.0) {
            Some(Extern::Memory(memory)) => Some(Mem::Own(memory)),
            Some(Extern::SharedMemory(memory)) => Some(Mem::Shared(memory)),
            _ => None,
        };
        let table = lookup(&mut store, "table").or(given.1).and_then(Extern::into_table);
        let rtti = lookup(&mut store, "__rtti_base").and_then(Extern::into_global);
        let rtti = rtti.and_then(|global| global.get(&mut store).i32()).map(i32::cast_unsigned);
        let found = era.or_else(|| detect(&mut store, &lookup, memory.as_ref(), rtti).map(Era::layout));
        let layout = found.unwrap_or(Era::V0_24.layout());
        let runtime = Runtime {
            alloc: typed(&mut store, &lookup, layout.alloc),
            keep: typed(&mut store, &lookup, layout.keep),
            release: typed(&mut store, &lookup, layout.release),
            collect: typed(&mut store, &lookup, "__collect"),
        };
        let arguments = match lookup(&mut store, "__argumentsLength").and_then(Extern::into_global) {
            Some(global) => Some(Arguments::Global(global)),
            None => typed(&mut store, &lookup, "__setArgumentsLength")
                .or_else(|| typed(&mut store, &lookup, "__setargc"))
                .map(Arguments::Setter),
        };
        let guessed = found.is_none();
        let state = Mutex::default();
        let (instance, token) = (None, None);
        let collect_often = false;
        Ok(Self {
            instance,
            layout,
            guessed,
            memory,
            table,
            rtti,
            runtime,
            arguments,
            limits,
            collect_often,
            token,
            state,
        })
    }

    /// The same for an instance: it knows its store.
    pub(crate) fn of_instance(mut self, store: impl AsContextMut, instance: Instance) -> Result<Self> {
        let mut scope = RootScope::new(store);
        let token = ExternRef::new(&mut scope, ())?;
        self.instance = Some(instance);
        self.token = Some(token.to_owned_rooted(&mut scope)?);
        Ok(self)
    }

    /// Is it in that store?
    pub(crate) fn check_store(&self, host: &dyn Host) -> Result<(), AsError> {
        match &self.token {
            Some(token) if !host.owns(token) => Err(AsError::Foreign { what: "an instance", owner: "store" }),
            _ => Ok(()),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn memory(&self) -> Result<&Mem, AsError> {
        self.memory.as_ref().ok_or(AsError::NoMemory)
    }

    /// Is it the same instance? What a host function sees of its caller has the same memory.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || (self.memory.is_some() && self.memory == other.memory)
    }

    pub(crate) fn is_counted(&self) -> bool {
        self.layout.keeping == Keeping::Counted
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsInstance").field("era", &self.layout.era).finish_non_exhaustive()
    }
}

fn typed<C: AsContextMut, P: WasmParams, R: WasmResults>(
    store: &mut C,
    lookup: impl Fn(&mut C, &str) -> Option<Extern>,
    name: &str,
) -> Option<TypedFunc<P, R>> {
    lookup(store, name)?.into_func()?.typed(store).ok()
}

fn detect<C: AsContextMut>(
    store: &mut C,
    lookup: impl Fn(&mut C, &str) -> Option<Extern>,
    memory: Option<&Mem>,
    rtti: Option<u32>,
) -> Option<Era> {
    let words: Vec<u32> = (1..4)
        .map_while(|i| {
            let mut word = [0; 4];
            store.read(memory?, rtti?.checked_add(4 * i)?, &mut word).ok()?;
            Some(u32::from_le_bytes(word))
        })
        .collect();
    let store = RefCell::new(store);
    let has = |name: &str| matches!(lookup(&mut store.borrow_mut(), name), Some(Extern::Func(_)));
    Era::detect(has, |i| words.get(i as usize).copied())
}
