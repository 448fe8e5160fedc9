//! Every function with what no program should pass.

mod guest;

use guest::{DATA, FUNCTIONS, Guest, NEW, OLD, OUT, PATH, SIZE};
use terrane_wasi::{Access, MemoryDir, SteppingClocks, WasiCtxBuilder};

fn guest(module: &'static str) -> Guest {
    let dir = MemoryDir::new();
    dir.write("f", "hello").unwrap();
    let mut builder = WasiCtxBuilder::new();
    builder.arg("prog").env("A", "1").clocks(SteppingClocks::new(0));
    Guest::of(module, builder.preopen("/", dir, Access::ReadWrite).build())
}

/// The list above is complete, and has the numbers of arguments that there are.
#[test]
fn every_function_is_tried() {
    for module in [NEW, OLD] {
        let tried = FUNCTIONS.map(|(name, kinds)| (name.to_owned(), kinds.len()));
        let ends = [("proc_exit".to_owned(), 1), ("proc_raise".to_owned(), 1)];
        let mut expected = [&tried[..], &ends].concat();
        expected.sort();
        let mut found = guest(module).functions();
        found.sort();
        assert_eq!(found, expected, "{module}");
    }
}

#[test]
fn descriptors_that_are_not() {
    for module in [NEW, OLD] {
        let mut guest = guest(module);
        guest.write(PATH, b"f");
        for (name, kinds) in
            FUNCTIONS.iter().filter(|(name, kinds)| kinds.contains('f') && *name != "fd_close")
        {
            for fd in [4, 99, -1] {
                let arg = |kind| match kind {
                    'f' => fd,
                    'p' => PATH.into(),
                    'l' => 1,
                    _ => 0,
                };
                let args: Vec<i64> = kinds.chars().map(arg).collect();
                guest.write(PATH, b"f\0\0\0\0\0\0\0");
                assert_eq!(guest.call(name, &args), Err(8), "{name} {fd}");
            }
        }
        guest.close(0).unwrap();
        assert_eq!(guest.close(0), Err(8));
    }
}

/// One pointer outside, all else as it should be: the memory is as it was, and so is the world.
#[test]
fn pointers_outside() {
    for module in [NEW, OLD] {
        for (name, kinds) in FUNCTIONS {
            for bad in kinds.char_indices().filter(|(_, kind)| *kind == 'p').map(|(i, _)| i) {
                for outside in [i64::from(SIZE), i64::from(SIZE) - 1, -1, -4] {
                    let mut guest = guest(module);
                    let zeros = guest.bytes(0, SIZE);
                    let arg = |(i, kind): (usize, char)| match kind {
                        'f' => 3,
                        'p' if i == bad => outside,
                        'p' => (DATA + 1024 * i as u32).into(),
                        'l' => 2,
                        _ => 0,
                    };
                    let args: Vec<i64> = kinds.chars().enumerate().map(arg).collect();
                    assert_eq!(guest.call(name, &args), Err(21), "{name} {args:?}");
                    assert!(guest.bytes(0, SIZE) == zeros, "{name} {args:?} has written");
                    assert_eq!(guest.open(3, "f", 0), Ok(4), "{name} {args:?} has opened something");
                }
            }
        }
    }
}

#[test]
fn huge_lengths() {
    let mut guest = guest(NEW);
    for (name, kinds) in FUNCTIONS.iter().filter(|(_, kinds)| kinds.contains('l')) {
        for len in [i64::from(u32::MAX), 1 << 31, 1 << 29, i64::from(SIZE)] {
            let arg = |kind| match kind {
                'f' => 3,
                'p' => OUT.into(),
                'l' => len,
                _ => 0,
            };
            let args: Vec<i64> = kinds.chars().map(arg).collect();
            assert_eq!(guest.call(name, &args), Err(21), "{name} {len}");
        }
    }
    // Buffers that are each inside, but together more than can be counted.
    let count = 1 << 13;
    for i in 0..count {
        guest.write(DATA + i * 8, &[0, 0, 0, 0, 0, 0, 1, 0]);
    }
    let fd = guest.open(3, "f", 0).unwrap();
    let read = guest.call("fd_read", &[fd.into(), DATA.into(), count.into(), OUT.into()]);
    assert_eq!(read, Ok(()));
    let long = guest.call("fd_read", &[fd.into(), DATA.into(), 1 << 30, OUT.into()]);
    assert_eq!(long, Err(21));
}

/// Calls that are drawn by lot: whatever they answer, nothing panics.
#[test]
fn anything() {
    for seed in 1..40_u64 {
        let mut guest = guest(if seed % 2 == 0 { NEW } else { OLD });
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut below = |n: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) % n
        };
        for _ in 0..500 {
            let (name, kinds) = FUNCTIONS[below(FUNCTIONS.len() as u64) as usize];
            let args: Vec<i64> = kinds
                .chars()
                .map(|kind| match kind {
                    'f' => below(7) as i64 - 1,
                    'p' if below(10) == 0 => -(below(70) as i64),
                    'p' => below(u64::from(SIZE)) as i64 & !7,
                    'l' => [0, 1, 2, 8, 100, 1 << 20][below(6) as usize],
                    _ => [0, 1, 2, 3, 8, 1 << 16, -1, i64::MAX][below(8) as usize],
                })
                .collect();
            // A file of sizes that nobody has is no test of ours.
            if matches!(name, "fd_filestat_set_size" | "fd_allocate" | "fd_pwrite") || name == "fd_seek" {
                continue;
            }
            for _ in 0..8 {
                let byte = [b"f/.d\0\xff\x01\x02"[below(8) as usize]];
                let at = below(u64::from(SIZE)) as u32;
                guest.write(at, &byte);
            }
            let _ = guest.call(name, &args);
        }
    }
}
