//! Syntax to bytes.
//!
//! [Spec](https://webassembly.github.io/spec/core/binary/index.html)

mod instr;
mod module;
mod types;

pub use instr::encode_body;
pub use module::{encode_module, encode_module_compact};

use alloc::string::String;
use alloc::vec::Vec;

use crate::hints::{BranchHint, BranchHints};
use crate::names::{IndirectNameMap, NameMap, Names};

/// Something that has an encoding.
pub trait Encode {
    /// Appends the encoding to `out`.
    ///
    /// # Panics
    /// If a type in it names another not by its index in the module, but is closed
    /// ([`HeapType::Def`](terrane_syntax::types::HeapType::Def)) or belongs to validation only.
    fn encode(&self, out: &mut Vec<u8>);
}

/// Writing to a vector cannot fail.
const INFALLIBLE: &str = "a vector takes all bytes";

pub(crate) fn unsigned(n: u64, out: &mut Vec<u8>) {
    leb128::write::unsigned(out, n).expect(INFALLIBLE);
}

pub(crate) fn signed(n: i64, out: &mut Vec<u8>) {
    leb128::write::signed(out, n).expect(INFALLIBLE);
}

/// Appends how many elements there are, then each.
pub(crate) fn vec<T: Encode>(elements: &[T], out: &mut Vec<u8>) {
    unsigned(elements.len() as u64, out);
    elements.iter().for_each(|element| element.encode(out));
}

/// Appends the size of what `contents` appends, then that.
pub(crate) fn sized(out: &mut Vec<u8>, contents: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = Vec::new();
    contents(&mut bytes);
    bytes.as_slice().encode(out);
}

impl Encode for u32 {
    fn encode(&self, out: &mut Vec<u8>) {
        unsigned(u64::from(*self), out);
    }
}

impl Encode for [u8] {
    fn encode(&self, out: &mut Vec<u8>) {
        unsigned(self.len() as u64, out);
        out.extend_from_slice(self);
    }
}

impl Encode for &str {
    /// [Spec](https://webassembly.github.io/spec/core/binary/values.html#names)
    fn encode(&self, out: &mut Vec<u8>) {
        self.as_bytes().encode(out);
    }
}

impl Encode for String {
    fn encode(&self, out: &mut Vec<u8>) {
        self.as_bytes().encode(out);
    }
}

impl Encode for NameMap<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        unsigned(self.iter().len() as u64, out);
        for (index, name) in self.iter() {
            index.encode(out);
            name.encode(out);
        }
    }
}

impl Encode for IndirectNameMap<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        unsigned(self.iter().len() as u64, out);
        for (index, names) in self.iter() {
            index.encode(out);
            names.encode(out);
        }
    }
}

impl Encode for BranchHints {
    /// The contents of a section of branch hints, without the section's own name.
    fn encode(&self, out: &mut Vec<u8>) {
        unsigned(self.iter().len() as u64, out);
        for (func, hints) in self.iter() {
            func.encode(out);
            vec(hints, out);
        }
    }
}

impl Encode for BranchHint {
    fn encode(&self, out: &mut Vec<u8>) {
        self.offset.encode(out);
        out.extend_from_slice(&[1, self.likely.into()]);
    }
}

impl Encode for Names<'_> {
    /// The contents of a name section, without the section's own name.
    fn encode(&self, out: &mut Vec<u8>) {
        if let Some(name) = self.module {
            out.push(0);
            sized(out, |out| name.encode(out));
        }
        self.maps(|id, map| {
            out.push(id);
            sized(out, |out| map.encode(out));
        });
    }
}
