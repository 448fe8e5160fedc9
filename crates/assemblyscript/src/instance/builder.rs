//! How instances are made.

use super::AsInstance;
use crate::layout::Era;
use crate::shared::{Limits, Shared};
use std::sync::Arc;
use terrane::{AsContextMut, Extern, ExternType, ImportType, Instance, Linker, Module, Result};

/// How an instance is made, where that is not as usual.
#[derive(Clone, Debug, Default)]
pub struct AsInstanceBuilder {
    era: Option<Era>,
    limits: Limits,
    start: Option<String>,
    ids: Vec<(String, u32)>,
    collect_often: bool,
}

impl AsInstanceBuilder {
    /// One that finds everything out by itself.
    pub fn new() -> Self {
        Self::default()
    }

    /// Which compilers the module is of, whatever it looks like.
    pub fn era(&mut self, era: Era) -> &mut Self {
        self.era = Some(era);
        self
    }

    /// How large a value read from the guest may be.
    pub fn limits(&mut self, limits: Limits) -> &mut Self {
        self.limits = limits;
        self
    }

    /// The function that the module is to be started with: `_start` of those that were compiled with `--explicitStart`, or
    /// the name that was given by `--exportStart`. It is called as soon as there is an instance.
    pub fn start(&mut self, name: impl Into<String>) -> &mut Self {
        self.start = Some(name.into());
        self
    }

    /// The class id of a class by its name, where the module does not export it as a global of that name.
    pub fn class_id(&mut self, name: impl Into<String>, id: u32) -> &mut Self {
        self.ids.push((name.into(), id));
        self
    }

    /// Has the guest collect before and after each step of passing values, to find out what is not kept: for tests, as it
    /// is slow.
    pub fn collect_often(&mut self, often: bool) -> &mut Self {
        self.collect_often = often;
        self
    }

    /// Instantiates a module with what a linker defines. A memory or a table that the module imports, and the linker does
    /// not define, is made.
    ///
    /// # Errors
    /// As for [`Linker::instantiate`]; and if the module is not to be understood.
    pub fn instantiate<T: 'static>(
        &self,
        mut store: impl AsContextMut<Data = T>,
        linker: &Linker<T>,
        module: &Module,
    ) -> Result<AsInstance> {
        let mut store = store.as_context_mut();
        let mut linker = linker.clone();
        let mut given = (None, None);
        for import in module.imports() {
            match import.ty() {
                ExternType::Memory(_) => {
                    given.0 = given.0.or(Some(provide(&mut store, &mut linker, &import)?))
                }
                ExternType::Table(_) => {
                    given.1 = given.1.or(Some(provide(&mut store, &mut linker, &import)?))
                }
                _ => {}
            }
        }
        let instance = linker.instantiate(&mut store, module)?;
        self.build(store, instance, given)
    }

    /// An instance that is there already. What it has imported it must export as well, to be found.
    ///
    /// # Errors
    /// If it is not to be understood.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn wrap(&self, store: impl AsContextMut, instance: Instance) -> Result<AsInstance> {
        self.build(store, instance, (None, None))
    }

    fn build(
        &self,
        mut store: impl AsContextMut,
        instance: Instance,
        given: (Option<Extern>, Option<Extern>),
    ) -> Result<AsInstance> {
        let mut store = store.as_context_mut();
        if let Some(start) = &self.start {
            instance.get_typed_func::<(), ()>(&mut store, start)?.call(&mut store, ())?;
        }
        let era = self.era.map(Era::layout);
        let shared =
            Shared::new(&mut store, |store, name| instance.get_export(store, name), given, era, self.limits)?;
        let mut shared = shared.of_instance(&mut store, instance)?;
        shared.collect_often = self.collect_often;
        shared.state().ids.extend(self.ids.iter().cloned());
        Ok(AsInstance { shared: Arc::new(shared) })
    }
}

/// What a linker defines for an import; or else a new one, which it then defines.
fn provide<T: 'static>(
    mut store: impl AsContextMut<Data = T>,
    linker: &mut Linker<T>,
    import: &ImportType<'_>,
) -> Result<Extern> {
    if let Some(item) = linker.get_by_import(&mut store, import) {
        return Ok(item);
    }
    let item = import.ty().default_value(&mut store)?;
    linker.define(&store, import.module(), import.name(), item.clone())?;
    Ok(item)
}
