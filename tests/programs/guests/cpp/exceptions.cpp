// Exceptions: by type and by base, thrown again, from constructors, through destructors and many frames, and in numbers.
#include <cstdio>
#include <cstdlib>
#include <string>

struct Error {
    explicit Error(std::string what) : what(std::move(what)) {}
    Error(const Error &) = default;
    virtual ~Error() { std::printf("~Error(%s) ", what.c_str()); }
    std::string what;
};

struct Missing : Error {
    explicit Missing(int key) : Error("missing " + std::to_string(key)), key(key) {}
    int key;
};

struct Guard {
    const char *name;
    ~Guard() { std::printf("~%s ", name); }
};

struct Half {
    Guard first{"first"};
    Half() { throw Missing(7); }
    ~Half() { std::puts("never"); }
};

__attribute__((noinline)) static int deep(int n, int kind) {
    Guard guard{n % 3 ? "odd" : "third"};
    if (n == 0) {
        switch (kind) {
        case 0: throw 42;
        case 1: throw "text";
        case 2: throw Missing(n);
        case 3: throw Error("plain");
        case 4: throw 1.5;
        default: return kind;
        }
    }
    return deep(n - 1, kind) + 1;
}

static void again(int kind) {
    try {
        deep(1, kind);
    } catch (const Error &error) {
        std::printf("again(%s) ", error.what.c_str());
        throw;
    }
}

int main() {
    for (int kind = 0; kind < 6; kind++) {
        try {
            std::printf("%d: ", kind);
            std::printf("returned %d", deep(3, kind));
        } catch (int number) {
            std::printf("int %d", number);
        } catch (const char *text) {
            std::printf("text %s", text);
        } catch (const Missing &missing) {
            std::printf("missing %d", missing.key);
        } catch (const Error &error) {
            std::printf("error %s", error.what.c_str());
        } catch (...) {
            std::printf("something");
        }
        std::puts("");
    }
    try {
        again(2);
    } catch (Error &error) {
        std::printf("outer %s ", error.what.c_str());
    }
    std::puts("");
    try {
        Half half;
    } catch (const Missing &missing) {
        std::printf("half %d ", missing.key);
    }
    std::puts("");
    try {
        try {
            throw Missing(1);
        } catch (const Missing &) {
            throw 5;
        }
    } catch (int number) {
        std::printf("instead %d\n", number);
    }
    long long total = 0;
    for (int i = 0; i < 200000; i++) {
        try {
            if (i % 2) throw i;
            total--;
        } catch (int number) {
            total += number;
        }
    }
    std::printf("%lld\n", total);
    std::fflush(stdout);
    throw Error("nobody's");
}
