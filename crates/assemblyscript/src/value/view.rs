//! Live views of numbers in a guest's memory.

use super::AsType;
use super::array::{ArrayBuffer, Elements, StaticArray, TypedArray};
use super::number::Plain;
use crate::guest::Guest;
use crate::host::Mem;
use crate::slot::Kind;
use crate::{AsError, Managed};
use terrane::{AsContextMut, Memory, Result, StoreContextMut};

/// What has numbers side by side, which the host can look at and change where they are.
pub trait View: sealed::Sealed {
    /// What they are.
    type Item;
}

mod sealed {
    use crate::slot::Kind;

    pub trait Sealed {
        /// `None` for bytes without a view.
        const KIND: Option<Kind>;
    }
}

macro_rules! views {
    ($($ty:ident $kind:ident;)*) => { $(
        impl<T> sealed::Sealed for $ty<T> {
            const KIND: Option<Kind> = Some(Kind::$kind);
        }

        impl<T> View for $ty<T> {
            type Item = T;
        }
    )* };
}

views! {
    Vec Array;
    TypedArray TypedArray;
    StaticArray StaticArray;
}

impl sealed::Sealed for ArrayBuffer {
    const KIND: Option<Kind> = None;
}

impl View for ArrayBuffer {
    type Item = u8;
}

#[allow(private_bounds, reason = "the numbers are those of the table at `AsType`")]
impl<A: View> Managed<A>
where
    A::Item: Plain,
{
    /// The numbers of an array or a buffer, where they are in the guest's memory: what is written there, the guest sees.
    ///
    /// The store is borrowed as long as they are looked at, so no guest runs meanwhile.
    ///
    /// ```no_run
    /// # use terrane_assemblyscript::{AsInstance, Managed, TypedArray};
    /// # fn f(instance: AsInstance, mut store: terrane::Store<()>) -> terrane::Result<()> {
    /// let pixels: Managed<TypedArray<u8>> = instance.call(&mut store, "pixels", ())?;
    /// pixels.view(&mut store)?.fill(255);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - If it is no array of such numbers, or the store is not its own.
    /// - If the memory is shared: other threads may write to it.
    /// - On hosts that are not little-endian, but for bytes.
    pub fn view<'s, S: 'static>(
        &self,
        store: impl Into<StoreContextMut<'s, S>>,
    ) -> Result<&'s mut [A::Item]> {
        let mut store = store.into();
        let (memory, elements) = self.locate(&mut store)?;
        let (at, len) = (elements.at as usize, elements.len as usize * size_of::<A::Item>());
        let bytes = &mut memory.data_mut(store)[at..at + len];
        let unaligned = |_| AsError::Broken {
            pointer: self.pointer(),
            reason: format!("its elements are at {at:#x}, which is not aligned"),
        };
        Ok(bytemuck::try_cast_slice_mut(bytes).map_err(unaligned)?)
    }

    fn locate(&self, store: impl AsContextMut) -> Result<(Memory, Elements)> {
        let slot = A::Item::SLOT;
        if cfg!(target_endian = "big") && slot.size > 1 {
            return Err(terrane::Error::msg(
                "numbers of guests are little-endian, those of this host are not",
            ));
        }
        let mut store = store;
        Guest::with(&mut store, &self.instance().shared, |guest| {
            let Mem::Own(memory) = guest.shared.memory()? else {
                return Err(terrane::Error::msg(
                    "there are no views of shared memories: read and write copies",
                ));
            };
            let pointer = self.pointer();
            let elements = match <A as sealed::Sealed>::KIND {
                Some(kind) => guest.elements(pointer, kind, Some(slot))?,
                None => {
                    let header = guest.header(pointer)?;
                    if header.id != guest.shared.layout.array_buffer {
                        return Err(guest.wrong_class("a buffer".to_owned(), pointer, header.id).into());
                    }
                    Elements { at: pointer, len: header.size }
                }
            };
            Ok((*memory, elements))
        })
    }
}
