#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod calls;
mod clock;
mod ctx;
mod dir;
mod error;
mod linker;
mod lock;
mod memory;
mod program;
mod ready;
mod sock;
mod stdio;
mod table;
mod threads;
mod types;
mod wait;

pub use clock::{Clocks, Random, SteppingClocks, SystemClocks, SystemRandom};
pub use ctx::{Access, WasiCtx, WasiCtxBuilder};
pub use dir::{DirEntry, Directory, File, HostDir, MemoryDir, NamedDir, OpenHow, Opened, SetTimes};
pub use linker::add_to_linker;
pub use stdio::{OutputBuffer, Stdin, Stdout};
pub use terrane::I32Exit;
pub use threads::{Threads, add_threads_to_linker};
pub use types::{Advice, Errno, FdFlags, FileStat, FileType, OFlags, Result, Rights};
