/* The product of two 64 x 64 matrices of doubles, `n` times. */
#include "bench.h"

enum { N = 64 };
static double a[N][N], b[N][N], c[N][N];

static void multiply(void) {
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            double sum = 0;
            for (int k = 0; k < N; k++) sum += a[i][k] * b[k][j];
            c[i][j] = sum;
        }
    }
}

int64_t run(int32_t n) {
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            a[i][j] = (double)(i * 3 + j) / 7;
            b[i][j] = (double)(i - 2 * j) / 5;
        }
    }
    uint64_t h = 0;
    for (int32_t round = 0; round < n; round++) {
        multiply();
        for (int i = 0; i < N; i++) {
            h = fold(h, bits_of(c[i][(i + round) % N]));
            a[i][round % N] = c[i][i] / 4096;
        }
    }
    return (int64_t)h;
}
