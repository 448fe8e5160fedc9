//! The host in a guest's memory: plain data, strings, what is out of bounds, and what happens when memories grow.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use terrane::{
    Caller, Engine, Extern, Func, GuestStringError, Instance, Memory, MemoryType, Module, Result,
    SharedMemory, Store, TypedFunc,
};

const SIZE: usize = 65536;

fn memory() -> (Store<()>, Memory) {
    let mut store = Store::new(&Engine::default(), ());
    let memory = Memory::new(&mut store, MemoryType::new(1, Some(3))).unwrap();
    (store, memory)
}

fn instance<T>(store: &mut Store<T>, text: &str, imports: &[Extern]) -> Instance {
    let module = Module::new(store.engine(), text).expect("a valid module");
    Instance::new(store, &module, imports).expect("imports that fit")
}

/// Ranges that are not inside a memory of one page: at the end, past it, and around the end of all addresses.
const OUTSIDE: [(usize, usize); 9] = [
    (SIZE, 1),
    (SIZE - 1, 2),
    (SIZE - 7, 8),
    (0, SIZE + 1),
    (SIZE + 1, 0),
    (usize::MAX, 1),
    (usize::MAX, usize::MAX),
    (usize::MAX - 3, 8),
    (1, usize::MAX),
];

#[test]
fn nothing_reaches_past_the_end() {
    let (mut store, memory) = memory();
    let shared = SharedMemory::new(store.engine(), MemoryType::shared(1, 1)).unwrap();
    for (at, len) in OUTSIDE {
        let error = memory.slice(&store, at, len).unwrap_err();
        assert_eq!((error.offset(), error.access_size(), error.memory_size()), (at, len, SIZE));
        assert_eq!(
            error.to_string(),
            format!("out of bounds memory access: {len} bytes at {at:#x} of a memory of 65536 bytes")
        );
        assert!(memory.slice_mut(&mut store, at, len).is_err());
        assert!(memory.read_slice::<u8>(&store, at, len).is_err());
        assert!(memory.read_slice::<u64>(&store, at, len).is_err());
        assert_eq!(memory.read_str(&store, at, len), Err(error.into()));
        assert_eq!(memory.str(&store, at, len), Err(error.into()));
        assert!(memory.read_utf16(&store, at, len).is_err());
        assert!(shared.read_slice::<u16>(at, len).is_err());
        assert_eq!(shared.read_str(at, len), Err(error.into()));
        assert!(shared.read_utf16(at, len).is_err());
        if len <= SIZE + 1 {
            assert!(memory.read(&store, at, &mut vec![0; len]).is_err());
            assert!(memory.write(&mut store, at, &vec![1; len]).is_err());
            assert!(memory.write_slice(&mut store, at, &vec![1; len]).is_err());
            assert!(shared.write_slice(at, &vec![1; len]).is_err());
        }
        assert!(memory.read_pod::<u64>(&store, at.max(SIZE - 7)).is_err());
        assert!(shared.read_pod::<u64>(at.max(SIZE - 7)).is_err());
        assert!(memory.write_pod(&mut store, at.max(SIZE - 7), 1_u64).is_err());
        assert!(shared.write_pod(at.max(SIZE - 7), 1_u64).is_err());
    }
    // Nothing was written, and what just fits does.
    assert!(memory.data(&store).iter().all(|byte| *byte == 0));
    assert_eq!(memory.slice(&store, SIZE, 0).unwrap(), []);
    assert_eq!(memory.slice(&store, 0, SIZE).unwrap().len(), SIZE);
    assert_eq!(memory.read_str(&store, SIZE, 0).unwrap(), "");
    memory.write_pod(&mut store, SIZE - 8, -1_i64).unwrap();
    assert_eq!(memory.read_slice::<i16>(&store, SIZE - 10, 5).unwrap(), [0, -1, -1, -1, -1]);
    assert_eq!(memory.read_slice::<u64>(&store, 1, (SIZE - 1) / 8).unwrap().len(), 8191);
}

#[test]
fn plain_data_is_little_endian_and_need_not_be_aligned() {
    let (mut store, memory) = memory();
    let shared = SharedMemory::new(store.engine(), MemoryType::shared(1, 1)).unwrap();
    memory.write_pod(&mut store, 3, 0x0102_0304_u32).unwrap();
    assert_eq!(memory.slice(&store, 3, 4).unwrap(), [4, 3, 2, 1]);
    assert_eq!(memory.read_pod::<[u8; 4]>(&store, 3).unwrap(), [4, 3, 2, 1]);
    memory.write_slice(&mut store, 9, &[1.5_f64, -0.0]).unwrap();
    assert_eq!(memory.read_pod::<f64>(&store, 9).unwrap(), 1.5);
    assert_eq!(memory.read_pod::<u64>(&store, 17).unwrap(), 1 << 63);
    shared.write_slice(5, &[1_i128, -2]).unwrap();
    assert_eq!(shared.read_slice::<i128>(5, 2).unwrap(), [1, -2]);
    assert_eq!(shared.read_pod::<u8>(5).unwrap(), 1);
    memory.slice_mut(&mut store, 0, 2).unwrap().copy_from_slice(&[7, 8]);
    assert_eq!(memory.read_pod::<u16>(&store, 0).unwrap(), 0x0807);
}

#[test]
fn strings_that_are_none() {
    let (mut store, memory) = memory();
    let shared = SharedMemory::new(store.engine(), MemoryType::shared(1, 1)).unwrap();
    let bytes = b"ab\xf0\x9f\x8c\x8d\xff\xc3";
    memory.write(&mut store, 16, bytes).unwrap();
    shared.write(16, bytes).unwrap();
    assert_eq!(memory.str(&store, 16, 6).unwrap(), "ab🌍");
    for (len, index, byte) in [(3, 2, 0xf0), (5, 2, 0xf0), (7, 6, 0xff), (8, 6, 0xff)] {
        let expected = GuestStringError::Utf8 { offset: 16, len, index, byte };
        assert_eq!(memory.read_str(&store, 16, len), Err(expected.clone()));
        assert_eq!(memory.str(&store, 16, len), Err(expected.clone()));
        assert_eq!(shared.read_str(16, len), Err(expected));
    }
    // UTF-16, with a half of a pair: lost in no way as units.
    let units = [0x61, 0xd83c, 0xdf0d, 0xdc00, 0x62];
    memory.write_slice(&mut store, 33, &units).unwrap();
    shared.write_slice(33, &units).unwrap();
    assert_eq!(memory.read_utf16(&store, 33, 3).unwrap(), "a🌍");
    let expected = GuestStringError::Utf16 { offset: 33, len: 5, index: 3, unit: 0xdc00 };
    assert_eq!(
        expected.to_string(),
        "invalid UTF-16: of the 5 units at 0x21, unit 3 is 0xdc00, half of a pair"
    );
    assert_eq!(memory.read_utf16(&store, 33, 5), Err(expected.clone()));
    assert_eq!(shared.read_utf16(33, 5), Err(expected));
    assert_eq!(memory.read_slice::<u16>(&store, 33, 5).unwrap(), units);
    assert!(matches!(
        memory.read_utf16(&store, 33, 2),
        Err(GuestStringError::Utf16 { index: 1, unit: 0xd83c, .. })
    ));
}

#[test]
fn c_strings_end_somewhere() {
    let (mut store, memory) = memory();
    let shared = SharedMemory::new(store.engine(), MemoryType::shared(1, 1)).unwrap();
    let long = vec![b'x'; 1000];
    memory.write(&mut store, 10, &long).unwrap();
    shared.write(10, &long).unwrap();
    for length in [0, 1, 255, 256, 257, 1000] {
        let expected = vec![b'x'; length];
        assert_eq!(memory.read_c_str(&store, 1010 - length).unwrap().as_bytes(), expected);
        assert_eq!(shared.read_c_str(1010 - length).unwrap().as_bytes(), expected);
    }
    memory.data_mut(&mut store)[SIZE - 300..].fill(b'y');
    let expected = GuestStringError::NoEnd { offset: SIZE - 300, size: SIZE };
    assert_eq!(memory.read_c_str(&store, SIZE - 300), Err(expected.clone()));
    assert_eq!(
        expected.to_string(),
        "no string ends after 0xfed4: there is no zero up to the end of the memory, at 0x10000"
    );
    assert!(matches!(memory.read_c_str(&store, SIZE), Err(GuestStringError::NoEnd { .. })));
    for at in [SIZE + 1, usize::MAX] {
        assert!(matches!(memory.read_c_str(&store, at), Err(GuestStringError::OutOfBounds(_))));
        assert!(matches!(shared.read_c_str(at), Err(GuestStringError::OutOfBounds(_))));
    }
}

/// Allocates upwards from 1024, growing its memory when it must; for sizes that stand for them, it fails.
const ALLOCATOR: &str = r#"(module
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 1024))
    (func (export "alloc") (param $size i32) (result i32)
        (if (i32.eq (local.get $size) (i32.const 13)) (then unreachable))
        (if (i32.eq (local.get $size) (i32.const 14)) (then (return (i32.const 0))))
        (if (i32.eq (local.get $size) (i32.const 15)) (then (return (i32.const -8))))
        (if (i32.gt_u (i32.add (global.get $free) (local.get $size)) (i32.const 65536))
            (then (drop (memory.grow (i32.const 1)))))
        (global.get $free)
        (global.set $free (i32.add (global.get $free) (local.get $size)))))"#;

#[test]
fn strings_go_where_the_guest_allocates() {
    let mut store = Store::new(&Engine::default(), ());
    let guest = instance(&mut store, ALLOCATOR, &[]);
    let memory = guest.get_memory(&store, "memory").unwrap();
    let alloc = guest.get_typed_func::<u32, u32>(&store, "alloc").unwrap();
    assert_eq!(memory.alloc_str(&mut store, &alloc, "héllo").unwrap(), (1024, 6));
    assert_eq!(memory.read_str(&store, 1024, 6).unwrap(), "héllo");
    assert_eq!(memory.alloc_c_str(&mut store, &alloc, c"C").unwrap(), 1030);
    assert_eq!(memory.slice(&store, 1030, 2).unwrap(), b"C\0");
    assert_eq!(memory.alloc_utf16(&mut store, &alloc, "a🌍").unwrap(), (1032, 3));
    assert_eq!(memory.read_utf16(&store, 1032, 3).unwrap(), "a🌍");
    assert_eq!(memory.alloc_bytes(&mut store, &alloc, &[]).unwrap(), (1038, 0));
    // Signed is as good; and the memory may grow meanwhile.
    let signed = guest.get_typed_func::<i32, i32>(&store, "alloc").unwrap();
    let large = "x".repeat(70_000);
    assert_eq!(memory.alloc_str(&mut store, &signed, &large).unwrap(), (1038, 70_000));
    assert_eq!(memory.str(&store, 1038, 70_000).unwrap(), large);

    let mut fail = |len: usize| memory.alloc_str(&mut store, &alloc, &"y".repeat(len)).unwrap_err();
    assert!(fail(13).is::<terrane::Trap>());
    assert_eq!(fail(14).to_string(), "the guest's allocator returned null for 14 bytes");
    assert_eq!(
        format!("{:#}", fail(15)),
        "the guest's allocator returned no place for them: out of bounds memory access: 15 bytes at 0xfffffff8 of \
         a memory of 131072 bytes"
    );
}

#[test]
fn strings_in_shared_and_64_bit_memories() {
    let mut store = Store::new(&Engine::default(), ());
    let guest = instance(
        &mut store,
        r#"(module (memory (export "m") i64 1) (memory (export "s") 1 1 shared)
            (func (export "alloc") (param i64) (result i64) (i64.const 500))
            (func (export "alloc32") (param i32) (result i32) (i32.const 600)))"#,
        &[],
    );
    let (memory, alloc) =
        (guest.get_memory(&store, "m").unwrap(), guest.get_typed_func::<u64, u64>(&store, "alloc").unwrap());
    assert_eq!(memory.alloc_str(&mut store, &alloc, "long").unwrap(), (500, 4));
    assert_eq!(memory.str(&store, 500, 4).unwrap(), "long");
    let shared = guest.get_shared_memory(&store, "s").unwrap();
    let alloc = guest.get_typed_func::<i32, i32>(&store, "alloc32").unwrap();
    assert_eq!(shared.alloc_str(&mut store, &alloc, "short").unwrap(), (600, 5));
    assert_eq!(shared.read_str(600, 5).unwrap(), "short");
    assert_eq!(shared.alloc_utf16(&mut store, &alloc, "ab").unwrap(), (600, 2));
    assert_eq!(shared.alloc_c_str(&mut store, &alloc, c"c").unwrap(), 600);
    assert_eq!(shared.alloc_bytes(&mut store, &alloc, b"xyz").unwrap(), (600, 3));
    assert_eq!(shared.read_c_str(600).unwrap().as_c_str(), c"xyz");
}

#[test]
fn host_functions_answer_with_strings() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, String::from("hello, "));
    let greet =
        Func::wrap(&mut store, |mut caller: Caller<'_, String>, at: u32, len: u32| -> Result<(u32, u32)> {
            let memory = caller.get_export("memory").and_then(Extern::into_memory).expect("a memory");
            let alloc = caller.get_export("alloc").and_then(Extern::into_func).expect("an allocator");
            let alloc = alloc.typed::<u32, u32>(&caller)?;
            let name = memory.read_str(&caller, at as usize, len as usize)?;
            let greeting = format!("{}{name}", caller.data());
            memory.alloc_str(&mut caller, &alloc, &greeting)
        });
    let guest = instance(
        &mut store,
        r#"(module
            (import "" "greet" (func $greet (param i32 i32) (result i32 i32)))
            (memory (export "memory") 1)
            (data (i32.const 8) "Terrane")
            (func (export "alloc") (param i32) (result i32) (i32.const 100))
            (func (export "run") (param i32 i32) (result i32 i32) (call $greet (local.get 0) (local.get 1))))"#,
        &[greet.into()],
    );
    let run = guest.get_typed_func::<(u32, u32), (u32, u32)>(&store, "run").unwrap();
    let memory = guest.get_memory(&store, "memory").unwrap();
    let (at, len) = run.call(&mut store, (8, 7)).unwrap();
    assert_eq!(memory.str(&store, at as usize, len as usize).unwrap(), "hello, Terrane");
    // Pointers that the guest makes up fail, and the error comes back as it is.
    for (at, len) in [(65530, 7), (u32::MAX, 1), (0, u32::MAX), (u32::MAX, u32::MAX)] {
        let error = run.call(&mut store, (at, len)).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(GuestStringError::OutOfBounds(_))), "{error:?}");
    }
    memory.data_mut(&mut store)[9] = 0x80;
    let error = run.call(&mut store, (8, 7)).unwrap_err();
    assert_eq!(error.to_string(), "invalid UTF-8: of the 7 bytes at 0x8, byte 1 is 0x80");
}

#[test]
fn whoever_wants_to_is_told_of_growth() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, Vec::new());
    store.on_memory_grow(|_, _| panic!("replaced"));
    store.on_memory_grow(|grown, growth| grown.push((growth.memory, growth.old_size, growth.new_size)));
    let guest = instance(
        &mut store,
        r#"(module
            (memory (export "a") 1 4) (memory (export "b") 2 2) (memory (export "s") 1 3 shared)
            (func (export "grow") (param i32) (result i32) (memory.grow 0 (local.get 0)))
            (func (export "grow_b") (param i32) (result i32) (memory.grow 1 (local.get 0)))
            (func (export "grow_s") (param i32) (result i32) (memory.grow 2 (local.get 0))))"#,
        &[],
    );
    let call = |store: &mut _, name, delta| {
        let grow: TypedFunc<i32, i32> = guest.get_typed_func(&*store, name).unwrap();
        grow.call(store, delta).unwrap()
    };
    let (a, s) = (guest.get_memory(&store, "a").unwrap(), guest.get_shared_memory(&store, "s").unwrap());
    assert_eq!(call(&mut store, "grow", 1), 1);
    assert_eq!(call(&mut store, "grow", 0), 2);
    assert_eq!(call(&mut store, "grow", 9), -1);
    assert_eq!(call(&mut store, "grow_b", 1), -1);
    assert_eq!(call(&mut store, "grow_s", 2), 1);
    a.grow(&mut store, 2).unwrap();
    assert_eq!(
        store.into_data(),
        [(a.into(), SIZE, 2 * SIZE), (Extern::from(s), SIZE, 3 * SIZE), (a.into(), 2 * SIZE, 4 * SIZE)]
    );
}

#[test]
fn a_panic_of_who_is_told_goes_on_in_the_host() {
    let mut store = Store::new(&Engine::default(), 0);
    store.on_memory_grow(|times, growth| {
        *times += 1;
        assert!(growth.new_size < 3 * SIZE, "too much");
    });
    let text = r#"(module (memory (export "m") 1 4) (global (export "after") (mut i32) (i32.const 0))
        (func (export "grow") (result i32) (memory.grow (i32.const 1)) (global.set 0 (i32.const 1))))"#;
    let guest = instance(&mut store, text, &[]);
    let memory = guest.get_memory(&store, "m").unwrap();
    let grow = guest.get_typed_func::<(), i32>(&store, "grow").unwrap();
    assert_eq!(memory.grow(&mut store, 1).unwrap(), 1);
    let panic = catch_unwind(AssertUnwindSafe(|| grow.call(&mut store, ()))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"too much"));
    // The guest went no further, but the memory has grown; and so it goes for the host's calls.
    assert_eq!(guest.get_global(&store, "after").unwrap().get(&mut store).i32(), Some(0));
    assert_eq!(memory.size(&store), 3);
    let panic = catch_unwind(AssertUnwindSafe(|| memory.grow(&mut store, 1))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"too much"));
    assert_eq!((memory.size(&store), *store.data()), (4, 3));
    assert_eq!(grow.call(&mut store, ()).unwrap(), -1);
}

#[test]
fn pointers_are_read_again_after_growth() {
    // What a host that keeps a pointer does: read it again whenever it is told.
    let mut store = Store::new(&Engine::default(), ());
    let stale = Arc::new(Mutex::new(false));
    let told = stale.clone();
    store.on_memory_grow(move |(), _| *told.lock().unwrap() = true);
    let guest = instance(
        &mut store,
        r#"(module (memory (export "m") 1)
            (func (export "grow") (i32.store8 (i32.const 5) (i32.const 7)) (drop (memory.grow (i32.const 100)))
                (i32.store8 (i32.const 6500000) (i32.const 8))))"#,
        &[],
    );
    let memory = guest.get_memory(&store, "m").unwrap();
    let (mut ptr, mut len) = (memory.data_ptr(&store), memory.data_size(&store));
    guest.get_typed_func::<(), ()>(&store, "grow").unwrap().call(&mut store, ()).unwrap();
    if std::mem::take(&mut *stale.lock().unwrap()) {
        (ptr, len) = (memory.data_ptr(&store), memory.data_size(&store));
    }
    assert_eq!(len, 101 * SIZE);
    // SAFETY: the pointer was read after the memory has grown, nothing has changed since, and no borrow is alive.
    let bytes = unsafe { std::slice::from_raw_parts(ptr, len) };
    assert_eq!((bytes[5], bytes[6_500_000]), (7, 8));
}

#[test]
fn memory_and_data_of_the_host_together() {
    let mut store = Store::new(&Engine::default(), 1_u8);
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    let (bytes, data) = memory.data_and_store_mut(&mut store);
    bytes[0] = *data;
    *data += bytes[0];
    assert_eq!((memory.data(&store)[0], *store.data()), (1, 2));
}
