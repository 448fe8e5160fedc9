/* A mix of what small controllers do: linked lists, small integer matrices, a state
   machine over text, and a CRC over all results. `n` rounds. */
#include "bench.h"

struct node { struct node *next; int16_t key, value; };
enum { NODES = 96, ORDER = 9 };
static struct node nodes[NODES];
static int16_t left[ORDER][ORDER], right[ORDER][ORDER];
static int32_t product[ORDER][ORDER];

static uint16_t crc16(uint16_t crc, uint16_t x) {
    for (int i = 0; i < 16; i++) {
        int carry = (crc ^ x) & 1;
        x >>= 1;
        crc >>= 1;
        if (carry) crc ^= 0xA001;
    }
    return crc;
}

static struct node *make_list(uint32_t seed) {
    for (int i = 0; i < NODES; i++) {
        nodes[i].next = i + 1 < NODES ? &nodes[i + 1] : NULL;
        nodes[i].key = (int16_t)(next_random(&seed) & 0x3FF);
        nodes[i].value = (int16_t)i;
    }
    return nodes;
}

static struct node *reverse(struct node *list) {
    struct node *done = NULL;
    while (list) {
        struct node *next = list->next;
        list->next = done;
        done = list;
        list = next;
    }
    return done;
}

static struct node *merge(struct node *a, struct node *b) {
    struct node head, *tail = &head;
    while (a && b) {
        struct node **smaller = a->key <= b->key ? &a : &b;
        tail->next = *smaller;
        tail = *smaller;
        *smaller = (*smaller)->next;
    }
    tail->next = a ? a : b;
    return head.next;
}

static struct node *sorted(struct node *list) {
    if (!list || !list->next) return list;
    struct node *slow = list, *fast = list->next;
    while (fast && fast->next) {
        slow = slow->next;
        fast = fast->next->next;
    }
    struct node *second = slow->next;
    slow->next = NULL;
    return merge(sorted(list), sorted(second));
}

static uint16_t use_list(uint32_t seed, uint16_t crc) {
    struct node *list = make_list(seed);
    for (int16_t wanted = 0; wanted < 16; wanted++) {
        struct node *at = list;
        while (at && (at->key & 0xFF) != wanted) at = at->next;
        crc = crc16(crc, at ? (uint16_t)at->value : 0xFFFF);
        list = reverse(list);
    }
    for (struct node *at = sorted(list); at; at = at->next) crc = crc16(crc, (uint16_t)(at->key ^ at->value));
    return crc;
}

static uint16_t use_matrix(uint32_t seed, uint16_t crc) {
    for (int i = 0; i < ORDER; i++)
        for (int j = 0; j < ORDER; j++) {
            left[i][j] = (int16_t)(next_random(&seed) & 0xFFF);
            right[i][j] = (int16_t)((i + 1) * (j + 3) - (int)(seed & 0xFF));
        }
    for (int i = 0; i < ORDER; i++)
        for (int j = 0; j < ORDER; j++) {
            int32_t sum = 0;
            for (int k = 0; k < ORDER; k++) sum += (int32_t)left[i][k] * right[k][j];
            product[i][j] = ((sum >> 2) & 0xF) * ((sum >> 5) & 0x7F);
        }
    int32_t previous = 0;
    for (int i = 0; i < ORDER; i++)
        for (int j = 0; j < ORDER; j++) {
            crc = crc16(crc, (uint16_t)(product[i][j] + (product[i][j] > previous ? 10 : 1)));
            previous = product[i][j];
        }
    return crc;
}

enum state { START, SIGN, INTEGER, POINT, FRACTION, EXPONENT, EXPONENT_SIGN, EXPONENT_DIGITS, INVALID, STATES };
static const char NUMBERS[] = "5012,-874,+122,0.5,-1.25e+3,35.54400,.1234500,-110.700,5.500e+3,-.123e-2,"
                              "-87e+832,+0.6e-12,T0.3e-1F,-T.T++Tq,1T3.4e4z,34.0e-T^,";

static enum state advance(enum state s, char c) {
    int digit = c >= '0' && c <= '9';
    int sign = c == '+' || c == '-';
    switch (s) {
    case START: return digit ? INTEGER : sign ? SIGN : c == '.' ? POINT : INVALID;
    case SIGN: return digit ? INTEGER : c == '.' ? POINT : INVALID;
    case INTEGER: return digit ? INTEGER : c == '.' ? FRACTION : c == 'e' ? EXPONENT : INVALID;
    case POINT: return digit ? FRACTION : INVALID;
    case FRACTION: return digit ? FRACTION : c == 'e' ? EXPONENT : INVALID;
    case EXPONENT: return sign ? EXPONENT_SIGN : digit ? EXPONENT_DIGITS : INVALID;
    case EXPONENT_SIGN:
    case EXPONENT_DIGITS: return digit ? EXPONENT_DIGITS : INVALID;
    default: return INVALID;
    }
}

static uint16_t use_states(uint32_t seed, uint16_t crc) {
    uint16_t finals[STATES] = {0}, visits[STATES] = {0};
    enum state s = START;
    for (const char *c = NUMBERS; *c; c++) {
        if (*c == ',') {
            finals[s]++;
            s = START;
            continue;
        }
        s = advance(s, next_random(&seed) % 61 == 0 ? '~' : *c);
        visits[s]++;
    }
    for (int i = 0; i < STATES; i++) crc = crc16(crc16(crc, finals[i]), visits[i]);
    return crc;
}

int64_t run(int32_t n) {
    uint16_t crc = 0;
    for (int32_t round = 0; round < n; round++) {
        uint32_t seed = 0x1234567u + (uint32_t)round;
        crc = use_list(seed, crc);
        crc = use_matrix(seed, crc);
        crc = use_states(seed, crc);
    }
    return crc;
}
