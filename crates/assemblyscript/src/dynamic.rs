//! Objects read by their type information alone.

use crate::guest::Guest;
use crate::slot::{Kind, Slot};
use crate::value::{Entry, Utf16};
use std::fmt;
use terrane::Result;

/// A value that was read by its type information, for tools that do not know what there will be.
///
/// Type information tells collections and what is in them, and no more: fields of a class are not known.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No object.
    Null,
    /// A signed integer; a boolean is one without a sign.
    Int(i64),
    /// An integer without a sign.
    Uint(u64),
    /// A floating-point number.
    Float(f64),
    /// A string.
    String(Utf16),
    /// The bytes of a buffer.
    ArrayBuffer(Vec<u8>),
    /// The elements of an array, of whatever kind.
    Array(Kind, Vec<Value>),
    /// The keys and values of a map, in the order in which they came in.
    Map(Vec<(Value, Value)>),
    /// The values of a set, in the order in which they came in.
    Set(Vec<Value>),
    /// Any other object.
    Object {
        /// Its address.
        pointer: u32,
        /// Its class id.
        class_id: u32,
        /// How many bytes its fields take.
        size: u32,
    },
}

impl Value {
    /// The object at an address.
    pub(crate) fn read(guest: &mut Guest<'_>, pointer: u32) -> Result<Self> {
        if pointer == 0 {
            return Ok(Self::Null);
        }
        let header = guest.header(pointer)?;
        let layout = guest.shared.layout;
        if header.id == layout.string {
            return Ok(Self::String(Utf16(guest.units(pointer)?)));
        }
        if header.id == layout.array_buffer {
            return guest.buffer(pointer).map(Self::ArrayBuffer);
        }
        let object = Self::Object { pointer, class_id: header.id, size: header.size };
        let Some(info) = guest.class_info(header.id)? else { return Ok(object) };
        match (info.kind, info.key, info.value) {
            (kind @ (Kind::Array | Kind::TypedArray | Kind::StaticArray), _, Some(slot)) => {
                let elements = guest.elements(pointer, kind, Some(slot))?;
                let step = u32::from(slot.size);
                let bytes = elements.len as usize * size_of::<Self>();
                guest.inside(bytes, |guest| {
                    let values = (0..elements.len).map(|i| Self::word(guest, elements.at + i * step, slot));
                    Ok(Self::Array(kind, values.collect::<Result<_>>()?))
                })
            }
            (Kind::Map, Some(key), Some(value)) => {
                let entry = Entry::new(key, Some(value));
                let entries = guest.entries(pointer, entry)?;
                let (at, value) = entry.value.unwrap_or((0, value));
                guest.inside(entries.len() * size_of::<(Self, Self)>(), |guest| {
                    let pair = |i| Ok((Self::word(guest, i, key)?, Self::word(guest, i + at, value)?));
                    Ok(Self::Map(entries.into_iter().map(pair).collect::<Result<_>>()?))
                })
            }
            (Kind::Set, _, Some(key)) => {
                let entries = guest.entries(pointer, Entry::new(key, None))?;
                guest.inside(entries.len() * size_of::<Self>(), |guest| {
                    let values = entries.into_iter().map(|i| Self::word(guest, i, key));
                    Ok(Self::Set(values.collect::<Result<_>>()?))
                })
            }
            _ => Ok(object),
        }
    }

    /// The value in an object.
    fn word(guest: &mut Guest<'_>, at: u32, slot: Slot) -> Result<Self> {
        let word = guest.word(at, slot)?;
        let unused = 64 - 8 * u32::from(slot.size.min(8));
        Ok(match slot {
            Slot { managed: true, .. } => Self::read(guest, word as u32)?,
            Slot { float: true, size: 8, .. } => Self::Float(f64::from_bits(word)),
            Slot { float: true, .. } => Self::Float(f32::from_bits(word as u32).into()),
            Slot { signed: true, .. } => Self::Int((word << unused).cast_signed() >> unused),
            _ => Self::Uint(word),
        })
    }
}

fn list<'v>(f: &mut fmt::Formatter<'_>, values: impl IntoIterator<Item = &'v Value>) -> fmt::Result {
    for (i, value) in values.into_iter().enumerate() {
        write!(f, "{}{value}", if i == 0 { "" } else { ", " })?;
    }
    Ok(())
}

/// As in JavaScript.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Int(x) => x.fmt(f),
            Self::Uint(x) => x.fmt(f),
            Self::Float(x) => x.fmt(f),
            Self::String(string) => write!(f, "{:?}", string.to_string()),
            Self::ArrayBuffer(bytes) => write!(f, "ArrayBuffer({})", bytes.len()),
            Self::Array(_, values) => {
                f.write_str("[")?;
                list(f, values)?;
                f.write_str("]")
            }
            Self::Map(entries) => {
                f.write_str("Map {")?;
                for (i, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{key} => {value}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
            Self::Set(values) => {
                f.write_str("Set {")?;
                list(f, values)?;
                f.write_str("}")
            }
            Self::Object { pointer, class_id, .. } => {
                write!(f, "<object of class {class_id} at {pointer:#x}>")
            }
        }
    }
}
