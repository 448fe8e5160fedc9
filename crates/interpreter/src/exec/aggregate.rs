//! Structures and arrays.
//!
//! What the machine takes for a reference to an object is null or one: validation and *live-object* of the heap.

use super::memory::{Load, Store};
use super::numeric::{Pair, Unary};
use super::operand::{Class, Dst, Imm32, Reg, Slot, Src, ToBoth, ToReg, Value};
use super::state::{Handler, Regs, handlers};
use std::marker::PhantomData;
use std::ptr::NonNull;
use terrane_runtime::numerics::V128;
use terrane_runtime::{Layout, Object, RawVal, Ref, Trap};

/// A field, which lies as in a slot.
pub(crate) struct Word<V>(PhantomData<V>);

impl<V: Value> Load for Word<V> {
    type V = V;
    const LOG2: usize = 3;
    #[inline(always)]
    unsafe fn load(at: *const u8) -> V {
        // SAFETY: the caller's.
        unsafe { V::load(at.cast()) }
    }
}

impl<V: Value> Store for Word<V> {
    type V = V;
    const LOG2: usize = 3;
    #[inline(always)]
    unsafe fn store(at: *mut u8, v: V) {
        // SAFETY: the caller's.
        unsafe { v.store(at.cast()) }
    }
}

/// A packed field: the low bits of a word.
pub(crate) struct Packed<T>(PhantomData<T>);
/// An element.
pub(crate) struct Element<T>(PhantomData<T>);

/// A vector as an element.
pub(crate) struct Long;

impl Load for Long {
    type V = V128;
    const LOG2: usize = 4;
    #[inline(always)]
    unsafe fn load(at: *const u8) -> V128 {
        // SAFETY: the caller's.
        unsafe { V128::load(at.cast()) }
    }
}

impl Store for Long {
    type V = V128;
    const LOG2: usize = 4;
    #[inline(always)]
    unsafe fn store(at: *mut u8, v: V128) {
        // SAFETY: the caller's.
        unsafe { v.store(at.cast()) }
    }
}

macro_rules! packed {
    ($($t:ty)*) => { $(
        impl Load for Packed<$t> {
            type V = u32;
            const LOG2: usize = 3;
            #[inline(always)]
            unsafe fn load(at: *const u8) -> u32 {
                // SAFETY: the caller's.
                unsafe { *at.cast::<u64>() as $t as u32 }
            }
        }
    )* };
}

macro_rules! elements {
    ($($t:ty => $v:ty;)*) => { $(
        impl Load for Element<$t> {
            type V = $v;
            const LOG2: usize = size_of::<$t>().ilog2() as usize;
            #[inline(always)]
            unsafe fn load(at: *const u8) -> $v {
                // SAFETY: the caller's.
                unsafe { *at.cast::<$t>() as $v }
            }
        }

        impl Store for Element<$t> {
            type V = $v;
            const LOG2: usize = size_of::<$t>().ilog2() as usize;
            #[inline(always)]
            unsafe fn store(at: *mut u8, v: $v) {
                // SAFETY: the caller's.
                unsafe { *at.cast::<$t>() = v as $t }
            }
        }
    )* };
}

packed!(i8 u8 i16 u16);
elements! { i8 => u32; u8 => u32; i16 => u32; u16 => u32; u32 => u32; u64 => u64; f32 => f32; f64 => f64; }

/// The bytes behind an object's header; `None` for null.
#[inline(always)]
fn payload(r: u64) -> Option<*mut u8> {
    let object: *const Object = Ref(r).as_object()?.as_ptr();
    Some(Object::payload(object))
}

/// Where an element is.
#[inline(always)]
unsafe fn element<const LOG2: usize>(r: u64, i: u32) -> Result<*mut u8, Trap> {
    let object = Ref(r).as_object().ok_or(Trap::NullArrayReference)?.as_ptr();
    // SAFETY: *live-object*; the index is checked.
    unsafe {
        if i >= (*object).len() {
            return Err(Trap::OutOfBoundsArrayAccess);
        }
        Ok(Object::payload(object).add((i as usize) << LOG2))
    }
}

handlers! {
    /// Fields: structure in slot 8, destination at 10, bytes behind the header at 12.
    fn struct_get [L: Load, A: Src, D: Dst] (s) {
        let Some(at) = payload(A::get(&s)) else { return s.trap(Trap::NullStructureReference) };
        let v = L::load(at.add(s.field::<u32>(12) as usize));
        D::put(&mut s, v);
        s.next(2)
    }

    /// Fields: structure in slot 8, value in slot 10, bytes behind the header at 12.
    fn struct_set [S: Store, A: Src, V: Src] (s) {
        let Some(at) = payload(A::get(&s)) else { return s.trap(Trap::NullStructureReference) };
        S::store(at.add(s.field::<u32>(12) as usize), V::get(&s));
        s.next(2)
    }

    /// Fields: array in slot 8, destination at 10, index in slot 12.
    fn array_get [L: Load, A: Src, I: Src, D: Dst] (s) {
        match element_of::<L>(A::get(&s), I::get(&s)) {
            Ok(at) => {
                D::put(&mut s, L::load(at));
                s.next_vector(2)
            }
            Err(trap) => s.trap(trap),
        }
    }

    /// Fields: array in slot 8, index in slot 10, value in slot 12.
    fn array_set [S: Store, I: Src, V: Src] (s) {
        match slot_of::<S>(Slot::<8>::get(&s), I::get(&s)) {
            Ok(at) => {
                S::store(at, V::get(&s));
                s.next_vector(2)
            }
            Err(trap) => s.trap(trap),
        }
    }

    fn array_len [A: Src, D: Dst] (s) {
        let Some(object) = Ref(A::get(&s)).as_object() else { return s.trap(Trap::NullArrayReference) };
        D::put(&mut s, (*object.as_ptr()).len());
        s.next(2)
    }

    /// Fields: destination at 10, slots in use at 12, layout at 16, class of cells at 24, words at 26 (16 bits each),
    /// slot of the first operand at 28.
    fn struct_new [F: Fields, D: Dst] (s) {
        match (*(*s.ctx).store.as_ptr()).take_cell(usize::from(s.field::<u16>(24))) {
            Some(cell) => {
                let r = make_struct::<F>(&s, cell);
                D::put(&mut s, r);
                s.next(4)
            }
            None => s.tail(new_slow::<F, D>),
        }
    }

    /// There is no cell at hand for a structure.
    #[cold]
    #[inline(never)]
    fn new_slow [F: Fields, D: Dst] (s) {
        match find_cell(&s) {
            Ok(cell) => {
                let r = make_struct::<F>(&s, cell);
                D::put(&mut s, r);
                s.next(4)
            }
            Err(trap) => s.trap(trap),
        }
    }

    /// Makes an array. Fields: slots in use at 12, layout at 16, what `N` needs at 24, slot of the first operand at 28.
    /// The result goes to the accumulator.
    fn array_new [N: New] (s) {
        match N::make(&s, s.fp.add(s.field::<u32>(28) as usize)) {
            Ok(r) => {
                s.r0 = r;
                s.next_vector(4)
            }
            Err(trap) => s.trap(trap),
        }
    }

    /// Does something with a range of an array. Fields: what `B` needs at 12, slot of the first operand at 16.
    fn array_bulk [B: Bulk] (s) {
        match B::run(&s, s.fp.add(s.field::<u32>(16) as usize)) {
            Ok(()) => s.next_vector(3),
            Err(trap) => s.trap(trap),
        }
    }
}

#[inline(always)]
unsafe fn element_of<L: Load>(r: u64, i: u32) -> Result<*mut u8, Trap> {
    // SAFETY: the caller's.
    unsafe {
        match L::LOG2 {
            0 => element::<0>(r, i),
            1 => element::<1>(r, i),
            2 => element::<2>(r, i),
            3 => element::<3>(r, i),
            _ => element::<4>(r, i),
        }
    }
}

#[inline(always)]
unsafe fn slot_of<S: Store>(r: u64, i: u32) -> Result<*mut u8, Trap> {
    // SAFETY: the caller's.
    unsafe {
        match S::LOG2 {
            0 => element::<0>(r, i),
            1 => element::<1>(r, i),
            2 => element::<2>(r, i),
            3 => element::<3>(r, i),
            _ => element::<4>(r, i),
        }
    }
}

/// What a new structure's fields are.
pub(crate) trait Fields {
    /// Writes the words from `to` to `end`.
    ///
    /// # Safety
    /// The words are there, and the operands of the running instruction at `from`.
    unsafe fn write(to: *mut u64, end: *mut u64, from: *const u64);
}

/// Operands, which follow each other, the descriptor among them if there is one.
pub(crate) struct Given;
/// Zeros and nulls.
pub(crate) struct Zeros;
/// Zeros and nulls, and the descriptor, which is the operand.
pub(crate) struct Described;

impl Fields for Given {
    #[inline(always)]
    unsafe fn write(mut to: *mut u64, end: *mut u64, mut from: *const u64) {
        // SAFETY: the caller's.
        unsafe {
            while to != end {
                *to = *from;
                (to, from) = (to.add(1), super::opaque(from.add(1)));
            }
        }
    }
}

impl Fields for Zeros {
    #[inline(always)]
    unsafe fn write(mut to: *mut u64, end: *mut u64, _: *const u64) {
        // SAFETY: the caller's.
        unsafe {
            while to != end {
                *to = 0;
                to = super::opaque(to.add(1)).cast_mut();
            }
        }
    }
}

impl Fields for Described {
    #[inline(always)]
    unsafe fn write(to: *mut u64, end: *mut u64, from: *const u64) {
        // SAFETY: the caller's: the last word is the descriptor.
        unsafe {
            Zeros::write(to, end.sub(1), from);
            *end.sub(1) = *from;
        }
    }
}

/// Makes a cell the structure that the running instruction describes.
#[inline(always)]
unsafe fn make_struct<F: Fields>(s: &Regs, cell: NonNull<Object>) -> u64 {
    // SAFETY: *code-valid*: the cell is of the layout's size, the operands are in slots that follow each other.
    unsafe {
        let r = make(s, cell);
        let to = Object::payload(cell.as_ptr()).cast::<u64>();
        F::write(to, to.add(usize::from(s.field::<u16>(26))), s.fp.add(s.field::<u32>(28) as usize));
        r
    }
}

/// Writes the header.
#[inline(always)]
unsafe fn make(s: &Regs, cell: NonNull<Object>) -> u64 {
    // SAFETY: as for `make_struct`; the module keeps the layout, and an instance of it the module.
    unsafe {
        let layout: *const Layout = std::ptr::with_exposed_provenance(s.field::<u64>(16) as usize);
        Object::init(cell.as_ptr(), layout, (*layout).id(), 0);
    }
    Ref::object(cell).0
}

/// Tells the store where the frames are. The slots in use are the field at 12.
unsafe fn park(s: &Regs) {
    // SAFETY: *frame-fits*; the stack is there as long as the run.
    unsafe { (*s.ctx).park(s.fp.add(s.field::<u32>(12) as usize)) }
}

#[inline(never)]
unsafe fn find_cell(s: &Regs) -> Result<NonNull<Object>, Trap> {
    // SAFETY: as for `make_struct`.
    unsafe {
        park(s);
        let bytes = size_of::<Object>() + usize::from(s.field::<u16>(26)) * 8;
        (*s.ctx).store.as_mut().find_cell(bytes, &[])
    }
}

/// A new array of zeros and nulls.
unsafe fn alloc_array<'a>(s: &Regs, len: u32) -> Result<&'a mut Object, Trap> {
    // SAFETY: as for `make_struct`.
    unsafe {
        park(s);
        let layout = std::ptr::with_exposed_provenance(s.field::<u64>(16) as usize);
        let mut object = (*s.ctx).store.as_mut().alloc_object(layout, len, &[])?;
        Ok(object.as_mut())
    }
}

unsafe fn layout<'a>(s: &Regs) -> &'a Layout {
    // SAFETY: *code-valid*.
    unsafe { &*std::ptr::with_exposed_provenance::<Layout>(s.field::<u64>(16) as usize) }
}

/// A value in slots, `words` of them.
unsafe fn value(slots: *const u64, words: u32) -> RawVal {
    // SAFETY: *frame-fits*.
    unsafe { RawVal([*slots, if words == 2 { *slots.add(1) } else { 0 }]) }
}

unsafe fn array<'a>(r: u64) -> Result<&'a mut Object, Trap> {
    // SAFETY: *live-object*; nothing else refers to it while a handler runs.
    Ref(r).as_object().map(|mut object| unsafe { object.as_mut() }).ok_or(Trap::NullArrayReference)
}

/// A way to make an array.
pub(crate) trait New {
    /// # Safety
    /// The running instruction is such a one, and its operands are there.
    unsafe fn make(s: &Regs, operands: *const u64) -> Result<u64, Trap>;
}

/// A value, and how many times.
pub(crate) struct Filled;
/// How many zeros or nulls.
pub(crate) struct Default;
/// As many values as the field at 24 says.
pub(crate) struct Fixed;
/// Start and length; the data segment at 24.
pub(crate) struct Data;
/// Start and length; the element segment at 24.
pub(crate) struct Elem;

impl New for Filled {
    #[inline(never)]
    unsafe fn make(s: &Regs, operands: *const u64) -> Result<u64, Trap> {
        // SAFETY: the caller's.
        unsafe {
            let words = layout(s).fields()[0].words();
            let len = *operands.add(words as usize) as u32;
            let array = alloc_array(s, len)?;
            array.fill(0, value(operands, words), len)?;
            Ok(Ref::object(NonNull::from(array)).0)
        }
    }
}

impl New for Default {
    #[inline(never)]
    unsafe fn make(s: &Regs, operands: *const u64) -> Result<u64, Trap> {
        // SAFETY: the caller's.
        unsafe { Ok(Ref::object(NonNull::from(alloc_array(s, *operands.add(0) as u32)?)).0) }
    }
}

impl New for Fixed {
    #[inline(never)]
    unsafe fn make(s: &Regs, operands: *const u64) -> Result<u64, Trap> {
        // SAFETY: the caller's.
        unsafe {
            let words = layout(s).fields()[0].words();
            let len = s.field::<u32>(24);
            let array = alloc_array(s, len)?;
            for i in 0..len {
                array.set_elem(i, value(operands.add((i * words) as usize), words))?;
            }
            Ok(Ref::object(NonNull::from(array)).0)
        }
    }
}

impl New for Data {
    #[inline(never)]
    unsafe fn make(s: &Regs, operands: *const u64) -> Result<u64, Trap> {
        // SAFETY: the caller's; the segment's index is valid.
        unsafe {
            let [from, n] = [*operands.add(0) as u32, *operands.add(1) as u32];
            let data = (*(*s.ctx).instance).data(s.field::<u32>(24) as usize);
            layout(s).data(data, from, n)?;
            let array = alloc_array(s, n)?;
            array.init_data(0, data, from, n)?;
            Ok(Ref::object(NonNull::from(array)).0)
        }
    }
}

impl New for Elem {
    #[inline(never)]
    unsafe fn make(s: &Regs, operands: *const u64) -> Result<u64, Trap> {
        // SAFETY: the caller's; the segment's index is valid.
        unsafe {
            let [from, n] = [*operands.add(0) as u32, *operands.add(1) as u32];
            let refs = &(&(*(*s.ctx).instance).elems)[s.field::<u32>(24) as usize].refs;
            Layout::elems(refs, from, n)?;
            let array = alloc_array(s, n)?;
            array.init_elem(0, refs, from, n)?;
            Ok(Ref::object(NonNull::from(array)).0)
        }
    }
}

/// Something that is done with a range of an array.
pub(crate) trait Bulk {
    /// # Safety
    /// The running instruction is such a one, and its operands are there.
    unsafe fn run(s: &Regs, operands: *const u64) -> Result<(), Trap>;
}

/// Array, start, value, length; the words of the value at 12.
pub(crate) struct Fill;
/// Array and start, array and start, length.
pub(crate) struct Copy;
/// Array and start, start in the segment, length.
pub(crate) struct InitData;
/// Array and start, start in the segment, length.
pub(crate) struct InitElem;

impl Bulk for Fill {
    #[inline(never)]
    unsafe fn run(s: &Regs, operands: *const u64) -> Result<(), Trap> {
        // SAFETY: the caller's.
        unsafe {
            let words = s.field::<u32>(12);
            let n = *operands.add(2 + words as usize) as u32;
            array(*operands.add(0))?.fill(*operands.add(1) as u32, value(operands.add(2), words), n)
        }
    }
}

impl Bulk for Copy {
    #[inline(never)]
    unsafe fn run(_: &Regs, operands: *const u64) -> Result<(), Trap> {
        // SAFETY: the caller's; valid code copies between arrays of the same storage only.
        unsafe {
            let to: *mut Object = array(*operands.add(0))?;
            let from: *const Object = array(*operands.add(2))?;
            Object::copy(to, *operands.add(1) as u32, from, *operands.add(3) as u32, *operands.add(4) as u32)
        }
    }
}

impl Bulk for InitData {
    #[inline(never)]
    unsafe fn run(s: &Regs, operands: *const u64) -> Result<(), Trap> {
        // SAFETY: the caller's; the segment's index is valid.
        unsafe {
            let data = (*(*s.ctx).instance).data(s.field::<u32>(12) as usize);
            let [d, from, n] = [1, 2, 3].map(|i| *operands.add(i) as u32);
            array(*operands.add(0))?.init_data(d, data, from, n)
        }
    }
}

impl Bulk for InitElem {
    #[inline(never)]
    unsafe fn run(s: &Regs, operands: *const u64) -> Result<(), Trap> {
        // SAFETY: the caller's; the segment's index is valid.
        unsafe {
            let refs = &(&(*(*s.ctx).instance).elems)[s.field::<u32>(12) as usize].refs;
            let [d, from, n] = [1, 2, 3].map(|i| *operands.add(i) as u32);
            array(*operands.add(0))?.init_elem(d, refs, from, n)
        }
    }
}

/// The handlers that read a field or an element of some type.
pub(crate) struct Gets {
    pub(crate) class: Class,
    /// Of a structure, which is in a slot or the accumulator.
    pub(crate) field: [Pair; 2],
    /// Of an array: slot and slot, slot and accumulator, slot and immediate; accumulator and slot, accumulator and
    /// immediate.
    pub(crate) element: [Pair; 5],
}

/// The handlers that write a field or an element of some type.
pub(crate) struct Sets {
    /// Of a structure in a slot, with the value in a slot or the accumulator; of one in the accumulator.
    pub(crate) field: [[Handler; 2]; 2],
    /// Of an array: by index in a slot or the accumulator, then by value in a slot or the accumulator.
    pub(crate) element: [[Handler; 2]; 2],
}

impl Gets {
    /// `F` reads a field, `E` an element.
    pub(crate) const fn of<F: Load, E: Load>() -> Self {
        Self {
            class: E::V::CLASS,
            field: [
                [struct_get::<F, Slot<8>, ToReg>, struct_get::<F, Slot<8>, ToBoth>],
                [struct_get::<F, Reg, ToReg>, struct_get::<F, Reg, ToBoth>],
            ],
            element: [
                gets::<E, Slot<8>, Slot<12>>(),
                gets::<E, Slot<8>, Reg>(),
                gets::<E, Slot<8>, Imm32<12>>(),
                gets::<E, Reg, Slot<12>>(),
                gets::<E, Reg, Imm32<12>>(),
            ],
        }
    }
}

const fn gets<L: Load, A: Src, I: Src>() -> Pair {
    [array_get::<L, A, I, ToReg>, array_get::<L, A, I, ToBoth>]
}

impl Sets {
    /// `F` writes a field, `E` an element.
    pub(crate) const fn of<F: Store, E: Store>() -> Self {
        Self {
            field: [
                [struct_set::<F, Slot<8>, Slot<10>>, struct_set::<F, Slot<8>, Reg>],
                [struct_set::<F, Reg, Slot<10>>, struct_set::<F, Reg, Reg>],
            ],
            element: [
                [array_set::<E, Slot<10>, Slot<12>>, array_set::<E, Slot<10>, Reg>],
                [array_set::<E, Reg, Slot<12>>, array_set::<E, Reg, Reg>],
            ],
        }
    }
}

/// `array.len`. It is never folded: what looks like a reference there may be none.
pub(crate) static ARRAY_LEN: Unary = Unary {
    operand: Class::Int,
    result: Class::Int,
    slot: [array_len::<Slot<8>, ToReg>, array_len::<Slot<8>, ToBoth>],
    reg: [array_len::<Reg, ToReg>, array_len::<Reg, ToBoth>],
    fold: |_| None,
    canonicalize: None,
};
