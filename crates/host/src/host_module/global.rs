//! Globals of host modules, and cells that guests see as globals.

use crate::linker::Definition;
use crate::{Extern, ExternType, Global, GlobalType, LiveNumber, Mutability, Val, ValType};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use terrane_runtime::GlobalInst;
use terrane_syntax::types as syntax;

/// A global of a [host module](super::HostModule).
#[derive(Clone, Debug)]
pub struct HostGlobal(pub(super) Definition);

impl HostGlobal {
    /// A global of which each store gets its own, which holds `value` at first. Instances of one store that import it
    /// share it.
    ///
    /// That `value` is of type `ty`, and of the store if it is a reference, is checked when a guest is linked.
    pub fn new(ty: ValType, mutability: Mutability, value: Val) -> Self {
        let ty = GlobalType::new(ty, mutability);
        let found = ExternType::from(ty.clone()).to_syntax();
        Self(Definition::made(Some(found), move |store| {
            Global::new_in(store, ty.clone(), value).map(Extern::from)
        }))
    }

    /// A mutable global that is `cell`: guests and the host see what the other has written.
    pub fn live<N: LiveNumber>(cell: &LiveCell<N>) -> Self {
        let global = cell.global.clone();
        Self(Definition::made(Some(syntax::ExternType::Global(global.ty)), move |store| {
            let addr = store.runtime.bring_global(&global);
            Ok(Global { store: store.id(), addr }.into())
        }))
    }
}

/// A global that there is, in its store.
impl From<Global> for HostGlobal {
    fn from(global: Global) -> Self {
        Self(Extern::from(global).into())
    }
}

/// A number that the host shares with guests, to whom it is a mutable global: an `i32`, `u32`, `i64`, `u64`, `f32`,
/// `f64` or `bool`.
///
/// Each side sees what the other has written, also while a guest runs. A clone is another handle of the same cell. It
/// belongs to no store: several may have it, on several threads. Accesses are atomic, and in no order with others
/// ([`Ordering::Relaxed`](std::sync::atomic::Ordering::Relaxed)): to wait for another thread it is not enough.
///
/// ```
/// use terrane::{Engine, HostGlobal, HostItems, HostModule, Linker, LiveCell, Module, Store};
///
/// struct Game {
///     score: LiveCell<i32>,
/// }
///
/// impl<T: 'static> HostModule<T> for Game {
///     type Handle = std::sync::Arc<Self>;
///
///     fn name(&self) -> &str {
///         "game"
///     }
///
///     fn globals(&self) -> HostItems<HostGlobal> {
///         HostItems::from([("score", HostGlobal::live(&self.score))])
///     }
/// }
///
/// let engine = Engine::default();
/// let mut linker = Linker::<()>::new(&engine);
/// let game = linker.host_module(Game { score: LiveCell::new(40) })?;
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "game" "score" (global $score (mut i32)))
///         (func (export "win") (global.set $score (i32.add (global.get $score) (i32.const 1)))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let win = linker.instantiate(&mut store, &module)?.get_typed_func::<(), ()>(&mut store, "win")?;
/// win.call(&mut store, ())?;
/// assert_eq!(game.score.get(), 41);
/// game.score.set(99);
/// win.call(&mut store, ())?;
/// assert_eq!(game.score.get(), 100);
/// # Ok::<(), terrane::Error>(())
/// ```
pub struct LiveCell<N> {
    global: Arc<GlobalInst>,
    _number: PhantomData<fn(N) -> N>,
}

impl<N: LiveNumber> LiveCell<N> {
    /// A cell that holds `value`.
    pub fn new(value: N) -> Self {
        let ty = syntax::GlobalType { mutable: true, val: N::TYPE };
        Self { global: Arc::new(GlobalInst::new(ty, value.to_word().into())), _number: PhantomData }
    }

    /// What it holds.
    pub fn get(&self) -> N {
        N::from_word(self.global.get().word())
    }

    /// Makes it hold `value`.
    pub fn set(&self, value: N) {
        self.global.set(value.to_word().into());
    }
}

impl<N> Clone for LiveCell<N> {
    fn clone(&self) -> Self {
        Self { global: self.global.clone(), _number: PhantomData }
    }
}

impl<N: LiveNumber + Default> Default for LiveCell<N> {
    fn default() -> Self {
        Self::new(N::default())
    }
}

impl<N: LiveNumber + fmt::Debug> fmt::Debug for LiveCell<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LiveCell").field(&self.get()).finish()
    }
}
