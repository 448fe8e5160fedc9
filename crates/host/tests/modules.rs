//! From bytes and text to modules, in every mode.

use terrane::{CompilationMode, Config, Engine, ErrorKind, Features, Instance, Module, Store, Trap};

const MODES: [CompilationMode; 3] =
    [CompilationMode::Eager, CompilationMode::LazyLowering, CompilationMode::Lazy];

fn engine(mode: CompilationMode) -> Engine {
    Engine::new(Config::new().compilation_mode(mode)).unwrap()
}

/// `good` is valid, `bad` has a type error, which is at 0x31.
const HALF_VALID: &[u8] = b"\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f\x03\x03\x02\0\0\
    \x07\x0e\x02\x04good\0\0\x03bad\0\x01\
    \x0a\x0c\x02\x04\0\x41\x07\x0b\x05\0\x42\xff\0\x0b";

#[test]
fn modes_differ_in_when_a_body_is_looked_at() {
    let expected = "type mismatch: expected i32, found i64 (at byte 0x31)";
    for mode in MODES {
        let engine = engine(mode);
        let module = Module::new(&engine, HALF_VALID);
        assert_eq!(Module::validate(&engine, HALF_VALID).unwrap_err().to_string(), expected);
        if mode != CompilationMode::Lazy {
            let error = module.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Invalid(_)));
            assert_eq!(error.to_string(), expected);
            continue;
        }
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module.unwrap(), &[]).unwrap();
        let good = instance.get_typed_func::<(), i32>(&store, "good").unwrap();
        assert_eq!(good.call(&mut store, ()).unwrap(), 7);
        let bad = instance.get_typed_func::<(), i32>(&store, "bad").unwrap();
        for _ in 0..2 {
            let error = bad.call(&mut store, ()).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Invalid(_)), "{error:?}");
            assert_eq!(error.to_string(), expected);
        }
    }
}

#[test]
fn lazy_modes_compile_what_is_called() {
    let text = r#"(module
        (func $used (param i32) (result i32) (i32.mul (local.get 0) (local.get 0)))
        (func $unused (drop (i32.const 1)))
        (func (export "f") (param i32) (result i32) (call $used (local.get 0))))"#;
    let mut sizes = Vec::new();
    for mode in MODES {
        let engine = engine(mode);
        let module = Module::new(&engine, text).unwrap();
        let before = module.code_size();
        assert_eq!(before == 0, mode != CompilationMode::Eager);
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let f = instance.get_typed_func::<i32, i32>(&store, "f").unwrap();
        assert_eq!(f.call(&mut store, 12).unwrap(), 144);
        sizes.push(module.code_size());
    }
    assert!(sizes[1] < sizes[0] && sizes[1] == sizes[2], "{sizes:?}");
}

#[test]
fn backtraces_are_the_same_in_all_modes() {
    let text = r#"(module $m
        (func $leaf (param i32) (result i32) (i32.rem_u (i32.const 1) (local.get 0)))
        (func (param i32) (result i32) (call $leaf (local.get 0)))
        (table funcref (elem 1))
        (func $root (export "f") (param i32) (result i32)
            (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0))))"#;
    let mut traces = MODES.map(|mode| {
        let engine = engine(mode);
        let mut store = Store::new(&engine, ());
        let module = Module::new(&engine, text).unwrap();
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let f = instance.get_typed_func::<i32, i32>(&store, "f").unwrap();
        let error = f.call(&mut store, 0).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Trap::IntegerDivideByZero));
        let backtrace = error.backtrace().unwrap();
        assert_eq!(backtrace.frames()[0].func_index(), 0);
        assert_eq!(backtrace.frames()[0].func_offset(), Some(5));
        backtrace.to_string()
    });
    traces.sort();
    assert_eq!(traces[0], traces[2]);
    let lines: Vec<_> = traces[0].lines().map(|line| line.rsplit(' ').next().unwrap()).collect();
    assert_eq!(lines, ["backtrace:", "m!leaf", "1>", "m!root"]);
}

#[test]
fn rust_names_are_made_readable() {
    let engine = Engine::default();
    let text = r#"(module (func $_ZN4core9panicking5panic17h0123456789abcdefE (export "f") unreachable))"#;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &Module::new(&engine, text).unwrap(), &[]).unwrap();
    let error = instance.get_typed_func::<(), ()>(&store, "f").unwrap().call(&mut store, ()).unwrap_err();
    assert_eq!(error.backtrace().unwrap().frames()[0].func_name(), Some("core::panicking::panic"));
}

#[test]
fn files_are_named_in_errors() {
    let engine = Engine::default();
    let error = Module::from_file(&engine, "no/such/file.wasm").unwrap_err();
    assert!(error.is::<std::io::Error>());
    assert_eq!(error.to_string(), "cannot read no/such/file.wasm");

    let dir = std::env::temp_dir();
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.join(format!("terrane-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let text = write("bad.wat", b"(module\n  (func (unknown)))");
    let error = Module::from_file(&engine, &text).unwrap_err();
    let message = format!("{error:#}");
    assert!(matches!(error.kind(), ErrorKind::Text(_)));
    assert!(message.contains(&format!("{}:2:10", text.display())), "{message}");
    assert!(message.contains("2 |   (func (unknown)))\n      |          ^"), "{message}");
    let binary = write("bad.wasm", b"\0asm\x01\0\0\0\xff");
    let error = Module::from_file(&engine, &binary).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Malformed(_)));
    assert!(format!("{error:#}").starts_with(&format!("in {}: ", binary.display())), "{error:#}");
    for path in [text, binary] {
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn bytes_that_are_neither_binary_nor_text() {
    let engine = Engine::default();
    for bytes in [&b"\0"[..], b"\0as", b"\xff\xfe", b"\0asm", b"\0asm\x01"] {
        let error = Module::new(&engine, bytes).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Malformed(_)), "{bytes:?}: {error}");
    }
    let error = Module::new(&engine, "Hello").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Text(_)), "{error}");
    assert!(Module::from_binary(&engine, b"(module)").is_err());
}

#[test]
fn features_are_refused_by_name() {
    let engine = Engine::new(Config::new().features(Features::wasm1())).unwrap();
    for (text, feature) in [
        ("(module (func (block (result i32 i32) unreachable) drop drop))", "multi-value"),
        ("(module (func (param i32) (drop (i32.extend8_s (local.get 0)))))", "sign-extension"),
        ("(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))", "bulk-memory"),
        ("(module (func $f (return_call $f)))", "tail-call"),
    ] {
        let error = Module::new(&engine, text).unwrap_err().to_string();
        assert!(error.contains(feature), "{error}");
        Module::new(&Engine::default(), text).unwrap();
    }
}

#[test]
fn custom_sections_change_nothing() {
    let engine = Engine::default();
    // A name section that cannot be read is as good as none.
    let module = Module::new(&engine, b"\0asm\x01\0\0\0\0\x07\x04name\0\xff").unwrap();
    assert_eq!(module.name(), None);
    assert_eq!(module.custom_sections("name").count(), 1);
    assert_eq!(module.binary().len(), 17);
}
