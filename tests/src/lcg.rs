//! The buffers that goldens were made from: generated, so that they need not be stored.

/// Bytes from the top of `x' = 1664525 x + 1013904223 (mod 2^32)`, one per step.
pub fn noise(seed: u32, length: usize) -> Vec<u8> {
    let mut x = seed;
    std::iter::repeat_with(|| {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        x.to_be_bytes()[0]
    })
    .take(length)
    .collect()
}

/// Lines of sixty letters out of four.
pub fn text(seed: u32, length: usize) -> Vec<u8> {
    let letter = |(i, b): (usize, u8)| if i % 61 == 60 { b'\n' } else { b'a' + (b & 3) };
    noise(seed, length).into_iter().enumerate().map(letter).collect()
}

/// The 64-bit FNV-1a hash.
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3))
}
