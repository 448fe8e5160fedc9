//! Engines: what modules and stores share.

use crate::{Config, Error, Features, Result};
use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use terrane_interpreter::{CodeConfig, Epoch, Shared, supported_features};
use terrane_runtime::MemConfig;
use terrane_syntax::types::{DefType, DefTypeInfo, Resolve, SubType, Types};

/// A configuration, with what all modules and stores made with it share.
///
/// It is cheap to clone, and may be used by several threads at once. Most programs have one.
///
/// ```
/// use terrane::{Config, Engine};
///
/// let engine = Engine::new(Config::new().consume_fuel(true))?;
/// assert!(Engine::same(&engine, &engine.clone()));
/// # Ok::<(), terrane::Error>(())
/// ```
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    config: Config,
    types: RwLock<Types>,
    memory: MemConfig,
    shared: Arc<Shared>,
}

impl Default for Engine {
    fn default() -> Self {
        Self::new(&Config::default()).expect("the default configuration is valid")
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("config", &self.0.config).finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine of that configuration.
    ///
    /// # Errors
    /// If a feature is switched on that is not supported yet: the error names every such feature.
    pub fn new(config: &Config) -> Result<Self> {
        let unsupported: Vec<_> =
            config.features.difference(supported_features()).map(|feature| feature.name()).collect();
        if !unsupported.is_empty() {
            return Err(Error::usage(format_args!("not supported yet: {}", unsupported.join(", "))));
        }
        Ok(Self(Arc::new(Inner {
            config: config.clone(),
            types: RwLock::new(Types::new()),
            memory: MemConfig::default(),
            shared: Arc::new(Shared::new(config.max_wasm_stack)),
        })))
    }

    /// Are these the same engine?
    pub fn same(a: &Self, b: &Self) -> bool {
        Arc::ptr_eq(&a.0, &b.0)
    }

    /// What it was configured with.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// What modules may use.
    pub fn features(&self) -> Features {
        self.0.config.features
    }

    /// Advances the clock of all stores of this engine by one tick.
    ///
    /// A running guest whose [deadline](crate::Store::set_epoch_deadline) that is traps with
    /// [`Trap::Interrupt`](crate::Trap::Interrupt). It may be called from any thread, and does nothing to engines
    /// that are not configured for [`epoch_interruption`](Config::epoch_interruption).
    pub fn increment_epoch(&self) {
        self.0.shared.epoch().increment();
    }

    pub(crate) fn epoch(&self) -> &Epoch {
        self.0.shared.epoch()
    }

    pub(crate) fn memory_config(&self) -> &MemConfig {
        &self.0.memory
    }

    /// What the threads of stores share.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0.shared
    }

    pub(crate) fn code_config(&self) -> CodeConfig {
        let config = &self.0.config;
        CodeConfig {
            consume_fuel: config.consume_fuel,
            interruptible: config.epoch_interruption,
            max_call_depth: config.max_call_depth,
            canonicalize_nans: config.canonicalize_nans,
            tracing: config.tracing,
        }
    }

    /// The canonical types. A panic while they were locked leaves them as they were or with additions.
    pub(crate) fn types(&self) -> RwLockReadGuard<'_, Types> {
        self.0.types.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn types_mut(&self) -> RwLockWriteGuard<'_, Types> {
        self.0.types.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The canonical types, locked only while one is looked up: for what may call back into the host.
    pub(crate) fn resolver(&self) -> Resolver<'_> {
        Resolver { engine: self, kept: RefCell::default() }
    }

    /// What a canonical type of this engine stands for.
    pub(crate) fn type_info(&self, def: DefType) -> Arc<DefTypeInfo> {
        self.types().get(def)
    }

    /// What the canonical form of a closed type stands for.
    pub(crate) fn define(&self, st: SubType) -> Arc<DefTypeInfo> {
        let mut types = self.types_mut();
        let def = types.closed(st);
        types.get(def)
    }
}

/// See [`Engine::resolver`].
///
/// Invariant *kept*: what was put into `kept` stays there until the resolver is dropped.
pub(crate) struct Resolver<'e> {
    engine: &'e Engine,
    kept: RefCell<Vec<Arc<DefTypeInfo>>>,
}

impl Resolve for Resolver<'_> {
    fn info(&self, def: DefType) -> &DefTypeInfo {
        let info = self.engine.type_info(def);
        let place = Arc::as_ptr(&info);
        self.kept.borrow_mut().push(info);
        // SAFETY: *kept*; what an `Arc` holds does not move, and nothing changes it.
        unsafe { &*place }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Feature;

    #[test]
    fn unsupported_features_are_named() {
        let supported = supported_features();
        for feature in Features::all().difference(supported) {
            let error = Engine::new(Config::new().wasm_feature(feature, true)).unwrap_err();
            assert_eq!(error.to_string(), format!("not supported yet: {feature}"));
        }
        assert!(supported.contains(Feature::MultiMemory));
    }
}
