//! The kernels: programs of our own, each exporting `run(n: i32) -> i64`, a checksum that all engines must agree on.

use crate::Result;
use crate::module::Wasm;

/// A kernel, and how much work to give it.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    source: Source,
    /// Takes wasmi 100 to 300 ms on the machine it was chosen on.
    n: i32,
    /// About a fifth of that, for `--quick`.
    quick: i32,
}

enum Source {
    /// Built from C by `programs/build.sh`.
    Binary(&'static [u8]),
    Text(&'static str),
}

impl Program {
    pub(crate) fn wasm(&self) -> Result<Wasm> {
        match self.source {
            Source::Binary(bytes) => Wasm::from_bytes(self.name, bytes.to_vec()),
            Source::Text(text) => Wasm::from_text(self.name, text),
        }
    }

    pub(crate) fn n(&self, quick: bool) -> i32 {
        if quick { self.quick } else { self.n }
    }
}

macro_rules! c {
    ($name:literal, $n:literal, $quick:literal) => {
        Program {
            name: $name,
            source: Source::Binary(include_bytes!(concat!("../programs/wasm/", $name, ".wasm"))),
            n: $n,
            quick: $quick,
        }
    };
}

macro_rules! wat {
    ($name:literal, $n:literal, $quick:literal) => {
        Program {
            name: $name,
            source: Source::Text(include_str!(concat!("../programs/wat/", $name, ".wat"))),
            n: $n,
            quick: $quick,
        }
    };
}

/// Programs that allocate on the heap of structures and arrays, which not every engine has.
pub(crate) const GC_PROGRAMS: &[Program] =
    &[wat!("binary_trees", 14, 10), wat!("linked_list", 10_000_000, 500_000)];

pub(crate) const PROGRAMS: &[Program] = &[
    wat!("fib_recursive", 32, 28),
    wat!("fib_tail", 10_000_000, 2_000_000),
    wat!("tail_calls", 10_000_000, 2_000_000),
    wat!("call_indirect", 10_000_000, 2_000_000),
    c!("vtable", 5_000, 1_000),
    wat!("block_params", 40_000_000, 8_000_000),
    wat!("globals", 20_000_000, 4_000_000),
    wat!("byte_loops", 2_000, 400),
    wat!("bulk_memory", 300_000, 60_000),
    wat!("try_never", 20_000_000, 4_000_000),
    wat!("throw_catch", 2_000_000, 400_000),
    c!("bits_i64", 15_000_000, 3_000_000),
    c!("keccak", 12_000, 2_400),
    c!("blake2s", 50_000, 10_000),
    c!("crc32", 500, 100),
    c!("memory_hard", 20, 4),
    c!("lz", 80, 16),
    c!("lz_64", 80, 16),
    c!("sort", 40, 8),
    c!("sort_64", 40, 8),
    c!("sieve", 100, 20),
    c!("strings", 200, 40),
    c!("regex", 200, 40),
    c!("json", 400, 80),
    c!("bytecode_vm", 15_000, 3_500),
    c!("core_mix", 3_000, 600),
    c!("matrix_f64", 50, 10),
    c!("nbody", 100_000, 20_000),
    c!("mandelbrot", 1_000, 450),
    c!("spectral_norm", 650, 290),
    c!("filter_f32", 2_000, 400),
    wat!("simd_bytes", 1_000, 200),
    wat!("simd_matrix", 150, 30),
    wat!("simd_mandelbrot", 600, 270),
];
