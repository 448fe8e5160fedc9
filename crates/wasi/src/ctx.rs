//! What a guest is given.

use crate::clock::{Clocks, Random, SystemClocks, SystemRandom};
use crate::dir::{Directory, HostDir};
use crate::lock::lock;
use crate::program::Program;
use crate::sock::Listener;
use crate::stdio::{Stdin, Stdout};
use crate::table::{Descriptor, Kind, Table};
use crate::types::Result;
use std::fmt;
use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

/// What a guest may do with a directory that it is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Everything.
    #[default]
    ReadWrite,
    /// Change nothing: what would, answers [`Errno::Perm`](crate::Errno::Perm).
    ReadOnly,
}

/// All that one guest sees of the world: made by a [`WasiCtxBuilder`], and kept in a store's data.
///
/// Clones are the same: what is opened by one is open in the other. So the threads of a guest, each of which has a store of
/// its own, see the same.
#[derive(Clone)]
pub struct WasiCtx(pub(crate) Arc<World>);

/// What a guest's threads share.
pub(crate) struct World {
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<String>,
    table: Mutex<Table>,
    pub(crate) clocks: Box<dyn Clocks>,
    random: Mutex<Box<dyn Random>>,
    pub(crate) program: Program,
}

impl World {
    /// The descriptors: not to be held while something else is done.
    pub(crate) fn table(&self) -> MutexGuard<'_, Table> {
        lock(&self.table)
    }

    /// What has that number.
    pub(crate) fn fd(&self, fd: u32) -> Result<Arc<Descriptor>> {
        self.table().get(fd).cloned()
    }

    pub(crate) fn random(&self) -> MutexGuard<'_, Box<dyn Random>> {
        lock(&self.random)
    }
}

impl WasiCtx {
    /// See [`WasiCtxBuilder`].
    pub fn builder() -> WasiCtxBuilder {
        WasiCtxBuilder::new()
    }
}

impl fmt::Debug for WasiCtx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let World { args, env, .. } = &*self.0;
        f.debug_struct("WasiCtx").field("args", args).field("env", env).finish_non_exhaustive()
    }
}

/// Says what a guest is given. Without a word, that is nothing: no arguments, no environment, no files, an empty input,
/// and outputs that nobody reads; only the clocks and the random numbers are the system's.
///
/// ```
/// use terrane_wasi::{Access, MemoryDir, OutputBuffer, Stdout, WasiCtxBuilder};
///
/// let output = OutputBuffer::new();
/// let files = MemoryDir::new();
/// files.write("input.txt", "1 2 3")?;
/// let wasi = WasiCtxBuilder::new()
///     .args(["sum", "/data/input.txt"])
///     .env("LANG", "C")
///     .stdout(Stdout::buffer(&output))
///     .preopen("/data", files, Access::ReadOnly)
///     .build();
/// # Ok::<(), terrane_wasi::Errno>(())
/// ```
pub struct WasiCtxBuilder {
    args: Vec<String>,
    env: Vec<String>,
    stdin: Stdin,
    stdout: Stdout,
    stderr: Stdout,
    listeners: Vec<TcpListener>,
    dirs: Vec<(String, Arc<dyn Directory>, Access)>,
    clocks: Box<dyn Clocks>,
    random: Box<dyn Random>,
}

impl Default for WasiCtxBuilder {
    fn default() -> Self {
        Self {
            args: Vec::new(),
            env: Vec::new(),
            stdin: Stdin::empty(),
            stdout: Stdout::discard(),
            stderr: Stdout::discard(),
            listeners: Vec::new(),
            dirs: Vec::new(),
            clocks: Box::new(SystemClocks),
            random: Box::new(SystemRandom),
        }
    }
}

impl fmt::Debug for WasiCtxBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("WasiCtxBuilder");
        f.field("args", &self.args).field("env", &self.env).finish_non_exhaustive()
    }
}

impl WasiCtxBuilder {
    /// One that gives nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an argument. The first is the name of the program. A zero in it ends it, as guests see it.
    pub fn arg(&mut self, arg: impl Into<String>) -> &mut Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    pub fn args(&mut self, args: impl IntoIterator<Item = impl Into<String>>) -> &mut Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Adds the arguments of the process; what is no UTF-8 in them is replaced.
    pub fn inherit_args(&mut self) -> &mut Self {
        self.args(std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()))
    }

    /// Sets a variable of the environment.
    pub fn env(&mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> &mut Self {
        let start = format!("{}=", name.as_ref());
        self.env.retain(|old| !old.starts_with(&start));
        self.env.push(start + value.as_ref());
        self
    }

    /// Sets variables of the environment.
    pub fn envs(&mut self, envs: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<str>)>) -> &mut Self {
        envs.into_iter().for_each(|(name, value)| {
            self.env(name, value);
        });
        self
    }

    /// Sets all variables of the process's environment; what is no UTF-8 in them is replaced.
    pub fn inherit_env(&mut self) -> &mut Self {
        self.envs(
            std::env::vars_os().map(|(name, value)| {
                (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
            }),
        )
    }

    /// Where descriptor 0 reads from.
    pub fn stdin(&mut self, stdin: Stdin) -> &mut Self {
        self.stdin = stdin;
        self
    }

    /// Where descriptor 1 writes to.
    pub fn stdout(&mut self, stdout: Stdout) -> &mut Self {
        self.stdout = stdout;
        self
    }

    /// Where descriptor 2 writes to.
    pub fn stderr(&mut self, stderr: Stdout) -> &mut Self {
        self.stderr = stderr;
        self
    }

    /// Gives the process's standard input.
    pub fn inherit_stdin(&mut self) -> &mut Self {
        self.stdin(Stdin::inherit())
    }

    /// Gives the process's standard output.
    pub fn inherit_stdout(&mut self) -> &mut Self {
        self.stdout(Stdout::inherit())
    }

    /// Gives the process's standard error.
    pub fn inherit_stderr(&mut self) -> &mut Self {
        self.stderr(Stdout::inherit_stderr())
    }

    /// Gives all three.
    pub fn inherit_stdio(&mut self) -> &mut Self {
        self.inherit_stdin().inherit_stdout().inherit_stderr()
    }

    /// Gives a directory, of whatever kind; the guest knows it as `guest_path`.
    pub fn preopen(
        &mut self,
        guest_path: impl Into<String>,
        dir: impl Directory,
        access: Access,
    ) -> &mut Self {
        self.dirs.push((guest_path.into(), Arc::new(dir), access));
        self
    }

    /// Gives a directory of the host's file system; the guest knows it as `guest_path`.
    ///
    /// # Errors
    /// If the directory cannot be opened.
    pub fn preopened_dir(
        &mut self,
        host_path: impl AsRef<Path>,
        guest_path: impl Into<String>,
        access: Access,
    ) -> io::Result<&mut Self> {
        Ok(self.preopen(guest_path, HostDir::open_ambient(host_path)?, access))
    }

    /// Gives a socket from which the guest can accept connections. The first is descriptor 3; directories come after all
    /// of them.
    pub fn preopened_listener(&mut self, listener: TcpListener) -> &mut Self {
        self.listeners.push(listener);
        self
    }

    /// Whose time it is.
    pub fn clocks(&mut self, clocks: impl Clocks + 'static) -> &mut Self {
        self.clocks = Box::new(clocks);
        self
    }

    /// Where random bytes come from.
    pub fn random(&mut self, random: impl Random + 'static) -> &mut Self {
        self.random = Box::new(random);
        self
    }

    /// What was said, for one guest; the builder is as new then.
    pub fn build(&mut self) -> WasiCtx {
        let said = std::mem::take(self);
        let mut table = Table::default();
        let mut descriptors = vec![
            Descriptor::new(Kind::Input(said.stdin.0)),
            Descriptor::new(Kind::Output(said.stdout.0)),
            Descriptor::new(Kind::Output(said.stderr.0)),
        ];
        descriptors.extend(said.listeners.into_iter().map(|l| Descriptor::new(Kind::Listener(Listener(l)))));
        descriptors.extend(said.dirs.into_iter().map(|(path, dir, access)| {
            let read_only = access == Access::ReadOnly;
            let mut given = Descriptor::dir(dir);
            (given.preopen, given.read_only) = (Some(path), read_only);
            given
        }));
        for descriptor in descriptors {
            // Nobody gives so many that there is no number left; if so, the last ones are missing.
            let _ = table.push(descriptor);
        }
        WasiCtx(Arc::new(World {
            args: said.args,
            env: said.env,
            table: Mutex::new(table),
            clocks: said.clocks,
            random: Mutex::new(said.random),
            program: Program::default(),
        }))
    }
}
