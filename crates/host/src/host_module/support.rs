//! What the code that `#[host_module]` writes calls. Not for others: it may change at any time.

use super::GuestMemories;
use super::memories::is_shared;
use crate::memory::access;
use crate::memory::strings::check_utf8;
use crate::{Caller, Error, Result, WasmRet, WasmTy};
use bytemuck::Pod;

/// Compiles if guests can give a `T`.
pub fn param<T: WasmTy>() {}

/// Compiles if `T` can be read from a guest's memory.
pub fn element<T: Pod>() {}

/// Compiles if guests can be given an `R`.
pub fn result<R: WasmRet>() {}

/// Compiles if the functions of a module `M` can have it, some of which change it.
pub fn sent<M: Send + 'static>() {}

/// Compiles if the functions of a module `M` can have it, none of which changes it.
pub fn shared<M: Send + Sync + 'static>() {}

/// Where an argument lies in a memory of the guest.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The parameter's name, for messages.
    pub name: &'static str,
    /// The index of the memory.
    pub memory: usize,
    /// Where it begins.
    pub at: u32,
    /// How many elements it has.
    pub len: u32,
    /// How many bytes each has.
    pub size: usize,
    /// Is it borrowed to be changed?
    pub is_mut: bool,
    /// Does a pointer that is zero mean that there is none?
    pub is_option: bool,
}

impl Place {
    fn about(&self, error: Error) -> Error {
        error.context(format_args!("argument `{}`", self.name))
    }
}

/// What lies there.
#[derive(Debug)]
pub struct View<'a> {
    place: Place,
    content: Content<'a>,
}

#[derive(Debug)]
enum Content<'a> {
    Absent,
    Ref(&'a [u8]),
    Mut(&'a mut [u8]),
    Copy(Vec<u8>),
}

impl View<'_> {
    /// It, if it is not absent.
    pub fn present(&mut self) -> Option<&mut Self> {
        (!matches!(self.content, Content::Absent)).then_some(self)
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        match &self.content {
            Content::Absent => &[],
            Content::Ref(bytes) => bytes,
            Content::Mut(bytes) => bytes,
            Content::Copy(bytes) => bytes,
        }
    }

    /// Its bytes, to change them.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.content {
            Content::Mut(bytes) => bytes,
            Content::Copy(bytes) => bytes,
            Content::Absent | Content::Ref(_) => &mut [],
        }
    }

    /// Its bytes as a string.
    ///
    /// # Errors
    /// If they are none.
    pub fn str(&self) -> Result<&str> {
        check_utf8(self.place.at as usize, self.bytes()).map_err(|error| self.place.about(error.into()))
    }

    /// The same, copied.
    ///
    /// # Errors
    /// As for [`str`](Self::str).
    pub fn string(&self) -> Result<String> {
        self.str().map(str::to_owned)
    }

    /// Its bytes as elements, copied, as they are not aligned.
    pub fn elements<T: Pod>(&self) -> Vec<T> {
        const { assert!(size_of::<T>() != 0, "elements without a size") }
        access::values(self.bytes())
    }
}

/// What lies at these places, borrowed where it can be. What is borrowed to be changed does not overlap with anything
/// else.
///
/// # Errors
/// If a place is not inside its memory, or overlaps, or would borrow a shared memory to change it.
pub fn views<'a, T: 'static, const N: usize>(
    caller: &'a mut Caller<'_, T>,
    places: [Place; N],
) -> Result<[View<'a>; N]> {
    let (memories, _) = caller.memories_and_data_mut();
    let mut found = Vec::with_capacity(N);
    for place in &places {
        found.push(find(&memories, place, false)?);
    }
    for (i, place) in places.iter().enumerate().filter(|(_, place)| place.is_mut) {
        if let Some(j) = (0..N).find(|j| *j != i && found[i].overlaps(&found[*j])) {
            let (name, other) = (place.name, places[j].name);
            return Err(Error::usage(format_args!(
                "arguments `{name}` and `{other}` overlap in the guest's memory, and `{name}` can be changed"
            )));
        }
    }
    let mut found = found.into_iter();
    Ok(places.map(|place| {
        let content = match found.next().expect("as many as places") {
            Found::Absent => Content::Absent,
            Found::Copy(bytes) => Content::Copy(bytes),
            // SAFETY: `find` has checked that the bytes are inside a memory, which is not shared; the caller, and with it
            // the store, is borrowed for `'a`, so that no guest runs and the memory does not grow; they overlap with
            // nothing else.
            Found::Bytes(start, len) if place.is_mut => unsafe {
                Content::Mut(std::slice::from_raw_parts_mut(start, len))
            },
            // SAFETY: as above; they overlap with nothing that can be changed.
            Found::Bytes(start, len) => unsafe { Content::Ref(std::slice::from_raw_parts(start, len)) },
        };
        View { place, content }
    }))
}

/// What lies at these places, copied.
///
/// # Errors
/// If a place is not inside its memory.
pub fn copies<T: 'static, const N: usize>(
    caller: &mut Caller<'_, T>,
    places: [Place; N],
) -> Result<[View<'static>; N]> {
    let (memories, _) = caller.memories_and_data_mut();
    let mut contents = Vec::with_capacity(N);
    for place in &places {
        contents.push(match find(&memories, place, true)? {
            Found::Copy(bytes) => Content::Copy(bytes),
            Found::Absent | Found::Bytes(..) => Content::Absent,
        });
    }
    let mut contents = contents.into_iter();
    Ok(places.map(|place| View { place, content: contents.next().expect("as many as places") }))
}

/// What lies at a place, before it is borrowed.
enum Found {
    Absent,
    Copy(Vec<u8>),
    Bytes(*mut u8, usize),
}

impl Found {
    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bytes(a, m), Self::Bytes(b, n)) => {
                *m > 0 && *n > 0 && a.wrapping_add(*m) > *b && b.wrapping_add(*n) > *a
            }
            _ => false,
        }
    }
}

/// What lies at a place; copied if it must be.
fn find(memories: &GuestMemories<'_>, place: &Place, copy: bool) -> Result<Found> {
    if place.is_option && place.at == 0 {
        return Ok(Found::Absent);
    }
    let mem = memories.inst(place.memory).map_err(|error| place.about(error))?;
    let (at, len) = (place.at as usize, (place.len as usize).saturating_mul(place.size));
    access::range(mem, at, len).map_err(|error| place.about(error.into()))?;
    if place.is_mut && mem.is_shared() {
        return Err(place.about(is_shared(place.memory)));
    }
    if copy || mem.is_shared() {
        let mut bytes = vec![0; len];
        mem.read(at as u64, &mut bytes)?;
        return Ok(Found::Copy(bytes));
    }
    Ok(Found::Bytes(mem.base().wrapping_add(at), len))
}
