/* Memory-hard mixing after the manner of Argon2: blocks of 1 KiB, each from its
   predecessor and from one that the data choose. `n` passes over 512 KiB. */
#include "bench.h"

enum { WORDS = 128, BLOCKS = 512 };
static uint64_t memory[BLOCKS][WORDS];

static inline uint64_t mul_add(uint64_t x, uint64_t y) {
    return x + y + 2 * (uint64_t)(uint32_t)x * (uint64_t)(uint32_t)y;
}

static inline void quarter(uint64_t *a, uint64_t *b, uint64_t *c, uint64_t *d) {
    *a = mul_add(*a, *b); *d = rotl64(*d ^ *a, 32);
    *c = mul_add(*c, *d); *b = rotl64(*b ^ *c, 40);
    *a = mul_add(*a, *b); *d = rotl64(*d ^ *a, 48);
    *c = mul_add(*c, *d); *b = rotl64(*b ^ *c, 1);
}

/* Mixes sixteen words, `stride` apart. */
static void mix(uint64_t *v, int stride) {
#define V(i) (&v[(i) * stride])
    quarter(V(0), V(4), V(8), V(12));
    quarter(V(1), V(5), V(9), V(13));
    quarter(V(2), V(6), V(10), V(14));
    quarter(V(3), V(7), V(11), V(15));
    quarter(V(0), V(5), V(10), V(15));
    quarter(V(1), V(6), V(11), V(12));
    quarter(V(2), V(7), V(8), V(13));
    quarter(V(3), V(4), V(9), V(14));
#undef V
}

static void fill_block(const uint64_t *before, const uint64_t *reference, uint64_t *out) {
    static uint64_t z[WORDS];
    for (int i = 0; i < WORDS; i++) z[i] = before[i] ^ reference[i];
    for (int row = 0; row < 8; row++) mix(z + 16 * row, 1);
    for (int column = 0; column < 8; column++) mix(z + column, 8);
    for (int i = 0; i < WORDS; i++) out[i] ^= z[i] ^ before[i] ^ reference[i];
}

int64_t run(int32_t n) {
    uint32_t seed = 99;
    for (int b = 0; b < BLOCKS; b++)
        for (int i = 0; i < WORDS; i++) memory[b][i] = next_random(&seed);
    for (int32_t pass = 0; pass < n; pass++) {
        for (int b = 0; b < BLOCKS; b++) {
            const uint64_t *before = memory[(b + BLOCKS - 1) % BLOCKS];
            fill_block(before, memory[before[0] % BLOCKS], memory[b]);
        }
    }
    uint64_t h = 0;
    for (int i = 0; i < WORDS; i++) h = fold(h, memory[BLOCKS - 1][i]);
    return (int64_t)h;
}
