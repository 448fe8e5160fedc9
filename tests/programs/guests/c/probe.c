// Runs one of the probes: its name is the first argument, those that follow are its own.
#include "probe.h"

static const struct { const char *name; int (*run)(int, char **); } PROBES[] = {
    {"clocks", probe_clocks}, {"fds", probe_fds}, {"invalid", probe_invalid},
    {"open", probe_open}, {"paths", probe_paths}, {"readdir", probe_readdir},
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < sizeof PROBES / sizeof *PROBES; i++)
        if (!strcmp(argv[1], PROBES[i].name)) return PROBES[i].run(argc - 1, argv + 1);
    return 1;
}
