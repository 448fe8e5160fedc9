//! Standard streams, waiting, sockets, arguments, clocks, the end.

mod guest;

use guest::{DATA, Guest, OLD, OUT};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};
use terrane_wasi::{
    Access, Errno, I32Exit, MemoryDir, OutputBuffer, Stdin, Stdout, SteppingClocks, WasiCtxBuilder,
};

const EVENTS: u32 = 8192;

fn err<T>(errno: Errno) -> Result<T, u16> {
    Err(errno as u16)
}

#[test]
fn standard_streams() {
    let (out, errors) = (OutputBuffer::new(), OutputBuffer::with_limit(4));
    let mut builder = WasiCtxBuilder::new();
    builder.stdin(Stdin::bytes("input")).stdout(Stdout::buffer(&out)).stderr(Stdout::buffer(&errors));
    let mut guest = Guest::new(builder.build());
    assert_eq!(guest.read_fd(0, 3).unwrap(), b"inp");
    assert_eq!(guest.read_fd(0, 30).unwrap(), b"ut");
    assert_eq!(guest.read_fd(0, 30).unwrap(), b"");
    assert_eq!(guest.write_fd(1, b"hello"), Ok(5));
    assert_eq!(out.contents(), b"hello");
    assert_eq!(guest.write_fd(2, b"hello"), err(Errno::NoSpc));
    assert_eq!(errors.contents(), b"hell");
    assert_eq!(guest.write_fd(0, b"x"), err(Errno::BadF));
    assert_eq!(guest.read_fd(1, 1), err(Errno::BadF));
    assert_eq!(guest.seek(1, 0, 0), err(Errno::SPipe));
    assert_eq!(guest.pread(0, 1, 0), err(Errno::SPipe));
    assert_eq!(guest.pread(1, 1, 0), err(Errno::BadF));
    assert_eq!(guest.pwrite(0, b"x", 0), err(Errno::BadF));
    assert_eq!(guest.open(0, "x", 0), err(Errno::BadF));
    guest.call("fd_filestat_get", &[1, OUT.into()]).unwrap();
    guest.call("fd_fdstat_get", &[1, OUT.into()]).unwrap();
    assert_eq!(guest.bytes(OUT, 1), [0]);
}

#[test]
fn arguments_and_environment() {
    let mut builder = WasiCtxBuilder::new();
    builder.args(["prog", "-x"]).env("A", "1").env("B", "2").env("A", "3");
    let mut guest = Guest::new(builder.build());
    for (sizes, get, expected) in [
        ("args_sizes_get", "args_get", &b"prog\0-x\0"[..]),
        ("environ_sizes_get", "environ_get", b"B=2\0A=3\0"),
    ] {
        guest.call(sizes, &[OUT.into(), (OUT + 4).into()]).unwrap();
        assert_eq!((guest.u32(OUT), guest.u32(OUT + 4)), (2, expected.len() as u32));
        guest.call(get, &[OUT.into(), DATA.into()]).unwrap();
        assert_eq!(guest.u32(OUT), DATA);
        assert_eq!(guest.bytes(DATA, expected.len() as u32), expected);
        let second = expected.iter().position(|byte| *byte == 0).unwrap() as u32 + 1;
        assert_eq!(guest.u32(OUT + 4), DATA + second);
    }
}

#[test]
fn clocks_and_randomness() {
    let mut builder = WasiCtxBuilder::new();
    builder.clocks(SteppingClocks::new(1000)).random(|bytes: &mut [u8]| bytes.fill(7));
    let mut guest = Guest::new(builder.build());
    guest.call("clock_time_get", &[0, 0, OUT.into()]).unwrap();
    assert_eq!(guest.u64(OUT), 1001);
    guest.call("clock_time_get", &[1, 0, OUT.into()]).unwrap();
    assert_eq!(guest.u64(OUT), 2);
    guest.call("clock_res_get", &[0, OUT.into()]).unwrap();
    assert_eq!(guest.u64(OUT), 1);
    assert_eq!(guest.call("clock_time_get", &[4, 0, OUT.into()]), err(Errno::Inval));
    guest.call("random_get", &[OUT.into(), 3]).unwrap();
    assert_eq!(guest.bytes(OUT, 4)[..3], [7; 3]);
    assert_eq!(guest.call("sched_yield", &[]), Ok(()));

    let mut guest = Guest::new(WasiCtxBuilder::new().build());
    guest.call("random_get", &[DATA.into(), 64]).unwrap();
    assert_ne!(guest.bytes(DATA, 64), [0; 64]);
}

#[test]
fn the_end() {
    let mut guest = Guest::new(WasiCtxBuilder::new().build());
    let code = |error: terrane::Error| error.downcast_ref::<I32Exit>().unwrap().0;
    assert_eq!(code(guest.try_call("proc_exit", &[7]).unwrap_err()), 7);
    assert_eq!(code(guest.try_call("proc_raise", &[6]).unwrap_err()), 134);
    assert_eq!(guest.call("proc_raise", &[0]), Ok(()));
    assert_eq!(guest.call("proc_raise", &[99]), err(Errno::Inval));
}

/// Puts a subscription to a clock into the list.
fn clock(guest: &mut Guest, index: u32, userdata: u64, clock: u32, timeout: u64, absolute: bool) {
    let at = DATA + index * 48;
    guest.write(at, &[0; 48]);
    guest.write(at, &userdata.to_le_bytes());
    guest.write(at + 16, &clock.to_le_bytes());
    guest.write(at + 24, &timeout.to_le_bytes());
    guest.write(at + 40, &[absolute.into()]);
}

fn descriptor(guest: &mut Guest, index: u32, userdata: u64, kind: u8, fd: u32) {
    let at = DATA + index * 48;
    guest.write(at, &[0; 48]);
    guest.write(at, &userdata.to_le_bytes());
    guest.write(at + 8, &[kind]);
    guest.write(at + 16, &fd.to_le_bytes());
}

/// What has happened: whose, which error, which kind, how many bytes.
fn poll(guest: &mut Guest, count: u32) -> Result<Vec<(u64, u16, u8, u64)>, u16> {
    guest.call("poll_oneoff", &[DATA.into(), EVENTS.into(), count.into(), OUT.into()])?;
    let event = |i| {
        let at = EVENTS + i * 32;
        (guest.u64(at), guest.u16(at + 8), guest.bytes(at + 10, 1)[0], guest.u64(at + 16))
    };
    Ok((0..guest.u32(OUT)).map(event).collect())
}

#[test]
fn waiting_for_clocks() {
    let mut guest = Guest::new(WasiCtxBuilder::new().build());
    assert_eq!(poll(&mut guest, 0), err(Errno::Inval));
    let start = Instant::now();
    clock(&mut guest, 0, 1, 1, 20_000_000, false);
    clock(&mut guest, 1, 2, 0, 60_000_000_000, false);
    assert_eq!(poll(&mut guest, 2), Ok(vec![(1, 0, 0, 0)]));
    assert!(start.elapsed() >= Duration::from_millis(20));
    guest.call("clock_time_get", &[0, 0, OUT.into()]).unwrap();
    let soon = guest.u64(OUT) + 5_000_000;
    clock(&mut guest, 0, 1, 0, soon, true);
    assert_eq!(poll(&mut guest, 1), Ok(vec![(1, 0, 0, 0)]));
    clock(&mut guest, 0, 1, 1, 1, true);
    for id in [2, 3, 9] {
        clock(&mut guest, 1, 2, id, 1, true);
        assert_eq!(poll(&mut guest, 2), err(Errno::Inval));
    }
    descriptor(&mut guest, 0, 1, 3, 0);
    assert_eq!(poll(&mut guest, 1), err(Errno::Inval));
}

#[test]
fn made_up_time_does_not_wait() {
    let mut guest = Guest::new(WasiCtxBuilder::new().clocks(SteppingClocks::new(0)).build());
    clock(&mut guest, 0, 1, 1, 3_600_000_000_000, false);
    assert_eq!(poll(&mut guest, 1), Ok(vec![(1, 0, 0, 0)]));
    guest.call("clock_time_get", &[1, 0, OUT.into()]).unwrap();
    assert!(guest.u64(OUT) > 3_600_000_000_000);
}

#[test]
fn waiting_for_descriptors() {
    let dir = MemoryDir::new();
    dir.write("f", "hello").unwrap();
    let mut guest = Guest::new(WasiCtxBuilder::new().preopen("/", dir, Access::ReadWrite).build());
    let fd = guest.open(3, "f", 0).unwrap();
    descriptor(&mut guest, 0, 1, 1, fd);
    descriptor(&mut guest, 1, 2, 2, 1);
    clock(&mut guest, 2, 3, 1, 60_000_000_000, false);
    assert_eq!(poll(&mut guest, 3), Ok(vec![(1, 0, 1, 5), (2, 0, 2, 1)]));
    for (kind, fd) in [(1, 99), (2, 99), (1, 3), (2, 3), (2, 0), (1, 1)] {
        descriptor(&mut guest, 1, 2, kind, fd);
        assert_eq!(poll(&mut guest, 3), err(Errno::BadF), "{kind} {fd}");
    }
}

#[test]
fn the_older_subscription() {
    let mut guest = Guest::of(OLD, WasiCtxBuilder::new().clocks(SteppingClocks::new(0)).build());
    guest.write(DATA, &[0; 56]);
    guest.write(DATA + 24, &1_u32.to_le_bytes());
    guest.write(DATA + 32, &5_000_000_u64.to_le_bytes());
    assert_eq!(poll(&mut guest, 1), Ok(vec![(0, 0, 0, 0)]));
    guest.call("clock_time_get", &[1, 0, OUT.into()]).unwrap();
    assert!(guest.u64(OUT) > 5_000_000);
}

#[test]
fn sockets() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut guest = Guest::new(WasiCtxBuilder::new().preopened_listener(listener).build());
    guest.call("fd_fdstat_set_flags", &[3, 4]).unwrap();
    assert_eq!(guest.call("sock_accept", &[3, 0, OUT.into()]), err(Errno::Again));
    descriptor(&mut guest, 0, 1, 1, 3);
    clock(&mut guest, 1, 2, 1, 10_000_000, false);
    assert_eq!(poll(&mut guest, 2), Ok(vec![(2, 0, 0, 0)]));

    let mut client = TcpStream::connect(address).unwrap();
    assert_eq!(poll(&mut guest, 1).unwrap()[0].0, 1);
    guest.call("sock_accept", &[3, 0, OUT.into()]).unwrap();
    let fd = guest.u32(OUT);
    client.write_all(b"ping").unwrap();
    descriptor(&mut guest, 0, 1, 1, fd);
    assert_eq!(poll(&mut guest, 1), Ok(vec![(1, 0, 1, 4)]));

    guest.write(OUT + 64, &DATA.to_le_bytes());
    guest.write(OUT + 68, &100_u32.to_le_bytes());
    let mut receive = |flags| {
        let args = [fd.into(), (OUT + 64).into(), 1, flags, OUT.into(), (OUT + 8).into()];
        guest.call("sock_recv", &args).map(|()| guest.bytes(DATA, guest.u32(OUT)))
    };
    assert_eq!(receive(1).unwrap(), b"ping");
    assert_eq!(receive(0).unwrap(), b"ping");
    assert_eq!(receive(8), err(Errno::Inval));
    guest.write(OUT + 68, &4_u32.to_le_bytes());
    guest.write(DATA, b"pong");
    guest.call("sock_send", &[fd.into(), (OUT + 64).into(), 1, 0, OUT.into()]).unwrap();
    assert_eq!(guest.call("sock_shutdown", &[fd.into(), 0]), err(Errno::Inval));
    assert_eq!(guest.call("sock_shutdown", &[fd.into(), 2]), Ok(()));
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "pong");
    assert_eq!(guest.call("sock_shutdown", &[0, 2]), err(Errno::NotSock));
    assert_eq!(guest.call("sock_accept", &[0, 0, OUT.into()]), err(Errno::NotSock));
    assert_eq!(guest.call("sock_shutdown", &[77, 2]), err(Errno::BadF));
}

/// A guest whose memory threads share: bytes are copied instead of borrowed.
#[test]
fn shared_memory() {
    use terrane::{Engine, Linker, MemoryType, Module, SharedMemory, Store};

    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module
            (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
            (import "env" "memory" (memory 4 4 shared))
            (export "memory" (memory 0))
            (func (export "run") (result i32)
                (i32.store (i32.const 0) (i32.const 1000))
                (i32.store (i32.const 4) (i32.const 100000))
                (drop (call $random (i32.const 200000) (i32.const 600)))
                (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
                (i32.store (i32.const 4) (i32.load (i32.const 8)))
                (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12))))"#,
    )
    .unwrap();
    let out = OutputBuffer::new();
    let mut builder = WasiCtxBuilder::new();
    builder.stdin(Stdin::bytes(vec![b'x'; 100_000])).stdout(Stdout::buffer(&out));
    builder.random(|bytes: &mut [u8]| bytes.fill(9));
    let mut store = Store::new(&engine, builder.build());
    let memory = SharedMemory::new(&engine, MemoryType::shared(4, 4)).unwrap();
    let mut linker = Linker::new(&engine);
    terrane_wasi::add_to_linker(&mut linker, |ctx: &mut terrane_wasi::WasiCtx| ctx).unwrap();
    linker.define(&store, "env", "memory", memory.clone()).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<(), i32>(&mut store, "run").unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), 0);
    let read: u32 = memory.read_pod(8).unwrap();
    assert!(read > 0 && out.contents() == vec![b'x'; read as usize]);
    assert_eq!(memory.read_slice::<u8>(200_000, 601).unwrap()[598..], [9, 9, 0]);
}
