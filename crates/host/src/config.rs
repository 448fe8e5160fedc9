//! What an engine is configured with.

use crate::{Feature, Features};
use std::num::{NonZeroU32, NonZeroUsize};

/// When a module's function bodies are validated, and when lowered to internal code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CompilationMode {
    /// All of both before the module is ready.
    #[default]
    Eager,
    /// Validated before the module is ready, lowered at the first call of each function.
    LazyLowering,
    /// Both at the first call of each function, which fails if its body is not valid. Everything outside of bodies
    /// is validated before the module is ready.
    Lazy,
}

/// What an [`Engine`](crate::Engine) is configured with.
///
/// The default enables every feature that can be run but custom descriptors, compiles eagerly, and sets finite limits.
///
/// ```
/// use terrane::{CompilationMode, Config, Engine, Feature, Features};
///
/// let mut config = Config::new();
/// config.features(Features::wasm1()).wasm_multi_value(true);
/// config.compilation_mode(CompilationMode::LazyLowering).consume_fuel(true);
/// let engine = Engine::new(&config)?;
/// assert!(engine.features().contains(Feature::MultiValue));
/// assert!(!engine.features().contains(Feature::BulkMemory));
/// # Ok::<(), terrane::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) features: Features,
    pub(crate) mode: CompilationMode,
    pub(crate) max_wasm_stack: usize,
    pub(crate) max_call_depth: Option<u32>,
    pub(crate) max_nested_calls: u32,
    pub(crate) max_host_stack: usize,
    pub(crate) max_backtrace_frames: usize,
    pub(crate) shared_memory: bool,
    pub(crate) consume_fuel: bool,
    pub(crate) epoch_interruption: bool,
    pub(crate) gc_zeal: Option<NonZeroU32>,
    pub(crate) canonicalize_nans: bool,
    pub(crate) tracing: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

/// The switches of single features.
macro_rules! feature_switches {
    ($($name:ident $feature:ident)*) => { $(
        #[doc = concat!("Switches [`Feature::", stringify!($feature), "`] on or off.")]
        pub fn $name(&mut self, enable: bool) -> &mut Self {
            self.wasm_feature(Feature::$feature, enable)
        }
    )* };
}

impl Config {
    /// The default configuration.
    pub fn new() -> Self {
        Self {
            features: Self::supported_features().without(Feature::CustomDescriptors),
            mode: CompilationMode::default(),
            max_wasm_stack: 1 << 20,
            max_call_depth: None,
            max_nested_calls: 1000,
            max_host_stack: 768 << 10,
            max_backtrace_frames: 64,
            shared_memory: true,
            consume_fuel: false,
            epoch_interruption: false,
            gc_zeal: None,
            canonicalize_nans: false,
            tracing: false,
        }
    }

    /// Everything that can be run: what a new configuration enables, but for custom descriptors, a proposal that still
    /// changes.
    pub const fn supported_features() -> Features {
        terrane_interpreter::supported_features()
    }

    /// What modules may use, instead of everything that can be run: for example [`Features::wasm2`].
    pub fn features(&mut self, features: Features) -> &mut Self {
        self.features = features;
        self
    }

    /// Switches one feature on or off.
    pub fn wasm_feature(&mut self, feature: Feature, enable: bool) -> &mut Self {
        self.features = if enable { self.features.with(feature) } else { self.features.without(feature) };
        self
    }

    feature_switches! {
        wasm_mutable_global MutableGlobal
        wasm_sign_extension SignExtension
        wasm_saturating_float_to_int SaturatingFloatToInt
        wasm_multi_value MultiValue
        wasm_bulk_memory BulkMemory
        wasm_reference_types ReferenceTypes
        wasm_simd Simd
        wasm_relaxed_simd RelaxedSimd
        wasm_tail_call TailCall
        wasm_extended_const ExtendedConst
        wasm_multi_memory MultiMemory
        wasm_function_references FunctionReferences
        wasm_gc Gc
        wasm_exceptions Exceptions
        wasm_memory64 Memory64
        wasm_threads Threads
        wasm_legacy_exceptions LegacyExceptions
        wasm_wide_arithmetic WideArithmetic
        wasm_custom_page_sizes CustomPageSizes
        wasm_compact_imports CompactImports
        wasm_custom_descriptors CustomDescriptors
        wasm_stack_switching StackSwitching
    }

    /// When function bodies are validated and lowered: [`CompilationMode::Eager`] by default.
    pub fn compilation_mode(&mut self, mode: CompilationMode) -> &mut Self {
        self.mode = mode;
        self
    }

    /// How many bytes of stack the guests of one store may use: 1 MiB by default.
    ///
    /// Guests run on a stack of their own, never on the host's. When it is used up, they trap with
    /// [`Trap::CallStackExhausted`](crate::Trap::CallStackExhausted).
    pub fn max_wasm_stack(&mut self, bytes: usize) -> &mut Self {
        self.max_wasm_stack = bytes;
        self
    }

    /// How deep guests' calls may nest; beyond, they trap with
    /// [`Trap::CallStackExhausted`](crate::Trap::CallStackExhausted). With `None`, the default, only
    /// [`max_wasm_stack`](Self::max_wasm_stack) limits them, which costs nothing.
    pub fn max_call_depth(&mut self, calls: Option<u32>) -> &mut Self {
        self.max_call_depth = calls;
        self
    }

    /// How deep calls from the host into guests may nest, when guests call host functions that call guests again:
    /// 1000 by default. Beyond, and beyond [`max_host_stack`](Self::max_host_stack), calls fail with
    /// [`Trap::CallStackExhausted`](crate::Trap::CallStackExhausted).
    pub fn max_nested_calls(&mut self, calls: u32) -> &mut Self {
        self.max_nested_calls = calls;
        self
    }

    /// How many bytes of the host's own stack such nested calls may use, from the outermost call to the innermost: 768 KiB
    /// by default. Guests use none of it, but the host functions between them do, as much as they need; and the innermost
    /// needs some more. On threads with larger stacks it may be more.
    pub fn max_host_stack(&mut self, bytes: usize) -> &mut Self {
        self.max_host_stack = bytes;
        self
    }

    /// How many functions a backtrace has at most, the innermost: 64 by default, which is also the most. With `None`, errors
    /// have no backtraces.
    pub fn wasm_backtrace_max_frames(&mut self, limit: Option<NonZeroUsize>) -> &mut Self {
        self.max_backtrace_frames = limit.map_or(0, NonZeroUsize::get);
        self
    }

    /// Whether the host may make a [`SharedMemory`](crate::SharedMemory): it may by default.
    pub fn shared_memory(&mut self, enable: bool) -> &mut Self {
        self.shared_memory = enable;
        self
    }

    /// Whether guests use up fuel as they run, which [`Store::set_fuel`](crate::Store::set_fuel) gives them. Off by
    /// default: then it costs nothing.
    pub fn consume_fuel(&mut self, enable: bool) -> &mut Self {
        self.consume_fuel = enable;
        self
    }

    /// Whether running guests can be interrupted: by [`InterruptHandle`](crate::InterruptHandle), or when
    /// [`Engine::increment_epoch`](crate::Engine::increment_epoch) reaches the deadline of
    /// [`Store::set_epoch_deadline`](crate::Store::set_epoch_deadline). Off by default: then it costs nothing.
    pub fn epoch_interruption(&mut self, enable: bool) -> &mut Self {
        self.epoch_interruption = enable;
        self
    }

    /// Has stores collect at every so many allocations on the heap of structures and arrays: slow, but it finds a
    /// reference that somebody forgot to root. `None`, the default, leaves it to the collector when to run.
    pub fn gc_zeal_alloc_counter(&mut self, every: Option<NonZeroU32>) -> &mut Self {
        self.gc_zeal = every;
        self
    }

    /// Whether every NaN that an operation gives is the positive canonical one, as in the
    /// [deterministic profile](https://webassembly.github.io/spec/core/appendix/profiles.html). Off by default: then
    /// it costs nothing, and the sign and the payload of a NaN are what the host's processor makes of them, within
    /// what the specification allows.
    ///
    /// With it, all results of a guest depend on nothing but its code and its imports. Everything else that
    /// WebAssembly leaves open is fixed in any case: the relaxed vector instructions are always those of the
    /// deterministic profile.
    ///
    /// Loads, copies, reinterpretations, `abs`, `neg` and `copysign` keep the bits of NaNs, as they must.
    pub fn canonicalize_nans(&mut self, enable: bool) -> &mut Self {
        self.canonicalize_nans = enable;
        self
    }

    /// Whether guests tell a [`Tracer`](crate::Tracer) what they do, if their store has one: see
    /// [`Store::set_tracer`](crate::Store::set_tracer). Off by default: then it costs nothing, as there is nothing of
    /// it in the code. With it, guests run several times slower, with a tracer or without, and do what they do
    /// otherwise.
    pub fn tracing(&mut self, enable: bool) -> &mut Self {
        self.tracing = enable;
        self
    }
}
