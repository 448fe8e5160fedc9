//! What several test files share.

#![allow(dead_code, reason = "each file uses a part of it")]

use terrane_binary::{Chunk, Decoder, Payload, add_payload, payloads};
use terrane_syntax::{Features, Module};

/// Decodes a module with all its function bodies, in the order of the bytes.
pub(crate) fn decode_all(bytes: &[u8], features: Features) -> terrane_binary::Result<Module> {
    let mut module = Module::default();
    let mut bodies = 0;
    for payload in payloads(bytes, features) {
        bodies += add(&mut module, bodies, payload?)?;
    }
    Ok(module)
}

/// Decodes a module that arrives `step` bytes at a time.
pub(crate) fn decode_streaming(
    bytes: &[u8],
    features: Features,
    step: usize,
) -> terrane_binary::Result<Module> {
    let mut module = Module::default();
    let mut decoder = Decoder::new(features);
    let mut bodies = 0;
    let mut arrived = 0;
    loop {
        match decoder.decode(&bytes[decoder.offset()..arrived], arrived == bytes.len())? {
            Chunk::NeedMore(n) => {
                assert!(n > 0 && arrived < bytes.len());
                arrived = (arrived + step).min(bytes.len());
            }
            Chunk::Payload { payload: Payload::End(end), .. } => {
                assert_eq!(end, bytes.len());
                return Ok(module);
            }
            Chunk::Payload { payload, .. } => bodies += add(&mut module, bodies, payload)?,
        }
    }
}

/// Adds a payload to a module that has so many bodies, and says how many bodies it brought.
fn add(module: &mut Module, bodies: usize, payload: Payload<'_>) -> terrane_binary::Result<usize> {
    let Payload::Body(body) = payload else {
        return add_payload(module, payload).map(|()| 0);
    };
    module.funcs[bodies].body = body.range();
    let mut instrs = body.instrs()?;
    while instrs.next()?.is_some() {}
    Ok(1)
}
