/* The largest singular value of the matrix A(i,j) = 1 / ((i+j)(i+j+1)/2 + i + 1), order `n` (at most 1024). */
#include "bench.h"

enum { MAX = 1024 };
static double u[MAX], v[MAX], t[MAX];

static inline double entry(int i, int j) { return 1.0 / (double)((i + j) * (i + j + 1) / 2 + i + 1); }

static void times(int n, const double *x, double *out) {
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int j = 0; j < n; j++) sum += entry(i, j) * x[j];
        out[i] = sum;
    }
}

static void transposed_times(int n, const double *x, double *out) {
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int j = 0; j < n; j++) sum += entry(j, i) * x[j];
        out[i] = sum;
    }
}

int64_t run(int32_t n) {
    if (n > MAX) n = MAX;
    for (int i = 0; i < n; i++) u[i] = 1;
    for (int round = 0; round < 10; round++) {
        times(n, u, t);
        transposed_times(n, t, v);
        times(n, v, t);
        transposed_times(n, t, u);
    }
    double uv = 0, vv = 0;
    for (int i = 0; i < n; i++) {
        uv += u[i] * v[i];
        vv += v[i] * v[i];
    }
    return (int64_t)bits_of(__builtin_sqrt(uv / vv));
}
