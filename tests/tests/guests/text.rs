//! `text.wasm`: current AssemblyScript.

use crate::wasi::memory_of;
use crate::{engines, store};
use terrane::{Caller, Engine, Error, Linker, Module, Result};
use terrane_tests::{guest, guest_text};

/// The text of a guest's string: UTF-16, its length in bytes in the word before it.
fn lift(memory: &[u8], pointer: u32) -> String {
    let at = pointer as usize;
    let length = u32::from_le_bytes(memory[at - 4..at].try_into().expect("four bytes"));
    let units: Vec<u16> = memory[at..at + length as usize]
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    String::from_utf16(&units).expect("well-formed text")
}

/// Calls `function` of `text.wasm` with a string and perhaps a number: the string that it returns, or what
/// it aborted with.
fn text(engine: &Engine, module: &Module, head: &str, input: &str) -> Result<String> {
    let mut linker = Linker::new(engine);
    let abort = |mut caller: Caller<'_, ()>, message: u32, file: u32, line: u32, column: u32| -> Result<()> {
        let memory = memory_of(&mut caller);
        let bytes = memory.data(&caller);
        let (message, file) = (lift(bytes, message), lift(bytes, file));
        Err(Error::msg(format!("{message} ({file}:{line}:{column})")))
    };
    linker.func_wrap("env", "abort", abort)?;
    let mut store = store(engine, ());
    let instance = linker.instantiate(&mut store, module)?;
    let memory = instance.get_memory(&mut store, "memory").expect("a memory");
    let units: Vec<u8> = input.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let new = instance.get_typed_func::<(u32, u32), u32>(&mut store, "__new")?;
    let pointer = new.call(&mut store, (u32::try_from(units.len()).expect("a short text"), 2))?;
    memory.write(&mut store, pointer as usize, &units)?;
    let answer = match head.split_once(' ') {
        Some((name, number)) => {
            let function = instance.get_typed_func::<(u32, i32), u32>(&mut store, name)?;
            function.call(&mut store, (pointer, number.parse().expect("a number")))
        }
        None => instance.get_typed_func::<u32, u32>(&mut store, head)?.call(&mut store, pointer),
    };
    Ok(match answer {
        Ok(pointer) => format!("==\n{}\n", lift(memory.data(&store), pointer)),
        Err(error) => format!("!!\n{}\n", error.root_cause()),
    })
}

#[test]
fn text_answers_what_it_answers_under_node() {
    for engine in engines() {
        text_answers(&engine);
    }
}

fn text_answers(engine: &Engine) {
    let module = Module::new(engine, guest("text/text.wasm")).unwrap();
    let cases = guest_text("text/cases.txt");
    let mut count = 0;
    for case in cases.split("## ").skip(1) {
        let (head, rest) = case.split_once('\n').expect("a head");
        let split = rest.find("\n==\n").or_else(|| rest.find("\n!!\n")).expect("an answer");
        let (input, expected) = (&rest[..split], &rest[split + 1..]);
        assert_eq!(text(engine, &module, head, input).unwrap(), expected, "{head}\n{input}");
        count += 1;
    }
    assert!(count >= 14, "only {count} cases found");
}
