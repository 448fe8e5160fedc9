/* CRC-32 with one table and with four, over 16 KiB, `n` times. */
#include "bench.h"

enum { SIZE = 16384 };
static uint32_t table[4][256];
static uint8_t data[SIZE];

static void make_tables(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++) c = c & 1 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
        table[0][i] = c;
    }
    for (int t = 1; t < 4; t++)
        for (int i = 0; i < 256; i++) table[t][i] = table[0][table[t - 1][i] & 255] ^ (table[t - 1][i] >> 8);
}

static uint32_t bytewise(uint32_t c) {
    for (int i = 0; i < SIZE; i++) c = table[0][(c ^ data[i]) & 255] ^ (c >> 8);
    return c;
}

static uint32_t wordwise(uint32_t c) {
    const uint32_t *words = (const uint32_t *)(const void *)data;
    for (int i = 0; i < SIZE / 4; i++) {
        c ^= words[i];
        c = table[3][c & 255] ^ table[2][(c >> 8) & 255] ^ table[1][(c >> 16) & 255] ^ table[0][c >> 24];
    }
    return c;
}

int64_t run(int32_t n) {
    uint32_t seed = 3, c = 0xFFFFFFFFu, d = 0xFFFFFFFFu;
    make_tables();
    for (int i = 0; i < SIZE; i++) data[i] = (uint8_t)next_random(&seed);
    for (int32_t round = 0; round < n; round++) {
        c = bytewise(c);
        d = wordwise(d);
    }
    return (int64_t)(((uint64_t)c << 32) | d);
}
