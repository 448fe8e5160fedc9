//! Memories, tables and segments of sizes that no machine has, and sections that tell tall tales about them: clear
//! errors, in bounded memory.

use terrane::{Engine, Error, Instance, Memory, MemoryType, Module, SharedMemory, Store, Trap};
use terrane_tests::counting::{Counting, peak};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MIB: usize = 1 << 20;
/// Beside what a module takes: the stack that its guest runs on.
const FEW: usize = 3 * MIB;

/// Makes an instance of the module, and calls its export `run` if it has one, with no more than `most` bytes held.
#[track_caller]
fn run(text: &str, most: usize) -> Result<i64, Error> {
    let engine = Engine::default();
    let (result, peak) = peak(|| {
        let module = Module::new(&engine, text)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        match instance.get_func(&mut store, "run") {
            Some(run) => run.typed::<(), i64>(&store)?.call(&mut store, ()),
            None => Ok(0),
        }
    });
    assert!(peak <= most, "{peak} bytes were held, of at most {most}");
    result
}

#[track_caller]
fn refused(text: &str, expected: &str) {
    let message = run(text, FEW).expect_err("it was accepted").to_string();
    assert!(message.contains(expected), "expected {expected:?} in {message:?}");
}

#[track_caller]
fn traps(text: &str, expected: Trap) {
    let error = run(text, FEW).expect_err("it did not trap");
    assert_eq!(error.downcast_ref::<Trap>(), Some(&expected), "{error}");
}

#[test]
fn memories_that_no_machine_has() {
    // Valid, but there is no room for it.
    for ty in [
        "i64 0x1000000000000",
        "i64 0x100000000",
        "i64 0x1000000000000 0x1000000000000 shared",
        "i64 0xffffffffffffffff (pagesize 1)",
        "i64 0x7fffffffffffffff (pagesize 1)",
    ] {
        traps(&format!("(module (memory {ty}))"), Trap::MemoryAllocationFailed);
    }
    for (ty, expected) in [
        ("i64 0x1000000000001", "memory size must be at most"),
        ("i64 0xffffffffffffffff", "memory size must be at most"),
        ("65537", "memory size must be at most"),
        ("1 shared", "shared memory must have maximum"),
        ("i64 1 shared (pagesize 1)", "shared memory must have maximum"),
        ("1 (pagesize 2)", "invalid custom page size"),
        ("1 (pagesize 0x80000000)", "invalid custom page size"),
    ] {
        refused(&format!("(module (memory {ty}))"), expected);
    }
}

#[test]
fn maxima_cost_nothing() {
    for ty in [
        "i64 0 0x1000000000000",
        "i64 1",
        "i64 1 0xffffffffffff",
        "1 65536 shared",
        "i64 10 0xffffffffffffffff (pagesize 1)",
    ] {
        let text = format!("(module (memory {ty}) (func (export \"run\") (result i64) (i64.const 1)))");
        assert_eq!(run(&text, FEW).unwrap(), 1, "{ty}");
    }
    // A shared one cannot move: it either gets all the room that it may need, or none.
    let text = r#"(module (memory i64 1 0x1000000000000 shared)
        (func (export "run") (result i64) (memory.grow (i64.const 0xffffffff))))"#;
    match run(text, FEW) {
        Ok(grown) => assert_eq!(grown, -1),
        Err(error) => assert_eq!(error.downcast_ref(), Some(&Trap::MemoryAllocationFailed), "{error}"),
    }
}

#[test]
fn page_sizes_that_are_none() {
    // A memory of one type, by bytes: flags, page size, minimum.
    for log2 in 1..=255_u8 {
        if log2 == 16 {
            continue;
        }
        let mut bytes = b"\0asm\x01\0\0\0\x05".to_vec();
        let number: &[u8] = if log2 < 0x80 { &[log2] } else { &[log2, 1] };
        bytes.push(3 + number.len() as u8);
        bytes.extend([1, 8, 0]);
        bytes.extend(number);
        let error = Module::from_binary(&Engine::default(), &bytes).unwrap_err().to_string();
        assert!(error.starts_with("invalid custom page size"), "2^{log2}: {error}");
    }
}

#[test]
fn growing_to_the_moon() {
    for (ty, delta) in [
        ("i64 1", "0xffffffffffffffff"),
        ("i64 1", "0xffffffffffff"),
        ("i64 1", "0x1000000000000"),
        ("i64 1 (pagesize 1)", "0xffffffffffffffff"),
        ("i64 1 (pagesize 1)", "0x7fffffffffffffff"),
        ("i64 1 4 shared", "0xffffffffffffffff"),
    ] {
        let text = format!(
            "(module (memory {ty}) (func (export \"run\") (result i64) (memory.grow (i64.const {delta}))))"
        );
        assert_eq!(run(&text, FEW).unwrap(), -1, "{ty} by {delta}");
    }
    for delta in ["0xffffffffffffffff", "0x2000000000000000", "10_000_001"] {
        let text = format!(
            "(module (table i64 0 funcref)
                (func (export \"run\") (result i64) (table.grow (ref.null func) (i64.const {delta}))))"
        );
        assert_eq!(run(&text, FEW).unwrap(), -1, "by {delta}");
    }
}

#[test]
fn tables_at_and_over_the_limit() {
    // Ten million elements are eighty megabytes, and not a byte more than necessary.
    let text = "(module (table i64 10_000_000 funcref)
        (func (export \"run\") (result i64) (table.grow (ref.null func) (i64.const 1))))";
    assert_eq!(run(text, 81 * MIB).unwrap(), -1);
    for min in ["10_000_001", "0xffffffff", "0xffffffffffffffff"] {
        let text = format!("(module (table i64 {min} funcref))");
        let error = run(&text, FEW).unwrap_err();
        assert!(
            error.downcast_ref() == Some(&Trap::MemoryAllocationFailed)
                || error.to_string().contains("table size"),
            "{error}"
        );
    }
}

#[test]
fn segments_at_the_end_of_the_world() {
    for offset in ["0xffffffffffffffff", "0xfffffffffffffffe", "0x8000000000000000", "0x100000000"] {
        traps(
            &format!("(module (memory i64 1) (data (i64.const {offset}) \"ab\"))"),
            Trap::OutOfBoundsMemoryAccess,
        );
        traps(
            &format!("(module (table i64 1 funcref) (elem (i64.const {offset}) func 0 0) (func))"),
            Trap::OutOfBoundsTableAccess,
        );
    }
}

#[test]
fn a_long_module_name_for_many_imports() {
    // One name of 100 kB for 100,000 imports must not become 10 GB.
    let (name, count) = ("m".repeat(100_000), 100_000_u32);
    let leb = |n: u32| [n as u8 | 0x80, (n >> 7) as u8 | 0x80, (n >> 14) as u8 | 0x80, (n >> 21) as u8];
    let mut section = vec![1];
    section.extend(leb(name.len() as u32));
    section.extend(name.as_bytes());
    section.extend([0, 0x7e, 3, 0x7f, 0]);
    section.extend(leb(count));
    section.extend(std::iter::repeat_n(0, count as usize));
    let mut bytes = b"\0asm\x01\0\0\0\x02".to_vec();
    bytes.extend(leb(section.len() as u32));
    bytes.extend(section);
    let engine = Engine::default();
    let (module, held) = peak(|| Module::from_binary(&engine, &bytes));
    assert_eq!(module.unwrap().imports().len(), count as usize);
    assert!(held <= 64 * MIB, "{held} bytes were held");
}

#[test]
fn the_host_is_told_too() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let error = Memory::new(&mut store, MemoryType::new64(1 << 48, None)).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::MemoryAllocationFailed));
    assert!(Memory::new(&mut store, MemoryType::new64((1 << 48) + 1, None)).is_err());
    let huge = MemoryType::builder().memory64(true).shared(true).min(1 << 48).max(Some(1 << 48)).build();
    let error = SharedMemory::new(&engine, huge.unwrap()).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::MemoryAllocationFailed));
    let memory = Memory::new(&mut store, MemoryType::new64(1, None)).unwrap();
    assert!(memory.grow(&mut store, u64::MAX).is_err());
    assert!(memory.read(&store, usize::MAX, &mut [0; 2]).is_err());
    assert_eq!(memory.size(&store), 1);
}
