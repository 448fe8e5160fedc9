//! Real programs, each against what it does under node.

use terrane::{
    Caller, CompilationMode, Config, Engine, Error, Extern, Instance, Linker, Memory, Module, Result, Store,
    Trap,
};
use terrane_tests::{guest, guest_text, lcg};

/// The memory that a guest exports.
fn memory_of<T>(caller: &mut Caller<'_, T>) -> Memory {
    caller.get_export("memory").and_then(Extern::into_memory).expect("an exported memory")
}

/// Engines of all modes, and one whose guests use up fuel and can be interrupted.
fn engines() -> Vec<Engine> {
    let modes = [CompilationMode::Eager, CompilationMode::LazyLowering, CompilationMode::Lazy];
    let mut configs = modes.map(|mode| Config::new().compilation_mode(mode).clone()).to_vec();
    configs.push(Config::new().consume_fuel(true).epoch_interruption(true).clone());
    configs.iter().map(|config| Engine::new(config).expect("a valid configuration")).collect()
}

/// A store of that engine, with fuel enough where fuel counts; elsewhere, giving it some is an error.
fn store<T>(engine: &Engine, data: T) -> Store<T> {
    let mut store = Store::new(engine, data);
    let _ = store.set_fuel(u64::MAX);
    store
}

// ---- rabin: AssemblyScript 0.9 ------------------------------------------------------------------------

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

// ---- lisp: C ------------------------------------------------------------------------------------------

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

// ---- text: current AssemblyScript ---------------------------------------------------------------------

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
