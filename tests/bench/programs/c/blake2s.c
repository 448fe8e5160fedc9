/* The BLAKE2s compression function over `n` blocks of 64 bytes: 32-bit add, xor, rotate. */
#include "bench.h"

static const uint32_t IV[8] = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                               0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
static const uint8_t SIGMA[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

#define G(a, b, c, d, x, y)                   \
    do {                                      \
        v[a] += v[b] + (x);                   \
        v[d] = rotl32(v[d] ^ v[a], 16);       \
        v[c] += v[d];                         \
        v[b] = rotl32(v[b] ^ v[c], 20);       \
        v[a] += v[b] + (y);                   \
        v[d] = rotl32(v[d] ^ v[a], 24);       \
        v[c] += v[d];                         \
        v[b] = rotl32(v[b] ^ v[c], 25);       \
    } while (0)

static void compress(uint32_t h[8], const uint32_t m[16], uint32_t counter) {
    uint32_t v[16];
    for (int i = 0; i < 8; i++) {
        v[i] = h[i];
        v[i + 8] = IV[i];
    }
    v[12] ^= counter;
    for (int round = 0; round < 10; round++) {
        const uint8_t *s = SIGMA[round];
        G(0, 4, 8, 12, m[s[0]], m[s[1]]);
        G(1, 5, 9, 13, m[s[2]], m[s[3]]);
        G(2, 6, 10, 14, m[s[4]], m[s[5]]);
        G(3, 7, 11, 15, m[s[6]], m[s[7]]);
        G(0, 5, 10, 15, m[s[8]], m[s[9]]);
        G(1, 6, 11, 12, m[s[10]], m[s[11]]);
        G(2, 7, 8, 13, m[s[12]], m[s[13]]);
        G(3, 4, 9, 14, m[s[14]], m[s[15]]);
    }
    for (int i = 0; i < 8; i++) h[i] ^= v[i] ^ v[i + 8];
}

int64_t run(int32_t n) {
    uint32_t h[8], m[16], seed = 7;
    for (int i = 0; i < 8; i++) h[i] = IV[i];
    for (int32_t block = 0; block < n; block++) {
        for (int i = 0; i < 16; i++) m[i] = next_random(&seed);
        compress(h, m, 64 * (uint32_t)(block + 1));
    }
    return (int64_t)(((uint64_t)h[0] << 32) | h[7]);
}
