//! Function values of guests, which the host can call.

use crate::AsError;
use crate::call::{AsFunc, Params, Results};
use crate::guest::Guest;
use crate::instance::AsInstance;
use crate::managed::Managed;
use crate::slot::Slot;
use crate::value::{AsType, Lift, Lower};
use std::fmt;
use std::marker::PhantomData;
use terrane::{AsContextMut, Func, Ref, Result};

/// A function value: a function of the guest that it has handed out, or that it is handed back.
///
/// ```no_run
/// # use terrane_assemblyscript::{AsInstance, Function};
/// # fn f(instance: AsInstance, mut store: terrane::Store<()>) -> terrane::Result<()> {
/// let add: Function<(i32, i32), i32> = instance.call(&mut store, "adder", ())?;
/// assert_eq!(add.call(&mut store, (40, 2))?, 42);
/// # Ok(())
/// # }
/// ```
pub struct Function<P, R> {
    func: AsFunc,
    word: u32,
    /// From 0.14 on it is an object.
    object: Option<Managed>,
    _type: PhantomData<fn(P) -> R>,
}

/// The size of a function's object: the index in the table, and a pointer that is not used.
const SIZE: u32 = 8;

impl Guest<'_> {
    /// Where in the table a function value leads, and whether it is an object.
    fn function_index(&self, word: u32) -> Result<(u32, bool), AsError> {
        let object = || {
            let header = self.header(word).ok().filter(|header| header.size == SIZE)?;
            // A class of its own, which is no collection, and no string.
            let layout = self.shared.layout;
            let is_other = header.id != layout.string && header.id != layout.array_buffer;
            if is_other { self.u32(word).ok() } else { None }
        };
        // Where nothing says which era it is of, only the value itself can tell.
        let objects = self.shared.layout.function_objects.filter(|_| !self.shared.guessed);
        match (objects, object()) {
            (Some(false), _) | (None, None) => Ok((word, false)),
            (_, Some(index)) => Ok((index, true)),
            (Some(true), None) => {
                Err(AsError::NoFunction { pointer: word, reason: "there is no function object".to_owned() })
            }
        }
    }

    fn function(&mut self, word: u32) -> Result<(Func, bool)> {
        if word == 0 && self.shared.layout.function_objects != Some(false) && !self.shared.guessed {
            return Err(AsError::Null { expected: "a function".to_owned() }.into());
        }
        let (index, is_object) = self.function_index(word)?;
        let table = self.shared.table.ok_or(AsError::NoTable)?;
        let fail = |reason: String| AsError::NoFunction { pointer: word, reason };
        match self.host.element(&table, index) {
            Some(Ref::Func(Some(func))) => Ok((func, is_object)),
            Some(_) => Err(fail(format!("element {index} of the table is null")).into()),
            None => Err(fail(format!("the table has no element {index}")).into()),
        }
    }
}

impl<P: Params, R: Results> Function<P, R> {
    /// Calls it.
    ///
    /// # Errors
    /// - An [`AsError`]: it has another type, or values cannot be passed.
    /// - What the call fails with; an [`Abort`](crate::Abort) if the guest throws.
    pub fn call(&self, store: impl AsContextMut, params: P) -> Result<R> {
        self.func.call(store, params)
    }

    /// The function that it leads to, without its types.
    pub fn untyped(&self) -> &AsFunc {
        &self.func
    }
}

impl<P, R> AsType for Function<P, R> {
    const SLOT: Slot = Slot::OBJECT;
}

impl<P: Params, R: Results> Lift for Function<P, R> {
    fn lift(guest: &mut Guest<'_>, word: u64) -> Result<Self> {
        let word = word as u32;
        let (func, is_object) = guest.function(word)?;
        let object = if is_object { Some(Managed::new(guest, word)?) } else { None };
        let ty = guest.host.func_type(&func);
        let instance = AsInstance::from_shared(guest.shared.clone());
        let func = AsFunc::of_type(instance, func, ty, format!("function value {word:#x}"));
        Ok(Self { func: func.typed::<P, R>()?.untyped().clone(), word, object, _type: PhantomData })
    }
}

impl<P, R> Lower for Function<P, R> {
    fn lower(&self, guest: &mut Guest<'_>) -> Result<u64> {
        match &self.object {
            Some(object) => object.lower(guest),
            None => self.func.check_instance(guest.shared).map(|()| self.word.into()),
        }
    }
}

impl<P, R> Clone for Function<P, R> {
    fn clone(&self) -> Self {
        Self { func: self.func.clone(), word: self.word, object: self.object.clone(), _type: PhantomData }
    }
}

/// Is it the same function value?
impl<P, R> PartialEq for Function<P, R> {
    fn eq(&self, other: &Self) -> bool {
        self.word == other.word && self.func.check_instance(&other.func.instance().shared).is_ok()
    }
}

impl<P, R> fmt::Debug for Function<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.func.fmt(f)
    }
}
