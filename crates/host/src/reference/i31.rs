//! Unboxed integers.

use std::fmt;

/// An integer of 31 bits, which needs no object.
///
/// ```
/// use terrane::I31;
///
/// assert_eq!(I31::wrapping_i32(-1).get_u32(), 0x7fff_ffff);
/// assert_eq!(I31::wrapping_u32(0x7fff_ffff).get_i32(), -1);
/// assert_eq!(I31::new_u32(0x8000_0000), None);
/// ```
///
/// [Spec](https://webassembly.github.io/spec/core/exec/runtime.html#values)
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct I31(u32);

impl I31 {
    /// The integer, if 31 bits hold it.
    pub fn new_u32(value: u32) -> Option<Self> {
        (value < 1 << 31).then_some(Self(value))
    }

    /// The integer, if 31 bits with sign hold it.
    pub fn new_i32(value: i32) -> Option<Self> {
        let i31 = Self::wrapping_i32(value);
        (i31.get_i32() == value).then_some(i31)
    }

    /// The low 31 bits.
    pub fn wrapping_u32(value: u32) -> Self {
        Self(value & 0x7fff_ffff)
    }

    /// The low 31 bits.
    pub fn wrapping_i32(value: i32) -> Self {
        Self::wrapping_u32(value.cast_unsigned())
    }

    /// The integer without sign.
    pub fn get_u32(&self) -> u32 {
        self.0
    }

    /// The integer, the topmost of its 31 bits for a sign.
    pub fn get_i32(&self) -> i32 {
        self.0.cast_signed() << 1 >> 1
    }
}

impl fmt::Debug for I31 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "I31({})", self.get_i32())
    }
}
