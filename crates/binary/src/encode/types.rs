//! Types.
//!
//! [Spec](https://webassembly.github.io/spec/core/binary/types.html)

use alloc::vec::Vec;
use terrane_syntax::types::{
    AddrType, CompType, FieldType, FuncType, GlobalType, HeapType, Limits, MemType, RecType, RefType,
    StorageType, SubType, TableType, ValType,
};

use super::{Encode, signed, unsigned, vec};
use crate::types::{
    ABS_HEAP_TYPES, ADDR_64, DESCRIBES, DESCRIPTOR, EXACT, HAS_MAX, PAGE_SIZE, REF, REF_NULL, SHARED,
};

/// The byte of a heap type that is abstract.
fn absheaptype(ht: HeapType) -> Option<u8> {
    ABS_HEAP_TYPES.iter().find(|row| row.1 == ht).map(|row| row.0)
}

impl Encode for HeapType {
    fn encode(&self, out: &mut Vec<u8>) {
        match (self, absheaptype(*self)) {
            (_, Some(byte)) => out.push(byte),
            (HeapType::Type(x), None) => signed(i64::from(x.0), out),
            (HeapType::Exact(x), None) => {
                out.push(EXACT);
                x.encode(out);
            }
            (other, None) => panic!("{other:?} has no encoding: it is no type of a module"),
        }
    }
}

impl Encode for RefType {
    fn encode(&self, out: &mut Vec<u8>) {
        match absheaptype(self.heap) {
            Some(byte) if self.nullable => out.push(byte),
            _ => {
                out.push(if self.nullable { REF_NULL } else { REF });
                self.heap.encode(out);
            }
        }
    }
}

impl Encode for ValType {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            ValType::I32 => out.push(0x7F),
            ValType::I64 => out.push(0x7E),
            ValType::F32 => out.push(0x7D),
            ValType::F64 => out.push(0x7C),
            ValType::V128 => out.push(0x7B),
            ValType::Ref(rt) => rt.encode(out),
        }
    }
}

impl Encode for StorageType {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            StorageType::Val(t) => t.encode(out),
            StorageType::I8 => out.push(0x78),
            StorageType::I16 => out.push(0x77),
        }
    }
}

impl Encode for FieldType {
    fn encode(&self, out: &mut Vec<u8>) {
        self.storage.encode(out);
        out.push(u8::from(self.mutable));
    }
}

impl Encode for FuncType {
    fn encode(&self, out: &mut Vec<u8>) {
        vec(&self.params, out);
        vec(&self.results, out);
    }
}

impl Encode for CompType {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            CompType::Func(ty) => {
                out.push(0x60);
                ty.encode(out);
            }
            CompType::Struct(fields) => {
                out.push(0x5F);
                vec(fields, out);
            }
            CompType::Array(element) => {
                out.push(0x5E);
                element.encode(out);
            }
        }
    }
}

impl Encode for SubType {
    /// In the short form where there is one.
    fn encode(&self, out: &mut Vec<u8>) {
        if !self.is_final || self.supertype.is_some() {
            out.push(if self.is_final { 0x4F } else { 0x50 });
            vec(self.supertype.as_slice(), out);
        }
        clause(DESCRIBES, self.describes, out);
        clause(DESCRIPTOR, self.descriptor, out);
        self.comp.encode(out);
    }
}

/// Appends a clause of a type, if it has that.
fn clause(clause: u8, ht: Option<HeapType>, out: &mut Vec<u8>) {
    match ht {
        None => {}
        Some(HeapType::Type(x)) => {
            out.push(clause);
            x.encode(out);
        }
        Some(other) => panic!("{other:?} has no encoding: it is no type of a module"),
    }
}

impl Encode for RecType {
    /// In the short form where there is one.
    fn encode(&self, out: &mut Vec<u8>) {
        match &self.0[..] {
            [ty] => ty.encode(out),
            types => {
                out.push(0x4E);
                vec(types, out);
            }
        }
    }
}

/// Appends limits with their flags, to which `flags` are added.
fn limits(limits: &Limits, addr: AddrType, flags: u8, out: &mut Vec<u8>) {
    let has_max = if limits.max.is_some() { HAS_MAX } else { 0 };
    let addr_64 = if addr == AddrType::I64 { ADDR_64 } else { 0 };
    out.push(flags | has_max | addr_64);
    unsigned(limits.min, out);
    limits.max.iter().for_each(|max| unsigned(*max, out));
}

impl Encode for MemType {
    fn encode(&self, out: &mut Vec<u8>) {
        let shared = if self.shared { SHARED } else { 0 };
        let page_size = if self.page_size_log2 == 16 { 0 } else { PAGE_SIZE };
        limits(&self.limits, self.addr, shared | page_size, out);
        if page_size != 0 {
            unsigned(u64::from(self.page_size_log2), out);
        }
    }
}

impl Encode for TableType {
    fn encode(&self, out: &mut Vec<u8>) {
        self.elem.encode(out);
        limits(&self.limits, self.addr, 0, out);
    }
}

impl Encode for GlobalType {
    fn encode(&self, out: &mut Vec<u8>) {
        self.val.encode(out);
        out.push(u8::from(self.mutable));
    }
}
