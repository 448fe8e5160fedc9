// Numbers that name nothing. Where one of the engines that are asked traps, the specification has an error code.
#include "probe.h"

int probe_invalid(int argc, char **argv) {
    __wasi_timestamp_t time;
    __wasi_filesize_t at;
    __wasi_filestat_t stat;
    __wasi_fd_t opened;
    __wasi_size_t used;
    __wasi_event_t event;
    __wasi_subscription_t it;
    furnish();
    __wasi_fd_t fd = open_at(ROOT, "file", 0, READ | WRITE, 0);
    SHOW(__wasi_fd_advise(fd, 0, 10, 99));
    SHOW(__wasi_fd_advise(99, 0, 10, 99));
    SHOW(__wasi_fd_seek(fd, 0, 7, &at));
    SHOW(__wasi_clock_res_get(4, &time));
    SHOW(__wasi_clock_time_get(4, 0, &time));
    SHOW(__wasi_clock_time_get(UINT32_MAX, 0, &time));
    memset(&it, 0, sizeof it);
    it.u.tag = 9;
    SHOW(__wasi_poll_oneoff(&it, &event, 1, &used));
    SHOW(__wasi_fd_filestat_set_times(fd, 1, 2, 1 << 4));
    SHOW(__wasi_fd_fdstat_set_flags(fd, 1 << 5));
    SHOW(__wasi_path_open(ROOT, 0, "file", 1 << 4, READ, READ, 0, &opened));
    SHOW(__wasi_path_open(ROOT, 0, "file", 0, READ, READ, 1 << 5, &opened));
    SHOW(__wasi_path_filestat_get(ROOT, 1 << 1, "file", &stat));
    SHOW(__wasi_sock_shutdown(fd, 1 << 2));
    return 0;
}
