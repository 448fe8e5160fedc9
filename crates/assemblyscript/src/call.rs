//! Calls of functions with values.

use crate::AsError;
use crate::guest::Guest;
use crate::instance::AsInstance;
use crate::managed::Managed;
use crate::shared::{Arguments, Shared};
use crate::slot::{Slot, word_of};
use crate::value::{Lift, Lower};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use terrane::{AsContextMut, Func, FuncType, Result, Val};

/// Hands the macro `$consumer` the type variables of each number of parameters, 0 to 12.
macro_rules! for_each_arity {
    ($consumer:ident) => {
        $consumer!();
        $consumer!(A);
        $consumer!(A B);
        $consumer!(A B C);
        $consumer!(A B C D);
        $consumer!(A B C D E);
        $consumer!(A B C D E F);
        $consumer!(A B C D E F G);
        $consumer!(A B C D E F G H);
        $consumer!(A B C D E F G H I);
        $consumer!(A B C D E F G H I J);
        $consumer!(A B C D E F G H I J K);
        $consumer!(A B C D E F G H I J K L);
    };
}
pub(crate) use for_each_arity;

/// What a function is called with: a value, or a tuple of up to 12.
pub trait Params {
    /// How the values sit in arguments.
    #[doc(hidden)]
    fn slots() -> Vec<Slot>;

    /// Appends the arguments.
    #[doc(hidden)]
    fn lower_params(&self, guest: &mut Guest<'_>, vals: &mut Vec<Val>) -> Result<()>;
}

/// What a function returns: nothing, or a value.
pub trait Results: Sized {
    /// How the value sits in a result.
    #[doc(hidden)]
    const RESULT: Option<Slot>;

    /// The value.
    #[doc(hidden)]
    fn lift_result(guest: &mut Guest<'_>, word: u64) -> Result<Self>;
}

impl<T: Lower> Params for T {
    fn slots() -> Vec<Slot> {
        vec![T::SLOT]
    }

    fn lower_params(&self, guest: &mut Guest<'_>, vals: &mut Vec<Val>) -> Result<()> {
        let word = self.lower(guest)?;
        vals.push(T::SLOT.val(word));
        Ok(())
    }
}

macro_rules! tuples {
    ($($var:ident)*) => {
        impl<$($var: Lower),*> Params for ($($var,)*) {
            fn slots() -> Vec<Slot> {
                vec![$($var::SLOT),*]
            }

            #[allow(non_snake_case, unused_variables)]
            fn lower_params(&self, guest: &mut Guest<'_>, vals: &mut Vec<Val>) -> Result<()> {
                let ($($var,)*) = self;
                $($var.lower_params(guest, vals)?;)*
                Ok(())
            }
        }
    };
}

for_each_arity!(tuples);

impl Results for () {
    const RESULT: Option<Slot> = None;

    fn lift_result(_: &mut Guest<'_>, _: u64) -> Result<Self> {
        Ok(())
    }
}

impl<T: Lift> Results for T {
    const RESULT: Option<Slot> = Some(T::SLOT);

    fn lift_result(guest: &mut Guest<'_>, word: u64) -> Result<Self> {
        T::lift(guest, word)
    }
}

/// A function of an instance, found once.
#[derive(Clone)]
pub struct AsFunc {
    instance: AsInstance,
    func: Func,
    ty: FuncType,
    name: String,
    /// Is the first parameter `this`?
    this: bool,
}

/// A function of an instance, found once, its parameters and result checked.
pub struct TypedAsFunc<P, R> {
    func: AsFunc,
    _type: PhantomData<fn(P) -> R>,
}

impl AsFunc {
    pub(crate) fn new(
        store: impl AsContextMut,
        instance: AsInstance,
        func: Func,
        name: &str,
    ) -> Result<Self> {
        Ok(Self::of_type(instance, func, func.ty(&store), name.to_owned()))
    }

    pub(crate) fn of_type(instance: AsInstance, func: Func, ty: FuncType, name: String) -> Self {
        Self { instance, func, ty, name, this: false }
    }

    /// Is it a function of that instance?
    pub(crate) fn check_instance(&self, shared: &Arc<Shared>) -> Result<()> {
        match self.instance.shared.is_same(shared) {
            true => Ok(()),
            false => Err(AsError::Foreign { what: "a function", owner: "instance" }.into()),
        }
    }

    /// The same as a method, whose first parameter is `this`.
    pub(crate) fn method(self) -> Self {
        Self { this: true, ..self }
    }

    /// The instance that it is of.
    pub fn instance(&self) -> &AsInstance {
        &self.instance
    }

    /// Its name, as it is exported.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The function itself.
    pub fn func(&self) -> Func {
        self.func
    }

    /// Its type, as WebAssembly has it.
    pub fn ty(&self) -> &FuncType {
        &self.ty
    }

    /// The same, its parameters and result checked once.
    ///
    /// # Errors
    /// If it takes or returns something else.
    pub fn typed<P: Params, R: Results>(self) -> Result<TypedAsFunc<P, R>> {
        self.check(&P::slots(), R::RESULT)?;
        Ok(TypedAsFunc { func: self, _type: PhantomData })
    }

    /// Calls it. Arguments may be fewer than parameters if the others are optional.
    ///
    /// # Errors
    /// - An [`AsError`]: it takes or returns something else, or values cannot be passed.
    /// - What the call fails with; an [`Abort`](crate::Abort) if the guest throws.
    pub fn call<P: Params, R: Results>(&self, store: impl AsContextMut, params: P) -> Result<R> {
        self.check(&P::slots(), R::RESULT)?;
        self.call_with(store, None, &params)
    }

    /// Calls it with `this`.
    pub(crate) fn call_method<P: Params, R: Results>(
        &self,
        store: impl AsContextMut,
        this: Option<&Managed>,
        params: P,
    ) -> Result<R> {
        self.check(&P::slots(), R::RESULT)?;
        self.call_with(store, this, &params)
    }

    fn check(&self, slots: &[Slot], result: Option<Slot>) -> Result<()> {
        let skip = usize::from(self.this);
        let expected = self.ty.params().len().saturating_sub(skip);
        let fits = slots.len() <= expected
            && self.ty.params().skip(skip).zip(slots).all(|(param, slot)| param == slot.val_type())
            && self.ty.results().eq(result.map(Slot::val_type));
        if fits {
            return Ok(());
        }
        let names = |slots: &[Slot]| {
            let names: Vec<String> = slots.iter().map(|slot| slot.val_type().to_string()).collect();
            names.join(" ")
        };
        let found = format!("[{}] -> [{}]", names(slots), names(result.as_slice()));
        let reason = format!("the function is {}, but is used as {found}", self.ty);
        Err(AsError::WrongType { name: self.name.clone(), reason }.into())
    }

    fn call_with<P: Params, R: Results>(
        &self,
        store: impl AsContextMut,
        this: Option<&Managed>,
        params: &P,
    ) -> Result<R> {
        let mut store = store;
        Guest::with(&mut store, &self.instance.shared, |guest| {
            let mut vals = Vec::with_capacity(self.ty.params().len());
            if self.this {
                // Without an object, the constructor makes one.
                let this = this.map_or(Ok(0), |this| this.lower(guest))?;
                vals.push(Slot::OBJECT.val(this));
            }
            params.lower_params(guest, &mut vals)?;
            self.invoke(guest, vals)
        })
    }

    /// Calls it with arguments, `this` among them; what is missing is as good as not given.
    fn invoke<R: Results>(&self, guest: &mut Guest<'_>, mut vals: Vec<Val>) -> Result<R> {
        let given = vals.len() - usize::from(self.this);
        let missing = self.ty.params().skip(vals.len()).filter_map(|ty| Val::default_for_ty(&ty));
        vals.extend(missing);
        guest.set_arguments(given as u32)?;
        let mut results = [Val::I32(0)];
        let results = &mut results[..usize::from(R::RESULT.is_some())];
        guest.host.call(&self.func, &vals, results)?;
        let word = results.first().map_or(0, word_of);
        if R::RESULT.is_some_and(|slot| slot.managed) {
            guest.adopt(word as u32);
        }
        R::lift_result(guest, word)
    }
}

impl Guest<'_> {
    /// Tells the function that is called next how many arguments are meant.
    pub(crate) fn set_arguments(&mut self, count: u32) -> Result<()> {
        match &self.shared.arguments {
            Some(Arguments::Setter(setter)) => self.host.release(setter, count),
            Some(Arguments::Global(global)) => self.host.set_global(global, Val::I32(count.cast_signed())),
            None => Ok(()),
        }
    }
}

impl<P: Params, R: Results> TypedAsFunc<P, R> {
    /// Calls it. Arguments may be fewer than parameters if the others are optional.
    ///
    /// # Errors
    /// - An [`AsError`]: values cannot be passed.
    /// - What the call fails with; an [`Abort`](crate::Abort) if the guest throws.
    pub fn call(&self, store: impl AsContextMut, params: P) -> Result<R> {
        self.func.call_with(store, None, &params)
    }

    /// The function without its types.
    pub fn untyped(&self) -> &AsFunc {
        &self.func
    }
}

impl<P, R> Clone for TypedAsFunc<P, R> {
    fn clone(&self) -> Self {
        Self { func: self.func.clone(), _type: PhantomData }
    }
}

impl fmt::Debug for AsFunc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AsFunc({} {})", self.name, self.ty)
    }
}

impl<P, R> fmt::Debug for TypedAsFunc<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.func.fmt(f)
    }
}
