//! Vectors of 128 bits.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/numerics.html#vectors)

mod conversion;
mod float;
mod integer;
mod lane;

pub use conversion::*;
pub use float::*;
pub use integer::*;
pub use lane::*;

/// What a vector is to the host: what its calling convention passes in one register, where it has such.
#[cfg(target_arch = "x86_64")]
type Repr = core::arch::x86_64::__m128i;
#[cfg(target_arch = "aarch64")]
type Repr = core::arch::aarch64::uint8x16_t;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
type Repr = u128;

/// A vector: 128 bits, which each instruction divides into lanes as it pleases. In memory, in the order of the
/// spec: lane 0 first, every lane little-endian, on every host.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct V128(Repr);

/// A number that a vector is made of.
///
/// # Safety
/// It has no padding, and every pattern of bits is one.
pub unsafe trait Lane: Copy + Default {
    /// Turns a little-endian number into one of the host, or back.
    #[must_use]
    fn swap_to_le(self) -> Self;
}

macro_rules! lanes {
    ($($t:ident)*) => { $(
        // SAFETY: a primitive number.
        unsafe impl Lane for $t {
            #[inline(always)]
            fn swap_to_le(self) -> Self {
                Self::from_ne_bytes(self.to_le_bytes())
            }
        }
    )* };
}

lanes!(u8 i8 u16 i16 u32 i32 u64 i64 f32 f64);

impl V128 {
    /// All bits zero.
    pub const ZERO: Self = {
        // SAFETY: both are 16 bytes, of which every pattern is valid.
        Self(unsafe { std::mem::transmute::<[u8; 16], Repr>([0; 16]) })
    };

    /// The vector of these lanes.
    #[inline(always)]
    #[must_use]
    pub fn from_lanes<L: Lane, const N: usize>(lanes: [L; N]) -> Self {
        const { assert!(size_of::<[L; N]>() == size_of::<Self>()) };
        let lanes = if cfg!(target_endian = "little") { lanes } else { lanes.map(L::swap_to_le) };
        // SAFETY: both are 16 bytes, of which every pattern is valid.
        unsafe { std::mem::transmute_copy(&lanes) }
    }

    /// Its lanes.
    #[inline(always)]
    #[must_use]
    pub fn lanes<L: Lane, const N: usize>(self) -> [L; N] {
        const { assert!(size_of::<[L; N]>() == size_of::<Self>()) };
        // SAFETY: both are 16 bytes, of which every pattern is valid.
        let lanes: [L; N] = unsafe { std::mem::transmute_copy(&self) };
        if cfg!(target_endian = "little") { lanes } else { lanes.map(L::swap_to_le) }
    }
}

/// The vector of what a function gives for each number of a lane.
///
/// Not by `array::from_fn`, which is not always taken apart.
#[inline(always)]
fn from_fn<R: Lane, const N: usize>(f: impl Fn(usize) -> R) -> V128 {
    let mut lanes = [R::default(); N];
    let mut i = 0;
    while i < N {
        lanes[i] = f(i);
        i += 1;
    }
    V128::from_lanes(lanes)
}

/// Applies a function to each lane.
#[inline(always)]
fn map<A: Lane, R: Lane, const N: usize>(a: V128, f: impl Fn(A) -> R) -> V128 {
    let a = a.lanes::<A, N>();
    from_fn::<R, N>(|i| f(a[i]))
}

/// Applies a function to each two lanes.
#[inline(always)]
fn zip<A: Lane, R: Lane, const N: usize>(a: V128, b: V128, f: impl Fn(A, A) -> R) -> V128 {
    let (a, b) = (a.lanes::<A, N>(), b.lanes::<A, N>());
    from_fn::<R, N>(|i| f(a[i], b[i]))
}

/// Defines operations lane by lane. A row is a function for each type of lanes, what it does to a lane, and the type
/// that this gives where it is another.
macro_rules! lanewise {
    ($(#[$doc:meta] [$($name:ident: $L:ty $(=> $R:ty)?),+] $args:tt $body:block)*) => {
        $($( lanewise!(@one #[$doc] $name, $L, [$($R,)? $L] $args $body); )+)*
    };
    (@one #[$doc:meta] $name:ident, $L:ty, [$R:ty $(, $_unused:ty)?] ($a:ident) $body:block) => {
        #[$doc]
        #[inline]
        pub fn $name(a: V128) -> V128 {
            super::map::<$L, $R, { 16 / size_of::<$L>() }>(a, |$a| $body)
        }
    };
    (@one #[$doc:meta] $name:ident, $L:ty, [$R:ty $(, $_unused:ty)?] ($a:ident, $b:ident) $body:block) => {
        #[$doc]
        #[inline]
        pub fn $name(a: V128, b: V128) -> V128 {
            super::zip::<$L, $R, { 16 / size_of::<$L>() }>(a, b, |$a, $b| $body)
        }
    };
}
use lanewise;

impl std::fmt::Debug for V128 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [low, high] = self.lanes::<u64, 2>();
        write!(f, "{high:#018x}{low:016x}")
    }
}

impl PartialEq for V128 {
    fn eq(&self, other: &Self) -> bool {
        self.lanes::<u64, 2>() == other.lanes::<u64, 2>()
    }
}

impl Eq for V128 {}
