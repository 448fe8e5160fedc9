/* Byte counting, word splitting and substring search in a text of 32 KiB, `n` times. */
#include "bench.h"

enum { SIZE = 32768 };
static char text[SIZE + 1];
static const char *const WORDS[8] = {"stone", "layer", "crust", "of", "a", "terrain", "upon", "terrane"};
static const char *const NEEDLES[4] = {"terrane upon terrane", "crust of a terrain layer of", "stonelayer", "upon upon upon a"};

static size_t length(const char *s) {
    size_t n = 0;
    while (s[n]) n++;
    return n;
}

static void write_text(void) {
    uint32_t seed = 5;
    size_t at = 0;
    while (at < SIZE - 16) {
        for (const char *w = WORDS[next_random(&seed) % 8]; *w; w++) text[at++] = *w;
        text[at++] = next_random(&seed) % 9 == 0 ? '\n' : ' ';
    }
    text[at] = 0;
}

/* Horspool's search: how often `needle` occurs. */
static uint32_t occurrences(const char *hay, size_t hay_len, const char *needle) {
    static size_t shift[256];
    size_t len = length(needle);
    for (int i = 0; i < 256; i++) shift[i] = len;
    for (size_t i = 0; i + 1 < len; i++) shift[(uint8_t)needle[i]] = len - 1 - i;
    uint32_t found = 0;
    for (size_t at = 0; at + len <= hay_len; at += shift[(uint8_t)hay[at + len - 1]]) {
        size_t k = len;
        while (k > 0 && hay[at + k - 1] == needle[k - 1]) k--;
        found += k == 0;
    }
    return found;
}

static uint64_t count_bytes(const char *s) {
    static uint32_t counts[256];
    for (int i = 0; i < 256; i++) counts[i] = 0;
    uint32_t words = 0;
    int inside = 0;
    for (; *s; s++) {
        counts[(uint8_t)*s]++;
        int letter = *s >= 'a' && *s <= 'z';
        words += letter && !inside;
        inside = letter;
    }
    uint64_t h = words;
    for (int i = 0; i < 256; i++) h = fold(h, counts[i]);
    return h;
}

int64_t run(int32_t n) {
    write_text();
    uint64_t h = 0;
    for (int32_t round = 0; round < n; round++) {
        size_t len = length(text);
        h = fold(h, count_bytes(text));
        for (int i = 0; i < 4; i++) h = fold(h, occurrences(text, len, NEEDLES[i]));
        text[(size_t)round * 97 % len] ^= 1;
    }
    return (int64_t)h;
}
