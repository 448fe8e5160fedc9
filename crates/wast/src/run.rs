//! The loop over a script's directives.

use crate::report::{Failure, ScriptReport};
use crate::script::Script;
use crate::thread::Shared;
use std::num::{NonZeroU32, NonZeroU64};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::Scope;
use terrane::{CompilationMode, Config, Engine, Features, Store};
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::token::Span;
use wast::{Wast, WastDirective};

/// How to run a script.
#[derive(Clone, Copy, Debug)]
pub struct RunOptions {
    /// What the modules of the script may use. What the engine does not support is left out.
    pub features: Features,
    /// When functions are validated and compiled.
    pub mode: Mode,
    /// Collect garbage at every so many allocations, to find roots that were forgotten; `None` leaves it to the
    /// collector.
    pub gc_zeal: Option<NonZeroU32>,
    /// Let calls stop whenever they have used up so much fuel, and go on, to find state that is lost by that.
    pub suspend: Option<NonZeroU64>,
    /// Make every NaN that an operation gives the positive canonical one.
    pub canonicalize_nans: bool,
    /// Trace all that is executed, and check that what is told makes sense: calls and returns are as many.
    pub trace: bool,
    /// Keep what calls returned: see [`ScriptReport::results`].
    pub keep_results: bool,
}

/// When functions are validated and compiled to internal code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Both when the module is made.
    #[default]
    Eager,
    /// Validated when the module is made, compiled at their first call.
    LazyLowering,
    /// Both at their first call. Assertions that a module is invalid validate all of it nevertheless.
    Lazy,
}

impl Default for RunOptions {
    /// All features of which the project knows, in eager mode.
    fn default() -> Self {
        let mode = Mode::default();
        Self {
            features: Features::all(),
            mode,
            gc_zeal: None,
            suspend: None,
            canonicalize_nans: false,
            trace: false,
            keep_results: false,
        }
    }
}

impl RunOptions {
    /// An engine for the script's modules, in that mode.
    pub(crate) fn engine(&self, mode: Mode) -> terrane::Result<Engine> {
        let features = self.features.intersection(Config::supported_features());
        let mut config = Config::new();
        config.features(features).compilation_mode(match mode {
            Mode::Eager => CompilationMode::Eager,
            Mode::LazyLowering => CompilationMode::LazyLowering,
            Mode::Lazy => CompilationMode::Lazy,
        });
        config
            .gc_zeal_alloc_counter(self.gc_zeal)
            .canonicalize_nans(self.canonicalize_nans)
            .consume_fuel(self.suspend.is_some())
            .tracing(self.trace);
        Engine::new(&config)
    }

    /// A store for the script's instances.
    pub(crate) fn store(&self, engine: &Engine) -> Store<()> {
        let mut store = Store::new(engine, ());
        if let Some(interval) = self.suspend {
            let set = store.set_fuel(u64::MAX);
            set.and_then(|()| store.fuel_async_yield_interval(Some(interval.get())))
                .expect("the engine is configured to consume fuel");
        }
        store
    }
}

/// Runs the script `text`, whose name `name` is for the report.
///
/// Every directive is carried out, also after others have failed. Nothing is printed: what a script
/// prints through the functions of `spectest` goes nowhere. A panic is caught and counts as the failure
/// of the directive that raised it; the directives after it are then counted as skipped.
pub fn run_script(name: &str, text: &str, options: &RunOptions) -> ScriptReport {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    match ParseBuffer::new_with_lexer(lexer) {
        Ok(buffer) => match parser::parse::<Wast<'_>>(&buffer) {
            Ok(script) => run_directives(name, text, script.directives, options),
            Err(error) => unparsed(name, text, &error),
        },
        Err(error) => unparsed(name, text, &error),
    }
}

/// The report of a script that is not one.
fn unparsed(name: &str, text: &str, error: &wast::Error) -> ScriptReport {
    let failure = failure(text, error.span(), "script", error.message());
    ScriptReport { name: name.to_owned(), failures: vec![failure], ..ScriptReport::default() }
}

/// Runs a script that has been parsed.
fn run_directives<'a>(
    name: &str,
    text: &'a str,
    directives: Vec<WastDirective<'a>>,
    options: &'a RunOptions,
) -> ScriptReport {
    let mut report = ScriptReport { name: name.to_owned(), parsed: true, ..ScriptReport::default() };
    std::thread::scope(|scope| run_in(scope, text, directives, options, None, &mut report));
    report
}

/// Runs directives in a store of their own, as a script or as one of its threads, which has something to share.
pub(crate) fn run_in<'scope, 'a: 'scope>(
    scope: &'scope Scope<'scope, 'a>,
    text: &'a str,
    directives: Vec<WastDirective<'a>>,
    options: &'a RunOptions,
    shared: Option<Shared<'a>>,
    report: &mut ScriptReport,
) {
    let mut script = match Script::new(scope, text, options, shared) {
        Ok(script) => script,
        Err(message) => {
            report.failures.push(Failure { line: 0, column: 0, directive: "script", message });
            report.skipped += directives.len();
            return;
        }
    };
    let mut directives = directives.into_iter();
    while let Some(directive) = directives.next() {
        let (span, kind) = (directive.span(), kind(&directive));
        let result = catch_unwind(AssertUnwindSafe(|| script.directive(directive, report)));
        let panicked = result.is_err();
        match result.unwrap_or_else(|panic| Err(panic_message(&*panic))) {
            Ok(()) => report.passed += 1,
            Err(message) => report.failures.push(failure(text, span, kind, message)),
        }
        if panicked {
            // The store may be in any state: nothing that follows would mean anything.
            report.skipped += directives.len();
            break;
        }
    }
    script.join_threads(report);
    if let Err(message) = script.check_trace() {
        report.failures.push(Failure { line: 0, column: 0, directive: "script", message });
    }
}

/// A failure at a place in the script.
fn failure(text: &str, span: Span, directive: &'static str, message: String) -> Failure {
    let (line, column) = span.linecol_in(text);
    Failure { line: line + 1, column: column + 1, directive, message }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("with a value that is no text"))
}

/// A directive's keyword.
fn kind(directive: &WastDirective<'_>) -> &'static str {
    match directive {
        WastDirective::Module(_) => "module",
        WastDirective::ModuleDefinition(_) => "module definition",
        WastDirective::ModuleInstance { .. } => "module instance",
        WastDirective::AssertMalformed { .. } => "assert_malformed",
        WastDirective::AssertMalformedCustom { .. } => "assert_malformed_custom",
        WastDirective::AssertInvalid { .. } => "assert_invalid",
        WastDirective::AssertInvalidCustom { .. } => "assert_invalid_custom",
        WastDirective::Register { .. } => "register",
        WastDirective::Invoke(_) => "invoke",
        WastDirective::AssertTrap { .. } => "assert_trap",
        WastDirective::AssertReturn { .. } => "assert_return",
        WastDirective::AssertExhaustion { .. } => "assert_exhaustion",
        WastDirective::AssertUnlinkable { .. } => "assert_unlinkable",
        WastDirective::AssertException { .. } => "assert_exception",
        WastDirective::AssertSuspension { .. } => "assert_suspension",
        WastDirective::Thread(_) => "thread",
        WastDirective::Wait { .. } => "wait",
    }
}
