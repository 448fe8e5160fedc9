/* What the kernels share. Each defines `int64_t run(int32_t n)`: work that grows with `n`, and a checksum. */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

/* Folds `x` into the checksum `h`. */
static inline uint64_t fold(uint64_t h, uint64_t x) {
    h ^= x;
    h *= 0x9E3779B97F4A7C15u;
    return h ^ (h >> 29);
}

/* A xorshift generator: the same numbers on every engine. */
static inline uint32_t next_random(uint32_t *state) {
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

static inline uint32_t rotl32(uint32_t x, int k) { return (x << k) | (x >> (32 - k)); }
static inline uint64_t rotl64(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

/* The bits of a float, for checksums. */
static inline uint64_t bits_of(double x) {
    union { double f; uint64_t u; } both = {x};
    return both.u;
}

#endif
