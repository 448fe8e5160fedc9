//! Between the interpreter, which knows nothing of modules and handles, and a tracer of the host.

use super::{Branch, HostCallee, MemoryAccess, Throw, TracePoint, Tracer};
use crate::store::StoreOpaque;
use crate::store::limits::Panicked;
use crate::{Func, Tag};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use terrane_interpreter::{Trace, TraceEvent, TracePlace};
use terrane_runtime::{FuncAddr, ModuleInst, StoreId};
use terrane_syntax::ImportType;

/// A tracer of the host, as the interpreter has it.
pub(crate) struct Adapter {
    tracer: Box<dyn Tracer>,
    /// The store whose thread owns this.
    store: NonNull<StoreOpaque>,
    id: StoreId,
    panicked: Panicked,
    /// Has it panicked?
    broken: bool,
}

// SAFETY: it changes threads only with the store that owns it.
unsafe impl Send for Adapter {}

impl Adapter {
    pub(crate) fn new(
        tracer: Box<dyn Tracer>,
        store: NonNull<StoreOpaque>,
        id: StoreId,
        panicked: Panicked,
    ) -> Self {
        Self { tracer, store, id, panicked, broken: false }
    }

    pub(crate) fn into_tracer(self) -> Box<dyn Tracer> {
        self.tracer
    }

    pub(crate) fn tracer_mut(&mut self) -> &mut dyn Tracer {
        &mut *self.tracer
    }

    fn tell(&mut self, place: Option<TracePlace<'_>>, event: &TraceEvent) {
        // SAFETY: *pinned-store*: while a guest runs, nobody changes the modules, of which no reference is held.
        let modules = unsafe { &(*self.store.as_ptr()).modules };
        let store = self.id;
        let at = place.map(|place| {
            let module = crate::instance::module_of(modules, &place.instance.module);
            TracePoint { store, module, place }
        });
        let Some(at) = at else {
            if let TraceEvent::Trap(trap) = event {
                self.tracer.trap(None, *trap);
            }
            return;
        };
        let tracer = &mut self.tracer;
        match *event {
            TraceEvent::Instr(opcode) => tracer.instruction(&at, opcode),
            TraceEvent::Branch { taken, label } => {
                tracer.branch(&at, Branch { taken, label: label.map(|l| l.0) });
            }
            TraceEvent::Access { memory, address, len, kind } => {
                tracer.memory_access(&at, MemoryAccess { memory: memory.0, address, len, kind });
            }
            TraceEvent::Call => tracer.call(&at),
            TraceEvent::Return(ending) => tracer.returned(&at, ending),
            TraceEvent::HostCall(func) => tracer.host_call(&at, &callee(&at, func)),
            TraceEvent::HostReturn(func, returned) => {
                tracer.host_returned(&at, &callee(&at, func), returned);
            }
            TraceEvent::Throw { tag, caught } => {
                tracer.throw(&at, Throw { tag: Tag { store, addr: tag }, caught });
            }
            TraceEvent::Trap(trap) => tracer.trap(Some(&at), trap),
        }
    }
}

impl Trace for Adapter {
    fn event(&mut self, place: Option<TracePlace<'_>>, event: &TraceEvent) -> ControlFlow<()> {
        if !self.broken
            && let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.tell(place, event)))
        {
            self.broken = true;
            self.panicked.put(payload);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

/// A function of the host, and what the instance that calls it imports it as.
fn callee<'a>(at: &TracePoint<'a>, func: FuncAddr) -> HostCallee<'a> {
    let inst: &'a ModuleInst = at.place.instance;
    let is_func = |ty: &ImportType| matches!(ty, ImportType::Func(_) | ImportType::FuncExact(_));
    let imports = inst.module.imports.iter().filter(|import| is_func(&import.ty));
    let found = imports.zip(&inst.funcs).find(|(_, imported)| {
        // SAFETY: functions live as long as the store, and none is ever changed.
        unsafe { imported.as_ref() }.addr == func
    });
    let import = found.map(|(import, _)| (&*import.module, &*import.name));
    HostCallee { func: Func { store: at.store, addr: func }, import }
}
