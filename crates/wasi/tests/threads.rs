//! Guests that start threads, and guests that are stopped while they wait.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};
use terrane::{Config, Engine, Linker, Module, Result, Store, Trap};
use terrane_wasi::{
    Access, I32Exit, MemoryDir, OutputBuffer, Stdout, Threads, WasiCtx, WasiCtxBuilder,
    add_threads_to_linker, add_to_linker,
};

/// What a store has beside its WASI: something by which the test knows which stores there are.
#[derive(Clone)]
struct Data(WasiCtx, #[expect(dead_code, reason = "it is counted")] Arc<()>);

const IMPORTS: &str = r#"
    (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "env" "memory" (memory 1 1 shared))
    ;; A subscription to an hour of the monotonic clock.
    (data (i32.const 512) "\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\01\00\00\00\00\00\00\00\00\a0\b8\30\46\03\00\00")
    (func $sleep (drop (call $poll (i32.const 512) (i32.const 600) (i32.const 1) (i32.const 640))))
    (func $forever (loop (br 0)))
    ;; Waits until somebody has set the word there, and says what it is.
    (func $wait (param $at i32) (result i32)
        (drop (memory.atomic.wait32 (local.get $at) (i32.const 0) (i64.const -1)))
        (i32.atomic.load (local.get $at)))
    (func $set (param $at i32) (param $to i32)
        (i32.atomic.store (local.get $at) (local.get $to))
        (drop (memory.atomic.notify (local.get $at) (i32.const -1))))"#;

struct Program {
    store: Store<Data>,
    linker: Linker<Data>,
    threads: Threads<Data>,
    stores: Arc<()>,
}

impl Program {
    fn new(wasi: WasiCtx, interruptible: bool, thread: &str, main: &str) -> Result<Self> {
        let engine = Engine::new(Config::new().epoch_interruption(interruptible))?;
        let text = format!(
            r#"(module {IMPORTS}
                (func (export "wasi_thread_start") (param $tid i32) (param $arg i32) {thread})
                (func (export "_start") (result i32) {main}))"#
        );
        let module = Module::new(&engine, text)?;
        let stores = Arc::new(());
        let mut store = Store::new(&engine, Data(wasi, stores.clone()));
        let mut linker = Linker::new(&engine);
        add_to_linker(&mut linker, |data: &mut Data| &mut data.0)?;
        let threads = add_threads_to_linker(&mut linker, &mut store, &module, |data: &mut Data| &mut data.0)?;
        Ok(Self { store, linker, threads, stores })
    }

    fn run(&mut self) -> Result<i32> {
        self.threads.run(&mut self.store, &self.linker, |store, instance| {
            instance.get_typed_func::<(), i32>(&*store, "_start")?.call(store, ())
        })
    }

    /// Do all other threads end?
    fn others_end(&self) -> bool {
        let start = Instant::now();
        while Arc::strong_count(&self.stores) > 2 && start.elapsed() < Duration::from_secs(30) {
            std::thread::sleep(Duration::from_millis(1));
        }
        Arc::strong_count(&self.stores) == 2
    }
}

fn run(thread: &str, main: &str) -> Result<i32> {
    let mut program = Program::new(WasiCtxBuilder::new().build(), true, thread, main)?;
    let ended = program.run();
    assert!(program.others_end(), "threads go on");
    ended
}

const SPAWN: &str = "(drop (call $spawn (i32.const 7)))";

#[test]
fn many_threads() {
    // Each adds its number to a sum; the last one tells.
    let thread = "(drop (i32.atomic.rmw.add (i32.const 4) (local.get $tid)))
        (if (i32.eq (i32.atomic.rmw.add (i32.const 8) (local.get $arg)) (i32.const 49))
            (then (call $set (i32.const 0) (i32.atomic.load (i32.const 4)))))";
    let main = "(local $i i32)
        (loop $more
            (if (i32.le_s (call $spawn (i32.const 1)) (i32.const 0)) (then unreachable))
            (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 50))))
        (call $wait (i32.const 0))";
    assert_eq!(run(thread, main).unwrap(), (1..=50).sum());
}

/// What one thread has opened, another one writes to.
#[test]
fn descriptors_are_shared() {
    let dir = MemoryDir::new();
    let wasi = WasiCtxBuilder::new().preopen("/", dir.clone(), Access::ReadWrite).build();
    let thread = r#"
        (i32.store8 (i32.const 100) (i32.const 102))
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 1) (i64.const 64)
            (i64.const 0) (i32.const 0) (i32.const 104)))
        (call $set (i32.const 0) (i32.load (i32.const 104)))"#;
    let main = format!(
        "{SPAWN} (i32.store (i32.const 200) (i32.const 100)) (i32.store (i32.const 204) (i32.const 1))
        (call $write (call $wait (i32.const 0)) (i32.const 200) (i32.const 1) (i32.const 208))"
    );
    let mut program = Program::new(wasi, true, thread, &main).unwrap();
    assert_eq!(program.run().unwrap(), 0);
    assert_eq!(dir.read("f").unwrap(), b"f");
}

/// However a program ends, it ends all of its threads, whatever they are doing.
#[test]
fn the_end_of_all() {
    let waits = "(drop (call $wait (i32.const 16)))";
    let spins = "(call $forever)";
    let sleeps = "(call $sleep)";
    for busy in [waits, spins, sleeps] {
        let thread = format!("(call $set (i32.const 0) (i32.const 1)) {busy}");
        let main = |end: &str| format!("{SPAWN} (drop (call $wait (i32.const 0))) {end} (i32.const 3)");
        assert_eq!(run(&thread, &main("")).unwrap(), 3, "{busy}");
        let error = run(&thread, &main("(call $exit (i32.const 5))")).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&I32Exit(5)), "{busy}");
        let error = run(&thread, &main("unreachable")).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Trap::UnreachableCodeReached), "{busy}");

        let main = format!("{SPAWN} {busy} (i32.const 0)");
        let error = run("(call $exit (i32.const 6))", &main).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&I32Exit(6)), "{busy}");
        let error = run("unreachable", &main).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Trap::UnreachableCodeReached), "{busy}");
    }
}

/// An engine that cannot interrupt guests: threads end at their next call, and those that sleep are woken.
#[test]
fn without_interruption() {
    for busy in ["(loop (drop (call $yield)) (br 0))", "(loop (call $sleep) (br 0))"] {
        let thread = format!("(call $set (i32.const 0) (i32.const 1)) {busy}");
        let main = format!("{SPAWN} (call $wait (i32.const 0))");
        let mut program = Program::new(WasiCtxBuilder::new().build(), false, &thread, &main).unwrap();
        assert_eq!(program.run().unwrap(), 1);
        assert!(program.others_end(), "{busy}");
    }
}

#[test]
fn limits() {
    let wasi = || WasiCtxBuilder::new().build();
    let main =
        "(drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 0))) (call $spawn (i32.const 0))";
    let mut program = Program::new(wasi(), true, "(call $sleep)", main).unwrap();
    program.threads.max_threads(2);
    assert_eq!(program.run().unwrap(), -6);
    assert!(program.others_end());

    // The host says what a thread's store may do, and may say no.
    let main = format!("{SPAWN} (call $wait (i32.const 0))");
    let mut program = Program::new(wasi(), true, "(call $forever)", &main).unwrap();
    program.threads.configure(|store| store.set_deadline(Instant::now() + Duration::from_millis(5)));
    assert_eq!(program.run().unwrap_err().downcast_ref(), Some(&Trap::Interrupt));
    let mut program = Program::new(wasi(), true, "", &main).unwrap();
    program.threads.configure(|_| Err(terrane::Error::msg("no more threads")));
    assert!(program.run().unwrap_err().to_string().contains("no more threads"));
}

#[test]
fn modules_that_do_not_fit() {
    let engine = Engine::default();
    let import = r#"(import "wasi" "thread-spawn" (func (param i32) (result i32)))"#;
    for (exports, expected) in [
        ("", "there is none"),
        (r#"(func (export "wasi_thread_start") (param i32))"#, "that is"),
        (r#"(global (export "wasi_thread_start") i32 (i32.const 0))"#, "that is no function"),
    ] {
        let module = Module::new(&engine, format!("(module {import} {exports})")).unwrap();
        let mut store = Store::new(&engine, WasiCtxBuilder::new().build());
        let mut linker = Linker::new(&engine);
        let added = add_threads_to_linker(&mut linker, &mut store, &module, |wasi: &mut WasiCtx| wasi);
        let error = added.unwrap_err().to_string();
        assert!(error.contains("wasi_thread_start") && error.contains(expected), "{error}");
    }
}

/// A guest that waits for an hour, or for a connection that nobody makes.
#[test]
fn waiting_is_interrupted() {
    let sleep = "(call $poll (i32.const 512) (i32.const 600) (i32.const 1) (i32.const 640))";
    let accept = "(i32.store8 (i32.const 520) (i32.const 1)) (i32.store (i32.const 528) (i32.const 3))
        (call $poll (i32.const 512) (i32.const 600) (i32.const 1) (i32.const 640))";
    for main in [sleep, accept] {
        for how in ["handle", "deadline", "epoch"] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let out = OutputBuffer::new();
            let mut builder = WasiCtxBuilder::new();
            builder.preopened_listener(listener).stdout(Stdout::buffer(&out));
            let main = format!("(drop {main}) (call $forever) (i32.const 0)");
            let mut program = Program::new(builder.build(), true, "", &main).unwrap();
            let (handle, engine) =
                (program.store.interrupt_handle().unwrap(), program.store.engine().clone());
            match how {
                "deadline" => program.store.set_deadline(Instant::now() + Duration::from_millis(5)).unwrap(),
                _ => program.store.set_epoch_deadline(2),
            }
            let other = std::thread::spawn(move || {
                for _ in 0..4 {
                    std::thread::sleep(Duration::from_millis(5));
                    match how {
                        "handle" => handle.interrupt(),
                        "epoch" => engine.increment_epoch(),
                        _ => {}
                    }
                }
            });
            let error = program.run().unwrap_err();
            assert_eq!(error.downcast_ref(), Some(&Trap::Interrupt), "{how}");
            other.join().unwrap();
        }
    }
}

/// A guest that reads from a pipe into which nobody writes.
#[test]
#[cfg(target_os = "linux")]
fn reading_is_interrupted() {
    let temp = tempfile::tempdir().unwrap();
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, temp.path().join("f"), mode).unwrap();
    let mut builder = WasiCtxBuilder::new();
    builder.preopened_dir(temp.path(), "/", Access::ReadWrite).unwrap();
    let read = "(i32.store8 (i32.const 100) (i32.const 102))
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 0) (i64.const 66)
            (i64.const 0) (i32.const 0) (i32.const 104)))
        (i32.store (i32.const 200) (i32.const 300)) (i32.store (i32.const 204) (i32.const 1))
        (drop (call $read (i32.load (i32.const 104)) (i32.const 200) (i32.const 1) (i32.const 208)))
        (call $forever) (i32.const 0)";
    let mut program = Program::new(builder.build(), true, "", read).unwrap();
    program.store.set_deadline(Instant::now() + Duration::from_millis(20)).unwrap();
    assert_eq!(program.run().unwrap_err().downcast_ref(), Some(&Trap::Interrupt));
}
