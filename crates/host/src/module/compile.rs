//! From bytes to code: decoding, validation and lowering in one pass over each function body.

use crate::{CompilationMode, Engine, ErrorKind, Result};
use bytes::Bytes;
use std::error::Error as StdError;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use terrane_binary::{Body, InstrReader, Payload, Payloads, payloads, shared_payloads};
use terrane_interpreter::{Code, Compiler, Lowering, Trusted};
use terrane_syntax::types::{ModuleType, ModuleTypes, ValType};
use terrane_syntax::{Error, Features, FuncIdx, Module};
use terrane_validation::{Context, FuncAllocations, FuncValidator, Invalid, ModuleValidator};

/// All that makes a module.
pub(super) struct Compiled {
    pub(super) syntax: Arc<Module>,
    pub(super) types: Arc<ModuleTypes>,
    pub(super) ty: ModuleType,
    pub(super) code: Arc<Code>,
    pub(super) bodies: Arc<Bodies>,
}

/// The bytes of a module, and where its bodies are, for those that are compiled when they are first called, and for
/// the byte offsets of backtraces.
pub(super) struct Bodies {
    bytes: Bytes,
    /// There once the whole module has been read.
    module: OnceLock<Arc<Module>>,
    /// Before that, where the body is that is being lowered (which may take a second look at it), and whether the
    /// module counts its data segments.
    current: Mutex<(Range<usize>, bool)>,
}

/// Decodes, validates and lowers a module, as the engine is configured.
pub(super) fn compile(engine: &Engine, bytes: Bytes) -> Result<Compiled> {
    let bodies = Arc::new(Bodies { bytes, module: OnceLock::new(), current: Mutex::default() });
    let mut build = Build::new(engine, Some(&bodies), engine.config().mode);
    build.all(shared_payloads(&bodies.bytes, engine.features()), &bodies.bytes)?;
    let Build { syntax, sections, .. } = build;
    let Sections::After { context, ty, code } = sections else {
        unreachable!("the end comes after the code")
    };
    let syntax = Arc::new(syntax);
    bodies.module.get_or_init(|| syntax.clone());
    let types = Arc::new(context.types().clone());
    let code = code.expect("made with bodies");
    Ok(Compiled { syntax, types, ty, code, bodies })
}

/// Decodes and validates a module.
pub(super) fn validate(engine: &Engine, bytes: &[u8]) -> Result<()> {
    Build::new(engine, None, CompilationMode::LazyLowering).all(payloads(bytes, engine.features()), bytes)
}

/// A module under way.
struct Build<'a> {
    engine: &'a Engine,
    /// Missing if nothing is to be compiled.
    bodies: Option<&'a Arc<Bodies>>,
    mode: CompilationMode,
    syntax: Module,
    sections: Sections,
    /// How many bodies there were.
    count: usize,
    work: Work,
}

/// How far the sections have come.
enum Sections {
    /// Before the code.
    Before(Box<ModuleValidator>),
    /// In the code or behind it.
    After { context: Arc<Context>, ty: ModuleType, code: Option<Arc<Code>> },
}

impl<'a> Build<'a> {
    fn new(engine: &'a Engine, bodies: Option<&'a Arc<Bodies>>, mode: CompilationMode) -> Self {
        Self {
            engine,
            bodies,
            mode,
            syntax: Module::default(),
            sections: Sections::Before(Box::new(ModuleValidator::new(engine.features()))),
            count: 0,
            work: Work::default(),
        }
    }

    /// Takes all payloads of the module that is `bytes`.
    fn all(&mut self, mut payloads: Payloads<'_>, bytes: &[u8]) -> Result<()> {
        let features = self.engine.features();
        loop {
            let offset = payloads.offset();
            let Some(payload) = payloads.next() else { return Ok(()) };
            let payload = payload.map_err(ErrorKind::Malformed)?;
            self.payload(offset, payload).map_err(|error| malformed_first(bytes, features, error))?;
        }
    }

    /// Takes what a payload brings, which stands at `offset`: each item is validated as soon as it has been read.
    fn payload(&mut self, offset: usize, payload: Payload<'_>) -> Result<()> {
        if self.bodies.is_none() && matches!(payload, Payload::Custom(_)) {
            return Ok(());
        }
        if let Payload::Code { .. } | Payload::Datas(_) | Payload::End(_) = payload {
            self.enter_code();
        }
        let v = match &mut self.sections {
            Sections::Before(v) => v,
            Sections::After { .. } => return self.payload_after(payload),
        };
        let module = &mut self.syntax;
        match payload {
            Payload::Types(section) => {
                let mut types = self.engine.types_mut();
                each(section, &mut module.types, |at, rec| v.rec_type(at, &mut types, rec), |rec| rec)
            }
            Payload::Imports(section) => each(section, &mut module.imports, |at, x| v.import(at, x), |x| x),
            Payload::Funcs(section) => each(
                section,
                &mut module.funcs,
                |at, ty| v.func(at, *ty),
                |ty| terrane_syntax::Func { ty, body: 0..0 },
            ),
            Payload::Tables(section) => each(section, &mut module.tables, |at, x| v.table(at, x), |x| x),
            Payload::Mems(section) => each(section, &mut module.mems, |at, x| v.mem(at, *x), |x| x),
            Payload::Tags(section) => each(section, &mut module.tags, |at, x| v.tag(at, x.0), |x| x.0),
            Payload::Globals(section) => each(section, &mut module.globals, |at, x| v.global(at, x), |x| x),
            Payload::Exports(section) => each(section, &mut module.exports, |at, x| v.export(at, x), |x| x),
            Payload::Elems(section) => each(section, &mut module.elems, |at, x| v.elem(at, x), |x| x),
            Payload::Start(x) => {
                v.start(offset, x).map_err(ErrorKind::Invalid)?;
                add(module, payload)
            }
            Payload::DataCount(n) => {
                v.data_count(offset, n).map_err(ErrorKind::Invalid)?;
                add(module, payload)
            }
            payload => add(module, payload),
        }
    }

    /// Takes what a payload brings that is in the code section or behind it.
    fn payload_after(&mut self, payload: Payload<'_>) -> Result<()> {
        let Sections::After { context, code, .. } = &self.sections else { unreachable!("checked before") };
        match payload {
            Payload::Body(body) => {
                let i = self.count;
                self.count += 1;
                self.syntax.funcs[i].body = body.range();
                match (self.mode, code, self.bodies) {
                    (CompilationMode::Lazy, ..) => Ok(()),
                    (CompilationMode::Eager, Some(code), Some(bodies)) => {
                        *bodies.current.lock().unwrap_or_else(PoisonError::into_inner) =
                            (body.range(), self.syntax.data_count.is_some());
                        self.work.install(code, i, body)
                    }
                    _ => self.work.validate(context, i, body),
                }
            }
            Payload::Datas(section) if self.bodies.is_none() => {
                each(section, &mut Vec::new(), |at, x| context.check_data(at, x), drop)
            }
            Payload::Datas(section) => {
                each(section, &mut self.syntax.datas, |at, x| context.check_data(at, x), |x| x)
            }
            payload => add(&mut self.syntax, payload),
        }
    }

    /// All sections before the code are there.
    fn enter_code(&mut self) {
        let Sections::Before(validator) = &mut self.sections else { return };
        let empty = ModuleValidator::new(self.engine.features());
        let (context, ty) = std::mem::replace(&mut **validator, empty).finish();
        let context = Arc::new(context);
        let code = self.bodies.map(|bodies| {
            let validated = self.mode != CompilationMode::Lazy;
            let compiler = BodyCompiler { bodies: bodies.clone(), validated };
            Arc::new(Code::new(context.clone(), self.engine.code_config(), Box::new(compiler)))
        });
        self.sections = Sections::After { context, ty, code };
    }
}

/// Why the bytes are no module: that they are malformed behind where they were found to be invalid, if they are.
///
/// What is invalid is a module; so the rest has to be read before it can be called one.
#[cold]
fn malformed_first(bytes: &[u8], features: Features, error: crate::Error) -> crate::Error {
    if !matches!(error.kind(), ErrorKind::Invalid(_)) {
        return error;
    }
    match well_formed(bytes, features) {
        Ok(()) => error,
        Err(malformed) => ErrorKind::Malformed(malformed).into(),
    }
}

/// Decodes a module with all its bodies.
fn well_formed(bytes: &[u8], features: Features) -> terrane_binary::Result<()> {
    let mut module = Module::default();
    for payload in payloads(bytes, features) {
        match payload? {
            Payload::Body(body) => {
                let mut instrs = body.instrs()?;
                while instrs.next()?.is_some() {}
            }
            payload => terrane_binary::add_payload(&mut module, payload)?,
        }
    }
    Ok(())
}

/// Reads the items of a section: each is checked, and kept as what `keep` makes of it.
fn each<T, U>(
    section: impl Iterator<Item = terrane_binary::Result<(usize, T)>>,
    list: &mut Vec<U>,
    mut check: impl FnMut(usize, &T) -> Result<(), Error<Invalid>>,
    keep: impl Fn(T) -> U,
) -> Result<()> {
    for item in section {
        let (offset, item) = item.map_err(ErrorKind::Malformed)?;
        check(offset, &item).map_err(ErrorKind::Invalid)?;
        list.push(keep(item));
    }
    Ok(())
}

fn add(module: &mut Module, payload: Payload<'_>) -> Result<()> {
    Ok(terrane_binary::add_payload(module, payload).map_err(ErrorKind::Malformed)?)
}

/// Reads the declarations of locals at the start of a body, each with its offset, number and type. What is left are
/// the instructions; their reader sees to it that there is a final `end`, and nothing behind it.
fn locals<'a>(
    body: Body<'a>,
    mut each: impl FnMut(usize, u32, ValType) -> Result<(), Error<Invalid>>,
) -> Result<InstrReader<'a>, ErrorKind> {
    let mut locals = body.locals()?;
    loop {
        let offset = locals.offset();
        let Some(local) = locals.next() else { break };
        let (n, t) = local?;
        each(offset, n, t)?;
    }
    Ok(locals.into_instrs()?)
}

/// Validates a body, and lowers it in the same pass.
fn validate_and_lower<'c>(
    body: Body<'_>,
    mut validator: FuncValidator<'c>,
    lowering: &mut Lowering,
) -> Result<FuncValidator<'c>, ErrorKind> {
    let instrs = locals(body, |offset, n, t| {
        validator.locals(offset, n, t)?;
        lowering.locals(n, t);
        Ok(())
    })?;
    let mut visitor = lowering.visitor(validator.context(), validator);
    instrs.visit::<_, _, ErrorKind>(&mut visitor)?;
    Ok(visitor.validator)
}

/// Validates a body.
fn validate_only<'c>(
    body: Body<'_>,
    mut validator: FuncValidator<'c>,
) -> Result<FuncValidator<'c>, ErrorKind> {
    let instrs = locals(body, |offset, n, t| validator.locals(offset, n, t))?;
    instrs.visit::<_, _, ErrorKind>(&mut validator)?;
    Ok(validator)
}

/// Lowers a body that has been validated before.
fn lower_only(body: Body<'_>, context: &Context, lowering: &mut Lowering) -> Result<(), ErrorKind> {
    let instrs = locals(body, |_, n, t| {
        lowering.locals(n, t);
        Ok(())
    })?;
    instrs.visit(&mut lowering.visitor(context, Trusted::<Error<Invalid>>::default()))
}

/// What compiling bodies allocates, from one to the next.
#[derive(Default)]
struct Work {
    allocations: FuncAllocations,
    lowering: Lowering,
}

impl Work {
    fn validator<'c>(&mut self, context: &'c Context, i: usize) -> FuncValidator<'c> {
        FuncValidator::new(context, defined(context, i), std::mem::take(&mut self.allocations))
    }

    /// Validates and lowers the body of a function that the module defines at `i`, and makes it callable.
    fn install(&mut self, code: &Code, i: usize, body: Body<'_>) -> Result<()> {
        self.lowering.begin(code, defined(code.context(), i));
        let validator = self.validator(code.context(), i);
        self.allocations = validate_and_lower(body, validator, &mut self.lowering)?.into_allocations();
        code.install(i, &mut self.lowering).map_err(crate::Error::from_boxed)
    }

    /// Validates the body of a function that the module defines at `i`.
    fn validate(&mut self, context: &Context, i: usize, body: Body<'_>) -> Result<()> {
        let validator = self.validator(context, i);
        self.allocations = validate_only(body, validator)?.into_allocations();
        Ok(())
    }
}

/// The function that a module defines at `i`, imports not counted, by its index.
fn defined(context: &Context, i: usize) -> FuncIdx {
    FuncIdx((context.imports().funcs + i) as u32)
}

impl Bodies {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where the body of a function is that the module defines at `i`, and whether the module counts its data
    /// segments.
    fn find(&self, i: usize) -> (Range<usize>, bool) {
        match self.module.get() {
            Some(module) => (module.funcs[i].body.clone(), module.data_count.is_some()),
            None => self.current.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

/// Compiles functions later than the module.
struct BodyCompiler {
    bodies: Arc<Bodies>,
    /// Are all bodies known to be valid?
    validated: bool,
}

impl Compiler for BodyCompiler {
    fn compile(
        &self,
        context: &Context,
        i: usize,
        lowering: &mut Lowering,
    ) -> Result<(), Box<dyn StdError + Send + Sync>> {
        let (range, data_count) = self.bodies.find(i);
        let body = Body::new(&self.bodies.bytes, range, context.features(), data_count);
        let result = if self.validated {
            lower_only(body, context, lowering)
        } else {
            let validator = FuncValidator::new(context, defined(context, i), FuncAllocations::default());
            validate_and_lower(body, validator, lowering).map(|_| ())
        };
        result.map_err(|kind| crate::Error::from(kind).into_boxed())
    }
}
