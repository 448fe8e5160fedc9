//! Import matching: what may be linked to what, and the words for it when it may not.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/modules.html#instantiation)

use std::sync::Arc;
use terrane_syntax::types::{ExternType, Resolve, match_externtype};

/// Why a module cannot be linked: an import that cannot be satisfied, as a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Link {
    /// Nothing was given for it.
    #[error(
        "unknown import: `{module}` `{name}` must be a {expected}, and nothing was given for it{}",
        hint(.nearest.as_deref())
    )]
    Unknown {
        /// The import's first name.
        module: Arc<str>,
        /// The import's second name.
        name: String,
        /// The type that the module asks for.
        expected: String,
        /// The two names of something that may be meant.
        nearest: Option<Box<(Arc<str>, Arc<str>)>>,
    },
    /// What was given is of another type.
    #[error("incompatible import type: `{module}` `{name}` must be a {expected}, but is a {found}")]
    Incompatible {
        /// The import's first name.
        module: Arc<str>,
        /// The import's second name.
        name: String,
        /// The type that the module asks for.
        expected: String,
        /// The type of what was given.
        found: String,
    },
    /// An active element segment does not fit its table, in WebAssembly 1.0.
    #[error(
        "elements segment does not fit: segment {segment} needs {len} elements at {offset}, but the table has {size}"
    )]
    Elem {
        /// Which segment it is.
        segment: usize,
        /// The first element that it would be written to.
        offset: u64,
        /// How many elements it has.
        len: usize,
        /// How many elements the table has.
        size: u64,
    },
    /// An active data segment does not fit its memory, in WebAssembly 1.0.
    #[error(
        "data segment does not fit: segment {segment} needs {len} bytes at {offset}, but the memory has {size}"
    )]
    Data {
        /// Which segment it is.
        segment: usize,
        /// The first byte that it would be written to.
        offset: u64,
        /// How many bytes it has.
        len: usize,
        /// How many bytes the memory has.
        size: u64,
    },
    /// More or fewer values were given than there are imports.
    #[error("{found} imports were given where the module has {expected}")]
    Arity {
        /// How many imports the module has.
        expected: usize,
        /// How many were given.
        found: usize,
    },
}

fn hint(nearest: Option<&(Arc<str>, Arc<str>)>) -> String {
    nearest.map_or_else(String::new, |(module, name)| format!("; did you mean `{module}` `{name}`?"))
}

/// Does what is found match what an import asks for?
pub(crate) fn matches(types: &impl Resolve, found: ExternType, expected: ExternType) -> bool {
    match_externtype(types, found, expected)
}

/// A type in words, for messages.
pub fn describe(types: &impl Resolve, ty: ExternType) -> String {
    match ty {
        ExternType::Func(dt) | ExternType::FuncExact(dt) => types.info(dt).sub.comp.to_string(),
        ExternType::Table(tt) => tt.to_string(),
        ExternType::Mem(mt) => mt.to_string(),
        ExternType::Global(gt) => gt.to_string(),
        ExternType::Tag(dt) => format!("tag {}", types.info(dt).sub.comp),
    }
}
