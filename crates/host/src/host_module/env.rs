//! The module that small toolchains' guests import.

use super::{HostCell, HostFunction, HostItems, HostModule};
use crate::memory::strings::read_c_str;
use crate::{Caller, Error, Result, WasmTy};
use std::fmt;
use std::io::{self, Read, Stdout, Write};

/// The host module `env`, which guests of small compilers import to print and to end.
///
/// | function | does |
/// |---|---|
/// | `putchar(i32)`, `putchar(i32) -> i32` | writes the byte; as in C, the second returns it |
/// | `print_char` | the same |
/// | `puts(i32)`, `puts(i32) -> i32` | writes the bytes at the address in memory 0, up to the first zero, and a line feed; as in C, the second returns 0 |
/// | `getchar() -> i32` | reads a byte; -1 at the end |
/// | `print_i32(i32)`, `print_i64(i64)`, `print_f32(f32)`, `print_f64(f64)` | writes the number, integers as signed, and a line feed |
/// | `abort()` | ends the guest with an error |
/// | `exit(i32)` | ends the guest with an [`I32Exit`] |
///
/// Where two types are listed, a guest may import either.
///
/// ```
/// use terrane::{Engine, EnvModule, Linker, Module, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "env" "putchar" (func $putchar (param i32)))
///         (func (export "main") (call $putchar (i32.const 79)) (call $putchar (i32.const 75))))"#,
/// )?;
/// let mut linker = Linker::new(&engine);
/// // Not to the standard output, but into a vector:
/// let env = linker.host_module(EnvModule::with_writer(Vec::new()))?;
/// let mut store = Store::new(&engine, ());
/// let instance = linker.instantiate(&mut store, &module)?;
/// instance.get_typed_func::<(), ()>(&mut store, "main")?.call(&mut store, ())?;
/// assert_eq!(env.with(|env| env.writer().clone())?, b"OK");
/// # Ok::<(), terrane::Error>(())
/// ```
pub struct EnvModule<W = Stdout> {
    writer: W,
    reader: Box<dyn Read + Send>,
}

/// What a call fails with if the guest has ended itself, with this code: by `exit` of an [`EnvModule`], or by what a crate on
/// top of this one defines for that, as `terrane-wasi` does for `proc_exit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the guest has exited with code {0}")]
pub struct I32Exit(pub i32);

impl EnvModule {
    /// One that writes to the standard output, and reads from the standard input.
    pub fn new() -> Self {
        Self::with_writer(io::stdout())
    }
}

impl Default for EnvModule {
    fn default() -> Self {
        Self::new()
    }
}

impl<W: Write + Send + 'static> EnvModule<W> {
    /// One that writes to `writer`, and reads from the standard input.
    pub fn with_writer(writer: W) -> Self {
        Self { writer, reader: Box::new(io::stdin()) }
    }

    /// The same reading from `reader`, a byte at a time.
    #[must_use]
    pub fn reader(self, reader: impl Read + Send + 'static) -> Self {
        Self { reader: Box::new(reader), ..self }
    }

    /// Where it writes to.
    pub fn writer(&self) -> &W {
        &self.writer
    }

    /// Where it writes to, to change that.
    pub fn writer_mut(&mut self) -> &mut W {
        &mut self.writer
    }

    /// As in C, of `c` the low byte counts, and is returned.
    fn putchar(&mut self, c: i32) -> io::Result<i32> {
        self.writer.write_all(&[c as u8])?;
        Ok(i32::from(c as u8))
    }

    fn puts(&mut self, string: &[u8]) -> io::Result<i32> {
        self.writer.write_all(string)?;
        self.writer.write_all(b"\n")?;
        Ok(0)
    }

    fn getchar(&mut self) -> io::Result<i32> {
        let mut byte = [0];
        loop {
            match self.reader.read(&mut byte) {
                Ok(0) => return Ok(-1),
                Ok(_) => return Ok(byte[0].into()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// A function that writes a number and a line feed.
    fn print<T: 'static, N: WasmTy + fmt::Display>(env: &HostCell<Self>) -> HostFunction<T> {
        let env = env.clone();
        HostFunction::wrap(move |x: N| env.with_mut(|env| writeln!(env.writer, "{x}")))
    }
}

impl<T: 'static, W: Write + Send + 'static> HostModule<T> for EnvModule<W> {
    type Handle = HostCell<Self>;

    fn name(&self) -> &str {
        "env"
    }

    fn functions(env: &HostCell<Self>) -> HostItems<HostFunction<T>> {
        let (out, input) = (env.clone(), env.clone());
        let putchar = move |_: Caller<'_, T>, c: i32| Ok(out.with_mut(|env| env.putchar(c))??);
        let out = env.clone();
        let puts = move |mut caller: Caller<'_, T>, at: i32| {
            let (memories, _) = caller.memories_and_data_mut();
            let string = read_c_str(memories.inst(0)?, at.cast_unsigned() as usize)?;
            Ok(out.with_mut(|env| env.puts(string.as_bytes()))??)
        };
        HostItems::from([
            ("putchar", or_without_result(putchar.clone())),
            ("print_char", or_without_result(putchar)),
            ("puts", or_without_result(puts)),
            ("getchar", HostFunction::wrap(move || input.with_mut(Self::getchar))),
            ("print_i32", Self::print::<T, i32>(env)),
            ("print_i64", Self::print::<T, i64>(env)),
            ("print_f32", Self::print::<T, f32>(env)),
            ("print_f64", Self::print::<T, f64>(env)),
            ("abort", HostFunction::wrap(|| Err::<(), _>(Error::msg("the guest has called `abort`")))),
            ("exit", HostFunction::wrap(|code: i32| Err::<(), _>(I32Exit(code)))),
        ])
    }
}

/// A function that C declares with a result, for guests that import it with the result or without it.
fn or_without_result<T: 'static>(
    func: impl Fn(Caller<'_, T>, i32) -> Result<i32> + Clone + Send + Sync + 'static,
) -> HostFunction<T> {
    let c = func.clone();
    let plain = move |caller: Caller<'_, T>, x: i32| func(caller, x).map(|_| ());
    HostFunction::wrap(plain).or(HostFunction::wrap(move |caller: Caller<'_, T>, x: i32| c(caller, x)))
}

impl<W: fmt::Debug> fmt::Debug for EnvModule<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvModule").field("writer", &self.writer).finish_non_exhaustive()
    }
}
