//! Numbers.

use super::{AsType, Lift, Lower};
use crate::guest::Guest;
use crate::slot::Slot;
use bytemuck::Pod;
use terrane::Result;

/// A number, or a boolean, as its bits.
pub(crate) trait Number: AsType + Sized {
    fn from_word(word: u64) -> Self;
    fn to_word(&self) -> u64;
}

/// A number of which any bytes are one: it is copied in one go.
pub(crate) trait Plain: Number + Pod {
    /// From the order of bytes in guests, or to it.
    fn order(self) -> Self;
}

macro_rules! numbers {
    ($($ty:ident $slot:expr, $word:ident => $from:expr, $x:ident => $to:expr;)*) => { $(
        impl AsType for $ty {
            const SLOT: Slot = $slot;
        }

        impl Number for $ty {
            fn from_word($word: u64) -> Self {
                $from
            }

            fn to_word(&self) -> u64 {
                let $x = *self;
                $to
            }
        }

        impl Plain for $ty {
            fn order(self) -> Self {
                Self::from_le_bytes(self.to_ne_bytes())
            }
        }

        impl Lift for $ty {
            fn lift(_: &mut Guest<'_>, word: u64) -> Result<Self> {
                Ok(Self::from_word(word))
            }

            fn lift_all(guest: &mut Guest<'_>, at: u32, len: u32) -> Result<Vec<Self>> {
                Ok(read_plain(guest, at, len)?)
            }
        }

        impl Lower for $ty {
            fn lower(&self, _: &mut Guest<'_>) -> Result<u64> {
                Ok(self.to_word())
            }

            fn lower_all(values: &[Self], guest: &mut Guest<'_>, at: u32) -> Result<()> {
                Ok(write_plain(guest, at, values)?)
            }
        }
    )* };
}

// Arguments that are smaller than 32 bits are extended by their sign, if they have one.
numbers! {
    i8 Slot::signed(1), word => word as i8, x => i32::from(x).cast_unsigned().into();
    i16 Slot::signed(2), word => word as i16, x => i32::from(x).cast_unsigned().into();
    i32 Slot::signed(4), word => word as i32, x => x.cast_unsigned().into();
    i64 Slot::signed(8), word => word.cast_signed(), x => x.cast_unsigned();
    u8 Slot::unsigned(1), word => word as u8, x => x.into();
    u16 Slot::unsigned(2), word => word as u16, x => x.into();
    u32 Slot::unsigned(4), word => word as u32, x => x.into();
    u64 Slot::unsigned(8), word => word, x => x;
    f32 Slot::float(4), word => Self::from_bits(word as u32), x => x.to_bits().into();
    f64 Slot::float(8), word => Self::from_bits(word), x => x.to_bits();
}

/// Numbers side by side in memory.
pub(crate) fn read_plain<T: Plain>(guest: &Guest<'_>, at: u32, len: u32) -> Result<Vec<T>, crate::AsError> {
    guest.check(at, u64::from(len) * size_of::<T>() as u64).map_err(|reason| {
        // Before anything is allocated: guests choose the length.
        crate::AsError::NoObject { pointer: at, reason }
    })?;
    let mut values = vec![T::zeroed(); len as usize];
    guest.read(at, bytemuck::cast_slice_mut(&mut values))?;
    if cfg!(target_endian = "big") {
        values.iter_mut().for_each(|value| *value = value.order());
    }
    Ok(values)
}

pub(crate) fn write_plain<T: Plain>(
    guest: &mut Guest<'_>,
    at: u32,
    values: &[T],
) -> Result<(), crate::AsError> {
    if cfg!(target_endian = "little") {
        return guest.write(at, bytemuck::cast_slice(values));
    }
    let values: Vec<T> = values.iter().map(|value| value.order()).collect();
    guest.write(at, bytemuck::cast_slice(&values))
}

impl AsType for bool {
    const SLOT: Slot = Slot::unsigned(1);
}

impl Number for bool {
    fn from_word(word: u64) -> Self {
        word as u32 != 0
    }

    fn to_word(&self) -> u64 {
        u64::from(*self)
    }
}

impl Lift for bool {
    fn lift(_: &mut Guest<'_>, word: u64) -> Result<Self> {
        Ok(Self::from_word(word))
    }
}

impl Lower for bool {
    fn lower(&self, _: &mut Guest<'_>) -> Result<u64> {
        Ok(self.to_word())
    }
}
