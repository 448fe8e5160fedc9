//! Programs that the library runs, which sees files in memory only.

use crate::{Dir, Ending, Engine, Outcome, Run, Step, Times, Work};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use terrane::{CompilationMode, Config, I32Exit, Linker, Module, Store};
use terrane_wasi::{
    Access, MemoryDir, OutputBuffer, Stdin, Stdout, WasiCtx, WasiCtxBuilder, add_threads_to_linker,
    add_to_linker,
};

/// Runs programs in this process, with files in memory: what a program is given is read in before, and what it may
/// change is written back after.
#[derive(Clone, Copy, Debug)]
pub struct Library {
    /// When functions are compiled.
    pub mode: CompilationMode,
}

impl Engine for Library {
    fn run(&self, run: &Run<'_>) -> Result<Outcome> {
        let Run { step, work } = run;
        let (stdout, stderr) = (OutputBuffer::new(), OutputBuffer::new());
        let mut wasi = WasiCtxBuilder::new();
        wasi.arg(step.module.path(work).file_name().unwrap_or_default().to_string_lossy())
            .args(&step.args)
            .envs(&step.env)
            .stdin(match &step.stdin {
                Some(path) => Stdin::bytes(fs::read(path).with_context(|| path.display().to_string())?),
                None => Stdin::empty(),
            })
            .stdout(Stdout::buffer(&stdout))
            .stderr(Stdout::buffer(&stderr));
        let folders = step.dirs.iter().map(|dir| Folder::read(dir, work)).collect::<Result<Vec<_>>>()?;
        for folder in &folders {
            let access = if folder.is_kept { Access::ReadWrite } else { Access::ReadOnly };
            wasi.preopen(&folder.guest, folder.memory.clone(), access);
        }
        let ending = self.start(step, work, wasi.build());
        for folder in folders.iter().filter(|folder| folder.is_kept) {
            folder.write_back()?;
        }
        let mut errors = stderr.contents();
        let ending = match ending {
            Ok(()) => Ending::Exit(0),
            Err(error) => match error.downcast_ref() {
                Some(&I32Exit(code)) => Ending::Exit(code),
                None => {
                    errors.extend(format!("error: {error:#}").bytes());
                    Ending::Trap
                }
            },
        };
        Ok(Outcome { ending, stdout: stdout.contents(), stderr: errors, times: Times::default() })
    }
}

impl Library {
    fn start(&self, step: &Step, work: &Work, wasi: WasiCtx) -> terrane::Result<()> {
        let mut config = Config::new();
        // Interruption, so that threads end when the program does.
        config.compilation_mode(self.mode).shared_memory(true).epoch_interruption(true);
        let engine = terrane::Engine::new(&config)?;
        let mut linker = Linker::new(&engine);
        add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi)?;
        let mut store = Store::new(&engine, wasi);
        for (name, place) in &step.preload {
            let module = Module::from_file(&engine, place.path(work))?;
            let instance = linker.instantiate(&mut store, &module)?;
            linker.instance(&mut store, name, instance)?;
        }
        let module = Module::from_file(&engine, step.module.path(work))?;
        if step.allow_unknown_imports {
            linker.define_mistyped_imports_as_traps(&mut store, &module)?;
            linker.define_unknown_imports_as_traps(&module)?;
        }
        let threads = add_threads_to_linker(&mut linker, &mut store, &module, |wasi: &mut WasiCtx| wasi)?;
        threads.run(&mut store, &linker, |store, instance| {
            instance.get_typed_func::<(), ()>(&*store, "_start")?.call(store, ())
        })
    }
}

/// A folder in memory, as the guest is given it.
struct Folder {
    guest: String,
    host: PathBuf,
    memory: MemoryDir,
    /// Whether what becomes of it is kept.
    is_kept: bool,
}

impl Folder {
    fn read(dir: &Dir, work: &Work) -> Result<Self> {
        let (host, memory) = (dir.host.path(work), MemoryDir::new());
        read(&host, &memory, "").with_context(|| host.display().to_string())?;
        Ok(Self { guest: dir.guest.clone(), host, memory, is_kept: dir.host.is_work() })
    }

    fn write_back(&self) -> Result<()> {
        empty(&self.host)
            .and_then(|()| write_back(&self.memory, "", &self.host))
            .with_context(|| self.host.display().to_string())
    }
}

/// A path in memory.
fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn read(host: &Path, memory: &MemoryDir, path: &str) -> Result<()> {
    for entry in fs::read_dir(host)? {
        let entry = entry?;
        let path = join(path, &entry.file_name().to_string_lossy());
        match entry.file_type()? {
            kind if kind.is_dir() => {
                memory.create_dir_all(&path)?;
                read(&entry.path(), memory, &path)?;
            }
            kind if kind.is_symlink() => {
                memory.symlink(&fs::read_link(entry.path())?.to_string_lossy(), &path)?;
            }
            _ => memory.write(&path, fs::read(entry.path())?)?,
        }
    }
    Ok(())
}

fn empty(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?
        } else {
            fs::remove_file(entry.path())?
        }
    }
    Ok(())
}

/// Links are left out: no program is asked for one.
fn write_back(memory: &MemoryDir, path: &str, host: &Path) -> Result<()> {
    match memory.list(path) {
        Ok(names) => {
            fs::create_dir_all(host)?;
            names.iter().try_for_each(|name| write_back(memory, &join(path, name), &host.join(name)))
        }
        Err(_) => match memory.read(path) {
            Ok(bytes) => Ok(fs::write(host, bytes)?),
            Err(_) => Ok(()),
        },
    }
}
