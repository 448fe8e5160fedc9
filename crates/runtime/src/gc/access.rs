//! Reading and writing objects.

use super::layout::{Field, Layout};
use super::object::Object;
use crate::{RawVal, Ref, Trap};
use terrane_syntax::types::{StorageType, ValType};

/// `i .. i + n`, if that lies in `0 .. len`.
fn range(i: u32, n: u32, len: u32) -> Result<usize, Trap> {
    match i.checked_add(n) {
        Some(end) if end <= len => Ok(i as usize),
        _ => Err(Trap::OutOfBoundsArrayAccess),
    }
}

/// Fields.
impl Object {
    /// The value of a field: packed ones zero-extended.
    ///
    /// # Panics
    /// If there is no such field.
    pub fn field(&self, i: usize) -> RawVal {
        let field = self.layout().fields()[i];
        let at = Self::payload(self).wrapping_add(field.offset as usize - size_of::<Self>()).cast::<u64>();
        // SAFETY: *live-object*: the layout says that the words are there.
        let raw = unsafe { RawVal([*at, if field.words() == 2 { *at.add(1) } else { 0 }]) };
        match field.storage {
            StorageType::I8 => (raw.word() & 0xff).into(),
            StorageType::I16 => (raw.word() & 0xffff).into(),
            _ => raw,
        }
    }

    /// Writes a field.
    ///
    /// # Panics
    /// If there is no such field.
    pub fn set_field(&mut self, i: usize, value: RawVal) {
        let field = self.layout().fields()[i];
        let at = Self::payload(self).wrapping_add(field.offset as usize - size_of::<Self>()).cast::<u64>();
        // SAFETY: *live-object*: the layout says that the words are there.
        unsafe { at.copy_from_nonoverlapping(value.0.as_ptr(), field.words() as usize) }
    }
}

/// Arrays.
impl Object {
    fn elem_type(&self) -> Field {
        self.layout().fields()[0]
    }

    /// Where an element is. `i` may be as many as there are.
    fn elem_at(&self, i: usize) -> *mut u8 {
        debug_assert!(i <= self.len() as usize);
        Self::payload(self).wrapping_add(i << self.elem_type().size_log2())
    }

    /// The value of an element: packed ones zero-extended.
    ///
    /// # Errors
    /// If there is none.
    pub fn elem(&self, i: u32) -> Result<RawVal, Trap> {
        let at = self.elem_at(range(i, 1, self.len())?);
        // SAFETY: *live-object*; the element is there, and aligned.
        Ok(unsafe {
            match self.elem_type().size_log2() {
                0 => u64::from(*at).into(),
                1 => u64::from(*at.cast::<u16>()).into(),
                2 => u64::from(*at.cast::<u32>()).into(),
                3 => (*at.cast::<u64>()).into(),
                _ => *at.cast::<RawVal>(),
            }
        })
    }

    /// Writes an element.
    ///
    /// # Errors
    /// If there is none.
    pub fn set_elem(&mut self, i: u32, value: RawVal) -> Result<(), Trap> {
        self.fill(i, value, 1)
    }

    /// The elements of an array of bytes; of another, nothing.
    pub fn bytes(&self) -> &[u8] {
        let len = if self.elem_type().storage == StorageType::I8 { self.len() as usize } else { 0 };
        // SAFETY: *live-object*; the elements are there.
        unsafe { std::slice::from_raw_parts(self.elem_at(0), len) }
    }

    /// `array.fill`
    ///
    /// # Errors
    /// If the range is not inside the array; nothing is written then.
    pub fn fill(&mut self, i: u32, value: RawVal, n: u32) -> Result<(), Trap> {
        let (at, n) = (self.elem_at(range(i, n, self.len())?), n as usize);
        let word = value.word();
        // SAFETY: *live-object*; the elements are there, and aligned.
        unsafe {
            match self.elem_type().size_log2() {
                0 => at.write_bytes(word as u8, n),
                1 => std::slice::from_raw_parts_mut(at.cast(), n).fill(word as u16),
                2 => std::slice::from_raw_parts_mut(at.cast(), n).fill(word as u32),
                3 => std::slice::from_raw_parts_mut(at.cast(), n).fill(word),
                _ => std::slice::from_raw_parts_mut(at.cast(), n).fill(value),
            }
        }
        Ok(())
    }

    /// `array.copy`: `n` elements of `from`, from `s` on, to `d`. The two may be the same.
    ///
    /// # Errors
    /// If a range is not inside its array; nothing is written then.
    ///
    /// # Safety
    /// Both are live arrays, whose elements take as many bytes.
    pub unsafe fn copy(to: *mut Self, d: u32, from: *const Self, s: u32, n: u32) -> Result<(), Trap> {
        // SAFETY: the caller's.
        unsafe {
            let d = range(d, n, (*to).len())?;
            let s = range(s, n, (*from).len())?;
            let bytes = (n as usize) << (*to).elem_type().size_log2();
            std::ptr::copy((*from).elem_at(s), (*to).elem_at(d), bytes);
        }
        Ok(())
    }

    /// `array.init_data`: `n` elements from `s` bytes into `data` on.
    ///
    /// # Errors
    /// If a range is not inside the array or the data; nothing is written then.
    pub fn init_data(&mut self, d: u32, data: &[u8], s: u32, n: u32) -> Result<(), Trap> {
        let d = range(d, n, self.len())?;
        let data = self.layout().data(data, s, n)?;
        // SAFETY: *live-object*; the elements are there, and the bytes as many.
        unsafe { self.elem_at(d).copy_from_nonoverlapping(data.as_ptr(), data.len()) };
        if cfg!(target_endian = "big") {
            self.swap_bytes(d, n as usize);
        }
        Ok(())
    }

    /// Data is little-endian.
    fn swap_bytes(&mut self, d: usize, n: usize) {
        let log2 = self.elem_type().size_log2();
        for i in d..d + n {
            // SAFETY: *live-object*; the element is there.
            unsafe { std::slice::from_raw_parts_mut(self.elem_at(i), 1 << log2) }.reverse();
        }
    }

    /// `array.init_elem`: `n` references from `refs`, from `s` on.
    ///
    /// # Errors
    /// If a range is not inside the array or the references; nothing is written then.
    pub fn init_elem(&mut self, d: u32, refs: &[Ref], s: u32, n: u32) -> Result<(), Trap> {
        let d = range(d, n, self.len())?;
        let refs = Layout::elems(refs, s, n)?;
        // SAFETY: *live-object*; the elements are there, and are references.
        unsafe { self.elem_at(d).cast::<Ref>().copy_from_nonoverlapping(refs.as_ptr(), refs.len()) };
        Ok(())
    }
}

/// Segments.
impl Layout {
    /// The bytes of `n` elements of such an array in a data segment, from `s` on.
    ///
    /// # Errors
    /// If they are not in it.
    pub fn data<'a>(&self, data: &'a [u8], s: u32, n: u32) -> Result<&'a [u8], Trap> {
        let bytes = (n as usize).checked_shl(self.fields()[0].size_log2());
        let end = bytes.and_then(|bytes| bytes.checked_add(s as usize));
        let end = end.filter(|end| *end <= data.len()).ok_or(Trap::OutOfBoundsMemoryAccess)?;
        Ok(&data[s as usize..end])
    }

    /// `n` references of an element segment, from `s` on.
    ///
    /// # Errors
    /// If they are not in it.
    pub fn elems(refs: &[Ref], s: u32, n: u32) -> Result<&[Ref], Trap> {
        let end = (s as usize).checked_add(n as usize).filter(|end| *end <= refs.len());
        Ok(&refs[s as usize..end.ok_or(Trap::OutOfBoundsTableAccess)?])
    }

    /// Is the default value of every field and element known: are none of them references that cannot be null?
    pub fn is_defaultable(&self) -> bool {
        self.fields().iter().all(|field| match field.storage {
            StorageType::Val(t) => ValType::is_defaultable(t),
            StorageType::I8 | StorageType::I16 => true,
        })
    }
}
