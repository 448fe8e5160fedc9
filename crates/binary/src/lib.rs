#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod assemble;
mod body;
mod decoder;
#[cfg(feature = "encode")]
mod encode;
mod error;
mod hints;
mod imports;
mod instr;
mod module;
mod names;
mod reader;
mod section;
mod types;

pub use assemble::{add_payload, decode_module};
pub use body::{Body, Locals};
pub use decoder::{Chunk, CustomSection, Decoder, Payload, Payloads, payloads, shared_payloads};
#[cfg(feature = "encode")]
pub use encode::{Encode, encode_body, encode_module, encode_module_compact};
pub use error::{Error, Malformed, Needs, RawOpcode, Result};
pub use hints::{BRANCH_HINT_SECTION, BranchHint, BranchHints};
pub use imports::ImportSection;
pub use instr::InstrReader;
pub use module::SectionKind;
pub use names::{IndirectNameMap, NAME_SECTION, NameMap, Names};
pub use reader::{Decode, Reader};
pub use section::{Section, TagType};
