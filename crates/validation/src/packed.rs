//! Value types in a word each, as the stacks of validation hold them.

use core::fmt;
use terrane_syntax::TypeIdx;
use terrane_syntax::types::{DefType, HeapType, RefType, Resolve, ValType, match_reftype};

/// A closed value type in one word, or bottom, the type of what unreachable code leaves on the stack.
///
/// Comparing two is one instruction, unlike comparing two [`ValType`]s.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Packed(u64);

/// Set in references that cannot be null: exactly the types that have no default value.
const NON_NULL: u64 = 1 << 8;
/// The number of the first heap type among the codes.
const FIRST_HEAP: u8 = 16;

impl Packed {
    /// Bottom: below every value type.
    pub const BOT: Self = Self(0);
    /// [`ValType::I32`]
    pub const I32: Self = Self(1);
    /// [`ValType::I64`]
    pub const I64: Self = Self(2);
    /// [`ValType::F32`]
    pub const F32: Self = Self(3);
    /// [`ValType::F64`]
    pub const F64: Self = Self(4);
    /// [`ValType::V128`]
    pub const V128: Self = Self(5);

    /// A reference type in a word.
    pub fn reftype(rt: RefType) -> Self {
        let (code, payload) = encode_heap(rt.heap);
        let flag = if rt.nullable { 0 } else { NON_NULL };
        Self(u64::from(payload) << 32 | flag | u64::from(FIRST_HEAP + code))
    }

    /// The value type, `None` for bottom.
    pub fn valtype(self) -> Option<ValType> {
        Some(match self {
            Self::BOT => return None,
            Self::I32 => ValType::I32,
            Self::I64 => ValType::I64,
            Self::F32 => ValType::F32,
            Self::F64 => ValType::F64,
            Self::V128 => ValType::V128,
            _ => ValType::Ref(self.as_ref()?),
        })
    }

    /// The reference type, if it is one.
    pub fn as_ref(self) -> Option<RefType> {
        let code = (self.0 as u8).checked_sub(FIRST_HEAP)?;
        let heap = decode_heap(code, (self.0 >> 32) as u32);
        Some(RefType { nullable: self.0 & NON_NULL == 0, heap })
    }

    /// Is it bottom?
    #[inline]
    pub fn is_bot(self) -> bool {
        self == Self::BOT
    }

    /// Is it a reference type?
    #[inline]
    pub fn is_ref(self) -> bool {
        self.0 as u8 >= FIRST_HEAP
    }

    /// Is it a number or vector type?
    #[inline]
    pub fn is_num_or_vec(self) -> bool {
        self.0.wrapping_sub(Self::I32.0) <= Self::V128.0 - Self::I32.0
    }

    /// Does a local of this type start with a default value?
    #[inline]
    pub fn is_defaultable(self) -> bool {
        self.0 & NON_NULL == 0
    }

    /// `t1 <: t2`, where bottom is below everything.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/valid/matching.html#value-types)
    #[inline]
    pub fn matches(self, types: &impl Resolve, t2: Self) -> bool {
        self == t2 || self.is_bot() || self.matches_as_ref(types, t2)
    }

    #[inline(never)]
    fn matches_as_ref(self, types: &impl Resolve, t2: Self) -> bool {
        match (self.as_ref(), t2.as_ref()) {
            (Some(rt1), Some(rt2)) => match_reftype(types, rt1, rt2),
            _ => false,
        }
    }
}

impl From<ValType> for Packed {
    fn from(t: ValType) -> Self {
        match t {
            ValType::I32 => Self::I32,
            ValType::I64 => Self::I64,
            ValType::F32 => Self::F32,
            ValType::F64 => Self::F64,
            ValType::V128 => Self::V128,
            ValType::Ref(rt) => Self::reftype(rt),
        }
    }
}

impl From<RefType> for Packed {
    fn from(rt: RefType) -> Self {
        Self::reftype(rt)
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.valtype() {
            Some(t) => write!(f, "{t}"),
            None => f.write_str("bot"),
        }
    }
}

macro_rules! define_heap_codes {
    ($($name:ident)*) => {
        /// The heap types that are a name and nothing else, by their codes.
        const ABSTRACT: &[HeapType] = &[$(HeapType::$name),*];

        /// What stands for a heap type in a word.
        #[repr(u8)]
        enum Code { $($name,)* Def, Type, Rec, ExactDef, Exact, ExactRec }

        /// Code and payload of a heap type.
        fn encode_heap(ht: HeapType) -> (u8, u32) {
            match ht {
                $(HeapType::$name => (Code::$name as u8, 0),)*
                HeapType::Def(dt) => (Code::Def as u8, dt.id()),
                HeapType::Type(x) => (Code::Type as u8, x.0),
                HeapType::Rec(i) => (Code::Rec as u8, i),
                HeapType::ExactDef(dt) => (Code::ExactDef as u8, dt.id()),
                HeapType::Exact(x) => (Code::Exact as u8, x.0),
                HeapType::ExactRec(i) => (Code::ExactRec as u8, i),
            }
        }
    };
}

define_heap_codes!(Any Eq I31 Struct Array None Func NoFunc Extern NoExtern Exn NoExn Bot);

fn decode_heap(code: u8, payload: u32) -> HeapType {
    const DEF: u8 = Code::Def as u8;
    const TYPE: u8 = Code::Type as u8;
    const EXACT_DEF: u8 = Code::ExactDef as u8;
    const EXACT: u8 = Code::Exact as u8;
    const EXACT_REC: u8 = Code::ExactRec as u8;
    match code {
        DEF => HeapType::Def(DefType::from_id(payload)),
        TYPE => HeapType::Type(TypeIdx(payload)),
        EXACT_DEF => HeapType::ExactDef(DefType::from_id(payload)),
        EXACT => HeapType::Exact(TypeIdx(payload)),
        EXACT_REC => HeapType::ExactRec(payload),
        _ => ABSTRACT.get(usize::from(code)).copied().unwrap_or(HeapType::Rec(payload)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_loses_nothing() {
        let defined =
            [HeapType::Type(TypeIdx(7)), HeapType::Rec(u32::MAX), HeapType::Def(DefType::from_id(9))];
        let heaps = ABSTRACT.iter().copied().chain(defined).chain(defined.map(HeapType::exact));
        for heap in heaps {
            for nullable in [false, true] {
                let t = ValType::Ref(RefType { nullable, heap });
                assert_eq!(Packed::from(t).valtype(), Some(t));
                assert_eq!(Packed::from(t).is_defaultable(), t.is_defaultable());
                assert!(Packed::from(t).is_ref() && !Packed::from(t).is_num_or_vec());
            }
        }
        for t in [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128] {
            assert_eq!(Packed::from(t).valtype(), Some(t));
            assert!(Packed::from(t).is_num_or_vec() && Packed::from(t).is_defaultable());
        }
        assert_eq!(Packed::BOT.valtype(), None);
        assert!(!Packed::BOT.is_num_or_vec() && !Packed::BOT.is_ref());
    }
}
