//! What linkers know under two names.

use crate::func::HostFunc;
use crate::store::StoreOpaque;
use crate::{Extern, Result};
use std::fmt;
use std::sync::Arc;
use terrane_syntax::types::{ExternType, match_externtype};

/// Makes an item for a store.
pub(crate) type Maker = Arc<dyn Fn(&mut StoreOpaque) -> Result<Extern> + Send + Sync>;

/// What a linker knows under two names.
#[derive(Clone)]
pub(crate) enum Definition {
    /// Of one store.
    Extern(Extern),
    /// A function of no store, to be put into each store once. If it has several types, each import gets the first
    /// that it allows.
    HostFunc(Arc<[HostFunc]>),
    /// Of no store, to be made for each store once.
    Made(Maker),
}

impl From<HostFunc> for Definition {
    fn from(func: HostFunc) -> Self {
        Self::HostFunc([func].into())
    }
}

impl Definition {
    /// One that is made by `make`, once for each store.
    pub(crate) fn made(make: impl Fn(&mut StoreOpaque) -> Result<Extern> + Send + Sync + 'static) -> Self {
        Self::Made(Arc::new(make))
    }

    /// What it is in a store.
    ///
    /// # Errors
    /// If it cannot be made.
    pub(crate) fn item(&self, store: &mut StoreOpaque) -> Result<Extern> {
        match self {
            Self::Extern(item) => Ok(item.clone()),
            Self::HostFunc(funcs) => Ok(funcs[0].alloc_once(store).into()),
            Self::Made(make) => made_once(make, store),
        }
    }

    /// The same for an import of type `expected`.
    ///
    /// # Errors
    /// If it cannot be made.
    pub(crate) fn item_for(&self, store: &mut StoreOpaque, expected: ExternType) -> Result<Extern> {
        match self {
            Self::HostFunc(funcs) if funcs.len() > 1 => {
                let types = store.engine.types();
                let fits = |func: &&HostFunc| {
                    match_externtype(&*types, ExternType::FuncExact(func.ty.def()), expected)
                };
                let func = funcs.iter().find(fits).unwrap_or(&funcs[0]);
                drop(types);
                Ok(func.alloc_once(store).into())
            }
            _ => self.item(store),
        }
    }
}

fn made_once(make: &Maker, store: &mut StoreOpaque) -> Result<Extern> {
    // The store keeps the closure, so its place stays its own.
    let place = Arc::as_ptr(make).cast::<()>() as usize;
    if let Some((_, item)) = store.host_items.get(&place) {
        return Ok(item.clone());
    }
    let item = make(store)?;
    store.host_items.insert(place, (make.clone(), item.clone()));
    Ok(item)
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Extern(item) => item.fmt(f),
            Self::HostFunc(funcs) => f.debug_list().entries(funcs.iter().map(|func| &func.ty)).finish(),
            Self::Made(_) => f.write_str("made for each store"),
        }
    }
}
