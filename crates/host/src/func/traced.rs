//! Functions of the host in stores whose guests are traced.

use std::sync::{Arc, OnceLock};
use terrane_interpreter::{TraceEvent, trace_host};
use terrane_runtime::{FuncAddr, HostCall, HostFn, HostOutcome, Trap};

use crate::store::StoreOpaque;

/// A function of the host that tells the store's tracer when guests call it.
pub(super) struct Traced {
    host: Arc<dyn HostFn>,
    /// There once it is in a store.
    addr: OnceLock<FuncAddr>,
}

impl Traced {
    pub(super) fn new(host: Arc<dyn HostFn>) -> Self {
        Self { host, addr: OnceLock::new() }
    }

    pub(super) fn set_addr(&self, addr: FuncAddr) {
        self.addr.get_or_init(|| addr);
    }
}

impl HostFn for Traced {
    fn call(&self, call: HostCall<'_>) -> HostOutcome {
        let (store, by_guest) = (call.store, call.caller.is_some());
        let tell = |event| {
            // SAFETY: *same-data*; `Store::new` put this pointer there, which can be used for all of the store. The
            // guest that made the call waits.
            unsafe {
                let opaque: *mut StoreOpaque = (*store.as_ptr()).host_data.cast();
                trace_host(std::ptr::NonNull::new_unchecked(&raw mut (*opaque).thread), &event)
            }
        };
        let Some(addr) = self.addr.get().filter(|_| by_guest) else { return self.host.call(call) };
        if tell(TraceEvent::HostCall(*addr)) {
            // Never seen: who called the guest goes on with the tracer's panic.
            return HostOutcome::Trap(Trap::Unreachable);
        }
        let outcome = self.host.call(call);
        if matches!(outcome, HostOutcome::Pending) {
            // Its end is told when the guest goes on.
            return outcome;
        }
        if tell(TraceEvent::HostReturn(*addr, matches!(outcome, HostOutcome::Done))) {
            return HostOutcome::Trap(Trap::Unreachable);
        }
        outcome
    }
}
