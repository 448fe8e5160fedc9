//! As much of WASI's preview 1 as the programs here need, by hand: arguments, output, a clock that stands still.
//!
//! [Spec](https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md)

use terrane::{Caller, Error, Extern, Linker, Memory, Result};

/// The module that programs import it from.
const MODULE: &str = "wasi_snapshot_preview1";

const SUCCESS: i32 = 0;
/// No such file.
const BADF: i32 = 8;

/// What a program is given, and what it writes.
#[derive(Default)]
pub(crate) struct Console {
    pub(crate) args: Vec<&'static str>,
    pub(crate) output: Vec<u8>,
    pub(crate) errors: Vec<u8>,
}

/// That a program ended itself, with its code.
#[derive(Debug)]
pub(crate) struct Exit(pub(crate) i32);

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit with code {}", self.0)
    }
}

impl std::error::Error for Exit {}

type Guest<'a> = Caller<'a, Console>;

/// The memory that a guest exports.
pub(crate) fn memory_of<T>(caller: &mut Caller<'_, T>) -> Memory {
    caller.get_export("memory").and_then(Extern::into_memory).expect("an exported memory")
}

fn read_u32(guest: &mut Guest<'_>, at: u32) -> Result<u32> {
    let mut bytes = [0; 4];
    memory_of(guest).read(&*guest, at as usize, &mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn write(guest: &mut Guest<'_>, at: u32, bytes: &[u8]) -> Result<()> {
    memory_of(guest).write(guest, at as usize, bytes).map_err(Error::from)
}

fn write_u32(guest: &mut Guest<'_>, at: u32, value: u32) -> Result<()> {
    write(guest, at, &value.to_le_bytes())
}

/// Writes the buffers of a list, each an address and a length, to the output or the errors.
fn fd_write(mut guest: Guest<'_>, fd: i32, list: u32, count: u32, written: u32) -> Result<i32> {
    let mut text = Vec::new();
    for i in 0..count {
        let (at, length) = (read_u32(&mut guest, list + 8 * i)?, read_u32(&mut guest, list + 8 * i + 4)?);
        let bytes = memory_of(&mut guest).data(&guest);
        let buffer = bytes.get(at as usize..).and_then(|rest| rest.get(..length as usize));
        text.extend_from_slice(buffer.ok_or_else(|| Error::msg("a buffer outside the memory"))?);
    }
    write_u32(&mut guest, written, text.len() as u32)?;
    match fd {
        1 => guest.data_mut().output.append(&mut text),
        2 => guest.data_mut().errors.append(&mut text),
        _ => return Ok(BADF),
    }
    Ok(SUCCESS)
}

/// Random bytes that are none.
fn random_get(mut guest: Guest<'_>, at: u32, count: u32) -> Result<i32> {
    write(&mut guest, at, &vec![7; count as usize]).map(|()| SUCCESS)
}

fn args_sizes_get(mut guest: Guest<'_>, count: u32, size: u32) -> Result<i32> {
    let args = &guest.data().args;
    let (args, bytes) = (args.len() as u32, args.iter().map(|arg| arg.len() as u32 + 1).sum());
    write_u32(&mut guest, count, args)?;
    write_u32(&mut guest, size, bytes).map(|()| SUCCESS)
}

fn args_get(mut guest: Guest<'_>, list: u32, mut buffer: u32) -> Result<i32> {
    for (i, arg) in guest.data().args.clone().into_iter().enumerate() {
        write_u32(&mut guest, list + 4 * i as u32, buffer)?;
        write(&mut guest, buffer, &[arg.as_bytes(), &[0]].concat())?;
        buffer += arg.len() as u32 + 1;
    }
    Ok(SUCCESS)
}

fn environ_sizes_get(mut guest: Guest<'_>, count: u32, size: u32) -> Result<i32> {
    write_u32(&mut guest, count, 0)?;
    write_u32(&mut guest, size, 0).map(|()| SUCCESS)
}

/// Standard streams are character devices with all rights.
fn fd_fdstat_get(mut guest: Guest<'_>, fd: i32, stat: u32) -> Result<i32> {
    if !(0..=2).contains(&fd) {
        return Ok(BADF);
    }
    let mut bytes = [0xff; 24];
    bytes[..8].copy_from_slice(&[2, 0, 0, 0, 0, 0, 0, 0]);
    write(&mut guest, stat, &bytes).map(|()| SUCCESS)
}

fn clock_time_get(mut guest: Guest<'_>, _clock: i32, _precision: i64, time: u32) -> Result<i32> {
    write(&mut guest, time, &1_000_000_000_u64.to_le_bytes()).map(|()| SUCCESS)
}

/// Defines what is above; the rest of what `module` imports traps with its name.
pub(crate) fn define(linker: &mut Linker<Console>, module: &terrane::Module) -> Result<()> {
    linker.func_wrap(MODULE, "fd_write", fd_write)?;
    linker.func_wrap(MODULE, "random_get", random_get)?;
    linker.func_wrap(MODULE, "args_sizes_get", args_sizes_get)?;
    linker.func_wrap(MODULE, "args_get", args_get)?;
    linker.func_wrap(MODULE, "environ_sizes_get", environ_sizes_get)?;
    linker.func_wrap(MODULE, "environ_get", |_: u32, _: u32| SUCCESS)?;
    linker.func_wrap(MODULE, "fd_fdstat_get", fd_fdstat_get)?;
    linker.func_wrap(MODULE, "fd_prestat_get", |_: i32, _: u32| BADF)?;
    linker.func_wrap(MODULE, "clock_time_get", clock_time_get)?;
    linker.func_wrap(MODULE, "proc_exit", |code: i32| -> Result<()> { Err(Exit(code).into()) })?;
    linker.define_unknown_imports_as_traps(module)
}
