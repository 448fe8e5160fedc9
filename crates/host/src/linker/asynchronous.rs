//! What a linker does for asynchronous calls.

use super::Linker;
use crate::func::HostFunc;
use crate::{AsContextMut, Caller, Engine, FuncType, Instance, Module, Result, Val, WasmResults, WasmRet};

impl<T: 'static> Linker<T> {
    /// Defines a function of the host from a closure over numbers and references that returns a future.
    ///
    /// The closure takes a [`Caller`], and the parameters as one tuple. Its future may keep the caller while it waits: the
    /// guest stands still. Such a function can be called from asynchronous calls only: see
    /// [`TypedFunc::call_async`](crate::TypedFunc::call_async).
    ///
    /// # Errors
    /// If the names are taken, and [shadowing](Self::allow_shadowing) is not allowed.
    ///
    /// ```
    /// use futures::executor::block_on;
    /// use terrane::{Engine, Linker, Module, Store};
    ///
    /// async fn fetch(url: i32) -> i32 {
    ///     // Waits for the network, say.
    ///     url * 2
    /// }
    ///
    /// let engine = Engine::default();
    /// let mut linker = Linker::new(&engine);
    /// linker.func_wrap_async("net", "fetch", |_caller, (url,): (i32,)| Box::new(fetch(url)))?;
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module
    ///         (import "net" "fetch" (func $fetch (param i32) (result i32)))
    ///         (func (export "run") (result i32) (call $fetch (i32.const 21))))"#,
    /// )?;
    /// let mut store = Store::new(&engine, ());
    /// let answer = block_on(async {
    ///     let instance = linker.instantiate_async(&mut store, &module).await?;
    ///     let run = instance.get_typed_func::<(), i32>(&mut store, "run")?;
    ///     run.call_async(&mut store, ()).await
    /// })?;
    /// assert_eq!(answer, 42);
    /// # Ok::<(), terrane::Error>(())
    /// ```
    pub fn func_wrap_async<Params, Ret, F>(&mut self, module: &str, name: &str, func: F) -> Result<&mut Self>
    where
        F: for<'a> Fn(Caller<'a, T>, Params) -> Box<dyn Future<Output = Ret> + Send + 'a>
            + Send
            + Sync
            + 'static,
        Params: WasmResults,
        Ret: WasmRet + Send + 'static,
    {
        let func = HostFunc::wrap_async(&self.engine, func);
        self.insert(module, name, func.into())
    }

    /// Defines a function of the host over values of any types that returns a future: see [`Func::new_async`](crate::Func::new_async).
    ///
    /// # Errors
    /// If the names are taken, and [shadowing](Self::allow_shadowing) is not allowed.
    ///
    /// # Panics
    /// If `ty` is of another engine.
    pub fn func_new_async<F>(&mut self, module: &str, name: &str, ty: FuncType, func: F) -> Result<&mut Self>
    where
        T: Send,
        F: for<'a> Fn(
                Caller<'a, T>,
                &'a [Val],
                &'a mut [Val],
            ) -> Box<dyn Future<Output = Result<()>> + Send + 'a>
            + Send
            + Sync
            + 'static,
    {
        assert!(Engine::same(ty.engine(), &self.engine), "a function type of another engine");
        self.insert(module, name, HostFunc::new_async(ty, func).into())
    }

    /// Instantiates a module, as [`instantiate`](Self::instantiate) does; but functions of the host that the start function
    /// calls may be asynchronous.
    ///
    /// # Errors
    /// As for [`instantiate`](Self::instantiate).
    ///
    /// # Panics
    /// As for [`instantiate`](Self::instantiate).
    pub async fn instantiate_async(
        &self,
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
    ) -> Result<Instance>
    where
        T: Send,
    {
        let mut context = store.as_context_mut();
        let items = self.names.resolve(context.opaque_mut(), module)?;
        Instance::new_async(context, module, &items).await
    }
}
