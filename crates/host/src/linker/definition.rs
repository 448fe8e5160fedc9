//! What linkers know under two names.

use super::names::Item;
use crate::func::HostFunc;
use crate::store::StoreOpaque;
use crate::{Extern, Result};
use std::fmt;
use std::sync::Arc;
use terrane_syntax::types::{ExternType, Limits, match_externtype};

/// Makes an item for a store.
pub(crate) type Maker = Arc<dyn Fn(&mut StoreOpaque) -> Result<Extern> + Send + Sync>;

/// What a linker knows under two names.
#[derive(Clone)]
pub(crate) enum Definition {
    /// Of one store, and of that type when it was defined, if that is known.
    Extern(Extern, Option<ExternType>),
    /// Functions of no store, to be put into each store once: one for each type that imports may ask for.
    HostFunc(Arc<[HostFunc]>),
    /// Of no store, to be made for each store once, of that type, if it is known.
    Made(Maker, Option<ExternType>),
}

impl From<HostFunc> for Definition {
    fn from(func: HostFunc) -> Self {
        Self::HostFunc([func].into())
    }
}

impl From<Extern> for Definition {
    fn from(item: Extern) -> Self {
        Self::Extern(item, None)
    }
}

impl Definition {
    pub(super) fn new(store: &StoreOpaque, item: Extern) -> Self {
        let ty = match item.addr(store) {
            Ok(addr) => store.runtime.externtype(addr),
            Err(memory) => ExternType::Mem(memory.inst().ty()),
        };
        Self::Extern(item, Some(ty))
    }

    /// One that is made by `make`, once for each store.
    pub(crate) fn made(
        ty: Option<ExternType>,
        make: impl Fn(&mut StoreOpaque) -> Result<Extern> + Send + Sync + 'static,
    ) -> Self {
        Self::Made(Arc::new(make), ty)
    }

    /// Its type, as far as it can be told without its store: what `expected` asks for is the size that memories and
    /// tables are taken to have grown to.
    pub(super) fn ty(&self, expected: ExternType) -> Option<ExternType> {
        use ExternType::{Mem, Table};
        let at_least = |limits: &mut Limits, min| limits.min = limits.min.max(min);
        match self {
            Self::HostFunc(funcs) => {
                let func = chosen(funcs, Some(expected));
                Some(ExternType::Func(func.ty.info.def))
            }
            Self::Extern(_, ty) | Self::Made(_, ty) => {
                let mut ty = (*ty)?;
                match (&mut ty, expected) {
                    (Mem(found), Mem(expected)) => at_least(&mut found.limits, expected.limits.min),
                    (Table(found), Table(expected)) => at_least(&mut found.limits, expected.limits.min),
                    _ => {}
                }
                Some(ty)
            }
        }
    }
}

impl Item for Definition {
    fn item(&self, store: &mut StoreOpaque, expected: Option<ExternType>) -> Result<Extern> {
        match self {
            Self::Extern(item, _) => Ok(item.clone()),
            Self::HostFunc(funcs) => Ok(chosen(funcs, expected).alloc_once(store).into()),
            Self::Made(make, _) => made_once(make, store),
        }
    }
}

/// Of a function's types the first that is `expected`, or else the first.
fn chosen(funcs: &[HostFunc], expected: Option<ExternType>) -> &HostFunc {
    let Some(expected) = expected.filter(|_| funcs.len() > 1) else { return &funcs[0] };
    let types = funcs[0].ty.engine.types();
    let fits =
        |func: &&HostFunc| match_externtype(&*types, ExternType::FuncExact(func.ty.info.def), expected);
    funcs.iter().find(fits).unwrap_or(&funcs[0])
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
            Self::Extern(item, _) => item.fmt(f),
            Self::HostFunc(funcs) => f.debug_list().entries(funcs.iter().map(|func| &func.ty)).finish(),
            Self::Made(..) => f.write_str("made for each store"),
        }
    }
}
