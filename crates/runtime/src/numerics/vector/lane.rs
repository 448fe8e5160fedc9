//! Operations that look at lanes one by one: splats, single lanes, shuffles, masks.

#[cfg(not(target_arch = "aarch64"))]
use super::map;
use super::{V128, v128_bitselect};

/// Defines splats, and the replacing of lanes. The number of the lane is taken modulo their count.
macro_rules! lanes {
    ($($L:ty, $n:literal: $splat:ident $replace:ident;)*) => { $(
        /// The vector whose lanes are all `a`.
        #[inline]
        pub fn $splat(a: $L) -> V128 {
            V128::from_lanes([a; $n])
        }

        /// The vector with lane `i` replaced.
        #[inline]
        pub fn $replace(a: V128, i: u8, x: $L) -> V128 {
            static ONES: [u8; 32] = ones(size_of::<$L>());
            // The lanes before are as many bytes that the window begins earlier.
            let first = (16 - usize::from(i) * size_of::<$L>() % 16) & 0x1f;
            // SAFETY: the last window begins in the middle of the table.
            let mask: [u8; 16] = unsafe { ONES.as_ptr().add(first).cast::<[u8; 16]>().read() };
            v128_bitselect($splat(x), a, V128::from_lanes(mask))
        }
    )* };
}

/// Bytes of which those in the middle, `size` many, have all bits.
const fn ones(size: usize) -> [u8; 32] {
    let mut bytes = [0; 32];
    let mut i = 16;
    while i < 16 + size {
        bytes[i] = 0xff;
        i += 1;
    }
    bytes
}

lanes! {
    u8, 16: i8x16_splat i8x16_replace_lane;
    u16, 8: i16x8_splat i16x8_replace_lane;
    u32, 4: i32x4_splat i32x4_replace_lane;
    u64, 2: i64x2_splat i64x2_replace_lane;
    f32, 4: f32x4_splat f32x4_replace_lane;
    f64, 2: f64x2_splat f64x2_replace_lane;
}

/// [`ivswizzle`](https://webassembly.github.io/spec/core/exec/numerics.html#op-ivswizzle): the lanes of `a` that `b`
/// names, zero where there is none.
#[inline]
pub fn i8x16_swizzle(a: V128, b: V128) -> V128 {
    #[cfg(target_arch = "aarch64")]
    {
        // SAFETY: every aarch64 that Rust supports by default has NEON.
        unsafe { V128(core::arch::aarch64::vqtbl1q_u8(a.0, b.0)) }
    }
    #[cfg(not(target_arch = "aarch64"))]
    {
        let a = a.lanes::<u8, 16>();
        map::<u8, u8, 16>(b, |i| if i < 16 { a[usize::from(i % 16)] } else { 0 })
    }
}

/// [`i8x16_swizzle`] where the host has an instruction for it.
///
/// # Safety
/// [`has_swizzle`] says so.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "ssse3"))]
#[inline]
pub unsafe fn i8x16_swizzle_fast(a: V128, b: V128) -> V128 {
    #[cfg(target_arch = "x86_64")]
    {
        // The instruction gives zero where the topmost bit is set, and looks at four bits only where it is not.
        let b = super::i8x16_add_sat_u(b, V128::from_lanes([0x70_u8; 16]));
        V128(core::arch::x86_64::_mm_shuffle_epi8(a.0, b.0))
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        i8x16_swizzle(a, b)
    }
}

/// May [`i8x16_swizzle_fast`] be called?
#[inline]
pub fn has_swizzle() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        is_x86_feature_detected!("ssse3")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        true
    }
}

/// Defines masks of the topmost bits of lanes, lane 0 in the lowest bit.
macro_rules! bitmasks {
    ($($name:ident: $L:ty, $n:literal, |$a:ident| $fast:expr;)*) => { $(
        /// The topmost bits of the lanes, that of lane 0 in the lowest bit.
        #[inline]
        pub fn $name($a: V128) -> u32 {
            #[cfg(target_arch = "x86_64")]
            {
                use core::arch::x86_64::*;
                // SAFETY: every x86-64 has SSE2.
                unsafe { $fast as u32 }
            }
            #[cfg(not(target_arch = "x86_64"))]
            {
                let lanes = $a.lanes::<$L, $n>();
                (0..$n).fold(0, |mask, i| mask | u32::from(lanes[i] < 0) << i)
            }
        }
    )* };
}

bitmasks! {
    i8x16_bitmask: i8, 16, |a| _mm_movemask_epi8(a.0);
    i16x8_bitmask: i16, 8, |a| _mm_movemask_epi8(_mm_packs_epi16(a.0, _mm_setzero_si128()));
    i32x4_bitmask: i32, 4, |a| _mm_movemask_ps(_mm_castsi128_ps(a.0));
    i64x2_bitmask: i64, 2, |a| _mm_movemask_pd(_mm_castsi128_pd(a.0));
}
