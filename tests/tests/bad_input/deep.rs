//! Large and deep, but well-formed.

use crate::shared::{MIB, leb, module, refused, run, traps, with_body};
use terrane::{Engine, Module, Trap};
use terrane_tests::counting::peak;
use wasm_encoder::{
    BlockType, CodeSection, ExportKind, ExportSection, Function, FunctionSection, Instruction as I,
    TypeSection, ValType,
};

const DEEP: usize = 100_000;

fn nested(open: I<'static>, inside: &[I<'static>], after: &[I<'static>]) -> Vec<u8> {
    let mut instrs: Vec<I<'static>> = Vec::new();
    instrs.extend(std::iter::repeat_n(open, DEEP));
    instrs.extend_from_slice(inside);
    instrs.extend(std::iter::repeat_n(I::End, DEEP));
    instrs.extend_from_slice(after);
    module(instrs)
}

#[test]
fn nested_blocks_run() {
    let engine = Engine::default();
    let value = BlockType::Result(ValType::I32);
    let outermost = u32::try_from(DEEP - 1).unwrap();
    let run = |bytes: Vec<u8>| {
        let (result, held) = peak(|| run(&engine, &bytes));
        assert!(held < 64 * MIB, "{held} bytes were held");
        result.unwrap()
    };
    assert_eq!(run(nested(I::Block(BlockType::Empty), &[], &[I::I32Const(1)])), 1);
    assert_eq!(run(nested(I::Block(value), &[I::I32Const(2)], &[])), 2);
    assert_eq!(run(nested(I::Loop(value), &[I::I32Const(3)], &[])), 3);
    assert_eq!(run(nested(I::Block(value), &[I::I32Const(4), I::Br(outermost)], &[])), 4);
    assert_eq!(run(nested(I::Block(value), &[I::I32Const(5), I::Return], &[])), 5);
}

#[test]
fn nested_conditions_run() {
    let mut instrs = Vec::new();
    for _ in 0..DEEP {
        instrs.extend([I::I32Const(1), I::If(BlockType::Empty)]);
    }
    instrs.extend([I::I32Const(6), I::Return]);
    instrs.extend(std::iter::repeat_n(I::End, DEEP));
    instrs.push(I::I32Const(7));
    assert_eq!(run(&Engine::default(), module(instrs)).unwrap(), 6);
}

#[test]
fn nested_unreachable_blocks_are_accepted() {
    let bytes = nested(I::Block(BlockType::Result(ValType::I32)), &[I::Unreachable], &[]);
    traps(run(&Engine::default(), bytes), Trap::Unreachable);
}

#[test]
fn blocks_that_are_never_closed() {
    let opened = [0x02, 0x40].repeat(DEEP);
    refused(with_body(&[b"\x00", &opened[..]].concat()), "", 64 * MIB);
}

#[test]
fn text_nested_deeply() {
    let engine = Engine::default();
    // Deep text may be too deep for the parser of text, but says so.
    for depth in [50, 5_000, DEEP] {
        let text = format!("(module (func {} {}))", "(block ".repeat(depth), ")".repeat(depth));
        match Module::new(&engine, &text) {
            Ok(_) => {}
            Err(error) if depth > 50 => assert!(!error.to_string().is_empty()),
            Err(error) => panic!("{error}"),
        }
    }
    refused("(".repeat(DEEP), "", 64 * MIB);
}

#[test]
fn a_br_table_of_50_mb() {
    let mut body = b"\x00\x41\x00\x0e".to_vec();
    body.extend(leb(50_000_000));
    body.resize(body.len() + 50_000_001, 0);
    body.push(0x0b);
    // The module's own copy of the bytes may be held, and almost nothing on top.
    refused(with_body(&body), "size", 52 * MIB);
}

#[test]
fn the_largest_br_table_runs() {
    let engine = Engine::default();
    let targets: Vec<u32> = (0..7_000_000).map(|i| i % 2).collect();
    let bytes = module([
        I::Block(BlockType::Empty),
        I::Block(BlockType::Empty),
        I::I32Const(4_999_999),
        I::BrTable(targets.into(), 0),
        I::End,
        I::I32Const(10),
        I::Return,
        I::End,
        I::I32Const(11),
    ]);
    let (result, held) = peak(|| run(&engine, &bytes));
    assert_eq!(result.unwrap(), 11);
    assert!(held < 256 * MIB, "{held} bytes were held");
}

#[test]
fn a_br_table_of_many_targets_with_many_results() {
    // Checking every target against every result would be 300 million steps.
    let mut types = TypeSection::new();
    types.ty().function([], [ValType::I32]);
    types.ty().function([], vec![ValType::I32; 1000]);
    let (mut funcs, mut exports, mut code) =
        (FunctionSection::new(), ExportSection::new(), CodeSection::new());
    funcs.function(0);
    exports.export("run", ExportKind::Func, 0);
    let mut body = Function::new([]);
    body.instruction(&I::Block(BlockType::FunctionType(1)));
    for _ in 0..1000 {
        body.instruction(&I::I32Const(9));
    }
    body.instruction(&I::I32Const(0));
    body.instruction(&I::BrTable(vec![0; 300_000].into(), 0));
    body.instruction(&I::End);
    for _ in 1..1000 {
        body.instruction(&I::Drop);
    }
    body.instruction(&I::End);
    code.function(&body);
    let mut module = wasm_encoder::Module::new();
    module.section(&types).section(&funcs).section(&exports).section(&code);
    assert_eq!(run(&Engine::default(), module.finish()).unwrap(), 9);
}

#[test]
fn a_body_of_one_long_expression() {
    // A hundred thousand operands wait on the stack: more than the slots of an ordinary frame.
    let mut instrs = vec![I::I32Const(1); DEEP];
    instrs.extend(std::iter::repeat_n(I::I32Add, DEEP - 1));
    assert_eq!(run(&Engine::default(), module(instrs)).unwrap(), i32::try_from(DEEP).unwrap());
}

#[test]
fn operands_that_cannot_be_folded_away_wait_in_their_slots() {
    let text = format!(
        "(module (memory 1) (func (export \"run\") (result i32) {} {}))",
        "(i32.load (i32.const 0)) ".repeat(DEEP),
        "i32.add ".repeat(DEEP - 1),
    );
    assert_eq!(run(&Engine::default(), text).unwrap(), 0);
}
