//! Functions of the host that guests import, over values.

use crate::call::for_each_arity;
use crate::guest::Guest;
use crate::host::Mem;
use crate::shared::{Limits, Shared};
use crate::slot::{Slot, word_of};
use crate::value::{Lift, Lower};
use std::sync::{Arc, Mutex, PoisonError};
use terrane::{Caller, Extern, FuncType, Linker, Result, Val};

/// What a function of the host takes from a guest: a value, or a tuple of up to 12.
pub trait Args: Sized {
    /// How the values sit in arguments.
    #[doc(hidden)]
    fn slots() -> Vec<Slot>;

    /// The values.
    #[doc(hidden)]
    fn lift_args(guest: &mut Guest<'_>, vals: &[Val]) -> Result<Self>;
}

impl<T: Lift> Args for T {
    fn slots() -> Vec<Slot> {
        vec![T::SLOT]
    }

    fn lift_args(guest: &mut Guest<'_>, vals: &[Val]) -> Result<Self> {
        T::lift(guest, vals.first().map_or(0, word_of))
    }
}

macro_rules! tuples {
    ($($var:ident)*) => {
        impl<$($var: Lift),*> Args for ($($var,)*) {
            fn slots() -> Vec<Slot> {
                vec![$($var::SLOT),*]
            }

            #[allow(unused_variables, unused_mut)]
            fn lift_args(guest: &mut Guest<'_>, vals: &[Val]) -> Result<Self> {
                let mut words = vals.iter().map(word_of);
                Ok(($($var::lift(guest, words.next().unwrap_or(0))?,)*))
            }
        }
    };
}

for_each_arity!(tuples);

/// What a function of the host returns to a guest: nothing, or a value.
pub trait Returned {
    /// How the value sits in a result.
    #[doc(hidden)]
    const RETURNED: Option<Slot>;

    /// The bits of the value.
    #[doc(hidden)]
    fn lower_returned(&self, guest: &mut Guest<'_>) -> Result<u64>;
}

impl Returned for () {
    const RETURNED: Option<Slot> = None;

    fn lower_returned(&self, _: &mut Guest<'_>) -> Result<u64> {
        Ok(0)
    }
}

impl<T: Lower> Returned for T {
    const RETURNED: Option<Slot> = Some(T::SLOT);

    fn lower_returned(&self, guest: &mut Guest<'_>) -> Result<u64> {
        self.lower(guest)
    }
}

/// Defines a function of the host over values, which guests import: `declare function` in their source.
///
/// What the guest passes is read, so it is a copy; what is returned is made in the guest. An error ends the guest, and comes
/// back from the call that has entered it.
///
/// | in the source `file.ts` | names of the import |
/// |---|---|
/// | `@external("m", "n") declare function f(): void` | `m`, `n` |
/// | `declare function f(): void` | `file`, `f` |
/// | `declare namespace ns { function f(): void }` | `file`, `ns.f` |
///
/// ```
/// use terrane::{Caller, Engine, Linker, Module, Store};
/// use terrane_assemblyscript::{AsCtx, AsInstance, func_wrap};
///
/// let engine = Engine::default();
/// let module = Module::from_file(&engine, "guests/tour.wasm")?;
/// let mut linker = Linker::new(&engine);
/// func_wrap(&mut linker, "tour", "ask", |_: &mut Caller<'_, AsCtx>, question: String| {
///     Ok(vec![question, "Yes.".to_owned()])
/// })?;
/// terrane_assemblyscript::add_to_linker(&mut linker, |ctx: &mut AsCtx| ctx)?;
/// let mut store = Store::new(&engine, AsCtx::default());
/// let instance = AsInstance::instantiate(&mut store, &linker, &module)?;
/// let talk: String = instance.call(&mut store, "interview", ("Is it easy?",))?;
/// assert_eq!(talk, "Is it easy? Yes.");
/// # Ok::<(), terrane::Error>(())
/// ```
///
/// # Errors
/// If the names are taken, and shadowing is not allowed.
pub fn func_wrap<T: 'static, A: Args, R: Returned>(
    linker: &mut Linker<T>,
    module: &str,
    name: &str,
    func: impl Fn(&mut Caller<'_, T>, A) -> Result<R> + Send + Sync + 'static,
) -> Result<()> {
    let types = |slots: &[Slot]| slots.iter().map(|slot| slot.val_type()).collect::<Vec<_>>();
    let ty = FuncType::new(linker.engine(), types(&A::slots()), types(R::RETURNED.as_slice()));
    let callers = Callers::default();
    linker.func_new(module, name, ty, move |mut caller, params, results| {
        let shared = callers.shared(&mut caller)?;
        let args = Guest::with(&mut caller, &shared, |guest| A::lift_args(guest, params))?;
        let returned = func(&mut caller, args)?;
        Guest::with(&mut caller, &shared, |guest| {
            let word = returned.lower_returned(guest)?;
            if let (Some(slot), [result]) = (R::RETURNED, results) {
                if slot.managed {
                    guest.give(word as u32)?;
                }
                *result = slot.val(word);
            }
            Ok(())
        })
    })?;
    Ok(())
}

/// What is known of the instance that has called last.
#[derive(Default)]
pub(crate) struct Callers(Mutex<Option<Arc<Shared>>>);

impl Callers {
    pub(crate) fn shared<T: 'static>(&self, caller: &mut Caller<'_, T>) -> Result<Arc<Shared>> {
        let memory = match caller.get_export("memory") {
            Some(Extern::Memory(memory)) => Some(Mem::Own(memory)),
            Some(Extern::SharedMemory(memory)) => Some(Mem::Shared(memory)),
            _ => None,
        };
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(shared) if memory.is_some() && shared.memory == memory => Ok(shared.clone()),
            _ => {
                let lookup = |caller: &mut &mut Caller<'_, T>, name: &str| caller.get_export(name);
                let shared = Shared::new(caller, lookup, (None, None), None, Limits::default())?;
                Ok(last.insert(Arc::new(shared)).clone())
            }
        }
    }
}
