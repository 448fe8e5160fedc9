use super::*;
use proptest::prelude::*;
use std::thread;
use terrane_syntax::types::AddrType;

const PAGE: usize = 65536;

/// Every way to get bytes: reserved, reserved so little that it must move, reserved without a pool, and buffers.
fn configs() -> [MemConfig; 4] {
    [
        MemConfig::default(),
        MemConfig::new(2 * PAGE as u64, 2),
        MemConfig::new(MemConfig::RESERVATION, 0),
        MemConfig::new(0, 0),
    ]
}

fn yes(_: u64, _: u64) -> bool {
    true
}

fn shared(min: u64, max: u64) -> MemType {
    MemType { shared: true, ..MemType::new(min, Some(max)) }
}

fn memory64(min: u64, max: Option<u64>) -> MemType {
    MemType { addr: AddrType::I64, ..MemType::new(min, max) }
}

fn bytewise(min: u64, max: Option<u64>) -> MemType {
    MemType { page_size_log2: 0, ..MemType::new(min, max) }
}

fn byte(mem: &MemInst, at: u64) -> Result<u8, Trap> {
    let mut byte = [0];
    mem.read(at, &mut byte).map(|()| byte[0])
}

#[test]
fn new_memories_are_zero_and_grow_by_zeros() {
    for config in configs() {
        for ty in [MemType::new(1, None), MemType::new(1, Some(8)), shared(1, 8), memory64(1, None)] {
            let mut mem = MemInst::new(ty, &config).unwrap();
            let mut expected = Vec::new();
            for (i, delta) in [0, 1, 0, 1, 5].into_iter().enumerate() {
                let size = mem.size();
                assert_eq!(mem.grow(delta, yes), Ok(size), "{ty:?} {config:?}");
                assert_eq!(mem.size(), size + delta);
                assert_eq!(mem.len(), mem.size() as usize * PAGE);
                assert_eq!(mem.ty(), MemType { limits: Limits { min: mem.size(), ..ty.limits }, ..ty });
                expected.resize(mem.len(), 0);
                let mut found = vec![1; mem.len()];
                mem.read(0, &mut found).unwrap();
                assert!(found == expected);
                let (first, last) = (size * PAGE as u64 - 1, mem.len() as u64 - 1);
                for at in [first, last] {
                    mem.write(at, &[i as u8 + 1]).unwrap();
                    expected[at as usize] = i as u8 + 1;
                }
            }
        }
    }
}

#[test]
fn growing_stops_at_the_maximum() {
    for config in configs() {
        for ty in [MemType::new(1, Some(3)), shared(1, 2), memory64(0, Some(1)), bytewise(5, Some(7))] {
            let mut mem = MemInst::new(ty, &config).unwrap();
            let max = ty.limits.max.unwrap();
            let room = max - mem.size();
            for delta in [room + 1, u64::MAX, u64::MAX - room] {
                let pages = mem.size().saturating_add(delta);
                let error = MemError::TooLarge { pages, max, page_size: ty.page_size() };
                assert_eq!(mem.grow(delta, |_, _| unreachable!()), Err(error));
            }
            assert_eq!(mem.grow(room, yes), Ok(max - room));
            assert_eq!(mem.grow(0, yes), Ok(max));
            assert!(mem.grow(1, yes).is_err());
        }
    }
}

#[test]
fn the_caller_can_forbid_growing() {
    for config in configs() {
        let mut mem = MemInst::new(MemType::new(1, None), &config).unwrap();
        let mut asked = None;
        let result = mem.grow(3, |old, new| {
            asked = Some((old, new));
            false
        });
        assert_eq!(asked, Some((65536, 4 * 65536)));
        assert_eq!(result, Err(MemError::Denied { bytes: 4 * 65536 }));
        assert_eq!(mem.size(), 1);
    }
}

#[test]
fn errors_say_what_was_found() {
    let found = |ty| MemInst::new(ty, &MemConfig::default()).unwrap_err().to_string();
    assert_eq!(
        found(MemType::new(65537, None)),
        "memory size must be at most 65536 pages of 65536 bytes, found 65537"
    );
    assert_eq!(
        found(MemType::new(2, Some(1))),
        "memory size must be at most 1 pages of 65536 bytes, found 2"
    );
    let huge = "memory allocation failed: the host refused a memory of 281474976710656 pages of 65536 bytes";
    assert_eq!(found(memory64(1 << 48, None)), huge);
    assert!(found(memory64(1 << 45, None)).starts_with("memory allocation failed"));
    assert!(found(bytewise(1 << 32, None)).starts_with("memory size must be at most 4294967295 pages"));
}

#[test]
fn nothing_at_all() {
    for config in configs() {
        let mut mem = MemInst::new(MemType::new(0, Some(0)), &config).unwrap();
        assert!(mem.is_empty() && mem.header().is_empty() && !mem.is_reserved());
        assert_eq!(mem.data(), []);
        assert_eq!(mem.fill(0, 1, 0), Ok(()));
        assert_eq!(mem.fill(1, 1, 0), Err(Trap::OutOfBoundsMemoryAccess));
        assert_eq!(byte(&mem, 0), Err(Trap::OutOfBoundsMemoryAccess));
        assert_eq!(mem.grow(0, yes), Ok(0));
    }
}

/// Ranges at and past the end, and around the end of 64-bit addresses.
#[test]
fn bounds() {
    const END: u64 = PAGE as u64;
    let trap = Err(Trap::OutOfBoundsMemoryAccess);
    for config in configs() {
        for ty in [MemType::new(1, None), shared(1, 1)] {
            let mut mem = MemInst::new(ty, &config).unwrap();
            let other = MemInst::new(MemType::new(2, None), &config).unwrap();
            for (at, n, inside) in [
                (0, 0, true),
                (0, END, true),
                (END, 0, true),
                (END - 1, 1, true),
                (0, END + 1, false),
                (1, END, false),
                (END + 1, 0, false),
                (END, 1, false),
                (1 << 32, 0, false),
                (1, u64::MAX, false),
                (u64::MAX, 1, false),
                (u64::MAX, u64::MAX, false),
                (0, u64::MAX, false),
            ] {
                let expected = if inside { Ok(()) } else { trap };
                assert_eq!(mem.fill(at, 7, n), expected, "fill {at} {n}");
                assert_eq!(mem.copy_within(at, 0, n), expected, "copy to {at} {n}");
                assert_eq!(mem.copy_within(0, at, n), expected, "copy from {at} {n}");
                assert_eq!(mem.copy_from(at, &other, 0, n), expected, "copy to {at} {n}");
                let segment = vec![7; PAGE];
                assert_eq!(mem.init(at, &segment, 0, n), expected, "init to {at} {n}");
                assert_eq!(mem.init(0, &segment, at, n), expected, "init from {at} {n}");
                if let Ok(n @ ..=0x1_0001) = usize::try_from(n) {
                    assert_eq!(mem.write(at, &vec![0; n]), expected);
                    assert_eq!(mem.read(at, &mut vec![0; n]), expected);
                }
            }
        }
    }
}

/// What does not fit as a whole is not begun.
#[test]
fn nothing_is_written_before_a_trap() {
    for ty in [MemType::new(1, Some(1)), shared(1, 1)] {
        let mut mem = MemInst::new(ty, &MemConfig::default()).unwrap();
        let end = mem.len() as u64;
        assert!(mem.fill(end - 4, 1, 5).is_err());
        assert!(mem.write(end - 4, &[1; 5]).is_err());
        assert!(mem.init(end - 4, &[1; 5], 0, 5).is_err());
        assert!(mem.init(0, &[1; 5], 1, 5).is_err());
        mem.fill(0, 1, 5).unwrap();
        assert!(mem.copy_within(end - 4, 0, 5).is_err());
        for at in end - 4..end {
            assert_eq!(byte(&mem, at), Ok(0));
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "buffers of 4 GiB")]
fn all_of_32_bits() {
    let mut mem = MemInst::new(MemType::new(65535, None), &MemConfig::default()).unwrap();
    assert_eq!(
        mem.grow(2, yes).unwrap_err(),
        MemError::TooLarge { pages: 65537, max: 65536, page_size: 65536 }
    );
    assert_eq!(mem.grow(1, yes), Ok(65535));
    assert_eq!((mem.size(), mem.len() as u64), (65536, 1 << 32));
    assert_eq!(mem.write(u32::MAX.into(), &[9]), Ok(()));
    assert_eq!(byte(&mem, u32::MAX.into()), Ok(9));
    assert_eq!(mem.fill(0, 9, 1), Ok(()));
    assert_eq!(byte(&mem, 1 << 32), Err(Trap::OutOfBoundsMemoryAccess));
    assert_eq!(mem.data()[PAGE], 0);
    assert!(mem.grow(1, yes).is_err());
    // The pool must not keep it.
    drop(mem);
    let from_start = MemInst::new(MemType::new(65536, Some(65536)), &MemConfig::new(0, 0)).unwrap();
    assert_eq!(byte(&from_start, u32::MAX.into()), Ok(0));
}

#[test]
#[cfg_attr(miri, ignore = "buffers of 8 GiB")]
fn beyond_32_bits() {
    let mut mem = MemInst::new(memory64(1, None), &MemConfig::default()).unwrap();
    mem.write(PAGE as u64 - 1, &[4]).unwrap();
    assert_eq!(mem.grow(1 << 17, yes), Ok(1));
    mem.write(1 << 33, &[5]).unwrap();
    assert_eq!(
        mem.grow(1 << 48, yes).unwrap_err(),
        MemError::TooLarge { pages: (1 << 48) + (1 << 17) + 1, max: 1 << 48, page_size: 1 << 16 }
    );
    assert!(matches!(mem.grow(1 << 46, yes), Err(MemError::Refused { .. } | MemError::TooLarge { .. })));
    assert_eq!((byte(&mem, PAGE as u64 - 1), byte(&mem, 1 << 33)), (Ok(4), Ok(5)));
}

#[test]
#[cfg_attr(miri, ignore = "takes long")]
fn many_memories_one_after_another() {
    for config in configs() {
        for i in 0..100_000_u64 {
            let mut mem = MemInst::new(MemType::new(i % 2, None), &config).unwrap();
            // What leaked would use up the address space, and later memories would be buffers.
            assert_eq!(
                mem.is_reserved(),
                config.reservation > 0 && cfg!(all(unix, target_pointer_width = "64"))
            );
            assert_eq!(mem.grow(1, yes), Ok(i % 2));
            assert_eq!(byte(&mem, 77), Ok(0));
            mem.write(77, &[1]).unwrap();
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "takes long")]
fn many_memories_at_once() {
    for config in [MemConfig::default(), MemConfig::new(0, 0)] {
        let memory = |_| MemInst::new(MemType::new(1, None), &config).unwrap();
        let mut memories: Vec<MemInst> = (0..10_000).map(memory).collect();
        for (i, mem) in memories.iter_mut().enumerate() {
            mem.write(0, &(i as u32).to_le_bytes()).unwrap();
            assert_eq!(
                mem.is_reserved(),
                config.reservation > 0 && cfg!(all(unix, target_pointer_width = "64"))
            );
        }
        for (i, mem) in memories.iter().enumerate() {
            assert_eq!(mem.data()[..4], (i as u32).to_le_bytes());
        }
    }
}

#[test]
fn default_configurations_share_a_pool() {
    assert!(std::ptr::eq(MemConfig::default().pool(), MemConfig::default().pool()));
}

#[test]
fn reused_space_is_zero() {
    let config = MemConfig::new(1 << 32, 1);
    for pages in [1, 2, 64, 1, 65, 100, 3] {
        let mut mem = MemInst::new(MemType::new(pages, None), &config).unwrap();
        assert!(mem.data().iter().all(|&byte| byte == 0));
        mem.data_mut().fill(1);
        assert_eq!(mem.grow(1, yes), Ok(pages));
        assert!(mem.data()[pages as usize * PAGE..].iter().all(|&byte| byte == 0));
        mem.data_mut().fill(2);
    }
}

#[test]
fn handles_of_a_shared_memory_see_the_same() {
    for config in configs() {
        let mut one = MemInst::new(shared(1, 2), &config).unwrap();
        let mut two = one.share().unwrap();
        assert!(one.same(&two) && !one.same(&MemInst::new(shared(1, 2), &config).unwrap()));
        let base = one.base();
        assert_eq!(one.grow(1, yes), Ok(1));
        assert_eq!((two.size(), two.base(), one.base()), (2, base, base));
        two.write(PAGE as u64 - 1, &[1, 2, 3]).unwrap();
        two.copy_within(5, PAGE as u64 - 1, 3).unwrap();
        one.copy_from(6, &two, 5, 3).unwrap();
        drop(two);
        let mut found = [0; 5];
        one.read(4, &mut found).unwrap();
        assert_eq!(found, [0, 1, 1, 2, 3]);
    }
    assert!(MemInst::new(MemType::new(0, None), &MemConfig::default()).unwrap().share().is_none());
}

#[test]
fn threads_grow_and_write_a_shared_memory() {
    const THREADS: u64 = 4;
    const STEPS: u64 = if cfg!(miri) { 2 } else { 50 };
    for config in [MemConfig::default(), MemConfig::new(0, 0)] {
        let mut mem = MemInst::new(shared(0, THREADS * STEPS), &config).unwrap();
        let mut pages: Vec<u64> = thread::scope(|scope| {
            let threads = [(); THREADS as usize].map(|()| {
                let mut mem = mem.share().unwrap();
                scope.spawn(move || {
                    let step = |_| {
                        let page = mem.grow(1, yes).unwrap();
                        mem.fill(page * PAGE as u64, page as u8, 16).unwrap();
                        // All write here.
                        mem.write(3, &[0xff; 9]).unwrap();
                        page
                    };
                    (0..STEPS).map(step).collect::<Vec<_>>()
                })
            });
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        pages.sort_unstable();
        assert!(pages.into_iter().eq(0..THREADS * STEPS), "each page was given to one");
        for page in 1..THREADS * STEPS {
            assert_eq!(byte(&mem, page * PAGE as u64 + 15), Ok(page as u8));
        }
        assert_eq!(byte(&mem, 11), Ok(0xff));
        assert!(mem.grow(1, yes).is_err());
    }
}

#[test]
#[should_panic(expected = "shared memory cannot be borrowed")]
fn a_shared_memory_does_not_lend_its_bytes() {
    MemInst::new(shared(1, 1), &MemConfig::default()).unwrap().data();
}

#[derive(Clone, Debug)]
enum Op {
    Grow(u64),
    Fill(u64, u8, u64),
    Copy(u64, u64, u64),
    Init(u64, Vec<u8>, u64, u64),
    Write(u64, Vec<u8>),
}

fn op() -> impl Strategy<Value = Op> {
    // Most are inside a memory of some hundreds of bytes.
    let at = || 0..400_u64;
    let bytes = || prop::collection::vec(any::<u8>(), 0..90);
    prop_oneof![
        (0..90_u64).prop_map(Op::Grow),
        (at(), any::<u8>(), at()).prop_map(|(d, value, n)| Op::Fill(d, value, n)),
        (at(), at(), at()).prop_map(|(d, s, n)| Op::Copy(d, s, n)),
        (at(), bytes(), 0..30_u64, 0..90_u64).prop_map(|(d, bytes, s, n)| Op::Init(d, bytes, s, n)),
        (at(), bytes()).prop_map(|(at, bytes)| Op::Write(at, bytes)),
    ]
}

/// `n` from `at` on in something of length `len`.
fn model_range(at: u64, n: u64, len: usize) -> Result<std::ops::Range<usize>, Trap> {
    let end = at + n;
    if end > len as u64 { Err(Trap::OutOfBoundsMemoryAccess) } else { Ok(at as usize..end as usize) }
}

fn model(bytes: &mut Vec<u8>, op: &Op) -> Result<(), Trap> {
    match op {
        Op::Grow(delta) => bytes.resize(bytes.len() + *delta as usize, 0),
        Op::Fill(d, value, n) => {
            let range = model_range(*d, *n, bytes.len())?;
            bytes[range].fill(*value);
        }
        Op::Copy(d, s, n) => {
            let (from, to) = (model_range(*s, *n, bytes.len())?, model_range(*d, *n, bytes.len())?);
            bytes.copy_within(from, to.start);
        }
        Op::Init(d, segment, s, n) => {
            let (from, to) = (model_range(*s, *n, segment.len())?, model_range(*d, *n, bytes.len())?);
            bytes[to].copy_from_slice(&segment[from]);
        }
        Op::Write(at, new) => {
            let range = model_range(*at, new.len() as u64, bytes.len())?;
            bytes[range].copy_from_slice(new);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 4 } else { 256 }, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn behaves_like_a_vector(ops in prop::collection::vec(op(), 0..40), is_shared: bool) {
        let ty = MemType { shared: is_shared, ..bytewise(100, Some(4000)) };
        for config in [MemConfig::default(), MemConfig::new(0, 0)] {
            let mut mem = MemInst::new(ty, &config).unwrap();
            let mut expected = vec![0; 100];
            for op in &ops {
                let result = match op {
                    Op::Grow(delta) => {
                        prop_assert_eq!(mem.grow(*delta, yes), Ok(expected.len() as u64));
                        Ok(())
                    }
                    Op::Fill(d, value, n) => mem.fill(*d, *value, *n),
                    Op::Copy(d, s, n) => mem.copy_within(*d, *s, *n),
                    Op::Init(d, segment, s, n) => mem.init(*d, segment, *s, *n),
                    Op::Write(at, bytes) => mem.write(*at, bytes),
                };
                prop_assert_eq!(result, model(&mut expected, op));
                let mut found = vec![0; mem.len()];
                mem.read(0, &mut found).unwrap();
                prop_assert_eq!(&found, &expected);
            }
        }
    }
}
