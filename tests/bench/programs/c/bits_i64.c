/* A 64-bit linear congruential generator and bit counting, `n` steps. */
#include "bench.h"

int64_t run(int32_t n) {
    uint64_t x = 0x853C49E6748FEA9Bu, sum = 0;
    for (int32_t i = 0; i < n; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        uint64_t mixed = rotl64(x, 17) ^ (x >> 33);
        sum += (uint64_t)__builtin_popcountll(mixed);
        sum ^= (uint64_t)__builtin_clzll(mixed | 1) << (__builtin_ctzll(x | (1ull << 40)) & 31);
        if (x & 4) sum = rotl64(sum, 7);
    }
    return (int64_t)(sum ^ x);
}
