// What the probes share: names of error codes, and a folder with one of everything in it.
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

enum { ROOT = 3 };

int probe_clocks(int argc, char **argv);
int probe_fds(int argc, char **argv);
int probe_invalid(int argc, char **argv);
int probe_open(int argc, char **argv);
int probe_paths(int argc, char **argv);
int probe_readdir(int argc, char **argv);

static const char *const ERRNO[] = {
    "ok", "2big", "acces", "addrinuse", "addrnotavail", "afnosupport", "again", "already", "badf", "badmsg", "busy",
    "canceled", "child", "connaborted", "connrefused", "connreset", "deadlk", "destaddrreq", "dom", "dquot", "exist",
    "fault", "fbig", "hostunreach", "idrm", "ilseq", "inprogress", "intr", "inval", "io", "isconn", "isdir", "loop",
    "mfile", "mlink", "msgsize", "multihop", "nametoolong", "netdown", "netreset", "netunreach", "nfile", "nobufs",
    "nodev", "noent", "noexec", "nolck", "nolink", "nomem", "nomsg", "noprotoopt", "nospc", "nosys", "notconn", "notdir",
    "notempty", "notrecoverable", "notsock", "notsup", "notty", "nxio", "overflow", "ownerdead", "perm", "pipe", "proto",
    "protonosupport", "prototype", "range", "rofs", "spipe", "srch", "stale", "timedout", "txtbsy", "xdev", "notcapable",
};
static const char *const FILETYPE[] = {"unknown", "block", "char", "dir", "file", "dgram", "stream", "symlink"};

static inline const char *name_of(__wasi_errno_t errno_) { return errno_ < 77 ? ERRNO[errno_] : "?"; }

#define SHOW(call) printf("%s: %s\n", #call, name_of(call))

static const __wasi_rights_t READ = __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL |
                                    __WASI_RIGHTS_FD_READDIR | __WASI_RIGHTS_FD_FILESTAT_GET;
static const __wasi_rights_t WRITE = __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL |
                                     __WASI_RIGHTS_FD_FILESTAT_GET | __WASI_RIGHTS_FD_FILESTAT_SET_SIZE |
                                     __WASI_RIGHTS_FD_FILESTAT_SET_TIMES | __WASI_RIGHTS_FD_ALLOCATE;

// Opens, or says why not; -1 then.
static inline int open_at(int dir, const char *path, int oflags, __wasi_rights_t rights, int fdflags) {
    __wasi_fd_t fd;
    __wasi_errno_t error = __wasi_path_open(dir, 0, path, oflags, rights, rights, fdflags, &fd);
    if (error) {
        printf("open %s: %s\n", path, name_of(error));
        return -1;
    }
    return (int)fd;
}

static inline void make_file(const char *path, const char *text) {
    int fd = open_at(ROOT, path, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, WRITE, 0);
    __wasi_ciovec_t iov = {(const uint8_t *)text, strlen(text)};
    __wasi_size_t written;
    if (fd >= 0 && iov.buf_len) __wasi_fd_write(fd, &iov, 1, &written);
    if (fd >= 0) __wasi_fd_close(fd);
}

// Whatever it is: gone.
static inline void clear(const char *path) {
    __wasi_path_unlink_file(ROOT, path);
    __wasi_path_remove_directory(ROOT, path);
}

static const char *const THINGS[] = {"file", "dir", "full", "full/in", "tofile", "todir", "dangling", "loop", "missing", "new"};

static inline void furnish(void) {
    for (int i = sizeof THINGS / sizeof *THINGS - 1; i >= 0; i--) clear(THINGS[i]);
    make_file("file", "0123456789");
    __wasi_path_create_directory(ROOT, "dir");
    __wasi_path_create_directory(ROOT, "full");
    make_file("full/in", "x");
    __wasi_path_symlink("file", ROOT, "tofile");
    __wasi_path_symlink("dir", ROOT, "todir");
    __wasi_path_symlink("missing", ROOT, "dangling");
    __wasi_path_symlink("loop", ROOT, "loop");
}

// What is there now, without following, and how large.
static inline const char *what(const char *path) {
    static char text[4][64];
    static int next;
    char *out = text[next++ % 4];
    __wasi_filestat_t stat;
    __wasi_errno_t error = __wasi_path_filestat_get(ROOT, 0, path, &stat);
    if (error) snprintf(out, 64, "%s", name_of(error));
    else if (stat.filetype == __WASI_FILETYPE_REGULAR_FILE) snprintf(out, 64, "file(%llu)", (unsigned long long)stat.size);
    else snprintf(out, 64, "%s", FILETYPE[stat.filetype & 7]);
    return out;
}

// So that what is out is seen where a probe traps or hangs.
__attribute__((constructor)) static void by_line(void) { setvbuf(stdout, NULL, _IOLBF, 0); }
