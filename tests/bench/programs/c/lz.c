/* LZ77 with a hash of four bytes: compress 64 KiB, expand it again and compare. `n` times. */
#include "bench.h"

enum { SIZE = 65536, HASH_BITS = 12, MIN = 4 };
static uint8_t input[SIZE], packed[SIZE + SIZE / 32 + 64], output[SIZE];
static uint32_t recent[1 << HASH_BITS];

static uint32_t word_at(const uint8_t *p) {
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint8_t *put_literals(uint8_t *out, const uint8_t *from, size_t count) {
    while (count > 0) {
        size_t part = count < 128 ? count : 128;
        *out++ = (uint8_t)(part - 1);
        for (size_t i = 0; i < part; i++) *out++ = *from++;
        count -= part;
    }
    return out;
}

/* A token below 128 opens literals; else a match of (token & 127) + MIN bytes, 16 bits back. */
static size_t compress(size_t size) {
    uint8_t *out = packed;
    size_t at = 0, literals = 0;
    for (int i = 0; i < 1 << HASH_BITS; i++) recent[i] = 0;
    while (at + MIN < size) {
        uint32_t word = word_at(input + at);
        uint32_t slot = word * 2654435761u >> (32 - HASH_BITS);
        size_t candidate = recent[slot];
        recent[slot] = (uint32_t)at;
        size_t distance = at - candidate;
        if (distance == 0 || distance > 0xFFFF || word_at(input + candidate) != word) {
            at++;
            continue;
        }
        size_t len = MIN;
        while (len < 127 + MIN && at + len < size && input[candidate + len] == input[at + len]) len++;
        out = put_literals(out, input + literals, at - literals);
        *out++ = (uint8_t)(128 | (len - MIN));
        *out++ = (uint8_t)distance;
        *out++ = (uint8_t)(distance >> 8);
        at += len;
        literals = at;
    }
    out = put_literals(out, input + literals, size - literals);
    return (size_t)(out - packed);
}

static size_t expand(size_t packed_size) {
    const uint8_t *in = packed, *end = packed + packed_size;
    uint8_t *out = output;
    while (in < end) {
        uint8_t token = *in++;
        if (token < 128) {
            for (int i = 0; i <= token; i++) *out++ = *in++;
        } else {
            const uint8_t *from = out - (in[0] | in[1] << 8);
            in += 2;
            for (int i = 0; i < (token & 127) + MIN; i++) *out++ = *from++;
        }
    }
    return (size_t)(out - output);
}

int64_t run(int32_t n) {
    uint64_t h = 0;
    for (int32_t round = 0; round < n; round++) {
        uint32_t seed = 77 + (uint32_t)round;
        size_t at = 0;
        while (at < SIZE) {
            uint32_t r = next_random(&seed);
            size_t len = 4 + (r >> 8) % 28;
            uint32_t phrase = r & 63;
            for (size_t i = 0; i < len && at < SIZE; i++) input[at++] = (uint8_t)('a' + (phrase * 7 + i * (phrase | 1)) % 26);
        }
        size_t size = compress(SIZE);
        size_t back = expand(size);
        uint32_t differences = back != SIZE;
        for (size_t i = 0; i < SIZE; i++) differences += input[i] != output[i];
        h = fold(fold(h, size), differences);
    }
    return (int64_t)h;
}
