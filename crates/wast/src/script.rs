//! A running script: what its directives have made so far, and the directives themselves.

use crate::execute::{Execution, expect_exception, expect_suspension, expect_trap};
use crate::module::{Refusal, Stage, encode, is_binary};
use crate::report::ScriptReport;
use crate::run::{Mode, RunOptions};
use crate::thread::{Shared, Threads};
use crate::{spectest, value};
use std::collections::HashMap;
use std::thread::Scope;
use terrane::{CountingTracer, Engine, Instance, Linker, Module, Store};
use wast::core::WastRetCore;
use wast::token::Id;
use wast::{QuoteWat, WastDirective, WastExecute, WastRet, Wat};

/// A script between two directives.
pub(crate) struct Script<'scope, 'a> {
    pub(crate) text: &'a str,
    pub(crate) options: &'a RunOptions,
    pub(crate) engine: Engine,
    /// An engine that validates whole modules, whatever the mode.
    checker: Engine,
    pub(crate) store: Store<()>,
    /// Instances that were registered, and the module `spectest`.
    pub(crate) linker: Linker<()>,
    modules: Named<'a, Module>,
    pub(crate) instances: Named<'a, Instance>,
    pub(crate) threads: Threads<'scope, 'a>,
    /// What a thread shares with the script that started it.
    pub(crate) shared: Option<Shared<'a>>,
}

/// What a directive comes to: nothing, or what was wrong.
pub(crate) type Outcome<T = ()> = Result<T, String>;

impl<'scope, 'a: 'scope> Script<'scope, 'a> {
    /// A script of which nothing has been run, in a store of its own.
    pub(crate) fn new(
        scope: &'scope Scope<'scope, 'a>,
        text: &'a str,
        options: &'a RunOptions,
        shared: Option<Shared<'a>>,
    ) -> Outcome<Self> {
        let engine = |mode| options.engine(mode).map_err(|error| format!("no engine can be made: {error}"));
        let checker = engine(if options.mode == Mode::Lazy { Mode::LazyLowering } else { options.mode })?;
        let engine = engine(options.mode)?;
        let mut store = options.store(&engine);
        if options.trace {
            store.set_tracer(Box::new(CountingTracer::default())).map_err(|error| error.to_string())?;
        }
        let mut linker = Linker::new(&engine);
        // A script may register a second instance under the name of a first.
        linker.allow_shadowing(true);
        spectest::define(&mut linker, &mut store)
            .map_err(|error| format!("the module spectest cannot be made: {error}"))?;
        let threads = Threads::new(scope);
        let (modules, instances) = (Named::new("module"), Named::new("instance"));
        Ok(Self { text, options, engine, checker, store, linker, modules, instances, threads, shared })
    }

    /// If all was traced, does what the tracer was told make sense?
    pub(crate) fn check_trace(&mut self) -> Outcome {
        let tracer = self.store.tracer_mut().and_then(|tracer| tracer.downcast_mut::<CountingTracer>());
        match tracer {
            Some(c) if (c.calls, c.host_calls) != (c.returns, c.host_returns) => Err(format!(
                "traced {} calls with {} returns, {} calls of the host with {} returns",
                c.calls, c.returns, c.host_calls, c.host_returns
            )),
            _ => Ok(()),
        }
    }

    /// Carries out a directive. What the directives of a thread come to is added to `report`.
    pub(crate) fn directive(&mut self, directive: WastDirective<'a>, report: &mut ScriptReport) -> Outcome {
        match directive {
            WastDirective::Module(module) => self.module(module),
            WastDirective::ModuleDefinition(module) => self.module_definition(module),
            WastDirective::ModuleInstance { instance, module, .. } => self.module_instance(instance, module),
            WastDirective::Register { name, module, .. } => self.register(name, module),
            WastDirective::Invoke(invoke) => self.invoke(&invoke)?.map(drop).map_err(|e| e.to_string()),
            WastDirective::AssertReturn { exec, results, .. } => self.assert_return(exec, &results, report),
            WastDirective::AssertTrap { exec, message, .. } => expect_trap(self.execute(exec)?, message),
            WastDirective::AssertExhaustion { call, message, .. } => {
                expect_trap(self.invoke(&call)?, message)
            }
            WastDirective::AssertException { exec, .. } => expect_exception(self.execute(exec)?),
            WastDirective::AssertSuspension { exec, message, .. } => {
                expect_suspension(self.execute(exec)?, message)
            }
            WastDirective::AssertMalformed { mut module, message, .. } => {
                self.assert_malformed(&mut module, message)
            }
            WastDirective::AssertInvalid { mut module, message, .. } => {
                self.assert_invalid(&mut module, message)
            }
            WastDirective::AssertUnlinkable { module, message, .. } => {
                self.assert_unlinkable(module, message)
            }
            WastDirective::AssertMalformedCustom { mut module, .. }
            | WastDirective::AssertInvalidCustom { mut module, .. } => self.assert_custom(&mut module),
            WastDirective::Thread(thread) => self.spawn(thread),
            WastDirective::Wait { thread, .. } => self.threads.wait(thread, report),
        }
    }

    /// `(module …)`: defines a module and instantiates it.
    fn module(&mut self, mut module: QuoteWat<'a>) -> Outcome {
        let name = module.name();
        // Directives that follow must not run on what was current before.
        self.instances.forget_current();
        let module = self.compile(&mut module).map_err(|refusal| refusal.to_string())?;
        self.modules.insert(name, module.clone());
        let instance = self.instantiate(&module).map_err(|error| error.to_string())?;
        self.instances.insert(name, instance);
        Ok(())
    }

    /// `(module definition …)`: defines a module.
    fn module_definition(&mut self, mut module: QuoteWat<'a>) -> Outcome {
        let name = module.name();
        let module = self.compile(&mut module).map_err(|refusal| refusal.to_string())?;
        self.modules.insert(name, module);
        Ok(())
    }

    /// `(module instance $I $M)`: instantiates a module that was defined.
    fn module_instance(&mut self, instance: Option<Id<'a>>, module: Option<Id<'a>>) -> Outcome {
        self.instances.forget_current();
        let module = self.modules.get(module)?;
        let new = self.instantiate(&module).map_err(|error| error.to_string())?;
        self.instances.insert(instance, new);
        Ok(())
    }

    /// `(register "name" $I)`: makes the exports of an instance available for import.
    fn register(&mut self, name: &str, instance: Option<Id<'a>>) -> Outcome {
        if let Some(shared) = self.shared.as_ref().filter(|shared| Some(shared.name) == instance) {
            for (memory_name, memory) in &shared.memories {
                let defined = self.linker.define(&self.store, name, memory_name, memory.clone());
                defined.map_err(|error| error.to_string())?;
            }
            return Ok(());
        }
        let instance = self.instances.get(instance)?;
        self.linker.instance(&mut self.store, name, instance).map_err(|error| error.to_string())?;
        Ok(())
    }

    fn assert_return(
        &mut self,
        exec: WastExecute<'a>,
        expected: &[WastRet<'a>],
        report: &mut ScriptReport,
    ) -> Outcome {
        let found =
            self.execute(exec)?.map_err(|error| format!("expected results, but it failed: {error}"))?;
        if self.options.keep_results {
            report.results.push(value::texts(&found));
        }
        let expected: Vec<&WastRetCore<'_>> = expected.iter().map(value::core).collect::<Outcome<_>>()?;
        let same = expected.len() == found.len()
            && expected.iter().zip(&found).all(|(e, f)| value::matches(&mut self.store, e, f));
        if same {
            return Ok(());
        }
        let expected: Vec<String> = expected.into_iter().map(value::expected_text).collect();
        let found: Vec<String> = found.iter().map(value::text).collect();
        Err(format!("expected {}, found {}", value::list(&expected), value::list(&found)))
    }

    fn assert_malformed(&mut self, module: &mut QuoteWat<'a>, expected: &str) -> Outcome {
        let is_text = !is_binary(module);
        match self.validate(module) {
            // Text is judged by its parser, which has words of its own. What the parser takes to be right
            // is judged by what becomes of it.
            Err(Refusal::Text(_)) => Ok(()),
            Err(_) if is_text => Ok(()),
            Err(refusal) => refusal.expect(Stage::Malformed, expected),
            Ok(()) => Err(format!("expected a malformed module ({expected}), but it was accepted")),
        }
    }

    fn assert_invalid(&mut self, module: &mut QuoteWat<'a>, expected: &str) -> Outcome {
        match self.validate(module) {
            Err(refusal) => refusal.expect(Stage::Invalid, expected),
            Ok(()) => Err(format!("expected an invalid module ({expected}), but it was accepted")),
        }
    }

    fn assert_unlinkable(&mut self, module: Wat<'a>, expected: &str) -> Outcome {
        let module = self.compile(&mut QuoteWat::Wat(module)).map_err(|refusal| refusal.to_string())?;
        match self.instantiate(&module) {
            Err(error) => Refusal::Engine(error).expect(Stage::Link, expected),
            Ok(_) => Err(format!("expected a module that cannot be linked ({expected}), but it was")),
        }
    }

    /// Custom sections and annotations are the parser's alone: no engine refuses a module for them.
    fn assert_custom(&mut self, module: &mut QuoteWat<'a>) -> Outcome {
        match self.validate(module) {
            Err(Refusal::Text(_)) => Ok(()),
            Err(refusal) => {
                Err(format!("expected a bad custom section, but the module was refused: {refusal}"))
            }
            Ok(()) => Err("expected a bad custom section, but the module was accepted".to_owned()),
        }
    }

    /// Is the whole module valid, even if functions are otherwise validated when they are called?
    fn validate(&self, module: &mut QuoteWat<'a>) -> Result<(), Refusal> {
        Module::from_binary(&self.checker, &encode(module)?).map(drop).map_err(Refusal::Engine)
    }

    /// What an invocation, a `get` or a module to instantiate comes to.
    fn execute(&mut self, exec: WastExecute<'a>) -> Outcome<Execution> {
        match exec {
            WastExecute::Invoke(invoke) => self.invoke(&invoke),
            WastExecute::Get { module, global, .. } => self.get(module, global).map(Ok),
            WastExecute::Wat(module) => {
                let module =
                    self.compile(&mut QuoteWat::Wat(module)).map_err(|refusal| refusal.to_string())?;
                Ok(self.instantiate(&module).map(|_| Vec::new()))
            }
        }
    }

    /// Waits for the threads that no directive waited for.
    pub(crate) fn join_threads(&mut self, report: &mut ScriptReport) {
        self.threads.wait_for_all(report);
    }
}

/// Things by their names, and the last of them, which directives without a name are about.
pub(crate) struct Named<'a, T> {
    what: &'static str,
    named: HashMap<Id<'a>, T>,
    current: Option<T>,
}

impl<'a, T: Clone> Named<'a, T> {
    fn new(what: &'static str) -> Self {
        Self { what, named: HashMap::new(), current: None }
    }

    fn insert(&mut self, name: Option<Id<'a>>, new: T) {
        self.current = Some(new.clone());
        if let Some(name) = name {
            self.named.insert(name, new);
        }
    }

    fn forget_current(&mut self) {
        self.current = None;
    }

    /// The one of that name, or the last one.
    pub(crate) fn get(&self, name: Option<Id<'a>>) -> Outcome<T> {
        match name {
            Some(name) => {
                self.named.get(&name).ok_or_else(|| format!("there is no {} ${}", self.what, name.name()))
            }
            None => self.current.as_ref().ok_or_else(|| format!("there is no current {}", self.what)),
        }
        .cloned()
    }
}
