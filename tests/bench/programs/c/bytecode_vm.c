/* An interpreter inside the interpreter: a register machine's `switch` loop.
   Its program counts the steps of Collatz sequences up to `n`. */
#include "bench.h"

enum op { SET, COPY, ADD, SUB, MUL, SHR, AND, JUMP, JUMP_IF_ZERO, JUMP_IF_LESS, LOAD, STORE, ADD_IMM, HALT };
struct instr { uint8_t op, a, b, c; int32_t imm; };

/* r0 = i, r1 = limit, r2 = x, r3 = steps, r4 = scratch, r5 = 1, r6 = total, r7 = 3 */
static const struct instr PROGRAM[] = {
    {SET, 0, 0, 0, 1},
    {SET, 5, 0, 0, 1},
    {SET, 6, 0, 0, 0},
    {SET, 7, 0, 0, 3},
    {COPY, 2, 0, 0, 0},           /* 4: next number */
    {SET, 3, 0, 0, 0},
    {SUB, 4, 2, 5, 0},            /* 6: until x is 1 */
    {JUMP_IF_ZERO, 4, 0, 0, 15},
    {ADD_IMM, 3, 3, 0, 1},
    {AND, 4, 2, 5, 0},
    {JUMP_IF_ZERO, 4, 0, 0, 13},
    {MUL, 2, 2, 7, 0},            /* odd: 3x + 1 */
    {ADD, 2, 2, 5, 0},
    {SHR, 2, 2, 0, 0},            /* even: x / 2; odd: (3x + 1) / 2 */
    {JUMP, 0, 0, 0, 6},
    {AND, 4, 0, 7, 0},            /* 15: remember in memory */
    {STORE, 3, 4, 0, 0},
    {LOAD, 3, 4, 0, 0},
    {ADD, 6, 6, 3, 0},
    {ADD_IMM, 0, 0, 0, 1},
    {JUMP_IF_LESS, 0, 1, 0, 4},
    {HALT, 0, 0, 0, 0},
};

static uint64_t interpret(const struct instr *program, uint64_t limit) {
    uint64_t r[8] = {0}, cells[16] = {0};
    r[1] = limit;
    const struct instr *at = program;
    for (;;) {
        const struct instr i = *at++;
        switch ((enum op)i.op) {
        case SET: r[i.a] = (uint64_t)(int64_t)i.imm; break;
        case COPY: r[i.a] = r[i.b]; break;
        case ADD: r[i.a] = r[i.b] + r[i.c]; break;
        case SUB: r[i.a] = r[i.b] - r[i.c]; break;
        case MUL: r[i.a] = r[i.b] * r[i.c]; break;
        case SHR: r[i.a] = r[i.b] >> 1; break;
        case AND: r[i.a] = r[i.b] & r[i.c]; break;
        case JUMP: at = program + i.imm; break;
        case JUMP_IF_ZERO: if (r[i.a] == 0) at = program + i.imm; break;
        case JUMP_IF_LESS: if (r[i.a] < r[i.b]) at = program + i.imm; break;
        case LOAD: r[i.a] = cells[r[i.b] & 15]; break;
        case STORE: cells[r[i.b] & 15] = r[i.a]; break;
        case ADD_IMM: r[i.a] = r[i.b] + (uint64_t)(int64_t)i.imm; break;
        case HALT: return r[6];
        }
    }
}

int64_t run(int32_t n) { return (int64_t)interpret(PROGRAM, (uint64_t)n); }
