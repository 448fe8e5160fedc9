/* The primes below 100,000 with a byte per number, `n` times. */
#include "bench.h"

enum { LIMIT = 100000 };
static uint8_t composite[LIMIT];

int64_t run(int32_t n) {
    uint64_t h = 0;
    for (int32_t round = 0; round < n; round++) {
        for (int i = 0; i < LIMIT; i++) composite[i] = 0;
        int32_t count = 0, last = 0;
        for (int i = 2; i < LIMIT; i++) {
            if (composite[i]) continue;
            count++;
            last = i;
            for (int j = i + i; j < LIMIT; j += i) composite[j] = 1;
        }
        h = fold(h, (uint64_t)(count + last + round));
    }
    return (int64_t)h;
}
