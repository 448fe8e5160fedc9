//! Hostile input: a clear error, in little time and memory.

use std::time::{Duration, Instant};

use terrane_binary::{Body, Chunk, Decoder, decode_module, payloads};
use terrane_syntax::{Features, limits};

const HEADER: &[u8] = b"\0asm\x01\0\0\0";

/// The largest number of 32 bits.
const MAX: [u8; 5] = [0xFF, 0xFF, 0xFF, 0xFF, 0x0F];

fn number(n: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    leb128::write::unsigned(&mut bytes, n as u64).unwrap();
    bytes
}

/// The error of a module that is the header and `parts`.
#[track_caller]
fn check(parts: &[&[u8]], expected: &str) {
    let bytes = [HEADER, &parts.concat()].concat();
    let start = Instant::now();
    let error = decode_module(&bytes, Features::all()).unwrap_err();
    assert_eq!(error.to_string(), expected);
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn claimed_lengths() {
    let left = |n| format!("length out of bounds: 4294967295 claimed, but {n} bytes are left");
    check(&[&[1], &MAX], &(left(0) + " (at byte 0x9)"));
    check(&[&[1, 5], &MAX], &(left(0) + " (at byte 0xa)"));
    check(&[&[1, 7, 1, 0x4E], &MAX], &(left(0) + " (at byte 0xc)"));
    check(&[&[0, 5], &MAX], &(left(0) + " (at byte 0xa)"));
    check(&[&[10, 5], &MAX], &(left(0) + " (at byte 0xa)"));
    check(&[&[11, 11, 1, 0, 0x41, 0, 0x0B], &MAX, &[0]], &(left(1) + " (at byte 0xf)"));
}

#[test]
fn a_stream_that_never_ends() {
    let bytes = [HEADER, &[11], &MAX].concat();
    let mut decoder = Decoder::new(Features::all());
    let Ok(Chunk::Payload { consumed, .. }) = decoder.decode(&bytes, false) else { panic!() };
    let error = decoder.decode(&bytes[consumed..], false).unwrap_err();
    assert!(error.to_string().starts_with("module size of 4294967309 bytes is over the limit"), "{error}");
}

/// A body of so many bytes, which `fill` fills but for the locals and the final `end`.
fn read_body(fill: &[u8]) -> terrane_binary::Result<usize> {
    let bytes = [&[0], fill, &[0x0B]].concat();
    let mut instrs = Body::new(&bytes, 0..bytes.len(), Features::all(), false).instrs()?;
    let mut depth = 0;
    while instrs.next()?.is_some() {
        depth = depth.max(instrs.depth());
    }
    Ok(depth)
}

#[test]
fn nested_blocks() {
    let opened = [0x02, 0x40].repeat(100_000);
    assert_eq!(read_body(&[&opened[..], &[0x0B; 100_000]].concat()), Ok(100_000));
    let error = read_body(&opened).unwrap_err();
    assert_eq!(error.to_string(), "unexpected end of section or function (at byte 0x30d42)");
}

#[test]
fn nested_blocks_in_a_constant_expression() {
    let expr = [&[0x02, 0x40].repeat(100_000)[..], &[0x0B; 100_000]].concat();
    let section = [&[1, 0x7F, 0][..], &expr, &[0x0B]].concat();
    let module = decode_module(&[HEADER, &[6], &number(section.len()), &section].concat(), Features::wasm1());
    assert_eq!(module.unwrap().globals[0].init.instrs.len(), 200_000);
}

#[test]
fn a_branch_table_of_50_megabytes() {
    const LABELS: usize = 50_000_000;
    let code = [&[0x0E][..], &number(LABELS), &vec![0; LABELS + 1]].concat();
    assert_eq!(read_body(&code), Ok(0));

    let body = [&[0][..], &code, &[0x0B]].concat();
    let code_section = [&[1][..], &number(body.len()), &body].concat();
    let expected = format!(
        "function size of {} bytes is over the limit of {} (at byte 0x18)",
        body.len(),
        limits::FUNC_SIZE
    );
    let funcs = [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0];
    check(&[&funcs, &[10], &number(code_section.len()), &code_section], &expected);
}

#[test]
fn many_locals() {
    let locals = |n: &[u8]| [&[2, 1, 0x7F][..], n, &[0x7E, 0x0B]].concat();
    let most = locals(&[0xFE, 0xFF, 0xFF, 0xFF, 0x0F]);
    let mut body = Body::new(&most, 0..most.len(), Features::wasm1(), false).locals().unwrap();
    assert_eq!(body.by_ref().map(|local| local.unwrap().0).max(), Some(u32::MAX - 1));
    let over = locals(&MAX);
    let error = Body::new(&over, 0..over.len(), Features::wasm1(), false).instrs().unwrap_err();
    assert_eq!(
        error.to_string(),
        "too many locals: 4294967296, but their number must be below 2^32 (at byte 0x3)"
    );
}

#[test]
fn nothing_follows_an_error() {
    let bytes = [HEADER, &[0x55, 0]].concat();
    let mut payloads = payloads(&bytes, Features::all());
    assert!(payloads.next().is_some_and(|payload| payload.is_ok()));
    assert!(payloads.next().is_some_and(|payload| payload.is_err()));
    assert!(payloads.next().is_none());
}
