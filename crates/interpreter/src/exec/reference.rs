//! References: null checks, tests, casts.
//!
//! Fields of tests and casts: reference in slot 8, destination or depth of the type at 10, the type's number at 12 (of
//! branches, their target), then, from 16 on, what is left of type, depth, and whether null is among its values. A type
//! without its subtypes has a [depth](EXACT) that none has.

use super::numeric::Unary;
use super::operand::{Class, Dst, Reg, Slot, Src, ToBoth, ToReg};
use super::ops::Op1;
use super::state::handlers;
use terrane_runtime::{FuncInst, Ref, Shape, Trap};

/// The depth of a type that is asked for without its subtypes.
pub(crate) const EXACT: u16 = u16::MAX;

/// A way to ask whether a reference, not null, is of a type.
pub(crate) trait Kind {
    /// # Safety
    /// `r` is a reference, not null, of the type's hierarchy.
    unsafe fn is(r: u64, id: u32, depth: usize) -> bool;
}

/// A type of structures or arrays that a module defines.
pub(crate) struct OfObject;
/// A type of functions that a module defines.
pub(crate) struct OfFunc;
/// Any other: the number is a [`Sort`].
pub(crate) struct OfSort;

/// What abstract types say of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Sort {
    /// The top of a hierarchy.
    All,
    /// The bottom of one.
    None,
    Eq,
    I31,
    Struct,
    Array,
}

impl Kind for OfObject {
    #[inline(always)]
    unsafe fn is(r: u64, id: u32, depth: usize) -> bool {
        // SAFETY: *live-object*.
        Ref(r).as_object().is_some_and(|object| unsafe { object.as_ref() }.is_a(id, depth))
    }
}

impl Kind for OfFunc {
    #[inline(always)]
    unsafe fn is(r: u64, id: u32, depth: usize) -> bool {
        let func: *const FuncInst = std::ptr::with_exposed_provenance(r as usize);
        // SAFETY: the caller's: it is a function, which lives as long as the store.
        unsafe { (*func).is_a(id, depth) }
    }
}

impl Kind for OfSort {
    #[inline(always)]
    unsafe fn is(r: u64, sort: u32, _: usize) -> bool {
        let r = Ref(r);
        match sort {
            _ if sort == Sort::All as u32 => true,
            _ if sort == Sort::Eq as u32 => r.as_i31().is_some() || r.as_object().is_some(),
            _ if sort == Sort::I31 as u32 => r.as_i31().is_some(),
            _ if sort == Sort::Struct as u32 => r.is_shape(Shape::Struct),
            _ if sort == Sort::Array as u32 => r.is_shape(Shape::Array),
            _ => false,
        }
    }
}

/// Has what the reference refers to that descriptor?
#[inline(always)]
unsafe fn is_described(r: u64, nullable: bool, descriptor: u64) -> bool {
    if r == 0 {
        return nullable;
    }
    // SAFETY: *live-object*.
    Ref(r).as_object().is_some_and(|object| unsafe { object.as_ref() }.descriptor() == Some(Ref(descriptor)))
}

/// Is the reference of the type that the fields say?
#[inline(always)]
unsafe fn is<K: Kind>(r: u64, nullable: bool, id: u32, depth: u16) -> bool {
    // SAFETY: the caller's: valid code asks only within a hierarchy.
    if r == 0 { nullable } else { unsafe { K::is(r, id, usize::from(depth)) } }
}

handlers! {
    /// Fields: destination at 10, function at 12.
    fn ref_func [D: Dst] (s) {
        let func = (*s.ctx).func(s.field::<u32>(12));
        D::put(&mut s, Ref::func(func).0);
        s.next(2)
    }

    /// Traps if slot 8 is null.
    fn ref_as_non_null [A: Src] (s) {
        if A::get::<u64>(&s) == 0 {
            return s.trap(Trap::NullReference);
        }
        s.next(2)
    }

    /// Traps if slot 8 is null, which is to be a descriptor.
    fn check_descriptor [A: Src] (s) {
        if A::get::<u64>(&s) == 0 {
            return s.trap(Trap::NullDescriptorReference);
        }
        s.next(2)
    }

    /// Destination at 10. Valid code asks only structures that have one.
    fn ref_get_desc [A: Src, D: Dst] (s) {
        let Some(object) = Ref(A::get(&s)).as_object() else { return s.trap(Trap::NullReference) };
        let descriptor = object.as_ref().descriptor();
        D::put(&mut s, descriptor.unwrap_or(Ref::NULL).0);
        s.next(2)
    }

    /// Descriptor in slot 10, nullable at 12.
    fn ref_cast_desc_eq [] (s) {
        if is_described(*s.slot(8), s.field::<u32>(12) != 0, *s.slot(10)) {
            return s.next(2);
        }
        s.trap(Trap::DescriptorCastFailure)
    }

    /// Descriptor in slot 10, nullable at 16.
    fn br_on_cast_desc_eq [const HOLDS: bool] (s) {
        if is_described(*s.slot(8), s.field::<u32>(16) != 0, *s.slot(10)) == HOLDS {
            s.branch()
        } else {
            s.fall_through(3)
        }
    }

    /// Type at 12, depth at 16, nullable at 18.
    fn ref_test [K: Kind, A: Src, D: Dst] (s) {
        let holds = is::<K>(A::get(&s), s.field::<u16>(18) != 0, s.field(12), s.field(16));
        D::put(&mut s, holds);
        s.next(3)
    }

    /// Type at 12, depth at 10, nullable at 16.
    fn ref_cast [K: Kind, A: Src] (s) {
        if is::<K>(A::get(&s), s.field::<u16>(16) != 0, s.field(12), s.field(10)) {
            return s.next(3);
        }
        s.trap(Trap::CastFailure)
    }

    /// Type at 16, depth at 10, nullable at 20.
    fn br_on_cast [K: Kind, A: Src, const HOLDS: bool] (s) {
        if is::<K>(A::get(&s), s.field::<u16>(20) != 0, s.field(16), s.field(10)) == HOLDS {
            s.branch()
        } else {
            s.fall_through(3)
        }
    }
}

/// `ref.get_desc`. It is never folded: what looks like a reference there may be none.
pub(crate) static REF_GET_DESC: Unary = Unary {
    operand: Class::Int,
    result: Class::Int,
    slot: [ref_get_desc::<Slot<8>, ToReg>, ref_get_desc::<Slot<8>, ToBoth>],
    reg: [ref_get_desc::<Reg, ToReg>, ref_get_desc::<Reg, ToBoth>],
    fold: |_| None,
    canonicalize: None,
};

/// `ref.i31`
pub(crate) struct RefI31;
/// `i31.get_s`
pub(crate) struct I31GetS;
/// `i31.get_u`
pub(crate) struct I31GetU;

impl Op1 for RefI31 {
    type A = u32;
    type R = u64;
    #[inline(always)]
    fn apply(a: u32) -> Result<u64, Trap> {
        Ok(Ref::i31(a).0)
    }
}

impl Op1 for I31GetS {
    type A = u64;
    type R = u32;
    #[inline(always)]
    fn apply(a: u64) -> Result<u32, Trap> {
        if a == 0 { Err(Trap::NullI31Reference) } else { Ok((((a >> 32) as i32) << 1 >> 1) as u32) }
    }
}

impl Op1 for I31GetU {
    type A = u64;
    type R = u32;
    #[inline(always)]
    fn apply(a: u64) -> Result<u32, Trap> {
        if a == 0 { Err(Trap::NullI31Reference) } else { Ok((a >> 32) as u32) }
    }
}
