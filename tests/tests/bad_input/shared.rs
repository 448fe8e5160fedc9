//! What the tests share.

use proptest::prelude::*;
use terrane::{CompilationMode, Config, Engine, Instance, Module, Result, Store, Trap};
use terrane_tests::counting::peak;
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, Instruction as I, TypeSection, ValType,
};

pub(crate) const MIB: usize = 1 << 20;

/// The module must be refused with `expected` in the message, and while it is being refused no more than
/// `most` bytes may be held.
#[track_caller]
pub(crate) fn refused(bytes: impl AsRef<[u8]>, expected: &str, most: usize) {
    let engine = Engine::default();
    let (result, peak) = peak(|| Module::new(&engine, bytes.as_ref()).map(drop));
    let message = result.expect_err("a bad module was accepted").to_string();
    assert!(message.contains(expected), "expected {expected:?} in {message:?}");
    assert!(peak <= most, "{peak} bytes were held, of at most {most}");
}

/// An engine that counts fuel.
pub(crate) fn fuelled() -> Engine {
    fuelled_in(CompilationMode::Eager)
}

pub(crate) fn fuelled_in(mode: CompilationMode) -> Engine {
    Engine::new(Config::new().consume_fuel(true).compilation_mode(mode)).expect("a valid configuration")
}

pub(crate) fn mode() -> impl Strategy<Value = CompilationMode> {
    prop::sample::select(vec![CompilationMode::Eager, CompilationMode::LazyLowering, CompilationMode::Lazy])
}

/// Instantiates a module without imports and calls its export `run`.
pub(crate) fn run(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<i32> {
    let module = Module::new(engine, bytes.as_ref())?;
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    instance.get_typed_func::<(), i32>(&mut store, "run")?.call(&mut store, ())
}

/// The result must be this trap.
#[track_caller]
pub(crate) fn traps<R: std::fmt::Debug>(result: Result<R>, expected: Trap) {
    let error = result.expect_err("it did not trap");
    assert_eq!(error.downcast_ref::<Trap>(), Some(&expected), "{error}");
}

/// A module with one function `run : [] -> [i32]` of this body.
pub(crate) fn module(instrs: impl IntoIterator<Item = I<'static>>) -> Vec<u8> {
    let mut body = Function::new([]);
    for instr in instrs {
        body.instruction(&instr);
    }
    body.instruction(&I::End);
    let (mut types, mut funcs, mut exports, mut code) =
        (TypeSection::new(), FunctionSection::new(), ExportSection::new(), CodeSection::new());
    types.ty().function([], [ValType::I32]);
    funcs.function(0);
    exports.export("run", ExportKind::Func, 0);
    code.function(&body);
    let mut module = wasm_encoder::Module::new();
    module.section(&types).section(&funcs).section(&exports).section(&code);
    module.finish()
}

pub(crate) fn leb(mut n: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (n & 0x7f) as u8;
        n >>= 7;
        if n == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

pub(crate) const HEADER: &[u8] = b"\0asm\x01\0\0\0";

/// The header, then a section of this id, claimed length and content.
pub(crate) fn section(id: u8, length: u64, content: &[u8]) -> Vec<u8> {
    [HEADER, &[id], &leb(length), content].concat()
}

/// A module with one function `[] -> []`, whose body is these bytes.
pub(crate) fn with_body(body: &[u8]) -> Vec<u8> {
    let body = [&leb(body.len() as u64), body].concat();
    let length = leb(body.len() as u64 + 1);
    [HEADER, b"\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a", &length, b"\x01", &body].concat()
}
