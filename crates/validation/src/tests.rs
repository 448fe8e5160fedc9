//! The one helper of all tests: from text through the binary format to a verdict.

extern crate std;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use terrane_binary::{Payload, add_payload, payloads};
use terrane_syntax::types::Types;
use terrane_syntax::{Error, Feature, Features, FuncIdx, Module};

use crate::{FuncAllocations, FuncValidator, Invalid, check_module};

/// The verdict on `(module {fields})` begins with `expected`, or is that it is valid if that is empty.
#[track_caller]
pub(crate) fn check(fields: &str, expected: &str) {
    check_with(Features::all(), fields, expected);
}

/// Like [`check`], for a module that may use only some features.
#[track_caller]
pub(crate) fn check_with(features: Features, fields: &str, expected: &str) {
    let found = match validate(&encode(fields), features) {
        Ok(()) => String::new(),
        Err(error) => error.kind().to_string(),
    };
    assert_eq!(found, expected, "(module {fields})");
}

fn encode(fields: &str) -> Vec<u8> {
    let text = std::format!("(module {fields})");
    let buffer = wast::parser::ParseBuffer::new(&text).expect("tokens");
    let mut wat: wast::Wat<'_> = wast::parser::parse(&buffer).unwrap_or_else(|e| panic!("{e}"));
    wat.encode().unwrap_or_else(|e| panic!("{e}"))
}

/// Validates all of a module, whose bytes are well-formed.
fn validate(bytes: &[u8], features: Features) -> Result<(), Error<Invalid>> {
    let mut module = Module::default();
    let mut bodies = Vec::new();
    // What a module means without a feature is for the decoder's own tests.
    for payload in payloads(bytes, Features::all()) {
        match payload.expect("well-formed") {
            Payload::Body(body) => bodies.push(body),
            payload => add_payload(&mut module, payload).expect("well-formed"),
        }
    }
    let (context, _) = check_module(&module, &mut Types::new(), features)?;
    let mut allocations = FuncAllocations::default();
    for (x, body) in (context.imports().funcs as u32..).map(FuncIdx).zip(bodies) {
        let mut validator = FuncValidator::new(&context, x, allocations);
        let mut locals = body.locals().expect("well-formed");
        while let Some(local) = locals.next() {
            let (count, t) = local.expect("well-formed");
            validator.locals(locals.offset(), count, t)?;
        }
        let mut instrs = locals.into_instrs().expect("well-formed");
        while let Some((offset, instr)) = instrs.next().expect("well-formed") {
            validator.instr(offset, &instr)?;
        }
        validator.finish(body.range().end)?;
        allocations = validator.into_allocations();
    }
    Ok(())
}

#[test]
fn errors_say_where() {
    let error = validate(&encode("(func (param i64) (br_if 0 (local.get 0)))"), Features::all());
    let error = error.unwrap_err().to_string();
    assert_eq!(error, "type mismatch: expected i32, found i64 (at byte 0x1a)");
}

#[test]
fn features_that_are_off_are_named() {
    let check = |feature, fields, what| {
        let expected = std::format!("disabled: {what} needs the feature {feature}");
        check_with(Features::all().without(feature), fields, &expected);
        super::tests::check(fields, "");
    };
    use Feature::*;
    check(SignExtension, "(func (param i32) (drop (i32.extend8_s (local.get 0))))", "i32.extend8_s");
    check(
        BulkMemory,
        "(memory 1) (func (param i32) (memory.fill (local.get 0) (local.get 0) (local.get 0)))",
        "memory.fill",
    );
    check(TailCall, "(func $f (return_call $f))", "return_call");
    check(Simd, "(func (param v128))", "v128");
    check(Simd, "(func (local v128))", "v128");
    check(
        RelaxedSimd,
        "(func (param v128) (drop (i16x8.relaxed_q15mulr_s (local.get 0) (local.get 0))))",
        "i16x8.relaxed_q15mulr_s",
    );
    check(ReferenceTypes, "(func (param funcref))", "a reference type");
    check(FunctionReferences, "(func (param (ref func)))", "a reference type that excludes null");
    check(FunctionReferences, "(type $t (func (param (ref null $t))))", "a typed reference");
    check(Gc, "(type (struct))", "a structure type");
    check(Gc, "(type (array i8))", "an array type");
    check(Gc, "(type (sub (func)))", "a sub type");
    check(Gc, "(rec (type (func)) (type (func)))", "a recursive group of types");
    check(Gc, "(func (param anyref))", "a heap type other than func and extern");
    check(Exceptions, "(func (param exnref))", "exnref");
    check(Memory64, "(memory i64 1)", "a 64-bit memory");
    check(Memory64, "(table i64 1 funcref)", "a 64-bit table");
    check(Threads, "(memory 1 1 shared)", "a shared memory");
    check(CustomPageSizes, "(memory 1 (pagesize 1))", "a custom page size");
    check(MutableGlobal, "(import \"\" \"\" (global (mut i32)))", "the import of a mutable global");
    check(
        WideArithmetic,
        "(func (param i64) (i64.mul_wide_s (local.get 0) (local.get 0)) (drop) (drop))",
        "i64.mul_wide_s",
    );
}
