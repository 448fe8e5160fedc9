/* Objects with a table of functions each, as a C++ or Rust `dyn` call makes it. `n` rounds over 256 shapes. */
#include "bench.h"

struct shape;
struct methods {
    int32_t (*area)(const struct shape *);
    int32_t (*outline)(const struct shape *);
    void (*grow)(struct shape *, int32_t);
};
struct shape { const struct methods *methods; int32_t a, b, c; };

static int32_t square_area(const struct shape *s) { return s->a * s->a; }
static int32_t square_outline(const struct shape *s) { return 4 * s->a; }
static void square_grow(struct shape *s, int32_t by) { s->a = (s->a + by) & 1023; }
static int32_t box_area(const struct shape *s) { return s->a * s->b; }
static int32_t box_outline(const struct shape *s) { return 2 * (s->a + s->b); }
static void box_grow(struct shape *s, int32_t by) { s->a = (s->a + by) & 511; s->b = (s->b + 2 * by) & 511; }
static int32_t triangle_area(const struct shape *s) { return s->a * s->b / 2; }
static int32_t triangle_outline(const struct shape *s) { return s->a + s->b + s->c; }
static void triangle_grow(struct shape *s, int32_t by) { s->c = (s->c ^ by) & 255; }

static const struct methods SQUARE = {square_area, square_outline, square_grow};
static const struct methods BOX = {box_area, box_outline, box_grow};
static const struct methods TRIANGLE = {triangle_area, triangle_outline, triangle_grow};

enum { SHAPES = 256 };
static struct shape shapes[SHAPES];

int64_t run(int32_t n) {
    static const struct methods *const KINDS[3] = {&SQUARE, &BOX, &TRIANGLE};
    uint32_t seed = 11;
    for (int i = 0; i < SHAPES; i++) {
        shapes[i].methods = KINDS[next_random(&seed) % 3];
        shapes[i].a = i & 63;
        shapes[i].b = i & 31;
        shapes[i].c = i & 15;
    }
    int64_t sum = 0;
    for (int32_t round = 0; round < n; round++) {
        for (int i = 0; i < SHAPES; i++) {
            struct shape *s = &shapes[i];
            sum += s->methods->area(s) - s->methods->outline(s);
            s->methods->grow(s, round & 7);
        }
    }
    return sum;
}
