//! Where in a guest something happened.

use crate::store::StoreOpaque;
use crate::{AsContext, Module};
use std::fmt;
use std::sync::OnceLock;
use terrane_interpreter::{Backtrace, Frame};

/// The guest's functions that were under way when something happened, innermost first.
///
/// It comes with an error ([`Error::backtrace`](crate::Error::backtrace)), or is captured on demand. Displayed, it is a line for each function,
/// with the byte offset in the module of the instruction that it was at, for tools that know where that comes from.
///
/// ```
/// use terrane::{Engine, Instance, Module, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module $shop
///         (func $price (param i32) (result i32) (i32.div_s (i32.const 100) (local.get 0)))
///         (func $main (export "main") (result i32) (call $price (i32.const 0))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let error = instance.get_typed_func::<(), i32>(&mut store, "main")?.call(&mut store, ()).unwrap_err();
///
/// let backtrace = error.backtrace().unwrap();
/// let names: Vec<_> = backtrace.frames().iter().map(|frame| frame.func_name().unwrap()).collect();
/// assert_eq!(names, ["price", "main"]);
/// assert_eq!(
///     backtrace.to_string(),
///     "wasm backtrace:\n    0: 0x2d - shop!price\n    1: 0x33 - shop!main",
/// );
/// # Ok::<(), terrane::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct WasmBacktrace {
    frames: Vec<FrameInfo>,
}

/// A function of a guest that was under way.
#[derive(Clone)]
pub struct FrameInfo {
    module: Module,
    frame: Frame,
    /// Found when they are asked for: most backtraces are never looked at.
    found: OnceLock<Found>,
}

#[derive(Clone)]
struct Found {
    name: Option<String>,
    offset: Option<usize>,
}

impl WasmBacktrace {
    /// The functions that are under way now: of use in a function of the host, to say where it was called from, without a
    /// trap. From elsewhere there are none, nor if the engine is
    /// [configured](crate::Config::wasm_backtrace_max_frames) for none.
    ///
    /// ```
    /// use terrane::{Caller, Engine, Func, Instance, Module, Store, WasmBacktrace};
    ///
    /// let engine = Engine::default();
    /// let mut store = Store::new(&engine, None);
    /// let here = Func::wrap(&mut store, |mut caller: Caller<'_, Option<WasmBacktrace>>| {
    ///     *caller.data_mut() = Some(WasmBacktrace::capture(&caller));
    /// });
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module $app
    ///         (import "host" "here" (func $here))
    ///         (func $main (export "main") (call $here)))"#,
    /// )?;
    /// let instance = Instance::new(&mut store, &module, &[here.into()])?;
    /// instance.get_typed_func::<(), ()>(&store, "main")?.call(&mut store, ())?;
    /// let backtrace = store.into_data().unwrap();
    /// assert_eq!(backtrace.to_string(), "wasm backtrace:\n    0: 0x30 - app!main");
    /// # Ok::<(), terrane::Error>(())
    /// ```
    pub fn capture(store: impl AsContext) -> Self {
        let store = store.as_context().opaque();
        Self::limited(store, &store.thread.backtrace())
    }

    /// The same even if the engine is configured for none.
    pub fn force_capture(store: impl AsContext) -> Self {
        let store = store.as_context().opaque();
        Self::new(store, &store.thread.backtrace(), usize::MAX)
    }

    /// With as many functions as the engine is configured for.
    pub(crate) fn limited(store: &StoreOpaque, backtrace: &Backtrace) -> Self {
        Self::new(store, backtrace, store.engine.config().max_backtrace_frames)
    }

    /// With the modules in the store that the functions are of.
    fn new(store: &StoreOpaque, backtrace: &Backtrace, max: usize) -> Self {
        let info = |frame: &Frame| FrameInfo {
            module: store.module(frame.module()).clone(),
            frame: frame.clone(),
            found: OnceLock::new(),
        };
        Self { frames: backtrace.frames().iter().take(max).map(info).collect() }
    }

    /// The functions, innermost first; at most the innermost 64.
    pub fn frames(&self) -> &[FrameInfo] {
        &self.frames
    }
}

impl FrameInfo {
    fn found(&self) -> &Found {
        self.found.get_or_init(|| {
            let name = self.module.func_name(self.func_index());
            let name = name.map(|name| format!("{:#}", rustc_demangle::demangle(name)));
            Found { name, offset: self.frame.offset() }
        })
    }

    /// The module it is a function of.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// Its index in the module, imports counted.
    pub fn func_index(&self) -> u32 {
        self.frame.func().0
    }

    /// Its name, if the module has one for it in its name section; a mangled one of Rust is made readable.
    pub fn func_name(&self) -> Option<&str> {
        self.found().name.as_deref()
    }

    /// Where it was: the offset of the instruction in the module, in bytes.
    pub fn module_offset(&self) -> Option<usize> {
        self.found().offset
    }

    /// Where it was: the offset of the instruction from the start of the function's body, in bytes.
    pub fn func_offset(&self) -> Option<usize> {
        self.module_offset()?.checked_sub(self.module.body_offset(self.func_index())?)
    }
}

impl fmt::Display for FrameInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.module_offset() {
            Some(offset) => write!(f, "{offset:#x} - ")?,
            None => write!(f, "? - ")?,
        }
        write!(f, "{}!", self.module.name().unwrap_or("<unknown>"))?;
        match self.func_name() {
            Some(name) => f.write_str(name),
            None => write!(f, "<function {}>", self.func_index()),
        }
    }
}

impl fmt::Debug for FrameInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for WasmBacktrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wasm backtrace:")?;
        for (i, frame) in self.frames.iter().enumerate() {
            write!(f, "\n{i:>5}: {frame}")?;
        }
        Ok(())
    }
}
