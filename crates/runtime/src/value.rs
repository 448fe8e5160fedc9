//! Values as the store and running code hold them: bits, whose type is known from where they are.

use crate::{FuncInst, HostAddr, Object, Shape};
use std::ptr::NonNull;

/// A value of any type, as two words: numbers zero-extended in the first, references in the first,
/// vectors in both, the low half first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(16))]
pub struct RawVal(pub [u64; 2]);

impl From<u64> for RawVal {
    #[inline]
    fn from(word: u64) -> Self {
        Self([word, 0])
    }
}

impl From<Ref> for RawVal {
    #[inline]
    fn from(r: Ref) -> Self {
        Self([r.0, 0])
    }
}

impl RawVal {
    /// The first word.
    #[inline]
    pub fn word(self) -> u64 {
        self.0[0]
    }

    /// The value as a reference; of use only where its type says that it is one.
    #[inline]
    pub fn as_ref(self) -> Ref {
        Ref(self.0[0])
    }
}

/// A reference as one tagged word. All zeros is null; the low bits of others say what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Ref(pub u64);

/// The low bits in which a reference's tag stands: functions are aligned so that theirs is zero.
const TAG_MASK: u64 = 0xf;
/// A value of the host.
const TAG_HOST: u64 = 0x1;
/// What the upper 16 bits of a value of the host are, so that no small number looks like one to the collector.
const MARK_HOST: u64 = 0xa5c3 << 48;
/// An unboxed integer.
const TAG_I31: u64 = 0x2;
/// A structure or an array.
const TAG_OBJECT: u64 = 0x4;
/// An exception.
const TAG_EXN: u64 = 0x6;

impl Ref {
    /// The null reference.
    pub const NULL: Self = Self(0);

    /// Is it null?
    #[inline]
    pub fn is_null(self) -> bool {
        self.0 == 0
    }

    /// A reference to a function of a store, by the place where the store keeps it.
    #[inline]
    pub fn func(func: NonNull<FuncInst>) -> Self {
        Self(func.as_ptr().expose_provenance() as u64)
    }

    /// The function that it refers to, if it is not null and refers to one.
    #[inline]
    pub fn as_func(self) -> Option<NonNull<FuncInst>> {
        if self.0 & TAG_MASK != 0 {
            return None;
        }
        NonNull::new(std::ptr::with_exposed_provenance_mut(self.0 as usize))
    }

    /// A reference to a value of the host.
    pub fn host(addr: HostAddr) -> Self {
        Self(MARK_HOST | u64::from(addr.0) << 4 | TAG_HOST)
    }

    /// The value of the host that it refers to, if it refers to one.
    pub fn as_host(self) -> Option<HostAddr> {
        (self.0 & (0xffff << 48 | TAG_MASK) == MARK_HOST | TAG_HOST).then_some(HostAddr((self.0 >> 4) as u32))
    }

    /// A reference to an exception, which is an object of the heap too.
    #[inline]
    pub fn exn(object: NonNull<Object>) -> Self {
        Self(object.as_ptr().expose_provenance() as u64 | TAG_EXN)
    }

    /// A reference to an object of the heap.
    #[inline(always)]
    pub fn object(object: NonNull<Object>) -> Self {
        Self(object.as_ptr().expose_provenance() as u64 | TAG_OBJECT)
    }

    /// The structure or array that it refers to, if it refers to one.
    #[inline(always)]
    pub fn as_object(self) -> Option<NonNull<Object>> {
        if self.0 & TAG_MASK != TAG_OBJECT {
            return None;
        }
        NonNull::new(std::ptr::with_exposed_provenance_mut((self.0 & !TAG_MASK) as usize))
    }

    /// The exception that it refers to, if it refers to one.
    #[inline]
    pub fn as_exn(self) -> Option<NonNull<Object>> {
        if self.0 & TAG_MASK != TAG_EXN {
            return None;
        }
        NonNull::new(std::ptr::with_exposed_provenance_mut((self.0 & !TAG_MASK) as usize))
    }

    /// Where what it refers to would be on the heap, if it looks like a reference to the heap.
    #[inline]
    pub(crate) fn heap_addr(self) -> Option<usize> {
        matches!(self.0 & TAG_MASK, TAG_OBJECT | TAG_EXN).then_some((self.0 & !TAG_MASK) as usize)
    }

    /// What it refers to on the heap, if it does.
    #[inline]
    pub(crate) fn as_heap(self) -> Option<NonNull<Object>> {
        NonNull::new(std::ptr::with_exposed_provenance_mut(self.heap_addr()?))
    }

    /// An unboxed integer: the low 31 bits.
    ///
    /// [Spec](https://webassembly.github.io/spec/core/exec/runtime.html#values)
    #[inline(always)]
    pub fn i31(value: u32) -> Self {
        Self(u64::from(value & 0x7fff_ffff) << 32 | TAG_I31)
    }

    /// The unboxed integer, zero-extended, if it is one.
    #[inline(always)]
    pub fn as_i31(self) -> Option<u32> {
        (self.0 & TAG_MASK == TAG_I31).then_some((self.0 >> 32) as u32)
    }

    /// Is it a structure or an array, of the given shape?
    #[inline]
    pub fn is_shape(self, shape: Shape) -> bool {
        // SAFETY: *live-object*.
        self.as_object().is_some_and(|object| unsafe { object.as_ref() }.shape() == shape)
    }
}
