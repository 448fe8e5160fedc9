//! Types.
//!
//! [Spec](https://webassembly.github.io/spec/core/binary/types.html)

use alloc::boxed::Box;
use terrane_syntax::types::{
    AddrType, CompType, FieldType, FuncType, GlobalType, HeapType, Limits, MemType, RecType, RefType,
    StorageType, SubType, TableType, ValType,
};
use terrane_syntax::{Feature, TypeIdx};

use crate::error::{Error, Malformed, Needs, Result};
use crate::reader::{Decode, Reader};

/// The abstract heap types: each with its byte and with the feature that brought it.
pub(crate) const ABS_HEAP_TYPES: [(u8, HeapType, Feature); 12] = [
    (0x70, HeapType::Func, Feature::ReferenceTypes),
    (0x6F, HeapType::Extern, Feature::ReferenceTypes),
    (0x6E, HeapType::Any, Feature::Gc),
    (0x6D, HeapType::Eq, Feature::Gc),
    (0x6C, HeapType::I31, Feature::Gc),
    (0x6B, HeapType::Struct, Feature::Gc),
    (0x6A, HeapType::Array, Feature::Gc),
    (0x69, HeapType::Exn, Feature::Exceptions),
    (0x71, HeapType::None, Feature::Gc),
    (0x72, HeapType::NoExtern, Feature::Gc),
    (0x73, HeapType::NoFunc, Feature::Gc),
    (0x74, HeapType::NoExn, Feature::Exceptions),
];

/// `(ref null ht)` and `(ref ht)` before a heap type.
pub(crate) const REF_NULL: u8 = 0x63;
pub(crate) const REF: u8 = 0x64;
/// `(exact x)` before a type index.
pub(crate) const EXACT: u8 = 0x62;
/// `(describes x)` and `(descriptor x)` before a type index.
pub(crate) const DESCRIBES: u8 = 0x4C;
pub(crate) const DESCRIPTOR: u8 = 0x4D;

/// The abstract heap type of `byte`; an error says which feature would make it one.
fn absheaptype(r: &Reader<'_>, byte: u8) -> Result<HeapType, Needs> {
    match ABS_HEAP_TYPES.iter().find(|row| row.0 == byte) {
        Some(&(_, ht, feature)) if r.has(feature) => Ok(ht),
        Some(&(_, _, feature)) => Err(Needs(Some(feature))),
        None => Err(Needs(None)),
    }
}

/// Is `byte` the only byte of a negative number: a type, where an index may stand as well?
pub(crate) fn is_type_byte(byte: u8) -> bool {
    byte & 0xC0 == 0x40
}

/// Reads a type index where a heap type or a block type may stand as well.
pub(crate) fn type_idx_s33(r: &mut Reader<'_>) -> Result<Option<TypeIdx>> {
    Ok(u32::try_from(r.s33()?).ok().map(TypeIdx))
}

impl Decode<'_> for HeapType {
    /// [Spec](https://webassembly.github.io/spec/core/binary/types.html#heap-types)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        let offset = r.offset();
        let byte = r.peek().unwrap_or_default();
        if is_type_byte(byte) {
            r.byte()?;
            if byte == EXACT && r.has(Feature::CustomDescriptors) {
                return r.read().map(HeapType::Exact);
            }
            return absheaptype(r, byte).or_else(|needs| r.fail_at(offset, Malformed::HeapType(byte, needs)));
        }
        match type_idx_s33(r)? {
            Some(x) if r.has(Feature::FunctionReferences) => Ok(HeapType::Type(x)),
            _ => r.fail_at(offset, Malformed::HeapType(byte, r.needs(Feature::FunctionReferences))),
        }
    }
}

/// The reference type that begins with `byte`, which has been read, if there is one.
fn reftype_from(r: &mut Reader<'_>, byte: u8) -> Result<Result<RefType, Needs>> {
    match byte {
        REF | REF_NULL if r.has(Feature::FunctionReferences) => {
            Ok(Ok(RefType { nullable: byte == REF_NULL, heap: r.read()? }))
        }
        REF | REF_NULL => Ok(Err(Needs(Some(Feature::FunctionReferences)))),
        _ => Ok(absheaptype(r, byte).map(RefType::null)),
    }
}

impl Decode<'_> for RefType {
    /// [Spec](https://webassembly.github.io/spec/core/binary/types.html#reference-types)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        let offset = r.offset();
        let byte = r.byte()?;
        reftype_from(r, byte)?.or_else(|needs| r.fail_at(offset, Malformed::RefType(byte, needs)))
    }
}

impl Decode<'_> for ValType {
    /// [Spec](https://webassembly.github.io/spec/core/binary/types.html#value-types)
    #[inline]
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        match r.byte()? {
            0x7F => Ok(ValType::I32),
            0x7E => Ok(ValType::I64),
            0x7D => Ok(ValType::F32),
            0x7C => Ok(ValType::F64),
            byte => valtype_from(r, byte),
        }
    }
}

/// The value type that begins with `byte`, which has been read, and which is no number type.
fn valtype_from(r: &mut Reader<'_>, byte: u8) -> Result<ValType> {
    let offset = r.offset() - 1;
    let found = match byte {
        0x7B if r.has(Feature::Simd) => Ok(ValType::V128),
        0x7B => Err(Needs(Some(Feature::Simd))),
        _ => reftype_from(r, byte)?.map(ValType::Ref),
    };
    found.or_else(|needs| r.fail_at(offset, Malformed::ValType(byte, needs)))
}

impl Decode<'_> for StorageType {
    /// [Spec](https://webassembly.github.io/spec/core/binary/types.html#composite-types)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        let packed = match r.peek() {
            Some(0x78) => StorageType::I8,
            Some(0x77) => StorageType::I16,
            _ => return r.read().map(StorageType::Val).map_err(storage_type),
        };
        r.byte()?;
        Ok(packed)
    }
}

/// What begins no value type begins no storage type either.
#[cold]
fn storage_type(error: Error) -> Error {
    match *error.kind() {
        Malformed::ValType(byte, needs) => Error::new(Malformed::StorageType(byte, needs), error.offset()),
        _ => error,
    }
}

/// [Spec](https://webassembly.github.io/spec/core/binary/types.html#global-types)
fn mutability(r: &mut Reader<'_>) -> Result<bool> {
    match r.byte()? {
        0 => Ok(false),
        1 => Ok(true),
        byte => r.fail_at(r.offset() - 1, Malformed::Mutability(byte)),
    }
}

impl Decode<'_> for FieldType {
    /// [Spec](https://webassembly.github.io/spec/core/binary/types.html#composite-types)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        let storage = r.read()?;
        Ok(FieldType { storage, mutable: mutability(r)? })
    }
}

impl Decode<'_> for FuncType {
    /// [Spec](https://webassembly.github.io/spec/core/binary/types.html#function-types)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        Ok(FuncType { params: r.vec(Reader::read)?, results: r.vec(Reader::read)? })
    }
}

/// The composite type that begins with `byte`, which has been read.
///
/// [Spec](https://webassembly.github.io/spec/core/binary/types.html#composite-types)
fn comptype_from(r: &mut Reader<'_>, byte: u8) -> Result<CompType> {
    match byte {
        0x60 => r.read().map(CompType::Func),
        0x5F if r.has(Feature::Gc) => r.vec(Reader::read).map(CompType::Struct),
        0x5E if r.has(Feature::Gc) => r.read().map(CompType::Array),
        _ => {
            if byte >= 0x80 {
                return r.fail_at(r.offset() - 1, Malformed::IntegerTooLong(1));
            }
            let needs = match byte {
                0x4E..=0x50 | 0x5E | 0x5F => r.needs(Feature::Gc),
                DESCRIBES | DESCRIPTOR => r.needs(Feature::CustomDescriptors),
                _ => Needs(None),
            };
            r.fail_at(r.offset() - 1, Malformed::DefType(byte, needs))
        }
    }
}

/// The subtype that begins with `byte`, which has been read.
fn subtype_from(r: &mut Reader<'_>, byte: u8) -> Result<SubType> {
    if !matches!(byte, 0x4F | 0x50) || !r.has(Feature::Gc) {
        return described_from(r, byte);
    }
    let offset = r.offset();
    let supertype = match r.u32()? {
        0 => None,
        1 => Some(HeapType::Type(TypeIdx(r.u32()?))),
        n => return r.fail_at(offset, Malformed::Supertypes(n)),
    };
    let first = r.byte()?;
    Ok(SubType { is_final: byte == 0x4F, supertype, ..described_from(r, first)? })
}

/// The composite type that begins with `byte`, which has been read, with the clauses before it.
fn described_from(r: &mut Reader<'_>, byte: u8) -> Result<SubType> {
    let (describes, byte) = clause(r, DESCRIBES, byte)?;
    let (descriptor, byte) = clause(r, DESCRIPTOR, byte)?;
    Ok(SubType { describes, descriptor, ..SubType::plain(comptype_from(r, byte)?) })
}

/// The type that a clause names if `byte`, which has been read, is the clause's; and the byte that comes next.
fn clause(r: &mut Reader<'_>, clause: u8, byte: u8) -> Result<(Option<HeapType>, u8)> {
    if byte != clause || !r.has(Feature::CustomDescriptors) {
        return Ok((None, byte));
    }
    Ok((Some(HeapType::Type(r.read()?)), r.byte()?))
}

impl Decode<'_> for SubType {
    /// [Spec](https://webassembly.github.io/spec/core/binary/types.html#recursive-types)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        let byte = r.byte()?;
        subtype_from(r, byte)
    }
}

impl Decode<'_> for RecType {
    /// [Spec](https://webassembly.github.io/spec/core/binary/types.html#recursive-types)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        match r.byte()? {
            0x4E if r.has(Feature::Gc) => r.vec(Reader::read).map(RecType),
            byte => Ok(RecType(Box::new([subtype_from(r, byte)?]))),
        }
    }
}

/// Limits as memories and tables share them.
///
/// [Spec](https://webassembly.github.io/spec/core/binary/types.html#limits)
struct LimitsFlags {
    limits: Limits,
    addr: AddrType,
    shared: bool,
    custom_page_size: bool,
}

/// The flags of limits: has a maximum, is shared, has 64-bit addresses, has a page size.
pub(crate) const HAS_MAX: u8 = 1;
pub(crate) const SHARED: u8 = 2;
pub(crate) const ADDR_64: u8 = 4;
pub(crate) const PAGE_SIZE: u8 = 8;

impl LimitsFlags {
    /// Reads limits that may have those of the flags `allowed` whose feature is on.
    fn decode(r: &mut Reader<'_>, allowed: u8) -> Result<Self> {
        let byte = r.byte()?;
        for (flag, feature) in
            [(SHARED, Feature::Threads), (ADDR_64, Feature::Memory64), (PAGE_SIZE, Feature::CustomPageSizes)]
        {
            if byte & flag & allowed != 0 && !r.has(feature) {
                return Self::fail(r, byte, Needs(Some(feature)));
            }
        }
        if byte & !allowed != 0 {
            return Self::fail(r, byte, Needs(None));
        }
        let addr = if byte & ADDR_64 != 0 { AddrType::I64 } else { AddrType::I32 };
        let min = bound(r)?;
        let max = if byte & HAS_MAX != 0 { Some(bound(r)?) } else { None };
        let limits = Limits { min, max };
        Ok(Self { limits, addr, shared: byte & SHARED != 0, custom_page_size: byte & PAGE_SIZE != 0 })
    }

    fn fail(r: &Reader<'_>, byte: u8, needs: Needs) -> Result<Self> {
        let kind = match byte {
            _ if r.has(Feature::Memory64) || r.has(Feature::Threads) => Malformed::LimitsFlags(byte, needs),
            // Before there were other flags, the one was a number of one bit.
            0x80.. => Malformed::IntegerTooLong(1),
            _ => Malformed::IntegerTooLarge(1),
        };
        r.fail_at(r.offset() - 1, kind)
    }
}

/// A bound of limits. Whether 64 bits are too many for the address type is for validation to say.
fn bound(r: &mut Reader<'_>) -> Result<u64> {
    if r.has(Feature::Memory64) { r.u64() } else { r.u32().map(u64::from) }
}

impl Decode<'_> for MemType {
    /// [Spec](https://webassembly.github.io/spec/core/binary/types.html#memory-types)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        let LimitsFlags { limits, addr, shared, custom_page_size } =
            LimitsFlags::decode(r, HAS_MAX | SHARED | ADDR_64 | PAGE_SIZE)?;
        let page_size_log2 = if custom_page_size { page_size(r)? } else { 16 };
        Ok(MemType { addr, limits, shared, page_size_log2 })
    }
}

/// The base-two logarithm of the size of pages. Which sizes there may be is for validation to say.
fn page_size(r: &mut Reader<'_>) -> Result<u8> {
    let offset = r.offset();
    match r.u32()? {
        log2 @ 0..64 => Ok(log2 as u8),
        log2 => r.fail_at(offset, Malformed::PageSize(log2)),
    }
}

impl Decode<'_> for TableType {
    /// [Spec](https://webassembly.github.io/spec/core/binary/types.html#table-types)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        let elem = table_elem(r)?;
        let LimitsFlags { limits, addr, .. } = LimitsFlags::decode(r, HAS_MAX | ADDR_64)?;
        Ok(TableType { addr, limits, elem })
    }
}

/// What the elements of a table are: in WebAssembly 1.0 `funcref` was no reference type but this.
fn table_elem(r: &mut Reader<'_>) -> Result<RefType> {
    if r.peek() == Some(0x70) {
        r.byte()?;
        return Ok(RefType::FUNCREF);
    }
    r.read()
}

impl Decode<'_> for GlobalType {
    /// [Spec](https://webassembly.github.io/spec/core/binary/types.html#global-types)
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        let val = r.read()?;
        Ok(GlobalType { val, mutable: mutability(r)? })
    }
}
