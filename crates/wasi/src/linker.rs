//! The list of functions, and how guests get them.

use crate::calls::Call;
use crate::ctx::WasiCtx;
use crate::memory::GuestMemory;
use crate::types::{Result, Version};
use terrane::{AsContextMut, Caller, Extern, I32Exit, Linker, Trap};

/// The names by which guests import the two versions of the interface.
const MODULES: [(&str, Version); 2] =
    [("wasi_snapshot_preview1", Version::Preview1), ("wasi_unstable", Version::Unstable)];

macro_rules! functions {
    ($($name:ident($($arg:ident: $ty:ty),*);)*) => {
        fn define<T: 'static, G>(linker: &mut Linker<T>, module: &str, version: Version, get: G) -> terrane::Result<()>
        where
            G: Fn(&mut T) -> &mut WasiCtx + Send + Sync + Copy + 'static,
        {
            $(
                linker.func_wrap(module, stringify!($name), move |mut caller: Caller<'_, T>, $($arg: $ty),*| {
                    enter(&mut caller, get, version, |call| call.$name($($arg),*))
                })?;
            )*
            Ok(())
        }
    };
}

functions! {
    args_get(argv: u32, argv_buf: u32);
    args_sizes_get(count: u32, size: u32);
    clock_res_get(clock: u32, resolution: u32);
    clock_time_get(clock: u32, precision: u64, time: u32);
    environ_get(environ: u32, environ_buf: u32);
    environ_sizes_get(count: u32, size: u32);
    fd_advise(fd: u32, offset: u64, len: u64, advice: u32);
    fd_allocate(fd: u32, offset: u64, len: u64);
    fd_close(fd: u32);
    fd_datasync(fd: u32);
    fd_fdstat_get(fd: u32, stat: u32);
    fd_fdstat_set_flags(fd: u32, flags: u32);
    fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64);
    fd_filestat_get(fd: u32, stat: u32);
    fd_filestat_set_size(fd: u32, size: u64);
    fd_filestat_set_times(fd: u32, atim: u64, mtim: u64, flags: u32);
    fd_pread(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nread: u32);
    fd_prestat_dir_name(fd: u32, path: u32, path_len: u32);
    fd_prestat_get(fd: u32, prestat: u32);
    fd_pwrite(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nwritten: u32);
    fd_read(fd: u32, iovs: u32, iovs_len: u32, nread: u32);
    fd_readdir(fd: u32, buf: u32, buf_len: u32, cookie: u64, bufused: u32);
    fd_renumber(from: u32, to: u32);
    fd_seek(fd: u32, offset: i64, whence: u32, position: u32);
    fd_sync(fd: u32);
    fd_tell(fd: u32, position: u32);
    fd_write(fd: u32, iovs: u32, iovs_len: u32, nwritten: u32);
    path_create_directory(fd: u32, path: u32, path_len: u32);
    path_filestat_get(fd: u32, lookup: u32, path: u32, path_len: u32, stat: u32);
    path_filestat_set_times(
        fd: u32, lookup: u32, path: u32, path_len: u32, atim: u64, mtim: u64, flags: u32
    );
    path_link(
        fd: u32, lookup: u32, path: u32, path_len: u32, new_fd: u32, new_path: u32, new_path_len: u32
    );
    path_open(
        fd: u32, lookup: u32, path: u32, path_len: u32, oflags: u32, base: u64, inheriting: u64, flags: u32,
        opened: u32
    );
    path_readlink(fd: u32, path: u32, path_len: u32, buf: u32, buf_len: u32, bufused: u32);
    path_remove_directory(fd: u32, path: u32, path_len: u32);
    path_rename(fd: u32, path: u32, path_len: u32, new_fd: u32, new_path: u32, new_path_len: u32);
    path_symlink(target: u32, target_len: u32, fd: u32, path: u32, path_len: u32);
    path_unlink_file(fd: u32, path: u32, path_len: u32);
    poll_oneoff(subscriptions: u32, events: u32, count: u32, nevents: u32);
    proc_raise(signal: u32);
    random_get(buf: u32, buf_len: u32);
    sched_yield();
    sock_accept(fd: u32, flags: u32, accepted: u32);
    sock_recv(fd: u32, iovs: u32, iovs_len: u32, flags: u32, nread: u32, roflags: u32);
    sock_send(fd: u32, iovs: u32, iovs_len: u32, flags: u32, nwritten: u32);
    sock_shutdown(fd: u32, how: u32);
}

/// Defines all functions of WASI preview 1: those of `wasi_snapshot_preview1`, and those of its predecessor
/// `wasi_unstable`. `get` finds what the guest is given in the data of the store.
///
/// A guest that ends itself by `proc_exit` makes the call fail with an [`I32Exit`].
///
/// # Errors
/// If names are taken, and shadowing is not allowed.
pub fn add_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    get: impl Fn(&mut T) -> &mut WasiCtx + Send + Sync + Copy + 'static,
) -> terrane::Result<()> {
    for (module, version) in MODULES {
        define(linker, module, version, get)?;
        linker.func_wrap(module, "proc_exit", |code: i32| Err::<(), _>(I32Exit(code)))?;
    }
    Ok(())
}

/// Makes a call in the guest's memory, and returns the number that the guest is told.
fn enter<T: 'static>(
    caller: &mut Caller<'_, T>,
    get: impl Fn(&mut T) -> &mut WasiCtx,
    version: Version,
    run: impl FnOnce(&mut Call<'_>) -> Result,
) -> terrane::Result<u32> {
    let interrupts = caller.interrupts();
    let exported = caller.get_export("memory");
    let (memory, data) = match exported.or_else(|| caller.memory()) {
        Some(Extern::Memory(memory)) => {
            let (bytes, data) = memory.data_and_store_mut(caller.as_context_mut());
            (GuestMemory::Own(bytes), data)
        }
        Some(Extern::SharedMemory(memory)) => (GuestMemory::Shared(memory), caller.data_mut()),
        _ => (GuestMemory::None, caller.data_mut()),
    };
    let ctx = &*get(data).0;
    if ctx.program.is_over() {
        return Err(Trap::Interrupt.into());
    }
    let mut call = Call { ctx, memory, version, interrupts: &interrupts, exit: None };
    let done = run(&mut call);
    match call.exit {
        Some(code) => Err(I32Exit(code).into()),
        None => Ok(done.err().map_or(0, |errno| errno as u32)),
    }
}
