// As much of the C++ runtime's exceptions as `exceptions.cpp` needs, because Debian's libc++abi for WASI has none.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <typeinfo>

namespace {

struct alignas(16) Header {
    std::type_info *type;
    void *(*destroy)(void *);  // In WebAssembly a destructor returns its object.
    Header *outer;
    int handlers;
    int thrown;
};

Header *caught = nullptr;

Header *header_of(void *object) { return static_cast<Header *>(object) - 1; }

uintptr_t uleb(const uint8_t *&at) {
    uintptr_t value = 0;
    for (int shift = 0;; shift += 7) {
        value |= uintptr_t(*at & 127) << shift;
        if (!(*at++ & 128)) return value;
    }
}

intptr_t sleb(const uint8_t *&at) {
    intptr_t value = 0;
    int shift = 0;
    uint8_t byte;
    do {
        byte = *at++;
        value |= intptr_t(byte & 127) << shift;
        shift += 7;
    } while (byte & 128);
    return byte & 64 && shift < 32 ? value | -(intptr_t(1) << shift) : value;
}

// The class hierarchies here are single and public, in which a base is at its derived class's own address.
bool is_a(const std::type_info *thrown, const std::type_info *wanted) {
    if (*thrown == *wanted) return true;
    struct Single { const void *vtable; const char *name; const std::type_info *base; };
    static const struct A { virtual ~A() {} } a;
    static const struct B : A {} b;
    const void *single = *reinterpret_cast<const void *const *>(&typeid(b));
    (void)a;
    return *reinterpret_cast<const void *const *>(thrown) == single &&
           is_a(reinterpret_cast<const Single *>(thrown)->base, wanted);
}

}  // namespace

extern "C" {

struct { uintptr_t landing_pad; const uint8_t *lsda; uintptr_t selector; } __wasm_lpad_context;

int _Unwind_CallPersonality(void *object) {
    const uint8_t *at = __wasm_lpad_context.lsda;
    __wasm_lpad_context.selector = 0;
    if (!at) return 0;
    if (*at++ != 0xff) uleb(at);
    uint8_t encoding = *at++;
    const uint8_t *types = nullptr;
    if (encoding != 0xff) {
        uintptr_t offset = uleb(at);
        types = at + offset;
    }
    at++;
    uintptr_t length = uleb(at);
    const uint8_t *actions = at + length;
    uintptr_t action = 0;
    for (uintptr_t i = 0; i <= __wasm_lpad_context.landing_pad; i++) uleb(at), action = uleb(at);
    if (action == 0) return 0;
    for (const uint8_t *entry = actions + action - 1;;) {
        intptr_t filter = sleb(entry);
        if (filter > 0) {
            auto *type = reinterpret_cast<const std::type_info *const *>(types)[-filter];
            if (!type || is_a(header_of(object)->type, type)) {
                __wasm_lpad_context.selector = filter;
                return 0;
            }
        }
        const uint8_t *next = entry;
        intptr_t step = sleb(next);
        if (step == 0) return 0;
        entry += step;
    }
}

void *__cxa_allocate_exception(size_t size) throw() {
    return static_cast<Header *>(std::calloc(1, sizeof(Header) + size)) + 1;
}

void __cxa_free_exception(void *object) throw() { std::free(header_of(object)); }

void __cxa_throw(void *object, std::type_info *type, void *(*destroy)(void *)) {
    header_of(object)->type = type;
    header_of(object)->destroy = destroy;
    __builtin_wasm_throw(0, object);
}

void *__cxa_begin_catch(void *object) throw() {
    Header *header = header_of(object);
    header->thrown = 0;
    if (header->handlers++ == 0) header->outer = caught, caught = header;
    // A pointer is caught by its value.
    bool pointer = *reinterpret_cast<void **>(header->type) == *reinterpret_cast<void *const *>(&typeid(const char *));
    return pointer ? *static_cast<void **>(object) : object;
}

void __cxa_end_catch() {
    Header *header = caught;
    if (--header->handlers) return;
    caught = header->outer;
    if (header->thrown) return;
    if (header->destroy) header->destroy(header + 1);
    std::free(header);
}

void __cxa_rethrow() {
    caught->thrown = 1;
    __builtin_wasm_throw(0, caught + 1);
}

void *__cxa_get_exception_ptr(void *object) throw() { return object; }

void __clang_call_terminate(void *) { std::abort(); }
}
