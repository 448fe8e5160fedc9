// A small Lisp for a machine without a C library: integers, floats, strings, pairs, closures, proper
// tail calls, and a mark-sweep collector that runs between top-level forms, when no C frame holds a cell.
//
// The host gives `print` and `now`; it writes source text to the address that `input(length)` returns and
// calls `run(length)`, which prints each value and returns 0, or 1 after printing an error.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMPORT(name) __attribute__((import_module("env"), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

IMPORT("print") void host_print(const char *text, size_t length);
IMPORT("now") double host_now(void);

// ---- memory -------------------------------------------------------------------------------------------

enum { PAGE = 65536, MAX_DEPTH = 400 };

extern char __heap_base;
static char *heap_next, *heap_end;

static void *bytes(size_t size) {
    size = (size + 7) & ~(size_t)7;
    if (!heap_next) {
        heap_next = &__heap_base + (-(uintptr_t)&__heap_base & 7);
        heap_end = (char *)(__builtin_wasm_memory_size(0) * PAGE);
    }
    if ((size_t)(heap_end - heap_next) < size) {
        size_t pages = (size + PAGE - 1) / PAGE + 16;
        if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) __builtin_trap();
        heap_end += pages * PAGE;
    }
    void *start = heap_next;
    heap_next += size;
    return start;
}

static size_t length_of(const char *s) {
    size_t n = 0;
    while (s[n]) n++;
    return n;
}

static bool same(const char *a, const char *b, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (a[i] != b[i]) return false;
    return true;
}

// ---- values -------------------------------------------------------------------------------------------

typedef enum { NIL, TRUE, INT, REAL, SYMBOL, STRING, PAIR, LAMBDA, BUILTIN, FREE } Tag;

typedef struct Value Value;
typedef Value *(*Builtin)(Value *args);

struct Value {
    uint8_t tag;
    uint8_t marked;
    uint32_t length; // of a symbol or string
    union {
        int64_t integer;
        double real;
        char *text;
        struct { Value *car, *cdr; };       // a lambda is ((parameters . body) . environment)
        struct { Builtin call; const char *name; };
    };
};

enum { BLOCK = 2048 };
typedef struct Block { struct Block *next; Value values[BLOCK]; } Block;

static Block *blocks;
static Value *free_list;
static Value nil = {.tag = NIL}, true_value = {.tag = TRUE};
static Value *symbols = &nil, *globals = &nil;
static const char *error_text;
static Value *error_value;

static Value *fail(const char *text, Value *value) {
    if (!error_text) {
        error_text = text;
        error_value = value;
    }
    return NULL;
}

static Value *new_value(Tag tag) {
    if (!free_list) {
        Block *block = bytes(sizeof(Block));
        block->next = blocks;
        blocks = block;
        for (int i = 0; i < BLOCK; i++) {
            block->values[i].tag = FREE;
            block->values[i].marked = 0;
            block->values[i].cdr = free_list;
            free_list = &block->values[i];
        }
    }
    Value *value = free_list;
    free_list = value->cdr;
    value->tag = tag;
    return value;
}

static Value *integer(int64_t n) {
    Value *value = new_value(INT);
    value->integer = n;
    return value;
}

static Value *real(double x) {
    Value *value = new_value(REAL);
    value->real = x;
    return value;
}

static Value *cons(Value *car, Value *cdr) {
    Value *value = new_value(PAIR);
    value->car = car;
    value->cdr = cdr;
    return value;
}

static Value *boolean(bool b) { return b ? &true_value : &nil; }

static Value *text(Tag tag, const char *start, size_t length) {
    Value *value = new_value(tag);
    value->text = bytes(length);
    value->length = length;
    __builtin_memcpy(value->text, start, length);
    return value;
}

static Value *symbol(const char *start, size_t length) {
    for (Value *s = symbols; s->tag == PAIR; s = s->cdr)
        if (s->car->length == length && same(s->car->text, start, length)) return s->car;
    Value *name = text(SYMBOL, start, length);
    symbols = cons(name, symbols);
    return name;
}

static void mark(Value *value) {
    while (!value->marked) {
        value->marked = 1;
        if (value->tag != PAIR && value->tag != LAMBDA) return;
        mark(value->car);
        value = value->cdr;
    }
}

static size_t collect(void) {
    size_t live = 0;
    mark(symbols);
    mark(globals);
    free_list = NULL;
    for (Block *block = blocks; block; block = block->next)
        for (int i = 0; i < BLOCK; i++) {
            Value *value = &block->values[i];
            if (value->marked) {
                value->marked = 0;
                live++;
            } else {
                value->tag = FREE;
                value->cdr = free_list;
                free_list = value;
            }
        }
    nil.marked = true_value.marked = 0;
    return live;
}

// ---- printing -----------------------------------------------------------------------------------------

static char line[1024];
static size_t line_length;

static void flush(void) {
    host_print(line, line_length);
    line_length = 0;
}

static void put(char c) {
    if (line_length == sizeof line) flush();
    line[line_length++] = c;
}

static void put_text(const char *s, size_t length) {
    for (size_t i = 0; i < length; i++) put(s[i]);
}

static void put_unsigned(uint64_t n, int digits) {
    char buffer[24];
    int i = 24;
    do buffer[--i] = '0' + n % 10, n /= 10, digits--;
    while (n || digits > 0);
    put_text(buffer + i, 24 - i);
}

static void put_real(double x) {
    if (x != x) return put_text("nan", 3);
    if (x < 0) put('-'), x = -x;
    if (x > 1e300 * 1e300 / 2 || x * 0 != 0) return put_text("inf", 3);
    int exponent = 0;
    while (x >= 1e15) x /= 10, exponent++;
    while (x != 0 && x < 1e-5) x *= 10, exponent--;
    uint64_t whole = (uint64_t)x;
    uint64_t part = (uint64_t)((x - (double)whole) * 1e9 + 0.5);
    if (part >= 1000000000) whole++, part -= 1000000000;
    put_unsigned(whole, 1);
    put('.');
    int digits = 9;
    while (digits > 1 && part % 10 == 0) part /= 10, digits--;
    put_unsigned(part, digits);
    if (exponent) {
        put('e');
        if (exponent < 0) put('-'), exponent = -exponent;
        put_unsigned(exponent, 1);
    }
}

static void put_value(Value *value, bool quoted) {
    switch ((Tag)value->tag) {
    case NIL: put_text("()", 2); break;
    case TRUE: put_text("#t", 2); break;
    case INT:
        if (value->integer < 0) put('-');
        put_unsigned(value->integer < 0 ? -(uint64_t)value->integer : (uint64_t)value->integer, 1);
        break;
    case REAL: put_real(value->real); break;
    case SYMBOL: put_text(value->text, value->length); break;
    case STRING:
        if (quoted) put('"');
        put_text(value->text, value->length);
        if (quoted) put('"');
        break;
    case PAIR:
        put('(');
        for (;; put(' ')) {
            put_value(value->car, quoted);
            value = value->cdr;
            if (value->tag != PAIR) break;
        }
        if (value->tag != NIL) put_text(" . ", 3), put_value(value, quoted);
        put(')');
        break;
    case LAMBDA: put_text("#lambda", 7); break;
    case BUILTIN: put('#'), put_text(value->name, length_of(value->name)); break;
    case FREE: __builtin_trap();
    }
}

// ---- reading ------------------------------------------------------------------------------------------

static const char *at, *end;

static bool blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
static bool digit(char c) { return c >= '0' && c <= '9'; }
static bool delimiter(char c) { return blank(c) || c == '(' || c == ')' || c == '"' || c == ';'; }

static void skip(void) {
    for (; at < end; at++) {
        if (*at == ';') while (at < end && *at != '\n') at++;
        if (at == end || !blank(*at)) return;
    }
}

static Value *atom(const char *start, size_t length) {
    size_t i = start[0] == '-' && length > 1;
    double sign = i ? -1 : 1, scale = 1, x = 0;
    int64_t n = 0;
    bool point = false;
    for (; i < length; i++) {
        if (start[i] == '.' && !point) point = true;
        else if (digit(start[i])) {
            x = x * 10 + (start[i] - '0');
            n = (int64_t)((uint64_t)n * 10 + (start[i] - '0'));
            if (point) scale *= 10;
        } else return symbol(start, length);
    }
    if (length == 1 && point) return symbol(start, length);
    return point ? real(sign * x / scale) : integer(sign < 0 ? (int64_t)-(uint64_t)n : n);
}

static Value *read(int depth);

static Value *read_list(int depth) {
    skip();
    if (at == end) return fail("missing )", &nil);
    if (*at == ')') return at++, &nil;
    Value *first = read(depth + 1);
    if (!first) return NULL;
    Value *list = cons(first, &nil), *last = list;
    for (;;) {
        skip();
        if (at == end) return fail("missing )", &nil);
        if (*at == ')') return at++, list;
        Value *next = read(depth + 1);
        if (!next) return NULL;
        last = last->cdr = cons(next, &nil);
    }
}

static Value *read(int depth) {
    if (depth > MAX_DEPTH) return fail("nested too deeply", &nil);
    skip();
    if (at == end) return fail("unexpected end", &nil);
    char c = *at;
    if (c == '(') return at++, read_list(depth);
    if (c == ')') return at++, fail("unexpected )", &nil);
    if (c == '\'') {
        at++;
        Value *quoted = read(depth + 1);
        return quoted ? cons(symbol("quote", 5), cons(quoted, &nil)) : NULL;
    }
    const char *start = at;
    if (c == '"') {
        for (start = ++at; at < end && *at != '"'; at++);
        if (at == end) return fail("missing \"", &nil);
        return text(STRING, start, at++ - start);
    }
    while (at < end && !delimiter(*at)) at++;
    return atom(start, at - start);
}

// ---- built-in functions -------------------------------------------------------------------------------

static bool number(Value *v) { return v->tag == INT || v->tag == REAL; }
static double as_real(Value *v) { return v->tag == INT ? (double)v->integer : v->real; }

static Value *first(Value *args) { return args->tag == PAIR ? args->car : fail("too few arguments", &nil); }
static Value *second(Value *args) { return args->tag == PAIR ? first(args->cdr) : fail("too few arguments", &nil); }

typedef int64_t (*IntOp)(int64_t, int64_t);
typedef double (*RealOp)(double, double);

static int64_t int_add(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }
static int64_t int_sub(int64_t a, int64_t b) { return (int64_t)((uint64_t)a - (uint64_t)b); }
static int64_t int_mul(int64_t a, int64_t b) { return (int64_t)((uint64_t)a * (uint64_t)b); }
static double real_add(double a, double b) { return a + b; }
static double real_sub(double a, double b) { return a - b; }
static double real_mul(double a, double b) { return a * b; }

static Value *fold(Value *args, IntOp on_ints, RealOp on_reals) {
    Value *total = first(args);
    if (!total) return NULL;
    if (!number(total)) return fail("expected a number", total);
    for (Value *a = args->cdr; a->tag == PAIR; a = a->cdr) {
        if (!number(a->car)) return fail("expected a number", a->car);
        if (total->tag == INT && a->car->tag == INT) total = integer(on_ints(total->integer, a->car->integer));
        else total = real(on_reals(as_real(total), as_real(a->car)));
    }
    return total;
}

static Value *add(Value *args) { return fold(args, int_add, real_add); }
static Value *sub(Value *args) {
    bool negate = args->tag == PAIR && args->cdr->tag == NIL;
    return fold(negate ? cons(integer(0), args) : args, int_sub, real_sub);
}
static Value *mul(Value *args) { return fold(args, int_mul, real_mul); }

static Value *divide(Value *args) {
    Value *a = first(args), *b = second(args);
    if (!a || !b) return NULL;
    if (!number(a) || !number(b)) return fail("expected a number", number(a) ? b : a);
    if (a->tag == REAL || b->tag == REAL) return real(as_real(a) / as_real(b));
    if (b->integer == 0) return fail("division by zero", a);
    return integer(a->integer / b->integer); // INT64_MIN / -1 is left to the machine: it traps
}

static Value *modulo(Value *args) {
    Value *a = first(args), *b = second(args);
    if (!a || !b) return NULL;
    if (a->tag != INT || b->tag != INT) return fail("expected an integer", a->tag == INT ? b : a);
    if (b->integer == 0) return fail("division by zero", a);
    return integer(a->integer % b->integer);
}

static Value *less(Value *args) {
    Value *a = first(args), *b = second(args);
    if (!a || !b) return NULL;
    if (!number(a) || !number(b)) return fail("expected a number", number(a) ? b : a);
    if (a->tag == INT && b->tag == INT) return boolean(a->integer < b->integer);
    return boolean(as_real(a) < as_real(b));
}

static bool equal_values(Value *a, Value *b) {
    for (; a->tag == PAIR && b->tag == PAIR; a = a->cdr, b = b->cdr)
        if (!equal_values(a->car, b->car)) return false;
    if (number(a) && number(b)) return a->tag == INT && b->tag == INT ? a->integer == b->integer : as_real(a) == as_real(b);
    if (a->tag == STRING && b->tag == STRING) return a->length == b->length && same(a->text, b->text, a->length);
    return a == b;
}

static Value *equal(Value *args) {
    Value *a = first(args), *b = second(args);
    return a && b ? boolean(equal_values(a, b)) : NULL;
}

static Value *square_root(Value *args) {
    Value *a = first(args);
    if (!a) return NULL;
    return number(a) ? real(__builtin_sqrt(as_real(a))) : fail("expected a number", a);
}

static Value *truncate(Value *args) {
    Value *a = first(args);
    if (!a) return NULL;
    return number(a) ? integer((int64_t)as_real(a)) : fail("expected a number", a);
}

static Value *make_pair(Value *args) {
    Value *a = first(args), *b = second(args);
    return a && b ? cons(a, b) : NULL;
}

static Value *car(Value *args) {
    Value *a = first(args);
    if (!a) return NULL;
    return a->tag == PAIR ? a->car : fail("expected a pair", a);
}

static Value *cdr(Value *args) {
    Value *a = first(args);
    if (!a) return NULL;
    return a->tag == PAIR ? a->cdr : fail("expected a pair", a);
}

static Value *list(Value *args) { return args; }

static Value *is_null(Value *args) {
    Value *a = first(args);
    return a ? boolean(a->tag == NIL) : NULL;
}

static Value *is_pair(Value *args) {
    Value *a = first(args);
    return a ? boolean(a->tag == PAIR) : NULL;
}

static Value *append_strings(Value *args) {
    size_t length = 0;
    for (Value *a = args; a->tag == PAIR; a = a->cdr) {
        if (a->car->tag != STRING) return fail("expected a string", a->car);
        length += a->car->length;
    }
    Value *joined = new_value(STRING);
    joined->text = bytes(length);
    joined->length = 0;
    for (Value *a = args; a->tag == PAIR; a = a->cdr) {
        __builtin_memcpy(joined->text + joined->length, a->car->text, a->car->length);
        joined->length += a->car->length;
    }
    return joined;
}

static Value *string_length(Value *args) {
    Value *a = first(args);
    if (!a) return NULL;
    return a->tag == STRING ? integer(a->length) : fail("expected a string", a);
}

static Value *print(Value *args) {
    Value *last = &nil;
    for (Value *a = args; a->tag == PAIR; a = a->cdr) {
        last = a->car;
        put_value(last, false);
        if (a->cdr->tag == PAIR) put(' ');
    }
    put('\n');
    flush();
    return last;
}

static Value *now(Value *args) {
    (void)args;
    return real(host_now());
}

static const struct { const char *name; Builtin call; } builtins[] = {
    {"+", add}, {"-", sub}, {"*", mul}, {"/", divide}, {"%", modulo}, {"<", less}, {"=", equal},
    {"sqrt", square_root}, {"truncate", truncate}, {"cons", make_pair}, {"car", car}, {"cdr", cdr},
    {"list", list}, {"null?", is_null}, {"pair?", is_pair}, {"append", append_strings},
    {"length", string_length}, {"print", print}, {"now", now},
};

// ---- evaluation ---------------------------------------------------------------------------------------

static Value *s_quote, *s_if, *s_define, *s_set, *s_lambda, *s_let, *s_begin, *s_cond, *s_else, *s_and, *s_or;

// An environment is a list of (name . value) that ends in `nil`; behind it stand the globals.
static Value *lookup(Value *env, Value *name) {
    for (Value *e = env; e->tag == PAIR; e = e->cdr)
        if (e->car->car == name) return e->car;
    for (Value *e = globals; e->tag == PAIR; e = e->cdr)
        if (e->car->car == name) return e->car;
    return fail("unknown name", name);
}

static Value *eval(Value *form, Value *env, int depth);

static Value *eval_list(Value *forms, Value *env, int depth) {
    Value *values = &nil, *last = NULL;
    for (; forms->tag == PAIR; forms = forms->cdr) {
        Value *value = eval(forms->car, env, depth);
        if (!value) return NULL;
        Value *pair = cons(value, &nil);
        if (last) last->cdr = pair;
        else values = pair;
        last = pair;
    }
    return values;
}

static Value *bind(Value *names, Value *values, Value *env) {
    for (; names->tag == PAIR; names = names->cdr, values = values->cdr) {
        if (values->tag != PAIR) return fail("too few arguments", names);
        env = cons(cons(names->car, values->car), env);
    }
    if (names->tag == SYMBOL) return cons(cons(names, values), env);
    return values->tag == NIL ? env : fail("too many arguments", values);
}

static Value *lambda(Value *parameters, Value *body, Value *env) {
    Value *value = new_value(LAMBDA);
    value->car = cons(parameters, body);
    value->cdr = env;
    return value;
}

// Evaluates all of `forms` but the last, which it leaves in `*tail`. False on an error.
static bool eval_body(Value *forms, Value *env, int depth, Value **tail) {
    *tail = &nil;
    for (; forms->tag == PAIR; forms = forms->cdr) {
        if (forms->cdr->tag != PAIR) {
            *tail = forms->car;
            break;
        }
        if (!eval(forms->car, env, depth)) return false;
    }
    return true;
}

static Value *define(Value *rest, Value *env, int depth) {
    Value *target = first(rest);
    if (!target) return NULL;
    if (target->tag == PAIR) { // (define (name . parameters) body…)
        Value *value = lambda(target->cdr, rest->cdr, env);
        globals = cons(cons(target->car, value), globals);
        return target->car;
    }
    if (target->tag != SYMBOL) return fail("expected a name", target);
    Value *form = second(rest);
    Value *value = form ? eval(form, env, depth) : NULL;
    if (!value) return NULL;
    globals = cons(cons(target, value), globals);
    return target;
}

static Value *assign(Value *rest, Value *env, int depth) {
    Value *name = first(rest), *form = second(rest);
    if (!name || !form) return NULL;
    Value *place = lookup(env, name);
    Value *value = place ? eval(form, env, depth) : NULL;
    if (value) place->cdr = value;
    return value;
}

static Value *let(Value *bindings, Value *env, int depth) {
    for (Value *outer = env; bindings->tag == PAIR; bindings = bindings->cdr) {
        Value *name = first(bindings->car), *form = second(bindings->car);
        Value *value = name && form ? eval(form, outer, depth) : NULL;
        if (!value) return NULL;
        env = cons(cons(name, value), env);
    }
    return env;
}

static Value *eval(Value *form, Value *env, int depth) {
    if (depth > MAX_DEPTH) return fail("recursion too deep", &nil);
    depth++;
    for (;;) {
        if (form->tag == SYMBOL) {
            Value *place = lookup(env, form);
            return place ? place->cdr : NULL;
        }
        if (form->tag != PAIR) return form;
        Value *head = form->car, *rest = form->cdr;
        if (head == s_quote) return first(rest);
        if (head == s_define) return define(rest, env, depth);
        if (head == s_set) return assign(rest, env, depth);
        if (head == s_lambda) return first(rest) ? lambda(rest->car, rest->cdr, env) : NULL;
        if (head == s_if) {
            Value *test = first(rest) ? eval(rest->car, env, depth) : NULL;
            if (!test) return NULL;
            if (test->tag == NIL) rest = rest->cdr;
            form = rest->cdr->tag == PAIR ? rest->cdr->car : &nil;
            continue;
        }
        if (head == s_cond) {
            for (form = &nil; rest->tag == PAIR; rest = rest->cdr) {
                Value *clause = rest->car, *test = first(clause);
                if (test && test != s_else) test = eval(test, env, depth);
                if (!test) return NULL;
                if (test->tag == NIL) continue;
                if (!eval_body(clause->cdr, env, depth, &form)) return NULL;
                break;
            }
            continue;
        }
        if (head == s_and || head == s_or) {
            Value *value = boolean(head == s_and);
            for (; rest->tag == PAIR; rest = rest->cdr) {
                value = eval(rest->car, env, depth);
                if (!value || (value->tag == NIL) == (head == s_and)) break;
            }
            return value;
        }
        if (head == s_let) {
            if (!first(rest) || !(env = let(rest->car, env, depth))) return NULL;
            if (!eval_body(rest->cdr, env, depth, &form)) return NULL;
            continue;
        }
        if (head == s_begin) {
            if (!eval_body(rest, env, depth, &form)) return NULL;
            continue;
        }
        Value *function = eval(head, env, depth);
        Value *args = function ? eval_list(rest, env, depth) : NULL;
        if (!args) return NULL;
        if (function->tag == BUILTIN) return function->call(args);
        if (function->tag != LAMBDA) return fail("not a function", function);
        env = bind(function->car->car, args, function->cdr);
        if (!env || !eval_body(function->car->cdr, env, depth, &form)) return NULL;
    }
}

// ---- the two functions that the host calls ------------------------------------------------------------

static void start(void) {
    for (size_t i = 0; i < sizeof builtins / sizeof builtins[0]; i++) {
        Value *value = new_value(BUILTIN);
        value->name = builtins[i].name;
        value->call = builtins[i].call;
        globals = cons(cons(symbol(value->name, length_of(value->name)), value), globals);
    }
    globals = cons(cons(symbol("#t", 2), &true_value), globals);
    s_quote = symbol("quote", 5), s_if = symbol("if", 2), s_define = symbol("define", 6);
    s_set = symbol("set!", 4), s_lambda = symbol("lambda", 6), s_let = symbol("let", 3);
    s_begin = symbol("begin", 5), s_cond = symbol("cond", 4), s_else = symbol("else", 4);
    s_and = symbol("and", 3), s_or = symbol("or", 2);
}

static char *source;

EXPORT("input") char *input(size_t length) { return source = bytes(length); }

EXPORT("run") int run(size_t length) {
    if (!s_quote) start();
    at = source;
    end = source + length;
    for (skip(); at < end; skip()) {
        bool defines = end - at > 8 && same(at, "(define ", 8);
        error_text = NULL;
        Value *form = read(0);
        Value *value = form ? eval(form, &nil, 0) : NULL;
        if (!value) {
            put_text("error: ", 7);
            put_text(error_text, length_of(error_text));
            if (error_value != &nil) put_text(": ", 2), put_value(error_value, true);
            put('\n');
            flush();
            collect();
            return 1;
        }
        if (!defines) {
            put_value(value, true);
            put('\n');
            flush();
        }
        collect();
    }
    return 0;
}

EXPORT("live") int live(void) { return collect(); }
