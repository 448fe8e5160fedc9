/* Writes a JSON document of about 20 KiB, then parses it into a tree and walks the tree, `n` times. */
#include "bench.h"

enum kind { NOTHING, BOOLEAN, NUMBER, STRING, ARRAY, OBJECT };
struct value {
    enum kind kind;
    double number;               /* or 0/1 of a boolean */
    const char *text;            /* of a string, unescaped */
    const char *key;             /* in an object */
    struct value *first, *next;  /* the members, and the next sibling */
};

enum { TEXT = 65536, VALUES = 8192 };
static char document[TEXT], strings[TEXT];
static struct value values[VALUES];
static char *out, *string_end;
static const char *in;
static struct value *value_end;
static int failed;

static void put(const char *s) { while (*s) *out++ = *s++; }

static void put_number(uint32_t x) {
    char digits[10];
    int count = 0;
    do digits[count++] = (char)('0' + x % 10); while (x /= 10);
    while (count) *out++ = digits[--count];
}

static void write_document(void) {
    uint32_t seed = 23;
    out = document;
    put("{\"version\": 3, \"items\": [");
    for (int i = 0; i < 160; i++) {
        if (i) put(", ");
        put("\n  {\"id\": ");
        put_number((uint32_t)i);
        put(", \"name\": \"item \\\"");
        put_number(next_random(&seed) % 1000);
        put("\\\" \\u0041\\n\", \"price\": ");
        put_number(next_random(&seed) % 500);
        put(".");
        put_number(next_random(&seed) % 100);
        put("e-1, \"tags\": [\"a\", \"bc\", \"def\", -");
        put_number(next_random(&seed) % 77);
        put(i % 3 ? "], \"ok\": true}" : "], \"ok\": false, \"note\": null}");
    }
    put("]}");
    *out = 0;
}

static void skip_space(void) {
    while (*in == ' ' || *in == '\n' || *in == '\t' || *in == '\r') in++;
}

static int take(char c) {
    skip_space();
    if (*in != c) return 0;
    in++;
    return 1;
}

static int hex_digit(char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; }

static const char *parse_string(void) {
    char *start = string_end;
    while (*in != '"') {
        if (!*in) {
            failed = 1;
            return start;
        }
        char c = *in++;
        if (c == '\\') {
            switch (c = *in++) {
            case 'n': c = '\n'; break;
            case 't': c = '\t'; break;
            case 'u':
                c = (char)(hex_digit(in[2]) << 4 | hex_digit(in[3]));
                in += 4;
                break;
            default: break;
            }
        }
        *string_end++ = c;
    }
    in++;
    *string_end++ = 0;
    return start;
}

static double parse_number(void) {
    int negative = *in == '-';
    in += negative;
    double x = 0, scale = 1;
    while (*in >= '0' && *in <= '9') x = x * 10 + (*in++ - '0');
    if (*in == '.') {
        in++;
        while (*in >= '0' && *in <= '9') {
            x = x * 10 + (*in++ - '0');
            scale *= 10;
        }
    }
    if (*in == 'e' || *in == 'E') {
        in++;
        int down = *in == '-';
        if (*in == '-' || *in == '+') in++;
        int exponent = 0;
        while (*in >= '0' && *in <= '9') exponent = exponent * 10 + (*in++ - '0');
        while (exponent-- > 0) {
            if (down) scale *= 10;
            else x *= 10;
        }
    }
    x /= scale;
    return negative ? -x : x;
}

static int take_word(const char *word) {
    const char *at = in;
    while (*word)
        if (*at++ != *word++) return 0;
    in = at;
    return 1;
}

static struct value *parse_value(void);

static void parse_members(struct value *parent, char close) {
    struct value **link = &parent->first;
    if (take(close)) return;
    do {
        const char *key = NULL;
        if (parent->kind == OBJECT) {
            if (!take('"')) failed = 1;
            key = parse_string();
            if (!take(':')) failed = 1;
        }
        *link = parse_value();
        (*link)->key = key;
        link = &(*link)->next;
    } while (!failed && take(','));
    if (!take(close)) failed = 1;
}

static struct value *parse_value(void) {
    struct value *v = value_end++;
    v->kind = NOTHING;
    v->number = 0;
    v->first = v->next = NULL;
    skip_space();
    if (*in == '{') {
        in++;
        v->kind = OBJECT;
        parse_members(v, '}');
    } else if (*in == '[') {
        in++;
        v->kind = ARRAY;
        parse_members(v, ']');
    } else if (*in == '"') {
        in++;
        v->kind = STRING;
        v->text = parse_string();
    } else if (take_word("true")) {
        v->kind = BOOLEAN;
        v->number = 1;
    } else if (take_word("false")) {
        v->kind = BOOLEAN;
    } else if (!take_word("null")) {
        v->kind = NUMBER;
        v->number = parse_number();
    }
    return v;
}

static uint64_t hash_text(uint64_t h, const char *s) {
    while (*s) h = h * 31 + (uint8_t)*s++;
    return h;
}

static uint64_t walk(const struct value *v, uint64_t h) {
    h = fold(h, (uint64_t)v->kind);
    if (v->key) h = hash_text(h, v->key);
    if (v->kind == STRING) h = hash_text(h, v->text);
    else h = fold(h, bits_of(v->number));
    for (const struct value *member = v->first; member; member = member->next) h = walk(member, h);
    return h;
}

int64_t run(int32_t n) {
    uint64_t h = 0;
    write_document();
    for (int32_t round = 0; round < n; round++) {
        in = document;
        string_end = strings;
        value_end = values;
        failed = 0;
        h = walk(parse_value(), h) + (uint64_t)failed;
    }
    return (int64_t)h;
}
