//! Loads, stores, and bulk operations on memories.
//!
//! Fields of loads: address slot at 8, destination at 10, offset at 12 (32 bits). Of stores: address slot
//! at 8, value slot or 16-bit immediate at 10, offset at 12. These are for memory 0, whose addresses are `u32` or
//! `u64`. The *far* forms reach any memory, with 32- or
//! 64-bit addresses: offset at 16 (64 bits), index of the memory at 24.

use super::numeric::Pair;
use super::operand::{Class, Dst, Reg, Slot, Src, ToBoth, ToReg, Unaligned, Value, Zero};
use super::state::{FAILED, Handler, Regs, handlers};
use std::ptr::NonNull;
use terrane_runtime::numerics::{self as num, V128};
use terrane_runtime::{MemInst, Trap};

/// A load: what is read, and what becomes of it.
pub(crate) trait Load {
    type V: Value;
    /// Base-two logarithm of the number of bytes.
    const LOG2: usize;
    unsafe fn load(at: *const u8) -> Self::V;
}

/// A store.
pub(crate) trait Store {
    type V: Value;
    /// Base-two logarithm of the number of bytes.
    const LOG2: usize;
    unsafe fn store(at: *mut u8, v: Self::V);
}

macro_rules! loads {
    ($($name:ident $raw:ty => $v:ty;)*) => { $(
        pub(crate) struct $name;
        impl Load for $name {
            type V = $v;
            const LOG2: usize = size_of::<$raw>().ilog2() as usize;
            #[inline(always)]
            unsafe fn load(at: *const u8) -> $v {
                // SAFETY: the caller has checked the bounds.
                let bytes = unsafe { at.cast::<[u8; size_of::<$raw>()]>().read() };
                <$raw>::from_le_bytes(bytes) as $v
            }
        }
    )* };
}

macro_rules! stores {
    ($($name:ident $v:ty => $raw:ty;)*) => { $(
        pub(crate) struct $name;
        impl Store for $name {
            type V = $v;
            const LOG2: usize = size_of::<$raw>().ilog2() as usize;
            #[inline(always)]
            unsafe fn store(at: *mut u8, v: $v) {
                let bytes = (v as $raw).to_le_bytes();
                // SAFETY: the caller has checked the bounds.
                unsafe { at.cast::<[u8; size_of::<$raw>()]>().write(bytes) }
            }
        }
    )* };
}

loads! {
    I32Load u32 => u32;
    I64Load u64 => u64;
    F32Load f32 => f32;
    F64Load f64 => f64;
    I32Load8S i8 => u32;
    I32Load8U u8 => u32;
    I32Load16S i16 => u32;
    I32Load16U u16 => u32;
    I64Load8S i8 => u64;
    I64Load8U u8 => u64;
    I64Load16S i16 => u64;
    I64Load16U u16 => u64;
    I64Load32S i32 => u64;
    I64Load32U u32 => u64;
}

stores! {
    I32Store u32 => u32;
    I64Store u64 => u64;
    F32Store f32 => f32;
    F64Store f64 => f64;
    I32Store8 u32 => u8;
    I32Store16 u32 => u16;
    I64Store8 u64 => u8;
    I64Store16 u64 => u16;
    I64Store32 u64 => u32;
}

macro_rules! vector_loads {
    ($($name:ident $raw:ty, |$x:ident| $v:expr;)*) => { $(
        pub(crate) struct $name;
        impl Load for $name {
            type V = V128;
            const LOG2: usize = size_of::<$raw>().ilog2() as usize;
            #[inline(always)]
            unsafe fn load(at: *const u8) -> V128 {
                // SAFETY: the caller has checked the bounds.
                let bytes = unsafe { at.cast::<[u8; size_of::<$raw>()]>().read() };
                let $x = <$raw>::from_le_bytes(bytes);
                $v
            }
        }
    )* };
}

vector_loads! {
    V128Load8x8S u64, |x| num::i16x8_extend_low_i8x16_s(V128::from_lanes([x, 0]));
    V128Load8x8U u64, |x| num::i16x8_extend_low_i8x16_u(V128::from_lanes([x, 0]));
    V128Load16x4S u64, |x| num::i32x4_extend_low_i16x8_s(V128::from_lanes([x, 0]));
    V128Load16x4U u64, |x| num::i32x4_extend_low_i16x8_u(V128::from_lanes([x, 0]));
    V128Load32x2S u64, |x| num::i64x2_extend_low_i32x4_s(V128::from_lanes([x, 0]));
    V128Load32x2U u64, |x| num::i64x2_extend_low_i32x4_u(V128::from_lanes([x, 0]));
    V128Load8Splat u8, |x| num::i8x16_splat(x);
    V128Load16Splat u16, |x| num::i16x8_splat(x);
    V128Load32Splat u32, |x| num::i32x4_splat(x);
    V128Load64Splat u64, |x| num::i64x2_splat(x);
    V128Load32Zero u32, |x| V128::from_lanes([x, 0, 0, 0]);
    V128Load64Zero u64, |x| V128::from_lanes([x, 0]);
}

pub(crate) struct V128Load;
impl Load for V128Load {
    type V = V128;
    const LOG2: usize = 4;
    #[inline(always)]
    unsafe fn load(at: *const u8) -> V128 {
        // SAFETY: the caller has checked the bounds.
        unsafe { (*at.cast::<Unaligned>()).0 }
    }
}

pub(crate) struct V128Store;
impl Store for V128Store {
    type V = V128;
    const LOG2: usize = 4;
    #[inline(always)]
    unsafe fn store(at: *mut u8, v: V128) {
        // SAFETY: the caller has checked the bounds.
        unsafe { *at.cast::<Unaligned>() = Unaligned(v) }
    }
}

/// An address in memory 0.
pub(crate) trait Addr: Value {
    /// Where an access at `offset` from it goes; `None` if that is beyond all memories.
    fn plus(self, offset: u64) -> Option<u64>;
    /// As the instructions compute that stand before the access.
    fn wrapping_add(self, other: Self) -> Self;
    /// An immediate as a summand.
    fn sign_extend(imm: i16) -> Self;
    /// As an index of elements of `2^log2` bytes.
    fn times(self, log2: u32) -> Self;
}

impl Addr for u32 {
    #[inline(always)]
    fn plus(self, offset: u64) -> Option<u64> {
        // Offsets of near forms have 32 bits.
        Some(u64::from(self) + offset)
    }
    #[inline(always)]
    fn wrapping_add(self, other: Self) -> Self {
        u32::wrapping_add(self, other)
    }
    #[inline(always)]
    fn sign_extend(imm: i16) -> Self {
        imm as u32
    }
    #[inline(always)]
    fn times(self, log2: u32) -> Self {
        self << log2
    }
}

impl Addr for u64 {
    #[inline(always)]
    fn plus(self, offset: u64) -> Option<u64> {
        self.checked_add(offset)
    }
    #[inline(always)]
    fn wrapping_add(self, other: Self) -> Self {
        u64::wrapping_add(self, other)
    }
    #[inline(always)]
    fn sign_extend(imm: i16) -> Self {
        imm as u64
    }
    #[inline(always)]
    fn times(self, log2: u32) -> Self {
        self << log2
    }
}

/// Where in memory 0 an access of `2^log2` bytes goes, if it fits: *memory-bounds* then lets it be made.
#[inline(always)]
unsafe fn access<X: Addr>(s: &Regs, addr: X, offset: u64, log2: usize) -> Option<*mut u8> {
    let ea = addr.plus(offset)?;
    // SAFETY: `ctx` is the run's; below the limit, the address is inside the memory.
    unsafe { (ea < (*s.ctx).limits[log2]).then(|| s.mem.add(ea as usize)) }
}

/// The same for any memory and any address.
#[inline(always)]
unsafe fn access_far(s: &Regs, addr: u64, log2: usize) -> Option<*mut u8> {
    // SAFETY: the index is valid in the running instance.
    unsafe {
        let mem = (*s.ctx).mem(s.field::<u32>(24)).as_ref();
        let ea = addr.checked_add(s.field::<u64>(16))?;
        let end = ea.checked_add(1 << log2)?;
        (end <= mem.len() as u64).then(|| mem.base().add(ea as usize))
    }
}

handlers! {
    fn load [L: Load, X: Addr, A: Src, D: Dst] (s) {
        let addr = A::get::<X>(&s);
        let Some(at) = access(&s, addr, s.field::<u32>(12).into(), L::LOG2) else { return s.tail(out_of_bounds) };
        D::put(&mut s, L::load(at));
        s.next_of(2, [L::V::CLASS; 2])
    }

    /// The sum of two slots is the address; the second at 12, the offset 16 bits at 14.
    fn load_sum [L: Load, X: Addr, A: Src, D: Dst] (s) {
        let addr = A::get::<X>(&s).wrapping_add(Slot::<12>::get::<X>(&s));
        let Some(at) = access(&s, addr, s.field::<u16>(14).into(), L::LOG2) else { return s.tail(out_of_bounds) };
        D::put(&mut s, L::load(at));
        s.next_of(2, [L::V::CLASS; 2])
    }

    /// The sum of an operand and a 16-bit immediate at 12 is the address; the offset 16 bits at 14.
    fn load_plus [L: Load, X: Addr, A: Src, D: Dst] (s) {
        let addr = A::get::<X>(&s).wrapping_add(X::sign_extend(s.field::<i16>(12)));
        let Some(at) = access(&s, addr, s.field::<u16>(14).into(), L::LOG2) else { return s.tail(out_of_bounds) };
        D::put(&mut s, L::load(at));
        s.next_of(2, [L::V::CLASS; 2])
    }

    /// An operand times `2^K`, plus slot 12, is the address; the offset 16 bits at 14.
    fn load_scaled [L: Load, X: Addr, A: Src, D: Dst, const K: u32] (s) {
        let addr = A::get::<X>(&s).times(K).wrapping_add(Slot::<12>::get::<X>(&s));
        let Some(at) = access(&s, addr, s.field::<u16>(14).into(), L::LOG2) else { return s.tail(out_of_bounds) };
        D::put(&mut s, L::load(at));
        s.next_of(2, [L::V::CLASS; 2])
    }

    fn load_far [L: Load, A: Src, D: Dst] (s) {
        let Some(at) = access_far(&s, A::get::<u64>(&s), L::LOG2) else {
            return s.trap(Trap::OutOfBoundsMemoryAccess);
        };
        D::put(&mut s, L::load(at));
        s.next_of(4, [L::V::CLASS; 2])
    }

    fn store [S: Store, X: Addr, A: Src, V: Src] (s) {
        let addr = A::get::<X>(&s);
        let Some(at) = access(&s, addr, s.field::<u32>(12).into(), S::LOG2) else { return s.tail(out_of_bounds) };
        S::store(at, V::get(&s));
        s.next(2)
    }

    fn store_far [S: Store, A: Src, V: Src] (s) {
        let Some(at) = access_far(&s, A::get::<u64>(&s), S::LOG2) else {
            return s.trap(Trap::OutOfBoundsMemoryAccess);
        };
        S::store(at, V::get(&s));
        s.next(4)
    }

    /// An access to memory 0 did not fit: it may have grown behind our back, by another thread.
    #[cold]
    #[inline(never)]
    fn out_of_bounds [] (s) {
        let before = (*s.ctx).limits[0];
        s.mem = (*s.ctx).reload_memory();
        if (*s.ctx).limits[0] != before {
            return s.dispatch();
        }
        s.trap(Trap::OutOfBoundsMemoryAccess)
    }

    /// Fields: destination at 10, memory at 12.
    fn memory_size [D: Dst] (s) {
        let pages = (*s.ctx).mem(s.field::<u32>(12)).as_ref().size();
        D::put(&mut s, pages);
        s.next(2)
    }

    /// Fields: pages in slot 8, memory at 12, the result for failure at 16 (64 bits).
    fn memory_grow [] (s) {
        s.r0 = grow(&s);
        if (*s.ctx).is_refused() {
            return s.tail(failed);
        }
        s.mem = (*s.ctx).reload_memory();
        s.next(3)
    }

    /// Fields: first of three operand slots at 8, memory at 12.
    fn memory_fill [] (s) {
        if !fill(&s) {
            return s.trap(Trap::OutOfBoundsMemoryAccess);
        }
        s.next(2)
    }

    /// The same for a 32-bit memory 0, whose length and base are at hand.
    fn memory_fill_near [] (s) {
        let [d, v, n] = operands(&s);
        if d + n > (*s.ctx).limits[0] {
            return s.tail(memory_fill);
        }
        std::ptr::write_bytes(s.mem.add(d as usize), v as u8, n as usize);
        s.next(2)
    }

    /// Inside a 32-bit memory 0.
    fn memory_copy_near [] (s) {
        let [d, src, n] = operands(&s);
        if d.max(src) + n > (*s.ctx).limits[0] {
            return s.tail(memory_copy);
        }
        std::ptr::copy(s.mem.add(src as usize), s.mem.add(d as usize), n as usize);
        s.next(3)
    }

    /// Fields: first of three operand slots at 8, destination memory at 12, source memory at 16.
    fn memory_copy [] (s) {
        if !copy(&s) {
            return s.trap(Trap::OutOfBoundsMemoryAccess);
        }
        s.next(3)
    }

    /// Fields: first of three operand slots at 8, memory at 12, data segment at 16.
    fn memory_init [] (s) {
        if !init(&s) {
            return s.trap(Trap::OutOfBoundsMemoryAccess);
        }
        s.next(3)
    }

    /// Fields: data segment at 12.
    fn data_drop [] (s) {
        let instance = &mut *(*s.ctx).instance.cast_mut();
        instance.datas[s.field::<u32>(12) as usize].dropped = true;
        s.next(2)
    }

    /// Ends the run after a failure that the context holds already.
    #[cold]
    #[inline(never)]
    fn failed [] (s) {
        (*s.ctx).regs = s;
        std::hint::black_box(FAILED)
    }
}

/// The three operands of a bulk operation.
///
/// # Safety
/// The running instruction has the field at 8.
#[inline(always)]
pub(super) unsafe fn operands(s: &Regs) -> [u64; 3] {
    // SAFETY: *frame-fits*: the lowering has put them there.
    unsafe { s.slot(8).cast::<[u64; 3]>().read() }
}

/// The memory whose index is the field at `at`, to change.
unsafe fn memory<'a>(s: &Regs, at: usize) -> &'a mut MemInst {
    // SAFETY: the index is valid; nothing else refers to the memory while a handler runs.
    unsafe { (*s.ctx).mem(s.field::<u32>(at)).as_mut() }
}

#[inline(never)]
unsafe fn grow(s: &Regs) -> u64 {
    // SAFETY: as for `memory`.
    unsafe {
        let delta = s.slot(8).read();
        let mem = (*s.ctx).mem(s.field::<u32>(12));
        let grown = (*s.ctx).store.as_mut().grow_mem_at(mem, delta);
        grown.unwrap_or_else(|_| s.field::<u64>(16))
    }
}

#[inline(never)]
unsafe fn fill(s: &Regs) -> bool {
    // SAFETY: as for `memory`.
    unsafe {
        let [d, v, n] = operands(s);
        memory(s, 12).fill(d, v as u8, n).is_ok()
    }
}

#[inline(never)]
unsafe fn copy(s: &Regs) -> bool {
    // SAFETY: as for `memory`; two memories are only borrowed at once if they are different.
    unsafe {
        let [d, src, n] = operands(s);
        let from: NonNull<MemInst> = (*s.ctx).mem(s.field::<u32>(16));
        let to = (*s.ctx).mem(s.field::<u32>(12));
        if from == to {
            memory(s, 12).copy_within(d, src, n).is_ok()
        } else {
            memory(s, 12).copy_from(d, from.as_ref(), src, n).is_ok()
        }
    }
}

#[inline(never)]
unsafe fn init(s: &Regs) -> bool {
    // SAFETY: as for `memory`.
    unsafe {
        let [d, src, n] = operands(s);
        let segment = (*(*s.ctx).instance).data(s.field::<u32>(16) as usize);
        memory(s, 12).init(d, segment, src, n).is_ok()
    }
}

/// The handlers of a load.
pub(crate) struct LoadTable {
    pub(crate) class: Class,
    /// From memory 0, by the width of addresses: 32 and 64 bits.
    pub(crate) near: [NearLoads; 2],
    pub(crate) far_slot: Pair,
    pub(crate) far_reg: Pair,
}

/// The handlers of a load from memory 0, by where the address is.
pub(crate) struct NearLoads {
    pub(crate) slot: Pair,
    pub(crate) reg: Pair,
    pub(crate) zero: Pair,
    /// Address in two slots, or in the register and a slot.
    pub(crate) sum_slot: Pair,
    pub(crate) sum_reg: Pair,
    /// Address in a slot or the register, plus an immediate.
    pub(crate) plus_slot: Pair,
    pub(crate) plus_reg: Pair,
    /// Address in a slot or the register, times 2, 4 or 8, plus a slot.
    pub(crate) scaled_slot: [Pair; 3],
    pub(crate) scaled_reg: [Pair; 3],
}

/// The handlers of a store, by where the address (slot, register, nowhere) and the value (slot, register,
/// 16-bit immediate) are.
pub(crate) struct StoreTable {
    pub(crate) class: Class,
    /// Are values of 32 bits stored?
    pub(crate) narrow: bool,
    /// To memory 0, by the width of addresses: 32 and 64 bits.
    pub(crate) near: [[[Handler; 3]; 3]; 2],
    pub(crate) far: [[Handler; 2]; 2],
}

impl LoadTable {
    pub(crate) const fn of<L: Load>() -> Self {
        Self {
            class: L::V::CLASS,
            near: [NearLoads::of::<L, u32>(), NearLoads::of::<L, u64>()],
            far_slot: [load_far::<L, Slot<8>, ToReg>, load_far::<L, Slot<8>, ToBoth>],
            far_reg: [load_far::<L, Reg, ToReg>, load_far::<L, Reg, ToBoth>],
        }
    }
}

impl NearLoads {
    const fn of<L: Load, X: Addr>() -> Self {
        Self {
            slot: [load::<L, X, Slot<8>, ToReg>, load::<L, X, Slot<8>, ToBoth>],
            reg: [load::<L, X, Reg, ToReg>, load::<L, X, Reg, ToBoth>],
            zero: [load::<L, X, Zero, ToReg>, load::<L, X, Zero, ToBoth>],
            sum_slot: [load_sum::<L, X, Slot<8>, ToReg>, load_sum::<L, X, Slot<8>, ToBoth>],
            sum_reg: [load_sum::<L, X, Reg, ToReg>, load_sum::<L, X, Reg, ToBoth>],
            plus_slot: [load_plus::<L, X, Slot<8>, ToReg>, load_plus::<L, X, Slot<8>, ToBoth>],
            plus_reg: [load_plus::<L, X, Reg, ToReg>, load_plus::<L, X, Reg, ToBoth>],
            scaled_slot: [
                scaled::<L, X, Slot<8>, 1>(),
                scaled::<L, X, Slot<8>, 2>(),
                scaled::<L, X, Slot<8>, 3>(),
            ],
            scaled_reg: [scaled::<L, X, Reg, 1>(), scaled::<L, X, Reg, 2>(), scaled::<L, X, Reg, 3>()],
        }
    }
}

const fn scaled<L: Load, X: Addr, A: Src, const K: u32>() -> Pair {
    [load_scaled::<L, X, A, ToReg, K>, load_scaled::<L, X, A, ToBoth, K>]
}

impl StoreTable {
    pub(crate) const fn of<S: Store>() -> Self {
        Self {
            class: S::V::CLASS,
            narrow: size_of::<S::V>() == 4,
            near: [addresses::<S, u32>(), addresses::<S, u64>()],
            far: [
                [store_far::<S, Slot<8>, Slot<10>>, store_far::<S, Slot<8>, Reg>],
                [store_far::<S, Reg, Slot<10>>, store_far::<S, Reg, Reg>],
            ],
        }
    }
}

const fn addresses<S: Store, X: Addr>() -> [[Handler; 3]; 3] {
    [values::<S, X, Slot<8>>(), values::<S, X, Reg>(), values::<S, X, Zero>()]
}

const fn values<S: Store, X: Addr, A: Src>() -> [Handler; 3] {
    let slot: Handler = store::<S, X, A, Slot<10>>;
    let imm = match S::V::CLASS {
        Class::Int => store::<S, X, A, super::operand::Imm16<10>>,
        // Others are no immediates.
        _ => slot,
    };
    [slot, store::<S, X, A, Reg>, imm]
}
