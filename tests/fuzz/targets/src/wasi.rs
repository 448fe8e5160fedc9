//! See [`terrane_fuzz::targets::wasi`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    terrane_fuzz::targets::wasi(bytes);
});
