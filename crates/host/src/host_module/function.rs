//! Functions of host modules.

use super::GuestMemories;
use crate::func::HostFunc;
use crate::linker::Definition;
use crate::{Caller, Engine, Finality, FuncType, IntoFunc, Result, Val, ValType, WasmResults, WasmRet};
use std::fmt;
use std::marker::PhantomData;

/// A type of which a function of the host is.
pub(super) fn func_type(
    engine: &Engine,
    params: impl IntoIterator<Item = ValType>,
    results: impl IntoIterator<Item = ValType>,
) -> Result<FuncType> {
    FuncType::with_finality_and_supertype(engine, Finality::Final, None, params, results)
}

/// A function of a [host module](super::HostModule), for stores of data `T`.
///
/// | made by | is given |
/// |---|---|
/// | [`wrap`](Self::wrap) | numbers and references, and the caller if it asks for it |
/// | [`wrap_async`](Self::wrap_async) | the same, and returns a future |
/// | [`new`](Self::new) | the guest's memory 0, the host's data, values of types that are known only at run time |
/// | [`multi`](Self::multi) | the same with all memories of the guest |
/// | [`with_caller`](Self::with_caller) | the same with the caller |
pub struct HostFunction<T: 'static> {
    /// One a type; the first is the function unless a guest imports another one.
    makers: Vec<Maker>,
    _data: PhantomData<fn(T)>,
}

/// Makes a function for stores of an engine.
type Maker = Box<dyn FnOnce(&Engine) -> Result<HostFunc>>;

impl<T: 'static> HostFunction<T> {
    /// A function from a closure over numbers and references, from which its type is known: see [`IntoFunc`].
    pub fn wrap<Params, Results>(func: impl IntoFunc<T, Params, Results>) -> Self {
        Self::made(|engine| Ok(func.into_func(engine)))
    }

    /// A function over the guest's memory 0 and values.
    ///
    /// The closure is given the bytes of the memory that has index 0 in the instance that calls, exported or not; the
    /// host's data; the arguments, which are of the types `params`; and zeros and nulls of the types `results`, which it
    /// replaces. If the instance has no memory, or the host calls, there are no bytes.
    ///
    /// A call fails with an error of [`ErrorKind::Usage`](crate::ErrorKind::Usage), before the closure runs, if memory 0 is
    /// shared, since other threads may write to it: such memories can be read and written by [`multi`](Self::multi).
    pub fn new(
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
        func: impl Fn(&mut [u8], &mut T, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::multi(params, results, move |mut memories, data, params, results| {
            let memory = if memories.is_empty() { &mut [] } else { memories.get_mut(0)? };
            func(memory, data, params, results)
        })
    }

    /// A function over all the guest's memories and values: as [`new`](Self::new), but that it is given the memories of the
    /// instance that calls, in the order of their indices; none if the host calls.
    pub fn multi(
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
        func: impl Fn(GuestMemories<'_>, &mut T, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::with_caller(params, results, move |mut caller, params, results| {
            let (memories, data) = caller.memories_and_data_mut();
            func(memories, data, params, results)
        })
    }

    /// A function over values, which is given its [`Caller`]: as [`Func::new`](crate::Func::new).
    pub fn with_caller(
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        let params: Vec<_> = params.into_iter().collect();
        let results: Vec<_> = results.into_iter().collect();
        Self::made(move |engine| Ok(HostFunc::new(func_type(engine, params, results)?, func)))
    }

    /// The same function, and for guests that import it with another type, `other`.
    ///
    /// ```
    /// use terrane::HostFunction;
    ///
    /// // Some compilers declare `putchar` as C does, some without its result.
    /// let print = |c: i32| print!("{}", c as u8 as char);
    /// let putchar = HostFunction::<()>::wrap(print).or(HostFunction::wrap(move |c: i32| {
    ///     print(c);
    ///     c
    /// }));
    /// ```
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.makers.extend(other.makers);
        self
    }

    /// A function from a closure over numbers and references that returns a future: as
    /// [`Linker::func_wrap_async`](crate::Linker::func_wrap_async).
    pub fn wrap_async<Params, Ret, F>(func: F) -> Self
    where
        F: for<'a> Fn(Caller<'a, T>, Params) -> Box<dyn Future<Output = Ret> + Send + 'a>
            + Send
            + Sync
            + 'static,
        Params: WasmResults,
        Ret: WasmRet + Send + 'static,
    {
        Self::made(|engine| Ok(HostFunc::wrap_async(engine, func)))
    }

    fn made(make: impl FnOnce(&Engine) -> Result<HostFunc> + 'static) -> Self {
        Self { makers: vec![Box::new(make)], _data: PhantomData }
    }

    /// As a linker knows it.
    ///
    /// # Errors
    /// If its type is of another engine.
    pub(super) fn define(self, engine: &Engine) -> Result<Definition> {
        let funcs: Result<_> = self.makers.into_iter().map(|make| make(engine)).collect();
        Ok(Definition::HostFunc(funcs?))
    }
}

impl<T: 'static> fmt::Debug for HostFunction<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostFunction").field("types", &self.makers.len()).finish()
    }
}
