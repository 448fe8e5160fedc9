//! A guest that exports every function that it imports, so that tests are calls.
#![allow(dead_code, unreachable_pub, clippy::print_stdout, reason = "each test uses a part")]

use std::fmt::Write;
use terrane::{Engine, ExternType, Linker, Memory, Module, Store, Val, ValType};
use terrane_wasi::{
    Access, HostDir, MemoryDir, Rights, SteppingClocks, WasiCtx, WasiCtxBuilder, add_to_linker,
};

pub const NEW: &str = "wasi_snapshot_preview1";
pub const OLD: &str = "wasi_unstable";

/// The size of the guest's memory.
pub const SIZE: u32 = 2 << 16;
/// Where results go.
pub const OUT: u32 = 1024;
/// Where paths go.
pub const PATH: u32 = 4096;
const PATH2: u32 = 20480;
/// Where data goes.
pub const DATA: u32 = 40960;

/// All functions but those that end the guest, with the kinds of their arguments: `fd`, `pointer`, `length`, `number`.
pub const FUNCTIONS: [(&str, &str); 44] = [
    ("args_get", "pp"),
    ("args_sizes_get", "pp"),
    ("clock_res_get", "np"),
    ("clock_time_get", "nnp"),
    ("environ_get", "pp"),
    ("environ_sizes_get", "pp"),
    ("fd_advise", "fnnn"),
    ("fd_allocate", "fnn"),
    ("fd_close", "f"),
    ("fd_datasync", "f"),
    ("fd_fdstat_get", "fp"),
    ("fd_fdstat_set_flags", "fn"),
    ("fd_fdstat_set_rights", "fnn"),
    ("fd_filestat_get", "fp"),
    ("fd_filestat_set_size", "fn"),
    ("fd_filestat_set_times", "fnnn"),
    ("fd_pread", "fplnp"),
    ("fd_prestat_dir_name", "fpl"),
    ("fd_prestat_get", "fp"),
    ("fd_pwrite", "fplnp"),
    ("fd_read", "fplp"),
    ("fd_readdir", "fplnp"),
    ("fd_renumber", "ff"),
    ("fd_seek", "fnnp"),
    ("fd_sync", "f"),
    ("fd_tell", "fp"),
    ("fd_write", "fplp"),
    ("path_create_directory", "fpl"),
    ("path_filestat_get", "fnplp"),
    ("path_filestat_set_times", "fnplnnn"),
    ("path_link", "fnplfpl"),
    ("path_open", "fnplnnnnp"),
    ("path_readlink", "fplplp"),
    ("path_remove_directory", "fpl"),
    ("path_rename", "fplfpl"),
    ("path_symlink", "plfpl"),
    ("path_unlink_file", "fpl"),
    ("poll_oneoff", "pplp"),
    ("random_get", "pl"),
    ("sock_accept", "fnp"),
    ("sock_recv", "fplnpp"),
    ("sock_send", "fplnp"),
    ("sock_shutdown", "fn"),
    ("sched_yield", ""),
];

pub struct Guest {
    pub store: Store<WasiCtx>,
    instance: terrane::Instance,
    pub memory: Memory,
    module: &'static str,
}

/// The number of an error.
pub type Outcome<T = ()> = Result<T, u16>;

impl Guest {
    pub fn new(ctx: WasiCtx) -> Self {
        Self::of(NEW, ctx)
    }

    pub fn of(module: &'static str, ctx: WasiCtx) -> Self {
        let engine = Engine::default();
        let mut linker = Linker::new(&engine);
        add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx).unwrap();
        let mut store = Store::new(&engine, ctx);
        let mut text = String::from("(module ");
        let mut exports = String::new();
        let funcs: Vec<_> =
            linker.iter(&mut store).map(|(m, n, f)| (m.to_owned(), n.to_owned(), f)).collect();
        for (first, name, func) in funcs.into_iter().filter(|(first, ..)| first == module) {
            let ExternType::Func(ty) = func.ty(&store) else { panic!("{name}") };
            let list = |types: Vec<ValType>| types.iter().map(|ty| format!("{ty} ")).collect::<String>();
            let (params, results) = (list(ty.params().collect()), list(ty.results().collect()));
            let sig = format!("(param {params}) (result {results})");
            write!(text, "(import \"{first}\" \"{name}\" (func ${name} {sig}))").unwrap();
            let args: String = (0..ty.params().len()).map(|i| format!("(local.get {i})")).collect();
            write!(exports, "(func (export \"{name}\") {sig} (call ${name} {args}))").unwrap();
        }
        write!(text, "(memory (export \"memory\") 2) {exports})").unwrap();
        let module_ = Module::new(&engine, &text).unwrap();
        let instance = linker.instantiate(&mut store, &module_).unwrap();
        let memory = instance.get_memory(&store, "memory").unwrap();
        Self { store, instance, memory, module }
    }

    /// All functions, and how many arguments each has.
    pub fn functions(&mut self) -> Vec<(String, usize)> {
        let exports = self
            .instance
            .exports(&self.store)
            .map(|export| (export.name().to_owned(), export.ty(&self.store)));
        let count =
            |(name, ty)| if let ExternType::Func(ty) = ty { Some((name, ty.params().len())) } else { None };
        exports.filter_map(count).collect()
    }

    /// Calls a function with numbers of whatever types it has.
    pub fn try_call(&mut self, name: &str, args: &[i64]) -> terrane::Result<Outcome> {
        let func = self.instance.get_func(&self.store, name).unwrap_or_else(|| panic!("{name}"));
        let ty = func.ty(&self.store);
        assert_eq!(ty.params().len(), args.len(), "{name}");
        let params: Vec<Val> = ty
            .params()
            .zip(args)
            .map(|(ty, arg)| if matches!(ty, ValType::I32) { Val::I32(*arg as i32) } else { Val::I64(*arg) })
            .collect();
        let mut results = [Val::I32(0)];
        func.call(&mut self.store, &params, &mut results[..ty.results().len()])?;
        match results[0] {
            Val::I32(0) => Ok(Ok(())),
            Val::I32(errno) => Ok(Err(errno as u16)),
            _ => panic!("{name}"),
        }
    }

    pub fn call(&mut self, name: &str, args: &[i64]) -> Outcome {
        self.try_call(name, args).unwrap()
    }

    pub fn write(&mut self, at: u32, bytes: &[u8]) {
        self.memory.write(&mut self.store, at as usize, bytes).unwrap();
    }

    pub fn bytes(&self, at: u32, len: u32) -> Vec<u8> {
        self.memory.read_slice(&self.store, at as usize, len as usize).unwrap()
    }

    pub fn u16(&self, at: u32) -> u16 {
        self.memory.read_pod(&self.store, at as usize).unwrap()
    }

    pub fn u32(&self, at: u32) -> u32 {
        self.memory.read_pod(&self.store, at as usize).unwrap()
    }

    pub fn u64(&self, at: u32) -> u64 {
        self.memory.read_pod(&self.store, at as usize).unwrap()
    }

    /// Calls a function whose first arguments are a descriptor and a path.
    pub fn path(&mut self, name: &str, fd: u32, path: &str) -> Outcome {
        self.write(PATH, path.as_bytes());
        self.call(name, &[fd.into(), PATH.into(), path.len() as i64])
    }

    /// Opens with the rights to do everything; a directory, everything that can be done with one.
    pub fn open(&mut self, fd: u32, path: &str, oflags: i64) -> Outcome<u32> {
        let none = if oflags & 2 == 0 { Rights::empty() } else { Rights::FD_WRITE };
        self.open_with(fd, path, 1, oflags, Rights::all() - none, 0)
    }

    pub fn open_to_read(&mut self, fd: u32, path: &str, oflags: i64) -> Outcome<u32> {
        self.open_with(fd, path, 1, oflags, Rights::all() - Rights::FD_WRITE, 0)
    }

    pub fn open_with(
        &mut self,
        fd: u32,
        path: &str,
        lookup: i64,
        oflags: i64,
        rights: Rights,
        flags: i64,
    ) -> Outcome<u32> {
        self.write(PATH, path.as_bytes());
        let (base, inheriting) = (rights.bits() as i64, Rights::all().bits() as i64);
        let (path, len) = (PATH.into(), path.len() as i64);
        self.call("path_open", &[fd.into(), lookup, path, len, oflags, base, inheriting, flags, OUT.into()])?;
        Ok(self.u32(OUT))
    }

    pub fn close(&mut self, fd: u32) -> Outcome {
        self.call("fd_close", &[fd.into()])
    }

    /// The list of buffers that is one buffer, of this length.
    fn iov(&mut self, len: u32) -> u32 {
        self.write(OUT + 64, &DATA.to_le_bytes());
        self.write(OUT + 68, &len.to_le_bytes());
        OUT + 64
    }

    pub fn write_fd(&mut self, fd: u32, bytes: &[u8]) -> Outcome<u32> {
        let iov = self.iov(bytes.len() as u32);
        self.write(DATA, bytes);
        self.call("fd_write", &[fd.into(), iov.into(), 1, OUT.into()])?;
        Ok(self.u32(OUT))
    }

    pub fn read_fd(&mut self, fd: u32, len: u32) -> Outcome<Vec<u8>> {
        let iov = self.iov(len);
        self.call("fd_read", &[fd.into(), iov.into(), 1, OUT.into()])?;
        Ok(self.bytes(DATA, self.u32(OUT)))
    }

    pub fn pwrite(&mut self, fd: u32, bytes: &[u8], at: i64) -> Outcome<u32> {
        let iov = self.iov(bytes.len() as u32);
        self.write(DATA, bytes);
        self.call("fd_pwrite", &[fd.into(), iov.into(), 1, at, OUT.into()])?;
        Ok(self.u32(OUT))
    }

    pub fn pread(&mut self, fd: u32, len: u32, at: i64) -> Outcome<Vec<u8>> {
        let iov = self.iov(len);
        self.call("fd_pread", &[fd.into(), iov.into(), 1, at, OUT.into()])?;
        Ok(self.bytes(DATA, self.u32(OUT)))
    }

    pub fn seek(&mut self, fd: u32, offset: i64, whence: i64) -> Outcome<u64> {
        self.call("fd_seek", &[fd.into(), offset, whence, OUT.into()])?;
        Ok(self.u64(OUT))
    }

    /// A file with these bytes.
    pub fn file(&mut self, dir: u32, path: &str, bytes: &[u8]) {
        let fd = self.open(dir, path, 1 | 8).unwrap();
        assert_eq!(self.write_fd(fd, bytes), Ok(bytes.len() as u32));
        self.close(fd).unwrap();
    }

    pub fn contents(&mut self, dir: u32, path: &str) -> Outcome<Vec<u8>> {
        let fd = self.open_to_read(dir, path, 0)?;
        let bytes = self.read_fd(fd, 10000);
        self.close(fd)?;
        bytes
    }

    pub fn symlink(&mut self, target: &str, fd: u32, path: &str) -> Outcome {
        self.write(PATH, path.as_bytes());
        self.write(PATH2, target.as_bytes());
        let args = [PATH2.into(), target.len() as i64, fd.into(), PATH.into(), path.len() as i64];
        self.call("path_symlink", &args)
    }

    pub fn rename(&mut self, fd: u32, path: &str, to: u32, to_path: &str) -> Outcome {
        self.write(PATH, path.as_bytes());
        self.write(PATH2, to_path.as_bytes());
        let (path, len, to_len) = (PATH.into(), path.len() as i64, to_path.len() as i64);
        self.call("path_rename", &[fd.into(), path, len, to.into(), PATH2.into(), to_len])
    }

    pub fn link(&mut self, fd: u32, lookup: i64, path: &str, to: u32, to_path: &str) -> Outcome {
        self.write(PATH, path.as_bytes());
        self.write(PATH2, to_path.as_bytes());
        let (path, len, to_len) = (PATH.into(), path.len() as i64, to_path.len() as i64);
        self.call("path_link", &[fd.into(), lookup, path, len, to.into(), PATH2.into(), to_len])
    }

    pub fn read_link(&mut self, fd: u32, path: &str, size: u32) -> Outcome<String> {
        self.write(PATH, path.as_bytes());
        let args = [fd.into(), PATH.into(), path.len() as i64, DATA.into(), size.into(), OUT.into()];
        self.call("path_readlink", &args)?;
        Ok(String::from_utf8(self.bytes(DATA, self.u32(OUT))).unwrap())
    }

    /// The type, the number of links and the size of what is at a path.
    pub fn stat(&mut self, fd: u32, lookup: i64, path: &str) -> Outcome<(u8, u64, u64)> {
        self.write(PATH, path.as_bytes());
        let args = [fd.into(), lookup, PATH.into(), path.len() as i64, OUT.into()];
        self.call("path_filestat_get", &args)?;
        Ok(match self.module {
            OLD => (self.bytes(OUT + 16, 1)[0], self.u32(OUT + 20).into(), self.u64(OUT + 24)),
            _ => (self.bytes(OUT + 16, 1)[0], self.u64(OUT + 24), self.u64(OUT + 32)),
        })
    }

    /// The names in a directory, read with a buffer of so many bytes.
    pub fn names(&mut self, fd: u32, size: u32) -> Outcome<Vec<String>> {
        let (mut names, mut cookie) = (Vec::new(), 0);
        loop {
            self.call("fd_readdir", &[fd.into(), DATA.into(), size.into(), cookie, OUT.into()])?;
            let (used, mut at) = (self.u32(OUT), 0);
            while at + 24 <= used {
                let (next, len) = (self.u64(DATA + at) as i64, self.u32(DATA + at + 16));
                if at + 24 + len > used {
                    break;
                }
                names.push(String::from_utf8(self.bytes(DATA + at + 24, len)).unwrap());
                cookie = next;
                at += 24 + len;
            }
            if used < size {
                names.sort();
                return Ok(names);
            }
            assert!(at > 0, "no entry fits into {size} bytes");
        }
    }
}

/// The kinds of directories that can be written: each with a guest that has an empty one as descriptor 3.
pub fn on_each_kind(test: impl Fn(&mut Guest)) {
    for (name, mut guest, _temp) in kinds(Access::ReadWrite) {
        println!("in a directory of the kind {name}:");
        test(&mut guest);
    }
}

pub fn kinds(access: Access) -> Vec<(&'static str, Guest, Option<tempfile::TempDir>)> {
    let temp = tempfile::tempdir().unwrap();
    std::fs::create_dir(temp.path().join("inside")).unwrap();
    std::fs::write(temp.path().join("secret"), "secret").unwrap();
    let host = HostDir::open_ambient(temp.path().join("inside")).unwrap();
    // What both do is to be the same, to the bit.
    let builder = || {
        let mut builder = WasiCtxBuilder::new();
        builder
            .clocks(SteppingClocks::new(1_700_000_000_000_000_000))
            .random(|bytes: &mut [u8]| bytes.fill(7));
        builder
    };
    let host = builder().preopen("/", host, access).build();
    let memory = builder().preopen("/", MemoryDir::new(), access).build();
    vec![("memory", Guest::new(memory), None), ("host", Guest::new(host), Some(temp))]
}
