//! `lisp.wasm`: C.

use crate::wasi::memory_of;
use crate::{engines, store};
use terrane::{Caller, Engine, Error, Linker, Module, Result, Trap};
use terrane_tests::{guest, guest_text};

#[derive(Default)]
struct Console {
    output: String,
    time: f64,
}

/// What the Lisp of `lisp.wasm` prints for a program, and what `run` returns.
fn run_lisp(engine: &Engine, module: &Module, source: &str) -> Result<(String, Result<i32>)> {
    let mut linker = Linker::new(engine);
    linker.func_wrap(
        "env",
        "print",
        |mut caller: Caller<'_, Console>, text: u32, length: u32| -> Result<()> {
            let memory = memory_of(&mut caller);
            let (bytes, console) = memory.data_and_store_mut(&mut caller);
            let text = bytes.get(text as usize..).and_then(|rest| rest.get(..length as usize));
            console.output += std::str::from_utf8(text.ok_or_else(|| Error::msg("text outside memory"))?)
                .map_err(|_| Error::msg("not UTF-8"))?;
            Ok(())
        },
    )?;
    linker.func_wrap("env", "now", |mut caller: Caller<'_, Console>| -> f64 {
        let console = caller.data_mut();
        console.time += 1.0;
        console.time
    })?;
    let mut store = store(engine, Console::default());
    let instance = linker.instantiate(&mut store, module)?;
    let memory = instance.get_memory(&mut store, "memory").expect("a memory");
    let length = u32::try_from(source.len()).expect("a short program");
    let input = instance.get_typed_func::<u32, u32>(&mut store, "input")?.call(&mut store, length)?;
    memory.write(&mut store, input as usize, source.as_bytes())?;
    let ended = instance.get_typed_func::<u32, i32>(&mut store, "run")?.call(&mut store, length);
    Ok((store.into_data().output, ended))
}

/// What a program prints, and how it ended, in the words of the oracle.
fn lisp(engine: &Engine, module: &Module, source: &str) -> Result<String> {
    let (output, ended) = run_lisp(engine, module, source)?;
    let ending = match ended {
        Ok(0) => "",
        Ok(_) => "failed\n",
        Err(error) if error.downcast_ref::<Trap>().is_some() => "trapped\n",
        Err(error) => return Err(error),
    };
    Ok(output + ending)
}

#[test]
fn a_trap_in_lisp_tells_where_it_was() {
    for engine in engines() {
        let module = Module::new(&engine, guest("lisp/lisp.wasm")).unwrap();
        let source = guest_text("lisp/programs/trap-overflow.lisp");
        let error = run_lisp(&engine, &module, &source).unwrap().1.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Trap::IntegerOverflow));
        let frames = error.backtrace().expect("a backtrace").frames();
        let names: Vec<_> = frames.iter().map(|frame| frame.func_name().unwrap_or("?")).collect();
        assert_eq!(names, ["divide", "eval", "run"]);
        // i64.div_s
        let offset = frames[0].module_offset().expect("an offset");
        assert_eq!(guest("lisp/lisp.wasm")[offset], 0x7f);
    }
}

#[test]
fn lisp_programs_print_what_they_print_under_node() {
    for engine in engines() {
        lisp_programs(&engine);
    }
}

fn lisp_programs(engine: &Engine) {
    let module = Module::new(engine, guest("lisp/lisp.wasm")).unwrap();
    let mut programs = 0;
    for entry in std::fs::read_dir(terrane_tests::guest_path("lisp/programs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "lisp") {
            let source = std::fs::read_to_string(&path).unwrap();
            let expected = std::fs::read_to_string(path.with_extension("out")).unwrap();
            let found = lisp(engine, &module, &source).unwrap();
            assert_eq!(found, expected, "{}", path.display());
            programs += 1;
        }
    }
    assert!(programs >= 9, "only {programs} programs found");
}
