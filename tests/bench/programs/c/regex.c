/* Regular expressions over 4 KiB of log lines, `n` times: a backtracking matcher, and an
   automaton that simulates all alternatives at once. */
#include "bench.h"

enum { SIZE = 4096, MAX_STATES = 32 };
static char text[SIZE + 80];

static int match_here(const char *pattern, const char *at);

static int is_one(char p, char c) {
    switch (p) {
    case '.': return c != 0 && c != '\n';
    case '#': return c >= '0' && c <= '9';
    case '@': return (c >= 'a' && c <= 'z') || c == '_';
    default: return p == c;
    }
}

static int match_star(char p, const char *rest, const char *at) {
    do {
        if (match_here(rest, at)) return 1;
    } while (*at && is_one(p, *at++));
    return 0;
}

/* `.` any byte, `#` a digit, `@` a letter, `*` repeats, `$` the end of a line. */
static int match_here(const char *pattern, const char *at) {
    if (!pattern[0]) return 1;
    if (pattern[1] == '*') return match_star(pattern[0], pattern + 2, at);
    if (pattern[0] == '$' && !pattern[1]) return *at == '\n' || !*at;
    if (*at && is_one(pattern[0], *at)) return match_here(pattern + 1, at + 1);
    return 0;
}

/* The set of pattern positions reachable, as bits; one step per byte of text. */
static uint32_t automaton(const char *pattern, const char *at) {
    char token[MAX_STATES];
    uint8_t star[MAX_STATES];
    int count = 0;
    for (const char *p = pattern; *p && *p != '$'; p++, count++) {
        token[count] = *p;
        star[count] = p[1] == '*';
        if (star[count]) p++;
    }
    uint32_t found = 0, states = 0;
    for (; *at; at++) {
        states |= 1;
        uint32_t next = 0;
        for (int i = 0; i < count; i++) {
            if (!(states >> i & 1)) continue;
            if (star[i]) {
                states |= 1u << (i + 1);
                if (is_one(token[i], *at)) next |= 1u << i;
            } else if (is_one(token[i], *at)) {
                next |= 1u << (i + 1);
            }
        }
        found += next >> count & 1;
        states = next;
    }
    return found;
}

static void write_log(void) {
    static const char *const LINES[4] = {"error: disk_full at sector 40961\n", "info: started worker_pool size 16\n",
                                         "warning: retry 3 of 10 for host alpha_beta\n", "error: timeout after 3000 ms\n"};
    uint32_t seed = 17;
    size_t at = 0;
    while (at < SIZE)
        for (const char *c = LINES[next_random(&seed) & 3]; *c; c++) text[at++] = *c;
    text[at] = 0;
}

int64_t run(int32_t n) {
    static const char *const PATTERNS[4] = {"error: @* .* #*$", "@*_@* size ##*", "ret.*#.* of 10.*_", ".*a.*a.*e.*r.*$"};
    write_log();
    uint64_t h = 0;
    for (int32_t round = 0; round < n; round++) {
        for (int p = 0; p < 4; p++) {
            uint32_t matches = 0;
            for (const char *line = text; *line; line++)
                if (line == text || line[-1] == '\n') matches += (uint32_t)match_here(PATTERNS[p], line);
            h = fold(h, matches);
        }
        h = fold(h, automaton(PATTERNS[round & 3], text));
    }
    return (int64_t)h;
}
