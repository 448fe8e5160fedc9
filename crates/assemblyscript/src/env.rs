//! What modules import by themselves: `env` and its like.

mod math;

use crate::ctx::{AsCtx, ConsoleLevel};
use crate::import::{Args, Callers, Returned, func_wrap};
use crate::value::TypedArray;
use crate::{Abort, Guest};
use terrane::error::Context;
use terrane::{Caller, I32Exit, Linker, Result};

/// Defines what the compilers' standard library imports.
///
/// | names | |
/// |---|---|
/// | `env` `abort` | ends the guest with an [`Abort`] |
/// | `env` `trace` | goes to [`AsCtxBuilder::trace`](crate::AsCtxBuilder::trace) |
/// | `env` `seed` | a random number |
/// | `Date` `now`; `env` `Date.now`, `performance.now` | of the [`Clock`](crate::Clock) |
/// | `Math` `random`, `sin`, …; `env` `Math.random`, `Math.sin`, `Math.PI`, … | as in JavaScript; random numbers of [`AsCtxBuilder::random`](crate::AsCtxBuilder::random) |
/// | `env` `console.log`, `info`, `debug`, `warn`, `error`, `assert`, `time`, `timeLog`, `timeEnd` | goes to [`AsCtxBuilder::console`](crate::AsCtxBuilder::console) |
/// | `env` `crypto.getRandomValuesN` | at most 65,536 bytes of the same |
/// | `env` `process.exit` | ends the guest with an [`I32Exit`] |
///
/// A memory or a table that is imported is made by [`AsInstance::instantiate`](crate::AsInstance::instantiate).
///
/// # Errors
/// If names are taken, and shadowing is not allowed.
pub fn add_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    get: impl Fn(&mut T) -> &mut AsCtx + Send + Sync + Copy + 'static,
) -> Result<()> {
    let mut env = Env { linker, get };
    env.add_runtime()?;
    env.add_console()?;
    env.add("env", "Date.now", |ctx, ()| Ok(ctx.clock.now().floor()))?;
    env.add("Date", "now", |ctx, ()| Ok(ctx.clock.now().floor()))?;
    env.add("env", "performance.now", |ctx, ()| Ok(ctx.clock.monotonic()))?;
    env.add("env", "process.exit", |_, code: i32| Err::<(), _>(I32Exit(code).into()))?;
    env.add("env", "crypto.getRandomValuesN", |ctx, len: u32| {
        // As in browsers.
        terrane::ensure!(len <= 1 << 16, "at most 65536 random bytes at once, not {len}");
        let mut bytes = vec![0; len as usize];
        (ctx.random)(&mut bytes).context("no random numbers")?;
        Ok(TypedArray(bytes))
    })?;
    for (module, prefix) in [("Math", ""), ("env", "Math.")] {
        env.add(module, &format!("{prefix}random"), |ctx, ()| ctx.random())?;
        math::add_to_linker(env.linker, module, prefix)?;
    }
    Ok(())
}

struct Env<'l, T: 'static, G> {
    linker: &'l mut Linker<T>,
    get: G,
}

impl<T: 'static, G> Env<'_, T, G>
where
    G: Fn(&mut T) -> &mut AsCtx + Send + Sync + Copy + 'static,
{
    /// Defines a function over what the guest is given.
    fn add<A: Args, R: Returned>(
        &mut self,
        module: &str,
        name: &str,
        func: impl Fn(&mut AsCtx, A) -> Result<R> + Send + Sync + 'static,
    ) -> Result<()> {
        let get = self.get;
        func_wrap(self.linker, module, name, move |caller: &mut Caller<'_, T>, args| {
            func(get(caller.data_mut()), args)
        })
    }

    fn add_runtime(&mut self) -> Result<()> {
        let get = self.get;
        self.linker.func_wrap("env", "abort", abort)?;
        let callers = Callers::default();
        self.linker.func_wrap(
            "env",
            "trace",
            move |mut caller: Caller<'_, T>, message: u32, n: i32, a: f64, b: f64, c: f64, d: f64, e: f64| {
                let message = text(&callers, &mut caller, message)?.unwrap_or_default();
                let count = usize::try_from(n).unwrap_or(0).min(5);
                (get(caller.data_mut()).trace)(&message, &[a, b, c, d, e][..count]);
                Ok::<(), terrane::Error>(())
            },
        )?;
        // Any number will do: its bits are the seed.
        self.add("env", "seed", |ctx, ()| Ok(ctx.random()? * (1_u64 << 53) as f64))
    }

    fn add_console(&mut self) -> Result<()> {
        use ConsoleLevel::{Debug, Error, Info, Log, Warn};
        for (name, level) in
            [("debug", Debug), ("log", Log), ("info", Info), ("warn", Warn), ("error", Error)]
        {
            self.add_text(name, move |ctx, text| (ctx.console)(level, text))?;
        }
        self.add_text("time", |ctx, label| {
            let now = ctx.clock.monotonic();
            ctx.timers.insert(label.to_owned(), now);
        })?;
        self.add_text("timeLog", AsCtx::log_timer)?;
        self.add_text("timeEnd", |ctx, label| {
            ctx.log_timer(label);
            ctx.timers.remove(label);
        })?;
        let (get, callers) = (self.get, Callers::default());
        let assert = move |mut caller: Caller<'_, T>, condition: bool, message: u32| {
            let message = text(&callers, &mut caller, message)?.unwrap_or_default();
            if !condition {
                (get(caller.data_mut()).console)(Error, &format!("Assertion failed: {message}"));
            }
            Ok::<(), terrane::Error>(())
        };
        self.linker.func_wrap("env", "console.assert", assert)?;
        Ok(())
    }

    /// Defines a function of the console, which takes a text.
    fn add_text(
        &mut self,
        name: &str,
        func: impl Fn(&mut AsCtx, &str) + Send + Sync + 'static,
    ) -> Result<()> {
        let (get, callers) = (self.get, Callers::default());
        let name = format!("console.{name}");
        self.linker.func_wrap("env", &name, move |mut caller: Caller<'_, T>, pointer: u32| {
            let text = text(&callers, &mut caller, pointer)?.unwrap_or_else(|| "null".to_owned());
            func(get(caller.data_mut()), &text);
            Ok::<(), terrane::Error>(())
        })?;
        Ok(())
    }
}

impl AsCtx {
    /// A random number from 0 up to, but not, 1.
    fn random(&mut self) -> Result<f64> {
        let mut bytes = [0; 8];
        (self.random)(&mut bytes).context("no random numbers")?;
        Ok((u64::from_le_bytes(bytes) >> 11) as f64 / (1_u64 << 53) as f64)
    }

    fn log_timer(&mut self, label: &str) {
        if let Some(start) = self.timers.get(label) {
            let passed = self.clock.monotonic() - start;
            (self.console)(ConsoleLevel::Log, &format!("{label}: {passed}ms"));
        }
    }
}

/// The text at an address, as far as there is one: what a person is to read need not be a string in every respect.
fn text<T: 'static>(callers: &Callers, caller: &mut Caller<'_, T>, pointer: u32) -> Result<Option<String>> {
    let shared = callers.shared(caller)?;
    Guest::with(caller, &shared, |guest| Ok(guest.lossy(pointer)))
}

fn abort<T: 'static>(
    mut caller: Caller<'_, T>,
    message: u32,
    file: u32,
    line: u32,
    column: u32,
) -> Result<()> {
    let shared = Callers::default().shared(&mut caller)?;
    // Without `Guest::with`: a guest that is about to end is not asked to do anything.
    let mut guest = Guest::new(&mut caller, &shared);
    let (message, file) = (guest.lossy(message), guest.lossy(file));
    Err(Abort { message, file, line, column }.into())
}
