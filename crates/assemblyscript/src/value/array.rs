//! Arrays of every kind.

use super::{AsType, Lift, Lower};
use crate::AsError;
use crate::guest::Guest;
use crate::slot::{ClassInfo, Kind, Slot};
use std::ops::{Deref, DerefMut};
use terrane::Result;

/// An `ArrayBuffer`, by value: its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ArrayBuffer(pub Vec<u8>);

/// A `StaticArray<T>`, by value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct StaticArray<T>(pub Vec<T>);

/// An `Int8Array`, a `Uint8Array`, … a `Float64Array`, by value: whichever has numbers of that type.
///
/// A module that has both takes `TypedArray<u8>` for whichever of `Uint8Array` and `Uint8ClampedArray` it knows first; the
/// two have the same functions under the same names, but for writing numbers above 255.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TypedArray<T>(pub Vec<T>);

/// Where an array has what: of views, of which arrays are one.
const BUFFER: u32 = 0;
const DATA: u32 = 4;
const BYTES: u32 = 8;
const LENGTH: u32 = 12;
const VIEW_SIZE: u32 = 12;
const ARRAY_SIZE: u32 = 16;
/// From 0.18 on no array has a capacity of fewer elements; that they then take 4 bytes is said of all sizes.
const LEAST_CAPACITY: usize = 8;

/// The elements of an array.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elements {
    pub at: u32,
    pub len: u32,
}

impl Guest<'_> {
    /// Where the elements of an array are, of whatever kind it is, if they can be of `slot`.
    pub(crate) fn elements(&mut self, pointer: u32, expected: Kind, slot: Option<Slot>) -> Result<Elements> {
        let name = || slot.map_or_else(|| expected.to_string(), |slot| format!("{expected} of {slot}"));
        if pointer == 0 {
            return Err(AsError::Null { expected: name() }.into());
        }
        let header = self.header(pointer)?;
        let info = self.class_info(header.id)?;
        let is_array = |kind| matches!(kind, Kind::Array | Kind::TypedArray | Kind::StaticArray);
        // 0.9 has static arrays, but says nothing of them.
        let unsaid = expected == Kind::StaticArray && self.shared.layout.static_array == 0;
        let info = info.filter(|info| !(unsaid && info.kind == Kind::Plain));
        let fits = |info: ClassInfo| match (info.value, slot) {
            (Some(found), Some(slot)) => is_array(info.kind) && found.reads_as(slot),
            _ => is_array(info.kind),
        };
        let kind = match info {
            Some(info) if !fits(info) => return Err(self.wrong_class(name(), pointer, header.id).into()),
            Some(info) => info.kind,
            // Nothing says what it is: what was expected, if it is large enough for that.
            None => expected,
        };
        let value = info.and_then(|info| info.value).or(slot);
        let step = value.map_or(1, |slot| u32::from(slot.size));
        let broken = |reason: String| AsError::Broken { pointer, reason };
        let size = match kind {
            Kind::StaticArray => 0,
            Kind::Array => ARRAY_SIZE,
            _ => VIEW_SIZE,
        };
        if header.size < size {
            return Err(broken(format!("{kind} has {size} bytes, this has {}", header.size)).into());
        }
        let (at, len) = match kind {
            Kind::StaticArray => (pointer, header.size / step),
            Kind::Array => (self.u32(pointer + DATA)?, self.u32(pointer + LENGTH)?),
            _ => (self.u32(pointer + DATA)?, self.u32(pointer + BYTES)? / step),
        };
        if len > i32::MAX.cast_unsigned() {
            return Err(broken(format!("its length is {}", len.cast_signed())).into());
        }
        self.check(at, u64::from(len) * u64::from(step)).map_err(broken)?;
        Ok(Elements { at, len })
    }

    /// The elements of an array, read.
    fn lift_array<T: Lift>(&mut self, pointer: u32, expected: Kind) -> Result<Vec<T>> {
        let elements = self.elements(pointer, expected, Some(T::SLOT))?;
        let bytes = (elements.len as usize).saturating_mul(usize::from(T::SLOT.size));
        self.inside(bytes, |guest| T::lift_all(guest, elements.at, elements.len))
    }

    /// An array of these elements, kept.
    fn lower_array<T: Lower>(&mut self, values: &[T], kind: Kind) -> Result<u64> {
        let id = self.find_class(ClassInfo { kind, key: None, value: Some(T::SLOT) })?;
        let (what, len) = ("an array", values.len());
        let size = len.checked_mul(T::SLOT.size.into()).filter(|size| *size < 1 << 30);
        let size = size.ok_or(AsError::TooLong { what, len })?;
        if kind == Kind::StaticArray {
            let pointer = self.alloc(size, id)?;
            T::lower_all(values, self, pointer)?;
            return Ok(pointer.into());
        }
        let is_array = kind == Kind::Array;
        let pointer = self.alloc(if is_array { ARRAY_SIZE } else { VIEW_SIZE } as usize, id)?;
        let capacity = if is_array { size.max(LEAST_CAPACITY * usize::from(T::SLOT.size)) } else { size };
        let buffer = self.alloc(capacity, self.shared.layout.array_buffer)?;
        self.set_u32(pointer + BUFFER, buffer)?;
        self.set_u32(pointer + DATA, buffer)?;
        self.set_u32(pointer + BYTES, capacity as u32)?;
        if is_array {
            self.set_u32(pointer + LENGTH, len as u32)?;
        }
        self.moved(buffer)?;
        // Now that the array has its elements, a collection in between sees those that are there.
        T::lower_all(values, self, buffer)?;
        Ok(pointer.into())
    }

    /// The bytes of a buffer.
    pub(crate) fn buffer(&mut self, pointer: u32) -> Result<Vec<u8>> {
        if pointer == 0 {
            return Err(AsError::Null { expected: "a buffer".to_owned() }.into());
        }
        let header = self.header(pointer)?;
        if header.id != self.shared.layout.array_buffer && !(self.shared.guessed && header.id < 2) {
            return Err(self.wrong_class("a buffer".to_owned(), pointer, header.id).into());
        }
        self.inside(header.size as usize, |guest| u8::lift_all(guest, pointer, header.size))
    }
}

impl AsType for ArrayBuffer {
    const SLOT: Slot = Slot::OBJECT;
}

impl Lift for ArrayBuffer {
    fn lift(guest: &mut Guest<'_>, word: u64) -> Result<Self> {
        guest.buffer(word as u32).map(Self)
    }
}

impl Lower for ArrayBuffer {
    fn lower(&self, guest: &mut Guest<'_>) -> Result<u64> {
        let pointer = guest.alloc_dirty(self.0.len(), guest.shared.layout.array_buffer)?;
        guest.write(pointer, &self.0)?;
        Ok(pointer.into())
    }
}

macro_rules! lower_as_arrays {
    ($($ty:ty $(, $n:ident)?;)*) => { $(
        impl<T $(, const $n: usize)?> AsType for $ty {
            const SLOT: Slot = Slot::OBJECT;
        }

        impl<T: Lower $(, const $n: usize)?> Lower for $ty {
            fn lower(&self, guest: &mut Guest<'_>) -> Result<u64> {
                guest.lower_array(self, Kind::Array)
            }
        }
    )* };
}

lower_as_arrays! {
    Vec<T>;
    [T];
    [T; N], N;
}

impl<T: Lift> Lift for Vec<T> {
    fn lift(guest: &mut Guest<'_>, word: u64) -> Result<Self> {
        guest.lift_array(word as u32, Kind::Array)
    }
}

macro_rules! wrappers {
    ($($name:ident)*) => { $(
        impl<T> AsType for $name<T> {
            const SLOT: Slot = Slot::OBJECT;
        }

        impl<T: Lift> Lift for $name<T> {
            fn lift(guest: &mut Guest<'_>, word: u64) -> Result<Self> {
                guest.lift_array(word as u32, Kind::$name).map(Self)
            }
        }

        impl<T: Lower> Lower for $name<T> {
            fn lower(&self, guest: &mut Guest<'_>) -> Result<u64> {
                guest.lower_array(&self.0, Kind::$name)
            }
        }

        impl<T> From<Vec<T>> for $name<T> {
            fn from(values: Vec<T>) -> Self {
                Self(values)
            }
        }

        impl<T> Deref for $name<T> {
            type Target = Vec<T>;

            fn deref(&self) -> &Vec<T> {
                &self.0
            }
        }

        impl<T> DerefMut for $name<T> {
            fn deref_mut(&mut self) -> &mut Vec<T> {
                &mut self.0
            }
        }
    )* };
}

wrappers!(StaticArray TypedArray);
