//! Rust types that are values of guests.

mod array;
mod collection;
mod number;
mod string;
mod view;

pub(crate) use collection::Entry;

pub use array::{ArrayBuffer, StaticArray, TypedArray};
pub use string::Utf16;
pub use view::View;

use crate::guest::Guest;
use crate::slot::Slot;
use terrane::Result;

/// A Rust type that stands for a type of AssemblyScript.
///
/// | Rust | AssemblyScript |
/// |---|---|
/// | `bool`, `i8` … `i64`, `u8` … `u64`, `f32`, `f64` | the same; `i32` for enumerations, `u32` for `usize` |
/// | `String`, `&str` | `string`; an error if one has half of a pair in it |
/// | [`Utf16`] | `string`, whatever is in it |
/// | `Vec<T>`, `&[T]`, `[T; N]` | `Array<T>`, `T[]`; reads typed and static arrays too |
/// | [`StaticArray<T>`](StaticArray) | `StaticArray<T>` |
/// | [`TypedArray<T>`](TypedArray) | `Int8Array`, `Uint8Array`, … `Float64Array` |
/// | [`ArrayBuffer`] | `ArrayBuffer` |
/// | `HashMap<K, V>`, `BTreeMap<K, V>` | `Map<K, V>` |
/// | `HashSet<T>`, `BTreeSet<T>` | `Set<T>` |
/// | `Option<T>` of what is not a number | `T \| null` |
/// | [`Managed<T>`](crate::Managed) | the object itself: a handle |
/// | [`Function<P, R>`](crate::Function) | `(…) => …` |
/// | what derives [`AsRecord`](trait@crate::AsRecord) | a class, by value |
/// | what derives [`AsEnum`](crate::AsEnum) | an enumeration |
pub trait AsType {
    /// How its values sit in a guest.
    const SLOT: Slot;
}

/// A value that can be read from a guest.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from an AssemblyScript guest",
    label = "see `AsType` for the types that can"
)]
pub trait Lift: AsType + Sized {
    /// The value of these bits, which are a number, or the address of an object.
    ///
    /// # Errors
    /// If there is no such value.
    fn lift(guest: &mut Guest<'_>, word: u64) -> Result<Self>;

    /// Values side by side in memory, which are known to be inside it.
    ///
    /// # Errors
    /// If one is no such value.
    fn lift_all(guest: &mut Guest<'_>, at: u32, len: u32) -> Result<Vec<Self>> {
        let step = u32::from(Self::SLOT.size);
        (0..len)
            .map(|i| {
                let word = guest.word(at + i * step, Self::SLOT)?;
                Self::lift(guest, word)
            })
            .collect()
    }
}

/// A value that can be passed to a guest.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be passed to an AssemblyScript guest",
    label = "see `AsType` for the types that can"
)]
pub trait Lower: AsType {
    /// The bits of the value: a number, or the address of an object, which is [kept](Guest::keep).
    ///
    /// # Errors
    /// If the guest cannot hold it.
    fn lower(&self, guest: &mut Guest<'_>) -> Result<u64>;

    /// Puts values side by side into memory, where there is room for them.
    ///
    /// # Errors
    /// If the guest cannot hold one.
    fn lower_all(values: &[Self], guest: &mut Guest<'_>, at: u32) -> Result<()>
    where
        Self: Sized,
    {
        let mut at = at;
        for value in values {
            guest.put(at, value)?;
            at += u32::from(Self::SLOT.size);
        }
        Ok(())
    }
}

impl Guest<'_> {
    /// Writes a value into an object, which then keeps it.
    ///
    /// # Errors
    /// If the guest cannot hold it.
    pub fn put<T: Lower + ?Sized>(&mut self, at: u32, value: &T) -> Result<()> {
        let word = value.lower(self)?;
        self.set_word(at, T::SLOT, word)?;
        if T::SLOT.managed && word != 0 {
            self.moved(word as u32)?;
        }
        Ok(())
    }

    /// Reads a value in an object.
    ///
    /// # Errors
    /// If there is no such value.
    pub fn take<T: Lift>(&mut self, at: u32) -> Result<T> {
        let word = self.word(at, T::SLOT)?;
        T::lift(self, word)
    }
}

macro_rules! references {
    ($($ty:ty),*) => { $(
        impl<T: AsType + ?Sized> AsType for $ty {
            const SLOT: Slot = T::SLOT;
        }

        impl<T: Lower + ?Sized> Lower for $ty {
            fn lower(&self, guest: &mut Guest<'_>) -> Result<u64> {
                T::lower(self, guest)
            }
        }
    )* };
}

references!(&T, Box<T>);

impl<T: Lift> Lift for Box<T> {
    fn lift(guest: &mut Guest<'_>, word: u64) -> Result<Self> {
        T::lift(guest, word).map(Self::new)
    }
}

/// A pointer that may be null.
impl<T: AsType> AsType for Option<T> {
    const SLOT: Slot = {
        assert!(T::SLOT.managed, "only objects can be null");
        T::SLOT.or_null()
    };
}

impl<T: Lift> Lift for Option<T> {
    fn lift(guest: &mut Guest<'_>, word: u64) -> Result<Self> {
        if word == 0 { Ok(None) } else { T::lift(guest, word).map(Some) }
    }
}

impl<T: Lower> Lower for Option<T> {
    fn lower(&self, guest: &mut Guest<'_>) -> Result<u64> {
        self.as_ref().map_or(Ok(0), |value| value.lower(guest))
    }
}
