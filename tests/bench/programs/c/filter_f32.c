/* Single precision sound: an oscillator, two biquad filters, an FIR of 32 taps and a soft clip. `n` blocks of 256 samples. */
#include "bench.h"

enum { BLOCK = 256, TAPS = 32 };
struct biquad { float b0, b1, b2, a1, a2, z1, z2; };
static float samples[BLOCK + TAPS], taps[TAPS];

static inline float filter(struct biquad *f, float x) {
    float y = f->b0 * x + f->z1;
    f->z1 = f->b1 * x - f->a1 * y + f->z2;
    f->z2 = f->b2 * x - f->a2 * y;
    return y;
}

static inline float soft_clip(float x) {
    float limited = x > 1.5f ? 1.5f : x < -1.5f ? -1.5f : x;
    return limited - limited * limited * limited * 0.148148f;
}

int64_t run(int32_t n) {
    struct biquad low = {0.0675f, 0.135f, 0.0675f, -1.143f, 0.4128f, 0, 0};
    struct biquad high = {0.85f, -1.7f, 0.85f, -1.68f, 0.72f, 0, 0};
    float phase = 0, energy = 0;
    for (int i = 0; i < TAPS; i++) taps[i] = (float)(TAPS - i) / 528.0f;
    for (int i = 0; i < TAPS; i++) samples[i] = 0;
    for (int32_t block = 0; block < n; block++) {
        float step = 0.01f + 0.0001f * (float)(block & 63);
        for (int i = 0; i < BLOCK; i++) {
            phase += step;
            if (phase >= 1.0f) phase -= 2.0f;
            samples[TAPS + i] = soft_clip(filter(&high, filter(&low, phase * 2.0f)));
        }
        for (int i = 0; i < BLOCK; i++) {
            float sum = 0;
            for (int k = 0; k < TAPS; k++) sum += taps[k] * samples[i + TAPS - k];
            energy = energy * 0.999f + __builtin_fabsf(sum);
        }
        for (int i = 0; i < TAPS; i++) samples[i] = samples[BLOCK + i];
    }
    return (int64_t)bits_of((double)energy);
}
