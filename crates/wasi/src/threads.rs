//! Guests that start threads.

use crate::ctx::{WasiCtx, World};
use crate::program::MAIN;
use crate::types::Errno;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use terrane::{
    Caller, Error, ExternType, Instance, InstancePre, Linker, Module, Result, SharedMemory, Store, ValType,
};

/// What a module imports to start threads, and what it exports for them to run.
const IMPORT: (&str, &str) = ("wasi", "thread-spawn");
const EXPORT: &str = "wasi_thread_start";

/// So many threads a program may have beside its first one, if the host says nothing else.
const DEFAULT_MAX: usize = 1024;

type Get<T> = Box<dyn Fn(&mut T) -> &mut WasiCtx + Send + Sync>;
type Configure<T> = Box<dyn Fn(&mut Store<T>) -> Result<()> + Send + Sync>;

/// Threads that a guest starts: each is one of the system, and has a store and an instance of its own, over the memory that
/// they share. See [`add_threads_to_linker`].
pub struct Threads<T: 'static>(Arc<Inner<T>>);

struct Inner<T: 'static> {
    module: Module,
    /// What new threads are instantiated from, once the program runs.
    pre: OnceLock<InstancePre<T>>,
    get: Get<T>,
    max: AtomicUsize,
    configure: OnceLock<Configure<T>>,
}

/// Lets a module start threads: defines the function `thread-spawn` of the module `wasi`, and the shared memories that
/// `module` imports and the linker does not have. The module must import its memory, shared, and export
/// `wasi_thread_start`, as compilers for threads see to. `get` is that of [`add_to_linker`](crate::add_to_linker).
///
/// A new thread's store begins with a clone of the data of the one that has started it; as [`WasiCtx`]s that are clones are
/// the same, all threads of a program see the same files. The linker then serves this one program.
///
/// A thread that runs can be stopped only if the engine is configured for
/// [`epoch_interruption`](terrane::Config::epoch_interruption). Without it, threads that are to end do so when they next
/// call a function of this interface.
///
/// # Errors
/// - The module imports `thread-spawn`, but does not export `wasi_thread_start` with two numbers.
/// - Names are taken, or there is no room for the memory.
///
/// ```
/// use terrane::{Config, Engine, Linker, Module, Store};
/// use terrane_wasi::{OutputBuffer, Stdout, WasiCtx, WasiCtxBuilder, add_threads_to_linker, add_to_linker};
///
/// let engine = Engine::new(Config::new().epoch_interruption(true))?;
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
///         (import "env" "memory" (memory 1 1 shared))
///         (func (export "wasi_thread_start") (param $tid i32) (param $arg i32)
///             (i32.atomic.store (i32.const 0) (local.get $arg))
///             (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))
///         (func (export "_start") (result i32)
///             (drop (call $spawn (i32.const 42)))
///             (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
///             (i32.atomic.load (i32.const 0))))"#,
/// )?;
/// let mut store = Store::new(&engine, WasiCtxBuilder::new().build());
/// let mut linker = Linker::new(&engine);
/// add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi)?;
/// let threads = add_threads_to_linker(&mut linker, &mut store, &module, |wasi: &mut WasiCtx| wasi)?;
/// let answer = threads.run(&mut store, &linker, |store, instance| {
///     instance.get_typed_func::<(), i32>(&*store, "_start")?.call(store, ())
/// })?;
/// assert_eq!(answer, 42);
/// # Ok::<(), terrane::Error>(())
/// ```
pub fn add_threads_to_linker<T: Clone + Send + 'static>(
    linker: &mut Linker<T>,
    store: &mut Store<T>,
    module: &Module,
    get: impl Fn(&mut T) -> &mut WasiCtx + Send + Sync + 'static,
) -> Result<Threads<T>> {
    check(module)?;
    let inner = Inner {
        module: module.clone(),
        pre: OnceLock::new(),
        get: Box::new(get),
        max: AtomicUsize::new(DEFAULT_MAX),
        configure: OnceLock::new(),
    };
    let inner = Arc::new(inner);
    // The linker does not keep what keeps, once the program runs, what the linker has.
    let weak = Arc::downgrade(&inner);
    linker.func_wrap(IMPORT.0, IMPORT.1, move |mut caller: Caller<'_, T>, arg: i32| {
        spawn(&weak, &mut caller, arg)
    })?;
    for import in module.imports() {
        let ExternType::Memory(ty) = import.ty() else { continue };
        if ty.is_shared() && linker.get_by_import(&mut *store, &import).is_none() {
            let memory = SharedMemory::new(linker.engine(), ty)?;
            linker.define(&*store, import.module(), import.name(), memory)?;
        }
    }
    Ok(Threads(inner))
}

/// # Errors
/// If threads that the module starts have nothing to run.
fn check(module: &Module) -> Result<()> {
    let starts = |import: terrane::ImportType<'_>| (import.module(), import.name()) == IMPORT;
    if !module.imports().any(starts) {
        return Ok(());
    }
    let found = match module.get_export(EXPORT) {
        Some(ExternType::Func(ty)) => {
            let numbers = ty.params().len() == 2 && ty.params().all(|ty| matches!(ty, ValType::I32));
            if numbers && ty.results().len() == 0 {
                return Ok(());
            }
            format!("that is {ty}")
        }
        Some(_) => "that is no function".to_owned(),
        None => "there is none".to_owned(),
    };
    Err(Error::msg(format_args!(
        "the module imports `{}` `{}`, and must export a function `{EXPORT}` of type (func (param i32 i32)): {found}",
        IMPORT.0, IMPORT.1
    )))
}

/// What a guest is told that wants another thread: its number, or, negative, why not.
fn spawn<T: Clone + Send + 'static>(
    threads: &Weak<Inner<T>>,
    caller: &mut Caller<'_, T>,
    arg: i32,
) -> Result<i32> {
    let refused = |errno: Errno| Ok(-i32::from(errno as u16));
    let Some(inner) = threads.upgrade().filter(|inner| inner.pre.get().is_some()) else {
        // Nobody runs it as a program.
        return refused(Errno::NotSup);
    };
    let mut data = caller.data().clone();
    let world = inner.world(&mut data);
    if world.program.is_over() {
        return Err(terrane::Trap::Interrupt.into());
    }
    let Some(number) = world.program.new_thread(inner.max.load(Ordering::Relaxed)) else {
        return refused(Errno::Again);
    };
    let thread = std::thread::Builder::new().name(format!("wasi-thread-{number}"));
    let this = world.clone();
    let started = thread.spawn(move || {
        let ended = catch_unwind(AssertUnwindSafe(|| inner.thread(data, &this, number, arg)));
        let error = match ended {
            Ok(ended) => ended.err(),
            Err(_) => Some(Error::msg(format_args!("the host panicked in thread {number} of the program"))),
        };
        if let Some(error) = error {
            this.program.end(Some(error));
        }
        this.program.leave(number);
    });
    if started.is_err() {
        world.program.leave(number);
        return refused(Errno::Again);
    }
    Ok(number as i32)
}

impl<T: Clone + Send + 'static> Inner<T> {
    fn world(&self, data: &mut T) -> Arc<World> {
        (self.get)(data).0.clone()
    }

    /// All that a thread does. Its store is gone when it returns.
    fn thread(&self, data: T, world: &World, number: u32, arg: i32) -> Result<()> {
        let Some(pre) = self.pre.get() else { return Ok(()) };
        let mut store = Store::new(pre.module().engine(), data);
        if !world.program.enter(number, store.interrupt_handle().ok()) {
            return Ok(());
        }
        if let Some(configure) = self.configure.get() {
            configure(&mut store)?;
        }
        let instance = pre.instantiate(&mut store)?;
        instance.get_typed_func::<(i32, i32), ()>(&mut store, EXPORT)?.call(&mut store, (number as i32, arg))
    }
}

impl<T: Clone + Send + 'static> Threads<T> {
    /// How many threads there may be at a time beside the first one; 1024 if nothing is said. A guest that wants more is told
    /// to try again.
    pub fn max_threads(&self, most: usize) -> &Self {
        self.0.max.store(most, Ordering::Relaxed);
        self
    }

    /// What is to be done with the store of each new thread before it runs: limits, fuel, deadlines. Only the first that is
    /// given counts. An error ends the program.
    pub fn configure(
        &self,
        configure: impl Fn(&mut Store<T>) -> Result<()> + Send + Sync + 'static,
    ) -> &Self {
        let _ = self.0.configure.set(Box::new(configure));
        self
    }

    /// Instantiates the module, has `main` run it, and ends all of its threads when that is done; or if a thread fails or
    /// exits, which ends the program as well, `main` included.
    ///
    /// # Errors
    /// That of the thread that has ended the program, if one did: an [`I32Exit`](crate::I32Exit) if it was by `proc_exit`.
    /// If an import is missing or does not fit.
    pub fn run<R>(
        &self,
        store: &mut Store<T>,
        linker: &Linker<T>,
        main: impl FnOnce(&mut Store<T>, &Instance) -> Result<R>,
    ) -> Result<R> {
        let pre = match self.0.pre.get() {
            Some(pre) => pre,
            None => {
                let pre = linker.instantiate_pre(&self.0.module)?;
                self.0.pre.get_or_init(|| pre)
            }
        };
        let world = self.0.world(store.data_mut());
        world.program.begin();
        world.program.enter(MAIN, store.interrupt_handle().ok());
        let end = Ends(&world);
        let ended = pre.instantiate(&mut *store).and_then(|instance| main(store, &instance));
        drop(end);
        match world.program.take_error() {
            Some(error) => Err(error),
            None => ended,
        }
    }
}

/// Ends the program also if the host's own code panics.
struct Ends<'a>(&'a World);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.program.leave(MAIN);
        self.0.program.end(None);
    }
}

impl<T> fmt::Debug for Threads<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Threads").field("module", &self.0.module.name()).finish_non_exhaustive()
    }
}
