//! What a guest is given of the world.

use crate::failure::{Failure, report};
use crate::input::is_stdin;
use clap::Args;
use std::env::VarError;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use terrane_wasi::{Access, Stdin, WasiCtx, WasiCtxBuilder};

#[derive(Args)]
#[command(next_help_heading = "What it is given (WASI)")]
pub(super) struct Grants {
    /// A directory, which the program sees as GUEST, or else by the same name. With :ro it can change nothing there. May
    /// be repeated.
    #[arg(long = "dir", value_name = "HOST[::GUEST][:ro]", value_parser = Dir::parse)]
    dirs: Vec<Dir>,
    /// A variable of the environment. May be repeated.
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    env: Vec<(String, String)>,
    /// The whole environment of this command, or one variable of it. May be repeated; --env has the last word.
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    env_inherit: Vec<String>,
    /// A file as the standard input.
    #[arg(long, value_name = "FILE")]
    stdin: Option<PathBuf>,
    /// A socket that listens at ADDR:PORT, from which the program can accept connections: the first is descriptor 3, and
    /// directories come after all of them. May be repeated.
    #[arg(long, value_name = "ADDR")]
    tcplisten: Vec<String>,
    /// The name by which the program is called, instead of that of FILE.
    #[arg(long, value_name = "NAME")]
    argv0: Option<String>,
}

/// A directory that a guest is given.
#[derive(Clone)]
struct Dir {
    host: PathBuf,
    guest: String,
    access: Access,
}

impl Dir {
    /// An argument of `--dir`.
    fn parse(arg: &str) -> Result<Self, String> {
        let (names, access) = match arg.strip_suffix(":ro") {
            Some(names) => (names, Access::ReadOnly),
            None => (arg, Access::ReadWrite),
        };
        let (host, guest) = names.split_once("::").unwrap_or((names, names));
        if host.is_empty() || guest.is_empty() {
            return Err(
                "expected HOST, HOST::GUEST or HOST::GUEST:ro, for example /srv/files::/data:ro".to_owned()
            );
        }
        Ok(Self { host: host.into(), guest: guest.to_owned(), access })
    }
}

/// An argument of `--env`.
fn variable(arg: &str) -> Result<(String, String), String> {
    match arg.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE; --env-inherit=NAME passes on what is set here".to_owned()),
    }
}

impl Grants {
    /// What the program of that file is given, called with these arguments.
    pub(super) fn wasi(&self, file: &Path, args: &[String]) -> Result<WasiCtx, Failure> {
        let mut wasi = WasiCtxBuilder::new();
        wasi.arg(self.argv0(file)).args(args).inherit_stdio();
        self.environment(&mut wasi)?;
        if let Some(path) = &self.stdin {
            wasi.stdin(Stdin::reader(open(path)?));
        } else if is_stdin(file) {
            wasi.stdin(Stdin::empty());
        }
        for addr in &self.tcplisten {
            wasi.preopened_listener(listen(addr)?);
        }
        for Dir { host, guest, access } in &self.dirs {
            wasi.preopened_dir(host, guest, *access).map_err(|error| {
                Failure::Usage(format!("--dir: cannot open the directory {}: {error}", host.display()))
            })?;
        }
        Ok(wasi.build())
    }

    /// What the program takes for its own name.
    fn argv0(&self, file: &Path) -> String {
        let name = || file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
        self.argv0.clone().unwrap_or_else(name)
    }

    fn environment(&self, wasi: &mut WasiCtxBuilder) -> Result<(), Failure> {
        for name in &self.env_inherit {
            if name.is_empty() {
                wasi.inherit_env();
                continue;
            }
            let value = std::env::var(name).map_err(|error| {
                Failure::Usage(match error {
                    VarError::NotPresent => format!("--env-inherit: there is no variable `{name}` here"),
                    VarError::NotUnicode(_) => {
                        format!("--env-inherit: the value of `{name}` is not UTF-8")
                    }
                })
            })?;
            wasi.env(name, value);
        }
        wasi.envs(self.env.iter().map(|(name, value)| (name, value)));
        Ok(())
    }
}

/// A socket at an address. Which port it got is said if that was left to the system.
fn listen(addr: &str) -> Result<TcpListener, Failure> {
    let failed = |error| Failure::Usage(format!("--tcplisten: cannot listen at {addr}: {error}"));
    let listener = TcpListener::bind(addr).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    if addr.ends_with(":0") {
        report(&format!("note: listening at {bound}"));
    }
    Ok(listener)
}

/// A file to be read from, and not a directory, which could be opened too.
fn open(path: &Path) -> Result<File, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::Usage(format!("--stdin: cannot read {}: {error}", path.display()))
    };
    let file = File::open(path).map_err(|error| failed(&error))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(failed(&"it is a directory"));
    }
    Ok(file)
}
