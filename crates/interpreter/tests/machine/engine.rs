//! What runs the generator's programs: what the engines under comparison have in common, and ours.

use std::collections::HashMap;
use std::error::Error;
use std::ops::ControlFlow;
use std::ptr::NonNull;
use std::sync::Arc;
use terrane_binary::{Body, decode_module};
use terrane_interpreter::{
    Code, CodeConfig, Compiler, ExecError, Lowering, Shared, Thread, Trace, TraceEvent, TracePlace, invoke,
    trace_host,
};
use terrane_runtime::{
    ExternAddr, FuncAddr, FuncInst, HostCall, HostFn, HostOutcome, InstantiateError, ModuleAddr, RawVal, Ref,
    Store, Trap, instantiate,
};
use terrane_syntax::types::{DefType, ExternType, FuncType, GlobalType, Types, ValType};
use terrane_syntax::{Feature, Features, FuncIdx, Module};
use terrane_validation::{Context, FuncAllocations, FuncValidator, check_module};

/// The bits of a value of any type.
pub(crate) type Word = u128;

/// How a call ended: results as bits, or a trap's message.
pub(crate) type Outcome = Result<Vec<Word>, String>;

/// A value as it is compared: all NaNs alike, and all functions.
pub(crate) fn comparable(t: ValType, bits: Word) -> Word {
    match t {
        ValType::I32 => bits & 0xffff_ffff,
        ValType::F32 if f32::from_bits(bits as u32).is_nan() => 0x7fc0_0000,
        ValType::F32 => bits & 0xffff_ffff,
        ValType::F64 if f64::from_bits(bits as u64).is_nan() => 0x7ff8 << 48,
        ValType::Ref(_) => Word::from(bits != 0),
        _ => bits,
    }
}

/// Which module a program calls: the first or the second.
pub(crate) type Instance = usize;

/// Something that runs modules.
pub(crate) trait Engine {
    /// Instantiates a module: the first with imports from the host, the second from the first.
    fn instantiate(&mut self, bytes: &[u8]) -> Result<(), String>;
    /// Calls an export. The results are comparable.
    fn call(&mut self, instance: Instance, name: &str, args: &[Word]) -> Outcome;
    /// Sets what is left of global 0.
    fn set_fuel(&mut self, fuel: u32);
    /// The global of that name, comparable.
    fn global(&mut self, instance: Instance, name: &str) -> Word;
    /// The bytes of memory, as a sum.
    fn memory(&mut self, instance: Instance, name: &str) -> u64;
    /// For each element of table 0, is there one?
    fn table(&mut self, instance: Instance) -> Vec<bool>;
}

/// What functions of the host give for comparable arguments; `None` is a trap.
pub(crate) fn host(args: &[Word], results: &[ValType]) -> Option<Vec<Word>> {
    let sum = args.iter().fold(0x1234_5678_9abc_def1_u64, |sum, x| {
        (sum.rotate_left(7) ^ *x as u64 ^ (*x >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    });
    let value = |(i, t): (u32, &ValType)| match t {
        ValType::I32 => Word::from((sum >> 7 << i) as u32),
        ValType::I64 => Word::from(sum << i),
        ValType::F32 => Word::from(f32::from((sum >> 13) as i8).to_bits()),
        ValType::F64 => Word::from(f64::from((sum >> 9) as i16).to_bits()),
        ValType::V128 => Word::from(sum << i) << 64 | Word::from(sum.rotate_left(17)),
        _ => 0,
    };
    (sum >> 20 & 63 != 0).then(|| (0..).zip(results).map(value).collect())
}

/// How many slots values of these types take.
fn words(ts: &[ValType]) -> usize {
    ts.iter().map(|t| if *t == ValType::V128 { 2 } else { 1 }).sum()
}

/// Values in the slots of arguments and results.
fn to_slots(ts: &[ValType], values: &[Word]) -> Vec<u64> {
    let halves =
        |(t, v): (&ValType, &Word)| [Some(*v as u64), (*t == ValType::V128).then_some((*v >> 64) as u64)];
    ts.iter().zip(values).flat_map(halves).flatten().collect()
}

/// The comparable values in the slots of arguments and results.
fn from_slots(ts: &[ValType], slots: &[u64]) -> Vec<Word> {
    let mut slots = slots.iter().map(|slot| Word::from(*slot));
    let mut next = || slots.next().expect("there is one for each word");
    let value = |t: &ValType| comparable(*t, next() | if *t == ValType::V128 { next() << 64 } else { 0 });
    ts.iter().map(value).collect()
}

/// A sum of bytes that tells where they differ, most likely.
pub(crate) fn sum(bytes: &[u8]) -> u64 {
    let words = bytes.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().expect("eight bytes")));
    words
        .fold(bytes.len() as u64, |sum, word| (sum.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95))
}

/// How Terrane is to run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Setup {
    pub(crate) code: CodeConfig,
    /// Are functions lowered when they are first called?
    pub(crate) lazy: bool,
    /// Bytes of stack; 0 for a megabyte.
    pub(crate) stack: usize,
}

/// Terrane, from the layers below the host API.
pub(crate) struct Terrane {
    setup: Setup,
    types: Types,
    store: Box<Store>,
    pub(crate) thread: Box<Thread>,
    modules: Vec<ModuleAddr>,
    hosts: HashMap<String, ExternAddr>,
}

struct Bodies {
    bytes: Arc<[u8]>,
    module: Arc<Module>,
}

impl Compiler for Bodies {
    fn compile(
        &self,
        context: &Context,
        i: usize,
        lowering: &mut Lowering,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let x = FuncIdx((context.imports().funcs + i) as u32);
        let mut validator = FuncValidator::new(context, x, FuncAllocations::default());
        let body = Body::new(&self.bytes, self.module.funcs[i].body.clone(), FEATURES, true);
        let mut locals = body.locals()?;
        let offset = locals.offset();
        for local in locals.by_ref() {
            let (n, t) = local?;
            validator.locals(offset, n, t)?;
            lowering.locals(n, t);
        }
        let mut visitor = lowering.visitor(context, validator);
        locals.into_instrs()?.visit::<_, _, Box<dyn Error + Send + Sync>>(&mut visitor)?;
        Ok(())
    }
}

pub(crate) const FEATURES: Features = Features::wasm3().with(Feature::LegacyExceptions);

/// A function of the host with the behaviour of [`host`]. With `calls`, it first calls that export of its
/// caller, if the caller has one of that type, which is `[] -> []`, and ignores how that ends; but an exception goes on.
struct Host {
    ft: FuncType,
    calls: Option<(&'static str, DefType)>,
    thread: *mut Thread,
}

// SAFETY: tests use one thread.
unsafe impl Send for Host {}
// SAFETY: tests use one thread.
unsafe impl Sync for Host {}

impl HostFn for Host {
    fn call(&self, call: HostCall<'_>) -> HostOutcome {
        let by_guest = call.caller.is_some();
        // SAFETY: the thread is there as long as its store; the guest that made the call waits.
        let tell = |event| by_guest && unsafe { trace_host(NonNull::new_unchecked(self.thread), &event) };
        let addr = FuncAddr::from(0);
        tell(TraceEvent::HostCall(addr));
        let outcome = self.run(call);
        tell(TraceEvent::HostReturn(addr, matches!(outcome, HostOutcome::Done)));
        outcome
    }
}

impl Host {
    fn run(&self, call: HostCall<'_>) -> HostOutcome {
        let args = from_slots(&self.ft.params, call.slots);
        if let (Some((name, ty)), Some(caller)) = (self.calls, call.caller) {
            // SAFETY: the caller is an instance of the store, and the store is ours until we return.
            unsafe {
                if let Some((_, ExternAddr::Func(a))) = caller.as_ref().export(name) {
                    let func = call.store.as_ref().func_ptr(a);
                    if func.as_ref().ty == ty {
                        let outcome = invoke(call.store, NonNull::new_unchecked(self.thread), func, &mut []);
                        if let Err(ExecError::Exception { exn, .. }) = outcome {
                            return HostOutcome::Exception(exn);
                        }
                    }
                }
            }
        }
        match host(&args, &self.ft.results) {
            Some(results) => {
                let slots = to_slots(&self.ft.results, &results);
                call.slots[..slots.len()].copy_from_slice(&slots);
                HostOutcome::Done
            }
            None => HostOutcome::Trap(Trap::Unreachable),
        }
    }
}

/// A tracer that checks that what it is told makes sense: calls and returns nest, and all else is inside of them.
#[derive(Default)]
struct Balance {
    open: Vec<(ModuleAddr, FuncIdx)>,
}

impl Trace for Balance {
    fn event(&mut self, place: Option<TracePlace<'_>>, event: &TraceEvent) -> ControlFlow<()> {
        let Some(place) = place else {
            assert!(matches!(event, TraceEvent::Trap(_)), "{event:?}");
            return ControlFlow::Continue(());
        };
        let here = (place.instance.addr, place.func);
        match event {
            TraceEvent::Call => self.open.push(here),
            TraceEvent::Return(_) => assert_eq!(self.open.pop(), Some(here)),
            _ => assert_eq!(self.open.last(), Some(&here), "{event:?}"),
        }
        ControlFlow::Continue(())
    }
}

impl Drop for Balance {
    fn drop(&mut self) {
        assert!(std::thread::panicking() || self.open.is_empty(), "{:?}", self.open);
    }
}

impl Terrane {
    pub(crate) fn new(setup: Setup) -> Self {
        let stack = if setup.stack == 0 { 1 << 20 } else { setup.stack };
        let mut thread = Box::new(Thread::new(Arc::new(Shared::new(stack))));
        thread.set_fuel(u64::MAX);
        if setup.code.tracing {
            thread.set_tracer(Some(Box::new(Balance::default())));
        }
        let (types, store) = (Types::new(), Box::new(Store::new()));
        Self { setup, types, store, thread, modules: Vec::new(), hosts: HashMap::new() }
    }

    /// The import of a module: from the host, made when it is first asked for, or from the first module.
    fn import(&mut self, module: &str, name: &str, ty: ExternType) -> ExternAddr {
        if module == "other" {
            return self.store.module(self.modules[0]).export(name).expect("the first module exports it").1;
        }
        if let Some(a) = self.hosts.get(name) {
            return *a;
        }
        let a = match ty {
            ExternType::Func(ty) => self.host_func(name, ty),
            ExternType::Global(ty) => ExternAddr::Global(self.store.alloc_global(ty, RawVal::default())),
            _ => panic!("the host has no {ty:?}"),
        };
        self.hosts.insert(name.into(), a);
        a
    }

    fn host_func(&mut self, name: &str, ty: DefType) -> ExternAddr {
        let ft = self.types.get(ty).as_func().expect("a function").clone();
        let slots = words(&ft.params).max(words(&ft.results)) as u32;
        let empty = self.types.func(FuncType::new([], []));
        let calls = (name == "h2").then_some(("f4", empty));
        let host = Host { ft, calls, thread: &raw mut *self.thread };
        ExternAddr::Func(self.store.alloc_host_func(self.types.get(ty), slots, Arc::new(host)))
    }

    fn code(&self, module: &Arc<Module>, bytes: &[u8], context: Context) -> Result<Arc<Code>, String> {
        let bodies = || Bodies { bytes: bytes.into(), module: module.clone() };
        let context = Arc::new(context);
        let code = Arc::new(Code::new(context.clone(), self.setup.code, Box::new(bodies())));
        let mut lowering = Lowering::new();
        let defined = if self.setup.lazy { 0 } else { module.funcs.len() };
        for i in 0..defined {
            lowering.begin(&code, FuncIdx((context.imports().funcs + i) as u32));
            bodies().compile(&context, i, &mut lowering).map_err(|error| error.to_string())?;
            code.install(i, &mut lowering).map_err(|error| error.to_string())?;
        }
        Ok(code)
    }

    fn export(&self, instance: Instance, name: &str) -> ExternAddr {
        self.store.module(self.modules[instance]).export(name).expect("it is exported").1
    }

    fn func_type(&self, func: NonNull<FuncInst>) -> FuncType {
        // SAFETY: functions live as long as the store.
        let ty = unsafe { func.as_ref().ty };
        self.types.get(ty).as_func().expect("a function").clone()
    }

    /// Calls an export; the error is whole.
    pub(crate) fn invoke(
        &mut self,
        instance: Instance,
        name: &str,
        args: &[Word],
    ) -> Result<Vec<Word>, ExecError> {
        let ExternAddr::Func(a) = self.export(instance, name) else { panic!("{name} is no function") };
        let func = self.store.func_ptr(a);
        let ft = self.func_type(func);
        assert_eq!(args.len(), ft.params.len());
        let mut slots = to_slots(&ft.params, args);
        slots.resize(slots.len().max(words(&ft.results)), 0);
        let (store, thread) = (NonNull::from(&mut *self.store), NonNull::from(&mut *self.thread));
        // SAFETY: store and thread are ours and live; `slots` are of the function's type.
        unsafe { invoke(store, thread, func, &mut slots)? };
        Ok(from_slots(&ft.results, &slots))
    }
}

impl Engine for Terrane {
    fn instantiate(&mut self, bytes: &[u8]) -> Result<(), String> {
        let module = Arc::new(decode_module(bytes, FEATURES).map_err(|error| error.to_string())?);
        let (context, ty) =
            check_module(&module, &mut self.types, FEATURES).map_err(|error| error.to_string())?;
        let imports: Vec<_> = module.imports.iter().zip(&ty.imports).collect();
        let imports: Vec<_> = imports.iter().map(|(i, ty)| self.import(&i.module, &i.name, **ty)).collect();
        let module_types = Arc::new(context.types().clone());
        let code = self.code(&module, bytes, context)?;
        let store = &mut self.store;
        let inst = instantiate(store, &self.types, &module, &module_types, &code, &ty.imports, &imports);
        let inst = inst.map_err(|error| match error {
            InstantiateError::Trap(trap) => message(trap),
            error => error.to_string(),
        })?;
        self.modules.push(inst);
        Ok(())
    }

    fn call(&mut self, instance: Instance, name: &str, args: &[Word]) -> Outcome {
        self.invoke(instance, name, args).map_err(|error| match error {
            ExecError::Trap { trap, .. } => message(trap),
            ExecError::Exception { exn, .. } => {
                // SAFETY: the exception is of our store.
                let exn = unsafe { self.store.exn(exn) }.expect("an exception");
                let info = self.types.get(self.store.tag(exn.tag()).ty);
                let ts = &info.as_func().expect("a tag's type").params;
                uncaught(exn.tag().index(), ts, &from_slots(ts, exn.payload()))
            }
            ExecError::Host { error, .. } => error.to_string(),
        })
    }

    fn set_fuel(&mut self, fuel: u32) {
        let ExternAddr::Global(a) = self.export(0, "g0") else { panic!("g0 is no global") };
        self.store.global(a).set(u64::from(fuel).into());
    }

    fn global(&mut self, instance: Instance, name: &str) -> Word {
        let ExternAddr::Global(a) = self.export(instance, name) else { panic!("{name} is no global") };
        let global = self.store.global(a);
        let GlobalType { val, .. } = global.ty;
        let RawVal([low, high]) = global.get();
        comparable(val, Word::from(low) | Word::from(high) << 64)
    }

    fn memory(&mut self, instance: Instance, name: &str) -> u64 {
        let ExternAddr::Mem(a) = self.export(instance, name) else { panic!("{name} is no memory") };
        sum(self.store.mem(a).data())
    }

    fn table(&mut self, instance: Instance) -> Vec<bool> {
        let ExternAddr::Table(a) = self.export(instance, "t0") else { panic!("t0 is no table") };
        self.store.table(a).elems().iter().map(|r| *r != Ref::NULL).collect()
    }
}

/// The message for an exception that nobody caught.
pub(crate) fn uncaught(tag: usize, ts: &[ValType], payload: &[Word]) -> String {
    let payload: Vec<_> = ts.iter().zip(payload).map(|(t, bits)| comparable(*t, *bits)).collect();
    format!("uncaught exception of tag {tag} with {payload:x?}")
}

/// A trap's message, the same for all accesses outside tables.
pub(crate) fn message(trap: Trap) -> String {
    match trap {
        Trap::UndefinedElement => Trap::OutOfBoundsTableAccess.to_string(),
        _ => trap.to_string(),
    }
}
