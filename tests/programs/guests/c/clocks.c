// Clocks, waiting, randomness, arguments and environment.
#include "probe.h"

static __wasi_timestamp_t now(void) {
    __wasi_timestamp_t time = 0;
    __wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &time);
    return time;
}

static __wasi_subscription_t timer(uint64_t data, __wasi_clockid_t clock, __wasi_timestamp_t timeout, int absolute) {
    __wasi_subscription_t it;
    memset(&it, 0, sizeof it);
    it.userdata = data;
    it.u.tag = __WASI_EVENTTYPE_CLOCK;
    it.u.u.clock.id = clock;
    it.u.u.clock.timeout = timeout;
    it.u.u.clock.flags = absolute;
    return it;
}

static __wasi_subscription_t ready(uint64_t data, int type, __wasi_fd_t fd) {
    __wasi_subscription_t it;
    memset(&it, 0, sizeof it);
    it.userdata = data;
    it.u.tag = type;
    it.u.u.fd_read.file_descriptor = fd;
    return it;
}

static void poll(const char *name, const __wasi_subscription_t *subscriptions, int count) {
    __wasi_event_t events[8];
    __wasi_size_t used = 777;
    memset(events, 0xee, sizeof events);
    __wasi_timestamp_t before = now();
    __wasi_errno_t error = __wasi_poll_oneoff(subscriptions, events, count, &used);
    long long millis = (long long)(now() - before) / 1000000;
    printf("%s: %s %lu", name, name_of(error), (unsigned long)used);
    for (__wasi_size_t i = 0; !error && i < used; i++)
        printf(" [%llu %s %d]", (unsigned long long)events[i].userdata, name_of(events[i].error), events[i].type);
    printf(" %s\n", millis < 15 ? "at once" : millis < 500 ? "soon" : "late");
}

int probe_clocks(int argc, char **argv) {
    __wasi_timestamp_t time;
    __wasi_size_t count, size;
    for (int clock = 0; clock < 4; clock++) {
        __wasi_errno_t error = __wasi_clock_res_get(clock, &time);
        printf("resolution %d: %s%s\n", clock, name_of(error), error ? "" : time > 0 && time <= 1000000000 ? " sane" : " odd");
        error = __wasi_clock_time_get(clock, 0, &time);
        printf("time %d: %s%s\n", clock, name_of(error), error || clock ? "" : time > 1700000000000000000 ? " sane" : " odd");
    }
    __wasi_timestamp_t first = now();
    for (int i = 0; i < 100000; i++)
        if (now() < first) puts("time went backwards");

    const __wasi_clockid_t mono = __WASI_CLOCKID_MONOTONIC, real = __WASI_CLOCKID_REALTIME;
    __wasi_subscription_t one[3];
    poll("none", one, 0);
    one[0] = timer(1, mono, 30000000, 0), poll("relative", one, 1);
    one[0] = timer(2, real, 30000000, 0), poll("relative, real", one, 1);
    one[0] = timer(3, mono, now() + 30000000, 1), poll("absolute", one, 1);
    __wasi_clock_time_get(real, 1, &time);
    one[0] = timer(4, real, time + 30000000, 1), poll("absolute, real", one, 1);
    one[0] = timer(5, mono, 1, 1), poll("past", one, 1);
    one[0] = timer(6, mono, 0, 0), poll("zero", one, 1);
    one[0] = timer(7, mono, 5000000000, 0), one[1] = timer(8, mono, 30000000, 0), poll("two", one, 2);
    one[0] = timer(10, __WASI_CLOCKID_PROCESS_CPUTIME_ID, 1000, 0), poll("processor's clock", one, 1);
    furnish();
    __wasi_fd_t file = open_at(ROOT, "file", 0, READ | WRITE, 0);
    one[0] = ready(11, __WASI_EVENTTYPE_FD_READ, file), one[1] = timer(12, mono, 5000000000, 0), poll("file", one, 2);
    one[0] = ready(13, __WASI_EVENTTYPE_FD_WRITE, file), poll("file to write", one, 1);
    one[0] = ready(14, __WASI_EVENTTYPE_FD_READ, 99), one[1] = timer(15, mono, 5000000000, 0), poll("no such file", one, 2);
    one[0] = ready(16, __WASI_EVENTTYPE_FD_WRITE, 1), one[1] = timer(17, mono, 5000000000, 0), poll("stdout", one, 2);
    one[0] = ready(18, __WASI_EVENTTYPE_FD_READ, 0), one[1] = timer(19, mono, 5000000000, 0), poll("stdin at its end", one, 2);

    uint8_t random[64] = {0};
    SHOW(__wasi_random_get(random, sizeof random));
    int zeros = 0;
    for (size_t i = 0; i < sizeof random; i++) zeros += !random[i];
    puts(zeros < 16 ? "  random" : "  not random");
    SHOW(__wasi_random_get(random, 0));
    SHOW(__wasi_args_sizes_get(&count, &size)), printf("  %lu %lu\n", (unsigned long)count, (unsigned long)size);
    for (int i = 0; i < argc; i++) printf("  '%s'\n", argv[i]);
    SHOW(__wasi_environ_sizes_get(&count, &size)), printf("  %lu %lu\n", (unsigned long)count, (unsigned long)size);
    printf("  '%s' '%s' '%s'\n", getenv("FIRST"), getenv("EMPTY"), getenv("NONE") ? "?" : "not there");
    SHOW(__wasi_sched_yield());
    exit(42);
}
