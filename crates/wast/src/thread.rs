//! The directives `thread` and `wait`: directives that run beside those of the script, in a store of their own.

use crate::report::ScriptReport;
use crate::run::run_in;
use crate::script::{Outcome, Script};
use std::thread::{Scope, ScopedJoinHandle};
use terrane::SharedMemory;
use wast::WastThread;
use wast::token::Id;

/// The threads of a script.
pub(crate) struct Threads<'scope, 'a> {
    scope: &'scope Scope<'scope, 'a>,
    running: Vec<(Id<'a>, ScopedJoinHandle<'scope, ScriptReport>)>,
}

impl<'scope, 'a> Threads<'scope, 'a> {
    pub(crate) fn new(scope: &'scope Scope<'scope, 'a>) -> Self {
        Self { scope, running: Vec::new() }
    }

    /// `(wait $t)`: goes on when that thread has ended, and takes over what came of it.
    pub(crate) fn wait(&mut self, name: Id<'a>, report: &mut ScriptReport) -> Outcome {
        let at = self.running.iter().position(|(running, _)| *running == name);
        let at = at.ok_or_else(|| format!("there is no running thread ${}", name.name()))?;
        join(self.running.remove(at).1, report)
    }

    /// Waits for the threads that no directive waited for.
    pub(crate) fn wait_for_all(&mut self, report: &mut ScriptReport) {
        for (_, thread) in self.running.drain(..) {
            // Its panics were caught inside, and are in its report.
            let _ = join(thread, report);
        }
    }
}

fn join(thread: ScopedJoinHandle<'_, ScriptReport>, report: &mut ScriptReport) -> Outcome {
    let theirs = thread.join().map_err(|_| "the thread panicked".to_owned())?;
    report.passed += theirs.passed;
    report.failures.extend(theirs.failures);
    report.skipped += theirs.skipped;
    Ok(())
}

impl<'scope, 'a: 'scope> Script<'scope, 'a> {
    /// `(thread $t (shared (module $M)) …)`: starts directives in a store of their own, where the shared memories
    /// that `$M` exports can be registered under its name.
    pub(crate) fn spawn(&mut self, thread: WastThread<'a>) -> Outcome {
        let shared = thread.shared_module.map(|name| self.share(name)).transpose()?;
        let (scope, text, options) = (self.threads.scope, self.text, self.options);
        let directives = thread.directives;
        let run = move || {
            let mut report = ScriptReport { parsed: true, ..ScriptReport::default() };
            run_in(scope, text, directives, options, shared, &mut report);
            report
        };
        self.threads.running.push((thread.name, scope.spawn(run)));
        Ok(())
    }
    /// What of an instance can be shared with another store.
    fn share(&mut self, name: Id<'a>) -> Outcome<Shared<'a>> {
        if let Some(shared) = self.shared.as_ref().filter(|shared| shared.name == name) {
            return Ok(shared.clone());
        }
        let instance = self.instances.get(Some(name))?;
        let exports = instance.exports(&self.store);
        let memories = exports.filter_map(|export| {
            let name = export.name().to_owned();
            Some((name, export.into_shared_memory()?))
        });
        let memories: Vec<_> = memories.collect();
        if memories.is_empty() {
            return Err(format!("the exports of ${} cannot be shared between threads", name.name()));
        }
        Ok(Shared { name, memories })
    }
}

/// What a thread shares with the script: the shared memories that an instance exports, by their names.
#[derive(Clone)]
pub(crate) struct Shared<'a> {
    pub(crate) name: Id<'a>,
    pub(crate) memories: Vec<(String, SharedMemory)>,
}
