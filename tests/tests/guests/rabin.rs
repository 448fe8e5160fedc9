//! `rabin.wasm`: AssemblyScript 0.9.

use crate::{engines, store};
use terrane::{Engine, Error, Instance, Linker, Module, Result, Store};
use terrane_tests::{guest, guest_text, lcg};

/// An instance of `rabin.wasm`, in a store whose host would report an abort.
fn rabin(engine: &Engine) -> Result<(Store<()>, Instance)> {
    let module = Module::new(engine, guest("rabin/rabin.wasm"))?;
    let mut linker = Linker::new(engine);
    linker.func_wrap("env", "abort", |_: i32, _: i32, line: i32, column: i32| -> Result<()> {
        Err(Error::msg(format!("aborted at {line}:{column}")))
    })?;
    let mut store = store(engine, ());
    let instance = linker.instantiate(&mut store, &module)?;
    Ok((store, instance))
}

/// The lengths of the chunks that the guest cuts `bytes` into, but for the last.
fn chunks(engine: &Engine, bytes: &[u8], [bits, min, max, window]: [i32; 4]) -> Result<Vec<i32>> {
    let (mut store, instance) = rabin(engine)?;
    let store = &mut store;
    let memory = instance.get_memory(&mut *store, "memory").expect("a memory");
    let alloc = instance.get_typed_func::<(i32, i32), i32>(&mut *store, "__alloc")?;
    let retain = instance.get_typed_func::<i32, i32>(&mut *store, "__retain")?;
    let release = instance.get_typed_func::<i32, ()>(&mut *store, "__release")?;
    let new = instance.get_typed_func::<(i32, i32, i32, i32, i32), i32>(&mut *store, "Rabin#constructor")?;
    let fingerprint = instance.get_typed_func::<(i32, i32, i32), i32>(&mut *store, "Rabin#fingerprint")?;

    // A typed array is a header (buffer, start, length in bytes) whose class id tells the type of its elements.
    let array = |store: &mut Store<()>, class: &str, bytes: &[u8]| -> Result<i32> {
        let id = instance.get_global(&mut *store, class).expect("a class id").get(&mut *store).unwrap_i32();
        let length = i32::try_from(bytes.len()).expect("a small array");
        let buffer = alloc.call(&mut *store, (length, 0))?;
        let buffer = retain.call(&mut *store, buffer)?;
        let header = alloc.call(&mut *store, (12, id))?;
        let header = retain.call(&mut *store, header)?;
        memory.write(&mut *store, buffer as usize, bytes)?;
        for (i, field) in [buffer, buffer, length].into_iter().enumerate() {
            memory.write(&mut *store, header as usize + 4 * i, &field.to_le_bytes())?;
        }
        Ok(header)
    };
    let most = bytes.len().div_ceil(min as usize);
    let input = array(store, "Uint8Array_ID", bytes)?;
    let lengths = array(store, "Int32Array_ID", &vec![0; 4 * most])?;
    let chunker = new.call(&mut *store, (0, bits, min, max, window))?;
    let cut = fingerprint.call(&mut *store, (chunker, input, lengths))?;

    let word = |at: usize| {
        let mut word = [0; 4];
        memory.read(&*store, at, &mut word).expect("inside the memory");
        i32::from_le_bytes(word)
    };
    let start = word(cut as usize + 4) as usize;
    let chunks = (0..most).map(|i| word(start + 4 * i)).take_while(|length| *length != 0).collect();
    for object in [cut, chunker, lengths, input] {
        release.call(&mut *store, object)?;
    }
    Ok(chunks)
}

#[test]
fn rabin_cuts_where_it_cuts_under_node() {
    let golden = guest_text("rabin/golden.txt");
    for line in golden.lines() {
        let (case, lengths) = line.split_once(':').expect("a case and its chunks");
        let case: Vec<&str> = case.split(' ').collect();
        let number = |i: usize| case[i].parse::<i32>().expect("a number");
        let (seed, length) = (number(1) as u32, number(2) as usize);
        let bytes = match case[0] {
            "noise" => lcg::noise(seed, length),
            "text" => lcg::text(seed, length),
            "zeros" => vec![0; length],
            other => panic!("unknown generator {other}"),
        };
        assert_eq!(format!("{:016x}", lcg::fnv1a(&bytes)), case[3], "the generator of {line:.40} differs");
        let expected: Vec<i32> =
            lengths.split_whitespace().map(|length| length.parse().expect("a length")).collect();
        for engine in engines() {
            assert_eq!(chunks(&engine, &bytes, [4, 5, 6, 7].map(number)).unwrap(), expected, "{case:?}");
            // One engine is enough for the long ones.
            if length > 1 << 20 {
                break;
            }
        }
    }
}
