//! Running guests, and judging how that ended.

use crate::script::{Outcome, Script};
use crate::{message, value};
use terrane::{Extern, Func, Resumable, ThrownException, Trap, Val};
use wast::WastInvoke;
use wast::token::Id;

/// What running a guest comes to.
pub(crate) type Execution = terrane::Result<Vec<Val>>;

impl<'a> Script<'_, 'a> {
    /// Calls an exported function.
    pub(crate) fn invoke(&mut self, invoke: &WastInvoke<'a>) -> Outcome<Execution> {
        let instance = self.instances.get(invoke.module)?;
        let func = instance
            .get_func(&mut self.store, invoke.name)
            .ok_or_else(|| format!("no function is exported as {:?}", invoke.name))?;
        let mut args = Vec::with_capacity(invoke.args.len());
        for arg in &invoke.args {
            args.push(value::argument(&mut self.store, arg)?);
        }
        if self.options.suspend.is_some() {
            return Ok(self.resume(&func, &args));
        }
        let count = func.ty(&self.store).results().len();
        let mut results = vec![Val::I32(0); count];
        Ok(func.call(&mut self.store, &args, &mut results).map(|()| results))
    }

    /// Calls a function that stops again and again.
    fn resume(&mut self, func: &Func, args: &[Val]) -> Execution {
        match func.call_resumable(&mut self.store, args)? {
            Resumable::Finished(results) => Ok(results.into()),
            Resumable::Suspended(mut call) => loop {
                if let Some(results) = call.resume(&mut self.store, &[])? {
                    return Ok(results.into());
                }
            },
        }
    }

    /// Reads an exported global.
    pub(crate) fn get(&mut self, instance: Option<Id<'a>>, name: &str) -> Outcome<Vec<Val>> {
        let instance = self.instances.get(instance)?;
        match instance.get_export(&mut self.store, name) {
            Some(Extern::Global(global)) => Ok(vec![global.get(&mut self.store)]),
            _ => Err(format!("no global is exported as {name:?}")),
        }
    }
}

/// Did it trap, with that message?
pub(crate) fn expect_trap(execution: Execution, expected: &str) -> Outcome {
    match execution {
        Ok(results) => {
            Err(format!("expected a trap ({expected}), but it returned {}", value::texts(&results)))
        }
        Err(error) => match error.downcast_ref::<Trap>() {
            Some(trap) if message::matches(expected, &trap.to_string()) => Ok(()),
            Some(trap) => Err(format!("expected the trap: {expected}, found the trap: {trap}")),
            None => Err(format!("expected a trap ({expected}), found: {error}")),
        },
    }
}

/// Did an exception reach the host?
pub(crate) fn expect_exception(execution: Execution) -> Outcome {
    match execution {
        Ok(results) => Err(format!("expected an exception, but it returned {}", value::texts(&results))),
        Err(error) if error.is::<ThrownException>() => Ok(()),
        Err(error) => Err(format!("expected an exception, found: {error}")),
    }
}

/// Did it suspend without anyone to resume it?
pub(crate) fn expect_suspension(execution: Execution, expected: &str) -> Outcome {
    match execution {
        Ok(results) => {
            Err(format!("expected a suspension ({expected}), but it returned {}", value::texts(&results)))
        }
        // Guests that suspend are refused by feature so far, so whatever failed was no suspension.
        Err(error) => Err(format!("expected a suspension ({expected}), found: {error}")),
    }
}
