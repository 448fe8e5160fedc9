//! Where operands come from and where results go: the parameters of every handler.

use super::state::Regs;
use terrane_runtime::numerics::V128;

/// A register class of the machine: which accumulator a value lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Class {
    /// `i32` (zero-extended), `i64`, references: `r0`.
    Int,
    /// `f32`: `s0`.
    F32,
    /// `f64`: `f0`.
    F64,
    /// `v128`: `v0`. Takes two slots, the low half in the first.
    V128,
}

impl Class {
    /// All of them, in order.
    pub(crate) const ALL: [Self; 4] = [Self::Int, Self::F32, Self::F64, Self::V128];
    /// How many there are.
    pub(crate) const COUNT: usize = Self::ALL.len();

    /// How many slots a value takes.
    #[inline]
    pub(crate) const fn words(self) -> u32 {
        if matches!(self, Self::V128) { 2 } else { 1 }
    }
}

/// A Rust type that a slot or an accumulator holds.
pub(crate) trait Value: Copy {
    const CLASS: Class;
    fn from_bits(bits: u64) -> Self;
    fn to_bits(self) -> u64;
    fn from_reg(s: &Regs) -> Self;
    fn to_reg(self, s: &mut Regs);
    /// Reads a slot, or the two from there on.
    unsafe fn load(slot: *const u64) -> Self;
    /// Writes a slot, or the two from there on.
    unsafe fn store(self, slot: *mut u64);
}

impl Value for u64 {
    const CLASS: Class = Class::Int;
    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        bits
    }
    #[inline(always)]
    fn to_bits(self) -> u64 {
        self
    }
    #[inline(always)]
    fn from_reg(s: &Regs) -> Self {
        s.r0
    }
    #[inline(always)]
    fn to_reg(self, s: &mut Regs) {
        s.r0 = self;
    }
    #[inline(always)]
    unsafe fn load(slot: *const u64) -> Self {
        // SAFETY: the caller's.
        unsafe { *slot }
    }
    #[inline(always)]
    unsafe fn store(self, slot: *mut u64) {
        // SAFETY: the caller's.
        unsafe { *slot = self }
    }
}

/// Zero-extended in registers and slots, so that `i64.extend_i32_u` costs nothing.
impl Value for u32 {
    const CLASS: Class = Class::Int;
    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        bits as u32
    }
    #[inline(always)]
    fn to_bits(self) -> u64 {
        u64::from(self)
    }
    #[inline(always)]
    fn from_reg(s: &Regs) -> Self {
        s.r0 as u32
    }
    #[inline(always)]
    fn to_reg(self, s: &mut Regs) {
        s.r0 = u64::from(self);
    }
    #[inline(always)]
    unsafe fn load(slot: *const u64) -> Self {
        // SAFETY: the caller's.
        unsafe { *slot as u32 }
    }
    #[inline(always)]
    unsafe fn store(self, slot: *mut u64) {
        // SAFETY: the caller's.
        unsafe { *slot = u64::from(self) }
    }
}

/// Tests and comparisons give a `u32` of 0 or 1.
impl Value for bool {
    const CLASS: Class = Class::Int;
    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        bits as u32 != 0
    }
    #[inline(always)]
    fn to_bits(self) -> u64 {
        u64::from(self)
    }
    #[inline(always)]
    fn from_reg(s: &Regs) -> Self {
        s.r0 as u32 != 0
    }
    #[inline(always)]
    fn to_reg(self, s: &mut Regs) {
        s.r0 = u64::from(self);
    }
    #[inline(always)]
    unsafe fn load(slot: *const u64) -> Self {
        // SAFETY: the caller's.
        unsafe { *slot as u32 != 0 }
    }
    #[inline(always)]
    unsafe fn store(self, slot: *mut u64) {
        // SAFETY: the caller's.
        unsafe { *slot = u64::from(self) }
    }
}

impl Value for f64 {
    const CLASS: Class = Class::F64;
    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        f64::from_bits(bits)
    }
    #[inline(always)]
    fn to_bits(self) -> u64 {
        f64::to_bits(self)
    }
    #[inline(always)]
    fn from_reg(s: &Regs) -> Self {
        s.f0
    }
    #[inline(always)]
    fn to_reg(self, s: &mut Regs) {
        s.f0 = self;
    }
    #[inline(always)]
    unsafe fn load(slot: *const u64) -> Self {
        // SAFETY: the caller's.
        unsafe { *slot.cast::<f64>() }
    }
    #[inline(always)]
    unsafe fn store(self, slot: *mut u64) {
        // SAFETY: the caller's.
        unsafe { *slot.cast::<f64>() = self }
    }
}

/// In the low half of a slot; the high half is anything.
impl Value for f32 {
    const CLASS: Class = Class::F32;
    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        f32::from_bits(bits as u32)
    }
    #[inline(always)]
    fn to_bits(self) -> u64 {
        u64::from(f32::to_bits(self))
    }
    #[inline(always)]
    fn from_reg(s: &Regs) -> Self {
        s.s0
    }
    #[inline(always)]
    fn to_reg(self, s: &mut Regs) {
        s.s0 = self;
    }
    #[inline(always)]
    unsafe fn load(slot: *const u64) -> Self {
        // SAFETY: the caller's.
        unsafe { <f32 as Value>::from_bits(*slot) }
    }
    #[inline(always)]
    unsafe fn store(self, slot: *mut u64) {
        // SAFETY: the caller's; on little-endian hosts the low half comes first.
        unsafe {
            if cfg!(target_endian = "little") {
                *slot.cast::<f32>() = self;
            } else {
                *slot = <f32 as Value>::to_bits(self);
            }
        }
    }
}

/// A vector somewhere in memory. Not by `read_unaligned`, as for fields of instructions.
#[derive(Clone, Copy)]
#[repr(C, packed)]
pub(super) struct Unaligned(pub(super) V128);

/// As an immediate, or folded: the low half, the high half being zero.
impl Value for V128 {
    const CLASS: Class = Class::V128;
    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        Self::from_lanes([bits, 0])
    }
    #[inline(always)]
    fn to_bits(self) -> u64 {
        self.lanes::<u64, 2>()[0]
    }
    #[inline(always)]
    fn from_reg(s: &Regs) -> Self {
        s.v0
    }
    #[inline(always)]
    fn to_reg(self, s: &mut Regs) {
        s.v0 = self;
    }
    #[inline(always)]
    unsafe fn load(slot: *const u64) -> Self {
        // SAFETY: the caller's. Slots and vectors have the same order of bytes on little-endian hosts.
        unsafe {
            if cfg!(target_endian = "little") {
                (*slot.cast::<Unaligned>()).0
            } else {
                Self::from_lanes(*slot.cast::<[u64; 2]>())
            }
        }
    }
    #[inline(always)]
    unsafe fn store(self, slot: *mut u64) {
        // SAFETY: as for reading.
        unsafe {
            if cfg!(target_endian = "little") {
                *slot.cast::<Unaligned>() = Unaligned(self);
            } else {
                *slot.cast::<[u64; 2]>() = self.lanes();
            }
        }
    }
}

/// Where an operand comes from.
pub(crate) trait Src {
    unsafe fn get<V: Value>(s: &Regs) -> V;
}

/// The slot whose number stands at byte `AT` of the instruction.
pub(crate) struct Slot<const AT: usize>;
/// The accumulator of the operand's class.
pub(crate) struct Reg;
/// The 16 bits at byte `AT`, sign-extended.
pub(crate) struct Imm16<const AT: usize>;
/// The 32 bits at byte `AT`, sign-extended.
pub(crate) struct Imm32<const AT: usize>;
/// The 64 bits at byte `AT`.
pub(crate) struct Wide<const AT: usize>;
/// The vector at byte `AT`: an immediate of vector operations.
pub(crate) struct Vector<const AT: usize>;
/// Zero.
pub(crate) struct Zero;

impl<const AT: usize> Src for Slot<AT> {
    #[inline(always)]
    unsafe fn get<V: Value>(s: &Regs) -> V {
        // SAFETY: *code-valid*.
        unsafe { V::load(s.slot(AT)) }
    }
}

impl Src for Reg {
    #[inline(always)]
    unsafe fn get<V: Value>(s: &Regs) -> V {
        V::from_reg(s)
    }
}

impl<const AT: usize> Src for Imm16<AT> {
    #[inline(always)]
    unsafe fn get<V: Value>(s: &Regs) -> V {
        // SAFETY: *code-valid*.
        V::from_bits(i64::from(unsafe { s.field::<i16>(AT) }) as u64)
    }
}

impl<const AT: usize> Src for Imm32<AT> {
    #[inline(always)]
    unsafe fn get<V: Value>(s: &Regs) -> V {
        // SAFETY: *code-valid*.
        V::from_bits(i64::from(unsafe { s.field::<i32>(AT) }) as u64)
    }
}

impl<const AT: usize> Src for Wide<AT> {
    #[inline(always)]
    unsafe fn get<V: Value>(s: &Regs) -> V {
        // SAFETY: *code-valid*.
        V::from_bits(unsafe { s.field::<u64>(AT) })
    }
}

impl<const AT: usize> Src for Vector<AT> {
    #[inline(always)]
    unsafe fn get<V: Value>(s: &Regs) -> V {
        // SAFETY: *code-valid*: two words of fields, in the order in which slots hold them.
        unsafe { V::load(s.ip.cast::<u64>().add(AT / 8)) }
    }
}

impl Src for Zero {
    #[inline(always)]
    unsafe fn get<V: Value>(_: &Regs) -> V {
        V::from_bits(0)
    }
}

/// Where a result goes.
pub(crate) trait Dst {
    unsafe fn put<V: Value>(s: &mut Regs, v: V);
}

/// The accumulator of its class.
pub(crate) struct ToReg;
/// The accumulator, and the slot whose number stands at byte 10.
pub(crate) struct ToBoth;

impl Dst for ToReg {
    #[inline(always)]
    unsafe fn put<V: Value>(s: &mut Regs, v: V) {
        v.to_reg(s);
    }
}

impl Dst for ToBoth {
    #[inline(always)]
    unsafe fn put<V: Value>(s: &mut Regs, v: V) {
        v.to_reg(s);
        // SAFETY: *code-valid*.
        unsafe { v.store(s.slot(10)) }
    }
}
