//! Implementation limits: how large the parts of a module may be.
//!
//! The figures are those of the appendix of the JavaScript API, which engines share, so that a module
//! either works everywhere or nowhere.
//!
//! [Source](https://webassembly.github.io/spec/js-api/#limits)

/// Bytes in a module.
pub const MODULE_SIZE: usize = 1 << 30;
/// Types in the type section, each counted.
pub const TYPES: usize = 1_000_000;
/// Recursive groups in the type section.
pub const REC_GROUPS: usize = 1_000_000;
/// Types in one recursive group.
pub const REC_GROUP_SIZE: usize = 1_000_000;
/// Steps from a type to the root of its chain of supertypes.
pub const SUBTYPE_DEPTH: usize = 63;
/// Functions a module defines.
pub const FUNCS: usize = 1_000_000;
/// Imports of a module.
pub const IMPORTS: usize = 1_000_000;
/// Exports of a module.
pub const EXPORTS: usize = 1_000_000;
/// Globals a module has.
pub const GLOBALS: usize = 1_000_000;
/// Tags a module has.
pub const TAGS: usize = 1_000_000;
/// Data segments of a module.
pub const DATA_SEGMENTS: usize = 100_000;
/// Element segments of a module.
pub const ELEM_SEGMENTS: usize = 10_000_000;
/// Tables a module has.
pub const TABLES: usize = 100_000;
/// Elements of a table.
pub const TABLE_SIZE: u64 = 10_000_000;
/// Entries of one element segment.
pub const ELEM_SEGMENT_SIZE: usize = 10_000_000;
/// Memories a module has.
pub const MEMS: usize = 100;
/// Pages of a 32-bit memory, of 64 KiB each.
pub const MEMORY32_PAGES: u64 = 1 << 16;
/// Pages of a 64-bit memory, of 64 KiB each.
pub const MEMORY64_PAGES: u64 = 1 << 48;
/// Parameters of a function or block.
pub const PARAMS: usize = 1_000;
/// Results of a function or block.
pub const RESULTS: usize = 1_000;
/// Bytes in a function body, declarations of locals included.
pub const FUNC_SIZE: usize = 7_654_321;
/// Locals of a function, parameters included.
pub const LOCALS: u32 = 50_000;
/// Operands on the stack of a function at one time, if instructions with several results put them there.
///
/// The appendix is silent on this; without it, a small body could ask for gigabytes.
pub const OPERANDS: usize = 1_000_000;
/// Fields of a structure.
pub const STRUCT_FIELDS: usize = 10_000;
/// Operands of `array.new_fixed`.
pub const ARRAY_NEW_FIXED: u32 = 10_000;
/// Bytes in one name.
pub const NAME_SIZE: usize = 100_000;
