//! How values sit in memory, in arguments and in results; and what type information says of classes.

use crate::layout::Layout;
use std::fmt;
use terrane::{Val, ValType};

/// How a value of a type sits in a guest: as an element, a field, an argument, a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    /// Bytes in memory: 1, 2, 4 or 8.
    pub size: u8,
    /// A signed integer?
    pub signed: bool,
    /// A floating-point number?
    pub float: bool,
    /// A pointer to an object of the runtime?
    pub managed: bool,
    /// A pointer that may be null?
    pub nullable: bool,
}

impl Slot {
    /// A pointer to an object.
    pub const OBJECT: Self = Self { size: 4, signed: false, float: false, managed: true, nullable: false };

    /// An integer without a sign.
    pub const fn unsigned(size: u8) -> Self {
        Self { size, managed: false, ..Self::OBJECT }
    }

    /// An integer with a sign.
    pub const fn signed(size: u8) -> Self {
        Self { signed: true, ..Self::unsigned(size) }
    }

    /// A floating-point number.
    pub const fn float(size: u8) -> Self {
        Self { float: true, signed: true, ..Self::unsigned(size) }
    }

    /// The same pointer, but it may be null.
    pub const fn or_null(self) -> Self {
        Self { nullable: self.managed, ..self }
    }

    /// The type that it has among arguments and results.
    pub fn val_type(self) -> ValType {
        match (self.size, self.float) {
            (8, true) => ValType::F64,
            (_, true) => ValType::F32,
            (8, false) => ValType::I64,
            (_, false) => ValType::I32,
        }
    }

    /// An argument, of the low bits of a word.
    pub(crate) fn val(self, word: u64) -> Val {
        match (self.size, self.float) {
            (8, true) => Val::F64(word),
            (_, true) => Val::F32(word as u32),
            (8, false) => Val::I64(word.cast_signed()),
            (_, false) => Val::I32((word as u32).cast_signed()),
        }
    }

    /// By the bits that type information has, in the order of 0.9, from the lowest of a value or a key on.
    fn of_bits(bits: u32) -> Option<Self> {
        let bit = |i: u32| bits >> i & 1 != 0;
        let size = u8::try_from(bits & 0x1f).ok().filter(|size| size.is_power_of_two() && *size <= 8)?;
        Some(Self { size, signed: bit(5), float: bit(6), nullable: bit(7), managed: bit(8) })
    }

    /// Can elements of this kind be read as of `other`?
    pub(crate) fn reads_as(self, other: Self) -> bool {
        self.or_null() == other.or_null()
    }
}

/// The bits of a word that values of a type have.
pub(crate) fn word_of(val: &Val) -> u64 {
    match *val {
        Val::I32(x) => x.cast_unsigned().into(),
        Val::I64(x) => x.cast_unsigned(),
        Val::F32(bits) => bits.into(),
        Val::F64(bits) => bits,
        _ => 0,
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.managed {
            return f.write_str(if self.nullable { "objects or null" } else { "objects" });
        }
        let letter = match (self.float, self.signed) {
            (true, _) => 'f',
            (false, true) => 'i',
            (false, false) => 'u',
        };
        write!(f, "{letter}{}", u32::from(self.size) * 8)
    }
}

/// What kind of class, by its type information.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A class like any other.
    Plain,
    /// A view of a buffer: a typed array.
    TypedArray,
    /// A growable array.
    Array,
    /// An array whose elements are in the object itself.
    StaticArray,
    /// A set.
    Set,
    /// A map.
    Map,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "a class",
            Self::TypedArray => "a typed array",
            Self::Array => "an array",
            Self::StaticArray => "a static array",
            Self::Set => "a set",
            Self::Map => "a map",
        })
    }
}

/// What type information says of a class: what it is a collection of, if it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClassInfo {
    /// What kind of class it is.
    pub kind: Kind,
    /// What a map has for keys.
    pub key: Option<Slot>,
    /// What the values or elements of a collection are.
    pub value: Option<Slot>,
}

/// From which bit on there are those of values, and of keys, in 0.9.
const VALUE: u32 = 5;
const KEY: u32 = 14;
const MASK: u32 = 0x1ff;

impl ClassInfo {
    pub(crate) fn new(flags: u32, layout: &Layout) -> Self {
        let bit = |i: u32| flags >> (i + layout.shift) & 1 != 0;
        let kind = match () {
            () if flags & 2 != 0 => Kind::Array,
            () if flags & 1 != 0 => Kind::TypedArray,
            () if flags & layout.static_array != 0 => Kind::StaticArray,
            () if bit(2) => Kind::Set,
            () if bit(3) => Kind::Map,
            () => Kind::Plain,
        };
        let slot = |at: u32| Slot::of_bits(flags >> (at + layout.shift) & MASK);
        Self { kind, key: slot(KEY), value: slot(VALUE) }
    }

    /// Does a value of this description fit a class of the other, but for what may be null?
    pub(crate) fn reads_as(&self, other: &Self) -> bool {
        let loose = |slot: Option<Slot>| slot.map(Slot::or_null);
        self.kind == other.kind
            && loose(self.key) == loose(other.key)
            && loose(self.value) == loose(other.value)
    }
}

impl fmt::Display for ClassInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.key, self.value) {
            (Some(key), Some(value)) => write!(f, "{} of {key} to {value}", self.kind),
            (None, Some(value)) => write!(f, "{} of {value}", self.kind),
            _ => self.kind.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Era;

    #[test]
    fn slots_of_bits() {
        assert_eq!(Slot::of_bits(0b1_0000_0100), Some(Slot::OBJECT));
        assert_eq!(Slot::of_bits(0b1_1000_0100), Some(Slot::OBJECT.or_null()));
        assert_eq!(Slot::of_bits(0b0110_1000), Some(Slot::float(8)));
        assert_eq!(Slot::of_bits(0b0010_0010), Some(Slot::signed(2)));
        assert_eq!(Slot::of_bits(0), None);
        // More than one size, and one that no number has.
        assert_eq!(Slot::of_bits(3), None);
        assert_eq!(Slot::of_bits(16), None);
    }

    /// Words of type information that compilers have written.
    #[test]
    fn flags_of_every_era() {
        let check = |era: Era, flags: u32, text: &str| {
            assert_eq!(ClassInfo::new(flags, era.layout()).to_string(), text, "{era:?} {flags:#x}");
        };
        check(Era::V0_9, 0x2093, "an array of objects");
        check(Era::V0_9, 0x493, "an array of i32");
        check(Era::V0_9, 0x31, "a typed array of u8");
        check(Era::V0_9, 0x41_0498, "a map of objects to i32");
        check(Era::V0_9, 0x494, "a set of i32");
        check(Era::V0_10, 0x4122, "an array of objects");
        check(Era::V0_17, 0x61, "a typed array of u8");
        check(Era::V0_18, 0x82_0910, "a map of objects to i32");
        check(Era::V0_24, 0x908, "a set of i32");
        check(Era::V0_24, 0x20, "a class");
    }
}
