/* The Mandelbrot set on an `n` x `n` grid, at most 64 iterations a point. */
#include "bench.h"

int64_t run(int32_t n) {
    uint64_t h = 0;
    for (int32_t row = 0; row < n; row++) {
        double ci = 2.5 * row / n - 1.25;
        uint32_t line = 0;
        for (int32_t column = 0; column < n; column++) {
            double cr = 3.0 * column / n - 2.0;
            double zr = 0, zi = 0, rr = 0, ii = 0;
            int count = 0;
            while (count < 64 && rr + ii <= 4) {
                zi = 2 * zr * zi + ci;
                zr = rr - ii + cr;
                rr = zr * zr;
                ii = zi * zi;
                count++;
            }
            line = line * 31 + (uint32_t)count;
        }
        h = fold(h, line);
    }
    return (int64_t)h;
}
