/* Five bodies under gravity, `n` steps. */
#include "bench.h"

enum { BODIES = 5 };
struct body { double x, y, z, vx, vy, vz, mass; };

static const struct body START[BODIES] = {
    {0, 0, 0, 0, 0, 0, 40},
    {5, -1.25, -0.125, 0.5, 2.75, -0.0625, 0.0375},
    {8.25, 4.125, -0.375, -1, 1.75, 0.0078125, 0.0125},
    {12.75, -15.125, -0.25, 1, 0.875, -0.015625, 0.0017},
    {15.375, -26, 0.1875, 0.96875, 0.5625, -0.03125, 0.002},
};
static struct body bodies[BODIES];

static void step(double dt) {
    for (int i = 0; i < BODIES; i++) {
        struct body *p = &bodies[i];
        for (int j = i + 1; j < BODIES; j++) {
            struct body *q = &bodies[j];
            double dx = p->x - q->x, dy = p->y - q->y, dz = p->z - q->z;
            double square = dx * dx + dy * dy + dz * dz;
            double pull = dt / (square * __builtin_sqrt(square));
            p->vx -= dx * q->mass * pull;
            p->vy -= dy * q->mass * pull;
            p->vz -= dz * q->mass * pull;
            q->vx += dx * p->mass * pull;
            q->vy += dy * p->mass * pull;
            q->vz += dz * p->mass * pull;
        }
    }
    for (int i = 0; i < BODIES; i++) {
        bodies[i].x += dt * bodies[i].vx;
        bodies[i].y += dt * bodies[i].vy;
        bodies[i].z += dt * bodies[i].vz;
    }
}

int64_t run(int32_t n) {
    for (int i = 0; i < BODIES; i++) bodies[i] = START[i];
    for (int32_t i = 0; i < n; i++) step(0.001);
    uint64_t h = 0;
    for (int i = 0; i < BODIES; i++) h = fold(fold(h, bits_of(bodies[i].x)), bits_of(bodies[i].vy));
    return (int64_t)h;
}
